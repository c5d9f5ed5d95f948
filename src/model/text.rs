//! Texts that are too long, cut where a character ends; names that a shell reads as nothing but themselves.

/// The start of a text: at most `bytes_max` bytes of it.
pub fn start_of(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Cuts a text that is longer than `bytes_max` bytes there, and marks the cut with an ellipsis.
pub fn shorten(text: &mut String, bytes_max: usize) {
    if text.len() > bytes_max {
        text.truncate(start_of(text, bytes_max).len());
        text.push('…');
    }
}

/// Whether a name may stand in a command line as it is: no shell reads it as anything else, and it is not an option. Old
/// project ids hold a domain and a colon.
pub fn is_plain_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    !name.is_empty() && !name.starts_with('-') && name.chars().all(allowed)
}

/// A string of the Logging query language, and of the filters of Cloud Monitoring: quoted, so that no text becomes syntax.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A number in groups of three digits: `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(
            [start_of("aé", 3), start_of("aé", 2), start_of("aé", 0)],
            ["aé", "a", ""]
        );
        let mut text = "aéb".to_owned();
        shorten(&mut text, 4);
        assert_eq!(text, "aéb");
        shorten(&mut text, 2);
        assert_eq!(text, "a…");
    }

    #[test]
    fn no_text_becomes_syntax() {
        assert_eq!(quoted("a\" OR \\\n\"b"), r#""a\" OR \\ \"b""#);
        assert!(is_plain_name("chat-api-00042-xay") && is_plain_name("example.com:acme"));
        for name in ["", "-rf", "a b", "a;b", "a$(b)", "a\nb", "é"] {
            assert!(!is_plain_name(name), "{name:?}");
        }
    }
}
