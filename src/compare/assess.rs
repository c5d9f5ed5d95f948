//! The comparison: a count table in, what can be said of each row and of latency out.
//!
//! Input: one [`Table`] and [`Settings`]. Output: one [`Assessment`], rows in the table's order. Must not decide on the deploy.
//! Formulas and reasons: `docs/statistics.md`.

use super::adjust::{Adjusted, AdjustedRow, Tested};
use super::assessment::{Assessment, LatencyAssessment, RouteAssessment, RowAssessment};
use super::bets::PairedBlocks;
use super::blocks::{active_blocks, total};
use super::dispersion::{Scale, of_comparison, scales, trimming_scale};
use super::finding::{Change, Dispersion, Interval, LatencyFinding, Rates, SideCount};
use super::latency::{Shift, slow_blocks};
use super::noninferiority::{self, SideBlocks, UpperBounds};
use super::rates::{Totals, p_greater, ratio_bounds};
use super::settings::{LatencyTolerance, Settings};
use super::table::{Family, Pairing, Row, Table};
use super::traces::{RouteShift, TraceTest, Traces, more_hits, route_shift};

/// Compares both sides of a table.
pub fn assess(table: &Table, settings: &Settings) -> Assessment {
    assess_with_traces(table, &Traces::default(), settings)
}

/// Compares both sides of a table and of what was followed by trace. Rows that `traces` name are the table's.
pub fn assess_with_traces(table: &Table, traces: &Traces, settings: &Settings) -> Assessment {
    let frame = Frame::new(table, settings);
    let measured: Vec<Measured> = table.rows.iter().map(|row| frame.measure(row)).collect();
    let shifts: Vec<Option<Shift>> = settings.latency.iter().map(|q| frame.shift(q)).collect();
    let on_traces = frame.on_traces(traces);
    let routes = frame.on_routes(traces);
    let tested = Tested {
        rows: &measured,
        shifts: &shifts,
        traces: &on_traces,
        routes: &routes.iter().map(|(_, shift)| shift.test).collect::<Vec<_>>(),
    };
    let adjusted = Adjusted::new(&tested, frame.alpha, settings);
    let rows = table.rows.iter().zip(&measured).zip(&adjusted.rows);
    let latency = settings.latency.iter().zip(&shifts).zip(&adjusted.latency);
    Assessment {
        rows: rows
            .map(|((row, measured), adjusted)| frame.row(row, measured, adjusted))
            .collect(),
        latency: latency
            .map(|((q, shift), &p)| frame.latency(q, shift.as_ref(), p))
            .collect(),
        routes: routes
            .into_iter()
            .zip(&adjusted.routes)
            .map(|((route, shift), p)| RouteAssessment {
                route,
                shift,
                significant: *p <= settings.significance,
                p_different: *p,
            })
            .collect(),
        baseline_minutes: table.baseline.exposure.len(),
        candidate_minutes: table.candidate.exposure.len(),
        baseline_exposure: frame.baseline.exposure as u64,
        candidate_exposure: frame.candidate.exposure as u64,
        alpha: frame.alpha,
    }
}

/// One row's numbers before they are adjusted for multiplicity.
pub(super) struct Measured {
    pub(super) family: Family,
    pub(super) baseline: f64,
    pub(super) candidate: f64,
    /// Absent where a side has no exposure.
    pub(super) tests: Option<Tests>,
}

/// The tests of one row.
pub(super) struct Tests {
    pub(super) totals: Totals,
    pub(super) dispersion: Vec<Dispersion>,
    pub(super) p_tolerated: f64,
    pub(super) p_more: f64,
    pub(super) p_fewer: f64,
    pub(super) bounds: UpperBounds,
    /// Of the bets; absent where the window is short or nothing pairs.
    pub(super) log_wealth: Option<f64>,
}

/// What all rows share of one side.
struct Side {
    exposure: f64,
    scales: Vec<Scale>,
    trimming: Scale,
}

impl Side {
    fn blocks<'a>(&'a self, counts: &'a [u64]) -> SideBlocks<'a> {
        SideBlocks {
            counts,
            scales: &self.scales,
            trimming: &self.trimming,
        }
    }
}

/// What all rows share.
struct Frame<'a> {
    table: &'a Table,
    settings: &'a Settings,
    baseline: Side,
    candidate: Side,
    bets: Option<PairedBlocks>,
    alpha: f64,
}

impl<'a> Frame<'a> {
    fn new(table: &'a Table, settings: &'a Settings) -> Self {
        let side = |arm| Side {
            exposure: 0.0,
            scales: scales(arm, settings),
            trimming: trimming_scale(arm),
        };
        Self {
            table,
            settings,
            baseline: Side {
                exposure: total(&table.baseline.exposure),
                ..side(&table.baseline)
            },
            candidate: Side {
                exposure: total(&table.candidate.exposure),
                ..side(&table.candidate)
            },
            bets: PairedBlocks::new(table, settings),
            alpha: settings.alpha_for(table.candidate.exposure.len()),
        }
    }

