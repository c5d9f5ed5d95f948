//! A day of looks in milliseconds: when they are made, what fails, what is kept.

use std::collections::BTreeMap;

use super::super::history::History;
use super::super::look::{Setup, StopOn};
use super::super::schedule::Schedule;
use super::super::subject::Named;
use super::*;
use crate::cloud::TestClock;
use crate::compare::Watch;
use crate::compare::test_data::{at, data, revision};
use crate::report::Tool;
use crate::verdict::Policy;

const OLD: &str = "chat-api-00041-kop";
const NEW: &str = "chat-api-00042-wil";
const MINUTE: Duration = Duration::from_secs(60);

/// A log that is known beforehand, and fails as told.
struct Recorded {
    schedule: Schedule,
    /// Minutes of the candidate, from the deploy on.
    minutes: i64,
    third: Option<i64>,
    /// Readings that fail, by their number.
    fails: fn(u64, &RangeInclusive<i64>) -> bool,
    readings: u64,
    read: Vec<RangeInclusive<i64>>,
    told: Told,
}

impl Recorded {
    fn new(schedule: &Schedule, minutes: i64) -> Recorded {
        Recorded {
            schedule: schedule.clone(),
            minutes,
            third: None,
            fails: |_, _| false,
            readings: 0,
            read: vec![],
            told: Told::default(),
        }
    }

    /// What a look counts: its five minutes of the candidate; the first one the hour before, too.
    fn counts(&self, look: i64) -> Data {
        let end = (self.schedule.time_of(look).0 - at(0, 0).0) / MINUTE.as_nanos() as i64;
        let mine = (end - 5).max(0)..end.min(self.minutes);
        let mut counts = data([revision(NEW).serving(mine, 30)]);
        if let Some(begun) = self.third.filter(|begun| end > *begun) {
            counts.add(&data([
                revision("chat-api-00043-zed").serving((end - 5).max(begun)..end, 30)
            ]));
        }
        if look == self.schedule.first() {
            counts.add(&data([revision(OLD).serving(-60..0, 30)]));
        }
        counts
    }
}

impl Log for Recorded {
    fn read(&mut self, looks: RangeInclusive<i64>, _: Vec<Identity>) -> Result<Batch, Trouble> {
        self.readings += 1;
        if (self.fails)(self.readings, &looks) {
            let (cause, hint) = ("no answer".to_owned(), String::new());
            return Err(Trouble { cause, hint });
        }
        let slices = Slices::default();
        looks.clone().for_each(|look| slices.add(look, self.counts(look)));
        self.read.push(looks);
        Ok(Batch {
            slices: Arc::new(slices),
            coverage: Coverage::default(),
            is_whole: false,
            known: vec![],
        })
    }

    fn told(&mut self, _: Option<&Told>) -> Result<Option<Told>, Trouble> {
        Ok(Some(self.told.clone()))
    }

    fn requests(&mut self) -> u64 {
        2
    }
}

/// What was kept, by look.
#[derive(Default)]
struct Kept {
    looks: BTreeMap<i64, u64>,
    told: u64,
    failures: u64,
    full: bool,
}

impl Keep for Kept {
    fn part(&self, _: &Data) -> Option<String> {
        None
    }

    fn keep(&mut self, step: &Step<'_>) -> Result<(), Trouble> {
        if self.full {
            let (cause, hint) = ("the disk is full".to_owned(), String::new());
            return Err(Trouble { cause, hint });
        }
        *self.looks.entry(step.look).or_default() += 1;
        Ok(())
    }

    fn failed(&mut self, _: &Watcher<'_>, _: &Trouble, _: bool) -> Result<(), Trouble> {
        self.failures += 1;
        Ok(())
    }

    fn told(&mut self, _: &Watcher<'_>, _: &Looked) -> Result<(), Trouble> {
        self.told += 1;
        Ok(())
    }
}

