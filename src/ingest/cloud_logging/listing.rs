//! A query as a [`Feed`]: every page of every piece of time, then a look for what arrived late.

use std::sync::atomic::AtomicU64;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::super::coverage::Unread;
use super::super::feed::{Feed, FeedOutcome, Page};
use super::chain::{Counts, Reading, Receiver, Service, lock};
use super::late::{Begun, Late, arrived, late_tail, late_unread, may_still_arrive, since};
use super::page::Record;
use super::plan::{Plan, merged};
use super::query::{Fields, Query, Span};
use crate::cloud::{Client, CloudError, ErrorKind};
use crate::model::{Concern, Timestamp, Window};

/// How a query is read.
#[derive(Clone, Copy)]
pub struct ListingOptions<'a> {
    /// Chains of pages that are read at once, 1 to 16. The quota gives one page a second, so more than a few gain nothing,
    /// and each takes some 8 MB.
    pub threads: usize,
    /// Entries a minute to expect, if known: then a large window is read in several chains from the start.
    pub density: Option<f64>,
    /// How long after its timestamp an entry may still arrive: the service's request timeout, since the entry of a request
    /// is written at its end and has the time of its start. Less than [`OVERLAP`] is taken as that.
    pub overlap: Duration,
    /// Whether to look once more for what arrived while the rest was read. Who reads again later, by the time that entries
    /// were received at, has no need of it.
    pub late_look: bool,
    /// Told after every page.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// The request timeout that a service has unless told otherwise.
pub const OVERLAP: Duration = Duration::from_secs(300);

impl ListingOptions<'_> {
    pub(super) fn overlap(&self) -> Duration {
        self.overlap.max(OVERLAP)
    }
}

impl Default for ListingOptions<'_> {
    fn default() -> Self {
        ListingOptions {
            threads: 2,
            density: None,
            overlap: OVERLAP,
            late_look: true,
            progress: &|_| (),
        }
    }
}

/// How far a listing is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Entries read.
    pub entries: u64,
    /// Pages asked for; further attempts are the client's.
    pub requests: u64,
    /// Share of the time that is covered, 0 to 1.
    pub share: f64,
    /// Time that all threads of the client waited for the quota so far.
    pub waited_for_quota: Duration,
}

/// A query of Cloud Logging, ready to be read.
pub struct Listing<'a> {
    client: &'a Client,
    query: Query,
    options: ListingOptions<'a>,
}

/// The threads of one listing at most.
const THREADS_MAX: usize = 16;
/// Entries of a piece when the density is known.
const PIECE_ENTRIES: f64 = 10_000.0;

impl<'a> Listing<'a> {
    /// Makes a listing; nothing is asked yet.
    pub fn new(client: &'a Client, query: Query, options: ListingOptions<'a>) -> Listing<'a> {
        Listing { client, query, options }
    }

    fn reader<'b>(&'b self, query: &'b Query) -> Reader<'b> {
        Reader {
            service: self.client,
            query,
            options: &self.options,
            client: self.client,
            before: Counts::default(),
        }
    }

    fn read_all(&self, query: &Query, out: &(dyn Fn(Page) + Sync)) -> FeedOutcome {
        let begun = Begun::now(self.client);
        let span = query.span(self.client.now());
        let reader = self.reader(query);
        let mut outcome = reader.pieces(pieces(span, self.options.density, self.options.threads), &Out(out));
        let mut told = FeedOutcome {
            asked: Some(Window {
                start: Some(span.start),
                end: Some(span.end),
            }),
            concerns: outcome.concerns(),
            unread: std::mem::take(&mut outcome.unread),
            failure: outcome.failure,
            ..FeedOutcome::default()
        };
        let start = begun.corrected(self.client);
        if !self.options.late_look {
            return told;
        }
        if let Some(tail) = late_tail(span, start, self.options.overlap())
            && told.failure.is_none()
        {
            told.remarks.push(may_still_arrive(span, start, self.options.overlap()));
            if told.unread.is_empty() {
                let late = (query, outcome.counts);
                self.late(late, (span, tail), start, out, &mut told);
            }
        }
        told
    }

    /// Reads once more what the service received since shortly before the reading began.
    fn late(
        &self,
        (query, before): (&Query, Counts),
        (span, tail): (Span, Span),
        start: Timestamp,
        out: &(dyn Fn(Page) + Sync),
        told: &mut FeedOutcome,
    ) {
        let query = query.received_since(since(start));
        let late = Late {
            out,
            start,
            arrived: AtomicU64::new(0),
        };
        let reader = Reader {
            before,
            ..self.reader(&query)
        };
        let outcome = reader.pieces(vec![span], &late);
        if let Some(unread) = late_unread(&outcome, tail) {
            told.unread = merged(vec![unread]);
        }
        told.concerns.extend(outcome.concerns());
        told.remarks.extend(arrived(late.arrived.into_inner()));
    }
}

