//! The same hours of earlier days: the baseline's windows that lie at the candidate's time of day.
//!
//! Input: the minutes with entries of both sides. Output: one window as long as the candidate's for each earlier day that the
//! baseline holds wholly. Must not look at counts.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::sides::{SideError, listed};
use crate::model::Minute;
use crate::profile::Concern;

/// Minutes of a day.
const DAY: i64 = 1440;
/// A silence of this length at the edge of a day's hours is a hole of the logs rather than a pause of the service.
const HOLE_MINUTES: i64 = 30;

/// What the sides count.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SameHours {
    /// From the candidate's first minute with an entry to its last.
    pub candidate: Range<i64>,
    /// The same hours of earlier days, ascending.
    pub baseline: Vec<Range<i64>>,
    /// Which days these are, and which were left out.
    pub notes: Vec<Concern>,
}

/// Finds the candidate's hours on the earlier days of the baseline.
///
/// # Errors
/// A candidate without times or longer than a day; a baseline that holds no earlier day.
pub(super) fn same_hours<T>(baseline: &BTreeMap<i64, T>, candidate: &BTreeMap<i64, T>) -> Result<SameHours, SideError> {
    let (Some((first, _)), Some((last, _))) = (candidate.first_key_value(), candidate.last_key_value()) else {
        return Err(SideError::NoHours);
    };
    let window = *first..*last + 1;
    if window.end - window.start > DAY {
        return Err(SideError::MoreThanADay(window));
    }
    let silence = longest_silence(candidate);
    let seen: BTreeSet<i64> = baseline.keys().filter_map(|minute| day_of(*minute, &window)).collect();
    let (held, cut): (Vec<i64>, Vec<i64>) = seen
        .iter()
        .rev()
        .partition(|day| is_whole(baseline, &earlier(&window, **day), silence));
    if held.is_empty() {
        let of_baseline = baseline.first_key_value().zip(baseline.last_key_value());
        let span = of_baseline.map(|((first, _), (last, _))| *first..*last + 1);
        return Err(SideError::NoEarlierDay(window, span));
    }
    let dates = |days: &[i64]| -> Vec<String> { days.iter().map(|day| date(&earlier(&window, *day))).collect() };
    let message = format!(
        "the baseline is the same hours ({}) of {}: {}",
        hours_of(&window),
        earlier_days(held.len()),
        listed(&dates(&held))
    );
    let mut notes = vec![Concern::new("same-hours", message)];
    if !cut.is_empty() {
        let message = format!(
            "the baseline's entries do not cover these hours wholly on {}, left out: {}",
            earlier_days(cut.len()),
            listed(&dates(&cut))
        );
        notes.push(Concern::new("same-hours-cut", message));
    }
    let silent = silent_days(&seen, baseline, &window);
    if silent > 0 {
        let message = format!(
            "the baseline has no entry in these hours on {}, left out",
            earlier_days(silent)
        );
        notes.push(Concern::new("same-hours-silent", message));
    }
    Ok(SameHours {
        baseline: held.iter().map(|day| earlier(&window, *day)).collect(),
        candidate: window,
        notes,
    })
}

/// The window so many days before.
pub(super) fn earlier(window: &Range<i64>, days: i64) -> Range<i64> {
    window.start - days * DAY..window.end - days * DAY
}

/// A window's time of day.
pub(super) fn hours_of(window: &Range<i64>) -> String {
    let clock = |minute: i64| {
        let of_day = minute.rem_euclid(DAY);
        format!("{:02}:{:02}", of_day / 60, of_day % 60)
    };
    format!("{} to {} UTC", clock(window.start), clock(window.end))
}

fn date(window: &Range<i64>) -> String {
    let start = Minute(window.start).to_string();
    start.split('T').next().unwrap_or_default().to_owned()
}

fn earlier_days(n: usize) -> String {
    format!("{n} earlier day{}", if n == 1 { "" } else { "s" })
}

/// How many days before the window a minute lies in its hours; nothing for other hours, and from the window on.
fn day_of(minute: i64, window: &Range<i64>) -> Option<i64> {
    let day = (window.end - 1).saturating_sub(minute).div_euclid(DAY);
    (day >= 1 && earlier(window, day).contains(&minute)).then_some(day)
}

/// Days whose hours lie between the baseline's first entry and its last, without one in them.
fn silent_days<T>(seen: &BTreeSet<i64>, baseline: &BTreeMap<i64, T>, window: &Range<i64>) -> usize {
    let (Some((first, _)), Some((last, _))) = (baseline.first_key_value(), baseline.last_key_value()) else {
        return 0;
    };
    let newest = (window.end - last + DAY - 2).div_euclid(DAY).max(1);
    let oldest = (window.start - first).div_euclid(DAY);
    let between = usize::try_from(oldest - newest + 1).unwrap_or(0);
    between.saturating_sub(seen.range(newest..=oldest.max(newest)).count())
}

/// Minutes without an entry between two that have one, at most.
fn longest_silence<T>(minutes: &BTreeMap<i64, T>) -> i64 {
    let pairs = minutes.keys().zip(minutes.keys().skip(1));
    pairs.map(|(one, next)| next - one - 1).max().unwrap_or(0)
}

/// Whether a window's edges lie inside of what the baseline holds. A service that pauses by itself, as the candidate shows,
/// may pause there as well: such a silence is no cut.
fn is_whole<T>(baseline: &BTreeMap<i64, T>, window: &Range<i64>, silence: i64) -> bool {
    let mut inside = baseline.range(window.clone()).map(|(minute, _)| *minute);
    let Some(first) = inside.next() else { return false };
    let last = inside.next_back().unwrap_or(first);
    let allowed = |is_end_of_all: bool| {
        if is_end_of_all {
            silence
        } else {
            silence.max(HOLE_MINUTES)
        }
    };
    let begins_here = baseline.range(..first).next().is_none();
    let ends_here = baseline.range(last + 1..).next().is_none();
    first - window.start <= allowed(begins_here) && window.end - 1 - last <= allowed(ends_here)
}

#[cfg(test)]
#[path = "hours_tests.rs"]
mod tests;