fn setup(hours: u64) -> Setup {
    Setup {
        schedule: Schedule::new(at(0, 0), MINUTE * 60 * u32::try_from(hours).unwrap(), 5, &[MINUTE * 20]),
        policy: Policy::default(),
        same_hours: false,
        stop_on: StopOn::Never,
        named: Named::default(),
        tool: Tool::default(),
        notes: vec![],
    }
}

fn watcher(setup: &Setup) -> Watcher<'_> {
    let before = setup.schedule.first() - 1;
    let history = History::new(at(0, 0), before, None, None);
    Watcher::new(setup, history, Data::default(), Watch::default())
}

fn run(
    watcher: &mut Watcher<'_>,
    log: &mut Recorded,
    kept: &mut Kept,
    clock: &TestClock,
    until: Until,
) -> Result<(), Stopped> {
    let mut driver = Driver {
        watcher,
        log,
        keep: kept,
        clock,
        requests_max: None,
        known: vec![],
    };
    driver.run(until)
}

/// Requests of the candidate that were counted.
fn counted(watcher: &Watcher<'_>) -> u64 {
    let revision = &watcher.counts().revisions[&format!("chat-api/{NEW}")];
    revision.minutes.values().map(|m| m.requests).sum()
}

#[test]
fn a_day_is_looked_at_as_it_goes_on() {
    let setup = setup(24);
    let (mut watcher, clock) = (watcher(&setup), TestClock::at(at(0, 30)));
    let (mut log, mut kept) = (Recorded::new(&setup.schedule, 1440), Kept::default());
    run(&mut watcher, &mut log, &mut kept, &clock, Until::End).unwrap();
    let looks: Vec<i64> = (setup.schedule.first()..=setup.schedule.last()).collect();
    assert_eq!(
        (looks.len(), kept.looks.keys().copied().collect::<Vec<_>>()),
        (288, looks)
    );
    assert!(kept.looks.values().all(|n| *n == 1) && kept.told == 288 && log.readings == 288);
    assert_eq!(counted(&watcher), 1440 * 30);
    assert!(clock.sleeps().iter().all(|sleep| *sleep <= SLEEP_MAX));
    let ended = watcher.history().ended.as_ref().unwrap();
    assert_eq!((ended.code.as_str(), ended.at), ("time-over", at(1440, 0)));
    assert_eq!(watcher.history().spent.requests, 2 * 288);
}

#[test]
fn a_watcher_that_was_down_makes_the_same_looks() {
    let setup = setup(24);
    let all = || {
        let (mut watcher, clock) = (watcher(&setup), TestClock::at(at(0, 30)));
        let (mut log, mut kept) = (Recorded::new(&setup.schedule, 1440), Kept::default());
        run(&mut watcher, &mut log, &mut kept, &clock, Until::End).unwrap();
        (watcher.watched(), watcher.counts().clone())
    };
    let mut late = watcher(&setup);
    let (mut log, mut kept) = (Recorded::new(&setup.schedule, 1440), Kept::default());
    for minutes in [11, 12, 400, 3000] {
        let clock = TestClock::at(at(minutes, 0));
        run(&mut late, &mut log, &mut kept, &clock, Until::Due).unwrap();
    }
    assert_eq!((late.watched(), late.counts().clone()), all());
    // No reading is longer than a quarter of a day.
    assert!(log.read.iter().all(|looks| looks.end() - looks.start() < LOOKS_AT_ONCE));
    assert!(log.readings < 10, "{}", log.readings);
}

#[test]
fn a_clock_that_goes_back_makes_no_look_twice() {
    let setup = setup(1);
    let mut watcher = watcher(&setup);
    let (mut log, mut kept) = (Recorded::new(&setup.schedule, 60), Kept::default());
    for minutes in [33, 12, 33, -500, 34] {
        let clock = TestClock::at(at(minutes, 0));
        run(&mut watcher, &mut log, &mut kept, &clock, Until::Due).unwrap();
    }
    assert!(kept.looks.values().all(|n| *n == 1));
    assert_eq!(watcher.history().looks, 6);
}

