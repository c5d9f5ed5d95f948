//! Every reason for HOLD: one case that has it, and a near miss that has not.

use super::build::*;
use crate::model::{Level, SignalKind};
use crate::verdict::{Lean, Policy, SideFacts, Verdict};

#[test]
fn a_calm_hour_proceeds() {
    let judgement = expect(&calm(), &Policy::default(), Verdict::Proceed, &["non-inferior"]);
    assert_eq!(judgement.lean, None);
    assert!(
        judgement.confidence.contains("at most 0.1 % more of the requests fail"),
        "{}",
        judgement.confidence
    );
    assert!(judgement.not_verified.is_empty(), "{:?}", judgement.not_verified);
}

#[test]
fn empty_sides() {
    let empty = SideFacts::default;
    let case = |b, c| crate::verdict::Case {
        baseline: b,
        candidate: c,
        ..calm()
    };
    let full = || side("chat-api-00041-kop");
    for (b, c, code) in [
        (empty(), empty(), "nothing-to-compare"),
        (empty(), full(), "baseline-empty"),
        (full(), empty(), "candidate-empty"),
    ] {
        let judgement = expect(&case(b, c), &Policy::default(), Verdict::Hold, &[code]);
        assert_eq!(judgement.lean, Some(Lean::CannotJudge));
    }
    let mut none = calm();
    none.findings.clear();
    expect(&none, &Policy::default(), Verdict::Hold, &["nothing-to-compare"]);
    let mut unexposed = calm();
    unexposed.findings.iter_mut().for_each(|f| f.candidate.exposure = 0);
    expect(&unexposed, &Policy::default(), Verdict::Hold, &["nothing-to-compare"]);
}

#[test]
fn one_side_without_requests() {
    let mut case = calm();
    case.candidate.requests = 0;
    case.candidate.by_status.clear();
    let judgement = expect(&case, &Policy::default(), Verdict::Hold, &["no-requests"]);
    assert_eq!(
        judgement.reasons[0].message,
        "The candidate got no requests in 1 h; at the baseline's rate it would have been 60,000."
    );
    assert!(
        judgement.next_steps.iter().any(|s| s
            == "$ gcloud run services update-traffic chat-api --to-latest --region=europe-west1 --project=acme-shop")
    );
    let mut case = calm();
    case.baseline.requests = 0;
    case.baseline.by_status.clear();
    expect(&case, &Policy::default(), Verdict::Hold, &["baseline-empty"]);
}

