//! Counts of Cloud Monitoring in a profile: exact where the log is, additive, policed, and told.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::cloud::run::ServiceName;
use crate::compare::{Choice, Settings, Sides, compare, one_input, two_inputs};
use crate::model::SignalKind;
use crate::patterns::PackSet;
use crate::profile::{MinuteCounts, Profile, ProfileError, Trace};
use crate::verdict::{Case, Policy, judge};

const OLD: &str = "chat-api-00041-kop";
const NEW: &str = "chat-api-00042-xay";
const ROUTE: &str = "GET /threads/{id}";
/// 2026-03-01T10:00:00Z
const TEN: i64 = 29_539_320;

fn key(revision: &str) -> String {
    format!("chat-api/{revision}")
}

/// Two hours of counts from ten o'clock on.
fn counts(revisions: Vec<(&str, RevisionRequests)>) -> RequestCounts {
    RequestCounts {
        name: ServiceName {
            project: "acme-shop".into(),
            region: "europe-west1".into(),
            service: "chat-api".into(),
        },
        window: Window {
            start: Some(Minute(TEN).start()),
            end: Some(Minute(TEN + 120).start()),
        },
        revisions: revisions.into_iter().map(|(r, c)| (r.to_owned(), c)).collect(),
        missing: vec![],
    }
}

/// Minutes as (minute, status, requests), latency as (block, milliseconds, requests).
fn counted(minutes: &[(i64, u16, u64)], latency: &[(i64, (u64, u64), u64)]) -> RevisionRequests {
    let mut counted = RevisionRequests::default();
    for (minute, status, n) in minutes {
        *counted
            .minutes
            .entry(Minute(TEN + minute))
            .or_default()
            .entry(*status)
            .or_default() += n;
    }
    for (block, (from, to), n) in latency {
        let bucket = (from * 1_000_000, to * 1_000_000);
        *counted
            .latency
            .entry(TEN / 5 + block)
            .or_default()
            .entry(bucket)
            .or_default() += n;
    }
    counted
}

/// A revision as it is counted from log entries: request entries as (minute, status, number), one route.
fn listed(revision: &str, requests: &[(i64, u16, u64)]) -> (Data, Coverage) {
    let mut counts = named(&counts(vec![]), revision);
    let route = counts.routes.entry(ROUTE.into()).or_default();
    for (minute, status, n) in requests {
        let at = Minute(TEN + minute);
        let row: &mut MinuteCounts = counts.minutes.entry(at).or_default();
        row.entries += n;
        row.requests += n;
        if *status > 0 {
            *row.by_status.entry(*status).or_default() += n;
        }
        route.requests += n;
        match status {
            101 => route.websockets += n,
            400..=499 => route.client_errors += n,
            500..=599 => *route.server_errors.entry(at).or_default() += n,
            _ => {}
        }
    }
    let entries = counts.minutes.values().map(|m| m.entries).sum();
    let coverage = Coverage {
        records: entries,
        entries_read: entries,
        counted: entries,
        revisions: BTreeMap::from([(key(revision), entries)]),
        ..Coverage::default()
    };
    let revisions = BTreeMap::from([(key(revision), counts)]);
    let data = Data {
        revisions,
        ..Data::default()
    };
    (data, coverage)
}

fn profile(data: &Data, coverage: &Coverage) -> Profile {
    Profile::new(data.clone(), coverage.clone(), &PackSet::default(), &Default::default())
}

fn read_back(profile: &Profile) -> Result<Profile, ProfileError> {
    Profile::from_json(&profile.to_json())
}

fn routes_total(counts: &RevisionCounts) -> u64 {
    counts
        .routes
        .values()
        .chain([&counts.other_routes])
        .map(|r| r.requests)
        .sum()
}

fn requests_total(counts: &RevisionCounts) -> u64 {
    counts.minutes.values().map(|m| m.requests).sum()
}

fn codes(coverage: &Coverage) -> Vec<&str> {
    coverage.concerns.iter().map(|c| c.code.as_str()).collect()
}

/// The log lists failures, connections, one request without a status and one that succeeded with a warning.
fn failures() -> (Data, Coverage) {
    listed(
        NEW,
        &[
            (0, 500, 2),
            (0, 404, 1),
            (0, 101, 3),
            (0, 0, 1),
            (1, 200, 1),
            (2, 503, 1),
        ],
    )
}

