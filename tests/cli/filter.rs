//! `--filter` on the command line: what is counted, what is said, what is refused.

use super::support::{NEW, OLD, Place, codes, entries, gzip, lines};

const FLAG: &str = "--filter";

#[test]
fn what_the_filter_leaves_out_is_counted_as_such() {
    let place = Place::with_logs();
    for (filter, counted) in [
        ("severity>=ERROR", 36),
        ("severity<ERROR", 1764),
        ("textPayload:\"ACCEPT\"", 36),
        ("httpRequest.status=200 AND httpRequest.latency>\"0.08s\"", 193),
        ("log_id(\"run.googleapis.com/stderr\")", 36),
        ("timestamp<\"2026-03-03T10:10:00Z\"", 600),
        ("resource.labels.revision_name=~\"-00041-\"", 1800),
        ("-severity=INFO", 36),
        ("", 1800),
    ] {
        let run = place.run_with(&["scan", "before.ndjson", FLAG, filter, "--format", "json"], b"");
        let coverage = &run.exits(0).says_nothing().json()["coverage"];
        assert_eq!(coverage["counted"], counted, "{filter}");
        let left_out = coverage["excluded"]["filtered-out"].as_u64().unwrap_or(0);
        assert_eq!(left_out, 1800 - counted, "{filter}");
    }
}

#[test]
fn every_shape_of_input_is_filtered() {
    let log = lines(&entries(OLD, 10, 300));
    let text = "2026-03-03T10:00:00Z ERROR: boom\n2026-03-03T10:00:01Z INFO: fine\nmore\n";
    let place = Place::new()
        .file("log.gz", gzip(log.as_bytes()))
        .file("array.json", super::support::array(&entries(OLD, 10, 300)))
        .file("log.txt", text)
        .file("marked.ndjson", format!("\u{feff}{log}"));
    let counted = |args: &[&str], stdin: &[u8]| {
        let run = place.run_with(&[&["scan", "--format", "json"], args].concat(), stdin);
        run.exits(0).json()["coverage"]["counted"].as_u64().expect("a count")
    };
    for name in ["log.gz", "array.json", "marked.ndjson"] {
        assert_eq!(counted(&[name, FLAG, "severity>=ERROR"], b""), 6, "{name}");
        assert_eq!(counted(&[name, FLAG, "accept"], b""), 6, "{name}");
    }
    assert_eq!(counted(&["-", FLAG, "textPayload:*"], log.as_bytes()), 6);
    assert_eq!(counted(&["log.txt", FLAG, "textPayload:boom"], b""), 1);
    assert_eq!(counted(&["log.txt", FLAG, "timestamp>=2026-03-03"], b""), 2);
}

#[test]
fn both_sides_of_a_comparison_are_filtered() {
    let place = Place::with_logs();
    let args = "compare before.ndjson after.ndjson --format json";
    let whole = place.run(args).json();
    let run = place.run(&format!("{args} --filter resource.type=cloud_run_revision"));
    assert_eq!(run.says_nothing().json()["findings"], whole["findings"]);
    let filtered = place.run(&format!("{args} --filter severity=INFO")).json();
    for side in ["baseline", "candidate"] {
        assert_eq!(filtered["coverage"][side]["excluded"]["filtered-out"], 36);
    }
    assert!(
        filtered["notes"].to_string().contains("\"filtered\""),
        "{}",
        filtered["notes"]
    );
    let one_side = place.run(&format!("{args} --filter timestamp<2026-03-03T11")).exits(2);
    assert!(one_side.err.contains("RFC 3339"), "{}", one_side.err);
    let one_side = place.run_with(
        &[
            "compare",
            "before.ndjson",
            "after.ndjson",
            "--format",
            "json",
            FLAG,
            "timestamp<\"2026-03-03T11:00:00Z\"",
        ],
        b"",
    );
    one_side.judges("HOLD", "candidate-empty");
}

#[test]
fn a_filter_may_stand_in_a_file() {
    let filter = "-- only what hurts\nseverity>=ERROR\n  AND (textPayload:\"accept\" OR httpRequest.status>=500)\n";
    let place = Place::with_logs()
        .file("hurts.lql", filter)
        .file("wrong.lql", "severity=ERROR\n  AND statsu=5\n");
    let run = place.run("scan before.ndjson --format json --filter @hurts.lql");
    assert_eq!(run.exits(0).says_nothing().json()["coverage"]["counted"], 36);
    let run = place
        .run("scan before.ndjson --filter @wrong.lql")
        .exits(2)
        .prints_nothing();
    assert_eq!(
        run.err,
        "error: wrong.lql: a LogEntry has no field statsu (line 2, column 7)\n    AND statsu=5\n        ^^^^^^\nhint: fields of your own \
         stand in a payload or in labels: jsonPayload.NAME, labels.NAME; put a text that you search for in double quotes\n"
    );
    place
        .run("scan before.ndjson --filter @gone.lql")
        .fails_with(3, "no such file: gone.lql", "check the path");
}

