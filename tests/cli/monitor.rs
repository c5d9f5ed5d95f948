//! `monitor --from-files`: checkpoints, kills, states that cannot be used, who is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use logverdict::monitor::state::{Saved, Store};
use serde_json::Value;

use super::support::{NEW, OLD, Place, entries, lines};

const MONITOR: &str = "monitor --from-files before.ndjson after.ndjson --deployed-at 2026-03-03T11:00:00Z --for 30m \
                       --checkpoints 10m,20m --format json -q";

/// Half an hour of each revision, one after the other.
fn place() -> Place {
    Place::new()
        .file("before.ndjson", lines(&entries(OLD, 10, 1800)))
        .file("after.ndjson", lines(&entries(NEW, 11, 1800)))
}

fn saved(path: &Path) -> Saved {
    let identity = Store::identity(path).expect("a state").expect("a watch");
    Store::open(path, &identity).expect("a state").1
}

#[test]
fn checkpoints_roll_into_one_report() {
    let place = place();
    let report = place.run(MONITOR).json();
    let watch = &report["watch"];
    assert_eq!(watch["looks"], 6, "{watch}");
    assert_eq!(watch["ended"]["code"], "time-over");
    let names: Vec<&Value> = watch["checkpoints"]
        .as_array()
        .expect("checkpoints")
        .iter()
        .map(|c| &c["name"])
        .collect();
    assert_eq!(names, ["T+10m", "T+20m", "T+30m"]);
    let first = &watch["changes"][0];
    assert_eq!(
        (&first["at"], &first["to"]),
        (&"2026-03-03T11:05:00Z".into(), &"HOLD".into())
    );
    let text = place.run(&MONITOR.replace("--format json", "--format markdown")).out;
    assert!(text.contains("T+20m") && text.contains("time-over"), "{text}");
}

#[test]
fn any_speed_any_threads_any_order_of_files_gives_the_same_bytes() {
    let place = place();
    let whole = place.run(MONITOR).out;
    for other in [
        format!("{MONITOR} --threads 1"),
        format!("{MONITOR} --threads 5"),
        format!("{MONITOR} --state w.state"),
    ] {
        assert_eq!(place.run(&other).out, whole, "{other}");
    }
    let mut shuffled: Vec<String> = place.read("after.ndjson").lines().map(str::to_owned).collect();
    shuffled.reverse();
    let shuffled = place.file("after.ndjson", shuffled.join("\n"));
    let of = |out: &str| {
        let report: Value = serde_json::from_str(out).expect("JSON");
        [
            report["watch"].clone(),
            report["findings"].clone(),
            report["reasons"].clone(),
        ]
    };
    assert_eq!(of(&shuffled.run(MONITOR).out), of(&whole));
}

#[test]
fn a_watch_that_is_killed_goes_on_where_it_was() {
    let place = place();
    let args = format!("{MONITOR} --state killed.state");
    let whole = place.run(&format!("{MONITOR} --state whole.state")).out;
    let mut kills = 0;
    for round in 0..400_u64 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_logverdict"))
            .args(args.split_whitespace())
            .current_dir(place.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(Duration::from_millis(5 + round * 37 % 211));
        if child.try_wait().expect("a child").is_some() {
            break;
        }
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        kills += 1;
        if kills == 12 {
            break;
        }
    }
    assert!(kills > 2, "it was too quick to be killed");
    assert_eq!(place.run(&args).out, whole);
    let of = |name: &str| {
        let saved = saved(&place.path(name));
        (saved.progress, saved.parts, saved.identities)
    };
    assert_eq!(of("killed.state"), of("whole.state"));
}

#[test]
fn a_watch_without_a_baseline_holds_and_says_why() {
    let place = place();
    let run = place.run(&MONITOR.replace("before.ndjson ", "")).exits(10);
    let report = run.json();
    let codes: Vec<&Value> = report["reasons"]
        .as_array()
        .expect("reasons")
        .iter()
        .map(|r| &r["code"])
        .collect();
    assert_eq!(codes, ["baseline-empty"]);
    assert_eq!(report["watch"]["looks"], 6, "{}", report["watch"]);
    assert_eq!(report["sides"]["baseline"]["requests"], 0);
    assert!(
        report["sides"]["candidate"]["requests"].as_u64() > Some(0),
        "{}",
        report["sides"]
    );
}

#[test]
fn a_watch_that_is_over_says_it_again() {
    let place = place();
    let args = format!("{MONITOR} --state w.state");
    let first = place.run(&args).out;
    let again = place.run(&args.replace(" -q", ""));
    assert_eq!(again.out, first);
    assert!(
        again.err.contains("the watch ended at 2026-03-03T11:30:00Z"),
        "{}",
        again.err
    );
}

