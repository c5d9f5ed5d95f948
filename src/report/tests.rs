//! Golden files, schemas, and what must hold for every rendering of every text.
//!
//! `LOGVERDICT_BLESS=1 cargo test --lib report` writes the golden files anew.

use std::path::Path;

use jsonschema::Validator;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::sample::{self, Material};
use super::*;
use crate::compare::Change;
use crate::model::{Level, SignalKind};
use crate::profile::{Concern, Coverage};
use crate::verdict::{Lean, Verdict};

const NARROW: Style = Style {
    width: 80,
    color: false,
};
const WIDE: Style = Style {
    width: 140,
    color: false,
};
const COLORED: Style = Style { width: 80, color: true };

fn assert_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("LOGVERDICT_BLESS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{name} differs; if it should, bless it (see the head of this file). Found:\n{found}"
    );
}

#[test]
fn renderings_are_as_agreed() {
    let materials = [
        ("full", sample::full()),
        ("hold", sample::hold()),
        ("empty", sample::empty()),
        ("watching", sample::watch::watching()),
        ("watched", sample::watch::watched()),
    ];
    for (name, report) in materials.map(|(name, material)| (name, material.report())) {
        assert_golden(&format!("{name}.json"), &report.to_json());
        assert_golden(&format!("{name}.md"), &report.to_markdown());
        assert_golden(&format!("{name}.80.txt"), &report.to_terminal(NARROW));
        assert_golden(&format!("{name}.140.txt"), &report.to_terminal(WIDE));
        assert_golden(&format!("{name}.color.txt"), &report.to_terminal(COLORED));
        if matches!(name, "full" | "empty" | "watching") {
            assert_golden(&format!("{name}.html"), &report.to_html());
        }
        if matches!(name, "full" | "empty") {
            assert_golden(&format!("{name}.csv"), &report.to_csv());
            assert_golden(&format!("{name}.compact.md"), &report.to_compact());
        }
    }
    assert_golden("scan.json", &sample::scan().to_json());
    assert_golden("scan.80.txt", &sample::scan().to_terminal(NARROW, 20));
}

// --- JSON ---

