//! Cloud Monitoring: counts of requests and of log entries, where listing them would take too long.
//!
//! Input: a service, its revisions, a window. Output: [`RequestCounts`] by revision, minute and status, with latency in
//! Monitoring's own buckets; [`EntryCounts`] and an [`Estimate`] of what reading them costs. Must not turn counts into a
//! verdict, and never takes a missing series for zero requests.

mod buckets;
mod entries;
mod estimate;
mod requests;
mod series;

pub use entries::{EntryCounts, entry_counts};
pub use estimate::{Estimate, Narrower, estimate};
pub use requests::{Buckets, RequestCounts, RevisionRequests, readable_until, request_counts};

/// Logging query for all entries but those of requests that succeeded: what is read from the log when Cloud Monitoring counts
/// the requests. Connections (status 101) stay, because their routes tell which failures were failures to connect; and what
/// the platform marked as a warning stays, whatever its status.
pub const ERRORS_ONLY_FILTER: &str = "(NOT log_id(\"run.googleapis.com/requests\") OR httpRequest.status<200 OR \
                                      httpRequest.status>=400 OR severity>=WARNING)";

/// Whether [`ERRORS_ONLY_FILTER`] lists every request with this status (0: none).
pub fn is_listed_as_error(status: u16) -> bool {
    !(200..400).contains(&status)
}
