//! One notice on its way: attempts, waits and the meaning of answers.
//!
//! Everything is bounded: bytes of an answer, time of an attempt, attempts, time in all. The clock is injected, so that tests
//! wait for nothing; the network's own time limits are real time.

mod answer;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};

use super::transport;
use super::{PublishError, PublishErrorKind as Kind, Webhook};
use crate::cloud::{Clock, RetryPolicy, SystemClock};

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

impl SendOptions {
    /// For GitHub, whose limits ask for longer waits: six attempts of at most 30 s each call, waits of up to 5 minutes where GitHub
    /// asks for them, 10 minutes in all.
    pub fn for_github() -> SendOptions {
        SendOptions {
            retries: RetryPolicy {
                attempts: 6,
                first_wait: Duration::from_secs(5),
                max_wait: Duration::from_secs(60),
                max_retry_after: Duration::from_secs(300),
                attempt_timeout: Duration::from_secs(30),
            },
            connect_timeout: Duration::from_secs(10),
            total: Duration::from_secs(600),
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
    let client = transport::client(webhook.is_local(), options)?;
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
pub(super) fn wait(
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
