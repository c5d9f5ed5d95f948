//! What GitHub needs of the environment: the API's address and a token.

use std::path::Path;

use crate::cli::failure::Failure;
use crate::publish::{GithubApi, GithubToken, Posted, PublishError};

/// Address of the API, as GitHub Actions sets it.
const API_URL: &str = "GITHUB_API_URL";
/// Where a token may stand; the first one that is not empty is taken.
const TOKENS: [&str; 2] = ["GITHUB_TOKEN", "GH_TOKEN"];

/// GitHub's API, of the environment or the public one.
pub fn api() -> Result<GithubApi, Failure> {
    // One that cannot be read is refused, and not taken for none: the token would go elsewhere.
    let text = std::env::var_os(API_URL).map(|text| text.to_string_lossy().into_owned());
    let text = text.filter(|text| !text.trim().is_empty());
    GithubApi::parse(text.as_deref().unwrap_or(GithubApi::PUBLIC)).map_err(usage)
}

/// The token of a file, else of the environment.
pub fn token(file: Option<&Path>) -> Result<GithubToken, Failure> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|e| Failure::file(path, &e))?;
        return GithubToken::parse(&text).map_err(|e| Failure::input(format!("{}: {e}", path.display()), e.hint));
    }
    for name in TOKENS {
        if let Some(text) = std::env::var_os(name).filter(|text| !text.is_empty()) {
            return GithubToken::parse(&text.to_string_lossy())
                .map_err(|e| Failure::input(format!("{name}: {e}"), e.hint));
        }
    }
    Err(Failure::input(
        "there is no token for GitHub",
        "set GITHUB_TOKEN or GH_TOKEN (for publish, --token-file names a file); in GitHub Actions: env: GITHUB_TOKEN: ${{ github.token }}",
    ))
}

/// What was given cannot be used.
pub fn usage(error: PublishError) -> Failure {
    Failure::usage(error.cause, error.hint)
}

/// What else is to be said of a comment.
pub fn remarks(posted: &Posted) -> Vec<String> {
    let mut remarks = vec![];
    if posted.doubles > 0 {
        let doubles = posted.doubles;
        remarks.push(format!(
            "there are {doubles} more comments with this key, which stay as they are: delete them"
        ));
    }
    if let Some(author) = &posted.other_author {
        remarks.push(format!(
            "the comment was written by {author}: name it the next time (--author), or the comment will not be found"
        ));
    }
    remarks
}
