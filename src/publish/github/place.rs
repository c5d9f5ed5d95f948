//! Where a comment goes and who sends it, as people write them: an issue, GitHub's API, a token.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::cloud;
use crate::publish::{PublishError, PublishErrorKind as Kind};

/// Most characters of an owner's or a repository's name.
const MOST_NAME: usize = 100;
/// Most bytes of a token.
const MOST_TOKEN: usize = 4096;

/// An issue or a pull request, whose comments are the same to GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GithubIssue {
    owner: String,
    repo: String,
    number: u64,
}

impl FromStr for GithubIssue {
    type Err = PublishError;

    /// Reads `owner/repo#1061`.
    fn from_str(text: &str) -> Result<GithubIssue, PublishError> {
        let wrong = || {
            let hint = "write it as in acme/shop#1061; quote it, for # begins a comment in many shells";
            bad("what was given as an issue is no owner/repo#number", hint)
        };
        let (repository, number) = text.trim().split_once('#').ok_or_else(wrong)?;
        let (owner, repo) = repository.split_once('/').ok_or_else(wrong)?;
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let number = number.parse().ok().filter(|n| is_number && *n > 0).ok_or_else(wrong)?;
        if !is_name(owner) || !is_name(repo) {
            return Err(wrong());
        }
        let (owner, repo) = (owner.to_owned(), repo.to_owned());
        Ok(GithubIssue { owner, repo, number })
    }
}

impl fmt::Display for GithubIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}#{}", self.owner, self.repo, self.number)
    }
}

/// Whether a name can stand in a path as it is, and is no way up in it.
fn is_name(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    (1..=MOST_NAME).contains(&text.len()) && text.bytes().all(is_plain) && !text.bytes().all(|b| b == b'.')
}

/// Where GitHub's REST API is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GithubApi {
    url: Url,
}

impl GithubApi {
    /// The API of github.com.
    pub const PUBLIC: &'static str = "https://api.github.com";

    /// Reads the address of an API: [`GithubApi::PUBLIC`], or that of a server of one's own.
    ///
    /// # Errors
    /// When it is no `https://` URL (`http://` is for this machine alone), or has a user, a query or a fragment.
    pub fn parse(text: &str) -> Result<GithubApi, PublishError> {
        let hint = "GITHUB_API_URL is such as https://api.github.com or https://github.example.com/api/v3";
        let url =
            Url::parse(text.trim()).map_err(|e| bad(format!("the address of GitHub's API is no URL: {e}"), hint))?;
        if url.host_str().is_none_or(str::is_empty) || !matches!(url.scheme(), "http" | "https") {
            return Err(bad("the address of GitHub's API is no https URL with a host", hint));
        }
        let has_more = url.password().is_some() || url.query().is_some() || url.fragment().is_some();
        if has_more || !url.username().is_empty() {
            return Err(bad(
                "the address of GitHub's API has a user, a query or a fragment",
                hint,
            ));
        }
        if url.scheme() == "http" && !cloud::is_loopback(&url) {
            let cause = "the address of GitHub's API is http://: the token would travel in the clear";
            return Err(bad(cause, hint));
        }
        Ok(GithubApi { url })
    }

    /// Scheme and host.
    pub(super) fn place(&self) -> String {
        format!("{}://{}", self.url.scheme(), self.url.host_str().unwrap_or_default())
    }

    pub(super) fn is_local(&self) -> bool {
        cloud::is_loopback(&self.url)
    }

    /// Who the token belongs to.
    pub(super) fn user(&self) -> String {
        format!("{}/user", self.base())
    }

    /// The comments of an issue.
    pub(super) fn comments(&self, issue: &GithubIssue) -> String {
        let GithubIssue { owner, repo, number } = issue;
        format!("{}/repos/{owner}/{repo}/issues/{number}/comments", self.base())
    }

    /// One comment.
    pub(super) fn comment(&self, issue: &GithubIssue, id: &str) -> String {
        let GithubIssue { owner, repo, .. } = issue;
        format!("{}/repos/{owner}/{repo}/issues/comments/{id}", self.base())
    }

    fn base(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }
}

/// A token that may write comments. It is a secret: nothing here prints it.
#[derive(Clone)]
pub struct GithubToken(HeaderValue);

impl GithubToken {
    /// Takes a token as it was copied, blanks around it aside.
    ///
    /// # Errors
    /// When it is empty, or can be no token. The error does not repeat it.
    pub fn parse(text: &str) -> Result<GithubToken, PublishError> {
        let (text, hint) = (text.trim(), "copy the token whole, and nothing else");
        if text.is_empty() || text.len() > MOST_TOKEN || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(bad("the token for GitHub is empty, or can be no token", hint));
        }
        let header = HeaderValue::from_str(&format!("Bearer {text}"));
        let mut header = header.map_err(|_| bad("the token for GitHub can be no token", hint))?;
        header.set_sensitive(true);
        Ok(GithubToken(header))
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for GithubToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GithubToken(...)")
    }
}

fn bad(cause: impl Into<String>, hint: &str) -> PublishError {
    PublishError::new(Kind::BadGithub, cause, hint)
}
