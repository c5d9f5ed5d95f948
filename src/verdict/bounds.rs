//! Exact bounds and tests on counts that were divided by their dispersion (`x / phi` behaves like Poisson events).
//!
//! Input: non-negative real counts and exposures; anything else gives the answer that proves nothing (1, 0 or infinity).
//! These serve the criteria of a policy; the tests of findings live in `compare`.

use statrs::function::beta::checked_beta_reg;
use statrs::function::erf::erfc;
use statrs::function::gamma::checked_gamma_ur;

/// One-sided error of every bound here: 95 % confidence.
pub(super) const ERROR: f64 = 0.05;
/// Standard normal quantile of `1 - ERROR`.
const Z: f64 = 1.644_853_626_951_472_2;
/// Above this many events the normal approximation is exact enough, and the series below would be slow.
const MANY: f64 = 1000.0;

/// Upper 95 % bound of a Poisson mean of which `x` events were seen (Garwood 1936): 3.0 for none, the rule of three.
pub(super) fn poisson_upper(x: f64) -> f64 {
    if !x.is_finite() || x < 0.0 {
        return f64::INFINITY;
    }
    if x > MANY {
        return wilson_hilferty(x + 1.0, Z);
    }
    bisect(0.0, x + 20.0 + 5.0 * x.sqrt(), |mean| {
        gamma_tail(x + 1.0, mean, 1.0) > ERROR
    })
}

/// Lower 95 % bound of a Poisson mean of which `x` events were seen; 0 for none.
pub(super) fn poisson_lower(x: f64) -> f64 {
    if !x.is_finite() || x <= 0.0 {
        return 0.0;
    }
    if x > MANY {
        return wilson_hilferty(x, -Z);
    }
    bisect(0.0, x, |mean| gamma_tail(x, mean, 0.0) > 1.0 - ERROR)
}

/// Lower and upper one-sided 95 % bounds of a share of which `x` in `n` were seen (Clopper & Pearson 1934; above 1,000
/// of either kind Wilson 1927).
pub(super) fn share_bounds(x: f64, n: f64) -> (f64, f64) {
    if !(x.is_finite() && n.is_finite()) || x < 0.0 || n <= 0.0 || x > n {
        return (0.0, 1.0);
    }
    if x > MANY && n - x > MANY {
        return wilson(x, n);
    }
    let low = if x == 0.0 {
        0.0
    } else {
        bisect(0.0, 1.0, |p| beta(x, n - x + 1.0, p, 1.0) < ERROR)
    };
    let high = if x == n {
        1.0
    } else {
        bisect(0.0, 1.0, |p| beta(x + 1.0, n - x, p, 0.0) < 1.0 - ERROR)
    };
    (low, high)
}

/// P-value of "the rate `x1 / e1` is at most `ratio` times `x0 / e0`" (conditional binomial, Przyborowski & Wilenski 1940).
pub(super) fn p_above(x1: f64, e1: f64, x0: f64, e0: f64, ratio: f64) -> f64 {
    let Some(share) = share_of_candidate(x1, e1, x0, e0, ratio) else {
        return 1.0;
    };
    if x1 == 0.0 {
        return 1.0;
    }
    if x0 > MANY && x1 > MANY {
        return normal_tail(x1, x0 + x1, share);
    }
    beta(x1, x0 + 1.0, share, 1.0)
}

/// P-value of "the rate `x1 / e1` is at least `x0 / e0`".
pub(super) fn p_below(x1: f64, e1: f64, x0: f64, e0: f64) -> f64 {
    p_above(x0, e0, x1, e1, 1.0)
}

/// Upper 95 % bound of the ratio of the rates (Clopper-Pearson on the candidate's share); infinite when `x0` is 0.
pub(super) fn ratio_upper(x1: f64, e1: f64, x0: f64, e0: f64) -> f64 {
    if share_of_candidate(x1, e1, x0, e0, 1.0).is_none() || x0 <= 0.0 {
        return f64::INFINITY;
    }
    let (_, high) = share_bounds(x1, x0 + x1);
    if high < 1.0 {
        high / (1.0 - high) * e0 / e1
    } else {
        f64::INFINITY
    }
}

