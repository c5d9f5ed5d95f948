//! Reads JSON objects and YAML documents with anything between them: arrays, pages, pasted objects, shell transcripts.
//!
//! Input: a window. Output: records and problems, in order. It holds one record at a time, descends into arrays and
//! into the containers that entries are wrapped in, and goes on after what is broken. It does not judge records.

use super::border::{self, Border, Step};
use super::keys::{self, KeyMeaning};
use super::recover::{Broken, Start, find_start};
use super::window::Window;
use super::yaml::{self, DocumentError};
use super::{BYTE_ORDER_MARK, RECORD_BYTES_MAX, Reason, Records, detail};

/// Bytes of a line that decide what it is.
const LINE_HEAD_BYTES: usize = 256;

const OVERSIZED: &str = "an object of more than 16 MiB";

/// What the position is inside of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// An array of records.
    Array,
    /// An object that holds records in some of its members.
    Page,
    /// An object whose members are arrays of records.
    Groups,
}

/// See the module.
pub(super) struct Stream<'a, 'r> {
    window: &'a mut Window<'r>,
    out: &'a mut dyn Records,
    frames: Vec<Frame>,
    /// Columns of white space that the current line begins with.
    indent: usize,
    /// Whether only white space stands before the position in its line.
    is_blank: bool,
    /// Whether a `---` stands before the position, and nothing else since.
    after_separator: bool,
    /// Whether every mapping after a `---` is a record, and not only those that begin as an entry does.
    any_document: bool,
    /// Whether the end of the input has been reported as a cut.
    is_truncated: bool,
    document: Vec<u8>,
    json: Vec<u8>,
}

/// Reads to the end. `any_document` says that the input is YAML, and not a transcript with YAML in it.
pub(super) fn read(window: &mut Window<'_>, out: &mut dyn Records, any_document: bool) {
    let mut stream = Stream {
        window,
        out,
        frames: Vec::new(),
        indent: 0,
        is_blank: true,
        after_separator: false,
        any_document,
        is_truncated: false,
        document: Vec::new(),
        json: Vec::new(),
    };
    while !stream.out.is_full() {
        let Some(byte) = stream.window.byte(0) else {
            return stream.finish();
        };
        stream.token(byte);
    }
}

impl Stream<'_, '_> {
    fn finish(&mut self) {
        if !self.frames.is_empty() {
            self.truncated(self.window.line(), "the input ends before the array of entries does");
        }
    }

    /// A cut compressed stream is reported where its error is.
    fn truncated(&mut self, line: u64, what: &str) {
        if !self.is_truncated && !self.window.is_cut() {
            self.out.problem(Reason::Truncated, line, what);
        }
        self.is_truncated = true;
    }

    fn token(&mut self, byte: u8) {
        match byte {
            b'\n' => {
                self.window.consume(1);
                (self.indent, self.is_blank) = (0, true);
            }
            b' ' | b'\t' | b'\r' => {
                self.window.consume(1);
                self.indent += usize::from(self.is_blank);
            }
            b',' => self.skip(1),
            b'{' => self.record(),
            b'[' => self.open_array(),
            b']' | b'}' => {
                let closes = self
                    .frames
                    .last()
                    .is_some_and(|top| (*top == Frame::Array) == (byte == b']'));
                if closes {
                    self.frames.pop();
                }
                self.skip(1);
            }
            b'"' if matches!(self.frames.last(), Some(Frame::Page | Frame::Groups)) => self.member(),
            0xef if self.window.at_least(3).starts_with(BYTE_ORDER_MARK) => self.window.consume(3),
            _ => self.line(),
        }
    }

    fn skip(&mut self, count: usize) {
        self.window.consume(count);
        (self.is_blank, self.after_separator) = (false, false);
    }

