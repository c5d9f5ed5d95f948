//! Which stretch of time to read for each side.
//!
//! Input: a deploy, what the user asked for, the time. Output: a [`Plan`] that says why. Pure.

use std::fmt;
use std::time::Duration;

use super::deploy::Deploy;
use super::words::span;
use crate::model::{Timestamp, Window};

const NANOS_PER_MINUTE: i64 = 60_000_000_000;
/// Shortest baseline, minutes: twelve blocks of five minutes and four of a quarter of an hour, the fewest in which bursts
/// can be measured on both scales (see docs/statistics.md, "Dispersion").
const BASELINE_MINUTES_MIN: i64 = 60;
/// Longest baseline, minutes: every hour of the day once. What is older was another week's traffic.
const BASELINE_MINUTES_MAX: i64 = 24 * 60;
/// Longest candidate unless asked otherwise, minutes: a day holds every hour once, and more costs quota.
const CANDIDATE_MINUTES_MAX: i64 = 24 * 60;
/// Instances start, and fail to, before traffic reaches them: so much before the move belongs to the candidate.
const EARLY_MINUTES: i64 = 15;
/// Cloud Logging's own default.
const RETENTION_DAYS: i64 = 30;

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AskedWindow {
    /// Nothing before this.
    pub since: Option<Timestamp>,
    /// Nothing from here on.
    pub until: Option<Timestamp>,
    /// Nothing older than this; `since` goes first.
    pub freshness: Option<Duration>,
}

/// What to read. All windows have both ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The shortest stretch that holds both.
    pub window: Window,
    /// The candidate's.
    pub candidate_window: Window,
    /// The baseline's; where there is no baseline, what it would be.
    pub baseline_window: Window,
    /// Why these: sentences.
    pub why: Vec<String>,
}

/// Why there is no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanError {
    /// The window that was asked for ends before the candidate begins: end, beginning.
    EndsBeforeDeploy(Timestamp, Timestamp),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PlanError::EndsBeforeDeploy(end, start) = self;
        write!(
            f,
            "the time to look at ends at {end}, before the candidate's begins at {start}"
        )
    }
}

impl PlanError {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        "give a later --until, or name an older candidate with --candidate-revision or --deployed-at"
    }
}

impl std::error::Error for PlanError {}

/// Plans what to read.
///
/// The candidate: from when its traffic moved (its instances' start included), else from its creation, until now, at most a day:
/// the first, or the last while both serve. A baseline
/// that serves at the same time: the same stretch. One that was replaced: the stretch before the move, as long as the
/// candidate's, but at least an hour and at most a day.
///
/// # Errors
/// `until` lies before the candidate's beginning.
pub fn plan(deploy: &Deploy, asked: &AskedWindow, now: Timestamp) -> Result<Plan, PlanError> {
    let since = asked
        .since
        .or_else(|| asked.freshness.map(|d| back(now, minutes_of(d))));
    let since = since.map(whole_minute);
    let moved = whole_minute(deploy.moved_at.unwrap_or(deploy.created_at));
    let begun = whole_minute(deploy.created_at).max(back(moved, EARLY_MINUTES));
    let is_open = since.is_none() && asked.until.is_none();
    let latest = asked.until.map_or(now, |u| u.min(now));
    // Both serve: the last day tells of now. One replaced the other: the first day is nearest to the baseline's.
    let (start, end) = match (is_open, deploy.is_concurrent()) {
        (true, true) => (begun.max(whole_minute(back(latest, CANDIDATE_MINUTES_MAX))), latest),
        (true, false) => (begun, latest.min(back(moved, -CANDIDATE_MINUTES_MAX))),
        (false, _) => (since.map_or(begun, |s| s.max(begun)), latest),
    };
    let end = match (end > start, asked.until) {
        (true, _) => end,
        (false, Some(_)) => return Err(PlanError::EndsBeforeDeploy(end, start)),
        // Created this very minute, or by a clock that is ahead.
        (false, None) => back(start, -1),
    };
    let length = minutes_between(moved.max(start), end).clamp(BASELINE_MINUTES_MIN, BASELINE_MINUTES_MAX);
    let (baseline, because) = if deploy.is_concurrent() {
        (window(start, end), "both serve at the same time".to_owned())
    } else if deploy.baseline_percent > 0 {
        let from = since.filter(|s| *s < moved).unwrap_or(back(moved, length));
        (
            window(from, end),
            format!(
                "the candidate gets no traffic now, so the {} before it and the time since",
                span(length)
            ),
        )
    } else {
        replaced(since, moved, length)
    };
    let candidate = window(start, end);
    let mut why = vec![told("Candidate", &candidate, &candidate_because(deploy, since, begun))];
    if is_open && (end < latest || start > begun) {
        let which = if end < latest { "first" } else { "last" };
        why.push(format!(
            "Only the {which} day of the candidate is read: --since, --until or --freshness choose another time."
        ));
    }
    if deploy.baseline.is_some() {
        why.push(told("Baseline", &baseline, &because));
    }
    let whole = if deploy.baseline.is_some() {
        hull(&candidate, &baseline)
    } else {
        candidate
    };
    why.extend(beyond_retention(&whole, now));
    Ok(Plan {
        window: whole,
        candidate_window: candidate,
        baseline_window: baseline,
        why,
    })
}

