//! One answer over HTTP, and what follows from it: a value, an error for good, or another attempt.

use std::error::Error;
use std::io::Read;
use std::time::Duration;

use chrono::DateTime;
use reqwest::StatusCode;
use reqwest::blocking::{RequestBuilder, Response};
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

use super::{Call, Clock, CloudError, ErrorKind, diagnose};
use crate::model::{Timestamp, start_of};

/// Longest body that is read, after decompression, in bytes. A page of 1000 entries of 256 KiB is the largest that there can be.
const LONGEST_BODY: u64 = 300 * 1024 * 1024;

/// An answer that arrived whole.
pub(super) struct Received {
    pub status: StatusCode,
    pub body: Vec<u8>,
    /// When the server says that it is.
    pub date: Option<Timestamp>,
    pub retry_after: Option<String>,
}

/// No whole answer arrived.
pub(super) struct Trouble {
    pub timed_out: bool,
    pub connected: bool,
    /// What the libraries say, without URL.
    pub words: String,
}

/// An attempt that failed.
pub(super) struct Failed {
    pub error: CloudError,
    pub again: Again,
}

/// Whether another attempt can help.
pub(super) enum Again {
    Never,
    WithNewToken,
    /// After a wait, at least as long as the server asks for.
    Later(Option<Duration>),
}

impl Failed {
    pub(super) fn for_good(error: CloudError) -> Failed {
        let again = Again::Never;
        Failed { error, again }
    }

    pub(super) fn later(error: CloudError, wait: Option<Duration>) -> Failed {
        let again = Again::Later(wait);
        Failed { error, again }
    }

    /// Signing in failed. What may be a passing trouble of the sign-in servers is tried again.
    pub(super) fn signing_in(error: CloudError) -> Failed {
        match error.kind {
            ErrorKind::Unavailable | ErrorKind::Network | ErrorKind::Timeout => Failed::later(error, None),
            _ => Failed::for_good(error),
        }
    }
}

/// Sends a request and reads the answer to its end, all within `timeout`.
pub(super) fn receive(request: RequestBuilder, timeout: Duration, clock: &dyn Clock) -> Result<Received, Trouble> {
    let end = clock.elapsed().saturating_add(timeout);
    let mut response = request.timeout(timeout).send().map_err(trouble)?;
    let date = header(response.headers(), &DATE).and_then(http_date);
    let retry_after = header(response.headers(), &RETRY_AFTER).map(str::to_owned);
    Ok(Received {
        status: response.status(),
        body: read_body(&mut response, clock, end)?,
        date,
        retry_after,
    })
}

/// The time limit of the HTTP library is one for each read; this one is for all of them.
fn read_body(response: &mut Response, clock: &dyn Clock, end: Duration) -> Result<Vec<u8>, Trouble> {
    const STEP: u64 = 1024 * 1024;
    let mut body = Vec::new();
    loop {
        let got = (&mut *response).take(STEP).read_to_end(&mut body).map_err(broken)?;
        if got == 0 {
            return Ok(body);
        }
        if body.len() as u64 > LONGEST_BODY {
            return Err(Trouble {
                timed_out: false,
                connected: true,
                words: format!("the answer is longer than {} MiB", LONGEST_BODY >> 20),
            });
        }
        if clock.elapsed() > end {
            return Err(Trouble {
                timed_out: true,
                connected: true,
                words: "the answer took too long".to_owned(),
            });
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn trouble(error: reqwest::Error) -> Trouble {
    Trouble {
        timed_out: error.is_timeout(),
        connected: !error.is_connect(),
        words: words(&error.without_url()),
    }
}

fn broken(error: std::io::Error) -> Trouble {
    let timed_out = error.kind() == std::io::ErrorKind::TimedOut;
    let inner = error.into_inner().and_then(|e| e.downcast::<reqwest::Error>().ok());
    match inner {
        Some(inner) => Trouble {
            timed_out: timed_out || inner.is_timeout(),
            connected: true,
            words: words(&inner.without_url()),
        },
        None => Trouble {
            timed_out,
            connected: true,
            words: "the connection broke in the middle of the answer".to_owned(),
        },
    }
}

/// The words of an error and of what caused it, outermost first.
pub(super) fn words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        source = cause.source();
    }
    start_of(&words, diagnose::LONGEST_WORDS).to_owned()
}

/// What a whole answer means.
pub(super) fn judge<T>(
    call: &Call,
    received: Received,
    now: Timestamp,
    parse: &impl Fn(Vec<u8>) -> Result<T, String>,
) -> Result<T, Failed> {
    let status = received.status;
    if status.is_success() {
        let start = String::from_utf8_lossy(&received.body[..received.body.len().min(200)]).into_owned();
        return parse(received.body).map_err(|words| Failed::later(diagnose::rejected(call, &start, &words), None));
    }
    let error = diagnose::diagnose(call, status.as_u16(), &received.body);
    let wait = received
        .retry_after
        .and_then(|text| retry_after(&text, received.date.unwrap_or(now)));
    Err(match status.as_u16() {
        401 => Failed {
            error,
            again: Again::WithNewToken,
        },
        504 if call.fail_fast_on_timeout => Failed::for_good(error),
        429 | 500 | 502 | 503 | 504 => Failed::later(error, wait),
        _ => Failed::for_good(error),
    })
}

/// What the lack of an answer means.
pub(super) fn of_trouble(call: &Call, base: &str, trouble: Trouble) -> Failed {
    let give_up = trouble.timed_out && call.fail_fast_on_timeout;
    let error = diagnose::no_answer(call, base, &trouble);
    match give_up {
        true => Failed::for_good(error),
        false => Failed::later(error, None),
    }
}

/// Reads a Retry-After header: seconds, or a date, which is taken against the server's own clock.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let nanos = http_date(text)?.0.saturating_sub(now.0);
    Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)))
}

fn http_date(text: &str) -> Option<Timestamp> {
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    date.timestamp_nanos_opt().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::parse("2026-03-01T10:00:00Z").unwrap();
        for (text, seconds) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 01 Mar 2026 10:00:09 GMT", Some(9)),
            ("Sun, 01 Mar 2026 09:59:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs), "{text:?}");
        }
    }
}
