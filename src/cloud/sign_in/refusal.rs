//! Words why no token could be had.
//!
//! The library's errors hold whole answers of sign-in servers, and once in a while a token. Only a few fields of those answers
//! are shown, cut to a length, with every known secret and everything that looks like a token struck out.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use google_cloud_auth::errors::CredentialsError;
use serde_json::Value;

use super::file::LOG_IN;
use super::find::{CREDENTIALS_FILE, METADATA_HOST, Place};
use crate::cloud::{CloudError, ErrorKind};
use crate::model::start_of;

/// Longest text of a server that is shown, in bytes.
const LONGEST_WORDS: usize = 300;
/// A word of so many characters of tokens is taken for one.
const SHORTEST_TOKEN: usize = 30;
/// Written where something secret stood.
const STRUCK_OUT: &str = "[…]";

/// What happened in the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No answer in this time.
    TimedOut(Duration),
    /// It panicked, which it does when a token has expired before it came: a wrong clock.
    Crashed,
    /// It says so itself.
    Error {
        /// Its words and those of what caused it.
        words: String,
        /// HTTP status of the server that refused.
        status: Option<u16>,
        /// No connection.
        is_connect: bool,
        is_transient: bool,
    },
}

impl Trouble {
    /// What the library says.
    pub(super) fn of(error: &CredentialsError) -> Trouble {
        let mut words = error.to_string();
        let (mut status, mut is_connect) = (None, false);
        let mut source = error.source();
        while let Some(cause) = source {
            words = format!("{words}: {cause}");
            if let Some(http) = cause.downcast_ref::<reqwest::Error>() {
                status = status.or(http.status().map(|s| s.as_u16()));
                is_connect |= http.is_connect();
            }
            source = cause.source();
        }
        Trouble::Error {
            status: status.or_else(|| status_in(&words)),
            is_transient: error.is_transient(),
            words,
            is_connect,
        }
    }
}

/// The status in "the HTTP transport reports a [403] error".
fn status_in(words: &str) -> Option<u16> {
    let (_, rest) = words.split_once("reports a [")?;
    rest.split_once(']')?.0.parse().ok()
}

/// What a sign-in server says: OAuth's error code or Google's status, and a sentence.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    code: String,
    sentence: String,
}

/// The first JSON object in the words that is an error answer.
fn said(words: &str) -> Said {
    let starts = words.match_indices('{').map(|(i, _)| i).take(20);
    let mut answers = starts.filter_map(|i| {
        let value: Value = serde_json::Deserializer::from_str(&words[i..])
            .into_iter()
            .next()?
            .ok()?;
        let text = |v: &Value, name: &str| v.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match value.get("error")? {
            Value::String(code) => Some(Said {
                code: code.clone(),
                sentence: text(&value, "error_description"),
            }),
            error => Some(Said {
                code: text(error, "status"),
                sentence: text(error, "message"),
            }),
        }
    });
    answers.next().unwrap_or_default()
}

/// Why no token could be had, with secrets struck out.
pub(super) fn refusal(place: &Place, kind: &'static str, trouble: &Trouble, secrets: &BTreeSet<String>) -> CloudError {
    match (trouble, place) {
        (Trouble::TimedOut(_), Place::Metadata { is_certain: false, .. }) => no_credentials(None),
        (Trouble::TimedOut(time), _) => CloudError::new(
            ErrorKind::Timeout,
            format!("signing in ({kind}) got no answer in {} s", time.as_secs()),
            "check the network and the proxy settings",
        ),
        (Trouble::Crashed, _) => CloudError::new(
            ErrorKind::SignInRefused,
            format!("signing in ({kind}) failed: the token that came has already expired by the clock of this machine"),
            "set the clock of this machine, then try again",
        ),
        (
            Trouble::Error {
                words,
                status,
                is_connect,
                is_transient,
            },
            _,
        ) => {
            let answer = Answer {
                place,
                kind,
                said: said(words).without(secrets),
                words,
                status: *status,
            };
            match (is_connect, is_transient) {
                _ if answer.is_nobodys() => no_credentials(answer.status),
                (true, _) => answer.unreachable(),
                (_, true) if answer.status.is_none_or(|s| s >= 500 || s == 429) => answer.unavailable(),
                _ => answer.refused(),
            }
        }
    }
}

