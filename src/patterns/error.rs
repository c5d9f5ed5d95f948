//! Why a pack cannot be used: where, what, and what to do about it.

use std::fmt;

/// A pack that cannot be used. [`fmt::Display`] gives place and cause on one line; [`PackError::hint`] says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackError {
    /// Path of the file, or `builtin:NAME`.
    pub file: Box<str>,
    /// Line in it, from 1, where there is one to point at.
    pub line: Option<usize>,
    /// What is wrong.
    pub cause: PackCause,
}

/// What is wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackCause {
    /// The file or folder cannot be read; holds the system's words.
    Unreadable(String),
    /// A folder without a single pack.
    NoPacks,
    /// Not TOML; holds the parser's words.
    NotToml(String),
    /// A key that no pack has, and the nearest that one could have.
    UnknownKey {
        /// The key as written.
        key: String,
        /// The nearest known key, if any is near.
        nearest: Option<&'static str>,
    },
    /// A key that must be there is not.
    MissingKey(&'static str),
    /// A value of the wrong type.
    WrongType {
        /// Its key.
        key: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A value outside the list of those that may be used, and the nearest that may.
    UnknownValue {
        /// Its key.
        key: String,
        /// The value as written.
        value: String,
        /// The values that may be used.
        known: String,
        /// The nearest of them, if any is near.
        nearest: Option<&'static str>,
    },
    /// A name that is not kebab-case.
    BadName(String),
    /// A pattern with neither a regex nor a condition on `status`, `log` or `min-severity`.
    NoCondition(String),
    /// The id is already taken.
    DuplicateId {
        /// The id.
        id: String,
        /// File that has it already.
        other: String,
    },
    /// A regex outside the portable subset, or none at all.
    BadRegex {
        /// The pattern's id.
        id: String,
        /// What is wrong with it, and what to write instead.
        reason: String,
    },
}

impl PackError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        let near = |nearest: &Option<&str>, else_: &str| match nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => else_.to_owned(),
        };
        match &self.cause {
            PackCause::Unreadable(_) => "check the path and its permissions".to_owned(),
            PackCause::NoPacks => {
                "a pack is a file whose name ends in .toml; name the folder that holds them".to_owned()
            }
            PackCause::NotToml(_) => {
                "put regexes into '''literal strings''', where a backslash is a backslash".to_owned()
            }
            PackCause::UnknownKey { nearest, .. } => near(nearest, "docs/patterns.md lists the keys of a pack"),
            PackCause::MissingKey(key) => format!("add `{key} = ...`; docs/patterns.md shows a whole pack"),
            PackCause::WrongType { key, wanted } => format!("write `{key}` as {wanted}"),
            PackCause::UnknownValue { nearest, known, .. } => near(nearest, &format!("use one of: {known}")),
            PackCause::BadName(_) => {
                "use lower-case letters, digits and single hyphens, as in `accept-first`".to_owned()
            }
            PackCause::NoCondition(_) => {
                "give it a `regex`, or at least one of `status`, `log`, `min-severity`".to_owned()
            }
            PackCause::DuplicateId { .. } => {
                "rename one of them, or set `override = true` at the top of your pack to replace the other".to_owned()
            }
            PackCause::BadRegex { .. } => "docs/patterns.md describes the portable subset of regexes".to_owned(),
        }
    }
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.cause),
            None => write!(f, "{}: {}", self.file, self.cause),
        }
    }
}

impl fmt::Display for PackCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PackCause::Unreadable(words) => write!(f, "cannot be read: {words}"),
            PackCause::NoPacks => write!(f, "holds no pack"),
            PackCause::NotToml(words) => write!(f, "is not TOML: {words}"),
            PackCause::UnknownKey { key, .. } => write!(f, "unknown key `{key}`"),
            PackCause::MissingKey(key) => write!(f, "`{key}` is missing"),
            PackCause::WrongType { key, wanted } => write!(f, "`{key}` is not {wanted}"),
            PackCause::UnknownValue { key, value, .. } => write!(f, "`{value}` is no value for `{key}`"),
            PackCause::BadName(name) => write!(f, "`{name}` is not a name"),
            PackCause::NoCondition(id) => write!(f, "pattern `{id}` has no condition"),
            PackCause::DuplicateId { id, other } => write!(f, "pattern `{id}` is already in {other}"),
            PackCause::BadRegex { id, reason } => write!(f, "regex of `{id}`: {reason}"),
        }
    }
}

impl std::error::Error for PackError {}
