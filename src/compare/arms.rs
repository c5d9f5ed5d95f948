//! From the minutes of two sides to the arms of the count table: exposures on a clock, and histograms of latency.
//!
//! Input: the chosen sides. Output: both arms. Must not look at signals.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::sides::{Side, Sides};
use super::table::{Arm, Histogram, Pairing};
use crate::profile::{BINS, LATENCY_BLOCK_MINUTES};

/// A pause this long ends a contiguous run of minutes: the service was not logging, or the export has a hole.
pub(super) const PAUSE_MINUTES: i64 = 30;

/// An arm with the clock minutes of its exposures.
pub(super) struct Timed {
    pub(super) arm: Arm,
    pub(super) minutes: Vec<i64>,
}

pub(super) fn arms(sides: &Sides<'_>) -> (Timed, Timed) {
    let (old, new) = (sides.baseline.minutes(), sides.candidate.minutes());
    let requests = |m: &BTreeMap<i64, (u64, u64)>| m.values().any(|(_, requests)| *requests > 0);
    // One unit for both sides. Without any requests, entries; a side that alone has none has had no exposure.
    let by_requests = requests(&old) || requests(&new);
    let exposure = |(entries, requests): &(u64, u64)| if by_requests { *requests } else { *entries };
    let is_comparable = sides.same_request_source();
    let blocks = [&sides.baseline, &sides.candidate].map(|side| match is_comparable {
        true => latency_blocks(side, sides.pairing),
        false => BTreeMap::new(),
    });
    let (old_minutes, new_minutes) = match sides.pairing {
        Pairing::BeforeAfter => (
            clock(&sides.baseline, &old, sides.same_hours),
            clock(&sides.candidate, &new, sides.same_hours),
        ),
        Pairing::Concurrent => {
            let both: BTreeSet<i64> = old.keys().chain(new.keys()).copied().collect();
            (runs(both.iter().copied()), runs(both.iter().copied()))
        }
    };
    let arm = |minutes: &BTreeMap<i64, (u64, u64)>, (clock, segments): (Vec<i64>, Vec<usize>), latency| Timed {
        arm: Arm {
            segments,
            exposure: clock.iter().map(|m| minutes.get(m).map_or(0, exposure)).collect(),
            latency,
            clock: clock.clone(),
        },
        minutes: clock,
    };
    let [old_blocks, new_blocks] = blocks;
    let (old_latency, new_latency) = match sides.pairing {
        Pairing::BeforeAfter => (
            along(&old_minutes.0, old_blocks, &sides.baseline),
            along(&new_minutes.0, new_blocks, &sides.candidate),
        ),
        Pairing::Concurrent => paired(&old_blocks, &new_blocks),
    };
    (arm(&old, old_minutes, old_latency), arm(&new, new_minutes, new_latency))
}

/// The blocks of latency that a side's minutes lie in, one after the other. A silent one keeps its place: the statistics find
/// a block by its number.
fn along(clock: &[i64], mut measured: BTreeMap<i64, Histogram>, side: &Side<'_>) -> Vec<Histogram> {
    if measured.is_empty() {
        return vec![];
    }
    let whole: Vec<Range<i64>> = side
        .windows
        .iter()
        .map(|w| blocks_of(w, Pairing::BeforeAfter))
        .collect();
    let mut blocks: Vec<i64> = clock.iter().map(|m| m.div_euclid(LATENCY_BLOCK_MINUTES)).collect();
    blocks.dedup();
    blocks.retain(|block| whole.iter().any(|range| range.contains(block)));
    blocks
        .into_iter()
        .map(|block| measured.remove(&block).unwrap_or_default())
        .collect()
}

fn paired(old: &BTreeMap<i64, Histogram>, new: &BTreeMap<i64, Histogram>) -> (Vec<Histogram>, Vec<Histogram>) {
    let blocks: BTreeSet<i64> = old.keys().chain(new.keys()).copied().collect();
    let of = |side: &BTreeMap<i64, Histogram>| {
        blocks
            .iter()
            .map(|b| side.get(b).cloned().unwrap_or_default())
            .collect()
    };
    (of(old), of(new))
}

/// The minutes that a side was observed in, with the lengths of its contiguous runs: from the first of the `active` ones, which
/// have entries, to the last, but for long pauses (a stray time far away does not make a window long). With the same hours
/// of several days each window is a run, silent minutes included: only runs of equal length can be laid side by side.
pub fn clock<T>(side: &Side<'_>, active: &BTreeMap<i64, T>, same_hours: bool) -> (Vec<i64>, Vec<usize>) {
    if !same_hours {
        return runs(active.keys().copied());
    }
    let windows = || side.windows.iter().cloned();
    (windows().flatten().collect(), windows().map(Iterator::count).collect())
}

/// All minutes from the first to the last, but for long pauses; with the lengths of the runs between these.
pub(super) fn runs(active: impl Iterator<Item = i64>) -> (Vec<i64>, Vec<usize>) {
    let (mut minutes, mut segments): (Vec<i64>, Vec<usize>) = (vec![], vec![]);
    for minute in active {
        match minutes.last() {
            Some(&last) if minute - last <= PAUSE_MINUTES => {
                if let Some(run) = segments.last_mut() {
                    *run += (last..minute).count();
                }
                minutes.extend(last + 1..minute + 1);
            }
            _ => {
                minutes.push(minute);
                segments.push(1);
            }
        }
    }
    (minutes, segments)
}

pub(super) fn spread(counts: &[(i64, u64)], minutes: &[i64]) -> Vec<u64> {
    let mut spread = vec![0; minutes.len()];
    let mut at = 0;
    for (minute, n) in counts {
        while minutes.get(at).is_some_and(|m| m < minute) {
            at += 1;
        }
        if minutes.get(at) == Some(minute) {
            spread[at] = *n;
        }
    }
    spread
}

/// The side's latency by block. Before and after, a block that the window cuts belongs to neither side: with one revision,
/// it holds measurements of both. When both served at once it is kept: the minutes outside are few, and of the same revision.
pub(super) fn latency_blocks(side: &Side<'_>, pairing: Pairing) -> BTreeMap<i64, Histogram> {
    let mut blocks: BTreeMap<i64, Histogram> = BTreeMap::new();
    let ranges: Vec<Range<i64>> = side.windows.iter().map(|w| blocks_of(w, pairing)).collect();
    for revision in &side.revisions {
        for (block, bins) in ranges.iter().flat_map(|range| revision.latency.range(range.clone())) {
            // As long as the slowest request needs: the same is done with all of them at every look of a watch.
            let length = bins.keys().next_back().map_or(0, |bin| usize::from(*bin) + 1).min(BINS);
            let sum = blocks.entry(*block).or_default();
            sum.resize(sum.len().max(length), 0);
            for (bin, count) in bins {
                if let Some(slot) = sum.get_mut(usize::from(*bin)) {
                    *slot += count;
                }
            }
        }
    }
    blocks
}

fn blocks_of(window: &Range<i64>, pairing: Pairing) -> Range<i64> {
    let cut = |minute: i64| i64::from(minute.rem_euclid(LATENCY_BLOCK_MINUTES) != 0);
    let (mut first, mut end) = (
        window.start.div_euclid(LATENCY_BLOCK_MINUTES),
        window.end.div_euclid(LATENCY_BLOCK_MINUTES) + cut(window.end),
    );
    if pairing == Pairing::BeforeAfter {
        first += cut(window.start);
        end -= cut(window.end);
    }
    first..end.max(first)
}
