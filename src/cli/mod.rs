//! Arguments in, exit code out. The only place that words errors and knows of streams; thin on purpose.

mod args;
mod compare;
mod duration;
mod failure;
mod filter;
mod group;
mod input;
mod live;
mod monitor;
mod output;
mod patterns;
mod publish;
mod replay;
mod report;
mod scan;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use args::{Cli, Command};
use failure::Failure;

use crate::report::escape;

/// Runs one command with the given arguments (the program's name first); writes the report to `out`, the rest to `err`.
pub fn run(args: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let mut cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.render().to_string();
            // Help that nobody reads any more is no failure.
            if error.use_stderr() {
                err.write_all(text.as_bytes()).ok()
            } else {
                out.write_all(text.as_bytes()).ok()
            };
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(failure::EXIT_USAGE));
        }
    };
    let started = Instant::now();
    let done = filter::resolve(&mut cli.command, &cli.common, err).and_then(|()| dispatch(&cli, out, err));
    if cli.common.verbose && !cli.common.quiet {
        writeln!(err, "took {:.2} s", started.elapsed().as_secs_f64()).ok();
    }
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            let Failure {
                cause,
                hint,
                code,
                picture,
            } = failure;
            writeln!(err, "error: {}", escape::terminal(&cause)).ok();
            for line in picture {
                writeln!(err, "  {}", escape::terminal(&line)).ok();
            }
            if !cli.common.quiet && !hint.is_empty() {
                writeln!(err, "hint: {}", escape::terminal(&hint)).ok();
            }
            ExitCode::from(code)
        }
    }
}

fn dispatch(cli: &Cli, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    match &cli.command {
        Command::Compare(args) => compare::run(args, &cli.common, out, err),
        Command::Scan(args) => scan::run(args, &cli.common, out, err),
        Command::Report(args) => report::run(args, &cli.common, out, err),
        Command::Replay(args) => replay::run(args, &cli.common, out, err),
        Command::Monitor(args) => monitor::run(args, &cli.common, out, err),
        Command::Publish(args) => publish::run(args, &cli.common, out, err),
        Command::Fetch(args) => live::fetch(args, &cli.common, err),
        Command::Profile(command) => scan::run_profile(command, &cli.common, out, err),
        Command::Patterns(command) => patterns::run(command, &cli.common, out),
    }
}
