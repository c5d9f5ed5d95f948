//! Every reason for ROLL BACK: one case that has it, and a near miss that has not.

use super::build::*;
use crate::model::Level;
use crate::verdict::{Lean, Policy, Verdict};

#[test]
fn server_errors_up() {
    let case = with(calm(), status_class("5xx", Level::Error, 12, 900).rolls_back());
    let judgement = expect(&case, &Policy::default(), Verdict::RollBack, &["server-errors-up"]);
    let reason = &judgement.reasons[0];
    assert!(
        reason.message.starts_with(
            "5xx responses rose from 12 in 60,000 requests (0.02 %) to 900 in 60,000 (1.5 %), 75 times the rate"
        ),
        "{}",
        reason.message
    );
    assert!(
        reason
            .message
            .ends_with("Seen in 11 five-minute blocks, first at 2026-03-01T10:05:00Z."),
        "{}",
        reason.message
    );
    assert_eq!(reason.numbers["candidate_count"], 900.0);
    assert_eq!(judgement.lean, None);
    assert!(
        judgement.confidence.contains("p = below 0.0001 (limit 0.02)"),
        "{}",
        judgement.confidence
    );

    let near = with(calm(), status_class("5xx", Level::Error, 12, 30).suspicious().proved());
    let judgement = expect(&near, &Policy::default(), Verdict::Hold, &["suspicious-increase"]);
    assert_eq!(judgement.lean, Some(Lean::SignsOfHarm));
}

