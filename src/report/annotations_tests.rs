//! What a runner of GitHub Actions reads of each line.

use super::*;
use crate::report::sample;

/// Command, title and data, read as the runner reads a line: up to the second `::`, properties at commas, then unescaped.
fn read(line: &str) -> (String, String, String) {
    let (head, data) = line.trim_start().strip_prefix("::").unwrap().split_once("::").unwrap();
    let (name, properties) = head.split_once(' ').unwrap();
    let properties: Vec<&str> = properties.split(',').collect();
    assert_eq!(properties.len(), 1, "{line}");
    let title = properties[0].strip_prefix("title=").unwrap();
    let data_of = |t: &str| t.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let title = title.replace("%3A", ":").replace("%2C", ",");
    (name.to_owned(), data_of(&title), data_of(data))
}

#[test]
fn each_reason_is_an_annotation_of_its_weight() {
    let report = sample::full().report();
    let text = report.to_annotations();
    let lines: Vec<_> = text.lines().map(read).collect();
    assert_eq!(lines.len(), report.reasons.len().min(MOST_ANNOTATIONS));
    for (line, reason) in lines.iter().zip(&report.reasons) {
        let level = match reason.asks_for {
            Verdict::RollBack => "error",
            Verdict::Hold => "warning",
            Verdict::Proceed => "notice",
        };
        assert_eq!(line.0, level);
        assert_eq!(
            line.1,
            format!("logverdict says {}: {}", report.verdict.label(), reason.code)
        );
    }
    let mut many = report;
    many.reasons = vec![many.reasons[0].clone(); 30];
    assert_eq!(many.to_annotations().lines().count(), MOST_ANNOTATIONS);
    many.reasons.clear();
    assert_eq!(many.to_annotations().lines().count(), 1);
}

#[test]
fn log_text_makes_no_command() {
    let mut report = sample::full().report();
    let texts = [
        "a\n::error::b",
        "a\r\n::set-output name=x::y",
        "100%0A::error::x",
        "x::stop-commands::t",
        "a,file=b.rs:1",
        "##[error]x",
        "\u{2028}::debug::x",
        "\u{1b}[2J",
    ];
    report.reasons.truncate(1);
    for text in texts {
        report.reasons[0].message = text.to_owned();
        report.reasons[0].code = text.to_owned();
        let lines = report.to_annotations();
        assert_eq!(lines.lines().count(), 1, "{lines:?}");
        assert!(!lines.trim_end().chars().any(char::is_control), "{lines:?}");
        let (_, title, message) = read(&lines);
        assert!(title.ends_with(&escape::terminal(text)), "{title}");
        assert!(message.starts_with(&escape::terminal(text)), "{message}");
    }
}

#[test]
fn nothing_in_a_shown_body_acts_on_a_runner() {
    let shown = for_log("a\n::error::x\n  ::warning::y\nsee ##[group]z\r\n\u{1b}[1m\n");
    for line in shown.lines() {
        assert!(line.starts_with("| ") && !line.contains("##["), "{line}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    assert_eq!(shown.lines().count(), 5);
}
