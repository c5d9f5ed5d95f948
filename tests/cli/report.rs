//! `logverdict report`: a saved report again in every format; what is no such report is refused; what is taken out of texts.

use serde_json::{Value, json};

use super::support::{NEW, Place, entries, lines};

const FULL: &str = include_str!("../golden/full.json");

/// Errors that hold a secret and an address, on the candidate alone.
fn telling() -> Place {
    let mut after = entries(NEW, 11, 1800);
    for entry in after.iter_mut().filter(|e| e["textPayload"].is_string()) {
        entry["severity"] = json!("ERROR");
        entry["textPayload"] = json!("login of jane@shop.example from 203.0.113.7 failed, password=hunter2");
    }
    Place::with_logs().file("after.ndjson", lines(&after))
}

#[test]
fn a_saved_report_is_shown_in_every_format() {
    let place = telling();
    for format in ["terminal", "json", "markdown", "html", "csv", "markdown --compact"] {
        let fresh = place.run(&format!("compare before.ndjson after.ndjson --format {format}"));
        let saved = place.run("compare before.ndjson after.ndjson --format json -o saved.json");
        let code = match place.read("saved.json").contains("\"verdict\": \"HOLD\"") {
            true => 10,
            false => 20,
        };
        let (fresh, saved) = (fresh.exits(code), saved.exits(code));
        assert!(saved.out.is_empty());
        let again = place.run(&format!("report saved.json --format {format}")).exits(code);
        assert_eq!(again.out, fresh.out, "{format}");
        let args: Vec<&str> = ["report", "-", "--format"]
            .into_iter()
            .chain(format.split(' '))
            .collect();
        let piped = place.run_with(&args, place.read("saved.json").as_bytes()).exits(code);
        assert_eq!(piped.out, fresh.out, "{format}");
    }
    let run = place.run("report saved.json --format html -o report.html");
    assert!(run.out.is_empty() && place.read("report.html").starts_with("<!DOCTYPE html>"));
}

#[test]
fn a_roll_back_can_be_copied_from_markdown() {
    let mut after = entries(NEW, 11, 1800);
    for entry in after.iter_mut().filter(|e| e["httpRequest"].is_object()) {
        entry["httpRequest"]["status"] = json!(500);
    }
    let place = Place::with_logs().file("after.ndjson", lines(&after));
    let run = place
        .run("compare before.ndjson after.ndjson --format markdown")
        .exits(20);
    for command in ["--to-revisions=", "--to-latest", "gcloud logging read '"] {
        assert!(run.out.contains(command), "{command}\n{}", run.out);
    }
    let short = place
        .run("compare before.ndjson after.ndjson --format markdown --compact")
        .exits(20);
    assert!(
        short.out.starts_with("**ROLL BACK**: ") && short.out.contains("--to-revisions="),
        "{}",
        short.out
    );
}

#[test]
fn what_is_no_report_is_refused_with_cause_and_hint() {
    let place = Place::with_logs()
        .file("cut.json", &FULL[..3000])
        .file("newer.json", FULL.replace("logverdict.report/1", "logverdict.report/2"))
        .file(
            "edited.json",
            FULL.replace("\"ROLL_BACK\"", "\"HOLD\"")
                .replace("\"verdict\": \"HOLD\"", "\"verdict\": \"PROCEED\""),
        )
        .file("typed.json", FULL.replace("\"harm\": true", "\"harm\": \"yes\""))
        .file("latin.json", b"{\"schema\": \"\xe9\"}");
    let scan = place.run("scan before.ndjson --format json -o scan.json").exits(0);
    assert!(scan.out.is_empty());
    for (name, cause, hint) in [
        ("cut.json", "a report that was cut", "save it again"),
        ("newer.json", "schema \"logverdict.report/2\"", "update this one"),
        (
            "edited.json",
            "a report that contradicts itself: the verdict is PROCEED",
            "compare the logs again",
        ),
        ("typed.json", "invalid type: string \"yes\"", "--format json"),
        ("before.ndjson", "not a report of logverdict", "--format json"),
        ("scan.json", "logverdict.scan/1", "not a scan"),
        ("latin.json", "is not text", "check the path"),
        ("missing.json", "no such file", "check the path"),
    ] {
        let run = place.run(&format!("report {name}")).exits(3).prints_nothing();
        let mut said = run.err.lines();
        let (error, advice) = (said.next().unwrap_or_default(), said.next().unwrap_or_default());
        assert!(
            error.starts_with("error: ") && error.contains(cause),
            "{name}: {}",
            run.err
        );
        assert!(
            advice.starts_with("hint: ") && advice.contains(hint),
            "{name}: {}",
            run.err
        );
    }
    place.run("report saved.json --compact").fails_with(
        2,
        "--compact shortens Markdown only",
        "add --format markdown, or leave --compact away",
    );
}

#[test]
fn texts_are_redacted_unless_they_stay_here() {
    let place = telling();
    let out = |args: &str| place.run(args).out;
    let compare = "compare before.ndjson after.ndjson";
    let json = out(&format!("{compare} --format json"));
    assert!(
        !json.contains("hunter2") && !json.contains("jane@") && json.contains("203.0.113.7"),
        "{json}"
    );
    assert!(!out(&format!("{compare} --format json --redact-ips")).contains("203.0.113.7"));
    assert!(!out("scan after.ndjson --format json --redact-ips").contains("203.0.113.7"));
    let open = place.run("scan after.ndjson --no-redact").exits(0);
    assert!(
        open.out.contains("hunter2") && open.err.contains("nothing is redacted"),
        "{}",
        open.out
    );
    for args in [
        "--no-redact --format json",
        "--no-redact --format markdown",
        "--no-redact --format html",
        "--no-redact --format csv",
        "--no-redact -o report.txt",
        "--no-redact --redact-ips",
    ] {
        let run = place.run(&format!("{compare} {args}")).exits(2).prints_nothing();
        assert!(run.err.starts_with("error: "), "{}", run.err);
    }
    assert!(!place.path("report.txt").exists());
    // Somebody may have put it in again.
    let mut report: Value = serde_json::from_str(&json).expect("JSON");
    report["confidence"] = json!("token=hunter2 from 203.0.113.7");
    let place = place.file("saved.json", report.to_string());
    let shown = place.run("report saved.json --format json --redact-ips").out;
    assert!(!shown.contains("hunter2") && !shown.contains("203.0.113.7"), "{shown}");
}

/// Bars over time stand in a terminal of 80 columns below the table, in a wide one within it; NO_COLOR is honoured.
#[test]
fn bars_show_at_every_width_and_colour_only_when_wanted() {
    let place = Place::new().file("saved.json", FULL);
    for (columns, wanted) in [("80", "over time, baseline|candidate:"), ("140", "over time")] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_logverdict"))
            .args(["report", "saved.json"])
            .current_dir(place.path(""))
            .env("COLUMNS", columns)
            .env("NO_COLOR", "1")
            .output()
            .expect("the program runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(
            text.contains(wanted) && text.contains('█') && !text.contains('\u{1b}'),
            "{text}"
        );
        assert_eq!(
            (text.lines().next(), output.status.code()),
            (text.lines().last(), Some(20))
        );
    }
}
