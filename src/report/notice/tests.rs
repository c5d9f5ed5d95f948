//! The value, its schema, and what no text may do to any rendering.
//!
//! `LOGVERDICT_BLESS=1 cargo test --lib report::notice` writes the golden files anew.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::report::{Deploy, sample};

const URL: &str = "https://reports.example.com/r/1?a=b&c=d";

fn news(event: NoticeEvent) -> News {
    News {
        event,
        at: sample::at("11:20:00").unwrap(),
        checkpoint: Some("T+20m".to_owned()),
        previous: Some(Verdict::Hold),
        report_url: Some(URL.to_owned()),
    }
}

fn notice() -> Notice {
    Notice::new(&sample::full().report(), &news(NoticeEvent::VerdictChanged))
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn assert_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("LOGVERDICT_BLESS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{name} differs; if it should, bless it. Found:\n{found}"
    );
}

#[test]
fn renderings_are_as_agreed() {
    let notice = notice();
    let pretty = |text: String| format!("{:#}\n", parsed(&text));
    assert_golden("notice.json", &notice.to_json());
    assert_golden("notice.txt", &notice.to_text());
    assert_golden("notice.slack.json", &pretty(notice.to_slack()));
    assert_golden("notice.chat.json", &pretty(notice.to_google_chat()));
}

#[test]
fn notices_follow_their_schema() {
    let schema = parsed(include_str!("../../../docs/schema/notice.schema.json"));
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value = parsed(&notice().to_json());
    let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let bare = Notice::new(
        &sample::empty().report(),
        &News {
            checkpoint: None,
            previous: None,
            report_url: None,
            ..news(NoticeEvent::Ended)
        },
    );
    assert!(validator.is_valid(&parsed(&bare.to_json())), "{}", bare.to_json());
    for (pointer, wrong) in [
        ("/schema", json!("logverdict.notice/2")),
        ("/id", json!("")),
        ("/event", json!("started")),
        ("/at", json!(null)),
        ("/verdict", json!("ROLL BACK")),
        ("/previous", json!("none")),
        ("/lean", json!("up")),
        ("/reasons/0/code", json!("Server Errors")),
        ("/reasons/0/message", json!(null)),
        ("/counts/candidate_requests", json!(-1)),
        ("/next_steps", json!(["a", "b", "c", "d"])),
        ("/report_url", json!("javascript:alert(1)")),
    ] {
        let mut broken = value.clone();
        *broken.pointer_mut(pointer).unwrap() = wrong.clone();
        assert!(!validator.is_valid(&broken), "{pointer} = {wrong} passes");
    }
    for field in value.as_object().unwrap().keys() {
        let mut broken = value.clone();
        broken.as_object_mut().unwrap().remove(field);
        assert!(!validator.is_valid(&broken), "without {field} it passes");
    }
}

#[test]
fn the_same_notice_has_the_same_id_wherever_the_report_is() {
    let first = notice();
    let elsewhere = News {
        report_url: None,
        ..news(NoticeEvent::VerdictChanged)
    };
    let second = Notice::new(&sample::full().report(), &elsewhere);
    assert_eq!(first.id, second.id);
    assert_eq!(first.id.len(), 32);
    for other in [
        News {
            at: Timestamp(0),
            ..elsewhere.clone()
        },
        News {
            event: NoticeEvent::Ended,
            ..elsewhere.clone()
        },
        News {
            checkpoint: None,
            ..elsewhere.clone()
        },
        News {
            previous: None,
            ..elsewhere.clone()
        },
    ] {
        assert_ne!(Notice::new(&sample::full().report(), &other).id, first.id, "{other:?}");
    }
    assert_eq!(serde_json::from_str::<Notice>(&first.to_json()).unwrap(), first);
}

#[test]
fn names_are_cloud_runs_where_it_was_asked() {
    let mut report = sample::full().report();
    let sides = Notice::new(&report, &news(NoticeEvent::Checkpoint));
    assert_eq!(
        (sides.service.as_str(), sides.candidate.as_str()),
        ("chat-api", sample::NEW)
    );
    assert_eq!(sides.baseline.as_deref(), Some(sample::OLD));
    report.deploy = Some(Deploy {
        service: "other".into(),
        candidate: "other-2".into(),
        ..Deploy::default()
    });
    let deploy = Notice::new(&report, &news(NoticeEvent::Checkpoint));
    assert_eq!(
        (deploy.service.as_str(), deploy.candidate.as_str()),
        ("other", "other-2")
    );
    assert_eq!(deploy.baseline, None);
    assert_eq!(
        deploy.counts,
        NoticeCounts {
            candidate_requests: 4500,
            candidate_server_errors: 50
        }
    );
}

#[test]
fn counts_do_not_overflow_and_take_500_to_599_alone() {
    let mut report = sample::empty().report();
    report.sides.candidate.by_status = [(499, 7), (500, u64::MAX), (599, 1), (600, 7)].into();
    assert_eq!(NoticeCounts::of(&report).candidate_server_errors, u64::MAX);
}