/// The stretch before the move; `since` makes it longer or shorter when it lies there.
fn replaced(since: Option<Timestamp>, moved: Timestamp, length: i64) -> (Window, String) {
    if let Some(since) = since.filter(|s| *s < moved) {
        return (
            window(since, moved),
            "from the time asked for until it was replaced".into(),
        );
    }
    let because = match length {
        BASELINE_MINUTES_MIN => "the hour before it was replaced; less does not show bursts".to_owned(),
        BASELINE_MINUTES_MAX => "the day before it was replaced: every hour of the day once".to_owned(),
        _ => "as long as the candidate's, before it was replaced".to_owned(),
    };
    (window(back(moved, length), moved), because)
}

fn candidate_because(deploy: &Deploy, since: Option<Timestamp>, begun: Timestamp) -> String {
    match (since.is_some_and(|s| s > begun), deploy.moved_by) {
        (true, _) => "from the time asked for".into(),
        (false, Some(by)) => format!("from when traffic reached it ({by}), the start of its instances included"),
        (false, None) => "from its creation".into(),
    }
}

fn told(side: &str, window: &Window, because: &str) -> String {
    let time = |t: Option<Timestamp>| t.map_or(String::new(), |t| whole_second(t).to_string());
    let length = match (window.start, window.end) {
        (Some(start), Some(end)) => span(minutes_between(start, end)),
        _ => String::new(),
    };
    format!(
        "{side}: {} to {} ({length}), {because}.",
        time(window.start),
        time(window.end)
    )
}

fn beyond_retention(window: &Window, now: Timestamp) -> Option<String> {
    let oldest = back(now, RETENTION_DAYS * 24 * 60);
    window.start.is_some_and(|s| s < oldest).then(|| {
        format!(
            "Cloud Logging keeps entries for {RETENTION_DAYS} days unless told otherwise: those before {} may be gone.",
            whole_second(oldest)
        )
    })
}

fn window(start: Timestamp, end: Timestamp) -> Window {
    Window {
        start: Some(start),
        end: Some(end),
    }
}

fn hull(a: &Window, b: &Window) -> Window {
    Window {
        start: a.start.min(b.start),
        end: a.end.max(b.end),
    }
}

fn back(time: Timestamp, minutes: i64) -> Timestamp {
    Timestamp(time.0.saturating_sub(minutes.saturating_mul(NANOS_PER_MINUTE)))
}

fn minutes_between(start: Timestamp, end: Timestamp) -> i64 {
    end.0.saturating_sub(start.0) / NANOS_PER_MINUTE
}

fn minutes_of(time: Duration) -> i64 {
    i64::try_from(time.as_secs().div_ceil(60)).unwrap_or(i64::MAX)
}

fn whole_minute(time: Timestamp) -> Timestamp {
    time.minute().start()
}

fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp(time.0.saturating_sub(time.0.rem_euclid(1_000_000_000)))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
