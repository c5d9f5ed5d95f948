//! From the chosen sides to the plain facts that the decision looks at.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, SideFacts};
use crate::compare::{Finding, Side, Sides, clock};
use crate::ingest::Concern;
use crate::model::{Minute, Timestamp};
use crate::profile::{MinuteCounts, RevisionCounts, RouteCounts, STATUS_CLASSES, Trace, signal_id};

impl Case {
    /// Puts a case together; `concerns` are those of the input, the sides' own are added.
    pub fn new(sides: &Sides<'_>, findings: Vec<Finding>, concerns: Vec<Concern>) -> Case {
        let websocket_routes = websocket_routes(sides);
        let mut concerns: Vec<Concern> = concerns.into_iter().chain(sides.concerns.iter().cloned()).collect();
        concerns.sort();
        concerns.dedup();
        let (baseline, candidate) = rayon::join(
            || facts(&sides.baseline, sides.same_hours, &websocket_routes),
            || facts(&sides.candidate, sides.same_hours, &websocket_routes),
        );
        let mut notes = sides.notes.clone();
        notes.extend(several_services(&baseline, &candidate));
        Case {
            pairing: sides.pairing,
            same_hours: sides.same_hours,
            findings,
            baseline,
            candidate,
            concerns,
            deploy_concerns: vec![],
            notes,
            watch: None,
        }
    }
}

fn several_services(baseline: &SideFacts, candidate: &SideFacts) -> Option<Concern> {
    let services: BTreeSet<&str> = baseline
        .services
        .iter()
        .chain(&candidate.services)
        .map(String::as_str)
        .collect();
    (services.len() > 1).then(|| Concern {
        code: "several-services".into(),
        message: format!(
            "{} services were counted together: choose one with --service",
            services.len()
        ),
    })
}

/// Routes that accepted a WebSocket on either side: what fails there failed to connect.
fn websocket_routes<'a>(sides: &Sides<'a>) -> BTreeSet<&'a str> {
    let revisions = sides.baseline.revisions.iter().chain(&sides.candidate.revisions);
    revisions
        .flat_map(|r| &r.routes)
        .filter(|(_, c)| c.websockets > 0)
        .map(|(route, _)| route.as_str())
        .collect()
}

fn facts(side: &Side<'_>, same_hours: bool, websocket_routes: &BTreeSet<&str>) -> SideFacts {
    let minutes = side.minutes();
    let observed = clock(side, &minutes, same_hours).0;
    let (first, last) = (minutes.keys().next().copied(), minutes.keys().next_back().copied());
    let mut facts = SideFacts {
        services: distinct(side, |r| &r.service),
        revisions: distinct(side, |r| &r.revision),
        project: distinct(side, |r| &r.project).into_iter().next().unwrap_or_default(),
        location: distinct(side, |r| &r.location).into_iter().next().unwrap_or_default(),
        first: first.map(|m| Minute(m).start()),
        last: last.map(|m| Timestamp(Minute(m + 1).start().0 - 1)),
        minutes: observed.len() as u64,
        entries: minutes.values().map(|(entries, _)| entries).sum(),
        requests: minutes.values().map(|(_, requests)| requests).sum(),
        requests_from: side.request_sources().last().copied().unwrap_or_default(),
        ..SideFacts::default()
    };
    let Some(start) = first else { return facts };
    let offset = |minute: Minute| {
        if same_hours {
            return observed.binary_search(&minute.0).unwrap_or_default() as u64;
        }
        (minute.0 - start).unsigned_abs()
    };
    facts.request_minutes = if same_hours {
        let requests = |minute| minutes.get(minute).map_or(0, |(_, requests)| *requests);
        observed.iter().take(SERIES_MINUTES_MAX).map(requests).collect()
    } else {
        request_minutes(&minutes)
    };
    for revision in &side.revisions {
        for (status, n) in side.within(&revision.minutes).flat_map(|(_, m)| &m.by_status) {
            *facts.by_status.entry(*status).or_default() += n;
        }
        for (key, counts) in &revision.signals {
            let events = facts.signal_minutes.entry(signal_id(key)).or_default();
            events.reserve(counts.minutes.len());
            side.within(&counts.minutes)
                .for_each(|(m, n)| events.push((offset(m), *n)));
        }
        let traces = revision.traces.values();
        count_together(&mut facts, traces.filter(|t| side.contains(t.minute)));
        for (_, counts) in revision
            .routes
            .iter()
            .filter(|(route, _)| websocket_routes.contains(route.as_str()))
        {
            facts.websocket_attempts += attempts(revision, counts, side);
        }
    }
    facts.websockets_accepted = facts.by_status.get(&101).copied().unwrap_or(0);
    facts.websocket_attempts += facts.websockets_accepted;
    facts.signal_minutes.values_mut().for_each(sum_by_minute);
    add_status_classes(&mut facts, side, offset);
    facts
}

