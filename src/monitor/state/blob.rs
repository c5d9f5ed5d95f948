//! How a text lies in the file: compressed, with a checksum that also knows the place where it lies.

use std::fmt::Display;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::flaw::Flaw;

/// Its fastest: a state is rewritten with every look.
const LEVEL: i32 = 1;
/// Bytes of one entry of a list of identities: time and key.
const PAIR: usize = 16;

/// A compressed text and its checksum.
pub(super) struct Blob {
    /// zstd.
    pub(super) body: Vec<u8>,
    /// XXH3-64 of the body, seeded with the place; SQLite knows signed integers alone.
    pub(super) sum: i64,
}

impl Blob {
    /// Compresses what is to lie at a place, such as `part 7`.
    pub(super) fn pack(place: &impl Display, content: &[u8]) -> Result<Blob, Flaw> {
        let body = zstd::encode_all(content, LEVEL).map_err(|e| Flaw::File(e.to_string()))?;
        let sum = sum(place, &body);
        Ok(Blob { body, sum })
    }

    /// The content, if it is what was written to this place.
    pub(super) fn unpack(&self, place: &impl Display) -> Result<Vec<u8>, Flaw> {
        // Before anything is decompressed: damaged bytes may pretend to be of any length.
        if sum(place, &self.body) != self.sum {
            return Err(Flaw::Damaged(format!("the checksum of {place} does not fit")));
        }
        let broken = |_| Flaw::Damaged(format!("{place} cannot be decompressed"));
        zstd::decode_all(self.body.as_slice()).map_err(broken)
    }

    /// The same for a text.
    pub(super) fn unpack_text(&self, place: &impl Display) -> Result<String, Flaw> {
        let broken = |_| Flaw::Damaged(format!("{place} is not UTF-8"));
        String::from_utf8(self.unpack(place)?).map_err(broken)
    }
}

fn sum(place: &impl Display, body: &[u8]) -> i64 {
    let seed = xxh3_64(place.to_string().as_bytes());
    xxh3_64_with_seed(body, seed).cast_signed()
}

/// Pairs of time and key as bytes, little endian.
pub(super) fn pairs_to_bytes(pairs: &[(i64, u64)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(pairs.len() * PAIR);
    for (time, key) in pairs {
        bytes.extend(time.to_le_bytes());
        bytes.extend(key.to_le_bytes());
    }
    bytes
}

/// Pairs from bytes; `None` when they end within one.
pub(super) fn pairs_from_bytes(bytes: &[u8]) -> Option<Vec<(i64, u64)>> {
    if !bytes.len().is_multiple_of(PAIR) {
        return None;
    }
    let pair = |b: &[u8]| {
        let time = i64::from_le_bytes(b.get(..8)?.try_into().ok()?);
        Some((time, u64::from_le_bytes(b.get(8..)?.try_into().ok()?)))
    };
    bytes.chunks_exact(PAIR).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back_at_its_place_alone() {
        for text in ["", "{}", &"{\"errors\":1}".repeat(10_000)] {
            let blob = Blob::pack(&"part 7", text.as_bytes()).unwrap();
            assert_eq!(blob.unpack_text(&"part 7").unwrap(), text);
            assert!(matches!(blob.unpack(&"part 8"), Err(Flaw::Damaged(_))));
        }
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let mut blob = Blob::pack(&"progress", b"{\"looks\":17}").unwrap();
        for i in 0..blob.body.len() * 8 {
            blob.body[i / 8] ^= 1 << (i % 8);
            let error = blob.unpack(&"progress").unwrap_err();
            assert!(matches!(&error, Flaw::Damaged(what) if what == "the checksum of progress does not fit"));
            blob.body[i / 8] ^= 1 << (i % 8);
        }
        assert!(blob.unpack(&"progress").is_ok());
    }

    #[test]
    fn pairs_keep_every_bit() {
        let pairs = [(i64::MIN, u64::MAX), (-1, 0), (1_772_000_000_123_456_789, 42)];
        assert_eq!(pairs_from_bytes(&pairs_to_bytes(&pairs)).unwrap(), pairs);
        assert_eq!(pairs_from_bytes(&[]).unwrap(), []);
        assert_eq!(pairs_from_bytes(&[0; 17]), None);
    }
}
