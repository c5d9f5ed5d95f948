//! The canonical form, and what else is told of a filter: its time, its quotes.

use super::super::{Filter, quote};
use super::filter;
use crate::model::{Timestamp, Window};

#[test]
fn the_canonical_form_has_all_parentheses() {
    for (text, canonical) in [
        ("a  b", "a AND b"),
        ("a OR b c", "(a OR b) AND c"),
        ("(a b) OR c", "(a AND b) OR c"),
        ("((a)) AND (b AND (c))", "a AND b AND c"),
        ("(a OR b) OR c", "a OR b OR c"),
        ("-a -(b OR c)", "NOT a AND NOT (b OR c)"),
        ("NOT NOT a", "NOT NOT a"),
        ("severity >= ERROR -- loud", "severity>=ERROR"),
        (
            "textPayload : \"a\\tb \\\"c\\\" \\\\\"",
            "textPayload:\"a\\tb \\\"c\\\" \\\\\"",
        ),
        ("httpRequest.requestUrl:/rooms/7", "httpRequest.requestUrl:\"/rooms/7\""),
        ("jsonPayload.x>-5", "jsonPayload.x>\"-5\""),
        ("jsonPayload.x=0.5", "jsonPayload.x=\"0.5\""),
        ("jsonPayload.\"a.b\".c:*", "jsonPayload.\"a.b\".c:*"),
        ("jsonPayload.\"plain\"=1", "jsonPayload.plain=1"),
        ("jsonPayload.AND=\"OR\"", "jsonPayload.\"AND\"=\"OR\""),
        ("labels.a-b=x", "labels.\"a-b\"=x"),
        ("http_request.status=1", "http_request.status=1"),
        ("textPayload=~\"\\d+\\\\.\\\"\"", "textPayload=~\"\\\\d+\\\\.\\\"\""),
        ("severity=(ERROR OR CRITICAL)", "severity=(ERROR OR CRITICAL)"),
        ("severity=(ERROR)", "severity=ERROR"),
        ("textPayload:(a OR b c -d)", "textPayload:((a OR b) AND c AND NOT d)"),
        ("textPayload:(NOT (a OR b))", "textPayload:(NOT (a OR b))"),
        ("log_id(a/b)", "log_id(\"a/b\")"),
        ("SOURCE(projects/p)", "source(\"projects/p\")"),
        ("search( \"a\" )", "SEARCH(\"a\")"),
        ("SEARCH(jsonPayload.x,\"a\")", "SEARCH(jsonPayload.x, \"a\")"),
        ("sample(insertId,0.01)", "sample(insertId, 0.01)"),
        (
            "ip_in_net(httpRequest.remoteIp,\"::/0\")",
            "ip_in_net(httpRequest.remoteIp, \"::/0\")",
        ),
        (
            "cast(regexp_extract(labels.x,\"(a)\"),int64)>1",
            "cast(regexp_extract(labels.x, \"(a)\"), INT64)>1",
        ),
        (
            "cast(timestamp,string,timezone(\"+01:00\")):x",
            "cast(timestamp, STRING, TIMEZONE(\"+01:00\")):x",
        ),
        ("", ""),
        ("\"a\nb\"", "\"a\\nb\""),
    ] {
        let filter = filter(text);
        assert_eq!(filter.to_string(), canonical, "{text}");
        assert_eq!(super::filter(canonical).to_string(), canonical, "{text}");
        assert_eq!(filter.text(), text);
    }
}

#[test]
fn quoted_names_are_one_value() {
    for name in [
        "chat-api",
        "say \"hi\" \\ bye",
        "a\nb\t\u{1}",
        "' OR severity:* --",
        "日本",
        "",
    ] {
        let json = serde_json::json!({"insertId": "1", "textPayload": name}).to_string();
        let text = format!("textPayload={}", quote(name));
        assert!(super::takes(&text, &json), "{text}");
        assert!(!super::takes(&text, r#"{"insertId":"1","textPayload":"x"}"#), "{text}");
    }
}

#[test]
fn the_time_is_what_all_entries_must_meet() {
    let at = |s: &str| Timestamp::parse(s).unwrap();
    let window = |start: Option<&str>, end: Option<&str>| Window {
        start: start.map(at),
        end: end.map(at),
    };
    let (a, b) = ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z");
    for (text, bounds) in [
        (
            format!("timestamp>=\"{a}\" AND timestamp<\"{b}\""),
            window(Some(a), Some(b)),
        ),
        (
            format!("x timestamp>=\"{a}\"\n(timestamp<\"{b}\" severity=INFO)"),
            window(Some(a), Some(b)),
        ),
        (format!("timestamp>=\"{a}\" timestamp>=\"{b}\""), window(Some(b), None)),
        (format!("timestamp<\"{a}\" timestamp<\"{b}\""), window(None, Some(a))),
        (
            "timestamp>=2026-03-01".to_owned(),
            window(Some("2026-03-01T00:00:00Z"), None),
        ),
        (format!("timestamp>=\"{a}\" OR severity=INFO"), Window::ALL),
        (format!("NOT timestamp>=\"{a}\""), Window::ALL),
        (format!("timestamp!=\"{a}\""), Window::ALL),
        (format!("timestamp>=(\"{a}\" OR \"{b}\")"), Window::ALL),
        (format!("receiveTimestamp>=\"{a}\""), Window::ALL),
        (String::new(), Window::ALL),
    ] {
        assert_eq!(filter(&text).time_bounds(), bounds, "{text}");
    }
    let exact = |op: &str| filter(&format!("timestamp{op}\"{a}\"")).time_bounds();
    let next = Some(Timestamp(at(a).0 + 1));
    assert_eq!(exact(">"), Window { start: next, end: None });
    assert_eq!(exact("<="), Window { start: None, end: next });
    assert_eq!(
        exact("="),
        Window {
            start: Some(at(a)),
            end: next
        }
    );
    assert!(Filter::parse("").is_ok_and(|f| f.takes_all()));
}
