//! Why a fetch did not end with its file, each with what mends it.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use super::super::super::coverage::Unread;
use crate::cloud::CloudError;

/// What stopped a fetch. What was read so far stays beside the file, and the next fetch goes on there.
#[derive(Debug)]
pub enum FetchError {
    /// The file is there already.
    Exists(PathBuf),
    /// The folder of an unfinished fetch belongs to something else; why.
    Foreign(PathBuf, String),
    /// A part of an unfinished fetch is broken; why.
    Damaged(PathBuf, String),
    /// Another process is fetching this file.
    Busy(PathBuf),
    /// The file system refuses: what was tried, on what.
    Disk(&'static str, PathBuf, io::Error),
    /// Cloud Logging may not be read.
    Cloud(CloudError),
    /// Some of the window could not be read; the folder keeps what could.
    Incomplete(PathBuf, Vec<Unread>),
}

impl FetchError {
    pub(super) fn disk<'a>(doing: &'static str, path: &'a Path) -> impl Fn(io::Error) -> FetchError + 'a {
        move |error| FetchError::Disk(doing, path.to_owned(), error)
    }

    /// What to try.
    pub fn hint(&self) -> String {
        match self {
            FetchError::Exists(_) => "name another file, or let this one be replaced with --overwrite".into(),
            FetchError::Foreign(folder, _) => {
                format!(
                    "name another file, or remove the folder {} to begin anew",
                    folder.display()
                )
            }
            FetchError::Damaged(part, _) => {
                format!("remove {} and fetch again: only that part is read anew", part.display())
            }
            FetchError::Busy(_) => "wait for the other process, or name another file".into(),
            FetchError::Disk(_, _, error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "make room and fetch again: it goes on where it stopped".into()
                }
                io::ErrorKind::ReadOnlyFilesystem => "name a file on a disk that can be written to".into(),
                io::ErrorKind::NotFound => "make the folder first".into(),
                io::ErrorKind::PermissionDenied => "check the permissions of the folder".into(),
                _ => "fetch again: it goes on where it stopped".into(),
            },
            FetchError::Cloud(error) => error.hint.clone(),
            FetchError::Incomplete(..) => "fetch again: only what is missing is asked for".into(),
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchError::Exists(path) => write!(f, "{} exists already", path.display()),
            FetchError::Foreign(folder, why) => {
                write!(f, "{} is of another fetch: {why}", folder.display())
            }
            FetchError::Damaged(part, why) => {
                write!(f, "{}, part of an unfinished fetch, is damaged: {why}", part.display())
            }
            FetchError::Busy(path) => write!(f, "another process is fetching {}", path.display()),
            FetchError::Disk(doing, path, error) => write!(f, "cannot {doing} {}: {error}", path.display()),
            FetchError::Cloud(error) => error.fmt(f),
            FetchError::Incomplete(_, unread) => {
                write!(f, "not all could be read")?;
                match unread.first() {
                    Some(u) => write!(f, ": from {} to {}: {}", u.start, u.end, u.reason),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for FetchError {}
