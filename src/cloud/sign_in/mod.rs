//! Signs in: an access token that somebody else made, or Google's Application Default Credentials of every kind.
//!
//! Input: a token file, and the environment through a function. Output: a [`TokenSource`]. The real environment is read by
//! the caller alone. Secrets stay in here: errors name files, variables and kinds, never values.

mod access_token;
mod file;
mod find;
mod google;
mod refusal;

pub use access_token::AccessToken;
pub use google::GoogleCredentials;
use google::Scopes;

use std::ffi::OsString;
use std::path::Path;

use super::{CloudError, ErrorKind, TokenSource};

/// The environment: the value of a variable, if it is set.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Name of the thread that google-cloud-auth runs on.
pub const SIGN_IN_THREAD: &str = "sign-in";

/// The project that pays, for every kind of credentials.
const QUOTA_PROJECT: &str = "GOOGLE_CLOUD_QUOTA_PROJECT";

/// Signs in with what is there: the token file if one is named, else a token of the environment, else Application Default
/// Credentials. Nothing is sent yet.
///
/// # Errors
/// When what was found first cannot be used; the next ones are not tried in its place.
pub fn sign_in(access_token_file: Option<&Path>, env: Env) -> Result<Box<dyn TokenSource>, CloudError> {
    sign_in_for(google::READING, access_token_file, env)
}

/// The same for reading and writing objects in Cloud Storage, and for nothing else.
///
/// # Errors
/// As with [`sign_in`].
pub fn sign_in_to_storage(access_token_file: Option<&Path>, env: Env) -> Result<Box<dyn TokenSource>, CloudError> {
    sign_in_for(google::STORAGE, access_token_file, env)
}

fn sign_in_for(scopes: Scopes, access_token_file: Option<&Path>, env: Env) -> Result<Box<dyn TokenSource>, CloudError> {
    let quota_project = quota_project(env)?;
    if let Some(path) = access_token_file {
        let token = AccessToken::from_file(path)?;
        return Ok(Box::new(token.billed_to(quota_project)));
    }
    if let Some(token) = AccessToken::from_env(env)? {
        return Ok(Box::new(token.billed_to(quota_project)));
    }
    Ok(Box::new(
        GoogleCredentials::find_for(scopes, env)?.billed_to(quota_project),
    ))
}

fn quota_project(env: Env) -> Result<Option<String>, CloudError> {
    let Some(project) = env_text(env, QUOTA_PROJECT) else {
        return Ok(None);
    };
    if super::call::is_header_value(&project) {
        return Ok(Some(project));
    }
    Err(CloudError::new(
        ErrorKind::QuotaProject,
        format!("{QUOTA_PROJECT} does not hold a project id"),
        "set it to the id of a project, such as acme-shop, or unset it",
    ))
}

/// The value of a variable, without blanks around it; empty counts as not set.
pub fn env_text(env: Env, name: &str) -> Option<String> {
    let value = env(name)?.into_string().ok()?;
    Some(value.trim().to_owned()).filter(|v| !v.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_project_that_is_none_is_refused_before_anything_is_sent() {
        let env = |name: &str| (name == QUOTA_PROJECT).then(|| OsString::from("acme shop"));
        let error = sign_in(None, &env).err().unwrap();
        assert_eq!(error.kind, ErrorKind::QuotaProject);
    }

    #[test]
    fn blank_counts_as_not_set() {
        let env = |_: &str| Some(OsString::from(" "));
        assert_eq!(quota_project(&env), Ok(None));
    }
}
