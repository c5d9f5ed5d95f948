//! Words what went wrong: an error answer of Google, or something else in its place, becomes kind, cause and hint.
//!
//! Google's messages are shown, cut to a length; they may quote a filter, so whoever shows them must escape them. Header
//! values are never shown.

use serde_json::Value;

use super::{Api, Call, CloudError, ErrorKind};
use crate::model::start_of;

/// Longest text of others in an error, in bytes.
pub(super) const LONGEST_WORDS: usize = 400;
/// Longest name out of an answer that is put into a command.
const LONGEST_NAME: usize = 100;

/// Why no whole answer arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    TimedOut,
    /// The host has no address.
    Name,
    /// Nobody listens there.
    Refused,
    Tls,
    Proxy,
    /// No connection for another reason.
    Unconnected,
    /// The connection ended before the answer did.
    Cut,
    TooLong,
}

/// What an error answer of Google holds.
#[derive(Default)]
struct Said {
    message: String,
    reason: String,
    /// Service and project that an ErrorInfo names, checked to be names.
    service: Option<String>,
    consumer: Option<String>,
}

/// An answer with an error status.
pub(super) fn diagnose(call: &Call, code: u16, body: &[u8]) -> CloudError {
    let Some(said) = read(body) else {
        return not_googles(call, code);
    };
    match code {
        400 => invalid(call, &said),
        401 => unauthenticated(call, &said),
        403 => forbidden(call, &said),
        404 => answers(
            call,
            code,
            &said,
            ErrorKind::NotFound,
            "check the names of project, region, service and log view; `gcloud run services list --project P` lists services",
        ),
        _ => by_code(call, code, &said),
    }
}

fn by_code(call: &Call, code: u16, said: &Said) -> CloudError {
    let (kind, hint) = match code {
        429 => (
            ErrorKind::QuotaExceeded,
            "others read from this project too, and share its quota of read requests a minute: try again later, or ask for a \
             higher quota",
        ),
        408 | 504 => (ErrorKind::Timeout, "ask for a shorter window, or try again"),
        500..=599 => (
            ErrorKind::Unavailable,
            "try again in a minute; https://status.cloud.google.com tells of outages",
        ),
        413 | 414 => (
            ErrorKind::InvalidArgument,
            "the filter is too long: Cloud Logging takes 20,000 characters",
        ),
        _ => (ErrorKind::BadAnswer, "check --endpoint"),
    };
    answers(call, code, said, kind, hint)
}

fn invalid(call: &Call, said: &Said) -> CloudError {
    let lower = said.message.to_ascii_lowercase();
    if ["page_token", "page token", "pagetoken"]
        .iter()
        .any(|mark| lower.contains(mark))
    {
        return answers(call, 400, said, ErrorKind::PageToken, "begin the listing again");
    }
    let hint = match call.api {
        Api::Logging => "check the filter; docs/filter.md describes the language",
        Api::Run | Api::Monitoring => "check the names of project, region and service",
    };
    answers(call, 400, said, ErrorKind::InvalidArgument, hint)
}

fn unauthenticated(call: &Call, said: &Said) -> CloudError {
    let (kind, hint) = match said.reason.as_str() {
        "ACCOUNT_STATE_INVALID" => (
            ErrorKind::SignInRefused,
            "the account is disabled or deleted: enable it, or sign in with another",
        ),
        "ACCESS_TOKEN_TYPE_UNSUPPORTED" => (
            ErrorKind::BadCredentials,
            "this is no access token (an identity token, maybe): use `gcloud auth print-access-token`",
        ),
        _ => (
            ErrorKind::ExpiredCredentials,
            "sign in again: `gcloud auth application-default login`",
        ),
    };
    answers(call, 401, said, kind, hint)
}

fn forbidden(call: &Call, said: &Said) -> CloudError {
    let (kind, hint) = forbidden_because(call, said);
    answers(call, 403, said, kind, &hint)
}

