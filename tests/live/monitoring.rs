//! Counts of Cloud Monitoring: pages, delay, silence, refusals, and what becomes of them in a profile.

use std::collections::BTreeMap;
use std::sync::Arc;

use logverdict::cloud::monitoring::{entry_counts, estimate, request_counts};
use logverdict::cloud::run::ServiceName;
use logverdict::cloud::{Client, ClientOptions, ErrorKind, TestClock};
use logverdict::ingest::Coverage;
use logverdict::model::{Minute, Severity, Timestamp, Window};
use logverdict::profile::{Data, Listed, count_requests};

use super::fake::monitoring::MonitoringApi;
use super::fake::run::{PROJECT, REGION};
use super::fake::{Fake, Fault};

const OLD: &str = "chat-api-00041-kop";
const NEW: &str = "chat-api-00042-xay";

struct World {
    fake: Fake,
    api: MonitoringApi,
    client: Client,
}

impl World {
    /// It is 12:00:30; so many points on a page.
    fn new(page_size: usize) -> World {
        let clock = Arc::new(TestClock::at(at("2026-03-01T12:00:30Z")));
        let fake = Fake::with_clock(clock.clone());
        let api = MonitoringApi::install(&fake, page_size);
        let client = fake.client(clock, ClientOptions::default());
        World { fake, api, client }
    }

    /// An hour of both revisions from eleven o'clock on: ten requests a minute on the old one, two on the new, one of them
    /// failing every tenth minute.
    fn with_an_hour(page_size: usize) -> World {
        let world = World::new(page_size);
        for minute in 0..60 {
            let time = format!("2026-03-01T11:{minute:02}:00Z");
            world.api.requests(OLD, &time, 200, 10, 120.0);
            world.api.requests(NEW, &time, 200, 1, 90.0);
            let status = if minute % 10 == 0 { 503 } else { 200 };
            world.api.requests(NEW, &time, status, 1, 250.0);
        }
        world.api.requests(NEW, "2026-03-01T11:03:00Z", 101, 3, 3_000_000.0);
        world.api.requests(NEW, "2026-03-01T11:04:00Z", 504, 1, 300_000.0);
        world
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn window(start: &str, end: &str) -> Window {
    Window {
        start: Some(at(start)),
        end: Some(at(end)),
    }
}

fn name() -> ServiceName {
    ServiceName {
        project: PROJECT.into(),
        region: REGION.into(),
        service: "chat-api".into(),
    }
}

fn both() -> [String; 2] {
    [OLD.into(), NEW.into()]
}

#[test]
fn requests_are_counted_by_revision_minute_and_status() {
    let world = World::with_an_hour(100_000);
    let hour = window("2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z");
    let counts = request_counts(&world.client, &name(), &both(), &hour).unwrap();
    assert!(counts.missing.is_empty());
    // The last four minutes may still grow.
    assert_eq!(counts.window, window("2026-03-01T11:00:00Z", "2026-03-01T11:56:00Z"));
    assert_eq!((counts.total(OLD), counts.total(NEW)), (560, 2 * 56 + 4));
    let new = &counts.revisions[NEW];
    let minute = at("2026-03-01T11:10:00Z").minute();
    assert_eq!(new.minutes[&minute], BTreeMap::from([(200, 1), (503, 1)]));
    assert_eq!(new.minutes.len(), 56);
    assert_eq!(counts.by_minute(NEW)[&at("2026-03-01T11:03:00Z").minute()], 5);
    // Eleven whole blocks until 11:55; neither WebSockets nor requests cut by the timeout.
    assert_eq!(new.latency.len(), 11);
    let block = &new.latency[&(minute.0 / 5)];
    assert_eq!(block.values().sum::<u64>(), 10);
    assert!(
        block.keys().all(|(from, to)| *from < 250_000_000 && *to > 90_000_000),
        "{block:?}"
    );
    let asked = world.fake.requests();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].parameter("aggregation.alignmentPeriod"), Some("300s"));
    assert_eq!(asked[1].parameter("interval.endTime"), Some("2026-03-01T11:55:00Z"));
}

#[test]
fn pages_and_faults_change_nothing() {
    let hour = window("2026-03-01T11:00:00Z", "2026-03-01T11:40:00Z");
    let whole = World::with_an_hour(100_000);
    let whole = request_counts(&whole.client, &name(), &both(), &hour).unwrap();
    for page_size in [7, 40, 41] {
        let world = World::with_an_hour(page_size);
        world.fake.fail("/v3/projects/*", 3, Fault::unavailable());
        world.fake.fail("/v3/projects/*", 5, Fault::CutBody);
        let counts = request_counts(&world.client, &name(), &both(), &hour).unwrap();
        assert_eq!(counts, whole, "{page_size} points on a page");
        assert!(world.fake.requests().len() > 5);
    }
}

