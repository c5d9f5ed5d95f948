//! One report on its way into one comment: updated in place, or posted once, whatever becomes of the answers.

use std::hash::{BuildHasher, RandomState};

use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::comments::{Comment, find};
use super::session::{Answer, Session};
use super::{Posted, PostedHow};
use crate::cloud::Clock;
use crate::publish::{PublishError, PublishErrorKind as Kind};
use crate::report::{CommentKey, Report, comment_nonce, is_same_comment};

/// Names this run in what it posts. It is no secret, and must differ from that of a run at the same time.
pub(super) fn new_nonce(clock: &dyn Clock) -> String {
    let mut hash = Sha256::new();
    hash.update(clock.now().0.to_le_bytes());
    hash.update(RandomState::new().hash_one(std::process::id()).to_le_bytes());
    hash.finalize()[..8].iter().map(|b| format!("{b:02x}")).collect()
}

/// One report on its way into one comment.
pub(super) struct Job<'a> {
    pub session: Session<'a>,
    pub key: &'a CommentKey,
    /// Login that is written as.
    pub author: String,
    pub report: &'a Report,
    /// Names this run.
    pub nonce: String,
}

impl Job<'_> {
    /// Finds the comment, and updates it or posts it.
    pub(super) fn run(self) -> Result<Posted, PublishError> {
        let found = find(&self.session, &self.author, self.key)?;
        let posted = match found.first {
            Some(comment) => self.update(comment)?,
            None => self.create(None)?,
        };
        let doubles = found.more;
        Ok(Posted { doubles, ..posted })
    }

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
