//! `logverdict monitor`: watches a deploy.

mod args;
mod files;
mod setup;

use std::io::Write;

pub use args::MonitorArgs;

use super::args::{Common, Format, OutputArgs};
use super::failure::Failure;
use super::input::{self, Knowledge};
use super::output;
use crate::cloud::{Clock, TestClock};
use crate::compare::Watch;
use crate::monitor::{Driver, History, Keep, Looked, Step, Trouble, Until, Watcher};
use crate::profile::Data;
use crate::report::Report;
use crate::verdict::Verdict;
use files::Files;
use setup::Plan;

pub fn run(args: &MonitorArgs, common: &Common, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    output::check_writable(args.output.output.as_deref())?;
    let plan = Plan::new(args)?;
    let knowledge = Knowledge::load(common)?;
    recorded(args, &plan, &knowledge, common, out, err)
}

/// A watch of recorded logs.
fn recorded(
    args: &MonitorArgs,
    plan: &Plan,
    knowledge: &Knowledge,
    common: &Common,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<u8, Failure> {
    let started = input::time(args.deployed_at.as_deref().unwrap_or_default())?;
    let schedule = plan.schedule(started);
    let setup = setup::setup(args, schedule.clone(), knowledge)?;
    let mut files = Files::read(args, &schedule, schedule.first(), knowledge, common)?;
    output::tell(files.coverage(), common, err);
    let history = History::new(started, schedule.first() - 1, None, None);
    let mut watcher = Watcher::new(&setup, history, Data::default(), Watch::default());
    let clock = TestClock::at(schedule.ready_at(schedule.look_of(files.newest())));
    let mut keep = Nowhere(None);
    let mut driver = Driver {
        watcher: &mut watcher,
        log: &mut files,
        keep: &mut keep,
        clock: &clock as &dyn Clock,
        requests_max: args.max_requests,
        known: vec![],
        report: &mut |_| (),
    };
    driver.run(Until::Due).map_err(|stopped| failure(stopped.into()))?;
    let verdict = watcher.history().verdict.unwrap_or(Verdict::Hold);
    if let Some(report) = keep.0 {
        print(&report, &args.output, common, out)?;
    }
    Ok(verdict.exit_code())
}

fn failure(trouble: Trouble) -> Failure {
    Failure::input(trouble.cause, trouble.hint)
}

fn print(report: &Report, to: &OutputArgs, common: &Common, out: &mut dyn Write) -> Result<(), Failure> {
    let text = match to.format {
        Format::Json => report.to_json(),
        Format::Markdown => report.to_markdown(),
        Format::Terminal => report.to_terminal(output::style(common)),
    };
    output::write(&text, to.output.as_deref(), out)
}

/// No state: the newest report alone.
struct Nowhere(Option<Report>);

impl Keep for Nowhere {
    fn part(&self, _: &Data) -> Option<String> {
        None
    }

    fn keep(&mut self, _: &Step<'_>) -> Result<(), Trouble> {
        Ok(())
    }

    fn note(&mut self, _: &Watcher<'_>) -> Result<(), Trouble> {
        Ok(())
    }

    fn told(&mut self, watcher: &Watcher<'_>, newest: &Looked) -> Result<(), Trouble> {
        self.0 = Some(watcher.report(newest));
        Ok(())
    }
}
