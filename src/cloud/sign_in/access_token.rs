//! An access token that somebody else made: in a file, or in the environment.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{Env, env_text};
use crate::cloud::{AuthHeaders, CloudError, ErrorKind, TokenSource, call};

/// Variables that hold a token or the path of a file with one, most specific first. The first two are gcloud's own.
const TOKEN_FILE: &str = "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE";
const TOKENS: [(&str, &str); 2] = [
    (
        "CLOUDSDK_AUTH_ACCESS_TOKEN",
        "access token of CLOUDSDK_AUTH_ACCESS_TOKEN",
    ),
    ("GOOGLE_OAUTH_ACCESS_TOKEN", "access token of GOOGLE_OAUTH_ACCESS_TOKEN"),
];
/// Longest file that is read, in bytes. Google's tokens have up to 2 KiB, those with many groups up to 16 KiB.
const LONGEST_FILE: u64 = 64 * 1024;
/// How to get one.
const MAKE_ONE: &str = "write one with `gcloud auth print-access-token > FILE`; it is good for an hour";

/// A token that somebody else made.
pub struct AccessToken {
    kind: &'static str,
    file: Option<PathBuf>,
    token: Mutex<String>,
    quota_project: Option<String>,
}

impl AccessToken {
    /// A token as such.
    pub fn of(token: impl Into<String>) -> AccessToken {
        AccessToken {
            kind: "access token",
            file: None,
            token: Mutex::new(token.into()),
            quota_project: None,
        }
    }

    /// A token in a file, read now and after each 401: something else may keep it fresh.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no token.
    pub fn from_file(path: &Path) -> Result<AccessToken, CloudError> {
        Ok(AccessToken {
            kind: "access token file",
            file: Some(path.to_owned()),
            ..AccessToken::of(read(path)?)
        })
    }

    /// A token that the environment holds or points to; `None` when it does neither.
    ///
    /// # Errors
    /// When it holds something that is no token.
    pub fn from_env(env: Env) -> Result<Option<AccessToken>, CloudError> {
        if let Some(path) = env(TOKEN_FILE).filter(|p| !p.is_empty()) {
            let kind = "access token file of CLOUDSDK_AUTH_ACCESS_TOKEN_FILE";
            return Ok(Some(AccessToken {
                kind,
                ..AccessToken::from_file(Path::new(&path))?
            }));
        }
        for (name, kind) in TOKENS {
            if let Some(token) = env_text(env, name) {
                let token = checked(&token, name)?;
                return Ok(Some(AccessToken {
                    kind,
                    ..AccessToken::of(token)
                }));
            }
        }
        Ok(None)
    }

    /// The same, billed to a project.
    pub fn billed_to(mut self, project: Option<String>) -> AccessToken {
        self.quota_project = project;
        self
    }

    fn expired(&self, what: &str, hint: &str) -> CloudError {
        let kind = self.kind;
        CloudError::new(
            ErrorKind::ExpiredCredentials,
            format!("the {kind} is not accepted{what}: it has expired, or is no access token of Google"),
            hint,
        )
    }
}

impl TokenSource for AccessToken {
    fn headers(&self) -> Result<AuthHeaders, CloudError> {
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(AuthHeaders::bearer(&token).billed_to(self.quota_project.as_deref()))
    }

    fn rebuild(&self) -> Result<(), CloudError> {
        let Some(path) = &self.file else {
            return Err(self.expired("", "make a new one with `gcloud auth print-access-token`"));
        };
        let fresh = read(path)?;
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if *token == fresh {
            return Err(self.expired(&format!(", and {} still holds the same", path.display()), MAKE_ONE));
        }
        *token = fresh;
        Ok(())
    }

    fn kind(&self) -> &'static str {
        self.kind
    }
}

fn read(path: &Path) -> Result<String, CloudError> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST_FILE + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(CloudError::new(
            ErrorKind::BadCredentials,
            format!(
                "the access token file {} cannot be read: {}",
                path.display(),
                error.kind()
            ),
            MAKE_ONE,
        ));
    }
    // PowerShell's `>` writes UTF-16 with a byte order mark.
    let (text, _, _) = encoding_rs::UTF_8.decode(&bytes);
    checked(text.trim(), &path.display().to_string())
}

fn checked(token: &str, place: &str) -> Result<String, CloudError> {
    if token.starts_with('{') {
        return Err(CloudError::new(
            ErrorKind::BadCredentials,
            format!("{place} holds JSON, not an access token"),
            "if it is a credentials file, name it in GOOGLE_APPLICATION_CREDENTIALS",
        ));
    }
    let token = token.strip_prefix("Bearer ").unwrap_or(token);
    if token.len() as u64 <= LONGEST_FILE && call::is_header_value(token) {
        return Ok(token.to_owned());
    }
    let cause = match token.is_empty() {
        true => format!("{place} is empty"),
        false => format!("{place} does not hold an access token: a token is one word"),
    };
    Err(CloudError::new(ErrorKind::BadCredentials, cause, MAKE_ONE))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn kind_with(pairs: &[(&str, &str)]) -> Result<Option<&'static str>, CloudError> {
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.to_string(), OsString::from(v))).collect();
        let env = move |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        Ok(AccessToken::from_env(&env)?.map(|t| t.kind()))
    }

    #[test]
    fn the_more_specific_variable_goes_first_and_empty_ones_count_for_nothing() {
        assert_eq!(kind_with(&[]), Ok(None));
        assert_eq!(
            kind_with(&[("CLOUDSDK_AUTH_ACCESS_TOKEN", " "), (TOKEN_FILE, "")]),
            Ok(None)
        );
        let both = [("GOOGLE_OAUTH_ACCESS_TOKEN", "a"), ("CLOUDSDK_AUTH_ACCESS_TOKEN", "b")];
        assert_eq!(kind_with(&both), Ok(Some("access token of CLOUDSDK_AUTH_ACCESS_TOKEN")));
        let error = kind_with(&[both[0], both[1], (TOKEN_FILE, "/nowhere/token")]).unwrap_err();
        assert!(error.cause.contains("/nowhere/token"), "{error}");
    }

    #[test]
    fn files_of_every_shell_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let utf16: Vec<u8> = "\u{feff}ya29.abc\r\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for bytes in [
            b"ya29.abc".to_vec(),
            b"  ya29.abc \r\n\n".to_vec(),
            b"Bearer ya29.abc\n".to_vec(),
            utf16,
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read(&path).as_deref(), Ok("ya29.abc"));
        }
    }

    #[test]
    fn what_is_no_token_is_refused_without_showing_it() {
        let long = "x".repeat(70_000);
        for text in ["", "\n", "hush\nhush", "{\"token\": \"hush\"}", "hush\u{e9}", &long] {
            let error = checked(text.trim(), "FILE").unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadCredentials);
            assert!(!format!("{error:?}").contains("hush"));
        }
    }

    #[test]
    fn a_token_that_did_not_change_is_said_to_be_stale() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "one").unwrap();
        let source = AccessToken::from_file(&path)
            .unwrap()
            .billed_to(Some("acme-shop".to_owned()));
        assert_eq!(source.rebuild().unwrap_err().kind, ErrorKind::ExpiredCredentials);
        std::fs::write(&path, "two").unwrap();
        source.rebuild().unwrap();
        let expected = AuthHeaders::bearer("two").billed_to(Some("acme-shop"));
        assert_eq!(source.headers(), Ok(expected));
        assert_eq!(
            AccessToken::of("three").rebuild().unwrap_err().kind,
            ErrorKind::ExpiredCredentials
        );
    }
}