fn schema(text: &str) -> Validator {
    let schema: Value = serde_json::from_str(text).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

fn report_schema() -> Validator {
    schema(include_str!("../../docs/schema/report.schema.json"))
}

fn scan_schema() -> Validator {
    schema(include_str!("../../docs/schema/scan.schema.json"))
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Asserts that the value fits the schema, and that it does not with any one of the changes.
fn assert_guards(validator: &Validator, value: &Value, mutations: &[(&str, Value)]) {
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|e| format!("{e} at {}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    for (pointer, wrong) in mutations {
        let mut broken = value.clone();
        *broken.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = wrong.clone();
        assert!(!validator.is_valid(&broken), "{pointer} = {wrong} passes");
    }
    // Reports of older versions do not have it.
    const OPTIONAL: [&str; 2] = ["outlook", "watch"];
    for field in value
        .as_object()
        .unwrap()
        .keys()
        .filter(|field| !OPTIONAL.contains(&field.as_str()))
    {
        let mut broken = value.clone();
        broken.as_object_mut().unwrap().remove(field);
        assert!(!validator.is_valid(&broken), "without {field} it passes");
    }
}

#[test]
fn reports_follow_their_schema() {
    let mutations = [
        ("/schema", json!("logverdict.report/2")),
        ("/verdict", json!("ROLL BACK")),
        ("/verdict", json!(null)),
        ("/reasons/0/code", json!("Server Errors")),
        ("/reasons/0/message", json!(7)),
        ("/findings/0/change", json!("worse")),
        ("/findings/0/harm", json!("true")),
        ("/findings/0/baseline/count", json!(-1)),
        ("/findings/0/candidate/exposure", json!(1.5)),
        ("/findings/0/ratio/low", json!("1")),
        ("/findings/0/signal/kind", json!("patterns")),
        ("/findings/0/samples", json!({})),
        ("/criteria/0/met", json!("yes")),
        ("/criteria/0/level", json!("major")),
        ("/coverage/baseline/entries_read", json!(null)),
        ("/coverage/candidate/rejected/invalid-json", json!(-3)),
        ("/coverage/candidate/first", json!(17)),
        ("/redactions", json!({"email": -1})),
        ("/outlook/until_proceed/minutes", json!(-1)),
        ("/outlook/until_proceed/exposure", json!(0.5)),
        ("/outlook/until_roll_back/message", json!(null)),
        ("/outlook/smallest_harm_excluded/0/bound", json!("0.5 %")),
        ("/outlook/smallest_harm_excluded/2/met", json!(null)),
        ("/outlook/load_range/candidate_max", json!(-1)),
        ("/outlook/load_range/peak_seen", json!("no")),
    ];
    assert_guards(
        &report_schema(),
        &parsed(&sample::full().report().to_json()),
        &mutations,
    );
    assert_guards(&report_schema(), &parsed(&sample::empty().report().to_json()), &[]);
    let mutations = [
        ("/watch/started", json!(null)),
        ("/watch/looks", json!(-1)),
        ("/watch/to_come", json!("T+4h")),
        ("/watch/ended/at", json!("today")),
        ("/watch/ended/code", json!("Time over")),
        ("/watch/changes/0/to", json!("ROLL BACK")),
        ("/watch/changes/1/from", json!("hold")),
        ("/watch/checkpoints/0/verdict", json!(null)),
        ("/watch/checkpoints/0/lean", json!("good")),
        ("/watch/checkpoints/0/codes", json!("a")),
        ("/watch/checkpoints/0/baseline_rate", json!("0.1 %")),
        ("/watch/late_entries", json!(0.5)),
    ];
    let ended = parsed(&sample::watch::watched().report().to_json());
    assert_guards(&report_schema(), &ended, &mutations);
    let running = parsed(&sample::watch::watching().report().to_json());
    assert_guards(&report_schema(), &running, &[("/watch/gaps/0/reason", json!(7))]);
}

#[test]
fn scans_follow_their_schema() {
    let mutations = [
        ("/schema", json!("logverdict.scan/2")),
        ("/patterns/0/count", json!("3")),
        ("/patterns/0/by_revision/chat-api-00041-kop", json!(-1)),
        ("/patterns/0/level", json!("fatal")),
        ("/coverage/entries_read", json!(-1)),
        ("/templates", json!(null)),
    ];
    assert_guards(&scan_schema(), &parsed(&sample::scan().to_json()), &mutations);
}

#[test]
fn the_contract_of_the_design_holds() {
    let report = parsed(&sample::full().report().to_json());
    assert_eq!(report["schema"], "logverdict.report/1");
    assert_eq!(report["verdict"], "ROLL_BACK");
    let finding = &report["findings"][1];
    assert_eq!(finding["signal"]["id"], "starlette/send-after-close");
    let sample = finding["samples"][0].as_object().unwrap();
    assert_eq!(
        sample.keys().collect::<Vec<_>>(),
        ["insert_id", "revision", "severity", "text", "timestamp"]
    );
    assert_eq!(sample["text"].as_str().unwrap().matches("[REDACTED:email]").count(), 1);
    assert_eq!(report["coverage"]["baseline"]["entries_read"], 27_040);
    assert_eq!(report["redactions"]["secret-value"], 3);
    // Not finite in the sample.
    assert_eq!(report["reasons"][0]["numbers"]["excess_upper"], Value::Null);
    assert_eq!(report["criteria"][0]["numbers"]["bound_ratio"], Value::Null);
    assert_eq!(finding["rates"]["excess_upper"], Value::Null);
    assert_eq!(parsed(&sample::empty().report().to_json())["verdict"], "HOLD");
}

#[test]
fn a_saved_report_is_read_back() {
    for material in [sample::full(), sample::hold(), sample::empty()] {
        let report = material.report();
        let text = report.to_json();
        assert!(text.ends_with("}\n"));
        let read = Report::from_json(&text).unwrap();
        assert_eq!(read, report);
        assert_eq!(read.to_json(), text);
        assert_eq!(read.to_markdown(), report.to_markdown());
    }
    let other = sample::full()
        .report()
        .to_json()
        .replace("logverdict.report/1", "logverdict.report/9");
    assert!(matches!(Report::from_json(&other), Err(ReadError::Schema(found)) if found == "logverdict.report/9"));
    assert!(
        Report::from_json("{}")
            .unwrap_err()
            .to_string()
            .contains("not a report")
    );
}

#[test]
fn the_order_of_findings_does_not_matter() {
    let material = sample::full();
    let mut turned = material.clone();
    turned.case.findings.reverse();
    assert_eq!(turned.report(), material.report());
}

#[test]
fn redaction_can_be_turned_off() {
    let report = sample::full().redacted(Redaction::NONE);
    assert!(report.redactions.is_empty() && report.to_json().contains("hunter2"));
    let text = [sample::full().report().to_json(), sample::full().report().to_markdown()].concat();
    assert!(!text.contains("hunter2") && !text.contains("jane@") && !text.contains("abc123def"));
}

// --- Groups ---

#[test]
fn findings_are_shown_where_they_belong() {
    let error = || sample::signal(SignalKind::Pattern, "a/b", "t", Level::Error);
    let group = |change, harm, counts| {
        let mut material = sample::empty();
        material.case.findings = vec![sample::finding(error(), change, harm, counts)];
        material.report().findings[0].group()
    };
    assert_eq!(group(Change::New, true, (0, 50)), Group::Worse);
    assert_eq!(group(Change::New, false, (0, 50)), Group::Harmless);
    assert_eq!(group(Change::Vanished, false, (50, 0)), Group::Better);
    assert_eq!(group(Change::Unchanged, false, (50, 25)), Group::PreExisting);
    assert_eq!(group(Change::Unchanged, false, (50, 0)), Group::Unchanged);
}

// --- Terminal ---

#[test]
fn the_verdict_is_first_and_last() {
    for (verdict, lean, wanted) in [
        (Verdict::Proceed, None, "VERDICT: PROCEED"),
        (
            Verdict::Hold,
            Some(Lean::NoSignOfHarm),
            "VERDICT: HOLD, no sign of harm so far",
        ),
        (Verdict::RollBack, None, "VERDICT: ROLL BACK"),
    ] {
        let mut material = sample::full();
        (material.judgement.verdict, material.judgement.lean) = (verdict, lean);
        let text = material.report().to_terminal(NARROW);
        assert_eq!((text.lines().next(), text.lines().last()), (Some(wanted), Some(wanted)));
    }
}

#[test]
fn a_hold_carries_its_lean_in_the_first_line_of_every_rendering() {
    for (lean, name, words) in [
        (Lean::NoSignOfHarm, "no-sign-of-harm", "HOLD, no sign of harm so far"),
        (Lean::SignsOfHarm, "signs-of-harm", "HOLD, signs of harm"),
        (Lean::CannotJudge, "cannot-judge", "HOLD, cannot judge"),
    ] {
        let mut material = sample::hold();
        material.judgement.lean = Some(lean);
        let report = material.report();
        for style in [NARROW, WIDE] {
            let wanted = format!("VERDICT: {words}");
            assert_eq!(report.to_terminal(style).lines().next(), Some(wanted.as_str()));
        }
        assert_eq!(
            report.to_markdown().lines().next(),
            Some(format!("## {words}").as_str())
        );
        assert_eq!(parsed(&report.to_json())["lean"], name);
        // The wait until a ROLL BACK would only alarm where nothing speaks against the candidate.
        let alarming = report.to_terminal(NARROW).contains("ROLL BACK: not in sight");
        assert_eq!(alarming, lean == Lean::SignsOfHarm);
        assert!(report.to_markdown().contains("PROCEED: in about 2 h 10 min"));
    }
}

#[test]
fn lines_fit_except_those_to_copy() {
    let material = sample::full();
    let command = material.judgement.next_steps[1].trim_start_matches("$ ").to_owned();
    for width in [40, 60, 80, 100, 140, 200] {
        let text = material.report().to_terminal(Style { width, color: false });
        let copied: Vec<&str> = text.lines().filter(|l| l.trim() == command).collect();
        assert_eq!(copied.len(), 1, "the command stands on one line");
        let long: Vec<&str> = text
            .lines()
            .filter(|l| l.width() > width.max(64) && l.trim() != command)
            .collect();
        assert!(long.is_empty(), "{width}: {long:#?}");
    }
}

#[test]
fn a_plain_case_is_short() {
    let mut material = sample::full();
    let judgement = &mut material.judgement;
    judgement.verdict = Verdict::Proceed;
    judgement.reasons.truncate(1);
    judgement.reasons[0].filter = None;
    judgement.criteria.truncate(2);
    judgement.not_verified.truncate(1);
    judgement.next_steps = vec!["Keep watching until the peak.".to_owned()];
    for coverage in [&mut material.baseline, &mut material.candidate] {
        *coverage = Coverage {
            entries_read: 9000,
            records: 9000,
            ..Coverage::default()
        };
    }
    material
        .case
        .findings
        .retain(|f| !f.harm || f.change == Change::Unchanged);
    material.case.concerns.clear();
    material.case.notes.clear();
    let text = material.report().to_terminal(NARROW);
    assert!(text.lines().count() <= 50, "{} lines:\n{text}", text.lines().count());
    assert!(text.contains("unchanged: latency p50 (41 ms, then 42 ms), 27 other signals"));
}

#[test]
fn colour_adds_nothing_but_colour() {
    let report = sample::full().report();
    let sgr = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    let colored = report.to_terminal(COLORED);
    assert_ne!(colored, report.to_terminal(NARROW));
    assert_eq!(sgr.replace_all(&colored, ""), report.to_terminal(NARROW));
}

// --- Hostile text ---

/// Begins and ends every hostile text, so that it can be found wherever it lands.
pub(super) const MARK: &str = "zqxj";

/// Puts a text wherever text comes from logs, packs, policies, labels or file names.
pub(super) fn infected(text: &str) -> Material {
    let mut material = sample::full();
    infect(&mut material, &format!("{MARK}{text}{MARK}"));
    material
}

pub(super) fn infect(material: &mut Material, text: &str) {
    let text = text.to_owned();
    for finding in &mut material.case.findings {
        finding.signal.title = text.clone();
        finding.samples = vec![sample::sample(&text)];
        finding.samples[0].revision = text.clone();
        finding.samples[0].insert_id = text.clone();
        if finding.signal.kind == SignalKind::Route {
            finding.signal.id = text.clone();
        }
    }
    for side in [&mut material.case.baseline, &mut material.case.candidate] {
        side.services = vec![text.clone()];
        side.revisions = vec![text.clone()];
        side.project = text.clone();
    }
    for coverage in [&mut material.baseline, &mut material.candidate] {
        coverage.sources[0].name = text.clone();
        coverage.sources[0].problems[0].detail = text.clone();
    }
    let judgement = &mut material.judgement;
    judgement.reasons[0].filter = Some(text.clone());
    judgement.next_steps.push(format!("$ {text}"));
}

/// The same, for sentences of our own that may hold a foreign word.
pub(super) fn infected_sentences(text: &str) -> Material {
    let mut material = sample::full();
    infect_sentences(&mut material, &format!("{MARK}{text}{MARK}"));
    material
}

pub(super) fn infect_sentences(material: &mut Material, text: &str) {
    let text = text.to_owned();
    let concern = |code: &str| Concern {
        code: code.to_owned(),
        message: text.clone(),
    };
    material.case.concerns = vec![concern("a")];
    material.case.notes = vec![concern("b")];
    material.baseline.concerns = vec![concern("c")];
    material.baseline.excluded.insert(text.clone(), 3);
    let judgement = &mut material.judgement;
    judgement.confidence = text.clone();
    judgement.reasons[0].message = text.clone();
    judgement.reasons[0].ends_when = Some(text.clone());
    judgement.criteria[0].message = text.clone();
    judgement.criteria[0].title = text.clone();
    judgement.not_verified = vec![text.clone()];
    judgement.next_steps = vec![text.clone()];
    let mut watch = sample::watch::running();
    let ended = sample::watch::ended().ended;
    watch.ended = ended.map(|ended| Ended {
        message: text.clone(),
        code: text.clone(),
        ..ended
    });
    watch.to_come = vec![text.clone()];
    for change in &mut watch.changes {
        (change.code, change.message) = (text.clone(), text.clone());
    }
    for point in &mut watch.checkpoints {
        (point.name, point.message) = (text.clone(), text.clone());
        point.codes = vec![text.clone(); 5];
    }
    watch.gaps[0].reason = text.clone();
    material.watch = Some(watch);
}

/// What of a Markdown text is not in code; panics at markup that no report of ours has.
fn outside_code(markdown: &str) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_MATH;
    let (mut text, mut in_block) = (String::new(), false);
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_block = true,
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Text(t) if !in_block => text.push_str(&t),
            Event::Html(html) => assert!(
                [
                    "<details>\n",
                    "<summary>Evidence: samples, redacted</summary>\n",
                    "</details>\n"
                ]
                .contains(&&*html),
                "{html}"
            ),
            Event::Start(
                Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::BlockQuote(_) | Tag::Strikethrough,
            ) => {
                panic!("{event:?} in\n{markdown}")
            }
            Event::InlineHtml(_) | Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => {
                panic!("{event:?} in\n{markdown}")
            }
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::Heading(_)) => text.push('\n'),
            _ => {}
        }
    }
    text
}

