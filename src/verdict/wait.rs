//! How long the candidate has to be watched until a bound is narrow enough, at its present traffic.
//!
//! Numbers first: every wait is a [`Wait`], and its words are made here and nowhere else. A bound of nothing seen narrows
//! with the exposure, any other with its square root. When the sides follow each other only the candidate's exposure grows,
//! and the baseline's part of the uncertainty stays.

use super::counts::Counts;
use super::view::View;
use super::{stability, words};
use crate::compare::{Finding, LatencyFinding, Pairing};

/// Waits beyond this are no plan.
const MAX_MINUTES: f64 = 14.0 * 24.0 * 60.0;

/// So many requests must be slower than a quantile before its upper bound is one of them: `m` of which `m - 2 sqrt(m)` is
/// at least 1, with the t quantile of few blocks of time.
const TAIL: f64 = 6.0;

/// The name of the number that a reason or criterion carries when waiting ends it.
pub(super) const WAIT: &str = "wait_minutes";

/// How long something takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wait {
    /// Minutes more at the present traffic, 1 to two weeks.
    Minutes(f64),
    /// More time helps; how much cannot be told.
    Sometime,
    /// More than two weeks.
    TooLong,
    /// Waiting alone does not end it, and why.
    Never(String),
}

/// What would end a reason, in words, with the minutes where waiting alone does it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ends {
    pub when: String,
    pub minutes: Option<f64>,
}

impl Wait {
    /// Minutes more, where they are known.
    pub fn minutes(&self) -> Option<f64> {
        match self {
            Wait::Minutes(minutes) => Some(*minutes),
            _ => None,
        }
    }

    pub fn words(&self) -> String {
        match self {
            Wait::Minutes(minutes) => format!("about {} more at the present traffic", words::duration(*minutes)),
            Wait::Sometime => "more minutes are observed".to_owned(),
            Wait::TooLong => {
                "at the present traffic that takes more than two weeks: more traffic or a wider margin is needed"
                    .to_owned()
            }
            Wait::Never(why) => why.clone(),
        }
    }

    /// The same wait, said in other words.
    pub fn said(&self, when: String) -> Ends {
        Ends {
            when,
            minutes: self.minutes(),
        }
    }

    /// The one that ends first; `self` where neither is known.
    fn or(self, other: Wait) -> Wait {
        match (self.minutes(), other.minutes()) {
            (Some(a), Some(b)) if b < a => other,
            (None, Some(_)) => other,
            _ => self,
        }
    }
}

impl From<Wait> for Ends {
    fn from(wait: Wait) -> Ends {
        wait.said(wait.words())
    }
}

impl From<String> for Ends {
    fn from(when: String) -> Ends {
        Ends { when, minutes: None }
    }
}

impl From<&str> for Ends {
    fn from(when: &str) -> Ends {
        Ends::from(when.to_owned())
    }
}

/// So many minutes more, as the policy asks.
pub(super) fn exactly(minutes: u64) -> Ends {
    Ends {
        when: format!("{} more are observed", words::exact_duration(minutes)),
        minutes: Some(minutes as f64),
    }
}

/// The wait until `have` (exposure, expected events, ...) has grown to `need` in proportion to time.
pub(super) fn until(minutes: u64, have: f64, need: f64) -> Wait {
    let factor = need / have;
    if !factor.is_finite() || factor <= 1.0 {
        return Wait::Sometime;
    }
    match minutes as f64 * (factor - 1.0) {
        more if more > MAX_MINUTES => Wait::TooLong,
        more => Wait::Minutes(more.max(1.0)),
    }
}

/// The wait until a half width of `have` has narrowed to `want`; `fixed` is the share of its square that does not narrow.
fn narrowing(minutes: u64, have: f64, want: f64, fixed: f64) -> Wait {
    let share = (want / have).powi(2);
    if !have.is_finite() || !share.is_finite() {
        return Wait::Sometime;
    }
    if share <= fixed {
        return Wait::Never(
            "the baseline alone leaves more than the margin open: only a longer baseline ends it".to_owned(),
        );
    }
    until(minutes, 1.0, (1.0 - fixed) / (share - fixed))
}

