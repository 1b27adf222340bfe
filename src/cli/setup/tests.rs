//! Paths through the dialogue.