/// How many headings, list items, table cells, code blocks and rules there are.
fn structure(markdown: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
    let tags = Parser::new_ext(markdown, options).filter_map(|event| match event {
        Event::Start(Tag::Paragraph) => None,
        Event::Start(tag) => Some(format!("{tag:?}")),
        Event::Rule | Event::TaskListMarker(_) => Some(format!("{event:?}")),
        _ => None,
    });
    tags.collect()
}

pub(super) fn assert_terminal_is_clean(text: &str) {
    let sgr = regex::Regex::new("\u{1b}\\[(0|1|1;3[123])m").unwrap();
    let plain = sgr.replace_all(text, "");
    let bad: Vec<char> = plain.chars().filter(|c| c.is_control() && *c != '\n').collect();
    assert!(bad.is_empty(), "{bad:?} in\n{plain}");
    assert!(!plain.contains(['\u{202e}', '\u{2066}', '\u{200f}', '\u{2028}', '\u{2029}']));
    let verdicts: Vec<usize> = plain
        .lines()
        .enumerate()
        .filter(|(_, l)| l.starts_with("VERDICT"))
        .map(|(i, _)| i)
        .collect();
    assert_eq!(verdicts, [0, plain.lines().count() - 1], "{plain}");
}

fn assert_safe(text: &str) {
    let harmless = infected("x");
    let material = infected(text);
    let report = material.redacted(Redaction::NONE);
    for style in [NARROW, WIDE, COLORED] {
        assert_terminal_is_clean(&report.to_terminal(style));
    }
    let markdown = report.to_markdown();
    assert!(!outside_code(&markdown).contains(MARK), "{markdown}");
    assert_eq!(
        structure(&markdown),
        structure(&harmless.redacted(Redaction::NONE).to_markdown()),
        "{markdown}"
    );
    assert!(report_schema_accepts(&report));
}

