//! The masks `ansi`, `decoration`, `blank` and `trim`: the same message in another dress.
//!
//! Input: a message. Output: its text with single blanks between its chunks and none at its ends.

/// Control characters, and the first bytes of the characters that decorate (and of others).
pub const fn odd(b: u8) -> bool {
    (b < b' ') | (b == 0x7F) | (b == 0xE2) | (b == 0xEF) | (b == 0xF0)
}

/// Appends the cleaned text.
pub fn clean(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let (mut place, mut blank, start) = (0, false, out.len());
    while let Some(&b) = bytes.get(place) {
        let (length, gap) = match b {
            0x1B => ansi(&bytes[place..]).map_or((1, true), |length| (length, blank)),
            0..=b' ' | 0x7F => (1, true),
            0xE2 | 0xEF | 0xF0 => wide(&text[place..]),
            _ => (plain(&bytes[place..]), false),
        };
        if gap || b == 0x1B {
            blank = gap;
            place += length;
            continue;
        }
        if blank && out.len() > start {
            out.push(' ');
        }
        let span = &text[place..place + length];
        let words = span.strip_suffix(' ');
        blank = words.is_some();
        out.push_str(words.unwrap_or(span));
        place += length;
    }
}

/// The length of the clean bytes at the start of the text; they may end in a blank.
#[inline(always)]
fn plain(text: &[u8]) -> usize {
    let mut before = 0;
    let stop = text.iter().position(|b| {
        let stop = odd(*b) || (*b == b' ' && before == b' ');
        before = *b;
        stop
    });
    stop.unwrap_or(text.len())
}

/// The length of the character at the start of the text, and whether it decorates.
fn wide(text: &str) -> (usize, bool) {
    text.chars().next().map_or((1, true), |c| (c.len_utf8(), decorates(c)))
}

/// The length of the colour or cursor command at the start of the text.
fn ansi(text: &[u8]) -> Option<usize> {
    let parameters = text.strip_prefix(b"\x1B[")?;
    let length = parameters
        .iter()
        .position(|b| !matches!(b, b'0'..=b'9' | b';' | b':' | b'?'))?;
    parameters[length].is_ascii_alphabetic().then_some(length + 3)
}

fn decorates(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{FE0F}' | '\u{200D}' | '\u{1F000}'..='\u{1FAFF}')
}
