//! What a long read would cost, and what a narrower filter would save. Pure.

use super::{ERRORS_ONLY_FILTER, EntryCounts};
use crate::model::{Severity, thousands};

/// Entries that a page of `entries.list` holds at most.
const PAGE_ENTRIES: u64 = 1_000;
/// A filter that saves less than this share of the requests is not worth telling.
const WORTH_SAVING: f64 = 0.2;
const REQUESTS: &str = "run.googleapis.com/requests";
const OUTPUT: [&str; 2] = ["run.googleapis.com/stdout", "run.googleapis.com/stderr"];
/// Leaves out what the application itself marked as information. Lines without a severity stay: many errors have none.
const NO_INFORMATION_FILTER: &str = "NOT ((log_id(\"run.googleapis.com/stdout\") OR log_id(\"run.googleapis.com/stderr\")) AND \
                                     severity=(DEBUG OR INFO OR NOTICE))";

/// What reading all entries costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// Entries, without those of the last minutes.
    pub entries: u64,
    /// Read requests.
    pub requests: u64,
    /// Minutes that the quota makes them take, rounded up; 0 for up to one minute's worth.
    pub minutes: u64,
    /// Read requests a minute.
    pub per_minute: u32,
    /// Narrower filters that are worth it, the most saving last.
    pub narrower: Vec<Narrower>,
}

/// A narrower filter and what is left to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrower {
    /// What it leaves out, and what that costs.
    pub what: &'static str,
    /// Logging query to add with AND.
    pub filter: String,
    /// It leaves out requests that succeeded: these must be counted by Cloud Monitoring then.
    pub needs_counts: bool,
    /// Entries left.
    pub entries: u64,
    /// Read requests left.
    pub requests: u64,
    /// Minutes left.
    pub minutes: u64,
}

/// Estimates what reading costs at a quota of so many read requests a minute.
pub fn estimate(counts: &EntryCounts, requests_per_minute: u32) -> Estimate {
    let per_minute = requests_per_minute.max(1);
    let cost = |entries: u64| {
        let requests = entries.div_ceil(PAGE_ENTRIES).max(1);
        let minutes = if requests <= u64::from(per_minute) {
            0
        } else {
            requests.div_ceil(u64::from(per_minute))
        };
        (requests, minutes)
    };
    let entries = counts.total();
    let (requests, minutes) = cost(entries);
    let succeeded = counts.count(is_successful_request);
    let information = counts.count(is_information);
    let both = format!("{ERRORS_ONLY_FILTER} AND {NO_INFORMATION_FILTER}");
    let options = [
        (
            "the application's own lines of severity DEBUG, INFO and NOTICE",
            NO_INFORMATION_FILTER,
            false,
            information,
        ),
        (
            "requests that succeeded, which Cloud Monitoring counts instead",
            ERRORS_ONLY_FILTER,
            true,
            succeeded,
        ),
        ("both", both.as_str(), true, succeeded.saturating_add(information)),
    ];
    let mut narrower: Vec<Narrower> = options
        .into_iter()
        .map(|(what, filter, needs_counts, saved)| {
            let entries = entries.saturating_sub(saved);
            let (requests, minutes) = cost(entries);
            let filter = filter.to_owned();
            Narrower {
                what,
                filter,
                needs_counts,
                entries,
                requests,
                minutes,
            }
        })
        .filter(|n| n.requests as f64 <= (1.0 - WORTH_SAVING) * requests as f64)
        .collect();
    narrower.sort_by_key(|n| std::cmp::Reverse(n.requests));
    Estimate {
        entries,
        requests,
        minutes,
        per_minute,
        narrower,
    }
}

/// The severity of a request entry follows its status: 4xx are warnings, 5xx errors.
fn is_successful_request(log: &str, severity: Severity) -> bool {
    log == REQUESTS && severity < Severity::Warning
}

fn is_information(log: &str, severity: Severity) -> bool {
    OUTPUT.contains(&log) && severity > Severity::Default && severity < Severity::Warning
}

impl Estimate {
    /// The estimate in sentences: first the whole, then each narrower filter.
    pub fn sentences(&self) -> Vec<String> {
        let mut told = vec![format!(
            "About {} entries to read: {}, {} at {} read requests a minute.",
            thousands(self.entries),
            requests(self.requests),
            time(self.minutes),
            self.per_minute
        )];
        told.extend(self.narrower.iter().map(|n| {
            format!(
                "Without {}: about {} entries, {}, {}; the filter for it: {}",
                n.what,
                thousands(n.entries),
                requests(n.requests),
                time(n.minutes),
                n.filter
            )
        }));
        told
    }
}

fn requests(n: u64) -> String {
    format!("{} request{}", thousands(n), if n == 1 { "" } else { "s" })
}

fn time(minutes: u64) -> String {
    match minutes {
        0 => "less than a minute".into(),
        1 => "about a minute".into(),
        n => format!("about {} minutes", thousands(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rows: &[(&str, Severity, u64)]) -> EntryCounts {
        EntryCounts {
            minutes: 180,
            entries: rows.iter().map(|(log, s, n)| (((*log).to_owned(), *s), *n)).collect(),
        }
    }

    #[test]
    fn the_estimate_names_the_filter_that_saves() {
        let counts = counts(&[
            (REQUESTS, Severity::Info, 400_000),
            (REQUESTS, Severity::Warning, 900),
            (REQUESTS, Severity::Error, 100),
            (OUTPUT[0], Severity::Info, 70_000),
            (OUTPUT[1], Severity::Default, 9_000),
        ]);
        assert_eq!(counts.per_minute(), 2_667);
        let estimate = estimate(&counts, 60);
        assert_eq!(
            (estimate.entries, estimate.requests, estimate.minutes),
            (480_000, 480, 8)
        );
        let left: Vec<(u64, u64, u64, bool)> = estimate
            .narrower
            .iter()
            .map(|n| (n.entries, n.requests, n.minutes, n.needs_counts))
            .collect();
        assert_eq!(left, [(80_000, 80, 2, true), (10_000, 10, 0, true)]);
        let told = estimate.sentences();
        assert_eq!(
            told[0],
            "About 480,000 entries to read: 480 requests, about 8 minutes at 60 read requests a minute."
        );
        assert!(
            told[1].starts_with("Without requests that succeeded, which Cloud Monitoring counts instead: about 80,000")
        );
        assert!(
            told[1].ends_with(ERRORS_ONLY_FILTER) && told[2].contains("less than a minute"),
            "{told:?}"
        );
    }

    #[test]
    fn few_entries_need_no_filter() {
        let few = estimate(&counts(&[(REQUESTS, Severity::Info, 300)]), 60);
        assert_eq!((few.requests, few.minutes, few.narrower.len()), (1, 0, 0));
        assert_eq!(estimate(&EntryCounts::default(), 0).sentences().len(), 1);
    }

    #[test]
    fn only_lines_with_a_severity_are_left_out() {
        let silent = counts(&[
            (OUTPUT[1], Severity::Default, 500_000),
            ("run.googleapis.com/varlog/system", Severity::Info, 9),
        ]);
        assert!(estimate(&silent, 60).narrower.is_empty());
        let mut twice = silent.clone();
        twice.add(&silent);
        assert_eq!((twice.total(), twice.minutes), (1_000_018, 360));
    }
}
