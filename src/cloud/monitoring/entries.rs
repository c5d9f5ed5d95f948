//! How many entries a service logged, by log and severity: `logging.googleapis.com/log_entry_count`.

use std::collections::BTreeMap;

use super::requests::kept_since;
use super::series::Question;
use crate::cloud::run::ServiceName;
use crate::cloud::{Client, CloudError};
use crate::model::{Minute, Severity, Timestamp, Window};

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Entries in a window, before they are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryCounts {
    /// Length of the window, minutes; at least 1.
    pub minutes: u64,
    /// Entries by log id (such as `run.googleapis.com/stderr`) and severity. The last minutes are not in it yet.
    pub entries: BTreeMap<(String, Severity), u64>,
}

impl EntryCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.count(|_, _| true)
    }

    /// Those of some logs and severities.
    pub fn count(&self, is_counted: impl Fn(&str, Severity) -> bool) -> u64 {
        let counted = self
            .entries
            .iter()
            .filter(|((log, severity), _)| is_counted(log, *severity));
        counted.fold(0, |sum, (_, n)| sum.saturating_add(*n))
    }

    /// Entries a minute on average, rounded up.
    pub fn per_minute(&self) -> u64 {
        self.total().div_ceil(self.minutes.max(1))
    }

    /// Adds the counts of another window.
    pub fn add(&mut self, other: &EntryCounts) {
        self.minutes = self.minutes.saturating_add(other.minutes);
        for (key, n) in &other.entries {
            let sum = self.entries.entry(key.clone()).or_default();
            *sum = sum.saturating_add(*n);
        }
    }
}

/// Reads how many entries some revisions logged in a window; of all revisions where none is named.
///
/// # Errors
/// Those of the calls.
pub fn entry_counts(
    client: &Client,
    name: &ServiceName,
    revisions: &[String],
    window: &Window,
) -> Result<EntryCounts, CloudError> {
    let end = window.end.unwrap_or_else(|| client.now()).min(client.now());
    let end = Minute(Timestamp(end.0.saturating_sub(1)).minute().0.saturating_add(1));
    let kept = kept_since(client.now());
    let start = window.start.map_or(kept, |start| start.max(kept)).minute();
    let start = start.min(Minute(end.0.saturating_sub(1)));
    let minutes = end.0.saturating_sub(start.0);
    let question = Question {
        name,
        metric: "logging.googleapis.com/log_entry_count",
        revisions,
        group_by: &["metric.labels.log", "metric.labels.severity"],
        start: start.start(),
        end: end.start(),
        // One period: a sum for each log and severity.
        period_s: (end.start().0.saturating_sub(start.start().0)) / NANOS_PER_SECOND,
    };
    let mut counts = EntryCounts {
        minutes: minutes.unsigned_abs(),
        ..EntryCounts::default()
    };
    for point in question.ask(client)? {
        let label = |name: &str| point.labels.get(name).map_or("", String::as_str);
        let severity = Severity::parse(label("severity")).unwrap_or(Severity::Default);
        let key = (label("log").replace("%2F", "/"), severity);
        let sum = counts.entries.entry(key).or_default();
        *sum = sum.saturating_add(point.value.count());
    }
    Ok(counts)
}
