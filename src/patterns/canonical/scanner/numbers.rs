//! The masks `sign`, `duration`, `size` and `num`.
//!
//! Each function is one mask: the next match in a chunk at or after `from`, as the range that is replaced.

use std::ops::Range;

use super::MARK;
use super::bytes::{BEFORE_SIGN, DIGIT, LETTER, WORD, at, is, run};
use super::local::free;

/// `sign`; the range is the sign.
pub fn sign(text: &[u8], from: usize) -> Option<Range<usize>> {
    let signs = |place: &usize| {
        let preceded = *place == 0 || is(text[place - 1], BEFORE_SIGN);
        matches!(text[*place], b'-' | b'+') && preceded && free(*place, from) && at(text, place + 1, DIGIT)
    };
    (from..text.len()).find(signs).map(|place| place..place + 1)
}

/// `duration`.
pub fn duration(text: &[u8], from: usize) -> Option<Range<usize>> {
    quantity(text, from, duration_end)
}

/// The end of the duration whose digits start at `start`.
pub fn duration_end(text: &[u8], start: usize) -> Option<usize> {
    let mut end = start;
    loop {
        let unit = number(text, end)?;
        end = unit_end(text, unit);
        let known = matches!(
            &text[unit..end],
            b"ns" | b"us" | b"\xC2\xB5s" | b"ms" | b"s" | b"m" | b"h" | b"d" | b"min" | b"sec"
        );
        if !known {
            return None;
        }
        if !at(text, end, WORD) {
            return Some(end);
        }
    }
}

/// Where the letters of a unit end; the sign of a millionth may stand before them.
fn unit_end(text: &[u8], from: usize) -> usize {
    let micro = if text[from..].starts_with(b"\xC2\xB5") { 2 } else { 0 };
    run(text, from + micro, LETTER)
}

/// `size`.
pub fn size(text: &[u8], from: usize) -> Option<Range<usize>> {
    quantity(text, from, size_end)
}

/// The end of the size whose digits start at `start`.
pub fn size_end(text: &[u8], start: usize) -> Option<usize> {
    let unit = number(text, start)?;
    let end = run(text, unit, LETTER);
    let known = match &text[unit..end] {
        b"B" => true,
        [prefix] | [prefix, b'i'] => matches!(prefix, b'k' | b'K' | b'M' | b'G' | b'T' | b'P'),
        [prefix, b'b' | b'B'] | [prefix, b'i', b'b' | b'B'] => {
            matches!(prefix, b'k' | b'K' | b'm' | b'M' | b'g' | b'G' | b't' | b'T')
        }
        _ => false,
    };
    (known && !at(text, end, WORD)).then_some(end)
}

/// The next number with a unit: at a run of digits that no letter, digit, `_`, `.` or mark precedes.
fn quantity(text: &[u8], from: usize, end: impl Fn(&[u8], usize) -> Option<usize>) -> Option<Range<usize>> {
    let mut start = from;
    while start < text.len() {
        if !is(text[start], DIGIT) {
            start += 1;
            continue;
        }
        let stuck = start > 0 && (is(text[start - 1], WORD) || matches!(text[start - 1], b'.' | MARK));
        if !stuck
            && free(start, from)
            && let Some(end) = end(text, start)
        {
            return Some(start..end);
        }
        start = run(text, start, DIGIT);
    }
    None
}

/// The end of `[0-9]+(?:\.[0-9]+)?` at `start`.
fn number(text: &[u8], start: usize) -> Option<usize> {
    let end = run(text, start, DIGIT);
    let fraction = run(text, end + 1, DIGIT);
    let whole = text.get(end) != Some(&b'.') || fraction == end + 1;
    (end > start).then_some(if whole { end } else { fraction })
}

/// `num`.
pub fn num(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut start = from;
    while start < text.len() {
        if !is(text[start], DIGIT) {
            start += 1;
            continue;
        }
        let kept = start > 0 && (text[start - 1] == MARK || is(text[start - 1], DIGIT));
        if !kept && free(start, from) {
            return Some(start..num_end(text, start));
        }
        start = run(text, start, DIGIT);
    }
    None
}

/// The end of the number at `start`: with its groups, its fraction and its exponent.
pub fn num_end(text: &[u8], start: usize) -> usize {
    let mut end = run(text, start, DIGIT);
    while matches!(text.get(end), Some(b'.' | b',')) && at(text, end + 1, DIGIT) {
        end = run(text, end + 1, DIGIT);
    }
    if !matches!(text.get(end), Some(b'e' | b'E')) {
        return end;
    }
    let digits = end + 1 + usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
    let exponent = run(text, digits, DIGIT);
    if exponent > digits && !at(text, exponent, WORD) {
        exponent
    } else {
        end
    }
}
