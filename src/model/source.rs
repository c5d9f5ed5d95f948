//! Where requests were counted.

use serde::{Deserialize, Serialize};

/// What the requests and the latency of a revision were counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestSource {
    /// Request entries of the log, one by one.
    #[default]
    Log,
    /// Cloud Monitoring, at least in part: by minute and status, latency in its buckets.
    Monitoring,
}

impl RequestSource {
    /// Whether the log alone was used: what is not written down.
    pub fn is_log(&self) -> bool {
        *self == RequestSource::Log
    }
}
