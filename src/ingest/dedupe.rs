//! Removes duplicate entries in bounded memory, over all sources and threads.
//!
//! An entry is identified by log name, timestamp and insertId (Cloud Logging's own rule), hashed to 64 bits. Duplicates
//! share their timestamp, so identities are kept by span of 64 seconds: new ones whole in a hash set, and, once these
//! outgrow their share of the memory, as sorted lists of 40-bit remnants (5 bytes an entry).
//!
//! Limits: two different entries of one span are taken for one with a probability of 2^-40 a pair once compacted: one
//! entry in 300 million at 100 entries a second. When even the compact form outgrows the limit, the oldest spans are
//! forgotten and the number of forgotten identities is reported: from then on a duplicate of these would count twice.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Remembers identities. Not synchronised: the driver puts it behind a lock and asks a batch at a time.
#[derive(Debug)]
pub struct Dedupe {
    spans: BTreeMap<i64, Span>,
    fresh: usize,
    compact: usize,
    limit_bytes: usize,
    forgotten: u64,
}

#[derive(Debug, Default)]
struct Span {
    fresh: HashSet<u64, BuildHasherDefault<NumberHasher>>,
    /// Sorted, without repeats.
    compact: Vec<[u8; COMPACT_BYTES]>,
}

/// Nanoseconds of a span.
const SPAN_NS: i64 = 64_000_000_000;
/// Part of the memory that whole identities may always take.
const FRESH_SHARE: usize = 12;
const COMPACT_BYTES: usize = 5;
/// What an identity costs in a hash set: 9 bytes a slot, filled between 44 and 87 %.
const FRESH_BYTES: usize = 16;
/// What a span costs by itself.
const SPAN_BYTES: usize = 128;

/// Hashes a number by one multiplication (Knuth): for identities, which are hashes already, and for small numbers.
#[derive(Debug, Default)]
pub struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _bytes: &[u8]) {
        debug_assert!(false, "only numbers of 64 bits are hashed");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }
}

impl Dedupe {
    /// Keeps at most about `limit_bytes` of identities.
    pub fn new(limit_bytes: usize) -> Dedupe {
        Dedupe {
            spans: BTreeMap::new(),
            fresh: 0,
            compact: 0,
            limit_bytes,
            forgotten: 0,
        }
    }

    /// Takes entries as (nanoseconds since 1970, identity) and sets `is_new` for those not met before, in their order.
    pub fn insert_all(&mut self, entries: &[(i64, u64)], is_new: &mut Vec<bool>) {
        is_new.clear();
        let mut rest = entries;
        while let Some(&(at, _)) = rest.first() {
            let at = at.div_euclid(SPAN_NS);
            let same = rest
                .iter()
                .take_while(|(time, _)| time.div_euclid(SPAN_NS) == at)
                .count();
            let span = self.spans.entry(at).or_default();
            let before = span.fresh.len();
            for (_, key) in &rest[..same] {
                let known = !span.compact.is_empty() && span.compact.binary_search(&remnant(*key)).is_ok();
                is_new.push(!known && span.fresh.insert(*key));
            }
            self.fresh += span.fresh.len() - before;
            rest = &rest[same..];
        }
        // A quarter of the memory that is free: one large file needs no compaction at all.
        let free = self.limit_bytes.saturating_sub(self.compact * COMPACT_BYTES);
        if self.fresh * FRESH_BYTES > (free / 4).max(self.limit_bytes / FRESH_SHARE) {
            self.make_compact();
        }
    }

    /// Identities that were forgotten because the limit was hit.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn make_compact(&mut self) {
        for span in self.spans.values_mut().filter(|s| !s.fresh.is_empty()) {
            let before = span.compact.len();
            span.compact.reserve_exact(span.fresh.len());
            span.compact
                .extend(std::mem::take(&mut span.fresh).into_iter().map(remnant));
            span.compact.sort_unstable();
            span.compact.dedup();
            self.compact += span.compact.len() - before;
        }
        self.fresh = 0;
        while self.compact * COMPACT_BYTES + self.spans.len() * SPAN_BYTES
            > self.limit_bytes - self.limit_bytes / FRESH_SHARE
        {
            let Some((_, oldest)) = self.spans.pop_first() else {
                break;
            };
            self.compact -= oldest.compact.len();
            self.forgotten += oldest.compact.len() as u64;
        }
    }
}

fn remnant(key: u64) -> [u8; COMPACT_BYTES] {
    let [a, b, c, d, e, ..] = key.to_be_bytes();
    [a, b, c, d, e]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use xxhash_rust::xxh3::xxh3_64;

    fn entries(ids: &[u16]) -> Vec<(i64, u64)> {
        ids.iter()
            .map(|id| (i64::from(id / 50) * SPAN_NS, xxh3_64(&id.to_le_bytes())))
            .collect()
    }

    proptest! {
        #[test]
        fn every_identity_is_new_once(ids in prop::collection::vec(0_u16..400, 0..600), batch in 1_usize..50, limit in prop::sample::select(vec![200_000_usize, 1 << 26])) {
            let mut dedupe = Dedupe::new(limit);
            let (mut seen, mut new) = (std::collections::HashSet::new(), vec![]);
            for part in ids.chunks(batch) {
                dedupe.insert_all(&entries(part), &mut new);
                let expected: Vec<bool> = part.iter().map(|id| seen.insert(*id)).collect();
                prop_assert_eq!(&new, &expected);
            }
            prop_assert_eq!(dedupe.forgotten(), 0);
        }
    }

    #[test]
    fn compaction_forgets_nothing_inside_of_the_limit() {
        let mut dedupe = Dedupe::new(4 << 20);
        let all: Vec<(i64, u64)> = (0..300_000_u64)
            .map(|i| ((i / 500).cast_signed() * SPAN_NS, xxh3_64(&i.to_le_bytes())))
            .collect();
        let mut new = vec![];
        for part in all.chunks(1000) {
            dedupe.insert_all(part, &mut new);
            assert!(new.iter().all(|n| *n));
        }
        assert!(dedupe.compact > 0 && dedupe.forgotten() == 0);
        for part in all.chunks(777) {
            dedupe.insert_all(part, &mut new);
            assert!(new.iter().all(|n| !*n));
        }
    }

    #[test]
    fn what_is_forgotten_is_counted() {
        let mut dedupe = Dedupe::new(100_000);
        let all: Vec<(i64, u64)> = (0..50_000_u64)
            .map(|i| ((i / 500).cast_signed() * SPAN_NS, xxh3_64(&i.to_le_bytes())))
            .collect();
        all.chunks(1000).for_each(|part| dedupe.insert_all(part, &mut vec![]));
        assert!(dedupe.forgotten() > 0);
        assert!(dedupe.compact * COMPACT_BYTES <= 100_000);
    }
}
