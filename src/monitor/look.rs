//! One look: the counts that came since the last one in, a verdict on everything so far out. Pure.
//!
//! The verdict of a look depends on what was counted until then alone: not on when it was made, in how many runs, or how often
//! others were made in between. ROLL BACK is for the sequential test to say and final; PROCEED takes what `compare` takes.

use serde::{Deserialize, Serialize};

use super::history::History;
use super::schedule::Schedule;
use super::subject::{Named, Subject};
use crate::compare::{Choice, SideError, Sides, Watch, compare_watched, one_input};
use crate::model::{Concern, Timestamp};
use crate::profile::{Data, Groups, TRACES_MAX};
use crate::report::{Changed, Checkpoint, Deploy, Ended, Parts, Redaction, Report, Tool, Watched};
use crate::verdict::{Case, Judgement, Policy, Verdict, WatchFacts, judge};

/// When a watch is over before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StopOn {
    /// At ROLL BACK.
    #[default]
    RollBack,
    /// At ROLL BACK or PROCEED.
    Verdict,
    /// Never.
    Never,
}

/// What stays the same from look to look.
#[derive(Debug, Clone)]
pub struct Setup {
    /// When looks are made.
    pub schedule: Schedule,
    /// What is tolerated.
    pub policy: Policy,
    /// Whether the baseline is the candidate's hours of earlier days alone.
    pub same_hours: bool,
    /// Which verdict ends the watch.
    pub stop_on: StopOn,
    /// Revisions that the user named.
    pub named: Named,
    /// What makes the reports.
    pub tool: Tool,
    /// Worth telling of the input, such as a filter.
    pub notes: Vec<Concern>,
}

/// What Cloud Run says at the time of a look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Forbids PROCEED.
    pub concerns: Vec<Concern>,
    /// Worth telling.
    pub notes: Vec<Concern>,
    /// The watch is over because of it: code and sentence.
    pub over: Option<(String, String)>,
    /// When the service was changed last, as far as is known: until it is changed again, the rest holds.
    pub changed_at: Option<Timestamp>,
}

/// A watch between two looks.
pub struct Watcher<'a> {
    setup: &'a Setup,
    /// Everything counted, texts as they came.
    counts: Data,
    /// The same as templates and stacks, for as long as no text is new.
    grouped: Data,
    groups: Groups,
    watch: Watch,
    history: History,
}

/// What came of a look.
pub struct Looked {
    /// The verdict and its reasons.
    pub judgement: Judgement,
    /// The verdict differs from that of the look before.
    pub changed: bool,
    /// Names of the checkpoints that this look is.
    pub checkpoints: Vec<String>,
    /// The watch is over.
    pub ended: bool,
    /// What a report is made of.
    case: Case,
}

impl Looked {
    /// Whether people are to be told of it.
    pub fn is_news(&self) -> bool {
        self.changed || self.ended || !self.checkpoints.is_empty()
    }
}

impl<'a> Watcher<'a> {
    /// A watch with what was counted and judged before.
    pub fn new(setup: &'a Setup, history: History, counts: Data, watch: Watch) -> Watcher<'a> {
        let (grouped, groups) = grouped(&counts);
        Watcher {
            setup,
            counts,
            grouped,
            groups,
            watch,
            history,
        }
    }

    /// When looks are made.
    pub fn schedule(&self) -> &'a Schedule {
        &self.setup.schedule
    }

    /// What happened so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The same, for what the driver adds to it.
    pub fn history_mut(&mut self) -> &mut History {
        &mut self.history
    }

    /// Everything counted so far, before grouping.
    pub fn counts(&self) -> &Data {
        &self.counts
    }

    /// The state of the sequential test.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Number of the look that comes next.
    pub fn next(&self) -> i64 {
        self.history.last_look + 1
    }

    /// Leaves out traces that cannot be among those kept, because as many with smaller hashes are known.
    pub fn thin(&self, came: &mut Data) {
        for (key, counts) in &mut came.revisions {
            let known = self.counts.revisions.get(key).map(|known| &known.traces);
            let full = known.filter(|traces| traces.len() >= TRACES_MAX);
            if let Some((limit, _)) = full.and_then(|traces| traces.last_key_value()) {
                counts.traces.retain(|hash, _| hash <= limit);
            }
        }
    }

    /// Makes the next look.
    ///
    /// # Errors
    /// Sides that cannot be told apart at all.
    pub fn look(&mut self, came: Data, told: Option<&Told>) -> Result<Looked, SideError> {
        let look = self.next();
        let schedule = &self.setup.schedule;
        let at = schedule.time_of(look);
        if look > schedule.first() {
            self.history.late_entries += late(&came, schedule.time_of(look - 1));
        }
        self.add(came);
        if self.history.subject.is_none() {
            self.history.subject = Subject::choose(&self.counts, &self.setup.named, schedule.started());
        }
        if told.is_some() {
            self.history.told = told.cloned();
        }
        let over = self.over(look, at, told);
        let case = self.case(at, over.is_none())?;
        let judgement = judge(&case, &self.setup.policy);
        Ok(self.remember(look, case, judgement, over))
    }

