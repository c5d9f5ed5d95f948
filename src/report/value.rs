//! The report as a value: everything that any rendering shows, and nothing that it must not.
//!
//! Its serialised form is the JSON contract (`docs/report.md`). The types are apart from those of `compare` and
//! `verdict`, so that those can change. Numbers that are not finite become `null`. Text is redacted once, on the way in
//! (see `build.rs`); it is escaped by the renderers, never here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outlook::{Outlook, Remaining};
use super::redact::RedactionCounts;
use super::watch::Watched;
use crate::compare::Change;
use crate::model::{Severity, Signal, Timestamp};
use crate::profile::{Concern, Coverage};
use crate::verdict::{CriterionLevel, Lean, Verdict};

/// The schema that [`Report`] follows.
pub const REPORT_SCHEMA: &str = "logverdict.report/1";

/// A judged comparison, ready to be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`REPORT_SCHEMA`].
    pub schema: String,
    /// What made the report.
    pub tool: Tool,
    /// The verdict.
    pub verdict: Verdict,
    /// Which way a HOLD leans.
    pub lean: Option<Lean>,
    /// How sure the verdict is, in words with numbers.
    pub confidence: String,
    /// The deploy, where Cloud Run was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deploy: Option<Deploy>,
    /// `concurrent` when both sides served at once, else `before-after`.
    pub pairing: Pairing,
    /// Facts of both sides.
    pub sides: Sides<Side>,
    /// Why, worst first.
    pub reasons: Vec<Reason>,
    /// The policy's criteria, in its order.
    pub criteria: Vec<Criterion>,
    /// Every signal compared, most important first.
    pub findings: Vec<Finding>,
    /// Doubts about the input; each forbids PROCEED.
    pub concerns: Vec<Concern>,
    /// Things worth telling that do not touch the verdict.
    pub notes: Vec<Concern>,
    /// What is missing until another verdict, and what has been shown so far; absent in reports of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlook: Option<Outlook>,
    /// The watch, where the deploy is looked at again and again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<Watched>,
    /// What was not verified, each with the cause.
    pub not_verified: Vec<String>,
    /// What to do next: sentences, or command lines that start with `$ `.
    pub next_steps: Vec<String>,
    /// Where every record of the input went.
    pub coverage: Sides<Coverage>,
    /// How often something was taken out of the texts, by kind.
    pub redactions: RedactionCounts,
}

/// The program that made a report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tool {
    /// Its version.
    pub version: String,
    /// The pattern packs in use, in order of their names.
    pub packs: Vec<Pack>,
}

/// A pattern pack in use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pack {
    /// Its name, the first part of its patterns' ids.
    pub name: String,
    /// Its version or content hash; empty when it has none.
    pub version: String,
    /// How many patterns it holds.
    pub patterns: u64,
}

/// The deploy that was judged, as Cloud Run tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Deploy {
    /// Google Cloud project.
    pub project: String,
    /// Region.
    pub region: String,
    /// Service.
    pub service: String,
    /// The revision that was judged.
    pub candidate: String,
    /// The revision that it was compared with.
    pub baseline: Option<String>,
    /// When the candidate was created.
    pub created_at: Option<Timestamp>,
    /// When traffic first reached it, where that is known.
    pub moved_at: Option<Timestamp>,
    /// Which revisions and times were chosen, and why: sentences.
    pub chosen: Vec<String>,
}

/// One value for each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sides<T> {
    /// The baseline's.
    pub baseline: T,
    /// The candidate's.
    pub candidate: T,
}

/// How the sides stand in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pairing {
    /// One after the other.
    BeforeAfter,
    /// Both at once.
    Concurrent,
}

/// Facts of one side.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Side {
    /// Google Cloud project, empty when unknown.
    pub project: String,
    /// Region, empty when unknown.
    pub location: String,
    /// Services, usually one.
    pub services: Vec<String>,
    /// Revisions counted.
    pub revisions: Vec<String>,
    /// First counted entry.
    pub first: Option<Timestamp>,
    /// Last counted entry.
    pub last: Option<Timestamp>,
    /// Length of the window, minutes.
    pub minutes: u64,
    /// Entries counted.
    pub entries: u64,
    /// Requests counted.
    pub requests: u64,
    /// Requests by HTTP status.
    pub by_status: BTreeMap<u16, u64>,
    /// WebSocket connections accepted.
    pub websockets_accepted: u64,
    /// Attempts to open a WebSocket connection.
    pub websocket_attempts: u64,
}

