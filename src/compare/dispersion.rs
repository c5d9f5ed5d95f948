//! Dispersion: how much more a count varies than a Poisson count, measured on blocks of several lengths.
//!
//! Input: counts for each minute, exposures summed over blocks. Output: one factor a scale, with degrees of freedom. Must
//! not judge. Quasi-likelihood: a count with dispersion phi is worth count/phi independent events.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::blocks::{PERSISTENCE_MINUTES, blocks, differences, runs, sums};
use super::finding::Dispersion;
use super::settings::Settings;
use super::table::Arm;

/// One arm cut into blocks of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Block length in minutes.
    pub minutes: u32,
    /// The blocks, as ranges of minute indexes.
    pub blocks: Vec<Range<usize>>,
    /// Exposure of each block.
    pub exposure: Vec<f64>,
    /// The sums of a signal without events.
    silent: PearsonSums,
}

impl Scale {
    fn new(arm: &Arm, minutes: u32) -> Self {
        let blocks = blocks(&runs(arm), minutes as usize);
        let exposure = sums(&arm.exposure, &blocks);
        let mut silent = PearsonSums::default();
        exposure.iter().for_each(|&e| silent.push(0.0, e));
        Self {
            minutes,
            silent,
            blocks,
            exposure,
        }
    }

    /// [`PearsonSums::statistic`] of counts (running sums). Most blocks have no event, and add nothing but their exposure.
    fn pearson(&self, counts: &[f64]) -> (f64, f64) {
        let mut sums = self.silent.clone();
        if counts.first() == counts.last() {
            return sums.statistic();
        }
        let last = counts.len() - 1;
        for (block, e) in self.blocks.iter().zip(&self.exposure) {
            let x = counts[block.end.min(last)] - counts[block.start.min(last)];
            if x != 0.0 && *e > 0.0 {
                sums.add_events(x, *e);
            }
        }
        sums.statistic()
    }
}

/// The scales that an arm is long enough for, finest first. The first one is always used, so the result is never empty.
pub fn scales(arm: &Arm, settings: &Settings) -> Vec<Scale> {
    let lengths = if settings.scales_minutes.is_empty() {
        &[1][..]
    } else {
        &settings.scales_minutes[..]
    };
    let enough = |minutes: u32| arm.exposure.len() >= settings.min_blocks.saturating_mul(minutes as usize);
    lengths
        .iter()
        .enumerate()
        .take_while(|&(i, &minutes)| i == 0 || enough(minutes))
        .map(|(_, &minutes)| Scale::new(arm, minutes))
        .collect()
}

/// Sums over blocks for Pearson's statistic of counts against exposures, given their total.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct PearsonSums {
    total: f64,
    exposed: f64,
    squares: f64,
    blocks: usize,
}

impl PearsonSums {
    /// Takes a block; one without exposure is left out.
    pub(super) fn push(&mut self, x: f64, e: f64) {
        if e > 0.0 {
            self.exposed += e;
            self.blocks += 1;
            self.add_events(x, e);
        }
    }

    fn add_events(&mut self, x: f64, e: f64) {
        self.total += x;
        self.squares += x * x / e;
    }

    /// The statistic with its degrees of freedom.
    pub(super) fn statistic(&self) -> (f64, f64) {
        let statistic = if self.total > 0.0 {
            self.exposed * self.squares / self.total - self.total
        } else {
            0.0
        };
        (statistic, self.blocks.saturating_sub(1) as f64)
    }
}

/// Pearson's statistic of counts against exposures, with its degrees of freedom. Blocks without exposure are left out.
pub(super) fn pearson(counts: &[f64], exposure: &[f64]) -> (f64, f64) {
    let mut sums = PearsonSums::default();
    counts.iter().zip(exposure).for_each(|(&x, &e)| sums.push(x, e));
    sums.statistic()
}

/// Sums over blocks for the dispersion of the candidate's counts given the totals of both sides: what both share, such as a
/// storm, cancels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct PairedSums {
    residuals: f64,
    squares: f64,
    variance: f64,
    blocks: f64,
    events: f64,
    events_squared: f64,
}

