//! The hours of the day: how much the rates of a healthy service may differ because the baseline saw other hours.
//!
//! Input: the clock minutes of both arms. Output: one factor for each minute of the candidate. Must not look at counts.
//!
//! Errors per request cycle over the day. With a cycle whose peak is `C` times its trough, the logarithm of the rate is a
//! sine of amplitude `ln(C) / 2`, and between two times `d` minutes apart it changes by at most `ln(C) sin(pi d / 1440)`. A
//! baseline of one hour says nothing of the rest of the day: held against a candidate twelve hours later, a ratio of `C`
//! is no harm. The tolerated ratio covers the first two hours by itself.

use super::bets::DAY;
use super::settings::Settings;
use super::table::{Arm, Pairing, Table};

/// For each minute of the candidate, how many times the tolerated ratio its rate may be of the baseline's: 1 when both
/// served at once, when the baseline saw that hour, and where the clock is not known.
pub fn allowances(table: &Table, settings: &Settings) -> Vec<f64> {
    let candidate = &table.candidate;
    let unpaired = table.pairing == Pairing::BeforeAfter;
    let clocks = table.baseline.clock.len() == table.baseline.exposure.len()
        && candidate.clock.len() == candidate.exposure.len()
        && !table.baseline.clock.is_empty();
    if !unpaired || !clocks || settings.daily_cycle <= 1.0 {
        return vec![1.0; candidate.exposure.len()];
    }
    let distance = distances(&table.baseline);
    let allowed = |minute: &i64| {
        let apart = distance[clock_minute(*minute)];
        let cycle = settings
            .daily_cycle
            .powf((std::f64::consts::PI * apart / DAY as f64).sin());
        f64::max(cycle / settings.tolerated_ratio, 1.0)
    };
    candidate.clock.iter().map(allowed).collect()
}

fn clock_minute(minute: i64) -> usize {
    minute.rem_euclid(DAY as i64) as usize
}

/// For each minute of the day its distance in minutes from those that the arm saw, at most half a day: 0 for a minute that
/// was seen, else that to the nearest one and on to the middle of what was seen.
fn distances(arm: &Arm) -> Vec<f64> {
    let mut seen = [false; DAY];
    for &minute in &arm.clock {
        seen[clock_minute(minute)] = true;
    }
    let half = seen.iter().filter(|seen| **seen).count() as f64 / 2.0;
    let mut nearest = vec![DAY; DAY];
    // Twice around in each direction, so that midnight is no border.
    let around = (0..2 * DAY).map(|i| i % DAY);
    for order in [around.clone().collect::<Vec<_>>(), around.rev().collect()] {
        let mut since = DAY;
        for minute in order {
            since = if seen[minute] { 0 } else { since + 1 };
            nearest[minute] = nearest[minute].min(since);
        }
    }
    let middle = |n: usize| if n == 0 { 0.0 } else { n as f64 + half };
    nearest.into_iter().map(|n| middle(n).min(DAY as f64 / 2.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(minutes: std::ops::Range<i64>) -> Arm {
        Arm {
            segments: vec![minutes.clone().count()],
            exposure: vec![1; minutes.clone().count()],
            latency: Vec::new(),
            clock: minutes.collect(),
        }
    }

    fn table(baseline: std::ops::Range<i64>, candidate: std::ops::Range<i64>) -> Table {
        Table {
            pairing: Pairing::BeforeAfter,
            baseline: arm(baseline),
            candidate: arm(candidate),
            rows: Vec::new(),
        }
    }

    #[test]
    fn neighbouring_hours_need_no_allowance() {
        let allowed = allowances(&table(0..60, 60..120), &Settings::default());
        assert!(allowed.iter().all(|a| *a == 1.0), "{allowed:?}");
    }

    #[test]
    fn half_a_day_apart_the_whole_cycle_is_allowed() {
        let allowed = allowances(&table(0..60, 720..780), &Settings::default());
        // The middle of the candidate: 690 minutes from the end of the baseline, 720 from its middle.
        assert!((allowed[29] - 2.7 / 1.25).abs() < 1e-12, "{allowed:?}");
        // 180 + 180 minutes: the last one is 180 minutes from the end of the baseline, 270 from its middle.
        let near = allowances(&table(0..180, 180..360), &Settings::default());
        let last = 2.7_f64.powf((std::f64::consts::PI * 270.0 / 1440.0).sin()) / 1.25;
        assert!((near[179] - last).abs() < 1e-12, "{}", near[179]);
    }

    #[test]
    fn hours_that_the_baseline_saw_need_none() {
        for baseline in [-1440..-1380, 0..1440, -4320..0] {
            let allowed = allowances(&table(baseline, 1440..1500), &Settings::default());
            assert_eq!(allowed, vec![1.0; 60]);
        }
    }

    #[test]
    fn both_at_once_or_without_a_clock_nothing_is_allowed() {
        let mut at_once = table(0..60, 720..780);
        at_once.pairing = Pairing::Concurrent;
        let mut timeless = table(0..60, 720..780);
        timeless.baseline.clock.clear();
        for table in [at_once, timeless] {
            assert_eq!(allowances(&table, &Settings::default()), vec![1.0; 60]);
        }
    }
}
