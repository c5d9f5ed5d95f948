//! The `logverdict` program: hands its arguments to [`logverdict::cli`] and returns the exit code.

use std::io::{stderr, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    logverdict::cli::run(std::env::args_os(), &mut stdout().lock(), &mut stderr())
}
