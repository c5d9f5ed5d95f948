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
    let marks = Marks {
        go: holds(text, ".go:") || holds(text, "goroutine "),
        ruby: holds(text, ":in "),
        browser: holds(text, "@") && holds(text, "://"),
    };
    let mut weak = None;
    let mut previous = "";
    for line in text.lines() {
        match marks.line(line, previous) {
            Some((language, Strength::Strong)) => return Some(language),
            Some((language, Strength::Weak)) => weak = weak.or(Some(language)),
            None => {}
        }
        previous = line;
    }
    weak
}

/// Which of the tests that cannot go by the start of a line may succeed at all in a text.
struct Marks {
    go: bool,
    ruby: bool,
    browser: bool,
}

impl Marks {
    /// What one line proves. A margin of an exception group may stand before it.
    fn line(&self, line: &str, previous: &str) -> Option<(Language, Strength)> {
        let bytes = line.as_bytes();
        let start = bytes
            .iter()
            .position(|b| !matches!(b, b' ' | b'\t' | b'|' | b'>' | b'+'))?;
        let trimmed = &line[start..];
        let strong = |language| Some((language, Strength::Strong));
        let found = match bytes[start] {
            b'F' => python::frame(line).map(|(_, strength)| (Language::Python, strength)),
            b'a' => at::frame(trimmed).map(|found| (found.language, found.strength)),
            b'#' => php::frame(trimmed).map(|(_, strength)| (Language::Php, strength)),
            b't' if rust::is_panic(line) => strong(Language::Rust),
            b's' | b'S' if rust::is_backtrace(line) => strong(Language::Rust),
            b'^' | b'~' => python::is_carets(line).then_some((Language::Python, Strength::Weak)),
            // The first byte of the characters that boxes are drawn with.
            0xe2 if python::boxed_frame(trimmed).is_some() => strong(Language::Python),
            _ => None,
        };
        found.or_else(|| {
            let is_python = python::is_opening(line);
            let is_go = || self.go && go::is_evidence(line, previous);
            let is_ruby = || self.ruby && ruby::frame(line).is_some();
            let is_browser = || self.browser && at::browser_frame(trimmed).is_some();
            match () {
                () if is_python => strong(Language::Python),
                () if is_go() => strong(Language::Go),
                () if is_ruby() => strong(Language::Ruby),
                () if is_browser() => strong(Language::Node),
                () => None,
            }
        })
    }
}

/// Whether a text holds a word; for the rare tests of a whole message.
pub(super) fn holds(text: &str, word: &str) -> bool {
    memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}
