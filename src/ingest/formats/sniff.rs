//! Tells what a source holds by its first bytes, never by its name.

use super::border::{Border, Step, is_whole_object};
use super::{BYTE_ORDER_MARK, csv, keys};

/// Lines that are looked at to call something NDJSON.
const NDJSON_LINES: usize = 8;

/// What a source holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Nothing but white space.
    Empty,
    /// One object a line.
    Ndjson,
    /// Objects in any other arrangement: arrays, pages, one after another, between lines of text, with YAML among them.
    Json,
    /// gcloud's default output: documents separated by `---`.
    Yaml,
    /// The Logs Explorer's CSV.
    Csv,
    /// Plain text: each line is an entry.
    Text,
}

impl Format {
    /// The name in reports, such as `ndjson`.
    pub fn name(self) -> &'static str {
        match self {
            Format::Empty => "empty",
            Format::Ndjson => "ndjson",
            Format::Json => "json",
            Format::Yaml => "yaml",
            Format::Csv => "csv",
            Format::Text => "text",
        }
    }
}

/// Tells the format from the head of the decoded source. 64 KiB are enough; less, if it is all there is.
pub fn sniff(head: &[u8]) -> Format {
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    let text = head.trim_ascii_start();
    let first_line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    match text.first() {
        None => Format::Empty,
        Some(b'{') if is_ndjson(text) => Format::Ndjson,
        Some(b'{') if is_object(text) => Format::Json,
        Some(b'[') if is_array(text) => Format::Json,
        _ if csv::is_header(first_line) => Format::Csv,
        _ => among_lines(head),
    }
}

/// Each of the first lines is one object, and the first is no container.
fn is_ndjson(text: &[u8]) -> bool {
    let mut border = Border::new();
    if border.advance(text, &mut 0, true) != Step::Done {
        return false;
    }
    let lines = text
        .split_inclusive(|b| *b == b'\n')
        .filter(|line| !line.trim_ascii().is_empty());
    lines.take(NDJSON_LINES).enumerate().all(|(i, line)| {
        let is_unfinished = i > 0 && !line.ends_with(b"\n");
        if is_unfinished {
            line.starts_with(b"{")
        } else {
            is_whole_object(line.trim_ascii())
        }
    })
}

/// An object or the beginning of one.
fn is_object(text: &[u8]) -> bool {
    let sound = !matches!(Border::new().advance(text, &mut 0, false), Step::Broken(_));
    sound || keys::mentions_entry(text)
}

/// `[` and then an object, another array or its end. A text line may begin with `[` as well: `[INFO] ...`.
fn is_array(text: &[u8]) -> bool {
    match text[1..].trim_ascii_start().first() {
        None | Some(b'{' | b']') => true,
        Some(b'[') => is_array(text[1..].trim_ascii_start()),
        Some(_) => false,
    }
}

/// Looks for entries between lines of text. They must be sure: text lines may hold JSON that is no entry.
fn among_lines(head: &[u8]) -> Format {
    let (mut documents, mut first_is_yaml, mut is_first) = (0, false, true);
    let mut at = 0;
    for line in head.split_inclusive(|b| *b == b'\n') {
        let text = line.trim_ascii();
        let begins_object = text.starts_with(b"{") || text.starts_with(b"[{");
        if begins_object && holds_entry(&head[at..]) {
            return Format::Json;
        }
        let begins_document = keys::yaml_key(line).is_some_and(keys::may_begin_document);
        documents += usize::from(begins_document);
        if is_first && !text.is_empty() {
            (first_is_yaml, is_first) = (begins_document || text == b"---", false);
        }
        at += line.len();
    }
    match (documents, first_is_yaml) {
        (0, _) => Format::Text,
        (_, true) => Format::Yaml,
        // One line that happens to begin with such a word is no document.
        (1, false) => Format::Text,
        (_, false) => Format::Json,
    }
}

/// Whether an entry begins in the first line: a sound object, or the beginning of one, with the fields of one.
fn holds_entry(rest: &[u8]) -> bool {
    let start = memchr::memchr(b'{', rest).unwrap_or(0);
    let (rest, mut end) = (&rest[start..], 0);
    match Border::new().advance(rest, &mut end, false) {
        Step::Done => keys::mentions_entry(&rest[..end]),
        Step::More | Step::Container(_) => keys::mentions_entry(rest),
        Step::Broken(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_content() {
        let entry = r#"{"insertId":"a","severity":"INFO"}"#;
        for (expected, text) in [
            (Format::Empty, "".to_owned()),
            (Format::Empty, "\u{feff} \r\n\n".to_owned()),
            (Format::Ndjson, entry.to_owned()),
            (Format::Ndjson, format!("\n{entry}\r\n\n{entry}\r\n")),
            (Format::Ndjson, format!("{entry}\n{{\"insertId\":\"cut")),
            (Format::Ndjson, "{\"level\":30}\n".to_owned()),
            (Format::Json, format!("[{entry}]")),
            (Format::Json, format!("[\n  {entry}\n]")),
            (Format::Json, "[]".to_owned()),
            (Format::Json, "[[".to_owned()),
            (Format::Json, "{}x".to_owned()),
            (Format::Json, format!("{entry}{entry}\n")),
            (Format::Json, format!("{entry}\n# a note\n{entry}\n")),
            (Format::Json, format!("{{\"entries\":[{entry}]}}\n")),
            (
                Format::Json,
                format!("{{\"raw_logs\":[{entry}]}}\n{{\"raw_logs\":[{entry}]}}\n"),
            ),
            (Format::Json, "{\n  \"insertId\": \"a\"\n}\n".to_owned()),
            (Format::Json, "{\n  \"insertId\": \"cut".to_owned()),
            (Format::Json, format!("INFO some line\n  {entry}\n")),
            (Format::Json, format!("# Title\n\n```json\n{entry}\n```\n")),
            (
                Format::Json,
                "$ gcloud logging read x\n---\ninsertId: a\nlogName: b\n".to_owned(),
            ),
            (Format::Yaml, "---\ninsertId: a\n---\ninsertId: b\n".to_owned()),
            (Format::Yaml, "httpRequest:\n  status: 200\ninsertId: a\n".to_owned()),
            (Format::Csv, "insertId,logName,textPayload\n".to_owned()),
            (Format::Text, "2026-03-01 10:00:00 [INFO] insertId: no\n".to_owned()),
            (Format::Text, "[INFO] started\n".to_owned()),
            (Format::Text, "{not json} at all\n".to_owned()),
            (Format::Text, "line\n{\"level\":30,\"msg\":\"x\"}\nline\n".to_owned()),
            (Format::Text, "line\nlabels: none\nline\n".to_owned()),
            (Format::Text, "\u{0}\u{1}binary\n".to_owned()),
        ] {
            assert_eq!(sniff(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn names_are_stable() {
        let all = [
            Format::Empty,
            Format::Ndjson,
            Format::Json,
            Format::Yaml,
            Format::Csv,
            Format::Text,
        ];
        assert_eq!(
            all.map(Format::name),
            ["empty", "ndjson", "json", "yaml", "csv", "text"]
        );
    }
}
