//! Webhooks over real connections to a server on this machine that answers well, badly or not at all.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;
use crate::cloud::TestClock;
use crate::model::Timestamp;
use crate::publish::fake::{Fake, Plan, answer};
use crate::report::{News, NoticeEvent, Report};

const SECRET: &str = "T0SECRET";
/// Longer than any test of a stuck server may take.
const PATIENCE: Duration = Duration::from_secs(5);

fn notice() -> Notice {
    let report = Report::from_json(include_str!("../../tests/golden/full.json")).unwrap();
    let news = News {
        event: NoticeEvent::Checkpoint,
        at: Timestamp::parse("2026-03-01T11:20:00Z").unwrap(),
        checkpoint: Some("T+20m".to_owned()),
        previous: None,
        report_url: None,
    };
    Notice::new(&report, &news)
}

fn webhook(kind: &str, port: u16) -> Webhook {
    Webhook::parse(&format!(
        "{kind}=http://127.0.0.1:{port}/services/{SECRET}?token={SECRET}"
    ))
    .unwrap()
}

struct Sent {
    result: Result<(), PublishError>,
    requests: Vec<String>,
    /// Waits, in seconds.
    sleeps: Vec<u64>,
    took: Duration,
}

/// Sends one notice to a server with such plans. Real time limits are short, waits are virtual.
fn send(plans: Vec<Plan>) -> Sent {
    send_with(plans, |_| {})
}

fn send_with(plans: Vec<Plan>, change: impl FnOnce(&mut SendOptions)) -> Sent {
    let clock = Arc::new(TestClock::at(Timestamp::parse("2026-03-01T11:20:00Z").unwrap()));
    let mut options = SendOptions {
        clock: clock.clone(),
        ..SendOptions::default()
    };
    options.retries.attempt_timeout = Duration::from_millis(400);
    change(&mut options);
    let fake = Fake::start(plans);
    let webhook = webhook("json", fake.port);
    let start = Instant::now();
    let result = webhook.send(&notice(), &options);
    let took = start.elapsed();
    if let Err(error) = &result {
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
        assert!(!error.cause.is_empty() && !error.hint.is_empty());
    }
    let sleeps = clock.sleeps().iter().map(Duration::as_secs).collect();
    Sent {
        result,
        requests: fake.requests(),
        sleeps,
        took,
    }
}

fn kind(sent: &Sent) -> PublishErrorKind {
    sent.result.as_ref().unwrap_err().kind
}

fn cause(sent: &Sent) -> &str {
    &sent.result.as_ref().unwrap_err().cause
}

fn again(plan: impl Fn() -> Plan) -> Vec<Plan> {
    (0..4).map(|_| plan()).collect()
}

// --- Addresses ---

#[test]
fn the_kind_is_named_or_told_by_the_host() {
    for (text, kind) in [
        ("https://hooks.slack.com/services/T/B/x", WebhookKind::Slack),
        (
            "https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t",
            WebhookKind::GoogleChat,
        ),
        ("https://example.com/x?a=b", WebhookKind::Json),
        ("https://hooks.slack.com.evil.example/x", WebhookKind::Json),
        ("slack=https://example.com/x?a=b", WebhookKind::Slack),
        (" chat=http://127.0.0.1:1/x ", WebhookKind::GoogleChat),
        ("json=https://hooks.slack.com/x", WebhookKind::Json),
        ("http://localhost:80", WebhookKind::Json),
        ("http://[::1]:80", WebhookKind::Json),
    ] {
        assert_eq!(text.parse::<Webhook>().unwrap().kind(), kind, "{text}");
    }
}

#[test]
fn what_is_unsafe_or_unclear_is_refused_without_repeating_it() {
    for text in [
        "",
        "slack",
        "slack=",
        "T0SECRET=https://example.com",
        "slack=T0SECRET",
        "ftp://example.com/T0SECRET",
        "http://example.com/T0SECRET",
        "http://127.0.0.1.example.com/T0SECRET",
        "http://10.0.0.1/T0SECRET",
        "https://user:T0SECRET@example.com/",
        "https://example.com/#T0SECRET",
        "https:///T0SECRET/x y",
        "data:text/plain,T0SECRET",
    ] {
        match Webhook::parse(text) {
            Err(error) => {
                assert_eq!(error.kind, PublishErrorKind::BadWebhook);
                assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
            }
            // `https:///host` is `https://host` to the URL standard.
            Ok(_) => assert!(text.starts_with("https:///"), "{text}"),
        }
    }
}

