//! Words for sentences about deploys.

use crate::model::Timestamp;

const NANOS_PER_MINUTE: i64 = 60_000_000_000;

/// `35 minutes ago`, `2 days ago`, `just now`, `in 5 minutes`.
pub(super) fn ago(now: Timestamp, then: Timestamp) -> String {
    let minutes = now.0.saturating_sub(then.0) / NANOS_PER_MINUTE;
    match minutes {
        0 => "just now".into(),
        1.. => format!("{} ago", span(minutes)),
        _ => format!("in {}", span(-minutes)),
    }
}

/// A number of minutes in the largest unit that keeps it readable: `35 minutes`, `2 h 10 min`, `3 days`.
pub(super) fn span(minutes: i64) -> String {
    match minutes {
        0..120 => plural(minutes, "minute"),
        120..2880 if minutes % 60 == 0 => format!("{} h", minutes / 60),
        120..2880 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => plural(minutes / 1440, "day"),
    }
}

fn plural(n: i64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => "none".into(),
        [one] => one.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_do() {
        let at = |minutes: i64| Timestamp(minutes * NANOS_PER_MINUTE);
        for (minutes, told) in [
            (0, "just now"),
            (1, "1 minute ago"),
            (35, "35 minutes ago"),
            (119, "119 minutes ago"),
            (120, "2 h ago"),
            (130, "2 h 10 min ago"),
            (2880, "2 days ago"),
            (-5, "in 5 minutes"),
        ] {
            assert_eq!(ago(at(minutes), at(0)), told);
        }
        assert_eq!(ago(Timestamp(i64::MIN), Timestamp(i64::MAX)), "in 106751 days");
    }

    #[test]
    fn names_are_listed() {
        assert_eq!(listed::<&str>(&[]), "none");
        assert_eq!(listed(&["a"]), "a");
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
    }
}
