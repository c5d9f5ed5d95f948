//! The value of a replay's report. Its JSON is `docs/schema/replay.schema.json`.

use serde::{Deserialize, Serialize};

use super::past_value::{PastWatch, TriedSettings, WatchCounts};
use crate::model::{Signal, Timestamp};
use crate::profile::{Concern, Coverage};
use crate::report::redact::RedactionCounts;
use crate::report::value::Tool;
use crate::verdict::{Lean, Verdict};

/// The schema that [`Replay`] follows.
pub const REPLAY_SCHEMA: &str = "logverdict.replay/1";

/// What a replay found: of a calibration, or of past deploys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// [`REPLAY_SCHEMA`].
    pub schema: String,
    /// What made it.
    pub tool: Tool,
    /// Pseudo deploys of a service's own logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// Where every record of those logs went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// Past deploys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deploys: Option<PastDeploys>,
    /// How often something was taken out of the texts, by kind.
    pub redactions: RedactionCounts,
}

/// False alarms and misses on pseudo deploys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Length of the baseline's window.
    pub baseline_minutes: u64,
    /// Length of the candidate's window.
    pub candidate_minutes: u64,
    /// Length of the blocks that were dealt.
    pub block_minutes: u64,
    /// Shuffled runs, without harm and with each harm.
    pub runs: u64,
    /// Where the random numbers started.
    pub seed: u64,
    /// What was replayed.
    pub logs: ReplayedLogs,
    /// Adjacent windows, without harm.
    pub as_it_happened: Outcomes,
    /// Blocks dealt at random, without harm.
    pub shuffled: Outcomes,
    /// Known harm in the shuffled candidates; what was missed comes first.
    pub harms: Vec<HarmRow>,
    /// The smallest harm of each kind that is found.
    pub found: Vec<Found>,
    /// What a reader must know to weigh the counts.
    pub notes: Vec<Concern>,
}

/// What was replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayedLogs {
    /// Start of the first stretch.
    pub first: Option<Timestamp>,
    /// End of the last one; not part of it.
    pub end: Option<Timestamp>,
    /// Minutes of all stretches.
    pub minutes: u64,
    /// Minutes with entries that lie in no stretch.
    pub left_out_minutes: u64,
    /// Stretches without a gap.
    pub stretches: u64,
    /// Blocks with requests.
    pub blocks: u64,
    /// Different deals of these; `None`: more than a million.
    pub deals: Option<u64>,
    /// Requests in the stretches.
    pub requests: u64,
    /// Revisions, as `service/revision`.
    pub revisions: Vec<String>,
}

/// Verdicts on deploys that never happened: every ROLL BACK is a false alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcomes {
    /// Pseudo deploys judged.
    pub runs: u64,
    /// Pseudo deploys left out, because a side had no requests.
    pub left_out: u64,
    /// ROLL BACK.
    pub roll_back: Share,
    /// HOLD.
    pub hold: Share,
    /// PROCEED.
    pub proceed: Share,
    /// What caused the false alarms, most frequent first.
    pub alarms: Vec<FalseAlarm>,
    /// Why runs were held, most frequent first.
    pub holds: Vec<HoldReason>,
}

/// A number of runs with its share and the 95 % interval of that.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Runs.
    pub count: u64,
    /// Of all, 0 to 1; `None` without any.
    pub share: Option<f64>,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A reason for false alarms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FalseAlarm {
    /// Code of the reason.
    pub code: String,
    /// The signal it is about.
    pub signal: Option<Signal>,
    /// Runs in which it asked for ROLL BACK.
    pub runs: u64,
}

/// A reason for HOLD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldReason {
    /// Code of the reason.
    pub code: String,
    /// Held runs that it was given in.
    pub runs: u64,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HarmKind {
    /// Requests fail with a server error; the size is their share.
    ServerErrors,
    /// Server errors become more; the size is the multiple of the service's own rate.
    ServerErrorsMultiple,
    /// Requests log an error message that was not there before; the size is their share.
    NewErrorMessage,
    /// Requests take longer; the size is in milliseconds.
    Latency,
}

/// What became of runs with one harm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HarmRow {
    /// Stable id.
    pub id: String,
    /// A line for people.
    pub title: String,
    /// What goes wrong.
    pub kind: HarmKind,
    /// How much, see [`HarmKind`].
    pub size: f64,
    /// More than the policy's margins allow for a PROCEED.
    pub beyond_margins: bool,
    /// Runs.
    pub runs: u64,
    /// ROLL BACK.
    pub roll_back: Share,
    /// HOLD.
    pub hold: Share,
    /// PROCEED: a miss where the harm is beyond the margins.
    pub proceed: Share,
}

impl HarmRow {
    /// Runs in which harm that the policy does not tolerate was let pass.
    pub fn missed(&self) -> u64 {
        if self.beyond_margins { self.proceed.count } else { 0 }
    }
}

/// The smallest harm of a kind that is rolled back in at least half of the runs, as every larger one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The kind.
    pub kind: HarmKind,
    /// Id of the harm; `None`: not even the largest.
    pub smallest: Option<String>,
}

/// Past deploys and how verdicts stand to what is known of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastDeploys {
    /// PROCEED on a deploy known as bad.
    pub misses: u64,
    /// ROLL BACK on a deploy known as good.
    pub false_alarms: u64,
    /// Deploys that could not be judged.
    pub not_judged: u64,
    /// Verdicts on good deploys.
    pub good: DeployCounts,
    /// Verdicts on bad deploys.
    pub bad: DeployCounts,
    /// Verdicts on deploys of which nothing is known.
    pub unknown: DeployCounts,
    /// Each deploy; misses, false alarms and those not judged come first.
    pub deploys: Vec<PastDeploy>,
    /// What the watch said over the same logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watched: Option<WatchCounts>,
    /// Which setting would have helped; only where a verdict was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<TriedSettings>,
}

/// Deploys by verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployCounts {
    /// ROLL BACK.
    pub roll_back: u64,
    /// HOLD.
    pub hold: u64,
    /// PROCEED.
    pub proceed: u64,
}

/// One past deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastDeploy {
    /// Its folder.
    pub name: String,
    /// What is known of it.
    pub truth: Truth,
    /// The verdict that is expected, where one is.
    pub expected: Option<Verdict>,
    /// The verdict; `None`: not judged.
    pub verdict: Option<Verdict>,
    /// Which way it leans, when it is HOLD.
    pub lean: Option<Lean>,
    /// Codes of its reasons, worst first, each once.
    pub reasons: Vec<String>,
    /// What the verdict is worth.
    pub outcome: DeployOutcome,
    /// Why it was not judged.
    pub error: Option<String>,
    /// What the watch said over the same logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<PastWatch>,
}

/// What is known of a past deploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Truth {
    /// It did no harm.
    Good,
    /// It did harm.
    Bad,
    /// Nothing, or the logs cannot tell.
    Unknown,
}

/// What a verdict is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeployOutcome {
    /// PROCEED on a bad deploy.
    Miss,
    /// ROLL BACK on a good deploy.
    FalseAlarm,
    /// HOLD although the truth is known.
    Held,
    /// PROCEED on a good deploy, ROLL BACK on a bad one.
    Right,
    /// Nothing is known to hold it against.
    TruthUnknown,
    /// The input could not be judged.
    NotJudged,
    /// Of a watch: it could not be made.
    NotWatched,
}
