//! Tests of all readers together: the same entries in every shape, in pieces, cut anywhere, broken, and at random.

use std::io::Write as _;

use proptest::prelude::*;

use super::testing::{Seen, read_as, read_in_pieces, read_source};
use super::{Format, Reason};

fn entry(id: usize) -> String {
    let text = [
        "plain",
        "a \\\"quoted\\\" } word",
        "two\\nlines {",
        "caf\u{e9} \u{1f600}",
        "odd \\\\",
    ][id % 5];
    format!(
        r#"{{"insertId":"id{id}","resource":{{"type":"cloud_run_revision","labels":{{"revision_name":"chat-api-00041-kop"}}}},"textPayload":"{text}","errorGroups":[{{"id":"g{id}"}}],"httpRequest":{{"status":200}}}}"#
    )
}

fn pretty(id: usize, indent: usize) -> String {
    let value: serde_json::Value = serde_json::from_str(&entry(id)).unwrap();
    let text = serde_json::to_string_pretty(&value).unwrap();
    text.lines()
        .map(|line| format!("{:indent$}{line}\n", ""))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

fn joined(count: usize, between: &str, record: impl Fn(usize) -> String) -> String {
    (0..count).map(record).collect::<Vec<_>>().join(between)
}

fn ids(range: impl IntoIterator<Item = usize>) -> Vec<String> {
    range.into_iter().map(|id| format!("id{id}")).collect()
}

/// Arrangements of `count` entries, and the format each is told to be.
fn arrangements(count: usize) -> Vec<(&'static str, Format, String)> {
    let pages = format!(
        "{{\"entries\":[{}],\"nextPageToken\":\"x\"}}\n{{\"entries\":[{}]}}\n{{}}\n",
        joined(count - 1, ",", entry),
        entry(count - 1)
    );
    let groups = format!(
        "{{\n \"collection_time\": \"2026-03-01\", \"time_range\": {{\"entries\": [1]}},\n \"logs_by_severity\": {{\n  \
         \"ERROR\": [\n{}\n  ],\n  \"INFO\": [{}], \"n\": 3\n }},\n \"summary\": {{\"total\": [{{}}]}}\n}}\n",
        joined(count - 1, ",\n", |id| pretty(id, 4)),
        entry(count - 1)
    );
    vec![
        ("ndjson", Format::Ndjson, joined(count, "\n", entry) + "\n"),
        (
            "ndjson, blank lines",
            Format::Ndjson,
            format!("\n\n{}\n\n", joined(count, "\n \n", entry)),
        ),
        (
            "compact array",
            Format::Json,
            format!("[{}]", joined(count, ",", entry)),
        ),
        (
            "array by lines",
            Format::Json,
            format!("[\n{}\n]\n", joined(count, ",\n", entry)),
        ),
        (
            "gcloud array",
            Format::Json,
            format!("[\n{}\n]\n", joined(count, ",\n", |id| pretty(id, 2))),
        ),
        (
            "array of arrays",
            Format::Json,
            format!("[[{}],[{}]]", joined(count - 1, ",", entry), entry(count - 1)),
        ),
        (
            "pretty objects",
            Format::Json,
            joined(count, "\n\n", |id| pretty(id, 0)),
        ),
        ("joined pretty", Format::Json, joined(count, "", |id| pretty(id, 0))),
        ("pages", Format::Json, pages),
        ("groups", Format::Json, groups),
        (
            "raw logs",
            Format::Json,
            format!("{{\"raw_logs\": [\n{}\n]}}", joined(count, ",\n", |id| pretty(id, 2))),
        ),
        (
            "fenced",
            Format::Json,
            format!("```json\n[\n{}\n]\n```\n", joined(count, ",\n", |id| pretty(id, 2))),
        ),
    ]
}

#[test]
fn every_arrangement_gives_the_same_entries() {
    let expected: Vec<serde_json::Value> = (0..6).map(|id| serde_json::from_str(&entry(id)).unwrap()).collect();
    for (name, format, text) in arrangements(6) {
        let crlf = text.replace('\n', "\r\n");
        for variant in [text.clone(), crlf.clone(), format!("\u{feff}{crlf}")] {
            let (told, seen) = read_source(variant.as_bytes());
            assert_eq!(told, format, "{name}");
            assert_eq!(seen.problems, [], "{name}");
            let values: Vec<_> = seen.values().into_iter().map(|(value, _)| value).collect();
            assert_eq!(values, expected, "{name}");
        }
    }
}

#[test]
fn every_wrapping_gives_the_same_records() {
    let gz = |data: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    };
    for (name, _, text) in arrangements(6) {
        let (plain, (first, second)) = (read_source(text.as_bytes()), text.as_bytes().split_at(text.len() / 2));
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for wrapped in [
            [gz(first), gz(second)].concat(),
            [
                zstd::encode_all(first, 1).unwrap(),
                zstd::encode_all(second, 1).unwrap(),
            ]
            .concat(),
            gz(&[&[0xff, 0xfe], &utf16[..]].concat()),
            utf16,
        ] {
            assert_eq!(read_source(&wrapped), plain, "{name}");
        }
    }
}

