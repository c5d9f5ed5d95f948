//! Reads a source that cannot be read in ranges (compressed, standard input, any shape but lines) and cuts it into
//! batches of records for the workers.

use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::sync::mpsc::SyncSender;

use xxhash_rust::xxh3::Xxh3;

use super::Reason;
use super::formats::{self, Format, Records};
use super::ranges::CHUNK_BYTES;
use super::tally::{Chunk, Tally};
use super::worker::Record;

/// Bytes of records that travel together.
const BATCH_BYTES: usize = 256 * 1024;

/// Records of one source, ready to be scanned.
#[derive(Debug)]
pub struct Batch {
    pub source: usize,
    pub bytes: Vec<u8>,
    pub what: Content,
}

/// What a batch holds.
#[derive(Debug)]
pub enum Content {
    /// Records of a stream.
    Records(Vec<Record>),
    /// A feed's page, and the seed of its identities: see [`super::worker::Worker::page`].
    Page(Vec<Range<usize>>, Option<u64>),
}

/// Reads a source to its end, sending batches; returns what was met on the way that is no record.
pub fn read(source: usize, format: Format, reader: &mut dyn BufRead, send: &SyncSender<Batch>) -> Tally {
    let mut batcher = Batcher {
        source,
        bytes: vec![],
        records: vec![],
        send,
        tally: Tally::default(),
        hung_up: false,
    };
    let mut hashing = Hashing {
        reader,
        hashes: Hashes::default(),
        lines: 0,
    };
    let result = formats::read(format, &mut hashing, &mut batcher);
    batcher.flush();
    let mut tally = batcher.tally;
    if let Err(error) = result {
        let reason = match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => Reason::Truncated,
            _ => Reason::Unreadable,
        };
        tally.records += 1;
        tally.problem(reason, source, 0, hashing.lines, error.to_string().as_bytes());
    }
    tally.sources.entry(source).or_default().chunks = hashing.hashes.finish(hashing.lines);
    tally
}

struct Batcher<'a> {
    source: usize,
    bytes: Vec<u8>,
    records: Vec<Record>,
    send: &'a SyncSender<Batch>,
    tally: Tally,
    /// The workers are gone: one of them panicked, and the panic will be reported.
    hung_up: bool,
}

impl Batcher<'_> {
    fn record(&mut self, bytes: &[u8], line: u64, is_text: bool) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.records.push(Record {
            start,
            end: self.bytes.len(),
            line: line.saturating_sub(1),
            is_text,
            is_open: false,
        });
        if self.bytes.len() >= BATCH_BYTES {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let (bytes, records) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.records));
        if !records.is_empty() {
            let batch = Batch {
                source: self.source,
                bytes,
                what: Content::Records(records),
            };
            self.hung_up |= self.send.send(batch).is_err();
        }
    }
}

impl Records for Batcher<'_> {
    fn object(&mut self, json: &[u8], line: u64) {
        self.record(json, line, false);
    }

    fn text(&mut self, text: &[u8], line: u64) {
        self.record(text, line, true);
    }

    fn problem(&mut self, reason: Reason, line: u64, detail: &str) {
        if reason.loses_record() {
            self.tally.records += 1;
        }
        self.tally
            .problem(reason, self.source, 0, line.saturating_sub(1), detail.as_bytes());
    }

    fn is_full(&self) -> bool {
        self.hung_up
    }
}

/// Passes bytes on, hashes them and counts their lines.
struct Hashing<'a> {
    reader: &'a mut dyn BufRead,
    hashes: Hashes,
    lines: u64,
}

/// Hashes in the chunks of [`super::ranges`], so that a file and its compressed copy have the same content hash.
#[derive(Default)]
pub struct Hashes {
    open: Xxh3,
    /// Bytes in the open chunk, below [`CHUNK_BYTES`].
    open_bytes: u64,
    closed: Vec<u128>,
}

impl Hashes {
    /// Adds bytes of the content.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = usize::try_from(CHUNK_BYTES - self.open_bytes).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(bytes.len().min(room));
            self.open.update(now);
            self.open_bytes += now.len() as u64;
            if self.open_bytes == CHUNK_BYTES {
                self.close();
            }
            bytes = later;
        }
    }

    fn close(&mut self) {
        self.closed.push(self.open.digest128());
        self.open.reset();
        self.open_bytes = 0;
    }

    /// The chunks. Problems are placed in the first, by their line in the whole source, so it has all lines.
    pub fn finish(mut self, lines: u64) -> Vec<Chunk> {
        if self.open_bytes > 0 {
            self.close();
        }
        let chunk = |(index, hash)| Chunk {
            index,
            lines: if index == 0 { lines } else { 0 },
            hash,
        };
        (0_u64..).zip(self.closed).map(chunk).collect()
    }
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.fill_buf()?.read(buffer)?;
        self.consume(got);
        Ok(got)
    }
}

impl BufRead for Hashing<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed was filled before, so this returns the same buffer without reading.
        if let Ok(buffer) = self.reader.fill_buf() {
            let taken = &buffer[..amount.min(buffer.len())];
            self.hashes.update(taken);
            self.lines += memchr::memchr_iter(b'\n', taken).count() as u64;
        }
        self.reader.consume(amount);
    }
}
