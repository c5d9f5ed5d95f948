//! Upper bounds of the harm that PROCEED has to exclude: of the ratio of the rates, and of their difference.
//!
//! Input: one signal's counts on both sides, cut into blocks. Output: two bounds. Must not decide.
//!
//! One after the other, a storm in the baseline must not hide a regression, so its rate is taken without its worst blocks;
//! and a storm in the candidate that weighs no more than the baseline's must not hide that all is well.

use super::dispersion::{Alone, Scale, Trimmed, of_side, trimmed};
use super::finding::Dispersion;
use super::rates::{Totals, excess_upper, ratio_bounds};
use super::settings::Settings;

/// The bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpperBounds {
    /// Of the ratio of the rates; infinite when unbounded.
    pub ratio: f64,
    /// Of the candidate's rate minus the baseline's.
    pub excess: f64,
    /// No bound, but the estimate itself: the candidate's rate minus the baseline's.
    pub settled_excess: f64,
    /// No bound, but an estimate: the candidate's rate minus the baseline's in the calm part of both, without the blocks of
    /// either that are worst.
    pub calm_excess: f64,
}

impl UpperBounds {
    /// What is known without exposure. The bound of the excess stands at one event for each unit of exposure.
    pub const NONE: UpperBounds = UpperBounds {
        ratio: f64::INFINITY,
        excess: 1.0,
        settled_excess: 0.0,
        calm_excess: 0.0,
    };
}

/// One side of a signal, with its arm's blocks.
#[derive(Debug, Clone, Copy)]
pub struct SideBlocks<'a> {
    /// Running sums of the events in each minute.
    pub counts: &'a [f64],
    /// How they vary by themselves at each scale; empty where both served at once.
    pub alone: &'a [Alone],
    /// The arm's five-minute blocks.
    pub trimming: &'a Scale,
}

/// Bounds when both sides served at once: shared storms have cancelled already.
pub fn concurrent(
    totals: &Totals,
    dispersion: &[Dispersion],
    baseline: SideBlocks<'_>,
    candidate: SideBlocks<'_>,
    settings: &Settings,
) -> UpperBounds {
    UpperBounds {
        ratio: ratio_bounds(totals, dispersion, settings.confidence).1,
        excess: excess_upper(totals, dispersion, dispersion, settings.confidence),
        settled_excess: totals.excess(),
        calm_excess: calm_excess(baseline, candidate, settings),
    }
}

/// A storm that fills the baseline raises its rate, and with it all that the bounds tolerate. What is left when each side
/// loses its worst blocks does not know of storms: there, steady harm still shows.
fn calm_excess(baseline: SideBlocks<'_>, candidate: SideBlocks<'_>, settings: &Settings) -> f64 {
    let calm = |side: SideBlocks<'_>| {
        let dropped = side.trimming.blocks.len() as f64 * (1.0 - settings.calm_share);
        trimmed(side.counts, side.trimming, dropped as usize, settings).rate()
    };
    calm(candidate) - calm(baseline)
}

/// Bounds when the sides follow each other; `dispersion` is that of the comparison.
pub fn before_after(
    totals: &Totals,
    dispersion: &[Dispersion],
    baseline: SideBlocks<'_>,
    candidate: SideBlocks<'_>,
    settings: &Settings,
) -> UpperBounds {
    let without_worst = |side: SideBlocks<'_>| {
        let tenth = (side.trimming.blocks.len() / 10).max(1);
        trimmed(side.counts, side.trimming, tenth, settings)
    };
    let (calm_baseline, calm_candidate) = (without_worst(baseline), without_worst(candidate));
    let calm_rate = totals.baseline_rate().min(calm_baseline.rate());
    let ratio = if calm_rate > 0.0 {
        ratio_bounds(totals, dispersion, settings.confidence).1 * totals.baseline_rate() / calm_rate
    } else {
        f64::INFINITY
    };
    let full = excess_upper(
        &Totals {
            baseline: calm_rate * totals.baseline_exposure,
            ..*totals
        },
        &of_side(baseline.alone, settings),
        &of_side(candidate.alone, settings),
        settings.confidence,
    );
    let bursts_alike = bursts_alike(totals, &calm_baseline, &calm_candidate, settings);
    let excess = match without_bursts(&calm_baseline, &calm_candidate, settings) {
        Some(cut) if bursts_alike => full.min(cut),
        _ => full,
    };
    UpperBounds {
        ratio,
        excess,
        settled_excess: totals.excess(),
        calm_excess: calm_excess(baseline, candidate, settings),
    }
}

/// The candidate's bursts add no more to its rate than `burst_ratio` times what the baseline's add to the baseline's, or next
/// to nothing.
fn bursts_alike(totals: &Totals, baseline: &Trimmed, candidate: &Trimmed, settings: &Settings) -> bool {
    let added = totals.candidate_rate() - candidate.rate();
    let tolerated = settings.burst_ratio * (totals.baseline_rate() - baseline.rate());
    added <= tolerated.max(settings.margin_server_errors / 10.0)
}

/// Bound of the difference with both sides' worst blocks left out; `None` when nothing is left of a side.
fn without_bursts(baseline: &Trimmed, candidate: &Trimmed, settings: &Settings) -> Option<f64> {
    if baseline.exposure <= 0.0 || candidate.exposure <= 0.0 {
        return None;
    }
    let totals = Totals {
        baseline: baseline.count,
        candidate: candidate.count,
        baseline_exposure: baseline.exposure,
        candidate_exposure: candidate.exposure,
    };
    Some(excess_upper(
        &totals,
        &[baseline.dispersion],
        &[candidate.dispersion],
        settings.confidence,
    ))
}