fn forbidden_because(call: &Call, said: &Said) -> (ErrorKind, String) {
    let role = call.api.role();
    // Comes with the reason SERVICE_DISABLED: the project in question is the one of gcloud's own OAuth client.
    if said.message.contains("requires a quota project") {
        let hint = "name the project that pays: `gcloud auth application-default set-quota-project P`, or \
                    GOOGLE_CLOUD_QUOTA_PROJECT=P";
        return (ErrorKind::QuotaProject, hint.to_owned());
    }
    match said.reason.as_str() {
        "SERVICE_DISABLED" => {
            let service = said.service.as_deref().unwrap_or(call.api.service());
            let project = said.consumer.as_deref().unwrap_or("P");
            let hint = format!(
                "`gcloud services enable {service} --project {project}`; enabling takes effect after a few minutes"
            );
            (ErrorKind::ApiDisabled, hint)
        }
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT" => {
            let hint = "make the token with more scopes: `gcloud auth application-default login` without --scopes; on a virtual \
                        machine, set its access scope to cloud-platform";
            (ErrorKind::ScopeInsufficient, hint.to_owned())
        }
        "USER_PROJECT_DENIED" => {
            let hint = "name a quota project that you may use (GOOGLE_CLOUD_QUOTA_PROJECT=P), or get \
                        roles/serviceusage.serviceUsageConsumer on this one";
            (ErrorKind::QuotaProject, hint.to_owned())
        }
        "CONSUMER_INVALID" | "RESOURCE_PROJECT_INVALID" => (
            ErrorKind::NotFound,
            "check the project id: `gcloud projects list`".to_owned(),
        ),
        "BILLING_DISABLED" => (ErrorKind::ApiDisabled, "enable billing for the project".to_owned()),
        "RATE_LIMIT_EXCEEDED" | "QUOTA_EXCEEDED" => (ErrorKind::QuotaExceeded, "try again later".to_owned()),
        "SECURITY_POLICY_VIOLATED" => {
            let hint =
                "VPC Service Controls keep this network out: run inside the perimeter, or ask for an ingress rule";
            (ErrorKind::PermissionDenied, hint.to_owned())
        }
        _ if is_of_a_view(call) => {
            let hint = "ask for roles/logging.viewAccessor on the log view, and check its name";
            (ErrorKind::PermissionDenied, hint.to_owned())
        }
        _ => {
            let hint = format!("check the project id, and ask for {role} on the project");
            (ErrorKind::PermissionDenied, hint)
        }
    }
}

fn is_of_a_view(call: &Call) -> bool {
    call.body.as_deref().is_some_and(|b| b.contains("/views/"))
}

fn answers(call: &Call, code: u16, said: &Said, kind: ErrorKind, hint: &str) -> CloudError {
    let title = call.api.title();
    let message = one_line(&said.message);
    let cause = match message.is_empty() {
        true => format!("{title} answers {code}"),
        false => format!("{title} answers {code}: {message}"),
    };
    CloudError::new(kind, cause, hint)
}

/// An error status with something else than Google's JSON: its front end, a proxy, a login page, another server.
fn not_googles(call: &Call, code: u16) -> CloudError {
    let title = call.api.title();
    let (kind, cause, hint) = match code {
        300..=399 => (
            ErrorKind::NotGoogle,
            format!("a redirect ({code}) came instead of an answer of {title}; it was not followed"),
            "a login page of the network may be in the way; check --endpoint and the proxy settings",
        ),
        407 => (
            ErrorKind::NotGoogle,
            format!("the proxy in front of {title} asks for a login (407)"),
            "put user and password into HTTPS_PROXY, or except the host in NO_PROXY",
        ),
        401 => (
            ErrorKind::ExpiredCredentials,
            format!("{title} answers 401"),
            "sign in again: `gcloud auth application-default login`",
        ),
        429 => (
            ErrorKind::QuotaExceeded,
            format!("{title} answers 429"),
            "try again later",
        ),
        408 | 504 => (
            ErrorKind::Timeout,
            format!("{title} answers {code}"),
            "try again, or ask for a shorter window",
        ),
        500..=599 => (
            ErrorKind::Unavailable,
            format!("{title} answers {code}, and not in Google's format"),
            "try again in a minute; if it stays, check the proxy settings and --endpoint",
        ),
        _ => (
            ErrorKind::NotGoogle,
            format!("something else than {title} answers {code}"),
            "check --endpoint and the proxy settings",
        ),
    };
    CloudError::new(kind, cause, hint)
}