/// The share of the baseline's `fixed` variance in the sum; 0 when both sides go on at once.
fn fixed_share(pairing: Pairing, fixed: f64, growing: f64) -> f64 {
    let share = fixed / (fixed + growing);
    match pairing {
        Pairing::BeforeAfter if share.is_finite() => share,
        _ => 0.0,
    }
}

/// The wait until the upper bound of a rate's excess falls to the margin, or that of the ratio to its own: either will do.
pub(super) fn for_rate(view: &View<'_>, finding: &Finding, margin: f64) -> Wait {
    for_excess(view, finding, margin).or(for_ratio(view, finding))
}

fn for_excess(view: &View<'_>, finding: &Finding, margin: f64) -> Wait {
    let Some(rates) = &finding.rates else {
        return Wait::Sometime;
    };
    let (minutes, b, c) = (view.candidate.minutes, finding.baseline, finding.candidate);
    // The bound is measured from the baseline's calm rate, which a storm of its own does not raise.
    let calm = stability::calm_rate(view, finding).map(|rate| c.rate - rate);
    let calm = calm.filter(|excess| *excess > rates.excess && *excess < rates.excess_upper);
    let centre = calm.unwrap_or(rates.excess);
    let (have, want) = (rates.excess_upper - centre, margin - centre);
    if want <= 0.0 {
        let against = if calm.is_some() {
            " against the baseline without its bursts"
        } else {
            ""
        };
        return Wait::Never(format!(
            "the excess itself, {} of the exposure{against}, is above the margin of {}: waiting ends it only if the rate falls",
            words::percent(centre),
            words::percent(margin),
        ));
    }
    if b.count == 0 && c.count == 0 {
        return until(minutes, want, have);
    }
    let variance = |count: u64, exposure: u64| count as f64 / (exposure as f64).powi(2);
    let fixed = fixed_share(
        view.case.pairing,
        variance(b.count, b.exposure),
        variance(c.count.max(1), c.exposure),
    );
    narrowing(minutes, have, want, fixed)
}

fn for_ratio(view: &View<'_>, finding: &Finding) -> Wait {
    let bound = finding.rates.as_ref().and_then(|rates| rates.ratio_upper);
    let (Some(ratio), Some(upper)) = (finding.ratio.estimate, bound) else {
        return Wait::Sometime;
    };
    if stability::calm_rate(view, finding).is_some() {
        // Against a calm rate the ratio's bound is shifted, not only wide.
        return Wait::Sometime;
    }
    for_ratio_of(view, (finding.baseline.count, finding.candidate.count), ratio, upper)
}

/// The wait until the upper bound of a ratio falls to the margin; it narrows on the logarithm.
pub(super) fn for_ratio_of(view: &View<'_>, (x0, x1): (u64, u64), ratio: f64, upper: f64) -> Wait {
    let margin = view.policy.statistics.ni_ratio;
    if !(ratio > 0.0 && upper > ratio && ratio < margin) {
        return Wait::Sometime;
    }
    let fixed = fixed_share(view.case.pairing, 1.0 / x0 as f64, 1.0 / x1 as f64);
    let (have, want) = ((upper / ratio).ln(), (margin / ratio).ln());
    narrowing(view.candidate.minutes, have, want, fixed)
}

