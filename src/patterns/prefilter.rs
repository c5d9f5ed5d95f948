//! Finds every occurrence of many literals in a text, and says "none" very fast, which is the usual answer.
//!
//! Input: literals, each with an owner. Output: for a text, every literal it holds. It knows nothing of patterns.
//!
//! **Method.** Sampled q-grams. Of each literal its rarest window of `L` bytes is kept. A text is looked at only at every `s`-th
//! position, `s = L - q + 1`: wherever a window stands in the text, exactly one of its first `s` q-grams stands at such a
//! position. So it is enough to know those q-grams by heart (a bit table that stays in the first-level cache) and to
//! compare the literal itself where one turns up. The looks do not depend on each other, so the processor overlaps them.
//! Measured against Teddy and an Aho-Corasick automaton in `docs/patterns.md`.

use super::literals::{MIN_LITERAL, window};

/// Literals from this length on share one stage with a long stride; shorter ones get their own.
const LONG: usize = 8;
/// Longest window: a longer stride would gain little.
const MAX_WINDOW: usize = 16;
/// Longest q-gram. Longer ones turn up less often by chance, but shorten the stride.
const MAX_GRAM: usize = 6;
/// Bits of the hash that select a bit of the table: 8 KiB.
const BITS: u32 = 16;
/// Bits of the hash that select a bucket of known q-grams.
const BUCKET_BITS: u32 = 11;
/// Gives letters the same bit pattern in both cases; other bytes only become less distinct.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// A literal to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle {
    /// Its bytes, at least three.
    pub bytes: Vec<u8>,
    /// Whether ASCII letters match in both cases.
    pub caseless: bool,
    /// Whose it is.
    pub owner: u32,
    /// Handed back to the owner: a text that holds it matches.
    pub exact: bool,
}

impl Needle {
    fn stands_at(&self, text: &[u8], start: usize) -> bool {
        match text.get(start..start + self.bytes.len()) {
            None => false,
            Some(found) if self.caseless => found.eq_ignore_ascii_case(&self.bytes),
            Some(found) => found == self.bytes,
        }
    }
}

/// Literals made ready to be found.
#[derive(Debug, Clone, Default)]
pub struct Prefilter {
    needles: Vec<Needle>,
    stages: Vec<Stage>,
}

impl Prefilter {
    /// Makes `needles` ready. Needles of fewer than three bytes are never found: do not pass any.
    pub fn new(needles: Vec<Needle>) -> Prefilter {
        let numbers = |wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..needles.len()).filter(|&n| wanted(needles[n].bytes.len())).collect()
        };
        let groups = [numbers(&|n| n >= LONG), numbers(&|n| n < LONG)];
        let stages = groups
            .iter()
            .filter(|group| !group.is_empty())
            .map(|group| Stage::new(&needles, group))
            .collect();
        Prefilter { stages, needles }
    }

    /// Calls `found` for each place where a needle stands in `text`; a needle may be reported more than once.
    pub fn scan(&self, text: &[u8], mut found: impl FnMut(&Needle)) {
        for stage in &self.stages {
            stage.scan(text, &self.needles, &mut found);
        }
    }
}

/// One q-gram of a needle's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Gram {
    bucket: u32,
    gram: u64,
    needle: u32,
    /// Where it stands in the needle.
    offset: u32,
}

/// Needles of similar length, looked for with the same stride.
#[derive(Debug, Clone)]
struct Stage {
    stride: usize,
    /// Keeps the bytes of a q-gram of the eight bytes read.
    mask: u64,
    table: Box<[u64; 1 << (BITS - 6)]>,
    /// Where each bucket begins in `grams`; one more entry than buckets.
    buckets: Vec<u32>,
    grams: Vec<Gram>,
}

