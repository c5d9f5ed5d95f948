//! The masks of kept numbers, quantities, ids and numbers, over the chunks that hold digits.
//!
//! Input: a text after the masks of typed values. Output: its canonical text, lists apart. A word, a run of letters and
//! digits, is decided at once in the order of the masks; the few chunks in which the masks of two words may meet go
//! through them one after the other.

use super::bytes::{ALNUM, BEFORE_SIGN, DIGIT, GLUE, HAS_DOT, HAS_J, HAS_PLUS, HAS_SLASH, LETTER, WORD, at, is, run};
use super::local::Pair;
use super::{Chunk, MARK, MARK_TEXT, ids, keep, numbers};

/// Bytes of the shortest base64 that `token` replaces, and of the part of it behind the second run of digits' first.
const TOKEN_LEAST: usize = 19;
const TOKEN_TAIL: usize = 16;

/// Appends the masked text. Tells whether there may be a list of placeholders to shorten.
pub fn mask(text: &str, chunks: &[Chunk], out: &mut String, pair: &mut Pair) -> bool {
    let mut sink = Sink {
        text,
        out,
        copied: 0,
        listed: false,
    };
    for chunk in chunks {
        let before = (sink.out.len(), sink.copied);
        if sink.chunk(*chunk).is_none() {
            sink.out.truncate(before.0);
            sink.copied = before.1;
            sink.one_by_one(*chunk, pair);
        }
    }
    sink.out.push_str(&text[sink.copied..]);
    sink.listed
}

/// The text on its way out.
struct Sink<'a> {
    text: &'a str,
    out: &'a mut String,
    /// Up to where the text is out.
    copied: usize,
    listed: bool,
}

/// A run of letters and digits that holds a digit.
struct Word {
    start: usize,
    /// The first run of digits.
    digits: usize,
    digits_end: usize,
    /// The second run of digits, or the end.
    again: usize,
    end: usize,
}

impl Word {
    /// The word at `start`, or where the letters there end.
    #[inline(always)]
    fn at(text: &[u8], start: usize) -> Result<Word, usize> {
        let digits = run(text, start, LETTER);
        let digits_end = run(text, digits, DIGIT);
        if digits_end == digits {
            return Err(digits);
        }
        let again = run(text, digits_end, LETTER);
        let end = run(text, again, ALNUM);
        Ok(Word {
            start,
            digits,
            digits_end,
            again,
            end,
        })
    }

    fn starts_with_digit(&self) -> bool {
        self.start == self.digits
    }

    fn plain(&self) -> bool {
        self.starts_with_digit() && self.digits_end == self.end
    }

    /// Digits, letters, digits.
    fn mixed(&self) -> bool {
        self.again < self.end
    }

    fn hex(&self, text: &[u8]) -> bool {
        ids::is_hex(&text[self.start..self.end]) && text.get(self.end) != Some(&b'_')
    }
}

/// What a mask makes of a word.
enum Verdict {
    Replace(usize, &'static str),
    Number,
}

impl Sink<'_> {
    /// Masks a chunk word by word; nothing where words may depend on each other in rare ways.
    #[inline]
    fn chunk(&mut self, chunk: Chunk) -> Option<()> {
        let text = self.text.as_bytes();
        let long = chunk.end - chunk.start >= TOKEN_LEAST;
        let jwt = chunk.has & (HAS_J | HAS_DOT) == HAS_J | HAS_DOT;
        let spread = long && chunk.has & (HAS_SLASH | HAS_PLUS) != 0;
        if (jwt || spread) && ids::token(&text[chunk.start..chunk.end], 0).is_some() {
            return None;
        }
        let mut place = chunk.start;
        while place < chunk.end {
            if !is(text[place], ALNUM) {
                place += 1;
                continue;
            }
            place = match Word::at(text, place) {
                Err(end) => end,
                Ok(word) => self.word(&word, chunk, !spread)?,
            };
        }
        Some(())
    }

    /// Masks a word; where to go on, or nothing as in [`Sink::chunk`].
    #[inline(always)]
    fn word(&mut self, word: &Word, chunk: Chunk, token: bool) -> Option<usize> {
        let text = self.text.as_bytes();
        if kept(text, word, chunk.start) {
            return Some(word.end);
        }
        let mut before = if word.start == chunk.start {
            b' '
        } else {
            text[word.start - 1]
        };
        if word.starts_with_digit() && matches!(before, b'-' | b'+') {
            let outer = if word.start - 1 == chunk.start {
                b' '
            } else {
                text[word.start - 2]
            };
            if outer == b' ' || is(outer, BEFORE_SIGN) {
                if outer == b'/' {
                    return None;
                }
                before = outer;
                self.replace(word.start - 1, word.start, "");
            }
        }
        match judge(text, word, before, token) {
            Verdict::Replace(end, by) => {
                self.replace(word.start, end, by);
                Some(end)
            }
            Verdict::Number => {
                let end = num_end(text, word)?;
                self.replace(word.digits, end, "<num>");
                Some(end)
            }
        }
    }

