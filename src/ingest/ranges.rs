//! Reads a plain file of lines in ranges, so that several threads share one file.
//!
//! A chunk owns the lines that *start* in it: it looks one byte back to see whether its first byte starts a line, and
//! reads on past its end to finish its last line.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::formats::RECORD_BYTES_MAX;

/// Bytes of a chunk: small enough to stay in a core's own cache while it is scanned and counted.
pub const CHUNK_BYTES: u64 = 256 * 1024;

/// Chunks of a file of this size.
pub fn chunks(bytes: u64) -> u64 {
    bytes.div_ceil(CHUNK_BYTES)
}

/// What [`read_chunk`] left in the buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Lines {
    /// Where the chunk's lines are in the buffer.
    pub start: usize,
    /// See `start`.
    pub end: usize,
    /// XXH3 of the chunk's own bytes.
    pub hash: u128,
    /// The last line is longer than a record may be; it is not in the buffer.
    pub oversized: bool,
}

/// Reads chunk `index` of the file into the buffer.
///
/// # Errors
/// What the file system says.
pub fn read_chunk(file: &mut File, index: u64, buffer: &mut Vec<u8>) -> io::Result<Lines> {
    let offset = index * CHUNK_BYTES;
    let look_back = usize::from(offset > 0);
    let whole = look_back + CHUNK_BYTES as usize;
    file.seek(SeekFrom::Start(offset - look_back as u64))?;
    buffer.resize(whole, 0);
    let got = read_full(file, buffer)?;
    buffer.truncate(got);
    let hash = xxhash_rust::xxh3::xxh3_128(buffer.get(look_back..).unwrap_or_default());

    let start = match look_back {
        0 => 0,
        _ => memchr::memchr(b'\n', buffer).map_or(got, |i| i + 1),
    };
    if got < whole || buffer.last() == Some(&b'\n') || start >= got {
        return Ok(Lines {
            start: start.min(got),
            end: got,
            hash,
            oversized: false,
        });
    }
    let complete = memchr::memrchr(b'\n', &buffer[start..]).map_or(start, |i| start + i + 1);
    let end = finish_line(file, buffer, got)?.filter(|end| end - complete <= RECORD_BYTES_MAX);
    Ok(Lines {
        start,
        end: end.unwrap_or(complete),
        hash,
        oversized: end.is_none(),
    })
}

/// Reads on until the line that is open at `from` ends; its end in the buffer, or `None` if it is too long.
fn finish_line(file: &mut File, buffer: &mut Vec<u8>, from: usize) -> io::Result<Option<usize>> {
    const STEP: usize = 4 * 1024;
    let mut at = from;
    while at - from < RECORD_BYTES_MAX {
        buffer.resize(at + STEP, 0);
        let got = read_full(file, &mut buffer[at..])?;
        buffer.truncate(at + got);
        if let Some(i) = memchr::memchr(b'\n', &buffer[at..]) {
            return Ok(Some(at + i + 1));
        }
        if got < STEP {
            return Ok(Some(at + got));
        }
        at += got;
    }
    Ok(None)
}

fn read_full(file: &mut File, mut buffer: &mut [u8]) -> io::Result<usize> {
    let mut total = 0;
    while !buffer.is_empty() {
        match file.read(buffer) {
            Ok(0) => break,
            Ok(got) => {
                total += got;
                buffer = &mut buffer[got..];
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// All lines of a file, by the chunk that owns them.
    fn lines_by_chunk(content: &[u8]) -> Vec<Vec<u8>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        let mut buffer = vec![];
        let read = |index| {
            let lines = read_chunk(&mut file, index, &mut buffer).unwrap();
            buffer[lines.start..lines.end].to_vec()
        };
        (0..chunks(content.len() as u64)).map(read).collect()
    }

    #[test]
    fn every_line_belongs_to_one_chunk() {
        let chunk = CHUNK_BYTES as usize;
        for lengths in [
            vec![chunk - 1, 5, chunk, 3 * chunk, 1, 0, 9],
            vec![chunk, chunk - 1, chunk - 1],
            vec![10; 100_000],
            vec![0; 70],
            vec![4 * chunk],
        ] {
            for last_ends in [true, false] {
                let mut content = vec![];
                for (i, length) in lengths.iter().enumerate() {
                    content.extend(std::iter::repeat_n(b'a' + (i % 26) as u8, *length));
                    content.push(b'\n');
                }
                if !last_ends {
                    content.pop();
                }
                let parts = lines_by_chunk(&content);
                assert!(
                    parts
                        .iter()
                        .all(|p| p.is_empty() || p.last() == Some(&b'\n') || content.ends_with(p))
                );
                assert_eq!(parts.concat(), content);
            }
        }
    }
}
