use serde_json::json;

use super::*;

fn body(message: &str, reason: &str, metadata: &Value) -> Vec<u8> {
    let info = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "metadata": metadata});
    let details = if reason.is_empty() {
        json!([])
    } else {
        json!([{"@type": "help"}, info])
    };
    json!({"error": {"code": 0, "message": message, "status": "X", "details": details}})
        .to_string()
        .into_bytes()
}

fn list() -> Call {
    Call::post(
        Api::Logging,
        "/v2/entries:list",
        r#"{"resourceNames": ["projects/acme-shop"]}"#,
    )
}

#[test]
fn each_error_of_google_has_its_kind_and_what_mends_it() {
    let none = json!({});
    let disabled = json!({"service": "run.googleapis.com", "consumer": "projects/123456789012"});
    let denied = "Permission 'logging.logEntries.list' denied on resource (or it may not exist).";
    let quota_project = "The logging.googleapis.com API requires a quota project, which is not set by default.";
    for (code, message, reason, metadata, kind, hint) in [
        (
            400,
            "Unparseable filter: syntax error at line 1",
            "",
            &none,
            ErrorKind::InvalidArgument,
            "filter",
        ),
        (
            400,
            "page_token doesn't match arguments from the request",
            "",
            &none,
            ErrorKind::PageToken,
            "again",
        ),
        (400, "Invalid page token.", "", &none, ErrorKind::PageToken, "again"),
        (
            401,
            "Expired.",
            "ACCESS_TOKEN_EXPIRED",
            &none,
            ErrorKind::ExpiredCredentials,
            "login",
        ),
        (
            401,
            "Missing.",
            "CREDENTIALS_MISSING",
            &none,
            ErrorKind::ExpiredCredentials,
            "login",
        ),
        (
            401,
            "Disabled.",
            "ACCOUNT_STATE_INVALID",
            &none,
            ErrorKind::SignInRefused,
            "disabled",
        ),
        (
            401,
            "No.",
            "ACCESS_TOKEN_TYPE_UNSUPPORTED",
            &none,
            ErrorKind::BadCredentials,
            "print-access-token",
        ),
        (
            403,
            denied,
            "IAM_PERMISSION_DENIED",
            &none,
            ErrorKind::PermissionDenied,
            "roles/logging.viewer",
        ),
        (
            403,
            denied,
            "",
            &none,
            ErrorKind::PermissionDenied,
            "roles/logging.viewer",
        ),
        (
            403,
            "Cloud Run Admin API has not been used",
            "SERVICE_DISABLED",
            &disabled,
            ErrorKind::ApiDisabled,
            "gcloud services enable run.googleapis.com --project 123456789012",
        ),
        (
            403,
            "Off.",
            "SERVICE_DISABLED",
            &none,
            ErrorKind::ApiDisabled,
            "enable logging.googleapis.com --project P",
        ),
        (
            403,
            "Scopes.",
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            &none,
            ErrorKind::ScopeInsufficient,
            "scope",
        ),
        (
            403,
            quota_project,
            "SERVICE_DISABLED",
            &disabled,
            ErrorKind::QuotaProject,
            "set-quota-project",
        ),
        (
            403,
            "Caller.",
            "USER_PROJECT_DENIED",
            &none,
            ErrorKind::QuotaProject,
            "serviceUsageConsumer",
        ),
        (
            403,
            "Gone.",
            "CONSUMER_INVALID",
            &none,
            ErrorKind::NotFound,
            "gcloud projects list",
        ),
        (
            403,
            "Perimeter.",
            "SECURITY_POLICY_VIOLATED",
            &none,
            ErrorKind::PermissionDenied,
            "VPC",
        ),
        (
            403,
            "Rate.",
            "RATE_LIMIT_EXCEEDED",
            &none,
            ErrorKind::QuotaExceeded,
            "later",
        ),
        (
            404,
            "Resource 'chat-api' of kind 'SERVICE' does not exist.",
            "",
            &none,
            ErrorKind::NotFound,
            "names",
        ),
        (413, "Too large.", "", &none, ErrorKind::InvalidArgument, "20,000"),
        (
            429,
            "Quota exceeded",
            "RATE_LIMIT_EXCEEDED",
            &none,
            ErrorKind::QuotaExceeded,
            "quota",
        ),
        (
            500,
            "Internal error encountered.",
            "",
            &none,
            ErrorKind::Unavailable,
            "again",
        ),
        (503, "", "", &none, ErrorKind::Unavailable, "again"),
        (504, "Deadline expired", "", &none, ErrorKind::Timeout, "shorter window"),
    ] {
        let error = diagnose(&list(), code, &body(message, reason, metadata));
        assert_eq!(error.kind, kind, "{code} {reason}: {error:?}");
        assert!(error.hint.contains(hint), "{code} {reason}: {}", error.hint);
        assert!(
            error.cause.contains(message) && error.cause.contains("Cloud Logging"),
            "{error}"
        );
    }
}