/// A file that passed our checks, but not the library's. Its words may quote the file.
pub(super) fn unusable(place: &Place) -> CloudError {
    let cause = match place {
        Place::File { path, .. } => format!("the credentials file {} has fields that cannot be used", path.display()),
        Place::Metadata { .. } => "the metadata server cannot be used".to_owned(),
    };
    CloudError::new(
        ErrorKind::BadCredentials,
        cause,
        format!("make the file anew, or {LOG_IN}"),
    )
}

/// Nobody is signed in. The status is that of whoever answered in place of a metadata server, such as a proxy.
fn no_credentials(status: Option<u16>) -> CloudError {
    let asked = status
        .map(|s| format!(" (asking for its metadata server gave {s})"))
        .unwrap_or_default();
    CloudError::new(
        ErrorKind::NoCredentials,
        format!(
            "no Google credentials on this machine: no credentials file, no access token, and this is not Google Cloud{asked}"
        ),
        format!(
            "{LOG_IN} (`gcloud auth login` signs in gcloud alone), set {CREDENTIALS_FILE}, or give --access-token-file; on \
             Cloud Run, a service account is enough"
        ),
    )
}

struct Answer<'a> {
    place: &'a Place,
    kind: &'static str,
    said: Said,
    /// For recognising only, never for showing.
    words: &'a str,
    status: Option<u16>,
}

