//! What was asked for on the command line, turned into a list of sources: files, folders, wildcards, standard input.

use std::path::{Path, PathBuf};
use std::{fmt, fs};

use super::fetched;
use crate::cloud::CloudError;

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A regular file (or anything that can be opened by name).
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// Why there is nothing to read. Each has a hint for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceError {
    /// No such file.
    Missing(PathBuf),
    /// A folder without any file in it.
    EmptyFolder(PathBuf),
    /// A wildcard that matches nothing.
    NoMatch(String),
    /// A wildcard that cannot be read.
    BadWildcard(String, String),
    /// The file system refuses.
    Refused(PathBuf, String),
    /// Standard input was asked for more than once.
    StdinTwice,
    /// A Google API cannot be read.
    Cloud(CloudError),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::Missing(path) => write!(f, "no such file: {}", path.display()),
            SourceError::EmptyFolder(path) => write!(f, "no files in the folder {}", path.display()),
            SourceError::NoMatch(text) => write!(f, "no file matches {text}"),
            SourceError::BadWildcard(text, why) => write!(f, "cannot read the wildcard {text}: {why}"),
            SourceError::Refused(path, why) => write!(f, "cannot read {}: {why}", path.display()),
            SourceError::StdinTwice => write!(f, "standard input (-) was given more than once"),
            SourceError::Cloud(error) => error.fmt(f),
        }
    }
}

impl SourceError {
    /// What to try.
    pub fn hint(&self) -> &str {
        match self {
            SourceError::Missing(_) => {
                "check the path; make a log file with: gcloud logging read FILTER --format=json > FILE"
            }
            SourceError::EmptyFolder(_) => "name a folder with log files in it (hidden files are left out)",
            SourceError::NoMatch(_) => "check the path and the wildcard; quote it, so that the shell leaves it alone",
            SourceError::BadWildcard(..) => "use * for any characters, ** for any folders, ? for one character",
            SourceError::Refused(..) => "check the permissions",
            SourceError::StdinTwice => "standard input can be read once; put the other side into a file",
            SourceError::Cloud(error) => &error.hint,
        }
    }
}

impl std::error::Error for SourceError {}

/// Files of one run; more are refused by [`SourceError::Refused`], so that a wrong folder does not become a day's work.
pub const FILES_MAX: usize = 100_000;

/// Expands what was given, in its order; folders and wildcards in the order of their names.
///
/// # Errors
/// The first thing that does not exist or cannot be listed. Whether a file can be read shows later.
pub fn expand(given: &[String]) -> Result<Vec<Source>, SourceError> {
    let mut sources = vec![];
    for text in given {
        let path = Path::new(text);
        if text == "-" {
            if sources.contains(&Source::Stdin) {
                return Err(SourceError::StdinTwice);
            }
            sources.push(Source::Stdin);
        } else if path.is_dir() {
            let before = sources.len();
            folder(path, &mut sources)?;
            if sources.len() == before {
                return Err(SourceError::EmptyFolder(path.into()));
            }
        } else if path.exists() {
            sources.push(Source::File(path.into()));
        } else if text.contains(['*', '?', '[']) {
            wildcard(text, &mut sources)?;
        } else {
            return Err(SourceError::Missing(path.into()));
        }
        if sources.len() > FILES_MAX {
            return Err(SourceError::Refused(
                path.into(),
                format!("more than {FILES_MAX} files"),
            ));
        }
    }
    Ok(sources)
}

fn folder(path: &Path, sources: &mut Vec<Source>) -> Result<(), SourceError> {
    let refused = |e: std::io::Error| SourceError::Refused(path.into(), e.to_string());
    let mut entries: Vec<PathBuf> = fs::read_dir(path)
        .map_err(refused)?
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(refused)?;
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if hidden || fetched::is_company(&entry) || sources.len() > FILES_MAX {
            continue;
        }
        // A link to a folder is not followed: it may lead back up.
        if entry.is_dir() && !entry.is_symlink() {
            folder(&entry, sources)?;
        } else if entry.is_file() {
            sources.push(Source::File(entry));
        }
    }
    Ok(())
}

fn wildcard(text: &str, sources: &mut Vec<Source>) -> Result<(), SourceError> {
    let paths = glob::glob(text).map_err(|e| SourceError::BadWildcard(text.into(), e.msg.into()))?;
    let before = sources.len();
    for path in paths {
        let path = path.map_err(|e| SourceError::Refused(e.path().into(), e.error().to_string()))?;
        let in_company = || path.ancestors().any(fetched::is_company);
        if path.is_file() && !in_company() {
            sources.push(Source::File(path));
        }
    }
    if sources.len() == before {
        Err(SourceError::NoMatch(text.into()))
    } else {
        Ok(())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => write!(f, "{}", path.display()),
            Source::Stdin => f.write_str("-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(parts: &[&Path]) -> Vec<String> {
        parts.iter().map(|p| p.display().to_string()).collect()
    }

    #[test]
    fn folders_and_wildcards_are_expanded_in_order() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("b/deep")).unwrap();
        for name in ["b/2.json", "b/1.json", "b/deep/0.json", "b/.hidden", "a.json"] {
            fs::write(root.path().join(name), "").unwrap();
        }
        let names = |text: &Path| -> Vec<String> {
            let found = expand(&given(&[text])).unwrap();
            found
                .iter()
                .map(|s| s.to_string().replace(&format!("{}/", root.path().display()), ""))
                .collect()
        };
        assert_eq!(names(&root.path().join("b")), ["b/1.json", "b/2.json", "b/deep/0.json"]);
        assert_eq!(
            names(&root.path().join("**/*.json")),
            ["a.json", "b/1.json", "b/2.json", "b/deep/0.json"]
        );
    }

    #[test]
    fn what_is_not_there_is_told() {
        let root = tempfile::tempdir().unwrap();
        let error = |text: &Path| expand(&given(&[text])).unwrap_err();
        assert!(matches!(error(&root.path().join("no.json")), SourceError::Missing(_)));
        assert!(matches!(error(root.path()), SourceError::EmptyFolder(_)));
        assert!(matches!(error(&root.path().join("*.json")), SourceError::NoMatch(_)));
        assert_eq!(expand(&["-".into(), "-".into()]), Err(SourceError::StdinTwice));
    }
}
