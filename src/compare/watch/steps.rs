//! What all rows of a watch share, in steps of five minutes: exposures by block, what an event weighs, which minutes of the
//! baseline belong to which of the candidate.
//!
//! Input: a table. Output: [`Sides`]. Must not look at counts of events.

use super::super::bets::{DAY, null_share};
use super::super::blocks::{PERSISTENCE_MINUTES, runs, total};
use super::super::cycle::allowances;
use super::super::settings::Settings;
use super::super::table::{Arm, Pairing, Table};
use super::evidence::{GRID, event_weights};

/// One block of the finest scale.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unit {
    /// First minute, an index into the candidate (both at once: into the baseline as well).
    pub(super) start: usize,
    pub(super) candidate: f64,
    /// 0 when the sides follow each other.
    pub(super) baseline: f64,
    /// When both served at once: what an event adds to each log likelihood ratio, of the candidate and of the baseline.
    pub(super) weights: Option<[(f64, f64); GRID.len()]>,
}

/// One bet: ten minutes of the candidate with the baseline's.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bet {
    /// Minutes of the candidate.
    pub(super) minutes: std::ops::Range<usize>,
    /// Largest share of the events that the null allows the candidate; `None` without exposure of both.
    pub(super) share: Option<f64>,
}

/// What all rows need to know of the sides.
pub(super) struct Sides<'a> {
    pub(super) table: &'a Table,
    pub(super) settings: &'a Settings,
    /// Minutes of a unit: 1, or 5 where bursts are cut.
    pub(super) unit_minutes: usize,
    pub(super) units: Vec<Unit>,
    pub(super) bets: Vec<Bet>,
    /// First minutes of the baseline's stretches that bets are laid beside; empty when nothing pairs.
    pub(super) starts: Vec<usize>,
    /// The candidate's exposure up to each unit's end, and the same with what the cycle of the day allows.
    pub(super) exposure: Vec<(f64, f64)>,
    /// The baseline's exposure up to each unit's end; all of it when the sides follow each other.
    pub(super) baseline_exposure: Vec<f64>,
    pub(super) scales: Vec<SharedScale>,
}

/// One scale: blocks of a whole number of units.
pub(super) struct SharedScale {
    pub(super) minutes: u32,
    /// Units in a block.
    pub(super) units: usize,
    /// Exposure of the candidate and of the baseline in each whole block.
    pub(super) blocks: Vec<(f64, f64)>,
}

impl<'a> Sides<'a> {
    pub(super) fn new(table: &'a Table, minutes: usize, settings: &'a Settings) -> Self {
        let unit_minutes = if settings.burst_cap > 0.0 {
            PERSISTENCE_MINUTES
        } else {
            1
        };
        let concurrent = table.pairing == Pairing::Concurrent;
        let (candidate, baseline) = (&table.candidate.exposure, &table.baseline.exposure);
        let unit = |start: usize| {
            let sum = |values: &[u64]| total(values.get(start..start + unit_minutes).unwrap_or(&[]));
            let (e1, e0) = (sum(candidate), if concurrent { sum(baseline) } else { 0.0 });
            let weights = (concurrent && e1 > 0.0 && e0 > 0.0).then(|| event_weights(e1, e0, settings.tolerated_ratio));
            Unit {
                start,
                candidate: e1,
                baseline: e0,
                weights,
            }
        };
        let units: Vec<Unit> = (0..minutes / unit_minutes).map(|i| unit(i * unit_minutes)).collect();
        let (starts, paired_minutes) = stretches(table);
        let whole_baseline = total(baseline);
        let allowed = allowances(table, settings);
        let (mut e1, mut weighted, mut e0) = (0.0, 0.0, 0.0);
        let sums = units.iter().map(|unit| {
            let minutes = unit.start..unit.start + unit_minutes;
            e1 += unit.candidate;
            weighted += minutes.map(|m| candidate[m] as f64 * allowed[m]).sum::<f64>();
            e0 += unit.baseline;
            ((e1, weighted), if concurrent { e0 } else { whole_baseline })
        });
        let (exposure, baseline_exposure) = sums.unzip();
        let scales = shared_scales(&units, unit_minutes, settings);
        Self {
            bets: bets(table, &starts, minutes.min(paired_minutes), settings),
            table,
            settings,
            unit_minutes,
            units,
            starts,
            exposure,
            baseline_exposure,
            scales,
        }
    }

    pub(super) fn is_concurrent(&self) -> bool {
        self.table.pairing == Pairing::Concurrent
    }

    /// Units that are whole after so many minutes.
    pub(super) fn units_until(&self, minutes: usize) -> usize {
        minutes / self.unit_minutes
    }
}

fn shared_scales(units: &[Unit], unit_minutes: usize, settings: &Settings) -> Vec<SharedScale> {
    let scale = |&length: &u32| {
        let per_block = length as usize / unit_minutes;
        let sum = |block: &[Unit]| {
            let add = |(c, b): (f64, f64), unit: &Unit| (c + unit.candidate, b + unit.baseline);
            block.iter().fold((0.0, 0.0), add)
        };
        SharedScale {
            minutes: length,
            units: per_block,
            blocks: units.chunks_exact(per_block.max(1)).map(sum).collect(),
        }
    };
    let mut lengths: Vec<u32> = settings.scales_minutes.clone();
    lengths.retain(|&length| length as usize >= unit_minutes && (length as usize).is_multiple_of(unit_minutes));
    if lengths.is_empty() {
        lengths.push(unit_minutes as u32);
    }
    lengths.iter().map(scale).collect()
}

/// Where the baseline's stretches start that the candidate's minutes are laid beside, and for how many minutes: both at once,
/// whole days before, or the same window on several days.
fn stretches(table: &Table) -> (Vec<usize>, usize) {
    if table.pairing == Pairing::Concurrent {
        return (vec![0], usize::MAX);
    }
    let runs = runs(&table.baseline);
    if runs.len() > 1 {
        let shortest = runs.iter().map(std::ops::Range::len).min().unwrap_or(0);
        return (runs.iter().map(|run| run.start).collect(), shortest);
    }
    let minutes = table.baseline.exposure.len();
    if minutes >= DAY && minutes.is_multiple_of(DAY) {
        ((0..minutes / DAY).map(|day| day * DAY).collect(), DAY)
    } else {
        (vec![], 0)
    }
}

fn bets(table: &Table, starts: &[usize], minutes: usize, settings: &Settings) -> Vec<Bet> {
    let length = (settings.bet_block_minutes as usize).max(1);
    let bet = |block: usize| {
        let range = block * length..(block + 1) * length;
        let sum =
            |arm: &Arm, start: usize| total(arm.exposure.get(start + range.start..start + range.end).unwrap_or(&[]));
        let candidate = sum(&table.candidate, 0);
        let baseline: f64 = starts.iter().map(|&start| sum(&table.baseline, start)).sum();
        Bet {
            share: null_share(candidate, baseline, starts.len(), settings),
            minutes: range,
        }
    };
    (0..minutes / length).map(bet).collect()
}
