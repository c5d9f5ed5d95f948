//! What tests of the readers share: a receiver that remembers, and readers that give their bytes in odd pieces.

use std::io::{self, BufReader, Cursor, Read};

use serde_json::Value;

use super::{Format, Reason, Records, decode, read, sniff};

/// Everything a reader handed on.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) objects: Vec<(Vec<u8>, u64)>,
    pub(super) texts: Vec<(String, u64)>,
    pub(super) problems: Vec<(Reason, u64, String)>,
}

impl Records for Seen {
    fn object(&mut self, json: &[u8], line: u64) {
        self.objects.push((json.to_vec(), line));
    }

    fn text(&mut self, text: &[u8], line: u64) {
        self.texts.push((String::from_utf8_lossy(text).into_owned(), line));
    }

    fn problem(&mut self, reason: Reason, line: u64, detail: &str) {
        self.problems.push((reason, line, detail.to_owned()));
    }
}

impl Seen {
    /// Objects as values with their lines; `null` for one that is not JSON.
    pub(super) fn values(&self) -> Vec<(Value, u64)> {
        let value = |json: &[u8]| serde_json::from_slice(json).unwrap_or(Value::Null);
        self.objects.iter().map(|(json, line)| (value(json), *line)).collect()
    }

    /// The `insertId` of each object.
    pub(super) fn ids(&self) -> Vec<String> {
        self.values()
            .iter()
            .map(|(v, _)| v["insertId"].as_str().unwrap_or("-").to_owned())
            .collect()
    }

    pub(super) fn lines(&self) -> Vec<u64> {
        self.objects.iter().map(|(_, line)| *line).collect()
    }

    pub(super) fn reasons(&self) -> Vec<(Reason, u64)> {
        self.problems.iter().map(|(reason, line, _)| (*reason, *line)).collect()
    }
}

/// Reads text as a format.
pub(super) fn read_as(format: Format, text: &[u8]) -> Seen {
    let mut seen = Seen::default();
    read(format, &mut &text[..], &mut seen).expect("bytes in memory have no errors");
    seen
}

/// Reads a source as the tool would.
pub(super) fn read_source(data: &[u8]) -> (Format, Seen) {
    let mut decoded = decode(Cursor::new(data.to_vec())).expect("a decoder can be set up");
    let head = decoded.reader.fill_buf().map(<[u8]>::to_vec).unwrap_or_default();
    let format = sniff(&head[..head.len().min(64 << 10)]);
    let mut seen = Seen::default();
    read(format, &mut decoded.reader, &mut seen).expect("bytes in memory have no errors");
    (format, seen)
}

/// Reads text as a format from a reader that gives at most so many bytes at once, by turns.
pub(super) fn read_in_pieces(format: Format, text: &[u8], pieces: &[usize]) -> Seen {
    let reader = Pieces {
        inner: Cursor::new(text.to_vec()),
        pieces: pieces.to_vec(),
        turn: 0,
    };
    let mut seen = Seen::default();
    read(format, &mut BufReader::with_capacity(64, reader), &mut seen).expect("bytes in memory have no errors");
    seen
}

struct Pieces {
    inner: Cursor<Vec<u8>>,
    pieces: Vec<usize>,
    turn: usize,
}

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let piece = self.pieces[self.turn % self.pieces.len()].clamp(1, out.len());
        self.turn += 1;
        self.inner.read(&mut out[..piece])
    }
}
