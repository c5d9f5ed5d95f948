//! Reads one piece of time by a chain of pages, and starts the chain anew where it breaks, without handing on anything
//! twice.
//!
//! Input: answers, faults included. Output: records to a [`Receiver`], progress to the [`Plan`]. A chain is started anew at
//! the last time that was seen; the records of that very instant are remembered by the hash of their text.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::page::{Answer, Record};
use super::plan::{Next, Plan, Stop};
use super::query::{Query, Span};
use crate::cloud::{Call, Client, CloudError, ErrorKind};
use crate::model::Timestamp;

/// Answers that bring nothing new, one after the other, before the chain is started anew.
const STUCK_PAGES_MAX: u32 = 3;
/// Empty pages one after the other: the service looks through a long time without finding anything.
const EMPTY_PAGES_MAX: u32 = 300;
/// New starts of a chain at the same place.
const STARTS_MAX: u32 = 3;

/// Who answers the requests of a listing.
pub trait Service: Sync {
    /// One page.
    ///
    /// # Errors
    /// What is left when trying again did not help.
    fn page(&self, call: &Call) -> Result<Answer, CloudError>;
}

impl Service for Client {
    fn page(&self, call: &Call) -> Result<Answer, CloudError> {
        self.send(call, super::page::parse)
    }
}

/// Who takes what the chains read. Pieces are told by their numbers; each is read by one thread at a time.
pub trait Receiver: Sync {
    /// A piece begins.
    fn begin(&self, _piece: usize, _span: Span) {}

    /// Takes records of a piece, in order; everything of it before `until` has now been handed on.
    ///
    /// # Errors
    /// Why it cannot: the listing stops.
    fn take(&self, piece: usize, bytes: Vec<u8>, records: Vec<Record>, until: Timestamp) -> Result<(), String>;

    /// A piece ended: all its records before `until` have been handed on. More may be missing.
    ///
    /// # Errors
    /// Why it cannot: the listing stops.
    fn end(&self, piece: usize, until: Timestamp) -> Result<(), String>;
}

/// What the threads of a listing share.
pub struct Reading<'a> {
    pub service: &'a dyn Service,
    pub query: &'a Query,
    pub receiver: &'a dyn Receiver,
    pub plan: Mutex<Plan>,
    /// Something changed in the plan.
    pub changed: Condvar,
    pub counts: Mutex<Counts>,
    pub progress: &'a (dyn Fn(Counts, f64) + Sync),
}

/// What a listing has met so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pages asked for.
    pub requests: u64,
    /// Entries handed on.
    pub entries: u64,
    /// Pieces that were begun.
    pub pieces: u64,
    /// Answers were used, so the filter is good and entries may be read.
    pub answers: u64,
    /// Entries of another time than was asked for: left out.
    pub outside: u64,
    /// Entries older than one before them.
    pub unsorted: u64,
}

/// Where a chain stands.
struct Chain {
    piece: usize,
    /// What the current filter asks for.
    asked: Span,
    token: Option<String>,
    /// The latest time seen.
    at: Timestamp,
    /// Records of the last two pages and of the latest instant, by hash, with their time.
    recent: HashMap<u64, Timestamp>,
    /// First time of the last page.
    page_start: Timestamp,
    stuck: u32,
    empty: u32,
    starts: u32,
}

/// What became of an answer.
enum Step {
    Further,
    /// The piece is read to its border.
    Ended,
    StartAnew(String),
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reading<'_> {
    /// One thread's life: piece after piece until none is left.
    pub fn work(&self) {
        while let Some((piece, span)) = self.next_piece() {
            lock(&self.counts).pieces += 1;
            self.receiver.begin(piece, span);
            self.piece(piece, span);
            self.changed.notify_all();
        }
    }

