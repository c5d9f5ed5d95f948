//! Which revisions and minutes are the baseline and which the candidate.
//!
//! By revision where there are revisions, by time where there is only one or none. What an old revision still logs after
//! the deploy is drain: told, and on neither side.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use glob::Pattern;

use super::hours::{self, hours_of};
use super::table::Pairing;
use crate::model::{Minute, RequestSource, Timestamp};
use crate::profile::{Concern, Data, RevisionCounts};

/// How the sides are told apart.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Revisions of the baseline; empty: those that the candidate does not have.
    pub baseline_revisions: Vec<Pattern>,
    /// Revisions of the candidate; empty: those that the baseline does not have.
    pub candidate_revisions: Vec<Pattern>,
    /// When the candidate was deployed: splits by time what the revisions do not tell apart.
    pub deployed_at: Option<Timestamp>,
    /// Nothing from this time on is counted: what lies behind it is not known whole yet.
    pub until: Option<Timestamp>,
    /// Whether the baseline counts only the candidate's hours, on every earlier day that it holds.
    pub same_hours: bool,
}

/// One side.
#[derive(Debug, Clone)]
pub struct Side<'a> {
    /// The revisions counted.
    pub revisions: Vec<&'a RevisionCounts>,
    /// The minutes counted: one window, or one for each day of the same hours. Ascending; no minute lies in two.
    pub windows: Vec<Range<i64>>,
}

/// Both sides.
#[derive(Debug, Clone)]
pub struct Sides<'a> {
    /// How they stand in time.
    pub pairing: Pairing,
    /// The baseline.
    pub baseline: Side<'a>,
    /// The candidate.
    pub candidate: Side<'a>,
    /// Whether the baseline is the candidate's hours of earlier days. Each window then is one run, silent minutes included.
    pub same_hours: bool,
    /// What forbids PROCEED.
    pub concerns: Vec<Concern>,
    /// What is worth telling.
    pub notes: Vec<Concern>,
}

/// Why the sides cannot be told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SideError {
    /// A revision that was asked for does not occur; the ones that do.
    NoSuchRevision(&'static str, String, Vec<String>),
    /// The same revision was asked for on both sides.
    SameRevision(String),
    /// One input, and nothing that says which entries belong to which side.
    NothingToTellApart(Vec<String>),
    /// The same hours were asked for, and no entry of the candidate has a time.
    NoHours,
    /// The same hours were asked for, and the candidate's window is longer than a day.
    MoreThanADay(Range<i64>),
    /// The same hours were asked for, and the baseline holds those of no earlier day: the candidate's window, and from when to
    /// when the baseline has entries.
    NoEarlierDay(Range<i64>, Option<Range<i64>>),
}

/// Revisions that an error message lists.
const LISTED_MAX: usize = 8;

impl fmt::Display for SideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SideError::NoSuchRevision(side, asked, there) => {
                write!(
                    f,
                    "no entry of the {side} has a revision like {asked:?}; there are: {}",
                    listed(there)
                )
            }
            SideError::SameRevision(name) => write!(f, "the revision {name} was asked for on both sides"),
            SideError::NothingToTellApart(there) => {
                write!(
                    f,
                    "one input and nothing that tells the sides apart; revisions in it: {}",
                    listed(there)
                )
            }
            SideError::NoHours => f.write_str("no entry of the candidate has a time: its hours are not known"),
            SideError::MoreThanADay(window) => write!(
                f,
                "the candidate's entries are {}: more than 24 hours, of which an earlier day cannot hold the same",
                span(window)
            ),
            SideError::NoEarlierDay(window, held) => {
                match held {
                    Some(held) => write!(f, "the baseline's entries are {}", span(held))?,
                    None => f.write_str("no entry of the baseline has a time")?,
                }
                write!(
                    f,
                    ": the candidate's hours ({}) of an earlier day are not wholly among them; those of the day before are {}",
                    hours_of(window),
                    span(&hours::earlier(window, 1))
                )
            }
        }
    }
}

fn span(window: &Range<i64>) -> String {
    format!("from {} to {}", Minute(window.start), Minute(window.end))
}

pub(super) fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "none".into();
    }
    let more = names.len().saturating_sub(LISTED_MAX);
    let tail = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{tail}", names[..names.len().min(LISTED_MAX)].join(", "))
}

impl SideError {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self {
            SideError::NoSuchRevision(..) => {
                "check the name; * and ? are allowed: --baseline-revision 'chat-api-00041-*'"
            }
            SideError::SameRevision(_) => {
                "name different revisions, or compare by time: --deployed-at 2026-03-01T10:00:00Z"
            }
            SideError::NothingToTellApart(_) => {
                "give two inputs, or --baseline-revision and --candidate-revision, or --deployed-at"
            }
            SideError::NoHours => {
                "check --deployed-at, --candidate-revision and --since; without times, compare without --same-hours"
            }
            SideError::MoreThanADay(_) => {
                "end the candidate with --until, at most 24 hours after its first entry, or compare without --same-hours"
            }
            SideError::NoEarlierDay(..) => {
                "give logs that reach back to that day or further, more files with --baseline, or compare without --same-hours"
            }
        }
    }
}

