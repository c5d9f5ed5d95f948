//! Every text of `fixtures/hostile/attacks.toml` in every place of a report that takes text from logs, in every format.

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};
use regex::Regex;
use serde::Deserialize;

use super::html::tests::read;
use super::sample::{self, Material};
use super::tests::{assert_terminal_is_clean, infect, infect_sentences};
use super::{Deploy, Parts, Redaction, Report, Style};

#[derive(Deserialize)]
struct Corpus {
    attack: Vec<Attack>,
}

#[derive(Deserialize)]
struct Attack {
    kind: String,
    name: String,
    text: String,
    #[serde(default)]
    secrets: Vec<String>,
}

fn corpus() -> Vec<Attack> {
    let text = include_str!("../../fixtures/hostile/attacks.toml").replace('·', "");
    toml::from_str::<Corpus>(&text).unwrap().attack
}

/// A report with the text in every place.
fn report(text: &str, redaction: Redaction) -> Report {
    let mut material = sample::full();
    infect_sentences(&mut material, text);
    infect(&mut material, text);
    infect_more(&mut material, text);
    let deploy = Deploy {
        chosen: vec![text.to_owned()],
        ..Deploy::default()
    };
    Report::new(&Parts {
        tool: &material.tool,
        case: &material.case,
        judgement: &material.judgement,
        baseline: &material.baseline,
        candidate: &material.candidate,
        deploy: Some(&deploy),
        watch: material.watch.as_ref(),
        redaction,
    })
}

/// What the other tests leave out: the outlook, signals of reasons, names of revisions in the coverage.
fn infect_more(material: &mut Material, text: &str) {
    let own = || text.to_owned();
    let judgement = &mut material.judgement;
    for (reason, kind) in judgement
        .reasons
        .iter_mut()
        .zip([crate::model::SignalKind::Route, crate::model::SignalKind::Template])
    {
        let mut signal = sample::signal(kind, "t1:5f0c2a9b", text, crate::model::Level::Error);
        if kind == crate::model::SignalKind::Route {
            signal.id = own();
        }
        reason.signal = Some(signal);
        reason.filter = Some(own());
    }
    let outlook = &mut judgement.outlook;
    for until in [&mut outlook.until_proceed, &mut outlook.until_roll_back]
        .into_iter()
        .flatten()
    {
        (until.why, until.message) = (Some(own()), own());
    }
    outlook
        .smallest_harm_excluded
        .iter_mut()
        .for_each(|e| e.message = own());
    outlook.vanished.iter_mut().for_each(|r| r.message = own());
    for coverage in [&mut material.baseline, &mut material.candidate] {
        coverage.revisions = [(own(), 3)].into();
        coverage.remarks.clone_from(&coverage.concerns);
    }
}

/// The shape of a Markdown document as GitHub reads it, and its text outside of code, a line for each block.
fn github(markdown: &str) -> (Vec<String>, String) {
    let mut options = Options::default();
    let on = &mut options.extension;
    (on.autolink, on.table, on.strikethrough) = (true, true, true);
    (on.tasklist, on.footnotes, on.alerts, on.math_dollars, on.math_code) = (true, true, true, true, true);
    let arena = Arena::new();
    let (mut shape, mut words) = (Vec::new(), String::new());
    for node in parse_document(&arena, markdown, &options).descendants() {
        match &node.data().value {
            NodeValue::Text(text) => words.push_str(text),
            NodeValue::Code(_) => {
                shape.push("Code".to_owned());
                words.push('\u{0}');
            }
            NodeValue::CodeBlock(block) => shape.push(format!("CodeBlock {}", block.info)),
            NodeValue::HtmlBlock(block) => shape.push(block.literal.clone()),
            NodeValue::Heading(heading) => shape.push(format!("Heading {}", heading.level)),
            NodeValue::Paragraph | NodeValue::TableCell | NodeValue::SoftBreak => {
                words.push('\n');
                shape.push("block".to_owned());
            }
            other => {
                let name = format!("{other:?}");
                shape.push(name.split(['(', ' ']).next().unwrap_or_default().to_owned());
            }
        }
    }
    (shape, words)
}

/// What GitHub makes links, pings or pictures of in plain text.
fn references(words: &str) -> Vec<&str> {
    let live = concat!(
        r"(?i)@\w|#[0-9]|\bgh-[0-9]|://|\bwww\.|\b(?:mailto|xmpp):\w|(?:^|[^0-9]):[a-z0-9_+-]+:",
        r"|\bghsa-[0-9a-z]{4}-|\bcve-[0-9]{4}-"
    );
    let live = Regex::new(live).unwrap();
    let commit = Regex::new(r"\b[0-9a-f]{7,40}\b").unwrap();
    let is_commit = |m: &regex::Match<'_>| m.as_str().contains(|c: char| c.is_ascii_alphabetic());
    let commits = commit.find_iter(words).filter(is_commit);
    live.find_iter(words).chain(commits).map(|m| m.as_str()).collect()
}

/// No line but ours begins with the words of a verdict.
fn assert_nothing_forged(text: &str, ours: &str, name: &str) {
    for line in text.lines().filter(|line| *line != ours) {
        let start: String = line.chars().take(9).collect::<String>().to_ascii_uppercase();
        for word in ["VERDICT", "PROCEED", "HOLD", "ROLL BACK", "ROLL_BACK"] {
            assert!(!start.starts_with(word), "{name}: {line}");
        }
    }
}

