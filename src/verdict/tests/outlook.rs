//! What is missing, what is excluded, what may remain; lean; stability of the baseline.

use super::build::*;
use crate::compare::{Change, Pairing};
use crate::model::{Level, SignalKind};
use crate::verdict::{Case, Excluded, Lean, Outlook, Policy, Verdict};

fn outlook(case: &Case) -> Outlook {
    default_verdict(case).outlook
}

fn excluded<'a>(outlook: &'a Outlook, what: &str) -> &'a Excluded {
    outlook.smallest_harm_excluded.iter().find(|e| e.what == what).unwrap()
}

/// 5xx that is open by its bound, events of the baseline spread as given.
fn open_5xx(x0: u64, x1: u64, minutes: impl IntoIterator<Item = (u64, u64)>) -> Case {
    let mut case = with(calm(), status_class("5xx", Level::Error, x0, x1));
    case.pairing = Pairing::BeforeAfter;
    case.baseline
        .signal_minutes
        .insert("5xx".into(), minutes.into_iter().collect());
    case
}

#[test]
fn the_longest_wait_leads_to_proceed() {
    let mut case = with(calm(), status_class("5xx", Level::Error, 0, 0));
    let until = outlook(&case).until_proceed.unwrap();
    // 0.6 % falls to 0.5 % in a fifth more of the hour, at 1,000 requests a minute.
    assert_eq!(
        (until.minutes, until.exposure, until.unit.as_str()),
        (Some(12), Some(12_000), "requests")
    );
    assert_eq!(until.reason.as_deref(), Some("server-errors-not-excluded"));
    assert_eq!(
        until.message,
        "PROCEED: in about 12 min and 12,000 requests more at the earliest, if things go on as they are \
         (server-errors-not-excluded takes longest)"
    );
    let l = case.findings.iter_mut().find_map(|f| f.latency.as_mut()).unwrap();
    (l.non_inferior, l.shift_upper_ms) = (false, Some(74.0));
    let until = outlook(&case).until_proceed.unwrap();
    assert_eq!(
        (until.minutes, until.reason.as_deref()),
        (Some(75), Some("latency-not-excluded"))
    );
}

#[test]
fn what_waiting_does_not_end_says_so() {
    let above = with(calm(), status_class("5xx", Level::Error, 0, 600));
    let until = outlook(&above).until_proceed.unwrap();
    assert_eq!((until.minutes, until.exposure), (None, None));
    assert!(
        until
            .why
            .unwrap()
            .contains("the excess itself, 1 % of the exposure, is above the margin of 0.5 %")
    );
    let mut cut = calm();
    cut.concerns = vec![concern("looks-cut")];
    let until = outlook(&cut).until_proceed.unwrap();
    assert_eq!(
        until.why.as_deref(),
        Some("the input is read again, complete (input-incomplete)")
    );
    let mut pinned = calm();
    pinned.candidate.requests = 0;
    pinned.candidate.by_status.clear();
    let until = outlook(&pinned).until_proceed.unwrap();
    assert!(until.minutes.is_none() && until.why.unwrap().contains("pinned to another revision"));
    // What the baseline leaves open stays open, when only the candidate goes on.
    let mut short = open_5xx(50, 40, []);
    short.findings.last_mut().unwrap().rates.as_mut().unwrap().excess_upper = 0.02;
    let until = outlook(&short).until_proceed.unwrap();
    assert!(until.why.unwrap().contains("only a longer baseline ends it"));
    short.pairing = Pairing::Concurrent;
    assert!(outlook(&short).until_proceed.unwrap().minutes.is_some());
}

#[test]
fn a_rise_reaches_roll_back_when_it_goes_on() {
    assert_eq!(
        outlook(&with(calm(), status_class("5xx", Level::Error, 0, 0))).until_roll_back,
        None
    );
    let mut case = with(calm(), status_class("5xx", Level::Error, 20, 40).suspicious());
    let rates = case.findings.last_mut().unwrap().rates.as_mut().unwrap();
    (rates.p_tolerated, rates.active_blocks) = (0.06, 8);
    let judgement = default_verdict(&case);
    assert_eq!(
        (judgement.verdict, judgement.lean),
        (Verdict::Hold, Some(Lean::SignsOfHarm))
    );
    let until = judgement.outlook.until_roll_back.unwrap();
    assert_eq!(until.signal.as_ref().unwrap().id, "5xx");
    let minutes = until.minutes.unwrap();
    assert!((20..180).contains(&minutes), "{minutes}");
    assert_eq!(until.exposure, Some(minutes * 1000));
    // Persistence takes its time, too: two of four blocks in an hour.
    case.findings.last_mut().unwrap().rates.as_mut().unwrap().active_blocks = 1;
    assert_eq!(outlook(&case).until_roll_back.unwrap().minutes, Some(180));
    // A ratio within what is tolerated never gets there.
    let mut mild = with(calm(), status_class("5xx", Level::Error, 1000, 1100).suspicious());
    mild.findings.last_mut().unwrap().rates.as_mut().unwrap().active_blocks = 8;
    let until = outlook(&mild).until_roll_back.unwrap();
    assert!(until.minutes.is_none() && until.why.unwrap().contains("is within the tolerated 1.25"));
}

