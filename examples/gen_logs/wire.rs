//! Writes entries as compact JSON lines in the field order of the Cloud Logging API, into one buffer with their times.
//!
//! It knows how an entry is spelt, not what happens in the service.

use chrono::DateTime;

use crate::rng::Rng;

/// Microseconds since 1970.
pub type Micros = i64;

/// One minute in microseconds.
pub const MINUTE: Micros = 60_000_000;

const SECOND: Micros = 1_000_000;
/// Plain files arrive in one batch a second, so long after the end of the second.
const BATCH: Micros = 1_204_000;

/// The log ids, escaped as in `logName`.
pub mod log {
    /// One entry for each request.
    pub const REQUESTS: &str = "run.googleapis.com%2Frequests";
    /// Standard output.
    pub const STDOUT: &str = "run.googleapis.com%2Fstdout";
    /// Standard error.
    pub const STDERR: &str = "run.googleapis.com%2Fstderr";
    /// The platform.
    pub const SYSTEM: &str = "run.googleapis.com%2Fvarlog%2Fsystem";
    /// Who changed what.
    pub const ACTIVITY: &str = "cloudaudit.googleapis.com%2Factivity";
    /// What became of it.
    pub const SYSTEM_EVENT: &str = "cloudaudit.googleapis.com%2Fsystem_event";
}

/// Everything of an entry but its payload.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Event time.
    pub at: Micros,
    /// One of [`log`].
    pub log: &'a str,
    /// Severity; empty writes none.
    pub severity: &'a str,
    /// `instanceId`; empty writes none.
    pub instance: &'a str,
    /// The `resource` object.
    pub resource: &'a str,
    /// Trace id.
    pub trace: Option<u128>,
    /// From the event to its receipt, microseconds.
    pub delay: Micros,
}

/// A buffer of entries, each with its time.
#[derive(Debug, Default)]
pub struct Wire {
    /// The entries' bytes, one after another, without line ends.
    pub bytes: Vec<u8>,
    /// Time, start and end of each entry in `bytes`.
    pub marks: Vec<(Micros, usize, usize)>,
    project: String,
    plain: bool,
    counter: u64,
    minute: (Micros, String),
}

impl Wire {
    /// An empty buffer. `plain` ids are short counters, for files that must compress well.
    pub fn new(project: &str, plain: bool) -> Wire {
        Wire {
            project: project.to_owned(),
            plain,
            minute: (Micros::MIN, String::new()),
            ..Wire::default()
        }
    }

    /// Forgets the entries.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.marks.clear();
    }

    /// The entries in order of time, equal times in order of writing.
    pub fn sorted(&mut self) -> impl DoubleEndedIterator<Item = (Micros, &[u8])> {
        self.marks.sort_by_key(|mark| mark.0);
        self.marks.iter().map(|&(at, from, to)| (at, &self.bytes[from..to]))
    }

    /// Writes one entry; `payload` is one or more `"field":value`, separated by commas.
    pub fn entry(&mut self, rng: &mut Rng, head: Head, payload: &[u8]) {
        let start = self.bytes.len();
        self.put("{\"insertId\":\"");
        self.insert_id(rng, head.at);
        self.put("\",");
        self.bytes.extend_from_slice(payload);
        self.put(",\"resource\":");
        self.put(head.resource);
        self.put(",\"timestamp\":\"");
        self.time(head.at);
        if !head.severity.is_empty() {
            self.put("\",\"severity\":\"");
            self.put(head.severity);
        }
        if !head.instance.is_empty() {
            self.put("\",\"labels\":{\"instanceId\":\"");
            self.put(head.instance);
            self.put("\"},\"logName\":\"projects/");
        } else {
            self.put("\",\"logName\":\"projects/");
        }
        let project = std::mem::take(&mut self.project);
        self.put(&project);
        self.put("/logs/");
        self.put(head.log);
        if let Some(trace) = head.trace {
            self.put("\",\"trace\":\"projects/");
            self.put(&project);
            self.put("/traces/");
            push_hex(&mut self.bytes, (trace >> 64) as u64, 16);
            push_hex(&mut self.bytes, trace as u64, 16);
            self.put("\",\"spanId\":\"");
            push_hex(&mut self.bytes, (trace >> 32) as u64 ^ head.at as u64, 16);
            self.put("\",\"traceSampled\":true,\"receiveTimestamp\":\"");
        } else {
            self.put("\",\"receiveTimestamp\":\"");
        }
        self.project = project;
        let received = head.at + head.delay;
        self.time(if self.plain {
            received.div_euclid(SECOND) * SECOND + BATCH
        } else {
            received + rng.between(0, 80_000) as Micros
        });
        self.put("\"}");
        self.marks.push((head.at, start, self.bytes.len()));
    }

    fn put(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn insert_id(&mut self, rng: &mut Rng, at: Micros) {
        self.counter += 1;
        if self.plain {
            push_hex(&mut self.bytes, (at / MINUTE) as u64, 8);
            push_hex(&mut self.bytes, self.counter, 8);
        } else {
            push_hex(&mut self.bytes, rng.bits(), 14);
            push_hex(&mut self.bytes, self.counter, 10);
        }
    }

    /// RFC 3339 in UTC with three digits of a second (plain) or six; the minute is remembered, as most repeat it.
    fn time(&mut self, at: Micros) {
        let minute = at.div_euclid(MINUTE);
        if self.minute.0 != minute {
            let text = DateTime::from_timestamp(minute * 60, 0).map(|t| t.format("%Y-%m-%dT%H:%M:").to_string());
            self.minute = (minute, text.unwrap_or_default());
        }
        self.bytes.extend_from_slice(self.minute.1.as_bytes());
        let rest = at.rem_euclid(MINUTE) as u64;
        push_decimal(&mut self.bytes, rest / 1_000_000, 2);
        self.bytes.push(b'.');
        if self.plain {
            push_decimal(&mut self.bytes, rest % 1_000_000 / 1000, 3);
        } else {
            push_decimal(&mut self.bytes, rest % 1_000_000, 6);
        }
        self.bytes.push(b'Z');
    }
}

