//! Keeps each look, and then tells of it.

use std::io::Write;

use super::tell::Teller;
use super::writer::{Change, Writer};
use crate::monitor::state::{Commit, StateError};
use crate::monitor::{Keep, Looked, Step, Trouble, Watcher};
use crate::profile::Data;
use crate::publish::SendOptions;
use crate::report::{Report, escape};
use crate::verdict::Verdict;

/// Looks after which their counts are kept as one: the state grows by what is new, and is short when it is read.
const MERGE_AFTER: u64 = 24;

/// Where looks go.
pub struct Keeper<'a> {
    /// The open state; nothing is kept without.
    pub state: Option<Writer>,
    /// Whom to tell.
    pub teller: &'a Teller,
    /// Notices that wait to be sent, as the state has them.
    pub waiting: Vec<(i64, String)>,
    /// The verdict before the look that comes.
    pub verdict: Option<Verdict>,
    /// Something happened since reports were written.
    pub is_news: bool,
    /// The newest report.
    pub report: Option<Report>,
    /// Whether notices were sent in this run, as far as that was possible.
    pub has_sent: bool,
    /// How notices are sent.
    pub sending: SendOptions,
    /// Warnings and progress go here.
    pub err: &'a mut dyn Write,
    /// Whether to say what happens.
    pub quiet: bool,
}

impl From<StateError> for Trouble {
    fn from(error: StateError) -> Trouble {
        Trouble {
            cause: error.to_string(),
            hint: error.hint().to_owned(),
        }
    }
}

impl Keeper<'_> {
    fn say(&mut self, watcher: &Watcher<'_>, looked: &Looked) {
        let history = watcher.history();
        if self.quiet || !looked.is_news() {
            return;
        }
        let at = watcher.schedule().time_of(history.last_look);
        let names = looked.checkpoints.join(", ");
        let reason = looked.judgement.reasons.first().map_or("", |r| r.message.as_str());
        let label = looked.judgement.verdict.label();
        let name = if names.is_empty() {
            String::new()
        } else {
            format!(" ({names})")
        };
        writeln!(self.err, "{at}{name}: {label}. {}", escape::terminal(reason)).ok();
    }

    /// Sends what waits, and keeps that it was sent.
    pub fn send(&mut self, watcher: &Watcher<'_>) -> Result<(), StateError> {
        self.has_sent = true;
        let done = self.teller.send(&self.waiting, &self.sending, self.err);
        if done.is_empty() {
            return Ok(());
        }
        self.waiting.retain(|(id, _)| !done.contains(id));
        let Some(writer) = &mut self.state else {
            return Ok(());
        };
        let notices = writer.write(&Commit {
            progress: &watcher.history().to_json(),
            sent: &done,
            ..Commit::default()
        })?;
        self.waiting.extend(notices);
        Ok(())
    }
}

impl Keep for Keeper<'_> {
    fn part(&self, came: &Data) -> Option<String> {
        self.state.as_ref()?;
        serde_json::to_string(came).ok()
    }

    fn keep(&mut self, step: &Step<'_>) -> Result<(), Trouble> {
        let notices = self.teller.notices(step.watcher, step.looked, self.verdict);
        self.verdict = step.watcher.history().verdict;
        self.is_news |= step.looked.is_news();
        self.say(step.watcher, step.looked);
        let Some(writer) = &mut self.state else {
            let first = self.waiting.last().map_or(0, |(id, _)| id + 1);
            self.waiting.extend((first..).zip(notices));
            return Ok(());
        };
        let number = step.look.unsigned_abs();
        let is_whole = step.watcher.history().looks.is_multiple_of(MERGE_AFTER) || step.looked.ended;
        let whole = is_whole.then(|| serde_json::to_string(step.watcher.counts()).unwrap_or_default());
        let watch = (is_whole || step.known.is_some()).then(|| serde_json::to_string(step.watcher.watch()));
        let watch = watch.map(Result::unwrap_or_default);
        let notices = writer.begin(Change {
            progress: step.watcher.history().to_json(),
            part: step.part.filter(|_| !is_whole).map(|part| (number, part.to_owned())),
            merged: whole.map(|counts| (number, counts)),
            watch,
            outbox: notices,
            identities: step.known.map(<[_]>::to_vec),
        })?;
        self.waiting.extend(notices);
        Ok(())
    }

    fn failed(&mut self, watcher: &Watcher<'_>, trouble: &Trouble, goes_on: bool) -> Result<(), Trouble> {
        self.teller.failed();
        if goes_on && !self.quiet {
            let (cause, hint) = (escape::terminal(&trouble.cause), escape::terminal(&trouble.hint));
            writeln!(self.err, "warning: the look is made later: {cause} ({hint})").ok();
        }
        let Some(writer) = &mut self.state else {
            return Ok(());
        };
        let notices = writer.write(&Commit {
            progress: &watcher.history().to_json(),
            ..Commit::default()
        })?;
        self.waiting.extend(notices);
        Ok(())
    }

    fn told(&mut self, watcher: &Watcher<'_>, newest: &Looked) -> Result<(), Trouble> {
        if let Some(writer) = &mut self.state {
            self.waiting.extend(writer.wait()?);
            writer.share()?;
        }
        let report = watcher.report(newest);
        let is_news = std::mem::take(&mut self.is_news);
        self.teller.show(&report, is_news, watcher, self.err);
        if is_news {
            self.teller.comment(&report, &self.sending, self.err);
        }
        self.report = Some(report);
        Ok(self.send(watcher)?)
    }
}
