//! Reading through entries.list: pages, pieces, partial responses, late arrivals. The profile is the same whatever the way.

use std::sync::Arc;
use std::time::Duration;

use logverdict::cloud::{ClientOptions, Clock, TestClock};
use logverdict::ingest::cloud_logging::{Fields, Listing, ListingOptions, Query};
use logverdict::ingest::{DEDUPE_BYTES, Feed, Options, Selection, Source, SourceError, read};
use logverdict::model::{Timestamp, Window};
use logverdict::patterns::{Matcher, PackSet};
use logverdict::profile::{Counter, Data, Profile};

use super::fake::logging::{Habits, LIST, Logging, Stored, Traffic};
use super::fake::{Fake, Fault, When};

pub const BASELINE: &str = "chat-api-00041-kop";

pub fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

pub fn window(start: &str, end: &str) -> Window {
    Window {
        start: Some(time(start)),
        end: Some(time(end)),
    }
}

pub fn query(window: Window) -> Query {
    Query {
        resource_names: vec!["projects/acme-shop".into()],
        filter: "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"chat-api\"".into(),
        window,
        fields: Fields::Needed,
    }
}

/// One hour of one revision.
pub fn hour(entries: usize) -> Vec<Stored> {
    let traffic = Traffic {
        revision: BASELINE,
        start: "2026-03-01T10:00:00Z",
        seconds: 3600,
        entries,
        failures_permille: 20,
        seed: 7,
    };
    traffic.entries()
}

pub fn whole_hour() -> Query {
    query(window("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"))
}

/// A server and the virtual time, well after the entries.
pub struct Place {
    pub clock: Arc<TestClock>,
    pub fake: Fake,
    pub logging: Arc<Logging>,
}

impl Place {
    pub fn new(entries: Vec<Stored>, habits: Habits) -> Place {
        Place::at("2026-03-01T12:00:00Z", entries, habits)
    }

    pub fn at(now: &str, entries: Vec<Stored>, habits: Habits) -> Place {
        let clock = Arc::new(TestClock::at(time(now)));
        let fake = Fake::with_clock(clock.clone());
        let logging = Logging::serve(&fake, entries, habits);
        Place { clock, fake, logging }
    }

    pub fn client(&self) -> logverdict::cloud::Client {
        self.fake.client(self.clock.clone(), patient())
    }

    /// Reads into a profile, with a client of its own.
    pub fn read(&self, query: Query, options: ListingOptions<'_>) -> Result<Profile, SourceError> {
        let client = self.client();
        profile(&[], &[&Listing::new(&client, query, options)])
    }

    /// The same with one thread, by a client that soon takes silence for a timeout.
    pub fn read_hastily(&self, query: Query) -> Result<Profile, SourceError> {
        let client = self.fake.client(self.clock.clone(), hasty());
        profile(&[], &[&Listing::new(&client, query, threads(1))])
    }
}

/// Options of a client that does not take the virtual minutes that other threads sleep for a slow answer.
pub fn patient() -> ClientOptions {
    let mut options = ClientOptions::default();
    options.retries.attempt_timeout = Duration::from_secs(36_000);
    options
}

/// Options of a client that waits for an answer for a short real time.
pub fn hasty() -> ClientOptions {
    let mut options = ClientOptions::default();
    options.retries.attempt_timeout = Duration::from_millis(200);
    options
}

pub fn profile(sources: &[Source], feeds: &[&dyn Feed]) -> Result<Profile, SourceError> {
    let packs = PackSet::builtin().expect("shipped packs");
    let matcher = Matcher::new(&packs).expect("shipped packs");
    let options = Options {
        selection: Selection::default(),
        threads: 2,
        dedupe_bytes: DEDUPE_BYTES,
        overlap: None,
        received: false,
        progress: &|_| (),
    };
    let (counters, coverage) = read(sources, feeds, &options, || {
        Counter::new(&packs, &matcher, &Default::default())
    })?;
    let mut data = Data::default();
    for counter in counters {
        data.add(&counter.finish());
    }
    Ok(Profile::new(data, coverage, &packs, &Default::default()))
}

pub fn threads(threads: usize) -> ListingOptions<'static> {
    ListingOptions {
        threads,
        ..ListingOptions::default()
    }
}

