//! Durable jobs a second against flushes of the same disk.
