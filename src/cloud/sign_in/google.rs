//! Application Default Credentials through Google's own library, which is asynchronous: a small runtime of its own runs it.
//!
//! The library caches tokens and fetches new ones some minutes before they expire. It sets no time limits and keeps an error
//! for ten seconds; both are mended here.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use google_cloud_auth::build_errors::Error as BuildError;
use google_cloud_auth::credentials::{
    CacheableResource, Credentials, external_account, impersonated, mds, service_account, user_account,
};
use google_cloud_auth::errors::CredentialsError;
use tokio::runtime::Runtime;

use super::file::{self, Kind};
use super::find::{self, Place};
use super::{Env, SIGN_IN_THREAD, refusal};
use crate::cloud::{AuthHeaders, CloudError, ErrorKind, TokenSource};

/// What tokens are asked for.
pub(super) type Scopes = &'static [&'static str];
/// Reading logs, metrics and Cloud Run, and nothing else. `cloud-platform.read-only` alone would not
/// do: the Cloud Run and Monitoring APIs do not take it.
pub(super) const READING: Scopes = &[
    "https://www.googleapis.com/auth/logging.read",
    "https://www.googleapis.com/auth/monitoring.read",
    "https://www.googleapis.com/auth/run.readonly",
    "https://www.googleapis.com/auth/cloud-platform.read-only",
];
/// Reading and writing objects in Cloud Storage.
pub(super) const STORAGE: Scopes = &["https://www.googleapis.com/auth/devstorage.read_write"];
/// Time for a token: three round trips, or a program of the user's that makes one (30 s by its own default).
const PATIENCE: Duration = Duration::from_secs(35);
/// Time for the metadata server where there may be none. Where there is one, it answers in milliseconds.
const PATIENCE_FOR_METADATA: Duration = Duration::from_secs(5);

/// Application Default Credentials of every kind.
pub struct GoogleCredentials {
    /// Taken out when dropped; never `None` before.
    runtime: Option<Runtime>,
    place: Place,
    scopes: Scopes,
    kind: &'static str,
    quota_project: Option<String>,
    state: Mutex<State>,
}

struct State {
    credentials: Credentials,
    secrets: BTreeSet<String>,
    /// Whether the last token could not be had; then the library would only repeat its error for a while.
    has_failed: bool,
}

impl GoogleCredentials {
    /// Finds the credentials of this machine: the file of `GOOGLE_APPLICATION_CREDENTIALS`, gcloud's file, the metadata server.
    /// Nothing is sent yet, except that a token begins to be fetched.
    ///
    /// # Errors
    /// When their file is missing or broken.
    pub fn find(env: Env) -> Result<GoogleCredentials, CloudError> {
        GoogleCredentials::find_for(READING, env)
    }

    /// The same for other scopes.
    pub(super) fn find_for(scopes: Scopes, env: Env) -> Result<GoogleCredentials, CloudError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(SIGN_IN_THREAD)
            .enable_all()
            .build()
            .map_err(|e| {
                let cause = format!("no thread can be started to sign in: {}", e.kind());
                CloudError::new(ErrorKind::Unavailable, cause, "raise the limit of threads")
            })?;
        let place = find::find(env);
        let (state, kind) = build(&runtime, &place, scopes)?;
        Ok(GoogleCredentials {
            runtime: Some(runtime),
            place,
            scopes,
            kind,
            quota_project: None,
            state: Mutex::new(state),
        })
    }

    /// The same, billed to a project, whatever the file says.
    pub fn billed_to(mut self, project: Option<String>) -> GoogleCredentials {
        self.quota_project = project;
        self
    }

    fn patience(&self) -> Duration {
        match self.place {
            Place::Metadata { is_certain: false, .. } => PATIENCE_FOR_METADATA,
            _ => PATIENCE,
        }
    }

    /// The credentials as they are, built anew after a failure.
    fn credentials(&self, runtime: &Runtime) -> Result<Credentials, CloudError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.has_failed {
            *state = build(runtime, &self.place, self.scopes)?.0;
        }
        Ok(state.credentials.clone())
    }

    fn failed(&self, trouble: &refusal::Trouble) -> CloudError {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.has_failed = true;
        refusal::refusal(&self.place, self.kind, trouble, &state.secrets)
    }
}

