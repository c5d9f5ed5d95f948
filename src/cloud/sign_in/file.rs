//! A credentials file: read and checked before anything is sent, so that what is wrong with it can be said in words.
//!
//! The words of JSON parsers are not passed on: they may quote the file.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::find::CREDENTIALS_FILE;
use crate::cloud::{CloudError, ErrorKind};

/// Longest file that is read, in bytes.
const LONGEST_FILE: u64 = 1024 * 1024;
/// Fields whose texts are secrets, at any depth.
const SECRETS: [&str; 5] = [
    "private_key",
    "private_key_id",
    "refresh_token",
    "client_secret",
    "headers",
];
/// How to sign in on a laptop.
pub(super) const LOG_IN: &str = "run `gcloud auth application-default login`";

/// Kinds of credentials files, by their field `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    ServiceAccount,
    AuthorizedUser,
    ExternalAccount,
    Impersonated,
}

impl Kind {
    /// The kind in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Kind::ServiceAccount => "service account key",
            Kind::AuthorizedUser => "user credentials of gcloud",
            Kind::ExternalAccount => "workload identity federation",
            Kind::Impersonated => "impersonated service account",
        }
    }

    fn of(name: &str) -> Option<Kind> {
        match name {
            "service_account" => Some(Kind::ServiceAccount),
            "authorized_user" => Some(Kind::AuthorizedUser),
            "external_account" => Some(Kind::ExternalAccount),
            "impersonated_service_account" => Some(Kind::Impersonated),
            _ => None,
        }
    }

    /// Texts and objects that a file of the kind must have.
    fn fields(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Kind::ServiceAccount => (&["client_email", "private_key", "private_key_id", "project_id"], &[]),
            Kind::AuthorizedUser => (&["client_id", "client_secret", "refresh_token"], &[]),
            Kind::ExternalAccount => (&["audience", "subject_token_type", "token_url"], &["credential_source"]),
            Kind::Impersonated => (&["service_account_impersonation_url"], &["source_credentials"]),
        }
    }
}

/// A file that looks well.
pub(super) struct Credentials {
    pub kind: Kind,
    pub value: Value,
}

impl Credentials {
    /// The project that the file says pays.
    pub(super) fn quota_project(&self) -> Option<&str> {
        self.value.get("quota_project_id")?.as_str().filter(|p| !p.is_empty())
    }

    /// Every secret text of the file, to be struck out of what others say.
    pub(super) fn secrets(&self) -> BTreeSet<String> {
        let mut secrets = BTreeSet::new();
        collect(&self.value, false, &mut secrets);
        secrets
    }
}

fn collect(value: &Value, is_secret: bool, secrets: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if is_secret => {
            // An error may quote a key line by line, or a header without its scheme.
            secrets.extend(text.split_whitespace().filter(|w| w.len() >= 8).map(str::to_owned));
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(value, is_secret || SECRETS.contains(&name.as_str()), secrets);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, is_secret, secrets)),
        _ => {}
    }
}

/// Reads and checks a credentials file.
///
/// # Errors
/// When it cannot be read, is no JSON object, of no kind that can be used, or lacks fields.
pub(super) fn read(path: &Path, is_named: bool) -> Result<Credentials, CloudError> {
    let file = Place { path, is_named };
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|f| f.take(LONGEST_FILE + 1).read_to_end(&mut bytes))
        .map_err(|e| file.unreadable(&e))?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(file.bad("is too long for credentials"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let value: Value = serde_json::from_slice(bytes).map_err(|e| {
        let place = match (bytes.is_empty(), e.is_eof()) {
            (true, _) => "is empty".to_owned(),
            (_, true) => format!("is cut: it ends in the middle of the JSON, on line {}", e.line()),
            _ => format!("is not JSON: line {}, column {}", e.line(), e.column()),
        };
        file.bad(&place)
    })?;
    let kind = file.kind(&value)?;
    file.check_fields(kind, &value)?;
    Ok(Credentials { kind, value })
}

struct Place<'a> {
    path: &'a Path,
    is_named: bool,
}

