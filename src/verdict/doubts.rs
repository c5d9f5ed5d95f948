//! What was not verified, each with the cause: a reader must not take silence for proof.

use super::criteria::Checked;
use super::harm::storm_caveat;
use super::outlook::load_range;
use super::view::{Area, View};
use super::{CriterionLevel, Reason, SideFacts};
use super::{stability, words};
use crate::compare::Finding;
use crate::model::SignalKind;
use crate::profile::OTHER_TEXTS;

/// The list, in a fixed order.
pub(super) fn not_verified(view: &View<'_>, criteria: &[Checked], reasons: &[Reason]) -> Vec<String> {
    let mut doubts = Vec::new();
    doubts.extend(requests(view));
    doubts.extend(latency(view));
    doubts.extend(counted_elsewhere(view));
    doubts.extend(peak(view));
    doubts.extend(stability::not_verified(view, reasons));
    doubts.extend(criteria.iter().filter(|c| c.result.met.is_none()).map(|c| {
        let level = match c.result.level {
            CriterionLevel::Critical => "critical",
            CriterionLevel::Primary => "primary",
            CriterionLevel::Secondary => "secondary",
        };
        format!("Criterion {:?} ({level}): {}", c.result.id, c.result.message)
    }));
    doubts.extend(beyond_the_limit(view));
    doubts.extend(storm_caveat(view.case.pairing).map(str::to_owned));
    doubts
}

fn requests(view: &View<'_>) -> Option<String> {
    let (b, c) = (&view.case.baseline, &view.case.candidate);
    if b.requests == 0 && c.requests == 0 {
        return Some(
            "Server errors, traffic and latency: the logs hold no request entries; messages alone were compared."
                .to_owned(),
        );
    }
    let without = |f: &SideFacts| f.requests.saturating_sub(f.with_status());
    let (missing, all) = (
        without(b).saturating_add(without(c)),
        b.requests.saturating_add(c.requests),
    );
    (missing > 0).then(|| {
        format!(
            "Server errors of {} of {} requests: they hold no status.",
            words::count(missing),
            words::count(all)
        )
    })
}

fn latency(view: &View<'_>) -> Option<String> {
    let measured = |pick: &dyn Fn(&crate::compare::LatencyFinding) -> bool| {
        view.findings(Area::Latency)
            .filter_map(|f| f.latency.as_ref())
            .any(pick)
    };
    let has_requests = view.case.baseline.requests > 0 || view.case.candidate.requests > 0;
    let both = measured(&|l| l.baseline_ms.is_some() && l.candidate_ms.is_some());
    (has_requests && !both).then(|| "Latency: it was not measured on both sides.".to_owned())
}

/// Counts of Cloud Monitoring say less than the entries that they stand for.
fn counted_elsewhere(view: &View<'_>) -> Option<String> {
    let by_monitoring = |f: &SideFacts| !f.requests_from.is_log();
    let whose = match (by_monitoring(&view.case.baseline), by_monitoring(&view.case.candidate)) {
        (false, false) => return None,
        (true, true) => "",
        (true, false) => " of the baseline",
        (false, true) => " of the candidate",
    };
    Some(format!(
        "Routes of successful requests, traces, latency finer than buckets, and the wait for an instance to start: requests and \
         latency{whose} were counted by Cloud Monitoring, by revision and status; errors were read from the log."
    ))
}

fn peak(view: &View<'_>) -> Option<String> {
    let load = load_range(view.case).filter(|load| !load.peak_seen)?;
    Some(format!(
        "Peak traffic: the candidate's busy minutes (95th percentile) had {}, {} of the baseline's {}; its busiest had {}, the \
         baseline's {}.",
        words::plural(load.candidate_p95, "request"),
        words::percent(load.share),
        words::count(load.baseline_p95),
        words::count(load.candidate_max),
        words::count(load.baseline_max)
    ))
}

/// Messages of the candidate that are beyond the number of texts told apart.
fn beyond_the_limit(view: &View<'_>) -> Option<String> {
    let is_other = |f: &&Finding| f.signal.kind == SignalKind::Template && f.signal.id.starts_with(OTHER_TEXTS);
    let together: u64 = view
        .case
        .findings
        .iter()
        .filter(is_other)
        .map(|f| f.candidate.count)
        .sum();
    (together > 0).then(|| {
        format!(
            "{} of the candidate had more different texts than are told apart: they were counted together, not one by one.",
            words::plural(together, "message")
        )
    })
}
