//! Which vendor kinds exist: builds an adapter from configuration.
