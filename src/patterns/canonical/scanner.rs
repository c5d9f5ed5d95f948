//! Canonical text without a regex: equal to `specified`, byte for byte.
//!
//! Input: the text of one message. Output: its canonical text. A chunk is what stands between two blanks. Most chunks
//! hold neither a digit nor what a typed value needs and are copied with their neighbours at once; the others go through
//! the masks, in their order, one small function each: first those of typed values (`read.rs`), then those of numbers
//! (`numeric.rs`), which look back at words before them. What is masked is said by `MASKS`, and proved by `tests.rs`.

mod bytes;
mod clean;
mod ids;
mod keep;
mod list;
mod local;
mod numbers;
mod numeric;
mod read;
mod times;
mod typed;
mod word;

#[cfg(test)]
mod tests;

use std::cell::RefCell;

use super::spec::cut;

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
    typed: read::Typed,
    timed: String,
    listed: String,
    chunk: local::Pair,
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
        let mut typed = self.typed.text_of(text);
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
