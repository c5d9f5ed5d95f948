//! Logs made ready to be cut: the revisions that count, the minutes that hold together, and what is usual for the service.

use std::collections::BTreeMap;
use std::ops::Range;

use glob::Pattern;

use super::error::ReplayError;
use super::inject;
use crate::profile::{BINS, Data, LATENCY_BLOCK_MINUTES, RevisionCounts, TRACES_MAX};

/// A pause of this many minutes at least ends a stretch, as it ends a run of minutes in the comparison.
const GAP_MINUTES: i64 = 30;
/// Minutes farther from 1970 than this (about two thousand years) are no times of logs; sums with them could overflow.
const FAR_MINUTES: i64 = 1 << 30;

/// The counts of a time when the service was well.
#[derive(Debug)]
pub struct Logs {
    /// By `service/revision`, traces thinned to an even sample of each service.
    pub(super) revisions: BTreeMap<String, RevisionCounts>,
    /// What the signals are, those of injected harm included; without counts.
    pub(super) kinds: Data,
    /// Minutes without a gap, ends aligned to blocks of latency, ascending.
    pub(super) stretches: Vec<Range<i64>>,
    /// Minutes with entries that lie in no stretch: beside its aligned ends, or too far from 1970.
    pub(super) left_out: u64,
    requests: BTreeMap<i64, u64>,
}

/// What is usual for the service, over all of the logs.
#[derive(Debug, Clone, PartialEq)]
pub struct Usual {
    /// Share of the requests with a status that were server errors, 0 to 1.
    pub server_errors: f64,
    /// Measured latencies by bin; empty where nothing was measured.
    pub latency: Vec<u64>,
}

impl Logs {
    /// Takes the counts of [grouped](crate::profile::group) logs; `only` are the revisions that count, none stands for all.
    ///
    /// # Errors
    /// A revision that does not occur, or no requests at all.
    pub fn new(data: Data, only: &[Pattern]) -> Result<Logs, ReplayError> {
        let mut revisions = chosen(data.revisions, only)?;
        thin_traces(&mut revisions);
        let mut requests = BTreeMap::new();
        for (minute, counts) in revisions.values().flat_map(|r| &r.minutes) {
            let sum: &mut u64 = requests.entry(minute.0).or_default();
            *sum = sum.saturating_add(counts.requests);
        }
        let all = requests.len() as u64;
        requests.retain(|minute, _| minute.abs_diff(0) < FAR_MINUTES.unsigned_abs());
        if requests.values().all(|n| *n == 0) {
            return Err(ReplayError::NoRequests);
        }
        let stretches = stretches(requests.keys().copied());
        let inside: usize = stretches.iter().map(|s| requests.range(s.clone()).count()).sum();
        let mut kinds = Data {
            revisions: BTreeMap::new(),
            signals: data.signals,
        };
        inject::describe(&mut kinds);
        Ok(Logs {
            revisions,
            kinds,
            stretches,
            left_out: all.saturating_sub(inside as u64),
            requests,
        })
    }

    /// Requests in a range of minutes.
    pub fn requests(&self, minutes: Range<i64>) -> u64 {
        let inside = self.requests.range(minutes.start..minutes.end.max(minutes.start));
        inside.fold(0, |sum, (_, n)| sum.saturating_add(*n))
    }

    /// Minutes of all stretches together.
    pub fn minutes(&self) -> u64 {
        self.stretches.iter().map(|s| s.end.abs_diff(s.start)).sum()
    }

    /// What is usual for the service.
    pub fn usual(&self) -> Usual {
        let (mut errors, mut with_status) = (0.0, 0.0);
        let mut latency = vec![0_u64; BINS];
        for revision in self.revisions.values() {
            for (status, n) in revision.minutes.values().flat_map(|m| &m.by_status) {
                with_status += *n as f64;
                errors += if (500..600).contains(status) { *n as f64 } else { 0.0 };
            }
            for (bin, n) in revision.latency.values().flatten() {
                if let Some(sum) = latency.get_mut(usize::from(*bin)) {
                    *sum = sum.saturating_add(*n);
                }
            }
        }
        if latency.iter().all(|n| *n == 0) {
            latency.clear();
        }
        let server_errors = if with_status > 0.0 { errors / with_status } else { 0.0 };
        Usual { server_errors, latency }
    }
}

/// The named revisions that are asked for; without any named one, all entries.
fn chosen(
    mut revisions: BTreeMap<String, RevisionCounts>,
    only: &[Pattern],
) -> Result<BTreeMap<String, RevisionCounts>, ReplayError> {
    if revisions.keys().any(|key| !key.ends_with('/')) {
        revisions.retain(|key, _| !key.ends_with('/'));
    }
    if only.is_empty() {
        return Ok(revisions);
    }
    let names = |glob: &Pattern, key: &str| {
        glob.matches(key) || key.split_once('/').is_some_and(|(_, revision)| glob.matches(revision))
    };
    let there: Vec<String> = revisions.keys().cloned().collect();
    revisions.retain(|key, _| only.iter().any(|glob| names(glob, key)));
    if revisions.is_empty() {
        let asked = only.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", ");
        return Err(ReplayError::NoSuchRevision(asked, there));
    }
    Ok(revisions)
}

/// A revision with many traces kept a sample of them; parts of it no longer show that. So all revisions of its service are
/// thinned to the same share here, as the comparison does with whole revisions.
fn thin_traces(revisions: &mut BTreeMap<String, RevisionCounts>) {
    let mut limits: BTreeMap<String, u64> = BTreeMap::new();
    for revision in revisions.values().filter(|r| r.traces.len() >= TRACES_MAX) {
        if let Some(last) = revision.traces.keys().next_back() {
            let limit = limits.entry(revision.service.clone()).or_insert(u64::MAX);
            *limit = (*limit).min(*last);
        }
    }
    for revision in revisions.values_mut() {
        if let Some(limit) = limits.get(&revision.service) {
            revision.traces.retain(|hash, _| hash <= limit);
        }
    }
}

/// Contiguous stretches of the minutes with entries, each cut to whole blocks of latency; empty ones are left out.
fn stretches(active: impl Iterator<Item = i64>) -> Vec<Range<i64>> {
    let mut stretches: Vec<Range<i64>> = vec![];
    for minute in active {
        match stretches.last_mut() {
            Some(last) if minute - last.end < GAP_MINUTES => last.end = minute + 1,
            _ => stretches.push(minute..minute + 1),
        }
    }
    let block = LATENCY_BLOCK_MINUTES;
    let up = |minute: i64| minute + (-minute).rem_euclid(block);
    let down = |minute: i64| minute - minute.rem_euclid(block);
    let aligned = stretches.into_iter().map(|s| up(s.start)..down(s.end));
    aligned.filter(|s| s.start < s.end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_end_at_gaps_and_hold_whole_blocks() {
        let minutes = (3..=64).chain(80..=93).chain(150..=152).chain(200..=211);
        assert_eq!(stretches(minutes), [5..90, 200..210]);
        let with_gap = (0..=9).chain(39..=49).chain(80..=99);
        assert_eq!(stretches(with_gap), [0..50, 80..100]);
        assert_eq!(stretches((-7..3).chain(80..91)), [-5..0, 80..90]);
        assert_eq!(stretches(std::iter::empty()), []);
    }
}
