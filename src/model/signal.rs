//! Signals: whatever is counted on both sides.

use serde::{Deserialize, Serialize};

/// What kind of thing is counted. The names are part of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignalKind {
    /// A known message or condition, from a pack; id `pack/name`.
    Pattern,
    /// A class of HTTP status; id `5xx` or `4xx`.
    StatusClass,
    /// Server errors of one route; id `GET /threads/{id}`.
    Route,
    /// Error entries that no pattern explains, together; id `unmatched-errors`.
    Unmatched,
    /// A mined message shape.
    Template,
    /// A grouped exception.
    Stack,
    /// A quantile of the request latency; id `p50`, `p95`, `p99`.
    Latency,
}

/// How bad a signal is by itself. Ordered from worst to harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The service cannot do its work: crash, failed start, out of memory.
    Critical,
    /// Something failed.
    Error,
    /// Something is wrong or was handled.
    Warning,
    /// Worth counting.
    Info,
    /// Tells that something happened (a deploy, a start).
    Marker,
    /// Known to mean nothing.
    Noise,
}

/// The signal that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signal {
    /// Its kind.
    pub kind: SignalKind,
    /// Stable id within its kind.
    pub id: String,
    /// A line for people.
    pub title: String,
    /// How bad it is by itself.
    pub level: Level,
    /// Category of a pattern (`websocket`, `crash`, `start-failure`, ...); empty for other kinds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
}
