//! What the comparison says of a table, row by row.
//!
//! Input: none. Output: plain types. Must not compute.

use super::finding::{Change, Interval, LatencyFinding, Rates, SideCount};
use super::table::Family;
use super::traces::RouteShift;

/// What can be said of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct RowAssessment {
    /// Which budget it was tested with.
    pub family: Family,
    /// The baseline's numbers.
    pub baseline: SideCount,
    /// The candidate's numbers.
    pub candidate: SideCount,
    /// Ratio of the rates with its two-sided interval.
    pub ratio: Interval,
    /// The tests.
    pub rates: Rates,
    /// How it differs.
    pub change: Change,
    /// The candidate's rate is above the baseline's.
    pub harm: bool,
    /// The difference is significant over all findings of the run.
    pub significant: bool,
    /// Two-sided p-value of "the rates are equal", adjusted over all findings of the run.
    pub p_different: f64,
}

/// What can be said of one latency quantile.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyAssessment {
    /// The numbers.
    pub finding: LatencyFinding,
    /// How it differs.
    pub change: Change,
    /// The candidate is slower.
    pub harm: bool,
    /// The difference is significant over all findings of the run.
    pub significant: bool,
    /// Two-sided p-value of "the quantiles are equal", adjusted over all findings of the run.
    pub p_different: f64,
}

/// What can be said of one route's latency.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteAssessment {
    /// Method and path template.
    pub route: String,
    /// The numbers.
    pub shift: RouteShift,
    /// The difference is significant over all findings of the run.
    pub significant: bool,
    /// Two-sided p-value of "the route's requests take as long as before", adjusted over all findings of the run.
    pub p_different: f64,
}

/// What can be said of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// One for each row of the table, in its order.
    pub rows: Vec<RowAssessment>,
    /// One for each latency quantile of the settings.
    pub latency: Vec<LatencyAssessment>,
    /// One for each route with enough traced requests on both sides.
    pub routes: Vec<RouteAssessment>,
    /// Minutes of the baseline.
    pub baseline_minutes: usize,
    /// Minutes of the candidate.
    pub candidate_minutes: usize,
    /// Exposure of the baseline.
    pub baseline_exposure: u64,
    /// Exposure of the candidate.
    pub candidate_exposure: u64,
    /// Budget for a false ROLL BACK, after what a short window costs.
    pub alpha: f64,
}
