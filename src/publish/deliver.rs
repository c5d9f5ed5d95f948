//! One notice on its way: attempts, waits and the meaning of answers.
//!
//! Everything is bounded: bytes of an answer, time of an attempt, attempts, time in all. The clock is injected, so that tests
//! wait for nothing; the network's own time limits are real time.

mod answer;

use std::sync::Arc;
use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use super::{PublishError, PublishErrorKind as Kind, Webhook};
use crate::cloud::{Clock, RetryPolicy, SystemClock};

/// Most header lines of an answer.
const MOST_HEADERS: usize = 64;
/// Longest header block of an HTTP/2 answer, bytes.
const MOST_HEADER_BYTES: u32 = 16 * 1024;
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
            Ok(response) => answer::refused(webhook, response, options.clock.as_ref()),
            Err(error) => answer::unanswered(webhook, error),
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
