//! JSON without the white space between its tokens: one entry becomes one line, its values untouched.

/// Appends a JSON value, which must be valid, to `out`, leaving out white space outside of strings.
pub(super) fn compact(json: &[u8], out: &mut Vec<u8>) {
    let mut rest = json;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        let (outside, string) = rest.split_at(quote);
        bare(outside, out);
        let end = string_end(string);
        out.extend_from_slice(&string[..end]);
        rest = &string[end..];
    }
    bare(rest, out);
}

fn bare(outside: &[u8], out: &mut Vec<u8>) {
    out.extend(outside.iter().filter(|b| !b.is_ascii_whitespace()));
}

/// Length of the string that `text` begins with, quotes included.
fn string_end(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', text.get(at..).unwrap_or_default()) {
        at += found;
        if text[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn compacted(json: &str) -> String {
        let mut out = vec![];
        compact(json.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_white_space_outside_of_strings_goes() {
        assert_eq!(
            compacted(" { \"a b\" : [ 1.50 ,\n\t\"x \\\" y \\\\\" , \"\\u00e4 ä\" ] ,\r\n \"n\" : 1e5 } "),
            "{\"a b\":[1.50,\"x \\\" y \\\\\",\"\\u00e4 ä\"],\"n\":1e5}"
        );
        assert_eq!(compacted("{\"a\":\"\\\\\"}"), "{\"a\":\"\\\\\"}");
        assert_eq!(compacted("\"open"), "\"open", "what is not JSON does not fail");
        assert_eq!(compacted("\"\\"), "\"\\");
    }

    proptest! {
        #[test]
        fn pretty_becomes_what_compact_is(key in ".*", text in ".*", number in any::<f64>()) {
            let value = serde_json::json!({key: [text, number, {"b": null}]});
            prop_assert_eq!(compacted(&format!("{value:#}")), value.to_string());
        }
    }
}