#[test]
fn links_are_web_addresses_or_none() {
    for url in [
        "",
        "https://",
        "javascript:alert(1)",
        "https://a|b",
        "https://a>b",
        "https://a b",
        "ftp://a",
        "https://é",
    ] {
        let report_url = Some(url.to_owned());
        let made = Notice::new(
            &sample::full().report(),
            &News {
                report_url,
                ..news(NoticeEvent::Ended)
            },
        );
        assert_eq!(made.report_url, None, "{url}");
        // Read from elsewhere, it may hold anything.
        let read = Notice {
            report_url: Some(url.to_owned()),
            ..made
        };
        for body in [read.to_slack(), read.to_google_chat()] {
            assert!(!body.contains("Read the report"), "{url}: {body}");
        }
    }
}

#[test]
fn commands_are_shown_whole_or_not_at_all() {
    let with = |steps: &[&str]| Notice {
        next_steps: steps.iter().map(|s| (*s).to_owned()).collect(),
        ..notice()
    };
    let harmless = with(&["$ gcloud run x --to=a=100 && echo done"]);
    assert!(
        harmless
            .to_slack()
            .contains("$ gcloud run x --to=a=100 &amp;&amp; echo done")
    );
    assert!(
        harmless
            .to_google_chat()
            .contains("`gcloud run x --to=a=100 && echo done`")
    );
    assert!(
        harmless
            .to_text()
            .contains("Next: $ gcloud run x --to=a=100 && echo done\n")
    );
    let odd = with(&["$ open https://evil.example/`x`\n<users/all>", "Look."]);
    assert!(!odd.to_slack().contains("open") && !odd.to_google_chat().contains("open"));
    assert!(odd.to_text().ends_with("Next: Look.\n"));
    assert!(odd.to_slack().contains(NOT_SHOWN) && odd.to_google_chat().contains(NOT_SHOWN));
    let traffic = "gcloud run services describe a_b --format='yaml(status.traffic)'";
    let ours = with(&[&format!("$ {traffic}")]);
    for body in [ours.to_slack(), ours.to_google_chat(), ours.to_text()] {
        assert!(body.contains(traffic), "{body}");
    }
    let query = with(&["$ gcloud logging read 'textPayload:\"go to evil.example\"'"]);
    assert!(!query.to_slack().contains("gcloud") && !query.to_google_chat().contains("gcloud"));
    let mut report = sample::full().report();
    report.next_steps = vec![format!("$ {}", "x".repeat(MOST_CHARS))];
    assert!(Notice::new(&report, &news(NoticeEvent::Ended)).next_steps.is_empty());
}

/// A notice with one text in all places.
fn all(text: &str) -> Notice {
    let reason = NoticeReason {
        code: text.to_owned(),
        message: text.to_owned(),
    };
    Notice {
        checkpoint: Some(text.to_owned()),
        project: text.to_owned(),
        region: text.to_owned(),
        service: text.to_owned(),
        candidate: text.to_owned(),
        baseline: Some(text.to_owned()),
        confidence: text.to_owned(),
        reasons: vec![reason; 3],
        next_steps: vec![text.to_owned(), format!("$ {text}"), text.to_owned()],
        ..notice()
    }
}

/// Every text of a JSON value.
fn texts(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|v| texts(v, out)),
        Value::Object(fields) => fields.values().for_each(|v| texts(v, out)),
        _ => {}
    }
}

fn assert_tame(notice: &Notice) {
    let slack = parsed(&notice.to_slack());
    let blocks = slack["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50);
    let mut found = Vec::new();
    texts(&slack, &mut found);
    let link = format!("<{}|Read the report>", URL.replace('&', "&amp;"));
    for text in found {
        assert!((1..=3000).contains(&text.encode_utf16().count()), "{text:?}");
        assert!(text == link || !text.contains(['<', '>']), "{text:?}");
        assert!(!text.contains("@here") && !text.contains("@channel"), "{text:?}");
    }
    assert!(blocks[0]["text"]["text"].as_str().unwrap().encode_utf16().count() <= 150);
    let chat = parsed(&notice.to_google_chat());
    let text = chat["text"].as_str().unwrap();
    assert!(text.len() <= 4096, "{}", text.len());
    let rest = text.replacen(&format!("<{URL}|Read the report>"), "", 1);
    assert!(!rest.contains(['<', '>']) && !rest.contains("://"), "{rest}");
    assert_eq!(rest.lines().next().unwrap().matches('*').count(), 2, "{rest}");
    let plain = notice.to_text();
    assert!((1..=5).contains(&plain.lines().count()), "{plain}");
    assert!(!plain.replace('\n', "").contains(char::is_control));
}

#[test]
fn hostile_texts_do_nothing() {
    for text in [
        "",
        "<!channel> @here @channel <@U1>",
        "<users/all> <https://evil.example|x> *b* `c` ```d```",
        "a\n*b*\r\n> c\u{1b}[2J\u{202e}",
        &"&".repeat(5000),
        &"\u{10ffff}".repeat(5000),
        &"a@".repeat(5000),
    ] {
        assert_tame(&all(text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_does_anything(text in "([<>&@*_`~:/.|!a-z\u{0}-\u{ff}\u{200b}😀]|@here|<!channel>|<users/all>|https://x){0,300}") {
        assert_tame(&all(&text));
    }
}
