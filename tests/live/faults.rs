//! The fault matrix: whatever breaks, at whichever request, the profile is byte for byte the one of an unbroken reading,
//! or it says what is missing and the verdict is HOLD.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use logverdict::cloud::{ClientOptions, Clock, ErrorKind};
use logverdict::compare::{Choice, compare, two_inputs};
use logverdict::ingest::SourceError;
use logverdict::ingest::cloud_logging::{Listing, ListingOptions};
use logverdict::profile::{Concern, Profile};
use logverdict::verdict::{Case, Judgement, Policy, Verdict, judge};

use super::fake::logging::{Habits, LIST, Random, Stored, Traffic};
use super::fake::{Fault, Response, When};
use super::reading::{Place, hour, patient, profile, query, threads, whole_hour, window};

const PAGE: usize = 100;
const PAGES: usize = 12;

fn place() -> Place {
    let habits = Habits {
        page_cap: PAGE,
        ..Habits::default()
    };
    Place::new(hour(PAGE * PAGES - 50), habits)
}

fn token_refused() -> Fault {
    Fault::google(
        400,
        "INVALID_ARGUMENT",
        "page_token doesn't match arguments from the request",
        "",
    )
}

fn unauthenticated() -> Fault {
    let message = "Request had invalid authentication credentials.";
    Fault::google(401, "UNAUTHENTICATED", message, "ACCESS_TOKEN_EXPIRED")
}

/// Everything that passes.
fn faults() -> Vec<(&'static str, Fault)> {
    vec![
        ("429", Fault::quota()),
        ("429 with Retry-After", Fault::quota_retry_after("17")),
        (
            "429 with a date",
            Fault::quota_retry_after("Sun, 01 Mar 2026 12:00:30 GMT"),
        ),
        ("500", Fault::internal()),
        ("502 in HTML", Fault::bad_gateway()),
        ("503", Fault::unavailable()),
        (
            "503 in HTML",
            Fault::Answer(Response::html(503, "<h1>Service Unavailable</h1>")),
        ),
        ("504", Fault::too_slow()),
        ("reset", Fault::Reset),
        ("cut body", Fault::CutBody),
        ("cut JSON", Fault::CutJson),
        ("hang", Fault::Hang),
        ("slow", Fault::Slow(Duration::from_millis(30))),
        ("slow body", Fault::SlowBody(Duration::from_millis(30))),
        ("empty body", Fault::Empty),
        ("401", unauthenticated()),
        ("HTML with 200", Fault::html_200()),
        (
            "a list with 200",
            Fault::Answer(Response::new(200, "application/json", "[]")),
        ),
        (
            "an error with 200",
            Fault::Answer(Response::new(200, "application/json", "{\"error\":{\"code\":503}}")),
        ),
    ]
}

fn plain() -> String {
    place().read(whole_hour(), threads(1)).unwrap().to_json()
}

#[test]
fn one_fault_changes_nothing() {
    let plain = plain();
    let mut seen = 0;
    for (name, fault) in faults() {
        for number in [1, PAGES / 2, PAGES] {
            let place = place();
            place.fake.fail(LIST, number, fault.clone());
            let read = match name {
                "hang" => place.read_hastily(whole_hour()),
                _ => place.read(whole_hour(), threads(1 + number % 4)),
            };
            assert!(read.unwrap().to_json() == plain, "{name} at {number}");
            assert!(place.fake.requests_to(LIST).len() >= PAGES);
            seen += 1;
        }
    }
    assert_eq!(seen, 57);
}

#[test]
fn a_refused_token_costs_no_entry() {
    let plain = plain();
    for number in 2..=PAGES {
        let place = place();
        place.fake.fail(LIST, number, token_refused());
        assert!(
            place.read(whole_hour(), threads(1)).unwrap().to_json() == plain,
            "{number}"
        );
        assert_eq!(place.fake.requests_to(LIST).len(), PAGES + 1, "{number}");
    }
    // No token is ever accepted: every page starts anew at the last time seen.
    let place = place();
    let has_token = |request: &super::fake::Request, _| request.json()["pageToken"].is_string();
    place.fake.fail(LIST, When::matching(has_token), token_refused());
    assert!(place.read(whole_hour(), threads(3)).unwrap().to_json() == plain);
}

