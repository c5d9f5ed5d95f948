//! Where parts wait until all sources are read: a store that is bounded in an order-free way.
//!
//! Lines repeat from trace to trace, so each distinct one is kept once. When the store is full, whole groups leave: those
//! whose hash is at or above a threshold, which is halved until the rest has room. What stays depends on all parts that
//! were ever offered, not on their order: the threshold is the highest power of two under which they have room together.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::kind::Kind;
use crate::ingest::NumberHasher;
use crate::model::{LogKind, Severity, Timestamp};

/// What is known of a part but its texts.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub kind: Kind,
    /// Number of its origin in the joiner's own list.
    pub origin: u32,
    /// Hash of what wrote it: origin, instance, log and shape of the payload; of plain text, the source.
    pub stream: u64,
    /// Nanoseconds since 1970; [`NO_TIME`] for plain text without a time.
    pub time: i64,
    /// When it was received, likewise.
    pub received: i64,
    pub source: u32,
    /// Place in the source: grows from record to record.
    pub place: u64,
    pub key: u64,
    pub log: LogKind,
    pub severity: Severity,
    /// Of a line of plain text: the bytes at its start that hold its time, and are left out of a joined text.
    pub text_body: Option<u8>,
}

/// The time of a part that has none. No timestamp can be read as this one.
pub const NO_TIME: i64 = i64::MIN;
/// Nanoseconds of a group.
const GROUP_NS: i64 = 60_000_000_000;
/// Lines of a group of plain text.
const GROUP_LINES: u64 = 4_096;

impl Facts {
    /// When it was written.
    pub fn timestamp(&self) -> Option<Timestamp> {
        (self.time != NO_TIME).then_some(Timestamp(self.time))
    }

    /// When it was received.
    pub fn received(&self) -> Option<Timestamp> {
        (self.received != NO_TIME).then_some(Timestamp(self.received))
    }

    /// Hash of stream and minute, below 2^63: parts that stay or leave together.
    pub fn group(&self) -> u64 {
        let span = match self.text_body {
            Some(_) => self.place / GROUP_LINES,
            None => self.time.div_euclid(GROUP_NS).cast_unsigned(),
        };
        xxh3_64_with_seed(&span.to_le_bytes(), self.stream) >> 1
    }
}

/// The texts of a part, as they came.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    pub message: &'a str,
    pub instance: &'a [u8],
    pub insert_id: &'a [u8],
    pub trace: &'a [u8],
}

/// A part that waits.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub facts: Facts,
    instance: u32,
    trace: u32,
    /// Its insertId: `ids[id_start..id_start + id_length]`.
    id_start: u32,
    id_length: u32,
    /// Its lines: numbers of texts, in `lines[start..start + count]`.
    start: u32,
    count: u32,
}

/// The threshold before anything had to leave: above every group.
pub const NO_THRESHOLD: u64 = 1 << 63;

/// What a distinct text costs beside its bytes: where it stands, and slots of a hash table that is half full.
const TEXT_BYTES: usize = size_of::<(u32, u32)>() + 2 * 17;
/// Vectors grow by this part of what they hold, so that they have little room that they do not fill.
const GROWTH: usize = 8;

/// See the module.
#[derive(Debug)]
pub struct Shelf {
    limit_bytes: usize,
    threshold: u64,
    parts: Vec<Part>,
    lines: Vec<u32>,
    ids: Vec<u8>,
    texts: Texts,
}

/// Distinct texts by number.
#[derive(Debug, Default)]
struct Texts {
    bytes: Vec<u8>,
    places: Vec<(u32, u32)>,
    numbers: HashMap<u64, u32, BuildHasherDefault<NumberHasher>>,
}

impl Shelf {
    /// Holds at most about `limit_bytes`.
    pub fn new(limit_bytes: usize) -> Shelf {
        Shelf {
            // Texts have places of 32 bits.
            limit_bytes: limit_bytes.min(1 << 30),
            threshold: NO_THRESHOLD,
            parts: vec![],
            lines: vec![],
            ids: vec![],
            texts: Texts::default(),
        }
    }

