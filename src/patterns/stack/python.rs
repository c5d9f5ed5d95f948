//! Python: chained tracebacks, exception groups, syntax errors, and the plain boxes that loggers draw.
//!
//! The frame nearest to the throw and the outermost exception come last.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::detect::{Strength, holds};
use super::header::{self, Header};
use super::line::{after_digits, indent};
use super::trace::{Raised, Site, Trace};

const OPENING: &str = "Traceback (most recent call last)";
const GROUP_OPENING: &str = "Exception Group Traceback (most recent call last)";
/// Opens what `faulthandler` dumps of a thread.
const FIRST: &str = "(most recent call first):";
/// Opens the calls that `stack_info` adds to a log line.
const CALLS: &str = "Stack (most recent call last):";
const FATAL: &str = "Fatal Python error: ";
const DURING: &str = "During handling of the above exception, another exception occurred";
const BECAUSE: &str = "The above exception was the direct cause of the following exception";

/// Whether a line ends with the words that a traceback opens with; a log prefix may stand before them.
pub(super) fn is_opening(line: &str) -> bool {
    let line = line.trim_end();
    line.ends_with("last):") && line[..line.len() - 1].ends_with(OPENING)
}

/// Reads `File "path", line 12, in name`. Without `in` it is the place of a syntax error, and weak: others write so too.
pub(super) fn frame(line: &str) -> Option<(Site<'_>, Strength)> {
    let rest = line.trim_start_matches([' ', '\t', '|', '>']).strip_prefix("File \"")?;
    let (path, rest) = rest.split_once("\", line ")?;
    let rest = after_digits(rest)?.trim_end();
    if let Some(function) = rest.strip_prefix(", in ") {
        return Some((Site { function, path }, Strength::Strong));
    }
    // The dumps of `faulthandler` have no comma.
    let function = rest.strip_prefix(" in ").unwrap_or_default();
    (rest.is_empty() || !function.is_empty()).then_some((Site { function, path }, Strength::Weak))
}

/// Reads `│ /app/main.py:12 in total │`, as rich draws a frame.
pub(super) fn boxed_frame(trimmed: &str) -> Option<Site<'_>> {
    let inner = trimmed.strip_prefix('│')?.trim_end().trim_end_matches('│').trim();
    let (path, rest) = inner.split_once(".py:")?;
    let function = after_digits(rest)?.strip_prefix(" in ")?.trim();
    let path = &inner[..path.len() + ".py".len()];
    (!function.is_empty() && !path.contains(' ')).then_some(Site { function, path })
}

/// How an exception stands to the one before it in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    /// Nothing was said, or it came while the other was handled.
    Context,
    /// The other is its declared cause.
    Cause,
}

/// A traceback: frames and the exception below them.
struct Block<'t> {
    /// Levels of exception groups around it.
    depth: usize,
    /// Whether a separator line stands between it and the one before it at its depth.
    is_next_sibling: bool,
    link: Link,
    /// White space before its opening line.
    base: usize,
    raised: Raised<'t>,
    is_named: bool,
}

struct Parser<'t> {
    blocks: Vec<Block<'t>>,
    /// Whether frames or the exception line of the last block are still to come.
    is_open: bool,
    link: Link,
    /// A separator of siblings was the last line that meant something.
    after_separator: bool,
    has_opening: bool,
    is_cut: bool,
}

/// Errors that have a file and a line but no function.
const SYNTAX_ERRORS: [&str; 3] = ["IndentationError", "SyntaxError", "TabError"];

/// Reads a message that holds a Python traceback.
pub(super) fn parse(text: &str) -> Option<Trace<'_>> {
    if holds(text, FIRST) {
        return dumped(text);
    }
    let has_groups = holds(text, GROUP_OPENING) || holds(text, "+-+--");
    let mut parser = Parser {
        blocks: Vec::new(),
        is_open: false,
        link: Link::Context,
        after_separator: false,
        has_opening: false,
        is_cut: false,
    };
    let mut weak_frames = 0;
    let mut previous = "";
    for line in text.lines() {
        let (depth, rest) = if has_groups { margin(line) } else { (0, line) };
        if has_groups && is_separator(rest) {
            parser.after_separator = true;
            parser.is_open = false;
        } else {
            weak_frames += usize::from(parser.line(depth, rest, previous));
        }
        previous = line;
    }
    // `stack_info=True` prints the calls that led to a log line, without any exception.
    if text.lines().any(|line| line.trim_end().ends_with(CALLS)) {
        parser.name_calls(text);
    }
    parser.finish(weak_frames)
}

