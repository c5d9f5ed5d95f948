//! Latency quantiles of both sides and their shift.
//!
//! Input: histograms for each five minutes. Output: quantiles, bounds of the shift, p-values. Must not decide.
//!
//! Woodruff (1952): the limits of a quantile are the values at the ranks p -+ se, where se comes from how much the blocks
//! differ in their share of requests at or below the quantile; requests of the same minutes are not independent.

use std::ops::Range;

use super::distributions::{student_cdf, student_quantile};
use super::finding::Dispersion;
use super::table::{Histogram, Pairing, Table};

/// Ratio of a bin's upper edge to its lower one.
pub const BIN_RATIO: f64 = 1.02;
/// Blocks in a group at each scale: 5 and 15 minutes.
const GROUPS: [usize; 2] = [1, 3];
/// Groups with measurements that the finest and the coarser scales need.
const MIN_GROUPS: [usize; 2] = [2, 4];
/// Blocks that a correlation between the sides needs.
const MIN_CORRELATED: usize = 6;
/// Largest correlation that is believed.
const MAX_CORRELATION: f64 = 0.95;

/// A quantile with its one-sigma limits at one scale, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Limits {
    value: f64,
    /// 0 when fewer than one request lies below.
    lower: f64,
    /// Infinite when fewer than one request lies above.
    upper: f64,
    df: f64,
}

/// One side's quantile.
#[derive(Debug, Clone, PartialEq)]
pub struct SideQuantile {
    /// At each usable scale, never empty.
    limits: Vec<Limits>,
    /// For each block, requests at or below the quantile's bin beyond those expected.
    residuals: Vec<f64>,
}

/// Sums of histograms, bin by bin; a shorter one has nothing beyond its end.
fn sum<'a>(blocks: impl IntoIterator<Item = &'a Running> + Clone) -> Running {
    let length = blocks.clone().into_iter().map(|block| block.0.len()).max().unwrap_or(0);
    let mut sums = vec![0.0; length];
    for block in blocks {
        let (within, beyond) = sums.split_at_mut(block.0.len());
        within.iter_mut().zip(&block.0).for_each(|(sum, count)| *sum += count);
        let all = block.requests();
        beyond.iter_mut().for_each(|sum| *sum += all);
    }
    Running(sums)
}

/// Requests up to each bin. Whole numbers below 2^53, so that sums and differences are exact in any order.
#[derive(Debug, Clone)]
struct Running(Vec<f64>);

impl Running {
    fn of(block: &Histogram) -> Running {
        let mut sum = 0.0;
        let count = |&n: &u64| {
            sum += n as f64;
            sum
        };
        Running(block.iter().map(count).collect())
    }

    fn requests(&self) -> f64 {
        self.0.last().copied().unwrap_or(0.0)
    }

    /// Requests below a bin.
    fn below(&self, bin: usize) -> f64 {
        match bin.min(self.0.len()) {
            0 => 0.0,
            bin => self.0[bin - 1],
        }
    }

    /// The first bin up to which there are so many requests, the last one at most.
    fn bin_of(&self, rank: f64) -> usize {
        let bin = self.0.partition_point(|&count| count < rank);
        bin.min(self.0.len().saturating_sub(1))
    }

    /// Value in milliseconds at a rank, interpolated inside the bin on the logarithm.
    fn value_at(&self, rank: f64) -> f64 {
        let bin = self.bin_of(rank);
        let below = self.below(bin);
        let inside = (rank - below) / f64::max(self.0.get(bin).map_or(0.0, |count| count - below), 1.0);
        BIN_RATIO.powf(bin as f64 + inside)
    }
}

/// One side's histograms of five minutes each, summed up once for all that is asked of them.
#[derive(Debug, Clone)]
pub struct Blocks(Vec<Running>);

impl Blocks {
    /// Of the baseline and of the candidate.
    pub fn of(table: &Table) -> [Blocks; 2] {
        [&table.baseline, &table.candidate].map(|arm| Blocks::new(&arm.latency))
    }

    /// Sums up each block.
    pub fn new(blocks: &[Histogram]) -> Blocks {
        Blocks(blocks.iter().map(Running::of).collect())
    }

    /// Some of the blocks, those that there are.
    pub fn sums(&self, range: Range<usize>) -> BlockSums<'_> {
        let end = range.end.min(self.0.len());
        let blocks = &self.0[range.start.min(end)..end];
        BlockSums {
            blocks,
            whole: sum(blocks),
        }
    }

    /// The blocks from one on.
    pub fn sums_from(&self, first: usize) -> BlockSums<'_> {
        self.sums(first..self.0.len())
    }
}

