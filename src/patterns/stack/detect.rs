//! Which language wrote a trace, from the first line that only a trace has.

use memchr::{memchr2, memmem};

use super::{Language, at, go, python};

/// How much one line proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// Prose hardly has such a line.
    Strong,
    /// Prose may have it: a parser must find more.
    Weak,
}

/// The first test, in one pass over the bytes: a trace has several lines, real or escaped ones.
pub(super) fn may_hold(text: &str) -> bool {
    memchr2(b'\n', b'\\', text.as_bytes()).is_some()
}

/// The language of the first strong line, else of the first weak one; none when no line can be of a trace, or when the
/// text is one line.
pub(super) fn language(text: &str) -> Option<Language> {
    if memchr::memchr(b'\n', text.trim().as_bytes()).is_none() {
        return None;
    }
    let mut weak = None;
    let mut previous = "";
    for line in text.lines() {
        match of_line(line, previous) {
            Some((language, Strength::Strong)) => return Some(language),
            Some((language, Strength::Weak)) => weak = weak.or(Some(language)),
            None => {}
        }
        previous = line;
    }
    weak
}

fn of_line(line: &str, previous: &str) -> Option<(Language, Strength)> {
    let trimmed = line.trim_start_matches([' ', '\t', '|', '>', '+']);
    match trimmed.bytes().next()? {
        b'F' if trimmed.starts_with("File \"") => python::frame(line).map(|(_, strength)| (Language::Python, strength)),
        b'a' if trimmed.starts_with("at ") => at::frame(trimmed).map(|found| (found.language, found.strength)),
        0xe2 => python::boxed_frame(trimmed).map(|_| (Language::Python, Strength::Strong)),
        _ if python::is_opening(line) => Some((Language::Python, Strength::Strong)),
        _ if go::is_evidence(line, previous) => Some((Language::Go, Strength::Strong)),
        _ => at::browser_frame(trimmed).map(|_| (Language::Node, Strength::Strong)),
    }
}

/// Whether a text holds a word; for the rare tests of a whole message.
pub(super) fn holds(text: &str, word: &str) -> bool {
    memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}
