//! Go: panics and fatal errors with goroutines, and the traces that zap, `pkg/errors` and gin write.
//!
//! Only the first goroutine counts: it is the one that panicked.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::HEADER_LINES_MAX;
use super::line::{self, after_digits, is_number, without_number};
use super::trace::{Raised, Site, Trace};
use crate::model::start_of;

/// Panics of the runtime that it does not mark as runtime errors; the words are constant.
const KINDS: [&str; 6] = [
    "assignment to entry in nil map",
    "close of closed channel",
    "close of nil channel",
    "interface conversion",
    "send on closed channel",
    "sync: negative WaitGroup counter",
];

/// Whether a line is one that only a Go trace has.
pub(super) fn is_evidence(line: &str, previous: &str) -> bool {
    match line.bytes().next() {
        Some(b'g') => is_goroutine(line),
        Some(b'\t' | b' ') => location(line).is_some() && is_function(previous),
        Some(b'/') => gin_location(line).is_some(),
        _ => false,
    }
}

/// `goroutine 12 [running]:`
fn is_goroutine(line: &str) -> bool {
    let rest = line.strip_prefix("goroutine ").and_then(after_digits);
    rest.is_some_and(|rest| rest.starts_with(" [") && rest.trim_end().ends_with("]:"))
}

/// The file of `\t/app/cart.go:12 +0x1d`.
fn location(line: &str) -> Option<&str> {
    let trimmed = line.trim();
    let place = trimmed.rsplit_once(" +0x").map_or(trimmed, |(place, _)| place);
    without_number(place).filter(|path| path.ends_with(".go") && !path.starts_with('.') | path.starts_with("./"))
}

/// The file of `/app/cart.go:12 (0x4b2c5)`, as gin writes it.
fn gin_location(line: &str) -> Option<&str> {
    let (place, address) = line.trim_end().strip_suffix(')')?.rsplit_once(" (0x")?;
    let is_address = address.bytes().all(|b| b.is_ascii_hexdigit());
    without_number(place).filter(|path| is_address && path.ends_with(".go"))
}

/// Whether a line is `import/path.Function(arguments)` or the same without arguments.
fn is_function(line: &str) -> bool {
    let trimmed = line.trim();
    let trimmed = trimmed.strip_prefix("created by ").unwrap_or(trimmed);
    let name = name_of(trimmed);
    // `main.f[...]` and `created by main.f in goroutine 5` hold blanks elsewhere.
    let name = name.split_once(" in goroutine ").map_or(name, |(name, _)| name);
    !name.is_empty() && !name.contains([' ', ':', '"', '=']) && (name.contains('.') || name == "panic")
}

/// A function line without arguments: up to the last parenthesis that opens, if one closes at the end.
fn name_of(line: &str) -> &str {
    match line.ends_with(')') {
        true => line.rfind('(').map_or(line, |open| &line[..open]),
        false => line,
    }
}

#[derive(Default)]
struct Parser<'t> {
    /// Panics in the order of the text: a later one was thrown while the earlier was handled.
    panics: Vec<Raised<'t>>,
    sites: Vec<Site<'t>>,
    pending: VecDeque<&'t str>,
    goroutines: usize,
    /// A file whose function follows on the next line.
    gin: Option<&'t str>,
    is_done: bool,
}

/// Reads a message that holds a Go trace.
pub(super) fn parse(text: &str) -> Option<Trace<'_>> {
    let mut parser = Parser::default();
    let mut previous = "";
    for line in text.lines() {
        parser.line(line, previous);
        if parser.is_done {
            break;
        }
        previous = line;
    }
    parser.finish()
}

impl<'t> Parser<'t> {
    fn line(&mut self, line: &'t str, previous: &'t str) {
        if let Some(path) = self.gin.take() {
            let function = line.trim();
            let function = function.split_once(": ").map_or(function, |(name, _)| name);
            self.site(Site { function, path });
        } else if is_goroutine(line) {
            self.is_done = !self.sites.is_empty();
            self.goroutines += 1;
        } else if let Some(path) = location(line).filter(|_| line.starts_with(['\t', ' ']) && is_function(previous)) {
            self.pending.pop_back();
            self.pair(previous.trim(), path);
        } else if let Some(path) = gin_location(line) {
            self.gin = Some(path);
        } else if !self.panic(line) {
            if self.pending.len() == HEADER_LINES_MAX {
                self.pending.pop_front();
            }
            self.pending.push_back(line);
        }
    }

    /// A function and its file, on two lines.
    fn pair(&mut self, function: &'t str, path: &'t str) {
        let has_text_between = self.pending.iter().any(|line| !line.trim().is_empty());
        if self.goroutines == 0 && !self.sites.is_empty() && has_text_between {
            // `pkg/errors` repeats the trace for every wrapping.
            self.is_done = true;
        } else if !function.starts_with("created by ") {
            let function = name_of(function);
            self.site(Site { function, path });
        }
    }

    fn site(&mut self, site: Site<'t>) {
        if self.sites.is_empty() && self.panics.is_empty() {
            self.named_above();
        }
        self.pending.clear();
        let is_panic = matches!(site.function, "panic" | "gopanic" | "runtime.gopanic");
        if is_panic && site.path.ends_with("runtime/panic.go") {
            // What stands above ran deferred, after the throw.
            self.sites.clear();
        } else {
            self.sites.push(site);
        }
    }

