//! Reading files as they come: every line accounted for, at its right place, whatever chunk and thread it fell to.

use std::io::{self, BufReader, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

use proptest::prelude::*;

use super::formats::{Format, RECORD_BYTES_MAX};
use super::ranges::CHUNK_BYTES;
use super::worker::Worker;
use super::*;
use crate::model::{Severity, Timestamp, Window};

/// Keeps what it is given.
#[derive(Default)]
struct Kept(Vec<Seen>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    key: u64,
    time: Option<Timestamp>,
    revision: String,
    severity: Severity,
    message: Option<String>,
    status: Option<u16>,
}

impl Sink for Kept {
    fn entry(&mut self, entry: &Entry<'_>) {
        self.0.push(Seen {
            key: entry.key,
            time: entry.timestamp,
            revision: entry.origin.revision.clone(),
            severity: entry.severity,
            message: entry.message.map(str::to_owned),
            status: entry.request.and_then(|r| r.status),
        });
    }
}

fn line(id: usize, message: &str) -> String {
    let (minute, second) = (id / 60 % 60, id % 60);
    format!(
        r#"{{"insertId":"id{id}","timestamp":"2026-03-01T10:{minute:02}:{second:02}Z","severity":"INFO","textPayload":"{message}","logName":"projects/acme-shop/logs/run.googleapis.com%2Fstdout","resource":{{"type":"cloud_run_revision","labels":{{"service_name":"chat-api","revision_name":"chat-api-00041-kop"}}}}}}"#
    )
}

fn lines(ids: impl Iterator<Item = usize>) -> String {
    ids.map(|id| line(id, "hello") + "\n").collect()
}

/// What was kept, sorted, and the coverage.
fn read_with(selection: Selection, dedupe_bytes: usize, threads: usize, files: &[&[u8]]) -> (Vec<Seen>, Coverage) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(i, content): (usize, &&[u8])| {
        let path = folder.path().join(format!("{i}.log"));
        std::fs::write(&path, content).unwrap();
        Source::File(path)
    };
    let sources: Vec<Source> = files.iter().enumerate().map(write).collect();
    let options = Options {
        selection,
        threads,
        dedupe_bytes,
        overlap: None,
        received: false,
        progress: &|_| {},
    };
    let (sinks, coverage) = read(&sources, &[], &options, Kept::default).unwrap();
    assert!(coverage.is_conserved(), "{coverage:?}");
    let mut seen: Vec<Seen> = sinks.into_iter().flat_map(|s| s.0).collect();
    assert_eq!(seen.len() as u64, coverage.counted);
    seen.sort();
    (seen, coverage)
}

fn read_files(files: &[&[u8]]) -> (Vec<Seen>, Coverage) {
    let one = read_with(Selection::default(), DEDUPE_BYTES, 1, files);
    let (seen, mut coverage) = read_with(Selection::default(), DEDUPE_BYTES, 3, files);
    for (source, other) in coverage.sources.iter_mut().zip(&one.1.sources) {
        source.name.clone_from(&other.name);
    }
    if coverage.concerns.is_empty() {
        assert_eq!((&seen, &coverage), (&one.0, &one.1), "threads make a difference");
    }
    one
}

fn problems(coverage: &Coverage) -> Vec<(Reason, u64)> {
    let of_source = |s: &SourceCoverage| s.problems.iter().map(|p| (p.reason, p.line)).collect::<Vec<_>>();
    coverage.sources.iter().flat_map(of_source).collect()
}

fn codes(coverage: &Coverage) -> Vec<&str> {
    coverage.concerns.iter().map(|c| c.code.as_str()).collect()
}

// --- Lines ---

