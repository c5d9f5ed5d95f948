//! News of a watch, short enough for a chat: what is the verdict now, why, and what to do.
//!
//! Input: a report and what made it news. Output: a small value with a stable id, and its renderings: JSON, plain text, Slack,
//! Google Chat. Texts come from the report, so that they are redacted; the renderings escape them. It must not send anything.

mod google_chat;
mod names;
mod slack;
mod text;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::names::Names;
use super::escape;
use super::value::Report;
use crate::model::Timestamp;
use crate::verdict::{Lean, Verdict};

/// The schema that [`Notice`] follows.
pub const NOTICE_SCHEMA: &str = "logverdict.notice/1";

/// Most reasons, and most next steps.
const MOST_ITEMS: usize = 3;
/// Most characters of a sentence.
const MOST_CHARS: usize = 1000;
/// Most characters of a name: of a service, a revision, a checkpoint.
const MOST_NAME: usize = 200;
/// Most bytes of a link.
const MOST_LINK: usize = 2000;
/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeEvent {
    /// The verdict is another one than before.
    VerdictChanged,
    /// A point in time that was agreed on has come.
    Checkpoint,
    /// The watch is over.
    Ended,
}

/// What makes a report news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// What happened.
    pub event: NoticeEvent,
    /// When.
    pub at: Timestamp,
    /// Which checkpoint it is, such as `T+20m`.
    pub checkpoint: Option<String>,
    /// The verdict before.
    pub previous: Option<Verdict>,
    /// Where the report can be read; left out unless it is a plain `https://` or `http://` address.
    pub report_url: Option<String>,
}

/// News of a watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// [`NOTICE_SCHEMA`].
    pub schema: String,
    /// 32 hexadecimal digits of the SHA-256 of the content, without `report_url`: receivers drop what they have seen.
    pub id: String,
    /// What happened.
    pub event: NoticeEvent,
    /// When.
    pub at: Timestamp,
    /// Which checkpoint it is, such as `T+20m`.
    pub checkpoint: Option<String>,
    /// Google Cloud project, empty when unknown.
    pub project: String,
    /// Region, empty when unknown.
    pub region: String,
    /// Service, empty when unknown.
    pub service: String,
    /// The revision that is watched.
    pub candidate: String,
    /// The revision that it is compared with.
    pub baseline: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict before.
    pub previous: Option<Verdict>,
    /// Which way a HOLD leans.
    pub lean: Option<Lean>,
    /// How sure the verdict is.
    pub confidence: String,
    /// Why, worst first, at most three.
    pub reasons: Vec<NoticeReason>,
    /// What the candidate has done so far.
    pub counts: NoticeCounts,
    /// What to do next, at most three: sentences, or command lines that start with `$ `.
    pub next_steps: Vec<String>,
    /// Where the report can be read.
    pub report_url: Option<String>,
}

/// One reason for the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeReason {
    /// Stable code, kebab-case.
    pub code: String,
    /// A sentence with the numbers.
    pub message: String,
}

/// Counts of the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NoticeCounts {
    /// Requests.
    pub candidate_requests: u64,
    /// Those of them that were answered with 500 to 599.
    pub candidate_server_errors: u64,
}

impl NoticeCounts {
    /// The candidate's counts in a report.
    pub fn of(report: &Report) -> NoticeCounts {
        let side = &report.sides.candidate;
        let errors = side.by_status.range(500..600).map(|(_, n)| *n);
        NoticeCounts {
            candidate_requests: side.requests,
            candidate_server_errors: errors.fold(0, u64::saturating_add),
        }
    }
}

impl Notice {
    /// The notice of a report.
    pub fn new(report: &Report, news: &News) -> Notice {
        let sentence = |text: &str| escape::cut(text, MOST_CHARS);
        let reason = |r: &super::Reason| NoticeReason {
            code: escape::cut(&r.code, MOST_NAME),
            message: sentence(&r.message),
        };
        // Half a command may do harm: whole or not at all.
        let steps = report.next_steps.iter().filter(|s| s.chars().count() <= MOST_CHARS);
        let names = Names::of(report);
        let mut notice = Notice {
            schema: NOTICE_SCHEMA.to_owned(),
            id: String::new(),
            event: news.event,
            at: news.at,
            checkpoint: news.checkpoint.as_deref().map(name),
            project: names.project,
            region: names.region,
            service: names.service,
            candidate: names.candidate,
            baseline: names.baseline,
            verdict: report.verdict,
            previous: news.previous,
            lean: report.lean,
            confidence: sentence(&report.confidence),
            reasons: report.reasons.iter().take(MOST_ITEMS).map(reason).collect(),
            counts: NoticeCounts::of(report),
            next_steps: steps.take(MOST_ITEMS).cloned().collect(),
            report_url: None,
        };
        notice.id = content_id(&notice);
        notice.report_url = news.report_url.clone().filter(|url| is_plain_link(url));
        notice
    }

    /// Service and candidate of a report, as a notice names them.
    pub fn subject_of(report: &Report) -> (String, String) {
        let names = Names::of(report);
        (names.service, names.candidate)
    }

    /// The report's address, where it is safe to make a link of it. A notice that was read from elsewhere may hold anything.
    fn link(&self) -> Option<&str> {
        self.report_url.as_deref().filter(|url| is_plain_link(url))
    }
}

fn name(text: &str) -> String {
    escape::cut(text, MOST_NAME)
}

/// Serialising a notice cannot fail; field order is that of the type, so that the same content gives the same bytes.
fn content_id(notice: &Notice) -> String {
    let bytes = serde_json::to_vec(notice).unwrap_or_default();
    Sha256::digest(&bytes)[..16]
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// Whether a text is a web address that can stand inside `<...|...>` as it is.
fn is_plain_link(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_plain = |b: u8| b.is_ascii_graphic() && !b"<>|\"'`\\^{}".contains(&b);
    text.len() <= MOST_LINK && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_plain))
}

/// Stands where a command is not shown.
const NOT_SHOWN: &str = "(The command stands in the report.)";

/// The part with a dot of the one command of ours that would else look like the name of a host.
const FORMAT: &str = "yaml(status.traffic)";

/// A command line of the next steps, where escaping (and reading what was escaped) leaves it as it is: what looks like a
/// command must be one. `None` for sentences, and for commands with log text that chats would act upon.
fn shown_command(step: &str, read_escaped: impl Fn(&str) -> String) -> Option<&str> {
    let command = step.strip_prefix("$ ")?;
    let doubtful = command.replace(FORMAT, "");
    (read_escaped(&doubtful) == doubtful).then_some(command)
}

#[cfg(test)]
mod tests;
