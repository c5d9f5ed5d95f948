//! CSV of the Logs Explorer: a header of dotted paths, one entry a row.
//!
//! Input: a window. Output: each row as a JSON object, empty cells left out. The Logs Explorer puts an apostrophe before
//! cells that a spreadsheet would take for more than text: one is taken away. Rows are split here and not by a library,
//! because a stray quote must cost one row and not the rest of the file.

use serde_json::{Map, Value};

use super::keys;
use super::window::Window;
use super::{BYTE_ORDER_MARK, RECORD_BYTES_MAX, Reason, Records};

/// One column: where its cells belong in the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    path: Vec<String>,
    is_number: bool,
}

/// Reads to the end.
pub(super) fn read(window: &mut Window<'_>, out: &mut dyn Records) {
    let mut columns: Vec<Column> = Vec::new();
    let (mut fields, mut json) = (Vec::new(), Vec::new());
    while !out.is_full() && window.byte(0).is_some() {
        let line = window.line();
        let (length, end) = row_length(window);
        let bytes = &window.bytes()[..length];
        let is_sound = end == RowEnd::Line && split(bytes, &mut fields);
        if is_sound && let Some(header) = header_of(&fields) {
            columns = header;
        } else if is_sound && fields.len() == columns.len() {
            json.clear();
            write_object(&columns, &fields, &mut json);
            out.object(&json, line);
        } else if !bytes.trim_ascii().is_empty() {
            let next = sound_line(bytes, columns.len());
            if let Some((reason, what)) = verdict(end, next.is_some(), fields.len(), columns.len(), window.is_cut()) {
                out.problem(reason, line, &what);
            }
            window.consume(next.unwrap_or(length));
            continue;
        }
        window.consume(length);
    }
}

/// How a row ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowEnd {
    /// At the end of a line, or of the input.
    Line,
    /// The input ends inside quotes, or in the middle of a row.
    Cut,
    /// Nowhere within the limit.
    TooFar,
}

/// Length of the next row with its line end. Line ends in quotes do not count.
fn row_length(window: &mut Window<'_>) -> (usize, RowEnd) {
    let (mut at, mut in_quotes) = (0, false);
    loop {
        while let Some(found) = memchr::memchr2(b'"', b'\n', &window.bytes()[at..]) {
            at += found + 1;
            match window.bytes()[at - 1] {
                b'"' => in_quotes = !in_quotes,
                _ if !in_quotes => return (at, RowEnd::Line),
                _ => {}
            }
        }
        at = window.bytes().len();
        if at > RECORD_BYTES_MAX {
            return (at, RowEnd::TooFar);
        }
        if !window.fill() {
            let is_cut = in_quotes || window.is_cut();
            return (at, if is_cut { RowEnd::Cut } else { RowEnd::Line });
        }
    }
}

/// What to say of a row that cannot be read; `None` when a cut compressed stream is the cause, which is said elsewhere.
fn verdict(end: RowEnd, goes_on: bool, have: usize, wanted: usize, is_cut: bool) -> Option<(Reason, String)> {
    match end {
        RowEnd::TooFar => Some((Reason::Oversized, "a row of more than 16 MiB".to_owned())),
        RowEnd::Cut if !goes_on && is_cut => None,
        RowEnd::Cut if !goes_on => Some((Reason::Truncated, "the input ends inside a quoted cell".to_owned())),
        RowEnd::Cut => Some((Reason::InvalidCsv, "a quote that is not closed".to_owned())),
        RowEnd::Line => Some((Reason::InvalidCsv, format!("{have} cells, the header has {wanted}"))),
    }
}

/// Start of the first line after the first one that is a row by itself: a quote in the first line was too many.
fn sound_line(row: &[u8], wanted: usize) -> Option<usize> {
    let mut fields = Vec::new();
    let starts = memchr::memchr_iter(b'\n', row)
        .map(|end| end + 1)
        .filter(|start| *start < row.len());
    starts.into_iter().find(|start| {
        let rest = &row[*start..];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        wanted > 1 && split(line, &mut fields) && fields.len() == wanted
    })
}