/// Requests of a WebSocket route that did not open one, or all of them; the minutes are known of server errors alone, so
/// where the window cuts the revision, only these are attempts, beside the accepted ones.
fn attempts(revision: &RevisionCounts, route: &RouteCounts, side: &Side<'_>) -> u64 {
    let is_cut = |m: (&Minute, &MinuteCounts)| m.0.0 != i64::MIN && m.1.requests > 0 && !side.contains(*m.0);
    if !revision.minutes.iter().any(is_cut) {
        return route.requests - route.websockets.min(route.requests);
    }
    side.within(&route.server_errors).map(|(_, n)| n).sum()
}

fn count_together<'t>(facts: &mut SideFacts, traces: impl Iterator<Item = &'t Trace>) {
    let mut together: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for trace in traces {
        for one in &trace.signals {
            for other in &trace.signals {
                *together.entry((one, other)).or_default() += 1;
            }
        }
    }
    // Names are made once: there are far more traces than pairs of signals.
    for ((one, other), traces) in together {
        let with = facts.together.entry(signal_id(one)).or_default();
        *with.entry(signal_id(other)).or_default() += traces;
    }
}

fn distinct(side: &Side<'_>, name: impl Fn(&RevisionCounts) -> &String) -> Vec<String> {
    let names: BTreeSet<&String> = side
        .revisions
        .iter()
        .map(|r| name(r))
        .filter(|n| !n.is_empty())
        .collect();
    names.into_iter().cloned().collect()
}

/// Minutes of a series that is kept densely; a stray time far away must not make it endless.
const SERIES_MINUTES_MAX: usize = 60 * 24 * 62;

fn request_minutes(minutes: &BTreeMap<i64, (u64, u64)>) -> Vec<u64> {
    let Some((start, _)) = minutes.first_key_value() else {
        return vec![];
    };
    let mut series = vec![];
    for (minute, (_, requests)) in minutes {
        let at = usize::try_from(minute - start).unwrap_or(usize::MAX);
        if at >= SERIES_MINUTES_MAX {
            break;
        }
        series.resize(at + 1, 0);
        series[at] = *requests;
    }
    series
}

/// Several revisions may have counted the same minute.
fn sum_by_minute(events: &mut Vec<(u64, u64)>) {
    if events.is_sorted_by(|a, b| a.0 < b.0) {
        return;
    }
    events.sort_unstable_by_key(|(minute, _)| *minute);
    events.dedup_by(|(minute, n), (kept, sum)| {
        let same = minute == kept;
        *sum += if same { *n } else { 0 };
        same
    });
}

fn add_status_classes(facts: &mut SideFacts, side: &Side<'_>, offset: impl Fn(Minute) -> u64) {
    for (id, low) in STATUS_CLASSES {
        let counted = side.revisions.iter().flat_map(|r| side.status_class(r, low));
        let mut events = counted.map(|(minute, n)| (offset(minute), n)).collect();
        sum_by_minute(&mut events);
        facts.signal_minutes.insert(id.into(), events);
    }
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