fn of_monitoring() -> RequestCounts {
    let minutes = [
        (0, 200, 100),
        (0, 302, 5),
        (0, 500, 2),
        (0, 101, 3),
        (1, 200, 90),
        (3, 204, 7),
        (3, 0, 2),
    ];
    let latency = [
        (0, (100, 140), 190),
        (0, (140, 196), 10),
        (1, (200_000, 300_000), 100),
        (1, (300_000, 420_000), 7),
    ];
    counts(vec![(NEW, counted(&minutes, &latency))])
}

#[test]
fn failures_stay_and_all_else_is_counted() {
    let (mut data, mut coverage) = failures();
    count_requests(&mut data, &mut coverage, &of_monitoring(), Listed::Failed);
    let counts = &data.revisions[&key(NEW)];
    let minute = |m: i64| {
        let row = &counts.minutes[&Minute(TEN + m)];
        (
            row.requests,
            row.by_status.iter().map(|(s, n)| (*s, *n)).collect::<Vec<_>>(),
            row.entries,
        )
    };
    assert_eq!(
        minute(0),
        (112, vec![(101, 3), (200, 100), (302, 5), (404, 1), (500, 2)], 7)
    );
    assert_eq!(
        minute(1),
        (90, vec![(200, 90)], 1),
        "the listed success is not counted twice"
    );
    assert_eq!(
        minute(2),
        (1, vec![(503, 1)], 1),
        "the platform refused it: it never reached a container"
    );
    assert_eq!(
        minute(3),
        (7, vec![(204, 7)], 0),
        "requests without a status are listed"
    );
    let route = &counts.routes[ROUTE];
    assert_eq!((route.requests, route.client_errors, route.websockets), (7, 1, 3));
    assert_eq!(route.server_errors.len(), 2);
    assert_eq!(routes_total(counts), requests_total(counts));
    assert_eq!(counts.requests_from, RequestSource::Monitoring);
    assert_eq!(
        (coverage.requests_from, codes(&coverage)),
        (RequestSource::Monitoring, vec![])
    );
    assert!(coverage.is_conserved());
    assert_eq!(read_back(&profile(&data, &coverage)), Ok(profile(&data, &coverage)));
}

#[test]
fn counting_twice_changes_nothing() {
    for how in [Listed::Failed, Listed::Nothing] {
        let (mut data, mut coverage) = failures();
        count_requests(&mut data, &mut coverage, &of_monitoring(), how);
        let once = (data.clone(), coverage.clone());
        count_requests(&mut data, &mut coverage, &of_monitoring(), how);
        assert_eq!((data, coverage), once);
    }
}

#[test]
fn without_request_entries_everything_is_counted() {
    let (mut data, mut coverage) = failures();
    count_requests(&mut data, &mut coverage, &of_monitoring(), Listed::Nothing);
    let counts = &data.revisions[&key(NEW)];
    assert_eq!(
        counts.minutes[&Minute(TEN)].by_status,
        BTreeMap::from([(101, 3), (200, 100), (302, 5), (500, 2)])
    );
    assert_eq!(counts.minutes[&Minute(TEN + 2)].requests, 0);
    assert_eq!(counts.minutes[&Minute(TEN + 3)].requests, 9);
    assert!(counts.routes.is_empty());
    let other = &counts.other_routes;
    assert_eq!(
        (other.requests, other.websockets, other.server_errors.len()),
        (209, 3, 1)
    );
    assert!(read_back(&profile(&data, &coverage)).is_ok());
}

#[test]
fn latency_is_that_of_monitoring_without_streams() {
    let (mut data, mut coverage) = failures();
    data.revisions
        .get_mut(&key(NEW))
        .unwrap()
        .latency
        .insert(TEN / 5, BTreeMap::from([(3, 3)]));
    count_requests(&mut data, &mut coverage, &of_monitoring(), Listed::Failed);
    let latency = &data.revisions[&key(NEW)].latency;
    let first = &latency[&(TEN / 5)];
    assert_eq!(first.values().sum::<u64>(), 200);
    assert!(
        first
            .keys()
            .all(|b| (bin_of(100_000_000)..=bin_of(196_000_000)).contains(b)),
        "{first:?}"
    );
    let second = &latency[&(TEN / 5 + 1)];
    let kept: u64 = second.values().sum();
    assert!((90..100).contains(&kept), "what lies above 294 s is cut: {second:?}");
}

#[test]
fn a_revision_that_logged_nothing_is_there_with_its_requests() {
    let (mut data, mut coverage) = (Data::default(), Coverage::default());
    let monitoring = counts(vec![(NEW, counted(&[(0, 200, 5)], &[]))]);
    count_requests(&mut data, &mut coverage, &monitoring, Listed::Failed);
    let profile = profile(&data, &coverage);
    assert_eq!(read_back(&profile), Ok(profile.clone()));
    let counts = &profile.data.revisions[&key(NEW)];
    assert_eq!((counts.location.as_str(), requests_total(counts)), ("europe-west1", 5));
    assert_eq!(counts.requests_by_minute(), BTreeMap::from([(Minute(TEN), 5)]));
}

