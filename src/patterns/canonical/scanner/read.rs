//! Cuts a message into chunks and runs the masks of typed values, `url` to `month`.
//!
//! Input: a message. Output: its text after these masks, where there is something to copy at all, and the chunks in it
//! that the masks of numbers must see. It does not join times, and it masks no number.

use super::bytes::{DIGIT, HAS_ANGLE, HAS_COMMA, HAS_DIGIT, HAS_DOT, HAS_J, HAS_ODD, HAS_TYPED, is, traits};
use super::local::Pair;
use super::{times, typed};

/// A chunk of a text, and the traits of its bytes together.
#[derive(Debug, Clone, Copy)]
pub struct Chunk {
    pub start: usize,
    pub end: usize,
    pub has: u16,
}

impl Chunk {
    /// The chunk of `text` that starts at `start`; empty where another blank is.
    #[inline(always)]
    fn at(text: &[u8], start: usize) -> Chunk {
        let mut has = 0;
        let length = text[start..].iter().position(|b| {
            has |= traits(*b);
            *b == b' '
        });
        let end = length.map_or(text.len(), |length| start + length);
        Chunk { start, end, has }
    }

    /// Whether a mask of numbers may match: it holds a digit, or may hold a JSON Web Token.
    fn numeric(self) -> bool {
        self.has & HAS_DIGIT != 0 || self.has & (HAS_J | HAS_DOT) == HAS_J | HAS_DOT
    }

    /// Whether a list of placeholders may start here.
    fn lists(self) -> bool {
        self.has & (HAS_COMMA | HAS_ANGLE) == HAS_COMMA | HAS_ANGLE
    }
}

/// What the masks of typed values made of a message.
#[derive(Default)]
pub struct Typed {
    /// The chunks that the masks of numbers must see.
    pub numeric: Vec<Chunk>,
    /// Whether there may be times to join; the chunks are not to be used then.
    pub joined: bool,
    /// Whether there may be a list of placeholders to shorten.
    pub listed: bool,
    text: String,
    /// Up to where the message is in `text`; 0 where nothing has changed.
    copied: usize,
}

impl Typed {
    /// The text after the masks, of the message that was read.
    pub fn text_of<'a>(&'a self, message: &'a str) -> &'a str {
        if self.copied > 0 { &self.text } else { message }
    }

    /// Reads a message, and leaves blanks out that are too many. Stops and says no at a byte that may have to be cleaned
    /// away, if the message is not `clean`.
    pub fn read(&mut self, message: &str, clean: bool, pair: &mut Pair) -> bool {
        self.text.clear();
        self.numeric.clear();
        (self.joined, self.listed, self.copied) = (false, false, 0);
        let mut start = 0;
        while start < message.len() {
            let chunk = Chunk::at(message.as_bytes(), start);
            if chunk.has & HAS_ODD != 0 && !clean {
                return false;
            }
            start = chunk.end + 1;
            if chunk.end == chunk.start {
                self.copy(message, chunk.start);
                self.copied = start;
            } else if chunk.has & (HAS_DIGIT | HAS_TYPED | HAS_ANGLE) != 0 {
                self.mask(message, chunk, pair);
            }
        }
        self.finish(message);
        true
    }

    /// Takes the message up to `end` as it is.
    fn copy(&mut self, message: &str, end: usize) {
        self.text.push_str(&message[self.copied..end]);
        self.copied = end;
    }

    /// Ends the text with what is not yet copied, without a blank.
    fn finish(&mut self, message: &str) {
        if self.copied > 0 || message.ends_with(' ') {
            self.copy(message, message.len());
            let length = self.text.trim_end_matches(' ').len();
            self.text.truncate(length);
        }
    }

    #[inline]
    fn mask(&mut self, message: &str, source: Chunk, pair: &mut Pair) {
        let mut chunk = source;
        let mut now = &message[chunk.start..chunk.end];
        let mut changed = false;
        if chunk.has & HAS_ANGLE != 0 {
            self.joined |= now.contains(times::TIME);
        }
        if chunk.has & HAS_TYPED != 0
            && let Some(masked) = typed::mask(now, chunk.has, pair)
        {
            (now, changed) = (masked.text, true);
            chunk.has = Chunk::at(now.as_bytes(), 0).has;
            self.joined |= masked.timed;
        }
        if now.as_bytes().first().is_some_and(|b| is(*b, DIGIT)) && self.may_follow_month(message, source.start) {
            self.copy(message, source.start);
            let day = self.take_month(now);
            (now, changed) = (&now[day..], changed || day > 0);
        }
        chunk.start = self.text.len() + source.start - self.copied;
        chunk.end = chunk.start + now.len();
        if changed {
            self.copy(message, source.start);
            self.text.push_str(now);
            self.copied = source.end;
        }
        self.listed |= chunk.lists();
        if chunk.numeric() {
            self.numeric.push(chunk);
        }
    }

    /// Whether a chunk at `start` may be the day of a month.
    fn may_follow_month(&self, message: &str, start: usize) -> bool {
        let all_copied = self.copied == start;
        times::may_end_in_month(if all_copied {
            self.text.as_bytes()
        } else {
            &message.as_bytes()[..start]
        })
    }

    /// Joins the day at the start of `chunk` with the month before it; tells how many bytes of `chunk` that takes.
    fn take_month(&mut self, chunk: &str) -> usize {
        let before = self.text.strip_suffix(' ').unwrap_or_default();
        let Some((first, day)) = times::month(before.as_bytes(), chunk.as_bytes()) else {
            return 0;
        };
        self.text.truncate(first);
        self.text.push_str(times::TIME);
        self.joined = true;
        day
    }

    /// Finds the chunks for the masks of numbers anew, in a text whose times were joined.
    pub fn find_numeric(&mut self, text: &str) {
        self.numeric.clear();
        let mut start = 0;
        while start < text.len() {
            let chunk = Chunk::at(text.as_bytes(), start);
            self.listed |= chunk.lists();
            if chunk.numeric() {
                self.numeric.push(chunk);
            }
            start = chunk.end + 1;
        }
    }
}
