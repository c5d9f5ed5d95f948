//! The one way to Google's APIs: a call goes in, a parsed answer or an error comes out.
//!
//! Keeps to the quota, tries again what can get better, signs in anew once on 401, and never outlives its deadline. One client
//! is shared by all threads.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;
use reqwest::blocking::RequestBuilder;

use super::answer::{self, Again, Failed};
use super::call::is_header_value;
use super::diagnose::Broken;
use super::quota::{Permit, Quota};
use super::{Api, Call, Clock, CloudError, Endpoints, ErrorKind, Method, RetryPolicy, TokenSource};
use crate::model::Timestamp;

/// "Read requests per minute" of a project in Cloud Logging.
const READ_REQUESTS_PER_MINUTE: u32 = 60;
/// Time to connect, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Clocks that differ by less are taken as equal: the Date header has whole seconds and takes time to arrive.
const SKEW_THAT_COUNTS_S: i64 = 30;
/// Google accepts self-made tokens from clocks that are a few minutes off.
const SKEW_THAT_BREAKS_TOKENS_S: i64 = 240;
/// Attempts to reach a host before the first answer of any: some seconds, then the network is taken to be down.
const ATTEMPTS_UNREACHED: u32 = 4;
const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// Stands for "not known yet" where an atomic number of seconds is kept.
const UNKNOWN: i64 = i64::MIN;

/// What a client is made with.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Where the APIs are.
    pub endpoints: Endpoints,
    /// Read requests of Cloud Logging in any 60 seconds, at least 1.
    pub requests_per_minute: u32,
    /// Life of the client, from its making.
    pub deadline: Option<Duration>,
    /// The project that pays for the quota, where it is not the one that the credentials name.
    pub quota_project: Option<String>,
    /// How often and how patiently a call is tried.
    pub retries: RetryPolicy,
}

impl Default for ClientOptions {
    fn default() -> ClientOptions {
        ClientOptions {
            endpoints: Endpoints::default(),
            requests_per_minute: READ_REQUESTS_PER_MINUTE,
            deadline: None,
            quota_project: None,
            retries: RetryPolicy::default(),
        }
    }
}

/// What a client has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests sent, further attempts included.
    pub requests: u64,
    /// Those of them that were further attempts.
    pub retries: u64,
    /// Time that threads waited for the quota, added up over threads.
    pub waited_for_quota: Duration,
    /// Bytes of answers, after decompression.
    pub bytes: u64,
}

/// Speaks to Google's APIs. Share it by reference between threads.
pub struct Client {
    http: reqwest::blocking::Client,
    tokens: Box<dyn TokenSource>,
    clock: Arc<dyn Clock>,
    options: ClientOptions,
    quota: Quota,
    /// Moment of [`Clock::elapsed`] at which the client's life is over.
    deadline: Option<Duration>,
    /// How often credentials were rebuilt. Threads that got a 401 together rebuild once.
    rebuilt: Mutex<u64>,
    /// Local clock minus server's, in seconds.
    skew_s: AtomicI64,
    /// Whether any answer ever came.
    was_reached: AtomicBool,
    stats: Mutex<Stats>,
    /// State of the jitter's random numbers.
    random: AtomicU64,
}

impl Client {
    /// A client. Nothing is sent yet.
    ///
    /// # Errors
    /// When TLS cannot be set up on this machine, or the quota project is no header value.
    pub fn new(
        tokens: Box<dyn TokenSource>,
        clock: Arc<dyn Clock>,
        options: ClientOptions,
    ) -> Result<Client, CloudError> {
        if let Some(project) = &options.quota_project
            && !is_header_value(project)
        {
            return Err(CloudError::new(
                ErrorKind::QuotaProject,
                "the quota project is not a project id",
                "use the id of a project, as in --billing-project acme-shop",
            ));
        }
        Ok(Client {
            http: http_client(&options)?,
            tokens,
            quota: Quota::new(options.requests_per_minute),
            deadline: options.deadline.map(|life| clock.elapsed().saturating_add(life)),
            clock,
            options,
            rebuilt: Mutex::new(0),
            skew_s: AtomicI64::new(UNKNOWN),
            was_reached: AtomicBool::new(false),
            stats: Mutex::default(),
            random: AtomicU64::new(RandomState::new().hash_one(0)),
        })
    }

    /// Sends a call and parses its answer. `parse` sees the whole decompressed body of a 2xx answer; what it rejects is asked
    /// for again, since a proxy or a cut may be the reason.
    ///
    /// # Errors
    /// When the answer is an error that does not get better, or got no better in all attempts or within the deadline.
    pub fn send<T>(&self, call: &Call, parse: impl Fn(Vec<u8>) -> Result<T, String>) -> Result<T, CloudError> {
        let url = self.url(call)?;
        let mut signed_in_anew = false;
        let mut attempt = 1;
        loop {
            let generation = self.generation();
            let failed = match self.attempt(call, &url, attempt, &parse) {
                Ok(value) => return Ok(value),
                Err(failed) => failed,
            };
            match failed.again {
                Again::Never => return Err(failed.error),
                Again::WithNewToken if signed_in_anew => return Err(self.not_signed_in(failed.error)),
                Again::WithNewToken => {
                    signed_in_anew = true;
                    self.rebuild(generation)?;
                }
                Again::Later(_) if attempt >= self.attempts(&failed.error) => return Err(failed.error),
                Again::Later(retry_after) => self.wait(call, attempt, retry_after, failed.error)?,
            }
            attempt += 1;
        }
    }

