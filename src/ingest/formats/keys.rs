//! Names that tell a LogEntry from other text: its fields in both spellings, and the containers entries are wrapped in.

/// Fields of a LogEntry that nothing else is likely to have, camelCase and snake_case.
const STRONG: [&str; 14] = [
    "httpRequest",
    "http_request",
    "insertId",
    "insert_id",
    "jsonPayload",
    "json_payload",
    "logName",
    "log_name",
    "protoPayload",
    "proto_payload",
    "receiveTimestamp",
    "receive_timestamp",
    "textPayload",
    "text_payload",
];

/// Fields of a LogEntry whose names are everyday words, or rare.
const WEAK: [&str; 23] = [
    "apphub",
    "apphubDestination",
    "apphubSource",
    "errorGroups",
    "error_groups",
    "labels",
    "metadata",
    "operation",
    "otel",
    "receiveLocation",
    "resource",
    "severity",
    "sourceLocation",
    "source_location",
    "spanId",
    "span_id",
    "split",
    "timestamp",
    "trace",
    "traceSampled",
    "trace_sampled",
    "log_id",
    "severity_number",
];

/// Whether it is the name of a top-level field of a LogEntry.
pub(super) fn is_entry_field(name: &[u8]) -> bool {
    is_strong(name) || WEAK.iter().any(|k| k.as_bytes() == name)
}

/// Whether it is a field that only a LogEntry has.
pub(super) fn is_strong(name: &[u8]) -> bool {
    STRONG.iter().any(|k| k.as_bytes() == name)
}

/// Whether a record may well begin with this key: a strong field or one of the everyday ones that exports put first.
pub(super) fn may_begin_entry(name: &[u8]) -> bool {
    is_strong(name)
        || matches!(
            name,
            b"errorGroups" | b"labels" | b"resource" | b"severity" | b"timestamp"
        )
}

/// Whether a line with this key at its very start begins a YAML document without a `---` before it.
pub(super) fn may_begin_document(name: &[u8]) -> bool {
    is_strong(name) || matches!(name, b"errorGroups" | b"labels" | b"resource")
}

/// What a key at the top of an object says about the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyMeaning {
    /// The object is an entry, or an application's own log record.
    Entry,
    /// The key's value holds entries: an array of them.
    List,
    /// The key's value holds entries: an object of arrays.
    Groups,
    /// The object is a page of results that may hold no entries at all.
    Page,
    /// Nothing.
    Unknown,
}

/// What the key says.
pub(super) fn meaning(name: &[u8]) -> KeyMeaning {
    match name {
        b"entries" | b"raw_logs" | b"logs" | b"log_entries" | b"logEntries" => KeyMeaning::List,
        b"nextPageToken" | b"next_page_token" => KeyMeaning::Page,
        b"message" | b"msg" | b"level" => KeyMeaning::Entry,
        _ if name.starts_with(b"logs_by_") => KeyMeaning::Groups,
        _ if is_entry_field(name) => KeyMeaning::Entry,
        _ => KeyMeaning::Unknown,
    }
}

/// Whether a piece of JSON mentions fields that make it a LogEntry: one strong field, or a severity with a timestamp.
pub(super) fn mentions_entry(json: &[u8]) -> bool {
    let has = |name: &str| memchr::memmem::find(json, format!("\"{name}\"").as_bytes()).is_some();
    STRONG.iter().any(|name| has(name)) || (has("severity") && has("timestamp"))
}

/// The key of a line of the shape `key:` or `key: value` that begins at its very start.
pub(super) fn yaml_key(line: &[u8]) -> Option<&[u8]> {
    let end = line.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_')?;
    let ends_as_key = line[end] == b':' && matches!(line.get(end + 1), None | Some(b' ' | b'\r' | b'\n'));
    (end > 0 && line[0].is_ascii_alphabetic() && ends_as_key).then(|| &line[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_they_should() {
        for (key, expected) in [
            ("insertId", KeyMeaning::Entry),
            ("text_payload", KeyMeaning::Entry),
            ("entries", KeyMeaning::List),
            ("raw_logs", KeyMeaning::List),
            ("logs_by_severity", KeyMeaning::Groups),
            ("nextPageToken", KeyMeaning::Page),
            ("collection_time", KeyMeaning::Unknown),
            ("", KeyMeaning::Unknown),
        ] {
            assert_eq!(meaning(key.as_bytes()), expected, "{key}");
        }
    }

    #[test]
    fn yaml_keys_stand_at_the_start_of_a_line() {
        assert_eq!(yaml_key(b"insertId: abc"), Some(&b"insertId"[..]));
        assert_eq!(yaml_key(b"labels:\r"), Some(&b"labels"[..]));
        assert_eq!(yaml_key(b"labels:"), Some(&b"labels"[..]));
        for line in ["", ":", "  insertId: a", "dev@shell:~ $ ls", "a:b", "12: x", "insertId"] {
            assert_eq!(yaml_key(line.as_bytes()), None, "{line}");
        }
    }
}
