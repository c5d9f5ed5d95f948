//! The level that a message's own format gives it, for entries without a severity.
//!
//! Only where a log format puts it: at the start, after times, process ids and logger names in brackets, or as a
//! `level=` field. A level word inside of the prose is prose.

use crate::model::{Severity, start_of};

/// Leading words that are looked at: date, time, zone, process id, thread, level.
const WORDS_MAX: usize = 6;
/// Bytes in which a `level=` field is looked for.
const FIELD_BYTES_MAX: usize = 256;

/// The level of a message text, if its format gives one.
pub fn level_of(text: &str) -> Option<Severity> {
    prefix_level(text).or_else(|| field_level(text))
}

fn prefix_level(text: &str) -> Option<Severity> {
    let mut rest = text;
    for _ in 0..WORDS_MAX {
        rest = rest.trim_start_matches([' ', '\t']);
        let (word, after) = next_word(rest)?;
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let marked = word.ends_with(':') || word.starts_with('[') || after.starts_with(['|', ':']);
        let upper = bare.bytes().all(|b| b.is_ascii_uppercase());
        if !bare.is_empty()
            && (upper || marked)
            && let Some(severity) = Severity::from_level_word(bare)
        {
            return Some(severity);
        }
        if !is_preamble(word) {
            return None;
        }
        rest = after;
    }
    None
}

/// Cuts a bracketed group or a word off the front.
fn next_word(text: &str) -> Option<(&str, &str)> {
    let end = match text.bytes().next()? {
        b'[' => text.find(']')? + 1,
        b'(' => text.find(')')? + 1,
        _ => text
            .bytes()
            .position(|b| matches!(b, b' ' | b'\t' | b'|' | b'\n'))
            .unwrap_or(text.len()),
    };
    Some((&text[..end], text[end..].trim_start_matches(['|', ' ', '\t'])))
}

/// A time, a number or something in brackets: what stands before a level.
fn is_preamble(word: &str) -> bool {
    let bracketed = word.starts_with(['[', '(']);
    let time = word.starts_with(|c: char| c.is_ascii_digit())
        && word.bytes().all(|b| b.is_ascii_digit() || b"-:.,+/TZ".contains(&b));
    bracketed || time || word == "-"
}

fn field_level(text: &str) -> Option<Severity> {
    let text = start_of(text, FIELD_BYTES_MAX);
    memchr::memchr(b'=', text.as_bytes())?;
    ["level=", "lvl=", "severity="].iter().find_map(|name| {
        let at = text.find(name)?;
        let starts_field = at == 0 || matches!(text.as_bytes()[at - 1], b' ' | b'\t' | b',');
        let value = text[at + name.len()..].trim_start_matches('"');
        let end = value.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(value.len());
        starts_field.then(|| Severity::from_level_word(&value[..end]))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_give_a_level() {
        for (text, level) in [
            ("ERROR:    Exception in ASGI application", Severity::Error),
            ("INFO:     203.0.113.7:4711 - \"GET / HTTP/1.1\" 200", Severity::Info),
            (
                "[2026-03-01 10:42:53 +0000] [1] [ERROR] Worker (pid:6) exited with code 3",
                Severity::Error,
            ),
            ("2026-03-01 10:42:53,123 [WARN] app.db: slow", Severity::Warning),
            ("10:16:48.545 INFO  t.c.Travel: x", Severity::Info),
            ("time=2026-03-01T10:00:00Z level=error msg=\"x\"", Severity::Error),
            ("level=\"warn\" msg=x", Severity::Warning),
            ("[error] upstream timed out", Severity::Error),
            ("error: connection reset", Severity::Error),
            (
                "2026-03-01T10:00:00Z | CRITICAL | app:run:12 - gone",
                Severity::Critical,
            ),
        ] {
            assert_eq!(level_of(text), Some(level), "{text}");
        }
    }

    #[test]
    fn words_in_prose_give_none() {
        for text in [
            "no error here",
            "Traceback (most recent call last):",
            "",
            "payload {\"severity\":\"ERROR\"}",
            "error handling enabled",
            "x [ERROR] y",
            "[",
            "sublevel=error",
            "Errors: 3",
        ] {
            assert_eq!(level_of(text), None, "{text}");
        }
    }
}
