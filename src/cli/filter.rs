//! `--filter`: reads the filter or its file, words its errors and warnings.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::args::Common;
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

/// Parses the filter before anything is read, and says what may be odd about it.
pub fn check(given: Option<&str>, common: &Common, err: &mut dyn Write) -> Result<(), Failure> {
    if let Some(filter) = parse(given)?
        && !common.quiet
    {
        for warning in filter.warnings() {
            writeln!(err, "warning: --filter: {}", escape::terminal(&warning.to_string())).ok();
        }
    }
    Ok(())
}