#[test]
fn the_corpus_is_large() {
    let corpus = corpus();
    for (kind, least) in [
        ("terminal", 30),
        ("markdown", 70),
        ("html", 40),
        ("csv", 15),
        ("secret", 60),
    ] {
        let found = corpus.iter().filter(|a| a.kind == kind).count();
        assert!(found >= least, "{kind}: {found}");
    }
    assert!(corpus.iter().all(|a| (a.kind == "secret") != a.secrets.is_empty()));
}

#[test]
fn no_attack_survives_on_a_terminal() {
    let styles = [(40, false), (80, false), (80, true), (140, true)];
    for Attack { name, text, .. } in corpus() {
        let report = report(&text, Redaction::NONE);
        for (width, color) in styles {
            let shown = report.to_terminal(Style { width, color });
            assert_terminal_is_clean(&shown);
            let unseen =
                |c: char| c != '\n' && c != '\u{1b}' && super::escape::terminal(&c.to_string()) != c.to_string();
            assert!(
                !shown.contains(unseen),
                "{name}: {:?}",
                shown.matches(unseen).collect::<Vec<_>>()
            );
            assert_nothing_forged(&shown, "VERDICT: ROLL BACK", &name);
        }
    }
}

#[test]
fn no_attack_survives_in_markdown() {
    let harmless = report("x", Redaction::NONE);
    let (long, short) = (github(&harmless.to_markdown()), github(&harmless.to_compact()));
    let mut survived = Vec::new();
    for Attack { name, text, .. } in corpus() {
        let report = report(&text, Redaction::NONE);
        for (markdown, wanted) in [(report.to_markdown(), &long), (report.to_compact(), &short)] {
            let (shape, words) = github(&markdown);
            if shape != wanted.0 {
                let differs = shape
                    .iter()
                    .zip(&wanted.0)
                    .position(|(a, b)| a != b)
                    .unwrap_or_default();
                let around = &shape[differs.saturating_sub(2)..];
                survived.push(format!("{name}: {:?}", around.iter().take(4).collect::<Vec<_>>()));
            }
            let live = references(&words);
            if !live.is_empty() {
                survived.push(format!("{name}: {live:?}"));
            }
            assert_nothing_forged(&markdown, "", &name);
        }
        assert!(
            report.to_compact().chars().count() < super::COMPACT_MOST_CHARS,
            "{name}"
        );
    }
    assert!(survived.is_empty(), "{survived:#?}");
}

#[test]
fn no_attack_survives_in_html() {
    let harmless = read(&report("x", Redaction::NONE).to_html());
    for Attack { name, text, .. } in corpus() {
        let html = report(&text, Redaction::NONE).to_html();
        let found = read(&html);
        assert!(found.tags == harmless.tags, "{name}");
        let unseen = |c: char| c != '\n' && super::escape::terminal(&c.to_string()) != c.to_string();
        assert!(!html.contains(unseen), "{name}");
        assert_nothing_forged(&html, "", &name);
        let shown = found.text.contains(&super::escape::terminal(&text));
        assert!(shown, "{name}: a reader sees what was logged");
    }
}

/// Reads CSV as RFC 4180 says, with another separator as some spreadsheets do.
fn cells(csv: &str, separator: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut chars) = (false, csv.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c if c == separator && !quoted => row.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    assert!(!quoted && row.is_empty() && cell.is_empty());
    rows
}

#[test]
fn no_attack_survives_in_csv() {
    for Attack { name, text, .. } in corpus() {
        let report = report(&text, Redaction::NONE);
        let csv = report.to_csv();
        assert_nothing_forged(&csv, "", &name);
        let rows = cells(&csv, ',');
        assert_eq!(rows.len(), report.findings.len() + 1, "{name}");
        assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{name}");
        let elsewhere = csv.split("\r\n").flat_map(|line| line.split(';')).map(str::to_owned);
        for cell in rows.into_iter().flatten().chain(elsewhere) {
            let starts = cell.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
            let is_formula = starts.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
            assert!(!is_formula || starts.parse::<f64>().is_ok(), "{name}: {cell:?}");
            assert!(!cell.contains(char::is_control), "{name}: {cell:?}");
        }
    }
}

#[test]
fn no_secret_survives_anywhere() {
    let redaction = Redaction {
        ip_addresses: true,
        ..Redaction::default()
    };
    let mut leaks = Vec::new();
    for Attack {
        name, text, secrets, ..
    } in corpus()
    {
        let report = report(&text, redaction);
        let again = report.redacted(redaction);
        assert_eq!(
            again.redactions, report.redactions,
            "{name}: nothing is left to take out"
        );
        let narrow = Style {
            width: 80,
            color: false,
        };
        let outputs = [
            ("json", report.to_json()),
            ("markdown", report.to_markdown()),
            ("compact", report.to_compact()),
            ("html", report.to_html()),
            ("csv", report.to_csv()),
            ("terminal", report.to_terminal(narrow)),
        ];
        for secret in &secrets {
            // In JSON nothing is escaped that a secret is made of: the other formats show a part of it.
            let leaking = outputs.iter().filter(|(_, out)| out.contains(secret.as_str()));
            leaks.extend(leaking.map(|(format, _)| format!("{name}: {secret} in {format}")));
        }
        let counts = super::words::redactions(&report.redactions).unwrap_or_default();
        let first = counts.split(',').next().unwrap_or_default();
        for (format, out) in &outputs {
            let told = if *format == "json" {
                first.replacen(' ', "\": ", 1)
            } else {
                first.to_owned()
            };
            assert!(
                out.contains(&told),
                "{name}: {format} does not count what was taken out: {told}"
            );
        }
    }
    assert!(leaks.is_empty(), "{leaks:#?}");
}
