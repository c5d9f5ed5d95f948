//! One notice on its way: attempts, waits and the meaning of answers.
//!
//! Everything is bounded: bytes of an answer, time of an attempt, attempts, time in all. The clock is injected, so that tests
//! wait for nothing; the network's own time limits are real time.

use std::error::Error;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};

use super::{PublishError, PublishErrorKind as Kind, Webhook};
use crate::cloud::{self, Clock, RetryPolicy, SystemClock};

/// Longest start of a refusal that is read, bytes. Answers of success are not read.
const LONGEST_BODY: u64 = 4096;
/// Most header lines of an answer.
const MOST_HEADERS: usize = 64;
/// Longest header block of an HTTP/2 answer, bytes.
const MOST_HEADER_BYTES: u32 = 16 * 1024;
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

/// How patiently a notice is sent.
#[derive(Clone)]
pub struct SendOptions {
    /// Attempts and waits. The waits double without jitter: few senders share a webhook.
    pub retries: RetryPolicy,
    /// Time to connect, TLS included.
    pub connect_timeout: Duration,
    /// Time for all attempts and waits together.
    pub total: Duration,
    /// Tells the time and waits.
    pub clock: Arc<dyn Clock>,
}

impl Default for SendOptions {
    /// Four attempts of at most 15 s (5 s to connect), waits of 1, 2 and 4 s or up to 30 s where the server asks for it, 60 s
    /// in all.
    fn default() -> SendOptions {
        SendOptions {
            retries: RetryPolicy {
                attempts: 4,
                first_wait: Duration::from_secs(1),
                max_wait: Duration::from_secs(30),
                max_retry_after: Duration::from_secs(30),
                attempt_timeout: Duration::from_secs(15),
            },
            connect_timeout: Duration::from_secs(5),
            total: Duration::from_secs(60),
            clock: Arc::new(SystemClock),
        }
    }
}

/// An attempt that failed.
struct Failed {
    error: PublishError,
    /// Whether another attempt can help, and after what wait that the server asks for.
    again: Option<Option<Duration>>,
}

/// Sends a body until it is taken.
pub(super) fn deliver(webhook: &Webhook, id: &str, body: String, options: &SendOptions) -> Result<(), PublishError> {
    let key = HeaderValue::from_str(id).map_err(|_| {
        let hint = "send notices as they were made, or read from JSON unchanged";
        PublishError::new(Kind::BadNotice, "the notice's id is no header value", hint)
    })?;
    let client = client(webhook, options)?;
    let end = options.clock.elapsed().saturating_add(options.total);
    let left = || end.saturating_sub(options.clock.elapsed());
    let mut attempt = 1;
    loop {
        let timeout = options.retries.attempt_timeout.min(left());
        let request = client
            .post(webhook.url().clone())
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header("Idempotency-Key", key.clone())
            .body(body.clone())
            .timeout(timeout);
        let failed = match request.send() {
            Ok(response) if response.status().is_success() => return Ok(()),
            Ok(response) => refused(webhook, response, options.clock.as_ref()),
            Err(error) => unanswered(webhook, error),
        };
        let Some(asked) = failed.again else {
            return Err(failed.error);
        };
        let wait = wait(options, attempt, asked, left(), failed.error)?;
        options.clock.sleep(wait);
        attempt += 1;
    }
}

/// The wait before the next attempt; the error itself where there is to be none.
fn wait(
    options: &SendOptions,
    failed: u32,
    asked: Option<Duration>,
    left: Duration,
    error: PublishError,
) -> Result<Duration, PublishError> {
    let policy = &options.retries;
    let because = |why: String| {
        let cause = format!("{} ({why})", error.cause);
        Err(PublishError { cause, ..error.clone() })
    };
    if failed >= policy.attempts.max(1) {
        return because(format!("attempts: {failed}"));
    }
    if let Some(asked) = asked.filter(|asked| *asked > policy.max_retry_after) {
        return because(format!("the server asks to wait for {} s", asked.as_secs()));
    }
    let backoff = policy.wait(failed, 1.0);
    let wait = asked.map_or(backoff, |asked| asked.max(backoff));
    match wait < left {
        true => Ok(wait),
        false => because(format!(
            "attempts: {failed}, {} s in all are over",
            options.total.as_secs()
        )),
    }
}

fn client(webhook: &Webhook, options: &SendOptions) -> Result<Client, PublishError> {
    let builder = Client::builder()
        .user_agent(concat!("logverdict/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .timeout(options.retries.attempt_timeout)
        .http1_max_headers(MOST_HEADERS)
        .http2_max_header_list_size(MOST_HEADER_BYTES)
        // An answer that is small on the wire must not be large in memory. And what one attempt left is no matter of the next.
        .gzip(false)
        .pool_max_idle_per_host(0)
        .retry(reqwest::retry::never());
    let builder = match webhook.is_local() {
        true => builder.no_proxy(),
        false => builder,
    };
    builder.build().map_err(|_| {
        PublishError::new(
            Kind::Network,
            "no HTTPS client can be made",
            "check the certificates of this machine and the proxy settings",
        )
    })
}

/// What an answer other than success means.
fn refused(webhook: &Webhook, response: Response, clock: &dyn Clock) -> Failed {
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
fn unanswered(webhook: &Webhook, error: reqwest::Error) -> Failed {
    let place = webhook.place();
    let network = "check the address, the network and the proxy settings";
    let (kind, what, hint) = match () {
        () if error.is_connect() && error.is_timeout() => (Kind::Network, "cannot be connected to in time", network),
        () if error.is_timeout() => (
            Kind::Timeout,
            "did not answer in time",
            "the server is slow or stuck; was the notice posted?",
        ),
        () if has_source(&error, |e| is_io(e, io::ErrorKind::ConnectionRefused)) => {
            (Kind::Network, "refused the connection", network)
        }
        () if error.is_connect() => (Kind::Network, "cannot be connected to (name, address or TLS)", network),
        () if has_source(&error, is_garbage) => (
            Kind::BadAnswer,
            "answered with what is no HTTP, or too much of it",
            "check that the address is that of a webhook",
        ),
        () => (Kind::Network, "closed the connection without an answer", network),
    };
    // What is no HTTP will be none the next time.
    let again = (kind != Kind::BadAnswer).then_some(None);
    Failed {
        error: PublishError::new(kind, format!("{place} {what}"), hint),
        again,
    }
}

fn is_garbage(error: &(dyn Error + 'static)) -> bool {
    error
        .downcast_ref::<hyper::Error>()
        .is_some_and(|e| e.is_parse() || e.is_parse_too_large())
}

fn is_io(error: &(dyn Error + 'static), kind: io::ErrorKind) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == kind)
}

fn has_source(error: &(dyn Error + 'static), is_it: impl Fn(&(dyn Error + 'static)) -> bool) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if is_it(error) {
            return true;
        }
        cause = error.source();
    }
    false
}
