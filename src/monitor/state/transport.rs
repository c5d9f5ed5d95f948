//! HTTP for `object_store`, as our other requests are made: no redirects, no proxy for this machine, time limits.

use std::sync::Arc;
use std::time::Duration;

use object_store::client::{HttpClient, HttpConnector};
use object_store::gcp::{GcpCredential, GoogleCloudStorage, GoogleCloudStorageBuilder};
use object_store::{BackoffConfig, ClientOptions, RetryConfig, StaticCredentialProvider};

use super::StateError;
use super::address::Address;
use crate::cloud::{AuthHeaders, CloudError, Endpoints, ErrorKind, RetryPolicy};

/// Where Cloud Storage is.
const CLOUD_STORAGE: &str = "https://storage.googleapis.com";
/// Time to connect, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time after which nothing is tried again: a token that was good at the start still is.
const PATIENCE: Duration = Duration::from_secs(120);

/// Makes stores that share one HTTP client.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    base: String,
    http: reqwest::Client,
    retries: RetryPolicy,
}

impl HttpConnector for Transport {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.http.clone()))
    }
}

impl Transport {
    /// To Cloud Storage, or to a private endpoint.
    pub(super) fn new(endpoint: Option<&str>, retries: RetryPolicy) -> Result<Transport, StateError> {
        let base = match endpoint {
            None => CLOUD_STORAGE.to_owned(),
            Some(url) => base(url).map_err(StateError::Cloud)?,
        };
        Transport::at(base, retries)
    }

    fn at(base: String, retries: RetryPolicy) -> Result<Transport, StateError> {
        let http = http(&base, &retries).map_err(|e| {
            let cause = format!("TLS cannot be set up on this machine: {e}");
            StateError::Cloud(CloudError::new(
                ErrorKind::Network,
                cause,
                "check the certificates of this machine",
            ))
        })?;
        Ok(Transport { base, http, retries })
    }

    /// The same with other patience.
    pub(super) fn with_retries(self, retries: RetryPolicy) -> Result<Transport, StateError> {
        Transport::at(self.base, retries)
    }

    /// A store whose requests are signed with the token of these headers.
    ///
    /// The quota project is left out: Cloud Storage bills the bucket's project.
    pub(super) fn store(&self, address: &Address, headers: &AuthHeaders) -> object_store::Result<GoogleCloudStorage> {
        let header = headers.iter().find(|(name, _)| *name == "authorization");
        let bearer = header
            .and_then(|(_, value)| value.strip_prefix("Bearer "))
            .unwrap_or_default();
        let credential = GcpCredential {
            bearer: bearer.to_owned(),
        };
        GoogleCloudStorageBuilder::new()
            .with_bucket_name(&address.bucket)
            .with_base_url(&self.base)
            .with_credentials(Arc::new(StaticCredentialProvider::new(credential)))
            .with_http_connector(self.clone())
            .with_retry(self.retry_config())
            .build()
    }

    fn retry_config(&self) -> RetryConfig {
        RetryConfig {
            backoff: BackoffConfig {
                init_backoff: self.retries.first_wait,
                max_backoff: self.retries.max_wait,
                base: 2.0,
            },
            max_retries: usize::try_from(self.retries.attempts.saturating_sub(1)).unwrap_or(usize::MAX),
            retry_timeout: PATIENCE,
        }
    }
}

/// An endpoint by the rules for all of them: `http://` for this machine alone.
fn base(url: &str) -> Result<String, CloudError> {
    Ok(Endpoints::all_at(url)?.base(crate::cloud::Api::Logging).to_owned())
}

fn http(base: &str, retries: &RetryPolicy) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("logverdict/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(retries.attempt_timeout)
        .redirect(reqwest::redirect::Policy::none())
        // Compressed answers would hide the length of the object.
        .no_gzip();
    let is_local = base.starts_with("http://");
    let builder = if is_local { builder.no_proxy() } else { builder };
    builder.build()
}