/// One reason for the verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable code, kebab-case.
    pub code: String,
    /// The verdict that this reason alone asks for.
    pub asks_for: Verdict,
    /// A sentence with the numbers.
    pub message: String,
    /// What would end it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_when: Option<String>,
    /// The signal it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<Signal>,
    /// The criterion it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criterion: Option<String>,
    /// The numbers by name, unit in the name; `null` is unbounded or unknown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, Option<f64>>,
    /// Ratio with interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Interval>,
    /// First time the evidence was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
    /// Last time the evidence was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// Logging query that shows the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// What became of one criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// Its id in the policy.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its weight.
    pub level: CriterionLevel,
    /// `true`: met. `false`: broken. `null`: cannot be told from this input.
    pub met: Option<bool>,
    /// The numbers in a sentence.
    pub message: String,
    /// The numbers by name; `null` is unbounded or unknown.
    pub numbers: BTreeMap<String, Option<f64>>,
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
    /// Significant at 5 % over all findings of the run.
    pub significant: bool,
    /// The baseline's numbers.
    pub baseline: Count,
    /// The candidate's numbers.
    pub candidate: Count,
    /// Ratio of the rates, candidate over baseline, with its 95 % interval.
    pub ratio: Interval,
    /// The tests of rates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates: Option<Rates>,
    /// The tests of latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// How much of it may remain, where only the baseline showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<Remaining>,
    /// First time seen on the candidate (the baseline, where the candidate did not show it).
    pub first_seen: Option<Timestamp>,
    /// Last time seen, likewise.
    pub last_seen: Option<Timestamp>,
    /// Share of the events in the busiest five minutes, 0 to 1.
    pub peak_share: Option<f64>,
    /// How the events are spread over time, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Sides<Timeline>>,
    /// Up to three samples, redacted.
    pub samples: Vec<Sample>,
}

/// A signal's numbers on one side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// Events.
    pub count: u64,
    /// What they are counted against: requests, else entries, else minutes.
    pub exposure: u64,
    /// `count / exposure`.
    pub rate: Option<f64>,
}

/// An estimate with a 95 % interval; `null` is unbounded or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Interval {
    /// Point estimate.
    pub estimate: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// What the tests of rates say. See `compare::Rates` for each number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Adjusted p-value against the tolerated ratio.
    pub p_tolerated: Option<f64>,
    /// Adjusted p-value against "not more".
    pub p_more: Option<f64>,
    /// Adjusted p-value against "not fewer".
    pub p_fewer: Option<f64>,
    /// Adjusted p-value against "in no larger share of the traces".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_traces: Option<f64>,
    /// What `p_tolerated` must not exceed for a ROLL BACK.
    pub p_limit: Option<f64>,
    /// Dispersion at each usable scale.
    pub dispersion: Vec<Dispersion>,
    /// How many independent events the candidate's are worth.
    pub effective_count: Option<f64>,
    /// Five-minute blocks of the candidate with an event.
    pub active_blocks: u32,
    /// Difference of the rates.
    pub excess: Option<f64>,
    /// Upper bound of the ratio for PROCEED.
    pub ratio_upper: Option<f64>,
    /// Upper bound of the excess for PROCEED.
    pub excess_upper: Option<f64>,
    /// The excess where both sides are calm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calm_excess: Option<f64>,
    /// The excess outside of the candidate's worst stretch over the whole excess.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside_share: Option<f64>,
    /// Every condition for a ROLL BACK holds.
    pub rolls_back: bool,
    /// Suspicious enough to forbid PROCEED.
    pub suspicious: bool,
    /// Harm beyond the margins is excluded.
    pub non_inferior: bool,
}

/// Dispersion at one time scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dispersion {
    /// Block length, minutes.
    pub minutes: u32,
    /// Variance over mean.
    pub phi: Option<f64>,
    /// Degrees of freedom.
    pub df: Option<f64>,
}

/// What the tests of latency say. See `compare::LatencyFinding`. Milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The quantile, 0 to 1.
    pub quantile: Option<f64>,
    /// On the baseline.
    pub baseline_ms: Option<f64>,
    /// On the candidate.
    pub candidate_ms: Option<f64>,
    /// Candidate minus baseline.
    pub shift_ms: Interval,
    /// Upper bound of the shift for PROCEED.
    pub shift_upper_ms: Option<f64>,
    /// The shift where both sides are calm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calm_shift_ms: Option<f64>,
    /// Tolerated shift.
    pub tolerance_ms: Option<f64>,
    /// Slow five-minute blocks of the candidate.
    pub slow_blocks: u32,
    /// Every condition for a ROLL BACK holds.
    pub rolls_back: bool,
    /// Harm beyond the tolerance is excluded.
    pub non_inferior: bool,
}

/// Events over time on one side, in bins of equal length.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timeline {
    /// Length of a bin, minutes; the last one may be shorter.
    pub minutes_per_bin: u64,
    /// Events in each bin from the side's first minute on, at most 16.
    pub counts: Vec<u64>,
}

/// One entry as evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When.
    pub timestamp: Option<Timestamp>,
    /// Its severity.
    pub severity: Severity,
    /// The revision that wrote it.
    pub revision: String,
    /// Start of its text, redacted. Hostile: escape before showing.
    pub text: String,
    /// `insertId`, to find the entry again; empty when it has none.
    pub insert_id: String,
}
