//! Puts Cloud Monitoring's counts of requests into a profile whose successful request entries were not listed.
//!
//! Input: counts of log entries, [`RequestCounts`], and which request entries were listed. Output: the same counts with the
//! requests and the latency of Monitoring. Requests that failed keep their place: the log lists every one of them, so status,
//! route, minute and samples stay exact, and none is counted twice. Must not invent requests where Monitoring is silent.

use std::collections::{BTreeMap, BTreeSet};

use super::counter::LATENCY_NS_MAX;
use super::counts::{Data, RevisionCounts, RouteCounts};
use super::histogram::{bin_of, spread};
use crate::cloud::monitoring::{Buckets, RequestCounts, RevisionRequests, is_listed_as_error};
use crate::ingest::Coverage;
use crate::model::{Concern, Minute, RequestSource, Window};

/// Which request entries the log listing held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Those that [`ERRORS_ONLY_FILTER`](crate::cloud::monitoring::ERRORS_ONLY_FILTER) lets through, and all of them: failures and connections. Monitoring counts the others.
    Failed,
    /// None, or not all that failed: Monitoring counts every request.
    Nothing,
}

/// Server errors that Monitoring may count beyond those listed: requests that end after the window, the edges of minutes.
const UNLISTED_MIN: u64 = 5;
const UNLISTED_SHARE: f64 = 0.05;

/// Replaces requests and latency of the revisions that were counted. Doing it twice changes nothing.
///
/// What does not fit is a concern of the coverage: revisions with requests in the log and no series (`requests-not-counted`),
/// server errors that Monitoring counts and the log does not hold (`requests-not-logged`), entries outside the counted
/// minutes (`outside-counts`).
pub fn count_requests(data: &mut Data, coverage: &mut Coverage, counts: &RequestCounts, listed: Listed) {
    let mut concerns = vec![];
    for (revision, requests) in &counts.revisions {
        let key = format!("{}/{revision}", counts.name.service);
        let mine = data.revisions.entry(key).or_insert_with(|| named(counts, revision));
        if listed == Listed::Failed {
            concerns.extend(not_logged(revision, mine, requests, &counts.window));
        }
        replace(mine, requests, listed);
    }
    concerns.extend(not_counted(data, counts));
    concerns.extend(outside(data, counts));
    coverage.requests_from = RequestSource::Monitoring;
    coverage.concerns.extend(concerns);
    coverage.concerns.sort();
    coverage.concerns.dedup();
}

fn named(counts: &RequestCounts, revision: &str) -> RevisionCounts {
    RevisionCounts {
        project: counts.name.project.clone(),
        location: counts.name.region.clone(),
        service: counts.name.service.clone(),
        revision: revision.to_owned(),
        ..RevisionCounts::default()
    }
}

/// Which of Monitoring's statuses count: those that the log does not list.
fn is_taken(status: u16, listed: Listed) -> bool {
    match listed {
        Listed::Failed => !is_listed_as_error(status),
        Listed::Nothing => true,
    }
}

fn replace(mine: &mut RevisionCounts, counted: &RevisionRequests, listed: Listed) {
    mine.requests_from = RequestSource::Monitoring;
    for counts in mine.minutes.values_mut() {
        let with_status: u64 = counts.by_status.values().sum();
        let without = counts.requests.saturating_sub(with_status);
        counts.by_status.retain(|status, _| !is_taken(*status, listed));
        let kept: u64 = counts.by_status.values().sum();
        counts.requests = if listed == Listed::Failed { kept + without } else { kept };
    }
    for (minute, by_status) in &counted.minutes {
        for (status, n) in by_status.iter().filter(|(s, _)| is_taken(**s, listed)) {
            let counts = mine.minutes.entry(*minute).or_default();
            counts.requests += n;
            if *status > 0 {
                *counts.by_status.entry(*status).or_default() += n;
            }
        }
    }
    replace_routes(mine, listed);
    mine.latency = counted
        .latency
        .iter()
        .map(|(block, buckets)| (*block, bins(buckets)))
        .collect();
    mine.latency.retain(|_, bins| !bins.is_empty());
}

/// Routes keep what the log listed of them; all other requests have no route.
fn replace_routes(mine: &mut RevisionCounts, listed: Listed) {
    let total: u64 = mine.minutes.values().map(|m| m.requests).sum();
    if listed == Listed::Nothing {
        mine.routes.clear();
        mine.other_routes = of_all(mine);
        return;
    }
    for route in mine.routes.values_mut().chain([&mut mine.other_routes]) {
        route.requests = route.websockets + route.client_errors + route.server_errors.values().sum::<u64>();
    }
    mine.routes.retain(|_, route| route.requests > 0);
    let told: u64 = mine.routes.values().map(|r| r.requests).sum();
    mine.other_routes.requests = total.saturating_sub(told);
}

