//! Plain facts from made-up profiles.

use super::*;
use crate::compare::test_data::{Made, at, data, revision};
use crate::compare::{Choice, one_input, two_inputs};
use crate::model::Timestamp;
use crate::profile::Data;

fn case(before: &Data, after: &Data) -> Case {
    Case::new(&two_inputs(before, after, &Choice::default()).unwrap(), vec![], vec![])
}

fn split(data: &Data, deployed_at: Timestamp) -> Case {
    let choice = Choice {
        deployed_at: Some(deployed_at),
        ..Choice::default()
    };
    Case::new(&one_input(data, &choice).unwrap(), vec![], vec![])
}

fn old() -> Made {
    revision("chat-api-00041-kop").serving(0..30, 10)
}

#[test]
fn minutes_count_from_the_sides_own_first_one() {
    let key = "pattern:test/error-a";
    let new = revision("chat-api-00042-wil")
        .serving(40..70, 10)
        .events(key, 43..45, 2)
        .events("unmatched:errors", 69..70, 1)
        .status(50..51, 503, 4)
        .status(51..52, 404, 3);
    let case = case(&data([old()]), &data([new]));
    let facts = &case.candidate;
    assert_eq!(facts.signal_minutes["test/error-a"], [(3, 2), (4, 2)]);
    assert_eq!(facts.signal_minutes["unmatched-errors"], [(29, 1)]);
    assert_eq!(facts.signal_minutes["5xx"], [(10, 4)]);
    assert_eq!(facts.signal_minutes["4xx"], [(11, 3)]);
    assert_eq!((facts.first, facts.minutes), (Some(at(40, 0)), 30));
    assert_eq!(facts.last, Some(Timestamp(at(70, 0).0 - 1)));
    assert_eq!((facts.requests, facts.entries), (307, 312));
    assert_eq!(facts.request_minutes.len(), 30);
    assert_eq!((facts.request_minutes[10], facts.request_minutes[11]), (14, 13));
    assert_eq!((case.baseline.minutes, case.baseline.events("5xx")), (30, 0));
}

#[test]
fn several_revisions_are_summed_by_minute() {
    let key = "pattern:test/error-a";
    let part = |name: &str, events| {
        revision(name)
            .serving(0..10, 5)
            .events(key, 2..4, events)
            .status(2..3, 500, events)
    };
    let case = case(&data([part("a/a-1", 1), part("b/b-1", 2)]), &data([part("a/a-2", 1)]));
    let facts = &case.baseline;
    assert_eq!(facts.signal_minutes["test/error-a"], [(2, 3), (3, 3)]);
    assert_eq!(facts.signal_minutes["5xx"], [(2, 3)]);
    assert_eq!(facts.by_status[&200], 100);
    assert_eq!(
        (facts.services.join(" "), facts.revisions.join(" ")),
        ("a b".into(), "a-1 b-1".into())
    );
    assert!(case.notes.iter().any(|n| n.code == "several-services"));
    assert_eq!(
        (facts.project.as_str(), facts.location.as_str()),
        ("acme-shop", "europe-west1")
    );
}

#[test]
fn statuses_are_those_of_the_window() {
    let one = data([old().status(5..6, 500, 7).status(25..26, 503, 9)]);
    let case = split(&one, at(20, 0));
    assert_eq!(
        (case.baseline.by_status.get(&500), case.baseline.by_status.get(&503)),
        (Some(&7), None)
    );
    assert_eq!(
        (case.candidate.by_status.get(&500), case.candidate.by_status.get(&503)),
        (None, Some(&9))
    );
    assert_eq!(case.candidate.signal_minutes["5xx"], [(5, 9)]);
}

fn websockets(made: Made, minute: i64, route: &str, accepted: u64, refused: u64) -> Made {
    let mut made = made
        .status(minute..minute + 1, 101, accepted)
        .status(minute..minute + 1, 403, refused);
    let row = made.0.routes.entry(route.into()).or_default();
    row.requests += accepted + refused;
    row.websockets += accepted;
    row.client_errors += refused;
    made
}

