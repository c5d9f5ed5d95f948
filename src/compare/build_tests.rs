//! The count table from made-up profiles, and the findings that come back.

use super::*;
use crate::compare::arms::{PAUSE_MINUTES, latency_blocks, runs};
use crate::compare::finding::Change;
use crate::compare::sides::{Choice, one_input, two_inputs};
use crate::compare::table::{Histogram, Pairing};
use crate::compare::test_data::{Made, TEN, at, data, revision};

const ERROR: &str = "pattern:test/error-a";

fn old() -> Made {
    revision("chat-api-00041-kop").serving(0..60, 50)
}

fn new() -> Made {
    revision("chat-api-00042-wil").serving(60..120, 50)
}

fn with_sides<T>(before: &Data, after: &Data, then: impl FnOnce(&Sides<'_>) -> T) -> T {
    then(&two_inputs(before, after, &Choice::default()).unwrap())
}

fn findings(before: &Data, after: &Data) -> Vec<Finding> {
    with_sides(before, after, |sides| {
        compare(sides, [before, after], &Settings::default())
    })
}

fn split(data: &Data, minute: i64) -> Sides<'_> {
    let choice = Choice {
        deployed_at: Some(at(minute, 0)),
        ..Choice::default()
    };
    one_input(data, &choice).unwrap()
}

fn found<'a>(findings: &'a [Finding], id: &str) -> &'a Finding {
    findings
        .iter()
        .find(|f| f.signal.id == id)
        .unwrap_or_else(|| panic!("no {id}"))
}

// --- Exposure ---

#[test]
fn exposure_is_requests_where_either_side_has_any() {
    let (before, after) = (data([old().entries(0..60, 7)]), data([new().entries(60..120, 9)]));
    with_sides(&before, &after, |sides| {
        let (a, b) = arms(sides);
        assert_eq!((a.arm.exposure, b.arm.exposure), (vec![50; 60], vec![50; 60]));
        assert_eq!((a.arm.segments, a.minutes[0], b.minutes[0]), (vec![60], TEN, TEN + 60));
    });
}

#[test]
fn exposure_is_entries_where_neither_side_has_requests() {
    let before = data([revision("a-1").entries(0..10, 7)]);
    let after = data([revision("a-2").entries(10..30, 9)]);
    with_sides(&before, &after, |sides| {
        let (a, b) = arms(sides);
        assert_eq!((a.arm.exposure, b.arm.exposure), (vec![7; 10], vec![9; 20]));
    });
}

#[test]
fn a_side_without_requests_has_no_exposure_when_the_other_has_some() {
    let after = data([revision("chat-api-00042-wil").events(ERROR, 60..120, 3)]);
    let before = data([old()]);
    with_sides(&before, &after, |sides| {
        let (_, b) = arms(sides);
        assert_eq!(b.arm.exposure, vec![0; 60]);
    });
    let findings = findings(&before, &after);
    let finding = found(&findings, "test/error-a");
    assert_eq!(
        (
            finding.candidate.count,
            finding.candidate.exposure,
            finding.candidate.rate
        ),
        (180, 0, 0.0)
    );
    assert!(!finding.significant);
}

#[test]
fn an_empty_side_is_an_empty_arm() {
    let (nothing, after) = (data([]), data([new()]));
    with_sides(&nothing, &after, |sides| {
        let (a, _) = arms(sides);
        assert_eq!((a.arm, a.minutes), (Arm::default(), vec![]));
    });
    assert!(findings(&nothing, &after).iter().all(|f| !f.significant));
    assert_eq!(
        findings(&nothing, &nothing).len(),
        1 + Settings::default().latency.len()
    );
}

#[test]
fn long_pauses_end_a_run() {
    let pause = 3 + PAUSE_MINUTES;
    assert_eq!(runs([1, 2, 5].into_iter()), (vec![1, 2, 3, 4, 5], vec![5]));
    let (minutes, segments) = runs([1, 3, pause, pause + 1 + PAUSE_MINUTES].into_iter());
    assert_eq!(segments, [33, 1]);
    assert_eq!((minutes[32], minutes[33]), (pause, pause + 1 + PAUSE_MINUTES));
    assert_eq!(runs(std::iter::empty()), (vec![], vec![]));
}

#[test]
fn a_stray_entry_years_away_adds_one_minute() {
    let stray = old().entries(-9_000_000..-8_999_999, 1);
    with_sides(&data([stray]), &data([new()]), |sides| {
        let (a, _) = arms(sides);
        assert_eq!((a.arm.segments, a.arm.exposure.len()), (vec![1, 60], 61));
    });
}

