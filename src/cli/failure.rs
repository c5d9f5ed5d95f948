//! Why a command could not do its work: cause, hint, exit code. Worded here and printed in one place.

use std::fmt::Display;
use std::io::ErrorKind;
use std::path::Path;

/// The arguments are wrong.
pub const EXIT_USAGE: u8 = 2;
/// Input or service failure.
pub const EXIT_INPUT: u8 = 3;

/// A command that failed.
#[derive(Debug)]
pub struct Failure {
    pub cause: String,
    pub hint: String,
    pub code: u8,
    /// Lines that show the place, below the cause.
    pub picture: Vec<String>,
}

impl Failure {
    /// Input that cannot be worked with.
    pub fn input(cause: impl Display, hint: impl Display) -> Failure {
        Failure {
            cause: cause.to_string(),
            hint: hint.to_string(),
            code: EXIT_INPUT,
            picture: vec![],
        }
    }

    /// Arguments that do not fit together.
    pub fn usage(cause: impl Display, hint: impl Display) -> Failure {
        Failure {
            cause: cause.to_string(),
            hint: hint.to_string(),
            code: EXIT_USAGE,
            picture: vec![],
        }
    }

    /// A file of ours that cannot be read or written.
    pub fn file(path: &Path, error: &std::io::Error) -> Failure {
        let path = path.display();
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                Failure::input(format!("no such file: {path}"), "check the path")
            }
            ErrorKind::IsADirectory => Failure::input(format!("{path} is a folder, not a file"), "name a file in it"),
            ErrorKind::InvalidData => Failure::input(format!("{path} is not text (UTF-8)"), "check the path"),
            _ => Failure::input(format!("{path}: {error}"), "check the path and its permissions"),
        }
    }
}