    /// Groups at or above it do not stay.
    pub fn threshold(&self) -> u64 {
        self.threshold
    }

    /// The parts that stay.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Takes a part whose group is below the threshold; the shelf may then be too full.
    pub fn put(&mut self, facts: Facts, words: &Words<'_>) {
        let (start, id_start) = (self.lines.len() as u32, self.ids.len() as u32);
        for line in words.message.split('\n') {
            let number = self.texts.number(line.as_bytes());
            append(&mut self.lines, &[number]);
        }
        append(&mut self.ids, words.insert_id);
        let part = Part {
            facts,
            instance: self.texts.number(words.instance),
            trace: self.texts.number(words.trace),
            id_start,
            id_length: words.insert_id.len() as u32,
            start,
            count: self.lines.len() as u32 - start,
        };
        append(&mut self.parts, &[part]);
    }

    /// Lowers the threshold until there is room, and hands over the parts that leave.
    pub fn shrink(&mut self, mut leave: impl FnMut(&Facts, &Words<'_>)) {
        while self.bytes() > self.limit_bytes {
            self.threshold /= 2;
            if self.parts.iter().all(|p| p.facts.group() < self.threshold) {
                continue;
            }
            let mut rest = Shelf::new(self.limit_bytes);
            rest.threshold = self.threshold;
            let mut message = String::new();
            for part in &self.parts {
                let words = self.words(part, &mut message);
                if part.facts.group() < self.threshold {
                    rest.put(part.facts, &words);
                } else {
                    leave(&part.facts, &words);
                }
            }
            *self = rest;
        }
    }

    /// Bytes that the parts cost: a sum over the parts and over the distinct texts, so that it does not depend on the order.
    fn bytes(&self) -> usize {
        let filled = size_of_val(&self.parts[..])
            + size_of_val(&self.lines[..])
            + self.ids.len()
            + self.texts.bytes.len()
            + self.texts.places.len() * TEXT_BYTES;
        filled + filled / GROWTH
    }

    /// The texts of a part; a message of several lines is put together in `scratch`.
    pub fn words<'a>(&'a self, part: &Part, scratch: &'a mut String) -> Words<'a> {
        let lines = &self.lines[part.start as usize..][..part.count as usize];
        let message = if let [line] = lines {
            self.texts.line(*line)
        } else {
            scratch.clear();
            for (i, line) in lines.iter().enumerate() {
                if i > 0 {
                    scratch.push('\n');
                }
                scratch.push_str(self.texts.line(*line));
            }
            scratch
        };
        Words {
            message,
            instance: self.texts.get(part.instance),
            insert_id: self.insert_id(part),
            trace: self.texts.get(part.trace),
        }
    }

    /// The `trace` of a part.
    pub fn trace(&self, part: &Part) -> &[u8] {
        self.texts.get(part.trace)
    }

    /// The `insertId` of a part.
    pub fn insert_id(&self, part: &Part) -> &[u8] {
        &self.ids[part.id_start as usize..][..part.id_length as usize]
    }
}

impl Texts {
    fn number(&mut self, text: &[u8]) -> u32 {
        let mut hash = xxh3_64(text);
        while let Some(&number) = self.numbers.get(&hash) {
            if self.get(number) == text {
                return number;
            }
            hash = hash.wrapping_add(1);
        }
        let number = self.places.len() as u32;
        append(&mut self.places, &[(self.bytes.len() as u32, text.len() as u32)]);
        append(&mut self.bytes, text);
        self.numbers.insert(hash, number);
        number
    }

    fn get(&self, number: u32) -> &[u8] {
        let (start, length) = self.places[number as usize];
        &self.bytes[start as usize..][..length as usize]
    }

