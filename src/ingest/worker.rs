//! One worker thread's share of the work: blocks of records in, entries out to its sink.

use std::ops::Range;
use std::sync::Mutex;

use xxhash_rust::xxh3::xxh3_64;

use super::dedupe::Dedupe;
use super::filter;
use super::formats::BYTE_ORDER_MARK;
use super::join::{Gatherer, Joiner};
use super::overlap::{Identity, Overlap};
use super::read::Options;
use super::scan::{Marks, ORIGINS_MAX, RawEntry, Scanner, decode, level_of};
use super::select::{Exclusion, Selection};
use super::tally::{FeedTally, Tally};
use super::{Reason, Sink};
use crate::model::{Entry, Request};

/// Scans blocks, removes duplicates, selects, and hands entries to the sink.
pub struct Worker<'a, S> {
    scanner: Scanner,
    marks: Marks,
    sink: S,
    selection: &'a Selection,
    filter: Option<filter::Matcher<'a>>,
    dedupe: &'a Mutex<Dedupe>,
    overlap: Option<&'a Overlap>,
    /// Whether entries tell when they were received.
    received: bool,
    gatherer: Gatherer<'a, S>,
    /// By origin number: whether it is left out, and how many of its entries were counted.
    origins: Vec<(Option<Exclusion>, u64)>,
    tally: Tally,
}

/// Where a record stands in its block, and whether it is a line of plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    pub start: usize,
    pub end: usize,
    /// Line in the block, from 0, or in the source, from 1, for streams.
    pub line: u64,
    pub is_text: bool,
    /// It is the last line of a file and has no line end: a broken one was cut.
    pub is_open: bool,
}

impl Record {
    /// A record of a feed's page: it has no line.
    fn in_page(range: Range<usize>) -> Record {
        Record {
            start: range.start,
            end: range.end,
            line: 0,
            is_text: false,
            is_open: false,
        }
    }
}

impl<'a, S: Sink> Worker<'a, S> {
    pub fn new(sink: S, options: &'a Options<'_>, dedupe: &'a Mutex<Dedupe>, joiner: &'a Joiner<S>) -> Self {
        let selection = &options.selection;
        let (scanner, marks) = (Scanner::default(), Marks::default());
        Worker {
            scanner,
            marks,
            sink,
            selection,
            filter: selection.filter.as_ref().map(|filter| filter.matcher()),
            dedupe,
            overlap: options.overlap,
            received: options.received,
            gatherer: Gatherer::new(joiner),
            origins: vec![],
            tally: Tally::default(),
        }
    }

    /// The sink and the final tally.
    pub fn finish(mut self) -> (S, Tally) {
        self.gatherer.flush(self.scanner.origins());
        self.tally.origins_full = self.scanner.origins().len() > ORIGINS_MAX;
        for (origin, (_, counted)) in self.scanner.origins().iter().zip(&self.origins) {
            self.tally.count_origin(origin, *counted);
        }
        (self.sink, self.tally)
    }

