//! The criteria of a policy, one file for each family, each a pure function from a case to an answer.
//!
//! Every answer has three values: met (shown), broken (shown), or not to be told from this input, with what is missing.
//! "Shown" means at 95 % on counts divided by their dispersion. Broken *for certain* asks for more: only that turns a
//! critical criterion into ROLL BACK.

mod latency;
mod novelty;
mod share;
mod start;
mod success;
mod vanish;
mod worse;

use std::collections::BTreeMap;

use super::code::Code;
use super::policy::{Criterion, CriterionKind};
use super::query;
use super::view::View;
use super::wait::{Ends, WAIT};
use super::{Case, CriterionResult, Reason};
use crate::model::Signal;

/// Five-minute blocks that certain harm must be seen in: one burst is never certain.
const CERTAIN_BLOCKS: usize = 2;
/// P-value that certain harm needs.
const CERTAIN_P: f64 = 0.01;

/// What became of a criterion, before it gets its name.
#[derive(Debug, Clone, Default)]
struct Answer {
    met: Option<bool>,
    /// Broken beyond one noisy look, and in a way that the baseline was not.
    certain: bool,
    message: String,
    ends_when: Option<String>,
    numbers: BTreeMap<String, f64>,
    signal: Option<Signal>,
}

/// A criterion with its answer.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    /// For the report.
    pub result: CriterionResult,
    /// What would end the doubt.
    pub ends_when: Option<String>,
    certain: bool,
    signal: Option<Signal>,
    starts: bool,
    succeeds: bool,
}

/// Checks every criterion, in the order of the policy.
pub(super) fn check(view: &View<'_>) -> Vec<Checked> {
    view.policy
        .criteria
        .iter()
        .map(|criterion| checked(view, criterion))
        .collect()
}

fn checked(view: &View<'_>, criterion: &Criterion) -> Checked {
    let answer = answer(view, &criterion.kind);
    Checked {
        result: CriterionResult {
            id: criterion.id.clone(),
            title: criterion.title.clone(),
            level: criterion.level,
            met: answer.met,
            message: answer.message,
            numbers: answer.numbers,
        },
        ends_when: answer.ends_when,
        certain: answer.certain,
        signal: answer.signal,
        starts: matches!(criterion.kind, CriterionKind::MustStart),
        succeeds: matches!(criterion.kind, CriterionKind::SuccessRate { .. }),
    }
}

fn answer(view: &View<'_>, kind: &CriterionKind) -> Answer {
    match kind {
        CriterionKind::MustVanish {
            signal,
            max_share,
            for_minutes,
        } => vanish::must_vanish(view, signal, *max_share, *for_minutes),
        CriterionKind::MustAppear { signal, for_minutes } => share::must_appear(view, signal, *for_minutes),
        CriterionKind::MayRise { signal, to } => share::may_rise(view, signal, *to),
        CriterionKind::SuccessRate {
            of,
            at_least,
            aim,
            failure_signals,
            ignore_statuses,
        } => {
            let population = success::population(view, *of, failure_signals, ignore_statuses);
            success::success_rate(view, &population, *at_least, *aim)
        }
        CriterionKind::AddedLatency { quantile, at_most_ms } => latency::added_latency(view, *quantile, *at_most_ms),
        CriterionKind::NoNewCritical { within_minutes } => novelty::no_new_critical(view, *within_minutes),
        CriterionKind::NoNewErrors => novelty::no_new_errors(view),
        CriterionKind::NeverWorse { of, failure_signals } => worse::never_worse(view, of, failure_signals),
        CriterionKind::MustStart => start::must_start(view),
    }
}

impl Checked {
    /// Broken, and beyond one noisy look.
    pub fn broken_for_certain(&self) -> bool {
        self.result.met == Some(false) && self.certain
    }

    /// It is met and shows that the candidate starts.
    pub fn shows_start(&self) -> bool {
        self.starts && self.result.met == Some(true)
    }

    /// It is met and shows that the candidate's work succeeds.
    pub fn shows_success(&self) -> bool {
        self.succeeds && self.result.met == Some(true)
    }

    /// A reason that stems from this criterion.
    pub fn reason(&self, case: &Case, code: Code, message: String) -> Reason {
        let mut reason = Reason::new(code, message).about_signal(case, self.signal.as_ref());
        reason.criterion = Some(self.result.id.clone());
        reason.filter = reason.filter.or_else(|| Some(query::of_candidate(case)));
        reason.numbers.extend(self.result.numbers.clone());
        reason
    }
}

impl Answer {
    fn met(message: String) -> Answer {
        Answer {
            met: Some(true),
            message,
            ..Answer::default()
        }
    }

    fn broken(message: String, certain: bool) -> Answer {
        Answer {
            met: Some(false),
            certain,
            message,
            ..Answer::default()
        }
    }

    fn open(message: String, ends: impl Into<Ends>) -> Answer {
        let Ends { when, minutes } = ends.into();
        let answer = Answer {
            message,
            ends_when: Some(when),
            ..Answer::default()
        };
        answer.with(&[(WAIT, minutes.unwrap_or(f64::NAN))])
    }

    /// The answer with a wait of at least so many minutes, where it has one.
    fn at_least(mut self, minutes: f64) -> Answer {
        if let Some(wait) = self.numbers.get_mut(WAIT) {
            *wait = wait.max(minutes);
        }
        self
    }

    fn with(mut self, numbers: &[(&str, f64)]) -> Answer {
        let finite = numbers.iter().filter(|(_, v)| v.is_finite());
        self.numbers.extend(finite.map(|(name, v)| ((*name).to_owned(), *v)));
        self
    }

    fn of(mut self, signal: Option<&Signal>) -> Answer {
        self.signal = signal.cloned();
        self
    }
}