#[test]
fn attempts_are_all_requests_of_routes_that_accept_websockets_on_either_side() {
    let before = websockets(old(), 0, "GET /ws", 90, 10);
    let before = websockets(before, 0, "GET /health", 0, 500);
    let after = websockets(revision("chat-api-00042-wil").serving(40..60, 1), 40, "GET /ws", 0, 8);
    let case = case(&data([before]), &data([after]));
    assert_eq!(
        (case.baseline.websockets_accepted, case.baseline.websocket_attempts),
        (90, 100)
    );
    assert_eq!(
        (case.candidate.websockets_accepted, case.candidate.websocket_attempts),
        (0, 8)
    );
}

#[test]
fn where_a_window_cuts_a_revision_only_attempts_with_a_known_minute_count() {
    let made = old()
        .status(0..30, 101, 3)
        .status(10..11, 500, 4)
        .status(25..26, 500, 2);
    let mut made = made
        .route_errors("GET /ws", 10..11, 4)
        .route_errors("GET /ws", 25..26, 2);
    let row = made.0.routes.get_mut("GET /ws").unwrap();
    row.requests += 90 + 50;
    row.websockets += 90;
    row.client_errors += 50;
    let case = split(&data([made]), at(20, 0));
    assert_eq!(
        (case.baseline.websockets_accepted, case.baseline.websocket_attempts),
        (60, 64)
    );
    assert_eq!(
        (case.candidate.websockets_accepted, case.candidate.websocket_attempts),
        (30, 32)
    );
}

#[test]
fn an_empty_side_has_no_facts() {
    let case = case(&data([]), &data([old()]));
    assert_eq!(
        (case.baseline.minutes, case.baseline.entries, case.baseline.first),
        (0, 0, None)
    );
    assert!(case.baseline.request_minutes.is_empty() && case.baseline.signal_minutes.is_empty());
}

#[test]
fn a_stray_time_does_not_make_the_series_endless() {
    let stray = revision("chat-api-00042-wil")
        .serving(40..60, 1)
        .entries(50_000_000..50_000_001, 1);
    let case = case(&data([old()]), &data([stray]));
    assert_eq!(
        (case.candidate.request_minutes.len(), case.candidate.requests),
        (20, 20)
    );
    assert_eq!(case.candidate.minutes, 20 + 1);
}

#[test]
fn concerns_are_told_once() {
    let same = Concern {
        code: "truncated".into(),
        message: "cut".into(),
    };
    let (before, after) = (
        data([old()]),
        data([revision("chat-api-00040-abc").serving(-60..-30, 1)]),
    );
    let sides = two_inputs(&before, &after, &Choice::default()).unwrap();
    let case = Case::new(&sides, vec![], vec![same.clone(), same]);
    let codes: Vec<&str> = case.concerns.iter().map(|c| c.code.as_str()).collect();
    assert_eq!(codes, ["sides-swapped", "truncated"]);
}

#[test]
fn the_same_hours_of_several_days_follow_each_other() {
    let key = "pattern:test/error-a";
    let before = data([revision("a-1")
        .serving(-2940..-1300, 10)
        .events(key, -2880..-2879, 1)
        .events(key, -2000..-1990, 7)
        .events(key, -1438..-1437, 2)
        .status(-1381..-1379, 500, 3)]);
    let after = data([revision("a-2").serving(0..20, 10).serving(55..60, 10)]);
    let choice = Choice {
        same_hours: true,
        ..Choice::default()
    };
    let case = Case::new(&two_inputs(&before, &after, &choice).unwrap(), vec![], vec![]);
    assert!(case.same_hours);
    let facts = &case.baseline;
    assert_eq!(
        (facts.minutes, facts.requests, facts.request_minutes.len()),
        (120, 1203, 120)
    );
    assert_eq!(facts.signal_minutes["test/error-a"], [(0, 1), (62, 2)]);
    assert_eq!(facts.signal_minutes["5xx"], [(119, 3)]);
    assert_eq!(facts.by_status[&500], 3);
    assert_eq!((case.candidate.minutes, case.candidate.request_minutes[30]), (60, 0));
    assert_eq!(case.notes[0].code, "same-hours");
}
