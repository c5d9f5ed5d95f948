//! Windows of earlier days: which are held, which are cut, and what is refused.
#![expect(clippy::single_range_in_vec_init, reason = "a list of windows may hold one")]

use super::*;
use crate::compare::test_data::TEN;

/// Minutes with entries, counted from ten o'clock.
fn minutes(ranges: &[Range<i64>]) -> BTreeMap<i64, ()> {
    ranges.iter().cloned().flatten().map(|m| (TEN + m, ())).collect()
}

/// The same hour's windows and the codes of the notes, counted from ten o'clock.
fn found(baseline: &[Range<i64>], candidate: &[Range<i64>]) -> (Vec<Range<i64>>, Vec<String>) {
    let hours = same_hours(&minutes(baseline), &minutes(candidate)).unwrap();
    let windows = hours.baseline.iter().map(|w| w.start - TEN..w.end - TEN).collect();
    (windows, hours.notes.into_iter().map(|n| n.code).collect())
}

fn days(days: Range<i64>) -> Range<i64> {
    days.start * DAY..days.end * DAY
}

const HOUR: Range<i64> = 0..60;

#[test]
fn each_earlier_day_gives_a_window_as_long_as_the_candidates() {
    let (windows, codes) = found(&[days(-3..0)], &[HOUR]);
    assert_eq!(windows, [-4320..-4260, -2880..-2820, -1440..-1380]);
    assert_eq!(codes, ["same-hours"]);
    let hours = same_hours(&minutes(&[days(-3..0)]), &minutes(&[HOUR])).unwrap();
    assert_eq!(hours.candidate, TEN..TEN + 60);
    assert_eq!(
        hours.notes[0].message,
        "the baseline is the same hours (10:00 to 11:00 UTC) of 3 earlier days: 2026-02-26, 2026-02-27, 2026-02-28"
    );
}

#[test]
fn one_day_is_enough_and_what_lies_beside_its_hours_does_not_count() {
    assert_eq!(
        found(&[-1500..-1300], &[HOUR]),
        (vec![-1440..-1380], vec!["same-hours".into()])
    );
    // From two hours before midnight to two hours after it.
    let night = 720..960;
    assert_eq!(found(&[days(-1..0)], &[night]).0, [-720..-480]);
}

#[test]
fn a_day_that_is_cut_at_an_edge_is_left_out_and_told() {
    let both = || vec!["same-hours".to_owned(), "same-hours-cut".to_owned()];
    let begins_late = found(&[-2879..-2000, -1500..-1300], &[HOUR]);
    assert_eq!(begins_late, (vec![-1440..-1380], both()));
    let ends_early = found(&[-3000..-2700, -1500..-1381], &[HOUR]);
    assert_eq!(ends_early, (vec![-2880..-2820], both()));
    let hole = found(&[-3000..-2860, -1500..-1300], &[HOUR]);
    assert_eq!(hole, (vec![-1440..-1380], both()));
    // One silent minute inside of the logs is a pause.
    let pause = found(&[-4000..-2821, -1500..-1300], &[HOUR]);
    assert_eq!(pause.0, [-2880..-2820, -1440..-1380]);
}

#[test]
fn a_service_that_pauses_by_itself_may_pause_at_an_edge() {
    let candidate = [0..1, 40..41, 59..60];
    let rare = [-2870..-2869, -2840..-2839, -1430..-1429, -1390..-1389];
    assert_eq!(found(&rare, &candidate).0, [-2880..-2820, -1440..-1380]);
}

#[test]
fn a_day_without_an_entry_in_these_hours_is_left_out_and_told() {
    let (windows, codes) = found(&[-4400..-4200, -1500..-1300], &[HOUR]);
    assert_eq!(windows, [-4320..-4260, -1440..-1380]);
    assert_eq!(codes, ["same-hours", "same-hours-silent"]);
    // Days before the first entry and after the last one are none of the baseline's.
    let (windows, codes) = found(&[-4400..-4200], &[HOUR]);
    assert_eq!((windows, codes), (vec![-4320..-4260], vec!["same-hours".into()]));
}

#[test]
fn a_whole_day_has_windows_that_touch_and_more_is_refused() {
    assert_eq!(found(&[days(-2..0)], &[days(0..1)]).0, [-2880..-1440, -1440..0]);
    let error = same_hours(&minutes(&[days(-3..0)]), &minutes(&[0..1441])).unwrap_err();
    assert_eq!(error, SideError::MoreThanADay(TEN..TEN + 1441));
    let text = "the candidate's entries are from 2026-03-01T10:00:00Z to 2026-03-02T10:01:00Z: more than 24 hours";
    assert!(error.to_string().starts_with(text), "{error}");
}

#[test]
fn no_earlier_day_and_no_times_are_refused() {
    let error = |baseline: &[Range<i64>], candidate: &[Range<i64>]| {
        same_hours(&minutes(baseline), &minutes(candidate)).unwrap_err()
    };
    let only_before = error(&[-60..0], &[HOUR]);
    assert_eq!(only_before, SideError::NoEarlierDay(TEN..TEN + 60, Some(TEN - 60..TEN)));
    assert_eq!(
        only_before.to_string(),
        "the baseline's entries are from 2026-03-01T09:00:00Z to 2026-03-01T10:00:00Z: the candidate's hours \
         (10:00 to 11:00 UTC) of an earlier day are not wholly among them; those of the day before are from \
         2026-02-28T10:00:00Z to 2026-02-28T11:00:00Z"
    );
    assert_eq!(error(&[], &[HOUR]), SideError::NoEarlierDay(TEN..TEN + 60, None));
    assert!(matches!(error(&[-1420..0], &[HOUR]), SideError::NoEarlierDay(..)));
    assert!(matches!(error(&[60..5000], &[HOUR]), SideError::NoEarlierDay(..)));
    assert_eq!(error(&[days(-2..0)], &[]), SideError::NoHours);
}

#[test]
fn times_far_away_end() {
    let far = BTreeMap::from([(i64::MIN / 2_000_000, ()), (TEN - 1440, ()), (TEN, ())]);
    let hours = same_hours(&far, &BTreeMap::from([(TEN, ())])).unwrap();
    assert_eq!(hours.baseline, [TEN - 1440..TEN - 1439]);
}
