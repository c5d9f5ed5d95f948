//! Stack traces: from the text of one message to the exceptions thrown and the frames they passed through.
//!
//! Input: the decoded text of ONE whole message; a log prefix or other lines may stand around the trace, and it may be
//! cut at either end. Output: a [`Stack`], whose [`Stack::class`] is equal for traces of the same failure. It joins no
//! entries, masks no message (that is the canonical text's work) and counts nothing.
//!
//! ```text
//! text ─▶ text     window, colours, escapes      ─▶ detect   which language, if any
//!      ─▶ python | node | java | go | ...        exceptions and raw frames, as written
//!      ─▶ build    names and places made stable, in-app rules, choice of the exception that names the group
//! ```
//!
//! Everything is one pass over lines, and every list is bounded: the work is linear in the bytes looked at, which are
//! at most [`BYTES_HEAD`] + [`BYTES_TAIL`]. The rules of grouping are in `docs/stacks.md`.

mod at;
mod build;
mod detect;
mod dotnet;
mod frames;
mod go;
mod header;
mod in_app;
mod java;
mod libraries;
mod line;
mod names;
mod node;
mod php;
mod place;
mod python;
mod ruby;
mod rust;
mod text;
mod trace;

#[cfg(test)]
mod tests;

use std::fmt;

use frames::Keep;

use crate::model::start_of;
pub use in_app::{InApp, InAppError};

/// Bytes looked at from the start of a message.
pub const BYTES_HEAD: usize = 64 * 1_024;
/// Bytes looked at from the end of a message longer than [`BYTES_HEAD`].
pub const BYTES_TAIL: usize = 64 * 1_024;
/// Frames that [`read_whole`] keeps, counted after repeated ones collapsed; those nearest to the throw.
pub const FRAMES_MAX: usize = 128;
/// Exceptions kept of a chain; beyond it those in its middle are left out.
pub const CHAIN_MAX: usize = 8;
/// Frames that take part in the class of a stack.
pub const CLASS_FRAMES: usize = 3;
/// Bytes kept of an exception's message.
pub const MESSAGE_BYTES_MAX: usize = 4_096;
/// Bytes kept of a function's name, a place and a type name each.
pub const NAME_BYTES_MAX: usize = 256;
/// Bytes that a title gives to the message.
pub const TITLE_MESSAGE_BYTES: usize = 120;
/// Lines before the first frame in which the exception's line is searched.
pub const HEADER_LINES_MAX: usize = 64;

/// The language, or rather the runtime, that wrote a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// CPython and its relatives.
    Python,
    /// JavaScript and TypeScript: Node, Deno, Bun, browsers.
    Node,
    /// Every language of the JVM: Java, Kotlin, Scala, Groovy.
    Java,
    /// Go.
    Go,
    /// C#, F#, Visual Basic.
    DotNet,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// Rust.
    Rust,
}

impl Language {
    /// The name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Language::Python => "python",
            Language::Node => "node",
            Language::Java => "java",
            Language::Go => "go",
            Language::DotNet => "dotnet",
            Language::Ruby => "ruby",
            Language::Php => "php",
            Language::Rust => "rust",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One exception of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thrown {
    /// The type as written, with its code where it has one (`Error [ECONNREFUSED]`); empty when the trace does not say.
    pub type_name: String,
    /// First line of the message, as written; at most [`MESSAGE_BYTES_MAX`].
    pub message: String,
}

/// One call on the way to the throw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The function, without arguments, counters of anonymous functions and generated parts; may be empty.
    pub function: String,
    /// The file, class or package: without lines, versions, and the folder that the application was built or runs in.
    pub place: String,
    /// Whether the frame is of the application, by [`InApp`].
    pub in_app: bool,
}

/// A stack trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// Who wrote it.
    pub language: Language,
    /// The chain of exceptions, from the root cause to the outermost; empty when the trace was cut before any.
    pub thrown: Vec<Thrown>,
    /// Index in `thrown` of the exception that names the group; 0 when there is none.
    pub named: usize,
    /// Frames of the exception that names the group, or of the nearest around it that has one of the application;
    /// the one nearest to the throw first, each once. [`read`] keeps those of the class, [`read_whole`] all.
    pub frames: Vec<Frame>,
    /// Whether a part is visibly missing: an end of the trace, or the middle of a message beyond the bytes looked at.
    pub is_cut: bool,
}

/// Whether a text may hold a stack trace: true whenever [`read`] finds one, and seldom otherwise.
///
/// Looks at every line at most once and stops at the first frame.
pub fn looks_like(text: &str) -> bool {
    detect::may_hold(text) && {
        let seen = text::window(text);
        detect::language(&seen.text).is_some()
            || text::unescape(&seen.text).is_some_and(|t| detect::language(&t).is_some())
    }
}

