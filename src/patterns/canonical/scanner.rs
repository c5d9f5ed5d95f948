//! Canonical text in one pass over the chunks of a message, without a regex: equal to `specified`, byte for byte.
//!
//! Input: the text of one message. Output: its canonical text. A chunk is what stands between two blanks; most hold
//! neither a digit nor a typed value and are copied as they are. The others go through the masks, in their order, one
//! small function each. It defines nothing: what is masked is said by `MASKS`, and proved by `tests.rs`.

mod bytes;
mod clean;
mod ids;
mod keep;
mod list;
mod numbers;
mod times;
mod typed;

use std::cell::RefCell;
use std::mem;
use std::ops::Range;

use super::spec::cut;
use bytes::{
    DIGIT, HAS_ANGLE, HAS_AT, HAS_BACKSLASH, HAS_COLON, HAS_COMMA, HAS_DASH, HAS_DIGIT, HAS_DOT, HAS_J, HAS_SLASH, is,
    run, traits,
};

/// Stands before a number that is kept; the masks of numbers do not start behind it.
const MARK: u8 = 2;
const MARK_TEXT: &str = "\u{2}";

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Appends the canonical text of `text` to `out`: at most what [`super::specified`] gives, nothing else.
pub fn canonical(text: &str, out: &mut String) {
    SCRATCH.with_borrow_mut(|scratch| scratch.run(cut(text), out));
}

/// Whether a match may start at `start` behind a character that it takes too: there is none in front of the chunk, and
/// no earlier match has taken it.
fn free(start: usize, from: usize) -> bool {
    start == 0 || start > from
}

/// A mask that acts inside a chunk: the next range to replace, and by what.
struct Local {
    /// The traits of which a chunk must have all, or it is not asked.
    needs: u16,
    /// The least number of bytes a match has.
    least: usize,
    find: fn(&[u8], usize) -> Option<Range<usize>>,
    by: &'static str,
}

const fn local(needs: u16, least: usize, find: fn(&[u8], usize) -> Option<Range<usize>>, by: &'static str) -> Local {
    Local { needs, least, find, by }
}

/// The masks of typed values, in their order.
const TYPED: [Local; 8] = [
    local(HAS_COLON | HAS_SLASH, 5, typed::url, "<url>"),
    local(HAS_AT | HAS_DOT, 5, typed::email, "<email>"),
    local(HAS_DASH, 36, typed::uuid, "<uuid>"),
    local(0, 3, typed::path, "<path>"),
    local(HAS_COLON, 17, typed::mac, "<addr>"),
    local(HAS_DIGIT, 10, times::date, "<time>"),
    local(HAS_DIGIT | HAS_COLON, 7, times::clock, "<time>"),
    local(HAS_COLON, 6, typed::ip6, "<ip>"),
];
const IP4: Local = local(HAS_DIGIT | HAS_DOT, 7, typed::ip4, "<ip>");

/// The masks of ids and numbers, in their order.
const NUMERIC: [Local; 7] = [
    local(HAS_DIGIT, 2, numbers::sign, ""),
    local(HAS_DIGIT, 2, numbers::duration, "<duration>"),
    local(HAS_DIGIT, 2, numbers::size, "<size>"),
    local(0, 6, ids::token, "<token>"),
    local(HAS_DIGIT, 3, ids::hex, "<hex>"),
    local(HAS_DIGIT, 3, ids::id, "<id>"),
    local(HAS_DIGIT, 1, numbers::num, "<num>"),
];

/// Space that is used again for every message.
#[derive(Default)]
struct Scratch {
    clean: String,
    typed: String,
    timed: String,
    listed: String,
    chunk: Pair,
}

/// A chunk on its way through the masks.
#[derive(Default)]
struct Pair {
    now: String,
    next: String,
}

impl Scratch {
    fn run(&mut self, text: &str, out: &mut String) {
        let text = if clean::is_clean(text) {
            text
        } else {
            self.clean.clear();
            clean::clean(text, &mut self.clean);
            &self.clean
        };
        self.typed.clear();
        let timed = type_chunks(text, &mut self.typed, &mut self.chunk);
        let typed = if timed {
            self.timed.clear();
            times::times(&self.typed, &mut self.timed);
            &self.timed
        } else {
            &self.typed
        };
        let start = out.len();
        if mask_numbers(typed, out, &mut self.chunk) {
            self.listed.clear();
            list::list(&out[start..], &mut self.listed);
            out.truncate(start);
            out.push_str(&self.listed);
        }
    }
}

