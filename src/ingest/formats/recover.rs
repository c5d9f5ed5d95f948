//! Finds where reading can go on after a broken record, so that no good one is lost with it.
//!
//! Input: the bytes after the start of the broken record. Output: the place of the next sure beginning: a line that
//! looks like one, or inside a line a `{"key"` with a key that entries begin with.

use super::keys;

/// Bytes of a line that are looked at to tell what it begins.
const LINE_HEAD_BYTES: usize = 512;

/// What is known about the broken record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Broken {
    /// Columns of white space before the record, or before the line it begins in: a line that begins a record does not
    /// stand further to the right.
    pub(super) indent: usize,
    /// Whether it stands in an array, which a line with only `]` then ends.
    pub(super) in_array: bool,
    /// Whether a record may begin inside a line. Not so at the end of the input, where the record is rather cut.
    pub(super) inside_lines: bool,
}

/// Where to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// At the line that begins here.
    Line(usize),
    /// At the `{` here, inside of a line.
    Inside(usize),
    /// Nowhere in these bytes; from here on they must be looked at again with more bytes.
    NotYet(usize),
}

/// Looks for the next beginning. `at_line_start` tells whether `bytes` begin a line; `ended`, that nothing follows.
pub(super) fn find_start(bytes: &[u8], broken: Broken, mut at_line_start: bool, ended: bool) -> Start {
    let mut from = 0;
    while from < bytes.len() {
        let rest = &bytes[from..];
        let end = memchr::memchr(b'\n', rest);
        if end.is_none() && rest.len() < LINE_HEAD_BYTES && !ended {
            return Start::NotYet(from);
        }
        let line = &rest[..end.unwrap_or(rest.len())];
        if at_line_start && begins_record(&line[..line.len().min(LINE_HEAD_BYTES)], broken) {
            return Start::Line(from);
        }
        if broken.inside_lines
            && let Some(inside) = record_inside(line)
        {
            return Start::Inside(from + inside);
        }
        match end {
            Some(end) => from += end + 1,
            // A piece of a long line: what is looked at again must be long enough for a key.
            None => return Start::NotYet(if ended { bytes.len() } else { from.max(bytes.len() - 64) }),
        }
        at_line_start = true;
    }
    Start::NotYet(bytes.len())
}

fn begins_record(line: &[u8], broken: Broken) -> bool {
    let line = line.trim_ascii_end();
    let text = line.trim_ascii_start();
    let indent = line.len() - text.len();
    if indent == 0 && begins_other_text(text) {
        return true;
    }
    if broken.in_array && text == b"]" && indent <= broken.indent {
        return true;
    }
    // `}, {` is how some printers separate the records of an array.
    let text = text.strip_prefix(b"},").map_or(text, <[u8]>::trim_ascii_start);
    indent <= broken.indent && is_object_start(text)
}

/// A document separator, a YAML document, an array, a code fence.
fn begins_other_text(text: &[u8]) -> bool {
    matches!(text, b"---" | b"[" | b"[{")
        || text.starts_with(b"```")
        || keys::yaml_key(text).is_some_and(keys::may_begin_document)
}

fn is_object_start(text: &[u8]) -> bool {
    match text.split_first() {
        Some((b'{', tail)) => matches!(tail.trim_ascii_start().first(), None | Some(b'"' | b'}')),
        _ => false,
    }
}

/// `{"key"` after a comma or a closing bracket. Inside a sound string the quotes would be escaped.
fn record_inside(line: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(line, b"{\"").find(|at| {
        let before = line[..*at].trim_ascii_end().last();
        let key = &line[at + 2..];
        let end = memchr::memchr(b'"', &key[..key.len().min(40)]);
        matches!(before, Some(b',' | b'}')) && end.is_some_and(|end| keys::may_begin_entry(&key[..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROKEN: Broken = Broken {
        indent: 2,
        in_array: true,
        inside_lines: true,
    };

    #[test]
    fn the_next_beginning_is_found() {
        for (text, expected) in [
            ("x\n  {\n", Start::Line(2)),
            ("x\n  {\"a\":1},\n", Start::Line(2)),
            ("x\n    {\n  }, {\n", Start::Line(8)),
            ("x\n]\n", Start::Line(2)),
            ("x\n  ]\n", Start::Line(2)),
            ("x\n---\n", Start::Line(2)),
            ("x\ninsertId: a\n", Start::Line(2)),
            ("x\n  insertId: a\n", Start::NotYet(16)),
            ("x\n```\n", Start::Line(2)),
            ("x\n{not json\n", Start::NotYet(12)),
            ("x},{\"insertId\":1", Start::Inside(3)),
            ("x},{\"id\":1", Start::NotYet(10)),
            ("x:{\"labels\":1", Start::NotYet(13)),
            ("x,{\\\"insertId\\\":1", Start::NotYet(17)),
            ("", Start::NotYet(0)),
        ] {
            assert_eq!(find_start(text.as_bytes(), BROKEN, false, true), expected, "{text:?}");
        }
    }

    #[test]
    fn unfinished_lines_are_left_for_later() {
        assert_eq!(find_start(b"x\n  ", BROKEN, false, false), Start::NotYet(2));
        assert_eq!(find_start(b"x\n  {\n", BROKEN, false, false), Start::Line(2));
        let long = [b'x'; 2000];
        assert_eq!(find_start(&long, BROKEN, false, false), Start::NotYet(2000 - 64));
    }
}
