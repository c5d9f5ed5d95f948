//! What can be wrong with a file, and what SQLite's errors mean.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::StateError;

/// What is wrong with a file, by those who do not know its name.
#[derive(Debug)]
pub(super) enum Flaw {
    Sqlite(rusqlite::Error),
    NotAState,
    Newer(i64),
    OtherWatch(&'static str, String, String),
    Damaged(String),
    ReadOnly,
    File(String),
    BadCommit(String),
}

impl From<rusqlite::Error> for Flaw {
    fn from(error: rusqlite::Error) -> Flaw {
        Flaw::Sqlite(error)
    }
}

impl Flaw {
    /// The flaw of this file.
    pub(super) fn of(self, path: &Path) -> StateError {
        let path = path.to_owned();
        match self {
            Flaw::Sqlite(error) => of_sqlite(path, &error),
            Flaw::NotAState => StateError::NotAState(path),
            Flaw::Newer(found) => StateError::Newer { path, found },
            Flaw::OtherWatch(field, saved, wanted) => StateError::OtherWatch {
                path,
                field,
                saved,
                wanted,
            },
            Flaw::Damaged(what) => StateError::Damaged { path, what },
            Flaw::ReadOnly => StateError::ReadOnly(path),
            Flaw::File(cause) => StateError::File { path, cause },
            Flaw::BadCommit(what) => StateError::BadCommit(what),
        }
    }
}

fn of_sqlite(path: PathBuf, error: &rusqlite::Error) -> StateError {
    let extended = error.sqlite_error().map_or(0, |e| e.extended_code);
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StateError::Locked(path),
        Some(ErrorCode::NotADatabase) => StateError::NotAState(path),
        Some(ErrorCode::DiskFull) => StateError::Full(path),
        Some(ErrorCode::ReadOnly) if extended == rusqlite::ffi::SQLITE_READONLY_DBMOVED => StateError::File {
            path,
            cause: "it was moved or deleted while in use".to_owned(),
        },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StateError::ReadOnly(path),
        Some(ErrorCode::CannotOpen) => cannot_open(path, error),
        Some(ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory) => StateError::File {
            path,
            cause: error.to_string(),
        },
        // Missing tables, values of another type: the file is one of ours, but not as we left it.
        _ => StateError::Damaged {
            path,
            what: error.to_string(),
        },
    }
}

/// Finds out why; SQLite does not tell.
fn cannot_open(path: PathBuf, error: &rusqlite::Error) -> StateError {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let is_denied = |e: std::io::Error| e.kind() == std::io::ErrorKind::PermissionDenied;
    let mut options = std::fs::OpenOptions::new();
    match path.try_exists() {
        Ok(true) if !options.read(true).write(true).open(&path).is_err_and(is_denied) => StateError::File {
            path,
            cause: error.to_string(),
        },
        Ok(false) if !folder.is_dir() => StateError::File {
            path,
            cause: "its folder does not exist".to_owned(),
        },
        _ => StateError::ReadOnly(path),
    }
}
