//! One signal's sums in a watch, and the evidence they carry. All sums are taken in the order of time, so that they do not
//! depend on how often somebody looked.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::super::bets::{log_mean_exp, settle};
use super::super::blocks::{PERSISTENCE_MINUTES, blocks, running, runs, sums, total};
use super::super::dispersion::{PairedSums, PearsonSums, pearson, towards, trimmed, trimming_scale};
use super::super::table::Row;
use super::clumps::Clumps;
use super::evidence::{GRID, mean_of_two, mixture};
use super::steps::Sides;

/// Bursts are cut to this many times the calm rate at least, events.
const SMALLEST_CUT: f64 = 2.0;
/// Share of the blocks that the calm rate of a baseline leaves out.
const STORMY_SHARE: f64 = 0.25;
/// Units that the finest scale needs before its dispersion is measured.
const MIN_UNITS: usize = 2;

/// Sums over the whole blocks of one scale.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ScaleSums {
    /// Events of the candidate and of the baseline in the open block.
    open: (f64, f64),
    units: usize,
    blocks: usize,
    /// Both at once.
    paired: PairedSums,
    /// One after the other: the candidate's.
    alone: PearsonSums,
    /// The baseline's own dispersion at this scale, drawn towards that of the next finer one; 0 when it is not measured.
    floor: f64,
}

/// One signal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RowState {
    /// What the sums were made of: see `Watch`.
    pub(super) seen: u64,
    /// Units taken.
    units: usize,
    /// Events up to now, and of the whole baseline when the sides follow each other.
    raw: (u64, u64),
    /// The same with bursts cut.
    cut: (f64, f64),
    /// Both at once: the log likelihood ratios.
    ratios: [f64; GRID.len()],
    scales: Vec<ScaleSums>,
    /// Largest rate that is not cut, when the baseline is known beforehand.
    calm_rate: f64,
    /// Logarithms of the wealth of each stake, and bets made.
    wealth: Vec<f64>,
    bets: usize,
    clumps: Clumps,
    /// Five-minute blocks of the candidate with events.
    active: u32,
    /// First look at which it had enough events to count as one of many.
    pub(super) counted_at: Option<usize>,
    /// Looks at which the evidence was beyond the lowest threshold there is: minute, logarithm of the e-value.
    pub(super) crossings: Vec<(usize, f64)>,
}

impl RowState {
    pub(super) fn new(row: &Row, sides: &Sides<'_>) -> Self {
        let mut state = Self {
            scales: vec![ScaleSums::default(); sides.scales.len()],
            wealth: vec![0.0; sides.settings.bets.len()],
            ..Self::default()
        };
        if !sides.is_concurrent() {
            state.take_baseline(row, sides);
        }
        state
    }

    /// The whole baseline, when it lies before: totals, calm rate, dispersion at each scale.
    fn take_baseline(&mut self, row: &Row, sides: &Sides<'_>) {
        let (settings, arm) = (sides.settings, &sides.table.baseline);
        self.raw.1 = row.baseline.iter().fold(0, |sum, n| sum.saturating_add(*n));
        let runs = runs(arm);
        let units_of = |run: &Range<usize>| blocks(std::slice::from_ref(run), sides.unit_minutes);
        let in_units =
            |values: &[u64]| -> Vec<Vec<f64>> { runs.iter().map(|run| sums(values, &units_of(run))).collect() };
        let (exposure, mut counts) = (in_units(&arm.exposure), in_units(&row.baseline));
        if sides.unit_minutes > 1 {
            let scale = trimming_scale(arm);
            let stormy = ((scale.blocks.len() as f64 * STORMY_SHARE) as usize).max(1);
            self.calm_rate = trimmed(&running(&row.baseline), &scale, stormy, settings).rate();
            for (count, e) in counts.iter_mut().flatten().zip(exposure.iter().flatten()) {
                *count = f64::min(*count, self.largest(*e, settings.burst_cap));
            }
        }
        self.cut.1 = counts.iter().flatten().sum();
        let mut prior = 1.0;
        for (shared, scale) in sides.scales.iter().zip(&mut self.scales) {
            if arm.exposure.len() < settings.min_blocks * shared.minutes as usize {
                break;
            }
            let joined = |values: &[Vec<f64>]| {
                values
                    .iter()
                    .flat_map(|run| join(run, shared.units))
                    .collect::<Vec<_>>()
            };
            let (statistic, df) = pearson(&joined(&counts), &joined(&exposure));
            let phi = if df > 0.0 { statistic / df } else { 0.0 };
            prior = towards(prior, phi, df, settings.prior_df);
            scale.floor = prior;
        }
    }

