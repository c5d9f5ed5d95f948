//! Every kind of credentials against the fake, and what is said when they are refused. No secret may show up in an error.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use logverdict::cloud::{
    Api, Call, ClientOptions, CloudError, ErrorKind, SystemClock, TestClock, TokenSource, sign_in, sign_in_to_storage,
};
use logverdict::model::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::fake::{Fake, Fault, Response, When};

/// Texts that must never be seen outside of requests.
const SECRETS: [&str; 6] = [
    "1//refresh-not-a-secret",
    "client-hush-not-a-secret",
    "ci-request-token-not-a-secret",
    "subject.token.hush",
    "ya29.fake-token",
    "MIIEv",
];
const KEY: &str = include_str!("../../fixtures/api/test-only-key.pem");

/// A fake, a home folder and an environment.
struct Machine {
    fake: Fake,
    home: TempDir,
    env: Vec<(String, OsString)>,
}

impl Machine {
    /// Nobody is signed in, and the metadata server is where nobody listens.
    fn new() -> Machine {
        let fake = Fake::start();
        fake.on("GET", "/v2/*", |_| Response::json(json!({"name": "chat-api"})));
        let home = tempfile::tempdir().unwrap();
        let env = vec![
            ("HOME".to_owned(), home.path().into()),
            ("APPDATA".to_owned(), home.path().into()),
        ];
        Machine { fake, home, env }
    }

    /// A machine whose environment names a credentials file.
    fn with_file(credentials: impl FnOnce(&Fake, &TempDir) -> Value) -> Machine {
        let mut machine = Machine::new();
        let value = credentials(&machine.fake, &machine.home);
        let path = machine.write("key.json", &value.to_string());
        machine.set("GOOGLE_APPLICATION_CREDENTIALS", path);
        machine
    }

    fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.env.push((name.to_owned(), value.into()));
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn sign_in(&self) -> Result<Box<dyn TokenSource>, CloudError> {
        sign_in(None, &|name| self.value(name))
    }

    fn value(&self, name: &str) -> Option<OsString> {
        self.env.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }

    /// Signs in and makes one call.
    fn call(&self) -> Result<Value, CloudError> {
        let clock = Arc::new(TestClock::at(Timestamp(0)));
        let client = self.fake.client_with(self.sign_in()?, clock, ClientOptions::default());
        client.send(&Call::get(Api::Run, "/v2/x"), |b| {
            serde_json::from_slice(&b).map_err(|e| e.to_string())
        })
    }

    fn refused(&self) -> CloudError {
        let error = self.call().expect_err("signing in must fail");
        check(&error);
        error
    }

    fn api_request(&self) -> super::fake::Request {
        self.fake.requests_to("/v2/x").pop().expect("the API was called")
    }
}

/// No secret in any text of an error, and a hint.
fn check(error: &CloudError) {
    let texts = format!("{error} {error:?} {} {}", error.cause, error.hint);
    for secret in SECRETS {
        assert!(!texts.contains(secret), "{secret} is in {texts}");
    }
    assert!(!error.hint.is_empty() && error.cause.len() < 900, "{error:?}");
}

fn service_account(_: &Fake, _: &TempDir) -> Value {
    json!({
        "type": "service_account",
        "project_id": "acme-shop",
        "private_key_id": "0000000000000000000000000000000000000001",
        "private_key": KEY,
        "client_email": "watcher@acme-shop.iam.gserviceaccount.com",
        "client_id": "100000000000000000001",
        "token_uri": "https://oauth2.googleapis.com/token",
    })
}

fn authorized_user(fake: &Fake, _: &TempDir) -> Value {
    json!({
        "type": "authorized_user",
        "client_id": "1234.apps.googleusercontent.com",
        "client_secret": "client-hush-not-a-secret",
        "refresh_token": "1//refresh-not-a-secret",
        "quota_project_id": "acme-billing",
        "token_uri": format!("{}/token", fake.url()),
    })
}

fn external_account(fake: &Fake, source: Value) -> Value {
    json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/ci/providers/github",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": format!("{}/sts/v1/token", fake.url()),
        "service_account_impersonation_url":
            format!("{}/v1/projects/-/serviceAccounts/watcher@acme-shop.iam.gserviceaccount.com:generateAccessToken", fake.url()),
        "credential_source": source,
    })
}

