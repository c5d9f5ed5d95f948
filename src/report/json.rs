//! The machine's renderings: JSON with the same bytes for the same value, and a report read back from it.
//!
//! Input: report, scan, replay or notice. Output: pretty-printed JSON with a line break at its end. Every field is in `docs/report.md`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::escape;
use super::notice::Notice;
use super::replay::Replay;
use super::scan::Scan;
use super::value::{REPORT_SCHEMA, Report};

/// Why a saved report cannot be read.
#[derive(Debug)]
pub enum ReadError {
    /// It is no JSON, or not the JSON of a report.
    Json(serde_json::Error),
    /// It follows another schema.
    Schema(String),
    /// What it says does not agree, see [`Report::contradictions`].
    Contradictions(Vec<String>),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Json(error) if is_empty(error) => write!(f, "nothing is in it"),
            ReadError::Json(error) if error.is_eof() => write!(f, "a report that was cut: {error}"),
            ReadError::Json(error) => write!(f, "not a report of logverdict: {error}"),
            ReadError::Schema(found) => {
                write!(f, "a report of schema {found:?}; this version reads {REPORT_SCHEMA:?}")
            }
            ReadError::Contradictions(found) => {
                let first = found.first().map_or("", String::as_str);
                write!(f, "a report that contradicts itself: {first}")?;
                match found.len() {
                    0 | 1 => Ok(()),
                    many => write!(f, " (and {} more)", many - 1),
                }
            }
        }
    }
}

impl std::error::Error for ReadError {}

impl ReadError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ReadError::Json(error) if error.is_eof() => {
                "save it again: the whole output of --format json, up to its last }"
            }
            ReadError::Json(_) => "give what compare or monitor wrote with --format json",
            ReadError::Schema(found) if is_newer(found) => "a newer logverdict made it: update this one",
            ReadError::Schema(_) => {
                "give what compare or monitor wrote with --format json, not a scan, replay, notice or profile"
            }
            ReadError::Contradictions(_) => "it was edited or damaged after it was made: compare the logs again",
        }
    }
}

/// Whether the text ended before it began.
fn is_empty(error: &serde_json::Error) -> bool {
    error.is_eof() && (error.line(), error.column()) <= (1, 0)
}

/// Whether it is a later version of the same schema.
fn is_newer(schema: &str) -> bool {
    let version = |name: &str| {
        let number = name.strip_prefix("logverdict.report/")?;
        number.parse::<u64>().ok()
    };
    version(schema) > version(REPORT_SCHEMA)
}

/// What is read first: a newer report has fields that this version may not understand.
#[derive(Deserialize)]
struct Head {
    schema: String,
}

/// Most characters of a foreign schema's name.
const MOST_SCHEMA: usize = 100;

impl Report {
    /// Renders the report as JSON, schema [`REPORT_SCHEMA`].
    pub fn to_json(&self) -> String {
        pretty(self)
    }

    /// Reads a report that [`Report::to_json`] wrote, now or in an older version of the same schema.
    ///
    /// # Errors
    /// When it is no such report.
    pub fn from_json(text: &str) -> Result<Report, ReadError> {
        let head: Head = serde_json::from_str(text).map_err(ReadError::Json)?;
        match head.schema == REPORT_SCHEMA {
            true => serde_json::from_str(text).map_err(ReadError::Json),
            false => Err(ReadError::Schema(escape::cut(&head.schema, MOST_SCHEMA))),
        }
    }
}

impl Scan {
    /// Renders the scan as JSON, schema [`super::SCAN_SCHEMA`].
    pub fn to_json(&self) -> String {
        pretty(self)
    }
}

impl Replay {
    /// Renders the replay as JSON, schema [`super::REPLAY_SCHEMA`].
    pub fn to_json(&self) -> String {
        pretty(self)
    }
}

impl Notice {
    /// Renders the notice as JSON, schema [`super::NOTICE_SCHEMA`].
    pub fn to_json(&self) -> String {
        pretty(self)
    }
}

/// Serialising these values cannot fail: no map has keys that are not strings, and nothing is written to but memory.
fn pretty(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
