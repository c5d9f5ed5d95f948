//! `no-new-critical` and `no-new-errors`: nothing bad may emerge that the baseline did not have.

use super::super::view::{Area, View, is_empty};
use super::super::{wait, words};
use super::{Answer, CERTAIN_BLOCKS};
use crate::compare::Finding;
use crate::model::Timestamp;

const NANOS_PER_MINUTE: i64 = 60_000_000_000;

pub(super) fn no_new_critical(view: &View<'_>, within: u64) -> Answer {
    let minutes = view.candidate.minutes;
    if is_empty(&view.case.baseline) || is_empty(&view.case.candidate) {
        return nothing();
    }
    let mut new: Vec<&Finding> = view.new_critical().filter(|f| seen_within(view, f, within)).collect();
    new.sort_by(|a, b| {
        b.candidate
            .count
            .cmp(&a.candidate.count)
            .then_with(|| a.signal.cmp(&b.signal))
    });
    let span = words::exact_duration(within.min(minutes));
    let Some(worst) = new.first() else {
        return if minutes >= within {
            Answer::met(format!("No critical signal appeared in the first {span}."))
        } else {
            Answer::open(
                format!("None so far; {span} of {} observed.", words::exact_duration(within)),
                wait::exactly(within - minutes),
            )
        };
    };
    let told = told(&new, worst, "critical signal", &format!("in the first {span}"));
    let answer = if new.iter().any(|f| is_certain(view, f)) {
        Answer::broken(told, true)
    } else {
        Answer::open(
            format!("{told} That may still be chance."),
            "its cause is known: it stands in the policy as expected, or it goes on",
        )
    };
    answer.of(Some(&worst.signal)).with(&[
        ("new_signals", new.len() as f64),
        ("worst_count", worst.candidate.count as f64),
        ("within_minutes", within as f64),
    ])
}

pub(super) fn no_new_errors(view: &View<'_>) -> Answer {
    if is_empty(&view.case.baseline) || is_empty(&view.case.candidate) {
        return nothing();
    }
    let errors = view.findings(Area::Messages).chain(view.findings(Area::ServerErrors));
    let mut new: Vec<&Finding> = errors
        .filter(|f| f.baseline.count == 0 && f.candidate.count > 0)
        .collect();
    new.sort_by(|a, b| {
        b.candidate
            .count
            .cmp(&a.candidate.count)
            .then_with(|| a.signal.cmp(&b.signal))
    });
    let Some(worst) = new.first() else {
        return Answer::met("No error signal appeared that the baseline did not have.".to_owned());
    };
    let certain: Vec<&Finding> = new.iter().copied().filter(|f| f.significant).collect();
    let open = new
        .iter()
        .filter(|f| f.rates.as_ref().is_none_or(|r| r.suspicious || !r.non_inferior))
        .count();
    let answer = match certain.first() {
        Some(worst) => {
            let sure = certain.iter().any(|f| is_certain(view, f));
            Answer::broken(told(&certain, worst, "error signal", "beyond chance"), sure).of(Some(&worst.signal))
        }
        None if open == 0 => Answer::met(format!(
            "{} No more than chance allows, and harm beyond the margin is excluded.",
            told(&new, worst, "error signal", "in small numbers")
        )),
        None => Answer::open(
            format!(
                "{} That may still be chance.",
                told(&new, worst, "error signal", "in small numbers")
            ),
            "more traffic shows whether it goes on",
        )
        .of(Some(&worst.signal)),
    };
    answer.with(&[
        ("new_signals", new.len() as f64),
        ("worst_count", worst.candidate.count as f64),
    ])
}

fn nothing() -> Answer {
    Answer::open(
        "One side is empty: what is new cannot be told.".to_owned(),
        "both sides hold entries",
    )
}

fn told(new: &[&Finding], worst: &Finding, noun: &str, how: &str) -> String {
    format!(
        "{} appeared {how}: {} ({}).",
        words::plural(new.len() as u64, noun),
        words::name(&worst.signal),
        words::plural(worst.candidate.count, "time")
    )
}

/// Significant with dispersion counted, and more than one burst.
fn is_certain(view: &View<'_>, finding: &Finding) -> bool {
    let Some(rates) = &finding.rates else { return false };
    let mut blocks: Vec<u64> = view
        .case
        .candidate
        .minutes_of(&finding.signal.id)
        .into_iter()
        .map(|minute| minute / 5)
        .collect();
    blocks.dedup();
    rates.rolls_back || (finding.significant && blocks.len().max(rates.active_blocks as usize) >= CERTAIN_BLOCKS)
}

/// Whether the candidate showed it in its first minutes; when its times are not known, it counts.
fn seen_within(view: &View<'_>, finding: &Finding, within: u64) -> bool {
    let facts = &view.case.candidate;
    if let Some(minute) = facts.minutes_of(&finding.signal.id).first() {
        return *minute < within;
    }
    let since = |seen: Timestamp, first: Timestamp| seen.0.saturating_sub(first.0) / NANOS_PER_MINUTE;
    match (finding.first_seen, facts.first) {
        (Some(seen), Some(first)) => since(seen, first) < i64::try_from(within).unwrap_or(i64::MAX),
        _ => true,
    }
}