    fn largest(&self, exposure: f64, factor: f64) -> f64 {
        f64::max(factor * self.calm_rate * exposure, SMALLEST_CUT)
    }

    /// Takes all up to this minute, the end of five.
    pub(super) fn advance(&mut self, row: &Row, sides: &Sides<'_>, minute: usize) {
        while self.units < sides.units_until(minute) {
            self.take_unit(row, sides);
        }
        let block = minute - PERSISTENCE_MINUTES..minute;
        let is_active = row.candidate.get(block).is_some_and(|b| b.iter().any(|&n| n > 0));
        self.active += u32::from(is_active);
        while let Some(bet) = sides.bets.get(self.bets).filter(|bet| bet.minutes.end <= minute) {
            self.bets += 1;
            let candidate = total(row.candidate.get(bet.minutes.clone()).unwrap_or(&[]));
            self.clumps.push(candidate > 0.0);
            let Some(share) = bet.share else { continue };
            let of = |start: &usize| {
                total(
                    row.baseline
                        .get(start + bet.minutes.start..start + bet.minutes.end)
                        .unwrap_or(&[]),
                )
            };
            let events = candidate + sides.starts.iter().map(of).sum::<f64>();
            settle(&mut self.wealth, &sides.settings.bets, share, candidate, events);
        }
        if self.counted_at.is_none() && self.raw.0.saturating_add(self.raw.1) >= sides.settings.min_watch_events {
            self.counted_at = Some(minute);
        }
    }

    fn take_unit(&mut self, row: &Row, sides: &Sides<'_>) {
        let index = self.units;
        self.units += 1;
        let unit = &sides.units[index];
        let minutes = unit.start..unit.start + sides.unit_minutes;
        let sum = |counts: &[u64]| {
            counts
                .get(minutes.clone())
                .unwrap_or(&[])
                .iter()
                .fold(0, |s: u64, n| s.saturating_add(*n))
        };
        let (raw1, raw0) = (
            sum(&row.candidate),
            if sides.is_concurrent() { sum(&row.baseline) } else { 0 },
        );
        self.raw.0 = self.raw.0.saturating_add(raw1);
        self.raw.1 = self.raw.1.saturating_add(raw0);
        let (candidate, baseline) = self.cut_burst(raw1 as f64, raw0 as f64, index, sides);
        self.cut.0 += candidate;
        self.cut.1 += baseline;
        if let Some(weights) = &unit.weights {
            for (ratio, (of_candidate, of_baseline)) in self.ratios.iter_mut().zip(weights) {
                *ratio += candidate * of_candidate + baseline * of_baseline;
            }
        }
        for (scale, shared) in self.scales.iter_mut().zip(&sides.scales) {
            scale.open.0 += candidate;
            scale.open.1 += baseline;
            scale.units += 1;
            if scale.units == shared.units {
                let exposure = shared.blocks.get(scale.blocks).copied().unwrap_or((0.0, 0.0));
                scale.close(exposure, sides.is_concurrent());
            }
        }
    }

    /// The events of a unit with a burst cut to a few times what is usual: by the baseline's calm rate; both at once by the
    /// mean so far, each side in proportion.
    fn cut_burst(&self, candidate: f64, baseline: f64, index: usize, sides: &Sides<'_>) -> (f64, f64) {
        let factor = sides.settings.burst_cap;
        if factor <= 0.0 {
            return (candidate, baseline);
        }
        let unit = &sides.units[index];
        if !sides.is_concurrent() {
            return (f64::min(candidate, self.largest(unit.candidate, factor)), baseline);
        }
        let events = candidate + baseline;
        let before = match index.checked_sub(1) {
            Some(last) => sides.exposure[last].0 + sides.baseline_exposure[last],
            None => 0.0,
        };
        let usual = if before > 0.0 {
            (self.cut.0 + self.cut.1) / before
        } else {
            0.0
        };
        let largest = f64::max(factor * usual * (unit.candidate + unit.baseline), SMALLEST_CUT);
        let kept = if events > largest { largest / events } else { 1.0 };
        (candidate * kept, baseline * kept)
    }