#[test]
fn silence_is_not_zero() {
    let (mut data, mut coverage) = failures();
    let mut monitoring = counts(vec![]);
    monitoring.missing = vec![OLD.into()];
    count_requests(&mut data, &mut coverage, &monitoring, Listed::Failed);
    assert_eq!(codes(&coverage), ["requests-not-counted", "requests-not-counted"]);
    assert!(coverage.concerns[0].message.contains(OLD) && coverage.concerns[1].message.contains(NEW));
    assert!(data.revisions[&key(NEW)].requests_from.is_log(), "left as it was");
    assert!(read_back(&profile(&data, &coverage)).is_ok());
}

#[test]
fn errors_that_the_log_does_not_hold_are_told() {
    let of = |in_log: u64, in_monitoring: u64| {
        let (mut data, mut coverage) = listed(NEW, &[(0, 500, in_log)]);
        let monitoring = counts(vec![(NEW, counted(&[(0, 200, 1000), (0, 500, in_monitoring)], &[]))]);
        count_requests(&mut data, &mut coverage, &monitoring, Listed::Failed);
        assert_eq!(data.revisions[&key(NEW)].minutes[&Minute(TEN)].by_status[&500], in_log);
        codes(&coverage).join(" ")
    };
    assert_eq!(of(100, 104), "", "the edges of minutes");
    assert_eq!(of(1, 6), "");
    assert_eq!(of(90, 40), "", "those refused by the platform are in the log alone");
    assert_eq!(of(1, 60), "requests-not-logged");
}

#[test]
fn entries_outside_the_counted_minutes_are_told() {
    let (mut data, mut coverage) = listed(NEW, &[(0, 500, 1), (121, 500, 3)]);
    let monitoring = counts(vec![(NEW, counted(&[(0, 200, 10), (0, 500, 1)], &[]))]);
    count_requests(&mut data, &mut coverage, &monitoring, Listed::Failed);
    assert_eq!(codes(&coverage), ["outside-counts"]);
    assert!(
        coverage.concerns[0].message.starts_with("3 entries lie outside"),
        "{:?}",
        coverage.concerns
    );
}

#[test]
fn tampered_counts_are_refused() {
    let (mut data, mut coverage) = failures();
    count_requests(&mut data, &mut coverage, &of_monitoring(), Listed::Failed);
    let good: Value = serde_json::from_str(&profile(&data, &coverage).to_json()).unwrap();
    let revision = format!("/data/revisions/{}", key(NEW).replace('/', "~1"));
    let minute = format!("{revision}/minutes/{}", TEN + 3);
    let changes = [
        (
            "/manifest/coverage/requests_from".to_owned(),
            json!("log"),
            "that the log did not count",
        ),
        (
            format!("{revision}/requests_from"),
            json!("log"),
            "the entries of a minute",
        ),
        (
            format!("{minute}/by_status"),
            json!({"204": 8}),
            "the entries of a minute",
        ),
        (format!("{minute}/error_messages"), json!(1), "the entries of a minute"),
        (format!("{minute}/requests"), json!(8), "the requests of the routes"),
        (
            format!("{revision}/latency/{}", TEN / 5),
            json!({"790": 1}),
            "the latencies",
        ),
        (
            format!("{revision}/latency/{}", TEN / 5),
            json!({"1": u64::MAX}),
            "the latencies",
        ),
    ];
    for (at, value, why) in changes {
        let mut bad = good.clone();
        *bad.pointer_mut(&at).unwrap_or_else(|| panic!("no {at}")) = value;
        let refused = Profile::from_json(&bad.to_string()).unwrap_err().to_string();
        assert!(refused.contains(why), "{at}: {refused}");
    }
    let huge = counts(vec![(NEW, counted(&[(0, 200, 1 << 54)], &[]))]);
    let (mut data, mut coverage) = (Data::default(), Coverage::default());
    count_requests(&mut data, &mut coverage, &huge, Listed::Failed);
    let refused = read_back(&profile(&data, &coverage)).unwrap_err().to_string();
    assert!(refused.contains("more requests than there can be"), "{refused}");
}

