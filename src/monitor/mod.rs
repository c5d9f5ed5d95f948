//! Watches a deploy over time.

pub mod state;
