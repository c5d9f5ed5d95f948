//! What can be wrong with a policy, worded once.

use std::fmt;

/// Why a policy was refused, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyError {
    /// Line of the policy, from 1; `None` when it concerns the file as a whole.
    pub line: Option<usize>,
    /// What is wrong.
    pub fault: PolicyFault,
}

/// One kind of fault.
#[derive(Debug, Clone, PartialEq)]
pub enum PolicyFault {
    /// The text is not TOML; the parser's words.
    NotToml(String),
    /// A key that must be there is not.
    MissingKey {
        /// The key.
        key: &'static str,
        /// The table it belongs into, such as `[[criterion]]`.
        place: String,
    },
    /// A key that nobody reads.
    UnknownKey {
        /// The key as written.
        key: String,
        /// The table it stands in.
        place: String,
        /// The known key that looks most like it.
        suggestion: Option<String>,
        /// The keys that the table knows.
        known: Vec<&'static str>,
    },
    /// A value of another type.
    WrongType {
        /// The key.
        key: String,
        /// What it should be, such as `a number`.
        expected: &'static str,
        /// What it is, in TOML's terms.
        found: String,
    },
    /// A value outside its range.
    OutOfRange {
        /// The key.
        key: String,
        /// What is allowed.
        allowed: String,
    },
    /// A word that is not among the choices.
    UnknownValue {
        /// The key.
        key: String,
        /// The value as written.
        value: String,
        /// The choice that looks most like it.
        suggestion: Option<String>,
        /// The choices.
        choices: Vec<&'static str>,
    },
    /// Two criteria with one id.
    DuplicateId(String),
    /// A signal name with broken wildcards.
    BadGlob {
        /// As written.
        glob: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Two keys of which exactly one must be given.
    EitherOr {
        /// The one.
        one: &'static str,
        /// The other.
        other: &'static str,
        /// The table they belong into.
        place: String,
    },
}

impl PolicyError {
    pub(super) fn at(line: usize, fault: PolicyFault) -> PolicyError {
        PolicyError {
            line: Some(line),
            fault,
        }
    }

    /// What is wrong, in one sentence without its place.
    pub fn cause(&self) -> String {
        match &self.fault {
            PolicyFault::NotToml(message) => format!("the policy is not valid TOML: {message}"),
            PolicyFault::MissingKey { key, place } => format!("{place} has no `{key}`"),
            PolicyFault::UnknownKey { key, place, .. } => format!("{place} knows no key `{key}`"),
            PolicyFault::WrongType { key, expected, found } => format!("`{key}` must be {expected}, not {found}"),
            PolicyFault::OutOfRange { key, allowed } => format!("`{key}` must be {allowed}"),
            PolicyFault::UnknownValue { key, value, .. } => format!("`{key}` cannot be {value:?}"),
            PolicyFault::DuplicateId(id) => format!("two criteria have the id {id:?}"),
            PolicyFault::BadGlob { glob, cause } => format!("the signal name {glob:?} cannot be read: {cause}"),
            PolicyFault::EitherOr { one, other, place } => {
                format!("{place} needs exactly one of `{one}` and `{other}`")
            }
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match &self.fault {
            PolicyFault::UnknownKey { suggestion, known, .. } => Some(suggest(suggestion.as_deref(), known)),
            PolicyFault::UnknownValue {
                suggestion, choices, ..
            } => Some(suggest(suggestion.as_deref(), choices)),
            PolicyFault::MissingKey { key: "schema", .. } => {
                Some(format!("start the file with `schema = {:?}`", super::SCHEMA))
            }
            PolicyFault::BadGlob { .. } => Some("`*` stands for any text and `?` for one character".to_owned()),
            _ => None,
        }
    }
}

fn suggest(suggestion: Option<&str>, known: &[&'static str]) -> String {
    let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
    match suggestion {
        Some(key) => format!("did you mean `{key}`?"),
        None => format!("known are {}", list.join(", ")),
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.cause())?;
        self.hint().map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

impl std::error::Error for PolicyError {}
