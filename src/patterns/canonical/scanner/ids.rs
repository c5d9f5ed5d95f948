//! The masks `hex` and `id`: words of letters and digits that nobody would write by hand.
//!
//! Each function is one mask: the next match in a chunk at or after `from`, as the range that is replaced.

use std::ops::Range;

use super::bytes::{ALNUM, DIGIT, HEX, LETTER, at, is, run};
use super::{MARK, free};

/// `hex`.
pub fn hex(text: &[u8], from: usize) -> Option<Range<usize>> {
    next_word(text, from, |text, start, end| {
        is_hex(&text[start..end]) && text.get(end) != Some(&b'_')
    })
}

fn is_hex(word: &[u8]) -> bool {
    if let [b'0', b'x' | b'X', digits @ ..] = word {
        return !digits.is_empty() && run(digits, 0, HEX) == digits.len();
    }
    let kind = word.first().map_or(0, |b| if is(*b, DIGIT) { DIGIT } else { LETTER });
    let other = run(word, 0, kind);
    word.len() >= other + 5 && run(word, 0, HEX) == word.len()
}

/// `id`.
pub fn id(text: &[u8], from: usize) -> Option<Range<usize>> {
    next_word(text, from, |text, start, end| {
        let digits = run(text, start, LETTER);
        let letters = run(text, digits, DIGIT);
        let again = run(text, letters, LETTER);
        letters > digits && again > letters && again < end
    })
}

/// The next run of letters and digits that `fits`.
fn next_word(text: &[u8], from: usize, fits: impl Fn(&[u8], usize, usize) -> bool) -> Option<Range<usize>> {
    let mut start = from;
    while start < text.len() {
        if !is(text[start], ALNUM) {
            start += 1;
            continue;
        }
        let end = run(text, start, ALNUM);
        let marked = start > 0 && (text[start - 1] == MARK || at(text, start - 1, ALNUM));
        if !marked && free(start, from) && fits(text, start, end) {
            return Some(start..end);
        }
        start = end;
    }
    None
}