#[test]
fn random_faults_change_nothing() {
    let plain = plain();
    for seed in 0..40 {
        let place = place();
        let mut kinds = faults();
        kinds.retain(|(name, _)| !name.contains("hang") && *name != "401");
        let random = Mutex::new(Random(seed));
        for (_, fault) in kinds {
            let chance = Random(random.lock().unwrap().next()).0;
            let state = AtomicUsize::new(chance as usize);
            // Each kind befalls about one request of 50, and a third of all are befallen.
            let picks = move |_: &super::fake::Request, number| {
                let mixed = Random(state.load(Ordering::Relaxed) as u64 ^ number as u64).next();
                mixed.is_multiple_of(50)
            };
            place.fake.fail(LIST, When::matching(picks), fault);
        }
        let read = place.read(whole_hour(), threads(1 + seed as usize % 5)).unwrap();
        assert!(read.to_json() == plain, "seed {seed}");
    }
}

/// Enough of the same on both sides for a PROCEED.
fn side(revision: &'static str, start: &'static str, seed: u64) -> Vec<Stored> {
    let traffic = Traffic {
        revision,
        start,
        seconds: 3600,
        entries: 24_000,
        failures_permille: 4,
        seed,
    };
    traffic.entries()
}

fn verdict(baseline: &Profile, candidate: &Profile) -> Judgement {
    let (old, new) = (&baseline.data, &candidate.data);
    let sides = two_inputs(old, new, &Choice::default()).unwrap();
    let policy = Policy::default();
    let findings = compare(&sides, [old, new], &(&policy.statistics).into());
    let concerns: Vec<Concern> = [baseline, candidate]
        .iter()
        .flat_map(|p| p.manifest.coverage.concerns.clone())
        .collect();
    judge(&Case::new(&sides, findings, concerns), &policy)
}

