//! Do the events come all the time, or in episodes? A bet for each ten minutes takes every one of them for a new piece of
//! evidence; an instance that fails for an hour is one.
//!
//! Input: block after block, whether the candidate had events. Output: one factor. Must not look at sizes.
//!
//! Runs of blocks with events (Wald and Wolfowitz 1940, "On a test whether two samples are from the same population"): among
//! `n` blocks of which `a` have events, independent ones form `a (n - a) / n + 1` runs or so, with variance `a^2 (n - a)^2 / n^3`.
//! Fewer runs mean that so many blocks belong together.

use serde::{Deserialize, Serialize};

/// Counts of blocks since the first one with events.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Clumps {
    blocks: u32,
    active: u32,
    runs: u32,
    in_run: bool,
}

impl Clumps {
    /// Takes the next block.
    pub(super) fn push(&mut self, active: bool) {
        if self.active == 0 && !active {
            return;
        }
        self.blocks += 1;
        if active {
            self.active += 1;
            self.runs += u32::from(!self.in_run);
        }
        self.in_run = active;
    }

    /// How many active blocks belong together on average, beyond what chance joins: the expected number of runs, less one
    /// standard deviation, over those seen; at least 1.
    pub(super) fn factor(&self) -> f64 {
        if self.runs == 0 {
            return 1.0;
        }
        let (n, a) = (f64::from(self.blocks), f64::from(self.active));
        let expected = a * (n - a) / n + 1.0;
        let variance = (a * (n - a)).powi(2) / n.powi(3);
        let deviation = if self.blocks > 1 {
            variance.max(0.25).sqrt()
        } else {
            0.0
        };
        f64::max((expected - deviation) / f64::from(self.runs), 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(blocks: &str) -> f64 {
        let mut clumps = Clumps::default();
        blocks.chars().for_each(|c| clumps.push(c == '#'));
        clumps.factor()
    }

    #[test]
    fn what_comes_all_the_time_is_no_clump() {
        for blocks in [
            "",
            "....",
            "#",
            "##########",
            "....##########",
            "#.#.#.#.#.#.",
            "#..#.##..#.#",
        ] {
            assert_eq!(factor(blocks), 1.0, "{blocks}");
        }
    }

    /// Ten of twenty blocks in one run: 6 runs expected, variance 100 * 100 / 8000 = 1.25.
    #[test]
    fn an_episode_counts_once() {
        let got = factor("##########..........");
        assert!((got - (6.0 - 1.25_f64.sqrt())).abs() < 1e-12, "{got}");
        assert_eq!(
            factor("...##########.........."),
            got,
            "blocks before the first event are not counted"
        );
    }
}
