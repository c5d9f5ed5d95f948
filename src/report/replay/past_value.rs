//! What is told of past deploys beside one look at each: the watch over the same logs, and settings that would have helped.

use serde::{Deserialize, Serialize};

use super::value::{DeployCounts, DeployOutcome};
use crate::model::Timestamp;
use crate::profile::Concern;
use crate::verdict::Verdict;

/// A watch over the logs of a past deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastWatch {
    /// The verdict of its last look; `None`: not watched.
    pub verdict: Option<Verdict>,
    /// What that verdict is worth.
    pub outcome: DeployOutcome,
    /// When it began.
    pub deployed_at: Option<Timestamp>,
    /// Looks made.
    pub looks: u64,
    /// Minutes from the deploy to the last look.
    pub minutes: u64,
    /// Minutes from the deploy to the first ROLL BACK.
    pub roll_back_after: Option<u64>,
    /// Minutes from the deploy to the first PROCEED.
    pub proceed_after: Option<u64>,
    /// Code of the first reason for its verdict when that last changed.
    pub reason: Option<String>,
    /// Code of why it ended before the candidate's entries did, or that its time was over.
    pub ended: Option<String>,
    /// Why it was not made.
    pub error: Option<String>,
}

impl PastWatch {
    /// A watch that could not be made.
    pub fn not_watched(cause: String) -> PastWatch {
        PastWatch {
            verdict: None,
            outcome: DeployOutcome::NotWatched,
            deployed_at: None,
            looks: 0,
            minutes: 0,
            roll_back_after: None,
            proceed_after: None,
            reason: None,
            ended: None,
            error: Some(cause),
        }
    }
}

/// The sums over the watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchCounts {
    /// PROCEED at the end of the watch of a deploy known as bad.
    pub misses: u64,
    /// ROLL BACK on a deploy known as good.
    pub false_alarms: u64,
    /// HOLD at the end although the truth is known.
    pub held: u64,
    /// As the truth is.
    pub right: u64,
    /// Deploys that could not be watched.
    pub not_watched: u64,
    /// Last verdicts on good deploys.
    pub good: DeployCounts,
    /// Last verdicts on bad deploys.
    pub bad: DeployCounts,
    /// Last verdicts on deploys of which nothing is known.
    pub unknown: DeployCounts,
}

/// What became of the verdicts when single settings of the policy were changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedSettings {
    /// False alarms and misses, of one look and of the watch.
    pub wrong: u64,
    /// Deploys that were judged again.
    pub deploys: u64,
    /// Deploys of known truth that were not, because they are too many.
    pub left_out: u64,
    /// Settings that were tried, one at a time.
    pub variations: u64,
    /// Those that help: what mends most comes first, of these what breaks least.
    pub helpful: Vec<TriedSetting>,
    /// What a reader must know before a setting is changed.
    pub notes: Vec<Concern>,
}

/// One setting with another value, all others as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedSetting {
    /// Its key in `[statistics]` of a policy.
    pub key: String,
    /// The value, as it is written there.
    pub value: String,
    /// The value of the policy as it is.
    pub now: String,
    /// Wrong verdicts that become right.
    pub mends: Vec<OneVerdict>,
    /// Wrong verdicts that become HOLD.
    pub holds: Vec<OneVerdict>,
    /// Right verdicts that no longer are, and HOLD that becomes wrong.
    pub breaks: Vec<OneVerdict>,
}

/// One of the two verdicts on a deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneVerdict {
    /// The deploy.
    pub deploy: String,
    /// Whose verdict.
    pub by: JudgedBy,
}

/// Whose verdict it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JudgedBy {
    /// Of one look at all of it.
    Look,
    /// Of the watch.
    Watch,
}
