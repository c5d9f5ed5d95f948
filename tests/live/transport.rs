//! The client: quota, retries, deadline, and the words for what went wrong.

use std::sync::Arc;
use std::time::{Duration, Instant};

use logverdict::cloud::{
    AccessToken, Api, Call, Client, ClientOptions, Clock, CloudError, Endpoints, ErrorKind, RetryPolicy, TestClock,
};
use logverdict::model::Timestamp;
use serde_json::{Value, json};

use super::fake::{Fake, Fault, Response, When};

const LIST: &str = "/v2/entries:list";

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn clock() -> Arc<TestClock> {
    Arc::new(TestClock::at(Timestamp::parse("2026-03-01T10:00:00Z").unwrap()))
}

/// A fake with one page, its clock, and the call for the page.
fn start() -> (Fake, Arc<TestClock>, Call) {
    let clock = clock();
    let fake = Fake::with_clock(clock.clone());
    fake.on("POST", LIST, |_| Response::json(json!({"entries": []})));
    (fake, clock, Call::post(Api::Logging, LIST, "{}"))
}

fn parse(body: Vec<u8>) -> Result<Value, String> {
    serde_json::from_slice(&body).map_err(|e| e.to_string())
}

fn send(client: &Client, call: &Call) -> Result<Value, CloudError> {
    client.send(call, parse)
}

/// Attempts that time out after a tenth of a second of real time.
fn impatient() -> ClientOptions {
    ClientOptions {
        retries: RetryPolicy {
            attempt_timeout: Duration::from_millis(100),
            ..RetryPolicy::default()
        },
        ..ClientOptions::default()
    }
}

#[test]
fn passing_troubles_are_tried_again() {
    let (fake, clock, call) = start();
    let faults = [
        Fault::quota(),
        Fault::internal(),
        Fault::bad_gateway(),
        Fault::unavailable(),
        Fault::too_slow(),
        Fault::CutBody,
        Fault::CutJson,
        Fault::html_200(),
        Fault::Empty,
    ];
    let count = faults.len();
    for (i, fault) in faults.into_iter().enumerate() {
        fake.fail(LIST, i + 1, fault);
    }
    let client = fake.client(clock.clone(), ClientOptions::default());
    assert_eq!(send(&client, &call), Ok(json!({"entries": []})));
    assert_eq!(fake.requests().len(), count + 1);
    assert_eq!(
        (client.stats().requests, client.stats().retries),
        (count as u64 + 1, count as u64)
    );
    assert_eq!(clock.sleeps().len(), count);
}

#[test]
fn resets_and_silence_are_tried_again() {
    let (fake, clock, call) = start();
    fake.fail(LIST, 2, Fault::Reset);
    fake.fail(LIST, 3, Fault::Hang);
    fake.fail(LIST, 4, Fault::SlowBody(Duration::from_millis(300)));
    let client = fake.client(clock, impatient());
    assert!(send(&client, &call).is_ok());
    assert!(send(&client, &call).is_ok());
    assert_eq!(fake.requests().len(), 5);
}

#[test]
fn waits_double_up_to_a_cap_and_end() {
    let (fake, clock, call) = start();
    fake.fail(LIST, When::ALWAYS, Fault::unavailable());
    let error = send(&fake.client(clock.clone(), ClientOptions::default()), &call).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    let sleeps = clock.sleeps();
    assert_eq!(sleeps.len(), 9);
    for (sleep, full) in sleeps.iter().zip([1, 2, 4, 8, 16, 32, 60, 60, 60].map(s)) {
        assert!(*sleep >= full / 2 && *sleep <= full, "{sleep:?} of {full:?}");
    }
}

#[test]
fn the_server_says_how_long_to_wait() {
    for (value, least) in [("17", s(17)), ("Sun, 01 Mar 2026 10:00:40 GMT", s(40)), ("soon", s(0))] {
        let (fake, clock, call) = start();
        fake.fail(LIST, 1, Fault::quota_retry_after(value));
        assert!(send(&fake.client(clock.clone(), ClientOptions::default()), &call).is_ok());
        assert!(
            clock.elapsed() >= least && clock.elapsed() <= least.max(s(1)),
            "{value}: {:?}",
            clock.elapsed()
        );
    }
}

#[test]
fn a_server_that_asks_for_an_hour_is_not_waited_for() {
    let (fake, clock, call) = start();
    fake.fail(LIST, 1, Fault::quota_retry_after("3600"));
    let error = send(&fake.client(clock.clone(), ClientOptions::default()), &call).unwrap_err();
    assert!(
        error.kind == ErrorKind::QuotaExceeded && error.cause.contains("3600 s"),
        "{error:?}"
    );
    assert!(clock.sleeps().is_empty());
}