    /// The last look once more, with nothing new: for its report.
    ///
    /// # Errors
    /// As [`Watcher::look`].
    pub fn review(&mut self) -> Result<Looked, SideError> {
        let look = self.history.last_look;
        let at = self.setup.schedule.time_of(look);
        let case = self.case(at, self.history.ended.is_none())?;
        Ok(Looked {
            judgement: judge(&case, &self.setup.policy),
            changed: false,
            checkpoints: vec![],
            ended: self.history.ended.is_some(),
            case,
        })
    }

    /// Adds counts, and groups them like the others; texts that are new may change the groups of all.
    fn add(&mut self, mut came: Data) {
        if self.groups.cover(&came) {
            let mut same = came.clone();
            let (counts, grouped, groups) = (&mut self.counts, &mut self.grouped, &self.groups);
            let group = || {
                groups.apply(&mut same);
                grouped.add(&same);
            };
            rayon::join(|| counts.add(&came), group);
            return;
        }
        self.counts.add(&came);
        let groups = Groups::of(&[&self.counts]);
        let are_more = groups.extend(&self.groups);
        self.groups = groups;
        if are_more && self.groups.cover(&came) {
            self.groups.apply(&mut came);
            self.grouped.add(&came);
        } else {
            // Beyond the number of texts told apart, some have just been put together.
            self.grouped = self.counts.clone();
            self.groups.apply(&mut self.grouped);
        }
    }

    /// Why no look follows this one, where that is known before its verdict.
    fn over(&self, look: i64, at: Timestamp, told: Option<&Told>) -> Option<Ended> {
        let left = || self.history.subject.as_ref()?.traffic_left(&self.counts, at);
        let said = || {
            let (code, message) = told?.over.clone()?;
            Some(Ended { at, code, message })
        };
        let is_last = look >= self.setup.schedule.last();
        let time = || {
            let message = format!(
                "The time is over: the watch was to last until {}.",
                self.setup.schedule.ends()
            );
            is_last.then(|| Ended {
                at,
                code: "time-over".into(),
                message,
            })
        };
        said().or_else(left).or_else(time)
    }

    fn case(&mut self, at: Timestamp, goes_on: bool) -> Result<Case, SideError> {
        if let Some(subject) = &self.history.subject {
            subject.complete(&mut self.grouped);
        }
        let (sides, note) = sides(&self.grouped, &self.history, self.setup, at)?;
        let settings = (&self.setup.policy.statistics).into();
        let infos = [&self.grouped, &self.grouped];
        let mut concerns = self.history.coverage.concerns.clone();
        concerns.extend(gaps(&self.history));
        let watch = &mut self.watch;
        let (findings, mut case) = rayon::join(
            || compare_watched(&sides, infos, &settings, watch),
            || Case::new(&sides, vec![], concerns),
        );
        case.findings = findings;
        case.notes.extend(note);
        case.notes.extend(self.setup.notes.iter().cloned());
        case.notes.extend(self.history.coverage.remarks.iter().cloned());
        if let Some(told) = &self.history.told {
            case.deploy_concerns.clone_from(&told.concerns);
            case.notes.extend(told.notes.iter().cloned());
        }
        case.watch = Some(WatchFacts {
            goes_on,
            rolled_back: self.history.rolled_back.clone(),
        });
        Ok(case)
    }

    /// Writes down what came of a look.
    fn remember(&mut self, look: i64, case: Case, judgement: Judgement, over: Option<Ended>) -> Looked {
        let at = self.setup.schedule.time_of(look);
        let history = &mut self.history;
        let (verdict, reason) = (judgement.verdict, judgement.reasons.first());
        let changed = history.verdict != Some(verdict);
        if changed {
            history.changes.push(Changed {
                at,
                from: history.verdict,
                to: verdict,
                code: reason.map_or_else(String::new, |r| r.code.clone()),
                message: reason.map_or_else(String::new, |r| r.message.clone()),
            });
        }
        if verdict == Verdict::RollBack && history.rolled_back.is_none() {
            history.rolled_back = reason.map(|r| (at, r.clone()));
        }
        history.verdict = Some(verdict);
        (history.last_look, history.looks) = (look, history.looks + 1);
        let names: Vec<String> = self.setup.schedule.checkpoints_at(look).map(str::to_owned).collect();
        for name in &names {
            history.checkpoints.push(checkpoint(name, at, &case, &judgement));
        }
        history.ended = stop(self.setup.stop_on, verdict, at).or(over);
        Looked {
            changed,
            checkpoints: names,
            ended: history.ended.is_some(),
            judgement,
            case,
        }
    }

    /// The report of a look that was just made.
    pub fn report(&self, looked: &Looked) -> Report {
        let watched = self.watched();
        Report::new(&Parts {
            tool: &self.setup.tool,
            case: &looked.case,
            judgement: &looked.judgement,
            baseline: &self.history.coverage,
            candidate: &self.history.coverage,
            deploy: self.history.deploy.as_ref().map(|d| d as &Deploy),
            watch: Some(&watched),
            redaction: Redaction::default(),
        })
    }

