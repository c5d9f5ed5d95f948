//! The mergeable summary of one side: integer counts by revision, minute and signal, and what they cover.
//!
//! Merging is associative and commutative; any split, order or thread count of the same entries gives the same bytes.

pub use crate::ingest::{Concern, Coverage, SourceCoverage};

use serde::{Deserialize, Serialize};

use crate::model::{Severity, Timestamp};

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
