//! P-values of all rows and quantiles adjusted for how many there are, and the thresholds for ROLL BACK.
//!
//! Input: the raw tests of all rows, the latency shifts. Output: the same, adjusted. Must not decide.

use super::distributions::Tails;
use super::frame::{Measured, Tests};
use super::latency::Shift;
use super::multiplicity::{bonferroni, tarone, tarone_holm};
use super::rates::as_student;
use super::settings::Settings;
use super::table::Family;
use super::traces::TraceTest;

/// Messages with fewer events on both sides are not counted when the bets are shared among messages.
const MIN_BET_EVENTS: f64 = 4.0;

const FAMILIES: [Family; 3] = [Family::ServerErrors, Family::Messages, Family::Reported];

/// One row's adjusted p-values and thresholds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AdjustedRow {
    pub(super) p_tolerated: f64,
    pub(super) p_more: f64,
    pub(super) p_fewer: f64,
    /// Two-sided, over all findings of the run; by rates or by traces.
    pub(super) p_different: f64,
    /// Of the test on traces, over all findings of the run.
    pub(super) p_traces: Option<f64>,
    /// Threshold for `p_tolerated`.
    pub(super) p_limit: f64,
    /// Threshold for the logarithm of the bets' wealth.
    pub(super) log_wealth_limit: f64,
}

/// All rows and quantiles.
pub(super) struct Adjusted {
    pub(super) rows: Vec<AdjustedRow>,
    /// Two-sided p-value of each quantile, over all findings of the run.
    pub(super) latency: Vec<f64>,
    /// Two-sided p-value of each route, over all findings of the run.
    pub(super) routes: Vec<f64>,
}

/// Everything that is tested.
pub(super) struct Tested<'a> {
    pub(super) rows: &'a [Measured],
    pub(super) shifts: &'a [Option<Shift>],
    /// Tests on traces, with the row that each belongs to.
    pub(super) traces: &'a [(usize, TraceTest)],
    pub(super) routes: &'a [TraceTest],
}