/// The traits of a chunk, and where it ends.
fn chunk_at(text: &[u8], start: usize) -> (u16, usize) {
    let mut all = 0;
    let mut end = start;
    while end < text.len() && text[end] != b' ' {
        all |= traits(text[end]);
        end += 1;
    }
    (all, end)
}

/// The masks `url` to `month`. Tells whether there may be times to join.
fn type_chunks(text: &str, out: &mut String, pair: &mut Pair) -> bool {
    let bytes = text.as_bytes();
    let mut timed = false;
    let mut start = 0;
    while start < bytes.len() {
        let (mut has, end) = chunk_at(bytes, start);
        let mut chunk = &text[start..end];
        start = end + 1;
        if has & (HAS_COLON | HAS_SLASH | HAS_AT | HAS_DASH | HAS_BACKSLASH | HAS_DOT) != 0 {
            let fitting = TYPED.iter().chain([&IP4]).filter(|mask| fits(mask, has, chunk));
            chunk = pair.through(chunk, fitting);
        }
        if !out.is_empty() {
            out.push(' ');
        }
        if chunk.as_bytes().first().is_some_and(|b| is(*b, DIGIT))
            && let Some((first, day)) = out
                .strip_suffix(' ')
                .and_then(|before| times::month(before.as_bytes(), chunk.as_bytes()))
        {
            out.truncate(first);
            out.push_str("<time>");
            chunk = &chunk[day..];
            has |= HAS_ANGLE;
        }
        out.push_str(chunk);
        timed |= has & HAS_ANGLE != 0 || chunk.contains("<time>");
    }
    timed
}

fn fits(mask: &Local, has: u16, chunk: &str) -> bool {
    has & mask.needs == mask.needs && chunk.len() >= mask.least
}

impl Pair {
    /// The chunk after the masks.
    fn through<'a>(&'a mut self, chunk: &'a str, masks: impl Iterator<Item = &'static Local>) -> &'a str {
        let mut changed = false;
        for mask in masks {
            let text = if changed { &*self.now } else { chunk };
            self.next.clear();
            if replace(text, mask, &mut self.next) {
                mem::swap(&mut self.now, &mut self.next);
                changed = true;
            }
        }
        if changed { &self.now } else { chunk }
    }
}

/// Appends the chunk with every match replaced; appends nothing and says no where there is none.
fn replace(chunk: &str, mask: &Local, out: &mut String) -> bool {
    let mut done = 0;
    while let Some(found) = (mask.find)(chunk.as_bytes(), done) {
        out.push_str(&chunk[done..found.start]);
        out.push_str(mask.by);
        done = found.end;
    }
    if done > 0 {
        out.push_str(&chunk[done..]);
    }
    done > 0
}

/// The masks `keep-status` to `num`, and `kept`. Tells whether there may be lists to shorten.
fn mask_numbers(text: &str, out: &mut String, pair: &mut Pair) -> bool {
    let bytes = text.as_bytes();
    let mut listed = false;
    let (mut start, mut copied) = (0, 0);
    let mut marked = String::new();
    while start < bytes.len() {
        let (has, end) = chunk_at(bytes, start);
        let masked = has & HAS_DIGIT != 0 || has & (HAS_J | HAS_DOT) == HAS_J | HAS_DOT;
        listed |= has & HAS_COMMA != 0 && (masked || has & HAS_ANGLE != 0);
        if masked {
            out.push_str(&text[copied..start]);
            copied = end;
            marked.clear();
            let chunk = mark_kept(text, start..end, &mut marked);
            let fitting = NUMERIC.iter().filter(|mask| fits(mask, has, chunk));
            let chunk = pair.through(chunk, fitting);
            push_unmarked(chunk, out);
        }
        start = end + 1;
    }
    out.push_str(&text[copied..]);
    listed
}

/// The chunk with a mark before every number that is kept.
fn mark_kept<'a>(text: &'a str, chunk: Range<usize>, marked: &'a mut String) -> &'a str {
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
    if copied == chunk.start && marked.is_empty() {
        return &text[chunk];
    }
    marked.push_str(&text[copied..chunk.end]);
    marked
}

/// The mask `kept`.
fn push_unmarked(chunk: &str, out: &mut String) {
    for part in chunk.split(char::from(MARK)) {
        out.push_str(part);
    }
}
