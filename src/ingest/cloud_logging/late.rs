//! Entries that arrive late: those of requests that still ran, and those received while the others were read.
//!
//! They are looked for once more after the reading, by the time at which the service received them. Most of what comes
//! was read already; the receiver tells what is new.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::super::coverage::Unread;
use super::super::feed::Page;
use super::chain::Receiver;
use super::listing::{Out, Outcome};
use super::page::{Record, received};
use super::query::Span;
use crate::cloud::Client;
use crate::model::{Concern, Timestamp};

/// An entry that was received before the reading began may become visible after it.
const VISIBLE_AFTER: Duration = Duration::from_secs(60);

/// Hands on what may be new, and counts what arrived since the start.
pub(super) struct Late<'a> {
    pub out: &'a (dyn Fn(Page) + Sync),
    pub start: Timestamp,
    pub arrived: AtomicU64,
}

impl Receiver for Late<'_> {
    fn take(&self, piece: usize, bytes: Vec<u8>, records: Vec<Record>, until: Timestamp) -> Result<(), String> {
        let arrived = count_arrived(&bytes, &records, self.start);
        self.arrived.fetch_add(arrived, Ordering::Relaxed);
        Out(self.out).take(piece, bytes, records, until)
    }

    fn end(&self, _: usize, _: Timestamp) -> Result<(), String> {
        Ok(())
    }
}

/// Records that the service received at a time or later.
fn count_arrived(bytes: &[u8], records: &[Record], since: Timestamp) -> u64 {
    let is_late = |r: &&Record| received(&bytes[r.range.clone()]).is_some_and(|t| t >= since);
    records.iter().filter(is_late).count() as u64
}

/// Since when late entries may have been received, if the reading began at `begun`.
pub(super) fn since(begun: Timestamp) -> Timestamp {
    Timestamp(begun.0.saturating_sub_unsigned(nanos(VISIBLE_AFTER)))
}

/// When a reading began, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun(Duration);

impl Begun {
    pub(super) fn now(client: &Client) -> Begun {
        Begun(client.clock().elapsed())
    }

    /// In the service's time, which is known once it has answered.
    pub(super) fn corrected(self, client: &Client) -> Timestamp {
        let since = client.clock().elapsed().saturating_sub(self.0);
        Timestamp(client.now().0.saturating_sub_unsigned(nanos(since)))
    }
}

/// The end of the window for which entries may still have arrived when the reading began, if there is any.
pub(super) fn late_tail(span: Span, begun: Timestamp, overlap: Duration) -> Option<Span> {
    let since = Timestamp(begun.0.saturating_sub_unsigned(nanos(overlap)));
    let tail = Span {
        start: span.start.max(since),
        end: span.end,
    };
    (!tail.is_empty()).then_some(tail)
}

/// If the look for late entries failed, the end of the window is not known whole.
pub(super) fn late_unread(outcome: &Outcome, tail: Span) -> Option<Unread> {
    let reason = match (&outcome.failure, outcome.unread.first()) {
        (Some(error), _) => error.to_string(),
        (None, Some(unread)) => unread.reason.clone(),
        (None, None) => return None,
    };
    Some(Unread {
        start: tail.start,
        end: tail.end,
        reason: format!("entries that arrived late: {reason}"),
    })
}

/// What to say of a window that had just ended when it was read.
pub(super) fn may_still_arrive(span: Span, begun: Timestamp, overlap: Duration) -> Concern {
    let minutes = overlap.as_secs().div_ceil(60);
    let ended = if span.end > begun {
        "had not ended".to_owned()
    } else {
        let minutes = begun.0.abs_diff(span.end.0) / 60_000_000_000;
        format!("had ended {minutes} min before")
    };
    Concern {
        code: "may-still-arrive".into(),
        message: format!(
            "the window {ended} when its reading began: entries of its last {minutes} min may still arrive, those of requests that run"
        ),
    }
}

/// What to say of entries that came while the others were read.
pub(super) fn arrived(entries: u64) -> Option<Concern> {
    (entries > 0).then(|| Concern {
        code: "arrived-late".into(),
        message: format!("{entries} entries arrived while the others were read, and were read too"),
    })
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
