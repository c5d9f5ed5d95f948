//! The summary of a step, a file of GitHub Actions.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;

/// What a runner takes as the summary of a step, bytes.
const LONGEST_SUMMARY: u64 = 1024 * 1024;
/// Names the file of the summary, in GitHub Actions.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// The file of the summary of this step.
pub fn summary() -> Result<PathBuf, Failure> {
    let path = std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty());
    path.map(PathBuf::from).ok_or_else(|| {
        Failure::usage(
            format!("{STEP_SUMMARY} is not set: this is no step of GitHub Actions"),
            "leave out --step-summary, or name a file in that variable",
        )
    })
}

/// Adds a text to the summary, or nothing where there is no room: a runner shows no summary that is too long.
pub fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::file(path, &e);
    let before = fs::metadata(path).map_or(0, |m| m.len());
    let text = if before > 0 {
        format!("\n{text}")
    } else {
        text.to_owned()
    };
    if before + text.len() as u64 > LONGEST_SUMMARY {
        return Err(Failure::input(
            format!(
                "{} has {before} bytes already: the report would make it longer than 1 MiB",
                path.display()
            ),
            "publish the summary in a step of its own",
        ));
    }
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
