//! Warnings that come with what the policy expects.

use std::collections::BTreeMap;

use super::build::*;
use crate::model::{Level, SignalKind};
use crate::verdict::{Case, Verdict};

const GUARD: &str = "[[expect]]\nsignal = \"app/guard\"\nmay = \"rise\"\n";
const WARNING: &str = "1912eff38068";

/// A guard that works, and a message of a level that rises with it.
fn case(level: Level) -> Case {
    let guard = pattern("app/guard", Level::Warning, 40, 600).suspicious();
    let message = finding(signal(SignalKind::Template, WARNING, level, ""), 40, 600).suspicious();
    with(with(calm(), guard), message)
}

/// Of `own` traces with the message, so many also show the guard.
fn traced(mut case: Case, own: u64, with_guard: u64) -> Case {
    let counts = [(WARNING.to_owned(), own), ("app/guard".to_owned(), with_guard)];
    let counts = counts.into_iter().filter(|(_, n)| *n > 0).collect::<BTreeMap<_, _>>();
    case.candidate.together.insert(WARNING.to_owned(), counts);
    case
}

#[test]
fn a_warning_in_the_same_requests_is_a_part_of_what_is_expected() {
    let policy = policy(GUARD);
    expect(
        &traced(case(Level::Warning), 200, 195),
        &policy,
        Verdict::Proceed,
        &["non-inferior"],
    );
    for (own, with_guard) in [(200, 150), (200, 0), (4, 4)] {
        let case = traced(case(Level::Warning), own, with_guard);
        expect(&case, &policy, Verdict::Hold, &["suspicious-increase"]);
    }
    let unexpected = traced(case(Level::Warning), 200, 200);
    expect(
        &unexpected,
        &Default::default(),
        Verdict::Hold,
        &["suspicious-increase"],
    );
}

#[test]
fn without_traces_the_same_minutes_tell() {
    let in_minutes = |shift: u64| {
        let mut case = case(Level::Warning);
        let minutes = |from: u64| (from..from + 60).map(|minute| (minute, 10)).collect();
        case.candidate.signal_minutes.insert("app/guard".to_owned(), minutes(0));
        case.candidate.signal_minutes.insert(WARNING.to_owned(), minutes(shift));
        case
    };
    let policy = policy(GUARD);
    expect(&in_minutes(0), &policy, Verdict::Proceed, &["non-inferior"]);
    expect(&in_minutes(30), &policy, Verdict::Hold, &["suspicious-increase"]);
}

#[test]
fn an_error_is_never_excused_by_its_company() {
    let case = traced(case(Level::Error), 200, 200);
    let judgement = crate::verdict::judge(&case, &policy(GUARD));
    assert_eq!(judgement.verdict, Verdict::Hold);
    assert!(codes(&judgement).contains(&"suspicious-increase"));
}