#[test]
fn the_profile_is_that_of_the_file_whatever_the_pages_and_threads() {
    let place = Place::new(hour(5_500), Habits::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.ndjson");
    std::fs::write(&file, place.logging.lines()).unwrap();
    let from_file = profile(&[Source::File(file)], &[]).unwrap();
    let mut first = None;
    for (number_of_threads, page_cap) in [(1, 1000), (4, 1000), (8, 37), (3, 200)] {
        place.logging.set(Habits {
            page_cap,
            ..Habits::default()
        });
        let read = place.read(whole_hour(), threads(number_of_threads)).unwrap();
        assert!(
            read.data == from_file.data,
            "{number_of_threads} threads, pages of {page_cap}"
        );
        assert_eq!(read.manifest.coverage.concerns, vec![]);
        let json = read.to_json();
        assert!(*first.get_or_insert(json.clone()) == json);
    }
    let coverage = Profile::from_json(&first.unwrap()).unwrap().manifest.coverage;
    let source = &coverage.sources[0];
    assert_eq!(
        (source.name.as_str(), source.format.as_str()),
        ("entries.list projects/acme-shop", "entries.list")
    );
    assert_eq!(
        (source.entries, coverage.entries_read, coverage.duplicates),
        (5_500, 5_500, 0)
    );
    assert_eq!(
        coverage.asked,
        Some(window("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"))
    );
}

#[test]
fn requests_are_as_few_as_pages_and_pieces() {
    for (entries, most) in [(0, 1), (1, 1), (999, 1), (1000, 1), (1001, 2), (3_500, 4)] {
        let place = Place::new(hour(entries), Habits::default());
        let read = place.read(whole_hour(), threads(1)).unwrap();
        assert_eq!(read.manifest.coverage.entries_read, entries as u64);
        assert_eq!(place.logging.requests(), most, "{entries}");
    }
    let place = Place::new(hour(20_000), Habits::default());
    place.read(whole_hour(), threads(4)).unwrap();
    let filters: std::collections::BTreeSet<String> = place
        .fake
        .requests_to(LIST)
        .iter()
        .map(|r| r.json()["filter"].to_string())
        .collect();
    assert!(filters.len() > 1, "idle threads took pieces over");
    assert!(
        place.logging.requests() <= 20 + filters.len(),
        "{} requests",
        place.logging.requests()
    );
}

#[test]
fn only_what_is_counted_is_asked_for() {
    let place = Place::new(hour(2_000), Habits::default());
    let needed = place.read(whole_hour(), threads(1)).unwrap();
    let all = Query {
        fields: Fields::All,
        ..whole_hour()
    };
    let all = place.read(all, threads(1)).unwrap();
    assert!(needed.data == all.data);
    let bytes = |p: &Profile| p.manifest.coverage.sources[0].bytes;
    assert!(
        bytes(&needed) * 10 < bytes(&all) * 9,
        "{} of {}",
        bytes(&needed),
        bytes(&all)
    );
}

#[test]
fn a_service_that_knows_no_selector_is_asked_for_everything() {
    let place = Place::new(hour(10), Habits::default());
    let fault = Fault::google(400, "INVALID_ARGUMENT", "Invalid field selection otel", "");
    let picks = When::matching(|request, _| request.parameter("fields").is_some());
    place.fake.fail(LIST, picks, fault);
    let read = place.read(whole_hour(), threads(1)).unwrap();
    assert_eq!(read.manifest.coverage.entries_read, 10);
}

#[test]
fn the_filter_never_changes_between_pages() {
    let place = Place::new(hour(3_000), Habits::default());
    place.read(whole_hour(), threads(1)).unwrap();
    let requests = place.fake.requests_to(LIST);
    assert_eq!(requests.len(), 3);
    let filter = requests[0].json()["filter"].as_str().unwrap().to_owned();
    assert!(filter.starts_with("(\nresource.type="), "{filter}");
    assert!(filter.ends_with("\n)\nAND timestamp>=\"2026-03-01T10:00:00Z\"\nAND timestamp<\"2026-03-01T11:00:00Z\""));
    for request in &requests {
        let body = request.json();
        assert_eq!(
            (&body["filter"], &body["orderBy"]),
            (&filter.clone().into(), &"timestamp asc".into())
        );
        assert_eq!(
            (&body["pageSize"], request.parameter("prettyPrint")),
            (&1000.into(), Some("false"))
        );
    }
}

#[test]
fn a_large_window_keeps_to_the_quota_in_every_minute() {
    let habits = Habits {
        page_cap: 50,
        quota: Some(60),
        ..Habits::default()
    };
    let place = Place::new(hour(8_000), habits);
    let read = place.read(whole_hour(), threads(4)).unwrap();
    assert_eq!(read.manifest.coverage.entries_read, 8_000);
    let times: Vec<Duration> = place.fake.requests_to(LIST).iter().map(|r| r.at).collect();
    assert!(times.len() >= 160);
    for first in &times {
        let in_a_minute = times
            .iter()
            .filter(|t| **t >= *first && **t < *first + Duration::from_secs(60));
        assert!(in_a_minute.count() <= 60);
    }
    assert!(place.clock.elapsed() >= Duration::from_secs(120));
}

#[test]
fn strange_but_lawful_answers_change_nothing() {
    let plain = Place::new(hour(3_000), Habits::default())
        .read(whole_hour(), threads(1))
        .unwrap()
        .to_json();
    let habits: [fn(&mut Habits); 5] = [
        |h| h.tail = true,
        |h| h.empty_every = Some(2),
        |h| h.repeat_every = Some(3),
        |h| h.token_life = Some(0),
        |h| {
            h.empty_every = Some(3);
            h.page_cap = 100;
            h.token_life = Some(2);
        },
    ];
    for (number, change) in habits.into_iter().enumerate() {
        let mut habits = Habits::default();
        change(&mut habits);
        let place = Place::new(hour(3_000), habits);
        let read = place.read(whole_hour(), threads(3)).unwrap();
        assert!(read.to_json() == plain, "{number}");
    }
}

#[test]
fn late_entries_are_read_once_and_told() {
    // The window ends as the reading begins: an entry is received while it runs, and seen only by the second look.
    let mut entries = hour(2_500);
    let late = entries.split_off(2_480);
    let count = late.len();
    entries.extend(late.iter().map(|e| e.arrives("2026-03-01T11:00:01Z", 4)));
    let place = Place::at("2026-03-01T11:00:00Z", entries, Habits::default());
    let read = place.read(whole_hour(), threads(1)).unwrap();
    let coverage = &read.manifest.coverage;
    assert_eq!((coverage.entries_read, coverage.duplicates), (2_500, 0));
    let remarks: Vec<&str> = coverage.remarks.iter().map(|r| r.code.as_str()).collect();
    assert_eq!(remarks, ["arrived-late", "may-still-arrive"]);
    assert!(
        coverage.remarks[0]
            .message
            .starts_with(&format!("{count} entries arrived")),
        "{:?}",
        coverage.remarks
    );
    assert!(coverage.remarks[1].message.contains("had ended 0 min before"));
    assert_eq!((coverage.concerns.len(), place.logging.requests()), (0, 4));
}

#[test]
fn a_window_that_ended_long_ago_is_read_once() {
    let place = Place::at("2026-03-01T11:05:01Z", hour(100), Habits::default());
    let read = place.read(whole_hour(), threads(2)).unwrap();
    assert_eq!((place.logging.requests(), read.manifest.coverage.remarks.len()), (1, 0));
}

#[test]
fn two_feeds_and_a_file_that_overlap_count_each_entry_once() {
    let place = Place::new(hour(1_500), Habits::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.ndjson");
    std::fs::write(&file, place.logging.lines()).unwrap();
    let client = place.client();
    let later = query(window("2026-03-01T10:30:00Z", "2026-03-01T11:30:00Z"));
    let feeds = [whole_hour(), later].map(|q| Listing::new(&client, q, threads(2)));
    let feeds: Vec<&dyn Feed> = feeds.iter().map(|f| f as &dyn Feed).collect();
    let mut first = None;
    for _ in 0..3 {
        let both = profile(&[], &feeds).unwrap();
        let coverage = &both.manifest.coverage;
        assert_eq!((coverage.entries_read, coverage.duplicates), (1_500, 750));
        assert_eq!(
            coverage.asked,
            Some(window("2026-03-01T10:00:00Z", "2026-03-01T11:30:00Z"))
        );
        assert!(*first.get_or_insert(both.to_json()) == both.to_json());
    }
    let all = profile(&[Source::File(file)], &feeds).unwrap();
    assert_eq!(
        (all.manifest.coverage.entries_read, all.manifest.coverage.asked),
        (1_500, None)
    );
    assert_eq!(all.manifest.coverage.duplicates, 2_250);
}
