//! Drives a watch: waits for the time of a look, has the log read, makes the looks that are due, keeps what came of them.
//!
//! Input: a log, a clock, a place to keep state, all of them given. Every look is kept before anybody is told of it, so a
//! watch that is killed at any moment goes on with the look that was not kept yet.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::look::{Looked, Told, Watcher};
use super::memory::give_back;
use super::slices::Slices;
use crate::cloud::Clock;
use crate::compare::SideError;
use crate::ingest::{Coverage, Identity};
use crate::model::Timestamp;
use crate::profile::Data;
use crate::report::{Ended, Gap};

/// Looks whose entries are read at once at most, when a watch catches up.
const LOOKS_AT_ONCE: i64 = 72;
/// Readings that fail one after the other before a look's entries are given up, if later ones can be read.
const FAILURES_MAX: u64 = 12;
/// Longest sleep: a clock that is set, or a machine that was suspended, is noticed then.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// Where entries come from.
pub trait Log {
    /// Counts the entries of these looks apart; `known` ones were counted before.
    ///
    /// # Errors
    /// What could not be read whole: nothing of it is counted.
    fn read(&mut self, looks: RangeInclusive<i64>, known: Vec<Identity>) -> Result<Batch, Trouble>;

    /// What the platform says now, and said before; `None` where it cannot be asked.
    ///
    /// # Errors
    /// A platform that does not answer.
    fn told(&mut self, before: Option<&Told>) -> Result<Option<Told>, Trouble>;

    /// Requests that were made since this was asked last.
    fn requests(&mut self) -> u64;
}

/// The counts of some looks.
pub struct Batch {
    /// By look.
    pub slices: Arc<Slices>,
    /// What was read.
    pub coverage: Coverage,
    /// Whether that is all that there is, not what this reading added.
    pub is_whole: bool,
    /// What the next reading will meet again.
    pub known: Vec<Identity>,
}

/// Why something did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub cause: String,
    /// What to try.
    pub hint: String,
}

/// What one look leaves behind.
pub struct Step<'a> {
    /// The watch after it.
    pub watcher: &'a Watcher<'a>,
    /// Number of the look.
    pub look: i64,
    /// What [`Keep::part`] made of its counts.
    pub part: Option<&'a str>,
    /// What came of it.
    pub looked: &'a Looked,
    /// What the next reading will meet again: with the last look of a batch.
    pub known: Option<&'a [Identity]>,
}

/// Where looks are kept.
pub trait Keep {
    /// The counts of a look as they are kept; of the first look, with the baseline's.
    fn part(&self, came: &Data) -> Option<String>;

    /// Keeps one look, whole or not at all. It may be on its way until [`Keep::told`] or [`Keep::failed`].
    ///
    /// # Errors
    /// A state that cannot be written, at this look or the one before.
    fn keep(&mut self, step: &Step<'_>) -> Result<(), Trouble>;

    /// Keeps that a reading failed; `goes_on` if it is tried again in this run.
    ///
    /// # Errors
    /// A state that cannot be written.
    fn failed(&mut self, watcher: &Watcher<'_>, trouble: &Trouble, goes_on: bool) -> Result<(), Trouble>;

    /// All looks of a batch were made: once they are kept they may be told.
    ///
    /// # Errors
    /// A state that cannot be written, or that somebody else has written meanwhile.
    fn told(&mut self, watcher: &Watcher<'_>, newest: &Looked) -> Result<(), Trouble>;
}

/// Why a watch stops before it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// The log or the platform did not answer; the next run goes on.
    Unread(Trouble),
    /// The state could not be kept: nothing of the look is.
    NotKept(Trouble),
    /// The sides cannot be told apart.
    Sides(SideError),
}

/// How long to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Only looks that are due now.
    Due,
    /// The end of the watch.
    End,
}

/// A watch at work.
pub struct Driver<'a, 'w> {
    /// The watch.
    pub watcher: &'w mut Watcher<'a>,
    /// Where entries come from.
    pub log: &'w mut dyn Log,
    /// Where looks are kept.
    pub keep: &'w mut dyn Keep,
    /// The time and waiting.
    pub clock: &'w dyn Clock,
    /// Requests that the watch may take; `None` is no limit.
    pub requests_max: Option<u64>,
    /// Identities of the entries that the next reading will meet again.
    pub known: Vec<Identity>,
}

impl Driver<'_, '_> {
    /// Looks until the end, or as long as looks are due.
    ///
    /// # Errors
    /// A state that cannot be kept; when only due looks are made, also a log that cannot be read.
    pub fn run(&mut self, until: Until) -> Result<(), Stopped> {
        while self.watcher.history().ended.is_none() {
            let (next, schedule) = (self.watcher.next(), self.watcher.schedule().clone());
            let newest = schedule.newest_ready(self.clock.now());
            if newest < next {
                if until == Until::Due {
                    return Ok(());
                }
                self.sleep_until(schedule.ready_at(next));
                continue;
            }
            if let Err(trouble) = self.catch_up(next, newest)? {
                self.failed(&trouble, until)?;
                if until == Until::Due {
                    return Err(Stopped::Unread(trouble));
                }
                self.clock.sleep(SLEEP_MAX);
            }
        }
        Ok(())
    }

    fn sleep_until(&self, time: Timestamp) {
        let left = time.0.saturating_sub(self.clock.now().0).max(1);
        self.clock
            .sleep(Duration::from_nanos(left.unsigned_abs()).min(SLEEP_MAX));
    }

