//! Input that can be read but does not allow a judgement: HOLD with the reason, never PROCEED.

use serde_json::json;

use super::support::{NEW, OLD, Place, codes, entries, gzip, lines, of_scheduler};

#[test]
fn an_empty_side_is_hold() {
    let jobs = lines(&of_scheduler(entries(OLD, 9, 30)));
    let place = Place::with_logs()
        .file("none.json", "[]")
        .file("zero", "")
        .file("jobs.ndjson", jobs);
    for empty in ["none.json", "zero", "jobs.ndjson"] {
        let report = place
            .run(&format!("compare {empty} after.ndjson --format json"))
            .judges("HOLD", "baseline-empty");
        assert_eq!(report["lean"], "cannot-judge", "{empty}");
        let report = place
            .run(&format!("compare before.ndjson {empty} --format json"))
            .judges("HOLD", "candidate-empty");
        assert_eq!(report["coverage"]["candidate"]["counted"], 0, "{empty}");
        place
            .run(&format!("compare before.ndjson {empty}"))
            .exits(10)
            .says_nothing()
            .prints("VERDICT: HOLD");
    }
}

#[test]
fn a_copy_of_the_same_input_is_told() {
    let text = lines(&entries(OLD, 10, 1800));
    let place = Place::with_logs()
        .file("copy.ndjson", &text)
        .file("copy.gz", gzip(text.as_bytes()));
    for copy in ["copy.ndjson", "copy.gz"] {
        let report = place
            .run(&format!("compare before.ndjson {copy} --format json"))
            .judges("HOLD", "input-incomplete");
        assert!(codes(&report["concerns"]).contains(&"same-input".into()), "{copy}");
    }
}

#[test]
fn overlapping_windows_of_one_revision_are_told() {
    let all = entries(OLD, 10, 2400);
    let place = Place::new()
        .file("a.ndjson", lines(&all[..1500]))
        .file("b.ndjson", lines(&all[900..]));
    let report = place
        .run("compare a.ndjson b.ndjson --format json")
        .judges("HOLD", "input-incomplete");
    assert_eq!(codes(&report["concerns"]), ["sides-overlap"]);
    let disjoint = Place::new()
        .file("a.ndjson", lines(&all[..1200]))
        .file("b.ndjson", lines(&all[1200..]));
    let report = disjoint.run("compare a.ndjson b.ndjson --format json").json();
    assert_eq!(report["concerns"], json!([]));
}

#[test]
fn swapped_sides_are_told() {
    let place = Place::with_logs();
    let report = place
        .run("compare after.ndjson before.ndjson --format json")
        .judges("HOLD", "input-incomplete");
    assert_eq!(codes(&report["concerns"]), ["sides-swapped"]);
}

#[test]
fn a_time_that_is_not_used_is_told() {
    let place = Place::with_logs();
    let at = "--deployed-at 2026-03-03T10:45:00Z";
    let report = place
        .run(&format!("compare before.ndjson after.ndjson {at} --format json"))
        .json();
    assert_eq!(codes(&report["notes"]), ["deployed-at-unused"]);
}

#[test]
fn broken_lines_are_counted_and_shown_and_the_run_goes_on() {
    let good = entries(NEW, 11, 300);
    let parts = [
        lines(&good[..100]),
        "{\"insertId\": \n".into(),
        "Traceback of somebody\n".into(),
        lines(&good[100..200]),
        "42\n{\"a\": 1}\n".into(),
        lines(&good[200..]),
    ];
    let place = Place::with_logs().file("broken.ndjson", parts.concat());
    let scan = place.run("scan broken.ndjson --format json").json();
    let coverage = &scan["coverage"];
    assert_eq!(coverage["entries_read"], 300);
    assert_eq!(
        coverage["rejected"],
        json!({"invalid-json": 1, "not-an-object": 1, "not-a-log-entry": 1})
    );
    assert_eq!(coverage["notes"], json!({"stray-text": 1}));
    let problems = coverage["sources"][0]["problems"].as_array().expect("problems");
    let places: Vec<(&str, u64)> = problems
        .iter()
        .filter_map(|p| Some((p["reason"].as_str()?, p["line"].as_u64()?)))
        .collect();
    let expected = [
        ("invalid-json", 101),
        ("not-an-object", 203),
        ("not-a-log-entry", 204),
        ("stray-text", 102),
    ];
    assert_eq!(places, expected);
    place
        .run("scan broken.ndjson")
        .exits(0)
        .says_nothing()
        .prints("300 entries read from 1 source, 0 duplicates, 3 rejected")
        .prints("broken.ndjson:101: invalid-json: {\"insertId\":")
        .prints("broken.ndjson:203: not-an-object: 42");
    let report = place
        .run("compare before.ndjson broken.ndjson --format json")
        .judges("HOLD", "input-incomplete");
    assert!(codes(&report["concerns"]).contains(&"records-rejected".into()));
    place
        .run("compare before.ndjson broken.ndjson")
        .exits(10)
        .prints("candidate: broken.ndjson:101: invalid-json");
}

#[test]
fn verbose_tells_what_was_read() {
    let place = Place::with_logs();
    let run = place.run("compare before.ndjson after.ndjson -v").exits(0);
    assert!(run.err.starts_with("read before.ndjson: ndjson, "), "{}", run.err);
    assert!(
        run.err.contains(" bytes, 1800 entries\nread after.ndjson: ") && run.err.contains("\ntook "),
        "{}",
        run.err
    );
    place
        .run("compare before.ndjson after.ndjson -v -q")
        .exits(0)
        .says_nothing();
}
