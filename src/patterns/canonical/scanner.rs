//! Canonical text without a regex: equal to `specified`, byte for byte.
//!
//! Input: the text of one message. Output: its canonical text. A chunk is what stands between two blanks. Most chunks
//! hold neither a digit nor what a typed value needs and are copied with their neighbours at once; the others go through
//! the masks, in their order, one small function each. What is masked is said by `MASKS`, and proved by `tests.rs`.

mod bytes;
mod clean;
mod ids;
mod keep;
mod list;
mod local;
mod numbers;
mod numeric;
mod times;
mod typed;

#[cfg(test)]
mod tests;

use std::cell::RefCell;

use super::spec::cut;
use bytes::{DIGIT, HAS_ANGLE, HAS_COMMA, HAS_DIGIT, HAS_DOT, HAS_J, HAS_ODD, HAS_TYPED, is, traits};

/// Stands before a number that is kept; the masks of numbers do not start behind it.
const MARK: u8 = 2;
const MARK_TEXT: &str = "\u{2}";

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Appends the canonical text of `text` to `out`.
pub fn canonical(text: &str, out: &mut String) {
    SCRATCH.with_borrow_mut(|scratch| scratch.run(cut(text), out));
}

/// Space that is used again for every message.
#[derive(Default)]
struct Scratch {
    clean: String,
    typed: Typed,
    timed: String,
    listed: String,
    chunk: local::Pair,
}

/// What the masks of typed values made of a message.
#[derive(Default)]
struct Typed {
    /// The text, if they changed something.
    text: String,
    changed: bool,
    /// The chunks that the masks of numbers must see.
    numeric: Vec<Chunk>,
    /// Whether chunks were joined, or may have to be: then `numeric` is not to be used.
    joined: bool,
    /// Whether there may be a list of placeholders to shorten.
    listed: bool,
}

/// A chunk of a text, and the traits of its bytes together.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    start: usize,
    end: usize,
    has: u16,
}

impl Scratch {
    fn run(&mut self, text: &str, out: &mut String) {
        let mut text = text;
        if !self.typed.read(text, false, &mut self.chunk) {
            self.clean.clear();
            clean::clean(text, &mut self.clean);
            text = &self.clean;
            self.typed.read(text, true, &mut self.chunk);
        }
        let mut typed = if self.typed.changed { &*self.typed.text } else { text };
        if self.typed.joined {
            self.timed.clear();
            times::times(typed, &mut self.timed);
            typed = &self.timed;
            self.typed.find_numeric(typed);
        }
        let start = out.len();
        let listed = numeric::mask(typed, &self.typed.numeric, out, &mut self.chunk);
        if listed || self.typed.listed {
            self.listed.clear();
            list::list(&out[start..], &mut self.listed);
            out.truncate(start);
            out.push_str(&self.listed);
        }
    }
}

/// The chunk that starts at `start`.
#[inline(always)]
fn chunk_at(text: &[u8], start: usize) -> Chunk {
    let mut has = 0;
    let length = text[start..].iter().position(|b| {
        has |= traits(*b);
        *b == b' '
    });
    let end = length.map_or(text.len(), |length| start + length);
    Chunk { start, end, has }
}

impl Chunk {
    fn numeric(self) -> bool {
        self.has & HAS_DIGIT != 0 || self.has & (HAS_J | HAS_DOT) == HAS_J | HAS_DOT
    }

    fn may_list(self) -> bool {
        self.has & (HAS_COMMA | HAS_ANGLE) == HAS_COMMA | HAS_ANGLE
    }
}

impl Typed {
    /// Runs the masks `url` to `month` over a text, and leaves blanks out that are too many. Stops and says no at what may
    /// have to be cleaned and is not yet.
    fn read(&mut self, text: &str, clean: bool, pair: &mut local::Pair) -> bool {
        self.text.clear();
        self.numeric.clear();
        (self.joined, self.listed) = (false, false);
        let bytes = text.as_bytes();
        let (mut start, mut copied) = (0, 0);
        while start < bytes.len() {
            let mut chunk = chunk_at(bytes, start);
            if !clean && chunk.has & HAS_ODD != 0 {
                return false;
            }
            if chunk.end == start {
                self.text.push_str(&text[copied..start]);
                start += 1;
                copied = start;
                continue;
            }
            start = chunk.end + 1;
            if chunk.has & (HAS_DIGIT | HAS_TYPED | HAS_ANGLE) == 0 {
                continue;
            }
            let source = chunk.start..chunk.end;
            let mut now = &text[source.clone()];
            let mut changed = false;
            if chunk.has & HAS_ANGLE != 0 {
                self.joined |= now.contains(times::TIME);
            }
            if chunk.has & HAS_TYPED != 0
                && let Some(masked) = typed::mask(now, chunk.has, pair)
            {
                (now, changed) = (masked.text, true);
                chunk.has = chunk_at(now.as_bytes(), 0).has;
                self.joined |= masked.timed;
            }
            let before = if copied == source.start {
                self.text.as_bytes()
            } else {
                &bytes[..source.start]
            };
            if is(now.as_bytes()[0], DIGIT) && times::may_follow_month(before) {
                self.text.push_str(&text[copied..source.start]);
                copied = source.start;
                let day = self.take_month(now);
                (now, changed) = (&now[day..], changed || day > 0);
            }
            let at = self.text.len() + source.start - copied;
            if changed {
                self.text.push_str(&text[copied..source.start]);
                self.text.push_str(now);
                copied = source.end;
            }
            self.listed |= chunk.may_list();
            if chunk.numeric() {
                chunk.start = at;
                chunk.end = at + now.len();
                self.numeric.push(chunk);
            }
        }
        self.finish(text, copied);
        true
    }

    /// Ends the text with what is not yet copied, without a blank.
    fn finish(&mut self, text: &str, copied: usize) {
        self.changed = copied > 0 || text.ends_with(' ');
        if self.changed {
            self.text.push_str(&text[copied..]);
            let length = self.text.trim_end_matches(' ').len();
            self.text.truncate(length);
        }
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

    /// Finds the chunks for the masks of numbers anew.
    fn find_numeric(&mut self, text: &str) {
        self.numeric.clear();
        let mut start = 0;
        while start < text.len() {
            let chunk = chunk_at(text.as_bytes(), start);
            self.listed |= chunk.may_list();
            if chunk.numeric() {
                self.numeric.push(chunk);
            }
            start = chunk.end + 1;
        }
    }
}
