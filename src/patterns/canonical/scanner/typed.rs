//! The masks of typed values that stand inside one chunk, times apart: `url`, `email`, `uuid`, `path`, `mac`, `ip6`, `ip4`.
//!
//! Each function is one mask: the next match in a chunk at or after `from`, as the range that is replaced.

use std::ops::Range;

use super::bytes::{
    BEFORE_PATH, DIGIT, HAS_AT, HAS_BACKSLASH, HAS_COLON, HAS_DASH, HAS_DIGIT, HAS_DOT, HAS_SLASH, HEX, LABEL, LETTER,
    LOWER_HEX, MAILBOX, SCHEME, SEGMENT, URL_END, WORD, at, boundary, is, run, run_back, shape,
};
use super::local::Pair;
use super::times;

/// A chunk that holds typed values, masked.
pub struct Masked<'a> {
    pub text: &'a str,
    /// Whether there are times among them.
    pub timed: bool,
}

/// The masks `url` to `ip4`, in their order, each only where the chunk holds what it needs.
pub fn mask<'a>(chunk: &str, has: u16, pair: &'a mut Pair) -> Option<Masked<'a>> {
    let all = |traits: u16| has & traits == traits;
    let several = |byte: u8| chunk.bytes().position(|b| b == byte) != chunk.bytes().rposition(|b| b == byte);
    let colons = all(HAS_COLON) && several(b':');
    pair.start();
    if all(HAS_COLON | HAS_SLASH) {
        pair.mask(chunk, url, "<url>");
    }
    if all(HAS_AT | HAS_DOT) {
        pair.mask(chunk, email, "<email>");
    }
    if all(HAS_DASH) && chunk.len() >= 36 {
        pair.mask(chunk, uuid, "<uuid>");
    }
    if all(HAS_SLASH) || all(HAS_COLON | HAS_BACKSLASH) {
        pair.mask(chunk, path, "<path>");
    }
    if colons && chunk.len() >= 17 {
        pair.mask(chunk, mac, "<addr>");
    }
    let mut timed = false;
    if all(HAS_DIGIT) && has & (HAS_DASH | HAS_SLASH) != 0 && chunk.len() >= 10 {
        timed |= pair.mask(chunk, times::date, times::TIME);
    }
    if all(HAS_DIGIT) && colons {
        timed |= pair.mask(chunk, times::clock, times::TIME);
    }
    if colons {
        pair.mask(chunk, ip6, "<ip>");
    }
    if all(HAS_DIGIT | HAS_DOT) && chunk.len() >= 7 && several(b'.') {
        pair.mask(chunk, ip4, "<ip>");
    }
    pair.changed().map(|text| Masked { text, timed })
}

/// `url`.
pub fn url(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut searched = from;
    loop {
        let colon = searched + memchr::memchr(b':', text.get(searched..)?)?;
        searched = colon + 1;
        if text.get(searched..searched + 2) != Some(b"//") {
            continue;
        }
        let scheme = run_back(text, from, colon, SCHEME);
        let Some(start) = text[scheme..colon].iter().position(|b| is(*b, LETTER)) else {
            continue;
        };
        let tail = searched + 2;
        let end = text[tail..].iter().position(|b| is(*b, URL_END));
        let end = end.map_or(text.len(), |length| tail + length);
        if end > tail {
            return Some(scheme + start..end);
        }
    }
}

/// `email`.
pub fn email(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut searched = from;
    loop {
        let sign = searched + memchr::memchr(b'@', text.get(searched..)?)?;
        searched = sign + 1;
        let start = run_back(text, from, sign, MAILBOX);
        let dot = run(text, searched, LABEL);
        if start < sign
            && dot > searched
            && let Some(end) = domain(text, dot)
        {
            return Some(start..end);
        }
    }
}

/// The end of `\.[A-Za-z0-9.-]+` at `dot`.
fn domain(text: &[u8], dot: usize) -> Option<usize> {
    let mut end = dot;
    while at(text, end, LABEL) || text.get(end) == Some(&b'.') {
        end += 1;
    }
    (text.get(dot) == Some(&b'.') && end > dot + 1).then_some(end)
}