#[test]
fn line_ends_blanks_and_commas_change_nothing() {
    let plain = lines(0..20);
    let no_id = |text: String| text.replace("\"insertId\":\"id3\",", "");
    let (seen, coverage) = read_files(&[no_id(plain.clone()).as_bytes()]);
    assert_eq!((coverage.records, coverage.counted, seen.len()), (20, 20, 20));
    let bom = format!("\u{feff}{plain}");
    // The first lines decide the format.
    let (head, tail) = plain.split_at(plain.len() / 2 + plain[plain.len() / 2..].find('\n').unwrap() + 1);
    for (name, text) in [
        ("CRLF", plain.replace('\n', "\r\n")),
        ("byte order mark", bom),
        ("trailing commas", head.to_owned() + &tail.replace('\n', " ,\n")),
        ("commas and CRLF", head.to_owned() + &tail.replace('\n', ",\r\n")),
        ("blank lines", plain.replace('\n', "\n\n \r\n")),
        ("indented", plain.replace("{\"insertId", "  {\"insertId")),
        ("no last line end", plain.trim_end().to_owned()),
    ] {
        let (got, coverage) = read_files(&[no_id(text).as_bytes()]);
        assert_eq!(coverage.sources[0].format, "ndjson", "{name}");
        assert_eq!((coverage.records, coverage.counted), (20, 20), "{name}: {coverage:?}");
        assert!(problems(&coverage).is_empty(), "{name}: {coverage:?}");
        assert_eq!(got, seen, "{name}");
    }
}

#[test]
fn joined_files_keep_their_byte_order_marks_and_nothing_is_lost() {
    let text = format!("\u{feff}{}\u{feff}{}", lines(0..10), lines(10..20));
    let (_, coverage) = read_files(&[text.as_bytes()]);
    assert_eq!((coverage.counted, problems(&coverage)), (20, vec![]));
}

#[test]
fn lines_that_are_no_objects_are_told_by_kind() {
    let text = format!(
        "{}[1,2]\n\"text\"\nnot json\n{{\"a\":1}}\n{{\"insertId\" 7}}\n",
        lines(0..9)
    );
    let (_, coverage) = read_files(&[text.as_bytes()]);
    assert_eq!((coverage.records, coverage.counted), (13, 9));
    let mut told = problems(&coverage);
    told.sort_by_key(|p| p.1);
    let expected = [
        (Reason::NotAnObject, 10),
        (Reason::NotAnObject, 11),
        (Reason::StrayText, 12),
        (Reason::NotALogEntry, 13),
        (Reason::InvalidJson, 14),
    ];
    assert_eq!(told, expected);
    assert_eq!(coverage.notes[&Reason::StrayText], 1);
    assert_eq!(codes(&coverage), ["records-rejected"]);
}

#[test]
fn a_cut_last_line_is_truncated() {
    let text = lines(0..12);
    for cut in [text.len() - 2, text.len() - 40, text.len() - 200] {
        let (_, coverage) = read_files(&[&text.as_bytes()[..cut]]);
        assert_eq!(
            (coverage.counted, problems(&coverage)),
            (11, vec![(Reason::Truncated, 12)]),
            "{cut}"
        );
        assert!(codes(&coverage).contains(&"truncated"));
    }
    let broken_inside = text.replacen("\"textPayload\"", "textPayload", 1);
    let (_, coverage) = read_files(&[broken_inside.as_bytes()]);
    assert_eq!(problems(&coverage), [(Reason::InvalidJson, 1)]);
}

#[test]
fn a_line_that_is_too_long_is_left_out_alone() {
    let mut text = lines(0..1_500).into_bytes();
    text.extend(line(1_500, &"x".repeat(RECORD_BYTES_MAX + 70 * 1024)).as_bytes());
    text.push(b'\n');
    text.extend(lines(1_501..3_000).as_bytes());
    text.extend(b"{\"broken\n");
    let (seen, coverage) = read_with(Selection::default(), DEDUPE_BYTES, 2, &[&text]);
    assert_eq!((coverage.records, coverage.counted, seen.len()), (3_001, 2_999, 2_999));
    assert_eq!(
        problems(&coverage),
        [(Reason::InvalidJson, 3_001), (Reason::Oversized, 1_501)]
    );
}

// --- Texts ---

#[test]
fn bytes_that_are_not_utf_8_cost_no_entry() {
    let mut text = lines(0..9).into_bytes();
    let marked = line(9, "caf@ closed").into_bytes();
    text.extend(marked.iter().map(|b| if *b == b'@' { 0xe9 } else { *b }));
    text.push(b'\n');
    let (seen, coverage) = read_files(&[&text]);
    assert_eq!((coverage.counted, coverage.notes[&Reason::InvalidEncoding]), (10, 1));
    assert_eq!(problems(&coverage), [(Reason::InvalidEncoding, 10)]);
    assert!(seen.iter().any(|s| s.message.as_deref() == Some("caf\u{fffd} closed")));
    assert!(codes(&coverage).is_empty());
}

