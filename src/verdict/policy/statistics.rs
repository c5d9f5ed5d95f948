//! The settings of the statistics, with their defaults. `docs/policy.md` explains each.

use super::PolicyError;
use super::read::Section;

/// Settings of the statistics. Field names follow the formulas; in the file they are written with hyphens.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// Budget for a false ROLL BACK of one comparison.
    pub alpha: f64,
    /// How the budget is shared.
    pub shares: Shares,
    /// Tolerated ratio of rates: ROLL BACK needs a ratio that is larger for certain.
    pub rho: f64,
    /// Block lengths at which dispersion is measured, minutes, ascending, the first is 1.
    pub scales: Vec<u32>,
    /// Prior degrees of freedom of a dispersion.
    pub nu0: f64,
    /// Independent events that ROLL BACK needs.
    pub min_eff: f64,
    /// Five-minute blocks that must show the harm.
    pub persist: u32,
    /// Excess per unit of exposure that ROLL BACK needs.
    pub min_excess: f64,
    /// A shorter candidate window gets less of the budget, minutes.
    pub full_minutes: u64,
    /// Tolerated added latency.
    pub latency: LatencyTolerances,
    /// Confidence of the bounds that PROCEED looks at.
    pub ni_conf: f64,
    /// PROCEED: the ratio of rates is at most this, ...
    pub ni_ratio: f64,
    /// ... or the excess of server errors per request is at most this.
    pub ni_5xx: f64,
    /// The same for messages.
    pub ni_tmpl: f64,
    /// A family-wise p-value below this forbids PROCEED.
    pub suspect: f64,
    /// Either window shorter, minutes: no PROCEED.
    pub min_minutes: u64,
    /// The candidate's bursts may weigh this many times the baseline's and still be left out of both.
    pub burst_ratio: f64,
    /// PROCEED: minutes after the deploy that its bounds leave out.
    pub settle_minutes: u64,
    /// ROLL BACK: outside of the worst stretch of so many minutes the harm must be there as well.
    pub storm_minutes: u64,
    /// Largest ratio by which rates may differ between the hours of a day, where the baseline saw other hours.
    pub daily_cycle: f64,
    /// From this window length on, minutes, bets on the share count too.
    pub long_minutes: u64,
    /// Minutes per bet.
    pub bet_block: u32,
    /// Shares of the largest allowed bet.
    pub bets: Vec<f64>,
}

/// How the error budget is shared. The shares add up to at most 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// For server errors.
    pub server_errors: f64,
    /// For messages, all together.
    pub messages: f64,
    /// For latency, all quantiles together.
    pub latency: f64,
}

/// Tolerated added latency for each quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatencyTolerances {
    /// Median.
    pub p50: LatencyTolerance,
    /// 95 %.
    pub p95: LatencyTolerance,
    /// 99 %.
    pub p99: LatencyTolerance,
}

/// Tolerated added latency: the larger of the two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatencyTolerance {
    /// Milliseconds.
    pub ms: f64,
    /// Share of the baseline's quantile.
    pub share: f64,
}

impl Default for Statistics {
    fn default() -> Statistics {
        let tolerance = |ms, share| LatencyTolerance { ms, share };
        Statistics {
            alpha: 0.05,
            shares: Shares {
                server_errors: 0.4,
                messages: 0.4,
                latency: 0.2,
            },
            rho: 1.25,
            scales: vec![1, 5, 15, 60],
            nu0: 4.0,
            min_eff: 4.0,
            persist: 4,
            min_excess: 1e-4,
            full_minutes: 60,
            latency: LatencyTolerances {
                p50: tolerance(50.0, 0.10),
                p95: tolerance(50.0, 0.15),
                p99: tolerance(100.0, 0.25),
            },
            ni_conf: 0.95,
            ni_ratio: 1.5,
            ni_5xx: 0.005,
            ni_tmpl: 0.005,
            suspect: 0.10,
            min_minutes: 10,
            burst_ratio: 1.5,
            settle_minutes: 5,
            storm_minutes: 40,
            daily_cycle: 2.7,
            long_minutes: 480,
            bet_block: 10,
            bets: vec![0.1, 0.25, 0.5, 0.75, 0.95],
        }
    }
}

