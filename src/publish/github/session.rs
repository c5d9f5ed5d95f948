//! Calls of GitHub's API in one piece of work: attempts, waits, and a bound for all of them together.

use std::io::Read;
use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LINK};

use super::answer::{self, Again, Failed};
use super::{GithubApi, GithubIssue, GithubToken};
use crate::publish::deliver;
use crate::publish::{PublishError, PublishErrorKind as Kind, SendOptions, transport};

/// Longest answer: a hundred comments of full length, each character escaped.
const LONGEST_BODY: u64 = 48 * 1024 * 1024;

/// What came.
pub(super) struct Answer {
    pub body: Vec<u8>,
    /// Whether the server names a next page. Its address is not followed: pages are counted.
    pub has_next: bool,
}

/// One piece of work at one issue.
pub(super) struct Session<'a> {
    client: Client,
    pub api: &'a GithubApi,
    pub issue: &'a GithubIssue,
    token: &'a GithubToken,
    options: &'a SendOptions,
    end: Duration,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        (api, issue): (&'a GithubApi, &'a GithubIssue),
        token: &'a GithubToken,
        options: &'a SendOptions,
    ) -> Result<Session<'a>, PublishError> {
        Ok(Session {
            client: transport::client(api.is_local(), options)?,
            api,
            issue,
            token,
            options,
            end: options.clock.elapsed().saturating_add(options.total),
        })
    }

    fn left(&self) -> Duration {
        self.end.saturating_sub(self.options.clock.elapsed())
    }

    /// A call that may be made again whatever became of it: it reads, or it writes the same in the same place.
    pub(super) fn call(&self, method: &Method, url: &str, body: Option<&str>) -> Result<Answer, PublishError> {
        let mut attempt = 1;
        loop {
            match self.once(method, url, body) {
                Ok(answer) => return Ok(answer),
                Err(failed) => self.pause(attempt, failed)?,
            }
            attempt += 1;
        }
    }

    /// Waits before the next attempt; the error itself where there is to be none.
    pub(super) fn pause(&self, attempt: u32, failed: Failed) -> Result<(), PublishError> {
        let Some(again) = failed.again else {
            return Err(failed.error);
        };
        let wait = deliver::wait(self.options, attempt, again.asked(attempt), self.left(), failed.error)?;
        self.options.clock.sleep(wait);
        Ok(())
    }

    /// One attempt.
    pub(super) fn once(&self, method: &Method, url: &str, body: Option<&str>) -> Result<Answer, Failed> {
        let request = self
            .client
            .request(method.clone(), url)
            .header(AUTHORIZATION, self.token.header())
            .header(ACCEPT, "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28")
            .timeout(self.options.retries.attempt_timeout.min(self.left()));
        let request = match body {
            Some(body) => request
                .header(CONTENT_TYPE, "application/json; charset=utf-8")
                .body(body.to_owned()),
            None => request,
        };
        match request.send() {
            Ok(response) if response.status().is_success() => self.read(method, response),
            Ok(response) => Err(answer::refused(self, response, self.options.clock.as_ref())),
            Err(error) => Err(answer::unanswered(self, &error)),
        }
    }

    /// Reads the body of a success. One that says that something was written is none the less so when it is cut.
    fn read(&self, method: &Method, response: Response) -> Result<Answer, Failed> {
        let links = response.headers().get(LINK).and_then(|v| v.to_str().ok());
        let has_next = links.is_some_and(|links| links.contains("rel=\"next\""));
        let mut body = vec![];
        let is_read = response.take(LONGEST_BODY + 1).read_to_end(&mut body).is_ok();
        let is_whole = is_read && body.len() as u64 <= LONGEST_BODY;
        if is_whole || *method != Method::GET {
            return Ok(Answer { body, has_next });
        }
        let error = match is_read {
            true => self.bad_answer("answered with too much"),
            false => PublishError::new(
                Kind::Network,
                format!("{} closed the connection inside of an answer", self.api.place()),
                "check the network, and try again",
            ),
        };
        let again = (!is_read).then_some(Again::Later);
        Err(Failed {
            error,
            again,
            is_unclear: false,
        })
    }

    /// An answer that is none of GitHub's.
    pub(super) fn bad_answer(&self, what: &str) -> PublishError {
        let cause = format!("{} {what}", self.api.place());
        PublishError::new(
            Kind::BadAnswer,
            cause,
            "check that GITHUB_API_URL is the address of GitHub's API",
        )
    }
}
