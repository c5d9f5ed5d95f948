//! Rust: panics with or without a backtrace, and errors that print one.

use std::collections::VecDeque;

use super::header;
use super::line::{after_digits, without_number};
use super::trace::{Raised, Site, Trace};

/// Whether a line announces a panic.
pub(super) fn is_panic(line: &str) -> bool {
    announced(line).is_some()
}

/// Whether a line opens a backtrace.
pub(super) fn is_backtrace(line: &str) -> bool {
    matches!(line.trim(), "stack backtrace:" | "Stack backtrace:")
}

/// What follows `thread 'main' panicked at `.
fn announced(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("thread '")?;
    let (_, rest) = rest.split_once('\'')?;
    let rest = match rest.strip_prefix(" (") {
        Some(id) => after_digits(id)?.strip_prefix(')')?,
        None => rest,
    };
    rest.strip_prefix(" panicked at ")
}

/// Message (empty when it stands on the next line) and file, of the present and of the older form.
fn message_and_path(rest: &str) -> (&str, &str) {
    let rest = rest.trim_end();
    let file = |place| without_number(place).map(|place| without_number(place).unwrap_or(place));
    match rest.strip_suffix(':') {
        Some(place) if !place.starts_with('\'') => ("", file(place).unwrap_or_default()),
        _ => match rest
            .rsplit_once("', ")
            .and_then(|(message, place)| Some((message, file(place)?)))
        {
            Some((message, path)) => (message.trim_start_matches('\''), path),
            // A message of several lines: the file stands at the end of the last.
            None => (rest.trim_start_matches('\''), ""),
        },
    }
}

#[derive(Default)]
struct Parser<'t> {
    first: Option<Raised<'t>>,
    /// Where it panicked: the only site when there is no backtrace.
    panicked_at: &'t str,
    wants_message: bool,
    in_backtrace: bool,
    sites: Vec<Site<'t>>,
    pending: Vec<&'t str>,
    is_done: bool,
}

/// Reads a message that holds a Rust panic or backtrace. The first panic counts.
pub(super) fn parse(text: &str) -> Option<Trace<'_>> {
    let mut parser = Parser::default();
    for line in text.lines() {
        parser.line(line);
        if parser.is_done {
            break;
        }
    }
    parser.finish()
}

impl<'t> Parser<'t> {
    fn line(&mut self, line: &'t str) {
        if let Some(rest) = announced(line) {
            self.is_done = self.first.is_some();
            if !self.is_done {
                self.panic(rest);
            }
        } else if self.wants_message {
            if let Some(raised) = &mut self.first {
                raised.message = line.trim();
            }
            self.wants_message = line.trim().is_empty();
        } else if is_backtrace(line) {
            self.in_backtrace = true;
        } else if self.in_backtrace {
            self.frame(line.trim());
        } else if self.first.is_some() && self.panicked_at.is_empty() && line.contains("', ") {
            self.panicked_at = message_and_path(line).1;
        } else if self.pending.len() < super::HEADER_LINES_MAX {
            self.pending.push(line);
        }
    }

    fn panic(&mut self, rest: &'t str) {
        let (message, path) = message_and_path(rest);
        self.panicked_at = path;
        self.wants_message = message.is_empty();
        self.first = Some(Raised {
            type_name: "panic".into(),
            message,
            sites: Vec::new(),
        });
    }

    fn frame(&mut self, trimmed: &'t str) {
        if let Some(place) = trimmed.strip_prefix("at ") {
            let path = without_number(place).map_or(place, |place| without_number(place).unwrap_or(place));
            if let Some(site) = self.sites.last_mut() {
                site.path = path;
            }
            return;
        }
        let numbered = after_digits(trimmed).and_then(|rest| rest.strip_prefix(": "));
        if let Some(name) = numbered {
            // `0x55d0c0a1b2c3 - shop::cart::total` of a full backtrace.
            let function = name
                .split_once(" - ")
                .filter(|(left, _)| left.starts_with("0x"))
                .map_or(name, |(_, name)| name);
            self.sites.push(Site { function, path: "" });
        }
    }

    fn finish(mut self) -> Option<Trace<'t>> {
        let mut raised = match self.first.take() {
            Some(raised) => raised,
            None if self.sites.is_empty() => return None,
            None => first_error(&self.pending),
        };
        if self.sites.is_empty() && !self.panicked_at.is_empty() {
            self.sites.push(Site {
                function: "",
                path: self.panicked_at,
            });
        }
        raised.sites = self.sites;
        let is_cut = raised.message.is_empty() || raised.sites.is_empty();
        Some(Trace {
            raised: VecDeque::from([raised]),
            named: 0,
            is_cut,
        })
    }
}

/// The error that `main` returned or that was logged: the line above its causes, or above the backtrace.
fn first_error<'t>(lines: &[&'t str]) -> Raised<'t> {
    let end = lines
        .iter()
        .position(|line| line.trim() == "Caused by:")
        .unwrap_or(lines.len());
    let Some(line) = lines[..end]
        .iter()
        .rev()
        .map(|line| line.trim())
        .find(|line| !line.is_empty())
    else {
        return Raised::default();
    };
    let header = header::at_start(line).filter(|header| header::is_error_like(&header.type_name));
    let header = header.or_else(|| header::inside(line));
    let (type_name, message) = header.map_or(("".into(), line), |header| (header.type_name, header.message));
    Raised {
        type_name,
        message,
        sites: Vec::new(),
    }
}