impl Feed for Listing<'_> {
    fn name(&self) -> String {
        format!("{FORMAT} {}", self.query.resource_names.join(", "))
    }

    fn format(&self) -> String {
        FORMAT.to_owned()
    }

    fn read(&self, out: &(dyn Fn(Page) + Sync)) -> FeedOutcome {
        let outcome = self.read_all(&self.query, out);
        if self.query.fields == Fields::Needed && outcome.failure.as_ref().is_some_and(is_about_fields) {
            let query = Query {
                fields: Fields::All,
                ..self.query.clone()
            };
            return self.read_all(&query, out);
        }
        outcome
    }
}

const FORMAT: &str = "entries.list";

/// Whether the service may not like the selector of fields: then all of them are asked for.
fn is_about_fields(error: &CloudError) -> bool {
    error.kind == ErrorKind::InvalidArgument && error.cause.to_ascii_lowercase().contains("field")
}

/// Hands pages on to the workers.
pub(super) struct Out<'a>(pub(super) &'a (dyn Fn(Page) + Sync));

impl Receiver for Out<'_> {
    fn take(&self, _: usize, bytes: Vec<u8>, records: Vec<Record>, _: Timestamp) -> Result<(), String> {
        let records = records.into_iter().map(|r| r.range).collect();
        (self.0)(Page { bytes, records });
        Ok(())
    }

    fn end(&self, _: usize, _: Timestamp) -> Result<(), String> {
        Ok(())
    }
}

/// Reads pieces of a query by several threads.
pub(super) struct Reader<'a> {
    pub service: &'a dyn Service,
    pub query: &'a Query,
    pub options: &'a ListingOptions<'a>,
    pub client: &'a Client,
    /// What was read before, for the progress.
    pub before: Counts,
}

/// What came of it.
pub(super) struct Outcome {
    pub unread: Vec<Unread>,
    pub failure: Option<CloudError>,
    pub counts: Counts,
}

impl Reader<'_> {
    /// Reads pieces that do not overlap.
    pub(super) fn pieces(&self, pieces: Vec<Span>, receiver: &dyn Receiver) -> Outcome {
        let progress = |counts: Counts, share: f64| {
            (self.options.progress)(Progress {
                entries: self.before.entries + counts.entries,
                requests: self.before.requests + counts.requests,
                share,
                waited_for_quota: self.client.stats().waited_for_quota,
            });
        };
        let reading = Reading {
            service: self.service,
            query: self.query,
            receiver,
            plan: Mutex::new(Plan::new(pieces)),
            changed: Condvar::new(),
            counts: Mutex::default(),
            progress: &progress,
        };
        std::thread::scope(|scope| {
            for _ in 0..self.options.threads.clamp(1, THREADS_MAX) {
                scope.spawn(|| reading.work());
            }
        });
        let counts = *lock(&reading.counts);
        let plan = reading
            .plan
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (unread, failure) = plan.outcome();
        Outcome {
            unread,
            failure,
            counts,
        }
    }
}

impl Outcome {
    /// Doubts about the answers.
    pub(super) fn concerns(&self) -> Vec<Concern> {
        let Counts { outside, unsorted, .. } = self.counts;
        let outside = (outside > 0).then(|| Concern {
            code: "answers-outside".into(),
            message: format!("{outside} entries have another time than was asked for: left out"),
        });
        let unsorted = (unsorted > 0).then(|| self::unsorted(unsorted));
        outside.into_iter().chain(unsorted).collect()
    }
}

pub(super) fn unsorted(entries: u64) -> Concern {
    Concern {
        code: "answers-unsorted".into(),
        message: format!("{entries} entries came out of order: some may be missing"),
    }
}

/// The window in the pieces that reading begins with: one, unless it is known to hold many entries.
pub(super) fn pieces(span: Span, density: Option<f64>, threads: usize) -> Vec<Span> {
    let minutes = span.length() as f64 / 60e9;
    let expected = density.filter(|d| d.is_finite()).unwrap_or(0.0) * minutes;
    let count = (expected / PIECE_ENTRIES).clamp(1.0, threads.clamp(1, THREADS_MAX) as f64) as u64;
    let border = |i: u64| {
        let offset = u128::from(span.length()) * u128::from(i) / u128::from(count);
        Timestamp(span.start.0.saturating_add_unsigned(offset as u64))
    };
    (0..count)
        .map(|i| Span {
            start: border(i),
            end: border(i + 1),
        })
        .collect()
}
