//! The masks `token`, `hex` and `id`: words of letters and digits that nobody would write by hand.
//!
//! Each function is one mask: the next match in a chunk at or after `from`, as the range that is replaced.

use std::ops::Range;

use super::MARK;
use super::bytes::{ALNUM, BASE64, DIGIT, HEX, LABEL, LETTER, PLUS, SLASH, WORD, at, boundary, is, run};
use super::local::free;

/// `token`: a JSON Web Token, or long base64.
pub fn token(text: &[u8], from: usize) -> Option<Range<usize>> {
    // Runs that were walked once in vain: many starts share them.
    let (mut part, mut vain) = (0, 0);
    (from..text.len()).find_map(|start| {
        if !is(text[start], ALNUM | PLUS) || !boundary(text, start) {
            return None;
        }
        if text[start..].starts_with(b"eyJ") {
            if start + 3 >= part {
                part = run(text, start + 3, LABEL | WORD);
            }
            if part > start + 3
                && let Some(end) = more_parts(text, part)
            {
                return Some(start..end);
            }
        }
        if start < vain {
            return None;
        }
        match base64(text, start) {
            Ok(end) => Some(start..end),
            Err(end) => {
                vain = end;
                None
            }
        }
    })
}

/// The end of `(?:\.[A-Za-z0-9_-]+)+` at `from`.
fn more_parts(text: &[u8], from: usize) -> Option<usize> {
    let mut end = from;
    while text.get(end) == Some(&b'.') && at(text, end + 1, LABEL | WORD) {
        end = run(text, end + 1, LABEL | WORD);
    }
    (end > from).then_some(end)
}

/// The end of `[A-Za-z+]*[0-9]+[A-Za-z+/]+[0-9][A-Za-z0-9+/]{16,}={0,2}` at `start`, or up to where no start succeeds.
fn base64(text: &[u8], start: usize) -> Result<usize, usize> {
    let first = run(text, start, LETTER | PLUS);
    let letters = run(text, first, DIGIT);
    let second = run(text, letters, LETTER | PLUS | SLASH);
    if letters == first || second == letters || !at(text, second, DIGIT) {
        return Err(letters);
    }
    let end = run(text, second + 1, BASE64);
    if end - second <= 16 {
        return Err(letters);
    }
    let padding = text[end..].iter().take(2).take_while(|b| **b == b'=').count();
    Ok(end + padding)
}

/// `hex`.
pub fn hex(text: &[u8], from: usize) -> Option<Range<usize>> {
    next_word(text, from, |text, start, end| {
        is_hex(&text[start..end]) && text.get(end) != Some(&b'_')
    })
}

/// Whether a word of letters and digits is what `hex` replaces.
pub fn is_hex(word: &[u8]) -> bool {
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