#[test]
fn repaired_escapes_cost_no_entry() {
    let text = format!("{}{}\n", lines(0..4), line(4, r"user 79f3\***"));
    let (seen, coverage) = read_files(&[text.as_bytes()]);
    assert_eq!(
        (coverage.counted, problems(&coverage)),
        (5, vec![(Reason::RepairedEscape, 5)])
    );
    assert!(seen.iter().any(|s| s.message.as_deref() == Some("user 79f3***")));
}

#[test]
fn the_texts_own_level_is_the_severity_where_none_is_given() {
    let text = lines(0..1) + &line(1, "ERROR: gate shut").replace("\"severity\":\"INFO\",", "") + "\n";
    let (seen, _) = read_files(&[text.as_bytes()]);
    let mut severities: Vec<Severity> = seen.iter().map(|s| s.severity).collect();
    severities.sort();
    assert_eq!(severities, [Severity::Info, Severity::Error]);
}

#[test]
fn a_time_that_cannot_be_read_is_told() {
    let text = lines(0..3) + &line(3, "x").replace("2026-03-01T10", "soon") + "\n";
    let (seen, coverage) = read_files(&[text.as_bytes()]);
    assert_eq!((coverage.counted, coverage.untimed), (4, 1));
    assert_eq!(problems(&coverage), [(Reason::InvalidTimestamp, 4)]);
    assert_eq!(seen.iter().filter(|s| s.time.is_none()).count(), 1);
}

// --- Large files ---

#[test]
fn problems_of_a_large_file_stand_at_their_lines() {
    let count = 9_000;
    let broken = [20_usize, 700, 2_000, 4_321, 8_999, 9_000];
    let mut text = String::new();
    for number in 1..=count {
        let good = line(number, "hello, hello");
        text += if broken.contains(&number) {
            &good[..good.len() - 3]
        } else {
            &good
        };
        text += if number % 2 == 0 { "\r\n" } else { "\n" };
    }
    assert!(text.len() as u64 > 4 * CHUNK_BYTES, "{}", text.len());
    let (_, coverage) = read_files(&[text.as_bytes()]);
    let told: Vec<u64> = problems(&coverage).iter().map(|p| p.1).collect();
    assert_eq!(coverage.rejected[&Reason::InvalidJson], 6);
    assert_eq!(told, broken[..5].iter().map(|n| *n as u64).collect::<Vec<_>>());
    assert_eq!(
        (coverage.records, coverage.sources[0].format.as_str()),
        (count as u64, "ndjson")
    );
}

#[test]
fn problems_of_a_stream_stand_at_their_lines() {
    let mut text = lines(0..4_000);
    text += "{\"insertId\":\"x\",\"severity\" 3}\n";
    text += &lines(4_000..8_000);
    let (_, coverage) = read_files(&[&gzip(text.as_bytes())]);
    assert_eq!(coverage.sources[0].format, "ndjson+gzip");
    assert_eq!(
        (coverage.counted, problems(&coverage)),
        (8_000, vec![(Reason::InvalidJson, 4_001)])
    );
}

#[test]
fn every_thread_count_reads_the_same() {
    let text = lines(0..6_000);
    let one = read_with(Selection::default(), DEDUPE_BYTES, 1, &[text.as_bytes()]);
    for threads in [0, 2, 5] {
        let (seen, coverage) = read_with(Selection::default(), DEDUPE_BYTES, threads, &[text.as_bytes()]);
        assert_eq!(seen, one.0);
        assert_eq!(coverage.sources[0].content_hash, one.1.sources[0].content_hash);
        assert_eq!((coverage.first, coverage.last), (one.1.first, one.1.last));
    }
}

// --- Duplicates and selection ---

