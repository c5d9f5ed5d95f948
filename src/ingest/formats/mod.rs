//! What a source holds: told by its first bytes, never by its name, and read as a stream of records.
//!
//! A reader finds the borders of records and hands each on as the bytes of one JSON object, or as one line of text.
//! It does not look inside: what an entry means is the scanner's business.
//!
//! ```text
//! bytes ─ decode ─▶ UTF-8 text ─ sniff ─▶ format ─ read ─▶ objects, lines of text, problems
//! ```

mod border;
mod csv;
mod decode;
mod full;
mod gzip;
mod keys;
mod ndjson;
mod recover;
mod sniff;
mod stream;
mod text;
mod window;
mod yaml;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead};

pub use decode::{Decoded, Encoding, decode};
pub use ndjson::ndjson_line;
pub use sniff::{Format, sniff};

use super::Reason;
use window::Window;

/// Bytes that one record may have. Cloud Logging takes entries of at most 256 KiB; a larger record is counted, not kept.
pub const RECORD_BYTES_MAX: usize = 16 << 20;

/// U+FEFF in UTF-8. In a decoded source it is gone from the start, but it also stands inside of a text where files were joined.
pub const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Bytes of log text that a problem quotes.
const DETAIL_BYTES_MAX: usize = 160;

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

/// Reads a decoded source to its end, or until the receiver is full.
///
/// Memory is bounded by the largest record, not by the source. A compressed stream that is cut or broken (errors of kind
/// `UnexpectedEof` and `InvalidData`) is reported as one [`Reason::Truncated`] at the line it got to, after all that
/// could be read before it: it is no error here.
///
/// # Errors
/// Any other error of the reader, after the records before it.
pub fn read(format: Format, reader: &mut dyn BufRead, out: &mut dyn Records) -> io::Result<()> {
    let mut window = Window::new(reader);
    match format {
        Format::Ndjson => ndjson::read(&mut window, out),
        // White space alone; should more follow it after all, this reader tells.
        Format::Json | Format::Empty => stream::read(&mut window, out, false),
        Format::Yaml => stream::read(&mut window, out, true),
        Format::Csv => csv::read(&mut window, out),
        Format::Text => text::read(&mut window, out),
    }
    match window.take_error() {
        None => Ok(()),
        Some(e) if matches!(e.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) => {
            out.problem(
                Reason::Truncated,
                window.line(),
                &format!("the compressed stream ends early: {e}"),
            );
            Ok(())
        }
        Some(e) => Err(e),
    }
}

/// The beginning of some log text, for a problem.
fn detail(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(DETAIL_BYTES_MAX)])
        .trim()
        .to_owned()
}
