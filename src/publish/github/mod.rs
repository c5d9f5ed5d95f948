//! A report as the one comment of a GitHub issue that is kept up to date.
//!
//! Input: a report, an issue, a token. Output: a comment that is created once and then updated in place; found by its mark *and* its
//! author, so that nobody else's comment is ever taken for ours. After an answer that was lost the comment is looked for, by the
//! name of the attempt in it, before it is posted again. The token goes to the API's host and nowhere else.

mod answer;
mod comments;
mod job;
mod place;
mod session;

use self::job::{Job, new_nonce};
use self::session::Session;
use super::{PublishError, SendOptions};
use crate::report::{CommentKey, Report};

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
            nonce: new_nonce(options.clock.as_ref()),
        };
        job.run()
    }
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