impl Answer<'_> {
    /// Whether there is no metadata server: nothing said that there must be one, and what answered, if anything did, is none.
    fn is_nobodys(&self) -> bool {
        matches!(self.place, Place::Metadata { is_certain: false, .. }) && self.status != Some(404)
    }

    fn unreachable(&self) -> CloudError {
        match self.place {
            Place::Metadata { .. } => self.error(
                ErrorKind::Network,
                "cannot reach the metadata server",
                &format!("check {METADATA_HOST}, or the network of this container"),
            ),
            Place::File { .. } => self.error(
                ErrorKind::Network,
                "cannot reach the sign-in server",
                "check the network, DNS and the proxy settings (HTTPS_PROXY, NO_PROXY)",
            ),
        }
    }

    fn unavailable(&self) -> CloudError {
        let hint = "try again in a minute";
        self.error(ErrorKind::Unavailable, "is not available at the moment", hint)
    }

    fn refused(&self) -> CloudError {
        if self.is_about_time() {
            let hint = "set the clock of this machine: tokens are made with it, and Google allows a few minutes";
            return self.error(ErrorKind::SignInRefused, "was refused, and the clock may be why", hint);
        }
        match self.place {
            Place::Metadata { .. } => self.refused_by_metadata(),
            Place::File { path, .. } => self.refused_file(&path.display().to_string()),
        }
    }

    fn refused_by_metadata(&self) -> CloudError {
        match self.status {
            Some(404) => self.error(
                ErrorKind::NoCredentials,
                "found no service account",
                "attach a service account with roles/logging.viewer, roles/run.viewer and roles/monitoring.viewer",
            ),
            _ => self.error(
                ErrorKind::SignInRefused,
                "was refused",
                "check the service account that runs this",
            ),
        }
    }

    fn refused_file(&self, path: &str) -> CloudError {
        let (kind, what, hint) = match (self.said.code.as_str(), self.kind) {
            ("invalid_grant" | "invalid_rapt", "user credentials of gcloud") => (
                ErrorKind::ExpiredCredentials,
                "was refused: the login has expired or was revoked",
                format!("log in again: {LOG_IN}"),
            ),
            ("invalid_client" | "unauthorized_client" | "deleted_client" | "disabled_client", _) => (
                ErrorKind::BadCredentials,
                "was refused: the OAuth client in the file is not accepted",
                format!("make {path} anew: {LOG_IN}"),
            ),
            (_, "service account key") => (
                ErrorKind::BadCredentials,
                "failed: the private key in the file cannot be used",
                format!("make {path} anew; when it came through a secret, its line breaks must still be \\n"),
            ),
            (_, "workload identity federation") => self.refused_federation(),
            (_, "impersonated service account") => (
                ErrorKind::SignInRefused,
                "was refused",
                "give the caller roles/iam.serviceAccountTokenCreator on the service account".to_owned(),
            ),
            _ => (
                ErrorKind::SignInRefused,
                "was refused",
                format!("log in again: {LOG_IN}"),
            ),
        };
        self.error(kind, what, &hint)
    }

    fn refused_federation(&self) -> (ErrorKind, &'static str, String) {
        if self.words.contains("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES") {
            let hint = "set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 if the program that the file names may run";
            let what = "needs to run a program, which is not allowed";
            return (ErrorKind::SignInRefused, what, hint.to_owned());
        }
        if self.status.is_none() {
            let hint = "check `credential_source` in the file: the token must be there, and in the field that it names; in \
                        GitHub Actions the job needs `permissions: id-token: write`";
            return (ErrorKind::SignInRefused, "got no token to exchange", hint.to_owned());
        }
        if self.words.contains("generateAccessToken") || self.words.contains("getAccessToken") {
            let hint = "give the identity roles/iam.workloadIdentityUser on the service account, or \
                        roles/iam.serviceAccountTokenCreator";
            return (
                ErrorKind::SignInRefused,
                "may not act as the service account",
                hint.to_owned(),
            );
        }
        let hint =
            "check audience, issuer, attribute mapping and attribute condition of the workload identity provider";
        (ErrorKind::SignInRefused, "was refused", hint.to_owned())
    }

    fn is_about_time(&self) -> bool {
        let sentence = self.said.sentence.to_ascii_lowercase();
        let marks = [
            "reasonable timeframe",
            "iat and exp",
            "issued in the future",
            "is stale",
            "token used too early",
        ];
        marks.iter().any(|mark| sentence.contains(mark))
    }

    fn error(&self, kind: ErrorKind, what: &str, hint: &str) -> CloudError {
        let mut cause = format!("signing in ({}) {what}", self.kind);
        if let Some(status) = self.status {
            cause.push_str(&format!(" [{status}]"));
        }
        let said = &self.said;
        match (said.code.is_empty(), said.sentence.is_empty()) {
            (true, true) => {}
            (_, true) => cause.push_str(&format!(": {}", said.code)),
            (true, _) => cause.push_str(&format!(": {}", said.sentence)),
            _ => cause.push_str(&format!(": {}: {}", said.code, said.sentence)),
        }
        CloudError::new(kind, cause, hint)
    }
}

impl Said {
    fn without(self, secrets: &BTreeSet<String>) -> Said {
        let clean = |text: &str, longest: usize| {
            let text = secrets
                .iter()
                .fold(text.to_owned(), |t, s| t.replace(s.as_str(), STRUCK_OUT));
            let text = without_tokens(&text);
            let words: Vec<&str> = start_of(&text, longest).split_whitespace().collect();
            words.join(" ")
        };
        Said {
            code: clean(&self.code, 60),
            sentence: clean(&self.sentence, LONGEST_WORDS),
        }
    }
}

