//! Decodes the inside of a JSON string. Never fails: what JSON does not allow is repaired and told.

/// What had to be mended while decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repairs {
    /// An escape that JSON does not know; its backslash was left out.
    pub escape: bool,
    /// Bytes that are not UTF-8, or half a surrogate pair; read as U+FFFD.
    pub encoding: bool,
}

/// The text of a raw JSON string, borrowed from `raw` where nothing is to be decoded, else written to `scratch`.
#[inline]
pub fn decode<'a>(raw: &'a [u8], scratch: &'a mut String) -> (&'a str, Repairs) {
    match memchr::memchr(b'\\', raw) {
        None => match std::str::from_utf8(raw) {
            Ok(text) => (text, Repairs::default()),
            Err(_) => {
                scratch.clear();
                scratch.push_str(&String::from_utf8_lossy(raw));
                (
                    scratch,
                    Repairs {
                        encoding: true,
                        escape: false,
                    },
                )
            }
        },
        Some(first) => {
            scratch.clear();
            let repairs = unescape(raw, first, scratch);
            (scratch, repairs)
        }
    }
}

/// [`decode`] for what is not on a hot path; repairs go untold.
pub fn decode_to_string(raw: &[u8]) -> String {
    let mut scratch = String::new();
    decode(raw, &mut scratch).0.to_owned()
}

fn unescape(raw: &[u8], first: usize, out: &mut String) -> Repairs {
    let mut repairs = Repairs::default();
    let (mut from, mut backslash) = (0, Some(first));
    while let Some(at) = backslash {
        push(&raw[from..at], out, &mut repairs);
        from = at + 2;
        match raw.get(at + 1) {
            Some(b'n') => out.push('\n'),
            Some(b't') => out.push('\t'),
            Some(b'r') => out.push('\r'),
            Some(b'b') => out.push('\u{8}'),
            Some(b'f') => out.push('\u{c}'),
            Some(&b @ (b'"' | b'\\' | b'/')) => out.push(char::from(b)),
            Some(b'u') => {
                let (c, length) = unicode(&raw[at..]);
                repairs.escape |= length == 2;
                repairs.encoding |= c == char::REPLACEMENT_CHARACTER && length > 2;
                out.push(c);
                from = at + length;
            }
            Some(_) => {
                repairs.escape = true;
                from = at + 1;
            }
            None => repairs.escape = true,
        }
        let rest = raw.get(from..).unwrap_or_default();
        backslash = memchr::memchr(b'\\', rest).map(|i| from + i);
    }
    push(raw.get(from..).unwrap_or_default(), out, &mut repairs);
    repairs
}

fn push(raw: &[u8], out: &mut String, repairs: &mut Repairs) {
    match std::str::from_utf8(raw) {
        Ok(text) => out.push_str(text),
        Err(_) => {
            repairs.encoding = true;
            out.push_str(&String::from_utf8_lossy(raw));
        }
    }
}

/// The character of a `\uXXXX`, or of a surrogate pair of two, and how many bytes it takes; `u` and 2 where no digits follow.
fn unicode(raw: &[u8]) -> (char, usize) {
    let unit = |at: usize| {
        let digits = raw
            .get(at + 2..at + 6)
            .filter(|_| raw[at] == b'\\' && raw[at + 1] == b'u')?;
        let digits = std::str::from_utf8(digits)
            .ok()
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(0) else {
        return ('u', 2);
    };
    if let Some(c) = char::from_u32(first) {
        return (c, 6);
    }
    if first < 0xDC00
        && let Some(second @ 0xDC00..0xE000) = unit(6)
    {
        let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
    }
    (char::REPLACEMENT_CHARACTER, 6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(raw: &str) -> (String, Repairs) {
        let mut scratch = String::new();
        let (text, repairs) = decode(raw.as_bytes(), &mut scratch);
        (text.to_owned(), repairs)
    }

    #[test]
    fn broken_escapes_are_mended_and_told() {
        assert_eq!(decoded(r"user 79f3\***\*").0, "user 79f3****");
        assert!(decoded(r"\*").1.escape && decoded(r"\u12").1.escape && decoded("a\\").1.escape);
        assert_eq!(decoded(r"\ud83d").0, "\u{fffd}");
        assert!(decoded(r"\ud83d\n").1.encoding);
        assert_eq!(decoded(r"\ud83d\ude00!").0, "\u{1f600}!");
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_replaced() {
        let mut scratch = String::new();
        let (text, repairs) = decode(b"a\xffb", &mut scratch);
        assert_eq!(text, "a\u{fffd}b");
        assert!(repairs.encoding);
        assert!(decode(b"\xff\\n", &mut String::new()).1.encoding);
    }

    proptest! {
        #[test]
        fn any_text_survives_serde_json(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(decoded(&json[1..json.len() - 1]), (text, Repairs::default()));
        }

        #[test]
        fn any_bytes_are_survived(raw in prop::collection::vec(any::<u8>(), 0..60)) {
            decode(&raw, &mut String::new());
        }
    }
}
