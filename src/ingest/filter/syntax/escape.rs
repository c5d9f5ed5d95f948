//! What stands between double quotes: decoded as text, decoded as a regex, and written.

/// Writes a text as a value of a filter, in double quotes: for filters that are put together from names.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The text of a quoted value. A backslash before anything that is no escape stays: it is told as the offset of the first.
pub fn text_of(raw: &str) -> (String, Option<usize>) {
    let (mut out, mut unknown) = (String::with_capacity(raw.len()), None);
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (text, length) = escape(&rest[at..]).unwrap_or_else(|| {
            unknown = unknown.or(Some(raw.len() - rest.len() + at));
            ('\\', 1)
        });
        out.push(text);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    (out, unknown)
}

/// The regex of a quoted value: `\"`, `\\` and `\u` are the string's escapes, all others are the regex's own.
pub fn pattern_of(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (text, length) = match rest.as_bytes().get(1) {
            Some(b'"' | b'\\') => (&rest[1..2], 2),
            Some(b'u' | b'U') if escape(rest).is_some() => {
                let (c, length) = escape(rest).unwrap_or(('u', 2));
                out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
                ("", length)
            }
            _ => ("\\", 1),
        };
        out.push_str(text);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// The character of an escape at the start of the text, and its length in bytes.
fn escape(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    let digits = |from: usize, count: usize, radix: u32| {
        let part = text.get(from..from + count)?;
        let number = part
            .chars()
            .all(|c| c.is_digit(radix))
            .then(|| u32::from_str_radix(part, radix));
        char::from_u32(number?.ok()?)
    };
    let plain = |c: char| Some((c, 2));
    match bytes.get(1)? {
        b'n' => plain('\n'),
        b't' => plain('\t'),
        b'r' => plain('\r'),
        b'a' => plain('\u{7}'),
        b'b' => plain('\u{8}'),
        b'f' => plain('\u{c}'),
        b'v' => plain('\u{b}'),
        &b @ (b'"' | b'\\' | b'\'') => plain(char::from(b)),
        b'x' => digits(2, 2, 16).map(|c| (c, 4)),
        b'u' => digits(2, 4, 16).map(|c| (c, 6)),
        b'U' => digits(2, 8, 16).map(|c| (c, 10)),
        b'0'..=b'7' => {
            let count = bytes[1..]
                .iter()
                .take(3)
                .take_while(|b| matches!(b, b'0'..=b'7'))
                .count();
            (1..=count)
                .rev()
                .find_map(|n| digits(1, n, 8).filter(|c| u32::from(*c) < 256).map(|c| (c, n + 1)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_decoded() {
        for (raw, text) in [
            ("plain", "plain"),
            (r#"say \"hi\""#, r#"say "hi""#),
            (r"a\\b", r"a\b"),
            (r"\t\n\r\a\b\f\v\'", "\t\n\r\u{7}\u{8}\u{c}\u{b}'"),
            (r"\x41\101\u0041\U00000041", "AAAA"),
            (r"\377\400", "ÿ 0"),
            (r"\0x\18", "\0x\u{1}8"),
        ] {
            assert_eq!(text_of(raw), (text.to_owned(), None), "{raw}");
        }
    }

    #[test]
    fn what_is_no_escape_stays_and_is_told() {
        for (raw, at) in [
            (r"a\d", 1),
            (r"\n\.", 2),
            (r"\xg1", 0),
            (r"\u12", 0),
            (r"\ud800", 0),
            ("é\\", 2),
        ] {
            assert_eq!(text_of(raw).1, Some(at), "{raw}");
        }
        assert_eq!(text_of(r"\d+\.").0, r"\d+\.");
    }

    #[test]
    fn regexes_keep_their_escapes() {
        for (raw, pattern) in [
            (r"\d+\.\b", r"\d+\.\b"),
            (r"\\d+", r"\d+"),
            (r#"\"x\""#, r#""x""#),
            (r"\u0041\t", r"\x{41}\t"),
            (r"\uzz", r"\uzz"),
            ("a\\", "a\\"),
        ] {
            assert_eq!(pattern_of(raw), pattern, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(text in any::<String>()) {
            let quoted = quote(&text);
            prop_assert_eq!(text_of(&quoted[1..quoted.len() - 1]), (text.clone(), None));
        }

        #[test]
        fn any_raw_text_is_survived(raw in r#"[\\"xuU0-9a-fé'n]{0,30}"#) {
            text_of(&raw);
            pattern_of(&raw);
        }
    }
}
