//! Which entries stand on which side, from two inputs and from one.

use super::*;
use crate::compare::test_data::{Made, TEN, at, data, revision};

const OLD: &str = "chat-api-00041-kop";
const NEW: &str = "chat-api-00042-wil";

fn choice(baseline: &[&str], candidate: &[&str], deployed_at: Option<Timestamp>) -> Choice {
    let globs = |names: &[&str]| names.iter().map(|n| Pattern::new(n).unwrap()).collect();
    Choice {
        baseline_revisions: globs(baseline),
        candidate_revisions: globs(candidate),
        deployed_at,
        until: None,
        same_hours: false,
    }
}

fn deployed(minute: i64, second: i64) -> Choice {
    choice(&[], &[], Some(at(minute, second)))
}

fn names<'a>(side: &Side<'a>) -> Vec<&'a str> {
    side.revisions.iter().map(|r| r.revision.as_str()).collect()
}

/// First and last minute, counted from ten o'clock, and all entries.
fn extent(side: &Side<'_>) -> Option<(i64, i64, u64)> {
    let minutes = side.minutes();
    let (first, last) = (minutes.first_key_value()?, minutes.last_key_value()?);
    Some((first.0 - TEN, last.0 - TEN, minutes.values().map(|m| m.0).sum()))
}

fn codes(told: &[Concern]) -> Vec<&str> {
    told.iter().map(|c| c.code.as_str()).collect()
}

fn old(minutes: Range<i64>) -> Made {
    revision(OLD).serving(minutes, 10)
}

fn new(minutes: Range<i64>) -> Made {
    revision(NEW).serving(minutes, 10)
}

// --- Two inputs ---

#[test]
fn the_old_revision_in_the_candidates_file_is_drain() {
    let before = data([old(0..60)]);
    let after = data([old(60..61), new(60..120)]);
    let sides = two_inputs(&before, &after, &Choice::default()).unwrap();
    assert_eq!(
        (names(&sides.baseline), names(&sides.candidate)),
        (vec![OLD], vec![NEW])
    );
    assert_eq!(sides.pairing, Pairing::BeforeAfter);
    assert_eq!(extent(&sides.candidate), Some((60, 119, 600)));
    assert_eq!((codes(&sides.notes), sides.concerns.len()), (vec!["drain"], 0));
    assert!(sides.notes[0].message.contains("10 entries") && sides.notes[0].message.contains(OLD));
}

#[test]
fn globs_choose_with_and_without_the_service() {
    let both = data([
        old(0..60),
        new(60..120),
        revision("chat-api-00043-zap").serving(60..120, 1),
    ]);
    let chosen = |baseline: &[&str], candidate: &[&str]| {
        let sides = two_inputs(&both, &both, &choice(baseline, candidate, None)).unwrap();
        (names(&sides.baseline).join(" "), names(&sides.candidate).join(" "))
    };
    let exactly = (OLD.to_owned(), NEW.to_owned());
    assert_eq!(chosen(&["*-00041-*"], &["*-00042-*"]), exactly);
    assert_eq!(
        chosen(&["chat-api/*-00041-*"], &["chat-api/chat-api-00042-???"]),
        exactly
    );
    let others = format!("{NEW} chat-api-00043-zap");
    assert_eq!(chosen(&["*-00041-*"], &[]), (OLD.into(), others.clone()));
    assert_eq!(chosen(&[], &["*-00042-*", "*-00043-*"]), (OLD.into(), others));
}

#[test]
fn a_revision_that_does_not_occur_is_an_error_that_lists_those_that_do() {
    let (before, after) = (data([old(0..9)]), data([new(9..18)]));
    let error = two_inputs(&before, &after, &choice(&["*-00042-*"], &[], None)).unwrap_err();
    let listed = vec![format!("chat-api/{OLD}")];
    assert_eq!(error, SideError::NoSuchRevision("baseline", "*-00042-*".into(), listed));
    let error = two_inputs(&before, &after, &choice(&[], &["zz", "y*"], None)).unwrap_err();
    assert!(
        error.to_string().contains("\"zz, y*\"") && error.to_string().contains(NEW),
        "{error}"
    );
    let many: [Made; 12] = std::array::from_fn(|i| revision(&format!("r{i:02}")).serving(0..1, 1));
    let error = one_input(&data(many), &Choice::default()).unwrap_err();
    assert!(error.to_string().ends_with("chat-api/r07 and 4 more"), "{error}");
    let error = two_inputs(&data([]), &after, &choice(&["x"], &[], None)).unwrap_err();
    assert!(error.to_string().ends_with("there are: none"), "{error}");
}

