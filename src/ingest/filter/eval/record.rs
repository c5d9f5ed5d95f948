//! What a filter is asked about: an entry as it stands in its source, with what the scanner knows of it already.

use super::super::program::Known;
use super::value::Value;
use crate::ingest::scan::RawEntry;
use crate::model::{Origin, Timestamp};

/// One entry.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    bytes: &'a [u8],
    known: Knowledge<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Knowledge<'a> {
    /// A JSON object of which nothing is known.
    Nothing,
    /// A JSON object that was scanned.
    Scanned(&'a RawEntry<'a>, &'a Origin),
    /// A line of text and its time: there is nothing else.
    Text(Option<Timestamp>),
}

impl<'a> Record<'a> {
    /// A LogEntry as a JSON object.
    pub fn json(bytes: &'a [u8]) -> Record<'a> {
        Record {
            bytes,
            known: Knowledge::Nothing,
        }
    }

    /// A line of plain text: an entry whose `textPayload` it is.
    pub fn text(line: &'a [u8], time: Option<Timestamp>) -> Record<'a> {
        Record {
            bytes: line,
            known: Knowledge::Text(time),
        }
    }

    /// A record that was scanned: what is known of it is not read twice.
    pub fn scanned(bytes: &'a [u8], entry: &'a RawEntry<'a>, origin: &'a Origin) -> Record<'a> {
        let known = match entry.text_body {
            Some(_) => Knowledge::Text(entry.timestamp),
            None => Knowledge::Scanned(entry, origin),
        };
        Record { bytes, known }
    }

    /// The bytes to be walked; `None` if there is nothing more to know.
    pub(super) fn json_bytes(&self) -> Option<&'a [u8]> {
        match self.known {
            Knowledge::Text(_) => None,
            _ => Some(self.bytes),
        }
    }

    /// The bytes, if they are known to be a JSON object.
    pub(super) fn scanned_bytes(&self) -> Option<&'a [u8]> {
        matches!(self.known, Knowledge::Scanned(..)).then_some(self.bytes)
    }

    /// The name of its log or, of an export that has no more, the log's bare id: the inside of a JSON string.
    pub(super) fn log(&self) -> Option<&'a [u8]> {
        match self.known {
            Knowledge::Scanned(entry, _) => Some(entry.log_name),
            _ => None,
        }
    }

    /// What is known of a field without a walk: `None` is unknown, `Some(None)` has no value.
    pub(super) fn known(&self, field: Known) -> Option<Option<Fact<'a>>> {
        match self.known {
            Knowledge::Nothing => None,
            Knowledge::Text(time) => Some(match field {
                Known::TextPayload => Some(Fact::Text(self.bytes)),
                Known::Time => time.map(|t| Fact::Value(Value::Time(t))),
                _ => None,
            }),
            Knowledge::Scanned(entry, origin) => scanned(entry, origin, field),
        }
    }
}

/// A value that is known.
#[derive(Debug, Clone)]
pub(super) enum Fact<'a> {
    /// The inside of a JSON string, or a line of text.
    Text(&'a [u8]),
    Value(Value<'a>),
}

fn scanned<'a>(entry: &RawEntry<'a>, origin: &'a Origin, field: Known) -> Option<Option<Fact<'a>>> {
    let text = |raw: &'a [u8]| Some(Some(Fact::Text(raw)));
    // Empty may also mean absent, which is not the same for labels.
    let label = |text: &'a str| (!text.is_empty()).then(|| Some(Fact::Value(Value::Text(text.into()))));
    match field {
        Known::Severity => {
            let number = entry.logged_severity.map(|s| s as i64 * 100);
            Some(number.map(|n| Fact::Value(Value::Severity(n))))
        }
        Known::Time => Some(entry.timestamp.map(|t| Fact::Value(Value::Time(t)))),
        // A bare log id is no name.
        Known::LogName if memchr::memmem::find(entry.log_name, b"/logs/").is_some() => text(entry.log_name),
        Known::LogName => None,
        Known::InsertId => text(entry.insert_id),
        Known::Trace => text(entry.trace),
        Known::TextPayload => match entry.message {
            Some(message) if !entry.is_structured => text(message),
            _ => Some(None),
        },
        Known::ResourceType => label(&origin.resource_type),
        Known::Project => label(&origin.project),
        Known::Location => label(&origin.location),
        Known::Service => label(&origin.service),
        Known::Revision => label(&origin.revision),
        Known::Status => {
            let Some(request) = entry.request else {
                return Some(None);
            };
            let status = request.status?;
            Some(Some(Fact::Value(Value::Int(status.into()))))
        }
        Known::Latency => {
            let Some(request) = entry.request else {
                return Some(None);
            };
            let ns = i64::try_from(request.latency_ns?).ok()?;
            Some(Some(Fact::Value(Value::Duration(ns))))
        }
    }
}
