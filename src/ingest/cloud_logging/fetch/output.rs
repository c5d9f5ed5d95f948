//! A file that is written in lines: compressed if asked for, hashed as stored.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use super::disk::{Disk, Output};

/// Bytes that are written at once.
const BUFFER_BYTES: usize = 128 << 10;

/// See the module.
pub(super) struct Lines {
    encoder: BufWriter<Encoder>,
    lines: u64,
}

enum Encoder {
    Plain(Hashing),
    Zstd(Box<zstd::Encoder<'static, Hashing>>),
}

/// Hashes what it passes on.
struct Hashing {
    output: Box<dyn Output>,
    hash: Box<Xxh3>,
}

impl Lines {
    /// Begins a file; `level` is zstd's, without one it is not compressed.
    pub(super) fn create(disk: &dyn Disk, path: &Path, level: Option<i32>) -> io::Result<Lines> {
        let output = Hashing {
            output: disk.create(path)?,
            hash: Box::new(Xxh3::new()),
        };
        let encoder = match level {
            None => Encoder::Plain(output),
            Some(level) => Encoder::Zstd(Box::new(zstd::Encoder::new(output, level)?)),
        };
        Ok(Lines {
            encoder: BufWriter::with_capacity(BUFFER_BYTES, encoder),
            lines: 0,
        })
    }

    /// Writes a line; the line end is added.
    pub(super) fn line(&mut self, line: &[u8]) -> io::Result<()> {
        self.lines += 1;
        self.encoder.write_all(line)?;
        self.encoder.write_all(b"\n")
    }

    /// Lines so far.
    pub(super) fn count(&self) -> u64 {
        self.lines
    }

    /// Ends the file; returns the hash of its bytes.
    pub(super) fn finish(self) -> io::Result<u128> {
        let encoder = self.encoder.into_inner().map_err(io::IntoInnerError::into_error)?;
        let mut hashing = match encoder {
            Encoder::Plain(hashing) => hashing,
            Encoder::Zstd(encoder) => encoder.finish()?,
        };
        hashing.output.settle()?;
        Ok(hashing.hash.digest128())
    }
}

impl Write for Encoder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Encoder::Plain(output) => output.write(bytes),
            Encoder::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Encoder::Plain(output) => output.flush(),
            Encoder::Zstd(encoder) => encoder.flush(),
        }
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
