//! From the bytes of a record to the fields of an entry, without a tree in between.
//!
//! Two passes over a block: [`Marks`] finds the quotes and line ends with SIMD, [`Scanner::record`] walks one record from
//! quote to quote and keeps what the tool reads. Both allocate nothing for an entry.

mod cursor;
mod fields;
mod level;
mod marks;
mod memo;
mod raw;
mod text;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

pub(super) use cursor::{Cursor, NotJson, Token};
pub(super) use fields::seconds_and_nanos;
pub use level::level_of;
pub use marks::Marks;
pub use memo::ORIGINS_MAX;
pub use raw::{RawEntry, RawRequest};
pub use text::{Repairs, decode, decode_to_string};

use super::Reason;
use crate::model::{LogKind, Origin, Timestamp};
use memo::Memo;
use raw::Fields;

/// Scans records one after the other, with a memory for what repeats.
#[derive(Debug, Default)]
pub struct Scanner {
    memo: Memo,
}

/// Told apart from a full entry with the same identity: an entry that lost its payload on the way.
const WITHOUT_CONTENT: u64 = 0x6c6f_7374_5f70_6179;

impl Scanner {
    /// The origins met so far; [`RawEntry::origin`] is an index into it.
    pub fn origins(&self) -> &[Origin] {
        self.memo.origins()
    }

    /// Scans the record in `block[start..end]`. `quotes` are the block's marks, `next_quote` counts those before `start`
    /// and is moved on to those before `end`.
    ///
    /// # Errors
    /// The reason for which the record must be rejected.
    #[inline]
    pub fn record<'a>(
        &mut self,
        block: &'a [u8],
        (start, end): (usize, usize),
        quotes: &'a [u32],
        next_quote: &mut usize,
    ) -> Result<RawEntry<'a>, Reason> {
        while quotes.get(*next_quote).is_some_and(|q| (*q as usize) < start) {
            *next_quote += 1;
        }
        let mut cursor = Cursor::new(block, start, end, quotes, *next_quote);
        if cursor.peek() != Some(b'{') {
            return Err(if cursor.skip().is_ok() && cursor.peek().is_none() {
                Reason::NotAnObject
            } else {
                Reason::InvalidJson
            });
        }
        let mut fields = Fields::default();
        fields::record(&mut cursor, &mut fields, &mut self.memo).map_err(|_| Reason::InvalidJson)?;
        if cursor.peek().is_some() {
            return Err(Reason::InvalidJson);
        }
        *next_quote = cursor.quotes_passed();
        if !fields.is_log_entry {
            return Err(Reason::NotALogEntry);
        }
        Ok(self.finish(fields, &block[start..end]))
    }

    fn finish<'a>(&mut self, fields: Fields<'a>, record: &[u8]) -> RawEntry<'a> {
        let (time, bad_time) = self.time(&fields);
        let log_name = if fields.log_name.is_empty() {
            fields.log_id
        } else {
            fields.log_name
        };
        let (mut log, log_hash) = self.memo.log(log_name);
        if log_name.is_empty() && fields.request.is_some() {
            log = LogKind::Requests;
        }
        let has_content = fields.has_payload || fields.text_payload.is_some() || fields.request.is_some();
        let identified = time.is_some() && !fields.insert_id.is_empty();
        let mut key = match time {
            Some(time) if identified => {
                xxh3_64_with_seed(fields.insert_id, log_hash ^ time.0.cast_unsigned().rotate_left(32))
            }
            // Without the white space around it: the same in a file with CRLF or in an array.
            _ => xxh3_64(record.trim_ascii()),
        };
        if !has_content {
            key ^= WITHOUT_CONTENT;
        }
        let message = fields.text_payload.or(fields.payload_text.map(|(_, text)| text));
        RawEntry {
            timestamp: time,
            received: fields.receive_timestamp,
            bad_time,
            severity: fields.severity.or(fields.own_level),
            logged_severity: fields.severity,
            log_name,
            log,
            log_hash,
            origin: fields
                .origin
                .unwrap_or_else(|| self.memo.origin_number(Origin::default())),
            instance: fields.instance,
            insert_id: fields.insert_id,
            message,
            text_body: None,
            is_structured: fields.text_payload.is_none(),
            exception: fields.exception_beside(message),
            trace: fields.trace,
            request: fields.request,
            has_content,
            key,
            identified,
        }
    }

    fn time(&mut self, fields: &Fields<'_>) -> (Option<Timestamp>, bool) {
        let given = fields.timestamp.or(fields.receive_timestamp);
        let time = given.and_then(|raw| self.memo.time(raw));
        (time, given.is_some() && time.is_none())
    }

    /// A time as an entry has it; faster than [`Timestamp::parse`] where many share their date.
    #[inline]
    pub fn time_of(&mut self, raw: &[u8]) -> Option<Timestamp> {
        self.memo.time(raw)
    }

    /// An entry made of a line of plain text: what `gcloud run services logs read` prints, or a copied console line.
    ///
    /// A time at its start is its timestamp. It has no origin and no identity.
    pub fn text_line<'a>(&mut self, line: &'a [u8]) -> RawEntry<'a> {
        let (time, body) = leading_time(line).map_or((None, 0), |(time, end)| (Some(time), end));
        RawEntry {
            timestamp: time,
            received: None,
            bad_time: false,
            severity: None,
            logged_severity: None,
            log_name: b"",
            log: LogKind::Other,
            log_hash: 0,
            origin: self.memo.origin_number(Origin::default()),
            instance: b"",
            insert_id: b"",
            message: Some(line),
            text_body: Some(body),
            is_structured: false,
            exception: None,
            trace: b"",
            request: None,
            has_content: true,
            key: xxh3_64(line),
            identified: false,
        }
    }
}

/// The time that a line starts with: `2026-03-01T10:00:00Z ...`, `2026-03-01 10:00:00 ...` (taken as UTC), behind a level
/// word as the console copies it. Also where the text begins: behind the time and one blank, so that an indentation
/// stays; at the start if the time is the logger's own, in brackets.
fn leading_time(line: &[u8]) -> Option<(Timestamp, usize)> {
    let whole = match std::str::from_utf8(&line[..line.len().min(64)]) {
        Ok(head) => head,
        // The head may end inside of a character.
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&line[..e.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let head = whole.trim_start_matches(|c: char| c.is_ascii_uppercase() || c == ' ' || c == '[');
    let date = head.get(..10)?;
    let rest = head.get(11..)?;
    let length = rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | ',')))
        .unwrap_or(rest.len());
    let time = rest[..length].trim_end_matches(['.', ',', ':']).replace(',', ".");
    if time.len() < 8 {
        return None;
    }
    let offset = &rest[length..];
    let offset = match offset.as_bytes().first() {
        Some(b'+' | b'-') => offset.get(..6).filter(|o| o.as_bytes()[3] == b':').unwrap_or("Z"),
        _ => "Z",
    };
    let parsed = Timestamp::parse(&format!("{date}T{time}{offset}"))?;
    let zone = if rest[length..].starts_with(offset) {
        offset.len()
    } else {
        0
    };
    let start = whole.len() - head.len();
    let end = start + 11 + length + zone;
    let is_bracketed = whole[..start].contains('[');
    let body = if is_bracketed {
        0
    } else {
        end + usize::from(whole[end..].starts_with(' '))
    };
    Some((parsed, body))
}

#[cfg(test)]
mod tests;
