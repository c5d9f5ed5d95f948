//! Traces that come in parts, from the file to the sink.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::slice::from_ref;

use proptest::prelude::*;
use serde_json::json;

use super::super::read::read_within;
use super::super::{Concern, Coverage, DEDUPE_BYTES, Entry, Joined, Options, Selection, Sink, Source};
use super::*;
use crate::model::{Severity, Timestamp};

/// Keeps what it is given.
#[derive(Default)]
struct Kept(Vec<Seen>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    time: Option<Timestamp>,
    message: String,
    severity: Severity,
    entries: u32,
    revision: String,
    instance: Vec<u8>,
    insert_id: Vec<u8>,
    trace: Vec<u8>,
    key: u64,
}

impl Sink for Kept {
    fn entry(&mut self, entry: &Entry<'_>) {
        self.0.push(Seen {
            time: entry.timestamp,
            message: entry.message.unwrap_or("-").to_owned(),
            severity: entry.severity,
            entries: entry.entries,
            revision: entry.origin.revision.clone(),
            instance: entry.instance.to_vec(),
            insert_id: entry.insert_id.to_vec(),
            trace: entry.trace.to_vec(),
            key: entry.key,
        });
    }
}

/// One line of a log: milliseconds, instance, text.
type Written<'a> = (u32, &'a str, &'a str);

fn record(number: usize, (ms, instance, text): Written<'_>) -> String {
    json!({"insertId": format!("id{number:06}"), "timestamp": time(ms), "textPayload": text,
        "logName": "projects/acme-shop/logs/run.googleapis.com%2Fstderr", "labels": {"instanceId": instance},
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "chat-api", "revision_name": "chat-api-00041-kop"}}})
    .to_string()
}

fn time(ms: u32) -> String {
    format!(
        "2026-03-01T10:{:02}:{:02}.{:03}Z",
        ms / 60_000,
        ms / 1_000 % 60,
        ms % 1_000
    )
}

fn records(lines: &[Written<'_>]) -> Vec<String> {
    lines.iter().enumerate().map(|(i, l)| record(i, *l)).collect()
}

fn read_bytes(limits: Limits, threads: usize, files: &[Vec<u8>]) -> (Vec<Seen>, Coverage) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(i, content): (usize, &Vec<u8>)| {
        let path = folder.path().join(format!("{i}.log"));
        std::fs::write(&path, content).unwrap();
        Source::File(path)
    };
    let sources: Vec<Source> = files.iter().enumerate().map(write).collect();
    let options = Options {
        selection: Selection::default(),
        threads,
        dedupe_bytes: DEDUPE_BYTES,
        overlap: None,
        received: false,
        progress: &|_| {},
    };
    let (sinks, coverage) = read_within(limits, (&sources, &[]), &options, Kept::default).unwrap();
    let mut seen: Vec<Seen> = sinks.into_iter().flat_map(|s| s.0).collect();
    seen.sort();
    assert!(coverage.is_conserved(), "{coverage:?}");
    let entries: u64 = seen.iter().map(|s| u64::from(s.entries)).sum();
    assert_eq!(entries, coverage.counted, "every entry is handed on once");
    let joined = seen.iter().filter(|s| s.entries > 1);
    let expected = Joined {
        events: joined.clone().count() as u64,
        entries: joined.map(|s| u64::from(s.entries)).sum(),
    };
    assert_eq!(coverage.joined, expected);
    (seen, coverage)
}

fn read_records(threads: usize, files: &[Vec<String>]) -> (Vec<Seen>, Coverage) {
    let bytes: Vec<Vec<u8>> = files.iter().map(|f| (f.join("\n") + "\n").into_bytes()).collect();
    read_bytes(Limits::default(), threads, &bytes)
}

