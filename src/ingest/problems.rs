//! What can be wrong with input: a closed list of named reasons, counted, with the first places of each.

use serde::{Deserialize, Serialize};

/// Why a record was rejected, repaired, or a source is in doubt. The names are part of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The record is not JSON.
    InvalidJson,
    /// The record is not YAML that can be read.
    InvalidYaml,
    /// The row of a CSV file does not fit its header, or is not CSV.
    InvalidCsv,
    /// JSON, but not an object.
    NotAnObject,
    /// An object without any field of a LogEntry.
    NotALogEntry,
    /// The record is larger than the reader's limit.
    Oversized,
    /// The input ends in the middle of a record, or the compressed stream is cut or broken.
    Truncated,
    /// Bytes that are not UTF-8 (or UTF-16 where the file says so); they were read as replacement characters.
    InvalidEncoding,
    /// Text that belongs to no record, between or around records. Counted in lines.
    StrayText,
    /// A string held an escape that JSON does not know (`\*`); it was read without its backslash. The entry counts.
    RepairedEscape,
    /// The entry has a time that cannot be read; it counts, but belongs to no minute.
    InvalidTimestamp,
    /// The source could not be opened or read to its end.
    Unreadable,
}

impl Reason {
    /// Whether a record with this problem is lost (`false`: it was still counted as an entry, or was none).
    pub fn loses_record(self) -> bool {
        !matches!(
            self,
            Reason::StrayText | Reason::RepairedEscape | Reason::InvalidTimestamp | Reason::InvalidEncoding
        )
    }

    /// The name in JSON and messages, such as `invalid-json`.
    pub fn name(self) -> &'static str {
        match self {
            Reason::InvalidJson => "invalid-json",
            Reason::InvalidYaml => "invalid-yaml",
            Reason::InvalidCsv => "invalid-csv",
            Reason::NotAnObject => "not-an-object",
            Reason::NotALogEntry => "not-a-log-entry",
            Reason::Oversized => "oversized",
            Reason::Truncated => "truncated",
            Reason::InvalidEncoding => "invalid-encoding",
            Reason::StrayText => "stray-text",
            Reason::RepairedEscape => "repaired-escape",
            Reason::InvalidTimestamp => "invalid-timestamp",
            Reason::Unreadable => "unreadable",
        }
    }
}

/// One place where a problem was met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// What was wrong.
    pub reason: Reason,
    /// Line in the (decompressed) source, from 1; 0 when it concerns the source as a whole.
    pub line: u64,
    /// What the reader saw or was told: a few words, at most 160 bytes of log text. Hostile: escape before showing.
    pub detail: String,
}
