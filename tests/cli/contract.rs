//! The JSON contract: schema, exit code, counts that add up, and the same bytes for the same entries.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::support::{NEW, OLD, Place, array, entries, gzip, lines, zstd};

/// What a scan counted, without the names of its sources.
fn counts(scan: &Value) -> Value {
    let mut coverage = scan["coverage"].clone();
    coverage["sources"] = Value::Null;
    json!({"coverage": coverage, "patterns": scan["patterns"]})
}

fn count_of(scan: &Value, id: &str) -> Option<u64> {
    let rows = scan["patterns"].as_array().expect("patterns");
    rows.iter()
        .find(|row| row["id"] == id)
        .and_then(|row| row["count"].as_u64())
}

#[test]
fn scenarios_follow_the_schema_and_the_exit_code_is_the_verdict() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios");
    let place = Place::new();
    for (name, files, more, verdict) in [
        (
            "crash-loop",
            &["baseline.ndjson.gz", "candidate.json.gz"][..],
            "",
            "ROLL_BACK",
        ),
        ("pinned-traffic", &["baseline.ndjson.gz", "candidate.json"], "", "HOLD"),
        (
            "websocket-race-fixed",
            &["baseline.ndjson.gz", "candidate.ndjson.gz"],
            "--policy policy.toml",
            "PROCEED",
        ),
        (
            "deployed-at",
            &["logs.ndjson.gz"],
            "--deployed-at 2026-03-03T11:00:00Z",
            "PROCEED",
        ),
    ] {
        let path = |file: &str| folder.join(name).join(file).display().to_string();
        let more = more.replace("policy.toml", &path("policy.toml"));
        let files: Vec<String> = files.iter().map(|file| path(file)).collect();
        let mut args = vec!["compare", "--format", "json"];
        args.extend(files.iter().map(String::as_str));
        args.extend(more.split_whitespace());
        let report = place.run_with(&args, b"").says_nothing().json();
        assert_eq!(report["verdict"], verdict, "{name}");
        assert!(!report["reasons"].as_array().expect("reasons").is_empty(), "{name}");
        assert!(!report["findings"].as_array().expect("findings").is_empty(), "{name}");
        let scan = place
            .run_with(&["scan", "--format", "json", &files[0]], b"")
            .says_nothing()
            .json();
        for row in scan["patterns"].as_array().expect("patterns") {
            let by_revision = row["by_revision"].as_object().expect("by_revision").values();
            assert_eq!(
                row["count"].as_u64(),
                Some(by_revision.filter_map(Value::as_u64).sum()),
                "{name}: {row}"
            );
        }
    }
}

#[test]
fn a_report_in_a_file_leaves_standard_output_alone() {
    let place = Place::with_logs();
    let printed = place
        .run("compare before.ndjson after.ndjson --format json")
        .exits(0)
        .says_nothing()
        .out;
    let run = place
        .run("compare before.ndjson after.ndjson --format json -o report.json")
        .exits(0)
        .prints_nothing();
    assert_eq!(run.err, "PROCEED\n");
    assert_eq!(place.read("report.json"), printed);
    assert!(!place.path("report.json.partial").exists());
    place
        .run("compare before.ndjson after.ndjson -o report.json -q")
        .exits(0)
        .prints_nothing()
        .says_nothing();
}

