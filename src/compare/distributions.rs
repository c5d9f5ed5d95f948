//! Distribution functions with both tails exact in relative terms: incomplete beta and gamma, normal, Student t.
//!
//! Input: real parameters, positive where they are shapes. Output: probabilities and quantiles. Must not panic, loop
//! without end, or return NaN for parameters in range.
//!
//! Only the log-gamma function and the normal quantile come from `statrs`: its incomplete beta stops after 140 steps of
//! the continued fraction and loses small tails that it reaches by `1 - p`, and the search of its inverse has no bound on
//! its steps. Prefactors use Loader's saddle-point form (Loader 2000, "Fast and accurate computation of binomial
//! probabilities"), which does not cancel for large counts.

use std::f64::consts::{LN_2, PI, SQRT_2};

use statrs::function::erf::erfc_inv;
use statrs::function::gamma::ln_gamma;

/// Steps after which a series or continued fraction is cut; enough for 10^9 events.
const MAX_STEPS: usize = 200_000;
/// Steps of a root search; bisection alone needs about 60.
const MAX_ROOT_STEPS: usize = 200;
/// Relative precision at which a series, a continued fraction or a root search ends.
const PRECISION: f64 = 1e-15;
/// Smallest and largest argument in log or logit space: beyond, `exp` leaves the normal numbers.
const LOG_LIMIT: f64 = 700.0;

/// A probability with its complement; both exact in relative terms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tails {
    /// Probability of at most the argument.
    pub lower: f64,
    /// Probability of more than the argument.
    pub upper: f64,
}

impl Tails {
    fn from_lower(lower: f64) -> Self {
        let lower = lower.clamp(0.0, 1.0);
        Self {
            lower,
            upper: 1.0 - lower,
        }
    }

    fn swapped(self) -> Self {
        Self {
            lower: self.upper,
            upper: self.lower,
        }
    }
}

/// Error of Stirling's formula: `ln n! - ln(sqrt(2 pi n) (n/e)^n)`, `n > 0`.
fn stirling_error(n: f64) -> f64 {
    if n <= 16.0 {
        return ln_gamma(n + 1.0) - (n + 0.5) * n.ln() + n - 0.5 * (LN_2 + PI.ln());
    }
    let m = n * n;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / (1188.0 * m)) / m) / m) / m) / n
}

/// Loader's deviance part: `x ln(x/mean) + mean - x`, without cancellation near `x = mean`.
fn deviance(x: f64, mean: f64) -> f64 {
    let difference = x - mean;
    if difference.abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() - difference;
    }
    let v = difference / (x + mean);
    let (mut sum, mut term, square) = (difference * v, 2.0 * x * v, v * v);
    for j in 1..MAX_STEPS {
        term *= square;
        let next = sum + term / (2 * j + 1) as f64;
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// `x^a y^b / B(a, b)` in logarithm, `y = 1 - x`.
fn ln_beta_front(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    ln_beta_saddle(a, b) - deviance(a, n * x) - deviance(b, n * y)
}

/// The part of [`ln_beta_front`] that does not depend on `x`.
fn ln_beta_saddle(a: f64, b: f64) -> f64 {
    let n = a + b;
    stirling_error(n) - stirling_error(a) - stirling_error(b) + 0.5 * (a * b / (2.0 * PI * n)).ln()
}

/// Continued fraction of the incomplete beta function (modified Lentz), for `x` up to about the mean.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let away_from_zero = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..MAX_STEPS {
        let m = m as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() <= PRECISION {
            break;
        }
    }
    h
}

/// Regularised incomplete beta function at `x` with `y = 1 - x` given apart, so that neither end loses digits. `a, b > 0`.
pub fn beta(a: f64, b: f64, x: f64, y: f64) -> Tails {
    if x <= 0.0 {
        return Tails::from_lower(0.0);
    }
    if y <= 0.0 {
        return Tails::from_lower(1.0);
    }
    beta_from_front(a, b, (x, y), ln_beta_front(a, b, x, y).exp())
}

fn beta_from_front(a: f64, b: f64, (x, y): (f64, f64), front: f64) -> Tails {
    if x <= (a + 1.0) / (a + b + 2.0) {
        Tails::from_lower(front * beta_fraction(a, b, x) / a)
    } else {
        Tails::from_lower(front * beta_fraction(b, a, y) / b).swapped()
    }
}

/// Odds `x / (1 - x)` of the beta quantile: the `x` that a beta(a, b) variable stays below with probability `p`. `a, b > 0`.
/// Infinite where `1 - x` is too small for a number.
pub fn beta_quantile_odds(a: f64, b: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let split = |logit: f64| (1.0 / (1.0 + (-logit).exp()), 1.0 / (1.0 + logit.exp()));
    let saddle = ln_beta_saddle(a, b);
    let tails = |logit: f64| {
        let (x, y) = split(logit);
        if x <= 0.0 || y <= 0.0 {
            return (beta(a, b, x, y), 0.0);
        }
        let front = (saddle - deviance(a, (a + b) * x) - deviance(b, (a + b) * y)).exp();
        (beta_from_front(a, b, (x, y), front), front)
    };
    let start = (a / b).ln() + normal_quantile(p) * (1.0 / a + 1.0 / b).sqrt();
    let logit = root(p, start, tails);
    if logit >= LOG_LIMIT - 1.0 {
        f64::INFINITY
    } else if logit <= 1.0 - LOG_LIMIT {
        0.0
    } else {
        logit.exp()
    }
}

