//! Log text that wants to be taken for ours: it must reach no terminal as it is.

use serde_json::{Value, json};

use super::support::{NEW, OLD, Place, entries, lines};

const ATTACK: &str = "\u{1b}[2J\u{1b}[31mboom\u{1b}]8;;http://evil.example\u{7} \u{202e}gnp\u{202c} \u{9b}31m\u{0}\u{8}\u{2028}\r\n\
    VERDICT: PROCEED\nWhy\n  1. PROCEED: all is well\n";

fn attacked(revision: &str, hour: u32) -> Vec<Value> {
    let mut log = entries(revision, hour, 1200);
    for (i, entry) in log.iter_mut().enumerate() {
        if entry["textPayload"].is_string() {
            entry["textPayload"] = json!(format!(
                "{ATTACK}WebSocket is not connected. Need to call \"accept\" first.{ATTACK}"
            ));
        } else if i % 9 == 0 {
            entry["httpRequest"]["requestUrl"] = json!(format!("https://chat-api.example/{ATTACK}/{ATTACK}"));
            entry["httpRequest"]["status"] = json!(500);
        } else if i % 9 == 1 {
            entry["severity"] = json!("ERROR");
            entry["httpRequest"] = Value::Null;
            entry["logName"] = json!("projects/acme-shop/logs/run.googleapis.com%2Fstdout");
            entry["jsonPayload"] = json!({"message": ATTACK});
        }
    }
    log
}

/// Hostile names of revisions, services and projects, too.
fn place() -> Place {
    let mut after = attacked(NEW, 11);
    for (i, entry) in after.iter_mut().enumerate().skip(600) {
        entry["insertId"] = json!(format!("{ATTACK}{i}"));
        entry["labels"] = json!({"instanceId": ATTACK});
        entry["resource"]["labels"]["project_id"] = json!(ATTACK);
        entry["resource"]["labels"]["service_name"] = json!(ATTACK);
        entry["resource"]["labels"]["revision_name"] = json!(format!("{ATTACK}-00042-wil"));
    }
    let broken = format!("{ATTACK}{{\"a\": \"{ATTACK}\n");
    Place::new()
        .file("before.ndjson", lines(&entries(OLD, 10, 1200)))
        .file("after.ndjson", lines(&after) + &broken)
        .file("names\u{1b}[31m\nVERDICT: PROCEED.json", "{\"a\": 1}\n")
}

/// Nothing that a terminal obeys, or that turns the direction of text.
#[track_caller]
fn is_harmless(text: &str) {
    let bad = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let found: Vec<char> = text.chars().filter(bad).collect();
    assert!(found.is_empty(), "{found:?} in\n{}", text.escape_debug());
}

#[test]
fn a_terminal_gets_no_orders() {
    let place = place();
    for args in [
        "compare before.ndjson after.ndjson",
        "compare before.ndjson after.ndjson --color never --quiet",
        "scan after.ndjson",
        "scan after.ndjson -v",
        "compare before.ndjson after.ndjson --candidate-revision x",
        "scan names*",
        "compare names* after.ndjson",
    ] {
        let run = place.run(args);
        is_harmless(&run.out);
        is_harmless(&run.err);
    }
}

#[test]
fn the_verdict_is_ours() {
    let place = place();
    let report = place
        .run("compare before.ndjson after.ndjson --format json")
        .judges("ROLL_BACK", "server-errors-up");
    assert_eq!(report["verdict"], "ROLL_BACK");
    let out = place.run("compare before.ndjson after.ndjson").exits(20).out;
    let ours: Vec<&str> = out.lines().filter(|line| line.starts_with("VERDICT:")).collect();
    assert_eq!(ours, ["VERDICT: ROLL BACK", "VERDICT: ROLL BACK"], "{out}");
    assert_eq!(out.lines().next(), Some(ours[0]));
    assert_eq!(out.lines().next_back(), Some(ours[1]));
    assert!(
        !out.lines().any(|line| line.trim_start().starts_with("1. PROCEED")),
        "{out}"
    );
    let colored = place
        .run("compare before.ndjson after.ndjson --color always")
        .exits(20)
        .out;
    assert!(
        !colored.contains("\u{1b}[2J") && !colored.contains("\u{1b}]8"),
        "{}",
        colored.escape_debug()
    );
    let markdown = place
        .run("compare before.ndjson after.ndjson --format markdown")
        .exits(20)
        .out;
    is_harmless(&markdown);
    assert!(markdown.starts_with("## ROLL BACK\n"), "{markdown}");
    let mut is_open = false;
    for line in markdown.lines() {
        is_open ^= line.starts_with("```");
        assert!(is_open || line != "VERDICT: PROCEED", "{markdown}");
    }
    let html = place
        .run("compare before.ndjson after.ndjson --format html")
        .exits(20)
        .out;
    is_harmless(&html);
    assert!(
        html.starts_with("<!DOCTYPE html>\n") && html.contains("</span> ROLL BACK</h1>"),
        "{html}"
    );
}

#[test]
fn arguments_are_hostile_too() {
    let place = place();
    // A program cannot be given a NUL.
    let attack = &ATTACK.replace('\0', "");
    is_harmless(&place.run_with(&["scan", attack], b"").err);
    is_harmless(&place.run_with(&["scan", "before.ndjson", "--since", attack], b"").err);
    is_harmless(&place.run_with(&["patterns", "explain", attack], b"").out);
    is_harmless(&place.run_with(&["patterns", "show", attack], b"").err);
}

#[test]
fn commands_to_copy_cannot_be_broken_out_of() {
    let name = |number: u32| format!("chat'; touch pwned; $(touch pwned) `touch pwned` \"-{number:05}-abc");
    let log = |number, hour, status: u16| -> String {
        let mut log = entries(OLD, hour, 1200);
        for entry in &mut log {
            entry["resource"]["labels"]["revision_name"] = json!(name(number));
            entry["resource"]["labels"]["service_name"] = json!("chat'; touch pwned; '");
            if entry["httpRequest"].is_object() {
                entry["httpRequest"]["status"] = json!(status);
            }
        }
        lines(&log)
    };
    let place = Place::new()
        .file("a.ndjson", log(41, 10, 200))
        .file("b.ndjson", log(42, 11, 500));
    let report = place
        .run("compare a.ndjson b.ndjson --format json")
        .judges("ROLL_BACK", "server-errors-up");
    let steps = report["next_steps"]
        .as_array()
        .expect("steps")
        .iter()
        .filter_map(Value::as_str);
    let mut commands = 0;
    for command in steps.filter_map(|step| step.strip_prefix("$ ")) {
        // A shell with a `gcloud` that does nothing: what breaks out leaves a file.
        let script = format!("gcloud() {{ :; }}\n{command}\n");
        let mut shell = std::process::Command::new("sh");
        let status = shell
            .args(["-c", &script])
            .current_dir(place.path(""))
            .status()
            .expect("a shell");
        assert!(status.success(), "{command}");
        commands += 1;
    }
    assert!(commands >= 2, "{report}");
    assert!(!place.path("pwned").exists());
}