impl Stage {
    fn new(needles: &[Needle], group: &[usize]) -> Stage {
        let shortest = group
            .iter()
            .map(|&n| needles[n].bytes.len())
            .min()
            .unwrap_or(MAX_WINDOW);
        let size = shortest.min(MAX_WINDOW);
        let gram_bytes = (size / 2 + 1).clamp(MIN_LITERAL, MAX_GRAM);
        let mut stage = Stage {
            stride: size - gram_bytes + 1,
            mask: u64::MAX >> (64 - 8 * gram_bytes),
            table: Box::new([0; 1 << (BITS - 6)]),
            buckets: Vec::new(),
            grams: Vec::new(),
        };
        for &number in group {
            stage.learn(number, &needles[number].bytes, size);
        }
        stage.grams.sort();
        let begin = |bucket: u32| stage.grams.partition_point(|gram| gram.bucket < bucket) as u32;
        stage.buckets = (0..=1 << BUCKET_BITS).map(begin).collect();
        stage
    }

    /// Learns the q-grams that begin in the first `stride` bytes of the needle's rarest window.
    fn learn(&mut self, number: usize, bytes: &[u8], size: usize) {
        let rarest = window(bytes, size);
        let start = bytes
            .windows(rarest.len())
            .position(|bytes| bytes == rarest)
            .unwrap_or(0);
        for offset in start..start + self.stride {
            let gram = self.load(bytes, offset);
            let (word, bit) = place(gram);
            self.table[word] |= 1 << bit;
            let bucket = bucket(gram);
            self.grams.push(Gram {
                bucket,
                gram,
                needle: number as u32,
                offset: offset as u32,
            });
        }
    }

    /// The folded q-gram at `at`; bytes beyond the end are zero.
    #[inline(always)]
    fn load(&self, text: &[u8], at: usize) -> u64 {
        let raw = match text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => near_end(text, at),
        };
        (raw | FOLD) & self.mask
    }

    #[inline(always)]
    fn known(&self, gram: u64) -> bool {
        let (word, bit) = place(gram);
        self.table[word] >> bit & 1 != 0
    }

    fn scan(&self, text: &[u8], needles: &[Needle], found: &mut impl FnMut(&Needle)) {
        let mut hit = |at| self.compare(text, at, needles, found);
        match self.stride {
            1 => self.walk::<1>(text, &mut hit),
            2 => self.walk::<2>(text, &mut hit),
            3 => self.walk::<3>(text, &mut hit),
            4 => self.walk::<4>(text, &mut hit),
            5 => self.walk::<5>(text, &mut hit),
            6 => self.walk::<6>(text, &mut hit),
            7 => self.walk::<7>(text, &mut hit),
            8 => self.walk::<8>(text, &mut hit),
            9 => self.walk::<9>(text, &mut hit),
            10 => self.walk::<10>(text, &mut hit),
            _ => self.walk::<11>(text, &mut hit),
        }
    }

    /// Calls `hit` at each `S`-th position of `text` where a known q-gram may stand.
    #[inline(always)]
    fn walk<const S: usize>(&self, text: &[u8], hit: &mut impl FnMut(usize)) {
        let mut at = 0;
        while let Some(block) = text.get(at..at + 3 * S + 8) {
            let known = [0, S, 2 * S, 3 * S].map(|step| self.known(self.load(block, step)));
            if known[0] | known[1] | known[2] | known[3] {
                (0..4).filter(|&n| known[n]).for_each(|n| hit(at + n * S));
            }
            at += 4 * S;
        }
        while at + MIN_LITERAL <= text.len() {
            if self.known(self.load(text, at)) {
                hit(at);
            }
            at += S;
        }
    }

    /// Compares the needles that have the q-gram at `at`.
    #[cold]
    #[inline(never)]
    fn compare(&self, text: &[u8], at: usize, needles: &[Needle], found: &mut impl FnMut(&Needle)) {
        let gram = self.load(text, at);
        let bucket = bucket(gram) as usize;
        let range = self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize;
        for known in &self.grams[range] {
            let start = at.checked_sub(known.offset as usize);
            if known.gram == gram
                && let Some(start) = start
                && needles[known.needle as usize].stands_at(text, start)
            {
                found(&needles[known.needle as usize]);
            }
        }
    }
}

