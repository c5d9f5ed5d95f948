//! Command-line options, and the recipe that they amount to.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::sink::Form;
use crate::spec::{ErrorSpec, FileSpec, Recipe, RevisionSpec, Tracebacks};
use crate::texts;

/// Generates logs of an invented Cloud Run service from a seed: the same options give the same bytes.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    /// Write the files of a recipe instead.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Seed of all random numbers.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// First minute, RFC 3339.
    #[arg(long, default_value = "2026-03-03T10:00:00Z")]
    pub start: String,
    /// Length in minutes.
    #[arg(long, default_value_t = 60)]
    pub minutes: i64,
    /// Stop after about this many megabytes instead.
    #[arg(long)]
    pub size_mb: Option<f64>,
    /// Requests a minute, on average, all revisions together.
    #[arg(long, default_value_t = 300.0)]
    pub requests_per_minute: f64,
    /// Amplitude of the daily cycle, on the log scale.
    #[arg(long, default_value_t = 0.0)]
    pub diurnal: f64,
    /// Service.
    #[arg(long, default_value = "chat-api")]
    pub service: String,
    /// Revision that serves.
    #[arg(long, default_value = "chat-api-00041-kop")]
    pub revision: String,
    /// A second revision that serves this share of the requests at the same time.
    #[arg(long, value_name = "REVISION=SHARE")]
    pub candidate: Option<String>,
    /// Error of a share of the requests: a known name or a text of your own. Repeatable.
    #[arg(long, value_name = "ERROR=RATE")]
    pub error: Vec<String>,
    /// Like --error, for the second revision only.
    #[arg(long, value_name = "ERROR=RATE")]
    pub candidate_error: Vec<String>,
    /// An error for some minutes on all revisions.
    #[arg(long, value_name = "MINUTE:LENGTH:ERROR=RATE")]
    pub storm: Vec<String>,
    /// Median latency.
    #[arg(long, default_value_t = 60.0)]
    pub latency_ms: f64,
    /// Added to every latency of the second revision (without one: of the only one).
    #[arg(long, default_value_t = 0.0)]
    pub latency_shift_ms: f64,
    /// Share of the requests that open a WebSocket.
    #[arg(long, default_value_t = 0.03)]
    pub websocket_share: f64,
    /// Share of the requests with a background error.
    #[arg(long, default_value_t = 0.01)]
    pub background_errors: f64,
    /// Number of different background errors.
    #[arg(long, default_value_t = 60)]
    pub background_templates: usize,
    /// Share of the requests that fail with 5xx without a message.
    #[arg(long, default_value_t = 0.0005)]
    pub plain_5xx: f64,
    /// Share of the requests with an access line.
    #[arg(long, default_value_t = 0.5)]
    pub access_lines: f64,
    /// Share of the requests with a structured INFO entry.
    #[arg(long, default_value_t = 0.3)]
    pub info_lines: f64,
    /// How tracebacks arrive.
    #[arg(long, value_enum, default_value = "mixed")]
    pub tracebacks: Tracebacks,
    /// Share of the entries written twice.
    #[arg(long, default_value_t = 0.0)]
    pub duplicates: f64,
    /// Newest entry first; holds everything in memory.
    #[arg(long)]
    pub newest_first: bool,
    /// One indented array as gcloud prints it, instead of one entry a line.
    #[arg(long)]
    pub array: bool,
    /// File to write; standard output when absent. `.gz` compresses.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Write the exact counts of each revision to this file.
    #[arg(long)]
    pub truth: Option<PathBuf>,
}

