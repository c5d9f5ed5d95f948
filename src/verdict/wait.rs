//! How long the candidate has to be watched until a bound is narrow enough, at its present traffic.

use super::counts::Counts;
use super::words;
use crate::compare::{Finding, LatencyFinding};

/// Waits beyond this are no plan.
const MAX_MINUTES: f64 = 14.0 * 24.0 * 60.0;

/// Words for the wait until `have` (exposure, expected events, ...) has grown to `need` in proportion to time.
pub(super) fn until(minutes: u64, have: f64, need: f64) -> String {
    let factor = need / have;
    if !factor.is_finite() || factor <= 1.0 {
        return "more minutes are observed".to_owned();
    }
    let more = minutes as f64 * (factor - 1.0);
    if more > MAX_MINUTES {
        return "at the present traffic that takes more than two weeks: more traffic or a wider margin is needed"
            .to_owned();
    }
    format!("about {} more at the present traffic", words::duration(more.max(1.0)))
}

/// The wait until the upper bound of a rate's excess falls to the margin.
///
/// A bound of nothing seen narrows with the exposure, any other with its square root.
pub(super) fn for_rate(minutes: u64, finding: &Finding, margin: f64) -> String {
    let Some(rates) = &finding.rates else {
        return until(minutes, 1.0, 1.0);
    };
    let nothing_seen = finding.baseline.count == 0 && finding.candidate.count == 0;
    let gap = margin - rates.excess;
    if gap <= 0.0 {
        return format!(
            "the excess itself, {} of the exposure, is above the margin of {}: waiting ends it only if the rate falls",
            words::percent(rates.excess),
            words::percent(margin),
        );
    }
    let factor = (rates.excess_upper - rates.excess) / gap;
    until(minutes, 1.0, if nothing_seen { factor } else { factor * factor })
}

/// The wait until the upper bound of a latency shift falls to the tolerance.
pub(super) fn for_latency(minutes: u64, latency: &LatencyFinding, tolerance_ms: f64) -> String {
    let (Some(upper), Some(shift)) = (latency.shift_upper_ms, latency.shift_ms.estimate) else {
        return "more requests with a latency are seen".to_owned();
    };
    let gap = tolerance_ms - shift;
    if gap <= 0.0 {
        return format!(
            "the shift itself, {}, is above {}: waiting ends it only if it falls",
            words::ms(shift),
            words::ms(tolerance_ms),
        );
    }
    let factor = (upper - shift) / gap;
    until(minutes, 1.0, factor * factor)
}

/// The wait until the upper bound of the candidate's rate falls to `target`.
pub(super) fn for_share(minutes: u64, counts: &Counts, target: f64) -> String {
    let (rate, upper) = (counts.rate1(), counts.upper1());
    if rate >= target || !upper.is_finite() {
        return "the rate itself falls".to_owned();
    }
    let factor = (upper - rate) / (target - rate);
    until(minutes, 1.0, if counts.x1 == 0 { factor } else { factor * factor })
}