#[test]
fn what_does_not_get_better_is_not_tried_again() {
    for (fault, kind) in [
        (
            Fault::google(400, "INVALID_ARGUMENT", "Unparseable filter", ""),
            ErrorKind::InvalidArgument,
        ),
        (
            Fault::google(403, "PERMISSION_DENIED", "No.", "IAM_PERMISSION_DENIED"),
            ErrorKind::PermissionDenied,
        ),
        (Fault::google(404, "NOT_FOUND", "No.", ""), ErrorKind::NotFound),
        (Fault::redirect("https://elsewhere.example/"), ErrorKind::NotGoogle),
    ] {
        let (fake, clock, call) = start();
        fake.fail(LIST, When::ALWAYS, fault);
        assert_eq!(
            send(&fake.client(clock, ClientOptions::default()), &call)
                .unwrap_err()
                .kind,
            kind
        );
        assert_eq!(fake.requests().len(), 1);
    }
}

#[test]
fn a_caller_who_can_ask_for_less_hears_of_a_timeout_at_once() {
    for fault in [Fault::too_slow(), Fault::Hang] {
        let (fake, clock, mut call) = start();
        call.fail_fast_on_timeout = true;
        fake.fail(LIST, When::ALWAYS, fault);
        assert_eq!(
            send(&fake.client(clock, impatient()), &call).unwrap_err().kind,
            ErrorKind::Timeout
        );
        assert_eq!(fake.requests().len(), 1);
    }
}

#[test]
fn nothing_is_waited_for_past_the_deadline() {
    let options = |seconds| ClientOptions {
        deadline: Some(s(seconds)),
        requests_per_minute: 2,
        ..ClientOptions::default()
    };
    // The quota: the third request could only go out after 60 s.
    let (fake, clock, call) = start();
    let client = fake.client(clock.clone(), options(30));
    assert!(send(&client, &call).is_ok() && send(&client, &call).is_ok());
    let error = send(&client, &call).unwrap_err();
    assert!(
        error.kind == ErrorKind::Deadline && error.cause.contains("2 read requests a minute"),
        "{error}"
    );
    assert!(clock.elapsed() < s(30));
    // Another attempt.
    let (fake, clock, call) = start();
    fake.fail(LIST, When::ALWAYS, Fault::quota_retry_after("20"));
    let error = send(&fake.client(clock.clone(), options(30)), &call).unwrap_err();
    assert!(
        error.kind == ErrorKind::Deadline && error.cause.contains("Quota exceeded"),
        "{error}"
    );
    assert_eq!(clock.elapsed(), s(20));
    // Life is over.
    let (fake, clock, call) = start();
    let client = fake.client(clock.clone(), options(30));
    clock.advance(s(30));
    assert_eq!(send(&client, &call).unwrap_err().kind, ErrorKind::Deadline);
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn an_answer_that_outlasts_the_client_is_named() {
    let (fake, clock, call) = start();
    fake.fail(LIST, When::ALWAYS, Fault::Hang);
    let options = ClientOptions {
        deadline: Some(Duration::from_millis(50)),
        ..ClientOptions::default()
    };
    let error = send(&fake.client(clock, options), &call).unwrap_err();
    assert!(
        error.kind == ErrorKind::Deadline && error.cause.contains("an answer of Cloud Logging"),
        "{error}"
    );
}

/// Arrivals at the fake in any 60 seconds, at most.
fn most_in_a_minute(fake: &Fake) -> usize {
    let mut times: Vec<Duration> = fake.requests_to(LIST).iter().map(|r| r.at).collect();
    times.sort();
    let in_minute = |start: &Duration| times.iter().filter(|t| *t >= start && **t <= *start + s(60)).count();
    times.iter().map(in_minute).max().unwrap_or_default()
}

/// The machine's time, a thousand times as fast: threads wait side by side, and the network takes seconds.
struct FastClock(Instant);

impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.elapsed().as_nanos() as i64)
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed() * 1000
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time / 1000);
    }
}

