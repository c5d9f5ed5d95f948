//! Who is watched: which revisions are the candidate and which the baseline, fixed once, so that a later deploy is told from
//! this one; and when the traffic has gone elsewhere.
//!
//! Input: counts by revision and minute. Output: names, or the reason why a watch ends. Pure.

use std::collections::BTreeSet;

use glob::Pattern;
use serde::{Deserialize, Serialize};

use crate::compare::{Choice, exactly};
use crate::model::{Minute, Timestamp};
use crate::profile::{Data, RevisionCounts};
use crate::report::Ended;

/// Instances start before traffic reaches them.
const EARLY_MINUTES: i64 = 15;
/// Traffic has gone when a revision that served got nothing for so long.
const GONE_MINUTES: i64 = 15;
/// What it should have got in that time for its silence to mean something.
const GONE_EXPECTED: f64 = 10.0;
/// Its share of the traffic is taken from so many minutes before.
const SHARE_MINUTES: i64 = 60;
/// Requests in [`GONE_MINUTES`] that make a new revision a second deploy: a start-up check or a try by a tag has fewer.
const SECOND_REQUESTS: u64 = 20;
/// And its share of all requests in that time.
const SECOND_SHARE: f64 = 0.01;

/// The revisions that are compared, by their keys in a profile (`service/revision`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Subject {
    /// Of the candidate.
    pub candidate: BTreeSet<String>,
    /// Of the baseline.
    pub baseline: BTreeSet<String>,
}

/// What the user named.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// Revisions of the candidate.
    pub candidate: Vec<Pattern>,
    /// Revisions of the baseline.
    pub baseline: Vec<Pattern>,
}

impl Subject {
    /// Chooses among the revisions that logged something: those that were named, else the ones that began with the deploy
    /// against the ones before. `None` while there is no candidate: then only the time tells the sides apart.
    pub fn choose(data: &Data, named: &Named, started: Timestamp) -> Option<Subject> {
        let all: Vec<(&String, &RevisionCounts)> =
            data.revisions.iter().filter(|(key, _)| !key.ends_with('/')).collect();
        let first = |counts: &RevisionCounts| counts.minutes.keys().map(|m| m.0).find(|m| *m != i64::MIN);
        let begin = all.iter().filter_map(|(_, counts)| first(counts)).min()?;
        let before = (started.minute().0 - begin).max(0);
        let since = started.minute().0 - EARLY_MINUTES.min(before / 2);
        let is_new = |counts: &RevisionCounts| first(counts).is_some_and(|minute| minute >= since);
        let like = |globs: &[Pattern], key: &str| {
            let name = key.split_once('/').map_or(key, |(_, revision)| revision);
            globs.iter().any(|glob| glob.matches(name) || glob.matches(key))
        };
        let pick = |globs: &[Pattern], otherwise: &dyn Fn(&RevisionCounts) -> bool| -> BTreeSet<String> {
            let is_picked = |(key, counts): &&(&String, &RevisionCounts)| match globs {
                [] => otherwise(counts),
                globs => like(globs, key),
            };
            all.iter().filter(is_picked).map(|(key, _)| (*key).clone()).collect()
        };
        let candidate = pick(&named.candidate, &is_new);
        let mut baseline = pick(&named.baseline, &|counts| !is_new(counts));
        baseline.retain(|key| !candidate.contains(key));
        let is_known = !candidate.is_empty() && !baseline.is_empty();
        is_known.then_some(Subject { candidate, baseline })
    }

    /// How the sides are told apart at a look.
    pub fn choice(&self, until: Timestamp, same_hours: bool) -> Choice {
        let all = |keys: &BTreeSet<String>| keys.iter().filter_map(|key| exactly(key)).collect();
        Choice {
            baseline_revisions: all(&self.baseline),
            candidate_revisions: all(&self.candidate),
            deployed_at: None,
            until: Some(until),
            same_hours,
        }
    }

    /// Puts in the revisions that logged nothing: sides without entries, not unknown names.
    pub fn complete(&self, data: &mut Data) {
        for key in self.candidate.iter().chain(&self.baseline) {
            if data.revisions.contains_key(key) {
                continue;
            }
            let (service, revision) = key.split_once('/').unwrap_or(("", key));
            let counts = RevisionCounts {
                service: service.to_owned(),
                revision: revision.to_owned(),
                ..RevisionCounts::default()
            };
            data.revisions.insert(key.clone(), counts);
        }
    }

    /// Whether the traffic has left the candidate by this time: for a newer revision, or back to an older one.
    pub fn traffic_left(&self, data: &Data, at: Timestamp) -> Option<Ended> {
        let end = at.minute().0;
        let recent = Traffic::of(self, data, end - GONE_MINUTES, end);
        if let Some((key, requests)) = recent.newer
            && requests >= SECOND_REQUESTS
            && requests as f64 >= SECOND_SHARE * recent.all as f64
        {
            let message = format!(
                "A second deploy began: {key} had {requests} requests in the {GONE_MINUTES} minutes before {at}. What is judged \
                 from then on is no longer this deploy alone."
            );
            return Some(ended(at, "second-deploy", message));
        }
        if recent.candidate > 0 || recent.all == 0 {
            return None;
        }
        let before = Traffic::of(self, data, end - GONE_MINUTES - SHARE_MINUTES, end - GONE_MINUTES);
        let expected = recent.all as f64 * before.candidate as f64 / before.all.max(1) as f64;
        (expected >= GONE_EXPECTED).then(|| {
            let message = format!(
                "The traffic went back: the candidate had no request in the {GONE_MINUTES} minutes before {at}, others had {}.",
                recent.all
            );
            ended(at, "rolled-back", message)
        })
    }
}

fn ended(at: Timestamp, code: &str, message: String) -> Ended {
    Ended {
        at,
        code: code.to_owned(),
        message,
    }
}

/// Requests in a stretch of time.
struct Traffic<'a> {
    candidate: u64,
    all: u64,
    /// The busiest revision that is neither candidate nor baseline and began after the candidate.
    newer: Option<(&'a str, u64)>,
}

impl<'a> Traffic<'a> {
    fn of(subject: &Subject, data: &'a Data, start: i64, end: i64) -> Traffic<'a> {
        let service = |key: &str| key.split_once('/').map_or("", |(service, _)| service).to_owned();
        let services: BTreeSet<String> = subject.candidate.iter().map(|key| service(key)).collect();
        let begun = |counts: &RevisionCounts| counts.minutes.iter().find(|(_, c)| c.requests > 0).map(|(m, _)| *m);
        let of_candidate = data
            .revisions
            .iter()
            .filter(|(key, _)| subject.candidate.contains(*key));
        let candidate_begun = of_candidate.filter_map(|(_, counts)| begun(counts)).min();
        let mut traffic = Traffic {
            candidate: 0,
            all: 0,
            newer: None,
        };
        for (key, counts) in data
            .revisions
            .iter()
            .filter(|(key, _)| services.contains(&service(key)))
        {
            let requests: u64 = counts
                .minutes
                .range(Minute(start)..Minute(end))
                .map(|(_, c)| c.requests)
                .sum();
            traffic.all += requests;
            if subject.candidate.contains(key) {
                traffic.candidate += requests;
            } else if !subject.baseline.contains(key)
                && candidate_begun.is_some_and(|candidate| begun(counts).is_some_and(|newer| newer > candidate))
                && traffic.newer.is_none_or(|(_, most)| requests > most)
            {
                traffic.newer = Some((key, requests));
            }
        }
        traffic
    }
}
