//! The two policies that the tool was made for, on made-up cases.

use super::build::*;
use crate::compare::Change;
use crate::model::Level;
use crate::verdict::{Case, Judgement, Lean, Policy, Verdict, judge};

const RACE: &str = "starlette/accept-first";

fn websocket() -> Policy {
    Policy::parse(include_str!("../../../docs/policies/websocket-race.toml")).unwrap()
}

fn import() -> Policy {
    Policy::parse(include_str!("../../../docs/policies/import-error.toml")).unwrap()
}

fn met(judgement: &Judgement, id: &str) -> Option<bool> {
    judgement
        .criteria
        .iter()
        .find(|c| c.id == id)
        .unwrap_or_else(|| panic!("no {id}"))
        .met
}

/// A day after the fix: races gone, warnings there, connections up.
fn fixed() -> Case {
    let mut case = with(calm(), pattern(RACE, Level::Error, 400, 0).proved());
    case = with(
        case,
        pattern("starlette/state-change-before-receive", Level::Warning, 0, 350).suspicious(),
    );
    (case.baseline.websocket_attempts, case.baseline.websockets_accepted) = (5000, 4800);
    (case.candidate.websocket_attempts, case.candidate.websockets_accepted) = (5000, 4990);
    case.candidate.minutes = 1440;
    case
}

#[test]
fn the_race_is_fixed() {
    let judgement = expect(&fixed(), &websocket(), Verdict::Proceed, &["non-inferior"]);
    assert!(
        judgement.criteria.iter().all(|c| c.met == Some(true)),
        "{:#?}",
        judgement.criteria
    );
    assert_eq!(judgement.criteria.len(), 8, "seven criteria and one expected change");
}

#[test]
fn after_an_hour_the_race_is_not_yet_shown_to_be_gone() {
    let mut case = fixed();
    case.candidate.minutes = 60;
    let judgement = expect(&case, &websocket(), Verdict::Hold, &["criterion-not-shown"]);
    assert_eq!(
        (judgement.lean, met(&judgement, "race-gone")),
        (Some(Lean::NoSignOfHarm), None)
    );
    assert_eq!(
        judgement.reasons[0].ends_when.as_deref(),
        Some("23 h more are observed")
    );
}

#[test]
fn the_race_is_still_there_and_connections_fail() {
    let mut case = with(fixed(), pattern(RACE, Level::Error, 400, 900));
    at(&mut case.candidate, RACE, (0..60).map(|m| m * 20));
    let judgement = judge(&case, &websocket());
    assert_eq!(judgement.verdict, Verdict::RollBack);
    assert_eq!(met(&judgement, "race-gone"), Some(false));
    assert_eq!(met(&judgement, "connections-succeed"), Some(false));
    assert_eq!(met(&judgement, "connectivity-not-worse"), Some(false));
    assert_eq!(codes(&judgement)[0], "critical-criterion-broken");
    // As bad as before, but no worse: the fix does not work, and a rollback would not help.
    let mut same = with(fixed(), pattern(RACE, Level::Error, 400, 400).proved());
    at(&mut same.candidate, RACE, (0..60).map(|m| m * 20));
    same.candidate.websockets_accepted = 4800;
    let judgement = judge(&same, &websocket());
    assert_eq!(
        (judgement.verdict, judgement.lean),
        (Verdict::Hold, Some(Lean::SignsOfHarm))
    );
    assert!(codes(&judgement).contains(&"criterion-not-met"));
}

/// The baseline crashes on an import for some minutes; the candidate serves, with its health check failing as ever.
fn repaired() -> Case {
    let mut case = calm();
    case.baseline.requests = 0;
    case.baseline.by_status.clear();
    case.baseline.request_minutes.clear();
    (case.baseline.minutes, case.baseline.entries) = (4, 1000);
    (case.candidate.requests, case.candidate.entries) = (4000, 6000);
    case.candidate.by_status = [(200, 3700), (503, 300)].into();
    let exits = platform("exit-failure", "crash", Level::Warning, 30, 0);
    let module = pattern("python/module-not-found", Level::Critical, 30, 0);
    let handled = pattern("starlette/close-race-handled", Level::Warning, 0, 5).suspicious();
    let send = pattern("starlette/send-after-close", Level::Error, 0, 0);
    case.findings = [exits, module, handled, send]
        .map(|f| f.against_minutes(&case).proved())
        .into();
    let five = status_class("5xx", Level::Error, 0, 300);
    case = with(case, five);
    let five = case.findings.last_mut().unwrap();
    (five.baseline.exposure, five.candidate.exposure, five.change) = (0, 4000, Change::New);
    at(&mut case.baseline, "cloud-run/exit-failure", [0, 1, 2, 3]);
    at(&mut case.baseline, "python/module-not-found", [0, 1, 2, 3]);
    case
}

#[test]
fn the_import_is_repaired() {
    let judgement = expect(&repaired(), &import(), Verdict::Proceed, &["non-inferior"]);
    for id in [
        "starts",
        "modules-found",
        "requests-succeed",
        "nothing-critical",
        "close-race-handled",
    ] {
        assert_eq!(met(&judgement, id), Some(true), "{id}");
    }
    assert_eq!(
        met(&judgement, "no-send-after-close"),
        None,
        "secondary, and not verified"
    );
    assert!(judgement.not_verified.iter().any(|d| d.contains("no-send-after-close")));
    assert!(
        judgement.reasons[0]
            .message
            .starts_with("The baseline could not serve (30 crashes and no request answered in 4 min)")
    );
}

#[test]
fn without_the_policy_nothing_measures_the_repair() {
    let judgement = judge(&repaired(), &Policy::default());
    assert_eq!(judgement.verdict, Verdict::Hold);
    assert!(
        codes(&judgement).contains(&"baseline-unstable"),
        "{:?}",
        codes(&judgement)
    );
}

#[test]
fn the_repair_does_not_start_either() {
    let mut case = repaired();
    case.candidate.by_status.clear();
    case.candidate.requests = 0;
    case = with(
        case.clone(),
        platform("exit-failure", "crash", Level::Warning, 30, 60)
            .against_minutes(&case)
            .proved(),
    );
    at(&mut case.candidate, "cloud-run/exit-failure", 0..60);
    let judgement = judge(&case, &import());
    assert_eq!(
        judgement.verdict,
        Verdict::Hold,
        "going back would bring back the other crash loop"
    );
    assert_eq!(met(&judgement, "starts"), Some(false));
    assert!(
        reason(&judgement, "criterion-not-met")
            .message
            .contains("would not help")
    );
}

#[test]
fn requests_of_the_repair_fail() {
    let mut case = repaired();
    case.candidate.by_status = [(200, 2000), (500, 1700), (503, 300)].into();
    let judgement = judge(&case, &import());
    assert_eq!(
        (judgement.verdict, met(&judgement, "requests-succeed")),
        (Verdict::Hold, Some(false))
    );
}