/// A dump of `faulthandler`: frames nearest to the crash first; of several threads the current one counts.
fn dumped(text: &str) -> Option<Trace<'_>> {
    let mut raised = Raised::default();
    let mut is_chosen = false;
    for line in text.lines() {
        if let Some(message) = line.trim_start().strip_prefix(FATAL) {
            (raised.type_name, raised.message) = (FATAL.trim_end_matches(": ").into(), message.trim());
        } else if line.trim_end().ends_with(FIRST) {
            is_chosen = line.starts_with("Current thread") || raised.sites.is_empty();
            if is_chosen {
                raised.sites.clear();
            }
        } else if let Some((site, _)) = frame(line).filter(|_| is_chosen) {
            raised.sites.push(site);
        }
    }
    (!raised.sites.is_empty()).then(|| Trace {
        is_cut: raised.type_name.is_empty(),
        raised: VecDeque::from([raised]),
        named: 0,
    })
}

/// Levels of groups around a line, and the line without their margin.
fn margin(line: &str) -> (usize, &str) {
    let blanks = indent(line);
    let rest = &line[blanks..];
    if let Some(inner) = rest.strip_prefix('|') {
        return (blanks / 2, inner.strip_prefix(' ').unwrap_or(inner));
    }
    match rest.strip_prefix('+') {
        Some(inner) if blanks >= 2 => (blanks / 2, inner.strip_prefix(' ').unwrap_or(inner)),
        _ => (0, line),
    }
}

/// Whether a line, its margin gone, separates the exceptions of a group: `-+---- 1 ----`, `------`.
fn is_separator(rest: &str) -> bool {
    rest.starts_with("-+--") || rest.starts_with("-----")
}

impl<'t> Parser<'t> {
    /// Takes one line; returns whether it was a frame of a syntax error.
    fn line(&mut self, depth: usize, line: &'t str, previous: &str) -> bool {
        let trimmed = line.trim_start();
        if trimmed.starts_with("File \"") || trimmed.starts_with("> File \"") {
            if let Some((site, strength)) = frame(line) {
                self.site(depth, line, site);
                return strength == Strength::Weak;
            }
        } else if trimmed.starts_with('│') {
            if let Some(site) = boxed_frame(trimmed) {
                self.site(depth, line, site);
            }
        } else if is_opening(line) || is_box_opening(trimmed) {
            let base = if trimmed.starts_with(['T', 'E']) {
                indent(line)
            } else {
                0
            };
            self.has_opening = true;
            self.open(depth, base);
        } else if trimmed.starts_with(DURING) {
            (self.link, self.is_open) = (Link::Context, false);
        } else if trimmed.starts_with(BECAUSE) {
            (self.link, self.is_open) = (Link::Cause, false);
        } else if !trimmed.is_empty() {
            self.other(depth, line, previous);
        }
        false
    }

    fn open(&mut self, depth: usize, base: usize) {
        // A second opening right after the first one has nothing in between to keep.
        if self.is_open && self.blocks.last().is_some_and(|block| block.raised.sites.is_empty()) {
            self.blocks.pop();
        }
        self.blocks.push(Block {
            depth,
            is_next_sibling: self.after_separator,
            link: self.link,
            base,
            raised: Raised::default(),
            is_named: false,
        });
        (self.link, self.is_open, self.after_separator) = (Link::Context, true, false);
    }

    fn site(&mut self, depth: usize, line: &str, site: Site<'t>) {
        if !self.is_open {
            self.is_cut = true;
            self.open(depth, indent(line).saturating_sub(2));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.raised.sites.push(site);
        }
    }

    /// A line that is neither frame nor glue: source code, or the exception's line.
    fn other(&mut self, depth: usize, line: &'t str, previous: &str) {
        if self.after_separator && !self.is_open {
            // An exception of a group that was never raised has no traceback.
            if let Some(header) = exception_line(line) {
                self.open(depth, 0);
                self.name(header);
            }
            return;
        }
        if !self.is_open {
            self.after_carets(depth, line, previous);
            return;
        }
        let Some(block) = self.blocks.last() else { return };
        let blanks = indent(line);
        let is_flat = block.raised.sites.is_empty() || frame_indent(previous).is_some_and(|frame| frame <= block.base);
        if blanks > block.base || is_box(line) {
            return;
        }
        let is_source = is_flat && frame(previous).is_some();
        match exception_line(line) {
            Some(header) if !is_source || header::is_error_like(&header.type_name) => self.name(header),
            // Carets, and `[Previous line repeated 993 more times]`.
            _ if is_source || line.trim_start().starts_with(['[', '^', '~']) => {}
            _ => self.is_open = false,
        }
    }

    /// The end of a traceback that was cut above its last frame: a line of carets, then the exception's.
    fn after_carets(&mut self, depth: usize, line: &'t str, previous: &str) {
        let is_carets = is_carets(previous);
        if is_carets
            && let Some(header) = exception_line(line).filter(|header| header::is_error_like(&header.type_name))
        {
            self.is_cut = true;
            self.open(depth, 0);
            self.name(header);
        }
    }

