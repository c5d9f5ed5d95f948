//! One worker's way to the joiner: tells parts from ordinary messages and hands them over in batches.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::super::Sink;
use super::super::scan::RawEntry;
use super::joiner::{Joiner, ShelfKind};
use super::kind::{Kind, kind_of};
use super::shelf::{Facts, NO_TIME, Words};
use crate::model::{LogKind, Origin, Severity, Timestamp};

/// Parts that travel together.
const BATCH_PARTS: usize = 512;
/// Lines that a chunk of a source can have, as a power of two.
const LINE_BITS: u32 = 40;

/// See the module.
pub struct Gatherer<'a, S> {
    joiner: &'a Joiner<S>,
    parts: Vec<Gathered>,
    /// Messages, instances, insertIds and traces of the parts, one after the other.
    bytes: Vec<u8>,
    /// By origin number of the worker: its hash.
    origins: Vec<u64>,
}

/// Where a record stands: source, chunk of the source, line of the chunk.
pub type Place = (usize, u64, u64);

/// A part on its way: its origin still has the worker's number.
pub struct Gathered {
    facts: Facts,
    lengths: [usize; 4],
}

impl<'a, S: Sink> Gatherer<'a, S> {
    pub fn new(joiner: &'a Joiner<S>) -> Self {
        Gatherer {
            joiner,
            parts: vec![],
            bytes: vec![],
            origins: vec![],
        }
    }

    /// Takes an entry that may be a part of a trace; `false` if it is none, or if there is no room for it.
    #[inline]
    pub fn take(
        &mut self,
        raw: &RawEntry<'_>,
        received: Option<Timestamp>,
        (message, severity): (&str, Severity),
        origins: &[Origin],
        place: Place,
    ) -> bool {
        let may_be_part = raw.request.is_none()
            && raw.exception.is_none()
            && matches!(raw.log, LogKind::Stderr | LogKind::Stdout | LogKind::Other);
        if !may_be_part {
            return false;
        }
        let body = match raw.text_body {
            Some(start) => message.get(start..),
            None => Some(message),
        };
        match body.and_then(kind_of) {
            None => false,
            Some(kind) => self.gather(kind, (raw, received), (message, severity), origins, place),
        }
    }

    #[cold]
    fn gather(
        &mut self,
        kind: Kind,
        (raw, received): (&RawEntry<'_>, Option<Timestamp>),
        (message, severity): (&str, Severity),
        origins: &[Origin],
        (source, chunk, line): Place,
    ) -> bool {
        let stream = match (raw.text_body, raw.timestamp) {
            (Some(_), _) => xxh3_64(&source.to_le_bytes()),
            (None, Some(_)) => self.stream(raw, origins),
            // Without a time there is no telling what came before it.
            (None, None) => return false,
        };
        let facts = Facts {
            kind,
            origin: raw.origin as u32,
            stream,
            time: raw.timestamp.map_or(NO_TIME, |t| t.0),
            received: received.map_or(NO_TIME, |t| t.0),
            source: source as u32,
            place: (chunk << LINE_BITS) | line,
            key: raw.key,
            log: raw.log,
            severity,
            text_body: raw.text_body.map(|start| start as u8),
        };
        if !self.joiner.has_room(ShelfKind::of(kind), facts.group()) {
            return false;
        }
        let words = [message.as_bytes(), raw.instance, raw.insert_id, raw.trace];
        words.iter().for_each(|w| self.bytes.extend_from_slice(w));
        self.parts.push(Gathered {
            facts,
            lengths: words.map(<[u8]>::len),
        });
        true
    }

    /// Hash of what wrote an entry: lines of different writers never belong together.
    fn stream(&mut self, raw: &RawEntry<'_>, origins: &[Origin]) -> u64 {
        while self.origins.len() <= raw.origin {
            let o = &origins[self.origins.len()];
            let parts = [&o.resource_type, &o.project, &o.location, &o.service, &o.revision];
            self.origins.push(
                parts
                    .iter()
                    .fold(0, |hash, part| xxh3_64_with_seed(part.as_bytes(), hash)),
            );
        }
        let writer = self.origins[raw.origin] ^ raw.log_hash.rotate_left(1) ^ u64::from(raw.is_structured);
        xxh3_64_with_seed(raw.instance, writer)
    }

    /// Hands over what was gathered, if that is worth it.
    #[inline]
    pub fn flush_some(&mut self, origins: &[Origin]) {
        if self.parts.len() >= BATCH_PARTS {
            self.flush(origins);
        }
    }

    /// Hands over what was gathered.
    pub fn flush(&mut self, origins: &[Origin]) {
        if self.parts.is_empty() {
            return;
        }
        let mut rest = self.bytes.as_slice();
        let parts = self.parts.iter().map(|part| {
            let [message, instance, insert_id, trace] = part.lengths.map(|length| {
                let (text, after) = rest.split_at(length);
                rest = after;
                text
            });
            let words = Words {
                message: std::str::from_utf8(message).unwrap_or_default(),
                instance,
                insert_id,
                trace,
            };
            (part.facts, words)
        });
        self.joiner.put(parts, origins);
        self.parts.clear();
        self.bytes.clear();
    }
}