    pub fn tally(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// Takes a block of lines, each a record; returns how many lines there were.
    pub fn lines(&mut self, block: &[u8], source: usize, chunk: u64) -> u64 {
        let mut marks = std::mem::take(&mut self.marks);
        marks.mark(block);
        let ends = marks.line_feeds().iter().map(|end| (*end as usize, false));
        let open = block.last().is_some_and(|b| *b != b'\n').then_some((block.len(), true));
        let (mut start, mut line) = (0, 0);
        let records = ends.chain(open).map(|(end, is_open)| {
            let record = Record {
                start,
                end,
                line,
                is_text: false,
                is_open,
            };
            (start, line) = (end + 1, line + 1);
            record
        });
        self.records(block, marks.quotes(), records, source, chunk);
        self.marks = marks;
        line
    }

    /// Takes a block of records that a format reader found.
    pub fn batch(&mut self, block: &[u8], records: &[Record], source: usize) {
        let mut marks = std::mem::take(&mut self.marks);
        marks.mark(block);
        self.records(block, marks.quotes(), records.iter().copied(), source, 0);
        self.marks = marks;
    }

    /// Takes records of a feed. Those that it delivered before are passed in silence: `seed` tells this feed's records
    /// from those of other sources, which are duplicates if they are the same; without one, there is no other source.
    pub fn page(&mut self, block: &[u8], records: &[Range<usize>], source: usize, seed: Option<u64>) {
        let mut marks = std::mem::take(&mut self.marks);
        marks.mark(block);
        let mut next_quote = 0;
        let mut scan = |r: &Range<usize>| {
            self.scanner
                .record(block, (r.start, r.end), marks.quotes(), &mut next_quote)
        };
        let scanned: Vec<_> = records.iter().map(|r| (r.clone(), scan(r))).collect();
        let identities = scanned.iter().map(|(range, found)| match found {
            Ok(entry) => (entry.timestamp.map_or(0, |t| t.0), entry.key ^ seed.unwrap_or(0)),
            Err(_) => (0, xxh3_64(&block[range.clone()]) ^ seed.unwrap_or(0)),
        });
        let identities: Vec<Identity> = identities.collect();
        let is_new = self.insert(&identities);
        if let Some(overlap) = self.overlap {
            let entries = scanned.iter().zip(&identities);
            overlap.remember(entries.filter_map(|((_, found), id)| found.as_ref().ok().map(|raw| (raw, *id))));
        }
        let fresh = scanned
            .into_iter()
            .zip(is_new)
            .filter_map(|(s, is_new)| is_new.then_some(s));
        let mut entries = Vec::with_capacity(records.len());
        let mut sum = FeedTally::default();
        for (range, found) in fresh {
            let text = &block[range.clone()];
            self.tally.records += 1;
            sum.record(text);
            match found {
                Ok(entry) => entries.push((entry, Record::in_page(range))),
                Err(reason) => self.tally.feed_problem(reason, source, text),
            }
        }
        let tally = self.tally.sources.entry(source).or_default();
        tally.entries += entries.len() as u64;
        tally.feed.get_or_insert_default().add(sum);
        let is_new = seed.map(|_| self.ask_dedupe(&entries));
        self.take(block, &entries, is_new, (source, 0));
        self.marks = marks;
    }

    fn records(
        &mut self,
        block: &[u8],
        quotes: &[u32],
        records: impl Iterator<Item = Record>,
        source: usize,
        chunk: u64,
    ) {
        let mut entries: Vec<(RawEntry<'_>, Record)> = Vec::with_capacity(block.len() / 512);
        let mut next_quote = 0;
        for record in records {
            let text = &block[record.start..record.end];
            if record.is_text {
                self.tally.records += 1;
                entries.push((self.scanner.text_line(text), record));
                continue;
            }
            let mut quote = next_quote;
            let scanned = self
                .scanner
                .record(block, (record.start, record.end), quotes, &mut next_quote);
            match scanned
                .map(Some)
                .or_else(|reason| self.second_look(block, record, (quotes, &mut quote), reason))
            {
                Ok(Some(entry)) => entries.push((entry, record)),
                Ok(None) => continue,
                Err(reason) => {
                    self.tally.problem(reason, source, chunk, record.line, text);
                    if !reason.loses_record() {
                        continue;
                    }
                }
            }
            self.tally.records += 1;
        }
        self.note_order(&entries, source);
        let is_new = self.ask_dedupe(&entries);
        self.take(block, &entries, Some(is_new), (source, chunk));
    }

    /// A record that did not scan: blank, text, with the comma of an array that lost its brackets, with the byte order mark
    /// of a file that was joined to another, or cut.
    #[cold]
    fn second_look<'b>(
        &mut self,
        block: &'b [u8],
        record: Record,
        (quotes, next_quote): (&'b [u32], &mut usize),
        reason: Reason,
    ) -> Result<Option<RawEntry<'b>>, Reason> {
        let text = block[record.start..record.end].trim_ascii_end();
        let marked = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let start = record.start + text.len() - marked.len();
        let bare = marked.strip_suffix(b",").unwrap_or(marked);
        match bare.trim_ascii_start().first() {
            None if marked.is_empty() => Ok(None),
            Some(b'{') => {
                let again = match bare.len() < text.len() {
                    true => self
                        .scanner
                        .record(block, (start, start + bare.len()), quotes, next_quote),
                    false => Err(reason),
                };
                let cut = |r| {
                    if record.is_open && r == Reason::InvalidJson {
                        Reason::Truncated
                    } else {
                        r
                    }
                };
                again.map(Some).map_err(cut)
            }
            _ if reason == Reason::NotAnObject => Err(reason),
            _ => Err(Reason::StrayText),
        }
    }

    /// Entries of one block: counted, told from duplicates, selected, handed on. `is_new` has an answer for each that is
    /// identified; without it, none is a duplicate.
    fn take(
        &mut self,
        block: &[u8],
        entries: &[(RawEntry<'_>, Record)],
        is_new: Option<Vec<bool>>,
        (source, chunk): (usize, u64),
    ) {
        self.tally.valid += entries.len() as u64;
        let mut next_new = is_new.iter().flatten();
        let mut scratch = Scratch::default();
        for (raw, record) in entries {
            let line = record.line;
            if raw.identified && next_new.next() == Some(&false) {
                self.tally.duplicates += 1;
                continue;
            }
            if raw.bad_time {
                self.tally.problem(Reason::InvalidTimestamp, source, chunk, line, b"");
            }
            match self.exclusion(raw, &block[record.start..record.end]) {
                Some(exclusion) => self.tally.excluded[exclusion as usize] += 1,
                None => self.hand_on(raw, &mut scratch, (source, chunk, line)),
            }
        }
        self.gatherer.flush_some(self.scanner.origins());
    }

    fn note_order(&mut self, entries: &[(RawEntry<'_>, Record)], source: usize) {
        let tally = self.tally.sources.entry(source).or_default();
        tally.entries += entries.len() as u64;
        for pair in entries.windows(2) {
            tally.ascending += u64::from(pair[0].0.timestamp < pair[1].0.timestamp);
            tally.descending += u64::from(pair[0].0.timestamp > pair[1].0.timestamp);
        }
    }

    /// For each identified entry, in order, whether it is met for the first time.
    fn ask_dedupe(&self, entries: &[(RawEntry<'_>, Record)]) -> Vec<bool> {
        let identities: Vec<(i64, u64)> = entries
            .iter()
            .filter(|(e, _)| e.identified)
            .map(|(e, _)| (e.timestamp.map_or(0, |t| t.0), e.key))
            .collect();
        self.insert(&identities)
    }

    fn insert(&self, identities: &[(i64, u64)]) -> Vec<bool> {
        let mut is_new = Vec::with_capacity(identities.len());
        let mut dedupe = self.dedupe.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        dedupe.insert_all(identities, &mut is_new);
        is_new
    }

    fn exclusion(&mut self, raw: &RawEntry<'_>, record: &[u8]) -> Option<Exclusion> {
        for origin in &self.scanner.origins()[self.origins.len()..] {
            self.origins.push((self.selection.excludes_origin(origin), 0));
        }
        let excluded = self.origins[raw.origin].0;
        excluded
            .or_else(|| self.selection.excludes_time(raw.timestamp))
            .or_else(|| {
                let record = filter::Record::scanned(record, raw, &self.scanner.origins()[raw.origin]);
                let is_taken = self.filter.as_mut().is_none_or(|filter| filter.matches(&record));
                (!is_taken).then_some(Exclusion::Filter)
            })
    }

    #[inline]
    fn hand_on(&mut self, raw: &RawEntry<'_>, scratch: &mut Scratch, (source, chunk, line): (usize, u64, u64)) {
        self.origins[raw.origin].1 += 1;
        self.tally.counted += 1;
        self.tally.unknown += u64::from(!raw.has_content);
        match raw.timestamp {
            Some(time) => self.tally.cover(time),
            None => self.tally.untimed += 1,
        }
        let message = raw.message.map(|m| decode(m, &mut scratch.message));
        if let Some((_, repairs)) = message {
            if repairs.escape {
                self.tally.problem(Reason::RepairedEscape, source, chunk, line, b"");
            }
            if repairs.encoding {
                self.tally.problem(Reason::InvalidEncoding, source, chunk, line, b"");
            }
        }
        let message = message.map(|(text, _)| text);
        let severity = raw.severity.or_else(|| message.and_then(level_of)).unwrap_or_default();
        let received = raw.received.filter(|_| self.received);
        let received = received.and_then(|time| self.scanner.time_of(time));
        if let Some(message) = message
            && self.gatherer.take(
                raw,
                received,
                (message, severity),
                self.scanner.origins(),
                (source, chunk, line),
            )
        {
            return;
        }
        let request = raw.request.map(|r| Request {
            method: decode(r.method, &mut scratch.method).0,
            url: decode(r.url, &mut scratch.url).0,
            status: r.status,
            latency_ns: r.latency_ns,
        });
        self.sink.entry(&Entry {
            timestamp: raw.timestamp,
            received,
            severity,
            log: raw.log,
            origin: &self.scanner.origins()[raw.origin],
            origin_index: raw.origin,
            instance: raw.instance,
            insert_id: raw.insert_id,
            message,
            has_content: raw.has_content,
            request,
            exception: raw.exception.map(|e| decode(e, &mut scratch.exception).0),
            trace: raw.trace,
            entries: 1,
            key: raw.key,
        });
    }
}

/// Room for decoded texts, one for each that is borrowed at the same time.
#[derive(Default)]
struct Scratch {
    message: String,
    method: String,
    url: String,
    exception: String,
}