#[test]
fn debug_text_keeps_the_secret() {
    let webhook = Webhook::parse("https://hooks.slack.com/services/T0SECRET?x=T0SECRET").unwrap();
    assert_eq!(format!("{webhook:?}"), "Webhook(Slack, https://hooks.slack.com/...)");
}

// --- What arrives ---

#[test]
fn a_notice_arrives_as_its_kind_has_it() {
    for kind in ["json", "slack", "chat"] {
        let fake = Fake::start(vec![answer(200, "", "ok")]);
        webhook(kind, fake.port)
            .send(&notice(), &SendOptions::default())
            .unwrap();
        let request = &fake.requests()[0];
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let lower = head.to_ascii_lowercase();
        assert!(
            head.starts_with("POST /services/T0SECRET?token=T0SECRET HTTP/1.1"),
            "{head}"
        );
        assert!(lower.contains("content-type: application/json"), "{head}");
        assert!(lower.contains(&format!("idempotency-key: {}", notice().id)), "{head}");
        let wanted = match kind {
            "slack" => notice().to_slack(),
            "chat" => notice().to_google_chat(),
            _ => notice().to_json(),
        };
        assert_eq!(body, wanted);
    }
}

#[test]
fn an_id_that_is_no_header_value_sends_nothing() {
    let fake = Fake::start(Vec::new());
    let odd = Notice {
        id: "a\r\nx: y".to_owned(),
        ..notice()
    };
    let error = webhook("json", fake.port)
        .send(&odd, &SendOptions::default())
        .unwrap_err();
    assert_eq!(error.kind, PublishErrorKind::BadNotice);
}

// --- Trying again ---

#[test]
fn what_passes_is_tried_again_with_the_same_key() {
    let plans = vec![
        answer(503, "", "busy"),
        Plan::Close,
        answer(500, "", ""),
        answer(204, "", ""),
    ];
    let sent = send(plans);
    assert!(sent.result.is_ok(), "{:?}", sent.result);
    assert_eq!((sent.requests.len(), sent.sleeps), (4, vec![1, 2, 4]));
    assert!(sent.requests.iter().all(|r| *r == sent.requests[0]));
}

#[test]
fn after_four_attempts_it_is_given_up() {
    let sent = send(again(|| answer(502, "", "<html>")));
    assert_eq!((kind(&sent), sent.requests.len()), (PublishErrorKind::Unavailable, 4));
    assert_eq!(cause(&sent), "http://127.0.0.1 answered 502 (attempts: 4)");
    let sent = send(again(|| Plan::Close));
    assert_eq!((kind(&sent), sent.requests.len()), (PublishErrorKind::Network, 4));
    assert!(cause(&sent).contains("closed the connection"), "{}", cause(&sent));
}

#[test]
fn the_server_may_ask_for_a_longer_wait_up_to_a_cap() {
    for (asked, waits) in [
        ("7", 7),
        ("0", 1),
        ("soon", 1),
        ("Sun, 01 Mar 2026 11:20:30 GMT", 30),
        ("-5", 1),
    ] {
        let sent = send(vec![
            answer(429, &format!("retry-after: {asked}\r\n"), ""),
            answer(200, "", ""),
        ]);
        assert!(sent.result.is_ok());
        assert_eq!(sent.sleeps, [waits], "{asked}");
    }
    for asked in ["31", "86400", "18446744073709551615"] {
        let sent = send(vec![answer(429, &format!("retry-after: {asked}\r\n"), "")]);
        assert_eq!((kind(&sent), sent.sleeps.len()), (PublishErrorKind::RateLimited, 0));
        assert!(cause(&sent).contains(asked), "{}", cause(&sent));
    }
}

#[test]
fn the_time_for_all_attempts_is_kept() {
    let sent = send(again(|| answer(503, "retry-after: 25\r\n", "")));
    assert_eq!(
        (kind(&sent), sent.sleeps),
        (PublishErrorKind::Unavailable, vec![25, 25])
    );
    assert_eq!(sent.requests.len(), 3);
    let nothing = send_with(again(|| answer(200, "", "")), |o| o.total = Duration::ZERO);
    assert_eq!((kind(&nothing), nothing.sleeps.len()), (PublishErrorKind::Timeout, 0));
}