#[test]
fn concurrent_arms_have_the_same_minutes_and_blocks() {
    let canary = revision("chat-api-00042-wil").serving(7..58, 2).latency(10..20, 100, 5);
    let one = data([old().serving(-500..0, 50).latency(-500..60, 100, 50), canary]);
    let globs = |name| vec![glob::Pattern::new(name).unwrap()];
    let choice = Choice {
        baseline_revisions: globs("*-00041-*"),
        candidate_revisions: globs("*-00042-*"),
        ..Choice::default()
    };
    let sides = one_input(&one, &choice).unwrap();
    assert_eq!(sides.pairing, Pairing::Concurrent);
    let (a, b) = arms(&sides);
    assert_eq!((a.minutes.clone(), a.arm.segments.clone()), (b.minutes, b.arm.segments));
    assert_eq!(
        (a.minutes.first(), a.minutes.last()),
        (Some(&(TEN + 7)), Some(&(TEN + 57)))
    );
    let measured = |blocks: &[Histogram]| blocks.iter().map(|b| b.iter().sum::<u64>()).collect::<Vec<_>>();
    assert_eq!(measured(&a.arm.latency), [50; 11]);
    assert_eq!(measured(&b.arm.latency), [0, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0]);
}

// --- Latency ---

#[test]
fn latency_is_one_histogram_a_block_over_all_revisions() {
    let before = data([
        old().latency(0..10, 80, 5),
        revision("chat-api-00040-abc").latency(5..10, 90, 2),
    ]);
    with_sides(&before, &data([new().latency(60..120, 80, 9)]), |sides| {
        let (a, b) = arms(sides);
        let measured = a.arm.latency.iter().filter(|block| !block.is_empty()).count();
        assert_eq!((measured, a.arm.latency.len(), b.arm.latency.len()), (2, 12, 12));
        assert_eq!(
            (a.arm.latency[1][80], a.arm.latency[1][90], b.arm.latency[0].len()),
            (5, 2, 81)
        );
    });
}

#[test]
fn a_silent_block_of_latency_keeps_its_place() {
    let paused = revision("chat-api-00042-wil").serving(60..75, 50).serving(80..180, 50);
    let after = data([paused.latency(60..75, 300, 200).latency(80..180, 300, 200)]);
    with_sides(&data([old()]), &after, |sides| {
        let latency = arms(sides).1.arm.latency;
        let silent: Vec<usize> = (0..latency.len()).filter(|&i| latency[i].is_empty()).collect();
        assert_eq!((latency.len(), silent), (24, vec![3]));
    });
}

#[test]
fn a_block_that_the_deploy_cuts_is_on_neither_side() {
    let one = data([old().latency(0..60, 80, 5)]);
    for (deploy, before, after) in [(20, 4, 8), (22, 4, 7), (24, 4, 7), (25, 5, 7)] {
        let (a, b) = arms(&split(&one, deploy));
        assert_eq!(
            (a.arm.latency.len(), b.arm.latency.len()),
            (before, after),
            "deployed at {deploy}"
        );
    }
}

#[test]
fn slower_requests_are_a_finding() {
    let (before, after) = (
        data([old().latency(0..60, 200, 200)]),
        data([new().latency(60..120, 260, 200)]),
    );
    let there = findings(&before, &after);
    let ids: Vec<&str> = there
        .iter()
        .filter(|f| f.latency.is_some())
        .map(|f| f.signal.id.as_str())
        .collect();
    assert_eq!(ids, ["p50", "p95", "p99"]);
    let p50 = found(&there, "p50");
    assert_eq!(
        (p50.change, p50.harm, p50.baseline.count),
        (Change::Slower, true, 2_400)
    );
    assert!(
        (p50.ratio.estimate.unwrap() - 1.02_f64.powi(60)).abs() < 0.1,
        "{:?}",
        p50.ratio
    );
    let back = findings(&after, &before);
    assert_eq!(
        (found(&back, "p50").change, found(&back, "p50").harm),
        (Change::Faster, false)
    );
}

// --- Signals ---

#[test]
fn server_errors_are_told_even_when_there_are_none() {
    let findings = findings(&data([old()]), &data([new()]));
    let five = found(&findings, "5xx");
    assert_eq!(
        (five.baseline.count, five.candidate.count, five.candidate.exposure),
        (0, 0, 3_000)
    );
    assert_eq!((five.change, five.harm), (Change::Unchanged, false));
    assert!(five.rates.as_ref().unwrap().non_inferior);
    assert!(
        findings.iter().all(|f| f.signal.id != "4xx"),
        "without client errors there is nothing to tell"
    );
}

