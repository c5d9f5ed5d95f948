//! The comment of a watch in a GitHub issue.

use crate::cli::failure::Failure;
use crate::cli::publish;
use crate::publish::{GithubApi, GithubComment, GithubIssue, GithubToken, PublishError, SendOptions};
use crate::report::{CommentKey, Report};

/// Where the comment is, and what is needed to write it.
pub struct Issue {
    api: GithubApi,
    issue: GithubIssue,
    token: GithubToken,
}

impl Issue {
    /// Reads the argument, and the environment for a token.
    pub fn new(text: &str) -> Result<Issue, Failure> {
        Ok(Issue {
            issue: text.parse().map_err(publish::usage)?,
            api: publish::api()?,
            token: publish::token(None)?,
        })
    }

    /// Makes the comment say what the report says; what else is to be said of it.
    pub fn tell(&self, report: &Report, options: &SendOptions) -> Result<Vec<String>, PublishError> {
        let comment = GithubComment {
            api: self.api.clone(),
            issue: self.issue.clone(),
            key: CommentKey::of(report),
            author: None,
        };
        Ok(publish::remarks(&comment.publish(report, &self.token, options)?))
    }
}
