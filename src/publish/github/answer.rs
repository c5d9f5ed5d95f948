//! What a refusal of GitHub's API means, or the lack of an answer: an error, whether to try again, and whether it is known that
//! nothing was written.

use std::io::Read;
use std::time::Duration;

use reqwest::blocking::Response;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::session::Session;
use crate::cloud::{self, Clock};
use crate::publish::{PublishError, PublishErrorKind as Kind, transport};

/// Longest start of a refusal that is read, bytes.
const LONGEST_REFUSAL: u64 = 16 * 1024;
/// The first wait at a limit that GitHub tells no time of; it asks for a minute, and for more each time.
const UNTOLD: Duration = Duration::from_secs(60);

/// An attempt that failed.
pub(super) struct Failed {
    pub error: PublishError,
    /// When another attempt can help; `None` if none can.
    pub again: Option<Again>,
    /// Whether the request may have been carried out all the same.
    pub is_unclear: bool,
}

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// After a wait of our own.
    Later,
    /// After what the server asks for.
    After(Duration),
    /// After a minute, two, four: there is a limit, and nobody says until when.
    Minutes,
}

impl Again {
    /// The wait that is asked for after so many failed attempts.
    pub(super) fn asked(self, failed: u32) -> Option<Duration> {
        match self {
            Again::Later => None,
            Again::After(time) => Some(time),
            Again::Minutes => Some(UNTOLD.saturating_mul(1 << failed.saturating_sub(1).min(16))),
        }
    }
}

/// What an answer other than success means.
pub(super) fn refused(session: &Session<'_>, response: Response, clock: &dyn Clock) -> Failed {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = vec![];
    // That it cannot be read changes nothing.
    let _ = response.take(LONGEST_REFUSAL).read_to_end(&mut body);
    let words = String::from_utf8_lossy(&body).to_lowercase();
    let again = match status {
        500..=599 => Some(retry_after(&headers, clock).map_or(Again::Later, Again::After)),
        429 => Some(limit(&headers, clock)),
        403 if is_limited(&headers, &words) => Some(limit(&headers, clock)),
        _ => None,
    };
    let is_unclear = (500..=599).contains(&status);
    let (kind, why, hint) = match again {
        Some(_) if is_unclear => (
            Kind::Unavailable,
            "",
            "GitHub has trouble: https://www.githubstatus.com",
        ),
        Some(_) => (
            Kind::RateLimited,
            ": too many requests",
            "try again later; what else uses this token?",
        ),
        None => meaning(status, &words),
    };
    let cause = format!("{}: {} answered {status}{why}", session.issue, session.api.place());
    Failed {
        error: PublishError::new(kind, cause, hint),
        again,
        is_unclear,
    }
}

/// What a refusal for good means. Of GitHub's words, known ones alone are looked for, and none is repeated.
fn meaning(status: u16, words: &str) -> (Kind, &'static str, &'static str) {
    match status {
        300..=399 => (
            Kind::Redirected,
            ": it was moved",
            "name the repository and the issue as they are now; redirects are not followed",
        ),
        401 => (
            Kind::SignIn,
            ": the token is not, or no longer, valid",
            "make a new token; in GitHub Actions: env: GITHUB_TOKEN: ${{ github.token }}",
        ),
        403 | 422 if words.contains("locked") => (
            Kind::Locked,
            ": the conversation is locked",
            "unlock it, or name another issue",
        ),
        403 if words.contains("comments") && words.contains("2500") => (
            Kind::TooMuch,
            ": the issue has all the comments that GitHub allows",
            "name another issue",
        ),
        403 => (
            Kind::Forbidden,
            ": the token may not comment here",
            "it needs issues: write (for a pull request pull-requests: write); pull requests from forks get none in Actions",
        ),
        404 => (
            Kind::NotFound,
            ": there is no such repository or issue, or the token cannot see it",
            "check owner/repo#number, and that the token is for this repository",
        ),
        410 => (
            Kind::Gone,
            ": the issue was deleted, or the repository has issues disabled",
            "name another issue or a pull request, or enable issues in the settings",
        ),
        400..=499 => (
            Kind::Refused,
            "",
            "check that GITHUB_API_URL is the address of GitHub's API",
        ),
        _ => (
            Kind::BadAnswer,
            "",
            "check that GITHUB_API_URL is the address of GitHub's API",
        ),
    }
}

/// Whether a 403 is one of a limit, not of a missing right.
fn is_limited(headers: &HeaderMap, words: &str) -> bool {
    headers.contains_key(RETRY_AFTER)
        || header(headers, "x-ratelimit-remaining") == Some("0")
        || words.contains("rate limit")
        || words.contains("abuse detection")
}

/// How long a limit lasts: what GitHub says, else until it is whole again.
fn limit(headers: &HeaderMap, clock: &dyn Clock) -> Again {
    let reset = || {
        let is_spent = header(headers, "x-ratelimit-remaining") == Some("0");
        let at: i64 = header(headers, "x-ratelimit-reset")
            .filter(|_| is_spent)?
            .parse()
            .ok()?;
        // A second more: both clocks count whole seconds.
        let seconds = at
            .saturating_sub(clock.now().0.div_euclid(1_000_000_000))
            .saturating_add(1);
        Some(Duration::from_secs(seconds.try_into().unwrap_or(1)))
    };
    let told = retry_after(headers, clock).or_else(reset);
    told.map_or(Again::Minutes, Again::After)
}

fn retry_after(headers: &HeaderMap, clock: &dyn Clock) -> Option<Duration> {
    cloud::retry_after(header(headers, RETRY_AFTER.as_str())?, clock.now())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// What the lack of an answer means. What could not be connected was not asked.
pub(super) fn unanswered(session: &Session<'_>, error: &reqwest::Error) -> Failed {
    let is_unclear = !error.is_connect();
    let error = transport::unanswered(&session.api.place(), error);
    Failed {
        again: Some(Again::Later),
        error,
        is_unclear,
    }
}
