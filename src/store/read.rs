//! Reads: what the engine decides on and what people look at. Nothing here changes anything.
