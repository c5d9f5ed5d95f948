//! What to generate: the recipe of a folder of files, read from TOML or built from command-line options.
//!
//! Rates are shares of the requests, 0 to 1. Times are UTC, RFC 3339. Unknown keys are errors.

use std::path::Path;

use serde::Deserialize;

/// A recipe: some files, each with the entries of some revisions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// Seed; every file and revision gets its own stream from it.
    #[serde(default = "one")]
    pub seed: u64,
    /// Cloud Run service.
    #[serde(default = "service")]
    pub service: String,
    /// Google Cloud project.
    #[serde(default = "project")]
    pub project: String,
    /// Region.
    #[serde(default = "location")]
    pub location: String,
    /// The files.
    pub file: Vec<FileSpec>,
}

/// One file. Its name says its form: `.ndjson` (one entry a line) or `.json` (array as gcloud prints it), each with or without `.gz`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileSpec {
    /// File name.
    pub name: String,
    /// Newest entry first, as gcloud prints.
    #[serde(default)]
    pub newest_first: bool,
    /// Share of the entries that are written twice.
    #[serde(default)]
    pub duplicates: f64,
    /// Keep only so many entries, the newest: what `gcloud logging read --limit` does.
    pub keep_newest: Option<usize>,
    /// Write only this share of the file's bytes: an interrupted download.
    pub keep_bytes: Option<f64>,
    /// Short, repetitive ids and few distinct values, so that the file compresses well.
    #[serde(default = "yes")]
    pub plain_ids: bool,
    /// The revisions whose entries it holds.
    pub revision: Vec<RevisionSpec>,
}

/// The life of one revision in a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RevisionSpec {
    /// Revision name.
    pub name: String,
    /// First minute.
    pub start: String,
    /// Length of its window, minutes.
    pub minutes: i64,
    /// Requests a minute, on average.
    #[serde(default)]
    pub requests_per_minute: f64,
    /// Amplitude of the daily cycle of the traffic, on the log scale: 1 means 2.7 times as much at the peak (15:00) as on average.
    #[serde(default)]
    pub diurnal: f64,
    /// Instances.
    #[serde(default = "two")]
    pub instances: usize,
    /// Share of the requests that open a WebSocket.
    #[serde(default)]
    pub websocket_share: f64,
    /// Share of the WebSocket attempts that are refused with 403.
    #[serde(default)]
    pub websocket_refused: f64,
    /// Median latency, milliseconds.
    #[serde(default = "latency")]
    pub latency_ms: f64,
    /// Standard deviation of the logarithm of the latency.
    #[serde(default = "spread")]
    pub latency_spread: f64,
    /// Added to every latency, milliseconds.
    #[serde(default)]
    pub latency_shift_ms: f64,
    /// Share of the requests with an access line of the web server on stdout.
    #[serde(default)]
    pub access_lines: f64,
    /// Share of the requests with a structured INFO entry.
    #[serde(default)]
    pub info_lines: f64,
    /// Share of the structured INFO entries that carry a nested `error` object with severity ERROR.
    #[serde(default)]
    pub info_traps: f64,
    /// Share of the requests with one of the background errors, which are the same for every revision.
    #[serde(default)]
    pub background_errors: f64,
    /// How many different background errors there are.
    #[serde(default = "twelve")]
    pub background_templates: usize,
    /// Share of the requests that fail with 500, 502 or 503 without any message.
    #[serde(default)]
    pub plain_5xx: f64,
    /// Share of the requests that the application answers with 4xx.
    #[serde(default)]
    pub client_errors: f64,
    /// Share of the requests whose entries carry a trace.
    #[serde(default)]
    pub traces: f64,
    /// How tracebacks arrive.
    #[serde(default)]
    pub tracebacks: Tracebacks,
    /// Errors of requests.
    #[serde(default)]
    pub error: Vec<ErrorSpec>,
    /// Regular calls that are no user traffic.
    #[serde(default)]
    pub probe: Vec<ProbeSpec>,
    /// Things that happen at a time.
    #[serde(default)]
    pub event: Vec<EventSpec>,
}

