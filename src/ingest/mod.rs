//! Files in, entries out: finds out what a file holds by its content, reads it as a stream, and accounts for every byte.
//!
//! Input: paths, globs, folders or standard input. Output: distinct entries, given to a [`Sink`] per worker thread, and an
//! [`Coverage`] that says what was read, left out, rejected and why. Bad input is counted by name ([`Reason`]), never fatal.
//!
//! This module knows nothing of patterns or profiles.

pub mod cloud_logging;
mod coverage;
mod dedupe;
mod feed;
mod fetched;
pub mod filter;
pub mod formats;
mod join;
mod overlap;
mod problems;
mod ranges;
mod read;
pub mod scan;
mod select;
mod source;
mod stream;
mod tally;
#[cfg(test)]
mod tests;
mod worker;

pub use crate::model::Concern;
pub use coverage::{Coverage, Joined, SourceCoverage, Unread};
pub use dedupe::{Dedupe, NumberHasher};
pub use feed::{Feed, FeedOutcome, Page};
pub use fetched::{MANIFEST_SCHEMA, Manifest, manifest_path};
pub use join::{EVENT_BYTES_MAX, WAITING_BYTES};
pub use overlap::{Identity, Overlap};
pub use problems::{Problem, Reason};
pub use read::{DEDUPE_BYTES, Options, read};
pub use scan::decode_to_string;
pub use select::{Exclusion, Selection};
pub use source::{FILES_MAX, Source, SourceError, expand};

use crate::model::Entry;

/// Takes the entries that one worker thread reads, or the events that were joined. Each entry is valid, distinct and
/// selected; one that was joined stands for [`Entry::entries`] of them.
pub trait Sink: Send {
    /// Takes one entry, which lives only as long as the call.
    fn entry(&mut self, entry: &Entry<'_>);
}