    /// A line of a message: it came as text.
    fn line(&self, number: u32) -> &str {
        std::str::from_utf8(self.get(number)).unwrap_or_default()
    }
}

/// Appends to a vector that grows in small steps: large ones are moved by the system's page table, not copied.
fn append<T: Copy>(all: &mut Vec<T>, more: &[T]) {
    if all.capacity() - all.len() < more.len() {
        all.reserve_exact(more.len() + all.len() / GROWTH);
    }
    all.extend_from_slice(more);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::kind::Language;
    use super::*;

    fn facts(number: u64, stream: u64) -> Facts {
        Facts {
            kind: Kind::Frame(Language::At),
            origin: 0,
            stream,
            time: 7,
            received: NO_TIME,
            source: 0,
            place: number,
            key: number,
            log: LogKind::Stderr,
            severity: Severity::Default,
            text_body: None,
        }
    }

    fn words<'a>(message: &'a str, insert_id: &'a [u8]) -> Words<'a> {
        Words {
            message,
            instance: b"00ab",
            insert_id,
            trace: b"",
        }
    }

    /// Offers parts in the given order; which stay, and how many left.
    fn fill(limit: usize, order: &[u64]) -> (Vec<u64>, usize, u64) {
        let (mut shelf, mut left) = (Shelf::new(limit), 0);
        for number in order {
            let facts = facts(*number, number % 40);
            let (message, id) = (format!("  at f{} (a.js:1:2)", number % 7), format!("id{number}"));
            if facts.group() >= shelf.threshold() {
                left += 1;
                continue;
            }
            shelf.put(facts, &words(&message, id.as_bytes()));
            shelf.shrink(|facts, words| {
                assert_eq!(words.message, format!("  at f{} (a.js:1:2)", facts.key % 7));
                left += 1;
            });
        }
        let mut stay: Vec<u64> = shelf.parts().iter().map(|p| p.facts.key).collect();
        stay.sort_unstable();
        (stay, left, shelf.threshold())
    }

    proptest! {
        #[test]
        fn what_stays_does_not_depend_on_the_order(order in Just((0..400_u64).collect::<Vec<_>>()).prop_shuffle(), limit in 200_usize..90_000) {
            let sorted: Vec<u64> = (0..400).collect();
            let found = fill(limit, &order);
            prop_assert_eq!(&found, &fill(limit, &sorted));
            prop_assert_eq!(found.0.len() + found.1, 400);
        }
    }

    #[test]
    fn a_shelf_with_room_keeps_everything_as_it_came() {
        let mut shelf = Shelf::new(1 << 20);
        for (i, message) in ["a\nb\n\nc", "", "b"].into_iter().enumerate() {
            shelf.put(facts(i as u64, 1), &words(message, &[i as u8]));
        }
        shelf.shrink(|_, _| panic!("there is room"));
        let mut scratch = String::new();
        for (part, message) in shelf.parts().iter().zip(["a\nb\n\nc", "", "b"]) {
            let words = shelf.words(part, &mut scratch);
            assert_eq!((words.message, words.instance), (message, &b"00ab"[..]));
            assert_eq!(words.insert_id, [part.facts.key as u8]);
        }
    }

    #[test]
    fn what_is_held_costs_no_more_than_is_said() {
        let mut shelf = Shelf::new(1 << 30);
        for number in 0..40_000 {
            let message = format!("  at f{} (a.js:1:{})", number % 7, number / 3);
            shelf.put(facts(number, 1), &words(&message, format!("id{number:020}").as_bytes()));
        }
        let held = shelf.parts.capacity() * size_of::<Part>()
            + shelf.lines.capacity() * 4
            + shelf.ids.capacity()
            + shelf.texts.bytes.capacity()
            + shelf.texts.places.capacity() * 8
            + shelf.texts.numbers.capacity() / 7 * 8 * 17;
        assert!(held <= shelf.bytes(), "{held} > {}", shelf.bytes());
        assert!(shelf.bytes() < 40_000 * 200, "{}", shelf.bytes());
        assert_eq!(size_of::<Part>(), 80);
    }

    #[test]
    fn the_limit_is_kept_and_nothing_may_stay_at_all() {
        assert!(fill(40_000, &(0..400).collect::<Vec<_>>()).0.len() > 20);
        assert_eq!(fill(100, &(0..400).collect::<Vec<_>>()).0, [0_u64; 0]);
    }
}