#[test]
fn server_errors_and_client_errors_are_counted_by_class() {
    let after = data([new()
        .status(70..80, 500, 2)
        .status(75..76, 599, 1)
        .status(70..72, 404, 3)
        .status(70..71, 399, 9)]);
    let findings = findings(&data([old()]), &after);
    assert_eq!(found(&findings, "5xx").candidate.count, 21);
    assert_eq!(found(&findings, "4xx").candidate.count, 6);
    assert_eq!(found(&findings, "5xx").first_seen, Some(at(70, 0)));
    assert_eq!(found(&findings, "5xx").change, Change::New);
}

#[test]
fn only_the_routes_with_most_server_errors_are_findings() {
    let name = |i: i64| format!("GET /route-{i}");
    let made = (0..80).fold(new(), |made, i| {
        made.route_errors(&name(i), 60..62, 1 + i.unsigned_abs())
    });
    let findings = findings(&data([old()]), &data([made]));
    let routes: Vec<&Finding> = findings.iter().filter(|f| f.signal.kind == SignalKind::Route).collect();
    assert_eq!(routes.len(), ROUTES_MAX);
    assert!(
        routes
            .iter()
            .any(|f| f.signal.id == name(79) && f.candidate.count == 160)
    );
    assert!(routes.iter().all(|f| f.signal.id != name(29)) && routes.iter().any(|f| f.signal.id == name(30)));
}

#[test]
fn events_without_a_time_are_in_no_row() {
    let mut made = new().events(ERROR, 70..71, 2);
    let counts = made.0.minutes[&Minute(TEN + 70)].clone();
    made = made.status(61..62, 500, 1);
    made.0.minutes.insert(Minute(i64::MIN), counts);
    made.0
        .minutes
        .get_mut(&Minute(i64::MIN))
        .unwrap()
        .by_status
        .insert(500, 40);
    made.0.signals.get_mut(ERROR).unwrap().untimed = 40;
    let route = made.0.routes.entry("GET /x".into()).or_default();
    route.server_errors.insert(Minute(i64::MIN), 3);
    let findings = findings(&data([old()]), &data([made]));
    let (five, message) = (found(&findings, "5xx"), found(&findings, "test/error-a"));
    assert_eq!(
        (five.candidate.count, five.first_seen, five.peak_share),
        (1, Some(at(61, 0)), 1.0)
    );
    assert_eq!(message.candidate.count, 2);
    assert!(findings.iter().all(|f| f.signal.kind != SignalKind::Route));
}

#[test]
fn each_side_tells_its_own_times_and_samples() {
    let one = data([old().events(ERROR, 10..15, 2).events(ERROR, 40..45, 2)]);
    let sides = split(&one, 30);
    let findings = compare(&sides, [&one, &one], &Settings::default());
    let finding = found(&findings, "test/error-a");
    assert_eq!((finding.baseline.count, finding.candidate.count), (10, 10));
    assert_eq!(
        (finding.first_seen, finding.last_seen),
        (Some(at(40, 0)), Some(at(44, 7)))
    );
    let times: Vec<Option<Timestamp>> = finding.samples.iter().map(|s| s.timestamp).collect();
    assert_eq!(times, [Some(at(40, 7)), Some(at(10, 7))], "the candidate's come first");
    let sides = split(&one, 20);
    let later = compare(&sides, [&one, &one], &Settings::default());
    assert_eq!(found(&later, "test/error-a").candidate.count, 10);
}

#[test]
fn the_busiest_five_minutes_are_found() {
    let counted = |minutes: &[(i64, u64)]| Counted {
        minutes: minutes.to_vec(),
        ..Counted::default()
    };
    for (minutes, share) in [
        (&[][..], 0.0),
        (&[(3, 7)][..], 1.0),
        (&[(0, 1), (4, 1), (5, 1), (100, 1)][..], 0.5),
        (&[(0, 1), (10, 2), (12, 2), (14, 2), (15, 1), (30, 2)][..], 0.6),
        (&[(-4, 1), (0, 1)][..], 1.0),
    ] {
        assert_eq!(counted(minutes).peak_share(), share, "{minutes:?}");
    }
}

