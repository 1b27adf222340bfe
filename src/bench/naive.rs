//! A deliberately naive client: one order at a time over the same adapters.
