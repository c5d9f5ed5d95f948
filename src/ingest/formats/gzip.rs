//! gzip with any number of members, and with padding or other bytes after the last one.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;

use super::full::Full;

/// What every member begins with (RFC 1952, section 2.3.1).
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// See the module. Errors are `UnexpectedEof` for a cut stream, `InvalidData` for a broken one.
pub(super) struct Gzip<R: Read> {
    /// `None` after the last member.
    member: Option<GzDecoder<Full<R>>>,
}

impl<R: Read> Gzip<R> {
    pub(super) fn new(source: Full<R>) -> Self {
        Gzip {
            member: Some(GzDecoder::new(source)),
        }
    }
}

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while let Some(mut member) = self.member.take() {
            let count = member.read(out).map_err(as_broken)?;
            if count > 0 {
                self.member = Some(member);
                return Ok(count);
            }
            let mut source = member.into_inner();
            if source.peek(MAGIC.len()).starts_with(&MAGIC) {
                self.member = Some(GzDecoder::new(source));
            }
        }
        Ok(0)
    }
}

fn as_broken(e: io::Error) -> io::Error {
    match e.kind() {
        io::ErrorKind::InvalidInput => io::Error::new(io::ErrorKind::InvalidData, format!("broken gzip stream: {e}")),
        _ => e,
    }
}