#[test]
fn duplicates_are_told_across_files() {
    let (a, b) = (lines(0..60), lines(40..100));
    let array = format!("[{}]", lines(90..120).trim_end().replace('\n', ","));
    let (_, coverage) = read_files(&[a.as_bytes(), b.as_bytes(), array.as_bytes()]);
    assert_eq!(
        (coverage.records, coverage.entries_read, coverage.duplicates),
        (150, 120, 30)
    );
    let mut entries: Vec<u64> = coverage.sources.iter().map(|s| s.entries).collect();
    entries.sort_unstable();
    assert_eq!(entries, [30, 60, 60]);
}

#[test]
fn an_entry_without_its_payload_is_no_duplicate_of_the_whole_one() {
    let text = line(0, "hello");
    let bare = text.replace("\"textPayload\":\"hello\",", "");
    let (_, coverage) = read_files(&[format!("{text}\n{bare}\n{text}\n{bare}\n").as_bytes()]);
    assert_eq!((coverage.counted, coverage.duplicates, coverage.unknown), (2, 2, 1));
}

#[test]
fn what_the_selection_leaves_out_is_counted_by_reason() {
    let job = lines(200..203).replace("cloud_run_revision", "cloud_run_job");
    let other_service = lines(300..304).replace("chat-api\"", "auth\"");
    let other_revision = lines(400..405).replace("-00041-", "-00040-");
    let text = lines(0..100) + &job + &other_service + &other_revision;
    let selection = Selection {
        services: vec![glob::Pattern::new("chat-*").unwrap()],
        revisions: vec![glob::Pattern::new("*-00041-*").unwrap()],
        window: Some(Window {
            start: Timestamp::parse("2026-03-01T10:00:10Z"),
            end: Timestamp::parse("2026-03-01T10:01:00Z"),
        }),
        ..Selection::default()
    };
    let (_, coverage) = read_with(selection, DEDUPE_BYTES, 2, &[text.as_bytes()]);
    let excluded: Vec<(&str, u64)> = coverage.excluded.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    let expected = [
        ("other-resource-type", 3),
        ("other-revision", 5),
        ("other-service", 4),
        ("outside-window", 50),
    ];
    assert_eq!(excluded, expected);
    assert_eq!((coverage.counted, coverage.entries_read), (50, 112));
    assert_eq!(
        (coverage.first, coverage.last),
        (
            Timestamp::parse("2026-03-01T10:00:10Z"),
            Timestamp::parse("2026-03-01T10:00:59Z")
        )
    );
    assert_eq!(coverage.revisions["chat-api/chat-api-00041-kop"], 50);
}

// --- Doubts ---

#[test]
fn a_round_number_newest_first_looks_cut() {
    let newest_first = lines((0..100).rev());
    assert_eq!(codes(&read_files(&[newest_first.as_bytes()]).1), ["looks-cut"]);
    assert!(codes(&read_files(&[lines(0..100).as_bytes()]).1).is_empty());
    assert!(codes(&read_files(&[lines((0..101).rev()).as_bytes()]).1).is_empty());
    let array = format!("[{}]", newest_first.trim_end().replace('\n', ","));
    assert_eq!(codes(&read_files(&[array.as_bytes()]).1), ["looks-cut"]);
}

#[test]
fn a_small_memory_for_duplicates_is_doubted() {
    let text = lines(0..3_000);
    let (_, coverage) = read_with(Selection::default(), 4_000, 1, &[text.as_bytes()]);
    assert_eq!((codes(&coverage), coverage.counted), (vec!["dedupe-limit"], 3_000));
    assert!(codes(&read_with(Selection::default(), 400_000, 1, &[text.as_bytes()]).1).is_empty());
}

#[test]
fn entries_without_payload_are_doubted() {
    let bare = lines(0..30).replace("\"textPayload\":\"hello\",", "");
    let (_, coverage) = read_files(&[(bare + &lines(100..129)).as_bytes()]);
    assert_eq!((codes(&coverage), coverage.unknown), (vec!["no-payload"], 30));
}

#[test]
fn nothing_is_read_from_nothing() {
    let (seen, coverage) = read_files(&[b"", b"\n \n", b"[]"]);
    assert_eq!((seen.len(), coverage.records, coverage.sources.len()), (0, 0, 3));
    assert!(codes(&coverage).is_empty());
    let (_, coverage) = read_with(Selection::default(), DEDUPE_BYTES, 2, &[]);
    assert_eq!(coverage, Coverage::default());
}

// --- What the file system refuses ---

