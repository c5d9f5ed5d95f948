//! The fields of one LogEntry as they stand in the block: raw JSON strings, escapes not yet decoded.

use crate::model::{LogKind, Severity, Timestamp};

/// One valid record. The slices point into the block that was scanned.
#[derive(Debug, Clone, Copy)]
pub struct RawEntry<'a> {
    /// `timestamp`, else `receiveTimestamp`.
    pub timestamp: Option<Timestamp>,
    /// `receiveTimestamp` as it was written.
    pub received: Option<&'a [u8]>,
    /// A time was given, but could not be read.
    pub bad_time: bool,
    /// The severity field, or the application's own level field.
    pub severity: Option<Severity>,
    /// The severity field alone.
    pub logged_severity: Option<Severity>,
    /// `logName`, else the log id.
    pub log_name: &'a [u8],
    /// Kind of the log.
    pub log: LogKind,
    /// Hash of the log's unescaped name.
    pub log_hash: u64,
    /// Number of the origin in the scanner's table.
    pub origin: usize,
    /// `labels.instanceId`
    pub instance: &'a [u8],
    /// `insertId`
    pub insert_id: &'a [u8],
    /// Message text.
    pub message: Option<&'a [u8]>,
    /// Of a line of plain text: where its text begins, behind its time.
    pub text_body: Option<usize>,
    /// The message is part of a structured payload.
    pub is_structured: bool,
    /// What tells of an exception and is not the message.
    pub exception: Option<&'a [u8]>,
    /// `trace`
    pub trace: &'a [u8],
    /// `httpRequest`
    pub request: Option<RawRequest<'a>>,
    /// It has a payload or a request.
    pub has_content: bool,
    /// Stable hash of its identity.
    pub key: u64,
    /// The identity is complete: the entry can be told from its duplicates.
    pub identified: bool,
}

impl RawEntry<'_> {
    /// `receiveTimestamp`, if it can be read.
    pub fn received_at(&self) -> Option<Timestamp> {
        Timestamp::parse(std::str::from_utf8(self.received?).ok()?)
    }
}

/// `httpRequest`.
#[derive(Debug, Clone, Copy, Default)]
pub struct RawRequest<'a> {
    /// `requestMethod`
    pub method: &'a [u8],
    /// `requestUrl`
    pub url: &'a [u8],
    /// `status`, 100 to 999.
    pub status: Option<u16>,
    /// `latency`, nanoseconds.
    pub latency_ns: Option<u64>,
}

/// What stands in one record, while it is being walked.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub timestamp: Option<&'a [u8]>,
    pub receive_timestamp: Option<&'a [u8]>,
    pub severity: Option<Severity>,
    pub own_level: Option<Severity>,
    pub log_name: &'a [u8],
    pub log_id: &'a [u8],
    pub origin: Option<usize>,
    pub instance: &'a [u8],
    pub insert_id: &'a [u8],
    pub text_payload: Option<&'a [u8]>,
    /// Best message of a structured payload so far, with its rank: the lowest wins.
    pub payload_text: Option<(u8, &'a [u8])>,
    /// Longest text of a structured payload that tells of an exception.
    pub exception: &'a [u8],
    pub trace: &'a [u8],
    pub has_payload: bool,
    pub request: Option<RawRequest<'a>>,
    /// At least one name that a LogEntry has.
    pub is_log_entry: bool,
}

impl<'a> Fields<'a> {
    /// Offers a message text of the given rank.
    #[inline]
    pub fn offer(&mut self, rank: u8, text: &'a [u8]) {
        if !text.is_empty() && self.payload_text.is_none_or(|(best, _)| rank < best) {
            self.payload_text = Some((rank, text));
        }
    }

    /// Offers a text that tells of an exception: a whole stack is longer than the name of its type.
    #[inline]
    pub fn offer_exception(&mut self, text: &'a [u8]) {
        if text.len() > self.exception.len() {
            self.exception = text;
        }
    }

    /// The text of the exception, unless the message says the same.
    pub fn exception_beside(&self, message: Option<&[u8]>) -> Option<&'a [u8]> {
        let nothing = matches!(self.exception, b"" | b"None" | b"NoneType: None");
        (!nothing && message != Some(self.exception)).then_some(self.exception)
    }
}
