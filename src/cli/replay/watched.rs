//! The watch over the logs of a past deploy: the looks that `monitor --from-files` would make, without a place to keep them.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::args::{Common, CompareArgs};
use super::super::compare::Judged;
use super::super::failure::Failure;
use super::super::input::{self, Knowledge};
use super::super::monitor::Files;
use super::super::output;
use crate::cloud::TestClock;
use crate::compare::{Side, Watch, exactly};
use crate::model::{Minute, Timestamp};
use crate::monitor::{Driver, History, Keep, Looked, Named, Schedule, Setup, Step, StopOn, Trouble, Until, Watcher};
use crate::profile::{Data, RevisionCounts};
use crate::report::{DeployOutcome, PastWatch};
use crate::verdict::{Policy, Verdict};

/// Minutes between looks, as those of `monitor` unless it is told otherwise.
const EVERY_MINUTES: u32 = 5;

/// The log of a past deploy, counted look by look, and all that a watch of it is made with.
pub struct Recording {
    setup: Setup,
    files: Files,
}

impl Recording {
    /// Reads the files of both sides as one log, for a watch of at most `length`.
    ///
    /// # Errors
    /// Files that no watch can be made of, and a deploy whose time is not known.
    pub fn read(
        (compared, judged): (&CompareArgs, &Judged),
        length: Duration,
        policy: &Policy,
        knowledge: &Knowledge,
        common: &Common,
    ) -> Result<Recording, Failure> {
        let inputs = [&compared.baseline[..], &compared.candidate[..]].concat();
        if let Some(profile) = input::sources(&inputs)?.iter().find(|s| input::is_profile(s)) {
            return Err(Failure::input(
                format!("{profile} is a saved profile: a watch takes the logs themselves"),
                "",
            ));
        }
        let sides = judged.sides().map_err(|e| Failure::input(&e, e.hint()))?;
        let started = match &compared.deployed_at {
            Some(time) => input::time(time)?,
            None => {
                began(&sides.candidate).ok_or_else(|| Failure::input("no entry of the candidate has a time", ""))?
            }
        };
        let setup = Setup {
            schedule: schedule(started, &sides.candidate, length)?,
            policy: policy.clone(),
            same_hours: compared.same_hours,
            stop_on: StopOn::RollBack,
            named: named(compared, (&sides.baseline, &sides.candidate))?,
            tool: output::tool(&knowledge.packs),
            notes: vec![],
        };
        let first = setup.schedule.first();
        let files = Files::read((&inputs, &compared.select), &setup.schedule, first, knowledge, common)?;
        Ok(Recording { setup, files })
    }

    /// Makes all looks by a policy. What its verdict is worth is for the caller to say.
    ///
    /// # Errors
    /// Sides that cannot be told apart at a look.
    pub fn watch(&self, policy: &Policy) -> Result<PastWatch, Trouble> {
        let setup = Setup {
            policy: policy.clone(),
            ..self.setup.clone()
        };
        let schedule = &setup.schedule;
        let history = History::new(schedule.started(), schedule.first() - 1, None, None);
        let mut watcher = Watcher::new(&setup, history, Data::default(), Watch::default());
        let mut driver = Driver {
            watcher: &mut watcher,
            log: &mut self.files.again(),
            keep: &mut Nothing,
            clock: &TestClock::at(schedule.ready_at(schedule.last())),
            requests_max: None,
            known: vec![],
        };
        driver.run(Until::Due).map_err(Trouble::from)?;
        Ok(told(&watcher))
    }
}

/// What a watch that is over tells.
fn told(watcher: &Watcher<'_>) -> PastWatch {
    let (history, schedule) = (watcher.history(), watcher.schedule());
    let after = |at: Timestamp| Duration::from_nanos(at.0.saturating_sub(history.started.0).max(0).unsigned_abs());
    // A deploy in the middle of a minute: begun minutes count.
    let minutes = |at: Timestamp| after(at).as_secs_f64() / 60.0;
    let first = |verdict| {
        let change = history.changes.iter().find(|change| change.to == verdict);
        change.map(|change| minutes(change.at).ceil() as u64)
    };
    PastWatch {
        verdict: history.verdict,
        outcome: DeployOutcome::TruthUnknown,
        deployed_at: Some(history.started),
        looks: history.looks,
        minutes: minutes(schedule.time_of(history.last_look)).ceil() as u64,
        roll_back_after: first(Verdict::RollBack),
        proceed_after: first(Verdict::Proceed),
        reason: history.changes.last().map(|c| c.code.clone()).filter(|c| !c.is_empty()),
        ended: history.ended.as_ref().map(|ended| ended.code.clone()),
        error: None,
    }
}

