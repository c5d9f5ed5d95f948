//! What `monitor` takes. No input or output, no decisions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::args::{LiveArgs, OutputArgs, SelectArgs};

#[derive(Debug, Args)]
pub struct MonitorArgs {
    /// Recorded logs, with --from-files: files, folders, wildcards, or - for standard input
    #[arg(requires = "from_files")]
    pub input: Vec<String>,
    /// Watch recorded logs through the same code: nobody waits, and Google Cloud is not asked
    #[arg(long, requires = "input", requires = "deployed_at")]
    pub from_files: bool,
    /// How long after the deploy the watch lasts
    #[arg(long = "for", value_name = "TIME", default_value = "24h")]
    pub length: String,
    /// Make the looks that are due, and end: for a scheduler
    #[arg(long)]
    pub once: bool,
    /// Time between looks: 5m, 10m, 15m, 20m, 30m or 1h
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub every: String,
    /// Times after the deploy that are told, whatever the verdict
    #[arg(
        long,
        value_name = "TIME",
        value_delimiter = ',',
        default_value = "20m,1h,2h,4h,8h,12h,24h"
    )]
    pub checkpoints: Vec<String>,
    /// How much of the log before the deploy is the baseline; shortened, and told, where that takes too long to read
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub baseline_for: String,
    /// Which verdict ends the watch before its time
    #[arg(long, value_enum, default_value_t = StopWhen::RollBack, value_name = "VERDICT")]
    pub stop_on: StopWhen,
    /// Requests to Google's APIs that the whole watch may take
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_requests: Option<u64>,
    /// Where the watch is kept: a file or gs://BUCKET/OBJECT; {revision} stands for the candidate
    /// [default: .logverdict/{revision}.state; with --from-files none]
    #[arg(long, value_name = "PLACE", verbatim_doc_comment)]
    pub state: Option<String>,
    /// File that always holds the latest report: .md, .json, .html or .txt by its name; may be repeated
    #[arg(long, value_name = "FILE")]
    pub report: Vec<PathBuf>,
    /// Who is told of changes and checkpoints: [slack=|chat=|json=]URL, or @FILE with such a line; may be repeated
    /// [env: LOGVERDICT_WEBHOOK]
    #[arg(long, value_name = "WEBHOOK", verbatim_doc_comment)]
    pub webhook: Vec<String>,
    /// Issue or pull request whose comment is kept up to date: owner/repo#1061
    /// [the token is that of GITHUB_TOKEN or GH_TOKEN]
    #[arg(long, value_name = "ISSUE", verbatim_doc_comment)]
    pub github: Option<String>,
    /// Serve a status page at this address; a port alone is open to this machine only
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Revisions of the baseline; * and ? are allowed; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub baseline_revision: Vec<String>,
    /// Revisions of the candidate; * and ? are allowed; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub candidate_revision: Vec<String>,
    /// When the candidate was deployed (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub deployed_at: Option<String>,
    /// Baseline of the candidate's hours alone (UTC), on every earlier day that the log holds
    #[arg(long)]
    pub same_hours: bool,
    #[command(flatten)]
    pub select: SelectArgs,
    /// What is tolerated and what must hold: see docs/policy.md
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub live: LiveArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StopWhen {
    /// At ROLL BACK
    RollBack,
    /// At ROLL BACK or PROCEED
    Verdict,
    /// When its time is over
    Never,
}
