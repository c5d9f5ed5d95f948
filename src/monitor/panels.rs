//! Which traces of a look can still matter: those that are among the smallest hashes of all looks up to it.
//!
//! A profile keeps [`TRACES_MAX`] traces of each revision, those with the smallest hashes. A look's counts hold as many, of
//! which the sum of all looks keeps few. What the looks before have already outdone is left out before it is packed.

use std::collections::{BTreeMap, BTreeSet};

use crate::profile::{Data, TRACES_MAX};

/// The smallest hashes so far, by revision.
#[derive(Debug, Default)]
pub struct Panels {
    /// The newest look that was met.
    newest: i64,
    /// Of looks before that.
    closed: BTreeMap<String, BTreeSet<u64>>,
    /// Of that look.
    open: BTreeMap<String, BTreeSet<u64>>,
}

impl Panels {
    /// By revision, the largest hash that can matter in a look; nothing where all can.
    pub fn limits(&mut self, look: i64) -> BTreeMap<String, u64> {
        self.meet(look);
        if look < self.newest {
            return BTreeMap::new();
        }
        let full = self.closed.iter().filter(|(_, hashes)| hashes.len() >= TRACES_MAX);
        full.filter_map(|(revision, hashes)| Some((revision.clone(), *hashes.last()?)))
            .collect()
    }

    /// Leaves out of a look's counts the traces that cannot be among those kept. Of looks that come out of order all are kept.
    pub fn thin(&mut self, look: i64, data: &mut Data) {
        let limits = self.limits(look);
        if look < self.newest {
            return;
        }
        for (revision, counts) in &mut data.revisions {
            if let Some(limit) = limits.get(revision) {
                counts.traces.retain(|hash, _| hash <= limit);
            }
            let hashes = counts.traces.keys().copied();
            keep(self.open.entry(revision.clone()).or_default(), hashes);
        }
    }

    /// A look behind all that were met closes the newest of them.
    fn meet(&mut self, look: i64) {
        if look > self.newest {
            for (revision, hashes) in std::mem::take(&mut self.open) {
                keep(self.closed.entry(revision).or_default(), hashes);
            }
            self.newest = look;
        }
    }
}

fn keep(smallest: &mut BTreeSet<u64>, more: impl IntoIterator<Item = u64>) {
    smallest.extend(more);
    while smallest.len() > TRACES_MAX {
        smallest.pop_last();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Minute;
    use crate::profile::{RevisionCounts, Trace};

    fn look_with(hashes: impl Iterator<Item = u64>) -> Data {
        let trace = Trace {
            minute: Minute(7),
            signals: BTreeSet::new(),
            request: None,
        };
        let counts = RevisionCounts {
            traces: hashes.map(|hash| (hash, trace.clone())).collect(),
            ..RevisionCounts::default()
        };
        Data {
            revisions: BTreeMap::from([("chat-api/r1".to_owned(), counts)]),
            signals: BTreeMap::new(),
        }
    }

    #[test]
    fn the_sum_of_all_looks_keeps_the_same_traces() {
        let most = TRACES_MAX as u64;
        let looks = [(1, 0), (2, 5), (2, 3), (3, 1), (1, 2), (3, 4), (4, 0)];
        let (mut whole, mut thinned, mut panels, mut left_out) =
            (Data::default(), Data::default(), Panels::default(), 0);
        for (look, offset) in looks {
            let mut data = look_with((0..most).map(|i| (i * 7 + offset * 1_001 + look as u64) % 40_009));
            whole.add(&data);
            let before = data.revisions["chat-api/r1"].traces.len();
            panels.thin(look, &mut data);
            left_out += before - data.revisions["chat-api/r1"].traces.len();
            thinned.add(&data);
        }
        assert!(left_out > 500, "{left_out}");
        assert_eq!(whole, thinned);
    }
}
