//! Undoes compression and encoding, both told by content: gzip, zstd, byte order marks, UTF-16.
//!
//! Input: the bytes of a file or stream. Output: a buffered reader of UTF-8 text. What could be decoded is delivered
//! before any error. It knows nothing of records.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE};

use super::full::Full;
use super::gzip::Gzip;

/// Bytes that are looked at to tell UTF-16 without a byte order mark.
const GUESS_BYTES: usize = 4096;

/// Layers of compression that are undone: an object stored as `.gz` is at times compressed again on its way.
const COMPRESSION_LAYERS_MAX: usize = 2;

/// How the text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, little-endian: what PowerShell's `>` writes.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
}

impl Encoding {
    /// The name in reports, such as `utf-16le`.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
        }
    }
}

/// A source as text.
pub struct Decoded {
    /// The text as UTF-8, without its byte order mark. Its first `fill_buf` gives at least 64 KiB, or all there is.
    ///
    /// A compressed stream that is cut ends with an error of kind `UnexpectedEof`, a broken one with `InvalidData`.
    pub reader: Box<dyn BufRead + Send>,
    /// `gzip` or `zstd`; the outer one when there are two.
    pub compression: Option<&'static str>,
    /// How the text was encoded.
    pub encoding: Encoding,
}

/// Finds out by its first bytes how a source is compressed and encoded, and undoes it.
///
/// # Errors
/// Only when a decompressor cannot be set up; errors of the source come when its bytes are read.
pub fn decode(reader: impl Read + Send + 'static) -> io::Result<Decoded> {
    let mut source = Full::new(Box::new(reader) as Box<dyn Read + Send>);
    let mut outer = None;
    for _ in 0..COMPRESSION_LAYERS_MAX {
        let Some(compression) = compression_of(source.head()) else {
            break;
        };
        outer = outer.or(Some(compression));
        source = Full::new(match compression {
            "gzip" => Box::new(Gzip::new(source)),
            _ => Box::new(Zstd::new(source)?),
        });
    }
    Ok(as_text(source, outer))
}

/// Told by the magic number: RFC 1952 section 2.3.1, RFC 8878 sections 3.1.1 and 3.1.2 (skippable frames).
fn compression_of(head: &[u8]) -> Option<&'static str> {
    match head {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some("zstd"),
        _ => None,
    }
}

fn as_text(mut source: Full<Box<dyn Read + Send>>, compression: Option<&'static str>) -> Decoded {
    let (encoding, mark_bytes) = encoding_of(source.head());
    source.consume(mark_bytes);
    let reader: Box<dyn BufRead + Send> = match encoding {
        Encoding::Utf8 => Box::new(source),
        Encoding::Utf16Le => Box::new(Full::new(Utf16::new(
            source,
            UTF_16LE.new_decoder_without_bom_handling(),
        ))),
        Encoding::Utf16Be => Box::new(Full::new(Utf16::new(
            source,
            UTF_16BE.new_decoder_without_bom_handling(),
        ))),
    };
    Decoded {
        reader,
        compression,
        encoding,
    }
}