    #[inline(always)]
    fn replace(&mut self, start: usize, end: usize, by: &str) {
        self.out.push_str(&self.text[self.copied..start]);
        self.out.push_str(by);
        self.copied = end;
        self.listed |= self.text.as_bytes().get(end) == Some(&b',');
    }

    /// Masks a chunk mask by mask.
    fn one_by_one(&mut self, chunk: Chunk, pair: &mut Pair) {
        let mut marked = String::new();
        mark_kept(self.text, chunk, &mut marked);
        pair.start();
        pair.mask(&marked, numbers::sign, "");
        pair.mask(&marked, numbers::duration, "<duration>");
        pair.mask(&marked, numbers::size, "<size>");
        pair.mask(&marked, ids::token, "<token>");
        pair.mask(&marked, ids::hex, "<hex>");
        pair.mask(&marked, ids::id, "<id>");
        pair.mask(&marked, numbers::num, "<num>");
        self.out.push_str(&self.text[self.copied..chunk.start]);
        for part in pair.changed().unwrap_or(&marked).split(char::from(MARK)) {
            self.out.push_str(part);
        }
        self.copied = chunk.end;
        self.listed = true;
    }
}

/// Whether a keeping mask keeps the digits of a word, and with them the word.
#[inline(always)]
fn kept(text: &[u8], word: &Word, chunk: usize) -> bool {
    let before = if word.start == chunk {
        b' '
    } else {
        text[word.start - 1]
    };
    let (number, end) = (word.digits, word.digits_end);
    if !word.starts_with_digit() {
        return word.digits == word.start + 1 && text[word.start] == b'E' && keep::code(text, number, end).is_some();
    }
    let glued = is(before, GLUE) || matches!(before, b'"' | b'\'' | b'-');
    glued
        && (word.plain() && (keep::status(text, number, end) || keep::reason(text, number, end))
            || matches!(before, b'-' | b'[') && keep::code(text, number, end).is_some())
}

/// The masks `duration` to `id` for a word behind the byte `before`.
#[inline(always)]
fn judge(text: &[u8], word: &Word, before: u8, token: bool) -> Verdict {
    if word.starts_with_digit()
        && !is(before, WORD)
        && before != b'.'
        && let Some((end, by)) = quantity(text, word)
    {
        return Verdict::Replace(end, by);
    }
    if word.mixed() {
        if token && word.end - word.again > TOKEN_TAIL && !is(before, WORD) {
            let padding = text[word.end..].iter().take(2).take_while(|b| **b == b'=').count();
            return Verdict::Replace(word.end + padding, "<token>");
        }
        let by = if word.hex(text) { "<hex>" } else { "<id>" };
        return Verdict::Replace(word.end, by);
    }
    if !word.plain() && word.hex(text) {
        return Verdict::Replace(word.end, "<hex>");
    }
    Verdict::Number
}

/// The end of the duration or the size that starts with a word, and what stands for it.
#[inline(always)]
fn quantity(text: &[u8], word: &Word) -> Option<(usize, &'static str)> {
    // Plain digits are a quantity only with a fraction, or before the sign of a millionth.
    if word.plain() && !matches!(text.get(word.end), Some(b'.' | 0xC2)) {
        return None;
    }
    let duration = numbers::duration_end(text, word.start).map(|end| (end, "<duration>"));
    duration.or_else(|| numbers::size_end(text, word.start).map(|end| (end, "<size>")))
}

/// The end of the `num` that starts with the digits of a word; nothing where an exponent follows.
#[inline(always)]
fn num_end(text: &[u8], word: &Word) -> Option<usize> {
    let mut end = word.digits_end;
    while matches!(text.get(end), Some(b'.' | b',')) && at(text, end + 1, DIGIT) {
        let Ok(next) = Word::at(text, end + 1) else {
            break;
        };
        let claimed = next.mixed() || !next.plain() && next.hex(text);
        if claimed || text[end] == b',' && quantity(text, &next).is_some() {
            break;
        }
        end = next.digits_end;
    }
    let exponent = matches!(text.get(end), Some(b'e' | b'E')) && matches!(text.get(end + 1), Some(b'+' | b'-'));
    (!exponent).then_some(end)
}

/// Appends the chunk with a mark before every number that is kept.
fn mark_kept(text: &str, chunk: Chunk, marked: &mut String) {
    let bytes = text.as_bytes();
    let (mut place, mut copied) = (chunk.start, chunk.start);
    while place < chunk.end {
        if !is(bytes[place], DIGIT) {
            place += 1;
            continue;
        }
        let end = run(bytes, place, DIGIT);
        let second = keep::code(bytes, place, end);
        if second.is_some() || keep::status(bytes, place, end) || keep::reason(bytes, place, end) {
            marked.push_str(&text[copied..place]);
            marked.push_str(MARK_TEXT);
            copied = place;
        }
        place = end;
        if let Some(second) = second {
            marked.push_str(&text[copied..second]);
            marked.push_str(MARK_TEXT);
            copied = second;
            place = run(bytes, second, DIGIT);
        }
    }
    marked.push_str(&text[copied..chunk.end]);
}