    fn measure(&self, row: &Row) -> Measured {
        let (baseline, candidate) = (total(&row.baseline), total(&row.candidate));
        let exposed = self.baseline.exposure > 0.0 && self.candidate.exposure > 0.0;
        Measured {
            family: row.family,
            baseline,
            candidate,
            tests: exposed.then(|| self.test(row, baseline, candidate)),
        }
    }

    fn test(&self, row: &Row, baseline: f64, candidate: f64) -> Tests {
        let totals = Totals {
            baseline,
            candidate,
            baseline_exposure: self.baseline.exposure,
            candidate_exposure: self.candidate.exposure,
        };
        let (b, c) = (
            self.baseline.blocks(&row.baseline),
            self.candidate.blocks(&row.candidate),
        );
        let pairing = self.table.pairing;
        let dispersion = of_comparison(pairing, (b.counts, b.scales), (c.counts, c.scales), self.settings);
        Tests {
            p_tolerated: p_greater(&totals, &dispersion, self.settings.tolerated_ratio),
            p_more: p_greater(&totals, &dispersion, 1.0),
            p_fewer: p_greater(&totals.swapped(), &dispersion, 1.0),
            bounds: match pairing {
                Pairing::Concurrent => noninferiority::concurrent(&totals, &dispersion, self.settings),
                Pairing::BeforeAfter => noninferiority::before_after(&totals, &dispersion, b, c, self.settings),
            },
            log_wealth: self.bets.as_ref().map(|bets| bets.log_wealth(row, &self.settings.bets)),
            totals,
            dispersion,
        }
    }

    fn on_traces(&self, traces: &Traces) -> Vec<(usize, TraceTest)> {
        let scales = [&self.baseline.scales[..], &self.candidate.scales[..]];
        let in_table = traces.signals.iter().filter(|t| t.row < self.table.rows.len());
        in_table
            .filter_map(|t| more_hits(t, scales, self.settings).map(|test| (t.row, test)))
            .collect()
    }

    fn on_routes(&self, traces: &Traces) -> Vec<(String, RouteShift)> {
        let scales = [&self.baseline.scales[..], &self.candidate.scales[..]];
        let shift = |t: &_| route_shift(t, scales, self.settings);
        traces
            .routes
            .iter()
            .filter_map(|t| shift(t).map(|shift| (t.route.clone(), shift)))
            .collect()
    }

    fn shift(&self, quantile: &LatencyTolerance) -> Option<Shift> {
        let (baseline, candidate) = (&self.table.baseline.latency, &self.table.candidate.latency);
        Shift::new(
            baseline,
            candidate,
            quantile.quantile,
            self.table.pairing,
            self.settings.prior_df,
        )
    }

    fn row(&self, row: &Row, measured: &Measured, adjusted: &AdjustedRow) -> RowAssessment {
        let baseline = side_count(measured.baseline, self.baseline.exposure);
        let candidate = side_count(measured.candidate, self.candidate.exposure);
        let significant = adjusted.p_different <= self.settings.significance;
        // Where few requests touch a service, its traces tell the direction better than the rate over all requests.
        let by_traces = adjusted.p_traces.is_some_and(|p| p <= self.settings.significance);
        let harm = by_traces || candidate.rate > baseline.rate;
        RowAssessment {
            family: row.family,
            baseline,
            candidate,
            ratio: measured.tests.as_ref().map_or(UNKNOWN, |tests| self.ratio(tests)),
            rates: match &measured.tests {
                Some(tests) => self.rates(row, tests, adjusted),
                None => untested(row, measured.candidate, adjusted.p_limit),
            },
            change: match (baseline.count, candidate.count) {
                (0, 1..) => Change::New,
                (1.., 0) => Change::Vanished,
                _ if significant && harm => Change::More,
                _ if significant => Change::Fewer,
                _ => Change::Unchanged,
            },
            harm,
            significant,
            p_different: adjusted.p_different,
        }
    }

    /// Two-sided interval: each bound with half of the error.
    fn ratio(&self, tests: &Tests) -> Interval {
        let confidence = 1.0 - 0.5 * (1.0 - self.settings.interval_confidence);
        let (low, high) = ratio_bounds(&tests.totals, &tests.dispersion, confidence);
        let estimate = tests.totals.candidate_rate() / tests.totals.baseline_rate();
        Interval {
            estimate: bounded(estimate),
            low: bounded(low),
            high: bounded(high),
        }
    }