fn assert_sentences_safe(text: &str) {
    let report = infected_sentences(text).redacted(Redaction::NONE);
    for style in [NARROW, WIDE, COLORED] {
        assert_terminal_is_clean(&report.to_terminal(style));
    }
    let markdown = report.to_markdown();
    let outside = outside_code(&markdown);
    let linked = regex::Regex::new(r"(?i)@\w|#\w|://|www\.").unwrap();
    assert!(!linked.is_match(&outside), "{outside}");
    let harmless = infected_sentences("x").redacted(Redaction::NONE).to_markdown();
    assert_eq!(structure(&markdown), structure(&harmless), "{markdown}");
}

fn report_schema_accepts(report: &Report) -> bool {
    static SCHEMA: std::sync::LazyLock<Validator> = std::sync::LazyLock::new(report_schema);
    SCHEMA.is_valid(&parsed(&report.to_json()))
}

#[test]
fn known_attacks_stay_text() {
    let attacks = [
        "\nVERDICT: PROCEED\n",
        " ".repeat(70).as_str(),
        &format!("{}VERDICT: PROCEED", " ".repeat(62)),
        "```\n## PROCEED\n- [x] all fine\n```",
        "`` ` ``` ```` `````",
        "</details></details>\n\n# PROCEED",
        "| a | b |\n|---|---|\n| c | d |",
        "@octocat #1 acme/shop#2 http://evil.example www.evil.example",
        "\u{1b}]0;x\u{7}\u{9b}2J\u{202e}",
        "\\",
        "\\|",
        "`",
    ]
    .map(str::to_owned);
    for attack in attacks {
        assert_safe(&attack);
        assert_sentences_safe(&attack);
    }
}

