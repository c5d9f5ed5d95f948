//! Builds a [`Reason`] step by step.

use super::code::Code;
use super::query;
use super::wait::{Ends, WAIT};
use super::{Case, Reason};
use crate::compare::{Finding, Interval};
use crate::model::Signal;

impl Reason {
    pub(super) fn new(code: Code, message: String) -> Reason {
        Reason {
            code: code.name().to_owned(),
            asks_for: code.asks_for(),
            message,
            ends_when: None,
            signal: None,
            criterion: None,
            numbers: Default::default(),
            ratio: None,
            first_seen: None,
            last_seen: None,
            filter: None,
        }
    }

    /// What would end it, and after how many minutes where waiting alone does.
    pub(super) fn ends(mut self, ends: impl Into<Ends>) -> Reason {
        let Ends { when, minutes } = ends.into();
        self.ends_when = Some(when);
        match minutes {
            Some(minutes) => self.number(WAIT, minutes),
            None => self,
        }
    }

    /// Adds a number; what is not finite is left out, because JSON cannot hold it.
    pub(super) fn number(mut self, name: &str, value: f64) -> Reason {
        if value.is_finite() {
            self.numbers.insert(name.to_owned(), value);
        }
        self
    }

    /// The signal, times, counts and ratio of a finding, and the query that shows its entries.
    pub(super) fn about(mut self, case: &Case, finding: &Finding) -> Reason {
        self.signal = Some(finding.signal.clone());
        self.first_seen = finding.first_seen;
        self.last_seen = finding.last_seen;
        self.filter = Some(query::of_finding(case, finding));
        if let Some(latency) = &finding.latency {
            let pairs = [
                ("quantile", Some(latency.quantile)),
                ("baseline_ms", latency.baseline_ms),
                ("candidate_ms", latency.candidate_ms),
                ("shift_ms", latency.shift_ms.estimate),
                ("shift_low_ms", latency.shift_ms.low),
                ("shift_upper_ms", latency.shift_upper_ms),
                ("tolerance_ms", Some(latency.tolerance_ms)),
            ];
            return pairs
                .into_iter()
                .fold(self, |reason, (name, v)| reason.number(name, v.unwrap_or(f64::NAN)));
        }
        self.ratio = Some(known(finding.ratio));
        self.number("baseline_count", finding.baseline.count as f64)
            .number("baseline_exposure", finding.baseline.exposure as f64)
            .number("baseline_rate", finding.baseline.rate)
            .number("candidate_count", finding.candidate.count as f64)
            .number("candidate_exposure", finding.candidate.exposure as f64)
            .number("candidate_rate", finding.candidate.rate)
            .number("peak_share", finding.peak_share)
            .tests(finding)
    }

    fn tests(self, finding: &Finding) -> Reason {
        let Some(rates) = &finding.rates else { return self };
        self.number("p_tolerated", rates.p_tolerated)
            .number("p_limit", rates.p_limit)
            .number("p_more", rates.p_more)
            .number("excess", rates.excess)
            .number("excess_upper", rates.excess_upper)
            .number("ratio_upper", rates.ratio_upper.unwrap_or(f64::NAN))
            .number("effective_count", rates.effective_count)
            .number("active_blocks", f64::from(rates.active_blocks))
    }

    /// The signal of a platform reason and the query that shows its entries.
    pub(super) fn about_signal(mut self, case: &Case, signal: Option<&Signal>) -> Reason {
        let Some(signal) = signal else { return self };
        if let Some(finding) = case.findings.iter().find(|f| f.signal == *signal) {
            return self.about(case, finding);
        }
        self.filter = Some(query::of_signal(case, signal));
        self.signal = Some(signal.clone());
        self
    }
}

/// An interval without numbers that JSON cannot hold.
fn known(interval: Interval) -> Interval {
    let finite = |value: Option<f64>| value.filter(|v| v.is_finite());
    Interval {
        estimate: finite(interval.estimate),
        low: finite(interval.low),
        high: finite(interval.high),
    }
}
