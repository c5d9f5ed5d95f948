//! The mask `list`: placeholders in a row become the first of them.

/// Appends the text with its lists shortened.
pub fn list(text: &str, out: &mut String) {
    let mut copied = 0;
    let mut from = 0;
    while let Some(place) = memchr::memchr(b'<', &text.as_bytes()[from..]) {
        let start = from + place;
        let Some(first) = placeholder(text.as_bytes(), start) else {
            from = start + 1;
            continue;
        };
        let mut end = first;
        while let Some(next) = next(text.as_bytes(), end) {
            end = next;
        }
        if end > first {
            out.push_str(&text[copied..first]);
            copied = end;
        }
        from = end;
    }
    out.push_str(&text[copied..]);
}

/// The end of `<[a-z]+>` at `start`.
fn placeholder(text: &[u8], start: usize) -> Option<usize> {
    let name = text.get(start..)?.strip_prefix(b"<")?;
    let length = name.iter().position(|b| !b.is_ascii_lowercase())?;
    (length > 0 && name[length] == b'>').then_some(start + length + 2)
}

/// The end of `, ?<[a-z]+>` at `from`.
fn next(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?.strip_prefix(b",")?;
    placeholder(text, from + 1 + usize::from(rest.first() == Some(&b' ')))
}