#[test]
fn what_fails_is_read_again_and_a_hole_is_given_up_at_last() {
    let setup = setup(24);
    let mut watcher = watcher(&setup);
    let (mut log, mut kept) = (Recorded::new(&setup.schedule, 1440), Kept::default());
    let bad = setup.schedule.first() + 100;
    assert_eq!(bad * 5, at(0, 0).minute().0 + 505);
    log.fails = |number, looks| number == 3 || (looks.contains(&(at(505, 0).minute().0 / 5)));
    let clock = TestClock::at(at(0, 30));
    run(&mut watcher, &mut log, &mut kept, &clock, Until::End).unwrap();
    let history = watcher.history();
    assert_eq!((history.looks, history.gaps.len()), (288, 1));
    assert_eq!(history.gaps[0].end.0 - history.gaps[0].start.0, 300_000_000_000);
    assert_eq!(kept.failures, history.spent.failures);
    assert!(history.spent.failures > FAILURES_MAX, "{:?}", history.spent);
    assert_eq!(counted(&watcher), 1435 * 30);
}

#[test]
fn one_run_says_what_failed_and_the_next_goes_on() {
    let setup = setup(1);
    let mut watcher = watcher(&setup);
    let (mut log, mut kept) = (Recorded::new(&setup.schedule, 60), Kept::default());
    log.fails = |number, _| number == 1;
    let clock = TestClock::at(at(22, 0));
    let stopped = run(&mut watcher, &mut log, &mut kept, &clock, Until::Due).unwrap_err();
    assert_eq!(Trouble::from(stopped).cause, "no answer");
    assert!(kept.looks.is_empty() && kept.told == 0);
    run(&mut watcher, &mut log, &mut kept, &clock, Until::Due).unwrap();
    assert_eq!(kept.looks.len(), 4);
    kept.full = true;
    let later = TestClock::at(at(40, 0));
    let stopped = run(&mut watcher, &mut log, &mut kept, &later, Until::Due).unwrap_err();
    assert!(matches!(stopped, Stopped::NotKept(_)), "{stopped:?}");
    assert_eq!(kept.told, 1, "nobody is told of a look that was not kept");
}

#[test]
fn a_second_deploy_and_the_way_back_end_the_watch() {
    let setup = setup(24);
    let end = |minutes: i64, third: Option<i64>| {
        let mut watcher = watcher(&setup);
        let (mut log, mut kept) = (Recorded::new(&setup.schedule, minutes), Kept::default());
        log.third = third;
        let clock = TestClock::at(at(0, 30));
        run(&mut watcher, &mut log, &mut kept, &clock, Until::End).unwrap();
        let ended = watcher.history().ended.clone().unwrap();
        (ended.code, (ended.at.0 - at(0, 0).0) / 60_000_000_000)
    };
    assert_eq!(end(1440, Some(300)), ("second-deploy".to_owned(), 305));
    // A service that falls silent has no traffic that could have gone elsewhere.
    assert_eq!(end(300, None), ("time-over".to_owned(), 1440));
}

#[test]
fn a_spent_budget_keeps_what_the_platform_said() {
    let setup = setup(24);
    let mut watcher = watcher(&setup);
    let (mut log, mut kept) = (Recorded::new(&setup.schedule, 1440), Kept::default());
    log.told.concerns = vec![crate::model::Concern::new("traffic-pinned", "pinned")];
    let clock = TestClock::at(at(0, 30));
    let mut driver = Driver {
        watcher: &mut watcher,
        log: &mut log,
        keep: &mut kept,
        clock: &clock,
        requests_max: Some(9),
        known: vec![],
    };
    driver.run(Until::End).unwrap();
    let history = watcher.history();
    assert_eq!(history.ended.as_ref().unwrap().code, "budget-spent");
    assert_eq!(history.told.as_ref().unwrap().concerns.len(), 1);
    assert_eq!(history.looks, 5);
}