/// How the lines of a traceback are spread over entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Tracebacks {
    /// The whole traceback in one entry with severity ERROR.
    #[default]
    Whole,
    /// One entry a line, without severity.
    Lines,
    /// Half of each.
    Mixed,
}

/// An error that hits a share of the requests, in the whole window or a part of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ErrorSpec {
    /// Name of a known error, or a message of your own ({n} {u} {h} {w} are filled in).
    pub what: String,
    /// Share of the requests.
    pub rate: f64,
    /// Severity of an own message; `NONE` writes a plain line without severity.
    #[serde(default = "error_severity")]
    pub severity: String,
    /// Status of the request, when the error changes it. Known errors have their own.
    pub status: Option<u16>,
    /// Path of the request, when the error is bound to one.
    pub path: Option<String>,
    /// First minute of the window in which it occurs.
    #[serde(default)]
    pub from_minute: i64,
    /// For how many minutes; to the end when absent.
    pub for_minutes: Option<i64>,
}

/// A caller that comes regularly: an uptime check, a scanner.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProbeSpec {
    /// Path.
    pub path: String,
    /// Calls a minute, on average.
    pub per_minute: f64,
    /// Status of the answer.
    pub status: u16,
    /// User agent.
    #[serde(default = "uptime_agent")]
    pub agent: String,
    /// Median latency, milliseconds.
    #[serde(default = "probe_latency")]
    pub latency_ms: f64,
    /// Message that the application writes with each call.
    pub message: Option<String>,
    /// Severity of the message.
    #[serde(default = "error_severity")]
    pub severity: String,
}

/// Something that happens at a time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EventSpec {
    /// What.
    pub kind: EventKind,
    /// Seconds after the revision's start.
    #[serde(default)]
    pub at_second: f64,
    /// How many times.
    #[serde(default = "one_time")]
    pub times: u32,
    /// Seconds from one to the next; all within this time for a burst.
    #[serde(default)]
    pub every_seconds: f64,
    /// Exit code of a crash.
    #[serde(default = "one_time")]
    pub exit_code: u32,
    /// Error of a burst, or message of a crash.
    #[serde(default)]
    pub what: String,
    /// Reason of a start, as the platform writes it.
    #[serde(default = "autoscaling")]
    pub reason: String,
}

/// Kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// An instance starts and becomes ready.
    Start,
    /// The audit entries of a deploy: the call and the revision that became ready.
    Deploy,
    /// The audit entries of a deploy whose revision does not become ready.
    DeployFailed,
    /// An instance of the old revision is retired, with the noise that makes.
    Drain,
    /// An instance starts, fails on an import, and exits.
    ImportCrash,
    /// An instance starts and its worker dies after a passed start-up probe.
    Crash,
    /// Many requests fail with one error within `every-seconds`.
    Burst,
}

/// Reads a recipe.
pub fn read(path: &Path) -> Result<Recipe, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

fn one() -> u64 {
    1
}
fn one_time() -> u32 {
    1
}
fn two() -> usize {
    2
}
fn twelve() -> usize {
    12
}
fn yes() -> bool {
    true
}
fn service() -> String {
    "chat-api".into()
}
fn project() -> String {
    "acme-shop".into()
}
fn location() -> String {
    "europe-west1".into()
}
fn latency() -> f64 {
    60.0
}
fn spread() -> f64 {
    0.5
}
fn probe_latency() -> f64 {
    8.0
}
fn error_severity() -> String {
    "ERROR".into()
}
fn autoscaling() -> String {
    "AUTOSCALING".into()
}
fn uptime_agent() -> String {
    "GoogleStackdriverMonitoring-UptimeChecks(https://cloud.google.com/monitoring)".into()
}
