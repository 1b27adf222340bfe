//! Peoplevox: client and adapter.
