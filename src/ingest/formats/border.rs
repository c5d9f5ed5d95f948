//! Finds where a JSON object ends, and as early as possible that it is broken.
//!
//! Input: bytes from the object's `{` on, in pieces. Output: a [`Step`]. It follows brackets, strings, colons and commas,
//! so that a missing brace or quote shows at once and no later record is lost to it; it does not look into numbers,
//! words or escapes: a record with a wrong one has sound borders, and the scanner judges it.

use super::keys::{self, KeyMeaning};

/// Levels of nesting that a record may have.
pub(super) const DEPTH_MAX: usize = 256;

/// Bytes after a raw line end in a string that are looked at to tell text from JSON.
const LOOKAHEAD_BYTES: usize = 200;

/// What [`Border::advance`] met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The bytes are used up; the object goes on.
    More,
    /// The object ends just before the position.
    Done,
    /// The position is at the `[` or `{` of a member that holds entries: the object is a container.
    Container(KeyMeaning),
    /// This cannot be JSON, and why.
    Broken(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// A key, or the end of the object (a comma too many is forgiven).
    Key,
    Colon,
    /// A value, or in an array its end.
    Value,
    /// A comma or the end.
    Next,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Quote,
    Open,
    Close,
    Colon,
    Comma,
    Other,
}

const CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut table = [Class::Other; 256];
    table[b' ' as usize] = Class::Space;
    table[b'\t' as usize] = Class::Space;
    table[b'\n' as usize] = Class::Space;
    table[b'\r' as usize] = Class::Space;
    table[b'"' as usize] = Class::Quote;
    table[b'{' as usize] = Class::Open;
    table[b'[' as usize] = Class::Open;
    table[b'}' as usize] = Class::Close;
    table[b']' as usize] = Class::Close;
    table[b':' as usize] = Class::Colon;
    table[b',' as usize] = Class::Comma;
    table
}

/// The state of one object (or array) whose borders are sought. Small, and without allocation.
pub(super) struct Border {
    depth: usize,
    /// One bit a level: set for an object.
    objects: [u64; DEPTH_MAX / 64],
    expect: Expect,
    /// Start of the string that the position is in.
    string: Option<usize>,
    /// What the keys of the outermost level have said so far.
    meaning: KeyMeaning,
}

impl Border {
    /// A border that expects one value, from its first byte on.
    pub(super) fn new() -> Self {
        Border {
            depth: 0,
            objects: [0; DEPTH_MAX / 64],
            expect: Expect::Value,
            string: None,
            meaning: KeyMeaning::Unknown,
        }
    }

    /// What the keys of the outermost level say the object is.
    pub(super) fn meaning(&self) -> KeyMeaning {
        self.meaning
    }

    /// From now on the bytes before the position may be taken away, and containers are not looked for.
    pub(super) fn detach(&mut self) {
        self.meaning = KeyMeaning::Entry;
        self.string = self.string.map(|_| 0);
    }

    /// Goes on from `position`, which it moves. `bytes` begin with the object; `ended` says that nothing follows them.
    pub(super) fn advance(&mut self, bytes: &[u8], position: &mut usize, ended: bool) -> Step {
        let mut at = *position;
        let step = loop {
            if let Some(start) = self.string {
                match string_end(bytes, &mut at, ended) {
                    Step::Done => self.end_string(&bytes[(start + 1).min(at)..at]),
                    other => break other,
                }
                at += 1;
            }
            let Some(&byte) = bytes.get(at) else { break Step::More };
            match CLASSES[usize::from(byte)] {
                Class::Space => {
                    at += 1;
                    while bytes.get(at) == Some(&b' ') {
                        at += 1;
                    }
                    continue;
                }
                Class::Quote if matches!(self.expect, Expect::Key | Expect::Value) => self.string = Some(at),
                Class::Quote => break Step::Broken("a string where a comma, colon or bracket belongs"),
                Class::Colon if self.expect == Expect::Colon => self.expect = Expect::Value,
                Class::Comma if self.expect == Expect::Next => self.expect = self.after_comma(),
                Class::Colon | Class::Comma => break Step::Broken("a colon or comma in a wrong place"),
                Class::Open => {
                    if let Some(stop) = self.open(byte == b'{') {
                        break stop;
                    }
                }
                Class::Close => {
                    if let Some(stop) = self.close(byte == b'}') {
                        at += usize::from(stop == Step::Done);
                        break stop;
                    }
                }
                Class::Other if self.expect == Expect::Value => match word_end(bytes, at, ended) {
                    Some(end) => {
                        self.expect = Expect::Next;
                        at = end;
                        continue;
                    }
                    None => break Step::More,
                },
                Class::Other => break Step::Broken("text between the parts of an object"),
            }
            at += 1;
        };
        *position = at;
        step
    }

