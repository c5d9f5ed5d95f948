//! What a source holds: told by its first bytes, never by its name, and read as a stream of records.
//!
//! A reader finds the borders of records and hands each on as the bytes of one JSON object, or as one line of text.
//! It does not look inside: what an entry means is the scanner's business.

use super::Reason;

/// Takes what a format reader finds, in the order of the source.
pub trait Records {
    /// One JSON object, at the given line (from 1). It may span lines and hold any white space.
    fn object(&mut self, json: &[u8], line: u64);
    /// One line of plain text, without its line end.
    fn text(&mut self, text: &[u8], line: u64);
    /// A problem at the given line; `detail` is cut by the receiver.
    fn problem(&mut self, reason: Reason, line: u64, detail: &str);
    /// Whether the receiver wants no more (a limit was hit).
    fn is_full(&self) -> bool {
        false
    }
}
