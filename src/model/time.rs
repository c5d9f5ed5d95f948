//! Instants, minutes and half-open windows, all UTC. Nobody here asks what time it is now.

use std::fmt;

use chrono::{DateTime, NaiveDate, SecondsFormat};
use serde::{Deserialize, Serialize};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_MINUTE: i64 = 60 * NANOS_PER_SECOND;

/// An instant: nanoseconds since 1970-01-01T00:00:00Z, years 1678 to 2261.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(pub i64);

/// A whole minute: minutes since 1970-01-01T00:00:00Z, rounded down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minute(pub i64);

/// A half-open range of time: `start` belongs to it, `end` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First instant inside; `None` is unbounded.
    pub start: Option<Timestamp>,
    /// First instant after; `None` is unbounded.
    pub end: Option<Timestamp>,
}

impl Timestamp {
    /// Reads RFC 3339 with 0 to 9 fraction digits (more are cut) and any offset; a blank may stand for the `T`.
    pub fn parse(text: &str) -> Option<Timestamp> {
        parse_utc(text.as_bytes()).or_else(|| parse_any_offset(text))
    }

    /// The first minute that begins at the instant or after it.
    pub fn next_minute(self) -> Minute {
        let minute = self.minute();
        if minute.start() == self {
            minute
        } else {
            Minute(minute.0 + 1)
        }
    }

    /// The minute that the instant lies in.
    pub fn minute(self) -> Minute {
        Minute(self.0.div_euclid(NANOS_PER_MINUTE))
    }
}

/// The form that Cloud Logging writes, `2026-03-01T10:00:00.123456Z`, without a general parser.
fn parse_utc(b: &[u8]) -> Option<Timestamp> {
    if b.len() < 20 || *b.last()? != b'Z' || b[4] != b'-' || b[7] != b'-' || b[13] != b':' || b[16] != b':' {
        return None;
    }
    if !matches!(b[10], b'T' | b't' | b' ') {
        return None;
    }
    let two = |i: usize| digits(&b[i..i + 2]);
    let (year, month, day) = (digits(&b[..4])?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let fraction = &b[19..b.len() - 1];
    let nanos = match fraction.split_first() {
        None => 0,
        Some((b'.', ds)) if !ds.is_empty() => {
            let kept = &ds[..ds.len().min(9)];
            digits(&ds[kept.len()..])?;
            digits(kept)? * 10_i64.pow(9 - u32::try_from(kept.len()).ok()?)
        }
        Some(_) => return None,
    };
    let days = days_since_epoch(year, month, day)?;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(nanos).map(Timestamp)
}

fn digits(b: &[u8]) -> Option<i64> {
    b.iter().try_fold(0_i64, |n, c| {
        c.is_ascii_digit().then(|| n.wrapping_mul(10) + i64::from(c - b'0'))
    })
}

fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let month_days = [
        31,
        28 + i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    if day > month_days[usize::try_from(month - 1).ok()?] {
        return None;
    }
    // Days from civil: years start in March, so that the leap day is the last one (Howard Hinnant, "chrono-Compatible
    // Low-Level Date Algorithms").
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

fn parse_any_offset(text: &str) -> Option<Timestamp> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return date
            .and_hms_opt(0, 0, 0)?
            .and_utc()
            .timestamp_nanos_opt()
            .map(Timestamp);
    }
    DateTime::parse_from_rfc3339(text)
        .ok()?
        .timestamp_nanos_opt()
        .map(Timestamp)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::from_timestamp_nanos(self.0);
        f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Timestamp::parse(&text).ok_or_else(|| format!("not an RFC 3339 time: {text:?}"))
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> String {
        time.to_string()
    }
}

impl Minute {
    /// The first instant of the minute.
    pub fn start(self) -> Timestamp {
        Timestamp(self.0.saturating_mul(NANOS_PER_MINUTE))
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.start().fmt(f)
    }
}

impl Window {
    /// The window that holds every instant.
    pub const ALL: Window = Window { start: None, end: None };

    /// Whether the instant lies inside.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.start.is_none_or(|s| s <= time) && self.end.is_none_or(|e| time < e)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fractions_of_any_length_are_nanoseconds() {
        let second = Timestamp::parse("2026-03-01T10:00:00Z").unwrap();
        assert_eq!(second.0, 1_772_359_200_000_000_000);
        for (text, nanos) in [
            (".5", 500_000_000),
            (".123456", 123_456_000),
            (".123456789", 123_456_789),
            (".1234567899", 123_456_789),
        ] {
            assert_eq!(
                Timestamp::parse(&format!("2026-03-01T10:00:00{text}Z")),
                Some(Timestamp(second.0 + nanos))
            );
        }
    }

    #[test]
    fn offsets_dates_and_blanks_are_read() {
        let utc = Timestamp::parse("2026-03-01T10:00:00.25Z").unwrap();
        assert_eq!(Timestamp::parse("2026-03-01T11:00:00.25+01:00"), Some(utc));
        assert_eq!(Timestamp::parse("2026-03-01 10:00:00.25Z"), Some(utc));
        assert_eq!(Timestamp::parse("2026-03-01"), Timestamp::parse("2026-03-01T00:00:00Z"));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "Z",
            "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.1x3Z",
            "9999999999999999999Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn windows_are_half_open() {
        let (a, b) = (Timestamp(10), Timestamp(20));
        let window = Window {
            start: Some(a),
            end: Some(b),
        };
        assert!(window.contains(a) && !window.contains(b) && Window::ALL.contains(b));
    }

    proptest! {
        #[test]
        fn the_quick_parser_agrees_with_chrono(nanos in -5_000_000_000_000_000_000_i64..9_000_000_000_000_000_000) {
            let text = DateTime::from_timestamp_nanos(nanos).to_rfc3339_opts(SecondsFormat::Nanos, true);
            prop_assert_eq!(parse_utc(text.as_bytes()), Some(Timestamp(nanos)));
            prop_assert_eq!(Timestamp::parse(&Timestamp(nanos).to_string()), Some(Timestamp(nanos)));
        }
    }
}
