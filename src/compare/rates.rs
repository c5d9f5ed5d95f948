//! Rates of one signal on both sides: p-values, ratio intervals and bounds of the excess, on deflated counts.
//!
//! Input: totals, exposures, dispersions. Output: numbers. Must not decide anything.
//!
//! A count x with dispersion phi is treated as x/phi Poisson events; every statement is read as a Student t with the degrees
//! of freedom of phi instead of a normal, which pays for estimating phi; the worst scale counts.

use std::cell::RefCell;

use super::distributions::{
    Tails, beta, beta_quantile_odds, gamma_quantile, normal_cdf, normal_quantile, student_cdf, student_quantile,
};
use super::finding::Dispersion;

/// Levels that are remembered: two or three for each scale and length of a side.
const LEVELS_KEPT: usize = 64;
/// Odds above this are unbounded: the share they stand for is 1 in double precision.
const UNBOUNDED_ODDS: f64 = 9_007_199_254_740_992.0;
/// Probabilities are kept this far from 0 and 1, where the normal quantile is infinite.
const SMALLEST_TAIL: f64 = 1e-300;
/// See [`SMALLEST_TAIL`]; the distance of 1 from the next smaller number.
const SMALLEST_COMPLEMENT: f64 = f64::EPSILON / 2.0;

/// One signal's totals. Exposures are above zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Totals {
    /// Events of the baseline.
    pub baseline: f64,
    /// Events of the candidate.
    pub candidate: f64,
    /// Exposure of the baseline.
    pub baseline_exposure: f64,
    /// Exposure of the candidate.
    pub candidate_exposure: f64,
}

impl Totals {
    /// Both sides exchanged.
    pub fn swapped(self) -> Self {
        Self {
            baseline: self.candidate,
            candidate: self.baseline,
            baseline_exposure: self.candidate_exposure,
            candidate_exposure: self.baseline_exposure,
        }
    }

    /// Events per unit of exposure on the baseline.
    pub fn baseline_rate(&self) -> f64 {
        self.baseline / self.baseline_exposure
    }

    /// Events per unit of exposure on the candidate.
    pub fn candidate_rate(&self) -> f64 {
        self.candidate / self.candidate_exposure
    }

    /// Candidate's rate minus baseline's.
    pub fn excess(&self) -> f64 {
        self.candidate_rate() - self.baseline_rate()
    }

    /// Events on both sides.
    pub fn events(&self) -> f64 {
        self.baseline + self.candidate
    }

    /// The share of the events that falls to the candidate when the ratio of the rates is `ratio`.
    pub fn candidate_share(&self, ratio: f64) -> f64 {
        let weighted = ratio * self.candidate_exposure;
        weighted / (weighted + self.baseline_exposure)
    }
}

/// The normal level whose quantile equals the t quantile at `level`: smaller than `level` in the lower tail.
pub fn tail_level(level: f64, df: f64) -> f64 {
    thread_local! {
        // All rows of a comparison ask for the same few levels, and a quantile of the t takes longer than all else in a bound.
        static KNOWN: RefCell<Vec<(f64, f64, f64)>> = const { RefCell::new(Vec::new()) };
    }
    KNOWN.with_borrow_mut(|known| {
        let same = |&&(l, d, _): &&(f64, f64, f64)| l == level && d == df;
        if let Some(&(_, _, found)) = known.iter().find(same) {
            return found;
        }
        let found = normal_cdf(student_quantile(level, df));
        if known.len() >= LEVELS_KEPT {
            known.clear();
        }
        known.push((level, df, found));
        found
    })
}

/// The scales that a bound needs to look at: not those that a coarser scale beats with no less dispersion and no more degrees
/// of freedom, because a bound only widens with the one and narrows with the other.
fn decisive(dispersion: &[Dispersion]) -> impl Iterator<Item = &Dispersion> {
    dispersion.iter().enumerate().filter_map(|(i, d)| {
        let beaten = dispersion[i + 1..].iter().any(|o| o.phi >= d.phi && o.df <= d.df);
        (!beaten).then_some(d)
    })
}