/// Dispersion of the residuals at each usable scale, drawn towards the next finer one. Groups without measurements say
/// nothing and are not counted.
fn residual_dispersion(residuals: &[f64], requests: &[f64], variance: f64, prior_df: f64) -> Vec<Dispersion> {
    let (mut prior, mut out) = (1.0, Vec::new());
    for (size, min_groups) in GROUPS.into_iter().zip(MIN_GROUPS) {
        let count = residuals.len() / size;
        let bounds = |i: usize| {
            i * size..if i + 1 == count {
                residuals.len()
            } else {
                (i + 1) * size
            }
        };
        let groups: Vec<_> = (0..count)
            .map(bounds)
            .filter(|r| requests[r.clone()].iter().any(|&n| n > 0.0))
            .collect();
        if groups.len() < min_groups {
            break;
        }
        let k = groups.len() as f64;
        let df = k - 1.0;
        let squares: f64 = groups
            .into_iter()
            .map(|range| residuals[range].iter().sum::<f64>().powi(2))
            .sum();
        let phi = squares * k / df / variance;
        prior = (df * phi + prior_df * prior) / (df + prior_df);
        out.push(Dispersion {
            minutes: 5 * size as u32,
            phi: f64::max(prior, 1.0),
            df: df + prior_df,
        });
    }
    if out.is_empty() {
        out.push(Dispersion {
            minutes: 5,
            phi: 1.0,
            df: f64::max(prior_df, 1.0),
        });
    }
    out
}

/// What all quantiles of one side share.
#[derive(Debug, Clone)]
pub struct BlockSums<'a> {
    blocks: &'a [Running],
    /// Over all blocks.
    whole: Running,
}

impl BlockSums<'_> {
    /// The sum of all blocks, where something was measured.
    fn measured(&self) -> Option<(&Running, f64)> {
        let total = self.whole.requests();
        (total >= 1.0).then_some((&self.whole, total))
    }
}

impl SideQuantile {
    /// Quantile `p` of one side; `None` without measurements.
    pub fn new(sums: &BlockSums<'_>, p: f64, prior_df: f64) -> Option<Self> {
        let (whole, total) = sums.measured()?;
        let bin = whole.bin_of(p * total);
        let share = whole.below(bin + 1) / total;
        let counts: Vec<f64> = sums.blocks.iter().map(Running::requests).collect();
        let residual = |(block, n): (&Running, &f64)| block.below(bin + 1) - share * n;
        let residuals: Vec<f64> = sums.blocks.iter().zip(&counts).map(residual).collect();
        let limits = residual_dispersion(&residuals, &counts, p * (1.0 - p) * total, prior_df)
            .into_iter()
            .map(|d| {
                let error = (d.phi * p * (1.0 - p) / total).sqrt();
                let (low, high) = (p - error, p + error);
                Limits {
                    value: whole.value_at(p * total),
                    lower: if low * total < 1.0 {
                        0.0
                    } else {
                        whole.value_at(low * total)
                    },
                    upper: if (1.0 - high) * total < 1.0 {
                        f64::INFINITY
                    } else {
                        whole.value_at(high * total)
                    },
                    df: d.df,
                }
            })
            .collect();
        Some(SideQuantile { limits, residuals })
    }

    /// The quantile, milliseconds.
    pub fn value(&self) -> f64 {
        self.limits.first().map_or(0.0, |limits| limits.value)
    }
}

/// Correlation of both sides' residuals lowered by one standard error (Fisher's transformation), 0 at least.
fn cautious_correlation(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len();
    if n != y.len() || n < MIN_CORRELATED {
        return 0.0;
    }
    let mean = |v: &[f64]| v.iter().sum::<f64>() / n as f64;
    let (mx, my) = (mean(x), mean(y));
    let moment = |f: &dyn Fn(f64, f64) -> f64| x.iter().zip(y).map(|(&x, &y)| f(x - mx, y - my)).sum::<f64>();
    let (xx, yy, xy) = (moment(&|x, _| x * x), moment(&|_, y| y * y), moment(&|x, y| x * y));
    if xx <= 0.0 || yy <= 0.0 {
        return 0.0;
    }
    let r = (xy / (xx * yy).sqrt()).clamp(0.0, MAX_CORRELATION);
    (r.atanh() - 1.0 / ((n - 3) as f64).sqrt()).tanh().max(0.0)
}

/// Shift of one quantile at one scale: distance and its error towards each end.
#[derive(Debug, Clone, Copy, PartialEq)]
struct ScaleShift {
    /// Candidate minus baseline, milliseconds.
    shift: f64,
    /// One-sigma error that a lower bound uses; infinite when it cannot be bounded.
    error_below: f64,
    /// The same for an upper bound.
    error_above: f64,
    df: f64,
}

/// One latency quantile compared; milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Shift {
    /// The baseline's quantile.
    pub baseline: f64,
    /// The candidate's quantile.
    pub candidate: f64,
    scales: Vec<ScaleShift>,
}

impl Shift {
    /// Compares quantile `p` of two sides; `None` when one has no measurements. Both served at once: the residuals of the
    /// same five minutes may be correlated, which makes the shift more certain.
    pub fn new(
        baseline: &BlockSums<'_>,
        candidate: &BlockSums<'_>,
        p: f64,
        pairing: Pairing,
        prior_df: f64,
    ) -> Option<Self> {
        Self::between(
            &SideQuantile::new(baseline, p, prior_df)?,
            &SideQuantile::new(candidate, p, prior_df)?,
            pairing,
        )
    }

