//! One report value and its renderings: terminal, Markdown, HTML, CSV, JSON. Log text is hostile here: escaped in one place.
//!
//! Input: what the decision saw and said ([`Parts`]), the counts of one input ([`Scan`]), or those of many verdicts
//! ([`Replay`]). Output: a value, redacted on
//! the way in, and text. No clock, environment or terminal is asked: the caller gives a [`Style`].

mod again;
mod annotations;
mod build;
mod check;
mod comment;
mod csv;
pub mod escape;
mod group;
mod html;
mod json;
mod markdown;
mod notice;
mod outlook;
pub mod redact;
mod replay;
mod scan;
mod terminal;
mod value;
mod watch;
mod words;

pub use annotations::{MOST_ANNOTATIONS, for_log};
pub use build::Parts;
pub use comment::{CommentKey, MOST_CHARS as COMMENT_MOST_CHARS, is_same as is_same_comment, nonce as comment_nonce};
pub use group::{Group, Grouped};
pub use json::ReadError;
pub use markdown::COMPACT_MOST_CHARS;
pub use markdown::MOST_BYTES as MARKDOWN_MOST_BYTES;
pub use notice::{NOTICE_SCHEMA, News, Notice, NoticeCounts, NoticeEvent, NoticeReason};
pub use outlook::{Outlook, Remaining};
pub use redact::{Redaction, RedactionCounts, RedactionKind};
pub use replay::{
    Calibration, DeployCounts, DeployOutcome, FalseAlarm, Found, HarmKind, HarmRow, HoldReason, JudgedBy, OneVerdict,
    Outcomes, PastDeploy, PastDeploys, PastWatch, REPLAY_SCHEMA, Replay, ReplayedLogs, Share, TriedSetting,
    TriedSettings, Truth, WatchCounts,
};
pub use scan::{SCAN_SCHEMA, Scan, ScanRow, TREND_PARTS};
pub use terminal::Style;
pub use value::{
    Count, Criterion, Deploy, Dispersion, Finding, Interval, Latency, Pack, Pairing, REPORT_SCHEMA, Rates, Reason,
    Report, Sample, Side, Sides, Timeline, Tool,
};
pub use watch::{Changed, Checkpoint, Ended, Gap, Watched};

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod saved_tests;
#[cfg(test)]
mod tests;
