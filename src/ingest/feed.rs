//! Records that come from somewhere that is not a file, such as an API.
//!
//! A feed hands on pages of JSON records, in any order, from any thread, and some of them perhaps twice: a record that
//! it delivers again counts once and leaves no trace. So the way in which a feed asks, pages, slices and tries again
//! never shows in what is counted. What it could not get is in its [`FeedOutcome`], which ends up in the coverage.

use std::ops::Range;

use super::coverage::Unread;
use crate::cloud::CloudError;
use crate::model::{Concern, Window};

/// Somewhere that records come from.
pub trait Feed: Sync {
    /// What it is called in the coverage, such as `entries.list projects/acme-shop`.
    fn name(&self) -> String;

    /// What it holds, such as `entries.list`.
    fn format(&self) -> String;

    /// Hands on everything there is, from threads of its own if it likes; returns when it is done. `out` waits while
    /// the workers are busy, so that memory stays flat.
    fn read(&self, out: &(dyn Fn(Page) + Sync)) -> FeedOutcome;
}

/// Some records of a feed: ranges of `bytes`, each one JSON value. At most 4 GiB.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// What the ranges point into.
    pub bytes: Vec<u8>,
    /// One for each record, ascending.
    pub records: Vec<Range<usize>>,
}

/// How far a feed got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedOutcome {
    /// The time that was asked for.
    pub asked: Option<Window>,
    /// The parts of it that could not be read.
    pub unread: Vec<Unread>,
    /// Doubts about what was read.
    pub concerns: Vec<Concern>,
    /// Things worth telling that touch no verdict.
    pub remarks: Vec<Concern>,
    /// Why nothing can be read at all, such as a missing permission: the whole reading fails with it.
    pub failure: Option<CloudError>,
}