    fn name(&mut self, header: Header<'t>) {
        if let Some(block) = self.blocks.last_mut() {
            block.raised.type_name = header.type_name;
            block.raised.message = header.message;
            block.is_named = true;
        }
        (self.is_open, self.after_separator) = (false, false);
    }

    /// Calls without exception have the text of the log line above them as message.
    fn name_calls(&mut self, text: &'t str) {
        let Some(block) = self.blocks.last_mut().filter(|block| !block.is_named) else {
            return;
        };
        let first = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or_default();
        if !first.ends_with(CALLS) {
            block.raised.message = first;
            block.is_named = true;
            self.is_cut = false;
        }
    }

    fn finish(mut self, weak_frames: usize) -> Option<Trace<'t>> {
        let frames: usize = self.blocks.iter().map(|block| block.raised.sites.len()).sum();
        let is_any_named = self.blocks.iter().any(|block| block.is_named);
        // A file and a line prove nothing without the words that open a traceback, unless a syntax error follows.
        let is_syntax = |block: &Block<'_>| SYNTAX_ERRORS.contains(&&*block.raised.type_name);
        let is_said = self.has_opening || weak_frames == 0 || self.blocks.iter().any(is_syntax);
        if frames == weak_frames && !(is_any_named && is_said) {
            return None;
        }
        for block in &mut self.blocks {
            block.raised.sites.reverse();
        }
        let is_incomplete = self.blocks.iter().any(|block| !block.is_named);
        // Nameless parts between named ones are pieces of a cut trace.
        if is_any_named {
            self.blocks.retain(|block| block.is_named);
        }
        let mut raised = VecDeque::new();
        let named = chain(&mut self.blocks, 0, &mut raised);
        Some(Trace {
            raised,
            named,
            is_cut: self.is_cut || is_incomplete,
        })
    }
}

/// Whether a line marks a part of the source line above it.
pub(super) fn is_carets(line: &str) -> bool {
    let marks = line.trim();
    marks.contains('^') && marks.bytes().all(|b| matches!(b, b'^' | b'~' | b' '))
}

fn is_box(line: &str) -> bool {
    line.trim_start().starts_with(['╭', '╰', '│', '└', '├'])
}

fn is_box_opening(trimmed: &str) -> bool {
    trimmed.starts_with('╭') && trimmed.contains(OPENING)
}

fn frame_indent(line: &str) -> Option<usize> {
    frame(line).map(|_| indent(line))
}

/// `pkg.Type: message`, or `pkg.Type` alone.
fn exception_line(line: &str) -> Option<Header<'_>> {
    header::at_start(line.trim())
}

/// Levels of groups that are followed; deeper ones count as the level above.
const DEPTH_MAX: usize = 8;

/// Puts the exceptions of some blocks in order, root cause first, and returns the index of the one that names them.
///
/// The last block at the lowest depth is the outermost exception. One that is a group has its members below it: the
/// member of the smallest type name stands for all, since their order is chance.
fn chain<'t>(blocks: &mut [Block<'t>], level: usize, out: &mut VecDeque<Raised<'t>>) -> usize {
    let Some(depth) = blocks.iter().map(|block| block.depth).min() else {
        return out.len();
    };
    let mut named = out.len();
    let mut start = 0;
    while start < blocks.len() {
        let members = blocks[start + 1..]
            .iter()
            .take_while(|block| block.depth > depth)
            .count();
        let next = start + 1 + members;
        let link = blocks[start].link;
        let mut inner = None;
        if members > 0 && level < DEPTH_MAX {
            let member = chosen_member(&mut blocks[start + 1..next]);
            inner = Some(chain(member, level + 1, out));
        }
        if start == 0 || link == Link::Context {
            named = inner.unwrap_or(out.len());
        }
        out.push_back(std::mem::take(&mut blocks[start].raised));
        start = next;
    }
    named
}

/// The blocks of one member of a group: of that whose outermost type name is the smallest.
fn chosen_member<'b, 't>(blocks: &'b mut [Block<'t>]) -> &'b mut [Block<'t>] {
    let depth = blocks.iter().map(|block| block.depth).min().unwrap_or(0);
    let mut starts: Vec<usize> = vec![0];
    let later = blocks.iter().enumerate().skip(1);
    starts.extend(
        later
            .filter(|(_, block)| block.depth == depth && block.is_next_sibling)
            .map(|(at, _)| at),
    );
    let range = |at: usize| starts[at]..starts.get(at + 1).copied().unwrap_or(blocks.len());
    let outermost = |at: usize| {
        let last = blocks[range(at)].iter().rev().find(|block| block.depth == depth);
        last.map(|block| (Cow::clone(&block.raised.type_name), block.raised.message))
    };
    let best = (0..starts.len()).min_by_key(|&at| outermost(at)).unwrap_or(0);
    let best = range(best);
    &mut blocks[best]
}
