//! Why Google's APIs could not be used: a kind to decide by, a cause and what mends it.

use std::fmt;

/// A call that failed for good. [`fmt::Display`] gives the cause.
///
/// No token, key or header value is ever in it. Google's own words are, cut to a length: escape them before showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudError {
    /// What to decide by.
    pub kind: ErrorKind,
    /// What went wrong, one line.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// Nobody is signed in on this machine.
    NoCredentials,
    /// The credentials cannot be used: file missing, broken, of an unknown type.
    BadCredentials,
    /// The credentials were good once: log in again.
    ExpiredCredentials,
    /// Sign-in was refused: workload identity, impersonation, disabled account.
    SignInRefused,
    /// Signed in, but not allowed to read this.
    PermissionDenied,
    /// The API is not enabled in the project.
    ApiDisabled,
    /// Calls must name a project that pays for the quota.
    QuotaProject,
    /// The token was made for less than what is asked.
    ScopeInsufficient,
    /// There is no such thing.
    NotFound,
    /// Google does not understand the request, such as a filter.
    InvalidArgument,
    /// The token of a page is no longer accepted: start the listing anew.
    PageToken,
    /// The quota was used up, by others too, for longer than patience lasts.
    QuotaExceeded,
    /// The service fails, and still failed when tried again.
    Unavailable,
    /// No answer in time (504, or nothing at all).
    Timeout,
    /// Something else than Google answered: HTML, a redirect, not JSON.
    NotGoogle,
    /// The answer is Google's, but cannot be used.
    BadAnswer,
    /// No connection: name, address, TLS, or cut in the middle.
    Network,
    /// The time limit of the run is over; the cause names what was awaited.
    Deadline,
    /// The endpoint cannot be used.
    Endpoint,
}

impl CloudError {
    /// An error of a kind, with its cause and what mends it.
    pub fn new(kind: ErrorKind, cause: impl Into<String>, hint: impl Into<String>) -> CloudError {
        CloudError {
            kind,
            cause: cause.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl std::error::Error for CloudError {}