/// Regularised incomplete gamma function: a gamma(a) variable, scale 1, against `x`. `a > 0`.
pub fn gamma(a: f64, x: f64) -> Tails {
    if x <= 0.0 {
        return Tails::from_lower(0.0);
    }
    if !x.is_finite() {
        return Tails::from_lower(1.0);
    }
    let density = gamma_density(a, x);
    if x < a + 1.0 {
        Tails::from_lower(density * gamma_series(a, x))
    } else {
        Tails::from_lower(a * density * gamma_fraction(a, x)).swapped()
    }
}

/// `x^a e^-x / Gamma(a + 1)`.
fn gamma_density(a: f64, x: f64) -> f64 {
    (-stirling_error(a) - deviance(a, x)).exp() / (2.0 * PI * a).sqrt()
}

/// `1 + x/(a+1) + x^2/((a+1)(a+2)) + ...`
fn gamma_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..MAX_STEPS {
        term *= x / (a + k as f64);
        sum += term;
        if term <= PRECISION * sum {
            break;
        }
    }
    sum
}

/// Continued fraction of the upper incomplete gamma function (modified Lentz), for `x` above the mean.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..MAX_STEPS {
        let i = i as f64;
        let step = -i * (i - a);
        b += 2.0;
        d = 1.0 / (step * d + b);
        c = b + step / c;
        h *= d * c;
        if (d * c - 1.0).abs() <= PRECISION {
            break;
        }
    }
    h
}

/// Gamma quantile: the `x` that a gamma(a) variable, scale 1, stays below with probability `p`. `a > 0`.
pub fn gamma_quantile(a: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let tails = |ln_x: f64| {
        let x = ln_x.exp();
        (gamma(a, x), a * gamma_density(a, x))
    };
    // Wilson and Hilferty's cube, where it is positive.
    let cube = 1.0 - 1.0 / (9.0 * a) + normal_quantile(p) / (3.0 * a.sqrt());
    let start = if cube > 0.0 {
        (a * cube.powi(3)).ln()
    } else {
        (p.ln() + ln_gamma(a + 1.0)) / a
    };
    let ln_x = root(p, start, tails);
    if ln_x <= 1.0 - LOG_LIMIT { 0.0 } else { ln_x.exp() }
}

/// Solves `lower = p` for an increasing distribution function by Newton's method on the logarithm of the smaller tail, kept
/// inside a bracket. `tails` gives the tails and the derivative of the lower one.
fn root(p: f64, start: f64, tails: impl Fn(f64) -> (Tails, f64)) -> f64 {
    let (mut low, mut high) = (-LOG_LIMIT, LOG_LIMIT);
    let mut at = start.clamp(low, high);
    for _ in 0..MAX_ROOT_STEPS {
        let (value, slope) = tails(at);
        let is_low = if p < 0.5 {
            value.lower < p
        } else {
            value.upper > 1.0 - p
        };
        if is_low {
            low = at;
        } else {
            high = at;
        }
        let newton = if p < 0.5 {
            at - (value.lower.ln() - p.ln()) * value.lower / slope
        } else {
            at + (value.upper.ln() - (1.0 - p).ln()) * value.upper / slope
        };
        if (newton - at).abs() <= PRECISION * at.abs().max(1.0) {
            return newton.clamp(-LOG_LIMIT, LOG_LIMIT);
        }
        let next = if newton > low && newton < high {
            newton
        } else {
            0.5 * (low + high)
        };
        if next == at || high - low <= PRECISION * high.abs().max(low.abs()) {
            return next;
        }
        at = next;
    }
    at
}

/// Standard normal distribution function. By the incomplete gamma function, because the `erfc` of `statrs` is exact to ten
/// digits only.
pub fn normal_cdf(z: f64) -> f64 {
    let tail = 0.5 * gamma(0.5, 0.5 * z * z).upper;
    if z <= 0.0 { tail } else { 1.0 - tail }
}

/// Standard normal quantile; infinite at 0 and 1.
pub fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 {
        f64::NEG_INFINITY
    } else if p >= 1.0 {
        f64::INFINITY
    } else if p < 0.5 {
        -SQRT_2 * erfc_inv(2.0 * p)
    } else {
        SQRT_2 * erfc_inv(2.0 * (1.0 - p))
    }
}

/// Student t distribution function with `df > 0` degrees of freedom, fractional ones included.
pub fn student_cdf(t: f64, df: f64) -> f64 {
    if t.is_infinite() {
        return if t > 0.0 { 1.0 } else { 0.0 };
    }
    let square = t * t;
    let tail = 0.5 * beta(0.5 * df, 0.5, df / (df + square), square / (df + square)).lower;
    if t <= 0.0 { tail } else { 1.0 - tail }
}

/// Student t quantile with `df > 0` degrees of freedom; infinite at 0 and 1.
pub fn student_quantile(p: f64, df: f64) -> f64 {
    if p <= 0.0 {
        f64::NEG_INFINITY
    } else if p >= 1.0 {
        f64::INFINITY
    } else if p == 0.5 {
        0.0
    } else {
        let tail = if p < 0.5 { p } else { 1.0 - p };
        let size = (df / beta_quantile_odds(0.5 * df, 0.5, 2.0 * tail)).sqrt();
        if p < 0.5 { -size } else { size }
    }
}

#[cfg(test)]
#[path = "distributions_tests.rs"]
mod tests;
