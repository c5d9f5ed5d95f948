//! Why something could not be told: a kind to decide by, a cause and what mends it.

use std::fmt;

/// Something could not be sent or shown. [`fmt::Display`] gives the cause.
///
/// Of a webhook's address, scheme and host alone are ever in it, and nothing that the other side wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishError {
    /// What to decide by.
    pub kind: PublishErrorKind,
    /// What went wrong, one line.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PublishErrorKind {
    /// What was given as a webhook cannot be one.
    BadWebhook,
    /// The notice cannot be sent: its id is no header value.
    BadNotice,
    /// The other side refuses what it gets (400 to 499, but not 429).
    Refused,
    /// The other side sends elsewhere. Nobody is followed.
    Redirected,
    /// The other side wants fewer requests (429, and 403 of GitHub), for longer than is waited.
    RateLimited,
    /// The server fails (500 to 599), and still failed when tried again.
    Unavailable,
    /// The answer did not come in time.
    Timeout,
    /// No connection, or it was cut: name, address, TLS.
    Network,
    /// What came is no HTTP answer that can be used.
    BadAnswer,
    /// What was given as an issue, an API or a token of GitHub cannot be one.
    BadGithub,
    /// GitHub does not know the token (401).
    SignIn,
    /// The token may not do this (403).
    Forbidden,
    /// No such repository, issue or comment, or none that the token can see (404).
    NotFound,
    /// The conversation is locked.
    Locked,
    /// The issue is deleted, or issues are disabled (410).
    Gone,
    /// The issue has more comments than are looked through, or as many as GitHub allows.
    TooMuch,
    /// The status page cannot listen at its address.
    Listen,
}

impl PublishError {
    /// An error of a kind, with its cause and what mends it.
    pub fn new(kind: PublishErrorKind, cause: impl Into<String>, hint: impl Into<String>) -> PublishError {
        PublishError {
            kind,
            cause: cause.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl std::error::Error for PublishError {}