/// The text without what looks like a token: a long word of its characters with a digit in it. Permissions, addresses and
/// resource names have none or are shorter between their slashes.
fn without_tokens(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.+=~%".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let is_known = word.starts_with("ya29.") || word.starts_with("eyJ");
        let is_token = is_known || (word.len() >= SHORTEST_TOKEN && word.bytes().any(|b| b.is_ascii_digit()));
        out.push_str(if is_token { STRUCK_OUT } else { word });
        let mut others = after.chars();
        out.extend(others.next());
        rest = others.as_str();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Place {
        Place::File {
            path: "/home/me/key.json".into(),
            is_named: true,
        }
    }

    fn error(words: &str, status: Option<u16>) -> Trouble {
        Trouble::Error {
            words: words.to_owned(),
            status,
            is_connect: false,
            is_transient: false,
        }
    }

    #[test]
    fn answers_are_found_inside_the_words() {
        let oauth = r#"failed, body=<{"error": "invalid_grant", "error_description": "Bad Request"}> and so on"#;
        assert_eq!(
            (said(oauth).code.as_str(), said(oauth).sentence.as_str()),
            ("invalid_grant", "Bad Request")
        );
        let google = r#"reports a [403] error: {"error": {"status": "PERMISSION_DENIED", "message": "No."}}"#;
        assert_eq!(
            (said(google).code.as_str(), said(google).sentence.as_str()),
            ("PERMISSION_DENIED", "No.")
        );
        assert_eq!(status_in(google), Some(403));
        assert_eq!(said("{{{ {\"token\": \"x\"} {"), Said::default());
    }

    #[test]
    fn tokens_are_struck_out_and_names_are_not() {
        for (text, shown) in [
            ("token eyJhbGciOi.J9 is stale", "token […] is stale"),
            ("ya29.a0Af is bad", "[…] is bad"),
            (
                "Permission 'iam.serviceAccounts.getAccessToken' denied",
                "Permission 'iam.serviceAccounts.getAccessToken' denied",
            ),
            (
                "//iam.googleapis.com/projects/123456789012/x",
                "//iam.googleapis.com/projects/123456789012/x",
            ),
            ("key 0123456789abcdef0123456789abcdef!", "key […]!"),
            ("", ""),
        ] {
            assert_eq!(without_tokens(text), shown);
        }
    }

    #[test]
    fn a_known_secret_is_struck_out_wherever_a_server_repeats_it() {
        let trouble = error(
            r#"{"error": "invalid_grant", "error_description": "1//short"}"#,
            Some(400),
        );
        let secrets = BTreeSet::from(["1//short".to_owned()]);
        let error = refusal(&file(), "user credentials of gcloud", &trouble, &secrets);
        assert_eq!(error.kind, ErrorKind::ExpiredCredentials);
        assert!(!format!("{error:?}").contains("short"), "{error:?}");
    }

    #[test]
    fn a_wrong_clock_is_suspected_from_what_google_says() {
        let words = r#"{"error": "invalid_grant", "error_description": "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}"#;
        let error = refusal(
            &file(),
            "workload identity federation",
            &error(words, Some(400)),
            &BTreeSet::new(),
        );
        assert!(error.hint.contains("clock"), "{error:?}");
    }

    #[test]
    fn on_a_laptop_a_missing_metadata_server_means_no_credentials() {
        let place = |is_certain| Place::Metadata { host: None, is_certain };
        let timeout = Trouble::TimedOut(Duration::from_secs(5));
        let kind = |place: &Place, trouble: &Trouble| refusal(place, "metadata server", trouble, &BTreeSet::new()).kind;
        assert_eq!(kind(&place(false), &timeout), ErrorKind::NoCredentials);
        assert_eq!(kind(&place(true), &timeout), ErrorKind::Timeout);
        for status in [None, Some(200), Some(403), Some(503)] {
            assert_eq!(kind(&place(false), &error("a proxy", status)), ErrorKind::NoCredentials);
        }
        assert_eq!(kind(&place(true), &error("decoding", None)), ErrorKind::SignInRefused);
        assert_eq!(
            kind(&place(true), &error("no account", Some(404))),
            ErrorKind::NoCredentials
        );
    }
}