/// Splits a row into its cells, by RFC 4180; `false` when its quotes are not balanced.
fn split(row: &[u8], fields: &mut Vec<Vec<u8>>) -> bool {
    fields.clear();
    let row = row.strip_prefix(BYTE_ORDER_MARK).unwrap_or(row);
    let mut rest = row
        .strip_suffix(b"\n")
        .map_or(row, |row| row.strip_suffix(b"\r").unwrap_or(row));
    loop {
        let mut field = Vec::new();
        if let Some(quoted) = rest.strip_prefix(b"\"") {
            rest = quoted;
            loop {
                let Some(end) = memchr::memchr(b'"', rest) else {
                    return false;
                };
                field.extend_from_slice(&rest[..end]);
                rest = &rest[end + 1..];
                match rest.strip_prefix(b"\"") {
                    Some(more) => {
                        field.push(b'"');
                        rest = more;
                    }
                    None => break,
                }
            }
        }
        let end = memchr::memchr(b',', rest).unwrap_or(rest.len());
        field.extend_from_slice(&rest[..end]);
        fields.push(field);
        match rest.get(end + 1..) {
            Some(more) => rest = more,
            None => return true,
        }
    }
}

/// Whether a line is the header of a Logs Explorer download.
pub(super) fn is_header(line: &[u8]) -> bool {
    let mut fields = Vec::new();
    split(line, &mut fields) && header_of(&fields).is_some()
}

/// The columns that a header names, if it is one: at least two of its cells, and half of them, are fields of an entry.
fn header_of(fields: &[Vec<u8>]) -> Option<Vec<Column>> {
    let is_field = |field: &&Vec<u8>| {
        let name = strip_apostrophe(field);
        let end = name.iter().position(|b| *b == b'.').unwrap_or(name.len());
        keys::is_entry_field(&name[..end])
    };
    let known = fields.iter().filter(is_field).count();
    (known >= 2 && known * 2 >= fields.len()).then(|| fields.iter().map(|field| column(field)).collect())
}

fn column(field: &[u8]) -> Column {
    let name = String::from_utf8_lossy(strip_apostrophe(field));
    let path = path_of(&name);
    let is_number = matches!(path.last().map(String::as_str), Some("status")) && path.len() == 2;
    Column { path, is_number }
}

/// `labels."run.googleapis.com/x"` is `labels`, `run.googleapis.com/x`.
fn path_of(name: &str) -> Vec<String> {
    let (mut path, mut rest) = (Vec::new(), name);
    while !rest.is_empty() {
        let (part, tail) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.find('.').map_or((rest, ""), |dot| rest.split_at(dot)),
        };
        path.push(part.to_owned());
        rest = tail.strip_prefix('.').unwrap_or(tail);
    }
    path
}

fn strip_apostrophe(cell: &[u8]) -> &[u8] {
    cell.strip_prefix(b"'").unwrap_or(cell)
}

fn write_object(columns: &[Column], fields: &[Vec<u8>], json: &mut Vec<u8>) {
    let mut entry = Map::new();
    for (column, field) in columns.iter().zip(fields) {
        let cell = strip_apostrophe(field);
        if !cell.is_empty() {
            insert(
                &mut entry,
                &column.path,
                value_of(column, &String::from_utf8_lossy(cell)),
            );
        }
    }
    // A map of strings and values that came from text cannot fail to be written to memory.
    let _ = serde_json::to_writer(json, &entry);
}

/// A cell as a value. Tables of Log Analytics hold whole objects as JSON text in columns such as `json_payload`.
fn value_of(column: &Column, cell: &str) -> Value {
    let parsed = match column.path.as_slice() {
        [_] if cell.starts_with('{') => serde_json::from_str(cell).ok(),
        _ if column.is_number => cell.parse::<u64>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::String(cell.to_owned()))
}

