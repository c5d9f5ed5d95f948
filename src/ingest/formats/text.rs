//! Plain text: every line that is not blank is one entry.

use super::window::Window;
use super::{RECORD_BYTES_MAX, Reason, Records};

/// Reads lines until the end. A cut stream loses its last, unfinished line.
pub(super) fn read(window: &mut Window<'_>, out: &mut dyn Records) {
    while !out.is_full() && window.byte(0).is_some() {
        let line = window.line();
        let Some(length) = window.line_length(RECORD_BYTES_MAX) else {
            out.problem(Reason::Oversized, line, "a line of more than 16 MiB");
            window.consume_line();
            continue;
        };
        let text = trim_line(&window.bytes()[..length]);
        if window.is_cut() && !window.bytes()[..length].ends_with(b"\n") {
            return;
        }
        if !text.trim_ascii().is_empty() {
            out.text(text, line);
        }
        window.consume(length);
    }
}

/// A line without its line end and without a byte order mark, which stands where files were joined.
pub(super) fn trim_line(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.strip_prefix(super::BYTE_ORDER_MARK).unwrap_or(line)
}
