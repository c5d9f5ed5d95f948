//! A canonical text as tokens, and back.
//!
//! Input: one text. Output: its tokens, placeholders turned into wildcards, fields and lists shortened. No comparing.

use super::fields;
use super::symbols::{MERGED, Symbols, TYPED, WILDCARD};

/// Tokens of a text that are compared; what follows them is taken for data.
pub const TOKENS_MAX: usize = 384;

/// Bytes that are tokens of their own, so that a name, its value and the brackets around it can be told apart.
pub const SPLITS: &[u8] = b"=:,;()[]{}\"'<>|";

/// A token of a line: a symbol, and whether a blank stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    pub symbol: u32,
    pub blank: bool,
}

impl Token {
    /// A wildcard of either kind.
    pub fn is_wildcard(self) -> bool {
        self.symbol == MERGED || self.symbol == TYPED
    }
}

/// The tokens of a text.
pub type Line = Vec<Token>;

/// Reads a text.
pub fn read(text: &str, symbols: &mut Symbols) -> Line {
    let mut line = Line::new();
    let mut rest = text;
    while let Some((blank, token, after)) = next(rest) {
        if line.len() == TOKENS_MAX {
            line.push(Token { symbol: TYPED, blank });
            break;
        }
        let symbol = symbol(token, symbols);
        line.push(Token { symbol, blank });
        rest = after;
    }
    let line = fields::values(line, symbols);
    fields::shortened(&line, symbols)
}

/// The next token, whether a blank stands before it, and what follows.
fn next(text: &str) -> Option<(bool, &str, &str)> {
    let start = text.trim_start_matches(' ');
    let blank = start.len() < text.len();
    let bytes = start.as_bytes();
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let placeholder = placeholder_length(&bytes[end..]);
        if placeholder > 0 {
            end += placeholder;
        } else if *byte == b' ' || SPLITS.contains(byte) {
            break;
        } else {
            end += 1;
        }
    }
    let end = end.max(usize::from(!bytes.is_empty()));
    (end > 0).then(|| (blank, &start[..end], &start[end..]))
}

/// Bytes of the placeholder (`<num>`) or wildcard that the text starts with.
fn placeholder_length(bytes: &[u8]) -> usize {
    const LONGEST: usize = 12;
    if bytes.first() != Some(&b'<') {
        return 0;
    }
    if bytes.starts_with(WILDCARD.as_bytes()) {
        return WILDCARD.len();
    }
    let letters = bytes[1..]
        .iter()
        .take(LONGEST)
        .take_while(|b| b.is_ascii_lowercase())
        .count();
    match bytes.get(1 + letters) {
        Some(b'>') if letters > 1 => letters + 2,
        _ => 0,
    }
}

/// Placeholders of all types are one wildcard: `<num>` and `<hex>` are values of one field as often as not. Of several
/// in a token the first begins the wildcard and the last ends it; a single letter before or after belongs to the value.
fn symbol(token: &str, symbols: &mut Symbols) -> u32 {
    let Some((start, end)) = masked_part(token.as_bytes()) else {
        return symbols.intern(token);
    };
    let single = |part: &str| part.len() == 1 && part.bytes().all(|b| b.is_ascii_alphabetic());
    let (head, tail) = (&token[..start], &token[end..]);
    let (head, tail) = (
        if single(head) { "" } else { head },
        if single(tail) { "" } else { tail },
    );
    if head.is_empty() && tail.is_empty() {
        return TYPED;
    }
    symbols.intern(&format!("{head}{WILDCARD}{tail}"))
}

/// From the start of the first placeholder to the end of the last.
fn masked_part(token: &[u8]) -> Option<(usize, usize)> {
    let mut found: Option<(usize, usize)> = None;
    let mut at = 0;
    while at < token.len() {
        let length = placeholder_length(&token[at..]);
        if length > 0 {
            found = Some((found.map_or(at, |(start, _)| start), at + length));
        }
        at += length.max(1);
    }
    found
}

/// The line with each of the ordered spans turned into one wildcard.
pub fn with_wildcards(line: &[Token], spans: &[(usize, usize)], symbols: &Symbols) -> Line {
    let mut out = Line::with_capacity(line.len());
    let mut at = 0;
    for &(start, end) in spans {
        if end <= at {
            continue; // inside of the span before
        }
        let from = start.max(at);
        out.extend_from_slice(&line[at..from]);
        if start >= at {
            out.push(Token {
                symbol: MERGED,
                blank: line[start].blank,
            });
        }
        at = end;
    }
    out.extend_from_slice(&line[at..]);
    fields::shortened(&out, symbols)
}

/// The text of a line.
pub fn render(line: &[Token], symbols: &Symbols) -> String {
    let mut text = String::new();
    for token in line {
        if token.blank {
            text.push(' ');
        }
        text.push_str(symbols.text(token.symbol));
    }
    text
}
