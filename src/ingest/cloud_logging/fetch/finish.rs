//! From the parts to the file: one line an entry, oldest first, each entry once.
//!
//! Entries of the same instant are ordered by insertId and text, so that the same entries give the same bytes whatever the
//! parts. Late entries are woven in; most of them are in a part already.

use std::fs::File;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use super::super::super::formats;
use super::super::super::scan::{Marks, Scanner};
use super::super::super::stream::Hashes;
use super::super::super::tally::content_hash;
use super::super::page::received;
use super::disk::Disk;
use super::output::Lines;
use crate::model::Timestamp;

/// Size matters for a file that is kept.
const FILE_LEVEL: i32 = 3;

/// What was written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub entries: u64,
    pub bytes: u64,
    pub content_hash: String,
    /// Entries older than one before them: the service did not keep its order.
    pub unsorted: u64,
    /// Late entries that arrived since the reading began.
    pub arrived: u64,
}

/// A line of a part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    /// Of the line before, where it has none.
    time: Timestamp,
    insert_id: Vec<u8>,
    text: Vec<u8>,
    /// Identity.
    key: u64,
}

/// Reads the lines of several parts, one after the other.
struct Stream {
    parts: std::vec::IntoIter<PathBuf>,
    reader: Option<Box<dyn BufRead + Send>>,
    scanner: Scanner,
    marks: Marks,
    last: Timestamp,
    next: Option<Line>,
}

/// Writes the file from its parts, in order of time, and the late entries.
pub(super) fn write(
    disk: &dyn Disk,
    path: &Path,
    is_compressed: bool,
    [parts, late]: [Vec<PathBuf>; 2],
    begun: Timestamp,
) -> io::Result<Written> {
    let mut out = Lines::create(disk, path, is_compressed.then_some(FILE_LEVEL))?;
    let mut hashes = Hashes::default();
    let mut written = Written::default();
    let mut streams = [Stream::new(parts)?, Stream::new(late)?];
    let mut last = Timestamp(i64::MIN);
    let mut group: Vec<Line> = vec![];
    while let Some(time) = streams.iter().filter_map(Stream::time).min() {
        for (is_late, stream) in streams.iter_mut().enumerate() {
            while let Some(line) = stream.take_at(time)? {
                let is_arrival = || received(&line.text).is_some_and(|t| t >= begun);
                written.arrived += u64::from(is_late == 1 && is_arrival());
                group.push(line);
            }
        }
        group.sort();
        group.dedup_by(|a, b| a.key == b.key);
        written.unsorted += if time < last { group.len() as u64 } else { 0 };
        last = last.max(time);
        for line in group.drain(..) {
            out.line(&line.text)?;
            hashes.update(&line.text);
            hashes.update(b"\n");
            written.entries += 1;
            written.bytes += line.text.len() as u64 + 1;
        }
    }
    out.finish()?;
    let chunks = hashes.finish(0);
    written.content_hash = content_hash(chunks.iter().map(|c| &c.hash));
    Ok(written)
}

impl Stream {
    fn new(parts: Vec<PathBuf>) -> io::Result<Stream> {
        let mut stream = Stream {
            parts: parts.into_iter(),
            reader: None,
            scanner: Scanner::default(),
            marks: Marks::default(),
            last: Timestamp(i64::MIN),
            next: None,
        };
        stream.next = stream.read()?;
        Ok(stream)
    }

    fn time(&self) -> Option<Timestamp> {
        self.next.as_ref().map(|line| line.time)
    }

    /// The next line, if it has this time.
    fn take_at(&mut self, time: Timestamp) -> io::Result<Option<Line>> {
        if self.time() != Some(time) {
            return Ok(None);
        }
        let next = self.read()?;
        Ok(std::mem::replace(&mut self.next, next))
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        loop {
            if let Some(reader) = &mut self.reader {
                let mut text = vec![];
                reader.read_until(b'\n', &mut text)?;
                if !text.is_empty() {
                    text.pop_if(|b| *b == b'\n');
                    return Ok(Some(self.scan(text)));
                }
            }
            let Some(path) = self.parts.next() else { return Ok(None) };
            self.reader = Some(formats::decode(File::open(path)?)?.reader);
        }
    }

    fn scan(&mut self, text: Vec<u8>) -> Line {
        self.marks.mark(&text);
        let found = self.scanner.record(&text, (0, text.len()), self.marks.quotes(), &mut 0);
        let (time, insert_id, key) = match &found {
            Ok(entry) => (entry.timestamp, entry.insert_id.to_vec(), entry.key),
            Err(_) => (None, vec![], xxhash_rust::xxh3::xxh3_64(&text)),
        };
        self.last = time.unwrap_or(self.last);
        Line {
            time: self.last,
            insert_id,
            text,
            key,
        }
    }
}

/// The content hash of a file, as [`super::super::super::SourceCoverage`] has it.
pub(super) fn hash_of_file(path: &Path) -> io::Result<String> {
    let mut reader = formats::decode(File::open(path)?)?.reader;
    let mut hashes = Hashes::default();
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            let chunks = hashes.finish(0);
            return Ok(content_hash(chunks.iter().map(|c| &c.hash)));
        }
        hashes.update(bytes);
        let count = bytes.len();
        reader.consume(count);
    }
}