#[test]
fn duplicates_count_once_also_across_files() {
    let all = entries(OLD, 10, 900);
    let (front, back) = (&all[..600], &all[300..]);
    let place = Place::with_logs()
        .file("front.ndjson", lines(front))
        .file("back.json", array(back))
        .file("twice.ndjson", lines(&all).repeat(2));
    let scan = place.run("scan front.ndjson back.json --format json").json();
    assert_eq!(
        (&scan["coverage"]["entries_read"], &scan["coverage"]["duplicates"]),
        (&json!(900), &json!(300))
    );
    assert_eq!(count_of(&scan, "starlette/accept-first"), Some(18));
    let scan = place.run("scan twice.ndjson --format json").json();
    assert_eq!(
        (&scan["coverage"]["entries_read"], &scan["coverage"]["duplicates"]),
        (&json!(900), &json!(900))
    );
    let args = "compare --baseline front.ndjson --baseline back.json --candidate after.ndjson --format json";
    let report = place.run(args).json();
    assert_eq!(report["coverage"]["baseline"]["entries_read"], 900);
    assert_eq!(report["coverage"]["baseline"]["duplicates"], 300);
    assert_eq!(report["sides"]["baseline"]["requests"], 882);
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    // Larger than two chunks of 256 KiB, so that threads do share a file.
    let place = Place::with_logs().file("more.json", array(&entries(OLD, 12, 400)));
    assert!(place.read("before.ndjson").len() > 600_000);
    for command in [
        "compare before.ndjson after.ndjson",
        "scan before.ndjson after.ndjson more.json",
        "profile make before.ndjson more.json",
    ] {
        let format = if command.starts_with("profile") {
            ""
        } else {
            "--format json"
        };
        let outputs = [1, 2, 5].map(|n| place.run(&format!("{command} {format} --threads {n}")).exits(0).out);
        assert!(outputs.iter().all(|o| *o == outputs[0]), "{command}");
        let again = place.run(&format!("{command} {format}")).exits(0).out;
        assert_eq!(again, outputs[0], "{command}");
    }
    for format in ["terminal", "markdown", "html"] {
        let outputs = [1, 5].map(|n| {
            let args = format!("compare before.ndjson after.ndjson --format {format} --threads {n}");
            place.run(&args).exits(0).out
        });
        assert_eq!(outputs[0], outputs[1], "{format}");
    }
}

#[test]
fn the_same_bytes_for_any_order_of_the_files() {
    let all = entries(OLD, 10, 1800);
    let place = Place::with_logs()
        .file("one.ndjson", lines(&all[..700]))
        .file("two.json", array(&all[700..]));
    let one = place.run("scan one.ndjson two.json --format json").exits(0).out;
    assert_eq!(place.run("scan two.json one.ndjson --format json").exits(0).out, one);
    let side = |a: &str, b: &str| {
        let args = format!("compare --baseline {a} --baseline {b} --candidate after.ndjson --format json");
        place.run(&args).exits(0).out
    };
    assert_eq!(side("one.ndjson", "two.json"), side("two.json", "one.ndjson"));
    let mut reversed = all.clone();
    reversed.reverse();
    let place = place.file("reversed.ndjson", lines(&reversed));
    let scans = ["before.ndjson", "reversed.ndjson"].map(|f| place.run(&format!("scan {f} --format json")).json());
    assert_eq!(scans[0]["patterns"], scans[1]["patterns"]);
}

#[test]
fn the_same_counts_for_every_way_to_give_the_entries() {
    let all = entries(OLD, 10, 1800);
    let text = lines(&all);
    let place = Place::with_logs()
        .file("a.gz", gzip(text.as_bytes()))
        .file("a.zst", zstd(text.as_bytes()))
        .file("a.json", array(&all))
        .file("hour/10/a.ndjson", lines(&all[..1000]))
        .file("hour/11/b.json.gz", gzip(array(&all[1000..]).as_bytes()))
        .file("hour/.hidden", "no logs");
    let plain = counts(&place.run("scan before.ndjson --format json").json());
    assert_eq!(plain["coverage"]["entries_read"], 1800);
    let mut ways = 0;
    for input in [
        "a.gz",
        "a.zst",
        "a.json",
        "hour",
        "hour/",
        "hour/*/*",
        "**/[ab].*n*",
        "hour/10 hour/11/*.gz",
        "-",
    ] {
        let mut args = vec!["scan", "--format", "json"];
        args.extend(input.split_whitespace());
        let stdin = if input == "-" { text.as_bytes() } else { b"" };
        let scan = place.run_with(&args, stdin).says_nothing().json();
        if input == "**/[ab].*n*" {
            assert_eq!(scan["coverage"]["entries_read"], 1800, "{input}");
        } else {
            assert_eq!(counts(&scan), plain, "{input}");
        }
        ways += 1;
    }
    assert_eq!(ways, 9);
}

#[test]
fn standard_input_is_a_side() {
    let place = Place::with_logs();
    let plain = place.run("compare before.ndjson after.ndjson --format json").json();
    let text = place.read("after.ndjson");
    let piped = place
        .run_with(&["compare", "before.ndjson", "-", "--format", "json"], text.as_bytes())
        .json();
    assert_eq!(piped["findings"], plain["findings"]);
    assert_eq!(piped["verdict"], plain["verdict"]);
    assert_eq!(piped["coverage"]["candidate"]["sources"][0]["name"], "-");
    let packed = gzip(text.as_bytes());
    let piped = place
        .run_with(&["compare", "before.ndjson", "-", "--format", "json"], &packed)
        .json();
    assert_eq!(piped["findings"], plain["findings"]);
}

