//! One attempt over HTTP: sends, reads the answer to its end, and says whether another attempt can help.

use std::error::Error;
use std::io::{self, Read};
use std::time::Duration;

use chrono::DateTime;
use reqwest::blocking::{RequestBuilder, Response};
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

use super::diagnose::{self, Broken};
use super::{Call, Clock, CloudError, ErrorKind, SystemClock};
use crate::model::{Timestamp, start_of};

/// Longest body that is read, after decompression, in bytes: a page of 1000 entries of 256 KiB each fits.
const LONGEST_BODY: u64 = 300 * 1024 * 1024;

/// An answer that arrived whole.
pub(super) struct Received {
    pub status: u16,
    pub body: Vec<u8>,
    /// Local time when the head came.
    pub arrived: Timestamp,
    /// When the server says that it is.
    pub date: Option<Timestamp>,
    pub retry_after: Option<String>,
}

/// No whole answer arrived.
pub(super) struct Trouble {
    pub what: Broken,
    /// What the libraries say, without URL.
    pub words: String,
}

/// An attempt that failed.
pub(super) struct Failed {
    pub error: CloudError,
    pub again: Again,
}

/// Whether another attempt can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

    pub(super) fn later(error: CloudError) -> Failed {
        let again = Again::Later(None);
        Failed { error, again }
    }

    /// Signing in failed. What may be a passing trouble of the sign-in servers is tried again.
    pub(super) fn signing_in(error: CloudError) -> Failed {
        match error.kind {
            ErrorKind::Unavailable | ErrorKind::Network | ErrorKind::Timeout => Failed::later(error),
            _ => Failed::for_good(error),
        }
    }
}

/// Sends a request and reads the answer to its end, all within `timeout`. That is real time, as the network's always is;
/// `clock` tells when the answer came.
pub(super) fn receive(request: RequestBuilder, timeout: Duration, clock: &dyn Clock) -> Result<Received, Trouble> {
    let end = SystemClock.elapsed().saturating_add(timeout);
    let mut response = request.timeout(timeout).send().map_err(trouble)?;
    let arrived = clock.now();
    let date = header(response.headers(), &DATE).and_then(http_date);
    let retry_after = header(response.headers(), &RETRY_AFTER).map(str::to_owned);
    Ok(Received {
        status: response.status().as_u16(),
        body: read_body(&mut response, end)?,
        arrived,
        date,
        retry_after,
    })
}

/// The time limit of the HTTP library is one for each read; this one is for all of them.
fn read_body(response: &mut Response, end: Duration) -> Result<Vec<u8>, Trouble> {
    const STEP: u64 = 1024 * 1024;
    let mut body = Vec::new();
    loop {
        let got = (&mut *response).take(STEP).read_to_end(&mut body).map_err(broken)?;
        if got == 0 {
            return Ok(body);
        }
        if body.len() as u64 > LONGEST_BODY {
            let words = format!("more than {} MiB", LONGEST_BODY >> 20);
            let what = Broken::TooLong;
            return Err(Trouble { what, words });
        }
        if SystemClock.elapsed() > end {
            let what = Broken::TimedOut;
            return Err(Trouble {
                what,
                words: String::new(),
            });
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn trouble(error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    let words = words(&error);
    let what = match () {
        () if error.is_timeout() && error.is_connect() => Broken::Unconnected,
        () if error.is_timeout() => Broken::TimedOut,
        () if error.is_dns() => Broken::Name,
        () if error.is_connect() => unconnected(&error, &words),
        () => Broken::Cut,
    };
    Trouble { what, words }
}

/// Why there is no connection. The libraries have no types for all of it, so their words decide.
fn unconnected(error: &reqwest::Error, words: &str) -> Broken {
    let lower = words.to_ascii_lowercase();
    let says = |marks: &[&str]| marks.iter().any(|mark| lower.contains(mark));
    if has_io_kind(error, io::ErrorKind::ConnectionRefused) {
        Broken::Refused
    } else if says(&["dns error", "failed to lookup address"]) {
        Broken::Name
    } else if says(&["proxy", "tunnel"]) {
        Broken::Proxy
    } else if says(&[
        "certificate",
        "tls",
        "ssl",
        "handshake",
        "corrupt message",
        "unknownissuer",
    ]) {
        Broken::Tls
    } else {
        Broken::Unconnected
    }
}

fn has_io_kind(error: &(dyn Error + 'static), kind: io::ErrorKind) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == kind) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn broken(error: io::Error) -> Trouble {
    let timed_out = error.kind() == io::ErrorKind::TimedOut;
    let inner = error.get_ref().and_then(|e| e.downcast_ref::<reqwest::Error>());
    let what = match timed_out || inner.is_some_and(reqwest::Error::is_timeout) {
        true => Broken::TimedOut,
        false => Broken::Cut,
    };
    Trouble {
        what,
        words: String::new(),
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
    parse: &impl Fn(Vec<u8>) -> Result<T, String>,
) -> Result<T, Failed> {
    let status = received.status;
    if (200..300).contains(&status) {
        let start = received.body[..received.body.len().min(100)].to_vec();
        return parse(received.body).map_err(|words| Failed::later(diagnose::rejected(call, &start, &words)));
    }
    let wait = received
        .retry_after
        .and_then(|text| retry_after(&text, received.date.unwrap_or(received.arrived)));
    let error = diagnose::diagnose(call, status, &received.body);
    let again = match (status, error.kind) {
        (401, _) => Again::WithNewToken,
        (_, ErrorKind::Timeout) if call.fail_fast_on_timeout => Again::Never,
        (_, ErrorKind::QuotaExceeded | ErrorKind::Unavailable | ErrorKind::Timeout) => Again::Later(wait),
        _ => Again::Never,
    };
    Err(Failed { error, again })
}

/// What the lack of an answer means.
pub(super) fn of_trouble(call: &Call, host: &str, trouble: &Trouble) -> Failed {
    let error = diagnose::no_answer(call, host, trouble.what, &trouble.words);
    match trouble.what {
        Broken::TooLong => Failed::for_good(error),
        Broken::TimedOut if call.fail_fast_on_timeout => Failed::for_good(error),
        _ => Failed::later(error),
    }
}

/// Reads a Retry-After header: seconds, or a date, which is taken against the server's own clock.
pub(crate) fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
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