#[test]
fn refusals_are_not_tried_again_and_say_what_is_known() {
    for (status, body, words) in [
        (400, "invalid_payload", ": invalid_payload"),
        (404, "no_service", ": no_service"),
        (
            403,
            "{\"error\": {\"status\": \"PERMISSION_DENIED\"}}",
            ": PERMISSION_DENIED",
        ),
        (404, "Cannot POST /services/T0SECRET \u{1b}[2J", ""),
        (410, "", ""),
    ] {
        let sent = send(vec![answer(status, "", body)]);
        assert_eq!(
            (kind(&sent), sent.requests.len()),
            (PublishErrorKind::Refused, 1),
            "{status}"
        );
        assert_eq!(cause(&sent), format!("http://127.0.0.1 answered {status}{words}"));
    }
}

// --- Hostile servers ---

#[test]
fn redirects_are_not_followed() {
    let elsewhere = Fake::start(vec![answer(200, "", "")]);
    for status in [301, 302, 303, 307, 308] {
        let to = format!("location: http://127.0.0.1:{}/T0SECRET\r\n", elsewhere.port);
        let sent = send(vec![answer(status, &to, "")]);
        assert_eq!((kind(&sent), sent.requests.len()), (PublishErrorKind::Redirected, 1));
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn endless_and_dripping_bodies_cost_no_more_than_an_attempt() {
    let head = |status| format!("HTTP/1.1 {status} Fake\r\ntransfer-encoding: chunked\r\n\r\n");
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    let drip = "1\r\nx\r\n".to_owned();
    for (more, pause) in [(chunk, 0), (drip, 20)] {
        let plan = |status| Plan::SayForever(head(status), more.clone(), Duration::from_millis(pause));
        let good = send(vec![plan(200)]);
        assert!(good.result.is_ok() && good.took < PATIENCE);
        let bad = send(vec![plan(404)]);
        assert_eq!(kind(&bad), PublishErrorKind::Refused);
        assert!(bad.took < PATIENCE, "{:?}", bad.took);
    }
}

#[test]
fn heads_without_end_are_given_up() {
    let fast =
        |line: &str, pause| Plan::SayForever("HTTP/1.1 200 OK\r\n".into(), line.into(), Duration::from_millis(pause));
    let many = send(vec![fast("x-a: b\r\n", 0)]);
    assert_eq!(kind(&many), PublishErrorKind::BadAnswer, "{:?}", many.result);
    let long = send(vec![fast(&"x".repeat(64 * 1024), 0)]);
    assert_eq!(kind(&long), PublishErrorKind::BadAnswer, "{:?}", long.result);
    let slow = send(again(|| fast("x", 20)));
    assert_eq!((kind(&slow), slow.requests.len()), (PublishErrorKind::Timeout, 4));
    assert!(many.took < PATIENCE && long.took < PATIENCE && slow.took < PATIENCE);
}

#[test]
fn silence_and_endless_interim_answers_time_out() {
    let silent = send_with(again(|| Plan::Silence), |o| {
        o.retries.attempt_timeout = Duration::from_millis(100)
    });
    assert_eq!((kind(&silent), silent.requests.len()), (PublishErrorKind::Timeout, 4));
    let interim = Plan::SayForever(
        String::new(),
        "HTTP/1.1 100 Continue\r\n\r\n".into(),
        Duration::from_millis(5),
    );
    let interim = send_with(vec![interim], |o| o.retries.attempts = 1);
    assert!(interim.result.is_err() && interim.took < PATIENCE);
}

#[test]
fn what_is_no_http_is_named() {
    for text in [
        "hello\r\n\r\n",
        "\u{16}\u{3}\u{1}binary\u{0}\u{0}\u{0}\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
    ] {
        let sent = send(vec![Plan::Say(text.to_owned())]);
        assert_eq!(kind(&sent), PublishErrorKind::BadAnswer, "{text:?}: {:?}", sent.result);
    }
}

#[test]
fn a_closed_port_and_a_server_without_tls_are_named() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let clock = Arc::new(TestClock::at(Timestamp(0)));
    let options = SendOptions {
        clock,
        ..SendOptions::default()
    };
    let error = webhook("json", closed).send(&notice(), &options).unwrap_err();
    assert_eq!(error.kind, PublishErrorKind::Network);
    assert!(error.cause.contains("refused the connection"), "{error:?}");
    let fake = Fake::start(again(|| answer(200, "", "")));
    let tls = Webhook::parse(&format!("https://127.0.0.1:{}/{SECRET}", fake.port)).unwrap();
    let mut options = options;
    options.retries.attempts = 1;
    options.connect_timeout = Duration::from_millis(500);
    let error = tls.send(&notice(), &options).unwrap_err();
    assert_eq!(error.kind, PublishErrorKind::Network, "{error:?}");
    assert!(!format!("{error:?}").contains(SECRET));
}
