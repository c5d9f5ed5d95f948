//! Which findings the policy expects: they are reported, and are no harm.

use std::collections::{BTreeMap, BTreeSet};

use super::bounds::p_above;
use super::counts::{Counts, dispersion, status_id};
use super::policy::{Allowance, CriterionKind, Policy, SignalGlob};
use super::{Case, CriterionLevel, CriterionResult, SideFacts};
use crate::compare::Finding;
use crate::model::{Level, SignalKind};
use crate::verdict::words;

/// What the policy says of one finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Excuse {
    /// Nothing, or it went beyond what was allowed for certain.
    None,
    /// It is above what was allowed, but that may be chance.
    Unsure,
    /// It is expected.
    Expected,
}

/// What the policy says of each finding, in their order.
pub(super) fn excuses(case: &Case, policy: &Policy) -> Vec<Excuse> {
    let allowances = allowances(policy);
    let mut excuses: Vec<Excuse> = case
        .findings
        .iter()
        .map(|finding| excuse(case, policy, &allowances, finding))
        .collect();
    let expected = |(f, e): (&Finding, &Excuse)| (*e == Excuse::Expected).then(|| f.signal.id.clone());
    let expected: BTreeSet<String> = case.findings.iter().zip(&excuses).filter_map(expected).collect();
    for (finding, excuse) in case.findings.iter().zip(&mut excuses) {
        if *excuse == Excuse::None && accompanies(case, finding, &expected) {
            *excuse = Excuse::Expected;
        }
    }
    excuses
}

/// Events (or traces) that must show a message before it is taken for a part of what is expected.
const ACCOMPANIED_MIN: u64 = 5;
/// Share of its traces that must show the same expected signal, too; and of its events that must fall into the same
/// minutes as that signal's.
const ACCOMPANIED_SHARE: f64 = 0.95;
/// Minutes over which the events must be spread: in fewer, equal numbers prove nothing.
const ACCOMPANIED_MINUTES: usize = 5;

/// Whether a warning that no pattern explains comes with the very requests that are expected to change: then it tells of
/// the same thing. Known by the traces; without any, by the minutes. An error is never excused so.
fn accompanies(case: &Case, finding: &Finding, expected: &BTreeSet<String>) -> bool {
    let is_warning = finding.signal.level == Level::Warning;
    let is_unknown = matches!(finding.signal.kind, SignalKind::Template | SignalKind::Stack);
    if !is_warning || !is_unknown {
        return false;
    }
    let id = &finding.signal.id;
    match case.candidate.together.get(id) {
        Some(together) => {
            let own = together.get(id).copied().unwrap_or(0);
            let shares = |n: &u64| own >= ACCOMPANIED_MIN && *n as f64 >= ACCOMPANIED_SHARE * own as f64;
            together.iter().any(|(other, n)| expected.contains(other) && shares(n))
        }
        None => expected.iter().any(|other| same_minutes(&case.candidate, id, other)),
    }
}

/// Whether two signals have the same number of events minute by minute, but for a few at the edge of a minute.
fn same_minutes(facts: &SideFacts, one: &str, other: &str) -> bool {
    let (Some(mine), Some(others)) = (facts.signal_minutes.get(one), facts.signal_minutes.get(other)) else {
        return false;
    };
    let others: BTreeMap<u64, u64> = others.iter().copied().collect();
    let shared: u64 = mine
        .iter()
        .map(|(m, n)| others.get(m).copied().unwrap_or(0).min(*n))
        .sum();
    let (own, of_other) = (facts.events(one), facts.events(other));
    let most = |n: u64| shared as f64 >= ACCOMPANIED_SHARE * n as f64;
    own >= ACCOMPANIED_MIN && mine.len() >= ACCOMPANIED_MINUTES && most(own) && most(of_other)
}

/// Expected changes as secondary lines of the checklist, so that a reader sees what was left out of the judgement.
pub(super) fn checklist(case: &Case, policy: &Policy) -> Vec<CriterionResult> {
    policy
        .expect
        .iter()
        .map(|expect| {
            let counts = Counts::of_signals(case, &expect.signal).per_request(case);
            let (met, what) = standing(&counts, expect.allowance);
            let numbers = [
                ("baseline_count", counts.x0 as f64),
                ("candidate_count", counts.x1 as f64),
            ];
            CriterionResult {
                id: format!("expect/{}", expect.signal),
                title: match expect.because.as_str() {
                    "" => format!("Expected change of {}", expect.signal),
                    because => format!("Expected: {because}"),
                },
                level: CriterionLevel::Secondary,
                met,
                message: format!(
                    "{what}: {} in {} {} on the candidate, {} in {} on the baseline.",
                    words::count(counts.x1),
                    words::count(counts.e1),
                    counts.unit,
                    words::count(counts.x0),
                    words::count(counts.e0),
                ),
                numbers: numbers.into_iter().map(|(name, n)| (name.to_owned(), n)).collect(),
            }
        })
        .collect()
}