#[test]
fn several_services_are_counted_together() {
    let service = |name: &str, minutes| revision(name).serving(minutes, 5);
    let before = data([service("api/api-1", 0..30), service("worker/worker-1", 0..30)]);
    let after = data([service("api/api-2", 30..60), service("worker/worker-2", 30..60)]);
    let sides = two_inputs(&before, &after, &Choice::default()).unwrap();
    assert_eq!(names(&sides.baseline), ["api-1", "worker-1"]);
    assert_eq!(names(&sides.candidate), ["api-2", "worker-2"]);
    assert_eq!(extent(&sides.candidate), Some((30, 59, 300)));
}

#[test]
fn a_service_that_was_not_deployed_stands_on_both_sides() {
    let service = |name: &str, minutes| revision(name).serving(minutes, 5);
    let before = data([service("api/api-1", 0..30), service("worker/worker-1", 0..30)]);
    let after = data([
        service("api/api-1", 30..31),
        service("api/api-2", 30..60),
        service("worker/worker-1", 30..60),
    ]);
    let sides = two_inputs(&before, &after, &Choice::default()).unwrap();
    assert_eq!(names(&sides.baseline), ["api-1", "worker-1"]);
    assert_eq!(names(&sides.candidate), ["api-2", "worker-1"]);
    assert_eq!((codes(&sides.notes), codes(&sides.concerns)), (vec!["drain"], vec![]));
    assert!(sides.notes[0].message.contains("5 entries"));
}

#[test]
fn one_revision_on_both_sides_is_doubted_where_its_minutes_overlap() {
    let (before, after, overlapping) = (data([old(0..60)]), data([old(60..120)]), data([old(59..120)]));
    let sides = two_inputs(&before, &after, &Choice::default()).unwrap();
    assert_eq!((sides.pairing, sides.concerns.len()), (Pairing::BeforeAfter, 0));
    assert_eq!(
        (names(&sides.baseline), names(&sides.candidate)),
        (vec![OLD], vec![OLD])
    );
    let sides = two_inputs(&before, &overlapping, &Choice::default()).unwrap();
    assert_eq!(codes(&sides.concerns), ["sides-overlap"]);
    assert!(sides.concerns[0].message.contains("1 common minutes"));
}

#[test]
fn swapped_sides_are_doubted() {
    let (before, after) = (data([old(0..60)]), data([new(60..120)]));
    let sides = two_inputs(&after, &before, &Choice::default()).unwrap();
    assert_eq!(codes(&sides.concerns), ["sides-swapped"]);
    assert!(
        two_inputs(&before, &after, &Choice::default())
            .unwrap()
            .concerns
            .is_empty()
    );
}

#[test]
fn swapping_the_inputs_mirrors_the_sides() {
    let (a, b) = (
        data([old(0..60).entries(3..40, 2)]),
        data([new(60..95).entries(70..90, 7)]),
    );
    let (there, back) = (
        two_inputs(&a, &b, &Choice::default()).unwrap(),
        two_inputs(&b, &a, &Choice::default()).unwrap(),
    );
    assert_eq!(there.baseline.minutes(), back.candidate.minutes());
    assert_eq!(there.candidate.minutes(), back.baseline.minutes());
    assert_eq!(there.pairing, back.pairing);
}

#[test]
fn entries_without_a_revision_count_only_where_none_has_one() {
    let nameless = |minutes| revision("chat-api/").entries(minutes, 4);
    let (before, after) = (data([nameless(0..30)]), data([nameless(30..60)]));
    let sides = two_inputs(&before, &after, &Choice::default()).unwrap();
    assert_eq!(extent(&sides.baseline), Some((0, 29, 120)));
    assert_eq!(extent(&sides.candidate), Some((30, 59, 120)));
    let mixed = data([nameless(30..60), new(30..60)]);
    let sides = two_inputs(&before, &mixed, &Choice::default()).unwrap();
    assert_eq!(extent(&sides.candidate), Some((30, 59, 300)));
}

