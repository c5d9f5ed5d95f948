//! The counts of one or several signals on both sides, ready for the exact bounds: events, exposure, dispersion, spread.

use super::bounds::{p_above, p_below, poisson_lower, poisson_upper, ratio_upper};
use super::policy::SignalGlob;
use super::{Case, SideFacts};
use crate::compare::Finding;
use crate::model::Signal;

/// Events and exposure of both sides.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    /// Events of the baseline.
    pub x0: u64,
    /// Exposure of the baseline.
    pub e0: u64,
    /// Events of the candidate.
    pub x1: u64,
    /// Exposure of the candidate.
    pub e1: u64,
    /// Events that come in one bunch, at least 1; counts are divided by it.
    pub phi: f64,
    /// Five-minute blocks of the candidate with events.
    pub blocks: usize,
    /// What the exposure counts: `requests`, `log entries`, `minutes`.
    pub unit: &'static str,
    /// The signal with the most events.
    pub signal: Option<Signal>,
}

impl Counts {
    /// The signals that a glob means, counted together.
    pub fn of_signals(case: &Case, glob: &SignalGlob) -> Counts {
        Counts::of(case, std::slice::from_ref(glob))
    }

    /// The signals that any of the globs means, counted together.
    pub fn of(case: &Case, globs: &[SignalGlob]) -> Counts {
        let wanted = |id: &str| globs.iter().any(|glob| glob.matches(id));
        let found: Vec<&Finding> = case
            .findings
            .iter()
            .filter(|f| f.latency.is_none() && globs.iter().any(|glob| glob.means(&f.signal)))
            .collect();
        let known = |id: &str| case.findings.iter().any(|f| f.signal.id == id);
        let statuses = |facts: &SideFacts| -> u64 {
            let named = facts.by_status.iter().map(|(status, n)| (status_id(*status), n));
            named
                .filter(|(id, _)| wanted(id) && !known(id))
                .fold(0, |sum, (_, n)| sum.saturating_add(*n))
        };
        let sum =
            |start: u64, pick: &dyn Fn(&Finding) -> u64| found.iter().fold(start, |sum, f| sum.saturating_add(pick(f)));
        let (e0, e1, unit) = exposure(case, &found);
        Counts {
            x0: sum(statuses(&case.baseline), &|f| f.baseline.count),
            x1: sum(statuses(&case.candidate), &|f| f.candidate.count),
            e0,
            e1,
            phi: found.iter().map(|f| dispersion(f)).fold(1.0, f64::max),
            blocks: blocks(&case.candidate, &found),
            unit,
            signal: found
                .iter()
                .max_by_key(|f| (f.candidate.count.max(f.baseline.count), std::cmp::Reverse(&f.signal.id)))
                .map(|f| f.signal.clone()),
        }
    }

    /// The same against requests, where the candidate has some: what an absolute share of the requests is asked of, even
    /// when the baseline has none and minutes were all that both had.
    pub fn per_request(self, case: &Case) -> Counts {
        if case.candidate.requests == 0 || self.unit == "requests" {
            return self;
        }
        Counts {
            e0: case.baseline.requests,
            e1: case.candidate.requests,
            unit: "requests",
            ..self
        }
    }

    /// Rate of the baseline; 0 without exposure.
    pub fn rate0(&self) -> f64 {
        rate(self.x0, self.e0)
    }

    /// Rate of the candidate; 0 without exposure.
    pub fn rate1(&self) -> f64 {
        rate(self.x1, self.e1)
    }

    /// Events that the candidate would have had at the baseline's rate.
    pub fn expected(&self) -> f64 {
        self.rate0() * self.e1 as f64
    }

    /// Lower 95 % bound of the candidate's rate.
    pub fn lower1(&self) -> f64 {
        if self.e1 == 0 {
            0.0
        } else {
            poisson_lower(self.x1 as f64 / self.phi) * self.phi / self.e1 as f64
        }
    }

    /// Upper 95 % bound of the candidate's rate.
    pub fn upper1(&self) -> f64 {
        if self.e1 == 0 {
            f64::INFINITY
        } else {
            poisson_upper(self.x1 as f64 / self.phi) * self.phi / self.e1 as f64
        }
    }

    /// P-value of "the candidate's rate is at most `ratio` times the baseline's".
    pub fn p_above(&self, ratio: f64) -> f64 {
        p_above(
            self.deflated1(),
            self.e1 as f64,
            self.deflated0(),
            self.e0 as f64,
            ratio,
        )
    }

    /// P-value of "the candidate's rate is at least the baseline's".
    pub fn p_below(&self) -> f64 {
        p_below(self.deflated1(), self.e1 as f64, self.deflated0(), self.e0 as f64)
    }

    /// Upper 95 % bound of the ratio of the rates.
    pub fn ratio_upper(&self) -> f64 {
        ratio_upper(self.deflated1(), self.e1 as f64, self.deflated0(), self.e0 as f64)
    }

    /// Upper bound of the excess per unit of exposure, by the candidate's bound alone (the baseline's own chance is in
    /// the ratio's bound).
    pub fn excess_upper(&self) -> f64 {
        self.upper1() - self.rate0()
    }

    fn deflated0(&self) -> f64 {
        self.x0 as f64 / self.phi
    }

    fn deflated1(&self) -> f64 {
        self.x1 as f64 / self.phi
    }
}

/// The id of the signal of one HTTP status.
pub(super) fn status_id(status: u16) -> String {
    format!("http/status-{status}")
}

/// The largest dispersion that was measured for a finding; 1 where none was.
pub(super) fn dispersion(finding: &Finding) -> f64 {
    let measured = finding.rates.iter().flat_map(|rates| &rates.dispersion).map(|d| d.phi);
    measured.filter(|phi| phi.is_finite()).fold(1.0, f64::max)
}

/// What a finding's exposure counts. Findings hold numbers only; the facts tell what they are.
pub(super) fn unit(case: &Case, finding: &Finding) -> &'static str {
    let minutes =
        finding.baseline.exposure == case.baseline.minutes && finding.candidate.exposure == case.candidate.minutes;
    match () {
        () if case.baseline.requests > 0 && case.candidate.requests > 0 => "requests",
        () if minutes => "minutes",
        () => "log entries",
    }
}

/// One exposure for all: that of the findings; where a side has none, minutes on both.
fn exposure(case: &Case, found: &[&Finding]) -> (u64, u64, &'static str) {
    let (b, c) = (&case.baseline, &case.candidate);
    let widest = found
        .iter()
        .max_by_key(|f| f.baseline.exposure.saturating_add(f.candidate.exposure));
    if let Some(f) = widest.filter(|f| f.baseline.exposure > 0 && f.candidate.exposure > 0) {
        return (f.baseline.exposure, f.candidate.exposure, unit(case, f));
    }
    if b.requests > 0 && c.requests > 0 {
        return (b.requests, c.requests, "requests");
    }
    (b.minutes, c.minutes, "minutes")
}

fn blocks(facts: &SideFacts, found: &[&Finding]) -> usize {
    let mut blocks: Vec<u64> = found
        .iter()
        .flat_map(|f| facts.minutes_of(&f.signal.id))
        .map(|m| m / 5)
        .collect();
    blocks.sort_unstable();
    blocks.dedup();
    let measured = found
        .iter()
        .filter_map(|f| f.rates.as_ref())
        .map(|r| r.active_blocks as usize)
        .max();
    blocks.len().max(measured.unwrap_or(0))
}

fn rate(x: u64, e: u64) -> f64 {
    if e == 0 { 0.0 } else { x as f64 / e as f64 }
}
