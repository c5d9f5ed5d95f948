//! Latency in a watch: the lower bound of each quantile's shift, held against a boundary that holds at all times together;
//! and once more over the last two hours, for harm that sets in late.
//!
//! Input: the table. Output: the first look at which a quantile is slower than tolerated for certain. Must not hold more state than
//! that: a look is made of the histograms up to it.

use serde::{Deserialize, Serialize};

use super::super::blocks::PERSISTENCE_MINUTES;
use super::super::latency::{BlockSums, Blocks, Shift, SideQuantile, slow_blocks};
use super::super::settings::Settings;
use super::super::spread::slow_all_the_time;
use super::super::table::{Histogram, Pairing, Table};
use super::evidence::latency_level;

/// Tests over the last hours share their budget as if there were so many independent ones in each such stretch.
const TESTS_PER_STRETCH: f64 = 4.0;

/// What a watch knows of latency.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct LatencyState {
    /// For each quantile of the settings, the minute of the first look that found it slower.
    pub(super) slower_at: Vec<Option<usize>>,
}

/// One look at latency.
pub(super) struct LatencyLook<'a> {
    table: &'a Table,
    settings: &'a Settings,
    /// The table's, the baseline's and the candidate's.
    blocks: &'a [Blocks; 2],
    /// The whole baseline's quantiles, when the sides follow each other.
    baseline: Vec<Option<SideQuantile>>,
}

impl<'a> LatencyLook<'a> {
    pub(super) fn new(table: &'a Table, blocks: &'a [Blocks; 2], settings: &'a Settings) -> Self {
        let before = table.pairing == Pairing::BeforeAfter;
        let sums = blocks[0].sums_from(if before { 0 } else { usize::MAX });
        let quantile = |p: f64| SideQuantile::new(&sums, p, settings.prior_df);
        Self {
            baseline: settings.latency.iter().map(|q| quantile(q.quantile)).collect(),
            table,
            settings,
            blocks,
        }
    }

    /// Notes what is slower for certain at the end of this minute.
    pub(super) fn look(&self, minute: usize, state: &mut LatencyState) {
        state.slower_at.resize(self.settings.latency.len(), None);
        let blocks = minute / PERSISTENCE_MINUTES;
        if blocks == 0 || blocks > self.table.candidate.latency.len() {
            return;
        }
        let settings = self.settings;
        let alpha = settings.alpha * settings.share_latency / settings.latency.len() as f64 / 2.0;
        let recent = settings.recent_minutes as usize;
        let mut tests = vec![(0, latency_level(blocks, alpha))];
        if recent > 0 && minute >= 2 * recent {
            let stretches = f64::from(settings.watch_minutes) / recent as f64;
            tests.push((
                blocks - recent / PERSISTENCE_MINUTES,
                alpha / (TESTS_PER_STRETCH * stretches),
            ));
        }
        for (first, alpha) in tests {
            let beside = match self.table.pairing {
                Pairing::Concurrent => first..blocks,
                Pairing::BeforeAfter => 0..0,
            };
            let window = [self.blocks[0].sums(beside), self.blocks[1].sums(first..blocks)];
            for (i, at) in state.slower_at.iter_mut().enumerate().filter(|(_, at)| at.is_none()) {
                if self.is_slower(i, &window, alpha) {
                    *at = Some(minute);
                }
            }
        }
    }

    /// `window`: the baseline's blocks beside the candidate's, and the candidate's.
    fn is_slower(&self, quantile: usize, window: &[BlockSums<'_>; 2], alpha: f64) -> bool {
        let (settings, tolerance) = (self.settings, &self.settings.latency[quantile]);
        let p = tolerance.quantile;
        let [beside, candidate] = window;
        let paired;
        let baseline = match self.table.pairing {
            Pairing::BeforeAfter => self.baseline[quantile].as_ref(),
            Pairing::Concurrent => {
                paired = SideQuantile::new(beside, p, settings.prior_df);
                paired.as_ref()
            }
        };
        let Some(baseline) = baseline else { return false };
        let Some(candidate_quantile) = SideQuantile::new(candidate, p, settings.prior_df) else {
            return false;
        };
        let baseline_ms = baseline.value();
        let tolerance_ms = tolerance.for_baseline(Some(baseline_ms));
        let shift = Shift::between(baseline, &candidate_quantile, self.table.pairing);
        let is_certain = shift.and_then(|s| s.lower(alpha)).is_some_and(|low| low > tolerance_ms);
        is_certain && {
            let slow = slow_blocks(candidate, baseline_ms + tolerance_ms, p);
            slow_all_the_time(&slow, settings) && self.is_new(&slow, baseline_ms + tolerance_ms, p)
        }
    }

    /// The baseline had no stretch of the same length with as many slow blocks: what it did before by itself is not the
    /// deploy's. Asked of a baseline twice as long at least.
    fn is_new(&self, slow: &[bool], limit_ms: f64, p: f64) -> bool {
        let before = &self.table.baseline.latency;
        let length = slow.len();
        if self.settings.storm_minutes == 0
            || self.table.pairing == Pairing::Concurrent
            || before.len() < 2 * length
            || length == 0
        {
            return true;
        }
        let count = |blocks: &[bool]| blocks.iter().filter(|s| **s).count();
        let of_baseline = slow_blocks(&self.blocks[0].sums_from(0), limit_ms, p);
        of_baseline.windows(length).all(|window| count(window) < count(slow))
    }
}

/// A number for each block of the candidate (both at once: of either side) that changes when the block does.
pub(super) fn fingerprints(table: &Table, blocks: usize) -> Vec<u64> {
    let of = |arm: &[Histogram], block: usize| super::weighted(arm.get(block).map_or(&[][..], Vec::as_slice), 0, 0);
    let concurrent = table.pairing == Pairing::Concurrent;
    let block = |b: usize| {
        let beside = if concurrent {
            of(&table.baseline.latency, b).wrapping_mul(3)
        } else {
            0
        };
        of(&table.candidate.latency, b).wrapping_add(beside)
    };
    (0..blocks).map(block).collect()
}