#[test]
fn no_outlook_but_what_is_shown_beside_a_certain_verdict() {
    let bad = with(calm(), status_class("5xx", Level::Error, 12, 900).rolls_back());
    for case in [bad, calm()] {
        let outlook = outlook(&case);
        assert!(outlook.until_proceed.is_none() && outlook.until_roll_back.is_none());
        assert!(!outlook.smallest_harm_excluded.is_empty());
    }
}

#[test]
fn the_smallest_harm_excluded_stands_next_to_what_is_asked() {
    let case = with(calm(), pattern("app/e", Level::Error, 3, 9));
    let outlook = outlook(&case);
    let server = excluded(&outlook, "server-errors");
    assert_eq!(
        (server.bound, server.margin, server.met),
        (Some(0.001), Some(0.005), true)
    );
    assert_eq!(
        server.message,
        "server errors up by more than 0.1 % of the requests (0.5 % asked)"
    );
    let messages = excluded(&outlook, "messages");
    assert_eq!(
        (messages.signal.as_ref().unwrap().id.as_str(), messages.met),
        ("app/e", false)
    );
    assert!((messages.bound.unwrap() - 0.0061).abs() < 1e-9);
    let latency: Vec<_> = outlook
        .smallest_harm_excluded
        .iter()
        .filter(|e| e.what == "latency")
        .collect();
    assert_eq!(latency.len(), 3);
    assert_eq!(
        (latency[0].quantile, latency[0].bound, latency[0].unit.as_str()),
        (Some(0.5), Some(12.0), "ms")
    );
    // Without a row for 5xx the rule of three tells.
    let mut bare = calm();
    bare.findings.remove(0);
    let outlook = default_verdict(&bare).outlook;
    assert!((excluded(&outlook, "server-errors").bound.unwrap() - 2.9957 / 60_000.0).abs() < 1e-7);
}

#[test]
fn what_vanished_has_a_bound_behind_it() {
    let case = with(calm(), pattern("ws/race", Level::Error, 300, 0).proved());
    let outlook = outlook(&with(case, pattern("app/rare", Level::Error, 1, 0).proved()));
    let [rare, race] = &outlook.vanished[..] else { panic!() };
    assert_eq!(race.expected, 300.0);
    // Clopper-Pearson of none in 300: 1 - 0.05^(1/300), as odds.
    assert!((race.ratio_upper.unwrap() - 0.010_036).abs() < 1e-5);
    assert!((race.rate_upper.unwrap() - 2.9957 / 60_000.0).abs() < 1e-7);
    assert_eq!(
        race.message,
        "0 seen, 300 expected at the baseline rate; at most 1 % of the old rate remains (95 %)"
    );
    assert_eq!(
        rare.message,
        "0 seen, 1 expected at the baseline rate: too few to tell that it is gone"
    );
    let mut blind = with(
        calm(),
        pattern("ws/race", Level::Error, 300, 0).proved().dispersed(10.0),
    );
    blind.findings.last_mut().unwrap().candidate.exposure = 0;
    let outlook = default_verdict(&blind).outlook;
    assert_eq!(
        (outlook.vanished[0].rate_upper, outlook.vanished[0].ratio_upper),
        (None, None)
    );
}

#[test]
fn the_load_range_is_robust_to_one_spike() {
    let mut case = calm();
    case.candidate.request_minutes = vec![210; 60];
    case.candidate.request_minutes[30] = 5000;
    let load = outlook(&case).load_range.unwrap();
    assert_eq!(
        (load.baseline_p95, load.candidate_p95, load.candidate_max),
        (1000, 210, 5000)
    );
    assert!((load.share - 0.21).abs() < 1e-12 && !load.peak_seen);
    assert!(default_verdict(&case).not_verified[0].starts_with("Peak traffic"));
    case.candidate.request_minutes = vec![800; 60];
    assert!(outlook(&case).load_range.unwrap().peak_seen);
    assert_eq!(outlook(&silent(calm())).load_range, None);
}

