//! The mergeable summary of one side: integer counts by revision, minute and signal, and what they cover.
//!
//! Input: entries, through [`Counter`]. Output: a [`Profile`], which merges with others. Merging is associative and
//! commutative: any split, order or thread count of the same entries gives the same [`Data`], byte for byte.

mod check;
mod counter;
mod counts;
mod group;
mod histogram;
mod minutes;
mod panel;
mod requests;
mod route;
mod store;
#[cfg(test)]
mod tests;
mod texts;

use serde::{Deserialize, Serialize};

pub use crate::ingest::{Concern, Coverage, SourceCoverage};
pub use counter::{Counter, LATENCY_BLOCK_MINUTES, LATENCY_NS_MAX, SAMPLE_BYTES_MAX};
pub use counts::{
    Data, MinuteCounts, OTHER_ROUTES, ROUTES_MAX, RevisionCounts, RouteCounts, SAMPLES_MAX, STATUS_CLASSES,
    SignalCounts, SignalInfo,
};
pub use group::{Groups, alone, group};
pub use histogram::{BINS, GAMMA, bin_of};
pub use panel::{TRACE_SIGNALS_MAX, TRACES_MAX, Trace, TracedRequest};
pub use requests::{Listed, count_requests};
pub use route::{path_of, route};
pub use store::{Manifest, PackStamp, Profile, ProfileError, SCHEMA, texts_version};
pub use texts::{OTHER_TEXTS, TEXT_BYTES_MAX, TEXTS_MAX, Texts};

use crate::model::{Severity, Signal, SignalKind, Timestamp};

/// Key of the signal that counts error entries which no pattern explains.
pub const UNMATCHED_KEY: &str = "unmatched:errors";

/// Key of a pattern's signal.
pub fn pattern_key(id: &str) -> String {
    format!("pattern:{id}")
}

/// The key under which traces remember a signal; `None` for kinds that they do not.
pub fn traced_key(signal: &Signal) -> Option<String> {
    match signal.kind {
        SignalKind::Pattern => Some(pattern_key(&signal.id)),
        SignalKind::Template => Some(format!("template:{}", signal.id)),
        SignalKind::Stack => Some(format!("stack:{}", signal.id)),
        SignalKind::StatusClass | SignalKind::Route | SignalKind::Unmatched | SignalKind::Latency => None,
    }
}

/// The kind of signal that a key stands for; `None` for a key of a newer program, and for texts that are not grouped.
pub fn signal_kind(key: &str) -> Option<SignalKind> {
    match key.split_once(':')?.0 {
        "pattern" => Some(SignalKind::Pattern),
        "unmatched" => Some(SignalKind::Unmatched),
        "template" => Some(SignalKind::Template),
        "stack" => Some(SignalKind::Stack),
        _ => None,
    }
}

/// The id that reports show for a signal's key: `unmatched-errors` for [`UNMATCHED_KEY`], else what follows the kind.
pub fn signal_id(key: &str) -> String {
    if key == UNMATCHED_KEY {
        return key.replacen(':', "-", 1);
    }
    key.split_once(':').map_or(key, |(_, id)| id).to_owned()
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