#[test]
fn a_huge_report_fits_and_says_what_it_left_out() {
    for text in ["<@#|`", "x", "\u{202e}", "世"] {
        let mut material = infected(&text.repeat(1000));
        let Material {
            judgement: sentences,
            watch,
            ..
        } = infected_sentences(&text.repeat(1000));
        material.judgement.reasons = (0..200).map(|_| sentences.reasons[0].clone()).collect();
        material.judgement.criteria = (0..300).map(|_| sentences.criteria[0].clone()).collect();
        material.watch = watch.map(|watch| long_watch(&watch, 288));
        for i in 0..400 {
            let signal = sample::signal(SignalKind::Template, &format!("t{i}"), &text.repeat(50), Level::Error);
            let mut finding = sample::finding(signal, Change::More, true, (i, 5 * i + 3));
            finding.samples = vec![sample::sample(&text.repeat(200))];
            material.case.findings.push(finding);
        }
        let markdown = material.report().to_markdown();
        assert!(markdown.len() <= MARKDOWN_MOST_BYTES, "{}", markdown.len());
        assert!(markdown.starts_with("## ROLL BACK\n") && markdown.contains("was shortened"));
        assert!(markdown.contains("more changes left out here"));
        assert!(markdown.contains("earlier checkpoints left out here"));
    }
}

