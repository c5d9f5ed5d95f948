//! The watch of a deploy, in the report: what each named look said, when the verdict changed, what could not be read.
//!
//! Input: the history of a watch. Output: redacted values and short lines, not escaped, that the renderings share. It
//! judges nothing and knows nothing of how looks are made.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::build::{Cleaner, finite};
use super::words;
use crate::model::Timestamp;
use crate::verdict::{Lean, Verdict};

/// A deploy that is looked at again and again, as far as it got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// T: when the candidate's traffic began, or its creation.
    pub started: Timestamp,
    /// When the watch ends by its plan.
    pub ends: Timestamp,
    /// The log received before this time was looked at.
    pub looked_until: Timestamp,
    /// Looks so far.
    pub looks: u64,
    /// Minutes between looks.
    pub every_minutes: u64,
    /// Names of checkpoints still to come, in order.
    pub to_come: Vec<String>,
    /// Why it ended, once it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Every change of the verdict, the first verdict included.
    pub changes: Vec<Changed>,
    /// The named looks, in order of time.
    pub checkpoints: Vec<Checkpoint>,
    /// Pieces of the log that could not be read.
    pub gaps: Vec<Gap>,
    /// Entries that arrived after the minute they belong to had been looked at.
    pub late_entries: u64,
}

/// The end of a watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Stable code: `time-over`, `roll-back`, `proceed`, `second-deploy`, `rolled-back`, `service-gone` or
    /// `budget-spent`.
    pub code: String,
    /// Why, in a sentence.
    pub message: String,
}

/// A change of the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// When.
    pub at: Timestamp,
    /// The verdict before; `null` for the first one.
    pub from: Option<Verdict>,
    /// The verdict from then on.
    pub to: Verdict,
    /// Code of its first reason.
    pub code: String,
    /// Its first reason.
    pub message: String,
}

/// What a named look said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Its name, such as `T+20m`.
    pub name: String,
    /// When it was.
    pub at: Timestamp,
    /// The verdict.
    pub verdict: Verdict,
    /// Which way a HOLD leaned.
    pub lean: Option<Lean>,
    /// Codes of the reasons, worst first.
    pub codes: Vec<String>,
    /// The first reason.
    pub message: String,
    /// The candidate's requests so far.
    pub requests: u64,
    /// The candidate's server errors so far.
    pub server_errors: u64,
    /// Server errors of the baseline's requests, 0 to 1.
    pub baseline_rate: Option<f64>,
    /// Server errors of the candidate's requests, 0 to 1.
    pub candidate_rate: Option<f64>,
    /// Signals that only the candidate showed.
    pub new_signals: u64,
    /// Signals that only the baseline showed.
    pub vanished_signals: u64,
    /// The candidate's busy minutes over the baseline's: requests of the 95th percentile.
    pub load_share: Option<f64>,
}

/// A piece of the log that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Its first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// Why.
    pub reason: String,
}

/// What the short columns of the checkpoints hold.
pub(super) const LEGEND: &str =
    "5xx rates: baseline, candidate; new, gone: signals; load: the candidate's busy minutes over the baseline's";

impl Watched {
    /// How far it got: `T+2h10m of 24h, 26 looks, next checkpoint T+4h`, or how it ended.
    pub(super) fn line(&self) -> String {
        let looks = words::counted(self.looks, "look", "looks");
        let mut line = match &self.ended {
            Some(ended) => format!(
                "ended at {} ({}) after {looks}: {} ({})",
                self.since_start(ended.at),
                words::time(ended.at),
                ended.message.trim_end_matches('.'),
                ended.code
            ),
            None => {
                let (so_far, all) = (self.since_start(self.looked_until), minutes(self.started, self.ends));
                format!("{so_far} of {}, {looks}", words::hours(all))
            }
        };
        if let (None, Some(next)) = (&self.ended, self.to_come.first()) {
            let _ = write!(line, ", next checkpoint {next}");
        }
        line
    }

