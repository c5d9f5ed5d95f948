//! Who reads which piece of time: pure bookkeeping, shared by the threads of one listing.
//!
//! A piece is read by one chain of pages, from its start on. An idle thread takes over the later half of what remains of
//! the piece with most left to read: the chain stops at the new border and leaves what lies beyond to the other. Pieces
//! never overlap, so nothing is handed on twice, and what remains of a piece that fails is unread.

use std::collections::BTreeMap;

use super::super::coverage::Unread;
use super::query::Span;
use crate::cloud::CloudError;
use crate::model::Timestamp;

/// Entries that must be expected in what remains of a piece before it is shared: each half still fills several pages.
const SHARED_ENTRIES_MIN: u64 = 6_000;
/// Nanoseconds below which a piece is not halved after a timeout.
const HALVED_NS_MIN: u64 = 1_000_000_000;
/// Pieces that may fail one after the other before the service is taken to be down.
const FAILURES_MAX: u32 = 3;
/// Timeouts one after the other before asking for less is no longer taken to help.
const TIMEOUTS_MAX: u32 = 8;

/// The bookkeeping of one listing.
#[derive(Debug, Default)]
pub struct Plan {
    /// Pieces that nobody reads yet, the latest first.
    waiting: Vec<Span>,
    running: BTreeMap<usize, Running>,
    next_number: usize,
    unread: Vec<Unread>,
    failures: u32,
    timeouts: u32,
    stop: Option<Stop>,
    /// Length of all pieces, nanoseconds.
    length: u128,
}

/// A piece that is being read.
#[derive(Debug, Clone, Copy)]
struct Running {
    span: Span,
    /// Everything before has been handed on.
    at: Timestamp,
    entries: u64,
    /// Of the piece that it was cut off, until it has entries of its own.
    prior: Density,
}

/// Entries in a length of time.
#[derive(Debug, Clone, Copy, Default)]
struct Density {
    entries: u64,
    ns: u64,
}

/// Why nothing more is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The rest stays unread, for this reason.
    GiveUp(String),
    /// Nothing may be read at all.
    Fatal(CloudError),
}

/// What a thread does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Read a piece, which has this number.
    Read(usize, Span),
    /// Wait until a chain is further.
    Wait,
    /// Nothing is left.
    Done,
}

impl Plan {
    /// Pieces to read, which do not overlap; empty ones are left out.
    pub fn new(pieces: impl IntoIterator<Item = Span>) -> Plan {
        let mut waiting: Vec<Span> = pieces.into_iter().filter(|p| !p.is_empty()).collect();
        waiting.sort_by(|a, b| b.cmp(a));
        Plan {
            length: waiting.iter().map(|p| u128::from(p.length())).sum(),
            waiting,
            ..Plan::default()
        }
    }

    /// The next piece for an idle thread.
    pub fn next(&mut self) -> Next {
        if self.stop.is_some() {
            return Next::Done;
        }
        let waiting = self.waiting.pop().map(|span| (span, Density::default()));
        let Some((span, prior)) = waiting.or_else(|| self.share()) else {
            return if self.running.is_empty() {
                Next::Done
            } else {
                Next::Wait
            };
        };
        let number = self.next_number;
        self.next_number += 1;
        let running = Running {
            span,
            at: span.start,
            entries: 0,
            prior,
        };
        self.running.insert(number, running);
        Next::Read(number, span)
    }

    /// Cuts the later half off what remains of the fullest piece.
    fn share(&mut self) -> Option<(Span, Density)> {
        let fullest = self.running.values_mut().max_by_key(|r| r.expected())?;
        if fullest.expected() < SHARED_ENTRIES_MIN {
            return None;
        }
        let density = fullest.density();
        Some((fullest.cut()?, density))
    }

    /// A chain has come to this time with so many more entries; returns the border that it must not cross.
    pub fn advance(&mut self, number: usize, time: Timestamp, entries: u64) -> Timestamp {
        (self.failures, self.timeouts) = (0, 0);
        let Some(running) = self.running.get_mut(&number) else {
            return Timestamp(i64::MIN);
        };
        running.at = running.at.max(time).min(running.span.end);
        running.entries += entries;
        running.span.end
    }