impl PairedSums {
    /// Takes a block, events and exposure of the baseline and of the candidate; one without exposure of both is left out.
    pub(super) fn push(&mut self, (x0, e0): (f64, f64), (x1, e1): (f64, f64)) {
        if e0 <= 0.0 || e1 <= 0.0 {
            return;
        }
        let share = e1 / (e1 + e0);
        let both = x0 + x1;
        let residual = x1 - both * share;
        self.residuals += residual;
        self.squares += residual * residual;
        self.variance += both * share * (1.0 - share);
        self.blocks += 1.0;
        self.events += both;
        self.events_squared += both * both;
    }

    /// The dispersion with its degrees of freedom.
    pub(super) fn phi(&self) -> (f64, f64) {
        let df = f64::max(self.blocks - 1.0, 0.0);
        if self.variance <= 0.0 {
            return (1.0, df);
        }
        let about_mean = f64::max(self.squares - self.residuals * self.residuals / self.blocks, 0.0);
        (about_mean * self.blocks / f64::max(df, 1.0) / self.variance, df)
    }

    /// The size of the bunches that the events of both sides came in, at most: the size of the block that an event finds itself
    /// in, on average. If each bunch falls on either side as a whole, the dispersion of the share is the mean bunch, weighted by
    /// size, and no bunch is larger than its block. Without this limit one event of a small candidate looks like a bunch of
    /// `1 / share`. 1 without events.
    pub(super) fn largest_bunches(&self) -> f64 {
        if self.events > 0.0 {
            f64::max(self.events_squared / self.events, 1.0)
        } else {
            1.0
        }
    }
}

/// [`PairedSums`] of all blocks.
fn paired(baseline: (&[f64], &[f64]), candidate: (&[f64], &[f64])) -> PairedSums {
    let mut sums = PairedSums::default();
    let b = baseline.0.iter().copied().zip(baseline.1.iter().copied());
    let c = candidate.0.iter().copied().zip(candidate.1.iter().copied());
    b.zip(c).for_each(|(b, c)| sums.push(b, c));
    sums
}

/// Draws the dispersion of each scale towards that of the next finer one (the finest towards Poisson), with `prior_df`
/// degrees of freedom, and lets none below 1.
pub(super) fn shrink(raw: impl Iterator<Item = (u32, f64, f64)>, prior_df: f64) -> Vec<Dispersion> {
    let mut prior = 1.0;
    raw.map(|(minutes, phi, df)| {
        prior = towards(prior, phi, df, prior_df);
        Dispersion {
            minutes,
            phi: f64::max(prior, 1.0),
            df: f64::max(df + prior_df, 1.0),
        }
    })
    .collect()
}

/// A dispersion `phi` with `df` degrees of freedom, drawn towards `prior` with those of the prior.
pub(super) fn towards(prior: f64, phi: f64, df: f64, prior_df: f64) -> f64 {
    if df + prior_df > 0.0 {
        (df * phi + prior_df * prior) / (df + prior_df)
    } else {
        prior
    }
}

/// One side's counts at one scale by themselves: Pearson's statistic against a constant rate, and its degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alone {
    minutes: u32,
    statistic: f64,
    df: f64,
}

impl Alone {
    fn new(minutes: u32, (statistic, df): (f64, f64)) -> Self {
        Self { minutes, statistic, df }
    }
}

/// One side's `counts` (running sums) at each scale.
pub fn alone(counts: &[f64], scales: &[Scale]) -> Vec<Alone> {
    let at = |scale: &Scale| Alone::new(scale.minutes, scale.pearson(counts));
    scales.iter().map(at).collect()
}

/// Dispersion of one side.
pub fn of_side(side: &[Alone], settings: &Settings) -> Vec<Dispersion> {
    let phi = |a: &Alone| if a.df > 0.0 { a.statistic / a.df } else { 0.0 };
    shrink(side.iter().map(|a| (a.minutes, phi(a), a.df)), settings.prior_df)
}

/// Dispersion of a comparison of sides that follow each other: the larger of the two factors, with the fewer degrees of freedom.
pub fn of_unpaired(baseline: &[Alone], candidate: &[Alone], settings: &Settings) -> Vec<Dispersion> {
    let phi = |a: &Alone| a.statistic / a.df.max(1.0);
    let larger = |(b, c): (&Alone, &Alone)| (b.minutes, f64::max(phi(b), phi(c)), b.df.min(c.df));
    shrink(baseline.iter().zip(candidate).map(larger), settings.prior_df)
}

