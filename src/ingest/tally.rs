//! Where every record went, counted by one worker. Tallies add up to the same sum in any order.

use std::collections::BTreeMap;

use super::select::Exclusion;
use super::{Joined, Problem, Reason};
use crate::model::{Origin, Timestamp};

/// First places of a problem that are kept for each chunk, reason and source.
pub const PLACES_MAX: usize = 5;
/// Bytes of log text that a place shows.
const DETAIL_BYTES_MAX: usize = 160;

/// What one worker has counted so far.
#[derive(Debug, Default)]
pub struct Tally {
    pub records: u64,
    pub valid: u64,
    pub duplicates: u64,
    pub problems: BTreeMap<Reason, u64>,
    pub excluded: [u64; Exclusion::ALL.len()],
    pub counted: u64,
    pub unknown: u64,
    pub untimed: u64,
    /// What was joined, and parts of traces for which there was no room: known at the end, for all workers together.
    pub joined: Joined,
    pub unjoined: u64,
    /// More origins were met than are told apart.
    pub origins_full: bool,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// Counted entries by `service/revision`.
    pub revisions: BTreeMap<String, u64>,
    pub sources: BTreeMap<usize, SourceTally>,
}

/// What one worker has counted of one source.
#[derive(Debug, Default)]
pub struct SourceTally {
    pub entries: u64,
    /// Neighbours in the source of which the later one is younger, or older.
    pub ascending: u64,
    pub descending: u64,
    pub places: Vec<Place>,
    pub chunks: Vec<Chunk>,
    /// Of a feed, which has no chunks.
    pub feed: Option<FeedTally>,
}

/// The records of a feed, in no order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FeedTally {
    /// Bytes of the records.
    pub bytes: u64,
    /// Sum of the XXH3-128 of the records, modulo 2^128.
    pub hashes: u128,
}

impl FeedTally {
    /// Counts one record.
    pub fn record(&mut self, text: &[u8]) {
        self.add(FeedTally {
            bytes: text.len() as u64,
            hashes: xxhash_rust::xxh3::xxh3_128(text),
        });
    }

    /// Adds another sum.
    pub fn add(&mut self, other: FeedTally) {
        self.bytes += other.bytes;
        self.hashes = self.hashes.wrapping_add(other.hashes);
    }
}

/// A problem and where it was met: line `line` (from 0) of chunk `chunk`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub reason: Reason,
    pub chunk: u64,
    pub line: u64,
    pub detail: String,
}

/// One chunk of a source that was read: its lines and the hash of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chunk {
    pub index: u64,
    pub lines: u64,
    pub hash: u128,
}

impl Tally {
    /// Counts a problem and keeps its place if it is one of the first of its chunk.
    pub fn problem(&mut self, reason: Reason, source: usize, chunk: u64, line: u64, detail: &[u8]) {
        *self.problems.entry(reason).or_default() += 1;
        let places = &mut self.sources.entry(source).or_default().places;
        let same = places
            .iter()
            .rev()
            .take_while(|p| p.chunk == chunk)
            .filter(|p| p.reason == reason)
            .count();
        if same < PLACES_MAX {
            places.push(Place {
                reason,
                chunk,
                line,
                detail: detail_of(detail),
            });
        }
    }

    /// Counts a problem of a feed's record, and keeps it if its text is one of the smallest: there is no first place.
    pub fn feed_problem(&mut self, reason: Reason, source: usize, record: &[u8]) {
        *self.problems.entry(reason).or_default() += 1;
        let place = Place {
            reason,
            chunk: 0,
            line: 0,
            detail: detail_of(record),
        };
        let places = &mut self.sources.entry(source).or_default().places;
        places.push(place);
        places.sort_unstable();
        let same = places.iter().filter(|p| p.reason == reason).count();
        if same > PLACES_MAX
            && let Some(last) = places.iter().rposition(|p| p.reason == reason)
        {
            places.remove(last);
        }
    }

    /// Counts the entries of an origin.
    pub fn count_origin(&mut self, origin: &Origin, entries: u64) {
        if entries > 0 {
            *self
                .revisions
                .entry(format!("{}/{}", origin.service, origin.revision))
                .or_default() += entries;
        }
    }

    /// Widens the time that is covered.
    #[inline]
    pub fn cover(&mut self, time: Timestamp) {
        self.first = Some(self.first.map_or(time, |t| t.min(time)));
        self.last = Some(self.last.map_or(time, |t| t.max(time)));
    }

