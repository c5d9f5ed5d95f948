//! Requests by revision, minute and status, and their latency by revision and block of five minutes.
//!
//! Sources: `run.googleapis.com/request_count` (DELTA, INT64) and `run.googleapis.com/request_latencies` (DELTA, DISTRIBUTION,
//! ms), sampled every 60 s. Both are written at the **end** of a request, leave out what never reached a container, and the
//! latency begins there: without the wait for an instance to start.

use std::collections::BTreeMap;

pub use super::buckets::Buckets;
use super::series::{Aligned, Question};
use crate::cloud::run::ServiceName;
use crate::cloud::{Client, CloudError};
use crate::model::{Minute, Timestamp, Window};

const NANOS_PER_MINUTE: i64 = 60_000_000_000;
/// Minutes after which a point can be seen for certain: a minute to be sampled, and up to three (180 s) to become visible.
const DELAY_MINUTES: i64 = 4;
/// Minutes of a latency block.
const BLOCK_MINUTES: i64 = 5;
/// Days that Cloud Monitoring keeps points of a minute; older ones are gone or coarser.
const KEPT_DAYS: i64 = 42;
/// Requests of a point that are believed: so, no sum of points can overflow.
const COUNT_MAX: u64 = 1 << 32;
/// Revisions that one filter can name.
const REVISIONS_AT_ONCE: usize = 100;

/// The requests of some revisions in a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestCounts {
    /// Where the service is.
    pub name: ServiceName,
    /// The minutes counted, whole ones. The end is not later than [`readable_until`]: what comes after may still grow, and
    /// is not zero.
    pub window: Window,
    /// By revision; all that were asked for and have a series.
    pub revisions: BTreeMap<String, RevisionRequests>,
    /// Revisions that were asked for and have no series. That is no proof that they got no requests.
    pub missing: Vec<String>,
}

/// The requests of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RevisionRequests {
    /// Requests by minute (of their end) and status; 0 stands for no status.
    pub minutes: BTreeMap<Minute, BTreeMap<u16, u64>>,
    /// Latency by block of five minutes (minutes since 1970 divided by five). WebSockets (101) and requests cut by the timeout
    /// (504) are left out: theirs says nothing of speed.
    pub latency: BTreeMap<i64, Buckets>,
}

impl RequestCounts {
    /// All requests of a revision by minute; empty when it has no series.
    pub fn by_minute(&self, revision: &str) -> BTreeMap<Minute, u64> {
        let minutes = self.revisions.get(revision).map(|r| &r.minutes);
        let sums = minutes.into_iter().flatten().map(|(m, s)| (*m, sum(s)));
        sums.collect()
    }

    /// Drops what a revision served outside of a window: minutes and blocks that do not begin in it.
    pub fn keep(&mut self, revision: &str, window: &Window) {
        let Some(counts) = self.revisions.get_mut(revision) else {
            return;
        };
        counts.minutes.retain(|minute, _| window.contains(minute.start()));
        counts
            .latency
            .retain(|block, _| window.contains(Minute(block.saturating_mul(BLOCK_MINUTES)).start()));
    }

    /// All requests of a revision.
    pub fn total(&self, revision: &str) -> u64 {
        self.by_minute(revision).values().fold(0, |a, n| a.saturating_add(*n))
    }
}

fn sum(by_status: &BTreeMap<u16, u64>) -> u64 {
    by_status.values().fold(0, |a, n| a.saturating_add(*n))
}

/// The first minute whose counts may still grow.
pub fn readable_until(now: Timestamp) -> Timestamp {
    floor(Timestamp(now.0.saturating_sub(DELAY_MINUTES * NANOS_PER_MINUTE)), 1)
}

/// The first minute that Cloud Monitoring still keeps.
pub(super) fn kept_since(now: Timestamp) -> Timestamp {
    floor(
        Timestamp(now.0.saturating_sub(KEPT_DAYS * 24 * 60 * NANOS_PER_MINUTE)),
        1,
    )
}