#[test]
fn an_empty_side_is_empty() {
    let (nothing, after) = (data([]), data([new(0..9)]));
    let sides = two_inputs(&nothing, &after, &Choice::default()).unwrap();
    assert_eq!(
        (extent(&sides.baseline), extent(&sides.candidate)),
        (None, Some((0, 8, 90)))
    );
    let sides = two_inputs(&after, &nothing, &Choice::default()).unwrap();
    assert_eq!(
        (extent(&sides.baseline), extent(&sides.candidate)),
        (Some((0, 8, 90)), None)
    );
    let sides = two_inputs(&nothing, &nothing, &Choice::default()).unwrap();
    assert_eq!((extent(&sides.baseline), sides.concerns.len()), (None, 0));
}

#[test]
fn entries_without_a_time_stand_in_no_minute() {
    let mut untimed = old(0..3);
    untimed
        .0
        .minutes
        .insert(Minute(i64::MIN), untimed.0.minutes[&Minute(TEN)].clone());
    let before = data([untimed]);
    let after = data([new(3..6)]);
    let sides = two_inputs(&before, &after, &Choice::default()).unwrap();
    assert_eq!(extent(&sides.baseline), Some((0, 2, 30)));
}

// --- One input ---

#[test]
fn nothing_to_tell_apart_is_an_error() {
    let one = data([old(0..9), new(9..18)]);
    assert!(
        matches!(one_input(&one, &Choice::default()), Err(SideError::NothingToTellApart(there)) if there.len() == 2)
    );
    let both = one_input(&one, &choice(&["*-0004?-*"], &["*-00042-*"], None));
    assert_eq!(both.unwrap_err(), SideError::SameRevision(format!("chat-api/{NEW}")));
}

#[test]
fn one_revision_is_split_by_time_without_the_minute_of_the_deploy() {
    let one = data([old(0..60)]);
    let sides = one_input(&one, &deployed(20, 30)).unwrap();
    assert_eq!(extent(&sides.baseline), Some((0, 19, 200)));
    assert_eq!(extent(&sides.candidate), Some((21, 59, 390)));
    assert!(sides.concerns.is_empty() && sides.notes.is_empty());
    let sides = one_input(&one, &deployed(20, 0)).unwrap();
    assert_eq!(extent(&sides.baseline), Some((0, 19, 200)));
    assert_eq!(extent(&sides.candidate), Some((20, 59, 400)));
}

#[test]
fn two_revisions_are_told_apart_by_name_around_the_deploy() {
    let new_starts_early = new(62..120).entries(56..62, 1);
    let one = data([old(0..66), new_starts_early]);
    let sides = one_input(&one, &deployed(60, 20)).unwrap();
    assert_eq!(
        (names(&sides.baseline), names(&sides.candidate)),
        (vec![OLD], vec![NEW])
    );
    assert_eq!(extent(&sides.baseline), Some((0, 59, 600)));
    assert_eq!(extent(&sides.candidate), Some((56, 119, 586)));
    assert_eq!(codes(&sides.notes), ["drain"]);
    assert!(
        sides.notes[0].message.starts_with("50 entries"),
        "{}",
        sides.notes[0].message
    );
}

#[test]
fn a_short_time_before_the_deploy_is_still_the_old_revisions() {
    let one = data([old(0..11), new(9..60)]);
    let sides = one_input(&one, &deployed(10, 0)).unwrap();
    assert_eq!(
        (names(&sides.baseline), names(&sides.candidate)),
        (vec![OLD], vec![NEW])
    );
}

#[test]
fn a_deploy_outside_of_the_data_leaves_one_side_empty() {
    let one = data([old(0..60)]);
    let sides = one_input(&one, &deployed(-90, 0)).unwrap();
    assert_eq!(
        (extent(&sides.baseline), extent(&sides.candidate)),
        (None, Some((0, 59, 600)))
    );
    let sides = one_input(&one, &deployed(300, 0)).unwrap();
    assert_eq!(
        (extent(&sides.baseline), extent(&sides.candidate)),
        (Some((0, 59, 600)), None)
    );
}

// --- How the sides stand in time ---

#[test]
fn a_canary_is_concurrent_and_the_baseline_is_cut_to_it() {
    let one = data([old(-600..60), revision(NEW).serving(0..60, 1)]);
    let sides = one_input(&one, &choice(&["*-00041-*"], &["*-00042-*"], None)).unwrap();
    assert_eq!(sides.pairing, Pairing::Concurrent);
    assert_eq!(extent(&sides.baseline), Some((0, 59, 600)));
    assert_eq!(extent(&sides.candidate), Some((0, 59, 60)));
}

