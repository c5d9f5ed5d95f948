//! What goes into a state and what comes out of it.

use serde::{Deserialize, Serialize};

/// What a watch is of. A state of another watch is refused by name of what differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Id of the project.
    pub project: String,
    /// Region of the service.
    pub region: String,
    /// Name of the service.
    pub service: String,
    /// The revision that is watched.
    pub candidate: String,
    /// What it is compared with.
    pub baseline: String,
    /// When the candidate was deployed, RFC 3339.
    pub deployed_at: String,
    /// Fingerprint of what decides how entries are counted and judged: policy, packs, masks, filter, schedule.
    pub settings: String,
}

impl Identity {
    /// The first field that differs: its name, our value, the other's.
    pub(super) fn difference<'a>(&'a self, other: &'a Identity) -> Option<(&'static str, &'a str, &'a str)> {
        let fields = [
            ("project", &self.project, &other.project),
            ("region", &self.region, &other.region),
            ("service", &self.service, &other.service),
            ("candidate", &self.candidate, &other.candidate),
            ("baseline", &self.baseline, &other.baseline),
            ("time of the deploy", &self.deployed_at, &other.deployed_at),
            ("settings", &self.settings, &other.settings),
        ];
        let differing = fields.into_iter().find(|(_, mine, theirs)| mine != theirs);
        differing.map(|(name, mine, theirs)| (name, mine.as_str(), theirs.as_str()))
    }
}

/// Everything a state holds. A new one holds nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saved {
    /// How far the watch is and what its checkpoints found, JSON; `None` before the first look.
    pub progress: Option<String>,
    /// Counts, as look number and JSON, by look number.
    pub parts: Vec<(u64, String)>,
    /// Evidence gathered so far, JSON.
    pub watch: Option<String>,
    /// Notices that were not yet sent: id and text, oldest first. An id is never given twice.
    pub outbox: Vec<(i64, String)>,
    /// Recently received entries: time in nanoseconds and key, in the order they were given.
    pub identities: Vec<(i64, u64)>,
}

/// What one look changes; one transaction.
#[derive(Debug, Clone, Copy, Default)]
pub struct Commit<'a> {
    /// JSON, replaces the one before.
    pub progress: &'a str,
    /// Counts of one look: its number and JSON. Added to what is there, after [`Commit::merged`] was done.
    pub part: Option<(u64, &'a str)>,
    /// All parts of earlier commits become this single one. The number must not be that of [`Commit::part`].
    pub merged: Option<(u64, &'a str)>,
    /// JSON, replaces the one before when given.
    pub watch: Option<&'a str>,
    /// Notices to be sent, added in order.
    pub outbox: &'a [String],
    /// Ids of notices that were sent: removed. Ids that are not there count for nothing.
    pub sent: &'a [i64],
    /// Recently received entries, as nanoseconds and key; replaces those before when given.
    pub identities: Option<&'a [(i64, u64)]>,
}