#[test]
fn the_role_is_the_one_of_the_api() {
    for api in Api::ALL {
        let error = diagnose(
            &Call::get(api, "/x"),
            403,
            &body("No.", "IAM_PERMISSION_DENIED", &json!({})),
        );
        assert!(
            error.hint.contains(api.role()) && error.cause.contains(api.title()),
            "{error:?}"
        );
    }
    let view = Call::post(
        Api::Logging,
        "/v2/entries:list",
        r#"{"resourceNames": ["projects/p/locations/l/buckets/b/views/v"]}"#,
    );
    let error = diagnose(&view, 403, &body("No.", "", &json!({})));
    assert!(error.hint.contains("roles/logging.viewAccessor"), "{error:?}");
}

#[test]
fn what_is_not_googles_is_told_apart() {
    let html = b"<!DOCTYPE html><title>Sign in to the network</title>".as_slice();
    for (code, kind, says) in [
        (302, ErrorKind::NotGoogle, "redirect (302)"),
        (401, ErrorKind::ExpiredCredentials, "401"),
        (
            403,
            ErrorKind::NotGoogle,
            "something else than Cloud Logging answers 403",
        ),
        (404, ErrorKind::NotGoogle, "404"),
        (407, ErrorKind::NotGoogle, "proxy"),
        (429, ErrorKind::QuotaExceeded, "429"),
        (502, ErrorKind::Unavailable, "502"),
        (504, ErrorKind::Timeout, "504"),
    ] {
        for body in [html, b"", b"{}", b"[]", b"{\"error\"", b"\xff\xfe"] {
            let error = diagnose(&list(), code, body);
            assert!(error.kind == kind && error.cause.contains(says), "{code}: {error:?}");
            assert!(!error.cause.contains("Sign in to the network"));
        }
    }
}

#[test]
fn streaming_methods_wrap_errors_in_an_array() {
    let inner = String::from_utf8(body("No.", "", &json!({}))).unwrap();
    assert_eq!(
        diagnose(&list(), 429, format!("[{inner}]").as_bytes()).kind,
        ErrorKind::QuotaExceeded
    );
}

#[test]
fn messages_stay_on_one_line() {
    let error = diagnose(
        &list(),
        400,
        &body("Unparseable filter:\n  syntax\terror\r\n", "", &json!({})),
    );
    assert_eq!(
        error.cause,
        "Cloud Logging answers 400: Unparseable filter: syntax error"
    );
}

#[test]
fn messages_are_cut_and_names_for_a_shell_are_checked() {
    let long = "é".repeat(5000);
    let error = diagnose(&list(), 400, &body(&long, "", &json!({})));
    assert!(error.cause.len() < LONGEST_WORDS + 50);
    for hostile in ["x; rm -rf ~", "$(id)", "--flag", "", &long] {
        let metadata = json!({"service": hostile, "consumer": format!("projects/{hostile}")});
        let error = diagnose(&list(), 403, &body("Off.", "SERVICE_DISABLED", &metadata));
        assert!(
            error
                .hint
                .contains("`gcloud services enable logging.googleapis.com --project "),
            "{}",
            error.hint
        );
        assert!(
            !error.hint.contains("rm -rf") && !error.hint.contains("$("),
            "{}",
            error.hint
        );
    }
}

#[test]
fn odd_shapes_of_errors_are_read_as_far_as_they_go() {
    for body in [
        r#"{"error": "invalid"}"#,
        r#"{"error": {"message": 7, "details": {"reason": "X"}}}"#,
        r#"{"error": {"details": [7, {"reason": 7}, {"reason": "X", "metadata": 7}]}}"#,
    ] {
        assert_eq!(
            diagnose(&list(), 403, body.as_bytes()).kind,
            ErrorKind::PermissionDenied,
            "{body}"
        );
    }
}

#[test]
fn successes_that_are_none_are_told_apart() {
    assert_eq!(rejected(&list(), b"\n <html>", "no JSON").kind, ErrorKind::NotGoogle);
    assert!(rejected(&list(), b" \n", "EOF").cause.contains("empty"));
    let cut = rejected(&list(), b"{\"entries\": [", "EOF while parsing");
    assert!(cut.kind == ErrorKind::BadAnswer && cut.cause.contains("EOF while parsing"));
}

#[test]
fn troubles_of_the_network_name_the_host() {
    for broken in [
        Broken::Name,
        Broken::Refused,
        Broken::Tls,
        Broken::Proxy,
        Broken::Unconnected,
        Broken::Cut,
    ] {
        let error = no_answer(&list(), "logging.googleapis.com", broken, "words");
        assert!(
            error.kind == ErrorKind::Network && error.cause.contains("logging.googleapis.com"),
            "{error:?}"
        );
        assert!(!error.hint.is_empty());
    }
    assert_eq!(no_answer(&list(), "h", Broken::TimedOut, "").kind, ErrorKind::Timeout);
    assert_eq!(no_answer(&list(), "h", Broken::TooLong, "").kind, ErrorKind::BadAnswer);
}
