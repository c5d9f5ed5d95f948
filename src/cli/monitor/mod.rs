//! `logverdict monitor`: watches a deploy, in Cloud Logging as it grows or in recorded logs.

mod args;
mod files;
mod issue;
mod keep;
mod live;
mod place;
mod recorded;
mod service;
mod setup;
mod tell;
mod writer;

use std::io::Write;

pub use args::MonitorArgs;
pub use files::Files;
pub use setup::length;

use super::args::{Common, OutputArgs};
use super::failure::Failure;
use super::input::Knowledge;
use super::live as google;
use super::output;
use crate::cloud::Clock;
use crate::compare::Watch;
use crate::ingest::Identity;
use crate::monitor::state::Saved;
use crate::monitor::{Driver, History, Log, Setup, Stopped, Trouble, Until, Watcher, over_already};
use crate::profile::Data;
use crate::publish::SendOptions;
use crate::report::{Report, escape};
use crate::verdict::Verdict;
use keep::Keeper;
use setup::Plan;
use tell::Teller;
use writer::Writer;

/// What every way of watching is given.
struct Given<'a> {
    args: &'a MonitorArgs,
    teller: Teller,
    plan: &'a Plan,
    knowledge: &'a Knowledge,
    common: &'a Common,
}

pub fn run(args: &MonitorArgs, common: &Common, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    output::check_writable(args.output.output.as_deref())?;
    let plan = Plan::new(args)?;
    let knowledge = Knowledge::load(common)?;
    let given = Given {
        args,
        teller: Teller::new(args, plan.every(), common.quiet, err)?,
        plan: &plan,
        knowledge: &knowledge,
        common,
    };
    if args.from_files {
        return recorded::watch(&given, out, err);
    }
    if !google::is_wanted(args.input.len(), &args.select, &args.live)? {
        return Err(Failure::usage(
            "nothing to watch was named",
            "name a service (--project P --region R --service S), or recorded logs with --from-files",
        ));
    }
    service::watch(&given, out, err)
}

/// A watch as it was kept, ready to go on.
struct Resumed {
    history: History,
    counts: Data,
    watch: Watch,
    known: Vec<Identity>,
    waiting: Vec<(i64, String)>,
}

impl Resumed {
    /// Reads what was saved; a watch that begins has `new` as its history.
    fn of(saved: Saved, new: impl FnOnce() -> History) -> Result<Resumed, Failure> {
        let damaged = |what: &str, why: &str| {
            Failure::input(
                format!("the state is damaged: its {what} cannot be read: {why}"),
                "remove the state, and the watch begins anew from the log",
            )
        };
        let history = match &saved.progress {
            Some(text) if text != EMPTY => History::from_json(text).map_err(|e| damaged("history", &e))?,
            _ => new(),
        };
        let mut counts = Data::default();
        for (_, part) in &saved.parts {
            let part: Data = serde_json::from_str(part).map_err(|e| damaged("counts", &e.to_string()))?;
            counts.add(&part);
        }
        // The evidence follows from the counts: one that is missing or of another version is made again from them.
        let watch = saved.watch.and_then(|text| serde_json::from_str::<Watch>(&text).ok());
        Ok(Resumed {
            history,
            counts,
            watch: watch.filter(Watch::is_readable).unwrap_or_default(),
            known: saved.identities,
            waiting: saved.outbox,
        })
    }
}

/// Progress of a state that no look was kept in.
const EMPTY: &str = "";

/// Makes the looks that are due, or all of them, and prints the report of the last one.
fn drive(
    given: &Given<'_>,
    setup: &Setup,
    resumed: Resumed,
    state: Option<(crate::monitor::state::Store, place::Place)>,
    (log, clock, until): (&mut dyn Log, &dyn Clock, Until),
    (out, err): (&mut dyn Write, &mut dyn Write),
) -> Result<u8, Failure> {
    let (args, common) = (given.args, given.common);
    let teller = &given.teller;
    let mut watcher = Watcher::new(setup, resumed.history, resumed.counts, resumed.watch);
    if let Some(ended) = watcher.history().ended.as_ref().filter(|_| !common.quiet) {
        writeln!(err, "{}", escape::terminal(&over_already(ended))).ok();
    }
    let earlier = review(&mut watcher)?;
    if let Some(report) = &earlier {
        // A run that was killed may have kept its last look and told nobody.
        teller.show(report, true, &watcher, err);
    }
    let verdict = watcher.history().verdict;
    let mut keeper = Keeper {
        state: state.map(Writer::new),
        teller,
        waiting: resumed.waiting,
        verdict,
        is_news: verdict.is_none(),
        report: earlier,
        has_sent: false,
        sending: SendOptions::default(),
        err,
        quiet: common.quiet,
    };
    let mut driver = Driver {
        watcher: &mut watcher,
        log,
        keep: &mut keeper,
        clock,
        requests_max: args.max_requests,
        known: resumed.known,
    };
    driver.run(until).map_err(failure)?;
    if !keeper.has_sent {
        // No look was due, but an earlier run may have left notices behind.
        keeper.send(&watcher)?;
    }
    let report = keeper.report.take();
    match report {
        Some(report) => print(&report, &args.output, common, out)?,
        None => {
            let first = setup.schedule.ready_at(setup.schedule.first());
            if !common.quiet {
                writeln!(err, "no look is due yet: the first is made at {first}").ok();
            }
        }
    }
    Ok(watcher.history().verdict.unwrap_or(Verdict::Hold).exit_code())
}

/// The report of the last look of an earlier run.
fn review(watcher: &mut Watcher<'_>) -> Result<Option<Report>, Failure> {
    if watcher.history().looks == 0 {
        return Ok(None);
    }
    let looked = watcher.review().map_err(|e| failure(Stopped::Sides(e)))?;
    Ok(Some(watcher.report(&looked)))
}

fn failure(stopped: Stopped) -> Failure {
    let trouble = Trouble::from(stopped);
    Failure::input(trouble.cause, trouble.hint)
}

fn print(report: &Report, to: &OutputArgs, common: &Common, out: &mut dyn Write) -> Result<(), Failure> {
    let text = output::render(report, to.format, false, common);
    output::write(&text, to.output.as_deref(), out)
}
