//! A buffered reader whose buffer is always as full as it can be, so that one look shows the head of a source.

use std::io::{self, BufRead, Read};

/// Bytes of the buffer.
const BUFFER_BYTES: usize = 256 << 10;

/// Bytes asked for at once. A broken compressed block loses what it gave in the same call, so calls are small.
const READ_BYTES: usize = 16 << 10;

/// See the module. An error comes after all bytes that were read before it, and stays: whoever looks at the head first
/// does not hide it from whoever reads on.
pub(super) struct Full<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    is_at_end: bool,
    error: Option<io::Error>,
}

impl<R: Read> Full<R> {
    pub(super) fn new(inner: R) -> Self {
        Full {
            inner,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            is_at_end: false,
            error: None,
        }
    }

    /// What comes next, up to the size of the buffer. An error is left for the next read.
    pub(super) fn head(&mut self) -> &[u8] {
        if self.start == self.end {
            self.refill();
        }
        &self.buffer[self.start..self.end]
    }

    /// At least `count` next bytes where there are so many; fewer than the buffer holds.
    pub(super) fn peek(&mut self, count: usize) -> &[u8] {
        if self.end - self.start < count {
            self.refill();
        }
        &self.buffer[self.start..self.end]
    }

    fn refill(&mut self) {
        if self.is_at_end || self.error.is_some() {
            return;
        }
        self.buffer.resize(BUFFER_BYTES, 0);
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        while self.end < BUFFER_BYTES {
            let stop = BUFFER_BYTES.min(self.end + READ_BYTES);
            match self.inner.read(&mut self.buffer[self.end..stop]) {
                Ok(0) => {
                    self.is_at_end = true;
                    return;
                }
                Ok(count) => self.end += count,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.error = Some(e);
                    return;
                }
            }
        }
    }
}

impl<R: Read> BufRead for Full<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.refill();
            if self.start == self.end
                && let Some(e) = &self.error
            {
                return Err(io::Error::new(e.kind(), e.to_string()));
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }
}

impl<R: Read> Read for Full<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(out.len());
        out[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}
