//! The status page over real connections: what is served, to whom, and what bad clients cost.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use super::*;
use crate::cloud::TestClock;
use crate::model::Timestamp;
use crate::publish::{StatusView, view::lock};
use crate::report::Report;

const LOOK: &str = "2026-03-01T11:20:00Z";

struct Site {
    server: StatusServer,
    view: SharedView,
    clock: Arc<TestClock>,
}

/// A server with short time limits.
fn site_at(addr: &str, view: StatusView) -> Site {
    let clock = Arc::new(TestClock::at(Timestamp::parse(LOOK).unwrap()));
    let limits = Limits {
        head: Duration::from_millis(300),
        life: Duration::from_millis(1500),
    };
    let view = view.shared();
    let server = StatusServer::start_with_limits(addr.parse().unwrap(), view.clone(), clock.clone(), limits).unwrap();
    Site { server, view, clock }
}

fn site() -> Site {
    let mut view = StatusView::new(Duration::from_secs(900));
    view.show(&Report::from_json(include_str!("../../../tests/golden/full.json")).unwrap());
    view.looked(Timestamp::parse(LOOK).unwrap(), false);
    site_at("127.0.0.1:0", view)
}

struct Got {
    status: u16,
    head: String,
    body: String,
}

impl Site {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.local_addr()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    /// Sends bytes and reads to the end of the connection.
    fn raw(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn ask(&self, method: &str, path: &str, host: &str) -> Got {
        let answer = self.raw(&format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Got {
            status,
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    fn get(&self, path: &str) -> Got {
        self.ask("GET", path, "localhost")
    }
}

#[test]
fn the_report_is_served_in_its_forms() {
    let site = site();
    let (markdown, json) = {
        let view = lock(&site.view);
        (view.markdown.to_string(), view.json.to_string())
    };
    for (path, content_type, body) in [
        ("/", "text/plain; charset=utf-8", &markdown),
        ("/report.md", "text/markdown; charset=utf-8", &markdown),
        ("/report.json", "application/json", &json),
        ("/?a=b", "text/plain; charset=utf-8", &markdown),
    ] {
        let got = site.get(path);
        assert_eq!((got.status, &got.body), (200, body), "{path}");
        assert!(
            got.head.contains(&format!("content-type: {content_type}")),
            "{}",
            got.head
        );
        let head = site.ask("HEAD", path, "localhost");
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        assert!(
            head.head.contains(&format!("content-length: {}", body.len())),
            "{}",
            head.head
        );
    }
    lock(&site.view).html = Some("<p>live</p>".into());
    let got = site.get("/");
    assert_eq!(got.body, "<p>live</p>");
    assert!(got.head.contains("content-type: text/html; charset=utf-8"));
}

#[test]
fn every_answer_is_kept_from_doing_more_than_showing() {
    let site = site();
    for (method, path, host, status) in [
        ("GET", "/", "localhost", 200),
        ("GET", "/metrics", "localhost", 200),
        ("GET", "/nothing", "localhost", 404),
        ("GET", "/../etc/passwd", "localhost", 404),
        ("GET", "//", "localhost", 404),
        ("POST", "/", "localhost", 405),
        ("DELETE", "/report.json", "localhost", 405),
        ("OPTIONS", "*", "localhost", 405),
        ("GET", "/", "evil.example", 403),
        ("GET", "http://evil.example/", "localhost", 403),
        ("POST", "/", "evil.example:80", 403),
    ] {
        let got = site.ask(method, path, host);
        assert_eq!(got.status, status, "{method} {path} {host}");
        for header in [
            "x-content-type-options: nosniff",
            "content-security-policy: default-src 'none'; style-src 'unsafe-inline'",
            "cache-control: no-store",
        ] {
            assert!(got.head.contains(header), "{}", got.head);
        }
        assert_eq!(got.head.contains("allow: get, head"), status == 405);
    }
    let without_host = site.raw("GET / HTTP/1.1\r\n\r\n");
    assert!(without_host.starts_with("HTTP/1.1 403"), "{without_host}");
}

#[test]
fn a_page_for_everybody_may_be_asked_for_by_any_name() {
    let mut view = StatusView::new(Duration::from_secs(900));
    view.looked(Timestamp::parse(LOOK).unwrap(), false);
    let site = site_at("0.0.0.0:0", view);
    let port = site.server.local_addr().port();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: watch.example\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!is_loopback(site.server.local_addr()));
    assert!(is_loopback("[::ffff:127.0.0.1]:1".parse().unwrap()) && is_loopback("[::1]:1".parse().unwrap()));
}

#[test]
fn health_follows_the_looks() {
    let site = site();
    let got = site.get("/healthz");
    let wanted = format!(r#"{{"status":"ok","last_look":"{LOOK}","verdict":"ROLL_BACK"}}"#);
    assert_eq!((got.status, got.body), (200, wanted));
    site.clock.advance(Duration::from_secs(901));
    let got = site.get("/healthz");
    assert!(
        got.status == 503 && got.body.contains(r#""status":"stale""#),
        "{}",
        got.body
    );
    lock(&site.view).looked(site.clock.now(), true);
    assert!(site.get("/healthz").body.contains("last-look-failed"));
    lock(&site.view).looked(site.clock.now(), false);
    assert_eq!(site.get("/healthz").status, 200);
}

#[test]
fn before_the_first_look_it_says_so() {
    let site = site_at("127.0.0.1:0", StatusView::new(Duration::from_secs(900)));
    for path in ["/", "/report.json", "/report.md", "/healthz"] {
        assert_eq!(site.get(path).status, 503, "{path}");
    }
    assert!(site.get("/healthz").body.contains(r#""last_look":null,"verdict":null"#));
    assert_eq!(site.get("/metrics").status, 200);
}

#[test]
fn metrics_are_served_as_the_format_has_it() {
    let got = site().get("/metrics");
    assert!(
        got.head
            .contains("content-type: text/plain; version=0.0.4; charset=utf-8"),
        "{}",
        got.head
    );
    assert!(got.body.contains(
        "logverdict_verdict{service=\"chat-api\",candidate=\"chat-api-00042-wex\",verdict=\"ROLL_BACK\"} 1\n"
    ));
}

#[test]
fn large_reports_arrive_whole() {
    let site = site();
    let large: Arc<str> = "0123456789abcdef".repeat(500_000).into();
    lock(&site.view).html = Some(large.clone());
    assert!(site.get("/").body == *large);
}

#[test]
fn slow_and_broken_clients_are_let_go() {
    let site = site();
    let start = Instant::now();
    assert_eq!(site.raw(""), "");
    let half = site.raw("GET / HTTP/1.1\r\nHost: local");
    assert!(half.is_empty() || half.starts_with("HTTP/1.1 4"), "{half}");
    let mut dripping = site.connect();
    while dripping.write_all(b"G").is_ok() && start.elapsed() < Duration::from_secs(8) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    for garbage in [
        "\u{16}\u{3}\u{1}\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let answer = site.raw(garbage);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!(site.get("/healthz").status, 200);
}

#[test]
fn heads_that_are_too_large_are_refused() {
    let site = site();
    let long = format!("GET / HTTP/1.1\r\nHost: localhost\r\nx: {}\r\n\r\n", "a".repeat(20_000));
    let many = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "a: b\r\n".repeat(100));
    for request in [long, many] {
        let answer = site.raw(&request);
        // The end may come before the answer was read: there was more to read on the other side.
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    assert_eq!(site.get("/healthz").status, 200);
}

#[test]
fn one_connection_too_many_waits_for_another_to_end() {
    let site = site();
    let idle: Vec<TcpStream> = (0..MOST_CONNECTIONS + 10).map(|_| site.connect()).collect();
    // Idle ones are let go after the head's time limit.
    let start = Instant::now();
    assert_eq!(site.get("/healthz").status, 200);
    assert!(start.elapsed() >= Duration::from_millis(100), "{:?}", start.elapsed());
    drop(idle);
}

#[test]
fn a_client_that_does_not_read_is_let_go() {
    let site = site();
    lock(&site.view).html = Some("x".repeat(50_000_000).into());
    let mut stuck = site.connect();
    stuck.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let mut got = Vec::new();
    let _ = stuck.read_to_end(&mut got);
    assert!(got.len() < 50_000_000, "{}", got.len());
}

#[test]
fn it_stops_when_dropped_with_connections_open() {
    let site = site();
    let address = site.server.local_addr();
    let open = site.connect();
    let start = Instant::now();
    drop(site.server);
    assert!(start.elapsed() < Duration::from_secs(1));
    assert!(TcpStream::connect(address).is_err());
    let _ = open.shutdown(Shutdown::Both);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let site = site();
    let address = site.server.local_addr();
    let error = StatusServer::start(address, StatusView::default().shared()).unwrap_err();
    assert_eq!(error.kind, PublishErrorKind::Listen);
    assert!(
        error.cause.contains(&address.to_string()) && error.hint.contains("another port"),
        "{error:?}"
    );
}

#[test]
fn a_panic_elsewhere_does_not_take_the_page_away() {
    let site = site();
    let view = site.view.clone();
    let panics = std::thread::spawn(move || {
        let _held = view.lock().unwrap();
        panic!("a test's panic");
    });
    assert!(panics.join().is_err());
    assert_eq!(site.get("/healthz").status, 200);
}
