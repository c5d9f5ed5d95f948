//! Each kind of criterion: met, broken, and not to be told.

use super::build::*;
use crate::model::Level;
use crate::verdict::{Case, CriterionResult, judge};

fn check(case: &Case, kind: &str) -> CriterionResult {
    let text = format!("[[criterion]]\nid = \"c\"\n{kind}\n");
    let mut criteria = judge(case, &policy(&text)).criteria;
    assert_eq!(criteria.len(), 1);
    criteria.remove(0)
}

#[track_caller]
fn says(case: &Case, kind: &str, met: Option<bool>, part: &str) {
    let result = check(case, kind);
    assert_eq!(result.met, met, "{}", result.message);
    assert!(result.message.contains(part), "{}", result.message);
}

const VANISH: &str = "kind = \"must-vanish\"\nsignal = \"ws/race\"";

fn race(x0: u64, x1: u64) -> Case {
    with(calm(), pattern("ws/race", Level::Error, x0, x1))
}

#[test]
fn must_vanish_counts_what_was_expected_and_from_how_much() {
    says(
        &race(5, 0),
        VANISH,
        Some(true),
        "0 seen in 60,000 requests, 5 expected at the baseline rate. At most 82.1 %",
    );
    // With equal exposure, three events of the baseline fall on its side by chance once in eight times.
    says(
        &race(3, 0),
        VANISH,
        None,
        "3 expected at the baseline rate: too few to tell",
    );
    says(
        &race(300, 0),
        VANISH,
        Some(true),
        "At most 1 % of the baseline rate remain",
    );
    says(
        &race(4, 0),
        VANISH,
        None,
        "0 seen in 60,000 requests, 4 expected at the baseline rate: too few to tell",
    );
    let judgement = judge(&race(4, 0), &policy(&format!("[[criterion]]\nid = \"c\"\n{VANISH}\n")));
    let reason = reason(&judgement, "criterion-not-shown");
    assert_eq!(
        reason.ends_when.as_deref(),
        Some("none is seen for about 7 min more at the present traffic")
    );
    assert!((6.0..8.0).contains(&reason.numbers["wait_minutes"]));
    says(&race(0, 0), VANISH, None, "Seen on neither side");
    says(&calm(), VANISH, None, "Seen on neither side");
    says(
        &race(10, 9),
        VANISH,
        Some(false),
        "9 seen in 60,000 requests, 10 expected at the baseline rate: still there",
    );
    says(&race(300, 2), VANISH, None, "clearly fewer, but not gone");
}

#[test]
fn must_vanish_counts_bunches_as_one() {
    let bunched = with(calm(), pattern("ws/race", Level::Error, 20, 0).dispersed(10.0));
    says(
        &bunched,
        VANISH,
        None,
        "(they come in bunches of about 10): too few to tell",
    );
    let many = with(calm(), pattern("ws/race", Level::Error, 50, 0).dispersed(10.0));
    says(&many, VANISH, Some(true), "At most 82.1 % of the baseline rate remain");
}

#[test]
fn must_vanish_with_a_limit_and_a_time() {
    let limit = format!("{VANISH}\nmax-share = 0.0002");
    says(&calm(), &limit, Some(true), "At most 0.005 % remain");
    says(&race(300, 2), &limit, Some(true), "0.02 % is tolerated");
    says(&race(300, 20), &limit, Some(false), "at least");
    says(&race(300, 9), &limit, None, "between");
    let day = format!("{VANISH}\nfor-minutes = 1440");
    says(
        &race(300, 0),
        &day,
        None,
        "So far: 1 h of the 1 d that the policy asks for",
    );
}

#[test]
fn must_vanish_is_certain_only_beyond_one_burst() {
    let text = format!("[[criterion]]\nid = \"c\"\nlevel = \"critical\"\n{VANISH}\n");
    let mut case = with(calm(), pattern("ws/race", Level::Error, 10, 9).proved());
    assert_eq!(codes(&judge(&case, &policy(&text))), ["criterion-not-met"]);
    at(&mut case.candidate, "ws/race", [3, 30]);
    assert_eq!(codes(&judge(&case, &policy(&text))), ["critical-criterion-broken"]);
}

