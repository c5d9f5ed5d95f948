//! Lengths of time as people type them, after gcloud's: `30m`, `6h`, `1d`, `1h30m`, `1w`.

use std::time::Duration;

use super::failure::Failure;

/// The longest time that can be asked for: Cloud Logging keeps entries for at most ten years.
const LONGEST: Duration = Duration::from_secs(3650 * 86_400);

/// Reads a length of time; more than zero, at most ten years.
pub fn duration(text: &str) -> Result<Duration, Failure> {
    parse(text).filter(|d| !d.is_zero() && *d <= LONGEST).ok_or_else(|| {
        Failure::usage(
            format!("{text:?} is no length of time"),
            "write a number and a unit (s, m, h, d, w), such as 30m, 6h or 1h30m",
        )
    })
}

fn parse(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let seconds = match unit.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        total = total.checked_add(Duration::from_secs(number.checked_mul(seconds)?))?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    Some(total)
}

/// The two largest units of a length of time: `2 h 5 min`, `40 s`.
pub fn words(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, _) if rest == 0 || minutes >= 10 => format!("{minutes} min"),
        (0, _) => format!("{minutes} min {rest} s"),
        (_, 0) => format!("{hours} h"),
        _ => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_as_gcloud_writes_them() {
        for (text, seconds) in [
            ("90s", 90),
            ("30m", 1800),
            ("6h", 21_600),
            ("1d", 86_400),
            ("1h30m", 5400),
            ("1W", 604_800),
        ] {
            assert_eq!(duration(text).unwrap().as_secs(), seconds, "{text}");
        }
        for bad in [
            "",
            "5",
            "m",
            "1x",
            "-1h",
            "0s",
            "1h 5m",
            "99999999999999999999s",
            "4000d",
            "½h",
            "1é",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn words_have_two_units_at_most() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (120, "2 min"),
            (725, "12 min"),
            (3600, "1 h"),
            (7500, "2 h 5 min"),
        ] {
            assert_eq!(words(Duration::from_secs(seconds)), text);
        }
    }
}
