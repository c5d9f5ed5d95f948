//! One signal of the baseline in blocks of time: its dispersion, its drift, its rate without bursts.
//!
//! Input: the facts of the baseline; minutes may be missing, repeated, or far away. Output: finite numbers.

use std::collections::BTreeMap;

use super::super::bounds::p_above;
use super::super::counts::unit;
use super::super::view::View;
use crate::compare::Finding;
use crate::compare::distributions::Tails;
use crate::compare::rates::as_student;

/// Shortest block, minutes: that of the persistence of harm.
const SHORTEST: usize = 5;
/// Blocks that a long window is cut into: slow waves must vary between blocks, not only within thirds.
const BLOCKS: usize = 24;
/// A shorter window shows no drift.
const LEAST_BLOCKS: usize = 6;
/// Fewer events in both thirds show none either.
const LEAST_EVENTS: f64 = 10.0;
/// Degrees of freedom of the guess that events do not burst; as in the comparison.
const PRIOR_DF: f64 = 4.0;
/// Most minutes that are looked at.
const MOST_MINUTES: u64 = 60 * 24 * 62;

/// Events and exposure of each block with exposure, in the order of time.
pub(super) struct Blocks(Vec<(f64, f64)>);

/// A rate that differs between the first and the last third of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Drift {
    /// Rate in the first third.
    pub first: f64,
    /// Rate in the last third.
    pub last: f64,
    /// Two-sided p-value of "the same rate in both", dispersion counted.
    pub p: f64,
    /// Dispersion of the blocks within the thirds, at least 1.
    pub dispersion: f64,
}

impl Drift {
    /// How many times the smaller of both rates the larger one is; infinite against none.
    pub fn factor(&self) -> f64 {
        self.first.max(self.last) / self.first.min(self.last)
    }
}

impl Blocks {
    /// `None` when the minutes of the signal, or of what it is counted against, are not known.
    pub fn of_baseline(view: &View<'_>, finding: &Finding) -> Option<Blocks> {
        Blocks::cut(view, finding, None)
    }

    /// The same in blocks of one minute.
    pub fn minutes_of_baseline(view: &View<'_>, finding: &Finding) -> Option<Blocks> {
        Blocks::cut(view, finding, Some(1))
    }

    fn cut(view: &View<'_>, finding: &Finding, size: Option<usize>) -> Option<Blocks> {
        let facts = &view.case.baseline;
        let events = facts.signal_minutes.get(&finding.signal.id)?;
        let by_minute: Vec<u64> = match unit(view.case, finding) {
            "requests" => facts.request_minutes.clone(),
            "minutes" => vec![1; usize::try_from(facts.minutes.min(MOST_MINUTES)).ok()?],
            _ => return None,
        };
        let size = size.unwrap_or_else(|| by_minute.len().div_ceil(BLOCKS).max(SHORTEST));
        let mut blocks: Vec<(f64, f64)> = by_minute
            .chunks(size)
            .map(|minutes| (0.0, minutes.iter().map(|n| *n as f64).sum()))
            .collect();
        for (minute, n) in events {
            let index = usize::try_from(*minute).ok().map(|minute| minute / size);
            if let Some(block) = index.and_then(|i| blocks.get_mut(i)) {
                block.0 += *n as f64;
            }
        }
        blocks.retain(|(_, exposure)| *exposure > 0.0);
        Some(Blocks(blocks))
    }

    /// Variance over mean of the whole, at least 1, drawn towards 1 where there are few blocks.
    pub fn dispersion(&self) -> f64 {
        shrunk(pearson(&self.0)).0
    }

    /// First against last third: conditional binomial test on counts divided by the dispersion within thirds, read as a
    /// Student t.
    pub fn drift(&self) -> Option<Drift> {
        let third = self.0.len() / 3;
        if self.0.len() < LEAST_BLOCKS {
            return None;
        }
        let (first, rest) = self.0.split_at(third);
        let (middle, last) = rest.split_at(rest.len() - third);
        let within = [first, middle, last].map(pearson);
        let (phi, df) = shrunk(
            within
                .iter()
                .fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1)),
        );
        let ((x0, e0), (x1, e1)) = (sum(first), sum(last));
        if x0 + x1 < LEAST_EVENTS {
            return None;
        }
        let rose = p_above(x1 / phi, e1, x0 / phi, e0, 1.0);
        let fell = p_above(x0 / phi, e0, x1 / phi, e1, 1.0);
        let lower = rose.min(fell);
        let tails = Tails {
            lower,
            upper: 1.0 - lower,
        };
        let p = (2.0 * as_student(tails, df)).min(1.0);
        let drift = Drift {
            first: x0 / e0,
            last: x1 / e1,
            p,
            dispersion: phi,
        };
        [drift.first, drift.last, drift.p, phi]
            .iter()
            .all(|v| v.is_finite())
            .then_some(drift)
    }

    /// The rate without the tenth of the blocks with the highest rates, at least one; `None` when none is left.
    pub fn calm_rate(&self) -> Option<f64> {
        let mut blocks = self.0.clone();
        blocks.sort_by(|a, b| (b.0 / b.1).total_cmp(&(a.0 / a.1)));
        let dropped = (blocks.len() / 10).max(1);
        let (x, e) = sum(blocks.get(dropped..)?);
        Some(x / e).filter(|rate| rate.is_finite())
    }
}