/// A watch of many named looks, changes and gaps, made of one.
pub(super) fn long_watch(watch: &Watched, looks: usize) -> Watched {
    Watched {
        changes: vec![watch.changes[1].clone(); looks],
        checkpoints: (0..looks)
            .map(|i| Checkpoint {
                requests: i as u64,
                ..watch.checkpoints[1].clone()
            })
            .collect(),
        gaps: vec![watch.gaps[0].clone(); looks],
        ..watch.clone()
    }
}

#[test]
fn the_checkpoints_stay_while_other_parts_go() {
    let mut material = sample::watch::watching();
    let watch = sample::watch::running();
    material.watch = Some(Watched {
        changes: watch.changes.clone(),
        gaps: Vec::new(),
        ..long_watch(&watch, 50)
    });
    for i in 0..200 {
        let signal = sample::signal(SignalKind::Template, &format!("t{i}"), "Order failed", Level::Error);
        let mut finding = sample::finding(signal, Change::More, true, (i, 5 * i + 3));
        finding.samples = vec![sample::sample(&"at line 7 ".repeat(150)); 3];
        material.case.findings.push(finding);
    }
    let markdown = material.report().to_markdown();
    assert!(markdown.len() <= MARKDOWN_MOST_BYTES);
    assert!(markdown.contains("was shortened") && !markdown.contains("earlier checkpoints left out"));
    let text = material.report().to_terminal(NARROW);
    assert!(
        text.contains("(38 more earlier checkpoints: see the JSON report)"),
        "{text}"
    );
}

#[test]
fn a_moderate_report_loses_samples_first() {
    let mut material = sample::full();
    for i in 0..60 {
        let signal = sample::signal(
            SignalKind::Template,
            &format!("t{i}"),
            "Order <num> failed",
            Level::Error,
        );
        let mut finding = sample::finding(signal, Change::More, true, (i, 5 * i + 3));
        finding.samples = vec![sample::sample(&"at line 7 ".repeat(150)); 3];
        material.case.findings.push(finding);
    }
    let markdown = material.report().to_markdown();
    assert!(markdown.len() <= MARKDOWN_MOST_BYTES);
    assert!(markdown.contains("was shortened") && markdown.contains("signals with samples left out here"));
    assert!(!markdown.contains("more changes left out"));
}

pub(super) fn hostile() -> impl Strategy<Value = String> {
    let special = r"[\\`*_~\[\]<>&|$#+=.!()@:/w1a \n\r\t\x1b\u{9b}\u{202e}\u{2028}-]{0,60}";
    prop_oneof![special, "(?s).{0,60}", "[ `|\\\\\n]{0,60}", " {60,75}VERDICT: PROCEED"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_out(text in hostile()) {
        assert_safe(&text);
    }

    #[test]
    fn no_text_in_a_sentence_breaks_out(text in hostile()) {
        assert_sentences_safe(&text);
    }
}