#[test]
fn eight_threads_never_get_past_the_quota() {
    const QUOTA: usize = 20;
    let clock = Arc::new(FastClock(Instant::now()));
    let fake = Fake::with_clock(clock.clone());
    fake.on("POST", LIST, |_| Response::json(json!({"entries": []})));
    fake.fail(LIST, When::each(17), Fault::Reset);
    fake.fail(LIST, When::each(13), Fault::quota());
    let options = ClientOptions {
        requests_per_minute: QUOTA as u32,
        ..ClientOptions::default()
    };
    let client = fake.client(clock.clone(), options);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    send(&client, &Call::post(Api::Logging, LIST, "{}")).unwrap();
                }
            });
        }
    });
    let requests = fake.requests_to(LIST).len();
    assert!(requests > 80, "faults cost requests too: {requests}");
    assert!(
        most_in_a_minute(&fake) <= QUOTA,
        "{} in a minute",
        most_in_a_minute(&fake)
    );
    assert!(
        clock.elapsed() >= s(60) * ((requests - 1) / QUOTA) as u32,
        "{requests} in {:?}",
        clock.elapsed()
    );
    assert!(client.stats().waited_for_quota > s(60));
}

#[test]
fn what_is_no_read_request_does_not_wait_for_the_quota() {
    let (fake, clock, _) = start();
    fake.on("GET", "/v2/projects/*", |_| Response::json(json!({"name": "chat-api"})));
    let options = ClientOptions {
        requests_per_minute: 1,
        ..ClientOptions::default()
    };
    let client = fake.client(clock.clone(), options);
    for _ in 0..5 {
        send(&client, &Call::get(Api::Run, "/v2/projects/acme-shop")).unwrap();
    }
    assert!(clock.sleeps().is_empty());
}

#[test]
fn a_stale_token_is_renewed_once_for_all_threads() {
    let (fake, clock, call) = start();
    let client = fake.client(clock, ClientOptions::default());
    send(&client, &call).unwrap();
    fake.auth().rotate();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| send(&client, &call).unwrap());
        }
    });
    assert_eq!(fake.auth().rebuilt(), 1);
}

#[test]
fn a_second_401_is_the_end_and_names_the_sign_in() {
    let (fake, clock, call) = start();
    fake.fail(
        LIST,
        When::ALWAYS,
        Fault::google(401, "UNAUTHENTICATED", "Bad.", "ACCESS_TOKEN_EXPIRED"),
    );
    let client = fake.client(clock, ClientOptions::default());
    let error = send(&client, &call).unwrap_err();
    assert!(
        error.kind == ErrorKind::ExpiredCredentials && error.cause.contains("fake token"),
        "{error}"
    );
    assert_eq!((fake.requests().len(), fake.auth().rebuilt()), (2, 1));
}

#[test]
fn a_wrong_clock_is_corrected_and_blamed_for_a_401() {
    let (fake, _, call) = start();
    let ahead = Arc::new(TestClock::at(Timestamp::parse("2026-03-01T10:10:00Z").unwrap()));
    let client = fake.client(ahead.clone(), ClientOptions::default());
    assert_eq!((client.skew(), client.now()), (None, ahead.now()));
    send(&client, &call).unwrap();
    assert_eq!(client.skew(), Some(600));
    assert_eq!(client.now(), Timestamp::parse("2026-03-01T10:00:00Z").unwrap());
    fake.fail(LIST, When::ALWAYS, Fault::google(401, "UNAUTHENTICATED", "Bad.", ""));
    let error = send(&client, &call).unwrap_err();
    assert!(
        error.cause.contains("600 s ahead of Google's") && error.hint.contains("clock"),
        "{error:?}"
    );
}

#[test]
fn clocks_that_differ_by_seconds_are_left_alone() {
    let (fake, _, call) = start();
    let behind = Arc::new(TestClock::at(Timestamp::parse("2026-03-01T09:59:35.5Z").unwrap()));
    let client = fake.client(behind.clone(), ClientOptions::default());
    send(&client, &call).unwrap();
    assert_eq!((client.skew(), client.now()), (Some(-25), behind.now()));
}

#[test]
fn a_portals_page_does_not_set_the_clock() {
    let (fake, clock, call) = start();
    let page = Response::html(403, "<html>Log in</html>").with_header("date", "Thu, 01 Jan 1970 00:00:00 GMT");
    fake.fail(LIST, 1, Fault::Answer(page));
    let client = fake.client(clock, ClientOptions::default());
    assert_eq!(send(&client, &call).unwrap_err().kind, ErrorKind::NotGoogle);
    assert_eq!(client.skew(), None);
}