impl Place<'_> {
    fn bad(&self, what: &str) -> CloudError {
        let path = self.path.display();
        let (cause, hint) = match self.is_named {
            true => (
                format!("the credentials file {path}, named by {CREDENTIALS_FILE}, {what}"),
                format!("point {CREDENTIALS_FILE} to a good one, or unset it and {LOG_IN}"),
            ),
            false => (format!("the credentials file {path} {what}"), LOG_IN.to_owned()),
        };
        CloudError::new(ErrorKind::BadCredentials, cause, hint)
    }

    fn unreadable(&self, error: &std::io::Error) -> CloudError {
        match error.kind() {
            std::io::ErrorKind::NotFound => self.bad("does not exist"),
            kind => self.bad(&format!("cannot be read: {kind}")),
        }
    }

    fn kind(&self, value: &Value) -> Result<Kind, CloudError> {
        let Some(fields) = value.as_object() else {
            return Err(self.bad("is JSON, but no object"));
        };
        match fields.get("type").and_then(Value::as_str) {
            Some(name) => Kind::of(name).ok_or_else(|| self.unknown(name)),
            None if fields.contains_key("installed") || fields.contains_key("web") => {
                Err(self.bad("is the secret of an OAuth client, not credentials"))
            }
            None => Err(self.bad("has no field `type`, which says what kind of credentials it holds")),
        }
    }

    fn unknown(&self, name: &str) -> CloudError {
        let is_plain = name.len() <= 60 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let name = if is_plain { name } else { "(unreadable)" };
        let error = self.bad(&format!("is of type {name}, which cannot be used here"));
        match name {
            "external_account_authorized_user" | "gdch_service_account" => CloudError {
                hint: "give an access token: `gcloud auth print-access-token > FILE`, then `--access-token-file FILE`"
                    .to_owned(),
                ..error
            },
            _ => error,
        }
    }

    fn check_fields(&self, kind: Kind, value: &Value) -> Result<(), CloudError> {
        let (texts, objects) = kind.fields();
        let is_text = |name: &&&str| value.get(**name).and_then(Value::as_str).is_none_or(str::is_empty);
        let is_object = |name: &&&str| !value.get(**name).is_some_and(Value::is_object);
        match texts.iter().find(is_text).or_else(|| objects.iter().find(is_object)) {
            Some(name) => Err(self.bad(&format!("is a {}, but lacks `{name}`", kind.words()))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> CloudError {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        std::fs::write(&path, text).unwrap();
        read(&path, true).err().unwrap()
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_without_quoting_it() {
        for (text, says) in [
            ("", "is empty"),
            ("{\"type\": \"service_account\", \"private_key\": \"hush", "is cut"),
            ("hush", "is not JSON: line 1, column"),
            ("[]", "no object"),
            ("{}", "has no field `type`"),
            (
                "{\"installed\": {\"client_secret\": \"hush\"}}",
                "secret of an OAuth client",
            ),
            ("{\"type\": \"api_key\"}", "of type api_key"),
            ("{\"type\": \"hush \\u001b\"}", "of type (unreadable)"),
            ("{\"type\": \"gdch_service_account\"}", "of type gdch_service_account"),
            (
                "{\"type\": \"service_account\", \"client_email\": \"a@b\", \"private_key\": 7}",
                "lacks `private_key`",
            ),
            (
                "{\"type\": \"authorized_user\", \"client_id\": \"\"}",
                "lacks `client_id`",
            ),
            (
                "{\"type\": \"impersonated_service_account\", \"service_account_impersonation_url\": \"u\"}",
                "lacks `source_credentials`",
            ),
        ] {
            let error = error_of(text);
            assert_eq!(error.kind, ErrorKind::BadCredentials);
            assert!(error.cause.contains(says), "{text}: {error}");
            assert!(!format!("{error:?}").contains("hush"), "{error:?}");
        }
    }

    #[test]
    fn files_that_cannot_be_read_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = read(&folder.path().join("none.json"), true).err().unwrap();
        assert!(missing.cause.contains("does not exist") && missing.hint.contains(CREDENTIALS_FILE));
        let is_folder = read(folder.path(), false).err().unwrap();
        assert_eq!(is_folder.hint, LOG_IN);
    }

    #[test]
    fn secrets_are_found_at_any_depth() {
        let value = serde_json::json!({
            "type": "impersonated_service_account",
            "quota_project_id": "acme-shop",
            "source_credentials": {"refresh_token": "1//refresh", "client_id": "not-secret"},
            "credential_source": {"headers": {"Authorization": "Bearer ci-token-1"}},
            "private_key": "-----BEGIN\nabcdefgh\nijklmnop\n",
        });
        let kind = Kind::Impersonated;
        let credentials = Credentials { kind, value };
        let secrets: Vec<_> = credentials.secrets().into_iter().collect();
        assert_eq!(
            secrets,
            ["-----BEGIN", "1//refresh", "abcdefgh", "ci-token-1", "ijklmnop"]
        );
        assert_eq!(credentials.quota_project(), Some("acme-shop"));
    }
}
