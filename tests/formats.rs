//! Reads every file of `fixtures/formats`, by the library and by the program, and compares with the manifest there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufRead as _;
use std::path::PathBuf;

use logverdict::ingest::Reason;
use logverdict::ingest::formats::{Records, decode, read, sniff};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Manifest {
    files: BTreeMap<String, Expected>,
}

/// What one file holds.
#[derive(Deserialize, Debug, PartialEq)]
struct Expected {
    format: String,
    compression: Option<String>,
    encoding: String,
    /// Records; `null` where a cut makes the number depend on the decompressor.
    entries: Option<usize>,
    stray_lines: u64,
    rejected: BTreeMap<Reason, u64>,
    /// Whether it holds the entries of `gcloud-array.json`, each the same to the last field.
    all_entries: bool,
}

#[derive(Default)]
struct Seen {
    records: Vec<Value>,
    problems: BTreeMap<Reason, u64>,
}

impl Records for Seen {
    fn object(&mut self, json: &[u8], _line: u64) {
        // An escape that JSON does not know is the scanner's business: the backslash is dropped here.
        let repaired = String::from_utf8_lossy(json).replace("\\*", "*").replace("\\_", "_");
        self.records
            .push(serde_json::from_str(&repaired).unwrap_or_else(|e| panic!("{e} in {repaired}")));
    }

    fn text(&mut self, text: &[u8], _line: u64) {
        self.records
            .push(Value::String(String::from_utf8_lossy(text).into_owned()));
    }

    fn problem(&mut self, reason: Reason, _line: u64, _detail: &str) {
        *self.problems.entry(reason).or_default() += 1;
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats")
}

fn manifest() -> Manifest {
    let text = fs::read_to_string(folder().join("manifest.json")).expect("the manifest can be read");
    serde_json::from_str(&text).expect("the manifest is sound")
}

fn see(name: &str, wanted: &Expected) -> (Expected, Seen) {
    let file = File::open(folder().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut decoded = decode(file).expect("a decoder can be set up");
    let format = sniff(decoded.reader.fill_buf().expect("a head can be read"));
    let mut seen = Seen::default();
    read(format, &mut decoded.reader, &mut seen).expect("the file can be read");
    let lost = seen.problems.iter().filter(|(reason, _)| reason.loses_record());
    let found = Expected {
        format: format.name().to_owned(),
        compression: decoded.compression.map(str::to_owned),
        encoding: decoded.encoding.name().to_owned(),
        entries: wanted.entries.map(|_| seen.records.len()),
        stray_lines: seen.problems.get(&Reason::StrayText).copied().unwrap_or(0),
        rejected: lost.map(|(reason, count)| (*reason, *count)).collect(),
        all_entries: wanted.all_entries,
    };
    (found, seen)
}

#[test]
fn every_fixture_holds_what_its_manifest_says() {
    let manifest = manifest();
    let (_, reference) = see("gcloud-array.json", &manifest.files["gcloud-array.json"]);
    let mut same = 0;
    for (name, wanted) in &manifest.files {
        let (found, seen) = see(name, wanted);
        assert_eq!(&found, wanted, "{name}");
        if wanted.all_entries {
            assert_eq!(seen.records, reference.records, "{name}");
            same += 1;
        }
    }
    assert_eq!((manifest.files.len(), same, reference.records.len()), (25, 14, 12));
}

#[test]
fn every_fixture_is_in_the_manifest() {
    let names = fs::read_dir(folder())
        .expect("the folder can be read")
        .map(|entry| entry.expect("a file").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| name != "manifest.json");
    names.sort();
    let listed: Vec<String> = manifest().files.into_keys().collect();
    assert_eq!(names, listed);
}

#[test]
fn rows_of_csv_are_the_entries() {
    let manifest = manifest();
    let (_, csv) = see("logs-explorer.csv", &manifest.files["logs-explorer.csv"]);
    let (_, reference) = see("gcloud-array.json", &manifest.files["gcloud-array.json"]);
    for (row, entry) in csv.records.iter().zip(&reference.records) {
        for field in [
            "insertId",
            "logName",
            "timestamp",
            "textPayload",
            "httpRequest",
            "resource",
        ] {
            // Empty cells are left out: an audit entry has an empty revision name.
            if field != "resource" || entry["resource"]["labels"]["revision_name"] != "" {
                assert_eq!(row[field], entry[field], "{field}");
            }
        }
        assert!(row["labels"]["run.googleapis.com/base_image_versions"].is_string());
    }
    assert_eq!(csv.records.len(), 12);
}

/// What `logverdict scan FILE --format json` says of a file; `None` if it finds no entry (exit 3).
fn scan(name: &str) -> Option<Value> {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_logverdict"))
        .args(["scan", name, "--format", "json"])
        .current_dir(folder())
        .output()
        .expect("the program runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => {
            assert_eq!(errors, "", "{name}");
            Some(serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{name}: {e}")))
        }
        Some(3) => {
            assert!(
                errors.starts_with("error: there is no log entry in the input"),
                "{name}: {errors}"
            );
            assert!(output.stdout.is_empty(), "{name}");
            None
        }
        code => panic!("{name}: exit {code:?}: {errors}"),
    }
}

#[test]
fn the_program_counts_what_the_manifest_says() {
    let manifest = manifest();
    let reference = scan("gcloud-array.json").expect("entries");
    let (mut seen, mut same, mut empty) = (0, 0, 0);
    for (name, wanted) in &manifest.files {
        seen += 1;
        let Some(scan) = scan(name) else {
            assert!(wanted.entries.is_none_or(|n| n == 0), "{name}");
            empty += 1;
            continue;
        };
        let coverage = &scan["coverage"];
        let count = |key: &str| coverage[key].as_u64().unwrap_or_else(|| panic!("{name}: {key}"));
        if let Some(entries) = wanted.entries {
            assert_eq!(count("entries_read") + count("duplicates"), entries as u64, "{name}");
        }
        let rejected: BTreeMap<Reason, u64> = serde_json::from_value(coverage["rejected"].clone()).expect("rejected");
        assert_eq!(rejected, wanted.rejected, "{name}");
        assert_eq!(
            coverage["notes"]["stray-text"].as_u64().unwrap_or(0),
            wanted.stray_lines,
            "{name}"
        );
        let format = coverage["sources"][0]["format"].as_str().expect("a format");
        assert!(format.split('+').any(|part| part == wanted.format), "{name}: {format}");
        if wanted.all_entries {
            assert_eq!(scan["patterns"], reference["patterns"], "{name}");
            for key in ["entries_read", "counted", "excluded", "revisions", "first", "last"] {
                assert_eq!(coverage[key], reference["coverage"][key], "{name}: {key}");
            }
            same += 1;
        }
    }
    assert_eq!((seen, same, empty), (25, 14, 2));
}
