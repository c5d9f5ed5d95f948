//! Which language wrote a trace, from the first line that only a trace has.

use memchr::{memchr2, memmem};

use super::{Language, at, go, php, python, ruby, rust};

/// How much one line proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// Prose hardly has such a line.
    Strong,
    /// Prose may have it: a parser must find more.
    Weak,
}

/// The first test, in one pass over the bytes: a trace has several lines, real or escaped ones, unless it is a panic
/// of Rust as older versions wrote it.
pub(super) fn may_hold(text: &str) -> bool {
    memchr2(b'\n', b'\\', text.as_bytes()).is_some() || rust::is_panic(text)
}

/// The language of the first strong line, else of the first weak one; none when no line can be of a trace, or when the
/// text is one line.
pub(super) fn language(text: &str) -> Option<Language> {
    if memchr::memchr(b'\n', text.trim().as_bytes()).is_none() {
        return rust::is_panic(text).then_some(Language::Rust);
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

/// What one line proves. A margin of an exception group may stand before it.
fn of_line(line: &str, previous: &str) -> Option<(Language, Strength)> {
    let trimmed = line.trim_start_matches([' ', '\t', '|', '>', '+']);
    let strong = |language| (language, Strength::Strong);
    let by_start = match trimmed.bytes().next()? {
        b'F' => python::frame(line).map(|(_, strength)| (Language::Python, strength)),
        b'a' => at::frame(trimmed).map(|found| (found.language, found.strength)),
        b'#' => php::frame(trimmed).map(|(_, strength)| (Language::Php, strength)),
        b't' => rust::is_panic(line).then_some(strong(Language::Rust)),
        b's' | b'S' => rust::is_backtrace(line).then_some(strong(Language::Rust)),
        b'^' | b'~' => python::is_carets(line).then_some((Language::Python, Strength::Weak)),
        // The first byte of the characters that boxes are drawn with.
        0xe2 => python::boxed_frame(trimmed).map(|_| strong(Language::Python)),
        _ => None,
    };
    by_start.or_else(|| {
        let by_end = match line.trim_end().bytes().last()? {
            b':' if python::is_opening(line) => Some(Language::Python),
            b'0'..=b'9' if at::browser_frame(trimmed).is_some() => Some(Language::Node),
            _ if go::is_evidence(line, previous) => Some(Language::Go),
            _ if ruby::frame(line).is_some() => Some(Language::Ruby),
            _ => None,
        };
        by_end.map(strong)
    })
}

/// Whether a text holds a word; for the rare tests of a whole message.
pub(super) fn holds(text: &str, word: &str) -> bool {
    memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}
