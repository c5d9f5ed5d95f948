//! A value of a filter in all the types that a field may have; which one counts is the field's business.

use super::super::fold::Folded;
use super::super::schema::Type;
use crate::model::{Severity, Timestamp};

/// A value that fields are compared with. A type that it has no form of never fits.
#[derive(Debug, Clone)]
pub struct Needle {
    pub text: Folded,
    pub number: Option<f64>,
    pub int: Option<i64>,
    pub bool: Option<bool>,
    /// Number of a `LogSeverity`.
    pub severity: Option<i64>,
    pub time: Option<Timestamp>,
    /// Nanoseconds.
    pub duration: Option<i64>,
    /// `NULL_VALUE`, not in quotes.
    pub is_null: bool,
}

impl Needle {
    pub fn new(text: &str, quoted: bool) -> Needle {
        let int = text.parse().ok();
        let severity = Severity::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(text));
        Needle {
            text: Folded::new(text),
            number: number(text),
            int,
            bool: bool_of(text),
            severity: severity.map(severity_number).or(int),
            time: time(text),
            duration: duration(text),
            is_null: !quoted && text == "NULL_VALUE",
        }
    }

    /// Whether it has a form of the type.
    pub fn fits(&self, ty: Type) -> bool {
        match ty {
            Type::Severity => self.severity.is_some(),
            Type::Time => self.time.is_some(),
            Type::Duration => self.duration.is_some(),
            Type::Int => self.int.is_some(),
            Type::Number => self.number.is_some(),
            Type::Bool => self.bool.is_some(),
            _ => true,
        }
    }
}

/// The number of a `LogSeverity`: 0 to 800.
pub fn severity_number(severity: Severity) -> i64 {
    severity as i64 * 100
}

/// A decimal number. `inf`, `nan` and the like are words.
pub fn number(text: &str) -> Option<f64> {
    let is_number = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|_| is_number)
}

/// `true` or `false` in any case.
pub fn bool_of(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// An RFC 3339 time with its zone, or a date.
pub fn time(text: &str) -> Option<Timestamp> {
    // Years have four digits; without this check a number would be read as a year.
    let is_dated = text.as_bytes().get(4) == Some(&b'-') && !text.contains(' ');
    Timestamp::parse(text).filter(|_| is_dated)
}

/// A signed decimal number with a unit, in nanoseconds, cut to whole ones.
pub fn duration(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 7] = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    let split = text.find(|c: char| c.is_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (sign, digits) = match number.as_bytes().first()? {
        b'-' => (-1, &number[1..]),
        b'+' => (1, &number[1..]),
        _ => (1, number),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // Fifteen digits of an hour are far below a nanosecond.
    let (mut numerator, mut denominator) = (0_i128, 1_i128);
    for digit in fraction.bytes().take(15) {
        numerator = numerator * 10 + i128::from(digit - b'0');
        denominator *= 10;
    }
    let part = i64::try_from(i128::from(*unit) * numerator / denominator).ok()?;
    let ns = whole.checked_mul(*unit)?.checked_add(part)?;
    Some(sign * ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, ns) in [
            ("1.5s", 1_500_000_000),
            ("0s", 0),
            ("-2ms", -2_000_000),
            ("+3us", 3_000),
            ("3µs", 3_000),
            ("7ns", 7),
            ("1.5m", 90_000_000_000),
            ("0.5h", 1_800_000_000_000),
            (".25s", 250_000_000),
            ("1.s", 1_000_000_000),
            ("0.0000000019s", 1),
        ] {
            assert_eq!(duration(text), Some(ns), "{text}");
        }
        for text in [
            "",
            "s",
            "1",
            "1.5",
            ".s",
            "1d",
            "1 s",
            "1s2",
            "1m30s",
            "1e3s",
            "--1s",
            "99999999999h",
            "1S",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_digits() {
        assert_eq!(
            (number("1e3"), number("-.5"), number("+7")),
            (Some(1000.0), Some(-0.5), Some(7.0))
        );
        for text in ["", "inf", "NaN", "1x", "0x10", "infinity", "1_0", "e"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_dates_or_have_a_zone() {
        for text in ["2026-03-01", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.5+01:00"] {
            assert!(time(text).is_some(), "{text}");
        }
        for text in [
            "",
            "2026",
            "2026-03",
            "2026-03-01T10:00:00",
            "2026-03-01 10:00:00Z",
            "10:00",
        ] {
            assert!(time(text).is_none(), "{text}");
        }
    }

    #[test]
    fn severities_are_names_or_numbers() {
        let of = |text: &str| Needle::new(text, true).severity;
        assert_eq!(
            [of("warning"), of("DEFAULT"), of("500")],
            [Some(400), Some(0), Some(500)]
        );
        assert_eq!([of("FATAL"), of("")], [None, None]);
    }
}