#[test]
fn must_appear() {
    let kind = "kind = \"must-appear\"\nsignal = \"ws/handled\"";
    says(
        &with(calm(), pattern("ws/handled", Level::Warning, 0, 3)),
        kind,
        Some(true),
        "Seen 3 times",
    );
    says(&calm(), kind, None, "Not seen yet in 1 h");
    says(
        &calm(),
        &format!("{kind}\nfor-minutes = 60"),
        Some(false),
        "Not seen in 1 h",
    );
    says(&calm(), &format!("{kind}\nfor-minutes = 61"), None, "Not seen yet");
}

#[test]
fn may_rise() {
    let kind = |to: f64| format!("kind = \"may-rise\"\nsignal = \"http/status-402\"\nto = {to}");
    let mut case = calm();
    case.candidate.by_status.insert(402, 600);
    says(
        &case,
        &kind(0.02),
        Some(true),
        "600 in 60,000 requests (1 %), up to 2 % is allowed",
    );
    says(&case, &kind(0.005), Some(false), "at least 0.93 %");
    says(&case, &kind(0.01), None, "between");
    case.baseline.by_status.insert(402, 600);
    says(&case, &kind(0.01), Some(true), "it did not rise");
}

#[test]
fn success_rate_of_requests() {
    let kind = "kind = \"success-rate\"\nof = \"requests\"\nat-least = 0.95\naim = 0.99";
    let statuses = |good, bad| {
        let mut case = calm();
        case.candidate.by_status = [(200, good), (500, bad), (101, 9999)].into();
        case
    };
    says(
        &statuses(980, 20),
        kind,
        Some(true),
        "980 of 1,000 requests succeeded (98 %)",
    );
    says(&statuses(980, 20), kind, Some(true), "The aim of 99 % is not reached.");
    says(&statuses(1000, 0), kind, Some(true), "The aim of 99 % is reached.");
    says(&statuses(900, 100), kind, Some(false), "at most");
    says(&statuses(955, 45), kind, None, "between");
    says(&statuses(20, 0), kind, None, "20 of 20 requests succeeded");
    says(&statuses(0, 0), kind, None, "hold no request with an outcome");
    let ignoring = format!("{kind}\nignore-statuses = [500]");
    says(&statuses(900, 100), &ignoring, Some(true), "900 of 900 requests");
    // Bursts widen the bounds: 20 failures of one burst prove little.
    let bursty = with(
        statuses(980, 20),
        status_class("5xx", Level::Error, 0, 20).dispersed(20.0),
    );
    says(&bursty, kind, None, "between");
}

#[test]
fn success_rate_of_websockets_counts_failure_signals() {
    let kind = "kind = \"success-rate\"\nof = \"websocket\"\nat-least = 0.95\nfailure-signals = [\"ws/race\"]";
    let mut case = race(0, 0);
    (case.candidate.websocket_attempts, case.candidate.websockets_accepted) = (1000, 995);
    says(&case, kind, Some(true), "995 of 1,000 WebSocket attempts succeeded");
    let mut racing = race(0, 200);
    (
        racing.candidate.websocket_attempts,
        racing.candidate.websockets_accepted,
    ) = (1000, 995);
    says(&racing, kind, Some(false), "795 of 1,000 WebSocket attempts");
    says(&calm(), kind, None, "hold no WebSocket attempt");
}

#[test]
fn added_latency() {
    let kind = |ms: f64| format!("kind = \"added-latency\"\nquantile = \"p95\"\nat-most-ms = {ms}");
    says(
        &calm(),
        &kind(50.0),
        Some(true),
        "p95 went from 100 ms to 102 ms (2 ms more); at most 50 ms more is asked for. With 95 % confidence it is 12 ms at most.",
    );
    says(&calm(), &kind(5.0), None, "it is at most 12 ms");
    let mut case = calm();
    case.findings[2].latency.as_mut().unwrap().shift_ms.low = Some(60.0);
    case.findings[2].latency.as_mut().unwrap().shift_upper_ms = Some(90.0);
    says(&case, &kind(50.0), Some(false), "It is 60 ms at least");
    case.findings.remove(2);
    says(&case, &kind(50.0), None, "hold no latency");
    let mut broken = calm();
    broken.findings[2].latency.as_mut().unwrap().shift_upper_ms = Some(f64::NAN);
    says(&broken, &kind(50.0), None, "unknown");
}

