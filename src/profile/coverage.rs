//! What a profile covers: sources, windows, and where every record went.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ingest::{Problem, Reason};
use crate::model::Timestamp;

/// Where every record of the input went. The names are part of the JSON contract.
///
/// Conservation: `records = entries_read + duplicates + rejected` and `entries_read = counted + excluded`; `unknown`
/// entries are among the counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// Records met: lines, objects, rows.
    pub records: u64,
    /// Distinct valid entries.
    pub entries_read: u64,
    /// Entries met before: same log name, timestamp and insertId.
    pub duplicates: u64,
    /// Records that are lost, by reason.
    pub rejected: BTreeMap<Reason, u64>,
    /// Problems that lost no record, by reason (stray text in lines, repaired escapes in entries, ...).
    pub notes: BTreeMap<Reason, u64>,
    /// Entries left out, by reason: `other-resource-type`, `other-service`, `other-revision`, `outside-window`.
    pub excluded: BTreeMap<String, u64>,
    /// Entries counted.
    pub counted: u64,
    /// Counted entries without payload and request: nothing can be said of them.
    pub unknown: u64,
    /// Counted entries without a readable time: they belong to no minute.
    pub untimed: u64,
    /// Time of the first counted entry.
    pub first: Option<Timestamp>,
    /// Time of the last counted entry.
    pub last: Option<Timestamp>,
    /// Counted entries by `service/revision`.
    pub revisions: BTreeMap<String, u64>,
    /// Where the entries came from, ordered by content hash.
    pub sources: Vec<SourceCoverage>,
    /// Doubts about completeness (a limit hit, a file that looks cut), each a stable code and a sentence.
    pub concerns: Vec<Concern>,
}

/// One file or stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceCoverage {
    /// SHA-256 of the bytes as stored, hexadecimal.
    pub sha256: String,
    /// Path as given, or `-` for standard input.
    pub name: String,
    /// Size as stored, bytes.
    pub bytes: u64,
    /// What it holds, such as `ndjson`, `json`, `yaml`, `csv`, `text`, with its compression: `ndjson+gzip`.
    pub format: String,
    /// Distinct valid entries read from it (of duplicates across sources, any one source has them).
    pub entries: u64,
    /// The first places of each problem, at most five a reason, in order of reason and line.
    pub problems: Vec<Problem>,
}

/// Something that makes the input doubtful.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Concern {
    /// Stable code, such as `looks-cut`, `dedupe-limit`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}
