//! The line that names an exception: `Type: message`, at the start of a line or deeper in it.

use std::borrow::Cow;

use super::line::{is_name_byte, is_number};
use crate::model;

/// An exception's line, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header<'t> {
    /// The type, with its code in brackets where it has one; may be empty.
    pub type_name: Cow<'t, str>,
    /// The rest of the line.
    pub message: &'t str,
}

/// Words that loggers begin lines with: never types.
const LEVELS: [&str; 16] = [
    "ALERT",
    "CRITICAL",
    "DEBUG",
    "EMERGENCY",
    "ERR",
    "ERROR",
    "FATAL",
    "INFO",
    "LOG",
    "NOTICE",
    "SEVERE",
    "TRACE",
    "VERBOSE",
    "WARN",
    "WARNING",
    "Warning",
];

/// Last words of the names that exceptions have.
const ENDINGS: [&str; 12] = [
    "Error",
    "Exception",
    "Throwable",
    "Failure",
    "Fault",
    "Interrupt",
    "Exit",
    "Iteration",
    "Death",
    "Warning",
    "Group",
    "Rejection",
];

/// Names that runtimes put before the exception they announce.
const ANNOUNCERS: [&str; 2] = ["UnhandledPromiseRejectionWarning", "UnhandledRejection"];

/// Longest code in brackets after a type name, in bytes.
const CODE_BYTES_MAX: usize = 64;

/// Whether a type name says that it is one of an exception: its last part ends like one and begins in upper case.
pub(super) fn is_error_like(name: &str) -> bool {
    let start = name.rfind(['.', '$', '+', '\\', ':']).map_or(0, |at| at + 1);
    let last = &name[start..];
    // `MyError`1` of .NET
    let last = last.split_once('`').map_or(last, |(before, _)| before);
    last.bytes().next().is_some_and(|b| b.is_ascii_uppercase())
        && ENDINGS.iter().any(|ending| last.ends_with(ending))
        && !LEVELS.contains(&last)
}

/// Length of the type name that a text begins with; 0 when it begins with none.
fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(|&b| is_name_byte(b) && !b.is_ascii_digit()) {
        return 0;
    }
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        let double_colon =
            byte == b':' && bytes.get(at + 1) == Some(&b':') && bytes.get(at + 2).is_some_and(|&b| is_name_byte(b));
        if double_colon {
            at += 2;
        } else if is_name_byte(byte) || matches!(byte, b'.' | b'$' | b'+' | b'`' | b'\\') {
            at += 1;
        } else if bytes[at..].starts_with(b"<locals>") {
            at += 8;
        } else {
            break;
        }
    }
    at
}

/// Reads `Type`, `Type: message`, `Type [CODE]: message` and `Type (code): message` at the start of a text.
///
/// Levels are never types. Any other name is: whether one that does not end like an exception is believed, the caller
/// decides.
pub(super) fn at_start(text: &str) -> Option<Header<'_>> {
    let name = &text[..name_length(text)];
    if name.is_empty() || name.ends_with(['.', '\\']) || LEVELS.contains(&name) {
        return None;
    }
    let rest = &text[name.len()..];
    let (type_name, rest) = match code_of(rest) {
        Some((code, rest)) => (Cow::Owned(format!("{name} [{code}]")), rest),
        None => (Cow::Borrowed(name), rest),
    };
    message_of(rest).map(|message| Header { type_name, message })
}

/// The code in ` [CODE]` or ` (0x80131904)` after a type name, and what follows it.
fn code_of(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix(' ')?;
    let (inner, close) = match inner.bytes().next()? {
        b'[' => (&inner[1..], ']'),
        b'(' => (&inner[1..], ')'),
        _ => return None,
    };
    // Looked for nearby only: a line may hold thousands of names.
    let length = model::start_of(inner, CODE_BYTES_MAX + 1).find(close)?;
    let (code, rest) = (&inner[..length], &inner[length + 1..]);
    let is_code = !code.is_empty() && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let in_parentheses = close == ')';
    let is_plausible = !in_parentheses || is_number(code) || code.starts_with("0x");
    (is_code && is_plausible).then_some((code, rest))
}

