//! The masks of times: `date`, `clock`, `month` and `times`.
//!
//! The first two act inside a chunk, as the masks of `typed.rs`; the others look at the chunks before.

use std::ops::Range;

use super::bytes::{DIGIT, WORD, at, boundary, run, shape};
use super::typed::at_boundary;

/// What stands for a time.
pub const TIME: &str = "<time>";

/// `date`.
pub fn date(text: &[u8], from: usize) -> Option<Range<usize>> {
    at_boundary(text, from, DIGIT, date_end)
}

fn date_end(text: &[u8], start: usize) -> Option<usize> {
    let separator = |place: usize| matches!(text.get(place), Some(b'-' | b'/'));
    let month = shape(text, start, b"0000").filter(|end| separator(*end))? + 1;
    let day = shape(text, month, b"00").filter(|end| separator(*end))? + 1;
    let end = shape(text, day, b"00")?;
    let of_day = Some(end + 1).filter(|_| matches!(text.get(end), Some(b'T' | b'_')));
    let minutes = of_day.and_then(|start| shape(text, start, b"00:00"));
    minutes
        .and_then(|minutes| {
            // As the regex engine goes back: first with seconds, then without.
            let seconds = shape(text, minutes, b":00");
            seconds
                .and_then(|end| zoned(text, end, true))
                .or_else(|| zoned(text, minutes, true))
        })
        .or_else(|| zoned(text, end, false))
}

/// `clock`.
pub fn clock(text: &[u8], from: usize) -> Option<Range<usize>> {
    at_boundary(text, from, DIGIT, clock_end)
}

fn clock_end(text: &[u8], start: usize) -> Option<usize> {
    let day = short(text, start)?;
    let hour = common_log(text, day).unwrap_or(start);
    let minutes = short(text, hour)?;
    shape(text, minutes, b":00:00").and_then(|end| zoned(text, end, true))
}

/// The end of `/[A-Z][a-z]{2}/[0-9]{4}:` at `from`.
fn common_log(text: &[u8], from: usize) -> Option<usize> {
    let name = text.get(from + 1..from + 4)?;
    let named = name[0].is_ascii_uppercase() && name[1..].iter().all(u8::is_ascii_lowercase);
    let slash = text[from] == b'/' && named;
    shape(text, from + 4, b"/0000:").filter(|_| slash)
}

/// The end of one or two digits that no third follows.
fn short(text: &[u8], start: usize) -> Option<usize> {
    let end = run(text, start, DIGIT);
    (1..=2).contains(&(end - start)).then_some(end)
}

/// The end of a fraction, if one is allowed, and of a zone, at `from`: the longest that ends at a word boundary.
fn zoned(text: &[u8], from: usize, fraction: bool) -> Option<usize> {
    let digits = Some(from + 1).filter(|_| fraction && matches!(text.get(from), Some(b'.' | b',')));
    let fraction = digits.map(|start| (start, run(text, start, DIGIT)));
    let fraction = fraction.filter(|(start, end)| end > start).map(|(_, end)| end);
    let zones = |from: usize| [zone(text, from), Some(from)];
    let ends = fraction.map_or([None, None], zones).into_iter().chain(zones(from));
    ends.flatten().find(|end| boundary(text, *end))
}

/// The end of `Z` or of an offset such as `+01:00` at `from`.
fn zone(text: &[u8], from: usize) -> Option<usize> {
    match text.get(from)? {
        b'Z' => Some(from + 1),
        b'+' | b'-' => shape(text, from + 1, b"00:00").or_else(|| shape(text, from + 1, b"0000")),
        _ => None,
    }
}

/// Whether the text may end in a month and a blank: most do not, and one look at four bytes says so.
pub fn may_end_in_month(text: &[u8]) -> bool {
    let [.., first, b'a' | b'e' | b'p' | b'u' | b'c' | b'o', last, b' '] = text else {
        return false;
    };
    first.is_ascii_uppercase() && last.is_ascii_lowercase()
}

/// Where the date that `chunk` completes starts, in the text before it: that of `month`. Its day takes the digits up to
/// the second number, in `chunk`.
pub fn month(before: &[u8], chunk: &[u8]) -> Option<(usize, usize)> {
    let day = short(chunk, 0).filter(|end| !at(chunk, *end, WORD))?;
    let months: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
    ];
    let month = word_before(before, &months)?;
    let days: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    let blank = before[..month].strip_suffix(b" ");
    let week_day = blank.map(|rest| rest.strip_suffix(b",").unwrap_or(rest));
    let week_day = week_day.and_then(|rest| days.iter().find_map(|day| Some(rest.strip_suffix(*day)?.len())));
    let week_day = week_day.filter(|start| boundary(before, *start));
    let start = week_day.or(Some(month).filter(|start| boundary(before, *start)))?;
    Some((start, day))
}

fn word_before(text: &[u8], words: &[&[u8]]) -> Option<usize> {
    words.iter().find_map(|word| Some(text.strip_suffix(*word)?.len()))
}

/// The mask `times`: appends `text` with every run of times as one.
pub fn times(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(end) = time_end(rest) {
        out.push_str(&rest[..end]);
        rest = &rest[end..];
        while let Some(length) = more(rest.as_bytes()) {
            rest = &rest[length..];
        }
    }
    out.push_str(rest);
}

/// Where the first time in the text ends.
fn time_end(text: &str) -> Option<usize> {
    let open = |place: &usize| text.as_bytes()[*place..].starts_with(TIME.as_bytes());
    let found = memchr::memchr_iter(b'<', text.as_bytes()).find(open)?;
    Some(found + TIME.len())
}

/// The length of `,? (?:<time>|[+-][0-9]{4}\b|[12][0-9]{3}\b)` at the start of the text.
fn more(text: &[u8]) -> Option<usize> {
    let blank = usize::from(text.first() == Some(&b','));
    let start = (text.get(blank) == Some(&b' ')).then_some(blank + 1)?;
    if text[start..].starts_with(TIME.as_bytes()) {
        return Some(start + TIME.len());
    }
    let end = match text.get(start)? {
        b'+' | b'-' => shape(text, start + 1, b"0000"),
        b'1' | b'2' => shape(text, start, b"0000"),
        _ => None,
    };
    end.filter(|end| !at(text, *end, WORD))
}
