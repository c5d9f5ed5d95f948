//! The exact counts of what was written: per revision, requests and each error. Duplicates are counted apart.

use std::collections::BTreeMap;

use serde::Serialize;

/// Counts of one revision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// Distinct entries.
    pub entries: u64,
    /// Request entries.
    pub requests: u64,
    /// Request entries with status 500 to 599.
    pub server_errors: u64,
    /// How often each error happened.
    pub happened: BTreeMap<String, u64>,
    /// How many entries hold the text of each known error: a traceback with one entry a line may hold it twice.
    pub entries_with: BTreeMap<String, u64>,
}

impl Truth {
    /// Adds one to a count.
    pub fn add(counts: &mut BTreeMap<String, u64>, name: &str) {
        match counts.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                counts.insert(name.to_owned(), 1);
            }
        }
    }
}
