//! A panel of traces: requests followed through everything they logged, so that a signal is counted once a request.
//!
//! A trace belongs to the panel by its hash alone: the smallest ones do, in any order and any split. Up to
//! [`TRACES_MAX`] traces it is all of them, beyond that an even sample.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasherDefault;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::ingest::NumberHasher;
use crate::model::Minute;

/// Traces kept for each revision.
pub const TRACES_MAX: usize = 1_024;
/// Signals kept for each trace: those with the smallest keys.
pub const TRACE_SIGNALS_MAX: usize = 32;

/// One trace on one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Minute of its first entry.
    pub minute: Minute,
    /// Warning and error signals that it shows, by key.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub signals: BTreeSet<String>,
    /// Its request, where the revision logged one and its latency measures speed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<TracedRequest>,
}

/// The request of a trace. Of several, the one with the smallest key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TracedRequest {
    /// The entry's key.
    pub key: u64,
    /// Method and path template.
    pub route: String,
    /// Time it took, in nanoseconds.
    pub latency_ns: u64,
}

impl Trace {
    /// Adds what another part saw of the same trace.
    pub(super) fn add(&mut self, other: &Trace) {
        self.minute = self.minute.min(other.minute);
        self.signals.extend(other.signals.iter().cloned());
        self.trim();
        self.request = [self.request.take(), other.request.clone()].into_iter().flatten().min();
    }

    fn trim(&mut self) {
        while self.signals.len() > TRACE_SIGNALS_MAX {
            self.signals.pop_last();
        }
    }
}

/// Adds one panel to another and keeps the smallest hashes.
pub(super) fn add(mine: &mut BTreeMap<u64, Trace>, theirs: &BTreeMap<u64, Trace>) {
    for (hash, trace) in theirs {
        match mine.get_mut(hash) {
            Some(known) => known.add(trace),
            None => mine.entry(*hash).or_insert_with(|| trace.clone()).trim(),
        }
    }
    while mine.len() > TRACES_MAX {
        mine.pop_last();
    }
}

/// The panel of one revision while entries come.
#[derive(Default)]
pub(super) struct Panel {
    traces: HashMap<u64, Row, BuildHasherDefault<NumberHasher>>,
    /// Hashes from here on do not belong to it; none yet.
    limit: Option<u64>,
}

/// One trace while its entries come; signals by number.
#[derive(Default)]
pub(super) struct Row {
    pub minute: i64,
    pub signals: BTreeSet<Mark>,
    pub request: Option<TracedRequest>,
}

/// A signal by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Pattern(u32),
    Text(u64),
}

impl Panel {
    /// A panel of hashes up to `last` alone: beyond, as many smaller ones are known as are kept.
    pub fn up_to(last: u64) -> Panel {
        Panel {
            traces: HashMap::default(),
            limit: last.checked_add(1),
        }
    }

    /// The row of an entry's trace, if it has one that belongs to the panel.
    #[inline]
    pub fn row(&mut self, trace: &[u8], minute: i64) -> Option<&mut Row> {
        let hash = xxh3_64(trace);
        if trace.is_empty() || self.limit.is_some_and(|limit| hash >= limit) {
            return None;
        }
        if self.traces.len() >= 2 * TRACES_MAX {
            self.trim();
        }
        let new = Row {
            minute,
            ..Row::default()
        };
        let row = self.traces.entry(hash).or_insert(new);
        row.minute = row.minute.min(minute);
        Some(row)
    }

    fn trim(&mut self) {
        let mut hashes: Vec<u64> = self.traces.keys().copied().collect();
        let (_, limit, _) = hashes.select_nth_unstable(TRACES_MAX);
        let limit = *limit;
        self.limit = Some(limit);
        self.traces.retain(|hash, _| *hash < limit);
    }

    /// Some marks have become others.
    pub fn rename(&mut self, renamed: &dyn Fn(u64) -> Option<u64>) {
        for row in self.traces.values_mut() {
            let new = |mark: &Mark| match mark {
                Mark::Text(key) => renamed(*key).map_or(*mark, Mark::Text),
                Mark::Pattern(_) => *mark,
            };
            row.signals = row.signals.iter().map(new).collect();
        }
    }

    pub fn finish(self, key: impl Fn(Mark) -> String) -> BTreeMap<u64, Trace> {
        let trace = |row: Row| Trace {
            minute: Minute(row.minute),
            signals: row.signals.into_iter().map(&key).collect(),
            request: row.request,
        };
        let mut panel = BTreeMap::new();
        let whole = self.traces.into_iter().map(|(hash, row)| (hash, trace(row))).collect();
        add(&mut panel, &whole);
        panel
    }
}
