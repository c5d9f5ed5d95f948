//! `--filter`: reads the filter or its file, words its errors and warnings.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::args::{Command, Common, ProfileCommand};
use super::failure::Failure;
use crate::ingest::filter::{Filter, FilterError};
use crate::report::escape;

/// The filter of the command line: its text, or `@FILE`.
///
/// # Errors
/// A file that cannot be read, or a filter that cannot be used, with its place.
pub fn parse(given: Option<&str>) -> Result<Option<Arc<Filter>>, Failure> {
    let Some(given) = given else { return Ok(None) };
    let Some(path) = given.strip_prefix('@') else {
        return Filter::parse(given)
            .map(|f| Some(Arc::new(f)))
            .map_err(|e| failure("--filter", e));
    };
    let text = std::fs::read_to_string(path).map_err(|e| Failure::file(Path::new(path), &e))?;
    let text = text.trim_start_matches('\u{feff}');
    Filter::parse(text)
        .map(|f| Some(Arc::new(f)))
        .map_err(|e| failure(path, e))
}

fn failure(name: &str, error: FilterError) -> Failure {
    let mut failure = Failure::usage(format!("{name}: {error}"), &error.hint);
    failure.picture = error.picture().to_vec();
    failure
}

/// Reads and parses the filter of a command before anything else is read, once: its file may be a pipe. Says what may be odd
/// about it.
///
/// # Errors
/// See [`parse`].
pub fn resolve(command: &mut Command, common: &Common, err: &mut dyn Write) -> Result<(), Failure> {
    let select = match command {
        Command::Compare(args) => &mut args.select,
        Command::Scan(args) => &mut args.select,
        Command::Replay(args) => &mut args.select,
        Command::Monitor(args) => &mut args.select,
        Command::Fetch(args) => &mut args.select,
        Command::Profile(ProfileCommand::Make(args)) => &mut args.select,
        Command::Publish(_) | Command::Profile(_) | Command::Patterns(_) | Command::Report(_) => return Ok(()),
    };
    select.filter = parse(select.filter_text.as_deref())?;
    for warning in select
        .filter
        .iter()
        .flat_map(|f| f.warnings())
        .filter(|_| !common.quiet)
    {
        writeln!(err, "warning: --filter: {}", escape::terminal(&warning.to_string())).ok();
    }
    Ok(())
}