#[test]
fn lines_are_those_a_reader_would_see() {
    let text = format!("$ a prompt\n[\n{},\n{}\n]\n\nmore text\n", pretty(0, 2), pretty(1, 2));
    let seen = read_as(Format::Json, text.as_bytes());
    let second = 3 + pretty(0, 2).lines().count() as u64;
    assert_eq!(seen.lines(), [3, second]);
    let last = text.lines().count() as u64;
    assert_eq!(seen.reasons(), [(Reason::StrayText, 1), (Reason::StrayText, last)]);
}

const TRANSCRIPT: &str = "dev@shell:~ (acme-shop)$ gcloud logging read x --format=json
[
  {
    \"insertId\": \"id0\",
    \"textPayload\": \"[\"
  }
]
dev@shell:~ (acme-shop)$ gcloud logging read x
---
insertId: id1
errorGroups:
- id: g
textPayload: 'folded
  text {

  more'
---
insertId: id2
futureField: 3
severity: INFO
Updated property [core/project].
---
dev@shell:~ (acme-shop)$ cat note
insertId: id3
note: not: yaml
[Server] text
{
  \"insertId\": \"id4\"
}dev@shell:~ (acme-shop)$ exit
";

#[test]
fn transcripts_hold_json_and_yaml() {
    let seen = read_as(Format::Json, TRANSCRIPT.as_bytes());
    assert_eq!((seen.ids(), seen.lines()), (ids(0..5), vec![3, 10, 18, 24, 27]));
    assert_eq!(seen.values()[1].0["textPayload"], "folded text {\nmore");
    assert_eq!(seen.values()[2].0["futureField"], 3);
    assert_eq!(
        seen.reasons(),
        [1, 8, 21, 23, 25, 26, 29].map(|line| (Reason::StrayText, line))
    );
}

#[test]
fn broken_yaml_costs_one_document() {
    let text = "---\ninsertId: id0\n---\ninsertId: 'open\nlogName: x\n---\ninsertId: id2\n---\n- a\n---\nx: 1\n";
    let seen = read_as(Format::Yaml, text.as_bytes());
    assert_eq!(
        (seen.ids(), seen.lines()),
        (vec!["id0".into(), "id2".into(), "-".into()], vec![2, 7, 11])
    );
    assert_eq!(seen.reasons(), [(Reason::InvalidYaml, 4), (Reason::StrayText, 9)]);
    let cut = read_as(
        Format::Yaml,
        b"---\ninsertId: id0\n---\ninsertId: id1\ntextPayload: 'cut he",
    );
    assert_eq!((cut.ids(), cut.reasons()), (ids(0..1), vec![(Reason::Truncated, 4)]));
}

/// Text, the ids that must be read, and the problems.
type Recovery = (&'static str, String, Vec<String>, Vec<(Reason, u64)>);

fn recoveries() -> Vec<Recovery> {
    let good = |id: usize| pretty(id, 2);
    let array = |records: &[String]| format!("[\n{}\n]\n", records.join(",\n"));
    let length = |id: usize| good(id).lines().count() as u64;
    let broken = |line: u64| vec![(Reason::InvalidJson, line)];
    let second = 2 + length(0);
    let inner_brace = good(1).replacen("      },\n", "", 1).replacen("      }\n", "", 1);
    vec![
        (
            "a closing brace is missing",
            array(&[good(0), good(1).trim_end_matches("\n  }").to_owned(), good(2), good(3)]),
            ids([0, 2, 3]),
            broken(second),
        ),
        (
            "an inner brace is missing",
            array(&[good(0), inner_brace, good(2)]),
            ids([0, 2]),
            broken(second),
        ),
        (
            "a quote is missing",
            array(&[good(0), good(1).replace("\"id1\"", "\"id1"), good(2)]),
            ids([0, 2]),
            broken(second),
        ),
        (
            "quotes are not escaped",
            array(&[good(0), good(3).replace("caf", "\"caf\""), good(2)]),
            ids([0, 2]),
            broken(second),
        ),
        (
            "text stands inside",
            array(&[
                good(0),
                good(1).replacen("\n    \"httpR", "\n^C some {text}\n    \"httpR", 1),
                good(2),
            ]),
            ids([0, 2]),
            broken(second),
        ),
        (
            "the rest is missing",
            array(&[good(0), good(1)[..120].to_owned(), good(2)]),
            ids([0, 2]),
            broken(second),
        ),
        (
            "the last one is broken",
            array(&[good(0), good(1).trim_end_matches("\n  }").to_owned()]),
            ids([0]),
            broken(second),
        ),
        (
            "compact, a brace is missing",
            format!("[{},{},{}]", entry(0), entry(1).trim_end_matches('}'), entry(2)),
            ids([0, 2]),
            broken(1),
        ),
        (
            "compact, a quote is missing",
            format!("[{},{},{}]", entry(0), entry(1).replace("\"id1\"", "\"id1"), entry(2)),
            ids([0, 2]),
            broken(1),
        ),
        (
            "objects, one cut",
            format!("{}\n{}\n{}\n", pretty(0, 0), &pretty(1, 0)[..60], pretty(2, 0)),
            ids([0, 2]),
            broken(1 + length(0)),
        ),
        (
            "objects, cut after a colon",
            format!(
                "{}\n{{\n  \"resource\":\n{}\n{}\n",
                pretty(0, 0),
                pretty(1, 0),
                pretty(2, 0)
            ),
            ids([0, 1, 2]),
            broken(1 + length(0)),
        ),
        (
            "cut after a colon at the end",
            format!("{{\n  \"resource\":\n{}\n", pretty(1, 0)),
            ids([1]),
            broken(1),
        ),
        (
            "`}, {` between",
            "[{\n  \"insertId\": \"id0\n}, {\n  \"insertId\": \"id1\"\n}]".to_owned(),
            ids([1]),
            broken(1),
        ),
        (
            "cut, then YAML",
            "{\n  \"insertId\": \"id0\",\n  \"a\": \"x\n---\ninsertId: id1\n".to_owned(),
            ids([1]),
            broken(1),
        ),
    ]
}

#[test]
fn a_broken_record_costs_no_other() {
    for (name, text, expected, problems) in recoveries() {
        let seen = read_as(Format::Json, text.as_bytes());
        let read: Vec<String> = seen.ids().into_iter().filter(|id| id != "-").collect();
        assert_eq!(read, expected, "{name}");
        let reasons: Vec<_> = seen
            .reasons()
            .into_iter()
            .filter(|(r, _)| *r != Reason::StrayText)
            .collect();
        assert_eq!(reasons, problems, "{name}\n{text}");
    }
}

#[test]
fn values_that_are_no_objects_are_told() {
    let seen = read_as(Format::Json, b"[ 1, \"two\", null, {\"insertId\":\"id0\"}, true]");
    assert_eq!(
        (seen.ids(), seen.reasons()),
        (ids([0]), vec![(Reason::NotAnObject, 1); 4])
    );
    let seen = read_as(
        Format::Ndjson,
        b"{\"insertId\":\"id0\"}\n[1]\n\"x\"\n12\nsome text\n{broken\n{\"insertId\":\"id1\"}",
    );
    assert_eq!(seen.lines(), [1, 6, 7]);
    let not = |line| (Reason::NotAnObject, line);
    assert_eq!(seen.reasons(), [not(2), not(3), not(4), (Reason::StrayText, 5)]);
}

#[test]
fn huge_records_are_skipped_and_told() {
    let huge = format!(
        "{{\"insertId\":\"big\",\"textPayload\":\"{}\\\"\"}}",
        "x".repeat(17 << 20)
    );
    for (format, text) in [
        (Format::Json, format!("[{},\n{huge},\n{}]", entry(0), entry(1))),
        (Format::Ndjson, format!("{}\n{huge}\n{}\n", entry(0), entry(1))),
    ] {
        let seen = read_as(format, text.as_bytes());
        assert_eq!(
            (seen.ids(), seen.reasons()),
            (ids(0..2), vec![(Reason::Oversized, 2)]),
            "{format:?}"
        );
    }
    let seen = read_as(Format::Text, format!("a\n{}\nb\n", "x".repeat(17 << 20)).as_bytes());
    assert_eq!((seen.texts.len(), seen.reasons()), (2, vec![(Reason::Oversized, 2)]));
}

#[test]
fn text_is_read_by_lines() {
    let seen = read_as(Format::Text, "\u{feff}one\r\n\r\n  two \nthree".as_bytes());
    assert_eq!(
        seen.texts,
        [("one".into(), 1), ("  two ".into(), 3), ("three".into(), 4)]
    );
    assert_eq!(read_as(Format::Empty, b" \n"), Seen::default());
}

#[test]
fn a_cut_anywhere_loses_only_what_is_cut() {
    let shapes = arrangements(3)
        .into_iter()
        .filter(|(name, ..)| ["ndjson", "compact array", "gcloud array", "pretty objects", "raw logs"].contains(name));
    for (name, format, text) in shapes {
        let records = read_as(format, text.as_bytes()).objects;
        let starts: Vec<usize> = records
            .iter()
            .map(|(r, _)| memchr::memmem::find(text.as_bytes(), r).unwrap())
            .collect();
        for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            let seen = read_as(format, &text.as_bytes()[..cut]);
            let whole = (0..3).filter(|i| starts[*i] + records[*i].0.len() <= cut).count();
            assert_eq!(seen.ids(), ids(0..whole), "{name} cut at {cut}");
            let truncated = seen
                .reasons()
                .iter()
                .filter(|(reason, _)| *reason == Reason::Truncated)
                .count();
            let is_inside = whole < 3 && starts[whole] < cut;
            assert!(
                truncated <= 1 && seen.problems.len() == truncated,
                "{name} cut at {cut}: {:?}",
                seen.problems
            );
            assert!(truncated == 1 || !is_inside, "{name} cut at {cut} is not told");
        }
    }
}

#[test]
fn a_cut_gzip_stream_is_told_once() {
    let text = joined(300, "\n", entry) + "\n";
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    let data = encoder.finish().unwrap();
    for (cut, format) in (20..data.len()).step_by(11).map(|cut| (cut, Format::Ndjson)) {
        let (told, seen) = read_source(&data[..cut]);
        assert_eq!(seen.ids(), ids(0..seen.objects.len()), "cut at {cut}");
        let truncated: Vec<_> = seen
            .problems
            .iter()
            .filter(|(reason, ..)| *reason == Reason::Truncated)
            .collect();
        assert_eq!(
            (truncated.len(), seen.problems.len()),
            (1, 1),
            "cut at {cut}: {:?}",
            seen.problems
        );
        assert!(told == format || seen.objects.is_empty() || seen.objects.len() < 3);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pieces_never_change_the_result(pieces in prop::collection::vec(1..40usize, 1..6)) {
        let mut texts: Vec<_> = arrangements(4).into_iter().map(|(_, format, text)| (format, text)).collect();
        texts.push((Format::Json, TRANSCRIPT.to_owned()));
        texts.extend(recoveries().into_iter().map(|(_, text, ..)| (Format::Json, text)));
        texts.push((Format::Csv, "insertId,severity\na,\"x\ny\"\nb\nc,d\n".to_owned()));
        texts.push((Format::Text, "a\n\nb\r\nc".to_owned()));
        for (format, text) in texts {
            prop_assert_eq!(read_in_pieces(format, text.as_bytes(), &pieces), read_as(format, text.as_bytes()));
        }
    }
}

/// Pieces of text that mean something to one of the readers.
const TOKENS: [&str; 36] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\n",
    "\r\n",
    " ",
    "  ",
    "---\n",
    "insertId: a\n",
    "labels:\n",
    "- x\n",
    "\"insertId\"",
    "\"entries\":[",
    "\"logs_by_x\":{",
    "{\"insertId\":\"a\"}",
    "{\n",
    "}\n",
    "},\n",
    "]\n",
    "  {\n",
    "text",
    "12",
    "```\n",
    "\u{feff}",
    "insertId,severity\n",
    "a,b\n",
    "'",
    "null",
    "\0",
    "{\"nextPageToken\":",
    "\u{1f600}",
];

const FORMATS: [Format; 6] = [
    Format::Empty,
    Format::Ndjson,
    Format::Json,
    Format::Yaml,
    Format::Csv,
    Format::Text,
];

fn check_sanity(data: &[u8]) -> Result<(), TestCaseError> {
    let lines = 1 + memchr::memchr_iter(b'\n', data).count() as u64;
    for format in FORMATS {
        let seen = read_as(format, data);
        let texts = seen.texts.iter().map(|(_, line)| *line);
        let problems = seen.problems.iter().map(|(_, line, _)| *line);
        let all: Vec<u64> = seen.lines().into_iter().chain(texts).chain(problems).collect();
        prop_assert!(
            all.iter().all(|line| (1..=lines).contains(line)),
            "{format:?}: {all:?} of {lines}"
        );
        prop_assert!(seen.lines().is_sorted());
        let all_objects = seen.objects.iter().all(|(json, _)| json.first() == Some(&b'{'));
        prop_assert!(all_objects);
    }
    let _ = read_source(data);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_do_no_harm(data in prop::collection::vec(any::<u8>(), 0..400)) {
        check_sanity(&data)?;
    }

    #[test]
    fn random_tokens_do_no_harm(tokens in prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..60)) {
        let text = tokens.concat();
        check_sanity(text.as_bytes())?;
        for format in FORMATS {
            prop_assert_eq!(read_in_pieces(format, text.as_bytes(), &[3, 1]), read_as(format, text.as_bytes()));
        }
    }
}
