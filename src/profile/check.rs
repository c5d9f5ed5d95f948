//! Tells a stored profile that was edited, cut or made up from one that was counted.
//!
//! Input: a profile as it was read. Output: the first contradiction between its counts. What passes cannot overflow when
//! it is added up later, and all its minutes are times. Must not mend anything.

use std::collections::BTreeMap;

use super::counts::{MinuteCounts, RevisionCounts, RouteCounts, SAMPLES_MAX};
use super::{BINS, LATENCY_BLOCK_MINUTES, Profile, TRACE_SIGNALS_MAX, TRACES_MAX};
use crate::ingest::Coverage;
use crate::model::{Minute, RequestSource, Timestamp};

/// Records that a profile may stand for: an integer that every reader of JSON keeps exactly (RFC 8259, section 6).
const RECORDS_MAX: u64 = 1 << 53;

/// Says what does not fit, if anything.
pub(super) fn contradiction(profile: &Profile) -> Option<String> {
    let coverage = &profile.manifest.coverage;
    if let Some(what) = of_coverage(coverage) {
        return Some(what.into());
    }
    let mut counted = BTreeMap::new();
    for (key, revision) in &profile.data.revisions {
        if *key != format!("{}/{}", revision.service, revision.revision) {
            return Some(format!("the key {key:?} is not its service and revision"));
        }
        if let Some(what) = of_revision(revision) {
            return Some(format!("{what} of {key:?}"));
        }
        let traced = revision.traces.values().flat_map(|t| &t.signals);
        let mut named = revision.signals.keys().chain(traced);
        if let Some(unknown) = named.find(|s| !profile.data.signals.contains_key(*s)) {
            return Some(format!("the signal {unknown:?} is not described"));
        }
        counted.insert(key.clone(), sum(revision.minutes.values().map(|m| m.entries)));
    }
    let told: BTreeMap<String, u128> = coverage
        .revisions
        .iter()
        .filter(|(_, n)| **n > 0)
        .map(|(k, n)| (k.clone(), u128::from(*n)))
        .collect();
    // A revision that Cloud Monitoring alone knows of has requests and no entries.
    counted.retain(|_, n| *n > 0);
    if counted.values().sum::<u128>() != u128::from(coverage.counted) || counted != told {
        return Some("the entries of its minutes are not those that were counted".into());
    }
    of_request_sources(profile).map(str::to_owned)
}

/// The coverage says what the revisions say.
fn of_request_sources(profile: &Profile) -> Option<&'static str> {
    let revisions = profile.data.revisions.values();
    let by_monitoring = revisions.filter(|r| !r.requests_from.is_log());
    let requests = |r: &RevisionCounts| sum(r.minutes.values().map(|m| m.requests));
    let (mut all, mut any) = (0, false);
    for revision in by_monitoring {
        (all, any) = (all + requests(revision), true);
    }
    // Counts may be asked for and not be there: then no revision has any.
    if any && profile.manifest.coverage.requests_from.is_log() {
        return Some("requests that the log did not count");
    }
    (all > u128::from(RECORDS_MAX)).then_some("more requests than there can be")
}

fn of_coverage(c: &Coverage) -> Option<&'static str> {
    let (rejected, excluded) = (sum(c.rejected.values().copied()), sum(c.excluded.values().copied()));
    let read = u128::from(c.entries_read);
    if c.records > RECORDS_MAX {
        return Some("more records than there can be");
    }
    if u128::from(c.records) != read + u128::from(c.duplicates) + rejected {
        return Some("not every record was read, a duplicate or rejected");
    }
    if read != u128::from(c.counted) + excluded || c.unknown > c.counted || c.untimed > c.counted {
        return Some("not every entry was counted or left out");
    }
    None
}

fn of_revision(revision: &RevisionCounts) -> Option<&'static str> {
    if let Some(what) = revision
        .minutes
        .iter()
        .find_map(|(minute, counts)| of_minute(*minute, counts, revision.requests_from))
    {
        return Some(what);
    }
    let requests = sum(revision.minutes.values().map(|m| m.requests));
    let routes = || revision.routes.values().chain([&revision.other_routes]);
    if sum(routes().map(|r| r.requests)) != requests || routes().any(is_broken_route) {
        return Some("the requests of the routes");
    }
    let blocks_are_times = revision.latency.keys().all(|block| {
        block
            .checked_mul(LATENCY_BLOCK_MINUTES)
            .is_some_and(|m| is_time(Minute(m)))
    });
    let bins = || revision.latency.values().flatten();
    // Cloud Monitoring counts latencies and requests apart: there may be a few more of either.
    let latencies_max = if revision.requests_from.is_log() {
        requests
    } else {
        RECORDS_MAX.into()
    };
    let is_too_many = sum(bins().map(|b| *b.1)) > latencies_max;
    if !blocks_are_times || bins().any(|(bin, _)| usize::from(*bin) >= BINS) || is_too_many {
        return Some("the latencies");
    }
    if revision.traces.len() > TRACES_MAX || revision.traces.values().any(|t| t.signals.len() > TRACE_SIGNALS_MAX) {
        return Some("the traces");
    }
    let untimed = revision.minutes.get(&Minute(i64::MIN)).map_or(0, |m| m.entries);
    let is_broken = |signal: &super::SignalCounts| {
        let known = |minute| is_time(minute) && revision.minutes.contains_key(&minute);
        let more = |(minute, n): (&Minute, &u64)| !known(*minute) || *n > revision.minutes[minute].entries;
        signal.untimed > untimed || signal.samples.len() > SAMPLES_MAX || signal.minutes.iter().any(more)
    };
    revision
        .signals
        .values()
        .any(is_broken)
        .then_some("the events of a signal")
}

fn of_minute(minute: Minute, counts: &MinuteCounts, from: RequestSource) -> Option<&'static str> {
    if minute.0 != i64::MIN && !is_time(minute) {
        return Some("a minute that is no time");
    }
    let with_status = sum(counts.by_status.values().copied());
    // Requests that Cloud Monitoring counted are no entries.
    let request_entries = if from.is_log() { counts.requests } else { 0 };
    let entries = u128::from(request_entries) + u128::from(counts.error_messages);
    let fits = with_status <= u128::from(counts.requests) && entries <= u128::from(counts.entries);
    (!fits).then_some("the entries of a minute")
}

fn is_broken_route(route: &RouteCounts) -> bool {
    let parts = [route.websockets, route.client_errors]
        .into_iter()
        .chain(route.server_errors.values().copied());
    let minutes_are_times = route.server_errors.keys().all(|m| m.0 == i64::MIN || is_time(*m));
    sum(parts) > u128::from(route.requests) || !minutes_are_times || route.samples.len() > SAMPLES_MAX
}

/// Minutes of the years that a [`Timestamp`] can hold.
fn is_time(minute: Minute) -> bool {
    let whole = |t: i64| Timestamp(t).minute().0;
    (whole(i64::MIN)..=whole(i64::MAX)).contains(&minute.0)
}

fn sum(counts: impl Iterator<Item = u64>) -> u128 {
    counts.map(u128::from).sum()
}