/// A 2xx answer that the caller cannot use; `start` is how it begins.
pub(super) fn rejected(call: &Call, start: &[u8], words: &str) -> CloudError {
    let title = call.api.title();
    let first = start.iter().find(|b| !b.is_ascii_whitespace());
    match first {
        Some(b'<') => CloudError::new(
            ErrorKind::NotGoogle,
            format!("a web page came instead of an answer of {title}"),
            "a login page of the network, or a proxy, may be in the way; check --endpoint and the proxy settings",
        ),
        None => CloudError::new(
            ErrorKind::BadAnswer,
            format!("{title} gave an empty answer"),
            "try again",
        ),
        Some(_) => CloudError::new(
            ErrorKind::BadAnswer,
            format!("an answer of {title} cannot be used: {}", one_line(words)),
            "try again; if it stays, check --endpoint and the proxy settings",
        ),
    }
}

/// No whole answer.
pub(super) fn no_answer(call: &Call, host: &str, broken: Broken, words: &str) -> CloudError {
    let title = call.api.title();
    let proxy = "check the network and the proxy settings (HTTPS_PROXY, NO_PROXY)";
    let (kind, cause, hint) = match broken {
        Broken::TimedOut => (ErrorKind::Timeout, format!("{title} gave no answer in time"), proxy),
        Broken::Name => (
            ErrorKind::Network,
            format!("the name {host} cannot be resolved"),
            "check the network, DNS and --endpoint",
        ),
        Broken::Refused => (
            ErrorKind::Network,
            format!("nobody listens at {host}"),
            "check --endpoint, firewall and proxy settings",
        ),
        Broken::Tls => (
            ErrorKind::Network,
            format!("no secure connection to {host}: {words}"),
            "when a proxy decrypts connections, add its certificate to this machine (SSL_CERT_FILE); check the clock too",
        ),
        Broken::Proxy => (
            ErrorKind::Network,
            format!("the proxy in front of {host} fails: {words}"),
            proxy,
        ),
        Broken::Unconnected => (ErrorKind::Network, format!("no connection to {host}: {words}"), proxy),
        Broken::Cut => (
            ErrorKind::Network,
            format!("the connection to {host} broke before the answer was whole"),
            proxy,
        ),
        Broken::TooLong => (
            ErrorKind::BadAnswer,
            format!("{title} gave an answer that is too long: {words}"),
            "check --endpoint; if it is Google's, ask for less",
        ),
    };
    CloudError::new(kind, cause, hint)
}

/// The start of a text of others, on one line. Characters that no line has must still be escaped by whoever shows it.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = start_of(text, LONGEST_WORDS).split_whitespace().collect();
    words.join(" ")
}

/// Reads `{"error": …}`, or an array with that in it, as streaming methods answer.
fn read(body: &[u8]) -> Option<Said> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let error = value.get(0).unwrap_or(&value).get("error")?;
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let none = Vec::new();
    let details = error.get("details").and_then(Value::as_array).unwrap_or(&none);
    let info = details.iter().find(|d| d.get("reason").is_some_and(Value::is_string));
    let metadata = |name: &str| {
        info.and_then(|i| i.get("metadata")?.get(name)?.as_str())
            .and_then(plain_name)
    };
    Some(Said {
        message: text(error, "message"),
        reason: info.map(|i| text(i, "reason")).unwrap_or_default(),
        service: metadata("service"),
        consumer: metadata("consumer").map(|c| c.trim_start_matches("projects/").to_owned()),
    })
}

/// A name that may stand in a command: nothing that a shell would read as more than a word.
fn plain_name(name: &str) -> Option<String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:/".contains(&b);
    let good = !name.is_empty() && name.len() <= LONGEST_NAME && !name.starts_with('-') && name.bytes().all(is_plain);
    good.then(|| name.to_owned())
}

#[cfg(test)]
#[path = "diagnose_tests.rs"]
mod tests;
