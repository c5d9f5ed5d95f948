//! The mergeable summary of one side: integer counts by revision, minute and signal, and what they cover.
//!
//! Input: entries, through [`Counter`]. Output: a [`Profile`], which merges with others. Merging is associative and
//! commutative: any split, order or thread count of the same entries gives the same [`Data`], byte for byte.

mod check;
mod counter;
mod counts;
mod histogram;
mod route;
mod store;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use crate::ingest::{Concern, Coverage, SourceCoverage};
pub use counter::{Counter, LATENCY_BLOCK_MINUTES, LATENCY_NS_MAX, SAMPLE_BYTES_MAX};
pub use counts::{
    Data, MinuteCounts, OTHER_ROUTES, ROUTES_MAX, RevisionCounts, RouteCounts, SAMPLES_MAX, STATUS_CLASSES,
    SignalCounts, SignalInfo,
};
pub use histogram::{BINS, GAMMA, bin_of};
pub use route::{path_of, route};
pub use store::{Manifest, PackStamp, Profile, ProfileError, SCHEMA};

use crate::model::{Severity, Timestamp};

/// Key of the signal that counts error entries which no pattern explains.
pub const UNMATCHED_KEY: &str = "unmatched:errors";

/// Key of a pattern's signal.
pub fn pattern_key(id: &str) -> String {
    format!("pattern:{id}")
}

/// The id that reports show for a signal's key: a pattern's own id, `unmatched-errors` for [`UNMATCHED_KEY`].
pub fn signal_id(key: &str) -> String {
    key.strip_prefix("pattern:")
        .map_or_else(|| key.replacen(':', "-", 1), str::to_owned)
}

/// One entry kept as evidence, chosen by content hash, never by arrival.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sample {
    /// Stable hash of the entry; the smallest hashes are kept. First field, so that samples sort by it.
    pub key: u64,
    /// When.
    pub timestamp: Option<Timestamp>,
    /// The entry's severity.
    pub severity: Severity,
    /// The revision that wrote it.
    pub revision: String,
    /// The instance that wrote it; empty when unknown.
    pub instance: String,
    /// `insertId`, to find the entry again; empty when it has none.
    pub insert_id: String,
    /// Start of the message text. Hostile: escape and redact before showing.
    pub text: String,
}
