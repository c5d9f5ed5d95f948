//! Sign-in: gives tokens out as Google's sign-in servers do, and asks for them.
//!
//! A request to an API needs the newest token; older ones get 401, once [`Auth::rotate`] was called. Until a test says
//! otherwise, every token that was given out since the last rotation is good.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use logverdict::cloud::{AuthHeaders, Clock, CloudError, TokenSource};
use serde_json::json;

use super::http::{Request, Response};
use super::server::lock;

/// What the sign-in endpoints do.
pub struct Auth {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<AuthState>>,
}

struct AuthState {
    is_asked_for: bool,
    given: u64,
    good: BTreeSet<String>,
    /// Answers that replace the ordinary one, by path.
    refusals: Vec<(String, Response)>,
    expires_in_s: i64,
    /// Whether a self-signed JWT is taken as a token.
    takes_jwt: bool,
    rebuilt: u64,
}

/// Where the token of the metadata server is.
pub const METADATA_TOKEN: &str = "/computeMetadata/v1/instance/service-accounts/default/token";

impl Auth {
    pub fn new(clock: Arc<dyn Clock>) -> Auth {
        let state = AuthState {
            is_asked_for: true,
            given: 0,
            good: BTreeSet::new(),
            refusals: Vec::new(),
            expires_in_s: 3599,
            takes_jwt: false,
            rebuilt: 0,
        };
        let state = Arc::new(Mutex::new(state));
        Auth { clock, state }
    }

    /// Serves requests without a token too.
    pub fn allow_all(&self) {
        lock(&self.state).is_asked_for = false;
    }

    /// From now on, every token given out so far gets 401.
    pub fn rotate(&self) {
        lock(&self.state).good.clear();
    }

    /// Takes self-signed JWTs as tokens.
    pub fn take_jwts(&self) {
        lock(&self.state).takes_jwt = true;
    }

    /// The life of tokens that are given out.
    pub fn expire_in(&self, seconds: i64) {
        lock(&self.state).expires_in_s = seconds;
    }

    /// Refuses at a sign-in path (or prefix with `*`). Later ones go first.
    pub fn refuse(&self, path: &str, response: Response) {
        lock(&self.state).refusals.push((path.to_owned(), response));
    }

    /// A new token that is good.
    pub fn new_token(&self) -> String {
        lock(&self.state).new_token()
    }

    /// How many tokens were given out.
    pub fn given(&self) -> u64 {
        lock(&self.state).given
    }

    /// How often sources of [`Auth::source`] were rebuilt.
    pub fn rebuilt(&self) -> u64 {
        lock(&self.state).rebuilt
    }

    /// A source that gets its tokens from here, without HTTP.
    pub fn source(&self) -> FakeTokens {
        let token = Mutex::new(self.new_token());
        let state = self.state.clone();
        FakeTokens { state, token }
    }

    /// The answer when the request is one of a sign-in endpoint.
    pub fn answer(&self, request: &Request) -> Option<Response> {
        let mut state = lock(&self.state);
        let ordinary = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/token") => state.token(request),
            ("POST", "/sts/v1/token") => state.exchange(request),
            ("POST", path) if path.ends_with(":generateAccessToken") => state.impersonate(request, self.clock.as_ref()),
            ("GET" | "PUT", path) if path.starts_with("/computeMetadata/v1/") => state.metadata(request),
            ("GET", "/oidc") => state.oidc(request),
            _ => return None,
        };
        let refusal = state
            .refusals
            .iter()
            .rev()
            .find(|(path, _)| super::server::matches(path, &request.path));
        Some(refusal.map_or(ordinary, |(_, response)| response.clone()))
    }

    /// Whether a request to an API carries a good token.
    pub fn check(&self, request: &Request) -> Result<(), Response> {
        let state = lock(&self.state);
        let token = request.header("authorization").and_then(|h| h.strip_prefix("Bearer "));
        match token {
            _ if !state.is_asked_for => Ok(()),
            Some(token) if state.good.contains(token) => Ok(()),
            Some(token) if state.takes_jwt && token.split('.').count() == 3 => Ok(()),
            Some(_) => Err(unauthenticated("ACCESS_TOKEN_EXPIRED")),
            None => Err(unauthenticated("CREDENTIALS_MISSING")),
        }
    }
}

fn unauthenticated(reason: &str) -> Response {
    let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other \
                   valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
    Response::error(401, "UNAUTHENTICATED", message, reason)
}

