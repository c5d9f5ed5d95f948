//! The whole page of metrics, as agreed.

use std::time::Duration;

use super::*;
use crate::model::Timestamp;
use crate::report::NoticeCounts;

#[test]
fn metrics_are_as_agreed() {
    let view = StatusView {
        verdict: Some(Verdict::Proceed),
        service: "chat-api".to_owned(),
        candidate: "chat-api-00042-wex".to_owned(),
        last_look: Timestamp::parse("2026-03-01T11:20:00.9Z"),
        looks: 5,
        look_failures: 1,
        entries_read: 13_500,
        api_requests: 42,
        checkpoints: 2,
        counts: NoticeCounts {
            candidate_requests: 4500,
            candidate_server_errors: 50,
        },
        ..StatusView::new(Duration::from_secs(900))
    };
    let found = render(&view);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/metrics.txt");
    if std::env::var_os("LOGVERDICT_BLESS").is_some() {
        std::fs::write(path, &found).unwrap();
    }
    let wanted = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == wanted,
        "metrics.txt differs; if it should, bless it. Found:\n{found}"
    );
}

#[test]
fn before_the_first_look_there_is_no_time_and_no_verdict() {
    let found = render(&StatusView::default());
    assert!(!found.contains("logverdict_last_look_timestamp_seconds{"), "{found}");
    let series: Vec<&str> = found.lines().filter(|l| l.starts_with("logverdict_verdict{")).collect();
    assert_eq!(series.len(), 3);
    assert!(series.iter().all(|l| l.ends_with("} 0")), "{found}");
}

#[test]
fn labels_do_not_end_early() {
    let view = StatusView {
        service: "a\"} 1\nevil_metric 7 \\".to_owned(),
        ..StatusView::default()
    };
    let found = render(&view);
    assert!(
        found.contains(r#"{service="a\"} 1\nevil_metric 7 \\",candidate=""} 0"#),
        "{found}"
    );
    assert!(
        found
            .lines()
            .all(|l| l.starts_with("# ") || l.starts_with("logverdict_")),
        "{found}"
    );
}
