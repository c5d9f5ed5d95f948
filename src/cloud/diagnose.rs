//! Words what went wrong: an error answer of Google, or something else in its place, becomes kind, cause and hint.
//!
//! Google's messages are shown, cut to a length. Header values never are.

use serde::Deserialize;

use super::answer::Trouble;
use super::{Call, CloudError, ErrorKind};
use crate::model::start_of;

/// Longest text of others in an error, in bytes.
pub(super) const LONGEST_WORDS: usize = 400;

#[derive(Deserialize)]
struct Body {
    error: Status,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    message: String,
    status: String,
    details: Vec<serde_json::Value>,
}

/// An answer with an error status.
pub(super) fn diagnose(call: &Call, code: u16, body: &[u8]) -> CloudError {
    let api = call.api;
    let status = serde_json::from_slice::<Body>(body)
        .map(|b| b.error)
        .unwrap_or_default();
    let message = start_of(&status.message, LONGEST_WORDS);
    let says = format!("{} answers {code}: {message}", api.title());
    let kind = match code {
        400 => ErrorKind::InvalidArgument,
        401 => ErrorKind::ExpiredCredentials,
        403 => ErrorKind::PermissionDenied,
        404 => ErrorKind::NotFound,
        429 => ErrorKind::QuotaExceeded,
        504 => ErrorKind::Timeout,
        500..=599 => ErrorKind::Unavailable,
        _ => ErrorKind::NotGoogle,
    };
    let _ = (&status.status, &status.details);
    CloudError::new(kind, says, format!("check the access to {}", api.title()))
}

/// A 2xx answer that cannot be used.
pub(super) fn rejected(call: &Call, start: &str, words: &str) -> CloudError {
    let is_markup = start.trim_start().starts_with('<');
    let kind = if is_markup {
        ErrorKind::NotGoogle
    } else {
        ErrorKind::BadAnswer
    };
    let words = start_of(words, LONGEST_WORDS);
    CloudError::new(
        kind,
        format!("{} answers something unusable: {words}", call.api.title()),
        "check proxies on the way, and --endpoint",
    )
}

/// No answer at all.
pub(super) fn no_answer(call: &Call, base: &str, trouble: &Trouble) -> CloudError {
    let kind = if trouble.timed_out {
        ErrorKind::Timeout
    } else {
        ErrorKind::Network
    };
    let _ = trouble.connected;
    CloudError::new(
        kind,
        format!("no answer of {} at {base}: {}", call.api.title(), trouble.words),
        "check the network, proxy settings and --endpoint",
    )
}
