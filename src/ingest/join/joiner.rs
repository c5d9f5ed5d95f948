//! What all workers share of the joining: the shelves with the parts that wait, and the sink that gets the events.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use super::super::{Joined, Sink};
use super::assemble::{Line, assemble};
use super::kind::Kind;
use super::shelf::{Facts, NO_THRESHOLD, Part, Shelf, Words};
use super::{EVENT_BYTES_MAX, LAST_LINE_BYTES, WAITING_BYTES};
use crate::model::{Entry, Origin, start_of};

/// Parts wait on shelves of their own, so that lines which hardly say anything cannot drive out frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShelfKind {
    /// Certainly of a trace: beginnings, frames, links.
    Frames,
    /// Exceptions' names, indented lines and other lines that mean nothing without frames.
    Loose,
    /// Traces in one entry.
    Whole,
}

impl ShelfKind {
    const COUNT: usize = 3;

    /// The shelf for parts of a kind.
    pub fn of(kind: Kind) -> ShelfKind {
        match kind {
            Kind::Start(_) | Kind::Frame(_) | Kind::Cause | Kind::Link => ShelfKind::Frames,
            Kind::Whole(_) | Kind::LinkedWhole => ShelfKind::Whole,
            _ => ShelfKind::Loose,
        }
    }
}

/// Bytes that the parts of each shelf may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub frames: usize,
    pub loose: usize,
    pub whole: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            frames: WAITING_BYTES / 2,
            loose: WAITING_BYTES / 4,
            whole: WAITING_BYTES / 4,
        }
    }
}

/// See the module.
pub struct Joiner<S> {
    waiting: Mutex<Waiting<S>>,
    /// Copies of the shelves' thresholds, to be looked at without the lock. An old one only costs a look under the lock.
    thresholds: [AtomicU64; ShelfKind::COUNT],
    /// Parts of the first shelf for which there was no room.
    refused: AtomicU64,
}

struct Waiting<S> {
    shelves: [Shelf; ShelfKind::COUNT],
    hand: Hand<S>,
}

/// Makes entries of parts.
struct Hand<S> {
    sink: S,
    origins: Vec<Origin>,
    numbers: HashMap<Origin, u32>,
    joined: Joined,
}

/// What a finished joiner leaves behind.
pub struct Outcome<S> {
    pub sink: S,
    pub joined: Joined,
    /// Parts of traces that were counted one by one for want of room.
    pub unjoined: u64,
}

impl<S: Sink> Joiner<S> {
    /// Nothing waits yet.
    pub fn new(sink: S, limits: Limits) -> Joiner<S> {
        Joiner {
            waiting: Mutex::new(Waiting {
                shelves: [limits.frames, limits.loose, limits.whole].map(Shelf::new),
                hand: Hand {
                    sink,
                    origins: vec![],
                    numbers: HashMap::new(),
                    joined: Joined::default(),
                },
            }),
            thresholds: [const { AtomicU64::new(NO_THRESHOLD) }; ShelfKind::COUNT],
            refused: AtomicU64::new(0),
        }
    }

    /// Whether a part of this group may wait. Where not, the part is counted as refused.
    pub fn has_room(&self, shelf: ShelfKind, group: u64) -> bool {
        let has_room = group < self.thresholds[shelf as usize].load(Ordering::Relaxed);
        if !has_room && shelf == ShelfKind::Frames {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        has_room
    }

    /// Lets parts wait; their origins are numbers of `origins`.
    pub fn put<'w>(&self, parts: impl Iterator<Item = (Facts, Words<'w>)>, origins: &[Origin]) {
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Waiting { shelves, hand } = &mut *waiting;
        for (mut facts, words) in parts {
            facts.origin = *numbers
                .entry(facts.origin)
                .or_insert_with_key(|number| hand.number(&origins[*number as usize]));
            let kind = ShelfKind::of(facts.kind);
            let shelf = &mut shelves[kind as usize];
            let mut refuse = |facts: &Facts, words: &Words<'_>| {
                if kind == ShelfKind::Frames {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                }
                hand.single(facts, words);
            };
            if facts.group() >= shelf.threshold() {
                refuse(&facts, &words);
                continue;
            }
            shelf.put(facts, &words);
            shelf.shrink(refuse);
            self.thresholds[kind as usize].store(shelf.threshold(), Ordering::Relaxed);
        }
    }

    /// Joins what waits. `newest_first` tells the sources whose records stand in reverse order.
    pub fn finish(self, newest_first: impl Fn(usize) -> bool) -> Outcome<S> {
        let Waiting { shelves, mut hand } = self.waiting.into_inner().unwrap_or_else(PoisonError::into_inner);
        let order = in_order(&shelves, newest_first);
        let mut unjoined = self.refused.into_inner();
        unjoined += order
            .iter()
            .filter(|at| lacks_company(&shelves, part(&shelves, **at)))
            .count() as u64;
        let same_stream = |a: &At, b: &At| {
            let (a, b) = (&part(&shelves, *a).facts, &part(&shelves, *b).facts);
            (a.origin, a.stream) == (b.origin, b.stream)
        };
        for stream in order.chunk_by(same_stream) {
            let line = |number: usize| Line::new(&part(&shelves, stream[number]).facts);
            assemble(stream.len(), line, |members, is_trace| {
                let members: Vec<At> = members.iter().map(|m| stream[*m]).collect();
                if is_trace && members.len() > 1 {
                    hand.event(&shelves, &members);
                } else {
                    members.iter().for_each(|at| hand.alone(&shelves, *at));
                }
            });
        }
        Outcome {
            sink: hand.sink,
            joined: hand.joined,
            unjoined,
        }
    }
}

