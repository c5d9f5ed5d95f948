//! What can be typed. No input or output, no decisions.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::monitor::MonitorArgs;
use super::publish::PublishArgs;
use crate::ingest::filter::Filter;

/// Reads Cloud Run logs of a baseline and a candidate and says PROCEED, HOLD or ROLL BACK.
#[derive(Debug, Parser)]
#[command(name = "logverdict", version, about, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

const EXIT_CODES: &str =
    "Exit codes: 0 PROCEED (or done), 10 HOLD, 20 ROLL BACK, 2 usage, 3 input or service failure, 1 bug.";

/// Flags of every command.
#[derive(Debug, Args)]
pub struct Common {
    /// Print the report only: no progress, no hints
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Also print what was read, and how long it took
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub color: When,
    /// Worker threads [default: one for each core]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// More pattern packs: a TOML file, or a folder of them
    #[arg(long, global = true, value_name = "PATH")]
    pub patterns: Vec<PathBuf>,
    /// Stack frames of the application: start of a path, package or class, or a wildcard; may be repeated
    #[arg(long, global = true, value_name = "RULE")]
    pub in_app: Vec<String>,
    /// Stack frames of libraries: the same; of two rules that fit the longer one decides
    #[arg(long, global = true, value_name = "RULE")]
    pub library: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For reading here
    Terminal,
    /// For machines: see docs/report.md
    Json,
    /// For an issue or a chat
    Markdown,
    /// For a browser: one file that needs no network
    Html,
    /// For a spreadsheet: the signals that were compared
    Csv,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare a baseline with a candidate and give a verdict
    #[command(after_long_help = COMPARE_EXAMPLES)]
    Compare(CompareArgs),
    /// Count the known patterns of one input
    Scan(ScanArgs),
    /// Show a saved JSON report again, in any format
    #[command(after_long_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Judge past deploys, or pseudo deploys of your own logs: how often are the verdicts wrong?
    #[command(after_long_help = REPLAY_EXAMPLES)]
    Replay(Box<ReplayArgs>),
    /// Watch a deploy for a day: look again and again, remember, tell
    #[command(after_long_help = MONITOR_EXAMPLES)]
    Monitor(Box<MonitorArgs>),
    /// Show a saved report in GitHub: a comment that is kept up to date, the summary of a run, annotations
    #[command(after_long_help = PUBLISH_EXAMPLES)]
    Publish(PublishArgs),
    /// Save entries of Cloud Logging to a file, for later and for colleagues
    Fetch(FetchArgs),
    /// Make, merge and show saved profiles
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// List, show and check patterns, and try a text against them
    #[command(subcommand)]
    Patterns(PatternsCommand),
}

const COMPARE_EXAMPLES: &str = "\
Examples:
  logverdict compare --project acme-shop --region europe-west1 --service chat-api
  logverdict compare before.json after.json
  logverdict compare logs/ --baseline-revision 'chat-api-00041-*' --candidate-revision 'chat-api-00042-*'
  logverdict compare day.ndjson.gz --deployed-at 2026-03-01T10:00:00Z --policy policy.toml
  logverdict compare four-days.ndjson.gz --deployed-at 2026-03-01T10:00:00Z --same-hours
  gcloud logging read FILTER --format=json | logverdict compare before.json -";

const MONITOR_EXAMPLES: &str = "\
Examples:
  logverdict monitor --project acme-shop --region europe-west1 --service chat-api --report watch.md
  logverdict monitor --project acme-shop --region europe-west1 --service chat-api --once --state 'gs://acme-watch/{revision}.state'
  logverdict monitor --from-files day.ndjson.gz --deployed-at 2026-03-01T10:00:00Z --for 6h";

const PUBLISH_EXAMPLES: &str = "\
Examples:
  logverdict publish --github 'acme/shop#1061' report.json
  logverdict publish --github 'acme/shop#1061' --yes report.json
  logverdict publish --step-summary --annotations report.json";

const REPORT_EXAMPLES: &str = "\
Examples:
  logverdict compare before.json after.json --format json -o saved.json
  logverdict report saved.json
  logverdict report saved.json --format html -o report.html
  logverdict report saved.json --format markdown --compact
  logverdict report - --format csv < saved.json";

const REPLAY_EXAMPLES: &str = "\
Examples:
  logverdict replay --calibrate quiet-day.ndjson.gz
  logverdict replay --calibrate quiet-day.profile --policy policy.toml --candidate-minutes 120
  logverdict replay past-deploys/