fn sum(blocks: &[(f64, f64)]) -> (f64, f64) {
    blocks.iter().fold((0.0, 0.0), |sum, b| (sum.0 + b.0, sum.1 + b.1))
}

/// Pearson's statistic of counts against exposures, with its degrees of freedom.
fn pearson(blocks: &[(f64, f64)]) -> (f64, f64) {
    let (x, e) = sum(blocks);
    let squares: f64 = blocks.iter().map(|(x, e)| x * x / e).sum();
    let statistic = if x > 0.0 { e * squares / x - x } else { 0.0 };
    (statistic, blocks.len().saturating_sub(1) as f64)
}

/// Statistic over degrees of freedom, drawn towards 1 and never below, with the degrees of freedom after that.
fn shrunk((statistic, df): (f64, f64)) -> (f64, f64) {
    let phi = (statistic + PRIOR_DF) / (df + PRIOR_DF);
    (if phi.is_finite() { phi.max(1.0) } else { 1.0 }, df + PRIOR_DF)
}

/// Events in the busiest block of five minutes.
pub(super) fn busiest(minutes: &[(u64, u64)]) -> u64 {
    let mut blocks: BTreeMap<u64, u64> = BTreeMap::new();
    for (minute, n) in minutes {
        let block = blocks.entry(minute / 5).or_default();
        *block = block.saturating_add(*n);
    }
    blocks.into_values().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(counts: &[f64]) -> Blocks {
        Blocks(counts.iter().map(|x| (*x, 1000.0)).collect())
    }

    #[test]
    fn a_steady_rate_neither_bursts_nor_drifts() {
        let steady = blocks(&[9.0, 11.0, 10.0, 8.0, 12.0, 10.0, 9.0, 11.0, 10.0, 10.0, 9.0, 11.0]);
        assert_eq!(steady.dispersion(), 1.0);
        assert!(steady.drift().unwrap().p > 0.2);
        assert!((steady.calm_rate().unwrap() - 0.0098).abs() < 1e-4);
    }

    #[test]
    fn a_rate_that_doubles_drifts_unless_it_bursts_as_much() {
        let rising = blocks(&[10.0, 9.0, 11.0, 10.0, 15.0, 16.0, 14.0, 15.0, 25.0, 24.0, 26.0, 25.0]);
        let drift = rising.drift().unwrap();
        assert!(drift.p < 0.001 && drift.last > drift.first && (drift.factor() - 2.5).abs() < 1e-9);
        let falling = Blocks(rising.0.iter().rev().copied().collect());
        assert!((falling.drift().unwrap().p - drift.p).abs() < 1e-12);
        let bursting = blocks(&[0.0, 40.0, 0.0, 0.0, 30.0, 0.0, 0.0, 30.0, 0.0, 60.0, 0.0, 40.0]);
        let drift = bursting.drift().unwrap();
        assert!(drift.p > 0.05 && drift.dispersion > 10.0, "{drift:?}");
        assert!(bursting.dispersion() > 10.0);
    }

    #[test]
    fn little_shows_nothing() {
        assert_eq!(blocks(&[]).drift(), None);
        assert_eq!(blocks(&[]).calm_rate(), None);
        assert_eq!(blocks(&[5.0]).calm_rate(), None);
        assert_eq!(blocks(&[100.0; 5]).drift(), None, "too short");
        assert_eq!(blocks(&[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]).drift(), None, "too few events");
        assert_eq!(blocks(&[0.0; 12]).dispersion(), 1.0);
        let huge = blocks(&[1e19; 12]);
        assert!(huge.drift().unwrap().p > 0.5 && huge.dispersion() == 1.0);
        assert_eq!(busiest(&[(0, u64::MAX), (1, 5), (7, 3)]), u64::MAX);
    }
}
