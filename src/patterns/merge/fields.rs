//! Fields of objects, and lists: what the punctuation of one text says about its values.
//!
//! Input: the tokens of one text. Output: fewer or more general tokens. No comparing of texts.

use super::symbols::{Symbols, TYPED};
use super::tokens::{Line, Token};

fn byte(token: Token, symbols: &Symbols) -> u8 {
    match symbols.text(token.symbol).as_bytes() {
        [byte] => *byte,
        _ => 0,
    }
}

const fn opens(byte: u8) -> bool {
    matches!(byte, b'(' | b'[' | b'{')
}

const fn closes(byte: u8) -> bool {
    matches!(byte, b')' | b']' | b'}')
}

/// In an object of two fields or more, `Trip(id=7, kind=fast)` or `{"id": 7, "kind": "fast"}`, one-token values are data.
///
/// A program that prints an object prints its content, whatever it is. Fields that tell what happened (status, reason,
/// error, ...) stay, and so do values that are never data.
pub fn values(mut line: Line, symbols: &Symbols) -> Line {
    let bytes: Vec<u8> = line.iter().map(|token| byte(*token, symbols)).collect();
    let mut open: Vec<Vec<usize>> = Vec::new();
    let mut data: Vec<usize> = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        if opens(*byte) {
            open.push(Vec::new());
        } else if closes(*byte) {
            data.extend(open.pop().filter(|fields| fields.len() >= 2).into_iter().flatten());
        } else if matches!(byte, b'=' | b':') {
            if let Some(fields) = open.last_mut() {
                fields.push(at);
            }
        }
    }
    data.extend(open.into_iter().filter(|fields| fields.len() >= 2).flatten()); // cut off before its end
    for at in data {
        if let Some(value) = value(at, &line, &bytes, symbols) {
            line[value].symbol = TYPED;
        }
    }
    line
}

/// Place of the one-token value of the field whose `=` or `:` is at `at`, when it is data.
fn value(at: usize, line: &[Token], bytes: &[u8], symbols: &Symbols) -> Option<usize> {
    let quote = |at: usize| matches!(bytes.get(at), Some(b'"' | b'\''));
    let before = at.checked_sub(1)?;
    let name = if quote(before) { before.checked_sub(1)? } else { before };
    let name = symbols.traits(line.get(name)?.symbol);
    let value = if quote(at + 1) { at + 2 } else { at + 1 };
    let after = value + 1 + usize::from(quote(at + 1));
    let closed = !quote(at + 1) || bytes.get(value + 1) == bytes.get(at + 1);
    let ends = bytes.get(after).is_none_or(|b| matches!(b, b',' | b';') || closes(*b));
    let traits = symbols.traits(line.get(value)?.symbol);
    (name.word && !name.tells && traits.word && !traits.fixed && closed && ends).then_some(value)
}

/// Where the elements of the innermost open bracket start.
struct Level {
    element: usize,
    previous: Option<usize>,
}

/// Neighbouring wildcards are one; so are equal neighbours of a list that hold wildcards: lists differ in length.
pub fn shortened(line: &[Token], symbols: &Symbols) -> Line {
    let mut out = Line::with_capacity(line.len());
    let mut levels = vec![Level {
        element: 0,
        previous: None,
    }];
    for token in line {
        let byte = byte(*token, symbols);
        if token.is_wildcard() && out.last().is_some_and(|last| last.is_wildcard()) {
            if let Some(last) = out.last_mut() {
                last.symbol = last.symbol.min(token.symbol); // merged wins over typed
            }
            continue;
        }
        if closes(byte) || matches!(byte, b',' | b';') {
            drop_repeated(&mut out, levels.last_mut(), symbols);
        }
        if closes(byte) && levels.len() > 1 {
            levels.pop();
        }
        out.push(*token);
        if opens(byte) {
            levels.push(Level {
                element: out.len(),
                previous: None,
            });
        } else if matches!(byte, b',' | b';') {
            if let Some(level) = levels.last_mut() {
                level.previous = Some(level.element);
                level.element = out.len();
            }
        }
    }
    drop_repeated(&mut out, levels.last_mut(), symbols);
    out
}

/// Drops the last element of a list when it repeats the end of the one before and holds data.
///
/// The end: before the first element stands what introduces the list (`seats: A(<*>), A(<*>)`).
fn drop_repeated(out: &mut Line, level: Option<&mut Level>, symbols: &Symbols) {
    let Some(level) = level else { return };
    let Some(previous) = level.previous else { return };
    let (before, last) = (&out[previous..level.element - 1], &out[level.element..]);
    let Some(skipped) = before.len().checked_sub(last.len()) else {
        return;
    };
    let same = before[skipped..].iter().zip(last).all(|(a, b)| a.symbol == b.symbol);
    if same && last.iter().any(|token| symbols.traits(token.symbol).masked) {
        out.truncate(level.element - 1);
        level.element = previous;
        level.previous = None;
    }
}
