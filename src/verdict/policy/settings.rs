//! The policy's statistics in the words of the comparison.

use super::{LatencyTolerance, Statistics};
use crate::compare;

impl From<&Statistics> for compare::Settings {
    fn from(s: &Statistics) -> compare::Settings {
        let minutes = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let tolerance = |quantile, t: LatencyTolerance| compare::LatencyTolerance {
            quantile,
            milliseconds: t.ms,
            share: t.share,
        };
        compare::Settings {
            alpha: s.alpha,
            share_server_errors: s.shares.server_errors,
            share_messages: s.shares.messages,
            share_latency: s.shares.latency,
            tolerated_ratio: s.rho,
            scales_minutes: s.scales.clone(),
            prior_df: s.nu0,
            min_effective_count: s.min_eff,
            min_active_blocks: s.persist,
            min_excess: s.min_excess,
            full_window_minutes: minutes(s.full_minutes),
            long_window_minutes: minutes(s.long_minutes),
            bet_block_minutes: s.bet_block,
            bets: s.bets.clone(),
            latency: [
                tolerance(0.5, s.latency.p50),
                tolerance(0.95, s.latency.p95),
                tolerance(0.99, s.latency.p99),
            ],
            confidence: s.ni_conf,
            margin_ratio: s.ni_ratio,
            margin_server_errors: s.ni_5xx,
            margin_messages: s.ni_tmpl,
            burst_ratio: s.burst_ratio,
            settle_minutes: minutes(s.settle_minutes),
            storm_minutes: minutes(s.storm_minutes),
            daily_cycle: s.daily_cycle,
            suspicious_p: s.suspect,
            min_minutes: minutes(s.min_minutes),
            ..compare::Settings::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_same_in_both_words() {
        assert_eq!(
            compare::Settings::from(&Statistics::default()),
            compare::Settings::default()
        );
    }
}