    /// The border of a piece and where its chain stands.
    pub fn rest(&self, number: usize) -> Option<Span> {
        let running = self.running.get(&number)?;
        Some(Span {
            start: running.at,
            end: running.span.end,
        })
    }

    /// Whether a timeout of this piece would be answered by asking for less.
    pub fn may_halve(&self, number: usize) -> bool {
        self.timeouts < TIMEOUTS_MAX && self.rest(number).is_some_and(|rest| rest.length() > HALVED_NS_MIN)
    }

    /// After a timeout: leaves the later half of what remains of a piece for later.
    pub fn halve(&mut self, number: usize) {
        self.timeouts += 1;
        if let Some(later) = self.running.get_mut(&number).and_then(Running::cut) {
            self.waiting.push(later);
            self.waiting.sort_by(|a, b| b.cmp(a));
        }
    }

    /// A piece has been read to its border.
    pub fn finish(&mut self, number: usize) {
        self.running.remove(&number);
    }

    /// A piece cannot be read further.
    pub fn fail(&mut self, number: usize, reason: &str) {
        self.failures += 1;
        self.leave(number, reason);
        if self.failures >= FAILURES_MAX {
            self.stop(Stop::GiveUp(reason.to_owned()));
        }
    }

    /// What remains of a piece stays unread because of a stop.
    pub fn abandon(&mut self, number: usize) {
        let reason = match &self.stop {
            Some(Stop::GiveUp(reason)) => reason.clone(),
            Some(Stop::Fatal(error)) => error.to_string(),
            None => "the reading was stopped".to_owned(),
        };
        self.leave(number, &reason);
    }

    fn leave(&mut self, number: usize, reason: &str) {
        if let Some(running) = self.running.remove(&number) {
            let (start, end) = (running.at, running.span.end);
            self.unread.extend(unread(Span { start, end }, reason));
        }
    }

    /// Asks for nothing more. The first reason stays, unless a fatal one follows.
    pub fn stop(&mut self, stop: Stop) {
        if self.stop.is_none() || matches!(stop, Stop::Fatal(_)) {
            self.stop = Some(stop);
        }
    }

    /// Whether nothing more is asked for.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_some()
    }

    /// Share of the time that is covered, 0 to 1.
    pub fn share_done(&self) -> f64 {
        let running = self.running.keys().filter_map(|n| self.rest(*n));
        let left: u128 = running
            .chain(self.waiting.iter().copied())
            .map(|s| u128::from(s.length()))
            .sum();
        if self.length == 0 {
            1.0
        } else {
            1.0 - left as f64 / self.length as f64
        }
    }

    /// The parts that were not read, and the fatal error if there was one. All chains must have ended.
    pub fn outcome(mut self) -> (Vec<Unread>, Option<CloudError>) {
        let (reason, failure) = match self.stop {
            Some(Stop::GiveUp(reason)) => (reason, None),
            Some(Stop::Fatal(error)) => (error.to_string(), Some(error)),
            None => (String::new(), None),
        };
        let waiting = self.waiting.iter().filter_map(|span| unread(*span, &reason));
        self.unread.extend(waiting);
        (merged(self.unread), failure)
    }
}

impl Running {
    fn density(&self) -> Density {
        if self.entries == 0 {
            return self.prior;
        }
        Density {
            entries: self.entries,
            ns: self.at.0.abs_diff(self.span.start.0),
        }
    }

    /// Entries that are expected in the rest.
    fn expected(&self) -> u64 {
        let Density { entries, ns } = self.density();
        let left = u128::from(self.span.end.0.abs_diff(self.at.0));
        u64::try_from(u128::from(entries) * left / u128::from(ns.max(1))).unwrap_or(u64::MAX)
    }

    /// Keeps the first half of the rest and gives the other.
    fn cut(&mut self) -> Option<Span> {
        let rest = Span {
            start: self.at,
            end: self.span.end,
        };
        let later = Span {
            start: rest.middle(),
            end: rest.end,
        };
        // The border must lie behind what was handed on.
        if later.start <= self.at || later.is_empty() {
            return None;
        }
        self.span.end = later.start;
        Some(later)
    }
}

fn unread(span: Span, reason: &str) -> Option<Unread> {
    (!span.is_empty()).then(|| Unread {
        start: span.start,
        end: span.end,
        reason: reason.to_owned(),
    })
}