    /// The same of two quantiles.
    pub fn between(b: &SideQuantile, c: &SideQuantile, pairing: Pairing) -> Option<Self> {
        let correlation = match pairing {
            Pairing::BeforeAfter => 0.0,
            Pairing::Concurrent => cautious_correlation(&b.residuals, &c.residuals),
        };
        let error = |x: f64, y: f64| {
            if x.is_finite() && y.is_finite() {
                f64::max(x * x + y * y - 2.0 * correlation * x * y, 0.0).sqrt()
            } else {
                f64::INFINITY
            }
        };
        let scales = b.limits.iter().zip(&c.limits).map(|(b, c)| ScaleShift {
            shift: c.value - b.value,
            error_below: error(c.value - c.lower, b.upper - b.value),
            error_above: error(c.upper - c.value, b.value - b.lower),
            df: b.df.min(c.df),
        });
        let scales = scales.collect();
        Some(Self {
            baseline: b.limits.first()?.value,
            candidate: c.limits.first()?.value,
            scales,
        })
    }

    /// Candidate minus baseline.
    pub fn estimate(&self) -> f64 {
        self.candidate - self.baseline
    }

    /// One-sided lower bound with error `alpha`, the lowest over the scales; `None` is unbounded.
    pub fn lower(&self, alpha: f64) -> Option<f64> {
        let bound = |s: &ScaleShift| s.shift - margin(s.error_below, alpha, s.df);
        finite(self.scales.iter().map(bound).fold(f64::INFINITY, f64::min))
    }

    /// One-sided upper bound with error `alpha`, the highest over the scales; `None` is unbounded.
    pub fn upper(&self, alpha: f64) -> Option<f64> {
        let bound = |s: &ScaleShift| s.shift + margin(s.error_above, alpha, s.df);
        finite(self.scales.iter().map(bound).fold(f64::NEG_INFINITY, f64::max))
    }

    /// P-value of "the candidate is not slower", the largest over the scales: the `alpha` at which [`Shift::lower`] is 0.
    pub fn p_slower(&self) -> f64 {
        self.scales
            .iter()
            .map(|s| p_above_zero(s.shift, s.error_below, s.df))
            .fold(0.0, f64::max)
    }

    /// P-value of "the candidate is not faster".
    pub fn p_faster(&self) -> f64 {
        self.scales
            .iter()
            .map(|s| p_above_zero(-s.shift, s.error_above, s.df))
            .fold(0.0, f64::max)
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn margin(error: f64, alpha: f64, df: f64) -> f64 {
    if error > 0.0 {
        -student_quantile(alpha, df) * error
    } else {
        0.0
    }
}

fn p_above_zero(shift: f64, error: f64, df: f64) -> f64 {
    if error.is_infinite() {
        1.0
    } else if shift == 0.0 {
        0.5
    } else {
        student_cdf(-shift / error, df)
    }
}

/// For each block whether more than `1 - p` of its requests took longer than `limit_ms`.
pub fn slow_blocks(sums: &BlockSums<'_>, limit_ms: f64, p: f64) -> Vec<bool> {
    // Bins from this one on lie wholly above the limit.
    let first = (limit_ms.max(1.0).ln() / BIN_RATIO.ln()).ceil() as usize;
    let is_slow = |block: &Running| block.requests() - block.below(first) > (1.0 - p) * block.requests();
    sums.blocks.iter().map(is_slow).collect()
}

/// A quantile in the calm part of both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalmShift {
    /// The baseline's quantile, milliseconds.
    pub baseline_ms: f64,
    /// Candidate minus baseline, milliseconds.
    pub shift_ms: f64,
}

/// The shift of quantile `p` when each side keeps only this share of its blocks, those with the fewest requests above the
/// side's quantile. `None` without measurements.
pub fn calm_shift(baseline: &BlockSums<'_>, candidate: &BlockSums<'_>, p: f64, share: f64) -> Option<CalmShift> {
    let baseline_ms = calm_quantile(baseline, p, share)?;
    let shift_ms = calm_quantile(candidate, p, share)? - baseline_ms;
    Some(CalmShift { baseline_ms, shift_ms })
}

fn calm_quantile(sums: &BlockSums<'_>, p: f64, share: f64) -> Option<f64> {
    let (whole, total) = sums.measured()?;
    let bin = whole.bin_of(p * total);
    let above = |block: &Running| (block.requests() - block.below(bin + 1)) / block.requests().max(1.0);
    let shares: Vec<f64> = sums.blocks.iter().map(above).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&i, &j| shares[j].total_cmp(&shares[i]));
    let dropped = (shares.len() as f64 * (1.0 - share)).ceil() as usize;
    let kept = sum(order
        .into_iter()
        .skip(dropped)
        .map(|i| &sums.blocks[i])
        .collect::<Vec<_>>());
    let total = kept.requests();
    (total >= 1.0).then(|| kept.value_at(p * total))
}

#[cfg(test)]
#[path = "latency_tests.rs"]
mod tests;