#[test]
fn what_stays_broken_is_unread_and_holds() {
    let old = Place::new(side("chat-api-00041-kop", "2026-03-01T08:00:00Z", 1), Habits::default());
    let entries = side("chat-api-00042-wil", "2026-03-01T10:00:00Z", 2);
    let new_entries = || entries.clone();
    let before = query(window("2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z"));
    let baseline = old.read(before, threads(2)).unwrap();
    let whole = Place::new(new_entries(), Habits::default())
        .read(whole_hour(), threads(2))
        .unwrap();
    assert_eq!(
        verdict(&baseline, &whole).verdict,
        Verdict::Proceed,
        "nothing is wrong with what is read whole"
    );
    let mut seen = 0;
    for (name, fault) in faults() {
        if name == "hang" || name.starts_with("slow") || name == "401" {
            continue;
        }
        for from in [1, 9, 23] {
            let place = Place::new(new_entries(), Habits::default());
            place.fake.fail(LIST, from..=usize::MAX, fault.clone());
            let read = place.read(whole_hour(), threads(2)).unwrap();
            let coverage = &read.manifest.coverage;
            assert!(!coverage.unread.is_empty(), "{name} from {from}");
            let unread = &coverage.unread;
            assert!(
                unread.iter().all(|u| u.start < u.end && !u.reason.is_empty()),
                "{unread:?}"
            );
            assert!(unread.iter().all(|u| u.end <= whole_hour().window.end.unwrap()));
            assert!(
                coverage.concerns.iter().any(|c| c.code == "unread"),
                "{name} from {from}"
            );
            let judgement = verdict(&baseline, &read);
            assert_eq!(judgement.verdict, Verdict::Hold, "{name} from {from}");
            assert!(judgement.reasons.iter().any(|r| r.code == "input-incomplete"));
            // What was read is right: no entry of the unread time is missing elsewhere.
            let first = unread[0].start;
            if unread.len() == 1 {
                let missing = place.logging.lines().lines().filter(|l| is_from(l, first)).count() as u64;
                assert!(coverage.entries_read + missing >= 24_000, "{name} from {from}");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 45);
}

fn is_from(line: &str, time: logverdict::model::Timestamp) -> bool {
    let entry: serde_json::Value = serde_json::from_str(line).unwrap();
    logverdict::model::Timestamp::parse(entry["timestamp"].as_str().unwrap()).unwrap() >= time
}

#[test]
fn a_service_that_answers_no_more_is_not_asked_for_ever() {
    let place = place();
    place.fake.fail(LIST, 4..=usize::MAX, Fault::unavailable());
    place.read(whole_hour(), threads(4)).unwrap();
    assert!(
        place.fake.requests_to(LIST).len() < 100,
        "{}",
        place.fake.requests_to(LIST).len()
    );
    assert!(
        place.clock.elapsed() < Duration::from_secs(3600),
        "{:?}",
        place.clock.elapsed()
    );
}

#[test]
fn timeouts_of_long_windows_are_answered_by_shorter_ones() {
    let plain = plain();
    let place = place();
    // Every request for more than ten minutes times out.
    let picks = When::matching(|request, _| {
        let filter = request.json()["filter"].as_str().unwrap_or_default().to_owned();
        let mut times = filter.split('"').filter_map(logverdict::model::Timestamp::parse);
        let (start, end) = (times.next().unwrap(), times.next().unwrap());
        end.0 - start.0 > 600_000_000_000
    });
    place.fake.fail(LIST, picks, Fault::too_slow());
    let read = place.read(whole_hour(), threads(1)).unwrap();
    assert!(read.to_json() == plain);
    assert_eq!(
        place
            .clock
            .sleeps()
            .iter()
            .filter(|s| **s > Duration::from_secs(60))
            .count(),
        0
    );
}

#[test]
fn what_may_not_be_read_stops_at_once() {
    let denied = "Permission 'logging.logEntries.list' denied on resource (or it may not exist).";
    for (code, status, message, kind) in [
        (403, "PERMISSION_DENIED", denied, ErrorKind::PermissionDenied),
        (
            400,
            "INVALID_ARGUMENT",
            "Unparseable filter: syntax error at line 1",
            ErrorKind::InvalidArgument,
        ),
        (404, "NOT_FOUND", "Requested entity was not found.", ErrorKind::NotFound),
    ] {
        let place = place();
        place
            .fake
            .fail(LIST, When::ALWAYS, Fault::google(code, status, message, ""));
        let error = place.read(whole_hour(), threads(4)).unwrap_err();
        assert!(!error.hint().is_empty());
        let SourceError::Cloud(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error.kind, kind);
        assert_eq!(place.fake.requests_to(LIST).len(), 1);
    }
    // Even in the middle.
    let place = place();
    place.fake.fail(
        LIST,
        5..=usize::MAX,
        Fault::google(403, "PERMISSION_DENIED", denied, ""),
    );
    assert!(place.read(whole_hour(), threads(2)).is_err());
}

#[test]
fn the_deadline_leaves_the_rest_unread() {
    let habits = Habits {
        page_cap: PAGE,
        quota: Some(5),
        ..Habits::default()
    };
    let place = Place::new(hour(PAGE * PAGES), habits);
    let options = ClientOptions {
        deadline: Some(Duration::from_secs(70)),
        requests_per_minute: 5,
        ..patient()
    };
    let client = place.fake.client(place.clock.clone(), options);
    let listing = Listing::new(&client, whole_hour(), threads(1));
    let read = profile(&[], &[&listing]).unwrap();
    let coverage = &read.manifest.coverage;
    assert_eq!(coverage.entries_read, 1_000, "ten requests fit into 70 seconds");
    assert_eq!(coverage.unread.len(), 1);
    assert!(
        coverage.unread[0].reason.contains("time limit"),
        "{}",
        coverage.unread[0].reason
    );
    assert!(place.clock.elapsed() <= Duration::from_secs(75));
}

#[test]
fn a_late_look_that_fails_leaves_the_end_in_doubt() {
    let place = Place::at("2026-03-01T11:01:00Z", hour(500), Habits::default());
    place.fake.fail(LIST, 2..=usize::MAX, Fault::unavailable());
    let read = place.read(whole_hour(), ListingOptions::default()).unwrap();
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../docs/schema/profile.schema.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read.to_json()).unwrap();
    let errors: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&json)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    assert!(Profile::from_json(&read.to_json()).unwrap() == read);
    let (asked, remarks) = (
        &json["manifest"]["coverage"]["asked"],
        &json["manifest"]["coverage"]["remarks"],
    );
    assert!(asked.is_object() && remarks.is_array());
    let unread = &read.manifest.coverage.unread;
    assert_eq!(unread.len(), 1);
    assert_eq!(unread[0].start, super::reading::time("2026-03-01T10:56:00Z"));
    assert!(unread[0].reason.starts_with("entries that arrived late: "));
}