    /// Learns Google's time from the answer to a request that asks for nothing and needs no sign-in, so that [`Client::now`] is
    /// right before the first call. That it fails is no error: the first call tells.
    pub fn ask_time(&self) {
        let url = self.options.endpoints.base(Api::Logging);
        if let Ok(received) = answer::receive(self.http.get(url), CONNECT_TIMEOUT, self.clock()) {
            self.note_date((received.arrived, received.date));
        }
    }

    /// The time, corrected by what Google's answers say when the clocks differ by more than 30 s.
    pub fn now(&self) -> Timestamp {
        let now = self.clock.now();
        match self.skew_that_counts() {
            Some(skew) => Timestamp(now.0.saturating_sub(skew.saturating_mul(NANOS_PER_SECOND))),
            None => now,
        }
    }

    /// [`Client::skew`] when it is more than 30 s: then [`Client::now`] is Google's time.
    pub fn skew_that_counts(&self) -> Option<i64> {
        self.skew().filter(|skew| skew.abs() > SKEW_THAT_COUNTS_S)
    }

    /// Local clock minus Google's, in seconds, once an answer has come: positive when the local clock is ahead.
    pub fn skew(&self) -> Option<i64> {
        Some(self.skew_s.load(Ordering::Relaxed)).filter(|s| *s != UNKNOWN)
    }

    /// The clock that the client was made with.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// What it has done so far.
    pub fn stats(&self) -> Stats {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which credentials are in use, in words: "service account key". For messages; never a secret.
    pub fn signed_in_by(&self) -> &'static str {
        self.tokens.kind()
    }

    fn url(&self, call: &Call) -> Result<Url, CloudError> {
        let text = format!("{}{}", self.options.endpoints.base(call.api), call.path);
        match Url::parse(&text) {
            Ok(mut url) if url.query().is_none() && url.fragment().is_none() => {
                if !call.query.is_empty() {
                    url.query_pairs_mut().extend_pairs(&call.query);
                }
                Ok(url)
            }
            _ => Err(CloudError::new(
                ErrorKind::Endpoint,
                format!("no URL can be made for {}", call.api.title()),
                "check --endpoint and the names of project, region and service",
            )),
        }
    }

    fn attempt<T>(
        &self,
        call: &Call,
        url: &Url,
        attempt: u32,
        parse: &impl Fn(Vec<u8>) -> Result<T, String>,
    ) -> Result<T, Failed> {
        let permit = self.permit(call)?;
        let request = match self.request(call, url) {
            Ok(request) => request,
            Err(failed) => {
                if let Some(permit) = permit {
                    permit.unused();
                }
                return Err(failed);
            }
        };
        let timeout = self.attempt_timeout();
        self.count(|stats| {
            stats.requests += 1;
            stats.retries += u64::from(attempt > 1);
        });
        let received = answer::receive(request, timeout, self.clock());
        drop(permit);
        let received = received.map_err(|trouble| self.trouble(call, url, &trouble))?;
        self.was_reached.store(true, Ordering::Relaxed);
        self.count(|stats| stats.bytes += received.body.len() as u64);
        let times = (received.arrived, received.date);
        let judged = answer::judge(call, received, parse);
        // A proxy's page tells its own time.
        if !matches!(&judged, Err(failed) if failed.error.kind == ErrorKind::NotGoogle) {
            self.note_date(times);
        }
        judged
    }