/// The last bytes from `at` on, of which there are fewer than eight.
#[inline(always)]
fn near_end(text: &[u8], at: usize) -> u64 {
    let rest = text.len() - at.min(text.len());
    match text.last_chunk::<8>() {
        Some(_) if rest == 0 => 0,
        Some(bytes) => u64::from_le_bytes(*bytes) >> (64 - 8 * rest),
        None => text
            .iter()
            .skip(at)
            .rev()
            .fold(0, |gram, &byte| (gram << 8) | u64::from(byte)),
    }
}

#[inline(always)]
fn hash(gram: u64) -> u64 {
    gram.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Word and bit of the table.
#[inline(always)]
fn place(gram: u64) -> (usize, u32) {
    let bits = hash(gram) >> (64 - BITS);
    ((bits >> 6) as usize, (bits & 63) as u32)
}

#[inline(always)]
fn bucket(gram: u64) -> u32 {
    (hash(gram) >> (64 - BUCKET_BITS)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn needles(words: &[&str], caseless: bool) -> Vec<Needle> {
        let needle = |(owner, word): (usize, &&str)| Needle {
            bytes: word.as_bytes().to_vec(),
            caseless,
            owner: owner as u32,
            exact: true,
        };
        words.iter().enumerate().map(needle).collect()
    }

    fn owners(filter: &Prefilter, text: &str) -> Vec<u32> {
        let mut owners = Vec::new();
        filter.scan(text.as_bytes(), |needle| owners.push(needle.owner));
        owners.sort_unstable();
        owners.dedup();
        owners
    }

    #[test]
    fn needles_of_every_length_are_found_at_every_place() {
        let words = [
            "oom",
            "panic",
            "deadlock",
            "connection refused",
            "a very long literal that no window holds whole",
        ];
        let filter = Prefilter::new(needles(&words, false));
        let mut checked = 0;
        for (owner, word) in words.iter().enumerate() {
            for before in 0..40 {
                for after in [0, 1, 17] {
                    let text = format!("{}{word}{}", "-".repeat(before), "+".repeat(after));
                    assert_eq!(owners(&filter, &text), [owner as u32], "{text}");
                    checked += 1;
                }
            }
        }
        assert_eq!(checked, 600);
    }

    #[test]
    fn overlapping_and_nested_needles_are_all_found() {
        let filter = Prefilter::new(needles(&["connection refused", "refused", "used", "ref"], false));
        assert_eq!(owners(&filter, "x connection refused"), [0, 1, 2, 3]);
    }

    #[test]
    fn case_matters_unless_told_otherwise() {
        assert_eq!(
            owners(&Prefilter::new(needles(&["Deadlock found"], false)), "deadlock FOUND"),
            [0_u32; 0]
        );
        assert_eq!(
            owners(&Prefilter::new(needles(&["Deadlock found"], true)), "deadlock FOUND"),
            [0]
        );
    }

    #[test]
    fn nothing_is_found_without_needles_or_text() {
        assert_eq!(owners(&Prefilter::new(Vec::new()), "anything"), [0_u32; 0]);
        assert_eq!(
            owners(&Prefilter::new(needles(&["oom", "anything"], false)), ""),
            [0_u32; 0]
        );
        assert_eq!(
            owners(&Prefilter::new(needles(&["oom", "anything"], false)), "oo"),
            [0_u32; 0]
        );
    }

    proptest! {
        #[test]
        fn it_finds_what_a_plain_search_finds(
            words in proptest::collection::vec("[abAB]{3,14}", 1..12),
            text in "[abAB\\n]{0,200}",
        ) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let filter = Prefilter::new(needles(&words, false));
            let plain: Vec<u32> = (0..words.len()).filter(|&n| text.contains(words[n])).map(|n| n as u32).collect();
            prop_assert_eq!(owners(&filter, &text), plain);
        }
    }
}
