//! A finding: one signal compared, with every number that a reason may cite.

use serde::{Deserialize, Serialize};

use crate::model::{Signal, Timestamp};
use crate::profile::Sample;

/// How a signal differs between the sides. `new` and `vanished` are about counts of zero, not about proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Only the candidate has it.
    New,
    /// The candidate has more of it for its exposure, by more than chance at 5 % over all findings.
    More,
    /// The candidate has less of it for its exposure, by more than chance.
    Fewer,
    /// Only the baseline has it.
    Vanished,
    /// A latency quantile rose by more than chance.
    Slower,
    /// A latency quantile fell by more than chance.
    Faster,
    /// No difference that could be told from chance.
    Unchanged,
}

/// A signal's numbers on one side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SideCount {
    /// Events.
    pub count: u64,
    /// What they are counted against: requests, else entries, else minutes.
    pub exposure: u64,
    /// `count / exposure`; 0 without exposure.
    pub rate: f64,
}

/// An estimate with a 95 % interval; `None` stands for "unbounded" or "cannot be told".
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Point estimate.
    pub estimate: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Dispersion of a signal's counts at one time scale: 1 is Poisson, 10 means events come in bunches of ten.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dispersion {
    /// Block length in minutes.
    pub minutes: u32,
    /// Variance over mean, at least 1, shrunk towards the next finer scale.
    pub phi: f64,
    /// Degrees of freedom, prior included.
    pub df: f64,
}

/// What the tests of rates say about one signal (`stats.md` section 4.1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// P-value of "the candidate's rate is at most 1.25 times the baseline's", family-wise adjusted.
    pub p_tolerated: f64,
    /// P-value of "the candidate's rate is at most the baseline's", adjusted over the family (one-sided).
    pub p_more: f64,
    /// P-value of "the candidate's rate is at least the baseline's", adjusted over the family (one-sided).
    pub p_fewer: f64,
    /// P-value of "the signal is in no larger share of the candidate's traces", adjusted over all findings of the run;
    /// absent where no or too few entries have a trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_traces: Option<f64>,
    /// Threshold that `p_tolerated` must not exceed for a ROLL BACK.
    pub p_limit: f64,
    /// Dispersion at each usable scale.
    pub dispersion: Vec<Dispersion>,
    /// Candidate events divided by the largest dispersion: how many independent events they are worth.
    pub effective_count: f64,
    /// Five-minute blocks of the candidate in which the signal occurred.
    pub active_blocks: u32,
    /// Difference of the rates, candidate minus baseline, per unit of exposure.
    pub excess: f64,
    /// Upper 95 % bound of the rate ratio that PROCEED looks at; `None` is unbounded.
    pub ratio_upper: Option<f64>,
    /// Upper 95 % bound of the excess per unit of exposure that PROCEED looks at.
    pub excess_upper: f64,
    /// The excess where both sides are calm, in their better half by five-minute blocks, per unit of exposure.
    #[serde(default)]
    pub calm_excess: f64,
    /// The excess outside of the candidate's worst 40 minutes (of two thirds of a shorter window) over the whole excess;
    /// absent where nothing is in excess.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside_share: Option<f64>,
    /// Every condition for a ROLL BACK by statistics holds: significance beyond the tolerated ratio, size, persistence.
    pub rolls_back: bool,
    /// An increase is suspicious enough to forbid PROCEED.
    pub suspicious: bool,
    /// Harm beyond the margins is excluded, as PROCEED asks.
    pub non_inferior: bool,
}

/// What the tests of latency say about one quantile (`stats.md` section 4.2). All values in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatencyFinding {
    /// The quantile, 0 to 1.
    pub quantile: f64,
    /// Its value on the baseline; `None` without measurements.
    pub baseline_ms: Option<f64>,
    /// Its value on the candidate.
    pub candidate_ms: Option<f64>,
    /// Candidate minus baseline with its interval at the level of ROLL BACK; `None` is unbounded.
    pub shift_ms: Interval,
    /// Upper 95 % bound of the shift that PROCEED looks at; `None` is unbounded.
    pub shift_upper_ms: Option<f64>,
    /// The shift where both sides are calm, in their better half by five-minute blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calm_shift_ms: Option<f64>,
    /// Tolerated shift.
    pub tolerance_ms: f64,
    /// Five-minute blocks of the candidate that were slower than tolerated.
    pub slow_blocks: u32,
    /// Every condition for a ROLL BACK by latency holds.
    pub rolls_back: bool,
    /// A shift beyond the tolerance is excluded, as PROCEED asks.
    pub non_inferior: bool,
}

/// One signal compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The signal.
    pub signal: Signal,
    /// How it differs.
    pub change: Change,
    /// The difference is in the harmful direction.
    pub harm: bool,
    /// The difference is significant at 5 % over all findings of the run (ratio 1, one look, dispersion counted).
    pub significant: bool,
    /// The baseline's numbers.
    pub baseline: SideCount,
    /// The candidate's numbers.
    pub candidate: SideCount,
    /// Ratio of the rates, candidate over baseline, with its 95 % interval.
    pub ratio: Interval,
    /// The tests of rates; absent for latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates: Option<Rates>,
    /// The tests of latency; absent for rates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencyFinding>,
    /// First and last time the candidate showed it (the baseline, where the candidate did not).
    pub first_seen: Option<Timestamp>,
    /// See `first_seen`.
    pub last_seen: Option<Timestamp>,
    /// Share of the events that fall into the busiest five minutes, 0 to 1.
    pub peak_share: f64,
    /// Up to three samples, candidate first.
    pub samples: Vec<Sample>,
}
