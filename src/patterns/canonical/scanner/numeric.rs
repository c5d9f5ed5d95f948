//! The masks of kept numbers, quantities, ids and numbers, over the chunks that hold digits.
//!
//! Input: a text after the masks of typed values. Output: its canonical text, lists apart. A word, a run of letters and
//! digits, is decided at once in the order of the masks; the few chunks in which the masks of two words may meet go
//! through them one after the other.

use super::bytes::{ALNUM, BEFORE_SIGN, DIGIT, HAS_DOT, HAS_J, HAS_PLUS, HAS_SLASH, is, run};
use super::local::Pair;
use super::read::Chunk;
use super::word::{Verdict, Word};
use super::{MARK, MARK_TEXT, ids, keep, numbers};

/// Bytes of the shortest base64 that `token` replaces.
const TOKEN_LEAST: usize = 19;

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
        if word.kept(text, chunk.start) {
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
        match word.judge(text, before, token) {
            Verdict::Replace(end, by) => {
                self.replace(word.start, end, by);
                Some(end)
            }
            Verdict::Number => {
                let end = word.number_end(text)?;
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
