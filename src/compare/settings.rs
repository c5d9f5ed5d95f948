//! Settings: every number that the statistics take from outside.
//!
//! Input: nothing (defaults), later a policy file. Output: one plain value. Must not compute anything.

/// How much slower a latency quantile may become.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatencyTolerance {
    /// The quantile, above 0 and below 1.
    pub quantile: f64,
    /// Tolerated shift in milliseconds ...
    pub milliseconds: f64,
    /// ... or as a share of the baseline's quantile, whichever is larger.
    pub share: f64,
}

impl LatencyTolerance {
    /// The tolerated shift in milliseconds for a baseline quantile of `baseline_ms`.
    pub fn for_baseline(&self, baseline_ms: Option<f64>) -> f64 {
        baseline_ms.map_or(self.milliseconds, |ms| self.milliseconds.max(self.share * ms))
    }
}

/// Everything that can be set. The defaults and their reasons are in `docs/statistics.md`.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Budget for a false ROLL BACK of one comparison, 0 to 1.
    pub alpha: f64,
    /// Share of `alpha` that server errors are tested with, 0 to 1.
    pub share_server_errors: f64,
    /// Share of `alpha` that all messages together are tested with, 0 to 1.
    pub share_messages: f64,
    /// Share of `alpha` that the latency quantiles together are tested with, 0 to 1.
    pub share_latency: f64,
    /// Tolerated ratio of the rates: ROLL BACK has to show more than this. At least 1.
    pub tolerated_ratio: f64,
    /// Block lengths in minutes at which dispersion is measured, ascending.
    pub scales_minutes: Vec<u32>,
    /// Blocks that each side must hold for a scale above the first to be used.
    pub min_blocks: usize,
    /// Degrees of freedom with which a dispersion is drawn towards that of the next finer scale.
    pub prior_df: f64,
    /// Effective events (events over dispersion) of the candidate that a ROLL BACK needs.
    pub min_effective_count: f64,
    /// Five-minute blocks of the candidate that must show the harm before a ROLL BACK.
    pub min_active_blocks: u32,
    /// Excess of the candidate's rate, per unit of exposure, that a ROLL BACK needs.
    pub min_excess: f64,
    /// A candidate window shorter than this many minutes gets `alpha` times the square of its share.
    pub full_window_minutes: u32,
    /// From this many minutes of the candidate on, bets on the share take half of the budget.
    pub long_window_minutes: u32,
    /// Minutes for each bet.
    pub bet_block_minutes: u32,
    /// Stakes of the bets, as shares of the largest stake allowed; above 0 and below 1.
    pub bets: Vec<f64>,
    /// Messages that are counted at least, when the bets are shared among them.
    pub min_bet_messages: usize,
    /// The latency quantiles and what they may lose.
    pub latency: [LatencyTolerance; 3],
    /// One-sided confidence of the bounds that PROCEED looks at, above 0.5 and below 1.
    pub confidence: f64,
    /// PROCEED: the rate ratio's upper bound may be this at most ...
    pub margin_ratio: f64,
    /// ... or the upper bound of the excess of server errors this, per unit of exposure ...
    pub margin_server_errors: f64,
    /// ... or of the excess of a message.
    pub margin_messages: f64,
    /// The candidate's bursts may weigh this many times the baseline's and still be left out of both sides.
    pub burst_ratio: f64,
    /// An increase with a family-wise p-value up to this (server errors: half of it) forbids PROCEED.
    pub suspicious_p: f64,
    /// Minutes after the deploy whose events PROCEED's bounds leave out: instances start, caches are cold. Only where the
    /// candidate is [`Settings::SETTLED_FACTOR`] times as long at least. 0 leaves nothing out.
    pub settle_minutes: u32,
    /// ROLL BACK: outside of the worst stretch of this many minutes (of two thirds of a shorter window) the harm must be
    /// there as well. 0 does not ask for it.
    pub storm_minutes: u32,
    /// ... with this share of its average strength at least, 0 to 1.
    pub outside_share: f64,
    /// Largest ratio by which the rates of a healthy service may differ between the hours of a day. A baseline that has not
    /// seen the candidate's hours tolerates that much. 1 is none.
    pub daily_cycle: f64,
    /// PROCEED: in the calm part of both sides, this share of the five-minute blocks, no estimate may exceed its margin.
    /// 1 does not ask for it.
    pub calm_share: f64,
    /// A dispersion of both sides at once is no larger than the bunches that were seen.
    pub limit_by_bunches: bool,
    /// A watch looks at the end of each five minutes, from this minute on.
    pub first_look_minutes: u32,
    /// Minutes that a watch is planned for; the tests of its last hours share their budget over them.
    pub watch_minutes: u32,
    /// A watch cuts bursts to this many times the calm rate of the signal, by five minutes. 0 does not cut.
    pub burst_cap: f64,
    /// Messages with fewer events on both sides are not counted when a watch shares its budget among messages.
    pub min_watch_events: u64,
    /// In a watch, the first [`Settings::full_window_minutes`] have a smaller budget, as a short window has.
    pub early_budget: bool,
    /// Minutes at the end of a watch in which latency is tested once more, for harm that sets in late.
    pub recent_minutes: u32,
    /// A window shorter than this many minutes, on either side, forbids PROCEED.
    pub min_minutes: u32,
    /// Family-wise error over all findings of a run for `significant`, 0 to 1.
    pub significance: f64,
    /// Two-sided confidence of the reported ratio intervals, above 0 and below 1.
    pub interval_confidence: f64,
}