A past deploy is a folder with baseline.* and candidate.*, or one logs.*; expect.toml in it tells the truth: docs/replay.md.";

/// Which entries are counted.
#[derive(Debug, Args)]
pub struct SelectArgs {
    /// Count only this service; * and ? are allowed
    #[arg(long, value_name = "GLOB")]
    pub service: Vec<String>,
    /// Count only entries from this time on (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Count only entries before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Count only entries that this filter takes: Logging query language, or @FILE; see docs/filter.md
    #[arg(long = "filter", value_name = "EXPR", allow_hyphen_values = true)]
    pub filter_text: Option<String>,
    /// The same, parsed: see `filter::resolve`.
    #[arg(skip)]
    pub filter: Option<Arc<Filter>>,
}

/// Where entries are read from when no files are given: the Cloud Logging API.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading from Google Cloud")]
pub struct LiveArgs {
    /// Project; without input files its Cloud Logging is read [default: gcloud's core/project]
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<String>,
    /// Region of the service, such as europe-west1 [default: gcloud's run/region]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Read what is not older than this: 30m, 6h, 1d
    #[arg(long, value_name = "TIME", conflicts_with = "since")]
    pub freshness: Option<String>,
    /// Log view to read instead of the project: projects/P/locations/L/buckets/B/views/V; may be repeated
    #[arg(long, value_name = "VIEW")]
    pub view: Vec<String>,
    /// Quota to keep to: read requests a minute, shared by all that read this project's logs
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub requests_per_minute: u32,
    /// Stop reading after this time; what is missing then is in the report
    #[arg(long, value_name = "TIME", default_value = "30m")]
    pub deadline: String,
    /// Where requests are counted
    #[arg(long, value_enum, default_value_t = RequestsFrom::Auto, value_name = "SOURCE")]
    pub requests_from: RequestsFrom,
    /// Other address of Google's APIs; logging=URL, run=URL, monitoring=URL or storage=URL for one of them; may be repeated
    #[arg(long, value_name = "URL")]
    pub endpoint: Vec<String>,
    /// Sign in with the token in this file instead of Application Default Credentials
    #[arg(long, value_name = "FILE")]
    pub access_token_file: Option<PathBuf>,
    /// Project whose quota pays for the requests
    #[arg(long, value_name = "PROJECT")]
    pub billing_project: Option<String>,
}

/// Where requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RequestsFrom {
    /// The log, unless its request entries are too many to list within the quota
    Auto,
    /// The log: every request entry is read
    Log,
    /// Cloud Monitoring: only entries that tell of errors are read
    Monitoring,
}

#[derive(Debug, Args)]
pub struct FetchArgs {
    /// File to write: NDJSON, compressed if its name ends in .zst
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub overwrite: bool,
    /// Write the file even if parts of the time could not be read; the manifest names them
    #[arg(long)]
    pub keep_incomplete: bool,
    /// Save only this revision; * and ? are allowed; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub revision: Vec<String>,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub live: LiveArgs,
}

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Baseline: files, folders, wildcards, saved profiles, or - for standard input
    pub baseline_input: Option<String>,
    /// Candidate: the same
    pub candidate_input: Option<String>,
    /// More input of the baseline; may be repeated
    #[arg(long = "baseline", value_name = "PATH")]
    pub baseline: Vec<String>,
    /// More input of the candidate; may be repeated
    #[arg(long = "candidate", value_name = "PATH")]
    pub candidate: Vec<String>,
    /// Revisions of the baseline; * and ? are allowed; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub baseline_revision: Vec<String>,
    /// Revisions of the candidate; * and ? are allowed; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub candidate_revision: Vec<String>,
    /// When the candidate was deployed (RFC 3339): splits one input into before and after
    #[arg(long, value_name = "TIME")]
    pub deployed_at: Option<String>,
    /// Baseline of the candidate's hours alone (UTC), on every earlier day that the logs hold
    #[arg(long)]
    pub same_hours: bool,
    #[command(flatten)]
    pub select: SelectArgs,
    /// What is tolerated and what must hold: see docs/policy.md
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
    /// With --format markdown: a short message for a chat
    #[arg(long)]
    pub compact: bool,
    #[command(flatten)]
    pub redact: RedactArgs,
    #[command(flatten)]
    pub live: LiveArgs,
}

