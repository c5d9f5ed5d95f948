//! Where the APIs are: Google's public addresses, or private ones.

use super::{Api, CloudError, ErrorKind};

/// The base URL of each API, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    logging: String,
    run: String,
    monitoring: String,
    storage: Option<String>,
}

impl Default for Endpoints {
    fn default() -> Endpoints {
        let base = |api: Api| format!("https://{}", api.service());
        Endpoints {
            logging: base(Api::Logging),
            run: base(Api::Run),
            monitoring: base(Api::Monitoring),
            storage: None,
        }
    }
}

impl Endpoints {
    /// Every API at one base.
    ///
    /// # Errors
    /// When it is no usable URL; see [`Endpoints::parse`].
    pub fn all_at(base: &str) -> Result<Endpoints, CloudError> {
        Endpoints::parse(&[base])
    }

    /// Reads what `--endpoint` was given, in order: `URL` (all APIs) or `logging=URL`, `run=URL`, `monitoring=URL`,
    /// `storage=URL`.
    ///
    /// # Errors
    /// When a URL is none, names an unknown API, has a query, user or fragment, or is `http://` and not of this machine: a
    /// token would travel in the clear.
    pub fn parse<S: AsRef<str>>(texts: &[S]) -> Result<Endpoints, CloudError> {
        let mut endpoints = Endpoints::default();
        for text in texts {
            if let Some(url) = text.as_ref().strip_prefix("storage=") {
                endpoints.storage = Some(check(url)?);
                continue;
            }
            let (api, url) = split_name(text.as_ref())?;
            let base = check(url)?;
            if api.is_none() {
                endpoints.storage = Some(base.clone());
            }
            for api in api.map_or(&Api::ALL[..], std::slice::from_ref) {
                *endpoints.slot(*api) = base.clone();
            }
        }
        Ok(endpoints)
    }

    /// The base URL of an API.
    pub fn base(&self, api: Api) -> &str {
        match api {
            Api::Logging => &self.logging,
            Api::Run => &self.run,
            Api::Monitoring => &self.monitoring,
        }
    }

    /// The base URL of Cloud Storage, where it is not Google's.
    pub fn storage(&self) -> Option<&str> {
        self.storage.as_deref()
    }

    /// Whether everything is on this machine, so that no proxy can be meant.
    pub(super) fn are_local(&self) -> bool {
        Api::ALL
            .iter()
            .all(|api| reqwest::Url::parse(self.base(*api)).is_ok_and(|url| is_loopback(&url)))
    }

    fn slot(&mut self, api: Api) -> &mut String {
        match api {
            Api::Logging => &mut self.logging,
            Api::Run => &mut self.run,
            Api::Monitoring => &mut self.monitoring,
        }
    }
}

fn split_name(text: &str) -> Result<(Option<&'static Api>, &str), CloudError> {
    let Some((name, url)) = text.split_once('=') else {
        return Ok((None, text));
    };
    match name {
        "logging" => Ok((Some(&Api::Logging), url)),
        "run" => Ok((Some(&Api::Run), url)),
        "monitoring" => Ok((Some(&Api::Monitoring), url)),
        _ if name.contains(':') => Ok((None, text)),
        _ => Err(refused(
            format!("`{name}` is no API to set an endpoint for"),
            "use logging=URL, run=URL, monitoring=URL or storage=URL, or a URL alone for all of them",
        )),
    }
}

fn check(text: &str) -> Result<String, CloudError> {
    let example = "write it as in --endpoint https://logging.example.internal";
    let url = reqwest::Url::parse(text).map_err(|e| refused(format!("the endpoint is no URL: {e}"), example))?;
    if url.host_str().is_none_or(str::is_empty) || !matches!(url.scheme(), "http" | "https") {
        return Err(refused(
            "the endpoint is no http or https URL with a host".to_owned(),
            example,
        ));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(refused(
            "the endpoint has a user, a query or a fragment".to_owned(),
            example,
        ));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(refused(
            format!(
                "http://{} would send the access token in the clear",
                url.host_str().unwrap_or_default()
            ),
            "use https://; http:// is for 127.0.0.1, [::1] and localhost alone",
        ));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Whether a URL's host is this machine, by its name.
pub(crate) fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn refused(cause: String, hint: &str) -> CloudError {
    CloudError::new(ErrorKind::Endpoint, cause, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_any_they_are_googles() {
        let endpoints = Endpoints::parse::<&str>(&[]).unwrap();
        assert_eq!(endpoints, Endpoints::default());
        assert_eq!(endpoints.base(Api::Monitoring), "https://monitoring.googleapis.com");
        assert!(!endpoints.are_local());
    }

    #[test]
    fn one_for_all_or_one_each_the_last_wins() {
        let endpoints = Endpoints::parse(&["http://127.0.0.1:8080/", "run=https://run.example.internal/x/"]).unwrap();
        assert_eq!(endpoints.base(Api::Logging), "http://127.0.0.1:8080");
        assert_eq!(endpoints.base(Api::Run), "https://run.example.internal/x");
        assert!(!endpoints.are_local());
        assert!(Endpoints::all_at("http://[::1]:1").unwrap().are_local());
        assert!(Endpoints::all_at("http://localhost:1").unwrap().are_local());
    }

    #[test]
    fn what_is_unsafe_or_unclear_is_refused() {
        for text in [
            "",
            "logging",
            "logging.googleapis.com",
            "ftp://127.0.0.1",
            "http://logging.googleapis.com",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1",
            "https://user:pw@127.0.0.1",
            "https://example.com/?a=b",
            "https://example.com/#x",
            "pubsub=https://example.com",
            "logging=",
        ] {
            let error = Endpoints::parse(&[text]).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Endpoint, "{text}");
            assert!(!error.hint.is_empty() && !error.cause.contains("pw"), "{text}");
        }
    }
}
