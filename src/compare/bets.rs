//! Bets on the candidate's share of the events: slow, but a burst counts once, whatever its size.
//!
//! Input: counts for each minute, paired blocks. Output: the logarithm of an e-value. Must not decide.
//!
//! Each block with events is one bet against "the candidate's share is at most what the tolerated ratio allows". The wealth of a
//! gambler against a true statement rarely grows: it exceeds 1/alpha with probability alpha at most, at whatever time it
//! is looked at (Waudby-Smith and Ramdas 2024). Needs blocks that belong together: both sides at once, or whole days before.

use super::blocks::{runs, total};
use super::settings::Settings;
use super::table::{Pairing, Row, Table};

/// Minutes of a day.
pub(super) const DAY: usize = 1440;

/// Blocks of the candidate with the baseline's blocks that belong to them.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedBlocks {
    minutes: usize,
    /// First minute of each stretch of the baseline that is laid beside the candidate.
    starts: Vec<usize>,
    /// Largest share of a block's events that the null allows the candidate on average; `None` without exposure of both.
    shares: Vec<Option<f64>>,
}

impl PairedBlocks {
    /// `None` for a candidate shorter than the settings ask for, or a baseline that cannot be laid beside it.
    pub fn new(table: &Table, settings: &Settings) -> Option<Self> {
        let length = table.candidate.exposure.len();
        if length < settings.long_window_minutes as usize {
            return None;
        }
        let starts = starts(table, length)?;
        let minutes = (settings.bet_block_minutes as usize).max(1);
        let mut blocks = Self {
            minutes,
            starts,
            shares: Vec::new(),
        };
        let share = |block: usize| {
            let candidate = blocks.candidate(&table.candidate.exposure, block);
            let baseline = blocks.baseline(&table.baseline.exposure, block);
            null_share(candidate, baseline, blocks.starts.len(), settings)
        };
        blocks.shares = (0..length / minutes).map(share).collect();
        Some(blocks)
    }

    fn candidate(&self, values: &[u64], block: usize) -> f64 {
        let start = (block * self.minutes).min(values.len());
        total(&values[start..(start + self.minutes).min(values.len())])
    }

    fn baseline(&self, values: &[u64], block: usize) -> f64 {
        let at = |&start: &usize| self.candidate(values.get(start..).unwrap_or(&[]), block);
        self.starts.iter().map(at).sum()
    }

    /// Logarithm of the mean wealth over the stakes, after all blocks.
    pub fn log_wealth(&self, row: &Row, stakes: &[f64]) -> f64 {
        let mut logs = vec![0.0; stakes.len()];
        for (block, share) in self.shares.iter().enumerate() {
            let Some(share) = share else { continue };
            let candidate = self.candidate(&row.candidate, block);
            let events = candidate + self.baseline(&row.baseline, block);
            settle(&mut logs, stakes, *share, candidate, events);
        }
        log_mean_exp(&logs)
    }
}

/// Largest share of a block's events that the null allows the candidate on average, by the exposures of both; `None` without
/// exposure of both.
pub(super) fn null_share(candidate: f64, baseline: f64, stretches: usize, settings: &Settings) -> Option<f64> {
    // A burst may as well fall on any of the stretches, so the null allows the candidate an equal part of it.
    let equal_part = 1.0 / (1 + stretches) as f64;
    let weighted = candidate * settings.tolerated_ratio;
    let both = weighted > 0.0 && baseline > 0.0;
    both.then(|| (weighted / (weighted + baseline)).clamp(equal_part, 1.0 - 1e-6))
}

/// Settles one bet: adds to the logarithm of each stake's wealth. A block without events is no bet.
pub(super) fn settle(logs: &mut [f64], stakes: &[f64], share: f64, candidate: f64, events: f64) {
    if events > 0.0 {
        for (log, stake) in logs.iter_mut().zip(stakes) {
            *log += (stake / share * (candidate / events - share)).ln_1p();
        }
    }
}

/// Where the baseline's stretches start that are laid beside a candidate of `length` minutes.
fn starts(table: &Table, length: usize) -> Option<Vec<usize>> {
    if table.pairing == Pairing::Concurrent {
        return Some(vec![0]);
    }
    let runs = runs(&table.baseline);
    if runs.len() > 1 {
        let same = runs.iter().all(|run| run.len() == length);
        return same.then(|| runs.iter().map(|run| run.start).collect());
    }
    let minutes = table.baseline.exposure.len();
    let whole_days = minutes >= DAY && minutes.is_multiple_of(DAY) && length <= DAY;
    whole_days.then(|| (0..minutes / DAY).map(|day| day * DAY).collect())
}

/// Logarithm of the mean of what these are logarithms of; minus infinity for none.
pub(super) fn log_mean_exp(logs: &[f64]) -> f64 {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return f64::NEG_INFINITY;
    }
    let mean = logs.iter().map(|log| (log - largest).exp()).sum::<f64>() / logs.len() as f64;
    largest + mean.ln()
}

#[cfg(test)]
#[path = "bets_tests.rs"]
mod tests;