    /// Logarithm of the e-value after the last unit; `None` where the signal cannot cause a ROLL BACK.
    pub(super) fn evidence(&self, sides: &Sides<'_>) -> Option<f64> {
        let settings = sides.settings;
        let last = self.units.checked_sub(1)?;
        let ((e1, weighted), e0) = (sides.exposure[last], sides.baseline_exposure[last]);
        let excess = self.raw.0 as f64 / e1.max(1.0) - self.raw.1 as f64 / e0.max(1.0);
        if self.active < settings.min_active_blocks || excess < settings.min_excess || e1 <= 0.0 || e0 <= 0.0 {
            return None;
        }
        let by_ratio = self.by_ratio(weighted, e0, sides);
        if sides.starts.is_empty() {
            return Some(by_ratio);
        }
        let wealth = log_mean_exp(&self.wealth);
        let belonging = if settings.burst_cap > 0.0 {
            self.clumps.factor()
        } else {
            1.0
        };
        let by_bets = if wealth > 0.0 { wealth / belonging } else { wealth };
        Some(mean_of_two(by_ratio, by_bets))
    }

    fn by_ratio(&self, weighted: f64, e0: f64, sides: &Sides<'_>) -> f64 {
        const NONE: f64 = -50.0;
        let settings = sides.settings;
        let ratios = if sides.is_concurrent() {
            self.ratios
        } else {
            let weights = super::evidence::event_weights(weighted, e0, settings.tolerated_ratio);
            weights.map(|(of_candidate, of_baseline)| self.cut.0 * of_candidate + self.cut.1 * of_baseline)
        };
        let (mut prior, mut least, mut largest) = (1.0, f64::INFINITY, 1.0_f64);
        for (i, scale) in self.scales.iter().enumerate() {
            let enough = scale.blocks >= if i > 0 { settings.min_blocks } else { MIN_UNITS };
            let (measured, df) = scale.phi(sides.is_concurrent());
            if enough {
                let finer = f64::max(prior, scale.floor);
                prior = towards(finer, measured, df, settings.prior_df);
            }
            if !enough && i > 0 {
                continue;
            }
            let mut phi = f64::max(f64::max(prior, scale.floor), 1.0);
            if sides.is_concurrent() && settings.limit_by_bunches {
                phi = phi.min(scale.paired.largest_bunches());
            }
            least = least.min(mixture(&ratios, phi, f64::max(df + settings.prior_df, 1.0)));
            largest = largest.max(phi);
        }
        if self.cut.0 / largest >= settings.min_effective_count {
            least
        } else {
            NONE
        }
    }
}

impl ScaleSums {
    fn close(&mut self, (e1, e0): (f64, f64), concurrent: bool) {
        let (x1, x0) = std::mem::take(&mut self.open);
        self.units = 0;
        self.blocks += 1;
        if concurrent {
            self.paired.push((x0, e0), (x1, e1));
        } else {
            self.alone.push(x1, e1);
        }
    }

    /// Dispersion before it is drawn towards anything, with its degrees of freedom.
    fn phi(&self, concurrent: bool) -> (f64, f64) {
        if concurrent {
            return self.paired.phi();
        }
        let (statistic, df) = self.alone.statistic();
        (statistic / df.max(1.0), df)
    }
}

/// Sums of so many neighbours each; a rest joins the last.
fn join(values: &[f64], length: usize) -> Vec<f64> {
    let count = (values.len() / length.max(1)).max(1);
    let end = |i: usize| if i + 1 == count { values.len() } else { (i + 1) * length };
    (0..count)
        .map(|i| values[(i * length).min(values.len())..end(i)].iter().sum())
        .collect()
}