/// The encoding, and the length of the byte order mark.
fn encoding_of(head: &[u8]) -> (Encoding, usize) {
    match head {
        [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
        [0xff, 0xfe, ..] => (Encoding::Utf16Le, 2),
        [0xfe, 0xff, ..] => (Encoding::Utf16Be, 2),
        _ => (guess(&head[..head.len().min(GUESS_BYTES)]), 0),
    }
}

/// Logs are mostly ASCII, so that UTF-16 has a NUL in nearly every other byte; the other half has few or none (an emoji
/// may put one there).
fn guess(head: &[u8]) -> Encoding {
    let pairs = head.len() / 2;
    let nuls = |offset: usize| head.iter().skip(offset).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (nuls(0), nuls(1));
    let (many, few) = (pairs - pairs / 4, pairs / 16);
    match (even, odd) {
        _ if pairs == 0 => Encoding::Utf8,
        _ if odd >= many && even <= few => Encoding::Utf16Le,
        _ if even >= many && odd <= few => Encoding::Utf16Be,
        _ => Encoding::Utf8,
    }
}

/// UTF-16 in, UTF-8 out; lone surrogates become U+FFFD.
struct Utf16<R: Read> {
    source: Full<R>,
    decoder: Decoder,
    is_done: bool,
}

impl<R: Read> Utf16<R> {
    fn new(source: Full<R>, decoder: Decoder) -> Self {
        Utf16 {
            source,
            decoder,
            is_done: false,
        }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !self.is_done {
            let input = self.source.fill_buf()?;
            let is_last = input.is_empty();
            let (result, used, written, _) = self.decoder.decode_to_utf8(input, out, is_last);
            self.source.consume(used);
            self.is_done = is_last && result == encoding_rs::CoderResult::InputEmpty;
            if written > 0 {
                return Ok(written);
            }
            if used == 0 && !is_last {
                return Err(io::Error::other("a buffer too small for one character"));
            }
        }
        Ok(0)
    }
}

/// zstd, any number of frames; its errors in the kinds that [`Decoded::reader`] promises.
struct Zstd<R: Read> {
    decoder: zstd::stream::read::Decoder<'static, Full<R>>,
}

impl<R: Read> Zstd<R> {
    fn new(source: Full<R>) -> io::Result<Self> {
        let decoder = zstd::stream::read::Decoder::with_buffer(source)?;
        Ok(Zstd { decoder })
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(out).map_err(|e| match e.kind() {
            io::ErrorKind::Other => io::Error::new(io::ErrorKind::InvalidData, format!("broken zstd stream: {e}")),
            _ => e,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use std::io::Write as _;

    const TEXT: &str = "{\"textPayload\":\"caf\u{e9} \u{1f600}\"}\nline two\r\n";

    fn gz(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        let units = text.encode_utf16();
        units
            .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
            .collect()
    }

    /// Everything that is delivered, and how it ends.
    fn read_all(data: Vec<u8>) -> (Decoded, Vec<u8>, Option<io::ErrorKind>) {
        let mut decoded = decode(Cursor::new(data)).unwrap();
        let mut out = Vec::new();
        let end = decoded.reader.read_to_end(&mut out).err().map(|e| e.kind());
        (decoded, out, end)
    }

    #[test]
    fn every_wrapping_gives_the_text() {
        let plain = TEXT.as_bytes().to_vec();
        let with = |mark: &[u8], body: Vec<u8>| [mark, &body].concat();
        let zst = zstd::encode_all(&plain[..], 3).unwrap();
        let cases = [
            ("plain", plain.clone(), None, Encoding::Utf8),
            ("bom", with(&[0xef, 0xbb, 0xbf], plain.clone()), None, Encoding::Utf8),
            ("gzip", gz(&plain), Some("gzip"), Encoding::Utf8),
            (
                "members",
                [gz(&plain[..9]), gz(&plain[9..])].concat(),
                Some("gzip"),
                Encoding::Utf8,
            ),
            (
                "garbage",
                [gz(&plain), vec![0; 512]].concat(),
                Some("gzip"),
                Encoding::Utf8,
            ),
            ("twice", gz(&gz(&plain)), Some("gzip"), Encoding::Utf8),
            ("zstd", zst.clone(), Some("zstd"), Encoding::Utf8),
            (
                "frames",
                [
                    zstd::encode_all(&plain[..9], 3).unwrap(),
                    zstd::encode_all(&plain[9..], 3).unwrap(),
                ]
                .concat(),
                Some("zstd"),
                Encoding::Utf8,
            ),
            (
                "utf-16le mark",
                with(&[0xff, 0xfe], utf16(TEXT, false)),
                None,
                Encoding::Utf16Le,
            ),
            (
                "utf-16be mark",
                with(&[0xfe, 0xff], utf16(TEXT, true)),
                None,
                Encoding::Utf16Be,
            ),
            ("utf-16le", utf16(TEXT, false), None, Encoding::Utf16Le),
            ("utf-16be", utf16(TEXT, true), None, Encoding::Utf16Be),
            (
                "utf-16 in gzip",
                gz(&with(&[0xff, 0xfe], utf16(TEXT, false))),
                Some("gzip"),
                Encoding::Utf16Le,
            ),
        ];
        for (name, data, compression, encoding) in cases {
            let (decoded, out, end) = read_all(data);
            assert_eq!(
                (decoded.compression, decoded.encoding),
                (compression, encoding),
                "{name}"
            );
            assert_eq!((String::from_utf8(out).unwrap().as_str(), end), (TEXT, None), "{name}");
        }
    }

    #[test]
    fn cut_streams_deliver_what_they_have_and_say_so() {
        let text: String = (0..4000).map(|i| format!("{{\"insertId\":\"{i}\"}}\n")).collect();
        for data in [gz(text.as_bytes()), zstd::encode_all(text.as_bytes(), 3).unwrap()] {
            for cut in (4..data.len()).step_by(97) {
                let (_, out, end) = read_all(data[..cut].to_vec());
                assert!(text.as_bytes().starts_with(&out));
                assert_eq!(end, Some(io::ErrorKind::UnexpectedEof), "{cut}");
            }
        }
        let (_, out, _) = read_all(gz(text.as_bytes())[..3000].to_vec());
        assert!(out.len() > 10_000, "only {} bytes", out.len());
    }

    #[test]
    fn broken_streams_are_invalid_data() {
        let text: String = (0..90_000)
            .map(|i| format!("line {} of many\n", i * 7919 % 1_000_003))
            .collect();
        for mut data in [gz(text.as_bytes()), zstd::encode_all(text.as_bytes(), 3).unwrap()] {
            let middle = data.len() / 2;
            data[middle..middle + 40].fill(0xff);
            let (_, out, end) = read_all(data);
            assert_eq!(end, Some(io::ErrorKind::InvalidData));
            assert!(out.len() > 100_000, "only {} bytes", out.len());
            assert!(text.as_bytes().starts_with(&out[..out.len() / 4]));
        }
    }

    #[test]
    fn small_and_odd_inputs_are_text() {
        for data in [vec![], vec![0], vec![0x1f], b"a".to_vec(), vec![0, 0, 0, 0], vec![0xff]] {
            let (decoded, out, end) = read_all(data.clone());
            assert_eq!(
                (decoded.compression, decoded.encoding, end),
                (None, Encoding::Utf8, None)
            );
            assert_eq!(out, data);
        }
        let (_, out, _) = read_all(vec![0xff, 0xfe, b'a', 0, b'b']);
        assert_eq!(String::from_utf8(out).unwrap(), "a\u{fffd}");
    }
}
