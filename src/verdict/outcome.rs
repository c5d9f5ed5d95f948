//! The outcome: a closed, ordered list of verdicts, and the reasons for one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Outlook;
use crate::compare::Interval;
use crate::model::{Signal, Timestamp};

/// What to do with the deploy. Ordered from best to worst: the worst reason wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// The harm that the policy does not tolerate has been excluded, every primary criterion is met, the input is complete.
    Proceed,
    /// It cannot be told yet; the reasons say what is missing.
    Hold,
    /// Harm is certain.
    RollBack,
}

impl Verdict {
    /// The exit code of the program: 0, 10, 20.
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::Proceed => 0,
            Verdict::Hold => 10,
            Verdict::RollBack => 20,
        }
    }

    /// The name for people: `PROCEED`, `HOLD`, `ROLL BACK`.
    pub fn label(self) -> &'static str {
        match self {
            Verdict::Proceed => "PROCEED",
            Verdict::Hold => "HOLD",
            Verdict::RollBack => "ROLL BACK",
        }
    }
}

/// Which way a HOLD leans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lean {
    /// Nothing speaks against the candidate so far; only proof is missing.
    NoSignOfHarm,
    /// Something speaks against the candidate, not enough for a ROLL BACK.
    SignsOfHarm,
    /// The input does not allow a judgement.
    CannotJudge,
}

/// One reason for the verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable code, kebab-case; the list is in `docs/reasons.md`.
    pub code: String,
    /// The verdict that this reason alone asks for.
    pub asks_for: Verdict,
    /// A sentence with the numbers, for people. Holds no log text.
    pub message: String,
    /// What would end it, for reasons that ask for HOLD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_when: Option<String>,
    /// The signal it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<Signal>,
    /// The criterion it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criterion: Option<String>,
    /// The numbers behind the sentence, by name (unit in the name: `_ms`, `_minutes`, `_ratio`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, f64>,
    /// Ratio with interval, where it is about a rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Interval>,
    /// First time the evidence was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
    /// Last time the evidence was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// Logging query that shows the evidence in Logs Explorer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// How much a criterion weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CriterionLevel {
    /// Broken for certain: ROLL BACK. Not shown: HOLD.
    Critical,
    /// Not met or not shown: HOLD.
    Primary,
    /// Reported only.
    Secondary,
}

/// What became of one criterion of the policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CriterionResult {
    /// Its id in the policy.
    pub id: String,
    /// Its title for people.
    pub title: String,
    /// Its weight.
    pub level: CriterionLevel,
    /// `true`: met. `false`: broken. `None`: cannot be told from this input.
    pub met: Option<bool>,
    /// The numbers in a sentence. Holds no log text.
    pub message: String,
    /// The numbers by name.
    pub numbers: BTreeMap<String, f64>,
}

/// The verdict with everything that explains it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The verdict: the worst that any reason asks for.
    pub verdict: Verdict,
    /// Which way it leans, when it is HOLD.
    pub lean: Option<Lean>,
    /// How sure it is, in words with numbers.
    pub confidence: String,
    /// Why, worst first.
    pub reasons: Vec<Reason>,
    /// The policy's criteria.
    pub criteria: Vec<CriterionResult>,
    /// What is missing until another verdict, and what has been shown so far.
    #[serde(default)]
    pub outlook: Outlook,
    /// What was not verified, each with the cause.
    pub not_verified: Vec<String>,
    /// What to do next: sentences, or command lines that start with `$ `.
    pub next_steps: Vec<String>,
}
