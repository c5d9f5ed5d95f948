//! The scanner against the specification: random text, fragments that trigger every mask, and a corpus.

use proptest::prelude::*;

use super::super::{explain, specified};
use super::canonical;

fn scanned(text: &str) -> String {
    let mut out = String::new();
    canonical(text, &mut out);
    out
}

/// What stands between values, and what values are made of: joined at random they reach every mask and its borders.
const FRAGMENTS: &[&str] = &[
    " ",
    " ",
    " ",
    "  ",
    ",",
    ", ",
    ".",
    ":",
    ": ",
    "::",
    ";",
    "-",
    "--",
    "+",
    "_",
    "/",
    "//",
    "\\",
    "=",
    "==",
    "===",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "\"",
    "'",
    "|",
    "%",
    "@",
    "#",
    "*",
    "~",
    "$",
    "&",
    "?",
    "\t",
    "\n",
    "\x1B",
    "\x1B[",
    "\x1B[31m",
    "\x1B[0;1m",
    "\x02",
    "\x7F",
    "\0",
    "\u{2192}",
    "\u{1F680}",
    "\u{FE0F}",
    "\u{200D}",
    "\u{e9}",
    "\u{b5}",
    "\u{b5}s",
    "\u{7528}\u{6237}",
    "\u{a0}",
    "\u{fffd}",
    "0",
    "1",
    "2",
    "7",
    "12",
    "42",
    "99",
    "123",
    "404",
    "500",
    "503",
    "1234",
    "2025",
    "12345",
    "123456",
    "12345678",
    "123456789012345678",
    "0x",
    "0X",
    "a",
    "b",
    "e",
    "E",
    "f",
    "g",
    "x",
    "z",
    "A",
    "F",
    "G",
    "Z",
    "T",
    "ab",
    "abc",
    "beef",
    "BEEF",
    "cafe1234",
    "deadbeef",
    "1a2b",
    "1a2b3c4d5e6f",
    "word",
    "Word",
    "is",
    "1e5",
    "e5",
    "e-5",
    "E+10",
    "ms",
    "s",
    "m",
    "h",
    "d",
    "min",
    "sec",
    "us",
    "ns",
    "k",
    "K",
    "kB",
    "KiB",
    "Mi",
    "MB",
    "GiB",
    "B",
    "b",
    "P",
    "mb",
    "Pb",
    "http",
    "HTTP",
    "https://",
    "ftp://",
    "://",
    "a.b",
    "x.example",
    "me@x.example",
    "a@b.c",
    "www.",
    "/a",
    "/a/",
    "/a/b",
    "/1/2",
    "C:\\",
    "c:\\x",
    "12345678-1234-1234-1234-123456789abc",
    "-1234",
    "-1234-1234-1234-",
    "00:1a:2b:3c:4d:5e",
    "1a:",
    ":1a",
    "2025-03-04",
    "2025/03/04",
    "T10:00",
    "_10:00:05",
    "10:00",
    "10:00:05",
    ":05",
    ".123",
    ",123",
    "Z",
    "+01:00",
    "-0100",
    "+0100",
    "04/Mar/2025:",
    "4/Mar/2025",
    "2001:db8::1",
    "2001:",
    "db8:",
    "fe80::",
    "10.0.0.1",
    "10.0.",
    ".0.1",
    ":80",
    "Mon",
    "Tue, ",
    "Sun ",
    "Jan",
    "Mar ",
    "Dec 4",
    "Mar 12",
    "<time>",
    "<time>,",
    "<num>",
    "<ip>",
    ", <num>",
    ",<x>",
    "<Num>",
    "2024",
    "1999",
    "3000",
    "exit",
    "exited",
    "exit(",
    "code",
    "code ",
    "Code=",
    "status",
    "status: ",
    "status=",
    "\"status\":",
    "\\\"status\\\": ",
    "STATUS ",
    "errno",
    "Errno ",
    "signal ",
    "http/1.1",
    "HTTP/2 ",
    "http/",
    " is ",
    " was",
    " with ",
    " of",
    " is",
    "error_",
    "error",
    "return-",
    "response ",
    "close",
    "err",
    "ret",
    "close_",
    "exit code",
    " Bad",
    " Not",
    " Not Found",
    ": Internal Server Error",
    " Too",
    " Gateway",
    "404 Not",
    "E1",
    "E12",
    "E1234",
    "ORA-",
    "ORA-00942",
    "TNS-",
    "SQLSTATE[",
    "42601",
    "SQLSTATE[42P01]",
    "eyJ",
    "eyJhbGci",
    ".eyJz",
    "aGVsbG8gd29ybGQhISEhISE",
    "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA",
    "Ab1cd2",
    "0123456789abcdef",
    "1/a",
    "+1+",
];

