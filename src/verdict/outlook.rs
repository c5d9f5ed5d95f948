//! What is missing until another verdict, and what has been shown so far: numbers first, each with its sentence.
//!
//! Input: the view and the reasons. Output: an [`Outlook`]. Every number is finite. It decides nothing.

mod excluded;
mod load;
mod remaining;
mod roll_back;
mod until;

use serde::{Deserialize, Serialize};

use super::view::View;
use super::{Reason, Verdict};
use crate::model::Signal;
pub(super) use load::range as load_range;

/// What is missing, and what has been shown so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outlook {
    /// How long until PROCEED can be reached; only for HOLD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_proceed: Option<Until>,
    /// How long until ROLL BACK would be reached; only for HOLD, and only where something rose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_roll_back: Option<Until>,
    /// The smallest harm that is excluded with 95 % confidence: server errors, messages, latency.
    pub smallest_harm_excluded: Vec<Excluded>,
    /// How much may remain of each signal that only the baseline showed.
    pub vanished: Vec<Remaining>,
    /// The traffic that both sides have seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_range: Option<LoadRange>,
}

/// An expected wait, if things go on as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Until {
    /// Further minutes; `None` when waiting alone does not get there.
    pub minutes: Option<u64>,
    /// Further exposure of the candidate in these minutes at its present traffic.
    pub exposure: Option<u64>,
    /// What the exposure counts: `requests`, or `log entries` where there are none.
    pub unit: String,
    /// Code of the reason that takes longest, until PROCEED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The signal that gets there first, until ROLL BACK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<Signal>,
    /// Why waiting alone does not get there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// All of it in a sentence. Holds no log text.
    pub message: String,
}

/// The smallest harm of one kind that is excluded with 95 % confidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Excluded {
    /// `server-errors`, `messages` or `latency`.
    pub what: String,
    /// The quantile, 0 to 1, of latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantile: Option<f64>,
    /// The signal with the widest bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<Signal>,
    /// More than this is excluded: excess per unit of exposure, or milliseconds added. `None`: nothing is.
    pub bound: Option<f64>,
    /// What PROCEED asks the bound to be at most.
    pub margin: Option<f64>,
    /// `requests`, `log entries` or `minutes` of exposure, or `ms`.
    pub unit: String,
    /// Enough for PROCEED: by this bound, by that of the ratio, or because the rate did not rise.
    pub met: bool,
    /// All of it in a sentence. Holds no log text.
    pub message: String,
}

/// How much may remain of a signal that only the baseline showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remaining {
    /// The signal.
    pub signal: Signal,
    /// Events that the candidate would have had at the baseline's rate.
    pub expected: f64,
    /// Upper 95 % bound of the remaining rate per unit of exposure; `None` without exposure.
    pub rate_upper: Option<f64>,
    /// Upper 95 % bound of the remaining rate over the baseline's; `None` is unbounded.
    pub ratio_upper: Option<f64>,
    /// Events that come in one bunch, at least 1; counted in both bounds.
    pub dispersion: f64,
    /// What the exposure counts: `requests`, `log entries` or `minutes`.
    pub unit: String,
    /// All of it in a sentence. Holds no log text.
    pub message: String,
}

/// Requests per minute of both sides: the 95th percentile of the minutes, so that one spike is no peak, and the busiest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadRange {
    /// The baseline's busy minutes: 95 % of its minutes have at most so many requests.
    pub baseline_p95: u64,
    /// The baseline's busiest minute.
    pub baseline_max: u64,
    /// The candidate's busy minutes.
    pub candidate_p95: u64,
    /// The candidate's busiest minute.
    pub candidate_max: u64,
    /// Candidate's busy minutes over the baseline's.
    pub share: f64,
    /// The candidate has seen traffic close to the baseline's peak, or there is no peak to speak of.
    pub peak_seen: bool,
}

/// The outlook of one verdict.
pub(super) fn of(view: &View<'_>, verdict: Verdict, reasons: &[Reason]) -> Outlook {
    let is_hold = verdict == Verdict::Hold;
    Outlook {
        until_proceed: is_hold.then(|| until::proceed(view, reasons)),
        until_roll_back: if is_hold { roll_back::until(view) } else { None },
        smallest_harm_excluded: excluded::smallest(view),
        vanished: remaining::all(view),
        load_range: load::range(view.case),
    }
}

/// A number that JSON can hold.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}
