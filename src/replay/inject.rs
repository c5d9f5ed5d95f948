//! Puts known harm into the counts of a pseudo candidate: independently for each request, evenly over its time.

use std::collections::BTreeMap;

use super::dice::Dice;
use super::harm::Harm;
use super::logs::Usual;
use crate::model::{Level, Minute};
use crate::profile::{
    BINS, Data, GAMMA, MinuteCounts, RevisionCounts, SignalInfo, TRACE_SIGNALS_MAX, Trace, UNMATCHED_KEY, bin_of,
};
use crate::report::HarmKind;

/// Key of the message that is put in.
pub const MESSAGE_KEY: &str = "template:replay-new-error";
/// Key of the pattern that a request answered with status 500 shows.
pub const STATUS_KEY: &str = "pattern:http/internal-error";
/// The status that requests are given.
const FAILED: u16 = 500;

/// Adds what injected signals are to those of the logs; what the logs know already stays.
pub(super) fn describe(kinds: &mut Data) {
    let info = |title: &str| SignalInfo {
        title: title.into(),
        level: Level::Error,
        category: String::new(),
        class: String::new(),
    };
    for (key, title) in [
        (MESSAGE_KEY, "a new error message, put in by the replay"),
        (STATUS_KEY, "Internal Server Error (500)"),
        (UNMATCHED_KEY, "errors that no pattern knows"),
    ] {
        kinds.signals.entry(key.into()).or_insert_with(|| info(title));
    }
}

/// The candidate's counts with the harm in them.
pub fn injected(candidate: &[RevisionCounts], harm: &Harm, usual: &Usual, dice: &mut Dice) -> Vec<RevisionCounts> {
    let mut candidate = candidate.to_vec();
    let share = harm.share(usual);
    for revision in &mut candidate {
        match harm.kind {
            HarmKind::ServerErrors | HarmKind::ServerErrorsMultiple => fail(revision, share, dice),
            HarmKind::NewErrorMessage => complain(revision, share, dice),
            HarmKind::Latency => slow_down(revision, harm.size),
        }
    }
    candidate
}

/// Requests that succeeded fail instead: their number stays, their status changes, and the pattern of it counts them.
fn fail(revision: &mut RevisionCounts, share: f64, dice: &mut Dice) {
    let mut failed = BTreeMap::new();
    for (minute, counts) in &mut revision.minutes {
        let n = fail_minute(counts, share, dice);
        if n > 0 {
            failed.insert(*minute, n);
        }
    }
    add(revision, STATUS_KEY, &failed);
    mark(&mut revision.traces, STATUS_KEY, share, dice);
}

fn fail_minute(counts: &mut MinuteCounts, share: f64, dice: &mut Dice) -> u64 {
    let with_status = counts.by_status.values().fold(0_u64, |sum, n| sum.saturating_add(*n));
    let mut left = dice.binomial(with_status, share);
    let mut failed = 0;
    // Client errors and WebSockets stay what they are: patterns of their own count them.
    for (_, n) in counts.by_status.range_mut(200..400) {
        let taken = left.min(*n);
        (*n, left, failed) = (*n - taken, left - taken, failed + taken);
    }
    counts.by_status.retain(|_, n| *n > 0);
    if failed > 0 {
        *counts.by_status.entry(FAILED).or_default() += failed;
    }
    failed
}

/// Requests log an error message that nobody knew before.
fn complain(revision: &mut RevisionCounts, share: f64, dice: &mut Dice) {
    let mut messages = BTreeMap::new();
    for (minute, counts) in &mut revision.minutes {
        let n = dice.binomial(counts.requests, share);
        if n > 0 {
            counts.entries = counts.entries.saturating_add(n);
            counts.error_messages = counts.error_messages.saturating_add(n);
            messages.insert(*minute, n);
        }
    }
    add(revision, MESSAGE_KEY, &messages);
    add(revision, UNMATCHED_KEY, &messages);
    mark(&mut revision.traces, MESSAGE_KEY, share, dice);
}

fn add(revision: &mut RevisionCounts, key: &str, events: &BTreeMap<Minute, u64>) {
    if events.is_empty() {
        return;
    }
    let signal = revision.signals.entry(key.into()).or_default();
    for (minute, n) in events {
        let sum = signal.minutes.entry(*minute).or_default();
        *sum = sum.saturating_add(*n);
    }
}

/// Traces are a sample of the requests: each shows the signal with the same probability.
fn mark(traces: &mut BTreeMap<u64, Trace>, key: &str, share: f64, dice: &mut Dice) {
    for trace in traces.values_mut() {
        if dice.unit() < share && trace.signals.len() < TRACE_SIGNALS_MAX {
            trace.signals.insert(key.into());
        }
    }
}

/// Every measured latency grows by the same time: bins move by their middles.
fn slow_down(revision: &mut RevisionCounts, milliseconds: f64) {
    let added_ns = milliseconds * 1e6;
    let mut end_ms = 1.0;
    let moved: Vec<u16> = (0..BINS)
        .map(|bin| {
            let start_ms = if bin == 0 { 0.0 } else { end_ms };
            end_ms *= GAMMA;
            bin_of(((start_ms + end_ms) / 2.0 * 1e6 + added_ns) as u64)
        })
        .collect();
    for bins in revision.latency.values_mut() {
        let mut slower: BTreeMap<u16, u64> = BTreeMap::new();
        for (bin, n) in bins.iter() {
            let to = moved.get(usize::from(*bin)).copied().unwrap_or(*bin);
            let sum = slower.entry(to).or_default();
            *sum = sum.saturating_add(*n);
        }
        *bins = slower;
    }
    for request in revision.traces.values_mut().filter_map(|t| t.request.as_mut()) {
        request.latency_ns = request.latency_ns.saturating_add(added_ns as u64);
    }
}