/// Other things to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the files of a recipe.
    Scenario {
        /// The recipe.
        recipe: PathBuf,
        /// Folder to write to; the recipe's own when absent.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

impl Options {
    /// The form of the output.
    pub fn form(&self) -> Form {
        if self.array { Form::Array } else { Form::Ndjson }
    }

    /// The recipe that the options amount to: one file with one or two revisions.
    pub fn recipe(&self) -> Result<Recipe, String> {
        let mut errors = rates(&self.error)?;
        for storm in &self.storm {
            errors.push(parse_storm(storm)?);
        }
        let mut revision = vec![self.revision(&self.revision, 1.0, errors)];
        if let Some(text) = &self.candidate {
            let (name, share) = name_and_rate(text)?;
            let mut second = self.revision(name, share, revision[0].error.clone());
            second.error.extend(rates(&self.candidate_error)?);
            second.latency_shift_ms = self.latency_shift_ms;
            revision[0].requests_per_minute *= 1.0 - share;
            revision.push(second);
        } else {
            revision[0].latency_shift_ms = self.latency_shift_ms;
        }
        let file = FileSpec {
            name: String::new(),
            newest_first: self.newest_first,
            duplicates: self.duplicates,
            keep_newest: None,
            keep_bytes: None,
            plain_ids: false,
            revision,
        };
        let text = format!("seed = {}\nservice = {:?}\nfile = []", self.seed, self.service);
        let recipe: Recipe = toml::from_str(&text).map_err(|e| e.to_string())?;
        Ok(Recipe {
            file: vec![file],
            ..recipe
        })
    }

    fn revision(&self, name: &str, share: f64, error: Vec<ErrorSpec>) -> RevisionSpec {
        RevisionSpec {
            name: name.to_owned(),
            start: self.start.clone(),
            minutes: if self.size_mb.is_some() {
                i64::MAX / 1_000_000_000
            } else {
                self.minutes
            },
            requests_per_minute: self.requests_per_minute * share,
            diurnal: self.diurnal,
            instances: 4,
            websocket_share: self.websocket_share,
            websocket_refused: 0.02,
            latency_ms: self.latency_ms,
            latency_spread: 0.6,
            latency_shift_ms: 0.0,
            access_lines: self.access_lines,
            info_lines: self.info_lines,
            info_traps: 0.1,
            background_errors: self.background_errors,
            background_templates: self.background_templates,
            plain_5xx: self.plain_5xx,
            client_errors: 0.05,
            traces: 1.0,
            tracebacks: self.tracebacks,
            error,
            probe: Vec::new(),
            event: starts(),
        }
    }
}

/// A deploy and the start of four instances, in the first seconds.
fn starts() -> Vec<crate::spec::EventSpec> {
    let text = "[[event]]\nkind = 'deploy'\n[[event]]\nkind = 'start'\nat-second = 2\ntimes = 4\nevery-seconds = 0.7\nreason = 'DEPLOYMENT_ROLLOUT'";
    #[derive(serde::Deserialize)]
    struct Events {
        event: Vec<crate::spec::EventSpec>,
    }
    toml::from_str::<Events>(text).map_or_else(|_| Vec::new(), |e| e.event)
}

fn rates(texts: &[String]) -> Result<Vec<ErrorSpec>, String> {
    texts
        .iter()
        .map(|text| name_and_rate(text).map(|(what, rate)| error(what, rate)))
        .collect()
}

fn error(what: &str, rate: f64) -> ErrorSpec {
    ErrorSpec {
        what: what.to_owned(),
        rate,
        severity: "ERROR".into(),
        status: Some(500),
        path: None,
        from_minute: 0,
        for_minutes: None,
    }
}

/// `NAME=RATE`, the rate as a share (0.01) or in percent (1%).
fn name_and_rate(text: &str) -> Result<(&str, f64), String> {
    let known = || texts::KNOWN.iter().map(|k| k.name).collect::<Vec<_>>().join(", ");
    let wrong = || {
        format!(
            "`{text}` is not NAME=RATE, such as `db-pool=0.5%`; known names: {}",
            known()
        )
    };
    let (name, rate) = text.rsplit_once('=').ok_or_else(wrong)?;
    let (number, scale) = rate.strip_suffix('%').map_or((rate, 1.0), |percent| (percent, 0.01));
    let rate: f64 = number.trim().parse().map_err(|_| wrong())?;
    if (0.0..=1.0).contains(&(rate * scale)) {
        Ok((name, rate * scale))
    } else {
        Err(wrong())
    }
}

fn parse_storm(text: &str) -> Result<ErrorSpec, String> {
    let wrong = || format!("`{text}` is not MINUTE:LENGTH:NAME=RATE, such as `20:5:upstream-5xx=30%`");
    let mut parts = text.splitn(3, ':');
    let mut number = || parts.next().and_then(|p| p.parse::<i64>().ok()).ok_or_else(wrong);
    let (from, length) = (number()?, number()?);
    let (what, rate) = name_and_rate(parts.next().ok_or_else(wrong)?)?;
    Ok(ErrorSpec {
        from_minute: from,
        for_minutes: Some(length),
        ..error(what, rate)
    })
}
