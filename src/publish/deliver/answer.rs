//! What an attempt's answer, or the lack of one, means: an error, and whether another attempt can help.

use std::io::Read;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::Response;
use reqwest::header::RETRY_AFTER;

use crate::cloud::{self, Clock};
use crate::publish::transport;
use crate::publish::{PublishError, PublishErrorKind as Kind, Webhook};

/// Longest start of a refusal that is read, bytes. Answers of success are not read.
const LONGEST_BODY: u64 = 4096;
/// Words that Slack and Google Chat refuse with. Nothing else of a refusal is repeated: it may hold the secret address.
const KNOWN_WORDS: [&str; 15] = [
    "action_prohibited",
    "channel_is_archived",
    "channel_not_found",
    "invalid_blocks",
    "invalid_payload",
    "invalid_token",
    "no_active_hooks",
    "no_service",
    "no_team",
    "no_text",
    "team_disabled",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "PERMISSION_DENIED",
    "UNAUTHENTICATED",
];

/// An attempt that failed.
pub(super) struct Failed {
    pub error: PublishError,
    /// Whether another attempt can help, and after what wait that the server asks for.
    pub again: Option<Option<Duration>>,
}

/// What an answer other than success means.
pub(super) fn refused(webhook: &Webhook, response: Response, clock: &dyn Clock) -> Failed {
    let status = response.status();
    let asked = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok());
    let asked = asked.and_then(|text| cloud::retry_after(text, clock.now()));
    let place = webhook.place();
    let (kind, hint, again) = match status.as_u16() {
        429 => (
            Kind::RateLimited,
            "wait a minute; is something else posting to this webhook?",
            Some(asked),
        ),
        500..=599 => (
            Kind::Unavailable,
            "the server has trouble; the next notice is tried anew",
            Some(asked),
        ),
        300..=399 => (
            Kind::Redirected,
            "use the address that the webhook has now; redirects are not followed",
            None,
        ),
        400..=499 => (Kind::Refused, hint_of(status), None),
        _ => (Kind::BadAnswer, "check that the address is that of a webhook", None),
    };
    let words = if kind == Kind::Refused {
        known_words(response)
    } else {
        ""
    };
    let cause = match words {
        "" => format!("{place} answered {}", status.as_u16()),
        words => format!("{place} answered {}: {words}", status.as_u16()),
    };
    Failed {
        error: PublishError::new(kind, cause, hint),
        again,
    }
}

fn hint_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => "the address is not, or no longer, allowed to post: make a new webhook",
        404 | 410 => "the webhook is gone, or its address was not copied whole: make a new one",
        _ => "check the kind before the address: slack=, chat= or json=",
    }
}

/// What the services are known to say, found in the start of a refusal. That it cannot be read changes nothing.
fn known_words(response: Response) -> &'static str {
    let mut body = Vec::new();
    // The time limit of the request is that of its body too.
    let _ = response.take(LONGEST_BODY).read_to_end(&mut body);
    let body = String::from_utf8_lossy(&body);
    KNOWN_WORDS
        .into_iter()
        .find(|word| body.contains(word))
        .unwrap_or_default()
}

/// What the lack of an answer means.
pub(super) fn unanswered(webhook: &Webhook, error: reqwest::Error) -> Failed {
    let error = transport::unanswered(&webhook.place(), &error);
    // What is no HTTP will be none the next time.
    let again = (error.kind != Kind::BadAnswer).then_some(None);
    Failed { error, again }
}
