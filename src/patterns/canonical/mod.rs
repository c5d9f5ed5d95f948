//! Canonical text: a message with its data masked, the same for every message of one kind.
//!
//! Input: the text of one message. Output: its canonical text, which depends on nothing else. It is *specified* by the
//! ordered list [`MASKS`] and [`specified`], which runs it; it keeps no state and compares no messages.

mod explain;
mod masks;
mod scanner;
mod spec;

#[cfg(test)]
mod tests;

pub use explain::{Step, explain};
pub use masks::MASKS;
pub use scanner::canonical;
pub use spec::specified;

/// Version of the masks; part of every id that is made from a canonical text.
pub const VERSION: u32 = 1;

/// Bytes of a message that are looked at; the text is cut at the last character border at or before.
pub const INPUT_BYTES_MAX: usize = 4_096;

/// One step from a message to its canonical text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask {
    /// Short name, unique.
    pub name: &'static str,
    /// What is replaced; all matches from left to right.
    pub regex: &'static str,
    /// What it is replaced by; `${1}` is the first group.
    pub replacement: &'static str,
    /// Why it is data, or why it stays.
    pub why: &'static str,
}