/// A part by shelf and number.
type At = (u8, u32);

fn part(shelves: &[Shelf], (shelf, number): At) -> &Part {
    &shelves[usize::from(shelf)].parts()[number as usize]
}

/// All parts, by stream and in the order in which each stream was written.
fn in_order(shelves: &[Shelf], newest_first: impl Fn(usize) -> bool) -> Vec<At> {
    let mut order: Vec<At> = vec![];
    for (number, shelf) in (0_u8..).zip(shelves) {
        order.extend((0..shelf.parts().len() as u32).map(|p| (number, p)));
    }
    let place = |f: &Facts| match f.text_body.is_none() && newest_first(f.source as usize) {
        true => u64::MAX - f.place,
        false => f.place,
    };
    order.sort_unstable_by(|a, b| {
        let (x, y) = (part(shelves, *a), part(shelves, *b));
        let key = |f: &Facts| (f.origin, f.stream, if f.text_body.is_none() { f.time } else { 0 });
        let id = |at: &At, part| shelves[usize::from(at.0)].insert_id(part);
        key(&x.facts)
            .cmp(&key(&y.facts))
            .then_with(|| id(a, x).cmp(id(b, y)))
            .then_with(|| (x.facts.source, place(&x.facts)).cmp(&(y.facts.source, place(&y.facts))))
    });
    order
}

/// Whether a part of the first shelf stayed while the parts around it may have left another.
fn lacks_company(shelves: &[Shelf], part: &Part) -> bool {
    let has_left = |kind: ShelfKind| part.facts.group() >= shelves[kind as usize].threshold();
    match part.facts.kind {
        Kind::Link => has_left(ShelfKind::Loose) || has_left(ShelfKind::Whole),
        kind => ShelfKind::of(kind) == ShelfKind::Frames && has_left(ShelfKind::Loose),
    }
}

impl<S: Sink> Hand<S> {
    fn number(&mut self, origin: &Origin) -> u32 {
        if let Some(number) = self.numbers.get(origin) {
            return *number;
        }
        let number = self.origins.len() as u32;
        self.origins.push(origin.clone());
        self.numbers.insert(origin.clone(), number);
        number
    }

    fn alone(&mut self, shelves: &[Shelf], at: At) {
        let part = part(shelves, at);
        let mut scratch = String::new();
        let words = shelves[usize::from(at.0)].words(part, &mut scratch);
        self.single(&part.facts, &words);
    }

    /// Hands on a part as the entry it was.
    fn single(&mut self, facts: &Facts, words: &Words<'_>) {
        let entry = entry(&self.origins[facts.origin as usize], facts, words);
        self.sink.entry(&entry);
    }

    /// Hands on parts, of which there are some, as one event.
    fn event(&mut self, shelves: &[Shelf], members: &[At]) {
        let facts = || members.iter().map(|at| part(shelves, *at).facts);
        let traces = members
            .iter()
            .map(|at| shelves[usize::from(at.0)].trace(part(shelves, *at)));
        let keys: Vec<u8> = facts().flat_map(|f| f.key.to_le_bytes()).collect();
        let message = message(shelves, members);
        let mut scratch = String::new();
        let first = part(shelves, members[0]);
        let words = Words {
            message: &message,
            trace: traces.into_iter().find(|t| !t.is_empty()).unwrap_or_default(),
            ..shelves[usize::from(members[0].0)].words(first, &mut scratch)
        };
        let entry = Entry {
            severity: facts().map(|f| f.severity).max().unwrap_or_default(),
            entries: u32::try_from(members.len()).unwrap_or(u32::MAX),
            key: xxh3_64(&keys),
            ..entry(&self.origins[first.facts.origin as usize], &first.facts, &words)
        };
        self.joined.events += 1;
        self.joined.entries += u64::from(entry.entries);
        self.sink.entry(&entry);
    }
}

/// The lines of an event. Of one that is too long the first are kept, and the start of the last, which may name the exception.
fn message(shelves: &[Shelf], members: &[At]) -> String {
    let (mut text, mut scratch) = (String::new(), String::new());
    for (number, at) in members.iter().enumerate() {
        let part = part(shelves, *at);
        let words = shelves[usize::from(at.0)].words(part, &mut scratch);
        let body = words
            .message
            .get(part.facts.text_body.map_or(0, usize::from)..)
            .unwrap_or_default();
        let line = body.trim_end_matches(['\n', '\r']);
        let is_last = number + 1 == members.len();
        let room = EVENT_BYTES_MAX - if is_last { 0 } else { LAST_LINE_BYTES };
        if is_last && text.len() + 1 + line.len() > room {
            text.truncate(start_of(&text, room - LAST_LINE_BYTES).len());
        }
        if number > 0 && text.len() < room {
            text.push('\n');
        }
        text.push_str(start_of(line, room.saturating_sub(text.len())));
    }
    text
}

fn entry<'a>(origin: &'a Origin, facts: &Facts, words: &Words<'a>) -> Entry<'a> {
    Entry {
        timestamp: facts.timestamp(),
        received: facts.received(),
        severity: facts.severity,
        log: facts.log,
        origin,
        origin_index: facts.origin as usize,
        instance: words.instance,
        insert_id: words.insert_id,
        message: Some(words.message),
        has_content: true,
        request: None,
        exception: None,
        trace: words.trace,
        entries: 1,
        key: facts.key,
    }
}