fn oauth_error(error: &str, description: &str) -> Response {
    let body = json!({"error": error, "error_description": description}).to_string();
    Response::new(400, "application/json; charset=utf-8", body)
}

impl AuthState {
    fn new_token(&mut self) -> String {
        self.given += 1;
        let token = format!("ya29.fake-token-{:04}-not-a-secret", self.given);
        self.good.insert(token.clone());
        token
    }

    fn access_token(&mut self) -> Response {
        let token = self.new_token();
        Response::json(json!({"access_token": token, "expires_in": self.expires_in_s, "token_type": "Bearer"}))
    }

    /// The OAuth 2 token endpoint: refresh tokens (form or JSON) and signed assertions.
    fn token(&mut self, request: &Request) -> Response {
        let field = |name: &str| {
            let json = request.json()[name].as_str().map(str::to_owned);
            json.or_else(|| request.form(name)).unwrap_or_default()
        };
        match field("grant_type").as_str() {
            "refresh_token" if field("refresh_token").is_empty() => {
                oauth_error("invalid_request", "Missing refresh token")
            }
            "refresh_token" => self.access_token(),
            "urn:ietf:params:oauth:grant-type:jwt-bearer" if field("assertion").split('.').count() == 3 => {
                self.access_token()
            }
            _ => oauth_error("unsupported_grant_type", "Invalid grant_type"),
        }
    }

    /// Security Token Service: a token of somebody else for one of Google's.
    fn exchange(&mut self, request: &Request) -> Response {
        let field = |name: &str| request.form(name).unwrap_or_default();
        let is_exchange = field("grant_type") == "urn:ietf:params:oauth:grant-type:token-exchange";
        if !is_exchange || field("subject_token").is_empty() || field("audience").is_empty() {
            return oauth_error("invalid_request", "Invalid token exchange");
        }
        let token = self.new_token();
        Response::json(json!({
            "access_token": token,
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": self.expires_in_s,
        }))
    }

    fn impersonate(&mut self, request: &Request, clock: &dyn Clock) -> Response {
        let token = request.header("authorization").and_then(|h| h.strip_prefix("Bearer "));
        if !token.is_some_and(|t| self.good.contains(t) || self.takes_jwt) {
            return unauthenticated("ACCESS_TOKEN_EXPIRED");
        }
        let expires =
            chrono::DateTime::from_timestamp_nanos(clock.now().0) + chrono::TimeDelta::seconds(self.expires_in_s);
        let token = self.new_token();
        Response::json(json!({"accessToken": token, "expireTime": expires.format("%Y-%m-%dT%H:%M:%SZ").to_string()}))
    }

    fn metadata(&mut self, request: &Request) -> Response {
        if request.header("metadata-flavor") != Some("Google") {
            return Response::html(403, "Missing Metadata-Flavor:Google header.");
        }
        let text = match request.path.strip_prefix("/computeMetadata/v1/").unwrap_or_default() {
            "instance/service-accounts/default/token" => return self.access_token(),
            "instance/service-accounts/default/email" => "watcher@acme-shop.iam.gserviceaccount.com",
            "project/project-id" => "acme-shop",
            "project/numeric-project-id" => "123456789012",
            "instance/region" => "projects/123456789012/regions/europe-west1",
            "universe/universe-domain" | "universe/universe_domain" => "googleapis.com",
            _ => return Response::html(404, "Not Found"),
        };
        Response::text(text).with_header("metadata-flavor", "Google")
    }

    /// The token endpoint of a CI job, as GitHub's: a bearer of its own, an audience, a JWT back.
    fn oidc(&mut self, request: &Request) -> Response {
        match request.header("authorization") {
            Some("Bearer ci-request-token-not-a-secret") => {
                Response::json(json!({"value": "ci.subject.token", "count": 1}))
            }
            _ => Response::html(401, "Unauthorized"),
        }
    }
}

/// Tokens straight from the fake.
pub struct FakeTokens {
    state: Arc<Mutex<AuthState>>,
    token: Mutex<String>,
}

impl TokenSource for FakeTokens {
    fn headers(&self) -> Result<AuthHeaders, CloudError> {
        Ok(AuthHeaders::bearer(&lock(&self.token)))
    }

    fn rebuild(&self) -> Result<(), CloudError> {
        let mut state = lock(&self.state);
        state.rebuilt += 1;
        *lock(&self.token) = state.new_token();
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "fake token"
    }
}
