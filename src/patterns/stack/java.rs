//! The JVM: causes below, suppressed exceptions indented, and logback's order with the root cause first.

use std::collections::VecDeque;

use super::HEADER_LINES_MAX;
use super::at;
use super::header::{self, Header};
use super::line::indent;
use super::trace::{Raised, Site, Trace};
use super::{Language, detect::Strength};

/// How an exception stands to the one before it in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Cause,
    Wrapper,
    /// Another trace in the same message.
    Other,
}

#[derive(Default)]
struct Parser<'t> {
    chain: VecDeque<Raised<'t>>,
    /// Exceptions of further traces in the same message.
    later: Vec<Raised<'t>>,
    /// Where frames go.
    end: End,
    /// Lines since the last frame.
    pending: VecDeque<&'t str>,
    /// White space before the `Suppressed:` whose lines are being skipped.
    suppressed: Option<usize>,
    is_cut: bool,
}

/// Where the exception stands whose frames are being read.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum End {
    #[default]
    Nowhere,
    Front,
    Back,
    Later,
}

/// Reads a message that holds a trace of the JVM.
pub(super) fn parse(text: &str) -> Option<Trace<'_>> {
    let mut parser = Parser::default();
    for line in text.lines() {
        parser.line(line);
    }
    parser.finish()
}

impl<'t> Parser<'t> {
    fn line(&mut self, line: &'t str) {
        let trimmed = line.trim_start();
        let found =
            at::frame(trimmed).filter(|found| found.language == Language::Java && found.strength == Strength::Strong);
        if let Some(found) = found {
            self.site(found.site);
        } else if let Some(cause) = trimmed.strip_prefix("Caused by: ") {
            if self.suppressed.is_none_or(|depth| indent(line) < depth || depth == 0) {
                self.start(cause, Link::Cause);
            }
        } else if let Some(wrapper) = trimmed.strip_prefix("Wrapped by: ") {
            self.start(wrapper, Link::Wrapper);
        } else if trimmed.starts_with("Suppressed: ") {
            self.suppressed = Some(indent(line));
        } else if trimmed.starts_with("Original Stack Trace:") {
            // Reactor notes its assembly in a suppressed exception, and the real frames after it.
            self.suppressed = None;
        } else if !is_elision(trimmed) {
            self.other(line);
        }
    }

    fn other(&mut self, line: &'t str) {
        if self.pending.len() == HEADER_LINES_MAX {
            self.pending.pop_front();
        }
        self.pending.push_back(line);
        if self.suppressed.is_some() && indent(line) == 0 && begins_exception(line) {
            self.suppressed = None;
        }
    }

    fn site(&mut self, site: Site<'t>) {
        if self.suppressed.is_some() {
            return;
        }
        let is_new_trace = match self.current() {
            None => true,
            Some(raised) => !raised.sites.is_empty() && self.pending.iter().any(|line| begins_exception(line)),
        };
        if is_new_trace {
            let found = header::find(self.pending.make_contiguous()).map(|(_, header)| header);
            self.is_cut |= found.is_none();
            self.push(found, Link::Other);
        }
        self.pending.clear();
        if let Some(raised) = self.current() {
            raised.sites.push(site);
        }
    }

    /// `Caused by: Type: message`: any name is believed here.
    fn start(&mut self, text: &'t str, link: Link) {
        self.suppressed = None;
        let header = header::at_start(text).unwrap_or(Header {
            type_name: "".into(),
            message: text,
        });
        if self.end == End::Nowhere {
            self.is_cut |= !self.start_without_frames(link);
        }
        self.push(Some(header), link);
        self.pending.clear();
    }

    /// The exception above the first `Caused by:`, when it has no frames of its own.
    fn start_without_frames(&mut self, link: Link) -> bool {
        let Some((_, header)) = header::find(self.pending.make_contiguous()) else {
            return link == Link::Wrapper;
        };
        self.push(Some(header), Link::Other);
        true
    }

    fn push(&mut self, header: Option<Header<'t>>, link: Link) {
        let raised = header.map_or_else(Raised::default, |header| Raised {
            type_name: header.type_name,
            message: header.message,
            sites: Vec::new(),
        });
        self.end = match (link, self.end) {
            (_, End::Nowhere) | (Link::Cause, End::Front | End::Back) => End::Front,
            (Link::Wrapper, End::Front | End::Back) => End::Back,
            _ => End::Later,
        };
        match self.end {
            End::Front | End::Nowhere => self.chain.push_front(raised),
            End::Back => self.chain.push_back(raised),
            End::Later => self.later.push(raised),
        }
    }

    fn current(&mut self) -> Option<&mut Raised<'t>> {
        match self.end {
            End::Nowhere => None,
            End::Front => self.chain.front_mut(),
            End::Back => self.chain.back_mut(),
            End::Later => self.later.last_mut(),
        }
    }

    fn finish(mut self) -> Option<Trace<'t>> {
        if self.chain.iter().all(|raised| raised.sites.is_empty()) {
            return None;
        }
        self.chain.extend(self.later);
        Some(Trace {
            is_cut: self.is_cut,
            raised: self.chain,
            named: 0,
        })
    }
}

/// `... 12 more`, `... 3 common frames omitted`.
fn is_elision(trimmed: &str) -> bool {
    trimmed.starts_with("... ") && (trimmed.ends_with(" more") || trimmed.ends_with(" omitted"))
}

fn begins_exception(line: &str) -> bool {
    header::at_start(header::start_of(line))
        .is_some_and(|header| header::is_error_like(header::bare(&header.type_name)))
}
