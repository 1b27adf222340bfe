//! Linnworks: client and adapter.
