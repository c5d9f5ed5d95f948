//! From the panels of traces of both sides to what the tests on traces see.
//!
//! Input: the chosen sides, the clock of each arm, the signals in the table's order. Output: [`Traces`]. Must not test.

use std::collections::BTreeMap;

use super::sides::{Side, Sides};
use super::traces::{RouteTimes, Traced, TracedSide, Traces};
use crate::model::{Level, Signal};
use crate::profile::{TRACES_MAX, Trace, traced_key};

/// One trace of a side: the index of its minute on the arm's clock.
type Followed<'a> = (usize, &'a Trace);

/// What both sides' traces hold; `clocks` are the minutes of the baseline's and the candidate's arm, ascending.
///
/// Nothing where requests were counted by Cloud Monitoring: the log then lists failed requests alone, and a share of their
/// traces says nothing of all.
pub(super) fn follow(sides: &Sides<'_>, clocks: [&[i64]; 2], signals: &[&Signal]) -> Traces {
    let mut revisions = sides.baseline.revisions.iter().chain(&sides.candidate.revisions);
    if revisions.any(|r| !r.requests_from.is_log()) {
        return Traces::default();
    }
    let followed = [
        by_service(&sides.baseline, clocks[0]),
        by_service(&sides.candidate, clocks[1]),
    ];
    let rows: BTreeMap<String, usize> = signals
        .iter()
        .enumerate()
        .filter(|(_, s)| s.level <= Level::Error)
        .filter_map(|(row, s)| traced_key(s).map(|key| (key, row)))
        .collect();
    let mut hits: BTreeMap<(usize, &str), [TracedSide; 2]> = BTreeMap::new();
    for (number, side) in followed.iter().enumerate() {
        for (service, traces) in side {
            for (minute, trace) in traces {
                for row in trace.signals.iter().filter_map(|key| rows.get(key)) {
                    let of_row = hits
                        .entry((*row, service))
                        .or_insert_with(|| [empty(clocks[0]), empty(clocks[1])]);
                    of_row[number].hits[*minute] += 1;
                }
            }
        }
    }
    for ((_, service), of_row) in &mut hits {
        for (side, followed) in of_row.iter_mut().zip(&followed) {
            for (minute, _) in followed.get(service).into_iter().flatten() {
                side.traces[*minute] += 1;
            }
        }
    }
    let signals = hits.into_iter().map(|((row, _), [baseline, candidate])| Traced {
        row,
        baseline,
        candidate,
    });
    Traces {
        signals: signals.collect(),
        routes: routes(&followed),
    }
}

fn empty(clock: &[i64]) -> TracedSide {
    TracedSide {
        hits: vec![0; clock.len()],
        traces: vec![0; clock.len()],
    }
}

/// The side's traces by service. Where a revision kept only a sample, the service's other revisions are thinned to the same
/// share, so that together they are an even sample of its requests.
fn by_service<'a>(side: &Side<'a>, clock: &[i64]) -> BTreeMap<&'a str, Vec<Followed<'a>>> {
    let mut limits: BTreeMap<&str, u64> = BTreeMap::new();
    for revision in &side.revisions {
        let full = revision.traces.len() >= TRACES_MAX;
        let last = revision
            .traces
            .keys()
            .next_back()
            .filter(|_| full)
            .copied()
            .unwrap_or(u64::MAX);
        let limit = limits.entry(&revision.service).or_insert(u64::MAX);
        *limit = last.min(*limit);
    }
    let mut services: BTreeMap<&str, Vec<Followed<'a>>> = BTreeMap::new();
    for revision in &side.revisions {
        let limit = limits[revision.service.as_str()];
        let inside = revision.traces.range(..=limit).filter(|(_, t)| side.contains(t.minute));
        let followed = inside.filter_map(|(_, t)| clock.binary_search(&t.minute.0).ok().map(|minute| (minute, t)));
        services.entry(&revision.service).or_default().extend(followed);
    }
    services
}

fn routes(followed: &[BTreeMap<&str, Vec<Followed<'_>>>; 2]) -> Vec<RouteTimes> {
    let mut routes: BTreeMap<&str, RouteTimes> = BTreeMap::new();
    for (number, side) in followed.iter().enumerate() {
        for (minute, trace) in side.values().flatten() {
            let Some(request) = &trace.request else { continue };
            let times = routes.entry(&request.route).or_insert_with(|| RouteTimes {
                route: request.route.clone(),
                ..RouteTimes::default()
            });
            let side = if number == 0 {
                &mut times.baseline
            } else {
                &mut times.candidate
            };
            side.push((*minute, request.latency_ns));
        }
    }
    // The only route is what the quantiles over all requests are about.
    if routes.len() < 2 {
        return vec![];
    }
    routes.into_values().collect()
}
