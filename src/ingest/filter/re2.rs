//! Regexes of RE2 for Rust's engine: the same syntax but for a few corners, which are translated or refused.
//!
//! RE2's `\d`, `\s`, `\w` and `\b` know ASCII only, `\Q...\E` quotes, and in a class `[`, `&&`, `--` and `~~` are plain
//! characters ("RE2 regular expression syntax", github.com/google/re2/wiki/Syntax).

use regex::bytes::{Regex, RegexBuilder};

/// Bytes that one compiled regex may take.
const SIZE_MAX: usize = 1 << 20;
/// Nesting of groups and classes.
const NEST_MAX: u32 = 100;

/// Compiles a regex; the error is a phrase for people.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(&translate(pattern)?)
        .octal(true)
        .size_limit(SIZE_MAX)
        .nest_limit(NEST_MAX)
        .build()
        .map_err(|e| reason(&e))
}

fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => format!("it takes more than {SIZE_MAX} bytes compiled"),
        other => {
            // The engine draws the pattern over several lines; the last one says what is wrong.
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        }
    }
}

fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\\' => escape(rest, in_class, &mut out)?,
            '[' if !in_class => {
                in_class = true;
                open_class(rest, &mut out)
            }
            ']' if in_class => {
                in_class = false;
                out.push(c);
                1
            }
            '[' => match rest.find(":]").filter(|_| rest.starts_with("[:")) {
                Some(end) => {
                    out.push_str(&rest[..end + 2]);
                    end + 2
                }
                None => {
                    out.push_str("\\[");
                    1
                }
            },
            '&' | '~' if in_class => {
                out.extend(['\\', c]);
                1
            }
            // The first of two is plain at the start of a class; elsewhere it ends at the second, which is plain.
            '-' if in_class && rest.starts_with("--") => {
                let is_start = out.ends_with('[') || out.ends_with("[^");
                out.push_str(if is_start { "\\-" } else { "-\\-" });
                if is_start { 1 } else { 2 }
            }
            '(' if !in_class => {
                check_flags(rest)?;
                out.push(c);
                1
            }
            c => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Ok(out)
}

/// The start of a class: a `]` right behind it is a plain character.
fn open_class(rest: &str, out: &mut String) -> usize {
    let start = if rest.starts_with("[^") { "[^" } else { "[" };
    out.push_str(start);
    if rest[start.len()..].starts_with(']') {
        out.push_str("\\]");
        return start.len() + 1;
    }
    start.len()
}

/// An escape; returns its length.
fn escape(rest: &str, in_class: bool, out: &mut String) -> Result<usize, String> {
    let Some(c) = rest[1..].chars().next() else {
        return Err("it ends with a backslash".into());
    };
    let (inner, negated) = match c {
        'd' => ("0-9", false),
        'D' => ("0-9", true),
        'w' => ("0-9A-Za-z_", false),
        'W' => ("0-9A-Za-z_", true),
        's' => ("\\t\\n\\f\\r ", false),
        'S' => ("\\t\\n\\f\\r ", true),
        'b' | 'B' if !in_class => {
            out.push_str(&format!("(?-u:\\{c})"));
            return Ok(2);
        }
        'b' | 'B' | '<' | '>' => return Err(format!("\\{c} does not exist in RE2")),
        'C' => return Err("\\C is not supported: it matches single bytes".into()),
        '1'..='7' if !rest[2..].starts_with(|c: char| c.is_digit(8)) => return Err("RE2 has no backreferences".into()),
        'Q' => return Ok(quoted(rest, out)),
        c => {
            out.extend(['\\', c]);
            return Ok(1 + c.len_utf8());
        }
    };
    let hat = if negated { "^" } else { "" };
    if in_class && !negated {
        out.push_str(inner);
    } else {
        out.push_str(&format!("[{hat}{inner}]"));
    }
    Ok(2)
}

/// `\Q...\E`: everything between is plain.
fn quoted(rest: &str, out: &mut String) -> usize {
    let text = &rest[2..];
    let end = text.find("\\E");
    out.push_str(&regex::escape(&text[..end.unwrap_or(text.len())]));
    end.map_or(rest.len(), |end| 2 + end + 2)
}

/// RE2 knows the flags i, m, s and U.
fn check_flags(rest: &str) -> Result<(), String> {
    let Some(flags) = rest.strip_prefix("(?") else {
        return Ok(());
    };
    let length = flags
        .bytes()
        .take_while(|b| b.is_ascii_alphabetic() || *b == b'-')
        .count();
    let ends = flags[length..].starts_with([')', ':']);
    match flags[..length].chars().find(|c| !"imsU-".contains(*c)) {
        Some(c) if ends => Err(format!("RE2 has no flag {c}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, text: &str) -> bool {
        compile(pattern)
            .unwrap_or_else(|e| panic!("{pattern}: {e}"))
            .is_match(text.as_bytes())
    }

    #[test]
    fn re2_is_read_as_re2() {
        for (pattern, yes, no) in [
            (r"^\d+$", "12", "١٢"),
            (r"^\w$", "a", "é"),
            (r"^\W$", "é", "a"),
            (r"^[\w-]+$", "a-b", "é"),
            (r"^[^\s]+$", "a", "a b"),
            (r"^[\D]$", "x", "1"),
            (r"^\s$", "\u{c}", "\u{b}"),
            (r"\berror\b", "éerror", "terror"),
            (r"a\Bb", "ab", "a b"),
            (r"\Qa.b(\E+", "a.b((", "axb("),
            (r"\Qa.b", "a.b", "axb"),
            (r"^[[a]+$", "[a", "b"),
            (r"^[a&&b]+$", "a&b", "c"),
            (r"^[]a]+$", "]a", "b"),
            (r"^[^]a]$", "b", "]"),
            (r"^[[:digit:]x]+$", "1x", ":"),
            (r"^[+--]$", ",", "."),
            (r"^[--/]$", ".", ","),
            (r"(?i)ERROR", "error", "err"),
            (r"(?s)a.b", "a\nb", "ab"),
            (r"a.b", "aéb", "a\nb"),
            (r"^\101\x{e9}\x41$", "AéA", "A"),
            (r"(?P<n>a)|b", "b", "c"),
            (r"é", "é", "e"),
            (r"^\pL\p{Greek}$", "aα", "aa"),
        ] {
            assert!(matches(pattern, yes), "{pattern} {yes}");
            assert!(!matches(pattern, no), "{pattern} {no}");
        }
    }

    #[test]
    fn what_re2_does_not_know_is_refused() {
        for pattern in [
            "(",
            "a(?=b)",
            r"(a)\1",
            "(?x)a",
            "(?i-u)a",
            r"\<a",
            "[b-a]",
            "a\\",
            r"[\b]",
            "a{2000}{2000}",
            r"\C",
        ] {
            let error = compile(pattern).unwrap_err();
            assert!(!error.is_empty() && !error.contains('\n'), "{pattern}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_pattern_is_survived(pattern in r"[\[\]()\\^&~:a-cQEdDwsbB?i*+é-]{0,16}", text in "[a-c&~é\\[\\]1 -]{0,8}") {
            if let Ok(regex) = compile(&pattern) {
                regex.is_match(text.as_bytes());
            }
        }
    }
}
