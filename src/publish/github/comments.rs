//! The comments of an issue: which one is ours.

use reqwest::Method;
use serde::Deserialize;

use super::session::Session;
use crate::publish::{PublishError, PublishErrorKind as Kind};
use crate::report::CommentKey;

/// Comments of a page: the most that GitHub gives.
const PER_PAGE: usize = 100;
/// Most pages. GitHub allows 2,500 comments.
const MOST_PAGES: usize = 50;
/// Who the token of a run of GitHub Actions writes as.
const ACTIONS: &str = "github-actions[bot]";

/// What is read of a comment.
#[derive(Debug, Deserialize)]
pub(super) struct Comment {
    pub id: serde_json::Number,
    pub body: Option<String>,
    pub user: Option<User>,
    pub html_url: Option<String>,
}

/// What is read of a user.
#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub login: String,
}

/// Our comments of one key.
pub(super) struct Found {
    /// The oldest one.
    pub first: Option<Comment>,
    /// How many more there are: none, unless an earlier comment came late or twice.
    pub more: usize,
}

/// Whom the token writes as.
pub(super) fn author(session: &Session<'_>) -> Result<String, PublishError> {
    match session.call(&Method::GET, &session.api.user(), None) {
        Ok(answer) => match serde_json::from_slice::<User>(&answer.body) {
            Ok(user) => Ok(user.login),
            Err(_) => Err(session.bad_answer("answered with what is no user")),
        },
        // The token of a run belongs to no user, and may not ask for one.
        Err(error) if error.kind == Kind::Forbidden => Ok(ACTIONS.to_owned()),
        Err(error) => Err(error),
    }
}

/// Looks through all comments for those of an author and a key.
pub(super) fn find(session: &Session<'_>, author: &str, key: &CommentKey) -> Result<Found, PublishError> {
    let mut ours = Found { first: None, more: 0 };
    for page in 1..=MOST_PAGES {
        let url = format!(
            "{}?per_page={PER_PAGE}&page={page}",
            session.api.comments(session.issue)
        );
        let answer = session.call(&Method::GET, &url, None)?;
        let comments: Vec<Comment> = serde_json::from_slice(&answer.body)
            .map_err(|_| session.bad_answer("answered with what is no list of comments"))?;
        // A proxy may take the links away: then a full page means that there may be more.
        let has_more = !comments.is_empty() && (answer.has_next || comments.len() >= PER_PAGE);
        for comment in comments.into_iter().filter(|c| is_by(c, author)) {
            match comment.body.as_deref().is_some_and(|body| key.marks(body)) {
                true if ours.first.is_none() => ours.first = Some(comment),
                true => ours.more += 1,
                false => {}
            }
        }
        if !has_more {
            return Ok(ours);
        }
    }
    let cause = format!(
        "{}: more than {MOST_PAGES} pages of comments: ours was not found",
        session.issue
    );
    Err(PublishError::new(
        Kind::TooMuch,
        cause,
        "name another issue: nothing was posted",
    ))
}

/// Names of users differ by more than case.
fn is_by(comment: &Comment, author: &str) -> bool {
    let user = comment.user.as_ref();
    user.is_some_and(|user| user.login.eq_ignore_ascii_case(author))
}