fn github(fake: &Fake) -> Value {
    json!({
        "url": format!("{}/oidc?audience=x", fake.url()),
        "headers": {"Authorization": "Bearer ci-request-token-not-a-secret"},
        "format": {"type": "json", "subject_token_field_name": "value"},
    })
}

fn impersonated(fake: &Fake, home: &TempDir) -> Value {
    json!({
        "type": "impersonated_service_account",
        "service_account_impersonation_url":
            format!("{}/v1/projects/-/serviceAccounts/watcher@acme-shop.iam.gserviceaccount.com:generateAccessToken", fake.url()),
        "delegates": [],
        "source_credentials": authorized_user(fake, home),
    })
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    let mut bits = Vec::new();
    for c in part.bytes() {
        let n = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            .iter()
            .position(|x| *x == c)
            .unwrap();
        bits.extend((0..6).rev().map(|i| n >> i & 1));
    }
    let bytes: Vec<u8> = bits
        .chunks_exact(8)
        .map(|b| b.iter().fold(0, |n, bit| n << 1 | *bit as u8))
        .collect();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn a_service_account_key_signs_its_own_token() {
    let machine = Machine::with_file(service_account);
    machine.fake.auth().take_jwts();
    assert_eq!(machine.sign_in().unwrap().kind(), "service account key");
    machine.call().unwrap();
    let request = machine.api_request();
    let claims = claims(request.header("authorization").unwrap());
    assert_eq!(claims["iss"], "watcher@acme-shop.iam.gserviceaccount.com");
    let scopes = claims["scope"].as_str().unwrap();
    for scope in ["logging.read", "monitoring.read", "run.readonly"] {
        assert!(scopes.contains(scope), "{scopes}");
    }
    assert!(
        !scopes.split(' ').any(|s| s.ends_with("/cloud-platform")),
        "no more than reading: {scopes}"
    );
    assert!(machine.fake.requests_to("/token").is_empty());
}

#[test]
fn a_token_for_storage_is_good_for_objects_alone() {
    let machine = Machine::with_file(service_account);
    let tokens = sign_in_to_storage(None, &|name| machine.value(name)).unwrap();
    let headers = tokens.headers().unwrap();
    let (_, bearer) = headers.iter().find(|(name, _)| *name == "authorization").unwrap();
    assert_eq!(
        claims(bearer)["scope"],
        "https://www.googleapis.com/auth/devstorage.read_write"
    );
}

#[test]
fn a_user_of_gcloud_refreshes_and_pays_from_the_quota_project() {
    let machine = Machine::with_file(authorized_user);
    assert_eq!(machine.sign_in().unwrap().kind(), "user credentials of gcloud");
    machine.call().unwrap();
    assert_eq!(
        machine.api_request().header("x-goog-user-project"),
        Some("acme-billing")
    );
    let refresh = &machine.fake.requests_to("/token")[0];
    assert_eq!(refresh.json()["grant_type"], "refresh_token");
    assert!(refresh.json()["scopes"].is_null(), "scopes are those of the login");
}

#[test]
fn gclouds_own_file_is_found_and_an_empty_variable_counts_as_not_set() {
    let mut machine = Machine::new();
    let value = authorized_user(&machine.fake, &machine.home);
    machine.write("application_default_credentials.json", &value.to_string());
    machine.set("CLOUDSDK_CONFIG", machine.home.path().to_owned());
    machine.set("GOOGLE_APPLICATION_CREDENTIALS", "");
    machine.call().unwrap();
}

#[test]
fn the_environment_chooses_who_pays() {
    let mut machine = Machine::with_file(authorized_user);
    machine.set("GOOGLE_CLOUD_QUOTA_PROJECT", "acme-other");
    machine.call().unwrap();
    assert_eq!(machine.api_request().header("x-goog-user-project"), Some("acme-other"));
}

#[test]
fn workload_identity_takes_its_token_from_a_url_as_in_github_actions() {
    let machine = Machine::with_file(|fake, _| external_account(fake, github(fake)));
    assert_eq!(machine.sign_in().unwrap().kind(), "workload identity federation");
    machine.call().unwrap();
    let exchange = &machine.fake.requests_to("/sts/v1/token")[0];
    assert_eq!(exchange.form("subject_token").as_deref(), Some("ci.subject.token"));
    let impersonation = &machine.fake.requests_to("/v1/projects/-/serviceAccounts/*")[0];
    let scopes = impersonation.json()["scope"].to_string();
    assert!(
        scopes.contains("logging.read") && scopes.contains("run.readonly"),
        "{scopes}"
    );
}

#[test]
fn workload_identity_takes_its_token_from_a_file() {
    let machine = Machine::with_file(|fake, home| {
        let path = home.path().join("subject");
        std::fs::write(&path, "subject.token.hush").unwrap();
        let mut value = external_account(fake, json!({ "file": path }));
        value
            .as_object_mut()
            .unwrap()
            .remove("service_account_impersonation_url");
        value
    });
    machine.call().unwrap();
    let exchange = &machine.fake.requests_to("/sts/v1/token")[0];
    assert_eq!(exchange.form("subject_token").as_deref(), Some("subject.token.hush"));
    assert!(exchange.form("scope").unwrap().contains("logging.read"));
}

#[test]
fn workload_identity_takes_its_token_from_what_a_program_wrote() {
    let machine = Machine::with_file(|fake, home| {
        let path = home.path().join("output.json");
        let output = json!({
            "version": 1, "success": true, "token_type": "urn:ietf:params:oauth:token-type:jwt",
            "id_token": "subject.token.hush", "expiration_time": 4_102_444_800_i64,
        });
        std::fs::write(&path, output.to_string()).unwrap();
        external_account(
            fake,
            json!({"executable": {"command": "/nowhere/program", "output_file": path}}),
        )
    });
    machine.call().unwrap();
    let exchange = &machine.fake.requests_to("/sts/v1/token")[0];
    assert_eq!(exchange.form("subject_token").as_deref(), Some("subject.token.hush"));
}

#[test]
fn workload_identity_signs_with_what_aws_gives() {
    let machine = Machine::with_file(|fake, _| {
        let source = json!({
            "environment_id": "aws1",
            "region_url": format!("{}/aws/zone", fake.url()),
            "url": format!("{}/aws/role", fake.url()),
            "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
        });
        external_account(fake, source)
    });
    machine
        .fake
        .on_open("GET", "/aws/zone", |_| Response::text("eu-west-1b"));
    machine.fake.on_open("GET", "/aws/role", |_| Response::text("watcher"));
    machine.fake.on_open("GET", "/aws/role/watcher", |_| {
        Response::json(json!({"AccessKeyId": "AKIANOTAKEY", "SecretAccessKey": "hush", "Token": "session"}))
    });
    machine.call().unwrap();
    let subject = machine.fake.requests_to("/sts/v1/token")[0]
        .form("subject_token")
        .unwrap();
    assert!(
        subject.contains("GetCallerIdentity") && subject.contains("AWS4-HMAC-SHA256"),
        "{subject}"
    );
}

#[test]
fn an_impersonated_service_account_starts_from_another_login() {
    let machine = Machine::with_file(impersonated);
    assert_eq!(machine.sign_in().unwrap().kind(), "impersonated service account");
    machine.call().unwrap();
    assert_eq!(machine.fake.requests_to("/token").len(), 1);
    assert_eq!(machine.fake.requests_to("/v1/projects/-/serviceAccounts/*").len(), 1);
}

/// A machine on Google Cloud, as far as the metadata server goes.
fn on_google_cloud() -> Machine {
    let mut machine = Machine::new();
    let host = machine.fake.url().replace("http://", "");
    machine.set("GCE_METADATA_HOST", host);
    machine
}

#[test]
fn on_google_cloud_the_metadata_server_gives_the_token() {
    let machine = on_google_cloud();
    assert_eq!(machine.sign_in().unwrap().kind(), "metadata server");
    machine.call().unwrap();
    let asked = &machine.fake.requests_to("/computeMetadata/*")[0];
    assert_eq!(asked.header("metadata-flavor"), Some("Google"));
    assert!(asked.parameter("scopes").unwrap().contains("logging.read"));
}

#[test]
fn passing_troubles_of_sign_in_servers_are_tried_again() {
    let machine = Machine::with_file(authorized_user);
    machine.fake.fail("/token", 1..=2, Fault::unavailable());
    machine.call().unwrap();
    assert_eq!(machine.fake.requests_to("/token").len(), 3);
    let machine = on_google_cloud();
    machine.fake.fail("/computeMetadata/*", 1..=2, Fault::unavailable());
    machine.call().unwrap();
}

#[test]
fn a_token_that_is_refused_is_fetched_anew_once() {
    let machine = Machine::with_file(authorized_user);
    machine.fake.fail(
        "/v2/x",
        1,
        Fault::google(401, "UNAUTHENTICATED", "Expired.", "ACCESS_TOKEN_EXPIRED"),
    );
    machine.call().unwrap();
    assert_eq!(machine.fake.requests_to("/token").len(), 2);
    machine
        .fake
        .fail("/v2/x", When::ALWAYS, Fault::google(401, "UNAUTHENTICATED", "Bad.", ""));
    let error = machine.refused();
    assert!(
        error.kind == ErrorKind::ExpiredCredentials && error.cause.contains("user credentials"),
        "{error}"
    );
}

#[test]
fn a_login_that_was_revoked_says_to_log_in_again() {
    let machine = Machine::with_file(authorized_user);
    let body = json!({"error": "invalid_grant", "error_description": "Token 1//refresh-not-a-secret has been expired or revoked."});
    machine
        .fake
        .auth()
        .refuse("/token", Response::new(400, "application/json", body.to_string()));
    let error = machine.refused();
    assert_eq!(error.kind, ErrorKind::ExpiredCredentials);
    assert!(error.cause.contains("invalid_grant") && error.hint.contains("gcloud auth application-default login"));
    assert_eq!(
        machine.fake.requests_to("/token").len(),
        1,
        "refusals are not tried again"
    );
}

#[test]
fn refusals_of_workload_identity_are_told_apart() {
    let federated = || Machine::with_file(|fake, _| external_account(fake, github(fake)));
    let rejected = json!({"error": "unauthorized_client", "error_description": "The given credential is rejected by the attribute condition."});
    let machine = federated();
    machine.fake.auth().refuse(
        "/sts/v1/token",
        Response::new(401, "application/json", rejected.to_string()),
    );
    let error = machine.refused();
    assert!(error.cause.contains("attribute condition"), "{error}");

    let machine = federated();
    let denied = Response::error(
        403,
        "PERMISSION_DENIED",
        "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
        "IAM_PERMISSION_DENIED",
    );
    machine.fake.auth().refuse("/v1/projects/-/serviceAccounts/*", denied);
    let error = machine.refused();
    assert!(
        error.kind == ErrorKind::SignInRefused && error.hint.contains("workloadIdentityUser"),
        "{error:?}"
    );

    let machine = federated();
    let other = Response::json(json!({"other_field": "subject.token.hush"}));
    machine.fake.auth().refuse("/oidc", other);
    let error = machine.refused();
    assert!(
        error.kind == ErrorKind::SignInRefused && error.hint.contains("id-token: write"),
        "{error:?}"
    );

    let machine = federated();
    let stale =
        json!({"error": "invalid_grant", "error_description": "ID Token issued at 1772359200 is stale to sign-in."});
    machine.fake.auth().refuse(
        "/sts/v1/token",
        Response::new(400, "application/json", stale.to_string()),
    );
    assert!(machine.refused().hint.contains("clock"));
}

#[test]
fn a_token_that_has_expired_before_it_came_points_to_the_clock() {
    let machine = Machine::with_file(impersonated);
    let past = json!({"accessToken": "ya29.fake-token-old", "expireTime": "2020-01-01T00:00:00Z"});
    machine
        .fake
        .auth()
        .refuse("/v1/projects/-/serviceAccounts/*", Response::json(past));
    let error = machine.refused();
    assert!(
        error.kind == ErrorKind::SignInRefused && error.hint.contains("clock"),
        "{error:?}"
    );
}

#[test]
fn a_program_must_be_allowed_to_run() {
    let machine =
        Machine::with_file(|fake, _| external_account(fake, json!({"executable": {"command": "/nowhere/program"}})));
    let error = machine.refused();
    assert!(
        error.hint.contains("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1"),
        "{error:?}"
    );
}

#[test]
fn keys_that_cannot_be_used_are_refused_without_showing_them() {
    for key in [
        "",
        "subject.token.hush",
        &KEY.replace("\n", "\\n"),
        &KEY[..400],
        &KEY.replace("PRIVATE", "PUBLIC"),
    ] {
        let machine = Machine::with_file(|fake, home| {
            let mut value = service_account(fake, home);
            value["private_key"] = json!(key);
            value
        });
        let error = machine.refused();
        assert_eq!(error.kind, ErrorKind::BadCredentials, "{error}");
        assert!(machine.fake.requests().is_empty());
    }
}

#[test]
fn files_that_are_no_credentials_are_refused_before_anything_is_sent() {
    for text in [
        "",
        "{",
        "[]",
        "{}",
        "{\"type\": \"other\"}",
        "{\"type\": \"external_account\", \"audience\": 7}",
    ] {
        let mut machine = Machine::new();
        let path = machine.write("key.json", text);
        machine.set("GOOGLE_APPLICATION_CREDENTIALS", path);
        assert_eq!(machine.refused().kind, ErrorKind::BadCredentials, "{text}");
        assert!(machine.fake.requests().is_empty());
    }
    // Our checks pass it, the library's do not.
    let machine =
        Machine::with_file(|fake, _| external_account(fake, json!({"headers": "ci-request-token-not-a-secret"})));
    assert_eq!(machine.refused().kind, ErrorKind::BadCredentials);
    let mut machine = Machine::new();
    machine.set("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json");
    let error = machine.refused();
    assert!(
        error.cause.contains("/nowhere/key.json") && error.cause.contains("does not exist"),
        "{error}"
    );
}

#[test]
fn troubles_of_the_metadata_server_are_told_apart() {
    let machine = on_google_cloud();
    machine
        .fake
        .auth()
        .refuse("/computeMetadata/*", Response::html(404, "Not Found"));
    let error = machine.refused();
    assert!(
        error.kind == ErrorKind::NoCredentials && error.hint.contains("service account"),
        "{error:?}"
    );

    let machine = on_google_cloud();
    machine
        .fake
        .auth()
        .refuse("/computeMetadata/*", Response::html(200, "<html>subject.token.hush"));
    assert_eq!(machine.refused().kind, ErrorKind::SignInRefused);

    let mut machine = Machine::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    machine.set("GCE_METADATA_HOST", format!("127.0.0.1:{port}"));
    let error = machine.refused();
    assert!(
        error.kind == ErrorKind::Network && error.cause.contains("metadata server"),
        "{error:?}"
    );
}

#[test]
fn a_laptop_without_any_login_hears_so_soon() {
    let machine = Machine::new();
    let start = Instant::now();
    let error = machine.refused();
    assert_eq!(error.kind, ErrorKind::NoCredentials, "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(7), "{:?}", start.elapsed());
    for way in [
        "gcloud auth application-default login",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "--access-token-file",
        "Cloud Run",
    ] {
        assert!(error.hint.contains(way), "{}", error.hint);
    }
}

#[test]
fn an_access_token_of_the_environment_is_used_as_it_is() {
    let mut machine = Machine::new();
    let token = machine.fake.auth().new_token();
    machine.set("GOOGLE_OAUTH_ACCESS_TOKEN", token);
    machine.call().unwrap();
    assert_eq!(
        machine.sign_in().unwrap().kind(),
        "access token of GOOGLE_OAUTH_ACCESS_TOKEN"
    );
    machine.fake.auth().rotate();
    let error = machine.refused();
    assert!(
        error.kind == ErrorKind::ExpiredCredentials && error.cause.contains("GOOGLE_OAUTH_ACCESS_TOKEN"),
        "{error}"
    );
}

#[test]
fn an_access_token_file_is_read_again_after_a_401() {
    let mut machine = Machine::new();
    let path = machine.write("token", &machine.fake.auth().new_token());
    machine.set("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", path);
    let clock = Arc::new(SystemClock);
    let client = machine
        .fake
        .client_with(machine.sign_in().unwrap(), clock, ClientOptions::default());
    let call = || client.send(&Call::get(Api::Run, "/v2/x"), |_| Ok(()));
    call().unwrap();
    machine.fake.auth().rotate();
    machine.write("token", &format!("{}\n", machine.fake.auth().new_token()));
    call().unwrap();
    machine.fake.auth().rotate();
    let error = call().unwrap_err();
    check(&error);
    assert!(error.cause.contains("still holds the same"), "{error}");
}