/// All requests of a revision as one route.
fn of_all(mine: &RevisionCounts) -> RouteCounts {
    let of = |low: u16, high: u16| {
        let minutes = mine.minutes.iter();
        minutes.map(move |(m, c)| (*m, c.by_status.range(low..=high).map(|(_, n)| n).sum::<u64>()))
    };
    let sum = |low, high| of(low, high).map(|(_, n)| n).sum();
    RouteCounts {
        requests: mine.minutes.values().map(|m| m.requests).sum(),
        websockets: sum(101, 101),
        client_errors: sum(400, 499),
        server_errors: of(500, 599).filter(|(_, n)| *n > 0).collect(),
        samples: vec![],
    }
}

/// Monitoring's buckets as ours. A bucket says only that so many requests lie between its ends: they are spread evenly over
/// our bins between them. Streams and what was cut by the timeout are left out, as from the log.
fn bins(buckets: &Buckets) -> BTreeMap<u16, u64> {
    let last = bin_of(LATENCY_NS_MAX - 1);
    let mut bins = BTreeMap::new();
    for ((from, to), requests) in buckets {
        spread(*from, *to, *requests, |bin, n| {
            if bin <= last {
                *bins.entry(bin).or_default() += n;
            }
        });
    }
    bins
}

/// Monitoring counts server errors that the log does not hold: request entries are left out of it, or of the listing.
fn not_logged(revision: &str, mine: &RevisionCounts, counted: &RevisionRequests, window: &Window) -> Option<Concern> {
    let is_server_error = |status: &u16| (500..600).contains(status);
    let sum = |statuses: &BTreeMap<u16, u64>| -> u64 {
        statuses
            .iter()
            .filter(|(s, _)| is_server_error(s))
            .map(|(_, n)| n)
            .sum()
    };
    let counted: u64 = counted.minutes.values().map(sum).sum();
    let inside = |m: &Minute| window.contains(m.start());
    let logged: u64 = mine
        .minutes
        .iter()
        .filter(|(m, _)| inside(m))
        .map(|(_, c)| sum(&c.by_status))
        .sum();
    let excess = counted.saturating_sub(logged);
    (excess > UNLISTED_MIN && excess as f64 > UNLISTED_SHARE * counted as f64).then(|| {
        let message = format!(
            "Cloud Monitoring counts {counted} server errors of {revision}, the log holds {logged}: request entries are missing \
             (an exclusion filter of the log sink?), so errors are undercounted"
        );
        Concern::new("requests-not-logged", message)
    })
}

/// Revisions that Monitoring says nothing of: their requests are unknown, not zero.
fn not_counted(data: &Data, counts: &RequestCounts) -> Vec<Concern> {
    let with_requests = data.revisions.values().filter(|r| {
        let has_requests = r.minutes.values().any(|m| m.requests > 0);
        r.requests_from.is_log() && r.service == counts.name.service && has_requests
    });
    let mut silent: BTreeSet<&str> = with_requests.map(|r| r.revision.as_str()).collect();
    silent.extend(counts.missing.iter().map(String::as_str));
    let told = silent.into_iter().map(|revision| {
        let message = format!(
            "Cloud Monitoring has no requests of {revision} in this time: they are unknown, which is not the same as none"
        );
        Concern::new("requests-not-counted", message)
    });
    told.collect()
}

/// Entries in minutes whose requests were not counted would be held against no requests at all.
fn outside(data: &Data, counts: &RequestCounts) -> Option<Concern> {
    let counted = data
        .revisions
        .values()
        .filter(|r| r.service == counts.name.service && counts.revisions.contains_key(&r.revision));
    let outside = counted
        .flat_map(|r| &r.minutes)
        .filter(|(m, _)| m.0 != i64::MIN && !counts.window.contains(m.start()));
    let entries: u64 = outside.map(|(_, c)| c.entries).sum();
    let end = counts
        .window
        .end
        .map_or(String::new(), |t| format!(", which ends at {t}"));
    (entries > 0).then(|| {
        let message = format!(
            "{entries} entries lie outside the time whose requests Cloud Monitoring has counted{end}: counts arrive some \
             minutes late"
        );
        Concern::new("outside-counts", message)
    })
}

impl RevisionCounts {
    /// Requests by minute, entries without a time left out.
    pub fn requests_by_minute(&self) -> BTreeMap<Minute, u64> {
        let timed = self.minutes.iter().filter(|(m, c)| m.0 != i64::MIN && c.requests > 0);
        timed.map(|(m, c)| (*m, c.requests)).collect()
    }
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