#[test]
fn what_is_only_information_is_never_harm() {
    let after = new()
        .events("pattern:test/info-b", 60..120, 20)
        .events("pattern:test/warning-c", 60..120, 20);
    let findings = findings(&data([old()]), &data([after.events(ERROR, 60..120, 20)]));
    let of = |id| {
        let f: &Finding = found(&findings, id);
        (f.change, f.harm, f.significant)
    };
    assert_eq!(of("test/info-b"), (Change::New, false, true));
    assert_eq!(of("test/warning-c"), (Change::New, true, true));
    assert_eq!(of("test/error-a"), (Change::New, true, true));
}

#[test]
fn a_signal_that_no_list_describes_is_left_out() {
    let mut after = data([new().events(ERROR, 60..70, 1)]);
    after.signals.clear();
    assert!(
        findings(&data([old()]), &after)
            .iter()
            .all(|f| f.signal.id != "test/error-a")
    );
    assert!(describe("novel:kind", [&after, &after]).is_none() && describe("nameless", [&after, &after]).is_none());
}

#[test]
fn swapping_the_sides_mirrors_every_finding() {
    let before = old()
        .events(ERROR, 0..60, 20)
        .events("pattern:test/error-gone", 0..30, 2)
        .status(0..60, 500, 1);
    let after = new()
        .events(ERROR, 60..120, 2)
        .events("pattern:test/error-new", 60..90, 2)
        .status(60..120, 500, 9);
    let (before, after) = (data([before]), data([after]));
    let (there, back) = (findings(&before, &after), findings(&after, &before));
    assert_eq!(there.len(), back.len());
    assert_eq!(there.iter().filter(|f| f.rates.is_some()).count(), 4);
    for finding in &there {
        let other = found(&back, &finding.signal.id);
        assert_eq!((finding.baseline, finding.candidate), (other.candidate, other.baseline));
        let mirrored = match other.change {
            Change::New => Change::Vanished,
            Change::Vanished => Change::New,
            Change::More => Change::Fewer,
            Change::Fewer => Change::More,
            Change::Slower => Change::Faster,
            Change::Faster => Change::Slower,
            Change::Unchanged => Change::Unchanged,
        };
        assert_eq!(finding.change, mirrored, "{}", finding.signal.id);
    }
    let change = |id| found(&there, id).change;
    assert_eq!([change("test/error-a"), change("5xx")], [Change::Fewer, Change::More]);
    assert_eq!(
        [change("test/error-gone"), change("test/error-new")],
        [Change::Vanished, Change::New]
    );
}

// --- Traces ---

/// Requests of which each third goes to `POST /login`, followed by trace; the route takes so long, and so many of
/// its requests show the error.
fn traced(made: Made, from: i64, login_ms: u64, errors: usize) -> Made {
    use crate::profile::{Trace, TracedRequest};
    let Made(mut revision) = made;
    for i in 0..120_usize {
        let is_login = i % 3 == 0;
        let (route, ms) = if is_login {
            ("POST /login", login_ms)
        } else {
            ("GET /", 20)
        };
        let key = from.cast_unsigned() * 1_000 + i as u64;
        let trace = Trace {
            minute: Minute(TEN + from + (i % 4) as i64),
            signals: (is_login && i / 3 < errors)
                .then(|| ERROR.to_owned())
                .into_iter()
                .collect(),
            request: Some(TracedRequest {
                key,
                route: route.into(),
                latency_ns: (ms + i as u64 % 7) * 1_000_000,
            }),
        };
        revision.traces.insert(key, trace);
    }
    Made(revision)
}

#[test]
fn a_slow_route_is_found_by_its_traces() {
    let before = data([traced(old(), 0, 200, 0)]);
    let after = data([traced(new(), 60, 2_000, 0)]);
    let slower = findings(&before, &after);
    let login = found(&slower, "p50 POST /login");
    assert_eq!(
        (login.change, login.harm, login.significant),
        (Change::Slower, true, true)
    );
    let latency = login.latency.as_ref().unwrap();
    assert!(!latency.rolls_back && !latency.non_inferior);
    assert!(
        !slower.iter().any(|f| f.signal.id == "p50 GET /"),
        "routes that did not change are not listed"
    );
    let faster = findings(&after, &before);
    assert_eq!(found(&faster, "p50 POST /login").change, Change::Faster);
}

