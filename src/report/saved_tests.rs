//! Reports that were saved: older ones are read, newer, cut and edited ones are refused by name.

use serde_json::{Value, json};

use super::sample;
use super::{MARKDOWN_MOST_BYTES, ReadError, Redaction, Report, Style};

const FULL: &str = include_str!("../../tests/golden/full.json");

/// A report of the first version: no deploy, outlook, watch, remaining, timelines, nor what statistics added later.
const OLD: &str = include_str!("../../tests/golden/old.json");

fn refused(text: &str) -> String {
    Report::from_saved(text).expect_err("it is refused").to_string()
}

/// The full report with one value changed.
fn edited(pointer: &str, value: Value) -> String {
    let mut report: Value = serde_json::from_str(FULL).unwrap();
    *report.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
    report.to_string()
}

#[test]
fn every_format_is_made_of_a_saved_report() {
    for material in [
        sample::full(),
        sample::hold(),
        sample::watch::watching(),
        sample::watch::watched(),
    ] {
        let report = material.report();
        let saved = Report::from_saved(&report.to_json()).unwrap();
        assert_eq!(saved, report);
        assert_eq!(
            saved.redacted(Redaction::default()),
            report,
            "redacting again changes nothing"
        );
    }
}

#[test]
fn reports_of_older_versions_are_shown() {
    let report = Report::from_saved(OLD).unwrap();
    assert!(report.outlook.is_none() && report.watch.is_none());
    let narrow = Style {
        width: 80,
        color: false,
    };
    assert!(report.to_terminal(narrow).starts_with("VERDICT: ROLL BACK\n"));
    assert!(report.to_markdown().starts_with("## ROLL BACK\n"));
    assert!(report.to_compact().starts_with("**ROLL BACK**"));
    assert!(report.to_html().contains("</span> ROLL BACK</h1>"));
    assert_eq!(report.to_csv().lines().count(), report.findings.len() + 1);
    assert_eq!(Report::from_saved(&report.to_json()).unwrap(), report);
}

#[test]
fn what_is_no_such_report_is_named() {
    assert!(refused(&FULL[..FULL.len() / 2]).starts_with("a report that was cut"));
    assert!(refused("") == "nothing is in it");
    assert!(refused("VERDICT: PROCEED").starts_with("not a report of logverdict"));
    assert!(refused("{}").starts_with("not a report of logverdict"));
    let newer = edited("/schema", json!("logverdict.report/2")).replace("\"confidence\"", "\"certainty\"");
    let error = Report::from_saved(&newer).unwrap_err();
    assert!(matches!(&error, ReadError::Schema(found) if found == "logverdict.report/2"));
    assert!(error.hint().contains("newer"));
    let scan = Report::from_saved(&sample::scan().to_json()).unwrap_err();
    assert!(scan.hint().contains("not a scan"), "{}", scan.hint());
    let wrong = refused(&edited("/findings/0/baseline/count", json!("12")));
    assert!(wrong.contains("invalid type"), "{wrong}");
    assert!(refused(&edited("/verdict", json!("GO"))).contains("unknown variant"));
}

#[test]
fn contradictions_are_named() {
    for (pointer, value, wanted) in [
        ("/verdict", json!("PROCEED"), "its reasons ask for ROLL BACK"),
        ("/verdict", json!("HOLD"), "its reasons ask for ROLL BACK"),
        ("/reasons", json!([]), "without a reason"),
        ("/lean", json!("no-sign-of-harm"), "only a HOLD leans"),
        ("/findings/0/candidate/count", json!(1), "the rate of the candidate"),
        ("/findings/0/baseline/exposure", json!(1), "the rate of the baseline"),
        ("/findings/0/ratio/low", json!(1e300), "outside of its interval"),
        ("/findings/0/peak_share", json!(1.5), "peak_share"),
        ("/findings/0/change", json!("new"), "the baseline has it"),
        ("/findings/0/change", json!("vanished"), "the candidate has it"),
        (
            "/findings/0/last_seen",
            json!("2020-01-01T00:00:00Z"),
            "last seen before",
        ),
        (
            "/coverage/candidate/entries_read",
            json!(u64::MAX),
            "coverage.candidate",
        ),
        ("/coverage/baseline/duplicates", json!(0), "coverage.baseline"),
        (
            "/sides/baseline/last",
            json!("2020-01-01T00:00:00Z"),
            "ends before it begins",
        ),
    ] {
        let said = refused(&edited(pointer, value));
        assert!(said.starts_with("a report that contradicts itself: "), "{said}");
        assert!(said.contains(wanted), "{pointer}: {said}");
    }
}

#[test]
fn ten_thousand_signals_fit_into_markdown() {
    let mut report = sample::full().report();
    let first = report.findings[0].clone();
    report.findings.extend((0..10_000).map(|i| {
        let mut finding = first.clone();
        (finding.signal.id, finding.signal.title) =
            (format!("t{i}"), format!("Order <num> failed: {}", "x".repeat(80)));
        finding
    }));
    let markdown = report.to_markdown();
    assert!(markdown.len() <= MARKDOWN_MOST_BYTES, "{}", markdown.len());
    assert!(markdown.contains("more changes left out here"));
    assert!(report.to_compact().chars().count() < super::COMPACT_MOST_CHARS);
    assert_eq!(report.to_csv().lines().count(), report.findings.len() + 1);
}

/// Pointers to every number and time of a report, but those of findings like others.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(k, v)| places(v, &format!("{at}/{}", k.replace('/', "~1")), found)),
        Value::Array(all) => (0..)
            .zip(all)
            .take(3)
            .for_each(|(i, v): (usize, _)| places(v, &format!("{at}/{i}"), found)),
        Value::Number(_) => found.push(at.to_owned()),
        Value::String(text) if crate::model::Timestamp::parse(text).is_some() => found.push(at.to_owned()),
        _ => {}
    }
}

#[test]
fn no_edited_number_or_time_makes_a_rendering_fail() {
    let text = include_str!("../../tests/golden/watching.json");
    let saved: Value = serde_json::from_str(text).unwrap();
    let mut all = Vec::new();
    places(&saved, "", &mut all);
    assert!(all.len() > 150, "{}", all.len());
    for pointer in all {
        for wrong in [
            json!(u64::MAX),
            json!(1e308),
            json!(-1e308),
            json!("1700-01-01T00:00:00Z"),
            json!("2261-12-31T23:59:59Z"),
        ] {
            let mut edited = saved.clone();
            *edited.pointer_mut(&pointer).unwrap() = wrong;
            let Ok(report) = Report::from_json(&edited.to_string()) else {
                continue;
            };
            let _ = report.contradictions();
            for out in [
                report.to_terminal(Style { width: 80, color: true }),
                report.to_terminal(Style {
                    width: 140,
                    color: false,
                }),
                report.to_markdown(),
                report.to_compact(),
                report.to_html(),
                report.to_csv(),
                report.redacted(Redaction::default()).to_json(),
            ] {
                assert!(!out.is_empty() && out.len() < 1_000_000, "{pointer}");
            }
        }
    }
}
