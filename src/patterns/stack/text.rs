//! The part of a message that is looked at, without colours, and with escaped line ends made real ones.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memmem, memrchr};

use super::{BYTES_HEAD, BYTES_TAIL};
use crate::model::start_of;

const ESCAPE: u8 = 0x1b;

/// What is looked at of a message.
pub(super) struct Window<'t> {
    pub text: Cow<'t, str>,
    /// Whether the middle was left out.
    pub has_gap: bool,
}

/// Start and end of a message, whole lines where it has any, without colour codes.
pub(super) fn window(text: &str) -> Window<'_> {
    if text.len() <= BYTES_HEAD + BYTES_TAIL {
        return Window {
            text: without_colours(Cow::Borrowed(text)),
            has_gap: false,
        };
    }
    let joined = format!("{}\n{}", head(text), tail(text));
    Window {
        text: without_colours(Cow::Owned(joined)),
        has_gap: true,
    }
}

fn head(text: &str) -> &str {
    let head = start_of(text, BYTES_HEAD);
    memrchr(b'\n', head.as_bytes()).map_or(head, |end| &head[..end])
}

fn tail(text: &str) -> &str {
    let mut start = text.len() - BYTES_TAIL;
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let tail = &text[start..];
    memchr(b'\n', tail.as_bytes()).map_or(tail, |end| &tail[end + 1..])
}

/// Drops `ESC [ … letter` sequences.
fn without_colours(text: Cow<'_, str>) -> Cow<'_, str> {
    let Some(first) = memchr(ESCAPE, text.as_bytes()) else {
        return text;
    };
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut next) = (&*text, Some(first));
    while let Some(at) = next {
        out.push_str(&rest[..at]);
        rest = after_sequence(&rest[at + 1..]);
        next = memchr(ESCAPE, rest.as_bytes());
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The text after the parameters and the final letter of a sequence whose escape character is already gone.
fn after_sequence(text: &str) -> &str {
    let Some(parameters) = text.strip_prefix('[') else {
        return text;
    };
    let length = parameters.bytes().take_while(|b| matches!(b, 0x20..=0x3f)).count();
    let rest = &parameters[length..];
    match rest.bytes().next() {
        Some(0x40..=0x7e) => &rest[1..],
        _ => rest,
    }
}

/// A text whose line ends were written as `\n` (a trace inside a JSON or quoted string); none when it has none.
pub(super) fn unescape(text: &str) -> Option<String> {
    let layer = backslashes(text)?;
    // A bare quotation mark ends the quoted text, unless Python's frames show that it is quoted otherwise.
    let ends_at_quote = memmem::find(text.as_bytes(), br#"File ""#).is_none();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr2(b'\\', b'"', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        if rest.as_bytes()[at] == b'"' {
            out.push(if ends_at_quote { '\n' } else { '"' });
            rest = &rest[at + 1..];
            continue;
        }
        let code = rest[at..].trim_start_matches('\\');
        let run = rest.len() - at - code.len();
        let (decoded, length) = match code.bytes().next() {
            // An escaped backslash, and a letter that means itself.
            _ if run > layer => ("\\", 0),
            Some(b'n') => ("\n", 1),
            Some(b'r') => ("", 1),
            Some(b't') => ("\t", 1),
            Some(b'"') => ("\"", 1),
            Some(b'\'') => ("'", 1),
            Some(b'u') if code.starts_with("u001b") || code.starts_with("u001B") => ("\u{1b}", 5),
            Some(b'x') if code.starts_with("x1b") => ("\u{1b}", 3),
            _ => ("\\", 0),
        };
        out.push_str(decoded);
        rest = &code[length..];
    }
    out.push_str(rest);
    Some(without_colours(Cow::Owned(out)).into_owned())
}

/// Backslashes before an `n`, the fewest in the text: quoting twice makes two, and more after that.
fn backslashes(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let ends = memmem::find_iter(bytes, br"\n");
    ends.map(|at| {
        1 + bytes[..at]
            .iter()
            .rev()
            .take(LAYERS_MAX)
            .take_while(|&&b| b == b'\\')
            .count()
    })
    .min()
}

/// Backslashes counted before a letter at most.
const LAYERS_MAX: usize = 8;