pub(super) const KEYS: [&str; 23] = [
    "alpha",
    "shares",
    "rho",
    "scales",
    "nu0",
    "min-eff",
    "persist",
    "min-excess",
    "full-minutes",
    "latency",
    "ni-conf",
    "ni-ratio",
    "ni-5xx",
    "ni-tmpl",
    "suspect",
    "min-minutes",
    "burst-ratio",
    "settle-minutes",
    "storm-minutes",
    "daily-cycle",
    "long-minutes",
    "bet-block",
    "bets",
];

/// A year: longer windows are a slip of the keyboard.
pub(super) const MAX_MINUTES: u64 = 366 * 24 * 60;

/// Reads `[statistics]`: the defaults, overridden key by key.
pub(super) fn read(section: &Section<'_>) -> Result<Statistics, PolicyError> {
    section.only(&KEYS)?;
    let mut s = Statistics::default();
    // Half the budget is the most that leaves "family-wise significant" a meaning.
    section.number("alpha", 1e-9..=0.5, &mut s.alpha)?;
    section.number("rho", 1.0..=100.0, &mut s.rho)?;
    section.number("nu0", 0.1..=1000.0, &mut s.nu0)?;
    section.number("min-eff", 1.0..=1e6, &mut s.min_eff)?;
    section.number("min-excess", 0.0..=1.0, &mut s.min_excess)?;
    section.number("ni-conf", 0.5..=0.9999, &mut s.ni_conf)?;
    section.number("ni-ratio", 1.0..=100.0, &mut s.ni_ratio)?;
    section.number("ni-5xx", 0.0..=1.0, &mut s.ni_5xx)?;
    section.number("ni-tmpl", 0.0..=1.0, &mut s.ni_tmpl)?;
    section.number("suspect", 0.0..=0.5, &mut s.suspect)?;
    section.number("burst-ratio", 0.0..=100.0, &mut s.burst_ratio)?;
    section.number("daily-cycle", 1.0..=100.0, &mut s.daily_cycle)?;
    section.whole("settle-minutes", 0..=MAX_MINUTES, &mut s.settle_minutes)?;
    section.whole("storm-minutes", 0..=MAX_MINUTES, &mut s.storm_minutes)?;
    section.whole("full-minutes", 1..=MAX_MINUTES, &mut s.full_minutes)?;
    section.whole("min-minutes", 1..=MAX_MINUTES, &mut s.min_minutes)?;
    section.whole("long-minutes", 1..=MAX_MINUTES, &mut s.long_minutes)?;
    section.small("persist", 1..=10_000, &mut s.persist)?;
    section.small("bet-block", 1..=1440, &mut s.bet_block)?;
    if let Some(scales) = section.ascending("scales", 1.0..=1440.0)? {
        if scales.first() != Some(&1.0) || scales.iter().any(|v| v.fract() != 0.0) {
            return Err(section.out_of_range("scales", "whole minutes that start with 1"));
        }
        s.scales = scales.into_iter().map(|v| v as u32).collect();
    }
    if let Some(bets) = section.ascending("bets", 0.001..=0.999)? {
        s.bets = bets;
    }
    read_shares(section, &mut s.shares)?;
    read_latency(section, &mut s.latency)?;
    Ok(s)
}

fn read_shares(section: &Section<'_>, shares: &mut Shares) -> Result<(), PolicyError> {
    let Some(table) = section.table("shares")? else {
        return Ok(());
    };
    table.only(&["server-errors", "messages", "latency"])?;
    table.number("server-errors", 0.0..=1.0, &mut shares.server_errors)?;
    table.number("messages", 0.0..=1.0, &mut shares.messages)?;
    table.number("latency", 0.0..=1.0, &mut shares.latency)?;
    // A little room for decimal fractions that are not exact in binary.
    if shares.server_errors + shares.messages + shares.latency > 1.0 + 1e-9 {
        return Err(section.out_of_range("shares", "shares that add up to at most 1"));
    }
    Ok(())
}

fn read_latency(section: &Section<'_>, latency: &mut LatencyTolerances) -> Result<(), PolicyError> {
    let Some(table) = section.table("latency")? else {
        return Ok(());
    };
    table.only(&["p50", "p95", "p99"])?;
    for (key, tolerance) in [
        ("p50", &mut latency.p50),
        ("p95", &mut latency.p95),
        ("p99", &mut latency.p99),
    ] {
        if let Some(entry) = table.table(key)? {
            entry.only(&["ms", "share"])?;
            entry.number("ms", 0.0..=3_600_000.0, &mut tolerance.ms)?;
            entry.number("share", 0.0..=100.0, &mut tolerance.share)?;
        }
    }
    Ok(())
}
