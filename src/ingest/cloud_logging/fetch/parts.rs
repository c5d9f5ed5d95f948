//! Takes what the chains read and writes it into parts, each complete for its piece of time.
//!
//! Records of the last instant of a page are held back until the next page: more of that instant may follow, and a part
//! must have all or nothing of it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::super::chain::{Receiver, lock};
use super::super::page::Record;
use super::super::query::Span;
use super::compact::compact;
use super::disk::Disk;
use super::folder::part_name;
use super::output::Lines;
use crate::model::Timestamp;

/// Entries after which a part is ended at the next border of pages: what a crash costs at most, for each chain.
const PART_ENTRIES: u64 = 10_000;
/// Speed matters more than size for parts, which live for minutes.
const PART_LEVEL: i32 = 1;

/// Writes parts into a folder.
pub(super) struct Parts<'a> {
    pub disk: &'a dyn Disk,
    pub folder: &'a Path,
    pub is_compressed: bool,
    /// What is read are the entries that arrived late.
    pub is_late: bool,
    pub pieces: Mutex<BTreeMap<usize, Piece>>,
    /// What the file system refused, and where.
    pub refused: Mutex<Option<(PathBuf, io::Error)>>,
}

/// A piece of time that is being read.
pub(super) struct Piece {
    /// Where the open part begins.
    start: Timestamp,
    number: usize,
    lines: Option<Lines>,
    /// Of the last instant, with their time.
    held: Vec<(Timestamp, Vec<u8>)>,
    /// Time of the last record that has one.
    last: Timestamp,
}

impl Parts<'_> {
    /// Passes the piece to a step that may fail on the disk.
    fn with(&self, number: usize, step: impl FnOnce(&mut Piece) -> io::Result<()>) -> Result<(), String> {
        let Some(mut piece) = lock(&self.pieces).remove(&number) else {
            return Ok(());
        };
        match step(&mut piece) {
            Ok(()) => {
                lock(&self.pieces).insert(number, piece);
                Ok(())
            }
            Err(error) => {
                let words = error.to_string();
                lock(&self.refused).get_or_insert((self.folder.to_owned(), error));
                Err(words)
            }
        }
    }

    fn temporary(&self, number: usize) -> PathBuf {
        self.folder.join(format!("{number}.tmp"))
    }

    fn write(&self, piece: &mut Piece, line: &[u8]) -> io::Result<()> {
        let lines = match &mut piece.lines {
            Some(lines) => lines,
            None => {
                let level = self.is_compressed.then_some(PART_LEVEL);
                let path = self.temporary(piece.number);
                piece.lines.insert(Lines::create(self.disk, &path, level)?)
            }
        };
        lines.line(line)
    }

    /// Writes what was held back and lies before `until`.
    fn release(&self, piece: &mut Piece, until: Timestamp) -> io::Result<()> {
        for (time, line) in std::mem::take(&mut piece.held) {
            if time < until {
                self.write(piece, &line)?;
            } else {
                piece.held.push((time, line));
            }
        }
        Ok(())
    }

    /// Ends the open part: it has everything from its start until then.
    fn complete(&self, piece: &mut Piece, until: Timestamp) -> io::Result<()> {
        let span = Span {
            start: piece.start,
            end: until,
        };
        if span.is_empty() {
            return Ok(());
        }
        if piece.lines.is_none() {
            let path = self.temporary(piece.number);
            piece.lines = Some(Lines::create(self.disk, &path, None)?);
        }
        if let Some(lines) = piece.lines.take() {
            let entries = lines.count();
            let hash = lines.finish()?;
            let name = part_name(self.is_late, span, entries, hash);
            self.disk
                .rename(&self.temporary(piece.number), &self.folder.join(name))?;
            self.disk.settle(self.folder)?;
        }
        piece.start = until;
        Ok(())
    }
}

impl Receiver for Parts<'_> {
    fn begin(&self, number: usize, span: Span) {
        let piece = Piece {
            start: span.start,
            number,
            lines: None,
            held: vec![],
            last: span.start,
        };
        lock(&self.pieces).insert(number, piece);
    }

    fn take(&self, number: usize, bytes: Vec<u8>, records: Vec<Record>, until: Timestamp) -> Result<(), String> {
        self.with(number, |piece| {
            self.release(piece, until)?;
            let mut line = vec![];
            for record in records {
                piece.last = record.time.unwrap_or(piece.last);
                line.clear();
                compact(&bytes[record.range], &mut line);
                if piece.last < until {
                    self.write(piece, &line)?;
                } else {
                    piece.held.push((piece.last, line.clone()));
                }
            }
            if piece.lines.as_ref().is_some_and(|l| l.count() >= PART_ENTRIES) {
                self.complete(piece, until)?;
            }
            Ok(())
        })
    }

    fn end(&self, number: usize, until: Timestamp) -> Result<(), String> {
        self.with(number, |piece| {
            self.release(piece, until)?;
            self.complete(piece, until)
        })
    }
}