#[test]
fn a_missing_file_is_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        selection: Selection::default(),
        threads: 1,
        dedupe_bytes: DEDUPE_BYTES,
        overlap: None,
        received: false,
        progress: &|_| {},
    };
    let missing = Source::File(folder.path().join("no.json"));
    assert!(matches!(
        read(&[missing], &[], &options, Kept::default),
        Err(SourceError::Refused(..))
    ));
}

#[test]
fn a_folder_read_as_a_file_is_unreadable() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        selection: Selection::default(),
        threads: 2,
        dedupe_bytes: DEDUPE_BYTES,
        overlap: None,
        received: false,
        progress: &|_| {},
    };
    let source = Source::File(Path::new(folder.path()).into());
    let (_, coverage) = read(&[source], &[], &options, Kept::default).unwrap();
    assert_eq!((codes(&coverage).contains(&"unreadable"), coverage.counted), (true, 0));
    assert!(coverage.is_conserved(), "{coverage:?}");
}

/// Some text, then an error of the given kind.
struct Failing(Option<Vec<u8>>, io::ErrorKind);

impl io::Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let text = self.0.take().ok_or_else(|| io::Error::new(self.1, "gone"))?;
        buffer[..text.len()].copy_from_slice(&text);
        Ok(text.len())
    }
}

#[test]
fn a_source_that_fails_on_the_way_is_told_with_what_came_before() {
    for (kind, reason) in [
        (io::ErrorKind::ConnectionReset, Reason::Unreadable),
        (io::ErrorKind::UnexpectedEof, Reason::Truncated),
    ] {
        let (send, batches) = sync_channel(9);
        let text = lines(0..3).into_bytes();
        let mut reader = BufReader::new(Failing(Some(text), kind));
        let mut total = stream::read(7, Format::Ndjson, &mut reader, &send);
        drop(send);
        let options = Options {
            selection: Selection::default(),
            threads: 1,
            dedupe_bytes: DEDUPE_BYTES,
            overlap: None,
            received: false,
            progress: &|_| {},
        };
        let dedupe = Mutex::new(Dedupe::new(DEDUPE_BYTES));
        let joiner = join::Joiner::new(Kept::default(), join::Limits::default());
        let mut worker = Worker::new(Kept::default(), &options, &dedupe, &joiner);
        for batch in batches {
            let stream::Content::Records(records) = &batch.what else {
                panic!("a stream has records");
            };
            worker.batch(&batch.bytes, records, batch.source);
        }
        let (kept, tally) = worker.finish();
        total.add(tally);
        assert_eq!((kept.0.len(), total.problems[&reason]), (3, 1), "{kind}");
        let places = total.sources.get_mut(&7).unwrap().problems();
        assert_eq!(
            places.iter().map(|p| (p.reason, p.line)).collect::<Vec<_>>(),
            [(reason, 4)]
        );
        assert_eq!(total.records, total.valid + 1, "the lost part is one record");
    }
}

// --- Any damage ---

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    gzip.write_all(text).unwrap();
    gzip.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Lines are read in ranges from a plain file and as a stream from a compressed one: two readers, one answer.
    #[test]
    fn damage_is_counted_alike_in_ranges_and_in_streams(
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&b"\n\r\"\\{}[],: x\xff\xef"[..])), 0..12),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        // The first lines decide the format: they stay whole.
        let head = lines(0..10).into_bytes();
        let mut tail = lines(10..24).into_bytes();
        for (at, byte) in damage {
            let at = at.index(tail.len());
            tail[at] = byte;
        }
        if is_cut {
            tail.truncate(cut.index(tail.len()));
        }
        let text = [head, tail].concat();
        let (plain_seen, plain) = read_files(&[&text]);
        let (stream_seen, stream) = read_files(&[&gzip(&text)]);
        prop_assert_eq!(plain_seen, stream_seen);
        prop_assert_eq!((plain.records, plain.rejected, plain.notes), (stream.records, stream.rejected, stream.notes));
        prop_assert_eq!(&plain.sources[0].problems.iter().map(|p| (p.reason, p.line)).collect::<Vec<_>>(),
            &stream.sources[0].problems.iter().map(|p| (p.reason, p.line)).collect::<Vec<_>>());
    }
}
