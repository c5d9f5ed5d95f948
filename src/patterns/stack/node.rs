//! JavaScript: causes printed inside the braces after the frames, members of an AggregateError, codes.

use std::collections::VecDeque;

use super::at;
use super::header::{self, Header};
use super::line::indent;
use super::trace::{Raised, Site, Trace};
use super::{HEADER_LINES_MAX, Language, detect::Strength};

/// How an error stands to the one before it in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Cause,
    /// One of those that an AggregateError holds.
    Member,
    /// Another trace in the same message.
    Other,
}

struct Open<'t> {
    raised: Raised<'t>,
    link: Link,
    /// White space before its first line.
    indent: usize,
    /// Whether its properties follow, in braces.
    has_properties: bool,
}

#[derive(Default)]
struct Parser<'t> {
    errors: Vec<Open<'t>>,
    /// Lines since the last frame.
    pending: VecDeque<&'t str>,
    /// White space before the `[errors]: [` whose members follow.
    members: Option<usize>,
    strong: usize,
    weak: usize,
    is_cut: bool,
}

/// Reads a message that holds a JavaScript trace.
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
        if let Some((site, strength)) = frame(trimmed) {
            match strength {
                Strength::Strong => self.strong += 1,
                Strength::Weak => self.weak += 1,
            }
            self.site(site, trimmed.trim_end().ends_with('{'));
        } else if let Some(cause) = after_cause(trimmed) {
            self.cause(cause, indent(line));
        } else if trimmed.starts_with("[errors]: [") {
            self.start_without_frames();
            self.members = Some(indent(line));
            self.pending.clear();
        } else if let Some(code) = code(trimmed) {
            self.code(code, indent(line));
        } else {
            if trimmed.starts_with(']') && self.members == Some(indent(line)) {
                self.members = None;
            }
            if self.pending.len() == HEADER_LINES_MAX {
                self.pending.pop_front();
            }
            self.pending.push_back(line);
        }
    }

    fn site(&mut self, site: Site<'t>, has_properties: bool) {
        let is_new = match self.errors.last() {
            None => true,
            Some(last) => {
                let may_follow = !last.raised.sites.is_empty() || self.members.is_some();
                may_follow && self.pending.iter().any(|line| begins_error(line))
            }
        };
        if is_new {
            let found = header::find(self.pending.make_contiguous());
            self.is_cut |= found.is_none();
            let blanks = found
                .as_ref()
                .map_or(0, |(at, _)| self.pending.get(*at).map_or(0, |line| indent(line)));
            let link = if self.members.is_some() {
                Link::Member
            } else {
                Link::Other
            };
            self.push(found.map(|(_, header)| header), link, blanks);
        }
        self.pending.clear();
        if let Some(last) = self.errors.last_mut() {
            last.raised.sites.push(site);
            last.has_properties = has_properties;
        }
    }

    fn cause(&mut self, text: &'t str, blanks: usize) {
        // A cause of a member is a detail of one of many.
        if self.members.is_some() {
            return;
        }
        self.start_without_frames();
        let text = text.trim_end_matches(['{', ' ']);
        let header = header::at_start(text).unwrap_or(Header {
            type_name: "".into(),
            message: text,
        });
        self.push(Some(header), Link::Cause, blanks);
        self.pending.clear();
    }

    /// An error that prints its cause or members but no frames.
    fn start_without_frames(&mut self) {
        if self.errors.is_empty()
            && let Some((_, mut header)) = header::find(self.pending.make_contiguous())
        {
            header.message = header.message.trim_end_matches(['{', ' ']).trim_end_matches(']');
            self.push(Some(header), Link::Other, 0);
        }
    }

    fn push(&mut self, header: Option<Header<'t>>, link: Link, blanks: usize) {
        let raised = header.map_or_else(Raised::default, |header| Raised {
            type_name: header.type_name,
            message: header.message,
            sites: Vec::new(),
        });
        self.errors.push(Open {
            raised,
            link,
            indent: blanks,
            has_properties: false,
        });
    }

    /// Gives a code to the error in whose braces it stands.
    fn code(&mut self, code: &str, blanks: usize) {
        // Nested braces are as deep as the errors in them: a few steps back are enough.
        let near = self.errors.iter_mut().rev().take(super::CHAIN_MAX);
        let owner = near
            .filter(|open| open.has_properties)
            .find(|open| open.indent + 2 == blanks || blanks == 0);
        if let Some(open) = owner
            && !open.raised.type_name.ends_with(']')
        {
            open.raised.type_name = format!("{} [{code}]", open.raised.type_name)
                .trim_start()
                .to_owned()
                .into();
        }
    }

    fn finish(self) -> Option<Trace<'t>> {
        let has_header = self
            .errors
            .first()
            .is_some_and(|open| header::is_error_like(header::bare(&open.raised.type_name)));
        if self.strong == 0 && self.weak < 2 && !has_header || self.strong + self.weak == 0 {
            return None;
        }
        let mut raised: VecDeque<Raised<'t>> = VecDeque::new();
        let mut members: Vec<Raised<'t>> = Vec::new();
        let mut later: Vec<Raised<'t>> = Vec::new();
        for open in self.errors {
            match open.link {
                Link::Member => members.push(open.raised),
                Link::Other if raised.is_empty() => raised.push_front(open.raised),
                Link::Cause if later.is_empty() => raised.push_front(open.raised),
                _ => later.push(open.raised),
            }
        }
        // Their order is chance: the smallest stands for all.
        let member = members
            .into_iter()
            .min_by(|a, b| (&a.type_name, a.message).cmp(&(&b.type_name, b.message)));
        if let Some(member) = member {
            raised.push_front(member);
        }
        raised.extend(later);
        Some(Trace {
            raised,
            named: 0,
            is_cut: self.is_cut,
        })
    }
}

fn frame(trimmed: &str) -> Option<(Site<'_>, Strength)> {
    match at::frame(trimmed) {
        Some(found) => (found.language == Language::Node).then_some((found.site, found.strength)),
        None => at::browser_frame(trimmed).map(|site| (site, Strength::Strong)),
    }
}

/// The error after `[cause]: `, `cause: ` or `Caused by: `.
fn after_cause(trimmed: &str) -> Option<&str> {
    let starts = ["[cause]: ", "Caused by: ", "caused by: ", "cause: "];
    starts
        .iter()
        .find_map(|start| trimmed.strip_prefix(start))
        .map(str::trim)
}

/// The value of `code: 'ECONNREFUSED',`.
fn code(trimmed: &str) -> Option<&str> {
    let value = trimmed
        .strip_prefix("code: ")
        .or_else(|| trimmed.strip_prefix("[code]: "))?;
    let value = value.trim().trim_end_matches(['}', ' ']).trim_end_matches(',');
    let code = value.trim_matches(['\'', '"']);
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/' | b'.');
    (!code.is_empty() && code.len() <= 64 && code.bytes().all(is_part) && code != "undefined").then_some(code)
}

fn begins_error(line: &str) -> bool {
    header::at_start(header::start_of(line))
        .is_some_and(|header| header::is_error_like(header::bare(&header.type_name)))
}