#[test]
fn errors_up_by_messages_but_not_by_warnings() {
    let case = with(calm(), pattern("python/traceback", Level::Error, 0, 500).rolls_back());
    let judgement = expect(&case, &Policy::default(), Verdict::RollBack, &["errors-up"]);
    assert!(
        judgement.reasons[0]
            .message
            .contains("new, 500 in 60,000 requests (0.83 %); none in 60,000 before")
    );
    let near = with(calm(), pattern("python/slow", Level::Warning, 0, 500).rolls_back());
    expect(&near, &Policy::default(), Verdict::Hold, &["suspicious-increase"]);
    for harmless in [Level::Info, Level::Marker, Level::Noise] {
        let case = with(calm(), pattern("python/hello", harmless, 0, 500).rolls_back());
        expect(&case, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
    }
}

#[test]
fn many_errors_are_merged() {
    let mut case = calm();
    for i in 0..10 {
        case = with(
            case,
            pattern(&format!("app/e{i}"), Level::Error, 0, 100 + i).rolls_back(),
        );
    }
    let judgement = expect(&case, &Policy::default(), Verdict::RollBack, &["errors-up"; 3]);
    assert_eq!(
        judgement.reasons[0].signal.as_ref().unwrap().id,
        "app/e9",
        "the largest first"
    );
    assert!(
        judgement.reasons[2]
            .message
            .ends_with("7 other signals rose for certain as well.")
    );
}

#[test]
fn slower() {
    let slow = |rolls_back| {
        let mut finding = latency("p95");
        let l = finding.latency.as_mut().unwrap();
        (l.candidate_ms, l.shift_ms.estimate, l.shift_ms.low) = (Some(300.0), Some(200.0), Some(150.0));
        (l.shift_upper_ms, l.non_inferior, l.rolls_back, l.slow_blocks) = (Some(230.0), false, rolls_back, 12);
        with(calm(), finding)
    };
    let judgement = expect(&slow(true), &Policy::default(), Verdict::RollBack, &["slower"]);
    assert_eq!(
        judgement.reasons[0].message,
        "Requests are slower: p95 latency rose from 100 ms to 300 ms, by at least 150 ms where 50 ms is tolerated, in 12 five-minute blocks."
    );
    expect(
        &slow(false),
        &Policy::default(),
        Verdict::Hold,
        &["latency-not-excluded"],
    );
}

fn exits(x0: u64, x1: u64) -> crate::compare::Finding {
    platform("exit-failure", "crash", Level::Warning, x0, x1).proved()
}

#[test]
fn crash_loop_without_a_single_request() {
    // 15 exits within 101 seconds, as a service with a minimum of instances has them.
    let mut case = silent(calm());
    case.baseline = side("chat-api-00041-kop");
    case.candidate.minutes = 2;
    at(&mut case.candidate, "cloud-run/exit-failure", [0, 1]);
    case.findings.push(exits(0, 15));
    let judgement = default_verdict(&case);
    assert_eq!(
        (judgement.verdict, codes(&judgement)),
        (Verdict::RollBack, vec!["crash-loop", "no-requests"])
    );
    assert!(judgement.reasons[0].message.starts_with(
        "The candidate crashes again and again: 15 times in 2 min (baseline: 0 in 1 h), 0 requests answered."
    ));
    assert!(
        judgement
            .confidence
            .starts_with("Sure: judged by what the platform reports")
    );

    // One minute only: a shutdown may log many exits at once.
    at(&mut case.candidate, "cloud-run/exit-failure", [0]);
    assert_eq!(default_verdict(&case).verdict, Verdict::Hold);
    // Two exits are no loop.
    at(&mut case.candidate, "cloud-run/exit-failure", [0, 1]);
    let two = with(case.clone(), exits(0, 2));
    assert_eq!(default_verdict(&two).verdict, Verdict::Hold);
}

#[test]
fn crash_loop_beside_good_requests() {
    let mut case = with(calm(), exits(0, 12));
    at(
        &mut case.candidate,
        "cloud-run/exit-failure",
        (0..12).map(|i| i * 5 + 2),
    );
    expect(&case, &Policy::default(), Verdict::RollBack, &["crash-loop"]);
    // It stopped half an hour ago.
    at(&mut case.candidate, "cloud-run/exit-failure", (0..12).map(|i| i * 2));
    assert_eq!(default_verdict(&case).verdict, Verdict::Proceed);
}

#[test]
fn a_baseline_that_crashes_as_often_is_not_blamed_on_the_deploy() {
    let mut case = with(calm(), exits(14, 12));
    for side in [&mut case.baseline, &mut case.candidate] {
        at(side, "cloud-run/exit-failure", (0..12).map(|i| i * 5 + 2));
    }
    expect(&case, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
    let fewer = with(case, exits(60, 12));
    expect(&fewer, &Policy::default(), Verdict::Proceed, &["non-inferior"]);
}

#[test]
fn running_out_of_memory_in_a_loop_is_a_crash_loop() {
    let finding = platform("memory-limit-exceeded", "memory", Level::Critical, 0, 12).proved();
    let mut case = with(calm(), finding);
    at(
        &mut case.candidate,
        "cloud-run/memory-limit-exceeded",
        (0..12).map(|i| i * 5 + 2),
    );
    expect(&case, &Policy::default(), Verdict::RollBack, &["crash-loop"]);
}

fn failed_start(x0: u64, x1: u64) -> crate::verdict::Case {
    let mut case = calm();
    case.candidate.by_status = [(503, 100)].into();
    case.candidate.requests = 100;
    with(
        case,
        platform("startup-tcp-probe-failed", "start-failure", Level::Error, x0, x1).proved(),
    )
}

#[test]
fn start_failure() {
    let judgement = expect(
        &failed_start(0, 4),
        &Policy::default(),
        Verdict::RollBack,
        &["start-failure"],
    );
    assert!(
        judgement.reasons[0]
            .message
            .contains("4 failed starts and not one request answered in 1 h; on the baseline 0 failed starts")
    );

    let mut serves = failed_start(0, 4);
    serves.candidate.by_status = [(200, 50), (503, 50)].into();
    assert_eq!(
        default_verdict(&serves).verdict,
        Verdict::Proceed,
        "one instance of many was unlucky"
    );
    assert_eq!(
        default_verdict(&failed_start(0, 1)).verdict,
        Verdict::Proceed,
        "once is not twice"
    );
    assert_eq!(
        default_verdict(&failed_start(5, 4)).verdict,
        Verdict::Proceed,
        "the baseline had the same"
    );
    let mut starts = failed_start(0, 4);
    starts = with(
        starts,
        platform("startup-probe-succeeded", "lifecycle", Level::Marker, 3, 3),
    );
    assert_ne!(
        default_verdict(&starts).verdict,
        Verdict::RollBack,
        "another instance started"
    );
}

#[test]
fn critical_criterion_broken() {
    let text = "[[criterion]]\nid = \"ok\"\nlevel = \"critical\"\nkind = \"success-rate\"\nof = \"requests\"\nat-least = 0.99\n";
    let mut case = with(calm(), status_class("5xx", Level::Error, 60, 6000).proved());
    case.findings[3].rates.as_mut().unwrap().active_blocks = 12;
    case.baseline.by_status = [(200, 59_940), (500, 60)].into();
    case.candidate.by_status = [(200, 54_000), (500, 6000)].into();
    let judgement = expect(&case, &policy(text), Verdict::RollBack, &["critical-criterion-broken"]);
    assert_eq!(judgement.reasons[0].criterion.as_deref(), Some("ok"));
    assert!(
        judgement.reasons[0]
            .message
            .contains("54,000 of 60,000 requests succeeded (90 %)"),
        "{}",
        judgement.reasons[0].message
    );

    // The same in one burst: not certain.
    let mut burst = case.clone();
    burst.findings[3].rates.as_mut().unwrap().active_blocks = 1;
    expect(&burst, &policy(text), Verdict::Hold, &["criterion-not-met"]);
    // The baseline was no better: a rollback mends nothing.
    let mut before = case.clone();
    before.baseline.by_status = [(200, 54_000), (500, 6000)].into();
    let judgement = expect(&before, &policy(text), Verdict::Hold, &["criterion-not-met"]);
    assert!(judgement.reasons[0].message.contains("The baseline was no better"));
    // Primary: never ROLL BACK.
    expect(
        &case,
        &policy(&text.replace("critical", "primary")),
        Verdict::Hold,
        &["criterion-not-met"],
    );
    // Secondary: reported.
    let judgement = expect(
        &case,
        &policy(&text.replace("critical", "secondary")),
        Verdict::Proceed,
        &["non-inferior"],
    );
    assert_eq!(judgement.criteria[0].met, Some(false));
}

#[test]
fn nothing_is_rolled_back_to_a_baseline_that_could_not_serve() {
    let mut case = with(
        calm(),
        platform("exit-failure", "crash", Level::Warning, 15, 0).proved(),
    );
    case.baseline.by_status.clear();
    case.baseline.requests = 0;
    at(&mut case.baseline, "cloud-run/exit-failure", [0, 1, 2]);
    let case = with(case, pattern("db/timeout", Level::Error, 0, 500).rolls_back());
    let judgement = expect(
        &case,
        &Policy::default(),
        Verdict::Hold,
        &["suspicious-increase", "baseline-unstable"],
    );
    assert!(
        judgement.reasons[0]
            .message
            .contains("No ROLL BACK: the baseline could not serve at all (15 crashes and no request answered in 1 h)"),
        "{}",
        judgement.reasons[0].message
    );
    assert!(!judgement.next_steps.iter().any(|s| s.contains("--to-revisions")));
}

#[test]
fn expected_changes_are_no_harm() {
    let case = with(calm(), pattern("app/guard", Level::Error, 0, 600).rolls_back());
    let within = "[[expect]]\nsignal = \"app/*\"\nmay-rise-to = 0.02\nbecause = \"the guard works\"\n";
    let judgement = expect(&case, &policy(within), Verdict::Proceed, &["non-inferior"]);
    let line = &judgement.criteria[0];
    assert_eq!(
        (line.id.as_str(), line.title.as_str(), line.met),
        ("expect/app/*", "Expected: the guard works", Some(true))
    );
    expect(
        &case,
        &policy("[[expect]]\nsignal = \"app/*\"\nmay = \"appear\"\n"),
        Verdict::Proceed,
        &["non-inferior"],
    );
    expect(
        &case,
        &policy("[[expect]]\nsignal = \"app/*\"\nmay = \"vanish\"\n"),
        Verdict::RollBack,
        &["errors-up"],
    );
    expect(
        &case,
        &policy("[[expect]]\nsignal = \"other/*\"\nmay = \"appear\"\n"),
        Verdict::RollBack,
        &["errors-up"],
    );
    // Allowed 0.99 %, seen 1 %: may be chance. Allowed 0.5 %: certainly beyond.
    expect(
        &case,
        &policy(&within.replace("0.02", "0.0099")),
        Verdict::Hold,
        &["suspicious-increase"],
    );
    let judgement = expect(
        &case,
        &policy(&within.replace("0.02", "0.005")),
        Verdict::RollBack,
        &["errors-up"],
    );
    assert_eq!(judgement.criteria[0].met, Some(false));
}

#[test]
fn the_class_of_an_expected_status_is_judged_by_its_rest() {
    let text = "[[expect]]\nsignal = \"http/status-402\"\nmay-rise-to = 0.02\n";
    let mut case = with(calm(), status_class("4xx", Level::Warning, 30, 630).suspicious());
    case.baseline.by_status.insert(404, 30);
    case.candidate.by_status.extend([(404, 30), (402, 600)]);
    expect(&case, &policy(text), Verdict::Proceed, &["non-inferior"]);
    expect(&case, &Policy::default(), Verdict::Hold, &["suspicious-increase"]);
    // Not the expected status alone.
    case.candidate.by_status.extend([(404, 330), (402, 300)]);
    expect(&case, &policy(text), Verdict::Hold, &["suspicious-increase"]);
}

#[test]
fn lost_requests_and_new_instances_are_no_crashes_and_no_starts() {
    for id in ["malformed-response", "uncaught-signal"] {
        let mut case = with(calm(), platform(id, "crash", Level::Error, 0, 12).proved());
        at(
            &mut case.candidate,
            &format!("cloud-run/{id}"),
            (0..12).map(|i| i * 5 + 2),
        );
        assert_ne!(default_verdict(&case).verdict, Verdict::RollBack, "{id}");
    }
    // "Starting new instance" is written before every failed start as well.
    let starting = platform("instance-started-for-rollout", "deploy", Level::Marker, 3, 3);
    expect(
        &with(failed_start(0, 4), starting),
        &Policy::default(),
        Verdict::RollBack,
        &["start-failure"],
    );
}
