//! Every trace in `fixtures/stacks` is read as its `.expect` says, and keeps its group when what must not count changes.
//!
//! A `.expect` file holds the title, `whole` or `cut`, and the class.

use std::fs;
use std::path::{Path, PathBuf};

use logverdict::patterns::stack::{InApp, Stack, looks_like, read, read_whole};
use regex::Regex;

/// A trace and what is expected of it.
struct Fixture {
    name: String,
    text: String,
    expected: String,
}

fn fixtures() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stacks");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let fixtures: Vec<Fixture> = paths
        .iter()
        .map(|path| Fixture {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            text: fs::read_to_string(path).unwrap(),
            expected: fs::read_to_string(path.with_extension("expect")).unwrap_or_default(),
        })
        .collect();
    assert_eq!(fixtures.len(), 84, "traces in fixtures/stacks");
    fixtures
}

fn stack(text: &str) -> Option<Stack> {
    let stack = read(text, &InApp::default());
    assert!(stack.is_none() || looks_like(text), "{text}");
    stack
}

fn described(stack: &Stack) -> String {
    let end = if stack.is_cut { "cut" } else { "whole" };
    format!("{}\n{end}\n{}\n", stack.title(), stack.class())
}

#[test]
fn traces_are_read_as_expected() {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let found = stack(&fixture.text).map_or_else(|| "none\n".to_owned(), |stack| described(&stack));
        if found != fixture.expected {
            wrong.push(format!("{}:\n{found}", fixture.name));
        }
    }
    assert!(wrong.is_empty(), "not as expected:\n{}", wrong.join("\n"));
}

#[test]
fn file_names_begin_with_the_language() {
    for fixture in fixtures() {
        let stack = stack(&fixture.text).unwrap();
        assert!(fixture.name.starts_with(stack.language.as_str()), "{}", fixture.name);
    }
}

/// Lines, columns, addresses, threads and goroutines, runtimes and line ends changed: nothing of it may count.
fn shaken(text: &str) -> String {
    let changes = [
        (r"\bline \d+", "line 977"),
        (r":(\d+):(\d+)([)\n,:])", ":977:13$3"),
        (r"\.(java|kt|scala|go|rb|php|ru):\d+", ".$1:977"),
        (r"\.php\(\d+\)", ".php(977)"),
        (r"0x[0-9a-f]{4,}", "0x7fabc012"),
        (r"goroutine \d+", "goroutine 977"),
        (r"python3\.\d+", "python3.13"),
        (r"\$\d+([.(])", "$$977$1"),
        (r"(lambda\$\w+)\$\d+", "$1$$977"),
        (r"GCLIB\$\$[0-9a-f]+", "GCLIB$$$$0a1b2c3d"),
        (r"-\d+\.\d+\.\d+([/!])", "-9.9.9$1"),
        (r"@v?\d+\.\d+\.\d+", "@v9.9.9"),
        (r"\.func\d+", ".func9"),
        (r"d__\d+", "d__977"),
        (r"\[Previous line repeated \d+", "[Previous line repeated 9"),
        (r"\.\.\. \d+ more", "... 977 more"),
    ];
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        Regex::new(from).unwrap().replace_all(&text, *to).into_owned()
    })
}

#[test]
fn what_must_not_count_does_not() {
    let mut changed = 0;
    for fixture in fixtures() {
        let class = stack(&fixture.text).unwrap().class();
        let shaken = shaken(&fixture.text);
        changed += usize::from(shaken != fixture.text);
        for (what, text) in [
            ("shaken", shaken.clone()),
            ("with CRLF", fixture.text.replace('\n', "\r\n")),
            (
                "with a line after it",
                format!("{}\nINFO:     Application shutdown complete.", fixture.text),
            ),
            ("with blank lines around it", format!("\n\n{}\n\n", fixture.text)),
        ] {
            let found = stack(&text).unwrap_or_else(|| panic!("{} {what}: no stack in\n{text}", fixture.name));
            assert_eq!(found.class(), class, "{} {what}:\n{text}", fixture.name);
        }
    }
    assert!(changed > 70, "only {changed} traces hold something to change");
}

#[test]
fn a_line_before_a_whole_trace_does_not_count() {
    for fixture in fixtures() {
        let before = stack(&fixture.text).unwrap();
        let text = format!("2026-03-01 10:00:00,123 INFO handling request 12\n{}", fixture.text);
        let after = stack(&text).unwrap();
        if !before.is_cut && !before.message().is_empty() && !before.thrown[before.named].type_name.is_empty() {
            assert_eq!(
                (after.class(), after.message()),
                (before.class(), before.message()),
                "{}",
                fixture.name
            );
        }
    }
}

#[test]
fn escaped_traces_have_the_class_of_plain_ones() {
    for fixture in fixtures().iter().filter(|fixture| fixture.name != "python-escaped") {
        let plain = stack(&fixture.text).unwrap();
        let quoted = serde_json::to_string(&fixture.text).unwrap();
        for text in [format!("task failed {{\"exc\": {quoted}}}"), format!("exc={quoted}")] {
            // A panic of the older form is a trace on one line: it must begin the message.
            let Some(escaped) = stack(&text) else {
                assert_eq!(fixture.name, "rust-old-form");
                continue;
            };
            assert_eq!(escaped.class(), plain.class(), "{}:\n{text}", fixture.name);
        }
    }
}

#[test]
fn traces_cut_anywhere_are_read_without_panic() {
    let rules = InApp::default();
    let mut read_anyway = 0;
    for fixture in fixtures().iter().filter(|fixture| fixture.text.len() < 5_000) {
        for (at, _) in fixture.text.char_indices() {
            for part in [&fixture.text[at..], &fixture.text[..at]] {
                let found = stack(part);
                read_anyway += usize::from(found.is_some());
                assert_eq!(
                    found.map(|s| s.class()),
                    read_whole(part, &rules).map(|s| s.class()),
                    "{}",
                    fixture.name
                );
            }
        }
    }
    assert!(read_anyway > 10_000, "{read_anyway}");
}

#[test]
fn the_nearest_frames_survive_a_cut_of_the_far_end() {
    // Python: the start is far from the throw. All others: the end is.
    let mut seen = 0;
    for fixture in fixtures() {
        let whole = stack(&fixture.text).unwrap();
        let lines: Vec<&str> = fixture.text.lines().collect();
        if whole.is_cut || whole.thrown.len() > 1 || whole.frames.len() < 2 {
            continue;
        }
        let part = match fixture.name.starts_with("python") {
            true => lines[lines.len().min(2)..].join("\n"),
            false => lines[..lines.len() - 1].join("\n"),
        };
        let Some(found) = stack(&part) else { continue };
        seen += 1;
        assert_eq!(found.frames[0], whole.frames[0], "{}:\n{part}", fixture.name);
    }
    assert!(seen > 20, "{seen}");
}