/// The minutes of a side that hold something, ascending by revision.
fn minutes_with<'a>(
    side: &'a Side<'a>,
    holds: impl Fn(&RevisionCounts, Minute) -> bool + 'a,
) -> impl Iterator<Item = i64> + 'a {
    let within = |minute: i64| side.windows.iter().any(|window| window.contains(&minute));
    let minutes = side.revisions.iter().flat_map(move |revision| {
        let those: Vec<i64> = revision
            .minutes
            .keys()
            .filter(|m| holds(revision, **m))
            .map(|m| m.0)
            .collect();
        those
    });
    minutes.filter(move |minute| *minute != i64::MIN && within(*minute))
}

/// The start of the candidate's first minute with requests; of one that never served, of its first minute.
fn began(candidate: &Side<'_>) -> Option<Timestamp> {
    let serves = |revision: &RevisionCounts, minute: Minute| {
        revision.minutes.get(&minute).is_some_and(|counts| counts.requests > 0)
    };
    let first = minutes_with(candidate, serves).min();
    let first = first.or_else(|| minutes_with(candidate, |_, _| true).min())?;
    Some(Minute(first).start())
}

/// Looks from the deploy until the candidate's entries end, or the length is over: there the watch decides with what it has.
fn schedule(started: Timestamp, candidate: &Side<'_>, length: Duration) -> Result<Schedule, Failure> {
    let last = minutes_with(candidate, |_, _| true).max();
    let end = last.map_or(i64::MIN, |last| Minute(last.saturating_add(1)).start().0);
    let recorded = u64::try_from(end.saturating_sub(started.0)).ok().filter(|n| *n > 0);
    let recorded =
        recorded.ok_or_else(|| Failure::input("the candidate has no entry behind the time of the deploy", ""))?;
    let length = length.min(Duration::from_nanos(recorded));
    Ok(Schedule::new(started, length, EVERY_MINUTES, &[]))
}

/// The revisions that are named, or that two inputs tell apart by being two.
fn named(compared: &CompareArgs, (baseline, candidate): (&Side<'_>, &Side<'_>)) -> Result<Named, Failure> {
    let (old, new) = (&compared.baseline_revision, &compared.candidate_revision);
    if compared.candidate.is_empty() || !old.is_empty() || !new.is_empty() {
        return Ok(Named {
            candidate: input::globs(new)?,
            baseline: input::globs(old)?,
        });
    }
    let keys = |side: &Side<'_>| -> BTreeSet<String> {
        let named = side.revisions.iter().filter(|r| !r.revision.is_empty());
        named.map(|r| format!("{}/{}", r.service, r.revision)).collect()
    };
    let (old, new) = (keys(baseline), keys(candidate));
    if !old.is_disjoint(&new) || old.is_empty() || new.is_empty() {
        return Ok(Named::default());
    }
    let all = |keys: &BTreeSet<String>| keys.iter().filter_map(|key| exactly(key)).collect();
    Ok(Named {
        candidate: all(&new),
        baseline: all(&old),
    })
}

/// Keeps no look: all of them are made at once.
struct Nothing;

impl Keep for Nothing {
    fn part(&self, _: &Data) -> Option<String> {
        None
    }

    fn keep(&mut self, _: &Step<'_>) -> Result<(), Trouble> {
        Ok(())
    }

    fn failed(&mut self, _: &Watcher<'_>, _: &Trouble, _: bool) -> Result<(), Trouble> {
        Ok(())
    }

    fn told(&mut self, _: &Watcher<'_>, _: &Looked) -> Result<(), Trouble> {
        Ok(())
    }
}
