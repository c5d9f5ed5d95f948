//! What one reading of a log hands to the next, so that they may overlap and still count each entry once.
//!
//! Input: the identities that were met before. Output: those to remember. Bounded by the time that readings overlap by.

use std::sync::{Mutex, PoisonError};

use super::scan::RawEntry;
use crate::model::Timestamp;

/// Nanoseconds since 1970 and the hash of an entry's identity, as duplicates are told by.
pub type Identity = (i64, u64);

/// Identities of the reading before and for the reading after. For one feed: several tell their records apart by seeds.
#[derive(Debug, Default)]
pub struct Overlap {
    known: Vec<Identity>,
    since: Option<Timestamp>,
    seen: Mutex<Vec<Identity>>,
}

impl Overlap {
    /// `known` entries are passed in silence; those that were received at `since` or later are remembered.
    pub fn new(known: Vec<Identity>, since: Timestamp) -> Overlap {
        Overlap {
            known,
            since: Some(since),
            seen: Mutex::default(),
        }
    }

    pub(super) fn known(&self) -> &[Identity] {
        &self.known
    }

    /// Remembers those of a page's entries that the next reading will meet again. An entry that does not tell when it was
    /// received may be met again, too.
    pub(super) fn remember<'a>(&self, entries: impl Iterator<Item = (&'a RawEntry<'a>, Identity)>) {
        let comes_again = |raw: &RawEntry<'_>| raw.received_at().is_none_or(|t| Some(t) >= self.since);
        let mut kept: Vec<Identity> = entries.filter(|(raw, _)| comes_again(raw)).map(|(_, id)| id).collect();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.append(&mut kept);
    }

    /// What the next reading has to know, sorted, each once.
    pub fn into_known(self) -> Vec<Identity> {
        let mut seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        seen.sort_unstable();
        seen.dedup();
        seen
    }
}
