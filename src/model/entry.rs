//! One log entry, reduced to the fields the tool reads and borrowed from the bytes it came in.

use serde::{Deserialize, Serialize};

use super::{Severity, Timestamp};

/// Which log of Cloud Run an entry stands in, from the last part of its `logName`, unescaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogKind {
    /// `run.googleapis.com/requests`: one entry for each request.
    Requests,
    /// `run.googleapis.com/stdout`
    Stdout,
    /// `run.googleapis.com/stderr`
    Stderr,
    /// `run.googleapis.com/varlog/system`: the platform speaking.
    System,
    /// `cloudaudit.googleapis.com/activity`: who changed what.
    Activity,
    /// `cloudaudit.googleapis.com/system_event`: what became of it.
    SystemEvent,
    /// Any other log, or none named.
    Other,
}

impl LogKind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [LogKind; 7] = [
        LogKind::Requests,
        LogKind::Stdout,
        LogKind::Stderr,
        LogKind::System,
        LogKind::Activity,
        LogKind::SystemEvent,
        LogKind::Other,
    ];

    /// The kind of a `logName` (`projects/P/logs/ID`, escaped or not) or of a bare log id.
    pub fn of_log_name(name: &str) -> LogKind {
        let id = name.rsplit_once("/logs/").map_or(name, |(_, id)| id);
        match id {
            "run.googleapis.com%2Frequests" | "run.googleapis.com/requests" => LogKind::Requests,
            "run.googleapis.com%2Fstdout" | "run.googleapis.com/stdout" => LogKind::Stdout,
            "run.googleapis.com%2Fstderr" | "run.googleapis.com/stderr" => LogKind::Stderr,
            "run.googleapis.com%2Fvarlog%2Fsystem" | "run.googleapis.com/varlog/system" => LogKind::System,
            "cloudaudit.googleapis.com%2Factivity" | "cloudaudit.googleapis.com/activity" => LogKind::Activity,
            "cloudaudit.googleapis.com%2Fsystem_event" | "cloudaudit.googleapis.com/system_event" => {
                LogKind::SystemEvent
            }
            _ => LogKind::Other,
        }
    }
}

/// Where an entry comes from: the labels of its `resource`, each empty when absent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Origin {
    /// `resource.type`, such as `cloud_run_revision`.
    pub resource_type: String,
    /// `resource.labels.project_id`
    pub project: String,
    /// `resource.labels.location`, a region.
    pub location: String,
    /// `resource.labels.service_name`
    pub service: String,
    /// `resource.labels.revision_name`; empty on entries about the service as a whole.
    pub revision: String,
}

/// The `httpRequest` of a request entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Request<'a> {
    /// `requestMethod`, empty when absent.
    pub method: &'a str,
    /// `requestUrl` as written, query string included: never show it as it is.
    pub url: &'a str,
    /// HTTP status, 100 to 999.
    pub status: Option<u16>,
    /// Time the request took, in nanoseconds.
    pub latency_ns: Option<u64>,
}

/// One distinct, valid entry, or one event that was joined from several: a stack trace that came line by line.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Event time; `None` when neither `timestamp` nor `receiveTimestamp` could be read.
    pub timestamp: Option<Timestamp>,
    /// When Cloud Logging received it, `receiveTimestamp`; of a joined event, when it received the first part. `None` where
    /// that is not known, and where the reader was not asked for it.
    pub received: Option<Timestamp>,
    /// The severity field; where absent, the text's own level prefix, else `Default`.
    pub severity: Severity,
    /// Which log it stands in; without a `logName`, an `httpRequest` makes it [`LogKind::Requests`].
    pub log: LogKind,
    /// Its resource.
    pub origin: &'a Origin,
    /// Number of `origin` among the origins that this reader has met, from 0: a quick key for counting.
    pub origin_index: usize,
    /// `labels.instanceId` as its JSON string was written (hexadecimal in practice), empty when absent.
    pub instance: &'a [u8],
    /// `insertId` as its JSON string was written (ASCII in practice), empty when absent.
    pub insert_id: &'a [u8],
    /// The message text, decoded; `None` when there is none to be found.
    pub message: Option<&'a str>,
    /// Whether it has a payload or an `httpRequest` at all. Without one it is unknown: counted, never matched.
    pub has_content: bool,
    /// The request of a request entry.
    pub request: Option<Request<'a>>,
    /// What the structured payload tells of an exception beside the message, decoded: the longest of `exception`,
    /// `stack_trace`, `error.stack` and the like. `None` when there is none, or when it is the message itself.
    pub exception: Option<&'a str>,
    /// `trace` as its JSON string was written (`projects/P/traces/T` or bare `T`), empty when absent.
    pub trace: &'a [u8],
    /// How many entries it was joined from: 1 unless it is a trace that came in parts. What counts entries adds this up.
    pub entries: u32,
    /// A stable 64-bit hash of the entry's identity (log name, timestamp, insertId; else its whole text); of a joined
    /// event, a hash of the keys of its parts.
    pub key: u64,
}

impl Entry<'_> {
    /// Whether it is a request entry of Cloud Run, which counts as exposure and not as a message.
    ///
    /// An application may put an `httpRequest` into its own log as well: that is a message.
    pub fn is_request(&self) -> bool {
        self.log == LogKind::Requests && self.request.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_names_are_known_escaped_and_bare() {
        assert_eq!(
            LogKind::of_log_name("projects/p/logs/run.googleapis.com%2Fvarlog%2Fsystem"),
            LogKind::System
        );
        assert_eq!(LogKind::of_log_name("run.googleapis.com/requests"), LogKind::Requests);
        assert_eq!(LogKind::of_log_name("projects/p/logs/python"), LogKind::Other);
        assert_eq!(LogKind::of_log_name(""), LogKind::Other);
    }
}
