//! What was chosen, and why nothing could be.

use std::fmt;
use std::time::Duration;

use super::moved::MovedBy;
use crate::model::{Concern, Timestamp};

/// A deploy: the revision to judge, the one to hold it against, and what is known of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deploy {
    /// The revision to judge.
    pub candidate: String,
    /// The revision to compare it with; `None` when there is none.
    pub baseline: Option<String>,
    /// When the candidate was created.
    pub created_at: Timestamp,
    /// When the candidate first got traffic, once that is known. The Admin API does not tell; see [`Deploy::moved`].
    pub moved_at: Option<Timestamp>,
    /// How `moved_at` is known.
    pub moved_by: Option<MovedBy>,
    /// Which revisions were chosen and why: sentences.
    pub why: Vec<String>,
    /// What forbids PROCEED: `traffic-pinned`, `not-ready`, `reconciling`, `no-baseline`, `no-traffic`, `revision-missing`,
    /// `revisions-limit`.
    pub concerns: Vec<Concern>,
    /// What is worth telling: `same-image`, `just-deployed`, `only-by-tag`, `several-revisions`, `not-the-newest`, `clock`.
    pub notes: Vec<Concern>,
    /// Longest time that a request of either revision may take: so late can its log entry come.
    pub request_timeout: Duration,
    /// Percent of the requests that the candidate gets now.
    pub candidate_percent: u32,
    /// Whether the candidate can be reached by a tag.
    pub candidate_has_tag: bool,
    /// Percent of the requests that the baseline gets now; 0 when it was replaced.
    pub baseline_percent: u32,
    /// Ready revisions older than the candidate, newest first, at most ten: who else may have served before. See
    /// [`Deploy::settle_baseline`].
    pub older: Vec<String>,
    /// Whether the baseline was named by the user.
    pub baseline_was_asked: bool,
}

impl Deploy {
    /// The candidate gets some traffic now, if only by a tag.
    pub fn candidate_serves(&self) -> bool {
        self.candidate_percent > 0 || self.candidate_has_tag
    }

    /// Both get traffic now.
    pub fn is_concurrent(&self) -> bool {
        self.candidate_serves() && self.baseline_percent > 0
    }

    /// Replaces a baseline that was chosen by its age alone and did not serve by the next older revision that did.
    ///
    /// `requests` is what each revision served before the deploy, from the log or from Cloud Monitoring. A revision that was
    /// deployed without traffic is ready, and has nothing to compare with.
    pub fn settle_baseline(&mut self, requests: impl Fn(&str) -> u64) {
        let Some(baseline) = self.baseline.clone() else { return };
        if self.baseline_was_asked || self.baseline_percent > 0 || requests(&baseline) > 0 {
            return;
        }
        let Some(served) = self.older.iter().find(|r| requests(r) > 0).cloned() else {
            return;
        };
        self.why.push(format!(
            "Baseline is {served} instead: {baseline} served no request before the deploy, {served} served {}.",
            requests(&served)
        ));
        self.baseline = Some(served);
    }
}

/// Why there is nothing to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChooseError {
    /// The service has no revision.
    NoRevisions(String),
    /// A revision that was asked for is not there: side, what was asked, the newest that are there.
    NoSuchRevision(&'static str, String, Vec<String>),
    /// Both sides are the same revision.
    SameRevision(String),
    /// No revision is as old as the time that was asked for: time, the oldest revision and its creation.
    NothingBefore(Timestamp, Option<(String, Timestamp)>),
    /// The API does not say when the revision was created.
    NoCreationTime(String),
}

impl fmt::Display for ChooseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChooseError::NoRevisions(service) => write!(f, "the service {service} has no revision"),
            ChooseError::NoSuchRevision(side, asked, there) => write!(
                f,
                "no revision of the service is like {asked:?}, as asked for the {side}; the newest are: {}",
                match there.as_slice() {
                    [] => "none".to_owned(),
                    names => names.join(", "),
                }
            ),
            ChooseError::SameRevision(name) => write!(f, "{name} was asked for on both sides"),
            ChooseError::NothingBefore(time, oldest) => {
                write!(f, "no revision had been created by {time}")?;
                match oldest {
                    Some((name, created)) => write!(f, "; the oldest one kept, {name}, was created at {created}"),
                    None => Ok(()),
                }
            }
            ChooseError::NoCreationTime(name) => {
                write!(f, "Cloud Run does not say when {name} was created")
            }
        }
    }
}

impl ChooseError {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self {
            ChooseError::NoRevisions(_) => "deploy the service first, or check --service and --region",
            ChooseError::NoSuchRevision(..) => {
                "check the name; * and ? are allowed: --candidate-revision 'chat-api-00042-*'; Cloud Run deletes old revisions"
            }
            ChooseError::SameRevision(_) => {
                "name different revisions with --baseline-revision and --candidate-revision"
            }
            ChooseError::NothingBefore(..) => "give the time at which the candidate was deployed, with its time zone",
            ChooseError::NoCreationTime(_) => "name another one with --candidate-revision",
        }
    }
}

impl std::error::Error for ChooseError {}