#[test]
fn requests_are_what_google_expects() {
    let (fake, clock, call) = start();
    let options = ClientOptions {
        quota_project: Some("acme-billing".to_owned()),
        ..ClientOptions::default()
    };
    let client = fake.client(clock, options);
    send(&client, &call.query("fields", "entries(a,b),c&d=é")).unwrap();
    let request = &fake.requests()[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", LIST));
    assert_eq!(request.parameter("fields"), Some("entries(a,b),c&d=é"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("x-goog-user-project"), Some("acme-billing"));
    let agent = concat!("logverdict/", env!("CARGO_PKG_VERSION"), " (gzip)");
    assert_eq!(request.header("user-agent"), Some(agent));
    assert_eq!(request.header("accept-encoding"), Some("gzip"));
    assert_eq!(request.body, b"{}");
}

#[test]
fn compressed_answers_are_read_and_counted_whole() {
    let (fake, clock, call) = start();
    let text = "a".repeat(100_000);
    let page = json!({"entries": [text]}).to_string();
    let body = page.clone();
    fake.on("POST", LIST, move |_| {
        Response::new(200, "application/json", body.clone()).gzip()
    });
    let client = fake.client(clock, ClientOptions::default());
    send(&client, &call).unwrap();
    assert_eq!(client.stats().bytes, page.len() as u64);
}

#[test]
fn a_redirect_does_not_carry_the_token_away() {
    let (fake, clock, call) = start();
    let other = Fake::start();
    fake.fail(LIST, When::ALWAYS, Fault::redirect(&format!("{}{LIST}", other.url())));
    let error = send(&fake.client(clock, ClientOptions::default()), &call).unwrap_err();
    assert!(error.cause.contains("redirect (302)"), "{error}");
    assert!(other.requests().is_empty() && !format!("{error:?}").contains(&other.url()));
}

#[test]
fn hosts_that_cannot_be_reached_are_named_after_a_few_attempts() {
    // A port that was free a moment ago, and a name that RFC 6761 keeps from ever existing.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for (url, says) in [
        (format!("http://127.0.0.1:{port}"), "nobody listens at 127.0.0.1"),
        ("https://logging.invalid".to_owned(), "logging.invalid"),
    ] {
        let clock = clock();
        let options = ClientOptions {
            endpoints: Endpoints::all_at(&url).unwrap(),
            ..ClientOptions::default()
        };
        let client = Client::new(Box::new(AccessToken::of("t")), clock.clone(), options).unwrap();
        let error = send(&client, &Call::post(Api::Logging, LIST, "{}")).unwrap_err();
        assert!(
            error.kind == ErrorKind::Network && error.cause.contains(says),
            "{error:?}"
        );
        assert_eq!(clock.sleeps().len(), 3);
        assert!(!error.cause.contains("entries:list"), "{error}");
    }
}

#[test]
fn a_host_without_tls_is_told_apart() {
    let fake = Fake::start();
    let options = ClientOptions {
        endpoints: Endpoints::all_at(&fake.url().replace("http:", "https:")).unwrap(),
        ..ClientOptions::default()
    };
    let client = Client::new(Box::new(AccessToken::of("t")), clock(), options).unwrap();
    let error = send(&client, &Call::get(Api::Run, "/v2/x")).unwrap_err();
    assert!(
        error.kind == ErrorKind::Network && error.cause.contains("secure connection"),
        "{error:?}"
    );
}

#[test]
fn names_cannot_leave_their_place_in_a_path() {
    let (fake, clock, _) = start();
    fake.on("GET", "/v2/*", |_| Response::json(json!({})));
    let client = fake.client(clock, ClientOptions::default());
    let name = logverdict::cloud::encode_segment("../../v1/secrets?x=1#y");
    send(&client, &Call::get(Api::Run, format!("/v2/projects/{name}/services"))).unwrap();
    assert_eq!(
        fake.requests()[0].path,
        "/v2/projects/..%2F..%2Fv1%2Fsecrets%3Fx%3D1%23y/services"
    );
    let error = send(&client, &Call::get(Api::Run, "/v2/projects/a?b")).unwrap_err();
    assert_eq!((error.kind, fake.requests().len()), (ErrorKind::Endpoint, 1));
}

#[test]
fn a_quota_project_that_is_no_header_value_is_refused() {
    let options = ClientOptions {
        quota_project: Some("acme\r\nx: y".to_owned()),
        ..ClientOptions::default()
    };
    let error = Client::new(Box::new(AccessToken::of("t")), clock(), options)
        .err()
        .unwrap();
    assert_eq!(error.kind, ErrorKind::QuotaProject);
}
