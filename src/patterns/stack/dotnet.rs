//! .NET: inner exceptions after `--->`, whose frames come first; async and lambda frames.
//!
//! Exceptions nest like brackets: each `--->` opens one, each `--- End of inner exception stack trace ---` closes one.

use std::collections::VecDeque;

use super::header::{self, Header};
use super::trace::{Raised, Site, Trace};
use super::{HEADER_LINES_MAX, Language, at, detect::Strength};

#[derive(Default)]
struct Parser<'t> {
    /// Exceptions whose frames are still to come, the outermost first.
    open: Vec<Raised<'t>>,
    /// Exceptions that are complete: the root cause closes first.
    closed: VecDeque<Raised<'t>>,
    pending: VecDeque<&'t str>,
    /// Inside a further member of an AggregateException.
    in_member: bool,
    strong: usize,
    weak: usize,
    is_cut: bool,
}

/// Reads a message that holds a .NET trace.
pub(super) fn parse(text: &str) -> Option<Trace<'_>> {
    let mut parser = Parser::default();
    for line in text.lines() {
        parser.line(line);
    }
    parser.finish()
}

impl<'t> Parser<'t> {
    fn line(&mut self, line: &'t str) {
        let trimmed = line.trim();
        if self.in_member {
            self.in_member = !trimmed.ends_with("<---");
        } else if let Some(found) = at::frame(trimmed).filter(|found| found.language == Language::DotNet) {
            match found.strength {
                Strength::Strong => self.strong += 1,
                Strength::Weak => self.weak += 1,
            }
            self.site(found.site);
        } else if let Some(inner) = trimmed.strip_prefix("---> ") {
            self.inner(inner);
        } else if trimmed.starts_with("--- End of inner exception") {
            self.closed.extend(self.open.pop());
            self.pending.clear();
        } else if !trimmed.starts_with("--- End of stack trace") {
            if self.pending.len() == HEADER_LINES_MAX {
                self.pending.pop_front();
            }
            self.pending.push_back(line);
        }
    }

    fn inner(&mut self, text: &'t str) {
        if text.starts_with("(Inner Exception #") {
            // The first member was already told as the inner exception.
            self.in_member = !self.closed.is_empty() && !text.ends_with("<---");
            if !self.closed.is_empty() {
                return;
            }
        }
        let text = match text.strip_prefix("(Inner Exception #") {
            Some(rest) => rest.split_once(") ").map_or(rest, |(_, after)| after),
            None => text,
        };
        self.take_pending();
        self.push_chain(header_of(text));
    }

    fn site(&mut self, site: Site<'t>) {
        let is_first = self.open.is_empty() && self.closed.is_empty();
        if is_first {
            self.take_pending();
            if self.open.is_empty() {
                self.is_cut = true;
                self.open.push(Raised::default());
            }
        }
        self.pending.clear();
        if let Some(raised) = self.open.last_mut() {
            raised.sites.push(site);
        }
    }

    /// The lines so far name the outermost exception, unless one is open already.
    fn take_pending(&mut self) {
        if !self.open.is_empty() || !self.closed.is_empty() {
            return;
        }
        if let Some((_, header)) = header::find(self.pending.make_contiguous()) {
            self.push_chain(header);
        }
        self.pending.clear();
    }

    /// Opens an exception, and those that older runtimes write behind it on the same line.
    fn push_chain(&mut self, header: Header<'t>) {
        let mut parts = header.message.split(" ---> ");
        let message = parts.next().unwrap_or_default();
        self.open.push(Raised {
            type_name: header.type_name,
            message,
            sites: Vec::new(),
        });
        for inner in parts {
            let inner = header_of(inner);
            self.open.push(Raised {
                type_name: inner.type_name,
                message: inner.message,
                sites: Vec::new(),
            });
        }
    }

    fn finish(mut self) -> Option<Trace<'t>> {
        while let Some(raised) = self.open.pop() {
            self.closed.push_back(raised);
        }
        let has_header = self
            .closed
            .iter()
            .any(|raised| header::is_error_like(header::bare(&raised.type_name)));
        if self.strong == 0 && self.weak < 2 && !(has_header && self.weak > 0) {
            return None;
        }
        Some(Trace {
            raised: self.closed,
            named: 0,
            is_cut: self.is_cut,
        })
    }
}

fn header_of(text: &str) -> Header<'_> {
    header::at_start(text.trim()).unwrap_or(Header {
        type_name: "".into(),
        message: text.trim(),
    })
}