fn share_of_candidate(x1: f64, e1: f64, x0: f64, e0: f64, ratio: f64) -> Option<f64> {
    let usable = [x1, e1, x0, e0, ratio].iter().all(|v| v.is_finite() && *v >= 0.0);
    (usable && e0 > 0.0 && e1 > 0.0 && ratio > 0.0).then(|| ratio * e1 / (ratio * e1 + e0))
}

fn normal_tail(x: f64, n: f64, share: f64) -> f64 {
    let sd = (n * share * (1.0 - share)).sqrt();
    0.5 * erfc((x - 0.5 - n * share) / (sd * std::f64::consts::SQRT_2))
}

/// Gamma quantile (Wilson & Hilferty 1931).
fn wilson_hilferty(shape: f64, z: f64) -> f64 {
    let v = 1.0 / (9.0 * shape);
    shape * (1.0 - v + z * v.sqrt()).powi(3)
}

fn wilson(x: f64, n: f64) -> (f64, f64) {
    let (p, zz) = (x / n, Z * Z);
    let middle = p + zz / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + zz / (4.0 * n * n)).sqrt();
    ((middle - half) / (1.0 + zz / n), (middle + half) / (1.0 + zz / n))
}

/// `fallback` is the value that proves nothing, should the function refuse its arguments.
fn gamma_tail(shape: f64, x: f64, fallback: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    checked_gamma_ur(shape, x).unwrap_or(fallback)
}

fn beta(a: f64, b: f64, x: f64, fallback: f64) -> f64 {
    checked_beta_reg(a, b, x).unwrap_or(fallback)
}

/// Where a condition that holds at `low` stops to hold, to full precision.
fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-3 * b.abs().max(1e-3), "{a} is not {b}");
    }

    #[test]
    fn poisson_bounds_are_those_of_the_tables() {
        near(poisson_upper(0.0), 2.9957);
        near(poisson_upper(5.0), 10.513);
        near(poisson_lower(5.0), 1.9701);
        near(poisson_lower(0.0), 0.0);
        near(poisson_upper(999.0), poisson_upper(1001.0) - 2.1);
    }

    #[test]
    fn share_bounds_are_those_of_the_tables() {
        // Clopper-Pearson, two-sided 90 %: 2 of 20.
        let (low, high) = share_bounds(2.0, 20.0);
        near(low, 0.01807);
        near(high, 0.28262);
        assert_eq!(share_bounds(0.0, 10.0).0, 0.0);
        assert_eq!(share_bounds(10.0, 10.0).1, 1.0);
        let (low, high) = share_bounds(5000.0, 10_000.0);
        assert!(low < 0.5 && high > 0.5 && high - low < 0.02);
    }

    #[test]
    fn rates_are_compared_exactly() {
        near(p_above(5.0, 1.0, 0.0, 1.0, 1.0), 0.03125);
        near(p_below(0.0, 1.0, 5.0, 1.0), 0.03125);
        assert_eq!(p_above(0.0, 1.0, 5.0, 1.0, 1.0), 1.0);
        assert!(p_above(2000.0, 1.0, 1500.0, 1.0, 1.25) < 0.05);
        near(ratio_upper(0.0, 1.0, 10.0, 1.0), 0.349_28);
    }

    #[test]
    fn nonsense_proves_nothing() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(poisson_upper(bad), f64::INFINITY);
            assert_eq!(poisson_lower(bad), 0.0);
            assert_eq!(share_bounds(bad, 10.0), (0.0, 1.0));
            assert_eq!(p_above(bad, 1.0, 1.0, 1.0, 1.0), 1.0);
            assert_eq!(ratio_upper(1.0, bad, 1.0, 1.0), f64::INFINITY);
        }
        assert_eq!(
            p_above(5.0, 1.0, 0.0, 0.0, 1.0),
            1.0,
            "without exposure nothing is shown"
        );
    }
}
