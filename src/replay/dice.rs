//! Random numbers from a seed: the same seed, the same numbers, on every machine and in any order of runs.

use statrs::function::gamma::ln_gamma;

use crate::compare::distributions::normal_quantile;

/// SplitMix64 (Steele, Lea and Flood 2014): 64 bits of state are plenty for some million draws.
#[derive(Debug, Clone)]
pub struct Dice(u64);

/// The golden ratio in 64 bits, the generator's own step.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
/// Above this variance a binomial count is drawn as a rounded normal one: the error is far below one count in a thousand
/// standard deviations, and the exact walk would be long.
const EXACT_VARIANCE_MAX: f64 = 1e8;
/// What is left of the probability when a walk ends without a hit is rounding.
const NEGLIGIBLE: f64 = 1e-18;

fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Dice {
    /// A stream of its own for each path of numbers (a run, a harm): streams do not depend on which others are drawn.
    pub fn new(seed: u64, path: &[u64]) -> Dice {
        let start = mixed(seed.wrapping_add(STEP));
        Dice(path.iter().fold(start, |state, part| {
            mixed(state ^ mixed(part.wrapping_add(STEP)).wrapping_add(STEP))
        }))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mixed(self.0)
    }

    /// An even number below `n`; 0 where `n` is 0. The bias of the multiplication is below `n / 2^64`.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// An even number from 0 up to, but without, 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How many of `n` independent events happen, each with probability `p` (values outside 0 to 1 are taken as the ends).
    ///
    /// By inversion, from the mode outwards: one random number, and steps of about one standard deviation.
    pub fn binomial(&mut self, n: u64, p: f64) -> u64 {
        let u = self.unit();
        if n == 0 || p.is_nan() || p <= 0.0 {
            return 0;
        }
        if p >= 1.0 {
            return n;
        }
        let (total, variance) = (n as f64, n as f64 * p * (1.0 - p));
        if variance > EXACT_VARIANCE_MAX {
            let drawn = total * p + variance.sqrt() * normal_quantile(u.max(f64::EPSILON));
            return (drawn.round().max(0.0) as u64).min(n);
        }
        walk(n, p, u)
    }
}

fn walk(n: u64, p: f64, mut u: f64) -> u64 {
    let (total, odds) = (n as f64, p / (1.0 - p));
    let mode = (((total + 1.0) * p).floor() as u64).min(n);
    let k = mode as f64;
    let ln_ways = ln_gamma(total + 1.0) - ln_gamma(k + 1.0) - ln_gamma(total - k + 1.0);
    let at_mode = (ln_ways + k * p.ln() + (total - k) * (-p).ln_1p()).exp();
    let (mut low, mut high) = (mode, mode);
    let (mut at_low, mut at_high) = (at_mode, at_mode);
    u -= at_mode;
    while u >= 0.0 && (low > 0 || high < n) && at_low + at_high > NEGLIGIBLE {
        if high < n {
            at_high *= (n - high) as f64 * odds / (high + 1) as f64;
            high += 1;
            u -= at_high;
            if u < 0.0 {
                return high;
            }
        }
        if low > 0 {
            at_low *= low as f64 / ((n - low + 1) as f64 * odds);
            low -= 1;
            u -= at_low;
            if u < 0.0 {
                return low;
            }
        } else {
            at_low = 0.0;
        }
        if high == n {
            at_high = 0.0;
        }
    }
    mode
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // First outputs of the reference implementation for the state 1234567.
        let mut dice = Dice(1_234_567);
        let found: Vec<u64> = (0..3).map(|_| dice.next()).collect();
        assert_eq!(
            found,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn counts_have_mean_and_variance_of_the_binomial() {
        for (n, p) in [
            (40_u64, 0.001),
            (100, 0.05),
            (1000, 0.5),
            (500, 0.97),
            (1_000_000, 0.01),
        ] {
            let mut dice = Dice::new(7, &[n]);
            let draws: Vec<f64> = (0..20_000).map(|_| dice.binomial(n, p) as f64).collect();
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
            let (true_mean, true_variance) = (n as f64 * p, n as f64 * p * (1.0 - p));
            let error = 5.0 * (true_variance / draws.len() as f64).sqrt();
            assert!((mean - true_mean).abs() < error, "{n} {p}: mean {mean}");
            assert!(
                (variance / true_variance - 1.0).abs() < 0.15,
                "{n} {p}: variance {variance}"
            );
        }
    }

    #[test]
    fn ends_and_absurd_numbers_are_defined() {
        let mut dice = Dice::new(1, &[]);
        assert_eq!(dice.binomial(0, 0.5), 0);
        assert_eq!(dice.binomial(9, 0.0), 0);
        assert_eq!(dice.binomial(9, f64::NAN), 0);
        assert_eq!(dice.binomial(9, 1.0), 9);
        assert!(dice.binomial(u64::MAX, 0.5) > u64::MAX / 4);
        assert!((0..200).all(|_| dice.binomial(3, 0.9) <= 3));
        assert_eq!(dice.below(0), 0);
        assert!((0..200).all(|_| dice.below(7) < 7));
    }
}