    /// The watch as reports tell it.
    pub fn watched(&self) -> Watched {
        let (history, schedule) = (&self.history, &self.setup.schedule);
        let is_over = history.ended.is_some();
        Watched {
            started: schedule.started(),
            ends: schedule.ends(),
            looked_until: schedule.time_of(history.last_look),
            looks: history.looks,
            every_minutes: schedule.every_minutes(),
            to_come: if is_over {
                vec![]
            } else {
                schedule.to_come(history.last_look)
            },
            ended: history.ended.clone(),
            changes: history.changes.clone(),
            checkpoints: history.checkpoints.clone(),
            gaps: history.gaps.clone(),
            late_entries: history.late_entries,
        }
    }
}

/// Both sides at a look, with a note where they are not told apart as asked.
fn sides<'d>(
    data: &'d Data,
    history: &History,
    setup: &Setup,
    at: Timestamp,
) -> Result<(Sides<'d>, Option<Concern>), SideError> {
    let choice = |same_hours| match &history.subject {
        Some(subject) => subject.choice(at, same_hours),
        None => Choice {
            deployed_at: Some(setup.schedule.started()),
            until: Some(at),
            same_hours,
            ..Choice::default()
        },
    };
    match one_input(data, &choice(setup.same_hours)) {
        Err(error @ (SideError::NoHours | SideError::NoEarlierDay(..) | SideError::MoreThanADay(_))) => {
            let note = Concern::new(
                "same-hours-unused",
                format!("--same-hours was not used at this look: {error}"),
            );
            Ok((one_input(data, &choice(false))?, Some(note)))
        }
        sides => Ok((sides?, None)),
    }
}

fn grouped(counts: &Data) -> (Data, Groups) {
    let groups = Groups::of(&[counts]);
    let mut grouped = counts.clone();
    groups.apply(&mut grouped);
    (grouped, groups)
}

/// Entries of minutes that the look before has judged.
fn late(came: &Data, judged_until: Timestamp) -> u64 {
    let before = |counts: &crate::profile::RevisionCounts| {
        let minutes = counts
            .minutes
            .iter()
            .filter(|(m, _)| m.0 != i64::MIN && **m < judged_until.minute());
        minutes.map(|(_, c)| c.entries).sum::<u64>()
    };
    came.revisions.values().map(before).sum()
}

/// Share of a watch that may be missing before its verdict is in doubt.
const GAP_SHARE_MAX: f64 = 0.01;

/// What could not be read is in no rate, on neither side: that is a doubt only where it is much.
fn gaps(history: &History) -> Option<Concern> {
    let length = |start: Timestamp, end: Timestamp| end.0.saturating_sub(start.0).max(0) as f64;
    let missing: f64 = history.gaps.iter().map(|gap| length(gap.start, gap.end)).sum();
    let end = history.gaps.iter().map(|gap| gap.end).max()?;
    let share = missing / length(history.started, end).max(1.0);
    (share > GAP_SHARE_MAX).then(|| {
        let minutes = (missing / 60e9).round();
        Concern::new(
            "gaps",
            format!(
                "{minutes} minutes of the watch could not be read, {:.1} % of it",
                share * 100.0
            ),
        )
    })
}

fn stop(on: StopOn, verdict: Verdict, at: Timestamp) -> Option<Ended> {
    let (code, message) = match (on, verdict) {
        (StopOn::RollBack | StopOn::Verdict, Verdict::RollBack) => ("roll-back", "Harm is certain: ROLL BACK."),
        (StopOn::Verdict, Verdict::Proceed) => ("proceed", "Enough was seen: PROCEED."),
        _ => return None,
    };
    Some(Ended {
        at,
        code: code.to_owned(),
        message: message.to_owned(),
    })
}

fn checkpoint(name: &str, at: Timestamp, case: &Case, judgement: &Judgement) -> Checkpoint {
    use crate::compare::Change;
    let count = |change| case.findings.iter().filter(|f| f.change == change).count() as u64;
    let five = case.findings.iter().find(|f| f.signal.id == "5xx");
    let rate = |side: &crate::compare::SideCount| (side.exposure > 0).then_some(side.rate);
    Checkpoint {
        name: name.to_owned(),
        at,
        verdict: judgement.verdict,
        lean: judgement.lean,
        codes: judgement.reasons.iter().map(|r| r.code.clone()).collect(),
        message: judgement
            .reasons
            .first()
            .map_or_else(String::new, |r| r.message.clone()),
        requests: case.candidate.requests,
        server_errors: case.candidate.with_status_in(500, 599),
        baseline_rate: five.and_then(|f| rate(&f.baseline)),
        candidate_rate: five.and_then(|f| rate(&f.candidate)),
        new_signals: count(Change::New),
        vanished_signals: count(Change::Vanished),
        load_share: judgement.outlook.load_range.as_ref().map(|load| load.share),
    }
}
