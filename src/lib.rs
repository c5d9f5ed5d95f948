//! logverdict reads Cloud Run logs of a **baseline** and a **candidate** and judges the deploy between them.
//!
//! # The path of an entry
//!
//! ```text
//! files ──▶ ingest ──▶ patterns ──▶ profile ──▶ compare ──▶ verdict ──▶ report
//!           entries    which known   counts by    findings    PROCEED,    terminal,
//!           problems   errors it is  revision,    signal by   HOLD or     Markdown,
//!                                    minute,      signal      ROLL BACK   HTML, JSON
//!                                    signal
//! ```
//!
//! - [`model`]: plain types, no input or output.
//! - [`cloud`]: Google's APIs: sign-in, quota, retries; Cloud Run's deploys, Cloud Monitoring's counts.
//! - [`ingest`]: files in any shape that Cloud Logging entries travel in; yields entries and counted, named problems.
//! - [`patterns`]: known messages as data (packs), and the matcher that runs them all in one pass.
//! - [`profile`]: the mergeable summary of one side. Everything before it streams; everything after it is small.
//! - [`compare`]: pure statistics; two profiles in, findings out.
//! - [`verdict`]: pure decision; findings and a policy in, a verdict with reasons out.
//! - [`report`]: one value, several renderings.
//! - [`replay`]: pseudo deploys of a service's own logs and past deploys, judged and counted: are the verdicts to be trusted?
//! - [`monitor`]: many looks at one deploy, for a day: schedule, counts of each look, the verdict over time, state.
//! - [`publish`]: tells people and machines about a watch: webhooks, GitHub, a status page, metrics.
//! - [`cli`]: arguments, progress, error wording, exit codes.
//!
//! # What never happens
//!
//! No module uses one to its right. `compare`, `verdict` and `replay` see no clock, file, environment or network. Nothing
//! but `cli` knows of arguments, and the library never prints or exits: it writes to what it is given. No module but
//! `ingest` knows how entries are written down. Lost or broken input never becomes a PROCEED.

pub mod cli;
pub mod cloud;
pub mod compare;
pub mod ingest;
pub mod model;
pub mod monitor;
pub mod patterns;
pub mod profile;
pub mod publish;
pub mod replay;
pub mod report;
pub mod verdict;