#[test]
fn an_error_in_a_services_traces_is_counted_once_a_request() {
    let side = |made: Made, from: i64, errors: usize| {
        data([traced(
            made.events(ERROR, from..from + 4, errors as u64),
            from,
            200,
            errors,
        )])
    };
    let (before, after) = (side(old(), 0, 1), side(new(), 60, 24));
    let worse = findings(&before, &after);
    let error = found(&worse, ERROR.split_once(':').unwrap().1);
    let p = error.rates.as_ref().unwrap().p_traces.unwrap();
    assert!(p < 0.05 && error.significant && error.harm, "{p}");
    let same = findings(&before, &side(new(), 60, 1));
    let error = found(&same, "test/error-a");
    assert!(error.rates.as_ref().unwrap().p_traces.unwrap() > 0.5 && !error.significant);
}

#[test]
fn traces_outside_of_the_window_are_left_out() {
    let before = data([traced(old(), 0, 200, 0)]);
    let after = data([traced(new(), 200, 2_000, 0)]);
    assert!(
        !findings(&before, &after)
            .iter()
            .any(|f| f.signal.id.starts_with("p50 "))
    );
}

// --- The same hours of earlier days ---

fn with_same_hours<T>(before: &Data, after: &Data, then: impl FnOnce(&Sides<'_>) -> T) -> T {
    let choice = Choice {
        same_hours: true,
        ..Choice::default()
    };
    then(&two_inputs(before, after, &choice).unwrap())
}

#[test]
fn runs_are_the_windows_with_their_silent_minutes() {
    let before = data([revision("a-1")
        .serving(-2940..-2870, 5)
        .serving(-2830..-2800, 5)
        .serving(-1500..-1300, 5)]);
    let after = data([revision("a-2").serving(0..10, 5).serving(50..60, 5)]);
    with_same_hours(&before, &after, |sides| {
        let (a, b) = arms(sides);
        assert_eq!((a.arm.segments, b.arm.segments), (vec![60, 60], vec![60]));
        let expected = [vec![5; 10], vec![0; 40], vec![5; 10]].concat();
        assert_eq!(a.arm.exposure, [expected.clone(), vec![5; 60]].concat());
        assert_eq!(b.arm.exposure, expected);
        assert_eq!((a.minutes[59], a.minutes[60]), (TEN - 2821, TEN - 1440));
    });
}

#[test]
fn runs_pair_with_the_candidates_and_need_no_allowance() {
    let before = data([revision("a-1").serving(-3 * 1440..-60, 5)]);
    let after = data([revision("a-2").serving(0..480, 5)]);
    with_same_hours(&before, &after, |sides| {
        let (a, b) = arms(sides);
        let table = Table {
            pairing: sides.pairing,
            baseline: a.arm,
            candidate: b.arm,
            rows: vec![],
        };
        let settings = Settings::default();
        assert_eq!(table.baseline.segments, [480; 3]);
        assert!(crate::compare::bets::PairedBlocks::new(&table, &settings).is_some());
        assert_eq!(crate::compare::cycle::allowances(&table, &settings), vec![1.0; 480]);
    });
}

#[test]
fn nothing_outside_of_the_same_hours_is_counted() {
    let outside = revision("a-1")
        .serving(-1500..-1300, 5)
        .events(ERROR, -1450..-1440, 9)
        .events(ERROR, -1380..-1370, 9)
        .status(-1500..-1440, 500, 1)
        .route_errors("GET /a", -1500..-1440, 3)
        .latency(-1500..-1300, 100, 2);
    let within = outside
        .clone()
        .events(ERROR, -1430..-1428, 2)
        .route_errors("GET /a", -1400..-1390, 1);
    let after = data([revision("a-2").serving(2..58, 5).events(ERROR, 20..21, 1)]);
    let compared = |before: &Data| {
        with_same_hours(before, &after, |sides| {
            let blocks = latency_blocks(&sides.baseline, sides.pairing).len();
            (blocks, compare(sides, [before, &after], &Settings::default()))
        })
    };
    let (blocks, findings) = compared(&data([outside]));
    // From two minutes past ten to two minutes before eleven, the first and the last block are cut.
    assert_eq!(blocks, 10);
    let error = found(&findings, "test/error-a");
    assert_eq!(
        (error.change, error.baseline.count, error.candidate.count),
        (Change::New, 0, 1)
    );
    assert_eq!(found(&findings, "5xx").baseline.count, 0);
    assert!(findings.iter().all(|f| f.signal.kind != SignalKind::Route));
    let (_, findings) = compared(&data([within]));
    let error = found(&findings, "test/error-a");
    assert_eq!((error.baseline.count, error.baseline.exposure), (4, 56 * 5));
    assert_eq!(error.samples.iter().filter(|s| s.revision == "a-1").count(), 1);
    assert_eq!(found(&findings, "GET /a").baseline.count, 10);
}
