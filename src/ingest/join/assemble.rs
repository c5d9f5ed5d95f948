//! Finds the traces among the parts of one stream.
//!
//! Input: parts in the order in which they were written. Output: groups of parts, each a trace or a single part that
//! belongs to none; every part is in one group. One trace is open at a time. A line that says little of itself never ends
//! a trace: it joins the open one where it fits, else it is left alone.

use super::kind::{Kind, Language};
use super::shelf::Facts;
use super::{CLOSE_NS, PAUSE_LINES, PAUSE_NS};

/// What is looked at of a part.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    kind: Kind,
    /// Nanoseconds since 1970; `None` for plain text without a time.
    time: Option<i64>,
    /// Line of plain text.
    line: Option<u64>,
}

impl Line {
    /// The line of a part.
    pub fn new(facts: &Facts) -> Line {
        Line {
            kind: facts.kind,
            time: facts.timestamp().map(|t| t.0),
            line: facts.text_body.map(|_| facts.place),
        }
    }
}

/// How far a part is from the one before it in its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    Close,
    Near,
    Far,
}

fn gap(before: &Line, after: &Line) -> Gap {
    let time = match (before.time, after.time) {
        (Some(a), Some(b)) => Some(b.saturating_sub(a).saturating_abs()),
        _ => None,
    };
    let lines = before.line.zip(after.line).map(|(a, b)| b.saturating_sub(a));
    if time.is_some_and(|t| t > PAUSE_NS) || lines.is_some_and(|n| n > PAUSE_LINES) {
        return Gap::Far;
    }
    // Times of plain text are whole seconds: there the lines tell.
    let is_close = lines.map_or_else(|| time.is_some_and(|t| t <= CLOSE_NS), |n| n <= 1);
    if is_close { Gap::Close } else { Gap::Near }
}

/// What an open trace waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its beginning: it was announced.
    Lead,
    /// Frames: it has begun.
    Head,
    /// More frames, or for Python the exception.
    Frames,
    /// The exception of a Python trace was there: only a link can follow.
    Ended,
    /// The next trace of the chain.
    Linked,
    /// It came whole: only a link can follow.
    Whole,
}

/// A trace to which lines may still be added.
#[derive(Debug)]
struct Open {
    members: Vec<usize>,
    state: State,
    language: Option<Language>,
    last: Line,
    /// It has a part that certainly belongs to a trace.
    is_trace: bool,
    /// Index in `members` of an exception that ended it, if that could have been any line.
    doubtful: Option<usize>,
}

/// What to do with a part.
enum Step {
    /// It belongs to the open trace, which is then in this state.
    Join(State, Option<Language>),
    /// The open trace ends; it opens one in this state.
    Open(State, Option<Language>),
    /// It belongs to no trace; the open one stays open.
    Alone,
}

/// Groups `count` parts; `out` gets the numbers of each group and whether it is a trace.
pub fn assemble(count: usize, line: impl Fn(usize) -> Line, mut out: impl FnMut(&[usize], bool)) {
    let mut open: Option<Open> = None;
    for number in 0..count {
        let now = line(number);
        let distance = open.as_ref().map_or(Gap::Far, |o| gap(&o.last, &now));
        if distance == Gap::Far {
            close(open.take(), &mut out);
        }
        let step = match &open {
            Some(open) => open.step(now.kind, distance),
            None => first(now.kind),
        };
        let next = || {
            (number + 1 < count)
                .then(|| line(number + 1))
                .filter(|next| gap(&now, next) == Gap::Close)
        };
        let step = match step {
            Step::Alone => beginning_of(now.kind, next).unwrap_or(Step::Alone),
            step => step,
        };
        match step {
            Step::Alone => out(&[number], false),
            Step::Open(state, language) => {
                close(open.take(), &mut out);
                open = Some(Open::new(number, now, state, language));
            }
            Step::Join(state, language) => {
                if let Some(open) = &mut open {
                    open.join(number, now, (state, language), &mut out);
                }
            }
        }
    }
    close(open, &mut out);
}

/// A line that says little of itself begins a trace if a frame comes right after it.
fn beginning_of(kind: Kind, next: impl Fn() -> Option<Line>) -> Option<Step> {
    let language = match kind {
        Kind::MaybeHead => Language::At,
        Kind::Call => Language::Go,
        _ => return None,
    };
    let begins = next().is_some_and(|next| next.kind == Kind::Frame(language));
    begins.then_some(Step::Open(State::Head, Some(language)))
}

