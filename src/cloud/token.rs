//! Where access tokens come from. Nothing here is ever printed: debug texts leave values out.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use google_cloud_auth::credentials::{Builder, CacheableResource, Credentials};

use super::{CloudError, ErrorKind};

/// Gives the headers that sign a request.
pub trait TokenSource: Send + Sync {
    /// Headers with a token that is good now.
    ///
    /// # Errors
    /// When there are no credentials, or they are refused.
    fn headers(&self) -> Result<AuthHeaders, CloudError>;

    /// Forgets the token at hand and starts from the credentials again, after a 401.
    ///
    /// # Errors
    /// When the credentials can no longer be read.
    fn rebuild(&self) -> Result<(), CloudError>;

    /// Which kind of credentials these are, in words: "service account key".
    fn kind(&self) -> &'static str;
}

/// Headers that sign a request. Their values are secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthHeaders(Vec<(String, String)>);

impl AuthHeaders {
    /// The header of an access token.
    pub fn bearer(token: &str) -> AuthHeaders {
        AuthHeaders(vec![("authorization".to_owned(), format!("Bearer {token}"))])
    }

    /// Names (lower case) and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for AuthHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// A token that somebody else made: from a file, or given as such.
pub struct AccessToken {
    file: Option<PathBuf>,
    token: Mutex<String>,
}

impl AccessToken {
    /// A token as such.
    pub fn of(token: impl Into<String>) -> AccessToken {
        AccessToken {
            file: None,
            token: Mutex::new(token.into()),
        }
    }

    /// A token in a file, read now and after each 401.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn from_file(path: impl Into<PathBuf>) -> Result<AccessToken, CloudError> {
        let source = AccessToken {
            file: Some(path.into()),
            token: Mutex::default(),
        };
        source.rebuild()?;
        Ok(source)
    }
}

impl TokenSource for AccessToken {
    fn headers(&self) -> Result<AuthHeaders, CloudError> {
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(AuthHeaders::bearer(&token))
    }

    fn rebuild(&self) -> Result<(), CloudError> {
        let Some(path) = &self.file else { return Ok(()) };
        let text = std::fs::read_to_string(path).map_err(|e| {
            CloudError::new(
                ErrorKind::BadCredentials,
                format!("the access token file {} cannot be read: {}", path.display(), e.kind()),
                "write one with `gcloud auth print-access-token > FILE`",
            )
        })?;
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = text.trim().to_owned();
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "access token"
    }
}

/// Application Default Credentials of every kind.
pub struct GoogleCredentials {
    runtime: tokio::runtime::Runtime,
    credentials: Mutex<Credentials>,
}

const SCOPES: [&str; 2] = [
    "https://www.googleapis.com/auth/logging.read",
    "https://www.googleapis.com/auth/cloud-platform.read-only",
];
const PATIENCE: Duration = Duration::from_secs(20);

impl GoogleCredentials {
    /// The credentials of this machine.
    ///
    /// # Errors
    /// When their file is missing or broken.
    pub fn find() -> Result<GoogleCredentials, CloudError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|e| {
                CloudError::new(
                    ErrorKind::BadCredentials,
                    format!("sign-in cannot start: {e}"),
                    "try again",
                )
            })?;
        let credentials = Mutex::new(build(&runtime)?);
        Ok(GoogleCredentials { runtime, credentials })
    }
}

fn build(runtime: &tokio::runtime::Runtime) -> Result<Credentials, CloudError> {
    let _inside = runtime.enter();
    Builder::default()
        .with_scopes(SCOPES)
        .build()
        .map_err(|_| no_credentials())
}

fn no_credentials() -> CloudError {
    CloudError::new(
        ErrorKind::NoCredentials,
        "no Google credentials can be used on this machine",
        "run `gcloud auth application-default login`",
    )
}

impl TokenSource for GoogleCredentials {
    fn headers(&self) -> Result<AuthHeaders, CloudError> {
        let credentials = self.credentials.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let headers = self
            .runtime
            .block_on(async { tokio::time::timeout(PATIENCE, credentials.headers(http_extensions())).await });
        match headers {
            Ok(Ok(CacheableResource::New { data, .. })) => Ok(AuthHeaders(
                data.iter()
                    .filter_map(|(n, v)| Some((n.as_str().to_owned(), v.to_str().ok()?.to_owned())))
                    .collect(),
            )),
            _ => Err(no_credentials()),
        }
    }

    fn rebuild(&self) -> Result<(), CloudError> {
        *self.credentials.lock().unwrap_or_else(PoisonError::into_inner) = build(&self.runtime)?;
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "application default credentials"
    }
}

fn http_extensions<T: Default>() -> T {
    T::default()
}
