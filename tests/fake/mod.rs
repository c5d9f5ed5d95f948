//! A fake of Google's APIs on this machine: real HTTP, faults by plan, every request on record.

pub mod logging;
pub mod monitoring;
pub mod run;
