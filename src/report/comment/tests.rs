//! The body of a comment: its marks, its length, and the history that is read back of it.

use std::path::Path;

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser};

use super::*;
use crate::model::Timestamp;
use crate::report::{MARKDOWN_MOST_BYTES, sample};
use crate::verdict::Verdict;

fn report() -> Report {
    sample::full().report()
}

fn key() -> CommentKey {
    CommentKey::of(&report())
}

/// The report as it was at a minute, with such a reason.
fn told(minute: i64, verdict: Verdict, reason: &str) -> Report {
    let mut report = report();
    report.verdict = verdict;
    report.reasons[0].message = reason.to_owned();
    report.sides.candidate.last = Some(Timestamp(1_772_364_000_000_000_000 + minute * 60_000_000_000));
    report
}

/// The lines of the history.
fn lines(body: &str) -> Vec<&str> {
    let history = body.rsplit_once("Verdicts so far").unwrap().1;
    history.lines().filter(|l| l.starts_with("- ")).collect()
}

#[test]
fn bodies_are_as_agreed() {
    let first = told(0, Verdict::Hold, "0 of 1,200 requests failed; 1.2 expected").to_comment(&key(), None, "00");
    let second = told(20, Verdict::RollBack, "Errors @team rose <b>100 %</b>, see #12 & `x`");
    let body = second.to_comment(&key(), Some(&first), "0123456789abcdef");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/comment.md");
    if std::env::var_os("LOGVERDICT_BLESS").is_some() {
        std::fs::write(&path, &body).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        body == wanted,
        "comment.md differs; if it should, bless it. Found:\n{body}"
    );
    assert_eq!(nonce(&body), Some("0123456789abcdef"));
    assert!(key().marks(&body));
}

#[test]
fn keys_differ_by_what_they_name() {
    let other = CommentKey::named("chat-api chat-api-00042");
    for (one, two) in [
        (key(), other.clone()),
        (CommentKey::named("a"), CommentKey::named("b")),
        (
            CommentKey::made(&["ab", "c"], String::new()),
            CommentKey::made(&["a", "bc"], String::new()),
        ),
    ] {
        assert!(!two.marks(&report().to_comment(&one, None, "1")));
    }
    let hostile = CommentKey::named("x --> <script>alert(1)</script>");
    let body = report().to_comment(&hostile, None, "1 --> x");
    assert!(hostile.marks(&body) && !body.contains("alert"));
    assert_eq!(nonce(&body), Some("1"));
}

#[test]
fn the_same_told_again_is_no_news() {
    let (one, two) = (told(0, Verdict::Hold, "few <x>"), told(5, Verdict::Hold, "more"));
    let first = one.to_comment(&key(), None, "aa");
    let again = one.to_comment(&key(), Some(&first), "bb");
    assert!(is_same(&first, &again) && first != again);
    assert!(is_same(&first.replace('\n', "\r\n"), &again));
    let second = two.to_comment(&key(), Some(&again), "cc");
    assert!(!is_same(&again, &second));
    assert_eq!(lines(&second).len(), 2);
    assert_eq!(lines(&one.to_comment(&key(), Some(&second), "dd")).len(), 3);
    assert!(!is_same("", "") && !is_same("a", "a"));
}

#[test]
fn the_history_is_bounded_and_says_so() {
    let (mut body, mut report) = (None, 0);
    for minute in 0..60 {
        // Every character takes as many bytes as it can.
        let told = told(minute, Verdict::Hold, &format!("{minute} {}", "@[&".repeat(200)));
        report = told.to_markdown().len();
        body = Some(told.to_comment(&key(), body.as_deref(), "ab"));
    }
    let body = body.unwrap();
    assert!(body.contains("Earlier ones are left out.") && lines(&body)[0].contains("**HOLD**, 59"));
    assert!(
        body.len() - report + MARKDOWN_MOST_BYTES < MOST_CHARS,
        "{}",
        body.len() - report
    );
    let mut body = None;
    for minute in 0..60 {
        body = Some(told(minute, Verdict::Hold, "few").to_comment(&key(), body.as_deref(), "ab"));
    }
    let body = body.unwrap();
    assert_eq!(lines(&body).len(), 30);
    assert_eq!(body.matches("Earlier ones are left out.").count(), 1);
}

#[test]
fn what_is_read_back_stands_between_our_last_marks() {
    // The report shows log text in code spans and fences, where a mark is a mark.
    let mut hostile = told(0, Verdict::Hold, "few");
    let forged = "<!-- logverdict:history -->\n- 2026-01-01 00:00:00Z: **PROCEED**, forged\n<!-- logverdict:end aa -->";
    let samples = hostile.findings.iter_mut().flat_map(|f| &mut f.samples);
    samples.for_each(|sample| sample.text = forged.to_owned());
    hostile.reasons[0].signal.as_mut().unwrap().title = forged.to_owned();
    let first = hostile.to_comment(&key(), None, "01");
    assert_eq!((lines(&first).len(), nonce(&first)), (1, Some("01")));
    let second = told(5, Verdict::Hold, forged).to_comment(&key(), Some(&first), "02");
    assert_eq!(lines(&second).len(), 2);
    assert!(lines(&second)[1].ends_with("**HOLD**, few"), "{second}");
    assert_eq!(between(&second).matches("<!--").count(), 0, "{second}");
}

#[test]
fn an_edited_history_is_data() {
    let body = told(0, Verdict::Hold, "few").to_comment(&key(), None, "01");
    let edited = body.replace(
        "</details>\n<!-- logverdict:end",
        "- never: **HOLD**, x\n- 2026-01-01 00:00:00Z: **MAYBE**, x\n- 2026-01-01 00:00:00Z: **HOLD**, <script>@all</script> &#60;b&#62;\n<img src=x>\n</details>\n<!-- logverdict:end",
    );
    assert_ne!(body, edited);
    let next = told(5, Verdict::Hold, "more").to_comment(&key(), Some(&edited), "02");
    assert_eq!(lines(&next).len(), 3);
    for raw in ["<script", "<img", "<b>", "never", "MAYBE"] {
        assert!(!between(&next).contains(raw), "{raw} in {next}");
    }
    assert!(lines(&next)[2].contains("&#60;script&#62;"), "{next}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_reason_gets_out_of_its_line_or_changes_when_it_is_read_back(reason in "(\\PC|[\\n\\r<>&#;*`@:!\\[\\]_-]|--|&#8203;|<!-- logverdict:end 0 -->){0,60}") {
        let first = told(0, Verdict::RollBack, &reason).to_comment(&key(), None, "01");
        let second = told(1, Verdict::Hold, "then").to_comment(&key(), Some(&first), "02");
        prop_assert_eq!(lines(&first).len(), 1);
        prop_assert_eq!(lines(&second).len(), 2);
        prop_assert_eq!(lines(&first)[0], lines(&second)[1]);
        prop_assert_eq!(nonce(&first), Some("01"));
        let list = lines(&first)[0];
        for event in Parser::new_ext(list, Options::all()) {
            prop_assert!(!matches!(event, Event::Html(_) | Event::InlineHtml(_) | Event::Code(_)), "{list}");
        }
    }
}