    fn rates(&self, row: &Row, tests: &Tests, adjusted: &AdjustedRow) -> Rates {
        let settings = self.settings;
        let excess = tests.totals.excess();
        let phi = tests.dispersion.iter().map(|d| d.phi).fold(1.0, f64::max);
        let effective_count = tests.totals.candidate / phi;
        let active_blocks = active_blocks(&row.candidate);
        let large_enough = excess >= settings.min_excess && active_blocks >= settings.min_active_blocks;
        let by_test = adjusted.p_tolerated <= adjusted.p_limit && effective_count >= settings.min_effective_count;
        let by_bets = tests
            .log_wealth
            .is_some_and(|wealth| wealth >= adjusted.log_wealth_limit);
        let (margin, suspicious_p) = match row.family {
            Family::ServerErrors => (settings.margin_server_errors, settings.suspicious_p / 2.0),
            Family::Messages | Family::Reported => (settings.margin_messages, settings.suspicious_p),
        };
        let excluded = tests.bounds.ratio <= settings.margin_ratio || tests.bounds.excess <= margin;
        Rates {
            p_tolerated: adjusted.p_tolerated,
            p_more: adjusted.p_more,
            p_fewer: adjusted.p_fewer,
            p_traces: adjusted.p_traces,
            p_limit: adjusted.p_limit,
            dispersion: tests.dispersion.clone(),
            effective_count,
            active_blocks,
            excess,
            ratio_upper: bounded(tests.bounds.ratio),
            excess_upper: tests.bounds.excess,
            rolls_back: row.family != Family::Reported && large_enough && (by_test || by_bets),
            suspicious: adjusted.p_more <= suspicious_p
                || adjusted.p_traces.is_some_and(|p| p <= settings.significance),
            non_inferior: excluded || (row.family != Family::ServerErrors && excess <= 0.0),
        }
    }

    fn latency(&self, tolerance: &LatencyTolerance, shift: Option<&Shift>, p_different: f64) -> LatencyAssessment {
        let settings = self.settings;
        let quantile = tolerance.quantile;
        let alpha = self.alpha * settings.share_latency / settings.latency.len() as f64;
        let baseline_ms = shift.map(|s| s.baseline);
        let tolerance_ms = tolerance.for_baseline(baseline_ms);
        let low = shift.and_then(|s| s.lower(alpha));
        let shift_upper_ms = shift.and_then(|s| s.upper(1.0 - settings.confidence));
        let limit = |ms: f64| slow_blocks(&self.table.candidate.latency, ms + tolerance_ms, quantile);
        let slow_blocks = baseline_ms.map_or(0, limit);
        let significant = p_different <= settings.significance;
        let harm = shift.is_some_and(|s| s.estimate() > 0.0);
        let finding = LatencyFinding {
            quantile,
            baseline_ms,
            candidate_ms: shift.map(|s| s.candidate),
            shift_ms: Interval {
                estimate: shift.map(Shift::estimate),
                low,
                high: shift.and_then(|s| s.upper(alpha)),
            },
            shift_upper_ms,
            tolerance_ms,
            slow_blocks,
            rolls_back: low.is_some_and(|low| low > tolerance_ms) && slow_blocks >= settings.min_active_blocks,
            non_inferior: shift_upper_ms.is_some_and(|high| high < tolerance_ms),
        };
        let change = match (significant, harm) {
            (true, true) => Change::Slower,
            (true, false) => Change::Faster,
            (false, _) => Change::Unchanged,
        };
        LatencyAssessment {
            finding,
            change,
            harm,
            significant,
            p_different,
        }
    }
}

/// A ratio above this bounds nothing: it means that one side's rate may be as good as zero.
const UNBOUNDED_RATIO: f64 = 1e9;

const UNKNOWN: Interval = Interval {
    estimate: None,
    low: None,
    high: None,
};

fn side_count(count: f64, exposure: f64) -> SideCount {
    let rate = if exposure > 0.0 { count / exposure } else { 0.0 };
    SideCount {
        count: count as u64,
        exposure: exposure as u64,
        rate,
    }
}

fn bounded(ratio: f64) -> Option<f64> {
    (ratio <= UNBOUNDED_RATIO).then_some(ratio)
}

/// A row that cannot be compared, because a side has no exposure: nothing is shown, nothing excluded. The bound of the excess
/// stands at one event for each unit of exposure.
fn untested(row: &Row, candidate: f64, p_limit: f64) -> Rates {
    Rates {
        p_tolerated: 1.0,
        p_more: 1.0,
        p_fewer: 1.0,
        p_traces: None,
        p_limit,
        dispersion: Vec::new(),
        effective_count: candidate,
        active_blocks: active_blocks(&row.candidate),
        excess: 0.0,
        ratio_upper: None,
        excess_upper: 1.0,
        rolls_back: false,
        suspicious: false,
        non_inferior: false,
    }
}

#[cfg(test)]
#[path = "assess_tests.rs"]
mod tests;
