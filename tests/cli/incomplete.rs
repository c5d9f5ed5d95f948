//! Logs that end too early. Whole, they would be PROCEED; cut, they must not be.

use super::support::{NEW, OLD, Place, Run, codes, entries, gzip, lines, zstd};

fn after() -> String {
    lines(&entries(NEW, 11, 1800))
}

#[track_caller]
fn is_held(run: &Run, side: &str) {
    let report = run.judges("HOLD", "input-incomplete");
    assert_eq!(report["coverage"][side]["rejected"]["truncated"], 1);
    assert!(
        codes(&report["concerns"]).contains(&"truncated".into()),
        "{}",
        report["concerns"]
    );
    assert!(!codes(&report["reasons"]).contains(&"non-inferior".into()));
}

#[test]
fn whole_it_is_proceed() {
    Place::with_logs()
        .run("compare before.ndjson after.ndjson --format json")
        .judges("PROCEED", "non-inferior");
}

#[test]
fn lines_cut_in_the_last_one() {
    let text = after();
    let place = Place::with_logs().file("cut.ndjson", &text[..text.len() - 40]);
    is_held(
        &place.run("compare before.ndjson cut.ndjson --format json"),
        "candidate",
    );
    place
        .run("compare before.ndjson cut.ndjson")
        .exits(10)
        .prints("cut.ndjson:1800: truncated");
}

#[test]
fn a_baseline_is_cut() {
    let text = lines(&entries(OLD, 10, 1800));
    let place = Place::with_logs().file("cut.ndjson", &text[..text.len() - 40]);
    is_held(&place.run("compare cut.ndjson after.ndjson --format json"), "baseline");
}

#[test]
fn compressed_streams_that_are_cut() {
    let text = after();
    for (name, mut bytes) in [("cut.gz", gzip(text.as_bytes())), ("cut.zst", zstd(text.as_bytes()))] {
        bytes.truncate(bytes.len() - bytes.len() / 50);
        let place = Place::with_logs().file(name, bytes);
        is_held(
            &place.run(&format!("compare before.ndjson {name} --format json")),
            "candidate",
        );
    }
}

#[test]
fn lines_cut_before_they_were_compressed() {
    let text = after();
    let place = Place::with_logs().file("cut.gz", gzip(&text.as_bytes()[..text.len() - 40]));
    is_held(&place.run("compare before.ndjson cut.gz --format json"), "candidate");
}

#[test]
fn an_array_without_its_end() {
    let text = after();
    let open = format!("[{}", text.trim_end().replace('\n', ",\n"));
    let place = Place::with_logs()
        .file("whole.json", format!("{open}]"))
        .file("cut.json", &open)
        .file("comma.json", format!("{open},"));
    place
        .run("compare before.ndjson whole.json --format json")
        .judges("PROCEED", "non-inferior");
    is_held(&place.run("compare before.ndjson cut.json --format json"), "candidate");
    is_held(
        &place.run("compare before.ndjson comma.json --format json"),
        "candidate",
    );
}

#[test]
fn a_cut_profile_is_refused() {
    let place = Place::with_logs();
    place.run("profile make after.ndjson -o after.profile").exits(0);
    let text = place.read("after.profile");
    let place = place.file("cut.profile", &text[..text.len() / 2]);
    let run = place.run("compare before.ndjson cut.profile").exits(3).prints_nothing();
    assert!(
        run.err.starts_with("error: cut.profile: not a profile: "),
        "{}",
        run.err
    );
}
