//! A small seeded generator of random numbers: the same seed gives the same numbers on every machine, for ever.
//!
//! xoshiro256++ (Blackman & Vigna 2021), seeded by splitmix64 as its authors advise. Not for secrets.

use std::f64::consts::TAU;

/// The generator.
#[derive(Debug, Clone)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// A generator for a seed.
    pub fn new(seed: u64) -> Rng {
        let mut s = seed;
        Rng {
            state: std::array::from_fn(|_| splitmix(&mut s)),
        }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether an event of probability `p` happens.
    pub fn happens(&mut self, p: f64) -> bool {
        p > 0.0 && self.unit() < p
    }

    /// Uniform in `low..high`; `low` when the range is empty. The bias of at most `high / 2^64` does not matter here.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        let width = high.saturating_sub(low).max(1);
        low + ((u128::from(self.bits()) * u128::from(width)) >> 64) as u64
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.between(0, list.len() as u64) as usize]
    }

    /// Standard normal (Box & Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }

    /// Log-normal with this median; `spread` is the standard deviation of the logarithm.
    pub fn log_normal(&mut self, median: f64, spread: f64) -> f64 {
        median * (spread * self.normal()).exp()
    }

    /// Poisson with this mean: products of uniforms in pieces of at most 10, the normal approximation above 500.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if mean > 500.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u64;
        }
        let (mut left, mut count) = (mean, 0);
        while left > 0.0 {
            let limit = (-left.min(10.0)).exp();
            let mut product = self.unit();
            while product > limit {
                count += 1;
                product *= self.unit();
            }
            left -= 10.0;
        }
        count
    }
}

fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        let mut rng = Rng::new(1);
        let first: Vec<u64> = (0..3).map(|_| rng.bits()).collect();
        // From a second implementation of the published algorithm, written apart from this one.
        assert_eq!(
            first,
            [
                14_971_601_782_005_023_387,
                13_781_649_495_232_077_965,
                1_847_458_086_238_483_744
            ]
        );
        assert_ne!(Rng::new(2).bits(), first[0]);
    }

    #[test]
    fn draws_have_the_asked_means() {
        let mut rng = Rng::new(7);
        for mean in [0.0, 0.3, 12.0, 320.0, 5000.0] {
            let sum: u64 = (0..2000).map(|_| rng.poisson(mean)).sum();
            let error = (sum as f64 / 2000.0 - mean).abs();
            assert!(error <= 4.0 * (mean / 2000.0).sqrt(), "{mean}: off by {error}");
        }
        assert!((0..1000).all(|_| (3..7).contains(&rng.between(3, 7))));
        assert_eq!(rng.between(5, 5), 5);
    }
}