    /// `T+2h10m`
    pub(super) fn since_start(&self, at: Timestamp) -> String {
        format!("T+{}", words::hours(minutes(self.started, at)))
    }

    /// What the looks could not see, or saw late; `None` when they saw everything in time.
    pub(super) fn late(&self) -> Option<String> {
        let late = |n| words::counted(n, "entry", "entries");
        (self.late_entries > 0).then(|| {
            format!(
                "{} arrived after the minute they belong to had been looked at",
                late(self.late_entries)
            )
        })
    }
}

impl Changed {
    /// `HOLD, then PROCEED`, or the first verdict alone.
    pub(super) fn verdicts(&self) -> String {
        match self.from {
            Some(from) => format!("{}, then {}", from.label(), self.to.label()),
            None => self.to.label().to_owned(),
        }
    }
}

impl Checkpoint {
    /// The verdict in few columns: `HOLD, no sign of harm`
    pub(super) fn short_verdict(&self) -> String {
        words::verdict(self.verdict, self.lean).replace(" so far", "")
    }

    /// Server errors on both sides: `0.13 %, 1.1 %`; `-` where a side has no request.
    pub(super) fn rates(&self) -> String {
        format!(
            "{}, {}",
            words::percent(self.baseline_rate),
            words::percent(self.candidate_rate)
        )
    }

    /// `0.17`, or `-`
    pub(super) fn load(&self) -> String {
        self.load_share.map_or_else(|| "-".to_owned(), words::number)
    }
}

/// Whole minutes from one time to a later one.
fn minutes(from: Timestamp, to: Timestamp) -> u64 {
    const NANOS: i64 = 60_000_000_000;
    u64::try_from(to.0.saturating_sub(from.0) / NANOS).unwrap_or(0)
}

impl Cleaner {
    /// Sentences may hold log text. Names and codes are our own, unless somebody edited a saved report.
    pub(super) fn watch(&mut self, watch: &Watched) -> Watched {
        let mut watch = watch.clone();
        if let Some(ended) = &mut watch.ended {
            ended.code = self.name(&ended.code);
            ended.message = self.text(&ended.message);
        }
        for change in &mut watch.changes {
            change.code = self.name(&change.code);
            change.message = self.text(&change.message);
        }
        for point in &mut watch.checkpoints {
            point.name = self.name(&point.name);
            point.codes = self.names(&point.codes);
            point.message = self.text(&point.message);
            for number in [
                &mut point.baseline_rate,
                &mut point.candidate_rate,
                &mut point.load_share,
            ] {
                *number = number.and_then(finite);
            }
        }
        watch.to_come = self.names(&watch.to_come);
        for gap in &mut watch.gaps {
            gap.reason = self.text(&gap.reason);
        }
        watch
    }
}

#[cfg(test)]
mod tests {
    use crate::report::sample;

    #[test]
    fn the_line_says_how_far_it_got_or_how_it_ended() {
        let running = sample::watch::running();
        assert_eq!(running.line(), "T+2h10m of 24h, 26 looks, next checkpoint T+4h");
        let mut ended = sample::watch::ended();
        assert_eq!(
            ended.line(),
            "ended at T+20m (2026-03-01 11:20:00Z) after 4 looks: harm is certain (roll-back)"
        );
        ended.ended = None;
        (ended.looks, ended.looked_until) = (0, crate::model::Timestamp(0));
        ended.to_come.clear();
        assert_eq!(ended.line(), "T+0m of 24h, 0 looks");
    }

    #[test]
    fn rates_that_are_not_known_are_dashes() {
        let mut point = sample::watch::running().checkpoints.swap_remove(0);
        assert_eq!(point.rates(), "0.13 %, 0 %");
        (point.baseline_rate, point.load_share) = (None, None);
        assert_eq!((point.rates().as_str(), point.load().as_str()), ("-, 0 %", "-"));
    }
}