fn standing(counts: &Counts, allowance: Allowance) -> (Option<bool>, String) {
    match allowance {
        Allowance::RiseTo(to) => match rise(counts.rate1(), counts.lower1(), to) {
            Excuse::Expected if counts.x1 == 0 => (None, "Not seen".to_owned()),
            Excuse::Expected => (Some(true), format!("Within the expected {}", words::percent(to))),
            Excuse::Unsure => (
                None,
                format!("Above the expected {}, perhaps by chance", words::percent(to)),
            ),
            Excuse::None => (Some(false), format!("Above the expected {}", words::percent(to))),
        },
        Allowance::Vanish if counts.x1 == 0 && counts.x0 > 0 => (Some(true), "Gone, as expected".to_owned()),
        Allowance::Vanish if counts.x1 == 0 => (None, "Not seen on either side".to_owned()),
        Allowance::Vanish => (None, "Still seen".to_owned()),
        Allowance::Appear | Allowance::Rise if counts.x1 > 0 => (Some(true), "Seen, as expected".to_owned()),
        Allowance::Appear | Allowance::Rise => (None, "Not seen".to_owned()),
    }
}

/// Every permission to rise: of `[[expect]]` and of `may-rise` criteria.
fn allowances(policy: &Policy) -> Vec<(&SignalGlob, Allowance)> {
    let expected = policy.expect.iter().map(|e| (&e.signal, e.allowance));
    let criteria = policy.criteria.iter().filter_map(|criterion| match &criterion.kind {
        CriterionKind::MayRise { signal, to } => Some((signal, Allowance::RiseTo(*to))),
        _ => None,
    });
    expected.chain(criteria).collect()
}

fn excuse(case: &Case, policy: &Policy, allowances: &[(&SignalGlob, Allowance)], finding: &Finding) -> Excuse {
    let own = allowances.iter().filter(|(glob, _)| glob.means(&finding.signal));
    let best = own.map(|(glob, allowance)| match allowance {
        Allowance::Appear | Allowance::Rise => Excuse::Expected,
        Allowance::Vanish => Excuse::None,
        Allowance::RiseTo(to) => {
            // A glob allows its signals the rise together, not each of them alone.
            let counts = Counts::of_signals(case, glob).per_request(case);
            rise(counts.rate1(), counts.lower1(), *to)
        }
    });
    let best = best.max().unwrap_or(Excuse::None);
    if best == Excuse::None && finding.signal.kind == SignalKind::StatusClass {
        return rest_of_class(case, policy, allowances, finding);
    }
    best
}

fn rise(rate: f64, lower: f64, to: f64) -> Excuse {
    match () {
        () if rate <= to => Excuse::Expected,
        () if lower <= to => Excuse::Unsure,
        () => Excuse::None,
    }
}

/// When single statuses are expected to rise, their class rises with them: judge the class by its other statuses.
fn rest_of_class(case: &Case, policy: &Policy, allowances: &[(&SignalGlob, Allowance)], finding: &Finding) -> Excuse {
    let Some(first) = finding.signal.id.chars().next().and_then(|c| c.to_digit(10)) else {
        return Excuse::None;
    };
    let range = first as u16 * 100..=first as u16 * 100 + 99;
    let allowed = |status: u16| {
        let id = status_id(status);
        allowances
            .iter()
            .filter(|(glob, _)| glob.matches(&id))
            .any(|(glob, allowance)| match allowance {
                Allowance::Appear | Allowance::Rise => true,
                Allowance::Vanish => false,
                Allowance::RiseTo(to) => {
                    let counts = Counts::of_signals(case, glob).per_request(case);
                    rise(counts.rate1(), counts.lower1(), *to) == Excuse::Expected
                }
            })
    };
    let rest = |facts: &SideFacts| -> (u64, bool) {
        let class = facts.by_status.range(range.clone());
        class.fold((0, false), |(sum, any), (status, n)| {
            if allowed(*status) {
                (sum, true)
            } else {
                (sum.saturating_add(*n), any)
            }
        })
    };
    let ((x0, any0), (x1, any1)) = (rest(&case.baseline), rest(&case.candidate));
    if !any0 && !any1 {
        return Excuse::None;
    }
    let phi = dispersion(finding);
    let (e0, e1) = (finding.baseline.exposure as f64, finding.candidate.exposure as f64);
    let p = |ratio| p_above(x1 as f64 / phi, e1, x0 as f64 / phi, e0, ratio);
    let limit = finding.rates.as_ref().map_or(0.0, |rates| rates.p_limit);
    match () {
        () if e0 > 0.0 && e1 > 0.0 && p(1.0) > policy.statistics.suspect / 2.0 => Excuse::Expected,
        () if p(policy.statistics.rho) > limit => Excuse::Unsure,
        () => Excuse::None,
    }
}