fn close(open: Option<Open>, out: &mut impl FnMut(&[usize], bool)) {
    let Some(open) = open else { return };
    if open.is_trace {
        out(&open.members, true);
    } else {
        open.members.iter().for_each(|m| out(&[*m], false));
    }
}

/// A part while nothing is open.
fn first(kind: Kind) -> Step {
    match kind {
        Kind::Start(language) => Step::Open(State::Head, Some(language)),
        Kind::Frame(language) => Step::Open(State::Frames, Some(language)),
        Kind::Whole(language) => Step::Open(State::Whole, Some(language)),
        Kind::LinkedWhole => Step::Open(State::Whole, Some(Language::Python)),
        Kind::Head => Step::Open(State::Head, None),
        Kind::Cause => Step::Open(State::Head, Some(Language::At)),
        Kind::Link => Step::Open(State::Linked, None),
        Kind::Lead => Step::Open(State::Lead, None),
        Kind::MaybeHead | Kind::Call | Kind::Reason | Kind::Detail | Kind::Trailer(_) => Step::Alone,
    }
}

impl Open {
    fn new(number: usize, line: Line, state: State, language: Option<Language>) -> Open {
        Open {
            members: vec![number],
            state,
            language,
            last: line,
            is_trace: is_certain(line.kind),
            doubtful: None,
        }
    }

    /// What a part is to this trace.
    fn step(&self, kind: Kind, gap: Gap) -> Step {
        use State::{Ended, Frames, Head, Lead, Linked, Whole};
        let join = |state| Step::Join(state, self.language);
        let same = |language| self.language.is_none_or(|mine| mine == language);
        let is_python = self.language == Some(Language::Python);
        match (kind, self.state) {
            (Kind::Start(language), Lead | Linked) => Step::Join(Head, Some(language)),
            // Go tells the signal in a line of its own.
            (Kind::Start(Language::Go), Head) if self.language == Some(Language::Go) => join(Head),
            (Kind::Frame(language), Lead | Linked) => Step::Join(Frames, Some(language)),
            (Kind::Frame(language), Head | Frames) if same(language) => Step::Join(Frames, Some(language)),
            (Kind::Frame(Language::Python), Ended) if self.doubtful.is_some() => join(Frames),
            (Kind::Whole(language), Lead | Linked) => Step::Join(Whole, Some(language)),
            (Kind::LinkedWhole, Frames | Ended | Whole) => join(Whole),
            (Kind::Head, Head | Frames) if is_python => join(Ended),
            (Kind::Head, Ended) if self.doubtful.is_some() => join(Ended),
            (Kind::MaybeHead, Head | Frames) if is_python && gap == Gap::Close => join(Ended),
            (Kind::Head | Kind::MaybeHead, Lead | Linked) => Step::Join(Head, None),
            (Kind::Cause, Head | Frames) if !is_python => join(Frames),
            (Kind::Link, Frames | Ended | Whole) => join(Linked),
            (Kind::Lead, Lead) => join(Lead),
            (Kind::Call, Head | Frames) if self.language == Some(Language::Go) => join(Frames),
            (Kind::Reason, Head) if self.language == Some(Language::Rust) => join(Head),
            (Kind::Detail, Lead | Head) => join(self.state),
            (Kind::Detail, Frames) if is_python || gap == Gap::Close => join(Frames),
            (Kind::Detail, Ended | Linked) if gap == Gap::Close => join(self.state),
            (Kind::Trailer(language), Head | Frames | Whole) if self.is_trace && same(language) => {
                // Node's may be a lone bracket.
                let is_near = language != Language::At || gap == Gap::Close;
                if is_near { join(self.state) } else { Step::Alone }
            }
            _ => first(kind),
        }
    }

    fn join(
        &mut self,
        number: usize,
        line: Line,
        (state, language): (State, Option<Language>),
        out: &mut impl FnMut(&[usize], bool),
    ) {
        match (line.kind, self.doubtful) {
            // The trace goes on after what seemed to be its end: that was some other line.
            (Kind::Frame(_) | Kind::Head, Some(index)) => {
                out(&[self.members.remove(index)], false);
                self.doubtful = None;
            }
            (Kind::MaybeHead, _) if state == State::Ended => self.doubtful = Some(self.members.len()),
            // An indented line does not tell.
            (Kind::Detail, _) => {}
            _ => self.doubtful = None,
        }
        self.members.push(number);
        (self.state, self.language, self.last) = (state, language, line);
        self.is_trace |= is_certain(line.kind);
    }
}

/// Whether a part makes a trace of what it stands in.
fn is_certain(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Start(_) | Kind::Frame(_) | Kind::Whole(_) | Kind::LinkedWhole
    )
}
