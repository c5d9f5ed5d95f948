//! Reads entries from the Cloud Logging API (`entries.list`), in pieces of time, within the quota.
//!
//! Input: a [`Query`] and a [`Client`](crate::cloud::Client). Output: a [`Feed`](super::Feed), or a file. The same entries
//! give the same counts and the same bytes, whatever the pages, pieces, threads and faults. What could not be read is told
//! by its time and cause. The client sees to sign-in, quota and retries.

mod chain;
mod fetch;
mod late;
mod listing;
mod page;
mod plan;
mod query;

pub use fetch::{Disk, FetchError, FetchOptions, Fetched, Output, RealDisk, fetch, unfinished};
pub use listing::{Listing, ListingOptions, OVERLAP, Progress};
pub use query::{Fields, PAGE_ENTRIES, Query};