#[test]
fn states_that_cannot_be_used_are_refused_by_name() {
    let place = place();
    place.run(&format!("{MONITOR} --state w.state")).exits(0);
    let other = format!("{MONITOR} --state w.state").replace("11:00:00Z", "11:01:00Z");
    place.run(&other).exits(3).says("time of the deploy");
    let every = format!("{MONITOR} --state w.state --every 10m");
    place.run(&every).exits(3).says("settings");
    let place = place.file("text.state", "no state at all, but long enough to be looked at");
    place
        .run(&format!("{MONITOR} --state text.state"))
        .exits(3)
        .says("text.state");
    assert_eq!(
        place.read("text.state"),
        "no state at all, but long enough to be looked at"
    );
    let mut bytes = std::fs::read(place.path("w.state")).expect("a state");
    let third = bytes.len() / 3;
    bytes[third..2 * third].fill(0xA5);
    let place = place.file("damaged.state", bytes);
    place
        .run(&format!("{MONITOR} --state damaged.state"))
        .exits(3)
        .says("damaged");
    place
        .run(&format!("{MONITOR} --state no/such/folder/w.state"))
        .exits(3)
        .says("no/such/folder");
}

#[test]
fn a_state_in_use_is_locked() {
    let place = place();
    place.run(&format!("{MONITOR} --state w.state")).exits(0);
    let path = place.path("w.state");
    let identity = Store::identity(&path).expect("a state").expect("a watch");
    let held = Store::open(&path, &identity).expect("a state");
    place.run(&format!("{MONITOR} --state w.state")).exits(3).says("in use");
    drop(held);
    place.run(&format!("{MONITOR} --state w.state")).exits(0);
}

#[test]
fn arguments_that_do_not_fit_are_named() {
    let place = place();
    for (args, told) in [
        ("monitor", "nothing to watch"),
        ("monitor --from-files before.ndjson", "--deployed-at"),
        ("monitor before.ndjson", "--from-files"),
        ("monitor --service x --project p --region r --every 7m", "every 5, 10"),
        (
            "monitor --service x --project p --region r --for 1m",
            "10 minutes at least",
        ),
        ("monitor --service x --project p --region r --report x.pdf", ".html"),
        (
            "monitor --service x --project p --region r --webhook ftp://x",
            "webhook",
        ),
        (
            "monitor --service x --project p --region r --listen nowhere",
            "no address",
        ),
    ] {
        place.run(args).exits(2).says(told);
    }
}

/// A webhook on this machine: what was sent to it, by how it answers.
fn webhook(status: &'static str) -> (String, std::sync::mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
            let mut length = 0;
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a number");
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).ok();
            if send.send(serde_json::from_slice(&body).expect("JSON")).is_err() {
                return;
            }
        }
    });
    (url, receive)
}

#[test]
fn changes_and_checkpoints_are_told_once() {
    let place = place();
    let (url, sent) = webhook("200 OK");
    let args = format!("{MONITOR} --state w.state --webhook json={url} --report w.md --report w.html --report w.json");
    let out = place.run(&args).out;
    let events: Vec<(String, Value)> = sent
        .try_iter()
        .map(|notice| (notice["event"].to_string(), notice["checkpoint"].clone()))
        .collect();
    let checkpoints: Vec<&str> = events.iter().filter_map(|(_, name)| name.as_str()).collect();
    assert_eq!(checkpoints, ["T+10m", "T+20m", "T+30m"], "{events:?}");
    assert_eq!(events.last().map(|(event, _)| event.as_str()), Some("\"ended\""));
    assert_eq!(place.read("w.json"), out);
    assert!(place.read("w.md").contains("T+20m") && place.read("w.html").contains("<html"));
    place.run(&args).exits(0);
    assert_eq!(sent.try_iter().count(), 0, "told twice");
}

#[test]
fn a_webhook_that_is_down_loses_nothing() {
    let place = place();
    let (down, refused) = webhook("400 Bad Request");
    let down = format!("{MONITOR} --state w.state --webhook json={down}").replace(" -q", "");
    let first = place.run(&down).exits(0);
    assert!(first.err.contains("sent again later"), "{}", first.err);
    let waiting = saved(&place.path("w.state")).outbox.len();
    assert!(waiting >= 3, "{waiting}");
    assert_eq!(
        refused.try_iter().count(),
        1,
        "a webhook that refuses is asked once a run"
    );
}
