//! The formulas of the watch: mixtures of likelihood ratios, what an estimated dispersion costs them, the boundary of latency.
//!
//! Input: numbers. Output: numbers. Must not hold state.

use super::super::bets::log_mean_exp;
use super::super::distributions::{normal_cdf, normal_quantile, student_cdf};

/// Alternatives that the likelihood ratios are taken for, as multiples of the tolerated ratio.
pub const GRID: [f64; 8] = [1.3, 1.7, 2.5, 4.0, 8.0, 20.0, 60.0, 200.0];
/// Five-minute blocks after which the latency boundary is tightest.
const TIGHTEST_BLOCKS: f64 = 12.0;
/// Smallest tail that is turned into a quantile.
const SMALLEST_TAIL: f64 = 1e-300;

/// What one event of the candidate, and one of the baseline, add to the log likelihood ratio of "the ratio of the rates is
/// `rho` times `GRID[i]`" against "it is `rho`", given that an event fell on either; exposures above zero.
pub fn event_weights(candidate: f64, baseline: f64, rho: f64) -> [(f64, f64); GRID.len()] {
    // ln of the candidate's and of the baseline's share of the events.
    let shares = |ratio: f64| {
        let odds = ratio * candidate / baseline;
        (-(1.0 / odds).ln_1p(), -odds.ln_1p())
    };
    let null = shares(rho);
    GRID.map(|g| {
        let alternative = shares(rho * g);
        (alternative.0 - null.0, alternative.1 - null.1)
    })
}

/// The mixture over the grid of log likelihood ratios that were divided by a dispersion, read as if it were a Student t with
/// `df` degrees of freedom: an e-value whose `sqrt(2 log e)` is a quantile of the t has that of the normal. Pays for estimating
/// the dispersion; never larger than without.
pub fn mixture(log_ratios: &[f64; GRID.len()], phi: f64, df: f64) -> f64 {
    let log_e = log_mean_exp(&log_ratios.map(|log| log / phi));
    if log_e <= 0.0 {
        return log_e;
    }
    let z = (2.0 * log_e).sqrt();
    let as_normal = -normal_quantile(student_cdf(-z, df).max(SMALLEST_TAIL));
    f64::min(0.5 * as_normal * as_normal, log_e)
}

/// Logarithm of the mean of two e-values.
pub fn mean_of_two(a: f64, b: f64) -> f64 {
    log_mean_exp(&[a, b])
}

/// The one-sided level at which a bound after `blocks` five-minute blocks holds at all times together with error `alpha`: the
/// normal mixture boundary (Robbins 1970; Howard et al. 2021, "Time-uniform, nonparametric, nonasymptotic confidence
/// sequences", equation 14), tightest after twelve blocks. `blocks` at least 1, `alpha` above 0 and below 0.5.
pub fn latency_level(blocks: usize, alpha: f64) -> f64 {
    let k = blocks.max(1) as f64;
    let log = 2.0 * (1.0 / (2.0 * alpha)).ln();
    let v0 = TIGHTEST_BLOCKS / (log + (1.0 + log).ln());
    let inside = 0.5 * ((k + v0) / v0).sqrt() / alpha + 1.0;
    let z = (2.0 * (k + v0) / k * inside.ln()).sqrt();
    normal_cdf(-z)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::test_tables::assert_close;

    /// Equal exposures, ratio 1.25 against 1.625: ln(0.619047.../0.555555...) and ln(0.380952.../0.444444...).
    #[test]
    fn an_event_weighs_what_its_share_says() {
        let weights = event_weights(100.0, 100.0, 1.25);
        assert_close(weights[0].0, (1.625_f64 / 2.625 / (1.25 / 2.25)).ln());
        assert_close(weights[0].1, (1.0_f64 / 2.625 * 2.25).ln());
        // Far out the candidate's share is 1: an event of it is worth ln(1 / (1.25 / 2.25)).
        assert!((weights[7].0 - (2.25_f64 / 1.25).ln()).abs() < 0.005);
    }

    /// `t_deflate` and `np.logaddexp.reduce(lr / phi - log(8))` of numpy 2 and scipy 1.17.
    #[test]
    fn known_numbers() {
        let logs = [1.0, 2.0, 4.0, 8.0, 12.0, 10.0, 3.0, -6.0];
        assert!((mixture(&logs, 1.0, 1e9) - log_mean_exp(&logs)).abs() < 1e-6);
        assert_close(mixture(&logs, 2.0, 10.0), KNOWN_MIXTURE);
        assert_close(latency_level(5, 0.01 / 6.0), KNOWN_LEVEL);
    }
    const KNOWN_MIXTURE: f64 = 2.987_755_153_072_213;
    const KNOWN_LEVEL: f64 = 3.862_849_463_799_066_5e-5;

    #[test]
    fn nothing_is_gained_by_not_knowing() {
        let logs = [5.0; 8];
        for df in [1.0, 4.0, 30.0] {
            assert!(mixture(&logs, 1.0, df) < 5.0);
            assert!(mixture(&[-3.0; 8], 1.0, df) <= -3.0 + 1e-12);
        }
        assert!(mixture(&[1e6; 8], 1.0, 1e9) < 1e6, "far tails are cut, not infinite");
        assert_eq!(log_mean_exp(&[]), f64::NEG_INFINITY);
    }

    #[test]
    fn more_blocks_allow_a_higher_level() {
        let levels: Vec<f64> = [2, 4, 8, 12].map(|k| latency_level(k, 0.0017)).to_vec();
        assert!(levels.is_sorted(), "{levels:?}");
        assert!(levels[3] < 0.0017);
    }
}
