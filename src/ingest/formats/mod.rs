//! What a source holds: told by its first bytes, never by its name, and read as a stream of records.
//!
//! A reader finds the borders of records and hands each on as the bytes of one JSON object, or as one line of text.
//! It does not look inside: what an entry means is the scanner's business.

use super::Reason;

/// Takes what a format reader finds, in the order of the source.
pub trait Records {
    /// One JSON object, at the given line (from 1). It may span lines and hold any white space.
    fn object(&mut self, json: &[u8], line: u64);
    /// One line of plain text, without its line end.
    fn text(&mut self, text: &[u8], line: u64);
    /// A problem at the given line; `detail` is cut by the receiver.
    fn problem(&mut self, reason: Reason, line: u64, detail: &str);
    /// Whether the receiver wants no more (a limit was hit).
    fn is_full(&self) -> bool {
        false
    }
}

// STUB until the branch `formats` is merged
pub const RECORD_BYTES_MAX: usize = 16 << 20;
#[derive(PartialEq, Clone, Copy)]
pub enum Format {
    Ndjson,
    Json,
}
impl Format {
    pub fn name(self) -> &'static str {
        "ndjson"
    }
}
pub struct Decoded {
    pub reader: Box<dyn std::io::BufRead + Send>,
    pub compression: Option<&'static str>,
}
impl Decoded {
    pub fn is_plain(&self) -> bool {
        true
    }
    pub fn encoding_label(&self) -> Option<&'static str> {
        None
    }
}
pub fn decode(r: impl std::io::Read + Send + 'static) -> std::io::Result<Decoded> {
    Ok(Decoded {
        reader: Box::new(std::io::BufReader::new(r)),
        compression: None,
    })
}
pub fn sniff(_h: &[u8]) -> Format {
    Format::Ndjson
}
pub fn read(_f: Format, _r: &mut dyn std::io::BufRead, _o: &mut dyn Records) -> std::io::Result<()> {
    Ok(())
}
