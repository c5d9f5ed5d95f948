//! A report as the one comment of a GitHub issue that is kept up to date.
//!
//! Input: a report, an issue, a token. Output: a comment that is created once and then updated in place; found by its mark *and* its
//! author, so that nobody else's comment is ever taken for ours. After an answer that was lost the comment is looked for, by the
//! name of the attempt in it, before it is posted again. The token goes to the API's host and nowhere else.

mod answer;
mod comments;
mod place;
mod session;

use std::hash::{BuildHasher, RandomState};

use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};

use self::comments::{Comment, find};
use self::session::{Answer, Session};
use super::{PublishError, PublishErrorKind as Kind, SendOptions};
use crate::report::{CommentKey, Report, comment_nonce, is_same_comment};

pub use place::{GithubApi, GithubIssue, GithubToken};

/// The comment of a report at an issue.
#[derive(Debug, Clone)]
pub struct GithubComment {
    /// Where the API is.
    pub api: GithubApi,
    /// Where the comment is, or is to be.
    pub issue: GithubIssue,
    /// Tells it from other comments of the same author.
    pub key: CommentKey,
    /// Login that the token writes as; asked for where it is not known.
    pub author: Option<String>,
}

/// A comment that says what the report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// What was done.
    pub how: PostedHow,
    /// Where it can be read, as GitHub says.
    pub url: Option<String>,
    /// Further comments of this key and author, which stay as they are.
    pub doubles: usize,
    /// Who wrote it, where that is not who was looked for: the next time it would not be found.
    pub other_author: Option<String>,
}

/// What was done about a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostedHow {
    /// There was none.
    Created,
    /// It says something else than before.
    Updated,
    /// It said the same already: nothing was sent.
    Unchanged,
    /// It was deleted while it was updated, and is there again.
    Recreated,
}

/// A request that would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// `POST`.
    pub method: &'static str,
    /// Where to.
    pub url: String,
    /// The same comment, if it is there: `PATCH` at this address.
    pub update_url: String,
    /// The comment, Markdown. It is sent as `body` of a JSON object.
    pub body: String,
}

impl GithubComment {
    /// What would be sent if there were no comment yet. Asks nobody.
    pub fn draft(&self, report: &Report) -> Draft {
        Draft {
            method: "POST",
            url: self.api.comments(&self.issue),
            update_url: self.api.comment(&self.issue, "{id}"),
            body: report.to_comment(&self.key, None, ""),
        }
    }

    /// Makes the comment say what the report says.
    ///
    /// # Errors
    /// When GitHub refuses, cannot be reached, or does not answer in time. The comment is not posted twice: a run after an error
    /// looks for it first.
    pub fn publish(&self, report: &Report, token: &GithubToken, options: &SendOptions) -> Result<Posted, PublishError> {
        let session = Session::new((&self.api, &self.issue), token, options)?;
        let author = match &self.author {
            Some(author) => author.clone(),
            None => comments::author(&session)?,
        };
        let job = Job {
            session,
            key: &self.key,
            author,
            report,
            nonce: new_nonce(options),
        };
        let found = find(&job.session, &job.author, job.key)?;
        let mut posted = match found.first {
            Some(comment) => job.update(comment)?,
            None => job.create(None)?,
        };
        posted.doubles = found.more;
        Ok(posted)
    }
}

/// Names this run in what it posts. It is no secret, and must differ from that of a run at the same time.
fn new_nonce(options: &SendOptions) -> String {
    let mut hash = Sha256::new();
    hash.update(options.clock.now().0.to_le_bytes());
    hash.update(RandomState::new().hash_one(std::process::id()).to_le_bytes());
    hash.finalize()[..8].iter().map(|b| format!("{b:02x}")).collect()
}

/// One report on its way into one comment.
struct Job<'a> {
    session: Session<'a>,
    key: &'a CommentKey,
    author: String,
    report: &'a Report,
    nonce: String,
}

impl Job<'_> {
    fn body(&self, before: Option<&str>) -> String {
        self.report.to_comment(self.key, before, &self.nonce)
    }

    /// Updates a comment in place. Writing the same twice is harmless.
    fn update(&self, comment: Comment) -> Result<Posted, PublishError> {
        let before = comment.body.as_deref();
        let body = self.body(before);
        if before.is_some_and(|before| is_same_comment(before, &body)) {
            return Ok(self.posted(PostedHow::Unchanged, Some(comment)));
        }
        let url = self.session.api.comment(self.session.issue, &comment.id.to_string());
        match self.session.call(&Method::PATCH, &url, Some(&request(&body))) {
            Ok(answer) => Ok(self.posted(PostedHow::Updated, read(&answer))),
            Err(error) if error.kind == Kind::NotFound => {
                let posted = self.create(before)?;
                let how = PostedHow::Recreated;
                Ok(Posted { how, ..posted })
            }
            Err(error) => Err(error),
        }
    }

    /// Posts the comment: once, whatever becomes of the answers.
    fn create(&self, before: Option<&str>) -> Result<Posted, PublishError> {
        let (url, body) = (self.session.api.comments(self.session.issue), self.body(before));
        let mut attempt = 1;
        loop {
            let failed = match self.session.once(&Method::POST, &url, Some(&request(&body))) {
                Ok(answer) => return Ok(self.posted(PostedHow::Created, read(&answer))),
                Err(failed) => failed,
            };
            let (is_unclear, error) = (failed.is_unclear, failed.error.clone());
            // The wait comes first: what is late is seen then. And after the last attempt there is a last look.
            let paused = self.session.pause(attempt, failed);
            if is_unclear && let Some(posted) = self.look(&error)? {
                return Ok(posted);
            }
            paused?;
            attempt += 1;
        }
    }

    /// After a POST of which nobody knows what became: whether the comment is there.
    fn look(&self, error: &PublishError) -> Result<Option<Posted>, PublishError> {
        let found = find(&self.session, &self.author, self.key).map_err(|_| PublishError {
            kind: error.kind,
            cause: format!("{}; whether the comment was posted is not known", error.cause),
            hint: "try again later: the comment is looked for first, and is not posted twice".to_owned(),
        })?;
        let Some(comment) = found.first else { return Ok(None) };
        let is_this = comment.body.as_deref().and_then(comment_nonce) == Some(&self.nonce);
        match is_this {
            true => Ok(Some(self.posted(PostedHow::Created, Some(comment)))),
            // Another run was faster: its comment is ours, too.
            false => self.rewrite(&comment).map(Some),
        }
    }

    /// Updates a comment that came up meanwhile, without another way out.
    fn rewrite(&self, comment: &Comment) -> Result<Posted, PublishError> {
        let url = self.session.api.comment(self.session.issue, &comment.id.to_string());
        let body = self.body(comment.body.as_deref());
        let answer = self.session.call(&Method::PATCH, &url, Some(&request(&body)))?;
        Ok(self.posted(PostedHow::Updated, read(&answer)))
    }

    fn posted(&self, how: PostedHow, comment: Option<Comment>) -> Posted {
        let (user, url) = comment.map_or((None, None), |c| (c.user, c.html_url));
        let other = user
            .map(|u| u.login)
            .filter(|login| !login.eq_ignore_ascii_case(&self.author));
        Posted {
            how,
            url,
            doubles: 0,
            other_author: other,
        }
    }
}

fn request(body: &str) -> String {
    json!({ "body": body }).to_string()
}

/// What GitHub says of the comment that it wrote; it is written even if that cannot be read.
fn read(answer: &Answer) -> Option<Comment> {
    serde_json::from_slice(&answer.body).ok()
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