/// The messages that come of the lines of one log.
fn messages(lines: &[Written<'_>]) -> Vec<String> {
    let (seen, coverage) = read_records(1, &[records(lines)]);
    assert_eq!(coverage.concerns, vec![]);
    seen.into_iter().map(|s| s.message).collect()
}

/// Lines that one instance writes, a millisecond apart.
fn written(text: &str) -> Vec<Written<'_>> {
    (0_u32..)
        .zip(text.lines())
        .map(|(ms, line)| (ms, "00ab", line))
        .collect()
}

// --- Languages ---

const PYTHON: &str = "Traceback (most recent call last):
  File \"/app/main.py\", line 12, in run
    pay(room)
    ^^^^^^^^^
  File \"/app/pay.py\", line 3, in pay
    raise Closed(room)
app.errors.Closed: room 17 is closed";

const CHAINED: &str = "ERROR:    Exception in ASGI application
Traceback (most recent call last):
  File \"/app/db.py\", line 3, in get
    return rooms[key]
KeyError: 17

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"/app/main.py\", line 12, in run
    get(17)
Missing: no room

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File \"/app/main.py\", line 2, in main
    run()
RuntimeError: gave up";

const GROUP: &str = "  + Exception Group Traceback (most recent call last):
  |   File \"/app/main.py\", line 2, in main
  |     raise ExceptionGroup(\"both\", errors)
  | ExceptionGroup: both (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File \"/app/main.py\", line 5, in one
    | ValueError: one
    +---------------- 2 ----------------
    | TypeError: two
    +------------------------------------";

const JAVA: &str = "java.lang.IllegalStateException: Failed to load room
\tat com.acme.Rooms.load(Rooms.java:41)
\tat java.base/java.lang.Thread.run(Thread.java:840)
Caused by: java.io.IOException: closed
\tat com.acme.Store.read(Store.java:7)
\t... 2 more
\tSuppressed: java.io.IOException: again
\t\tat com.acme.Store.close(Store.java:9)";

const NODE: &str = "/app/server.js:10
    throw new TypeError('no room');
    ^

TypeError: no room
    at load (/app/rooms.js:4:11)
    at async Promise.all (index 0)
    at node:internal/main/run_main_module:23:47 {
  code: 'NO_ROOM',
  [cause]: Error: closed
      at read (/app/store.js:2:9)
}

Node.js v20.11.0";

const GO: &str = "panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47d3a2]

goroutine 18 [running]:
main.(*Room).load(0x0, {0x4b1f20, 0x5})
\t/app/room.go:12 +0x1d
net/http.HandlerFunc.ServeHTTP(0xc000010000)
\t/usr/local/go/src/net/http/server.go:2136 +0x29
created by net/http.(*Server).Serve in goroutine 1
\t/usr/local/go/src/net/http/server.go:3086 +0x5cb

goroutine 1 [IO wait]:
internal/poll.runtime_pollWait(0x7f, 0x72)
\t/usr/local/go/src/runtime/netpoll.go:343 +0x85
exit status 2";

const RUST: &str = "thread 'main' panicked at src/main.rs:4:5:
called `Option::unwrap()` on a `None` value
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:689:5
   1: chat::main
             at ./src/main.rs:4:5
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.";

const RUST_SHORT: &str = "thread 'main' panicked at src/main.rs:4:5:
called `Option::unwrap()` on a `None` value
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace";

const NET: &str = "Unhandled exception. System.InvalidOperationException: no room
 ---> System.IO.IOException: closed
   at Acme.Store.Read(String name) in /src/Store.cs:line 10
   --- End of inner exception stack trace ---
   at Acme.Rooms.Load() in /src/Rooms.cs:line 4
   at Program.<Main>$(String[] args) in /src/Program.cs:line 1";

const RUBY: &str = "/app/room.rb:10:in `load': closed (RuntimeError)
\tfrom /app/room.rb:20:in `block in run'
\tfrom /app/main.rb:3:in `<main>'";

const PHP: &str = "PHP Fatal error:  Uncaught Exception: closed in /app/room.php:3
Stack trace:
#0 /app/room.php(12): load()
#1 {main}

Next RuntimeException: no room in /app/room.php:5
Stack trace:
#0 /app/main.php(2): run()
#1 {main}
  thrown in /app/room.php on line 5";

const ALL: [&str; 11] = [PYTHON, CHAINED, GROUP, JAVA, NODE, GO, RUST, RUST_SHORT, NET, RUBY, PHP];

#[test]
fn traces_of_every_language_become_one_event() {
    for text in ALL {
        assert_eq!(messages(&written(text)), [text], "{text}");
    }
}

#[test]
fn two_in_a_row_are_two() {
    for text in ALL {
        let twice: Vec<String> = (0..2_u32).flat_map(|_| text.lines().map(str::to_owned)).collect();
        let lines: Vec<Written<'_>> = (0..).zip(&twice).map(|(ms, l)| (ms, "00ab", l.as_str())).collect();
        assert_eq!(messages(&lines), [text, text], "{text}");
    }
}

#[test]
fn other_lines_in_between_stay_alone() {
    for text in ALL {
        let mut lines = vec![(0, "00ab", "starting")];
        for (ms, _, line) in written(text) {
            lines.push((2 * ms, "00ab", line));
            lines.push((2 * ms + 1, "00ab", "203.0.113.7 - \"GET / HTTP/1.1\" 200"));
        }
        let (seen, coverage) = read_records(1, &[records(&lines)]);
        assert_eq!(
            coverage.joined,
            Joined {
                events: 1,
                entries: text.lines().count() as u64
            },
            "{text}"
        );
        assert!(seen.iter().any(|s| s.message == text));
        assert_eq!(seen.len(), 2 + text.lines().count());
    }
}

#[test]
fn traces_cut_at_either_end_stay_together() {
    for text in [PYTHON, JAVA, NODE, GO, NET, RUBY, PHP] {
        let lines = written(text);
        for cut in 1..lines.len() {
            for part in [&lines[..cut], &lines[cut..]] {
                let (seen, _) = read_records(1, &[records(part)]);
                let frames = part
                    .iter()
                    .filter(|l| l.2.starts_with([' ', '\t']) && l.2.contains([':', '"']))
                    .count();
                let largest = seen.iter().map(|s| s.entries).max().unwrap();
                assert!(
                    frames < 2 || largest as usize >= frames,
                    "{text}\ncut at {cut}: {seen:#?}"
                );
            }
        }
    }
}

// --- What comes out ---

#[test]
fn an_event_has_the_worst_severity_and_the_identity_of_its_first_part() {
    let mut parts = records(&written(PYTHON));
    parts[1] = parts[1].replace(
        "\"textPayload\"",
        "\"severity\":\"WARNING\",\"trace\":\"projects/p/traces/1\",\"textPayload\"",
    );
    parts[6] = parts[6].replace(
        "\"textPayload\"",
        "\"severity\":\"ERROR\",\"trace\":\"projects/p/traces/2\",\"textPayload\"",
    );
    let (seen, coverage) = read_records(2, &[parts]);
    let [event] = &seen[..] else { panic!("{seen:#?}") };
    assert_eq!((event.severity, event.entries), (Severity::Error, 7));
    assert_eq!(
        (event.time, &event.insert_id[..], &event.instance[..]),
        (Timestamp::parse(&time(0)), &b"id000000"[..], &b"00ab"[..])
    );
    assert_eq!(
        (&event.trace[..], event.revision.as_str()),
        (&b"projects/p/traces/1"[..], "chat-api-00041-kop")
    );
    assert_eq!(
        (coverage.counted, coverage.revisions["chat-api/chat-api-00041-kop"]),
        (7, 7)
    );
    let (unset, _) = read_records(1, &[records(&written(PYTHON))]);
    assert_eq!(unset[0].severity, Severity::Default);
    assert_eq!(
        unset[0].key, event.key,
        "the key is made of the identities of the parts"
    );
}

#[test]
fn whole_traces_stay_whole_and_chains_of_them_are_one() {
    let first = PYTHON;
    let link = "During handling of the above exception, another exception occurred:";
    let second = PYTHON.replace("17", "18");
    assert_eq!(messages(&[(0, "00ab", first)]), [first]);
    assert_eq!(messages(&[(0, "00ab", first), (1, "00ab", &second)]), [first, &second]);
    let chain = format!("{first}\n{link}\n{second}");
    assert_eq!(
        messages(&[(0, "00ab", first), (1, "00ab", link), (2, "00ab", &second)]),
        *from_ref(&chain)
    );
    let lead = "ERROR:    Exception in ASGI application";
    let led = [
        (0, "00ab", lead),
        (1, "00ab", first),
        (2, "00ab", link),
        (3, "00ab", &second),
    ];
    assert_eq!(messages(&led), [format!("{lead}\n{chain}")]);
    let linked = format!("\n{link}\n\n{second}");
    assert_eq!(
        messages(&[(0, "00ab", first), (1, "00ab", &linked)]),
        [format!("{first}\n{linked}")]
    );
    let node = "Error: Cannot find module 'x'\n    at f (/app/a.js:1:2)";
    let around = [
        "node:internal/modules/cjs/loader:1137",
        "throw err;",
        "^",
        node,
        "code: 'MODULE_NOT_FOUND',",
        "}",
        "Node.js v20.11.0",
    ];
    let lines: Vec<Written<'_>> = (0..).zip(around).map(|(ms, l)| (ms, "00ab", l)).collect();
    assert_eq!(messages(&lines), [around.join("\n")]);
}

#[test]
fn line_ends_of_the_parts_are_left_out() {
    let with_ends: Vec<String> = JAVA.lines().map(|l| format!("{l}\r\n")).collect();
    let lines: Vec<Written<'_>> = (0..).zip(&with_ends).map(|(ms, l)| (ms, "00ab", l.as_str())).collect();
    assert_eq!(messages(&lines), [JAVA]);
}

#[test]
fn what_is_no_trace_comes_out_as_it_was() {
    let lines = [
        (0, "00ab", "  two blanks"),
        (1, "00ab", "ConnectionResetError: [Errno 104] Connection reset by peer"),
        (2, "00ab", "Timeout: 3 s"),
        (3, "00ab", ""),
        (4, "00ab", "}"),
        (5, "00ab", "exit status 2"),
        (2_000, "00ab", "ERROR:    Exception in ASGI application"),
        (2_001, "00ab", "all is well"),
        (
            4_000,
            "00ab",
            "During handling of the above exception, another exception occurred:",
        ),
        (6_000, "00ab", "main.main()"),
        (8_000, "00ab", "    at load (/app/rooms.js:4:11)"),
        (10_000, "00ab", "UserService: created"),
        (10_001, "00ab", "UserService: created"),
        (12_000, "00ab", "called `Option::unwrap()` on a `None` value"),
    ];
    let (seen, coverage) = read_records(2, &[records(&lines)]);
    assert_eq!(coverage.joined, Joined::default());
    let found: Vec<(&str, u32)> = seen.iter().map(|s| (s.message.as_str(), s.entries)).collect();
    let expected: Vec<(&str, u32)> = lines.iter().map(|l| (l.2, 1)).collect();
    assert_eq!(found, expected);
    let of_level = seen.iter().find(|s| s.message.starts_with("ERROR:")).unwrap();
    assert_eq!(of_level.severity, Severity::Error);
}

#[test]
fn an_indented_message_after_a_trace_is_not_swallowed() {
    for (text, gap, entries) in [(PYTHON, 400, 7), (JAVA, 400, 8)] {
        let mut lines = written(text);
        lines.push((lines.len() as u32 + gap, "00ab", "    table of rooms"));
        let (seen, _) = read_records(1, &[records(&lines)]);
        assert_eq!(
            seen.iter().map(|s| s.entries).collect::<Vec<_>>(),
            [entries, 1],
            "{text}"
        );
    }
}

#[test]
fn a_word_that_seemed_to_end_a_trace_is_given_back() {
    let mut lines: Vec<Written<'_>> = written(PYTHON).iter().map(|(ms, i, l)| (2 * ms, *i, *l)).collect();
    lines.push((5, "00ab", "UserService: created"));
    let seen = messages(&lines);
    assert_eq!(seen, [PYTHON, "UserService: created"]);
}

#[test]
fn a_pause_ends_a_trace() {
    let mut lines = written(JAVA);
    lines[4].0 = 1_500;
    lines[5].0 = 1_501;
    lines[6].0 = 1_502;
    lines[7].0 = 1_503;
    assert_eq!(messages(&lines).len(), 2);
}

// --- Files, orders, threads ---

/// Two instances, one of them with two logs.
fn interleaved() -> Vec<String> {
    let mut all = vec![];
    for (i, text) in ALL.iter().enumerate() {
        for (j, line) in text.lines().enumerate() {
            let ms = 3_000 * i as u32 + j as u32;
            let number = 1_000 * i + 10 * j;
            all.push(record(number, (ms, "00ab", line)));
            all.push(record(number + 1, (ms, "00cd", line)));
            all.push(record(number + 2, (ms, "00ab", line)).replace("stderr", "stdout"));
            all.push(record(number + 3, (ms, "00ab", "an ordinary line")));
        }
    }
    all
}

fn traces(seen: &[Seen]) -> BTreeMap<(Vec<u8>, String), usize> {
    let mut counts = BTreeMap::new();
    for event in seen.iter().filter(|s| s.entries > 1) {
        *counts
            .entry((event.instance.clone(), event.message.clone()))
            .or_default() += 1;
    }
    counts
}

#[test]
fn instances_and_logs_come_apart() {
    let (seen, _) = read_records(1, &[interleaved()]);
    let found = traces(&seen);
    assert_eq!(found.len(), 2 * ALL.len());
    for text in ALL {
        assert_eq!(found[&(b"00ab".to_vec(), text.to_owned())], 2, "stderr and stdout");
        assert_eq!(found[&(b"00cd".to_vec(), text.to_owned())], 1);
    }
}

#[test]
fn orders_files_threads_and_formats_change_nothing() {
    let all = interleaved();
    let one = read_records(1, from_ref(&all)).0;
    let newest_first: Vec<String> = all.iter().rev().cloned().collect();
    let halves: [Vec<String>; 2] = [0, 1].map(|half| all.iter().skip(half).step_by(2).cloned().collect());
    assert_eq!(read_records(1, from_ref(&newest_first)).0, one);
    assert_eq!(read_records(2, &halves).0, one);
    let array = format!("[{}]", newest_first.join(",\n")).into_bytes();
    assert_eq!(read_bytes(Limits::default(), 2, &[array]).0, one);
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    gzip.write_all((all.join("\n") + "\n").as_bytes()).unwrap();
    assert_eq!(read_bytes(Limits::default(), 2, &[gzip.finish().unwrap()]).0, one);
}

#[test]
fn traces_over_the_borders_of_chunks_are_joined() {
    let mut all = vec![];
    for n in 0..600_usize {
        for (j, line) in PYTHON.lines().enumerate() {
            all.push(record(
                100 * n + j,
                ((3 * 1_000 * (n % 300) + j) as u32, ["00ab", "00cd"][n / 300], line),
            ));
        }
    }
    let bytes: usize = all.iter().map(String::len).sum();
    assert!(bytes as u64 > 4 * super::super::ranges::CHUNK_BYTES, "{bytes}");
    let (one, coverage) = read_records(1, from_ref(&all));
    assert_eq!(
        coverage.joined,
        Joined {
            events: 600,
            entries: 4_200
        }
    );
    assert!(one.iter().all(|s| s.message == PYTHON));
    assert_eq!(read_records(2, &[all]).0, one);
}

#[test]
fn lines_of_the_same_time_are_in_the_order_of_their_ids() {
    let at_once: Vec<Written<'_>> = GO.lines().map(|l| (7, "00ab", l)).collect();
    let mut all = records(&at_once);
    all.reverse();
    assert_eq!(read_records(2, &[all]).0[0].message, GO);
}

#[test]
fn without_ids_the_order_of_the_file_counts() {
    let no_id = |(i, l): (usize, &Written<'_>)| record(i, *l).replace(&format!("\"insertId\":\"id{i:06}\","), "");
    let mut lines: Vec<Written<'_>> = GO.lines().map(|l| (7, "00ab", l)).collect();
    lines.push((5_000, "00ab", "later"));
    let all: Vec<String> = lines.iter().enumerate().map(no_id).collect();
    assert!(!all[3].contains("insertId"));
    assert_eq!(read_records(2, from_ref(&all)).0[0].message, GO);
    let newest_first: Vec<String> = all.into_iter().rev().collect();
    assert_eq!(read_records(2, &[newest_first]).0[0].message, GO);
}

#[test]
fn an_entry_without_a_time_is_never_joined() {
    let untimed: Vec<String> = records(&written(JAVA))
        .iter()
        .map(|r| r.replace("\"timestamp\"", "\"when\""))
        .collect();
    let (seen, coverage) = read_records(1, &[untimed]);
    assert_eq!((seen.len(), coverage.joined), (8, Joined::default()));
}

#[test]
fn structured_payloads_and_exceptions_of_their_own() {
    let structured = |text: &str| -> Vec<String> {
        let to_json = |r: &String| {
            let mut e: serde_json::Value = serde_json::from_str(r).unwrap();
            e["jsonPayload"] = json!({"message": e["textPayload"].take()});
            e.to_string().replace("\"textPayload\":null,", "")
        };
        records(&written(text)).iter().map(to_json).collect()
    };
    let (seen, _) = read_records(1, &[structured(PYTHON)]);
    assert_eq!(seen[0].message, PYTHON);
    let mut mixed = structured(PYTHON);
    mixed[3] = records(&written(PYTHON))[3].clone();
    assert_eq!(read_records(1, &[mixed]).1.joined, Joined { events: 1, entries: 6 });
    let own = structured(PYTHON)[0].replace("\"message\"", "\"exception\":\"Boom: x\",\"message\"");
    let (seen, _) = read_records(
        1,
        &[vec![own, structured(PYTHON)[1].clone(), structured(PYTHON)[2].clone()]],
    );
    assert_eq!(seen.iter().map(|s| s.entries).collect::<Vec<_>>(), [1, 2]);
}

// --- Plain text ---

#[test]
fn plain_text_is_joined_by_its_lines() {
    for text in ALL {
        let text: String = text.lines().filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n");
        let file = format!("starting\n{text}\nall is well\n{}done\n", "x\n".repeat(40));
        let (seen, coverage) = read_bytes(Limits::default(), 2, &[file.clone().into_bytes()]);
        assert_eq!(coverage.joined.events, 1, "{text}\n{seen:#?}");
        assert!(seen.iter().any(|s| s.message == text), "{text}");
        // As `gcloud run services logs read` prints it.
        let timed: String = file.lines().map(|l| format!("2026-03-01 10:00:00 {l}\n")).collect();
        let (seen, coverage) = read_bytes(Limits::default(), 2, &[timed.into_bytes()]);
        assert_eq!(coverage.joined.events, 1);
        assert!(seen.iter().any(|s| s.message == text), "{text}\n{seen:#?}");
        assert!(seen.iter().any(|s| s.message == "2026-03-01 10:00:00 all is well"));
    }
}

#[test]
fn plain_text_is_joined_within_one_source_and_not_over_many_lines() {
    let (head, tail) = JAVA.split_at(JAVA.find("\tat java").unwrap());
    let (_, coverage) = read_bytes(Limits::default(), 1, &[head.into(), tail.into()]);
    assert_eq!(coverage.joined, Joined { events: 2, entries: 8 });
    let apart = format!("{head}{}{tail}", "other\n".repeat(30));
    let (_, coverage) = read_bytes(Limits::default(), 1, &[apart.into_bytes()]);
    assert_eq!(coverage.joined, Joined { events: 2, entries: 8 });
    let near = format!("{head}{}{tail}", "other\n".repeat(9));
    let (_, coverage) = read_bytes(Limits::default(), 1, &[near.into_bytes()]);
    assert_eq!(coverage.joined, Joined { events: 1, entries: 8 });
}

// --- Bounds ---

#[test]
fn an_endless_trace_is_one_event_of_bounded_size() {
    let frame = format!("  File \"/app/rooms.py\", line 41, in {}", "load".repeat(40));
    let frames = (1..9_000).map(|i| (i / 10, "00ab", frame.as_str()));
    let lines: Vec<Written<'_>> = std::iter::once((0, "00ab", "Traceback (most recent call last):"))
        .chain(frames)
        .chain([(900, "00ab", "RecursionError: too deep")])
        .collect();
    let (seen, coverage) = read_records(2, &[records(&lines)]);
    let [event] = &seen[..] else { panic!("{}", seen.len()) };
    assert_eq!(event.entries, 9_001);
    assert!((EVENT_BYTES_MAX - 2 * LAST_LINE_BYTES..=EVENT_BYTES_MAX).contains(&event.message.len()));
    assert!(event.message.starts_with("Traceback (most recent call last):\n  File"));
    assert!(event.message.ends_with("\nRecursionError: too deep"));
    assert_eq!(coverage.concerns, vec![]);
}

#[test]
fn what_is_joined_reads_as_a_stack() {
    let rules = crate::patterns::stack::InApp::default();
    for text in ALL {
        let seen = messages(&written(text));
        let stack = crate::patterns::stack::read(&seen[0], &rules).unwrap_or_else(|| panic!("{text}"));
        assert!(!stack.thrown.is_empty(), "{text}");
    }
}

fn many_traces() -> Vec<String> {
    let mut all = vec![];
    for n in 0..200_usize {
        for (j, line) in PYTHON.replace("17", &n.to_string()).lines().enumerate() {
            all.push(record(100 * n + j, ((10_000 * n + j) as u32, "00ab", line)));
        }
    }
    all
}

fn limited(limits: Limits, threads: usize, files: &[Vec<String>]) -> (Vec<Seen>, Coverage) {
    let bytes: Vec<Vec<u8>> = files.iter().map(|f| (f.join("\n") + "\n").into_bytes()).collect();
    read_bytes(limits, threads, &bytes)
}

fn codes(coverage: &Coverage) -> Vec<&str> {
    coverage.concerns.iter().map(|c: &Concern| c.code.as_str()).collect()
}

#[test]
fn a_full_memory_leaves_the_same_traces_in_parts_whatever_the_order() {
    let all = many_traces();
    let reversed: Vec<String> = all.iter().rev().cloned().collect();
    let halves: [Vec<String>; 2] = [0, 1].map(|half| all.iter().skip(half).step_by(2).cloned().collect());
    let plenty = Limits::default();
    for limits in [
        Limits {
            frames: 30_000,
            ..plenty
        },
        Limits {
            loose: 40_000,
            ..plenty
        },
        Limits {
            frames: 40_000,
            loose: 30_000,
            ..plenty
        },
        Limits {
            frames: 0,
            loose: 0,
            whole: 0,
        },
    ] {
        let one = limited(limits, 1, from_ref(&all));
        assert_eq!(codes(&one.1), ["joining-limit"], "{limits:?}");
        assert!(one.1.joined.entries < 1_400, "{limits:?}");
        for (threads, files) in [
            (2, vec![all.clone()]),
            (1, vec![reversed.clone()]),
            (2, halves.to_vec()),
        ] {
            let (seen, coverage) = limited(limits, threads, &files);
            assert_eq!((&seen, coverage.joined), (&one.0, one.1.joined), "{limits:?}");
            assert_eq!(coverage.concerns, one.1.concerns);
        }
    }
    assert_eq!(codes(&limited(plenty, 1, &[all]).1), [""; 0]);
}

#[test]
fn lines_that_only_look_like_parts_raise_no_concern() {
    let texts: Vec<String> = (0..4_000).map(|i| format!("UserService: created {i}")).collect();
    let lines: Vec<Written<'_>> = (0..).zip(&texts).map(|(i, t)| (500 * i, "00ab", t.as_str())).collect();
    let limits = Limits {
        loose: 60_000,
        ..Limits::default()
    };
    let (seen, coverage) = limited(limits, 2, &[records(&lines)]);
    assert_eq!((seen.len(), codes(&coverage)), (4_000, vec![]));
}

#[test]
fn whole_traces_need_room_only_where_they_are_linked() {
    let texts: Vec<String> = (0..400).map(|i| PYTHON.replace("17", &i.to_string())).collect();
    let lines: Vec<Written<'_>> = (0..)
        .zip(&texts)
        .map(|(i, t)| (5_000 * i, "00ab", t.as_str()))
        .collect();
    let limits = Limits {
        whole: 60_000,
        ..Limits::default()
    };
    let (seen, coverage) = limited(limits, 2, &[records(&lines)]);
    assert_eq!((seen.len(), codes(&coverage)), (400, vec![]));
    let mut linked = lines.clone();
    let link = "During handling of the above exception, another exception occurred:";
    linked.extend((0..400).map(|i| (5_000 * i + 1, "00ab", link)));
    assert_eq!(codes(&limited(limits, 2, &[records(&linked)]).1), ["joining-limit"]);
}

// --- Laws ---

/// Lines that are parts, and some that are not, at random times: traces in any state of disorder.
fn disorder() -> impl Strategy<Value = Vec<String>> {
    let lines: Vec<&str> = ALL
        .iter()
        .flat_map(|text| text.lines())
        .chain(["hello", "UserService: x"])
        .collect();
    let line = (
        0_u32..4_000,
        prop::sample::select(&["00ab", "00cd"][..]),
        prop::sample::select(lines),
    );
    prop::collection::vec(line, 0..150).prop_map(|lines| {
        lines
            .iter()
            .enumerate()
            .map(|(i, (ms, instance, text))| record(i, (*ms, *instance, *text)))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_order_and_split_gives_the_same_events(
        all in disorder(),
        keys in prop::collection::vec(any::<(u32, u8)>(), 150),
        threads in 1_usize..4,
        limit in prop::option::of(2_000_usize..40_000),
    ) {
        let limits = limit.map_or(Limits::default(), |n| Limits { frames: n, loose: n / 2, whole: n / 2 });
        let one = limited(limits, 1, from_ref(&all));
        let mut moved: Vec<(u32, u8, &String)> = all.iter().zip(&keys).map(|(r, (order, file))| (*order, *file % 4, r)).collect();
        moved.sort_unstable();
        let mut files = vec![vec![]; 4];
        moved.iter().for_each(|(_, file, record)| files[usize::from(*file)].push((*record).clone()));
        let other = limited(limits, threads, &files);
        prop_assert_eq!(one.0, other.0);
        prop_assert_eq!(one.1.joined, other.1.joined);
        prop_assert_eq!(one.1.concerns, other.1.concerns);
    }
}