fn fragments(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(FRAGMENTS), 0..most).prop_map(|parts| parts.concat())
}

fn corpus() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/messages");
    let files = std::fs::read_dir(folder).unwrap();
    let mut lines = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        lines.extend(text.lines().map(str::to_owned));
    }
    lines
}

#[test]
fn the_corpus_reads_as_specified() {
    let lines = corpus();
    assert!(lines.len() > 400, "{}", lines.len());
    for line in &lines {
        assert_eq!(scanned(line), specified(line), "{line:?}");
    }
    let whole = lines.join("\n");
    assert_eq!(scanned(&whole), specified(&whole));
}

/// Of the corpus all of it. Not of every text: `9eyJa.b` is a number and letters, after `<num>` the letters are a token.
#[test]
fn canonical_text_is_canonical() {
    for line in corpus() {
        let once = scanned(&line);
        assert_eq!(scanned(&once), once);
    }
}

#[test]
fn text_before_stays() {
    let mut out = "a, <num>".to_owned();
    canonical(", 12", &mut out);
    assert_eq!(out, "a, <num>, <num>");
}

#[test]
fn explain_ends_in_the_canonical_text() {
    for line in corpus() {
        let steps = explain(&line);
        assert_eq!(steps.last().map_or(line.as_str(), |step| &step.text), specified(&line));
        assert!(steps.windows(2).all(|pair| pair[0].text != pair[1].text));
    }
    assert!(explain("nothing to mask").is_empty());
}

/// Ever the same text, up to the end of what is looked at: where one match ends and the next starts.
#[test]
fn repeated_fragments_read_as_specified() {
    let mut pairs = 0;
    for (i, first) in FRAGMENTS.iter().enumerate() {
        for second in FRAGMENTS.iter().skip(i % 29).step_by(29) {
            let pair = format!("{first}{second}");
            let text = pair.repeat(600 / pair.len() + 1);
            assert_eq!(scanned(&text), specified(&text), "{pair:?}");
            pairs += 1;
        }
    }
    assert!(pairs > 2_000, "{pairs}");
}

#[test]
fn long_messages_are_cut() {
    for unit in [" ", "a ", "12 ", "<num>, ", "\u{7528}\u{6237}1 ", "\u{fffd}", "x"] {
        let text = unit.repeat((20 << 20) / unit.len());
        assert_eq!(scanned(&text), specified(&text), "{unit:?}");
    }
    assert_eq!(scanned(""), "");
    assert_eq!(scanned(" \t\n "), "");
}

/// A corpus line with a few of its characters removed, swapped, or replaced by a fragment.
fn mutated() -> impl Strategy<Value = String> {
    let change = (
        any::<prop::sample::Index>(),
        0_usize..12,
        prop::sample::select(FRAGMENTS),
    );
    (prop::sample::select(corpus()), prop::collection::vec(change, 1..5)).prop_map(|(line, changes)| {
        let mut chars: Vec<char> = line.chars().collect();
        for (place, removed, inserted) in changes {
            let place = place.index(chars.len() + 1);
            let end = chars.len().min(place + removed);
            chars.splice(place..end, inserted.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn fragments_read_as_specified(text in fragments(12)) {
        prop_assert_eq!(scanned(&text), specified(&text));
    }

    #[test]
    fn mutated_lines_read_as_specified(text in mutated()) {
        prop_assert_eq!(scanned(&text), specified(&text));
    }

    #[test]
    fn any_text_reads_as_specified(text in any::<String>()) {
        prop_assert_eq!(scanned(&text), specified(&text));
    }

    #[test]
    fn any_ascii_reads_as_specified(text in "[ -~]{0,60}") {
        prop_assert_eq!(scanned(&text), specified(&text));
    }

    #[test]
    fn digits_and_marks_read_as_specified(text in "[0-9a-fT:., /+=@_-]{0,60}") {
        prop_assert_eq!(scanned(&text), specified(&text));
    }
}