/// Dispersion of a comparison of sides that served at once, from each side's counts (running sums) and scales: what both
/// share cancels.
pub fn of_paired(baseline: (&[f64], &[Scale]), candidate: (&[f64], &[Scale]), settings: &Settings) -> Vec<Dispersion> {
    let mut bunches = Vec::new();
    let raw = baseline.1.iter().zip(candidate.1).map(|(b, c)| {
        let (b_counts, c_counts) = (differences(baseline.0, &b.blocks), differences(candidate.0, &c.blocks));
        let sums = paired((&b_counts, &b.exposure), (&c_counts, &c.exposure));
        if settings.limit_by_bunches {
            bunches.push(sums.largest_bunches());
        }
        let (phi, df) = sums.phi();
        (b.minutes, phi, df)
    });
    let mut out = shrink(raw, settings.prior_df);
    for (dispersion, largest) in out.iter_mut().zip(bunches) {
        dispersion.phi = dispersion.phi.min(largest);
    }
    out
}

/// One signal on one side without its worst blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Trimmed {
    /// Events in the blocks kept.
    pub count: f64,
    /// Exposure of the blocks kept.
    pub exposure: f64,
    /// Dispersion over the blocks kept.
    pub dispersion: Dispersion,
}

impl Trimmed {
    /// Events per unit of exposure; 0 without exposure.
    pub fn rate(&self) -> f64 {
        if self.exposure > 0.0 {
            self.count / self.exposure
        } else {
            0.0
        }
    }
}

/// Leaves out the `dropped` blocks with the highest rates, the first of equals, and those without exposure. Counts as running
/// sums.
pub fn trimmed(counts: &[f64], scale: &Scale, dropped: usize, settings: &Settings) -> Trimmed {
    let counts = differences(counts, &scale.blocks);
    let has_events = |&(x, e): &(&f64, &f64)| *x > 0.0 && *e > 0.0;
    let events = counts.iter().zip(&scale.exposure).filter(has_events).count();
    let (kept, exposure) = match dropped.checked_sub(events) {
        Some(silent) => without_events(&counts, scale, silent),
        None => without_worst(&counts, scale, dropped),
    };
    let alone = Alone::new(scale.minutes, pearson(&kept, &exposure));
    let exposed = || kept.iter().zip(&exposure).filter(|&(_, &e)| e > 0.0);
    Trimmed {
        count: exposed().map(|(x, _)| x).sum(),
        exposure: exposed().map(|(_, e)| e).sum(),
        dispersion: of_side(&[alone], settings).swap_remove(0),
    }
}

/// What is left when all blocks with events are among those that are dropped, and so many of the others: most signals are
/// rare, and need no sorting.
fn without_events(counts: &[f64], scale: &Scale, silent: usize) -> (Vec<f64>, Vec<f64>) {
    let quiet = counts
        .iter()
        .zip(&scale.exposure)
        .filter(|&(x, &e)| *x == 0.0 && e > 0.0);
    let exposure: Vec<f64> = quiet.map(|(_, e)| *e).skip(silent).collect();
    (vec![0.0; exposure.len()], exposure)
}

fn without_worst(counts: &[f64], scale: &Scale, dropped: usize) -> (Vec<f64>, Vec<f64>) {
    let rate = |(&x, &e): (&f64, &f64)| if e > 0.0 { x / e } else { -1.0 };
    let rates: Vec<f64> = counts.iter().zip(&scale.exposure).map(rate).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    if (1..order.len()).contains(&dropped) {
        order.select_nth_unstable_by(dropped, |&i, &j| rates[j].total_cmp(&rates[i]).then(i.cmp(&j)));
    }
    order.drain(..dropped.min(counts.len()));
    order.sort_unstable();
    let kept = |values: &[f64]| order.iter().map(|&i| values[i]).collect();
    (kept(counts), kept(&scale.exposure))
}

/// The blocks that [`trimmed`] works on.
pub fn trimming_scale(arm: &Arm) -> Scale {
    Scale::new(arm, PERSISTENCE_MINUTES as u32)
}

#[cfg(test)]
#[path = "dispersion_tests.rs"]
mod tests;