/// A probability of the deflated model, read as a t.
pub fn as_student(tails: Tails, df: f64) -> f64 {
    let z = if tails.lower < 0.5 {
        normal_quantile(tails.lower.max(SMALLEST_TAIL))
    } else {
        -normal_quantile(tails.upper.max(SMALLEST_COMPLEMENT))
    };
    student_cdf(z, df)
}

/// P-value of "the candidate's rate is at most `ratio` times the baseline's": the conditional binomial test (Przyborowski
/// and Wilenski 1940) on deflated counts, the largest over the scales.
pub fn p_greater(totals: &Totals, dispersion: &[Dispersion], ratio: f64) -> f64 {
    let share = totals.candidate_share(ratio);
    let rest = totals.swapped().candidate_share(1.0 / ratio);
    let at = |d: &Dispersion| {
        let tails = if totals.candidate > 0.0 {
            beta(totals.candidate / d.phi, totals.baseline / d.phi + 1.0, share, rest)
        } else {
            Tails { lower: 1.0, upper: 0.0 }
        };
        as_student(tails, d.df)
    };
    dispersion.iter().map(at).fold(0.0, f64::max)
}

/// One-sided bounds, each at `confidence`, of the ratio of the rates (Clopper and Pearson 1934 on deflated counts), the widest
/// over the scales. The upper one is infinite when unbounded.
pub fn ratio_bounds(totals: &Totals, dispersion: &[Dispersion], confidence: f64) -> (f64, f64) {
    let scale = totals.baseline_exposure / totals.candidate_exposure;
    let (mut low, mut high) = (f64::INFINITY, 0.0);
    for d in decisive(dispersion) {
        let level = tail_level(1.0 - confidence, d.df);
        let (x1, x0) = (totals.candidate / d.phi, totals.baseline / d.phi);
        let below = if x1 > 0.0 {
            beta_quantile_odds(x1, x0 + 1.0, level)
        } else {
            0.0
        };
        let above = if x0 > 0.0 {
            1.0 / beta_quantile_odds(x0, x1 + 1.0, level)
        } else {
            f64::INFINITY
        };
        low = f64::min(low, below * scale);
        high = f64::max(
            high,
            if above < UNBOUNDED_ODDS {
                above * scale
            } else {
                f64::INFINITY
            },
        );
    }
    (low, high)
}

/// Upper bound at `confidence` of a Poisson rate, from the gamma limit of the deflated count, as its distance from the
/// estimate; the largest over the scales.
fn distance_above(count: f64, exposure: f64, dispersion: &[Dispersion], confidence: f64) -> f64 {
    let at = |d: &Dispersion| {
        let level = 1.0 - tail_level(1.0 - confidence, d.df);
        gamma_quantile(count / d.phi + 1.0, level) * d.phi / exposure - count / exposure
    };
    decisive(dispersion).map(at).fold(0.0, f64::max)
}

/// The same for the lower bound.
fn distance_below(count: f64, exposure: f64, dispersion: &[Dispersion], confidence: f64) -> f64 {
    if count <= 0.0 {
        return 0.0;
    }
    let at = |d: &Dispersion| {
        let level = tail_level(1.0 - confidence, d.df);
        count / exposure - gamma_quantile(count / d.phi, level) * d.phi / exposure
    };
    decisive(dispersion).map(at).fold(0.0, f64::max)
}

/// One-sided upper bound at `confidence` of the candidate's rate minus the baseline's, each side with its own dispersions:
/// the limits of both rates combined by the method of variance estimates recovery (Zou and Donner 2008).
pub fn excess_upper(totals: &Totals, baseline: &[Dispersion], candidate: &[Dispersion], confidence: f64) -> f64 {
    let above = distance_above(totals.candidate, totals.candidate_exposure, candidate, confidence);
    let below = distance_below(totals.baseline, totals.baseline_exposure, baseline, confidence);
    totals.excess() + above.hypot(below)
}

#[cfg(test)]
#[path = "rates_tests.rs"]
mod tests;
