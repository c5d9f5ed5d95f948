//! Numbers and names in short plain English. The one place that decides how a number is rounded; holds no log text.

use crate::model::{Signal, SignalKind};

pub(super) use crate::model::thousands as count;

/// A count that may be a fraction (an expected number of events): `1.2`, `35`, `1,200`.
pub(super) fn amount(x: f64) -> String {
    if !x.is_finite() {
        return "an unknown number".to_owned();
    }
    match x.abs() {
        a if a >= 9.95 => {
            let sign = if x < 0.0 { "-" } else { "" };
            format!("{sign}{}", count(a.round() as u64))
        }
        a if a >= 0.095 || a == 0.0 => trimmed(x, 1),
        _ => format!("{x:.2}"),
    }
}

/// A share of one as per cent with two or three meaningful digits: `0.0123` is `1.23 %`.
pub(super) fn percent(share: f64) -> String {
    let p = share * 100.0;
    if !p.is_finite() {
        return "an unknown share".to_owned();
    }
    match p.abs() {
        0.0 => "0 %".to_owned(),
        a if a < 0.001 => "below 0.001 %".to_owned(),
        // Close to the whole, the digits that matter are those of what is missing.
        a if a > 99.0 && a < 100.0 => format!("{} %", floored(p, 2)),
        a if a >= 99.95 => format!("{} %", trimmed(p, 0)),
        a if a >= 9.95 => format!("{} %", trimmed(p, 1)),
        a if a >= 0.095 => format!("{} %", trimmed(p, 2)),
        _ => format!("{} %", trimmed(p, 3)),
    }
}

/// A ratio: `3.4 times`, `35 times`.
pub(super) fn times(ratio: f64) -> String {
    if !ratio.is_finite() {
        return "an unknown multiple of".to_owned();
    }
    format!("{} times", digits(ratio))
}

/// A number with about two meaningful digits.
pub(super) fn digits(x: f64) -> String {
    if !x.is_finite() {
        return "unknown".to_owned();
    }
    match x.abs() {
        a if a >= 9.95 => amount(x),
        a if a >= 0.95 => trimmed(x, 1),
        _ => trimmed(x, 2),
    }
}

/// Milliseconds: `48 ms`, `1.7 ms`, `2,300 ms`.
pub(super) fn ms(x: f64) -> String {
    if !x.is_finite() {
        return "an unknown time".to_owned();
    }
    format!("{} ms", amount(x))
}

/// A probability: `0.012`, `below 0.0001`.
pub(super) fn probability(p: f64) -> String {
    match p {
        _ if !p.is_finite() => "unknown".to_owned(),
        _ if p < 0.0001 => "below 0.0001".to_owned(),
        _ if p < 0.01 => trimmed(p, 4),
        _ => trimmed(p, 3),
    }
}

/// A length of time in minutes: `45 min`, `2 h 10 min`, `3 d 4 h`.
pub(super) fn duration(minutes: f64) -> String {
    if !minutes.is_finite() || minutes < 0.0 {
        return "an unknown time".to_owned();
    }
    // Long times are rounded: nobody waits for the 7 in 2 h 17 min.
    let step = match minutes {
        m if m > 24.0 * 60.0 => 60.0,
        m if m > 120.0 => 10.0,
        m if m > 30.0 => 5.0,
        _ => 1.0,
    };
    exact_duration(((minutes / step).ceil() * step) as u64)
}

/// A length of time that was observed, not estimated: no rounding below a day.
pub(super) fn exact_duration(minutes: u64) -> String {
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, m) => format!("{m} min"),
        (0, h, 0) => format!("{h} h"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, 0, _) => format!("{d} d"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}

/// `1 time`, `2 times`; any noun that takes an s.
pub(super) fn plural(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// What to call a signal in a sentence. Ids and titles of routes, templates and stacks are log text and stay out.
pub(super) fn name(signal: &Signal) -> String {
    match signal.kind {
        SignalKind::Pattern if signal.title.is_empty() => format!("pattern {}", signal.id),
        SignalKind::Pattern => format!("{} ({})", signal.title, signal.id),
        SignalKind::StatusClass => format!("{} responses", signal.id),
        SignalKind::Route => "server errors of one route".to_owned(),
        SignalKind::Unmatched => "error messages that no pattern explains".to_owned(),
        SignalKind::Template => "a message that no pattern explains".to_owned(),
        SignalKind::Stack => "an exception".to_owned(),
        SignalKind::Latency => match signal.id.split_once(' ') {
            None => format!("{} latency", signal.id),
            Some((quantile, _)) => format!("{quantile} latency of one route"),
        },
    }
}

/// The quantile of a latency signal, in a sentence. The route in its id is log text and stays out.
pub(super) fn quantile(signal: &Signal) -> String {
    match signal.id.split_once(' ') {
        None => signal.id.clone(),
        Some((quantile, _)) => format!("{quantile} of one route"),
    }
}

/// The name at the start of a sentence.
pub(super) fn sentence_start(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn trimmed(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn floored(x: f64, decimals: i32) -> String {
    let scale = 10_f64.powi(decimals);
    trimmed((x * scale).floor() / scale, decimals.unsigned_abs() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")];
        for (n, text) in cases {
            assert_eq!(count(n), text);
        }
        assert_eq!(
            (plural(1, "exit"), plural(1200, "exit")),
            ("1 exit".into(), "1,200 exits".into())
        );
    }

    #[test]
    fn numbers_are_rounded_sensibly() {
        assert_eq!(
            [amount(1.234), amount(35.4), amount(0.0), amount(0.04), amount(12345.0)],
            ["1.2", "35", "0", "0.04", "12,345"]
        );
        assert_eq!(
            [
                percent(0.0123),
                percent(0.5),
                percent(0.0),
                percent(0.0004),
                percent(0.9996),
                percent(1.0)
            ],
            ["1.23 %", "50 %", "0 %", "0.04 %", "99.96 %", "100 %"]
        );
        assert_eq!(percent(0.000_000_1), "below 0.001 %");
        assert_eq!(
            [times(3.44), times(35.2), times(0.25)],
            ["3.4 times", "35 times", "0.25 times"]
        );
        assert_eq!(
            [ms(48.2), ms(1.74), ms(2300.0), ms(-60.0)],
            ["48 ms", "1.7 ms", "2,300 ms", "-60 ms"]
        );
        assert_eq!(
            [probability(0.000_01), probability(0.0012), probability(0.25)],
            ["below 0.0001", "0.0012", "0.25"]
        );
    }

    #[test]
    fn times_read_like_a_clock() {
        assert_eq!(
            [duration(3.2), duration(44.0), duration(127.0), duration(4500.0)],
            ["4 min", "45 min", "2 h 10 min", "3 d 3 h"]
        );
        assert_eq!(
            [exact_duration(60), exact_duration(61), exact_duration(1440)],
            ["1 h", "1 h 1 min", "1 d"]
        );
    }

    #[test]
    fn what_is_not_a_number_is_said_to_be_unknown() {
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for text in [
                amount(x),
                percent(x),
                times(x),
                digits(x),
                ms(x),
                probability(x),
                duration(x),
            ] {
                assert!(text.contains("unknown"), "{text}");
            }
        }
        assert_eq!(duration(1e300), duration(1e300), "no panic on huge values");
    }
}