impl std::error::Error for SideError {}

/// A side that serves at least this share of its own busy minutes' requests is serving, not draining. A minute of the
/// busiest twentieth stands for these: the busiest one of all may be a burst that makes every other look idle.
const SERVING_SHARE: f64 = 0.02;
/// Share of the candidate's serving minutes in which the baseline serves too, for the sides to be called concurrent.
const CONCURRENT_SHARE: f64 = 0.8;
/// A revision's first entries may be this much older than the deploy: instances start before traffic moves. At most half
/// of what the input holds before the deploy: else a short input would have new revisions alone.
const EARLY_MINUTES: i64 = 15;

/// Chooses from two inputs.
///
/// # Errors
/// A revision that does not occur, or hours that no earlier day holds.
pub fn two_inputs<'a>(baseline: &'a Data, candidate: &'a Data, choice: &Choice) -> Result<Sides<'a>, SideError> {
    let (old, new) = (keys(baseline), keys(candidate));
    let only_new: BTreeSet<&str> = new.difference(&old).copied().collect();
    let mut notes = vec![];
    let (of_baseline, of_candidate) = if choice.baseline_revisions.is_empty() && choice.candidate_revisions.is_empty() {
        if only_new.is_empty() {
            (old.clone(), new.clone())
        } else {
            // A service without a new revision was not deployed: it is compared with itself.
            let deployed: BTreeSet<&str> = only_new.iter().map(|key| service_of(key)).collect();
            let (draining, unchanged): (BTreeSet<&str>, BTreeSet<&str>) = new
                .intersection(&old)
                .partition(|key| deployed.contains(service_of(key)));
            drain_note(candidate, &draining, i64::MIN, &mut notes);
            (old.clone(), &only_new | &unchanged)
        }
    } else {
        let asked = asked(baseline, candidate, choice)?;
        (asked.0, asked.1)
    };
    let before = side(baseline, &of_baseline, i64::MIN..i64::MAX);
    let after = side(candidate, &of_candidate, i64::MIN..i64::MAX);
    let same = of_baseline.iter().any(|r| of_candidate.contains(r));
    finish(before, after, same, notes, choice)
}

/// Chooses from one input.
///
/// # Errors
/// A revision that does not occur, nothing that tells the sides apart, or hours that no earlier day holds.
pub fn one_input<'a>(data: &'a Data, choice: &Choice) -> Result<Sides<'a>, SideError> {
    if !choice.baseline_revisions.is_empty() || !choice.candidate_revisions.is_empty() {
        let (of_baseline, of_candidate) = asked(data, data, choice)?;
        if let Some(both) = of_baseline.intersection(&of_candidate).next() {
            return Err(SideError::SameRevision((*both).to_owned()));
        }
        let (from, to) = match choice.deployed_at {
            Some(time) => (i64::MIN..time.minute().0, time.next_minute().0..i64::MAX),
            None => (i64::MIN..i64::MAX, i64::MIN..i64::MAX),
        };
        return finish(
            side(data, &of_baseline, from),
            side(data, &of_candidate, to),
            false,
            vec![],
            choice,
        );
    }
    let Some(time) = choice.deployed_at else {
        return Err(SideError::NothingToTellApart(
            keys(data).iter().map(|k| (*k).to_owned()).collect(),
        ));
    };
    let (before, after) = (i64::MIN..time.minute().0, time.next_minute().0..i64::MAX);
    let all = keys(data);
    let begin = all.iter().filter_map(|key| first_minute(&data.revisions[*key])).min();
    let until_deploy = begin.map_or(0, |begin| (time.minute().0 - begin).max(0));
    let first_new = time.minute().0 - EARLY_MINUTES.min(until_deploy / 2);
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = all
        .iter()
        .partition(|key| first_minute(&data.revisions[**key]).is_none_or(|m| m < first_new));
    let mut notes = vec![];
    if old.is_empty() || new.is_empty() {
        let (before, after) = (side(data, &all, before), side(data, &all, after));
        return finish(before, after, true, notes, choice);
    }
    drain_note(data, &old, after.start, &mut notes);
    // A new revision is told by its name: what its instances log before traffic moves is the candidate's, too.
    finish(
        side(data, &old, before),
        side(data, &new, i64::MIN..i64::MAX),
        false,
        notes,
        choice,
    )
}