    fn in_object(&self) -> bool {
        let level = self.depth.wrapping_sub(1) % DEPTH_MAX;
        self.objects[level / 64] >> (level % 64) & 1 == 1
    }

    fn after_comma(&self) -> Expect {
        if self.in_object() { Expect::Key } else { Expect::Value }
    }

    #[inline]
    fn end_string(&mut self, content: &[u8]) {
        self.string = None;
        if self.expect == Expect::Value {
            self.expect = Expect::Next;
            return;
        }
        self.expect = Expect::Colon;
        if self.depth == 1 && self.meaning != KeyMeaning::Entry {
            let meaning = keys::meaning(content);
            // A page stays one unless a later key says that it is an entry or a list.
            if meaning != KeyMeaning::Unknown || self.meaning != KeyMeaning::Page {
                self.meaning = meaning;
            }
        }
    }

    #[inline]
    fn open(&mut self, is_object: bool) -> Option<Step> {
        if self.expect != Expect::Value {
            return Some(Step::Broken(
                "an opening bracket where a key, comma or closing bracket belongs",
            ));
        }
        if self.depth == 1 && matches!(self.meaning, KeyMeaning::List | KeyMeaning::Groups) && self.in_object() {
            let holds = !is_object || self.meaning == KeyMeaning::Groups;
            if holds {
                return Some(Step::Container(self.meaning));
            }
        }
        if self.depth == DEPTH_MAX {
            return Some(Step::Broken("nested more than 256 levels deep"));
        }
        let (word, bit) = (self.depth / 64, self.depth % 64);
        self.objects[word] = self.objects[word] & !(1 << bit) | u64::from(is_object) << bit;
        self.depth += 1;
        self.expect = if is_object { Expect::Key } else { Expect::Value };
        None
    }

    #[inline]
    fn close(&mut self, is_object: bool) -> Option<Step> {
        let fits = self.depth > 0
            && self.in_object() == is_object
            && match self.expect {
                Expect::Next => true,
                Expect::Key => is_object,
                Expect::Value => !is_object,
                Expect::Colon => false,
            };
        if !fits {
            return Some(Step::Broken("a closing bracket that does not fit"));
        }
        self.depth -= 1;
        self.expect = Expect::Next;
        (self.depth == 0).then_some(Step::Done)
    }
}

/// Moves `at` from inside a string to its closing quote ([`Step::Done`]). A backslash skips the next byte, whatever it is,
/// so that `at` may come to stand one byte behind the last ([`Step::More`]).
#[inline]
pub(super) fn string_end(bytes: &[u8], at: &mut usize, ended: bool) -> Step {
    let mut from = *at;
    loop {
        let rest = bytes.get(from..).unwrap_or_default();
        let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
            *at = bytes.len().max(from);
            return Step::More;
        };
        let stop = from + found;
        match bytes[stop] {
            b'"' => {
                *at = stop;
                return Step::Done;
            }
            b'\\' => from = stop + 2,
            _ => match looks_like_json(&bytes[stop + 1..], ended) {
                Some(false) => from = stop + 1,
                Some(true) => {
                    *at = stop;
                    return Step::Broken("a string without its closing quote");
                }
                None => {
                    *at = stop;
                    return Step::More;
                }
            },
        }
    }
}

/// Whether a line, met inside of a string, rather is a line of a pretty-printed record: the closing quote is missing.
/// `None`: more bytes are needed.
fn looks_like_json(rest: &[u8], ended: bool) -> Option<bool> {
    let line_end = memchr::memchr(b'\n', &rest[..rest.len().min(LOOKAHEAD_BYTES)]);
    if line_end.is_none() && rest.len() < LOOKAHEAD_BYTES && !ended {
        return None;
    }
    let line = rest[..line_end.unwrap_or(rest.len().min(LOOKAHEAD_BYTES))].trim_ascii();
    Some(match line.split_first() {
        Some((b'"', key)) => memchr::memchr(b'"', key).is_some_and(|end| key[end + 1..].trim_ascii().starts_with(b":")),
        Some((b'{' | b'}' | b']', tail)) => matches!(tail, b"" | b","),
        _ => false,
    })
}

