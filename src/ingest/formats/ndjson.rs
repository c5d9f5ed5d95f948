//! NDJSON: one object a line.

use super::border::is_whole_object;
use super::text::trim_line;
use super::window::Window;
use super::{RECORD_BYTES_MAX, Reason, Records};

/// Reads lines until the end.
pub(super) fn read(window: &mut Window<'_>, out: &mut dyn Records) {
    while !out.is_full() && window.byte(0).is_some() {
        let line = window.line();
        let Some(length) = window.line_length(RECORD_BYTES_MAX) else {
            out.problem(Reason::Oversized, line, "a line of more than 16 MiB");
            window.consume_line();
            continue;
        };
        let bytes = &window.bytes()[..length];
        if bytes.ends_with(b"\n") || !ends_inside_object(bytes, window.is_cut()) {
            ndjson_line(bytes, line, out);
        } else if !window.is_cut() {
            out.problem(Reason::Truncated, line, "the last line ends inside an object");
        }
        window.consume(length);
    }
}

/// Whether a last line without line end is the beginning of a record. In a cut compressed stream anything else is.
fn ends_inside_object(bytes: &[u8], is_cut: bool) -> bool {
    let record = trim_line(bytes).trim_ascii();
    match record.first() {
        Some(b'{') => !is_whole_object(strip_comma(record)),
        _ => is_cut,
    }
}

/// Hands on one line of an NDJSON file, with or without its line end; `line` is its number, from 1.
///
/// A line that begins with `{` is handed on as it is; blank lines are nothing; other JSON and text are problems.
pub fn ndjson_line(bytes: &[u8], line: u64, out: &mut dyn Records) {
    let record = trim_line(bytes).trim_ascii();
    match record.first() {
        None => {}
        Some(b'{') => out.object(strip_comma(record), line),
        Some(_) => {
            let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(strip_comma(record)).is_ok();
            let reason = if is_json {
                Reason::NotAnObject
            } else {
                Reason::StrayText
            };
            out.problem(reason, line, &super::detail(record));
        }
    }
}

/// Lines of an array that lost its brackets end with a comma.
fn strip_comma(record: &[u8]) -> &[u8] {
    record.strip_suffix(b",").map_or(record, <[u8]>::trim_ascii_end)
}