    fn next_piece(&self) -> Option<(usize, Span)> {
        let mut plan = lock(&self.plan);
        loop {
            match plan.next() {
                Next::Read(piece, span) => return Some((piece, span)),
                Next::Done => return None,
                Next::Wait => plan = self.changed.wait(plan).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn piece(&self, piece: usize, span: Span) {
        let mut chain = Chain::new(piece, span);
        loop {
            let stopped = lock(&self.plan).is_stopped();
            if stopped {
                return self.close(piece, chain.at, |plan| plan.abandon(piece));
            }
            let step = match self.ask(&chain) {
                Ok(answer) => self.take(&mut chain, answer),
                Err(error) => self.failed(&mut chain, error),
            };
            match step {
                Some(Step::Further) => {}
                Some(Step::Ended) => {
                    let end = lock(&self.plan).rest(piece).map_or(chain.at, |rest| rest.end);
                    return self.close(piece, end, |plan| plan.finish(piece));
                }
                Some(Step::StartAnew(reason)) if chain.starts >= STARTS_MAX => {
                    return self.close(piece, chain.at, |plan| plan.fail(piece, &reason));
                }
                Some(Step::StartAnew(_)) => self.start_anew(&mut chain),
                // Stopped: the next look at the plan tells.
                None => {}
            }
        }
    }

    /// Ends a piece, with all before `until` handed on.
    fn close(&self, piece: usize, until: Timestamp, change: impl FnOnce(&mut Plan)) {
        let ended = self.receiver.end(piece, until);
        let mut plan = lock(&self.plan);
        match ended {
            Ok(()) => change(&mut plan),
            Err(reason) => {
                plan.stop(Stop::GiveUp(reason));
                plan.abandon(piece);
            }
        }
    }

    fn ask(&self, chain: &Chain) -> Result<Answer, CloudError> {
        lock(&self.counts).requests += 1;
        let filter = self.query.filter_for(chain.asked);
        let mut call = self.query.call(&filter, chain.token.as_deref());
        call.fail_fast_on_timeout = lock(&self.plan).may_halve(chain.piece);
        self.service.page(&call)
    }

    /// Hands on what is new in an answer; `None` when the receiver wants no more.
    fn take(&self, chain: &mut Chain, answer: Answer) -> Option<Step> {
        let Answer { bytes, records, next } = answer;
        let was_empty = records.is_empty();
        let (mut new, outside, unsorted) = chain.sort_out(records);
        let last = new.iter().filter_map(|r| r.time).max();
        chain.at = chain.at.max(last.unwrap_or(chain.at));
        let entries = new.len() as u64;
        let border = lock(&self.plan).advance(chain.piece, chain.at, entries);
        new.retain(|record| record.time.is_none_or(|t| t < border));
        let counts = {
            let mut counts = lock(&self.counts);
            counts.answers += 1;
            counts.entries += new.len() as u64;
            counts.outside += outside;
            counts.unsorted += unsorted;
            *counts
        };
        let is_new = !new.is_empty();
        if is_new && let Err(reason) = self.receiver.take(chain.piece, bytes, new, chain.at.min(border)) {
            lock(&self.plan).stop(Stop::GiveUp(reason));
            return None;
        }
        let share = lock(&self.plan).share_done();
        (self.progress)(counts, share);
        self.changed.notify_all();
        Some(match next {
            None => Step::Ended,
            Some(_) if chain.at >= border => Step::Ended,
            Some(next) => chain.follow(next, (is_new, was_empty)),
        })
    }

    /// What to do about an error; `None` when everything stops.
    fn failed(&self, chain: &mut Chain, error: CloudError) -> Option<Step> {
        let answers = lock(&self.counts).answers;
        let behind_token = chain.token.is_some();
        let mut plan = lock(&self.plan);
        match error.kind {
            ErrorKind::PageToken => Some(Step::StartAnew(error.cause)),
            // A service may word a refused token in its own way; the same filter was good without it.
            ErrorKind::InvalidArgument if behind_token => Some(Step::StartAnew(error.cause)),
            kind if is_fatal(kind) || (kind == ErrorKind::InvalidArgument && answers == 0) => {
                plan.stop(Stop::Fatal(error));
                None
            }
            ErrorKind::Deadline => {
                plan.stop(Stop::GiveUp(error.cause));
                None
            }
            ErrorKind::Timeout if plan.may_halve(chain.piece) => {
                plan.halve(chain.piece);
                drop(plan);
                self.changed.notify_all();
                chain.starts = 0;
                Some(Step::StartAnew(error.cause))
            }
            // It may be the token that the service stumbles over.
            _ if behind_token => Some(Step::StartAnew(error.cause)),
            _ => {
                chain.starts = STARTS_MAX;
                Some(Step::StartAnew(error.cause))
            }
        }
    }

    fn start_anew(&self, chain: &mut Chain) {
        if let Some(rest) = lock(&self.plan).rest(chain.piece) {
            chain.asked = rest;
        }
        chain.token = None;
        chain.starts += 1;
        (chain.stuck, chain.empty) = (0, 0);
    }
}

/// Errors that stay whatever is asked.
fn is_fatal(kind: ErrorKind) -> bool {
    use ErrorKind::*;
    matches!(
        kind,
        NoCredentials
            | BadCredentials
            | ExpiredCredentials
            | SignInRefused
            | PermissionDenied
            | ApiDisabled
            | QuotaProject
            | ScopeInsufficient
            | NotFound
            | Endpoint
    )
}

impl Chain {
    fn new(piece: usize, span: Span) -> Chain {
        Chain {
            piece,
            asked: span,
            token: None,
            at: span.start,
            recent: HashMap::new(),
            page_start: span.start,
            stuck: 0,
            empty: 0,
            starts: 0,
        }
    }

    /// The records that were not handed on before, how many lie outside of what was asked, and how many are out of order.
    /// A record without a time has the time of the one before it.
    fn sort_out(&mut self, records: Vec<Record>) -> (Vec<Record>, u64, u64) {
        let (mut outside, mut unsorted, mut latest) = (0, 0, self.asked.start);
        let first = records.iter().find_map(|r| r.time);
        let mut new = Vec::with_capacity(records.len());
        for record in records {
            let time = record.time.unwrap_or(latest);
            if self.recent.contains_key(&record.hash) {
                continue;
            }
            if !self.asked.contains(time) {
                outside += 1;
                continue;
            }
            unsorted += u64::from(time < latest || time < self.at);
            latest = latest.max(time);
            self.recent.insert(record.hash, time);
            new.push(record);
        }
        if let (Some(first), false) = (first, new.is_empty()) {
            let page_start = std::mem::replace(&mut self.page_start, first);
            let keep = page_start.min(self.at);
            self.recent.retain(|_, time| *time >= keep);
        }
        (new, outside, unsorted)
    }

    /// Goes on behind a token, unless the answers bring nothing new again and again.
    fn follow(&mut self, next: String, (is_new, was_empty): (bool, bool)) -> Step {
        let is_same = self.token.as_ref() == Some(&next);
        if is_new {
            (self.stuck, self.empty, self.starts) = (0, 0, 0);
        } else if was_empty && !is_same {
            self.empty += 1;
        } else {
            self.stuck += 1;
        }
        self.token = Some(next);
        if self.empty >= EMPTY_PAGES_MAX {
            self.starts = STARTS_MAX;
            return Step::StartAnew(format!(
                "the service sent {EMPTY_PAGES_MAX} empty pages, one after the other"
            ));
        }
        if self.stuck >= STUCK_PAGES_MAX {
            return Step::StartAnew("the service sends the same page again and again".to_owned());
        }
        Step::Further
    }
}