/// Reads the stack trace that a message holds; none when it holds none.
///
/// A message that merely mentions an exception in one line holds none.
pub fn read(text: &str, rules: &InApp) -> Option<Stack> {
    read_keeping(text, rules, Keep::Deciding)
}

/// The same with every frame, up to [`FRAMES_MAX`]: to show why a frame is of the application or of a library.
pub fn read_whole(text: &str, rules: &InApp) -> Option<Stack> {
    read_keeping(text, rules, Keep::All)
}

fn read_keeping(text: &str, rules: &InApp, keep: Keep) -> Option<Stack> {
    if !detect::may_hold(text) {
        return None;
    }
    let seen = text::window(text);
    let (text, language) = match detect::language(&seen.text) {
        Some(language) => (seen.text, language),
        None => {
            let text = text::unescape(&seen.text)?;
            let language = detect::language(&text)?;
            (text.into(), language)
        }
    };
    let mut trace = match language {
        Language::Python => python::parse(&text),
        Language::Node => node::parse(&text),
        Language::Java => java::parse(&text),
        Language::Go => go::parse(&text),
        Language::DotNet => dotnet::parse(&text),
        Language::Ruby => ruby::parse(&text),
        Language::Php => php::parse(&text),
        Language::Rust => rust::parse(&text),
    }?;
    trace.is_cut |= seen.has_gap;
    build::stack(language, &trace, rules, keep)
}

impl Stack {
    /// The exception that names the group: from the outermost one along the causes that were *declared* ones
    /// (`raise … from`, `Caused by`, `cause`, `--->`); one that merely came while another was handled ends the way.
    pub fn named(&self) -> Option<&Thrown> {
        self.thrown.get(self.named)
    }

    /// First line of the message of the exception that names the group, as written; empty when there is none.
    pub fn message(&self) -> &str {
        self.named().map_or("", |thrown| &thrown.message)
    }

    /// What must be equal in one group, apart from the message: language, the exception types of the chain, and the
    /// [`CLASS_FRAMES`] frames nearest to the throw, of the application where there are any, else of libraries.
    ///
    /// Lines: the language; the types from root cause to outermost, neighbours of one type once; a frame each.
    pub fn class(&self) -> String {
        let mut out = String::with_capacity(256);
        out.push_str(self.language.as_str());
        out.push('\n');
        let mut types: Vec<&str> = self.thrown.iter().map(|thrown| shown(&thrown.type_name)).collect();
        types.dedup();
        out.push_str(if types.is_empty() { shown("") } else { "" });
        out.push_str(&types.join(" > "));
        for frame in self.deciding() {
            out.push('\n');
            out.push_str(&frame.place);
            out.push(' ');
            out.push_str(&frame.function);
        }
        out
    }

    /// One readable line: `TypeError: unsupported operand in total (app/cart.py)`.
    pub fn title(&self) -> String {
        self.title_with(self.message())
    }

    /// The same with another text for the message, such as its canonical one: that title is the same on both sides.
    pub fn title_with(&self, message: &str) -> String {
        let name = self.named().map_or("", |thrown| thrown.type_name.as_str());
        let short = start_of(message, TITLE_MESSAGE_BYTES);
        let mut out = match name {
            "" => format!("{} stack", self.language),
            name => without_repeated(name, short).to_owned(),
        };
        if !short.is_empty() {
            out.push_str(if out.is_empty() || out.ends_with(' ') { "" } else { ": " });
            out.push_str(short.trim_end());
            out.push_str(if short.len() < message.len() { "…" } else { "" });
        }
        if let Some(frame) = self.deciding().next() {
            let place = match frame.function.as_str() {
                "" => format!(" in {}", frame.place),
                function => format!(" in {function} ({})", frame.place),
            };
            out.push_str(&place);
        }
        out
    }

    /// Frames that take part in the class.
    fn deciding(&self) -> impl Iterator<Item = &Frame> {
        let any_in_app = self.frames.iter().any(|frame| frame.in_app);
        let chosen = self.frames.iter().filter(move |frame| frame.in_app || !any_in_app);
        chosen.take(CLASS_FRAMES)
    }
}

/// A type name without the words at its end that the message begins with: Go's types are the first words of messages.
fn without_repeated<'a>(name: &'a str, message: &str) -> &'a str {
    let parts = std::iter::once(0).chain(name.match_indices(": ").map(|(at, _)| at + 2));
    let repeated = parts.into_iter().find(|&at| message.starts_with(&name[at..]));
    repeated.map_or(name, |at| &name[..at])
}

/// A type name; a mark for one that the trace does not say.
fn shown(name: &str) -> &str {
    if name.is_empty() { "?" } else { name }
}