#[test]
fn no_new_critical() {
    let kind = "kind = \"no-new-critical\"\nwithin-minutes = 60";
    says(
        &calm(),
        kind,
        Some(true),
        "No critical signal appeared in the first 1 h.",
    );
    let mut short = calm();
    short.candidate.minutes = 20;
    says(&short, kind, None, "None so far; 20 min of 1 h observed");
    let panic = with(calm(), pattern("app/panic", Level::Critical, 0, 4).proved());
    says(
        &panic,
        kind,
        None,
        "1 critical signal appeared in the first 1 h: Title of app/panic (app/panic) (4 times). That may still be chance.",
    );
    let mut sure = panic.clone();
    sure.findings.last_mut().unwrap().significant = true;
    at(&mut sure.candidate, "app/panic", [1, 2]);
    says(&sure, kind, None, "may still be chance");
    at(&mut sure.candidate, "app/panic", [1, 20]);
    says(&sure, kind, Some(false), "1 critical signal appeared");
    // After the first hour it is not this criterion's business.
    at(&mut sure.candidate, "app/panic", [61, 80]);
    sure.candidate.minutes = 120;
    says(&sure, kind, Some(true), "No critical signal");
}

#[test]
fn no_new_errors() {
    let kind = "kind = \"no-new-errors\"";
    says(&calm(), kind, Some(true), "No error signal appeared");
    says(
        &with(calm(), pattern("app/e", Level::Error, 0, 2)),
        kind,
        None,
        "1 error signal appeared in small numbers",
    );
    says(
        &with(calm(), pattern("app/e", Level::Error, 0, 2).proved()),
        kind,
        Some(true),
        "harm beyond the margin is excluded",
    );
    says(
        &with(calm(), pattern("app/e", Level::Error, 0, 99).rolls_back()),
        kind,
        Some(false),
        "beyond chance",
    );
    says(
        &with(calm(), pattern("app/w", Level::Warning, 0, 99)),
        kind,
        Some(true),
        "No error signal",
    );
    says(
        &with(calm(), pattern("app/e", Level::Error, 1, 99)),
        kind,
        Some(true),
        "No error signal",
    );
}

#[test]
fn never_worse_than_baseline() {
    let kind = |of: &str| format!("kind = \"never-worse-than-baseline\"\nof = \"{of}\"");
    let statuses = |x0, x1| {
        let mut case = calm();
        case.baseline.by_status = [(200, 60_000 - x0), (500, x0)].into();
        case.candidate.by_status = [(200, 60_000 - x1), (500, x1)].into();
        case
    };
    for of in ["server-errors", "requests"] {
        says(
            &statuses(100, 100),
            &kind(of),
            Some(true),
            "not worse beyond the margin",
        );
        says(&statuses(100, 200), &kind(of), Some(false), "worse, p = below 0.0001");
    }
    says(&race(100, 100), &kind("ws/race"), Some(true), "100 in 60,000 requests");
    says(&race(100, 150), &kind("ws/race"), Some(false), "worse");
    let mut few = calm();
    (few.baseline.websocket_attempts, few.baseline.websockets_accepted) = (100, 99);
    says(&few, &kind("websocket"), None, "hold no WebSocket attempt");
    (few.candidate.websocket_attempts, few.candidate.websockets_accepted) = (100, 99);
    says(&few, &kind("websocket"), None, "cannot be excluded");
    few.baseline.websocket_attempts = 0;
    few.baseline.websockets_accepted = 0;
    says(&few, &kind("websocket"), None, "no attempts to compare with");
    let mut blind = calm();
    blind.baseline.by_status.clear();
    says(
        &blind,
        &kind("server-errors"),
        None,
        "no status of requests on both sides",
    );
}

#[test]
fn must_start() {
    let kind = "kind = \"must-start\"";
    says(&calm(), kind, Some(true), "It answered 60,000 requests.");
    let mut quiet = calm();
    quiet.candidate.requests = 0;
    quiet.candidate.by_status.clear();
    says(&quiet, kind, None, "Neither a start nor a request");
    let probe = || platform("startup-probe-succeeded", "lifecycle", Level::Marker, 1, 1);
    says(
        &with(quiet.clone(), probe()),
        kind,
        Some(true),
        "1 successful start reported",
    );
    let failing = |n| {
        with(
            with(quiet.clone(), probe()),
            platform("startup-tcp-probe-failed", "start-failure", Level::Error, 0, n),
        )
    };
    says(
        &failing(1),
        kind,
        None,
        "1 failed start and 0 crashes; not one request answered yet",
    );
    says(&failing(3), kind, Some(false), "3 failed starts");
    let both = with(
        calm(),
        platform("startup-tcp-probe-failed", "start-failure", Level::Error, 0, 2),
    );
    says(&both, kind, None, "It answered 60,000 requests, but 2 failed starts");
}
