//! `logverdict replay`: how often are the verdicts wrong, on the user's own logs or past deploys?

mod again;
mod folder;
mod past;
mod watched;

use std::io::Write;

use super::args::{Common, Format, OutputArgs, ReplayArgs};
use super::compare;
use super::failure::Failure;
use super::input::{self, Knowledge};
use super::output;
use crate::profile::{Profile, group};
use crate::replay::{Lengths, Logs, Plan, ReplayError, calibrate};
use crate::report::{Redaction, Replay};

pub fn run(args: &ReplayArgs, common: &Common, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    match args.output.format {
        Format::Html => return Err(no_form("HTML")),
        Format::Csv => return Err(no_form("CSV")),
        Format::Terminal | Format::Json | Format::Markdown => {}
    }
    output::check_writable(args.output.output.as_deref())?;
    if !args.calibrate {
        return past::run(args, common, out, err);
    }
    let policy = compare::policy(args.policy.as_deref())?;
    let knowledge = Knowledge::load(common)?;
    let sources = input::sources(&args.input)?;
    let selection = input::selection(&args.select, &[])?;
    let only = input::globs(&args.revision)?;
    let mut profile = input::profile(&sources, selection, &knowledge, common)?;
    output::tell(&profile.manifest.coverage, common, err);
    if profile.manifest.coverage.entries_read == 0 {
        return Err(input::no_entry(&[&profile.manifest.coverage]));
    }
    group(&mut [&mut profile.data]);
    let plan = Plan {
        lengths: Lengths::new(args.baseline_minutes, args.candidate_minutes, args.block_minutes),
        runs: args.runs,
        seed: args.seed,
        threads: common.threads.map_or_else(input::cores, usize::from),
    };
    let Profile { data, manifest, .. } = profile;
    let refused = |e: ReplayError| Failure::input(&e, e.hint());
    let logs = Logs::new(data, &only).map_err(refused)?;
    let calibration = calibrate(&logs, &plan, &policy).map_err(refused)?;
    let tool = output::tool(&knowledge.packs);
    let replay = Replay::of_calibration(&tool, calibration, &manifest.coverage, Redaction::default());
    print(&replay, &args.output, common, out)?;
    Ok(0)
}

fn print(replay: &Replay, to: &OutputArgs, common: &Common, out: &mut dyn Write) -> Result<(), Failure> {
    let text = match to.format {
        Format::Json => replay.to_json(),
        Format::Markdown => replay.to_markdown(),
        Format::Terminal => replay.to_terminal(output::style(common)),
        Format::Html => return Err(no_form("HTML")),
        Format::Csv => return Err(no_form("CSV")),
    };
    output::write(&text, to.output.as_deref(), out)
}

fn no_form(format: &str) -> Failure {
    Failure::usage(
        format!("a replay has no {format} form"),
        "use --format terminal, --format json or --format markdown",
    )
}