/// Reads the counts of at most six weeks, which is as long as Cloud Monitoring keeps them by the minute. Two questions for each
/// hundred revisions.
///
/// # Errors
/// Those of the calls.
pub fn request_counts(
    client: &Client,
    name: &ServiceName,
    revisions: &[String],
    window: &Window,
) -> Result<RequestCounts, CloudError> {
    let complete = readable_until(client.now());
    let end = window.end.map_or(complete, |end| ceil(end, 1).min(complete));
    let kept = kept_since(client.now());
    let start = window.start.map_or(kept, |start| floor(start, 1).max(kept));
    let mut counts = RequestCounts {
        name: name.clone(),
        window: Window {
            start: Some(start),
            end: Some(end.max(start)),
        },
        revisions: BTreeMap::new(),
        missing: vec![],
    };
    for some in revisions.chunks(REVISIONS_AT_ONCE) {
        let ask = |metric, start, end, minutes: i64| -> Result<Vec<Aligned>, CloudError> {
            if start >= end {
                return Ok(vec![]);
            }
            let question = Question {
                name,
                metric,
                revisions: some,
                group_by: &["resource.labels.revision_name", "metric.labels.response_code"],
                start,
                end,
                period_s: minutes * 60,
            };
            question.ask(client)
        };
        let requests = ask("run.googleapis.com/request_count", start, end, 1)?;
        counts.add_requests(requests);
        // Whole blocks: the one that the end cuts would hold requests from after it.
        let (first, last) = (floor(start, BLOCK_MINUTES), floor(end, BLOCK_MINUTES));
        let latency = ask("run.googleapis.com/request_latencies", first, last, BLOCK_MINUTES)?;
        counts.add_latency(&latency);
    }
    counts.missing = revisions
        .iter()
        .filter(|r| !counts.revisions.contains_key(*r))
        .cloned()
        .collect();
    counts.missing.sort();
    counts.missing.dedup();
    Ok(counts)
}

impl RequestCounts {
    fn add_requests(&mut self, points: Vec<Aligned>) {
        // By the label as it came: each is one point, however often a page repeats it.
        let mut once: BTreeMap<(String, Minute, String), u64> = BTreeMap::new();
        for point in points {
            let minute = Timestamp(point.end.0.saturating_sub(1)).minute();
            let (revision, code) = labels(&point);
            once.insert((revision, minute, code), point.value.count().min(COUNT_MAX));
        }
        for ((revision, minute, code), n) in once.into_iter().filter(|(_, n)| *n > 0) {
            let statuses = self
                .revisions
                .entry(revision)
                .or_default()
                .minutes
                .entry(minute)
                .or_default();
            let sum = statuses.entry(status(&code)).or_default();
            *sum = sum.saturating_add(n);
        }
    }

    fn add_latency(&mut self, points: &[Aligned]) {
        let mut once: BTreeMap<(String, i64, String), &Aligned> = BTreeMap::new();
        for point in points {
            let block = Timestamp(point.end.0.saturating_sub(1))
                .minute()
                .0
                .div_euclid(BLOCK_MINUTES);
            let (revision, code) = labels(point);
            once.insert((revision, block, code), point);
        }
        for ((revision, block, code), point) in once {
            let Some(distribution) = &point.value.distribution_value else {
                continue;
            };
            if matches!(status(&code), 101 | 504) || distribution.count == 0 {
                continue;
            }
            // Latency of a revision that has no count would measure what nobody counted.
            if let Some(revision) = self.revisions.get_mut(&revision) {
                distribution.add_to(revision.latency.entry(block).or_default());
            }
        }
    }
}

fn labels(point: &Aligned) -> (String, String) {
    let label = |name: &str| point.labels.get(name).cloned().unwrap_or_default();
    (label("revision_name"), label("response_code"))
}

/// A status as HTTP has it; 0 for anything else.
fn status(code: &str) -> u16 {
    code.parse().ok().filter(|s| (100..1000).contains(s)).unwrap_or(0)
}

fn floor(time: Timestamp, minutes: i64) -> Timestamp {
    let minute = time.minute().0;
    Minute(minute - minute.rem_euclid(minutes)).start()
}

fn ceil(time: Timestamp, minutes: i64) -> Timestamp {
    let below = floor(time, minutes);
    if below == time {
        time
    } else {
        Timestamp(below.0.saturating_add(minutes * NANOS_PER_MINUTE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_minutes_are_not_readable_yet() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        assert_eq!(readable_until(at("2026-03-01T10:07:59Z")), at("2026-03-01T10:03:00Z"));
        assert_eq!(readable_until(at("2026-03-01T10:08:00Z")), at("2026-03-01T10:04:00Z"));
        assert_eq!(floor(at("2026-03-01T10:07:59Z"), 5), at("2026-03-01T10:05:00Z"));
        assert_eq!(ceil(at("2026-03-01T10:07:01Z"), 1), at("2026-03-01T10:08:00Z"));
        assert_eq!(ceil(at("2026-03-01T10:07:00Z"), 1), at("2026-03-01T10:07:00Z"));
    }

    #[test]
    fn codes_that_are_no_status_are_none() {
        assert_eq!(
            ["200", "101", "", "ok", "0", "70000", "12"].map(status),
            [200, 101, 0, 0, 0, 0, 0]
        );
    }
}