/// What is taken out of texts.
#[derive(Debug, Args)]
pub struct RedactArgs {
    /// Take out IP addresses, too; secrets, e-mail addresses and query strings always are
    #[arg(long)]
    pub redact_ips: bool,
    /// Take out nothing: only for the terminal format on standard output
    #[arg(long, conflicts_with = "redact_ips")]
    pub no_redact: bool,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// A report that compare or monitor wrote with --format json, or - for standard input
    #[arg(value_name = "SAVED.json")]
    pub saved: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
    /// With --format markdown: a short message for a chat
    #[arg(long)]
    pub compact: bool,
    /// Take out IP addresses, too; everything else is taken out again
    #[arg(long)]
    pub redact_ips: bool,
}

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Folders of past deploys; with --calibrate: logs or saved profiles of a time when the service was well
    #[arg(required = true)]
    pub input: Vec<String>,
    /// Make pseudo deploys of the logs: count false alarms, and misses of known harm that is put into them
    #[arg(long)]
    pub calibrate: bool,
    /// Replay only this revision; * and ? are allowed; may be repeated
    #[arg(long, value_name = "GLOB", requires = "calibrate")]
    pub revision: Vec<String>,
    /// Length of the baseline, a multiple of 5
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = five_minutes, requires = "calibrate")]
    pub baseline_minutes: u32,
    /// Length of the candidate, a multiple of 5
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = five_minutes, requires = "calibrate")]
    pub candidate_minutes: u32,
    /// Longest blocks that are shuffled, so that bursts stay whole; a multiple of 5
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = five_minutes, requires = "calibrate")]
    pub block_minutes: u32,
    /// Shuffled pseudo deploys, without harm and with each harm
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000), requires = "calibrate")]
    pub runs: u32,
    /// Start of the random numbers: the same seed deals the same blocks
    #[arg(long, value_name = "N", default_value_t = 1, requires = "calibrate")]
    pub seed: u64,
    /// How long each past deploy is watched, at most: a watch ends with the candidate's entries
    #[arg(
        long = "for",
        value_name = "TIME",
        default_value = "24h",
        conflicts_with = "calibrate"
    )]
    pub watch_for: String,
    #[command(flatten)]
    pub select: SelectArgs,
    /// What is tolerated and what must hold; a past deploy's own policy comes before it
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Minutes in whole blocks of latency, at most a week.
fn five_minutes(text: &str) -> Result<u32, String> {
    const WEEK: u32 = 7 * 24 * 60;
    let minutes = text
        .parse()
        .ok()
        .filter(|m: &u32| (5..=WEEK).contains(m) && m.is_multiple_of(5));
    minutes.ok_or_else(|| format!("not a multiple of 5 from 5 to {WEEK}"))
}

/// Where a report goes, and how.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// Write the report to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Rows that a terminal shows of each table unless told otherwise.
const TOP: usize = 20;

#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Files, folders, wildcards, or - for standard input; without any, Cloud Logging is read
    pub input: Vec<String>,
    /// Count only this revision; * and ? are allowed; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub revision: Vec<String>,
    #[command(flatten)]
    pub select: SelectArgs,
    /// Show this many patterns and templates, the most frequent ones; JSON always holds all
    #[arg(long, value_name = "N", default_value_t = TOP)]
    pub top: usize,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub redact: RedactArgs,
    #[command(flatten)]
    pub live: LiveArgs,
}

#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Make a profile of logs, to be compared later
    Make(Box<ScanArgs>),
    /// Merge profiles of different sources
    Merge(MergeArgs),
    /// Show what a profile covers and counts
    Show(ShowArgs),
}

#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Profiles
    #[arg(required = true)]
    pub profiles: Vec<PathBuf>,
    /// Write the profile to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A profile
    pub profile: PathBuf,
    /// Show this many patterns and templates, the most frequent ones; JSON always holds all
    #[arg(long, value_name = "N", default_value_t = TOP)]
    pub top: usize,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Subcommand)]
pub enum PatternsCommand {
    /// List all patterns
    List,
    /// Show one pattern with its meaning and examples
    Show {
        /// Id, such as starlette/accept-first
        id: String,
    },
    /// Check packs: examples, regexes, names
    Check {
        /// Pack files or folders; without any, the shipped packs
        packs: Vec<PathBuf>,
    },
    /// Print the id of the template of each line of a text file
    Group {
        /// A text file, or - for standard input
        file: PathBuf,
        /// Print the template after its id
        #[arg(long)]
        text: bool,
    },
    /// Say which patterns match a text, and how it becomes a template or a stack, step by step
    Explain {
        /// The message text; - reads it from standard input
        text: String,
    },
    /// Write a pack entry for messages of one kind, or for a template of a report
    Suggest {
        /// Messages, or one template
        #[arg(required = true)]
        messages: Vec<String>,
    },
}