impl TokenSource for GoogleCredentials {
    fn headers(&self) -> Result<AuthHeaders, CloudError> {
        let Some(runtime) = &self.runtime else {
            return Err(self.failed(&refusal::Trouble::Crashed));
        };
        let credentials = self.credentials(runtime)?;
        let patience = self.patience();
        // In a task of its own, so that a panic in the library becomes an error.
        let task = runtime.spawn(async move { tokio::time::timeout(patience, headers(&credentials)).await });
        match runtime.block_on(task) {
            Ok(Ok(Ok(headers))) => Ok(headers.billed_to(self.quota_project.as_deref())),
            Ok(Ok(Err(error))) => Err(self.failed(&refusal::Trouble::of(&error))),
            Ok(Err(_)) => Err(self.failed(&refusal::Trouble::TimedOut(patience))),
            Err(_) => Err(self.failed(&refusal::Trouble::Crashed)),
        }
    }

    fn rebuild(&self) -> Result<(), CloudError> {
        if let Some(runtime) = &self.runtime {
            let state = build(runtime, &self.place, self.scopes)?.0;
            *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
        }
        Ok(())
    }

    fn kind(&self) -> &'static str {
        self.kind
    }
}

impl Drop for GoogleCredentials {
    /// Waits for nothing: a name that is being looked up would hold the program up.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn headers(credentials: &Credentials) -> Result<AuthHeaders, CredentialsError> {
    match credentials.headers(Default::default()).await? {
        CacheableResource::New { data, .. } => {
            let pairs = data.iter().filter_map(|(name, value)| {
                let value = value.to_str().ok()?;
                Some((name.as_str().to_owned(), value.to_owned()))
            });
            Ok(AuthHeaders::of(pairs.collect()))
        }
        // Only answered to those who show what they have.
        CacheableResource::NotModified => Ok(AuthHeaders::of(Vec::new())),
    }
}

fn build(runtime: &Runtime, place: &Place, scopes: Scopes) -> Result<(State, &'static str), CloudError> {
    let _inside = runtime.enter(); // the library starts tasks while it builds
    match place {
        Place::Metadata { host, .. } => {
            let builder = mds::Builder::default().with_scopes(scopes.iter().copied());
            let builder = match host {
                Some(host) => builder.with_endpoint(format!("http://{host}")),
                None => builder,
            };
            let credentials = builder.build().map_err(|_| refusal::unusable(place))?;
            Ok((state(credentials, BTreeSet::new()), "metadata server"))
        }
        Place::File { path, is_named } => {
            let file = file::read(path, *is_named)?;
            let (kind, secrets) = (file.kind.words(), file.secrets());
            let credentials = from_file(file, scopes).map_err(|_| refusal::unusable(place))?;
            Ok((state(credentials, secrets), kind))
        }
    }
}

fn state(credentials: Credentials, secrets: BTreeSet<String>) -> State {
    State {
        credentials,
        secrets,
        has_failed: false,
    }
}

fn from_file(file: file::Credentials, scopes: Scopes) -> Result<Credentials, BuildError> {
    let project = file.quota_project().map(str::to_owned);
    let value = file.value;
    match file.kind {
        Kind::ServiceAccount => {
            let access = service_account::AccessSpecifier::from_scopes(scopes.iter().copied());
            let builder = service_account::Builder::new(value).with_access_specifier(access);
            project
                .into_iter()
                .fold(builder, |b, p| b.with_quota_project_id(p))
                .build()
        }
        // No scopes: they are what the user granted when logging in, and asking for others is refused.
        Kind::AuthorizedUser => {
            let builder = user_account::Builder::new(value);
            project
                .into_iter()
                .fold(builder, |b, p| b.with_quota_project_id(p))
                .build()
        }
        Kind::ExternalAccount => {
            let builder = external_account::Builder::new(value).with_scopes(scopes.iter().copied());
            project
                .into_iter()
                .fold(builder, |b, p| b.with_quota_project_id(p))
                .build()
        }
        Kind::Impersonated => {
            let builder = impersonated::Builder::new(value).with_scopes(scopes.iter().copied());
            project
                .into_iter()
                .fold(builder, |b, p| b.with_quota_project_id(p))
                .build()
        }
    }
}