    /// Takes `panic: …` and its relatives before the first frame.
    fn panic(&mut self, line: &'t str) -> bool {
        if !self.sites.is_empty() || self.goroutines > 0 {
            return false;
        }
        let Some(raised) = announced(line.trim_start()) else {
            return false;
        };
        self.panics.push(raised);
        true
    }

    /// Without a panic of its own line, the nearest line above the frames says what happened.
    fn named_above(&mut self) {
        let mut lines = self
            .pending
            .iter()
            .rev()
            .map(|line| line.trim())
            .filter(|line| !line.is_empty());
        let found = lines.clone().find_map(mentioned).or_else(|| {
            lines.next_back().map(|message| Raised {
                message,
                ..Raised::default()
            })
        });
        self.panics.extend(found);
    }

    fn finish(mut self) -> Option<Trace<'t>> {
        if self.sites.is_empty() && self.panics.is_empty() {
            self.named_above();
        }
        if self.sites.is_empty() && (self.panics.is_empty() || self.goroutines == 0) {
            return None;
        }
        let is_cut = self.panics.is_empty() || self.sites.is_empty();
        let mut raised: VecDeque<Raised<'t>> = self.panics.into();
        match raised.front_mut() {
            Some(first) => first.sites = self.sites,
            None => raised.push_front(Raised {
                sites: self.sites,
                ..Raised::default()
            }),
        }
        Some(Trace {
            raised,
            named: 0,
            is_cut,
        })
    }
}

/// A line that begins with the words of the runtime.
fn announced(line: &str) -> Option<Raised<'_>> {
    if let Some(message) = line.strip_prefix("panic: ") {
        return Some(thrown("panic", without_recovered(message)));
    }
    if let Some(message) = line.strip_prefix("fatal error: ") {
        return Some(Raised {
            type_name: format!("fatal error: {}", constant_part(message)).into(),
            message,
            sites: Vec::new(),
        });
    }
    None
}

/// A line that holds them after a prefix: `http: panic serving 10.0.0.7:4312: …`, `panic recovered: …`.
fn mentioned(line: &str) -> Option<Raised<'_>> {
    if let Some((_, rest)) = line.split_once("panic serving ") {
        let message = rest.split_once(": ").map_or(rest, |(_, message)| message);
        return Some(thrown("panic", message));
    }
    let marks = [
        "fatal error: ",
        "panic: ",
        "panic recovered: ",
        "recovered from panic: ",
        "Recovered from panic: ",
    ];
    let found = marks.iter().find_map(|mark| line.find(mark).map(|at| (at, mark)));
    if let Some((at, mark)) = found {
        let message = &line[at + mark.len()..];
        return announced(&line[at..]).or_else(|| Some(thrown("panic", without_recovered(message))));
    }
    line.find("runtime error: ").map(|at| thrown("panic", &line[at..]))
}

fn without_recovered(message: &str) -> &str {
    let message = message.trim_end();
    let cut = message.strip_suffix(']').and_then(|inner| inner.rfind(" [recovered"));
    cut.map_or(message, |at| &message[..at])
}

/// A panic with the kind that its words give: the value panicked with has no type in the text but for a few.
fn thrown<'t>(word: &str, message: &'t str) -> Raised<'t> {
    // The quotation mark that ends the `msg="…"` of a logger.
    let is_odd = message.ends_with('"') && message.matches('"').count() % 2 == 1;
    let message = if is_odd { &message[..message.len() - 1] } else { message };
    let kind = KINDS.iter().find(|kind| message.starts_with(*kind));
    let type_name = match message.strip_prefix("runtime error: ") {
        Some(rest) => Cow::Owned(format!("runtime error: {}", constant_part(rest))),
        None => match (kind, value_type(message)) {
            (Some(kind), _) => Cow::Owned(format!("{word}: {kind}")),
            (None, Some(name)) => Cow::Owned(format!("{word}: {name}")),
            (None, None) => Cow::Owned(word.to_owned()),
        },
    };
    Raised {
        type_name,
        message,
        sites: Vec::new(),
    }
}

/// The words before the first value: `index out of range` of `index out of range [5] with length 3`.
fn constant_part(message: &str) -> &str {
    let end = message.find(|c: char| c.is_ascii_digit() || matches!(c, '[' | ':' | '"' | '(' | '{'));
    start_of(end.map_or(message, |end| &message[..end]).trim_end(), 80)
}

/// The type in `(*main.OutOfStock) 0xc00…`, `main.OutOfStock{…}` and `main.Code("x")`.
fn value_type(message: &str) -> Option<&str> {
    let (name, rest) = match message.strip_prefix('(') {
        Some(inner) => inner.split_once(')')?,
        None => message
            .split_once(['(', '{'])
            .filter(|(_, rest)| rest.ends_with([')', '}']))?,
    };
    let name = name.trim_start_matches('*');
    let is_qualified = name.contains('.') && !rest.is_empty();
    let is_name = name
        .bytes()
        .all(|b| line::is_name_byte(b) || matches!(b, b'.' | b'/' | b'-'))
        && !is_number(name);
    (is_qualified && is_name).then_some(name)
}