impl Default for Settings {
    fn default() -> Self {
        let tolerance = |quantile, milliseconds, share| LatencyTolerance {
            quantile,
            milliseconds,
            share,
        };
        Self {
            alpha: 0.05,
            share_server_errors: 0.4,
            share_messages: 0.4,
            share_latency: 0.2,
            tolerated_ratio: 1.25,
            scales_minutes: vec![1, 5, 15, 60],
            min_blocks: 4,
            prior_df: 4.0,
            min_effective_count: 4.0,
            min_active_blocks: 4,
            min_excess: 1e-4,
            full_window_minutes: 60,
            long_window_minutes: 480,
            bet_block_minutes: 10,
            bets: vec![0.1, 0.25, 0.5, 0.75, 0.95],
            min_bet_messages: 10,
            latency: [
                tolerance(0.5, 50.0, 0.10),
                tolerance(0.95, 50.0, 0.15),
                tolerance(0.99, 100.0, 0.25),
            ],
            confidence: 0.95,
            margin_ratio: 1.5,
            margin_server_errors: 0.005,
            margin_messages: 0.005,
            burst_ratio: 1.5,
            suspicious_p: 0.10,
            settle_minutes: 5,
            storm_minutes: 40,
            outside_share: 0.4,
            daily_cycle: 2.7,
            calm_share: 0.5,
            limit_by_bunches: true,
            first_look_minutes: 10,
            watch_minutes: 1440,
            burst_cap: 4.0,
            min_watch_events: 12,
            early_budget: true,
            recent_minutes: 120,
            min_minutes: 10,
            significance: 0.05,
            interval_confidence: 0.95,
        }
    }
}

impl Settings {
    /// The first minutes are left out of a window that is this many times as long.
    pub const SETTLED_FACTOR: usize = 6;

    /// The plain method, with none of what was added to it: to compare implementations with each other.
    pub fn plain() -> Self {
        Self {
            settle_minutes: 0,
            storm_minutes: 0,
            daily_cycle: 1.0,
            calm_share: 1.0,
            limit_by_bunches: false,
            burst_cap: 0.0,
            min_watch_events: 4,
            early_budget: false,
            ..Self::default()
        }
    }

    /// Minutes that the bounds of PROCEED leave out at the start of a candidate of this many minutes.
    pub fn settling(&self, minutes: usize) -> usize {
        let settle = self.settle_minutes as usize;
        if minutes >= settle.saturating_mul(Self::SETTLED_FACTOR) {
            settle
        } else {
            0
        }
    }

    /// The budget for a candidate window of this many minutes: a short window has seen little of its own bursts, so it
    /// gets the square of its share of `full_window_minutes`.
    pub fn alpha_for(&self, minutes: usize) -> f64 {
        let share = minutes as f64 / f64::from(self.full_window_minutes.max(1));
        self.alpha * share.min(1.0).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_windows_get_the_square_of_their_share() {
        let settings = Settings::default();
        assert_eq!(settings.alpha_for(60), 0.05);
        assert_eq!(settings.alpha_for(600), 0.05);
        assert!((settings.alpha_for(30) - 0.0125).abs() < 1e-15);
        assert_eq!(settings.alpha_for(0), 0.0);
    }

    #[test]
    fn tolerance_is_the_larger_of_the_two() {
        let p95 = Settings::default().latency[1];
        assert_eq!(p95.for_baseline(None), 50.0);
        assert_eq!(p95.for_baseline(Some(100.0)), 50.0);
        assert_eq!(p95.for_baseline(Some(1000.0)), 150.0);
    }
}
