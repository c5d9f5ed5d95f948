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
    /// The text ends before the report does.
    Cut,
    /// It is no JSON, or not the JSON of a report.
    Json(serde_json::Error),
    /// It follows another schema.
    Schema(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Cut => f.write_str("a report that is cut: the text ends inside of it"),
            ReadError::Json(error) => write!(f, "not a report of logverdict: {error}"),
            ReadError::Schema(found) => {
                write!(f, "a report of schema {found:?}; this version reads {REPORT_SCHEMA:?}")
            }
        }
    }
}

impl std::error::Error for ReadError {}

/// What tells how the rest is to be read.
#[derive(Deserialize)]
struct Head {
    schema: String,
}

/// Most characters of a foreign schema's name.
const MOST_SCHEMA: usize = 100;

fn unreadable(error: serde_json::Error) -> ReadError {
    match error.is_eof() {
        true => ReadError::Cut,
        false => ReadError::Json(error),
    }
}

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
        // The schema first: of another one, no field is known to mean anything.
        let head: Head = serde_json::from_str(text).map_err(unreadable)?;
        if head.schema != REPORT_SCHEMA {
            return Err(ReadError::Schema(escape::cut(&head.schema, MOST_SCHEMA)));
        }
        serde_json::from_str(text).map_err(unreadable)
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