/// Puts a value at its path. Where a column is both a value and the parent of others, the first one stays.
fn insert(entry: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [name] => {
            entry.entry(name.as_str()).or_insert(value);
        }
        [name, rest @ ..] => {
            let inner = entry.entry(name.as_str()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{Seen, read_as};
    use super::super::{Format, Reason};
    use super::*;

    const HEADER: &str = "insertId,\"'labels.\"\"run.googleapis.com/x\"\"\",httpRequest.status,textPayload,timestamp\n";

    fn seen(rows: &str) -> Seen {
        read_as(Format::Csv, format!("{HEADER}{rows}").as_bytes())
    }

    #[test]
    fn cells_are_nested_by_the_paths_of_the_header() {
        let seen = seen("a1,\"'v\",200,\"say \"\"hi\"\"\nthere\",'2026-03-01T10:00:00Z\r\na2,,,'',\n");
        let first = json!({"insertId": "a1", "labels": {"run.googleapis.com/x": "v"}, "httpRequest": {"status": 200},
            "textPayload": "say \"hi\"\nthere", "timestamp": "2026-03-01T10:00:00Z"});
        assert_eq!(
            seen.values(),
            [(first, 2), (json!({"insertId": "a2", "textPayload": "'"}), 4)]
        );
        assert!(seen.problems.is_empty());
    }

    #[test]
    fn rows_that_do_not_fit_are_told_and_cost_no_other() {
        let seen = seen("a1,,,x,t\na2,,,x\na3,,,x,t,more\na4,,,x,t");
        assert_eq!(seen.lines(), [2, 5]);
        assert_eq!(seen.reasons(), [(Reason::InvalidCsv, 3), (Reason::InvalidCsv, 4)]);
    }

    #[test]
    fn a_quote_too_many_costs_one_row() {
        let rows = seen("a1,,,\"open,t\na2,,,x,t\na3,,,x,t\n");
        assert_eq!(
            (rows.lines(), rows.reasons()),
            (vec![3, 4], vec![(Reason::InvalidCsv, 2)])
        );
        let rows = seen("a1,,,\"open,t\na2,,,x,t\na3,,,\"x\",t\na4,,,x,t\n");
        assert_eq!(
            (rows.lines(), rows.reasons()),
            (vec![3, 4, 5], vec![(Reason::InvalidCsv, 2)])
        );
    }

    #[test]
    fn a_cut_in_a_quoted_cell_is_told() {
        let rows = seen("a1,,,x,t\na2,,,\"cut here\nand");
        assert_eq!((rows.lines(), rows.reasons()), (vec![2], vec![(Reason::Truncated, 3)]));
    }

    #[test]
    fn joined_files_may_change_the_header() {
        let seen = seen(&format!("a1,,,x,t\n\n{HEADER}a2,,,x,t\nseverity,textPayload\nINFO,x\n"));
        assert_eq!((seen.lines(), seen.problems.len()), (vec![2, 5, 7], 0));
    }

    #[test]
    fn objects_in_cells_stay_objects() {
        let seen = read_as(
            Format::Csv,
            b"log_name,json_payload\nx,\"{\"\"message\"\":\"\"m\"\"}\"\n",
        );
        assert_eq!(
            seen.values()[0].0,
            json!({"log_name": "x", "json_payload": {"message": "m"}})
        );
    }

    #[test]
    fn headers_are_told_from_text() {
        for (line, expected) in [
            ("insertId,timestamp", true),
            ("\u{feff}severity,textPayload\r\n", true),
            ("'labels.\"\"x\"\",resource.type,other", true),
            ("time,insertId,a,b,c", false),
            ("insertId", false),
            ("severity, timestamp and more", false),
            ("", false),
        ] {
            assert_eq!(is_header(line.as_bytes()), expected, "{line}");
        }
    }
}