    fn permit(&self, call: &Call) -> Result<Option<Permit<'_>>, Failed> {
        self.check_deadline("the next request")?;
        if !call.is_read_request {
            return Ok(None);
        }
        let Some(permit) = self.quota.take(self.clock(), self.deadline) else {
            let limit = self.options.requests_per_minute;
            return Err(Failed::for_good(
                self.too_late(&format!("the quota of {limit} read requests a minute")),
            ));
        };
        self.count(|stats| stats.waited_for_quota += permit.waited);
        Ok(Some(permit))
    }

    fn request(&self, call: &Call, url: &Url) -> Result<RequestBuilder, Failed> {
        let headers = self.tokens.headers().map_err(Failed::signing_in)?;
        self.check_deadline("anything after signing in")?;
        let mut request = match call.method {
            Method::Get => self.http.get(url.clone()),
            Method::Post => self.http.post(url.clone()),
        };
        for (name, value) in headers.billed_to(self.options.quota_project.as_deref()).iter() {
            request = request.header(name, value);
        }
        if let Some(body) = &call.body {
            request = request
                .header(reqwest::header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        Ok(request)
    }

    /// Time for one attempt: the policy's, or what is left of the client's life.
    fn attempt_timeout(&self) -> Duration {
        let left = self.left().unwrap_or(Duration::MAX);
        self.options.retries.attempt_timeout.min(left)
    }

    fn left(&self) -> Option<Duration> {
        self.deadline.map(|d| d.saturating_sub(self.clock.elapsed()))
    }

    fn trouble(&self, call: &Call, url: &Url, trouble: &answer::Trouble) -> Failed {
        let is_over = self.options.retries.attempt_timeout > self.left().unwrap_or(Duration::MAX);
        if trouble.what == Broken::TimedOut && is_over {
            return Failed::for_good(self.too_late(&format!("an answer of {}", call.api.title())));
        }
        answer::of_trouble(call, url.host_str().unwrap_or_default(), trouble)
    }

    /// Attempts that such an error is worth. A network that has never worked is not waited for as long as one that did.
    fn attempts(&self, error: &CloudError) -> u32 {
        let all = self.options.retries.attempts.max(1);
        let is_silence = matches!(error.kind, ErrorKind::Network | ErrorKind::Timeout);
        let never_worked = is_silence && !self.was_reached.load(Ordering::Relaxed);
        if never_worked { all.min(ATTEMPTS_UNREACHED) } else { all }
    }

    /// Waits before the next attempt, unless the deadline or the server's wish leaves no sense in it.
    fn wait(
        &self,
        call: &Call,
        failed: u32,
        retry_after: Option<Duration>,
        error: CloudError,
    ) -> Result<(), CloudError> {
        let policy = &self.options.retries;
        if let Some(asked) = retry_after.filter(|asked| *asked > policy.max_retry_after) {
            let cause = format!("{} (the server asks to wait for {} s)", error.cause, asked.as_secs());
            return Err(CloudError { cause, ..error });
        }
        let backoff = policy.wait(failed, self.jitter());
        let wait = retry_after.map_or(backoff, |asked| asked.max(backoff));
        if self.left().is_some_and(|left| left <= wait) {
            return Err(self.too_late(&format!("another attempt after this: {}", error.cause)));
        }
        if call.is_read_request && error.kind == ErrorKind::QuotaExceeded {
            self.quota.pause(self.clock.elapsed().saturating_add(wait));
        }
        self.clock.sleep(wait);
        Ok(())
    }

    /// A second 401: says whose token it was, and whether the clock may be why.
    fn not_signed_in(&self, error: CloudError) -> CloudError {
        let cause = format!("{} (signed in by: {})", error.cause, self.tokens.kind());
        match self.skew().filter(|s| s.abs() > SKEW_THAT_BREAKS_TOKENS_S) {
            Some(skew) => {
                let side = if skew > 0 { "ahead of" } else { "behind" };
                let cause = format!("{cause}; the clock of this machine is {} s {side} Google's", skew.abs());
                CloudError::new(error.kind, cause, "set the clock of this machine, then try again")
            }
            None => CloudError { cause, ..error },
        }
    }

    fn check_deadline(&self, awaited: &str) -> Result<(), Failed> {
        match self.left() {
            Some(left) if left.is_zero() => Err(Failed::for_good(self.too_late(awaited))),
            _ => Ok(()),
        }
    }

    fn too_late(&self, awaited: &str) -> CloudError {
        let life = self.options.deadline.unwrap_or_default().as_secs();
        CloudError::new(
            ErrorKind::Deadline,
            format!("the time limit of {life} s left no time for {awaited}"),
            "give it more time with --deadline, or ask for a shorter window",
        )
    }

    fn generation(&self) -> u64 {
        *self.rebuilt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Builds credentials anew unless another thread has done so since `generation`.
    fn rebuild(&self, generation: u64) -> Result<(), CloudError> {
        let mut rebuilt = self.rebuilt.lock().unwrap_or_else(PoisonError::into_inner);
        if *rebuilt == generation {
            self.tokens.rebuild()?;
            *rebuilt += 1;
        }
        Ok(())
    }

    fn note_date(&self, (arrived, date): (Timestamp, Option<Timestamp>)) {
        if let Some(date) = date {
            let skew = arrived.0.saturating_sub(date.0).div_euclid(NANOS_PER_SECOND);
            self.skew_s.store(skew, Ordering::Relaxed);
        }
    }

    fn count(&self, change: impl FnOnce(&mut Stats)) {
        change(&mut self.stats.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A number from 0 to 1. It spreads threads out and need not be good.
    fn jitter(&self) -> f64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut x = self.random.fetch_add(STEP, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (x >> 40) as f64 / (1_u64 << 24) as f64
    }
}

fn http_client(options: &ClientOptions) -> Result<reqwest::blocking::Client, CloudError> {
    let builder = reqwest::blocking::Client::builder()
        .user_agent(concat!("logverdict/", env!("CARGO_PKG_VERSION"), " (gzip)"))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(options.retries.attempt_timeout);
    let builder = match options.endpoints.are_local() {
        true => builder.no_proxy(),
        false => builder,
    };
    builder.build().map_err(|e| {
        CloudError::new(
            ErrorKind::Network,
            format!("no HTTPS client can be made: {}", answer::words(&e.without_url())),
            "check the certificates of this machine and the proxy settings",
        )
    })
}
