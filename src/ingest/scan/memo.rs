//! What repeats from entry to entry is read once: resources, log names, the minute of a time.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use super::cursor::Cursor;
use crate::model::{LogKind, Origin, Timestamp};

/// Texts of one kind that are kept ready. Services write with a handful of revisions and logs.
const TEXTS_MAX: usize = 16;

/// One scanner's memory. Bounded, but for the origins: a reader of hostile input stops learning at [`ORIGINS_MAX`].
#[derive(Debug, Default)]
pub struct Memo {
    resources: Vec<(Box<[u8]>, usize, usize)>,
    logs: Vec<(Box<[u8]>, LogKind, u64)>,
    origins: Vec<Origin>,
    origin_numbers: HashMap<Origin, usize>,
    minute: ([u8; MINUTE_LEN], i64),
}

/// Origins that one reader tells apart; any further ones share the last number, without names.
pub const ORIGINS_MAX: usize = 10_000;

/// `2026-03-01T10:00:`
const MINUTE_LEN: usize = 17;

impl Memo {
    /// The origins met so far, by their number.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The number of an origin.
    pub fn origin_number(&mut self, origin: Origin) -> usize {
        if let Some(&number) = self.origin_numbers.get(&origin) {
            return number;
        }
        let origin = if self.origins.len() < ORIGINS_MAX {
            origin
        } else {
            Origin::default()
        };
        *self.origin_numbers.entry(origin.clone()).or_insert_with(|| {
            self.origins.push(origin);
            self.origins.len() - 1
        })
    }

    /// Jumps over a resource that was met before.
    #[inline]
    pub(super) fn jump_resource(&mut self, cursor: &mut Cursor<'_>) -> Option<usize> {
        let found = self
            .resources
            .iter()
            .position(|(text, quotes, _)| cursor.jump(text, *quotes))?;
        let number = self.resources[found].2;
        if found > 0 {
            self.resources.swap(found, found - 1);
        }
        Some(number)
    }

    /// Remembers the resource that stands between `start` and the cursor.
    pub(super) fn learn_resource(
        &mut self,
        cursor: &Cursor<'_>,
        start: usize,
        first_quote: usize,
        origin: Origin,
    ) -> usize {
        let number = self.origin_number(origin);
        let text = cursor.passed_since(start).into();
        self.resources.truncate(TEXTS_MAX - 1);
        self.resources
            .push((text, cursor.quotes_passed() - first_quote, number));
        number
    }

    /// Kind of a log and hash of its unescaped name, from the raw `logName` or log id.
    #[inline]
    pub(super) fn log(&mut self, raw: &[u8]) -> (LogKind, u64) {
        if let Some((_, kind, hash)) = self.logs.iter().find(|(text, ..)| **text == *raw) {
            return (*kind, *hash);
        }
        let name = super::text::decode_to_string(raw);
        let (kind, hash) = (
            LogKind::of_log_name(&name),
            xxh3_64(name.replace("%2F", "/").as_bytes()),
        );
        self.logs.truncate(TEXTS_MAX - 1);
        self.logs.push((raw.into(), kind, hash));
        (kind, hash)
    }

    /// A time, quickly when it lies in the same minute as the one before.
    #[inline]
    pub(super) fn time(&mut self, raw: &[u8]) -> Option<Timestamp> {
        let (prefix, start) = &self.minute;
        if raw.starts_with(prefix)
            && let Some(nanos) = nanos_in_minute(&raw[MINUTE_LEN..])
        {
            return Some(Timestamp(start + nanos));
        }
        let time = Timestamp::parse(std::str::from_utf8(raw).ok()?)?;
        if raw.ends_with(b"Z")
            && let Some(prefix) = raw.first_chunk()
        {
            self.minute = (*prefix, time.minute().start().0);
        }
        Some(time)
    }
}

/// `05.123456Z` to nanoseconds; `None` for any other shape.
#[inline]
fn nanos_in_minute(text: &[u8]) -> Option<i64> {
    let [a @ b'0'..=b'5', b @ b'0'..=b'9', rest @ .., b'Z'] = text else {
        return None;
    };
    let seconds = i64::from(a - b'0') * 10 + i64::from(b - b'0');
    let mut nanos = 0;
    if let [b'.', digits @ ..] = rest {
        if digits.is_empty() || digits.len() > 9 {
            return None;
        }
        for b in digits {
            nanos = nanos * 10 + i64::from(b.is_ascii_digit().then(|| b - b'0')?);
        }
        nanos *= TENS[9 - digits.len()];
    } else if !rest.is_empty() {
        return None;
    }
    Some(seconds * 1_000_000_000 + nanos)
}

const TENS: [i64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn remembered_minutes_change_no_time(seconds in prop::collection::vec((0_i64..200, 0_i64..1_000_000_000), 1..40)) {
            let mut memo = Memo::default();
            for (second, nanos) in seconds {
                let time = Timestamp(1_772_359_200_000_000_000 + second * 1_000_000_000 + nanos);
                prop_assert_eq!(memo.time(time.to_string().as_bytes()), Some(time));
            }
        }
    }

    #[test]
    fn escaped_and_plain_log_names_are_one_log() {
        let mut memo = Memo::default();
        assert_eq!(
            memo.log(b"projects/p/logs/run.googleapis.com%2Fstderr"),
            memo.log(b"projects/p/logs/run.googleapis.com/stderr")
        );
        assert_ne!(memo.log(b"projects/p/logs/a").1, memo.log(b"projects/q/logs/a").1);
    }

    #[test]
    fn origins_are_bounded() {
        let mut memo = Memo::default();
        for i in 0..ORIGINS_MAX + 50 {
            memo.origin_number(Origin {
                revision: format!("r{i}"),
                ..Origin::default()
            });
        }
        assert_eq!(memo.origins().len(), ORIGINS_MAX + 1);
    }
}
