//! What a watch remembers beside its counts: which looks were made and what came of them. Stored as JSON with a version.

use serde::{Deserialize, Serialize};

use super::look::Told;
use super::subject::Subject;
use crate::ingest::{Coverage, SourceCoverage};
use crate::model::Timestamp;
use crate::report::{Changed, Checkpoint, Deploy, Ended, Gap};
use crate::verdict::{Reason, Verdict};

/// Version of the stored form.
pub const HISTORY_SCHEMA: &str = "logverdict.history/1";

/// A watch so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// [`HISTORY_SCHEMA`]
    pub schema: String,
    /// T, the deploy.
    pub started: Timestamp,
    /// Since when the log is read, where it can be read at any time.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// The look that was made last, by its number on the schedule; the one before the first when none was.
    pub last_look: i64,
    /// Looks made.
    pub looks: u64,
    /// Who is watched, once that is known.
    pub subject: Option<Subject>,
    /// What Cloud Run said of the deploy when the watch began.
    pub deploy: Option<Deploy>,
    /// What Cloud Run said last.
    #[serde(default)]
    pub told: Option<Told>,
    /// The verdict of the last look.
    pub verdict: Option<Verdict>,
    /// When ROLL BACK was certain first, and why.
    pub rolled_back: Option<(Timestamp, Reason)>,
    /// Each change of the verdict.
    pub changes: Vec<Changed>,
    /// The named looks.
    pub checkpoints: Vec<Checkpoint>,
    /// Why the watch ended.
    pub ended: Option<Ended>,
    /// Pieces of the log that could not be read.
    pub gaps: Vec<Gap>,
    /// Entries that arrived after their minute had been looked at.
    pub late_entries: u64,
    /// Where every record went that was read so far.
    pub coverage: Coverage,
    /// What it cost, which is not the same from run to run.
    #[serde(default)]
    pub spent: Spent,
}

/// What a watch cost so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spent {
    /// Requests to Google's APIs.
    pub requests: u64,
    /// Readings that failed.
    pub failures: u64,
    /// Of these, those since the last one that did not.
    pub failures_in_a_row: u64,
}

impl History {
    /// A watch that begins; `before` is the number of the look before its first.
    pub fn new(started: Timestamp, before: i64, subject: Option<Subject>, deploy: Option<Deploy>) -> History {
        History {
            schema: HISTORY_SCHEMA.to_owned(),
            started,
            since: None,
            last_look: before,
            looks: 0,
            subject,
            deploy,
            told: None,
            verdict: None,
            rolled_back: None,
            changes: vec![],
            checkpoints: vec![],
            ended: None,
            gaps: vec![],
            late_entries: 0,
            coverage: Coverage::default(),
            spent: Spent::default(),
        }
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// Text that is none, in words.
    pub fn from_json(text: &str) -> Result<History, String> {
        let history: History = serde_json::from_str(text).map_err(|e| e.to_string())?;
        match history.schema.as_str() {
            HISTORY_SCHEMA => Ok(history),
            other => Err(format!(
                "its history has the format {other:?}, this program reads {HISTORY_SCHEMA:?}"
            )),
        }
    }

    /// The stored form: the same bytes for the same history.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|e| format!("{{\"error\":{:?}}}", e.to_string()))
    }

    /// Adds what a reading covered. A watch has one source, however often it is asked.
    pub fn cover(&mut self, read: &Coverage) {
        self.coverage.add(read);
        let sources = std::mem::take(&mut self.coverage.sources);
        for source in sources {
            let same = self
                .coverage
                .sources
                .iter_mut()
                .find(|s| s.name == source.name && s.format == source.format);
            match same {
                // How a watch was cut into readings must not show: its source has no hash.
                None => self.coverage.sources.push(SourceCoverage {
                    content_hash: String::new(),
                    ..source
                }),
                Some(known) => {
                    known.bytes += source.bytes;
                    known.entries += source.entries;
                    known.problems.extend(source.problems);
                    known.problems.truncate(PROBLEMS_MAX);
                }
            }
        }
    }
}

/// Places of problems kept for a source.
const PROBLEMS_MAX: usize = 25;
