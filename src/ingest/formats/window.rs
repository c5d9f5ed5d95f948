//! A window of bytes over a stream, which keeps whole what is not consumed yet and counts lines.
//!
//! Input: a buffered reader. Output: slices of it. It grows only as far as one record needs, and never fails: an error
//! of the reader ends the stream and is kept for the end.

use std::io::{self, BufRead};

/// Bytes the window holds at first.
const WINDOW_BYTES: usize = 256 << 10;

/// See the module.
pub(super) struct Window<'r> {
    reader: &'r mut dyn BufRead,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    line: u64,
    ended: bool,
    error: Option<io::Error>,
}

impl<'r> Window<'r> {
    pub(super) fn new(reader: &'r mut dyn BufRead) -> Self {
        Window {
            reader,
            buffer: vec![0; WINDOW_BYTES],
            start: 0,
            end: 0,
            line: 1,
            ended: false,
            error: None,
        }
    }

    /// What has been read and not consumed.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Line of the first byte of [`Window::bytes`], from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Whether nothing can follow [`Window::bytes`].
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether an error ended the stream before its time.
    pub(super) fn is_cut(&self) -> bool {
        self.error.is_some()
    }

    /// The error that ended the stream, if one did.
    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// Lets go of the first `count` bytes.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        let gone = &self.buffer[self.start..self.start + count];
        self.line += memchr::memchr_iter(b'\n', gone).count() as u64;
        self.start += count;
    }

    /// Reads on, keeping what is not consumed; `false` at the end of the stream.
    pub(super) fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        self.make_room();
        let read = loop {
            match self.reader.fill_buf() {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        match read {
            Ok([]) => self.ended = true,
            Ok(bytes) => {
                let count = bytes.len().min(self.buffer.len() - self.end);
                self.buffer[self.end..self.end + count].copy_from_slice(&bytes[..count]);
                self.reader.consume(count);
                self.end += count;
            }
            Err(e) => {
                self.ended = true;
                self.error = Some(e);
            }
        }
        !self.ended
    }

    /// The byte at an index of [`Window::bytes`], read if need be; `None` beyond the end.
    pub(super) fn byte(&mut self, index: usize) -> Option<u8> {
        while self.start + index >= self.end {
            if !self.fill() {
                return None;
            }
        }
        Some(self.buffer[self.start + index])
    }

    /// Reads until `count` bytes are there or the stream ends, and gives all there are.
    pub(super) fn at_least(&mut self, count: usize) -> &[u8] {
        while self.end - self.start < count && self.fill() {}
        self.bytes()
    }

    /// The length of the current line with its line end, read up to `limit` bytes; `None` when it is longer.
    pub(super) fn line_length(&mut self, limit: usize) -> Option<usize> {
        let mut searched = 0;
        loop {
            if let Some(found) = memchr::memchr(b'\n', &self.bytes()[searched..]) {
                return Some(searched + found + 1).filter(|length| *length <= limit);
            }
            searched = self.bytes().len();
            if searched > limit {
                return None;
            }
            if !self.fill() {
                return Some(searched);
            }
        }
    }

    /// Lets go of everything up to and including the next line end.
    pub(super) fn consume_line(&mut self) {
        loop {
            if let Some(found) = memchr::memchr(b'\n', self.bytes()) {
                return self.consume(found + 1);
            }
            self.consume(self.end - self.start);
            if !self.fill() {
                return;
            }
        }
    }

    fn make_room(&mut self) {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.end < self.buffer.len() {
            return;
        }
        if self.start > self.buffer.len() / 2 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        } else {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_and_long_ones_are_told() {
        let mut input: &[u8] = b"one\ntwo\r\nthree";
        let mut window = Window::new(&mut input);
        assert_eq!(window.line_length(10), Some(4));
        window.consume(4);
        assert_eq!((window.line(), window.byte(0)), (2, Some(b't')));
        assert_eq!(window.line_length(3), None);
        window.consume_line();
        assert_eq!((window.line(), window.line_length(10)), (3, Some(5)));
        window.consume(5);
        assert_eq!((window.byte(0), window.has_ended(), window.line()), (None, true, 3));
    }

    #[test]
    fn what_is_not_consumed_stays_when_the_window_grows() {
        let data: Vec<u8> = (0..3 * WINDOW_BYTES).map(|i| (i % 251) as u8).collect();
        let mut input: &[u8] = &data;
        let mut window = Window::new(&mut input);
        window.at_least(10);
        window.consume(10);
        assert_eq!(window.at_least(data.len()), &data[10..]);
    }
}
