//! Small byte tests on one line. No allocation, no regex; each is linear in the line.

/// Bytes of white space that a line begins with: blanks and tabs.
pub(super) fn indent(line: &str) -> usize {
    line.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// Whether a text is one digit or more, and nothing else.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The text before its trailing `:digits`.
pub(super) fn without_number(text: &str) -> Option<&str> {
    let (before, number) = text.rsplit_once(':')?;
    is_number(number).then_some(before)
}

/// The text after its leading digits, if it has any.
pub(super) fn after_digits(text: &str) -> Option<&str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then(|| &text[digits..])
}

/// Whether a byte may stand in an identifier; every byte of a character beyond ASCII may.
pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether a text is at least eight hexadecimal digits, one of them a decimal digit: an address, a hash, an id.
pub(super) fn is_hash(text: &str) -> bool {
    text.len() >= 8 && text.bytes().all(|b| b.is_ascii_hexdigit()) && text.bytes().any(|b| b.is_ascii_digit())
}
