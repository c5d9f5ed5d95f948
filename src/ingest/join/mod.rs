//! Makes one event of a stack trace that came in parts: line by line, or as whole traces with the lines between them.
//!
//! ```text
//! worker ─ message ─▶ kind_of ─ no part ──────────────────────────────────────▶ sink of the worker
//!                        └─ a part ─▶ Gatherer ─▶ Shelves ─ all read ─▶ assemble ─▶ sink of the joiner
//! ```
//!
//! Chunks are read in any order and exports are newest first, so parts wait until everything is read. Then they are put in
//! the order in which they were written, by instance and log, and [`assemble`] finds the traces. Ordinary lines never
//! wait, so those of other threads in between do not disturb. What turns out to be no part of a trace is handed on alone,
//! as the entry it was.
//!
//! Whatever comes out depends on the entries alone, not on files, order or threads. It must not know what a trace means:
//! it only says which lines belong together.

mod assemble;
mod gather;
mod joiner;
mod kind;
mod phrases;
mod shelf;
#[cfg(test)]
mod tests;

pub use gather::Gatherer;
pub use joiner::{Joiner, Limits, Outcome};

/// Pause after which a trace is over, nanoseconds: a process writes a trace in one go.
pub const PAUSE_NS: i64 = 1_000_000_000;
/// Pause after which a line that says little of itself no longer belongs to a trace, nanoseconds.
pub const CLOSE_NS: i64 = 50_000_000;
/// The same for lines of plain text, which may have no time: lines from one part to the next.
pub const PAUSE_LINES: u64 = 16;
/// Bytes of the message of a joined event; what comes after is counted and left out of the text, but for the last line.
pub const EVENT_BYTES_MAX: usize = 256 << 10;
/// Bytes of these that are left for the last line.
const LAST_LINE_BYTES: usize = 1 << 10;
/// Memory for parts that wait, in bytes: half for frames, a quarter for lines that say little of themselves, a quarter
/// for traces that are whole.
pub const WAITING_BYTES: usize = 64 << 20;
