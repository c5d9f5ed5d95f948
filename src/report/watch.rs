//! The part of a report that tells of a watch: its looks so far, its checkpoints, how the verdict changed.

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::verdict::{Lean, Verdict};

/// A watch of a deploy at one of its looks. T is the deploy.
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
    pub ended: Option<Ended>,
    /// Every change of the verdict, the first verdict included.
    pub changes: Vec<Changed>,
    /// The named looks.
    pub checkpoints: Vec<Checkpoint>,
    /// Pieces of the log that could not be read.
    pub gaps: Vec<Gap>,
    /// Entries that arrived after the minute they belong to had been looked at.
    pub late_entries: u64,
}

/// The end of a watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// At which look.
    pub at: Timestamp,
    /// `time-over`, `roll-back`, `proceed`, `second-deploy`, `rolled-back`, `service-gone`, `budget-spent`.
    pub code: String,
    /// A sentence.
    pub message: String,
}

/// A verdict that differs from the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// At which look.
    pub at: Timestamp,
    /// The verdict before; none at the first look.
    pub from: Option<Verdict>,
    /// The verdict from then on.
    pub to: Verdict,
    /// Code of the first reason.
    pub code: String,
    /// The first reason.
    pub message: String,
}

/// A named look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// `T+20m`
    pub name: String,
    /// The time that it was made for.
    pub at: Timestamp,
    /// Its verdict.
    pub verdict: Verdict,
    /// Which way a HOLD leans.
    pub lean: Option<Lean>,
    /// Codes of its reasons.
    pub codes: Vec<String>,
    /// Its first reason.
    pub message: String,
    /// Requests of the candidate.
    pub requests: u64,
    /// Server errors of the candidate.
    pub server_errors: u64,
    /// Server errors a request on the baseline.
    pub baseline_rate: Option<f64>,
    /// Server errors a request on the candidate.
    pub candidate_rate: Option<f64>,
    /// Signals that only the candidate has.
    pub new_signals: u64,
    /// Signals that only the baseline has.
    pub vanished_signals: u64,
    /// Requests of the candidate's busy minutes over those of the baseline's.
    pub load_share: Option<f64>,
}

/// A piece of the log that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// First instant that is missing, by when entries were received.
    pub start: Timestamp,
    /// First instant that is not.
    pub end: Timestamp,
    /// Why.
    pub reason: String,
}