#[test]
fn a_revision_without_a_series_is_missing_and_not_idle() {
    let world = World::with_an_hour(100_000);
    let quiet = "chat-api-00043-new".to_owned();
    let asked = [NEW.to_owned(), quiet.clone()];
    let hour = window("2026-03-01T11:00:00Z", "2026-03-01T11:40:00Z");
    let counts = request_counts(&world.client, &name(), &asked, &hour).unwrap();
    assert_eq!(counts.missing, [quiet]);
    let (mut data, mut coverage) = (Data::default(), Coverage::default());
    count_requests(&mut data, &mut coverage, &counts, Listed::Failed);
    assert_eq!(coverage.concerns[0].code, "requests-not-counted");
    let new = &data.revisions[&format!("chat-api/{NEW}")];
    assert_eq!(new.requests_by_minute().len(), 40);
    assert_eq!(new.latency.len(), 8);
}

#[test]
fn a_window_too_young_asks_for_nothing() {
    let world = World::with_an_hour(100_000);
    let young = window("2026-03-01T11:58:00Z", "2026-03-01T12:00:30Z");
    let counts = request_counts(&world.client, &name(), &both(), &young).unwrap();
    assert_eq!((counts.missing.len(), counts.revisions.len()), (2, 0));
    assert!(world.fake.requests().is_empty());
    let open = Window::ALL;
    let counts = request_counts(&world.client, &name(), &both(), &open).unwrap();
    assert_eq!(counts.window.start, Some(at("2026-01-18T12:00:00Z")), "six weeks");
}

#[test]
fn entries_are_counted_by_log_and_severity_and_their_reading_estimated() {
    let world = World::new(3);
    for minute in 0..60 {
        let time = format!("2026-03-01T10:{minute:02}:00Z");
        world
            .api
            .entries(NEW, &time, "run.googleapis.com/requests", "INFO", 2_000);
        world
            .api
            .entries(NEW, &time, "run.googleapis.com%2Frequests", "ERROR", 10);
        world
            .api
            .entries(NEW, &time, "run.googleapis.com/stderr", "DEFAULT", 90);
        world.api.entries(OLD, &time, "run.googleapis.com/stdout", "INFO", 500);
    }
    let hour = window("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z");
    let counts = entry_counts(&world.client, &name(), &[NEW.to_owned()], &hour).unwrap();
    assert_eq!(
        (counts.total(), counts.minutes, counts.per_minute()),
        (126_000, 60, 2_100)
    );
    assert_eq!(
        counts.entries[&("run.googleapis.com/requests".to_owned(), Severity::Error)],
        600
    );
    let told = estimate(&counts, 60);
    assert_eq!((told.requests, told.minutes), (126, 3));
    assert_eq!(told.narrower[0].requests, 6);
    let all = entry_counts(&world.client, &name(), &[], &hour).unwrap();
    assert_eq!(all.total(), 156_000, "over two pages, and both revisions");
}

#[test]
fn refusals_are_told_as_they_are() {
    let world = World::with_an_hour(100_000);
    let hour = window("2026-03-01T11:00:00Z", "2026-03-01T11:40:00Z");
    let kind = |fault| {
        world.fake.fail("/v3/projects/*", 1..=1, fault);
        request_counts(&world.client, &name(), &both(), &hour).unwrap_err()
    };
    let denied = "Permission monitoring.timeSeries.list denied (or the resource may not exist).";
    let error = kind(Fault::google(403, "PERMISSION_DENIED", denied, "IAM_PERMISSION_DENIED"));
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.hint.contains("roles/monitoring.viewer"), "{}", error.hint);
    let error = kind(Fault::google(
        403,
        "PERMISSION_DENIED",
        "It is disabled.",
        "SERVICE_DISABLED",
    ));
    assert_eq!(error.kind, ErrorKind::ApiDisabled);
    let error = kind(Fault::google(400, "INVALID_ARGUMENT", "The filter is invalid.", ""));
    assert_eq!(error.kind, ErrorKind::InvalidArgument);
}

#[test]
fn minutes_are_those_that_points_end_in() {
    let world = World::new(10);
    world.api.requests(NEW, "2026-03-01T11:07:00Z", 200, 4, 10.0);
    let one = window("2026-03-01T11:07:20Z", "2026-03-01T11:07:40Z");
    let counts = request_counts(&world.client, &name(), &both(), &one).unwrap();
    let minutes: Vec<Minute> = counts.by_minute(NEW).into_keys().collect();
    assert_eq!(minutes, [at("2026-03-01T11:07:00Z").minute()]);
}