#[test]
fn a_filter_that_cannot_be_used_is_pointed_at_before_anything_is_read() {
    let place = Place::new();
    for command in [
        "compare gone.json gone2.json",
        "scan gone.json",
        "profile make gone.json",
    ] {
        let run = place
            .run(&format!("{command} --filter severty=ERROR"))
            .exits(2)
            .prints_nothing();
        assert_eq!(
            run.err,
            "error: --filter: a LogEntry has no field severty (line 1, column 1)\n  severty=ERROR\n  ^^^^^^^\n\
             hint: did you mean severity?\n"
        );
    }
    let hostile = place
        .run_with(&["scan", "gone.json", FLAG, "a\u{1b}[31m=\u{202e}1"], b"")
        .exits(2);
    assert!(!hostile.err.contains(['\u{1b}', '\u{202e}']), "{}", hostile.err);
    let quiet = place.run("-q scan gone.json --filter (").exits(2);
    assert!(
        quiet.err.starts_with("error: --filter: ") && !quiet.err.contains("hint:"),
        "{}",
        quiet.err
    );
}

#[test]
fn warnings_are_said_once_and_not_when_quiet() {
    let place = Place::with_logs();
    let args = [
        "compare",
        "before.ndjson",
        "after.ndjson",
        FLAG,
        "severity=ERROR OR severity=INFO and",
    ];
    let run = place.run_with(&args, b"").exits(3);
    assert_eq!(
        run.err.matches("warning: --filter: AND and OR are mixed").count(),
        1,
        "{}",
        run.err
    );
    assert!(
        run.err.contains("(severity=ERROR OR severity=INFO) AND and"),
        "{}",
        run.err
    );
    let run = place.run_with(&[&args[..], &["-q"]].concat(), b"").exits(3);
    assert!(!run.err.contains("warning"), "{}", run.err);
}

#[test]
fn a_filter_that_takes_nothing_is_named_as_the_cause() {
    let place = Place::with_logs();
    place
        .run("compare before.ndjson after.ndjson --filter severity=ALERT")
        .fails_with(
            3,
            "none of the 3600 log entries is one to count: 3600 filtered-out",
            "check --filter: = compares whole values, : looks for a part; without it, all entries are counted",
        );
}

#[test]
fn other_selections_come_first() {
    let both = [entries(OLD, 10, 100), entries(NEW, 11, 100)].concat();
    let place = Place::new().file("both.ndjson", lines(&both));
    let run = place.run("scan both.ndjson --format json --revision *-00042-* --filter severity>=ERROR");
    let coverage = &run.exits(0).json()["coverage"];
    assert_eq!(coverage["excluded"]["other-revision"], 100);
    assert_eq!(coverage["excluded"]["filtered-out"], 98);
    assert_eq!(coverage["counted"], 2);
}

#[test]
fn saved_profiles_keep_what_they_counted_and_cannot_be_filtered_later() {
    let place = Place::with_logs();
    let made = place.run("profile make before.ndjson -o old.profile --filter severity>=ERROR");
    let _ = made.exits(0);
    let shown = place.run("profile show old.profile --format json").exits(0).json();
    assert_eq!(shown["coverage"]["excluded"]["filtered-out"], 1764);
    place
        .run("compare old.profile after.ndjson --filter severity>=ERROR")
        .fails_with(
            2,
            "old.profile is a saved profile: its entries can no longer be selected",
            "leave out --service, --revision, --since, --until and --filter, or give the logs themselves",
        );
    assert!(!codes(&place.run("compare before.ndjson after.ndjson --format json").json()["reasons"]).is_empty());
}

/// A pipe can be read once: a filter that is asked for twice would take everything the second time.
#[test]
#[cfg(unix)]
fn a_filter_may_come_through_a_pipe() {
    let args = ["scan", "before.ndjson", FLAG, "@/dev/stdin", "--format", "json"];
    let coverage = Place::with_logs().run_with(&args, b"severity>=ERROR").json()["coverage"].take();
    assert_eq!(
        coverage["counted"].as_u64().unwrap() + coverage["excluded"]["filtered-out"].as_u64().unwrap(),
        1800
    );
}