#[test]
fn times_and_services_exclude_and_are_counted() {
    let other = entries("billing-api-00007-abc", 10, 300);
    let place = Place::with_logs().file("both.ndjson", lines(&entries(OLD, 10, 600)) + &lines(&other));
    let excluded = |more: &str| {
        let scan = place.run(&format!("scan both.ndjson --format json {more}")).json();
        (
            scan["coverage"]["counted"].as_u64(),
            scan["coverage"]["excluded"].clone(),
        )
    };
    assert_eq!(excluded(""), (Some(900), json!({})));
    assert_eq!(
        excluded("--service chat-api"),
        (Some(600), json!({"other-service": 300}))
    );
    assert_eq!(excluded("--service *-api"), (Some(900), json!({})));
    assert_eq!(
        excluded("--service chat-api --service billing-*"),
        (Some(900), json!({}))
    );
    assert_eq!(
        excluded("--revision *-00007-*"),
        (Some(300), json!({"other-revision": 600}))
    );
    // The window is half open: the entry of 10:05:00.5 is after 10:05:00, that of 10:04:59.5 before.
    assert_eq!(
        excluded("--since 2026-03-03T10:05:00Z"),
        (Some(300), json!({"outside-window": 600}))
    );
    assert_eq!(
        excluded("--until 2026-03-03T10:05:00.5Z"),
        (Some(600), json!({"outside-window": 300}))
    );
    assert_eq!(
        excluded("--since 2026-03-03T11:00:00+01:00 --until 2026-03-03T10:01:00Z"),
        (Some(120), json!({"outside-window": 780}))
    );
}

#[test]
fn several_services_are_told_apart() {
    let (old, new) = ("billing-api-00007-abc", "billing-api-00008-def");
    let before = lines(&entries(OLD, 10, 1200)) + &lines(&entries(old, 10, 1200));
    let after = lines(&entries(NEW, 11, 1200)) + &lines(&entries(new, 11, 1200));
    let place = Place::new().file("before.ndjson", before).file("after.ndjson", after);
    let report = place.run("compare before.ndjson after.ndjson --format json").json();
    assert_eq!(
        report["sides"]["candidate"]["services"],
        json!(["billing-api", "chat-api"])
    );
    assert_eq!(report["sides"]["candidate"]["requests"], 2352);
    let only = "compare before.ndjson after.ndjson --format json --service chat-api";
    let report = place.run(only).json();
    assert_eq!(report["sides"]["baseline"]["services"], json!(["chat-api"]));
    assert_eq!(
        report["coverage"]["baseline"]["excluded"],
        json!({"other-service": 1200})
    );
    let both = "compare before.ndjson --baseline after.ndjson --format json --baseline-revision *-00041-* --baseline-revision *-00007-* --candidate-revision *-00042-* --candidate-revision *-00008-*";
    let report = place.run(both).json();
    assert_eq!(report["sides"]["baseline"]["revisions"], json!([old, OLD]));
    assert_eq!(report["sides"]["candidate"]["revisions"], json!([new, NEW]));
}

#[test]
fn one_input_is_split_by_time() {
    let all = entries(OLD, 10, 3600);
    let place = Place::new().file("day.ndjson", lines(&all));
    let report = place
        .run("compare day.ndjson --deployed-at 2026-03-03T10:30:00Z --format json")
        .json();
    assert_eq!(report["sides"]["baseline"]["entries"], 1800);
    assert_eq!(report["sides"]["candidate"]["entries"], 1800);
    assert_eq!(report["pairing"], "before-after");
}

#[test]
fn a_scan_names_its_revisions() {
    let place = Place::with_logs();
    let scan = place.run("scan before.ndjson after.ndjson --format json").json();
    let rows = scan["patterns"].as_array().expect("patterns");
    let row = rows
        .iter()
        .find(|r| r["id"] == "starlette/accept-first")
        .expect("the pattern");
    let by_revision: BTreeMap<String, u64> = serde_json::from_value(row["by_revision"].clone()).expect("counts");
    assert_eq!(by_revision, BTreeMap::from([(OLD.into(), 36), (NEW.into(), 36)]));
    assert_eq!(
        (&row["count"], &row["first"]),
        (&json!(72), &json!("2026-03-03T10:00:07.500Z"))
    );
}
