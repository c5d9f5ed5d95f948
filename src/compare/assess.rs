//! The comparison: a count table in, what can be said of each row and of latency out.
//!
//! Input: one [`Table`] and [`Settings`]. Output: one [`Assessment`], rows in the table's order. Must not decide on the deploy.
//! Formulas and reasons: `docs/statistics.md`.

use rayon::prelude::*;

use super::adjust::{Adjusted, AdjustedRow, Tested};
use super::assessment::{Assessment, LatencyAssessment, RouteAssessment, RowAssessment};
use super::blocks::active_blocks;
use super::finding::{Change, Interval, LatencyFinding, Rates, SideCount};
use super::frame::{Assessor, Measured, Tests};
use super::latency::{Blocks, Shift, calm_shift, slow_blocks};
use super::rates::ratio_bounds;
use super::settings::{LatencyTolerance, Settings};
use super::spread::{excess_outside, slow_all_the_time};
use super::table::{Family, Row, Table};
use super::traces::{RouteShift, TraceTest, Traces, more_hits, route_shift};

/// Compares both sides of a table.
pub fn assess(table: &Table, settings: &Settings) -> Assessment {
    assess_with_traces(table, &Traces::default(), settings)
}

/// Compares both sides of a table and of what was followed by trace. Rows that `traces` name are the table's.
pub fn assess_with_traces(table: &Table, traces: &Traces, settings: &Settings) -> Assessment {
    let latency = Blocks::of(table);
    let assessor = Assessor::new(table, &latency, settings);
    let measured: Vec<Measured> = table.rows.par_iter().map(|row| assessor.measure(row)).collect();
    let (shifts, settled): (Vec<Option<Shift>>, Vec<Option<Shift>>) = assessor.shifts().into_iter().unzip();
    let on_traces = assessor.on_traces(traces);
    let routes = assessor.on_routes(traces);
    let tested = Tested {
        rows: &measured,
        shifts: &shifts,
        traces: &on_traces,
        routes: &routes.iter().map(|(_, shift)| shift.test).collect::<Vec<_>>(),
    };
    let adjusted = Adjusted::new(&tested, assessor.alpha, settings);
    let rows = table.rows.par_iter().zip(&measured).zip(&adjusted.rows);
    let latency = settings
        .latency
        .iter()
        .zip(shifts.iter().zip(&settled))
        .zip(&adjusted.latency);
    Assessment {
        rows: rows
            .map(|((row, measured), adjusted)| assessor.row(row, measured, adjusted))
            .collect(),
        latency: latency
            .map(|((q, (whole, settled)), &p)| assessor.latency(q, [whole.as_ref(), settled.as_ref()], p))
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
        baseline_exposure: assessor.whole.baseline.exposure as u64,
        candidate_exposure: assessor.whole.candidate.exposure as u64,
        alpha: assessor.alpha,
    }
}

