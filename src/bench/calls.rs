//! Calls and time per 1,000 orders with the vendors' limits on, against the arithmetic minimum.
