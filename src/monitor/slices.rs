//! Counts the entries of each look apart, in one pass over the log.
//!
//! Input: entries in any order, each with the time it was received at. Output: the counts of every look, packed. They are the
//! same whether a log was read at once or look by look. Few looks are open at a time, so memory stays flat where entries come
//! roughly in order.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

use super::panels::Panels;
use super::schedule::Schedule;
use crate::ingest::Sink;
use crate::model::{Entry, Timestamp};
use crate::patterns::stack::InApp;
use crate::patterns::{Matcher, PackSet};
use crate::profile::{Counter, Data, Texts};

/// Looks that a thread counts at a time, unless entries come in no order.
const OPEN_LOOKS: usize = 4;
/// Compression level: the fastest.
const ZSTD_LEVEL: i32 = 1;

/// What counts entries.
#[derive(Clone, Copy)]
pub struct Knows<'p> {
    /// The patterns.
    pub packs: &'p PackSet,
    /// Made from them.
    pub matcher: &'p Matcher,
    /// Which stack frames are the application's own.
    pub in_app: &'p InApp,
}

/// The counts of each look, by number, in parts that are packed JSON of [`Data`].
#[derive(Debug, Default)]
pub struct Slices {
    parts: Mutex<BTreeMap<i64, Vec<Box<[u8]>>>>,
    panels: Mutex<Panels>,
}

/// The looks that are counted.
#[derive(Debug, Clone)]
pub struct Span {
    /// The grid.
    pub schedule: Schedule,
    /// The first one.
    pub first: i64,
    /// What belongs to a later look is not counted.
    pub last: i64,
    /// Whether the first look takes what was received before its share, because it was invisible when that was read. Else it
    /// was counted in an earlier run.
    pub takes_earlier: bool,
}

impl Span {
    /// The span of these looks; with a watch's first one goes what came before it, the baseline's share.
    pub fn new(schedule: &Schedule, looks: RangeInclusive<i64>, takes_earlier: bool) -> Span {
        let first = *looks.start();
        Span {
            schedule: schedule.clone(),
            first: first - i64::from(first == schedule.first()),
            last: *looks.end(),
            takes_earlier,
        }
    }
}

impl Slices {
    /// The same counts once more, for another watch of the same log.
    #[must_use]
    pub fn copied(&self) -> Slices {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        Slices {
            parts: Mutex::new(parts.clone()),
            panels: Mutex::default(),
        }
    }

    /// The counts of a look, which leave; empty where nothing was received.
    pub fn take(&self, look: i64) -> Data {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner).remove(&look);
        let mut parts = parts.into_iter().flatten().map(|bytes| unpack(&bytes));
        let mut sum = parts.next().unwrap_or_default();
        parts.for_each(|part| sum.add(&part));
        sum
    }

    /// Adds to the counts of a look.
    pub(super) fn add(&self, look: i64, mut data: Data) {
        let mut panels = self.panels.lock().unwrap_or_else(PoisonError::into_inner);
        panels.thin(look, &mut data);
        drop(panels);
        let packed = pack(&data);
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.entry(look).or_default().push(packed);
    }
}

fn pack(data: &Data) -> Box<[u8]> {
    let text = serde_json::to_vec(data).expect("counts are maps with plain keys");
    let packed = zstd::bulk::compress(&text, ZSTD_LEVEL).expect("memory is the only thing to run out of");
    // The compressor leaves room for the worst case: a copy has none.
    Box::from(&packed[..])
}

fn unpack(bytes: &[u8]) -> Data {
    let text = zstd::decode_all(bytes).expect("packed above");
    serde_json::from_slice(&text).expect("packed above")
}

/// One thread's counters.
pub struct Slicer<'p> {
    knows: Knows<'p>,
    span: &'p Span,
    slices: &'p Slices,
    /// The one used last stands first.
    open: Vec<Open<'p>>,
    closed: BTreeSet<i64>,
    /// What counters that are closed have learnt of texts: messages come again from look to look.
    texts: Vec<Texts>,
    /// Grows whenever a look comes back that was closed.
    room: usize,
}

struct Open<'p> {
    look: i64,
    counter: Counter<'p>,
}

impl<'p> Slicer<'p> {
    /// A sink that counts into `slices` once it is [finished](Slicer::finish).
    pub fn new(knows: Knows<'p>, span: &'p Span, slices: &'p Slices) -> Slicer<'p> {
        Slicer {
            knows,
            span,
            slices,
            open: vec![],
            closed: BTreeSet::new(),
            texts: vec![],
            room: OPEN_LOOKS,
        }
    }

    /// Hands over what is still open.
    pub fn finish(mut self) {
        for open in std::mem::take(&mut self.open) {
            self.slices.add(open.look, open.counter.finish());
        }
    }

    fn counter(&mut self, look: i64) -> &mut Open<'p> {
        match self.open.iter().position(|open| open.look == look) {
            Some(0) => {}
            Some(at) => self.open[..=at].rotate_right(1),
            None => {
                if self.closed.remove(&look) {
                    self.room *= 2;
                }
                if self.open.len() >= self.room {
                    self.close_one();
                }
                let Knows { packs, matcher, in_app } = self.knows;
                let mut counter = match self.texts.pop() {
                    Some(texts) => Counter::with(packs, matcher, texts),
                    None => Counter::new(packs, matcher, in_app),
                };
                let mut panels = self.slices.panels.lock().unwrap_or_else(PoisonError::into_inner);
                counter.follow_up_to(panels.limits(look));
                drop(panels);
                self.open.insert(0, Open { look, counter });
            }
        }
        &mut self.open[0]
    }

    fn close_one(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.closed.insert(open.look);
        let (data, texts) = open.counter.finish_with_texts();
        self.texts.extend(texts);
        self.slices.add(open.look, data);
    }
}

impl Sink for Slicer<'_> {
    #[inline]
    fn entry(&mut self, entry: &Entry<'_>) {
        let known = entry.received.or(entry.timestamp);
        let look = self.span.schedule.look_of(known.unwrap_or(Timestamp(i64::MIN)));
        if look > self.span.last || (look < self.span.first && !self.span.takes_earlier) {
            return;
        }
        self.counter(look.max(self.span.first)).counter.entry(entry);
    }
}
