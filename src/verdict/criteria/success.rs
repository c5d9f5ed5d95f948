//! `success-rate`: a share of requests, or of attempts to open a WebSocket, that must succeed.

use super::super::bounds::{ERROR, p_above, share_bounds};
use super::super::counts::{Counts, dispersion};
use super::super::policy::{Population, SignalGlob};
use super::super::view::View;
use super::super::wait::{self, Wait};
use super::super::{SideFacts, words};
use super::{Answer, CERTAIN_BLOCKS, CERTAIN_P};
use crate::model::{Signal, SignalKind};

/// Failures among attempts on both sides.
pub(super) struct Attempts {
    /// Failures and attempts of the baseline.
    pub baseline: (u64, u64),
    /// Failures and attempts of the candidate.
    pub candidate: (u64, u64),
    /// Failures that come in one bunch, at least 1.
    pub phi: f64,
    /// Five-minute blocks of the candidate with failures; `None` when their times are not known.
    pub blocks: Option<usize>,
    noun: &'static str,
    signal: Option<Signal>,
}

/// Counts failures among requests or connections. An event of a failure signal is one failed attempt.
pub(super) fn population(view: &View<'_>, of: Population, failure_signals: &[SignalGlob], ignored: &[u16]) -> Attempts {
    let case = view.case;
    let events = Counts::of(case, failure_signals);
    let side = |facts: &SideFacts, events: u64| -> (u64, u64) {
        let (failed, all) = match of {
            Population::Requests => requests(facts, ignored),
            Population::Websocket => connections(facts),
        };
        (failed.saturating_add(events).min(all), all)
    };
    let server_errors = case
        .findings
        .iter()
        .find(|f| f.signal.kind == SignalKind::StatusClass && f.signal.id == "5xx");
    let own_phi = server_errors.map_or(1.0, dispersion);
    // Failures without a time of their own borrow that of the server errors and of the failure signals.
    let blocks = server_errors
        .and_then(|f| f.rates.as_ref())
        .map(|r| r.active_blocks as usize);
    let blocks = blocks.into_iter().chain((events.x1 > 0).then_some(events.blocks)).max();
    Attempts {
        baseline: side(&case.baseline, events.x0),
        candidate: side(&case.candidate, events.x1),
        phi: own_phi.max(events.phi),
        blocks: if of == Population::Requests {
            Some(blocks.unwrap_or(0))
        } else {
            blocks
        },
        noun: match of {
            Population::Requests => "request",
            Population::Websocket => "WebSocket attempt",
        },
        signal: events.signal.or_else(|| server_errors.map(|f| f.signal.clone())),
    }
}

fn requests(facts: &SideFacts, ignored: &[u16]) -> (u64, u64) {
    // 101 is an accepted WebSocket: a connection, not a request that was answered.
    let counted = facts
        .by_status
        .iter()
        .filter(|(s, _)| **s != 101 && !ignored.contains(s));
    counted.fold((0, 0), |(failed, all): (u64, u64), (status, n)| {
        let failing = if *status >= 500 { *n } else { 0 };
        (failed.saturating_add(failing), all.saturating_add(*n))
    })
}

fn connections(facts: &SideFacts) -> (u64, u64) {
    let all = facts.websocket_attempts.max(facts.websockets_accepted);
    (all - facts.websockets_accepted, all)
}

impl Attempts {
    /// P-value of "the candidate fails at most `ratio` times as often as the baseline".
    pub fn p_worse(&self, ratio: f64) -> f64 {
        let ((x0, n0), (x1, n1)) = (self.baseline, self.candidate);
        p_above(x1 as f64 / self.phi, n1 as f64, x0 as f64 / self.phi, n0 as f64, ratio)
    }

    /// Failures are spread over several blocks, as far as is known.
    pub fn persist(&self) -> bool {
        self.blocks.is_none_or(|blocks| blocks >= CERTAIN_BLOCKS)
    }

    /// Bounds of the candidate's share of failures.
    pub fn failure_bounds(&self) -> (f64, f64) {
        let (failed, all) = self.candidate;
        share_bounds(failed as f64 / self.phi, all as f64 / self.phi)
    }