#[test]
fn the_log_alone_is_not_written_down() {
    let (data, coverage) = failures();
    assert!(!profile(&data, &coverage).to_json().contains("requests_from"));
    let (mut data, mut coverage) = failures();
    count_requests(&mut data, &mut coverage, &of_monitoring(), Listed::Failed);
    let json = profile(&data, &coverage).to_json();
    assert_eq!(json.matches("\"requests_from\":\"monitoring\"").count(), 2, "{json}");
    let schema: Value = serde_json::from_str(include_str!("../../docs/schema/profile.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value: Value = serde_json::from_str(&json).unwrap();
    assert!(validator.is_valid(&value));
    let other: Value = serde_json::from_str(&json.replace("\"monitoring\"", "\"guess\"")).unwrap();
    assert!(!validator.is_valid(&other));
}

// --- Laws ---

type Rows = Vec<(i64, u16, u64)>;
/// Block, bucket in milliseconds, requests.
type Latencies = Vec<(i64, (u64, u64), u64)>;
/// Listed in the log, counted by Monitoring, its latencies, and whether of the new revision.
type Part = (Rows, Rows, Latencies, bool);

/// Statuses of every kind in the minutes of one of three parts, so that parts share neither minutes nor blocks.
fn rows(part: i64) -> impl Strategy<Value = Rows> {
    let status = prop::sample::select(vec![0_u16, 101, 200, 204, 302, 404, 429, 500, 503]);
    prop::collection::vec((part * 10..part * 10 + 10, status, 1_u64..50), 0..12)
}

fn latencies(part: i64) -> impl Strategy<Value = Latencies> {
    let bucket = prop::sample::select(vec![(0, 1), (10, 14), (14, 20), (200, 280), (250_000, 350_000)]);
    prop::collection::vec((part * 2..part * 2 + 2, bucket, 1_u64..1000), 0..6)
}

fn part(number: i64) -> impl Strategy<Value = Part> {
    (rows(number), rows(number), latencies(number), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn parts_merge_in_any_order_and_before_or_after_counting(
        parts in (part(0), part(1), part(2)), nothing in any::<bool>(),
    ) {
        let how = if nothing { Listed::Nothing } else { Listed::Failed };
        let parts = [parts.0, parts.1, parts.2];
        let revision = |new: bool| if new { NEW } else { OLD };
        let counted_part = |(log, monitoring, latency, new): &Part| {
            let (mut data, mut coverage) = listed(revision(*new), log);
            let counts = counts(vec![(revision(*new), counted(monitoring, latency))]);
            count_requests(&mut data, &mut coverage, &counts, how);
            (data, coverage)
        };
        let merged = |order: [usize; 3]| {
            let (mut data, mut coverage) = (Data::default(), Coverage::default());
            for (d, c) in order.map(|i| counted_part(&parts[i])) {
                data.add(&d);
                coverage.add(&c);
            }
            (data, coverage)
        };
        let whole = merged([0, 1, 2]);
        prop_assert_eq!(&merged([2, 0, 1]), &whole);
        prop_assert_eq!(&merged([1, 2, 0]), &whole);
        let mut right = counted_part(&parts[1]).0;
        right.add(&counted_part(&parts[2]).0);
        let mut associated = counted_part(&parts[0]).0;
        associated.add(&right);
        prop_assert_eq!(&associated, &whole.0);
        prop_assert_eq!(read_back(&profile(&whole.0, &whole.1)), Ok(profile(&whole.0, &whole.1)));

        let (mut data, mut coverage, mut all) = (Data::default(), Coverage::default(), counts(vec![]));
        for (log, monitoring, latency, new) in &parts {
            let (d, c) = listed(revision(*new), log);
            data.add(&d);
            coverage.add(&c);
            let more = counted(monitoring, latency);
            let mine = all.revisions.entry(revision(*new).into()).or_default();
            mine.minutes.extend(more.minutes);
            mine.latency.extend(more.latency);
        }
        count_requests(&mut data, &mut coverage, &all, how);
        prop_assert_eq!(data, whole.0);
    }
}

// --- What the verdict makes of it ---

/// An hour of both revisions at once, at 100 requests a minute; on the new one's, so many fail.
fn hour(revision: &str, failures: u64) -> (Rows, RevisionRequests) {
    let log: Rows = (0..60).flat_map(|m| [(m, 500, failures)]).filter(|r| r.2 > 0).collect();
    let minutes: Rows = (0..60)
        .flat_map(|m| [(m, 200, 100 - failures), (m, 500, failures)])
        .collect();
    let slow = u64::from(revision == NEW) * 40;
    let latency: Vec<_> = (0..12)
        .flat_map(|b| [(b, (100 + slow, 140 + slow), 450), (b, (140 + slow, 200 + slow), 50)])
        .collect();
    (log, counted(&minutes, &latency))
}

fn side(revision: &str, failures: u64) -> (Data, Coverage) {
    let (log, monitoring) = hour(revision, failures);
    let (mut data, mut coverage) = listed(revision, &log);
    count_requests(
        &mut data,
        &mut coverage,
        &counts(vec![(revision, monitoring)]),
        Listed::Failed,
    );
    (data, coverage)
}

fn judged(sides: &Sides<'_>, data: [&Data; 2]) -> (Case, crate::verdict::Judgement) {
    let policy = Policy::default();
    let settings: Settings = (&policy.statistics).into();
    let case = Case::new(sides, compare(sides, data, &settings), vec![]);
    let judgement = judge(&case, &policy);
    (case, judgement)
}

#[test]
fn errors_of_the_log_are_held_against_requests_of_monitoring() {
    let ((mut old, _), (new, _)) = (side(OLD, 0), side(NEW, 20));
    old.add(&new);
    let choice = Choice {
        candidate_revisions: vec![glob::Pattern::new(NEW).unwrap()],
        ..Choice::default()
    };
    let sides = one_input(&old, &choice).unwrap();
    let (case, judgement) = judged(&sides, [&old, &old]);
    assert_eq!((case.baseline.requests, case.candidate.requests), (6000, 6000));
    assert_eq!(case.candidate.by_status, BTreeMap::from([(200, 4800), (500, 1200)]));
    assert_eq!(judgement.verdict.label(), "ROLL BACK", "{judgement:#?}");
    assert!(judgement.reasons.iter().any(|r| r.code == "server-errors-up"));
    let routes = case.findings.iter().filter(|f| f.signal.kind == SignalKind::Route);
    assert_eq!(
        routes.map(|f| f.signal.id.as_str()).collect::<Vec<_>>(),
        [ROUTE],
        "failed routes are known"
    );
    let latency = case
        .findings
        .iter()
        .filter(|f| f.latency.as_ref().is_some_and(|l| l.baseline_ms.is_some()));
    assert_eq!(latency.count(), 3);
    let told = judgement
        .not_verified
        .iter()
        .find(|d| d.contains("counted by Cloud Monitoring"));
    assert!(
        told.is_some_and(|d| !d.contains("of the candidate")),
        "{:?}",
        judgement.not_verified
    );
}

#[test]
fn sides_of_different_sources_are_not_compared_by_latency() {
    let (new, _) = side(NEW, 0);
    let log: Rows = (0..60).map(|m| (m, 200, 100)).collect();
    let (mut old, _) = listed(OLD, &log);
    let slow = (0..12).map(|b| (TEN / 5 + b, BTreeMap::from([(1, 500)]))).collect();
    old.revisions.get_mut(&key(OLD)).unwrap().latency = slow;
    let sides = two_inputs(&old, &new, &Choice::default()).unwrap();
    assert!(!sides.same_request_source());
    assert!(sides.concerns.iter().any(|c| c.code == "other-request-source"));
    let (case, judgement) = judged(&sides, [&old, &new]);
    assert!(
        case.findings
            .iter()
            .filter_map(|f| f.latency.as_ref())
            .all(|l| l.candidate_ms.is_none())
    );
    assert_eq!(judgement.verdict.label(), "HOLD", "{judgement:#?}");
    assert!(
        judgement
            .not_verified
            .iter()
            .any(|d| d.contains("latency of the candidate were counted by"))
    );
}

#[test]
fn traces_of_failed_requests_alone_are_not_compared() {
    let trace = |minute: i64| Trace {
        minute: Minute(TEN + minute),
        signals: BTreeSet::from(["pattern:starlette/accept-first".to_owned()]),
        request: None,
    };
    let with_traces = |revision: &str, from: u64| {
        let (mut data, _) = side(revision, 1);
        let traces = (from..from + 40).map(|i| (i, trace((i % 60) as i64)));
        data.revisions.get_mut(&key(revision)).unwrap().traces.extend(traces);
        data
    };
    let (old, new) = (with_traces(OLD, 0), with_traces(NEW, 100));
    let sides = two_inputs(&old, &new, &Choice::default()).unwrap();
    let (case, _) = judged(&sides, [&old, &new]);
    assert!(
        case.findings
            .iter()
            .all(|f| f.rates.as_ref().is_none_or(|r| r.p_traces.is_none()))
    );
    assert!(
        !case.candidate.together.is_empty(),
        "what comes together is still known"
    );
}
