//! What the status page shows: the watch's last report and its counts, changed by the watch and read by the server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::model::Timestamp;
use crate::report::{Notice, NoticeCounts, Report};
use crate::verdict::Verdict;

/// A view that the watch writes and the status page reads. Hold the lock for as long as it takes to set fields, no longer.
pub type SharedView = Arc<Mutex<StatusView>>;

/// What there is to show of a watch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusView {
    /// The report as a page of HTML, where there is one. It is served as it is.
    pub html: Option<Arc<str>>,
    /// The report as Markdown; empty before the first.
    pub markdown: Arc<str>,
    /// The report as JSON; empty before the first.
    pub json: Arc<str>,
    /// The verdict, once there is one.
    pub verdict: Option<Verdict>,
    /// The service that is watched.
    pub service: String,
    /// The revision that is watched.
    pub candidate: String,
    /// When the watch last looked, with success or without.
    pub last_look: Option<Timestamp>,
    /// Whether that look failed.
    pub last_look_failed: bool,
    /// Age of the last look from which on the watch is taken to be stuck: three intervals, as a rule.
    pub stale_after: Duration,
    /// The watch is over: no further looks are due.
    pub ended: bool,
    /// Looks so far, failed ones included.
    pub looks: u64,
    /// Looks that failed.
    pub look_failures: u64,
    /// Log entries read.
    pub entries_read: u64,
    /// Requests sent to Google's APIs.
    pub api_requests: u64,
    /// Checkpoints that have come.
    pub checkpoints: u64,
    /// What the candidate has done so far.
    pub counts: NoticeCounts,
}

impl StatusView {
    /// A view before the first look.
    pub fn new(stale_after: Duration) -> StatusView {
        StatusView {
            stale_after,
            ..StatusView::default()
        }
    }

    /// The view, to be shared with a server.
    pub fn shared(self) -> SharedView {
        Arc::new(Mutex::new(self))
    }

    /// Shows a report: texts, verdict, names and the candidate's counts. `html` is left out until it is set anew, so that it
    /// never stands beside another report.
    pub fn show(&mut self, report: &Report) {
        let (service, candidate) = Notice::subject_of(report);
        self.html = None;
        self.markdown = report.to_markdown().into();
        self.json = report.to_json().into();
        self.verdict = Some(report.verdict);
        self.service = service;
        self.candidate = candidate;
        self.counts = NoticeCounts::of(report);
    }

    /// Notes a look: when, and whether it failed.
    pub fn looked(&mut self, at: Timestamp, failed: bool) {
        self.last_look = Some(at);
        self.last_look_failed = failed;
        self.looks = self.looks.saturating_add(1);
        self.look_failures = self.look_failures.saturating_add(u64::from(failed));
    }

    /// Whether the watch does what it should at that time.
    pub fn health(&self, now: Timestamp) -> Health {
        let status = match self.last_look {
            None => "no-look-yet",
            Some(_) if self.last_look_failed => "last-look-failed",
            Some(at) if !self.ended && self.age(at, now) > self.stale_after => "stale",
            Some(_) => "ok",
        };
        Health {
            status,
            last_look: self.last_look,
            verdict: self.verdict,
        }
    }

    /// Time since a look; none where the clock was set back.
    fn age(&self, at: Timestamp, now: Timestamp) -> Duration {
        Duration::from_nanos(u64::try_from(now.0.saturating_sub(at.0)).unwrap_or(0))
    }
}

/// The answer to `/healthz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// `ok`, `no-look-yet`, `last-look-failed` or `stale`.
    pub status: &'static str,
    /// When the watch last looked.
    pub last_look: Option<Timestamp>,
    /// The verdict, once there is one.
    pub verdict: Option<Verdict>,
}

impl Health {
    /// Whether nothing is wrong.
    pub fn is_ok(&self) -> bool {
        self.status == "ok"
    }
}

/// A lock that a panic elsewhere does not take away: every field is whole at any time.
pub(super) fn lock(view: &SharedView) -> MutexGuard<'_, StatusView> {
    view.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000_000)
    }

    #[test]
    fn health_tells_looks_that_fail_or_do_not_come() {
        let mut view = StatusView::new(Duration::from_secs(900));
        assert_eq!(view.health(at(0)).status, "no-look-yet");
        view.looked(at(100), false);
        assert!(view.health(at(100)).is_ok() && view.health(at(1000)).is_ok());
        // The clock was set back.
        assert!(view.health(at(-5)).is_ok());
        assert_eq!(view.health(at(1001)).status, "stale");
        assert_eq!(view.health(Timestamp(i64::MAX)).status, "stale");
        view.ended = true;
        assert!(view.health(at(99_999)).is_ok());
        view.looked(at(400), true);
        assert_eq!(view.health(at(400)).status, "last-look-failed");
        assert_eq!((view.looks, view.look_failures), (2, 1));
    }
}