/// `"field":"text"`.
pub fn push_field(out: &mut Vec<u8>, name: &str, text: &str) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    push_string(out, text);
}

/// A JSON string.
pub fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// The low `digits` hexadecimal digits of a number.
pub fn push_hex(out: &mut Vec<u8>, number: u64, digits: u32) {
    for place in (0..digits).rev() {
        let nibble = if place < 16 { (number >> (4 * place)) & 15 } else { 0 };
        out.push(b"0123456789abcdef"[nibble as usize]);
    }
}

/// A decimal number with leading zeros up to `width`.
pub fn push_decimal(out: &mut Vec<u8>, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let (mut place, mut left) = (digits.len(), number);
    while left > 0 {
        place -= 1;
        digits[place] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    let from = place.min(digits.len() - width.clamp(1, 20));
    out.extend_from_slice(&digits[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(plain: bool, at: Micros, payload: &[u8]) -> serde_json::Value {
        let mut wire = Wire::new("acme-shop", plain);
        let head = Head {
            at,
            log: log::STDERR,
            severity: "ERROR",
            instance: "00ab",
            resource: "{}",
            trace: Some(5),
            delay: 100_000,
        };
        wire.entry(&mut Rng::new(1), head, payload);
        serde_json::from_slice(&wire.bytes).unwrap()
    }

    #[test]
    fn an_entry_is_json_with_the_fields_of_the_api() {
        let mut payload = Vec::new();
        push_field(&mut payload, "textPayload", "a \"b\"\n\\ \u{1b}[0m ü");
        let value = entry(false, 1_772_532_000_000_005, &payload);
        assert_eq!(value["textPayload"], "a \"b\"\n\\ \u{1b}[0m ü");
        assert_eq!(value["timestamp"], "2026-03-03T10:00:00.000005Z");
        assert_eq!(value["logName"], "projects/acme-shop/logs/run.googleapis.com%2Fstderr");
        assert_eq!(
            value["trace"],
            "projects/acme-shop/traces/00000000000000000000000000000005"
        );
        assert_eq!(value["labels"]["instanceId"], "00ab");
        assert_eq!(
            entry(true, 1_772_532_000_000_005, &payload)["receiveTimestamp"],
            "2026-03-03T10:00:01.204Z"
        );
    }

    #[test]
    fn numbers_are_padded_and_never_cut() {
        let written = |number, width| {
            let mut out = Vec::new();
            push_decimal(&mut out, number, width);
            String::from_utf8(out).unwrap()
        };
        assert_eq!([written(0, 1), written(7, 3), written(1234, 2)], ["0", "007", "1234"]);
        assert_eq!(written(u64::MAX, 6), u64::MAX.to_string());
    }
}
