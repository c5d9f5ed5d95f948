//! Why a state cannot be used, and what mends it.

use std::fmt;
use std::path::PathBuf;

use super::schema;
use crate::cloud::CloudError;

/// Why a state cannot be read or written. [`fmt::Display`] gives the cause.
///
/// No token is ever in it. Texts of the file and of servers are: escape them before showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateError {
    /// The file is something else.
    NotAState(PathBuf),
    /// A later version of this program wrote it.
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version of the format.
        found: i64,
    },
    /// It is the state of another watch.
    OtherWatch {
        /// The file.
        path: PathBuf,
        /// What differs.
        field: &'static str,
        /// What the state holds.
        saved: String,
        /// What this watch is of.
        wanted: String,
    },
    /// Bits were lost or changed.
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where it shows.
        what: String,
    },
    /// Another process has it open.
    Locked(PathBuf),
    /// The file or its folder cannot be written to.
    ReadOnly(PathBuf),
    /// No space is left on the disk.
    Full(PathBuf),
    /// The file cannot be opened, read or written for another reason.
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// A commit that contradicts what is there: a mistake of this program.
    BadCommit(String),
    /// `gs://…` that names no object.
    Address {
        /// As given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// No good sign-in, or an endpoint that cannot be used.
    Cloud(CloudError),
    /// Signed in, but not allowed to read or write the object.
    Forbidden {
        /// The object.
        url: String,
        /// What Cloud Storage says.
        said: String,
    },
    /// There is no such bucket.
    NoBucket(String),
    /// Somebody else wrote the object since it was read.
    Overtaken(String),
    /// Cloud Storage could not be reached, failed, or refused the request.
    Unreachable {
        /// The object.
        url: String,
        /// Why.
        cause: String,
        /// Whether the same request may do later.
        may_pass: bool,
    },
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateError::NotAState(path) => write!(f, "{} is not the state of a watch", path.display()),
            StateError::Newer { path, found } => {
                let known = schema::VERSION;
                write!(
                    f,
                    "{} has format {found}, this program knows up to {known}",
                    path.display()
                )
            }
            StateError::OtherWatch {
                path,
                field,
                saved,
                wanted,
            } => {
                let path = path.display();
                write!(
                    f,
                    "{path} is the state of another watch: its {field} is {saved:?}, not {wanted:?}"
                )
            }
            StateError::Damaged { path, what } => write!(f, "{} is damaged: {what}", path.display()),
            StateError::Locked(path) => write!(f, "{} is in use by another process", path.display()),
            StateError::ReadOnly(path) => write!(f, "{} or its folder cannot be written to", path.display()),
            StateError::Full(path) => {
                write!(
                    f,
                    "no space is left for {}; what was saved before is whole",
                    path.display()
                )
            }
            StateError::File { path, cause } => write!(f, "{} cannot be used: {cause}", path.display()),
            StateError::BadCommit(what) => write!(f, "the state cannot take this look: {what}"),
            StateError::Address { text, why } => write!(f, "{text:?} names no object: {why}"),
            StateError::Cloud(error) => write!(f, "{error}"),
            StateError::Forbidden { url, said } => write!(f, "access to {url} is denied: {said}"),
            StateError::NoBucket(url) => write!(f, "the bucket of {url} does not exist"),
            StateError::Overtaken(url) => {
                write!(
                    f,
                    "another run wrote the state {url} meanwhile; nothing of this look was kept"
                )
            }
            StateError::Unreachable { url, cause, .. } => write!(f, "{url} cannot be read or written: {cause}"),
        }
    }
}

impl std::error::Error for StateError {}

impl StateError {
    /// What to try.
    pub fn hint(&self) -> &str {
        match self {
            StateError::NotAState(_) => "name another file; it is made when it is not there",
            StateError::Newer { .. } => "use the version of the program that wrote it, or start anew with another file",
            StateError::OtherWatch { field: "settings", .. } => {
                "go on with the settings the watch was started with, or start anew with another file"
            }
            StateError::OtherWatch { .. } => "name another file for this watch",
            StateError::Damaged { .. } => "take a copy from a backup, or move the file away and start the watch anew",
            StateError::Locked(_) => "wait until the other run ends, or name another file for this watch",
            StateError::ReadOnly(_) => {
                "put the state where this user may write: the file, and its folder for a journal"
            }
            StateError::Full(_) => "make space on the disk; the look can be tried again",
            StateError::File { .. } => "check that the folder exists, is on a local disk and can be written to",
            StateError::BadCommit(_) => "report this as a bug; what was saved before is whole",
            StateError::Address { .. } => "write it as in gs://acme-watches/chat-api.state",
            StateError::Cloud(error) => &error.hint,
            StateError::Forbidden { said, .. } if said.contains("scope") => {
                "sign in with the scope devstorage.read_write or cloud-platform"
            }
            StateError::Forbidden { .. } => "grant roles/storage.objectUser on the bucket to who is signed in",
            StateError::NoBucket(_) => "check the name, or make it: gcloud storage buckets create gs://NAME",
            StateError::Overtaken(_) => "let one run at a time use the state; the next look reads what the other wrote",
            StateError::Unreachable { may_pass: true, .. } => "try again later; what was saved before is whole",
            StateError::Unreachable { .. } => "check the name of the bucket and the object",
        }
    }

    /// Whether the same may succeed later without anybody's doing, or once space was made.
    pub fn may_pass(&self) -> bool {
        match self {
            StateError::Full(_) | StateError::Locked(_) => true,
            StateError::Unreachable { may_pass, .. } => *may_pass,
            _ => false,
        }
    }
}
