//! What is said around the verdict: steps, queries, doubts.

use super::build::*;
use crate::compare::Pairing;
use crate::model::{Level, Severity, SignalKind};
use crate::profile::Sample;

const TRAFFIC: &str = "$ gcloud run services update-traffic";

#[test]
fn a_rollback_names_the_command() {
    let case = with(calm(), status_class("5xx", Level::Error, 12, 900).rolls_back());
    let steps = default_verdict(&case).next_steps;
    assert_eq!(
        steps[1],
        format!("{TRAFFIC} chat-api --to-revisions=chat-api-00041-kop=100 --region=europe-west1 --project=acme-shop")
    );
    assert!(steps.iter().any(|s| s.contains("--to-latest")), "the pin is told");
    assert!(
        steps
            .last()
            .unwrap()
            .starts_with("$ gcloud logging read 'resource.type=\"cloud_run_revision\" AND ")
    );
}

#[test]
fn unknown_or_hostile_names_become_placeholders() {
    let mut case = with(calm(), status_class("5xx", Level::Error, 12, 900).rolls_back());
    case.candidate.services = vec!["$(reboot)".into()];
    case.candidate.location = "-x".into();
    case.baseline.location.clear();
    case.candidate.project = "a;b".into();
    case.baseline.project.clear();
    case.baseline.revisions = case.candidate.revisions.clone();
    let steps = default_verdict(&case).next_steps;
    assert!(
        steps.contains(&format!(
            "{TRAFFIC} SERVICE --to-revisions=REVISION=100 --region=REGION --project=PROJECT"
        )),
        "{steps:#?}"
    );
    assert!(
        steps.iter().any(|s| s.starts_with("$ gcloud run revisions list")),
        "same revision on both sides: it must be looked up"
    );
    assert!(
        !steps
            .iter()
            .filter(|s| !s.contains("logging read"))
            .any(|s| s.contains("reboot"))
    );
}

#[test]
fn several_services_get_a_command_each() {
    let mut case = with(calm(), status_class("5xx", Level::Error, 12, 900).rolls_back());
    case.candidate.services = vec!["cart".into(), "chat-api".into()];
    case.baseline.revisions = vec![
        "cart-00007-abc".into(),
        "chat-api-00040-kip".into(),
        "chat-api-00041-kop".into(),
    ];
    let steps = default_verdict(&case).next_steps;
    assert!(steps[1].contains("cart --to-revisions=cart-00007-abc=100"));
    assert!(
        steps[2].contains("chat-api --to-revisions=chat-api-00041-kop=100"),
        "the newest"
    );
}

#[test]
fn queries_are_quoted() {
    let mut case = with(calm(), pattern("app/error", Level::Error, 0, 900).rolls_back());
    case.candidate.revisions = vec!["a\" OR severity>=DEFAULT OR \"".into(), "b".into()];
    let judgement = default_verdict(&case);
    let filter = judgement.reasons[0].filter.as_ref().unwrap();
    assert!(
        filter.contains(r#"resource.labels.revision_name=("a\" OR severity>=DEFAULT OR \"" OR "b")"#),
        "{filter}"
    );
    assert!(
        filter.contains("timestamp>=\"2026-03-01T10:05:00.250Z\"\ntimestamp<=\"2026-03-01T10:55:00Z\""),
        "{filter}"
    );
    case.candidate.revisions = vec!["it's".into()];
    let steps = default_verdict(&case).next_steps;
    assert!(steps.last().unwrap().contains(r"it'\''s"));
}

#[test]
fn queries_hold_what_is_known_of_a_signal() {
    let filter = |finding| {
        default_verdict(&with(calm(), finding)).reasons[0]
            .filter
            .clone()
            .unwrap()
    };
    let five = filter(status_class("5xx", Level::Error, 12, 900).rolls_back());
    assert!(
        five.ends_with("httpRequest.status>=500\nhttpRequest.status<=599"),
        "{five}"
    );
    let status = filter(pattern("http/status-502", Level::Error, 0, 900).rolls_back());
    assert!(status.ends_with("httpRequest.status=502"));
    let unmatched = finding(
        signal(SignalKind::Unmatched, "unmatched-errors", Level::Error, ""),
        0,
        900,
    )
    .rolls_back();
    assert!(filter(unmatched).contains("severity>=ERROR"));
    let mut sampled = pattern("app/error", Level::Error, 0, 900).rolls_back();
    sampled.samples = ["b", "a", "a"]
        .map(|id| Sample {
            key: 1,
            timestamp: None,
            severity: Severity::Error,
            revision: String::new(),
            instance: String::new(),
            insert_id: id.into(),
            text: "password hunter2".into(),
        })
        .into();
    let text = filter(sampled);
    assert!(
        text.ends_with("insertId=(\"a\" OR \"b\")") && !text.contains("hunter2"),
        "{text}"
    );
}

#[test]
fn log_text_stays_out_of_sentences() {
    for kind in [
        SignalKind::Template,
        SignalKind::Stack,
        SignalKind::Route,
        SignalKind::Unmatched,
    ] {
        let mut finding = finding(signal(kind, "<b>evil</b>", Level::Error, ""), 1, 900).rolls_back();
        finding.signal.title = "<b>evil</b>".into();
        let judgement = default_verdict(&with(calm(), finding));
        let mut said = vec![&judgement.confidence];
        said.extend(judgement.reasons.iter().map(|r| &r.message));
        said.extend(&judgement.not_verified);
        assert!(said.iter().all(|s| !s.contains("evil")), "{said:?}");
    }
}

#[test]
fn what_was_not_verified() {
    let mut case = calm();
    case.pairing = Pairing::BeforeAfter;
    case.candidate.request_minutes = vec![210; 60];
    case = with(
        case,
        finding(signal(SignalKind::Template, "other-error", Level::Error, ""), 7, 7).proved(),
    );
    let doubts = default_verdict(&case).not_verified;
    assert_eq!(
        doubts[0],
        "Peak traffic: the candidate's busy minutes (95th percentile) had 210 requests, 21 % of the baseline's 1,000; its \
         busiest had 210, the baseline's 1,000."
    );
    assert_eq!(
        doubts[1],
        "7 messages of the candidate had more different texts than are told apart: they were counted together, not one by one."
    );
    assert!(doubts[2].contains("one after the other: a storm"));
    assert_eq!(doubts.len(), 3);
    case.candidate.request_minutes = vec![800; 60];
    assert_eq!(default_verdict(&case).not_verified.len(), 2);
}

#[test]
fn hold_says_what_to_wait_for() {
    let mut case = calm();
    case.candidate.minutes = 4;
    let judgement = default_verdict(&case);
    assert_eq!(
        judgement.next_steps,
        ["too-short ends when: the candidate is observed for 6 min more."]
    );
    assert!(
        judgement
            .confidence
            .starts_with("No sign of harm so far, but no proof of its absence either: 60,000 requests in 4 min")
    );
}