/// The revisions that were asked for; on the side that was not, all others.
fn asked<'a>(
    baseline: &'a Data,
    candidate: &'a Data,
    choice: &Choice,
) -> Result<(BTreeSet<&'a str>, BTreeSet<&'a str>), SideError> {
    let matching = |data: &'a Data, globs: &[Pattern], side| {
        let found: BTreeSet<&str> = keys(data)
            .into_iter()
            .filter(|key| globs.iter().any(|g| names_revision(g, key)))
            .collect();
        if found.is_empty() && !globs.is_empty() {
            let asked = globs.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", ");
            return Err(SideError::NoSuchRevision(
                side,
                asked,
                keys(data).iter().map(|k| (*k).to_owned()).collect(),
            ));
        }
        Ok(found)
    };
    let mut of_baseline = matching(baseline, &choice.baseline_revisions, "baseline")?;
    let mut of_candidate = matching(candidate, &choice.candidate_revisions, "candidate")?;
    if choice.baseline_revisions.is_empty() {
        of_baseline = keys(baseline).difference(&of_candidate).copied().collect();
    }
    if choice.candidate_revisions.is_empty() {
        of_candidate = keys(candidate).difference(&of_baseline).copied().collect();
    }
    Ok((of_baseline, of_candidate))
}

fn service_of(key: &str) -> &str {
    key.split_once('/').map_or("", |(service, _)| service)
}

/// The glob that matches this name alone.
pub fn exactly(name: &str) -> Option<Pattern> {
    Pattern::new(&Pattern::escape(name)).ok()
}

/// A glob names a revision by its own name or with its service in front.
fn names_revision(glob: &Pattern, key: &str) -> bool {
    glob.matches(key) || key.split_once('/').is_some_and(|(_, revision)| glob.matches(revision))
}

/// The keys of all named revisions; without any, of all entries.
fn keys(data: &Data) -> BTreeSet<&str> {
    let named: BTreeSet<&str> = data
        .revisions
        .keys()
        .map(String::as_str)
        .filter(|k| !k.ends_with('/'))
        .collect();
    if named.is_empty() {
        data.revisions.keys().map(String::as_str).collect()
    } else {
        named
    }
}

fn side<'a>(data: &'a Data, keys: &BTreeSet<&str>, window: Range<i64>) -> Side<'a> {
    let revisions = keys.iter().filter_map(|key| data.revisions.get(*key)).collect();
    Side {
        revisions,
        windows: vec![window],
    }
}

fn first_minute(counts: &RevisionCounts) -> Option<i64> {
    counts.minutes.keys().map(|m| m.0).find(|m| *m != i64::MIN)
}

fn drain_note(data: &Data, revisions: &BTreeSet<&str>, from: i64, notes: &mut Vec<Concern>) {
    for key in revisions {
        let counts = data.revisions[*key]
            .minutes
            .range(Minute(from)..)
            .map(|(_, m)| m.entries)
            .sum::<u64>();
        if counts > 0 {
            let message =
                format!("{counts} entries of the old revision {key} after the deploy were left out: it was draining");
            notes.push(Concern {
                code: "drain".into(),
                message,
            });
        }
    }
}

impl Sides<'_> {
    /// Whether all requests were counted by the same: Cloud Monitoring measures latency from another moment and in wide
    /// buckets.
    pub fn same_request_source(&self) -> bool {
        let mut sources = self.baseline.request_sources();
        sources.extend(self.candidate.request_sources());
        sources.len() <= 1
    }
}

impl Side<'_> {
    /// What the side's requests were counted by; nothing where it has none.
    pub fn request_sources(&self) -> BTreeSet<RequestSource> {
        let has_requests = |r: &&&RevisionCounts| r.minutes.values().any(|m| m.requests > 0);
        let with_requests = self.revisions.iter().filter(has_requests);
        with_requests.map(|r| r.requests_from).collect()
    }

    /// The windows as ranges of minutes, without the one that stands for entries without a time.
    pub fn ranges(&self) -> impl Iterator<Item = Range<Minute>> + '_ {
        self.windows.iter().map(|window| {
            let start = window.start.max(i64::MIN + 1);
            Minute(start)..Minute(window.end.max(start))
        })
    }

    /// Whether a minute is counted.
    pub fn contains(&self, minute: Minute) -> bool {
        self.ranges().any(|range| range.contains(&minute))
    }

    /// What is counted of something by minute, ascending.
    pub fn within<'m, T>(&'m self, by_minute: &'m BTreeMap<Minute, T>) -> impl Iterator<Item = (Minute, &'m T)> {
        self.ranges()
            .flat_map(|range| by_minute.range(range))
            .map(|(minute, counts)| (*minute, counts))
    }

    /// Requests of a class of status that are counted, by minute, zeros left out.
    pub fn status_class<'m>(&'m self, revision: &'m RevisionCounts, low: u16) -> impl Iterator<Item = (Minute, u64)> {
        self.ranges().flat_map(move |range| revision.status_class(low, range))
    }

    /// Minutes with entries in the windows and their (entries, requests), over all revisions.
    pub fn minutes(&self) -> BTreeMap<i64, (u64, u64)> {
        let mut minutes = BTreeMap::new();
        for revision in &self.revisions {
            for (minute, counts) in self.within(&revision.minutes) {
                let sum: &mut (u64, u64) = minutes.entry(minute.0).or_default();
                sum.0 += counts.entries;
                sum.1 += counts.requests;
            }
        }
        minutes
    }
}