/// The wait until the upper bound of a latency shift falls to the tolerance.
pub(super) fn for_latency(view: &View<'_>, latency: &LatencyFinding, tolerance_ms: f64) -> Wait {
    let Some(shift) = latency.shift_ms.estimate else {
        return Wait::Never("more requests with a latency are seen".to_owned());
    };
    let Some(upper) = latency.shift_upper_ms else {
        return for_tail(view, latency.quantile);
    };
    if tolerance_ms - shift <= 0.0 {
        return Wait::Never(format!(
            "the shift itself, {}, is above {}: waiting ends it only if it falls",
            words::ms(shift),
            words::ms(tolerance_ms),
        ));
    }
    for_width(view, upper - shift, tolerance_ms - shift)
}

/// The wait until a quantile has an upper bound at all: until enough requests are slower than it.
fn for_tail(view: &View<'_>, quantile: f64) -> Wait {
    let beyond = |requests: u64| requests as f64 * (1.0 - quantile);
    if view.case.pairing == Pairing::BeforeAfter && beyond(view.case.baseline.requests) < TAIL {
        return Wait::Never("the baseline holds more requests with a latency".to_owned());
    }
    until(view.candidate.minutes, beyond(view.case.candidate.requests), TAIL)
}

/// The wait until the half width of a latency shift's interval has narrowed from `have` to `want`.
pub(super) fn for_width(view: &View<'_>, have: f64, want: f64) -> Wait {
    let variance = |requests: u64| 1.0 / requests as f64;
    let fixed = fixed_share(
        view.case.pairing,
        variance(view.case.baseline.requests),
        variance(view.case.candidate.requests),
    );
    narrowing(view.candidate.minutes, have, want, fixed)
}

/// The wait until the upper bound of the candidate's rate falls to `target`.
pub(super) fn for_share(minutes: u64, counts: &Counts, target: f64) -> Wait {
    let (rate, upper) = (counts.rate1(), counts.upper1());
    if rate >= target || !upper.is_finite() {
        return Wait::Never("the rate itself falls".to_owned());
    }
    let factor = (upper - rate) / (target - rate);
    until(minutes, 1.0, if counts.x1 == 0 { factor } else { factor * factor })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_in_proportion() {
        assert_eq!(until(60, 1.0, 1.5), Wait::Minutes(30.0));
        assert_eq!(until(60, 1.0, 1.0), Wait::Sometime);
        assert_eq!(until(60, 0.0, 1.0), Wait::Sometime);
        assert_eq!(until(60, 1.0, 1e9), Wait::TooLong);
        assert_eq!(until(60, f64::NAN, 1.0), Wait::Sometime);
        assert_eq!(until(u64::MAX, 1.0, 2.0), Wait::TooLong);
    }

    #[test]
    fn what_the_baseline_leaves_open_stays_open() {
        // Half the width takes four times the exposure, when all of it narrows.
        assert_eq!(narrowing(60, 2.0, 1.0, 0.0), Wait::Minutes(180.0));
        // With a fifth fixed: (1 - 0.2) / (0.25 - 0.2) = 16 times.
        let Wait::Minutes(minutes) = narrowing(60, 2.0, 1.0, 0.2) else {
            panic!()
        };
        assert!((minutes - 900.0).abs() < 1e-6);
        assert!(matches!(narrowing(60, 2.0, 1.0, 0.25), Wait::Never(_)));
        assert_eq!(narrowing(60, f64::INFINITY, 1.0, 0.0), Wait::Sometime);
        assert_eq!(fixed_share(Pairing::Concurrent, 1.0, 1.0), 0.0);
        assert_eq!(fixed_share(Pairing::BeforeAfter, 1.0, 3.0), 0.25);
        assert_eq!(fixed_share(Pairing::BeforeAfter, 0.0, 0.0), 0.0);
    }

    #[test]
    fn the_sooner_of_two_counts() {
        let (soon, late) = (Wait::Minutes(5.0), Wait::Minutes(9.0));
        assert_eq!(late.clone().or(soon.clone()), soon);
        assert_eq!(Wait::TooLong.or(late.clone()), late);
        assert_eq!(Wait::TooLong.or(Wait::Sometime), Wait::TooLong);
    }
}