/// What follows a type name: nothing, or a colon and the message.
fn message_of(rest: &str) -> Option<&str> {
    match rest.strip_prefix(':') {
        Some(message) if message.is_empty() || message.starts_with([' ', '\t']) => Some(message.trim()),
        Some(_) => None,
        None => rest.bytes().all(|b| b.is_ascii_whitespace()).then_some(""),
    }
}

/// The first name of an exception anywhere in a line, with what follows it as the message.
pub(super) fn inside(line: &str) -> Option<Header<'_>> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_name_byte(bytes[at]) {
            at += 1;
            continue;
        }
        let length = name_length(&line[at..]).max(1);
        let name = line.get(at..at + length).unwrap_or_default();
        if is_error_like(name)
            && !ANNOUNCERS.contains(&name)
            && let Some(header) = at_start(&line[at..])
        {
            return Some(header);
        }
        at += length;
        while at < bytes.len() && !line.is_char_boundary(at) {
            at += 1;
        }
    }
    None
}

/// The exception's line among those before the first frame, and its index.
///
/// The nearest line that *begins* with the name of an exception; else the nearest that holds one; else the nearest that
/// begins with any qualified or capital name; else the nearest that is not blank, as a message without type.
pub(super) fn find<'t>(lines: &[&'t str]) -> Option<(usize, Header<'t>)> {
    let believed = |header: &Header<'_>| is_error_like(bare(&header.type_name));
    let starting = |(at, line): (usize, &&'t str)| at_start(start_of(line)).map(|header| (at, header));
    let from_below = || lines.iter().enumerate().rev();
    if let Some((at, header)) = from_below().filter_map(starting).find(|(_, header)| believed(header)) {
        return Some((at, filled(header, &lines[at + 1..])));
    }
    if let Some(found) = from_below().find_map(|(at, line)| Some((at, inside(line)?))) {
        return Some((found.0, filled(found.1, &lines[found.0 + 1..])));
    }
    let named = from_below()
        .filter_map(starting)
        .find(|(_, header)| is_type_shape(bare(&header.type_name)));
    named.or_else(|| {
        let (at, line) = from_below().find(|(_, line)| !line.trim().is_empty())?;
        let header = Header {
            type_name: Cow::Borrowed(""),
            message: line.trim(),
        };
        Some((at, header))
    })
}

/// A header without message takes the first line below it that is not blank: `Error:` and the text on the next line.
fn filled<'t>(header: Header<'t>, below: &[&'t str]) -> Header<'t> {
    if !header.message.is_empty() {
        return header;
    }
    let message = below.iter().map(|line| line.trim()).find(|line| !line.is_empty());
    Header {
        message: message.unwrap_or_default(),
        ..header
    }
}

/// Where a line says something: after its white space and the words that runtimes put before an exception.
pub(super) fn start_of(line: &str) -> &str {
    let mut rest = line.trim_start();
    if let Some(after) = rest.strip_prefix("Exception in thread \"") {
        rest = after.split_once("\" ").map_or(rest, |(_, after)| after);
    }
    for word in [
        "Uncaught ",
        "(in promise) ",
        "Unhandled exception. ",
        "Unhandled Exception: ",
        "UnhandledPromiseRejectionWarning: ",
    ] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    rest
}

/// A type name without its code.
pub(super) fn bare(name: &str) -> &str {
    name.split_once(" [").map_or(name, |(name, _)| name)
}

/// Whether a name looks like a type: its last part begins in upper case, or it is the `error` that drivers write.
fn is_type_shape(name: &str) -> bool {
    let last = name.rfind(['.', '\\', ':']).map_or(name, |at| &name[at + 1..]);
    name == "error" || last.bytes().next().is_some_and(|b| b.is_ascii_uppercase())
}
