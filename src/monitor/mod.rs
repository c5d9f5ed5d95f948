//! Watches a deploy over time: looks again and again, remembers, and ends with a verdict.
//!
//! Input: a log that can be read look by look, a clock, a place for state, all given by the caller. Output: looks, each with a
//! verdict on everything so far, and what a report tells of them. What was counted, judged and told after a look depends on
//! the log and the settings alone: neither on when looks were made, nor on how often the watcher was killed in between.

mod drive;
mod history;
mod look;
mod memory;
mod panels;
mod schedule;
mod slices;
pub mod state;
mod subject;

pub use drive::{Batch, Driver, Keep, Log, Step, Stopped, Trouble, Until, over_already};
pub use history::{HISTORY_SCHEMA, History, Spent};
pub use look::{Looked, Setup, StopOn, Told, Watcher};
pub use memory::give_back;
pub use schedule::{EVERY_MINUTES_MAX, Schedule};
pub use slices::{Knows, Slicer, Slices, Span};
pub use subject::{Named, Subject};