#[test]
fn a_bursty_baseline_is_a_reason_only_where_bursts_are_the_cause() {
    // Fourteen at a time, every seven minutes: no five minutes hold half of them.
    let bursts = || (0..8).map(|i| (i * 7, 14));
    let case = || {
        let mut case = open_5xx(112, 112, bursts());
        let finding = case.findings.pop().unwrap().dispersed(12.0);
        case.findings.push(finding);
        case
    };
    let expected = ["baseline-bursty", "server-errors-not-excluded"];
    let judgement = expect(&case(), &Policy::default(), Verdict::Hold, &expected);
    assert_eq!(judgement.lean, Some(Lean::NoSignOfHarm), "bursts hide no harm");
    let numbers = &judgement.reasons[0].numbers;
    assert_eq!((numbers["dispersion"], numbers["exposure_factor"]), (12.0, 12.0));
    assert!(numbers["baseline_dispersion"] > 6.0 && numbers["excess_upper_without_bursts"] < 0.005);
    assert!(
        judgement.reasons[0]
            .message
            .contains("proof takes 12 times the exposure")
    );
    // The candidate's bursts are not the baseline's.
    let mut calm_baseline = case();
    let even = (0..60).map(|m| (m, 2)).collect();
    calm_baseline.baseline.signal_minutes.insert("5xx".into(), even);
    expect(&calm_baseline, &Policy::default(), Verdict::Hold, &expected[1..]);
    // Proved all the same: nothing to explain.
    let mut proved = case();
    let finding = proved.findings.pop().unwrap().proved();
    proved.findings.push(finding);
    expect(&proved, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
}

#[test]
fn a_drifting_baseline_says_from_what_to_what() {
    let rising = || (0..60).map(|m| (m, 1 + m / 10));
    let case = open_5xx(210, 200, rising());
    let judgement = expect(
        &case,
        &Policy::default(),
        Verdict::Hold,
        &["baseline-drifting", "server-errors-not-excluded"],
    );
    let reason = &judgement.reasons[0];
    assert!(
        reason.message.starts_with(
            "The baseline itself drifts: 5xx responses rose from 0.15 % to 0.55 % of the requests between the first and the \
             last third"
        ),
        "{}",
        reason.message
    );
    assert_eq!(judgement.lean, Some(Lean::NoSignOfHarm));
    // It does not stand in the way: told, and no HOLD.
    let mut proved = case.clone();
    let finding = proved.findings.pop().unwrap().proved();
    proved.findings.push(finding);
    let judgement = expect(&proved, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
    assert!(
        judgement
            .not_verified
            .iter()
            .any(|d| d.starts_with("The baseline itself drifts"))
    );
    // Both at once drift alike; an even rate does not drift.
    proved.pairing = Pairing::Concurrent;
    assert!(default_verdict(&proved).not_verified.is_empty());
    let even = open_5xx(210, 200, (0..60).map(|m| (m, 3 + m % 2)));
    expect(
        &even,
        &Policy::default(),
        Verdict::Hold,
        &["server-errors-not-excluded"],
    );
}

#[test]
fn a_good_first_hour_leans_to_no_sign_of_harm_and_too_little_to_cannot_judge() {
    let hour = with(calm(), status_class("5xx", Level::Error, 0, 0));
    assert_eq!(default_verdict(&hour).lean, Some(Lean::NoSignOfHarm));
    let mut storm = open_5xx(60, 5, [(10, 45), (40, 15)]);
    assert_eq!(codes(&default_verdict(&storm))[0], "baseline-unstable");
    assert_eq!(default_verdict(&storm).lean, Some(Lean::NoSignOfHarm));
    storm.candidate.requests = 19;
    assert_eq!(
        default_verdict(&storm).lean,
        Some(Lean::CannotJudge),
        "too little was compared"
    );
    let mut failing = with(calm(), status_class("5xx", Level::Error, 40_000, 40_000));
    failing.baseline.by_status = [(200, 20_000), (503, 40_000)].into();
    assert_eq!(default_verdict(&failing).lean, Some(Lean::CannotJudge));
}

#[test]
fn a_crash_loop_is_judged_without_error_shares() {
    // Every request that is answered succeeds: only the platform tells.
    let mut case = with(
        calm(),
        platform("exit-failure", "crash", Level::Warning, 0, 30).proved(),
    );
    case.candidate.requests = 500;
    case.candidate.by_status = [(200, 500)].into();
    at(&mut case.candidate, "cloud-run/exit-failure", (0..30).map(|m| m * 2));
    expect(&case, &Policy::default(), Verdict::RollBack, &["crash-loop"]);
    // As many errors on the baseline, in requests, do not excuse it.
    case.baseline.by_status = [(200, 30_000), (500, 30_000)].into();
    assert_eq!(codes(&default_verdict(&case))[0], "crash-loop");
    let mut silent_start = with(
        calm(),
        platform("startup-tcp-probe-failed", "start-failure", Level::Critical, 0, 3).proved(),
    );
    silent_start.candidate.requests = 0;
    silent_start.candidate.by_status.clear();
    assert_eq!(codes(&default_verdict(&silent_start))[0], "start-failure");
}

#[test]
fn routes_and_templates_stay_out_of_the_sentences() {
    let mut route = finding(signal(SignalKind::Route, "GET /<b>evil</b>", Level::Error, ""), 3, 9);
    route.change = Change::More;
    let gone = finding(signal(SignalKind::Template, "<b>evil</b>", Level::Error, ""), 30, 0);
    let outlook = outlook(&with(with(calm(), route), gone));
    let mut said: Vec<&String> = outlook.smallest_harm_excluded.iter().map(|e| &e.message).collect();
    said.extend(outlook.vanished.iter().map(|r| &r.message));
    said.extend(
        outlook
            .until_proceed
            .iter()
            .chain(&outlook.until_roll_back)
            .map(|u| &u.message),
    );
    assert!(said.len() > 4 && said.iter().all(|s| !s.contains("evil")), "{said:?}");
}
