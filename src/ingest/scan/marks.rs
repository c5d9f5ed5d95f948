//! Where the unescaped quotes and the line feeds of a block of bytes are: the first pass of the scanner.
//!
//! Sixty-four bytes at a time, as bit masks (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019). Quotes
//! are marked without regard to which one opens: so a broken line cannot disturb the next.

/// Positions, ascending, relative to the block.
#[derive(Debug, Default)]
pub struct Marks {
    quotes: Vec<u32>,
    quote_count: usize,
    line_feeds: Vec<u32>,
    line_feed_count: usize,
}

impl Marks {
    /// Unescaped `"`.
    pub fn quotes(&self) -> &[u32] {
        &self.quotes[..self.quote_count]
    }

    /// Line feeds, those inside of strings too (JSON does not allow any there).
    pub fn line_feeds(&self) -> &[u32] {
        &self.line_feeds[..self.line_feed_count]
    }

    /// Marks a block of less than 4 GiB; what was marked before is forgotten.
    pub fn mark(&mut self, bytes: &[u8]) {
        // Room for a mark at every byte, and for the eight that `emit` writes ahead: no check is needed later.
        let room = bytes.len() + 2 * BLOCK;
        if self.quotes.len() < room {
            self.quotes.resize(room, 0);
            self.line_feeds.resize(room, 0);
        }
        (self.quote_count, self.line_feed_count) = (0, 0);
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("popcnt") {
            x86::mark(bytes, self);
            return;
        }
        let mut escaped = 0;
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        for (i, block) in blocks.iter().enumerate() {
            self.take(portable_masks(block), i * BLOCK, &mut escaped);
        }
        self.take(portable_masks(&padded(rest)), blocks.len() * BLOCK, &mut escaped);
    }

    #[inline(always)]
    fn take(&mut self, masks: Masks, base: usize, escaped: &mut u64) {
        let quotes = masks.quotes & !escaped_bytes(masks.backslashes, escaped);
        emit(quotes, base, &mut self.quotes, &mut self.quote_count);
        emit(masks.line_feeds, base, &mut self.line_feeds, &mut self.line_feed_count);
    }
}

const BLOCK: usize = 64;

/// One bit for each byte of a block.
#[derive(Clone, Copy)]
struct Masks {
    quotes: u64,
    backslashes: u64,
    line_feeds: u64,
}

/// The bytes that an odd run of backslashes escapes; `carry` is 1 where the block before ends in such a run.
#[inline(always)]
fn escaped_bytes(backslashes: u64, carry: &mut u64) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    if backslashes == 0 {
        return std::mem::take(carry);
    }
    let starts = backslashes & !*carry;
    let follows = (starts << 1) | *carry;
    let odd_starts = starts & !EVEN & !follows;
    let (even_ends, overflow) = odd_starts.overflowing_add(starts);
    *carry = u64::from(overflow);
    (EVEN ^ (even_ends << 1)) & follows
}

/// Appends the positions of the set bits. Writes eight at once: most blocks have fewer.
#[inline(always)]
fn emit(mut bits: u64, base: usize, out: &mut [u32], count: &mut usize) {
    if bits == 0 {
        return;
    }
    let set = bits.count_ones() as usize;
    let slots = &mut out[*count..*count + BLOCK];
    let base = base as u32;
    let (eights, _) = slots.as_chunks_mut::<8>();
    for eight in eights.iter_mut().take(set.div_ceil(8)) {
        for slot in eight {
            *slot = base + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
    }
    *count += set;
}

fn portable_masks(block: &[u8; BLOCK]) -> Masks {
    let mask = |wanted: u8| {
        block
            .iter()
            .enumerate()
            .fold(0_u64, |m, (i, b)| m | (u64::from(*b == wanted) << i))
    };
    Masks {
        quotes: mask(b'"'),
        backslashes: mask(b'\\'),
        line_feeds: mask(b'\n'),
    }
}

fn padded(rest: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}

#[cfg(target_arch = "x86_64")]
#[allow(
    unsafe_code,
    reason = "AVX2 loads; twice the speed of the whole reader, measured by benches/count_patterns.py"
)]
mod x86 {
    use std::arch::x86_64::{__m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8};

    use super::{BLOCK, Marks, Masks, padded};

    /// [`Marks::mark`] with AVX2. Safe to call: the caller has asked the processor.
    pub(super) fn mark(bytes: &[u8], marks: &mut Marks) {
        // SAFETY: the only caller has just checked avx2, bmi1 and popcnt.
        unsafe { mark_avx2(bytes, marks) }
    }

    #[target_feature(enable = "avx2,bmi1,popcnt")]
    fn mark_avx2(bytes: &[u8], marks: &mut Marks) {
        let mut escaped = 0;
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        for (i, block) in blocks.iter().enumerate() {
            marks.take(masks(block), i * BLOCK, &mut escaped);
        }
        marks.take(masks(&padded(rest)), blocks.len() * BLOCK, &mut escaped);
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn masks(block: &[u8; BLOCK]) -> Masks {
        // SAFETY: both loads read 32 bytes inside the 64 of `block`; unaligned loads are asked for.
        let (low, high) = unsafe {
            let start = block.as_ptr().cast::<__m256i>();
            (_mm256_loadu_si256(start), _mm256_loadu_si256(start.add(1)))
        };
        let mask = |wanted: u8| {
            let wanted = _mm256_set1_epi8(wanted.cast_signed());
            let half = |bytes| u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, wanted)).cast_unsigned());
            half(low) | (half(high) << 32)
        };
        Masks {
            quotes: mask(b'"'),
            backslashes: mask(b'\\'),
            line_feeds: mask(b'\n'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(bytes: &[u8]) -> (Vec<u32>, Vec<u32>) {
        let (mut quotes, mut line_feeds, mut escaped) = (vec![], vec![], false);
        for (i, &b) in bytes.iter().enumerate() {
            match b {
                b'"' if !escaped => quotes.push(i as u32),
                b'\n' => line_feeds.push(i as u32),
                _ => {}
            }
            escaped = b == b'\\' && !escaped;
        }
        (quotes, line_feeds)
    }

    fn portable(bytes: &[u8]) -> Vec<u32> {
        let mut marks = Marks {
            quotes: vec![0; bytes.len() + 2 * BLOCK],
            line_feeds: vec![0; bytes.len() + 2 * BLOCK],
            ..Marks::default()
        };
        let mut escaped = 0;
        for (i, block) in bytes.chunks(BLOCK).enumerate() {
            marks.take(portable_masks(&padded(block)), i * BLOCK, &mut escaped);
        }
        marks.quotes().to_vec()
    }

    proptest! {
        #[test]
        fn marks_are_those_of_a_byte_loop(picks in prop::collection::vec(0_usize..7, 0..400)) {
            let bytes: Vec<u8> = picks.iter().map(|p| b"\"\\\\\nab\""[*p]).collect();
            let mut marks = Marks::default();
            marks.mark(&bytes);
            let (quotes, line_feeds) = naive(&bytes);
            prop_assert_eq!(marks.quotes(), &quotes[..]);
            prop_assert_eq!(marks.line_feeds(), &line_feeds[..]);
            prop_assert_eq!(portable(&bytes), quotes);
        }
    }

    #[test]
    fn marks_of_an_earlier_block_are_forgotten() {
        let mut marks = Marks::default();
        marks.mark(b"\"\"\n");
        marks.mark(b"");
        assert!(marks.quotes().is_empty() && marks.line_feeds().is_empty());
    }
}