impl Assessor<'_> {
    fn on_traces(&self, traces: &Traces) -> Vec<(usize, TraceTest)> {
        let scales = [&self.whole.baseline.scales[..], &self.whole.candidate.scales[..]];
        let in_table = traces.signals.iter().filter(|t| t.row < self.table.rows.len());
        in_table
            .filter_map(|t| more_hits(t, scales, self.settings).map(|test| (t.row, test)))
            .collect()
    }

    fn on_routes(&self, traces: &Traces) -> Vec<(String, RouteShift)> {
        let scales = [&self.whole.baseline.scales[..], &self.whole.candidate.scales[..]];
        let shift = |t: &_| route_shift(t, scales, self.settings);
        traces
            .routes
            .iter()
            .filter_map(|t| shift(t).map(|shift| (t.route.clone(), shift)))
            .collect()
    }

    fn row(&self, row: &Row, measured: &Measured, adjusted: &AdjustedRow) -> RowAssessment {
        let baseline = side_count(measured.baseline, self.whole.baseline.exposure);
        let candidate = side_count(measured.candidate, self.whole.candidate.exposure);
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
        let outside_share = self.outside_share(row, tests);
        let large_enough = excess >= settings.min_excess
            && active_blocks >= settings.min_active_blocks
            && (settings.storm_minutes == 0 || outside_share.is_some_and(|s| s >= settings.outside_share));
        let by_test = adjusted.p_tolerated <= adjusted.p_limit && effective_count >= settings.min_effective_count;
        let by_bets = tests
            .log_wealth
            .is_some_and(|wealth| wealth >= adjusted.log_wealth_limit);
        let (margin, suspicious_p) = match row.family {
            Family::ServerErrors => (settings.margin_server_errors, settings.suspicious_p / 2.0),
            Family::Messages | Family::Reported => (settings.margin_messages, settings.suspicious_p),
        };
        let excluded = tests.bounds.ratio <= settings.margin_ratio || tests.bounds.excess <= margin;
        let calm = settings.calm_share >= 1.0 || tests.bounds.calm_excess <= margin;
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
            calm_excess: tests.bounds.calm_excess,
            outside_share,
            rolls_back: row.family != Family::Reported && large_enough && (by_test || by_bets),
            suspicious: adjusted.p_more <= suspicious_p
                || adjusted.p_traces.is_some_and(|p| p <= settings.significance),
            non_inferior: calm
                && (excluded || (row.family != Family::ServerErrors && tests.bounds.settled_excess <= 0.0)),
        }
    }

    fn outside_share(&self, row: &Row, tests: &Tests) -> Option<f64> {
        let (exposure, rate) = (&self.table.candidate.exposure, tests.totals.baseline_rate());
        excess_outside(&row.candidate, exposure, rate, self.settings)
    }

    /// `shifts`: over the whole, and over the part that PROCEED looks at.
    fn latency(
        &self,
        tolerance: &LatencyTolerance,
        shifts: [Option<&Shift>; 2],
        p_different: f64,
    ) -> LatencyAssessment {
        let settings = self.settings;
        let [shift, settled] = shifts;
        let quantile = tolerance.quantile;
        let alpha = self.alpha * settings.share_latency / settings.latency.len() as f64;
        let baseline_ms = shift.map(|s| s.baseline);
        let tolerance_ms = tolerance.for_baseline(baseline_ms);
        let low = shift.and_then(|s| s.lower(alpha));
        let shift_upper_ms = settled.and_then(|s| s.upper(1.0 - settings.confidence));
        let slow_above = |ms| slow_blocks(&self.latency[1], ms + tolerance_ms, quantile);
        let slow = baseline_ms.map_or_else(Vec::new, slow_above);
        let [of_baseline, of_candidate] = self.settled_latency();
        let calm_shift_ms = (settings.calm_share < 1.0)
            .then(|| calm_shift(of_baseline, of_candidate, quantile, settings.calm_share))
            .flatten();
        // What may be added is measured on the part that PROCEED looks at.
        let margin_ms = tolerance.for_baseline(settled.map(|s| s.baseline));
        let is_calm = calm_shift_ms.is_none_or(|calm| calm.shift_ms < tolerance.for_baseline(Some(calm.baseline_ms)));
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
            calm_shift_ms: calm_shift_ms.map(|calm| calm.shift_ms),
            tolerance_ms,
            slow_blocks: u32::try_from(slow.iter().filter(|s| **s).count()).unwrap_or(u32::MAX),
            rolls_back: low.is_some_and(|low| low > tolerance_ms) && slow_all_the_time(&slow, settings),
            non_inferior: shift_upper_ms.is_some_and(|high| high < margin_ms) && is_calm,
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
        calm_excess: 0.0,
        outside_share: None,
        rolls_back: false,
        suspicious: false,
        non_inferior: false,
    }
}

#[cfg(test)]
#[path = "assess_tests.rs"]
mod tests;
