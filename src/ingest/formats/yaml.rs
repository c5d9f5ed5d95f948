//! One YAML document, as gcloud writes it, to one JSON object.
//!
//! Plain scalars are read as gcloud means them: whole numbers, decimal numbers with a point, `true`, `false` and `null`.
//! Everything else is text, so that an id such as `68134e07` never becomes a number.

use granit_parser::{Event, Parser, ScalarStyle};

use super::border::DEPTH_MAX;

/// Why a document could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DocumentError {
    /// It is sound, but no mapping.
    NotAnObject,
    /// It is not YAML that is understood here: what is wrong, and in which of its lines (from 1).
    Invalid(String, usize),
}

/// Appends the JSON of a document to `json`, which is left in any state on an error.
pub(super) fn to_json(document: &str, json: &mut Vec<u8>) -> Result<(), DocumentError> {
    let mut writer = Writer {
        json,
        levels: Vec::new(),
    };
    for event in Parser::new_from_str(document) {
        let (event, span) = event.map_err(|e| DocumentError::Invalid(e.kind().to_string(), e.marker().line()))?;
        let outcome = match (&event, writer.levels.is_empty()) {
            (Event::Scalar(..) | Event::SequenceStart(..), true) => return Err(DocumentError::NotAnObject),
            _ => writer.event(&event),
        };
        outcome.map_err(|what| DocumentError::Invalid(what.to_owned(), span.start.line()))?;
    }
    if writer.json.is_empty() {
        return Err(DocumentError::NotAnObject);
    }
    Ok(())
}

struct Level {
    is_object: bool,
    /// Nodes written so far; in an object keys and values count alike.
    nodes: usize,
}

struct Writer<'a> {
    json: &'a mut Vec<u8>,
    levels: Vec<Level>,
}

impl Writer<'_> {
    fn event(&mut self, event: &Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::Scalar(value, style, _, tag) => {
                let is_key = self.separate();
                let is_plain = *style == ScalarStyle::Plain && tag.is_none();
                if !is_key
                    && is_plain
                    && let Some(literal) = literal(value)
                {
                    self.json.extend_from_slice(literal.as_bytes());
                    return Ok(());
                }
                serde_json::to_writer(&mut *self.json, value).map_err(|_| "text that cannot be written")
            }
            Event::MappingStart(..) => self.open(true),
            Event::SequenceStart(..) => self.open(false),
            Event::MappingEnd | Event::SequenceEnd => {
                self.levels.pop();
                self.json
                    .push(if matches!(event, Event::MappingEnd) { b'}' } else { b']' });
                Ok(())
            }
            Event::Alias(_) => Err("an alias (`*name`), which gcloud does not write"),
            _ => Ok(()),
        }
    }

    fn open(&mut self, is_object: bool) -> Result<(), &'static str> {
        if self.separate() {
            return Err("a key that is not text");
        }
        if self.levels.len() == DEPTH_MAX {
            return Err("nested more than 256 levels deep");
        }
        self.levels.push(Level { is_object, nodes: 0 });
        self.json.push(if is_object { b'{' } else { b'[' });
        Ok(())
    }

    /// Writes what stands before the next node; returns whether that node is a key.
    fn separate(&mut self) -> bool {
        let Some(level) = self.levels.last_mut() else {
            return false;
        };
        let is_value = level.is_object && level.nodes % 2 == 1;
        if is_value {
            self.json.push(b':');
        } else if level.nodes > 0 {
            self.json.push(b',');
        }
        level.nodes += 1;
        level.is_object && !is_value
    }
}

/// The JSON of a plain scalar that is not text.
fn literal(value: &str) -> Option<&str> {
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Some("null"),
        "true" | "True" | "TRUE" => Some("true"),
        "false" | "False" | "FALSE" => Some("false"),
        _ => is_number(value.as_bytes()).then_some(value),
    }
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?`: no exponents, which an id of digits and one `e` would be taken for.
fn is_number(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let point = digits.iter().position(|b| *b == b'.').unwrap_or(digits.len());
    let (whole, fraction) = digits.split_at(point);
    let all_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    all_digits(whole) && (whole.len() == 1 || whole[0] != b'0') && (fraction.is_empty() || all_digits(&fraction[1..]))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(document: &str) -> Result<Value, DocumentError> {
        let mut bytes = Vec::new();
        to_json(document, &mut bytes)?;
        Ok(serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&bytes))))
    }

    #[test]
    fn scalars_stay_what_gcloud_means() {
        let document = "a: '510'\nb: 510\nc: true\nd: 'true'\ne: ~\nf: 2026-03-01T10:00:00Z\ng: 68134e07\nh: 1.5\n\
                        i: 007\nj: {}\nk: []\nl: 0x1f\nm: -3\nn: yes\no: .5\np: 1_000\nq: ''\nr:\n";
        let expected = json!({"a": "510", "b": 510, "c": true, "d": "true", "e": null, "f": "2026-03-01T10:00:00Z",
            "g": "68134e07", "h": 1.5, "i": "007", "j": {}, "k": [], "l": "0x1f", "m": -3, "n": "yes", "o": ".5",
            "p": "1_000", "q": "", "r": null});
        assert_eq!(read(document), Ok(expected));
    }

    #[test]
    fn folded_quoted_and_block_text_is_joined() {
        let document = "a: 'one\n  two\n\n  three''s'\nb: \"x\\ty\\\n  \\ z\"\nc: |-\n  Traceback:\n    File \"a.py\"\nd: plain\n  goes on\n";
        let expected = json!({"a": "one two\nthree's", "b": "x\ty z", "c": "Traceback:\n  File \"a.py\"",
            "d": "plain goes on"});
        assert_eq!(read(document), Ok(expected));
    }

    #[test]
    fn sequences_may_stand_at_the_column_of_their_key() {
        let expected = json!({"errorGroups": [{"id": "x"}, {"id": "y"}], "labels": {"a/b": "c"}});
        assert_eq!(
            read("---\nerrorGroups:\n- id: x\n- id: y\nlabels:\n  a/b: c\n"),
            Ok(expected)
        );
    }

    #[test]
    fn what_is_no_mapping_or_no_yaml_is_told() {
        for document in ["", "---\n", "- a\n- b\n", "just text\n", "# comment\n"] {
            assert_eq!(read(document), Err(DocumentError::NotAnObject), "{document:?}");
        }
        for (document, line) in [
            ("a: 'open\nb: 1\n", 1),
            ("a: b: c\n", 1),
            ("a: 1\nb: *x\n", 2),
            ("? [a]\n: b\n", 1),
            ("a: [1\n", 1),
        ] {
            match read(document) {
                Err(DocumentError::Invalid(_, at)) => assert!(at >= line, "{document:?}: line {at}"),
                other => panic!("{document:?}: {other:?}"),
            }
        }
    }
}