#[test]
fn logs_without_requests_may_proceed_and_say_so() {
    let mut case = silent(calm());
    case.findings.push(pattern("app/error", Level::Error, 5, 5).proved());
    let judgement = expect(&case, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
    assert!(
        judgement.not_verified[0].starts_with("Server errors, traffic and latency: the logs hold no request entries")
    );
    // Nothing but errors: the rest was filtered away.
    case.findings = vec![pattern("app/error", Level::Error, 700, 700).proved()];
    let judgement = expect(&case, &Policy::default(), Verdict::Hold, &["input-incomplete"]);
    assert!(
        judgement.reasons[0]
            .message
            .contains("70 % of the entries are one error")
    );
}

#[test]
fn too_short() {
    let mut case = calm();
    case.candidate.minutes = 9;
    let judgement = expect(&case, &Policy::default(), Verdict::Hold, &["too-short"]);
    assert_eq!(
        judgement.reasons[0].ends_when.as_deref(),
        Some("the candidate is observed for 1 min more")
    );
    assert_eq!(judgement.lean, Some(Lean::NoSignOfHarm));
    case.candidate.minutes = 10;
    expect(&case, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
    expect(
        &case,
        &policy("[statistics]\nmin-minutes = 30\n"),
        Verdict::Hold,
        &["too-short"],
    );
}

#[test]
fn input_incomplete() {
    let mut case = calm();
    case.concerns = vec![concern("looks-cut")];
    let judgement = expect(&case, &Policy::default(), Verdict::Hold, &["input-incomplete"]);
    assert_eq!(judgement.lean, Some(Lean::CannotJudge));
    assert!(judgement.reasons[0].message.contains("(looks-cut)"));
    case.concerns = vec![concern("looks-cut"); 40];
    let judgement = expect(&case, &Policy::default(), Verdict::Hold, &["input-incomplete"; 3]);
    assert!(judgement.reasons[2].message.ends_with("And 37 other doubts."));
    case.notes = std::mem::take(&mut case.concerns);
    expect(&case, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
}

#[test]
fn server_errors_not_excluded() {
    let case = with(calm(), status_class("5xx", Level::Error, 0, 0));
    let judgement = expect(
        &case,
        &Policy::default(),
        Verdict::Hold,
        &["server-errors-not-excluded"],
    );
    let reason = &judgement.reasons[0];
    assert!(reason.message.contains("5xx responses 0 in 60,000 requests before, 0 in 60,000 now; up to 0.6 % more per request are possible (95 %), 0.5 % is tolerated"), "{}", reason.message);
    // The bound of nothing seen falls with time: 0.6 % to 0.5 % takes a fifth more of the hour.
    assert_eq!(
        reason.ends_when.as_deref(),
        Some("about 12 min more at the present traffic")
    );
    // Fewer than before is still no proof, while the bound is wide: storms may hide more.
    let fewer = with(calm(), status_class("5xx", Level::Error, 9, 3));
    expect(
        &fewer,
        &Policy::default(),
        Verdict::Hold,
        &["server-errors-not-excluded"],
    );
}

#[test]
fn statuses_without_a_row_for_server_errors() {
    let mut case = calm();
    case.findings.remove(0);
    expect(&case, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
    // 3.0 / 500 is more than 0.5 %.
    case.candidate.by_status = [(200, 500)].into();
    let judgement = expect(
        &case,
        &Policy::default(),
        Verdict::Hold,
        &["server-errors-not-excluded"],
    );
    assert!(
        judgement.reasons[0]
            .ends_when
            .as_deref()
            .unwrap()
            .contains("12 min more")
    );
    case.candidate.by_status.clear();
    expect(
        &case,
        &Policy::default(),
        Verdict::Hold,
        &["server-errors-not-excluded"],
    );
    // Logged on neither side: told, not held against the candidate.
    case.baseline.by_status.clear();
    let judgement = expect(&case, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
    assert!(judgement.not_verified[0].starts_with("Server errors of 120,000 of 120,000 requests"));
}

#[test]
fn errors_not_excluded_is_one_reason_for_all() {
    let mut case = calm();
    for i in 0..40 {
        case = with(case, pattern(&format!("app/e{i:02}"), Level::Error, 1, 2 + i));
    }
    let judgement = expect(&case, &Policy::default(), Verdict::Hold, &["errors-not-excluded"]);
    let reason = &judgement.reasons[0];
    assert_eq!(
        (reason.numbers["signals"], reason.signal.as_ref().unwrap().id.as_str()),
        (40.0, "app/e39")
    );
    assert!(
        reason
            .message
            .starts_with("More error messages are not excluded (40 signals; the widest bound): Title of app/e39"),
        "{}",
        reason.message
    );
    // Only what rose is asked.
    expect(
        &with(calm(), pattern("app/e", Level::Error, 5, 5)),
        &Policy::default(),
        Verdict::Proceed,
        &["non-inferior"],
    );
    expect(
        &with(calm(), pattern("app/w", Level::Warning, 5, 9)),
        &Policy::default(),
        Verdict::Proceed,
        &["non-inferior"],
    );
}

#[test]
fn latency_not_excluded() {
    let mut case = calm();
    for finding in &mut case.findings[2..] {
        let l = finding.latency.as_mut().unwrap();
        (l.non_inferior, l.shift_upper_ms) = (false, Some(74.0));
    }
    let judgement = expect(&case, &Policy::default(), Verdict::Hold, &["latency-not-excluded"]);
    let reason = &judgement.reasons[0];
    assert!(
        reason
            .message
            .contains("up to 74 ms more are possible (95 %), 50 ms is tolerated. Open as well: p99."),
        "{}",
        reason.message
    );
    assert_eq!(
        reason.ends_when.as_deref(),
        Some("about 1 h 15 min more at the present traffic")
    );
    // Measured on neither side: told only.
    for finding in &mut case.findings[1..] {
        let l = finding.latency.as_mut().unwrap();
        (l.baseline_ms, l.candidate_ms, l.shift_upper_ms, l.non_inferior) = (None, None, None, false);
    }
    let judgement = expect(&case, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
    assert_eq!(judgement.not_verified, ["Latency: it was not measured on both sides."]);
    case.findings[1].latency.as_mut().unwrap().baseline_ms = Some(10.0);
    expect(&case, &Policy::default(), Verdict::Hold, &["latency-not-excluded"]);
}

#[test]
fn suspicious_increases_are_one_reason_and_the_worst_level_leads() {
    let case = with(calm(), pattern("app/warn", Level::Warning, 1, 90).suspicious());
    let case = with(case, pattern("app/error", Level::Error, 1, 9).suspicious().proved());
    let judgement = expect(&case, &Policy::default(), Verdict::Hold, &["suspicious-increase"]);
    assert!(
        judgement.reasons[0]
            .message
            .starts_with("2 signals rose suspiciously. The worst: Title of app/error (app/error) rose from 1")
    );
    assert!(
        judgement.reasons[0]
            .message
            .ends_with("Chance alone does that with p = 0.04.")
    );
    let info = with(calm(), pattern("app/info", Level::Info, 1, 90).suspicious());
    expect(&info, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
}

#[test]
fn new_critical() {
    let case = with(calm(), pattern("app/panic", Level::Critical, 0, 1).proved());
    let judgement = expect(&case, &Policy::default(), Verdict::Hold, &["new-critical"]);
    assert_eq!(judgement.lean, Some(Lean::SignsOfHarm));
    expect(
        &with(calm(), pattern("app/panic", Level::Critical, 1, 1).proved()),
        &Policy::default(),
        Verdict::Proceed,
        &["non-inferior"],
    );
    expect(
        &case,
        &policy("[[expect]]\nsignal = \"app/panic\"\nmay = \"appear\"\n"),
        Verdict::Proceed,
        &["non-inferior"],
    );
    let many = with(case, pattern("app/oom", Level::Critical, 0, 3).proved());
    let judgement = expect(&many, &Policy::default(), Verdict::Hold, &["new-critical"]);
    assert!(
        judgement.reasons[0]
            .message
            .starts_with("2 critical signals are new. The most frequent: Title of app/oom")
    );
}

#[test]
fn baseline_unstable_by_a_storm() {
    let mut case = with(calm(), status_class("5xx", Level::Error, 60, 5));
    case.baseline
        .signal_minutes
        .insert("5xx".into(), vec![(10, 25), (11, 20), (40, 15)]);
    let judgement = expect(
        &case,
        &Policy::default(),
        Verdict::Hold,
        &["baseline-unstable", "server-errors-not-excluded"],
    );
    assert!(
        judgement.reasons[0]
            .message
            .contains("45 of its 60 events of 5xx responses fell into five minutes")
    );
    let ends = |judgement: &crate::verdict::Judgement| judgement.reasons[0].ends_when.clone().unwrap_or_default();
    assert!(ends(&judgement).contains("best the same hours of earlier days"));
    case.same_hours = true;
    let codes = ["baseline-unstable", "server-errors-not-excluded"];
    let judgement = expect(&case, &Policy::default(), Verdict::Hold, &codes);
    assert!(ends(&judgement).contains("the same hours of more or of other days"));
    case.same_hours = false;
    case.baseline
        .signal_minutes
        .insert("5xx".into(), (0..60).map(|m| (m, 1)).collect());
    expect(
        &case,
        &Policy::default(),
        Verdict::Hold,
        &["server-errors-not-excluded"],
    );
}

#[test]
fn baseline_unstable_by_failing() {
    let mut case = with(calm(), status_class("5xx", Level::Error, 40_000, 40_000).proved());
    for side in [&mut case.baseline, &mut case.candidate] {
        side.by_status = [(200, 20_000), (503, 40_000)].into();
    }
    let judgement = expect(&case, &Policy::default(), Verdict::Hold, &["baseline-unstable"]);
    assert!(
        judgement.reasons[0]
            .message
            .contains("failed 66.7 % of its 60,000 requests")
    );
    case.findings.last_mut().unwrap().change = crate::compare::Change::Fewer;
    expect(&case, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
}

#[test]
fn routes_count_as_server_errors_and_stay_out_of_the_sentence() {
    let route = finding(signal(SignalKind::Route, "GET /carts/{id}", Level::Error, ""), 1, 9);
    let judgement = expect(
        &with(calm(), route.clone()),
        &Policy::default(),
        Verdict::Hold,
        &["server-errors-not-excluded"],
    );
    let reason = &judgement.reasons[0];
    assert!(!reason.message.contains("carts") && reason.signal.as_ref().unwrap().id.contains("carts"));
    assert!(
        reason
            .filter
            .as_ref()
            .unwrap()
            .contains("httpRequest.requestUrl=~\"/carts/[^/?]+([?]|$)\"")
    );
    expect(
        &with(calm(), route.rolls_back()),
        &Policy::default(),
        Verdict::RollBack,
        &["server-errors-up"],
    );
}

#[test]
fn reasons_are_listed_worst_first() {
    let case = with(calm(), pattern("app/error", Level::Error, 1, 9));
    let mut case = with(case, pattern("app/warn", Level::Warning, 1, 90).suspicious());
    case.concerns = vec![concern("looks-cut")];
    case.candidate.minutes = 3;
    let expected = [
        "input-incomplete",
        "suspicious-increase",
        "too-short",
        "errors-not-excluded",
    ];
    let judgement = expect(&case, &Policy::default(), Verdict::Hold, &expected);
    assert_eq!(judgement.lean, Some(Lean::SignsOfHarm));
    // Beside certain harm, what is merely unproved is left out.
    let case = with(case, pattern("app/boom", Level::Error, 0, 900).rolls_back());
    let judgement = expect(
        &case,
        &Policy::default(),
        Verdict::RollBack,
        &["errors-up", "input-incomplete", "suspicious-increase"],
    );
    assert!(
        judgement
            .confidence
            .ends_with("The input is doubtful, though: see the reasons.")
    );
}

/// The bound is met, and the error even fell: but only because the baseline was full of storms.
#[test]
fn what_storms_of_the_baseline_hide_is_not_excluded() {
    let hidden = |calm_excess: f64| {
        let mut error = pattern("python/timeout", Level::Error, 900, 700).proved();
        let rates = error.rates.as_mut().unwrap();
        (rates.calm_excess, rates.non_inferior) = (calm_excess, calm_excess <= 0.005);
        with(calm(), error)
    };
    let judgement = expect(
        &hidden(0.009),
        &Policy::default(),
        Verdict::Hold,
        &["errors-not-excluded"],
    );
    let reason = &judgement.reasons[0];
    assert!(
        reason
            .message
            .contains("outside of both sides' storms it is 0.9 % more per request"),
        "{}",
        reason.message
    );
    assert_eq!(reason.numbers["calm_excess"], 0.009);
    assert_eq!(judgement.lean, Some(Lean::NoSignOfHarm));
    expect(&hidden(0.004), &Policy::default(), Verdict::Proceed, &["non-inferior"]);
}

#[test]
fn a_rise_in_one_stretch_says_so() {
    let message = |outside_share: Option<f64>| {
        let mut error = pattern("python/timeout", Level::Error, 0, 700).suspicious().proved();
        let rates = error.rates.as_mut().unwrap();
        (rates.p_tolerated, rates.p_limit, rates.outside_share) = (1e-6, 0.02, outside_share);
        let judgement = expect(
            &with(calm(), error),
            &Policy::default(),
            Verdict::Hold,
            &["suspicious-increase"],
        );
        judgement.reasons[0].message.clone()
    };
    assert!(message(Some(0.1)).contains("came in one stretch"));
    assert!(!message(Some(0.9)).contains("stretch"));
    assert!(!message(None).contains("stretch"));
}