fn serving(minutes: &BTreeMap<i64, (u64, u64)>) -> BTreeSet<i64> {
    let mut requests: Vec<u64> = minutes.values().map(|m| m.1).filter(|n| *n > 0).collect();
    requests.sort_unstable();
    let busy = requests.get(requests.len() * 19 / 20).copied().unwrap_or(0);
    let enough = |requests: u64| requests > 0 && requests as f64 >= SERVING_SHARE * busy as f64;
    minutes
        .iter()
        .filter(|(_, (_, requests))| enough(*requests))
        .map(|(minute, _)| *minute)
        .collect()
}

/// Finds out how the sides stand in time and cuts what does not belong.
fn finish<'a>(
    mut baseline: Side<'a>,
    mut candidate: Side<'a>,
    same_revision: bool,
    mut notes: Vec<Concern>,
    choice: &Choice,
) -> Result<Sides<'a>, SideError> {
    let mut concerns = vec![];
    if let Some(until) = choice.until {
        let windows = baseline.windows.iter_mut().chain(&mut candidate.windows);
        windows.for_each(|w| w.end = w.end.min(until.minute().0));
    }
    if choice.same_hours {
        let hours = hours::same_hours(&baseline.minutes(), &candidate.minutes())?;
        baseline.windows = hours.baseline;
        candidate.windows = vec![hours.candidate];
        notes.splice(0..0, hours.notes);
    }
    let (old, new) = (baseline.minutes(), candidate.minutes());
    let (old_serving, new_serving) = (serving(&old), serving(&new));
    let shared = new_serving.intersection(&old_serving).count();
    let overlap = old.keys().filter(|m| new.contains_key(m)).count();
    let mut pairing = Pairing::BeforeAfter;
    if same_revision && overlap > 0 {
        concerns.push(Concern {
            code: "sides-overlap".into(),
            message: format!(
                "both sides hold the same revision in {overlap} common minutes: an entry may stand on both"
            ),
        });
    } else if shared > 0 && shared as f64 >= CONCURRENT_SHARE * new_serving.len() as f64 {
        pairing = Pairing::Concurrent;
        let both = || old_serving.iter().filter(|m| new_serving.contains(m));
        if let (Some(first), Some(last)) = (both().next(), both().next_back()) {
            let shared = *first..*last + 1;
            baseline.windows = vec![shared.clone()];
            candidate.windows = vec![shared];
        }
    } else {
        cut_drain(&mut baseline, &old, &old_serving, &new_serving, &mut notes);
    }
    if old
        .first_key_value()
        .is_some_and(|(first, _)| new.last_key_value().is_some_and(|(last, _)| last < first))
    {
        concerns.push(Concern {
            code: "sides-swapped".into(),
            message: "the candidate ends before the baseline begins: were the sides swapped?".into(),
        });
    }
    let mut sides = Sides {
        pairing,
        baseline,
        candidate,
        same_hours: choice.same_hours,
        concerns,
        notes,
    };
    if !sides.same_request_source() {
        let message = "some requests were counted in the log and some by Cloud Monitoring: latency is not compared";
        sides.concerns.push(Concern::new("other-request-source", message));
    }
    Ok(sides)
}

/// Ends the baseline where the candidate serves and the baseline no longer does: the rest is its drain.
fn cut_drain(
    baseline: &mut Side<'_>,
    minutes: &BTreeMap<i64, (u64, u64)>,
    serving: &BTreeSet<i64>,
    candidate_serving: &BTreeSet<i64>,
    notes: &mut Vec<Concern>,
) {
    let (Some(last), Some(first_new)) = (serving.last(), candidate_serving.first()) else {
        return;
    };
    let end = (last + 1).max(*first_new);
    let drained: u64 = minutes.range(end..).map(|(_, (entries, _))| entries).sum();
    if drained > 0 {
        baseline.windows.iter_mut().for_each(|w| w.end = w.end.min(end));
        let message =
            format!("{drained} entries of the baseline after it had stopped serving were left out: it was draining");
        notes.push(Concern {
            code: "drain".into(),
            message,
        });
    }
}

#[cfg(test)]
#[path = "sides_tests.rs"]
mod tests;
