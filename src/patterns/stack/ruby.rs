//! Ruby: `file.rb:12:in 'name'`, with the message behind the first one or on lines above.

use std::collections::VecDeque;

use memchr::memmem;

use super::HEADER_LINES_MAX;
use super::header::{self, Header};
use super::line::without_number;
use super::trace::{Raised, Site, Trace};

/// Reads a frame, and what follows it on its line.
pub(super) fn frame(line: &str) -> Option<(Site<'_>, &str)> {
    let at = memmem::find(line.as_bytes(), b":in ")?;
    let quoted = &line[at + ":in ".len()..];
    let name = quoted.strip_prefix(['`', '\''])?;
    let path = without_number(&line[..at])?;
    let path = path.rfind([' ', '\t']).map_or(path, |blank| &path[blank + 1..]);
    let (function, rest) = name.split_once('\'')?;
    (!path.is_empty() && !function.is_empty()).then_some((Site { function, path }, rest))
}

#[derive(Default)]
struct Parser<'t> {
    /// The outermost exception comes first in the text: each further one is the cause of it.
    chain: VecDeque<Raised<'t>>,
    pending: VecDeque<&'t str>,
    is_cut: bool,
}

/// Reads a message that holds a Ruby trace.
pub(super) fn parse(text: &str) -> Option<Trace<'_>> {
    let mut parser = Parser::default();
    for line in text.lines() {
        parser.line(line);
    }
    let has_frames = parser.chain.iter().any(|raised| !raised.sites.is_empty());
    has_frames.then_some(Trace {
        raised: parser.chain,
        named: 0,
        is_cut: parser.is_cut,
    })
}

impl<'t> Parser<'t> {
    fn line(&mut self, line: &'t str) {
        let Some((site, rest)) = frame(line) else {
            if self.pending.len() == HEADER_LINES_MAX {
                self.pending.pop_front();
            }
            self.pending.push_back(line);
            return;
        };
        let is_from = line.trim_start().starts_with("from ");
        match rest.strip_prefix(": ") {
            Some(message) if !is_from => self.start(message_and_type(message)),
            _ => self.without_message(is_from),
        }
        self.pending.clear();
        if let Some(raised) = self.chain.front_mut() {
            raised.sites.push(site);
        }
    }

    fn start(&mut self, header: Header<'t>) {
        self.chain.push_front(Raised {
            type_name: header.type_name,
            message: header.message,
            sites: Vec::new(),
        });
    }

    /// A frame of the exception before, or the first one below lines that name an exception.
    fn without_message(&mut self, is_from: bool) {
        if is_from {
            self.late_type();
        }
        let is_new = match self.chain.front() {
            None => true,
            Some(_) => !is_from && self.pending.iter().any(|line| begins_exception(line)),
        };
        if !is_new {
            return;
        }
        let lines = self.pending.make_contiguous();
        let logged = lines.iter().rev().find_map(|line| in_parentheses(line));
        let found = logged.or_else(|| header::find(lines).map(|(_, header)| header));
        self.is_cut |= found.is_none();
        self.start(found.unwrap_or(Header {
            type_name: "".into(),
            message: "",
        }));
    }

    /// The type stands at the end of a message of several lines.
    fn late_type(&mut self) {
        let Some(raised) = self.chain.front_mut().filter(|raised| raised.type_name.is_empty()) else {
            return;
        };
        let late = self
            .pending
            .iter()
            .rev()
            .map(|line| message_and_type(line))
            .find(|late| !late.type_name.is_empty());
        if let Some(late) = late {
            raised.type_name = late.type_name;
        }
    }
}

/// `message (Type)`.
fn message_and_type(text: &str) -> Header<'_> {
    let text = text.trim();
    let split = text.strip_suffix(')').and_then(|inner| inner.rsplit_once('('));
    let split = split.filter(|(_, name)| header::at_start(name).is_some_and(|found| found.message.is_empty()));
    match split {
        Some((message, name)) => Header {
            type_name: name.into(),
            message: message.trim(),
        },
        None => Header {
            type_name: "".into(),
            message: text,
        },
    }
}

/// `NoMethodError (undefined method …):`, as Rails logs it.
fn in_parentheses(line: &str) -> Option<Header<'_>> {
    let line = line.trim();
    let inner = line.strip_suffix("):").or_else(|| line.strip_suffix(')'))?;
    let (name, message) = inner.split_once(" (")?;
    let name = name.rsplit(' ').next().unwrap_or(name);
    let is_type = header::at_start(name).is_some() && name.starts_with(|c: char| c.is_ascii_uppercase());
    is_type.then_some(Header {
        type_name: name.into(),
        message,
    })
}

fn begins_exception(line: &str) -> bool {
    in_parentheses(line).is_some()
        || header::at_start(line.trim()).is_some_and(|header| header::is_error_like(&header.type_name))
}