    /// Reads what is due, as much as seems wise, and makes the looks. The inner error is a reading that failed.
    fn catch_up(&mut self, next: i64, newest: i64) -> Result<Result<(), Trouble>, Stopped> {
        let failures = self.watcher.history().spent.failures_in_a_row;
        let most = (LOOKS_AT_ONCE >> failures.min(6)).max(1);
        let last = newest.min(next + most - 1);
        let before = self.watcher.history().told.clone();
        let told = match (last == newest).then(|| self.log.told(before.as_ref())).transpose() {
            Ok(told) => told.flatten(),
            Err(trouble) => return Ok(Err(trouble)),
        };
        let batch = match self.log.read(next..=last, self.known.clone()) {
            Ok(batch) => batch,
            Err(trouble) if failures >= FAILURES_MAX && last == next && newest > next => {
                return self.give_up(next, trouble);
            }
            Err(trouble) => return Ok(Err(trouble)),
        };
        self.looks(next..=last, batch, told.as_ref())?;
        Ok(Ok(()))
    }

    /// Goes on behind a look whose entries cannot be read, if that is possible.
    fn give_up(&mut self, look: i64, trouble: Trouble) -> Result<Result<(), Trouble>, Stopped> {
        let Ok(batch) = self.log.read(look + 1..=look + 1, vec![]) else {
            return Ok(Err(trouble));
        };
        let schedule = self.watcher.schedule();
        let (start, end) = (schedule.received_until(look - 1), schedule.received_until(look));
        let reason = trouble.cause;
        self.watcher.history_mut().gaps.push(Gap { start, end, reason });
        self.looks(look..=look + 1, batch, None)?;
        Ok(Ok(()))
    }

    fn looks(&mut self, looks: RangeInclusive<i64>, batch: Batch, told: Option<&Told>) -> Result<(), Stopped> {
        let last = *looks.end();
        let history = self.watcher.history_mut();
        if batch.is_whole {
            history.coverage.clone_from(&batch.coverage);
        } else {
            history.cover(&batch.coverage);
        }
        self.spend();
        give_back();
        let newest = std::thread::scope(|scope| {
            // The counts of the next look are unpacked while this one is made.
            let ahead = |look: i64| {
                let slices = &batch.slices;
                scope.spawn(move || slices.take(look))
            };
            let mut next = Some(ahead(*looks.start()));
            for look in looks {
                let came = match next.take().map(|thread| thread.join()) {
                    Some(Ok(came)) => came,
                    Some(Err(panic)) => std::panic::resume_unwind(panic),
                    None => Data::default(),
                };
                // Not beyond the batch: what is taken is gone, and the next batch may hold more of it.
                next = (look < last).then(|| ahead(look + 1));
                let told = told.filter(|_| look == last);
                let told = self.over_budget(look, told).or(told.cloned());
                let looked = self.one(look, came, told.as_ref(), (look == last, &batch))?;
                if look == last || looked.ended {
                    return Ok(Some(looked));
                }
            }
            Ok(None)
        })?;
        self.known = batch.known;
        match newest {
            Some(looked) => self.keep.told(self.watcher, &looked).map_err(Stopped::NotKept),
            None => Ok(()),
        }
    }

    /// Makes one look, and keeps it.
    fn one(
        &mut self,
        look: i64,
        mut came: Data,
        told: Option<&Told>,
        (is_last, batch): (bool, &Batch),
    ) -> Result<Looked, Stopped> {
        if look == self.watcher.schedule().first() {
            came.add(&batch.slices.take(look - 1));
        }
        self.watcher.thin(&mut came);
        let part = self.keep.part(&came);
        let looked = self.watcher.look(came, told).map_err(Stopped::Sides)?;
        let step = Step {
            watcher: self.watcher,
            look,
            part: part.as_deref(),
            looked: &looked,
            known: (is_last || looked.ended).then_some(&batch.known[..]),
        };
        self.keep.keep(&step).map_err(Stopped::NotKept)?;
        Ok(looked)
    }

    /// Counts what reading cost since the last time.
    fn spend(&mut self) {
        let requests = self.log.requests();
        let spent = &mut self.watcher.history_mut().spent;
        spent.requests += requests;
        spent.failures_in_a_row = 0;
    }

    fn failed(&mut self, trouble: &Trouble, until: Until) -> Result<(), Stopped> {
        let requests = self.log.requests();
        let spent = &mut self.watcher.history_mut().spent;
        spent.requests += requests;
        spent.failures += 1;
        spent.failures_in_a_row += 1;
        let goes_on = until == Until::End;
        let kept = self.keep.failed(self.watcher, trouble, goes_on);
        kept.map_err(Stopped::NotKept)
    }

    /// The budget is an end like any other: at the look that spends the last of it.
    fn over_budget(&self, look: i64, told: Option<&Told>) -> Option<Told> {
        let (spent, most) = (self.watcher.history().spent.requests, self.requests_max?);
        (spent >= most).then(|| {
            let at = self.watcher.schedule().time_of(look);
            let message =
                format!("The budget is spent: {spent} of {most} requests to Google Cloud, by the look of {at}.");
            Told {
                over: Some(("budget-spent".into(), message)),
                ..told
                    .or(self.watcher.history().told.as_ref())
                    .cloned()
                    .unwrap_or_default()
            }
        })
    }
}

impl From<Stopped> for Trouble {
    fn from(stopped: Stopped) -> Trouble {
        match stopped {
            Stopped::Unread(trouble) | Stopped::NotKept(trouble) => trouble,
            Stopped::Sides(error) => Trouble {
                cause: error.to_string(),
                hint: error.hint().to_owned(),
            },
        }
    }
}

/// The end of a watch that was over before this run, in words.
pub fn over_already(ended: &Ended) -> String {
    format!("the watch ended at {}: {}", ended.at, ended.message)
}

#[cfg(test)]
#[path = "drive_tests.rs"]
mod tests;