    fn open_array(&mut self) {
        let next = self.window.byte(1);
        let is_array = matches!(
            next,
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'{' | b'[' | b']' | b'"')
        );
        if is_array || self.frames.last() == Some(&Frame::Array) {
            self.frames.push(Frame::Array);
            self.skip(1);
        } else {
            self.stray();
        }
    }

    /// What is neither a bracket nor blank: a separator, a YAML document, a fence, a value in an array, or text.
    fn line(&mut self) {
        let at_start = self.is_blank && self.indent == 0;
        self.window.line_length(LINE_HEAD_BYTES);
        let bytes = self.window.bytes();
        let bytes = &bytes[..bytes.len().min(LINE_HEAD_BYTES)];
        let head = memchr::memchr(b'\n', bytes).map_or(bytes, |end| &bytes[..end]);
        let head = head.trim_ascii_end();
        if at_start && matches!(head, b"---" | b"...") {
            self.after_separator = head == b"---";
            self.window.consume_line();
        } else if self.is_blank && head.starts_with(b"```") {
            self.window.consume_line();
            self.indent = 0;
        } else if at_start && self.begins_document(head) {
            self.yaml();
        } else if let Some(length) = self.value_in_array(head) {
            let what = detail(&head[..length]);
            self.out.problem(Reason::NotAnObject, self.window.line(), &what);
            self.skip(length);
        } else {
            self.stray();
        }
    }

    fn stray(&mut self) {
        self.window.line_length(LINE_HEAD_BYTES);
        let bytes = self.window.bytes();
        let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        self.out
            .problem(Reason::StrayText, self.window.line(), &detail(&bytes[..end]));
        self.window.consume_line();
        (self.indent, self.is_blank, self.after_separator) = (0, true, false);
    }

    /// Length of a string, number or word that is an element of an array.
    fn value_in_array(&self, head: &[u8]) -> Option<usize> {
        if self.frames.last() != Some(&Frame::Array) {
            return None;
        }
        let length = match head.split_first()? {
            (b'"', rest) => memchr::memchr(b'"', rest)? + 2,
            _ => head.iter().position(|b| matches!(b, b',' | b']')).unwrap_or(head.len()),
        };
        let (value, rest) = (head[..length].trim_ascii_end(), head[length..].trim_ascii_start());
        let is_value = matches!(rest.first(), None | Some(b',' | b']'))
            && serde_json::from_slice::<serde::de::IgnoredAny>(value).is_ok();
        is_value.then_some(length)
    }

    fn begins_document(&self, head: &[u8]) -> bool {
        keys::yaml_key(head).is_some_and(|key| {
            let is_likely = self.any_document || keys::is_entry_field(key);
            keys::may_begin_document(key) || (self.after_separator && is_likely)
        })
    }

    /// Reads the object at the position: a record, or a container.
    fn record(&mut self) {
        let line = self.window.line();
        let (mut border, mut at, mut is_oversized) = (Border::new(), 0, false);
        loop {
            let ended = self.window.has_ended();
            match border.advance(self.window.bytes(), &mut at, ended) {
                Step::Done => {
                    if at > RECORD_BYTES_MAX && !is_oversized {
                        self.out.problem(Reason::Oversized, line, OVERSIZED);
                    } else if !is_oversized {
                        self.emit(&border, at, line);
                    }
                    return self.skip(at);
                }
                Step::Container(_) => return self.enter(at),
                Step::Broken(why) => {
                    if !is_oversized {
                        self.out.problem(Reason::InvalidJson, line, why);
                    }
                    return self.go_on();
                }
                Step::More if ended => return self.ended_inside(line, is_oversized),
                Step::More => {
                    if at > RECORD_BYTES_MAX && !is_oversized {
                        is_oversized = true;
                        self.out
                            .problem(Reason::Oversized, line, "an object of more than 16 MiB");
                        border.detach();
                    }
                    if is_oversized {
                        let gone = at.min(self.window.bytes().len());
                        self.window.consume(gone);
                        at -= gone;
                    }
                    self.window.fill();
                }
            }
        }
    }

    /// A page without entries (`{}`, or a token alone) is no record.
    fn emit(&mut self, border: &Border, length: usize, line: u64) {
        let bytes = &self.window.bytes()[..length];
        let is_empty_page = match border.meaning() {
            KeyMeaning::Page => true,
            KeyMeaning::Unknown => bytes[1..].trim_ascii_start().len() == 1,
            _ => false,
        };
        if !is_empty_page {
            self.out.object(bytes, line);
        }
    }

    fn enter(&mut self, at: usize) {
        let inner = match self.window.byte(at) {
            Some(b'[') => Frame::Array,
            _ => Frame::Groups,
        };
        self.frames.extend([Frame::Page, inner]);
        self.skip(at + 1);
    }

    fn broken(&self, inside_lines: bool) -> Broken {
        Broken {
            indent: self.indent,
            in_array: self.frames.last() == Some(&Frame::Array),
            inside_lines,
        }
    }

    /// Skips the rest of a broken record, whose `{` is at the position.
    fn go_on(&mut self) {
        let broken = self.broken(true);
        let mut at_line_start = false;
        self.skip(1);
        loop {
            let ended = self.window.has_ended();
            let bytes = self.window.bytes();
            match find_start(bytes, broken, at_line_start, ended) {
                Start::Line(at) => {
                    self.window.consume(at);
                    (self.indent, self.is_blank) = (0, true);
                    return;
                }
                Start::Inside(at) => return self.window.consume(at),
                Start::NotYet(at) => {
                    at_line_start = if at == 0 { at_line_start } else { bytes[at - 1] == b'\n' };
                    self.window.consume(at);
                    if ended {
                        return;
                    }
                    self.window.fill();
                }
            }
        }
    }

    /// The input ended inside of a record: it is cut there, unless another record begins in what was taken for it.
    fn ended_inside(&mut self, line: u64, is_oversized: bool) {
        let bytes = self.window.bytes();
        let start = find_start(bytes.get(1..).unwrap_or_default(), self.broken(false), false, true);
        match start {
            Start::Line(at) if !is_oversized => {
                self.out
                    .problem(Reason::InvalidJson, line, "it does not end before the next record");
                self.window.consume(1 + at);
                (self.indent, self.is_blank) = (0, true);
            }
            _ => {
                self.truncated(line, "the input ends inside an object");
                self.window.consume(self.window.bytes().len());
            }
        }
    }

    /// Reads a member of a page: descends into what holds records, skips everything else.
    fn member(&mut self) {
        let meaning = self.string();
        self.space();
        if self.window.byte(0) != Some(b':') {
            return;
        }
        self.window.consume(1);
        self.space();
        let in_groups = self.frames.last() == Some(&Frame::Groups);
        match self.window.byte(0) {
            Some(b'[') if in_groups || meaning == KeyMeaning::List => self.descend(Frame::Array),
            Some(b'{') if in_groups || meaning == KeyMeaning::Groups => self.descend(Frame::Groups),
            Some(b'{' | b'[') => self.skip_nested(),
            Some(b'"') => {
                self.string();
            }
            _ => {
                while !matches!(self.window.byte(0), None | Some(b',' | b'}' | b']' | b'\n')) {
                    self.window.consume(1);
                }
            }
        }
    }

    fn descend(&mut self, frame: Frame) {
        self.frames.push(frame);
        self.skip(1);
    }

    fn space(&mut self) {
        self.is_blank = false;
        while matches!(self.window.byte(0), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.window.consume(1);
        }
    }

    /// Skips the string at the position; tells what it means as a key.
    fn string(&mut self) -> KeyMeaning {
        let (mut at, mut is_long) = (1, false);
        loop {
            let ended = self.window.has_ended();
            match border::string_end(self.window.bytes(), &mut at, ended) {
                Step::Done => {
                    let meaning = if is_long {
                        KeyMeaning::Unknown
                    } else {
                        keys::meaning(&self.window.bytes()[1..at])
                    };
                    self.skip(at + 1);
                    return meaning;
                }
                Step::More if !ended => {
                    let gone = if at > LINE_HEAD_BYTES {
                        at.min(self.window.bytes().len())
                    } else {
                        0
                    };
                    is_long |= gone > 0;
                    self.window.consume(gone);
                    at -= gone;
                    self.window.fill();
                }
                _ => {
                    self.skip(at.max(1));
                    return KeyMeaning::Unknown;
                }
            }
        }
    }

    /// Skips the object or array at the position; a broken one as far as it is sound.
    fn skip_nested(&mut self) {
        let (mut border, mut at) = (Border::new(), 0);
        border.detach();
        loop {
            let ended = self.window.has_ended();
            let step = border.advance(self.window.bytes(), &mut at, ended);
            let gone = at.min(self.window.bytes().len());
            self.skip(gone);
            at -= gone;
            if step != Step::More || ended {
                return;
            }
            self.window.fill();
        }
    }

    /// Reads the YAML document at the position, up to what cannot belong to it.
    fn yaml(&mut self) {
        let first_line = self.window.line();
        let extent = self.collect_document();
        (self.indent, self.is_blank, self.after_separator) = (0, true, false);
        let at_end = self.window.has_ended() && self.window.bytes().is_empty();
        if at_end && self.window.is_cut() {
            return;
        }
        if extent.is_oversized {
            return self
                .out
                .problem(Reason::Oversized, first_line, "a document of more than 16 MiB");
        }
        match self.convert(self.document.len()) {
            Ok(()) => self.out.object(&self.json, first_line),
            Err(DocumentError::NotAnObject) => {
                self.out
                    .problem(Reason::NotAnObject, first_line, "YAML, but no mapping")
            }
            Err(DocumentError::Invalid(what, at)) => {
                if let Some(sure) = extent.sure
                    && self.convert(sure).is_ok()
                {
                    self.out.object(&self.json, first_line);
                    return self.stray_tail(sure, first_line);
                }
                if at_end && !self.document.ends_with(b"\n") {
                    return self.truncated(first_line, "the input ends inside a YAML document");
                }
                let what = format!("{what} (line {})", first_line + at.saturating_sub(1) as u64);
                self.out.problem(Reason::InvalidYaml, first_line, &what);
            }
        }
    }

    fn convert(&mut self, length: usize) -> Result<(), DocumentError> {
        self.json.clear();
        yaml::to_json(&String::from_utf8_lossy(&self.document[..length]), &mut self.json)
    }

    /// Lines that were taken for a part of the document only because they look like `word: text`.
    fn stray_tail(&mut self, from: usize, first_line: u64) {
        let line = first_line + memchr::memchr_iter(b'\n', &self.document[..from]).count() as u64;
        for (text, line) in self.document[from..].split(|b| *b == b'\n').zip(line..) {
            if !text.trim_ascii().is_empty() {
                self.out.problem(Reason::StrayText, line, &detail(text));
            }
        }
    }

    fn collect_document(&mut self) -> Extent {
        self.document.clear();
        let mut extent = Extent::default();
        let mut first_key = Vec::new();
        loop {
            let Some(length) = self.window.line_length(RECORD_BYTES_MAX) else {
                extent.is_oversized = true;
                self.window.consume_line();
                continue;
            };
            let bytes = &self.window.bytes()[..length];
            let text = bytes.trim_ascii_end();
            let key = keys::yaml_key(text);
            if first_key.is_empty() {
                first_key.extend_from_slice(key.unwrap_or(b"-"));
            } else if length == 0 || !continues_document(text, key) || key == Some(&first_key[..]) {
                return extent;
            } else if key.is_some_and(|key| !keys::is_entry_field(key)) {
                extent.sure.get_or_insert(self.document.len());
            }
            if self.document.len() + length > RECORD_BYTES_MAX {
                extent.is_oversized = true;
            } else {
                self.document.extend_from_slice(text);
                if bytes.ends_with(b"\n") {
                    self.document.push(b'\n');
                }
            }
            self.window.consume(length);
        }
    }
}

/// How far a document goes.
#[derive(Debug, Default)]
struct Extent {
    is_oversized: bool,
    /// Bytes before the first key that no entry has.
    sure: Option<usize>,
}

/// Whether a line after the first belongs to the document: indented, blank, an item of a sequence, or a key.
fn continues_document(text: &[u8], key: Option<&[u8]>) -> bool {
    match text.first() {
        None | Some(b' ' | b'\t') => true,
        Some(b'-') => matches!(text.get(1), None | Some(b' ')),
        Some(_) => key.is_some(),
    }
}
