//! The masks `ansi`, `decoration`, `blank` and `trim`: the same message in another dress.
//!
//! Input: a message. Output: its text with single blanks between its chunks and none at its ends; borrowed where the
//! message is so already.

/// Whether the text has nothing to be cleaned: chunks of plain characters with single blanks between.
/// May say no where nothing would change.
pub fn is_clean(text: &str) -> bool {
    let bytes = text.as_bytes();
    let odd = |b: u8| (b < b' ') | (b == 0x7F) | (b == 0xE2) | (b == 0xEF) | (b == 0xF0);
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    // No early exit: so the compiler takes many bytes at once.
    let doubtful = bytes.iter().fold(false, |doubtful, b| doubtful | odd(*b));
    let double = pairs.fold(false, |double, (a, b)| double | ((*a == b' ') & (*b == b' ')));
    !doubtful && !double && bytes.first().is_some_and(|b| *b != b' ') && bytes.last() != Some(&b' ')
}

/// Appends the cleaned text.
pub fn clean(text: &str, out: &mut String) {
    let (mut rest, mut blank, start) = (text, false, out.len());
    while let Some(c) = rest.chars().next() {
        if let Some(length) = ansi(rest.as_bytes()) {
            rest = &rest[length..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if c <= ' ' || c == '\x7F' || decorates(c) {
            blank = true;
            continue;
        }
        if blank && out.len() > start {
            out.push(' ');
        }
        blank = false;
        out.push(c);
    }
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