/// In order, with neighbours of the same reason put together.
pub fn merged(mut unread: Vec<Unread>) -> Vec<Unread> {
    unread.sort();
    let mut merged: Vec<Unread> = vec![];
    for piece in unread {
        match merged.last_mut() {
            Some(last) if last.end >= piece.start && last.reason == piece.reason => last.end = last.end.max(piece.end),
            _ => merged.push(piece),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::ErrorKind;

    const SECOND: i64 = 1_000_000_000;

    fn span(start: i64, end: i64) -> Span {
        Span {
            start: Timestamp(start * SECOND),
            end: Timestamp(end * SECOND),
        }
    }

    fn unread(start: i64, end: i64, reason: &str) -> Unread {
        super::unread(span(start, end), reason).unwrap()
    }

    #[test]
    fn an_idle_thread_takes_the_later_half_of_the_fullest() {
        let mut plan = Plan::new([span(0, 100), span(100, 100), span(100, 200)]);
        assert_eq!(plan.next(), Next::Read(0, span(0, 100)));
        assert_eq!(plan.next(), Next::Read(1, span(100, 200)));
        assert_eq!(plan.next(), Next::Wait, "nothing is known of the density");
        plan.advance(0, Timestamp(50 * SECOND), 1000);
        plan.advance(1, Timestamp(110 * SECOND), 1000);
        assert_eq!(plan.next(), Next::Read(2, span(155, 200)), "9,000 against 1,000");
        assert_eq!(plan.advance(1, Timestamp(111 * SECOND), 0), Timestamp(155 * SECOND));
        assert_eq!(plan.next(), Next::Wait, "each half would have less than 3,000");
        for number in 0..3 {
            plan.finish(number);
        }
        assert_eq!((plan.next(), plan.share_done()), (Next::Done, 1.0));
        assert_eq!(plan.outcome(), (vec![], None));
    }

    #[test]
    fn a_border_never_falls_into_what_was_handed_on() {
        let mut plan = Plan::new([Span {
            start: Timestamp(0),
            end: Timestamp(2),
        }]);
        plan.next();
        plan.advance(0, Timestamp(1), 1_000_000);
        assert_eq!(plan.next(), Next::Wait);
        plan.halve(0);
        assert_eq!(plan.rest(0).map(|r| r.length()), Some(1));
    }

    #[test]
    fn timeouts_halve_until_that_no_longer_helps() {
        let mut plan = Plan::new([span(0, 1 << 20)]);
        plan.next();
        let mut halved = 0;
        while plan.may_halve(0) {
            plan.halve(0);
            halved += 1;
        }
        assert_eq!(halved, TIMEOUTS_MAX);
        plan.advance(0, Timestamp(0), 0);
        assert!(plan.may_halve(0), "an answer came in between");
        assert_eq!(
            plan.next(),
            Next::Read(1, span(1 << 12, 1 << 13)),
            "the earliest of the rest"
        );
    }

    #[test]
    fn what_fails_is_unread_from_where_it_stood() {
        let mut plan = Plan::new([span(0, 10), span(10, 20), span(20, 30), span(40, 50)]);
        plan.next();
        plan.next();
        plan.advance(0, Timestamp(4 * SECOND), 1);
        plan.fail(0, "503");
        plan.fail(1, "503");
        assert!(!plan.is_stopped());
        plan.next();
        plan.fail(2, "503");
        assert_eq!(plan.next(), Next::Done, "three in a row");
        assert_eq!(
            plan.outcome(),
            (vec![unread(4, 30, "503"), unread(40, 50, "503")], None)
        );
    }

    #[test]
    fn a_fatal_error_outranks_giving_up() {
        let mut plan = Plan::new([span(0, 10)]);
        plan.next();
        let error = CloudError::new(ErrorKind::PermissionDenied, "no", "ask");
        plan.stop(Stop::GiveUp("late".into()));
        plan.stop(Stop::Fatal(error.clone()));
        plan.stop(Stop::GiveUp("later".into()));
        plan.abandon(0);
        assert_eq!(plan.outcome(), (vec![unread(0, 10, "no")], Some(error)));
    }
}