#[test]
fn a_rollout_with_a_short_overlap_is_before_and_after() {
    let draining = old(0..63).entries(63..75, 2);
    let one = data([draining, new(60..120)]);
    let sides = one_input(&one, &choice(&["*-00041-*"], &["*-00042-*"], None)).unwrap();
    assert_eq!(sides.pairing, Pairing::BeforeAfter);
    assert_eq!(extent(&sides.baseline), Some((0, 62, 630)));
    assert_eq!(extent(&sides.candidate), Some((60, 119, 600)));
    assert!(codes(&sides.notes) == ["drain"] && sides.notes[0].message.starts_with("24 entries"));
}

#[test]
fn a_trickle_of_health_checks_is_not_serving() {
    let one = data([revision(OLD).serving(0..60, 100).serving(60..120, 1), new(60..120)]);
    let sides = one_input(&one, &choice(&["*-00041-*"], &["*-00042-*"], None)).unwrap();
    assert_eq!(sides.pairing, Pairing::BeforeAfter);
    assert_eq!(extent(&sides.baseline), Some((0, 59, 6_000)));
}

#[test]
fn a_burst_does_not_make_the_rest_look_idle() {
    let one = data([old(0..60).serving(30..31, 100_000), revision(NEW).serving(0..60, 1)]);
    let sides = one_input(&one, &choice(&["*-00041-*"], &["*-00042-*"], None)).unwrap();
    assert_eq!(sides.pairing, Pairing::Concurrent);
    assert_eq!(extent(&sides.baseline), Some((0, 59, 100_600)));
}

// --- The same hours of earlier days ---

fn same_hours(deployed_at: Option<Timestamp>) -> Choice {
    Choice {
        same_hours: true,
        ..choice(&[], &[], deployed_at)
    }
}

#[test]
fn the_same_hours_are_counted_from_one_input_and_from_two() {
    let days = || old(-2 * 1440 - 60..0);
    let one = data([days(), new(0..60)]);
    let (before, after) = (data([days()]), data([new(0..60)]));
    for sides in [
        one_input(&one, &same_hours(Some(at(0, 0)))).unwrap(),
        two_inputs(&before, &after, &same_hours(None)).unwrap(),
    ] {
        assert_eq!((sides.pairing, sides.same_hours), (Pairing::BeforeAfter, true));
        assert_eq!(
            (extent(&sides.baseline), sides.baseline.minutes().len()),
            (Some((-2880, -1381, 1200)), 120)
        );
        assert_eq!(extent(&sides.candidate), Some((0, 59, 600)));
        assert_eq!((codes(&sides.notes), sides.concerns.len()), (vec!["same-hours"], 0));
        assert!(sides.baseline.contains(Minute(TEN - 1440)) && !sides.baseline.contains(Minute(TEN - 1380)));
    }
}

#[test]
fn one_revision_and_a_canary_are_compared_with_earlier_days_as_well() {
    let one = data([old(-1500..60)]);
    let sides = one_input(&one, &same_hours(Some(at(0, 0)))).unwrap();
    assert_eq!(
        (extent(&sides.baseline), sides.concerns.len()),
        (Some((-1440, -1381, 600)), 0)
    );
    let canary = data([old(-1500..60), new(0..60)]);
    let chosen = Choice {
        same_hours: true,
        ..choice(&["*-00041-*"], &["*-00042-*"], None)
    };
    let sides = one_input(&canary, &chosen).unwrap();
    assert_eq!(sides.pairing, Pairing::BeforeAfter);
    assert_eq!(extent(&sides.baseline), Some((-1440, -1381, 600)));
}

#[test]
fn hours_that_cannot_be_had_are_refused() {
    let one = data([old(-60..0), new(0..60)]);
    let refused = |data: &Data, deployed_at| one_input(data, &same_hours(Some(deployed_at))).unwrap_err();
    assert!(matches!(refused(&one, at(0, 0)), SideError::NoEarlierDay(..)));
    assert_eq!(refused(&one, at(600, 0)), SideError::NoHours);
    let long = data([old(-3000..0), new(0..1500)]);
    assert_eq!(refused(&long, at(0, 0)), SideError::MoreThanADay(TEN..TEN + 1500));
    let mut untimed = new(0..1);
    let counts = untimed.0.minutes.remove(&Minute(TEN)).unwrap();
    untimed.0.minutes.insert(Minute(i64::MIN), counts);
    let (before, after) = (data([old(-3000..0)]), data([untimed]));
    let error = two_inputs(&before, &after, &same_hours(None)).unwrap_err();
    assert_eq!(error, SideError::NoHours);
}
