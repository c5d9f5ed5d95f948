//! The machine's renderings: JSON with the same bytes for the same value, and a report read back from it.
//!
//! Input: report, scan, replay or notice. Output: pretty-printed JSON with a line break at its end. Every field is in `docs/report.md`.

use std::fmt;

use serde::Serialize;

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
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Json(error) => write!(f, "not a report of logverdict: {error}"),
            ReadError::Schema(found) => {
                write!(f, "a report of schema {found:?}; this version reads {REPORT_SCHEMA:?}")
            }
        }
    }
}

impl std::error::Error for ReadError {}

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
        let report: Report = serde_json::from_str(text).map_err(ReadError::Json)?;
        match report.schema == REPORT_SCHEMA {
            true => Ok(report),
            false => Err(ReadError::Schema(report.schema)),
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