    /// Adds another tally.
    pub fn add(&mut self, other: Tally) {
        self.records += other.records;
        self.valid += other.valid;
        self.duplicates += other.duplicates;
        self.counted += other.counted;
        self.unknown += other.unknown;
        self.untimed += other.untimed;
        self.origins_full |= other.origins_full;
        for (mine, theirs) in self.excluded.iter_mut().zip(other.excluded) {
            *mine += theirs;
        }
        [other.first, other.last]
            .into_iter()
            .flatten()
            .for_each(|t| self.cover(t));
        for (reason, count) in other.problems {
            *self.problems.entry(reason).or_default() += count;
        }
        for (revision, count) in other.revisions {
            *self.revisions.entry(revision).or_default() += count;
        }
        for (number, source) in other.sources {
            let mine = self.sources.entry(number).or_default();
            mine.entries += source.entries;
            mine.ascending += source.ascending;
            mine.descending += source.descending;
            mine.places.extend(source.places);
            mine.chunks.extend(source.chunks);
            if let Some(feed) = source.feed {
                mine.feed.get_or_insert_default().add(feed);
            }
        }
    }
}

fn detail_of(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(DETAIL_BYTES_MAX)]).into_owned()
}

impl SourceTally {
    /// Newest first: what `gcloud logging read` writes unless told otherwise.
    pub fn is_newest_first(&self) -> bool {
        self.descending > 0 && self.descending >= 20 * self.ascending
    }

    /// The first places of each problem with their lines in the whole source, in order of reason and line.
    ///
    /// `chunks` must be complete. Streamed sources are one chunk, whose lines count from 1 already.
    pub fn problems(&mut self) -> Vec<Problem> {
        self.chunks.sort_unstable();
        self.places.sort_unstable();
        let mut first_line = BTreeMap::new();
        let mut lines = 1;
        for chunk in &self.chunks {
            first_line.insert(chunk.index, lines);
            lines += chunk.lines;
        }
        let mut problems: Vec<Problem> = vec![];
        for place in &self.places {
            if problems.iter().rev().take_while(|p| p.reason == place.reason).count() < PLACES_MAX {
                let line = first_line.get(&place.chunk).copied().unwrap_or(0) + place.line;
                problems.push(Problem {
                    reason: place.reason,
                    line,
                    detail: place.detail.clone(),
                });
            }
        }
        problems
    }

    /// Hash of the whole decoded content: the chunks' hashes, hashed in their order; of a feed, the sum, hashed.
    pub fn content_hash(&mut self) -> String {
        self.chunks.sort_unstable();
        match self.feed {
            Some(feed) => content_hash([feed.hashes].iter()),
            None => content_hash(self.chunks.iter().map(|c| &c.hash)),
        }
    }
}

/// One hash of several, in their order, hexadecimal.
pub fn content_hash<'a>(hashes: impl Iterator<Item = &'a u128>) -> String {
    let bytes: Vec<u8> = hashes.flat_map(|h| h.to_be_bytes()).collect();
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_through_all_chunks() {
        let mut tally = Tally::default();
        for chunk in [1, 0, 2] {
            for line in [0, 7] {
                tally.problem(Reason::InvalidJson, 0, chunk, line, b"x");
            }
        }
        let source = tally.sources.get_mut(&0).unwrap();
        source.chunks = [2, 0, 1]
            .map(|index| Chunk {
                index,
                lines: 10,
                hash: 0,
            })
            .to_vec();
        let lines: Vec<u64> = source.problems().iter().map(|p| p.line).collect();
        assert_eq!(lines, [1, 8, 11, 18, 21]);
        assert_eq!(tally.problems[&Reason::InvalidJson], 6);
    }

    #[test]
    fn sums_do_not_depend_on_the_order() {
        let part = |n: u64| {
            let mut t = Tally {
                records: n,
                ..Tally::default()
            };
            t.cover(Timestamp(n.cast_signed()));
            t.problem(Reason::Truncated, 0, n, 0, b"");
            t
        };
        let sum = |order: [u64; 3]| {
            let mut total = Tally::default();
            order.into_iter().for_each(|n| total.add(part(n)));
            (
                total.records,
                total.first,
                total.last,
                total.sources.get_mut(&0).unwrap().problems(),
            )
        };
        assert_eq!(sum([1, 2, 3]), sum([3, 1, 2]));
    }
}