#[test]
fn a_service_that_misbehaves_is_told_and_ends() {
    let odd = |body: &str| Fault::Answer(Response::new(200, "application/json", body));
    let entry = |time: &str, id: &str| {
        format!(
            "{{\"insertId\":\"{id}\",\"timestamp\":\"{time}\",\"logName\":\"projects/acme-shop/logs/x\",\"textPayload\":\"a\"}}"
        )
    };
    let good = entry("2026-03-01T10:10:00Z", "a");
    // The same page and token for ever.
    let place = place();
    place.fake.fail(
        LIST,
        When::ALWAYS,
        odd(&format!("{{\"entries\":[{good}],\"nextPageToken\":\"t\"}}")),
    );
    let read = place.read(whole_hour(), threads(3)).unwrap();
    assert_eq!(read.manifest.coverage.entries_read, 1);
    assert!(
        read.manifest.coverage.unread[0]
            .reason
            .contains("the same page again and again")
    );
    assert!(place.fake.requests_to(LIST).len() < 40);
    // Tokens without entries for ever.
    let place = self::place();
    place.fake.fail(
        LIST,
        When::matching(|_, n| n % 2 == 0),
        odd("{\"nextPageToken\":\"a\"}"),
    );
    place.fake.fail(
        LIST,
        When::matching(|_, n| n % 2 == 1),
        odd("{\"nextPageToken\":\"b\"}"),
    );
    let read = place.read(whole_hour(), threads(1)).unwrap();
    assert!(read.manifest.coverage.unread[0].reason.contains("empty pages"));
    // Other times, no order, no objects.
    let place = self::place();
    let records = [
        entry("2026-03-01T10:20:00Z", "b"),
        good,
        entry("2026-03-01T12:00:00Z", "c"),
        "5".into(),
        "\"text\"".into(),
        "{\"foo\":1}".into(),
    ];
    place
        .fake
        .fail(LIST, 1, odd(&format!("{{\"entries\":[{}]}}", records.join(","))));
    let coverage = place.read(whole_hour(), threads(1)).unwrap().manifest.coverage;
    let codes: Vec<&str> = coverage.concerns.iter().map(|c| c.code.as_str()).collect();
    assert_eq!(codes, ["answers-outside", "answers-unsorted", "records-rejected"]);
    assert_eq!((coverage.entries_read, coverage.records), (2, 5));
    let problems: Vec<&str> = coverage.sources[0].problems.iter().map(|p| p.reason.name()).collect();
    assert_eq!(problems, ["not-an-object", "not-an-object", "not-a-log-entry"]);
}

#[test]
fn a_huge_entry_is_an_entry() {
    let place = place();
    let text = "x".repeat(300 << 10);
    let entry = format!("{{\"insertId\":\"a\",\"timestamp\":\"2026-03-01T10:10:00Z\",\"textPayload\":\"{text}\"}}");
    let body = format!("{{\"entries\":[{entry}]}}");
    place
        .fake
        .fail(LIST, 1, Fault::Answer(Response::new(200, "application/json", body)));
    let coverage = place.read(whole_hour(), threads(1)).unwrap().manifest.coverage;
    assert_eq!((coverage.entries_read, coverage.concerns.len()), (1, 0));
}
