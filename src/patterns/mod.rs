//! Known messages as data: packs in TOML, a checker that polices them, and a matcher that runs all of them in one pass.
//!
//! Input: pack texts and decoded entries. Output: for each entry, which patterns matched. It reads no log file and counts nothing.

pub mod canonical;
mod check;
mod error;
mod literals;
mod load;
mod matcher;
pub mod merge;
mod pack;
mod portable;
mod prefilter;
mod read;
pub mod stack;
pub mod suggest;

#[cfg(test)]
mod tests;

pub use check::{Fault, Rule, check};
pub use error::{PackCause, PackError};
pub use load::PackSet;
pub use matcher::{Explanation, MAX_COMPILED_BYTES, Matcher, Scratch};
pub use pack::{Category, Condition, Example, Pack, Pattern, SCHEMA, StatusRange};
pub use portable::{MAX_REGEX_BYTES, MAX_REPEAT, Portable, Unportable, portable};
pub use read::read_pack;