    /// Share that fails, of one side; 0 without attempts.
    pub fn share((failed, all): (u64, u64)) -> f64 {
        if all == 0 { 0.0 } else { failed as f64 / all as f64 }
    }

    /// `4,200 of 4,250 requests succeeded (98.82 %)`
    pub fn told(&self, (failed, all): (u64, u64)) -> String {
        let rate = words::percent(1.0 - Attempts::share((failed, all)));
        format!(
            "{} of {} succeeded ({rate})",
            words::count(all - failed),
            words::plural(all, self.noun)
        )
    }

    /// What there must be for any answer.
    pub fn missing(&self) -> Option<Answer> {
        (self.candidate.1 == 0).then(|| {
            Answer::open(
                format!("The candidate's logs hold no {} with an outcome.", self.noun),
                format!("the candidate gets {}s that log their status", self.noun),
            )
        })
    }

    /// The numbers for the report.
    pub fn numbers(&self) -> [(&'static str, f64); 5] {
        [
            ("candidate_failures", self.candidate.0 as f64),
            ("candidate_attempts", self.candidate.1 as f64),
            ("baseline_failures", self.baseline.0 as f64),
            ("baseline_attempts", self.baseline.1 as f64),
            ("dispersion", self.phi),
        ]
    }

    pub fn signal(&self) -> Option<&Signal> {
        self.signal.as_ref()
    }
}

pub(super) fn success_rate(view: &View<'_>, attempts: &Attempts, at_least: f64, aim: Option<f64>) -> Answer {
    if let Some(answer) = attempts.missing() {
        return answer;
    }
    let (fail_low, fail_high) = attempts.failure_bounds();
    let (low, high) = (1.0 - fail_high, 1.0 - fail_low);
    let rate = 1.0 - Attempts::share(attempts.candidate);
    let told = attempts.told(attempts.candidate);
    let aimed = aim.map_or_else(String::new, |aim| {
        let reached = if rate >= aim { "reached" } else { "not reached" };
        format!(" The aim of {} is {reached}.", words::percent(aim))
    });
    let wanted = words::percent(at_least);
    let answer = match () {
        () if low >= at_least => Answer::met(format!(
            "{told}; at least {} with 95 % confidence, {wanted} is asked for.{aimed}",
            words::percent(low)
        )),
        () if high < at_least => below(
            attempts,
            &format!(
                "{told}; at most {} with 95 % confidence, {wanted} is asked for.",
                words::percent(high)
            ),
        ),
        () => Answer::open(
            format!(
                "{told}; between {} and {} with 95 % confidence, {wanted} is asked for.",
                words::percent(low),
                words::percent(high)
            ),
            narrower(view, rate, low, at_least),
        ),
    };
    answer.of(attempts.signal()).with(&attempts.numbers()).with(&[
        ("success_rate", rate),
        ("success_rate_low", low),
        ("success_rate_high", high),
        ("at_least", at_least),
    ])
}

/// Broken: certain only if the baseline did better; a rollback mends nothing else.
fn below(attempts: &Attempts, told: &str) -> Answer {
    if attempts.baseline.1 == 0 {
        return Answer::broken(told.to_owned(), attempts.persist());
    }
    let p = attempts.p_worse(1.0);
    let before = attempts.told(attempts.baseline);
    let message = if p <= ERROR {
        format!("{told} Before: {before}.")
    } else {
        format!("{told} The baseline was no better: {before}.")
    };
    Answer::broken(message, p <= CERTAIN_P && attempts.persist())
}

fn narrower(view: &View<'_>, rate: f64, low: f64, at_least: f64) -> Wait {
    if rate <= at_least {
        return Wait::Never("the rate itself rises above what is asked for".to_owned());
    }
    let factor = (rate - low) / (rate - at_least);
    // Without any failure a bound narrows with the number of attempts, else with its square root.
    wait::until(
        view.candidate.minutes,
        1.0,
        if rate >= 1.0 { factor } else { factor * factor },
    )
}
