//! Text to tokens. White space, comments and the dots between names are its business; what a word means is not.

use super::super::error::Fault;
use super::tree::{Op, Span};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bare text: a name, a number, a word.
    Word,
    /// Text in double quotes, the quotes included.
    Quoted,
    Operator(Op),
    Open,
    Close,
    Comma,
    Dot,
    Star,
    Minus,
    And,
    Or,
    Not,
    End,
}

/// One token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub span: Span,
    /// Nothing stands between it and the token before.
    pub is_glued: bool,
}

/// Cuts a text into tokens; the last one is [`Kind::End`].
pub fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut tokens = vec![];
    let mut at = 0;
    let mut end_of_last = usize::MAX;
    loop {
        at = skip_blank(text, at);
        let (kind, length) = next(&text[at..], at)?;
        let span = Span {
            start: at,
            end: at + length,
        };
        tokens.push(Token {
            kind,
            span,
            is_glued: end_of_last == at,
        });
        if kind == Kind::End {
            return Ok(tokens);
        }
        at += length;
        end_of_last = at;
    }
}

/// Passes white space and comments.
fn skip_blank(text: &str, mut at: usize) -> usize {
    loop {
        at = text.len() - text[at..].trim_start().len();
        if !text[at..].starts_with("--") {
            return at;
        }
        at = text[at..].find('\n').map_or(text.len(), |i| at + i);
    }
}

/// Kind and length of the token at the start of `rest`, which stands at offset `at`.
fn next(rest: &str, at: usize) -> Result<(Kind, usize), Fault> {
    let fault = |length: usize, message: &str, hint: &str| {
        let span = Span {
            start: at,
            end: at + length,
        };
        Err(Fault::new(span, message, hint))
    };
    let Some(first) = rest.chars().next() else {
        return Ok((Kind::End, 0));
    };
    let sign = |kind| Ok((kind, 1));
    match first {
        '(' => sign(Kind::Open),
        ')' => sign(Kind::Close),
        ',' => sign(Kind::Comma),
        '.' => sign(Kind::Dot),
        '*' => sign(Kind::Star),
        '-' => sign(Kind::Minus),
        '"' => match quoted_length(rest) {
            Some(length) => Ok((Kind::Quoted, length)),
            None => fault(1, "a quoted text has no end", "close it with a double quote"),
        },
        '\'' => fault(
            1,
            "single quotes do not quote",
            "put values in double quotes, and the whole filter in single ones: --filter 'textPayload:\"a b\"'",
        ),
        '“' | '”' | '„' | '‘' | '’' => {
            fault(first.len_utf8(), "this is not a plain quote", "write \" instead")
        }
        '=' | '!' | '<' | '>' | ':' | '~' => operator(rest).map_or_else(
            || match (first, rest.len()) {
                ('!', _) => fault(
                    1,
                    "there is no operator !",
                    "write NOT, or != and !~ between a field and a value",
                ),
                _ => fault(1, "there is no operator ~", "write =~ or !~ for a regex"),
            },
            |(op, length)| match &rest[length..] {
                more if op == Op::Eq && more.starts_with('=') => fault(2, "there is no operator ==", "write ="),
                more if op == Op::Lt && more.starts_with('>') => fault(2, "there is no operator <>", "write !="),
                _ => Ok((Kind::Operator(op), length)),
            },
        ),
        _ => word(rest, fault),
    }
}

fn word(rest: &str, fault: impl Fn(usize, &str, &str) -> Result<(Kind, usize), Fault>) -> Result<(Kind, usize), Fault> {
    let length = word_length(rest);
    match &rest[..length] {
        "AND" => Ok((Kind::And, length)),
        "OR" => Ok((Kind::Or, length)),
        "NOT" => Ok((Kind::Not, length)),
        "&&" => fault(length, "there is no operator &&", "write AND"),
        "||" => fault(length, "there is no operator ||", "write OR"),
        _ => Ok((Kind::Word, length)),
    }
}

/// Bytes of bare text: up to white space or a character that means something.
fn word_length(text: &str) -> usize {
    let ends = |(at, c): (usize, char)| match c {
        '"' | '(' | ')' | ',' | '.' | ':' | '=' | '<' | '>' | '~' | '*' => true,
        '!' => matches!(text.as_bytes().get(at + 1), Some(b'=' | b'~')),
        c => c.is_whitespace(),
    };
    text.char_indices().find(|c| ends(*c)).map_or(text.len(), |(at, _)| at)
}

/// Bytes of a quoted text with its quotes; `None` where it does not end.
fn quoted_length(text: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.as_bytes().get(at..)?)?;
        match text.as_bytes()[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

fn operator(text: &str) -> Option<(Op, usize)> {
    let two = match text.as_bytes().get(..2) {
        Some(b"!=") => Some(Op::Ne),
        Some(b"<=") => Some(Op::Le),
        Some(b">=") => Some(Op::Ge),
        Some(b"=~") => Some(Op::Match),
        Some(b"!~") => Some(Op::NoMatch),
        _ => None,
    };
    let one = || match text.as_bytes().first() {
        Some(b'=') => Some(Op::Eq),
        Some(b'<') => Some(Op::Lt),
        Some(b'>') => Some(Op::Gt),
        Some(b':') => Some(Op::Has),
        _ => None,
    };
    two.map(|op| (op, 2)).or_else(|| one().map(|op| (op, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(text: &str) -> Vec<&str> {
        let tokens = tokens(text).unwrap();
        tokens.iter().map(|t| &text[t.span.start..t.span.end]).collect()
    }

    #[test]
    fn tokens_of_a_filter() {
        let text = "a.b>=\"x \\\"y\" -- said = \"\nAND -c:* OR d!=e! don't, f--g";
        let expected = [
            "a",
            ".",
            "b",
            ">=",
            "\"x \\\"y\"",
            "AND",
            "-",
            "c",
            ":",
            "*",
            "OR",
            "d",
            "!=",
            "e!",
            "don't",
            ",",
            "f--g",
            "",
        ];
        assert_eq!(texts(text), expected);
        let kinds: Vec<Kind> = tokens("AND and Not NOT").unwrap().iter().map(|t| t.kind).collect();
        assert_eq!(kinds, [Kind::And, Kind::Word, Kind::Word, Kind::Not, Kind::End]);
        assert_eq!(texts("-- nothing"), [""]);
    }

    #[test]
    fn faults_have_a_place() {
        for (text, at, message) in [
            ("a=\"b", 2, "a quoted text has no end"),
            ("a=\"b\\\"", 2, "a quoted text has no end"),
            ("a='b'", 2, "single quotes do not quote"),
            ("a==b", 1, "there is no operator =="),
            ("a<>b", 1, "there is no operator <>"),
            ("a ~b", 2, "there is no operator ~"),
            ("a && b", 2, "there is no operator &&"),
            ("a || b", 2, "there is no operator ||"),
            ("!a", 0, "there is no operator !"),
            ("a=“b”", 2, "this is not a plain quote"),
        ] {
            let fault = tokens(text).unwrap_err();
            assert_eq!((fault.span.start, fault.message.as_str()), (at, message), "{text}");
            assert!(!fault.hint.is_empty());
        }
    }

    proptest! {
        #[test]
        fn tokens_lie_in_their_order_inside_of_the_text(text in any::<String>()) {
            if let Ok(tokens) = tokens(&text) {
                let mut last = 0;
                for token in tokens {
                    prop_assert!(last <= token.span.start && token.span.start <= token.span.end);
                    prop_assert!(text.get(token.span.start..token.span.end).is_some());
                    last = token.span.end;
                }
            }
        }
    }
}