impl Adjusted {
    pub(super) fn new(tested: &Tested<'_>, alpha: f64, settings: &Settings) -> Self {
        let measured = tested.rows;
        let untested = AdjustedRow {
            p_tolerated: 1.0,
            p_more: 1.0,
            p_fewer: 1.0,
            p_different: 1.0,
            p_traces: None,
            p_limit: 0.0,
            log_wealth_limit: f64::INFINITY,
        };
        let mut rows = vec![untested; measured.len()];
        for family in FAMILIES {
            let tested = |(i, m): (usize, &'_ Measured)| (m.family == family).then_some(i);
            let members: Vec<usize> = measured.iter().enumerate().filter_map(tested).collect();
            adjust_family(family, &members, measured, &mut rows, alpha, settings);
        }
        let over_all = OverAll::new(tested, settings.significance);
        for (row, p) in rows.iter_mut().zip(over_all.rows) {
            row.p_different = p;
        }
        for ((row, _), p) in tested.traces.iter().zip(over_all.traces) {
            let row = &mut rows[*row];
            row.p_traces = Some(row.p_traces.map_or(p, |q| q.min(p)));
            row.p_different = row.p_different.min(p);
        }
        let (latency, routes) = (over_all.latency, over_all.routes);
        Self { rows, latency, routes }
    }
}

/// Fills in what is adjusted within one family: server errors by Bonferroni (usually there is one such row), all others by
/// Tarone.
fn adjust_family(
    family: Family,
    members: &[usize],
    measured: &[Measured],
    rows: &mut [AdjustedRow],
    alpha: f64,
    settings: &Settings,
) {
    let tested: Vec<(usize, &Tests)> = members
        .iter()
        .filter_map(|&i| measured[i].tests.as_ref().map(|tests| (i, tests)))
        .collect();
    let adjust = |p: &dyn Fn(&Tests) -> f64, smallest: &dyn Fn(&Tests) -> f64| -> Vec<f64> {
        let p: Vec<f64> = tested.iter().map(|(_, tests)| p(tests)).collect();
        if family == Family::ServerErrors {
            return p.iter().map(|&p| bonferroni(p, tested.len())).collect();
        }
        let smallest: Vec<f64> = tested.iter().map(|(_, tests)| smallest(tests)).collect();
        tarone(&p, &smallest)
    };
    let all_candidate = |ratio: f64| move |t: &Tests| t.totals.candidate_share(ratio).powf(t.totals.events());
    let all_baseline = |t: &Tests| t.totals.swapped().candidate_share(1.0).powf(t.totals.events());
    let p_tolerated = adjust(&|t| t.p_tolerated, &all_candidate(settings.tolerated_ratio));
    let p_more = adjust(&|t| t.p_more, &all_candidate(1.0));
    let p_fewer = adjust(&|t| t.p_fewer, &all_baseline);
    let (share, bets) = match family {
        Family::ServerErrors => (settings.share_server_errors, tested.len()),
        Family::Messages | Family::Reported => {
            let counted = tested
                .iter()
                .filter(|(_, tests)| tests.totals.events() >= MIN_BET_EVENTS)
                .count();
            (settings.share_messages, counted.max(settings.min_bet_messages))
        }
    };
    for (k, &(i, tests)) in tested.iter().enumerate() {
        // With bets in play, test and bets get half of the budget each.
        let p_limit = alpha * share * if tests.log_wealth.is_some() { 0.5 } else { 1.0 };
        rows[i].p_tolerated = p_tolerated[k];
        rows[i].p_more = p_more[k];
        rows[i].p_fewer = p_fewer[k];
        rows[i].p_limit = p_limit;
        rows[i].log_wealth_limit = (bets.max(1) as f64 / p_limit).ln();
    }
}

/// P-values of all rows, quantiles, traces and routes, adjusted together: each family, and each of the others, that has
/// anything able to be significant gets an equal part of the budget, so that hundreds of information messages do not drown
/// a handful of errors; within it, Tarone and Holm.
struct OverAll {
    rows: Vec<f64>,
    latency: Vec<f64>,
    traces: Vec<f64>,
    routes: Vec<f64>,
}

impl OverAll {
    fn new(tested: &Tested<'_>, significance: f64) -> Self {
        let mut rows = vec![1.0; tested.rows.len()];
        let mut latency = vec![1.0; tested.shifts.len()];
        let mut traces = vec![1.0; tested.traces.len()];
        let mut routes = vec![1.0; tested.routes.len()];
        let mut parts = 0;
        for family in FAMILIES {
            let tests = tested
                .rows
                .iter()
                .map(|m| m.tests.as_ref().filter(|_| m.family == family));
            let tests = tests.map(|tests| tests.map(|t| (two_sided(t.p_more, t.p_fewer), smallest_two_sided(t))));
            parts += usize::from(adjust_part(tests, significance, &mut rows));
        }
        let shift = |s: &Shift| (two_sided(s.p_slower(), s.p_faster()), 0.0);
        let shifts = tested.shifts.iter().map(|s| s.as_ref().map(shift));
        parts += usize::from(adjust_part(shifts, significance, &mut latency));
        let pair = |t: &TraceTest| Some((t.p, t.smallest));
        let on_traces = tested.traces.iter().map(|(_, test)| pair(test));
        parts += usize::from(adjust_part(on_traces, significance, &mut traces));
        parts += usize::from(adjust_part(tested.routes.iter().map(pair), significance, &mut routes));
        for p in [&mut rows, &mut latency, &mut traces, &mut routes]
            .into_iter()
            .flatten()
        {
            *p = bonferroni(*p, parts);
        }
        Self {
            rows,
            latency,
            traces,
            routes,
        }
    }
}

/// Adjusts the tests that are there, each a p-value with the smallest it could be, and writes them to their places. Says
/// whether any could be significant.
fn adjust_part(tests: impl Iterator<Item = Option<(f64, f64)>>, significance: f64, out: &mut [f64]) -> bool {
    let (places, tests): (Vec<usize>, Vec<(f64, f64)>) = tests
        .enumerate()
        .filter_map(|(i, test)| test.map(|test| (i, test)))
        .unzip();
    let (p, smallest): (Vec<f64>, Vec<f64>) = tests.into_iter().unzip();
    for (place, p) in places.into_iter().zip(tarone_holm(&p, &smallest)) {
        out[place] = p;
    }
    smallest.iter().any(|&smallest| smallest <= significance)
}

fn two_sided(p: f64, q: f64) -> f64 {
    (2.0 * p.min(q)).min(1.0)
}

/// The smallest two-sided p-value that a row with this many events could reach: all of them on the smaller side, without any
/// dispersion, read as a t like the p-values themselves.
fn smallest_two_sided(tests: &Tests) -> f64 {
    let share = tests.totals.candidate_share(1.0);
    let lower = share.min(1.0 - share).powf(tests.totals.events());
    let tails = Tails {
        lower,
        upper: 1.0 - lower,
    };
    let one_sided = tests
        .dispersion
        .iter()
        .map(|d| as_student(tails, d.df))
        .fold(0.0, f64::max);
    (2.0 * one_sided).min(1.0)
}