/// `uuid`.
pub fn uuid(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut dash = from + 8;
    while dash + 28 <= text.len() {
        if text[dash] == b'-'
            && let Some(end) = shape(text, dash, b"-hhhh-hhhh-hhhh-hhhhhhhhhhhh")
            && shape(text, dash - 8, b"hhhhhhhh").is_some()
        {
            return Some(dash - 8..end);
        }
        dash += 1;
    }
    None
}

/// `path`.
pub fn path(text: &[u8], from: usize) -> Option<Range<usize>> {
    (from..text.len()).find_map(|place| {
        let (start, body) = match text[place] {
            b'/' => (place, run(text, place + 1, SEGMENT)),
            b'\\' if place >= from + 2 && text[place - 1] == b':' && is(text[place - 2], LETTER) => (place - 2, place),
            _ => return None,
        };
        let whole = text[place] == b'\\' || (body > start + 1 && text.get(body) == Some(&b'/'));
        let preceded = start == 0 || (start > from && is(text[start - 1], BEFORE_PATH));
        (whole && preceded).then(|| start..path_end(text, body + 1))
    })
}

fn path_end(text: &[u8], from: usize) -> usize {
    let mut end = from;
    while at(text, end, SEGMENT) || matches!(text.get(end), Some(b'/' | b'\\')) {
        end += 1;
    }
    end
}

/// The next place at a word boundary in front of one of `sets`, where `end` finds an end.
pub fn at_boundary(
    text: &[u8],
    from: usize,
    sets: u16,
    end: impl Fn(&[u8], usize) -> Option<usize>,
) -> Option<Range<usize>> {
    let mut start = from;
    while start < text.len() {
        if !is(text[start], WORD) {
            start += 1;
            continue;
        }
        let inside = start > 0 && is(text[start - 1], WORD);
        if !inside
            && is(text[start], sets)
            && let Some(end) = end(text, start)
        {
            return Some(start..end);
        }
        start = run(text, start, WORD);
    }
    None
}

/// `mac`.
pub fn mac(text: &[u8], from: usize) -> Option<Range<usize>> {
    at_boundary(text, from, HEX, |text, start| {
        shape(text, start, b"hh:hh:hh:hh:hh:hh").filter(|end| boundary(text, *end))
    })
}

/// `ip6`.
pub fn ip6(text: &[u8], from: usize) -> Option<Range<usize>> {
    at_boundary(text, from, LOWER_HEX, ip6_end)
}

fn ip6_end(text: &[u8], start: usize) -> Option<usize> {
    let mut colon = run(text, start, LOWER_HEX);
    if !(3..=4).contains(&(colon - start)) || text.get(colon) != Some(&b':') {
        return None;
    }
    let mut end = None;
    for _ in 0..6 {
        let next = run(text, colon + 1, LOWER_HEX);
        if next - colon > 5 || text.get(next) != Some(&b':') {
            break;
        }
        colon = next;
        let last = run(text, colon + 1, LOWER_HEX);
        if (1..=4).contains(&(last - colon - 1)) && !at(text, last, WORD) {
            end = Some(last);
        }
    }
    end
}

/// `ip4`.
pub fn ip4(text: &[u8], from: usize) -> Option<Range<usize>> {
    at_boundary(text, from, DIGIT, ip4_end)
}

fn ip4_end(text: &[u8], start: usize) -> Option<usize> {
    let mut end = octet(text, start)?;
    for _ in 0..3 {
        end = octet(text, Some(end).filter(|end| text.get(*end) == Some(&b'.'))? + 1)?;
    }
    if at(text, end, WORD) {
        return None;
    }
    let port = run(text, end + 1, DIGIT);
    let with_port = text.get(end) == Some(&b':') && port > end + 1 && !at(text, port, WORD);
    Some(if with_port { port } else { end })
}

fn octet(text: &[u8], start: usize) -> Option<usize> {
    let end = run(text, start, DIGIT);
    (1..=3).contains(&(end - start)).then_some(end)
}