/// End of a number or word; `None` when it may go on beyond the bytes.
fn word_end(bytes: &[u8], at: usize, ended: bool) -> Option<usize> {
    let end = bytes[at..]
        .iter()
        .position(|b| CLASSES[usize::from(*b)] != Class::Other);
    end.map(|length| at + length).or(ended.then_some(bytes.len()))
}

/// Whether the bytes are one whole object with nothing but white space after it.
pub(super) fn is_whole_object(bytes: &[u8]) -> bool {
    let (mut border, mut position) = (Border::new(), 0);
    border.detach();
    bytes.first() == Some(&b'{')
        && border.advance(bytes, &mut position, true) == Step::Done
        && bytes[position..].trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(json: &str) -> (Step, usize) {
        let (mut border, mut position) = (Border::new(), 0);
        let step = border.advance(json.as_bytes(), &mut position, true);
        (step, position)
    }

    #[test]
    fn borders_are_found() {
        for (json, end) in [
            ("{}", 2),
            ("{} {}", 2),
            (r#"{"a":"}"} x"#, 9),
            (r#"{"a":"\"}"}"#, 11),
            (r#"{"a":"\*\\"},"#, 12),
            (r#"{"a":[1,{"b":[]}],"c":-1.5e3,}"#, 30),
            ("{\"a\":\"raw\nline\"}", 16),
        ] {
            assert_eq!(steps(json), (Step::Done, end), "{json}");
        }
    }

    #[test]
    fn broken_objects_are_told_at_once() {
        for json in [
            r#"{"a":{"b":1},{"c":1}}"#,
            r#"{"a":"say "hi" now"}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a":[1}"#,
            r#"{"a":1]"#,
            r#"{"a" 1}"#,
            r#"{"a":}"#,
            "{\"a\":\"cut,\n  \"b\": 1}",
            "{\n^C\n}",
            r#"{,}"#,
        ] {
            assert!(matches!(steps(json).0, Step::Broken(_)), "{json}: {:?}", steps(json));
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let deep = |n: usize| format!("{{\"a\":{}{}}}", "[".repeat(n), "]".repeat(n));
        assert_eq!(steps(&deep(DEPTH_MAX - 1)).0, Step::Done);
        assert!(matches!(steps(&deep(DEPTH_MAX)).0, Step::Broken(_)));
    }

    #[test]
    fn containers_are_told_from_entries() {
        for (json, expected) in [
            (r#"{"entries":[{}]}"#, Step::Container(KeyMeaning::List)),
            (
                r#"{"nextPageToken":"x","entries":[]}"#,
                Step::Container(KeyMeaning::List),
            ),
            (
                r#"{"time":{"a":1},"logs_by_severity":{"ERROR":[]}}"#,
                Step::Container(KeyMeaning::Groups),
            ),
            (r#"{"insertId":"a","entries":[{}]}"#, Step::Done),
            (r#"{"message":"a","logs":[1]}"#, Step::Done),
            (r#"{"entries":3}"#, Step::Done),
            (r#"{"x":{"entries":[]}}"#, Step::Done),
        ] {
            assert_eq!(steps(json).0, expected, "{json}");
        }
    }

    #[test]
    fn pieces_give_the_same_as_the_whole() {
        let json = "{\"a\":\"x\\\"y\\\\\",\"b\":[true,{\"c\":\"raw\n text\"}],\"d\":12.5}";
        for step in 1..json.len() {
            let (mut border, mut position, mut have) = (Border::new(), 0, 0);
            let last = loop {
                have = (have + step).min(json.len());
                match border.advance(&json.as_bytes()[..have], &mut position, have == json.len()) {
                    Step::More if have < json.len() => {}
                    other => break other,
                }
            };
            assert_eq!((last, position), (Step::Done, json.len()), "pieces of {step}");
        }
    }

    #[test]
    fn whole_objects_are_recognised() {
        assert!(is_whole_object(b"{\"a\":1} \r\n"));
        for json in ["", "[]", "{", "{\"a\":", "{} {}", "x"] {
            assert!(!is_whole_object(json.as_bytes()), "{json}");
        }
    }
}
