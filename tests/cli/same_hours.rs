//! `compare --same-hours`: the baseline is the candidate's hours of earlier days.

use std::fmt::Write;

use serde_json::Value;

use super::support::{NEW, OLD, Place, codes, entries, lines};

/// The hour in which the upstream fails every night.
const BACKUP: u32 = 3;
const DEPLOYED: &str = "2026-03-04T03:00:00Z";

/// Hours of a day of March 2026: requests that follow the cycle of the day. While the upstream fails, `harm` of five
/// of them do.
fn day(day: u32, hours: std::ops::Range<u32>, revision: &str, harm: u32) -> String {
    let mut out = String::new();
    for minute in hours.start * 60..hours.end * 60 {
        let cycle = f64::from(minute) / 1440.0 * std::f64::consts::TAU;
        let requests = (24.0 - 12.0 * cycle.cos()).round() as u32;
        for i in 0..requests {
            let fails = minute / 60 == BACKUP && (minute * 7 + i) % 5 < harm;
            let (status, severity) = if fails { (503, "ERROR") } else { (200, "INFO") };
            let time = format!("2026-03-{day:02}T{:02}:{:02}:{:02}.5Z", minute / 60, minute % 60, i * 2);
            writeln!(
                out,
                r#"{{"insertId":"{day}-{minute}-{i}","timestamp":"{time}","severity":"{severity}","logName":"projects/acme-shop/logs/run.googleapis.com%2Frequests","resource":{{"type":"cloud_run_revision","labels":{{"project_id":"acme-shop","location":"europe-west1","service_name":"chat-api","revision_name":"{revision}"}}}},"httpRequest":{{"requestMethod":"GET","requestUrl":"https://chat-api.example/rooms/17","status":{status},"latency":"0.0{}s"}}}}"#,
                10 + (minute + i * 13) % 80,
            )
            .expect("a text can be written");
        }
    }
    out
}

/// Three nights with their mornings, and the night of the deploy.
fn days(harm: u32) -> String {
    let mut all: String = (1..4).map(|d| day(d, 0..8, OLD, 1)).collect();
    all += &day(4, 0..3, OLD, 1);
    all + &day(4, 3..4, NEW, harm)
}

#[test]
fn what_fails_every_night_is_not_blamed_on_a_deploy_at_that_hour() {
    let place = Place::new().file("days.ndjson", days(1)).file("worse.ndjson", days(3));
    let split = format!("--deployed-at {DEPLOYED} --format json");
    // The hours before the deploy were calm: held against them, it looks like harm.
    let hour = place.run(&format!("compare days.ndjson --since 2026-03-04T00:00:00Z {split}"));
    assert_eq!(hour.judges("ROLL_BACK", "server-errors-up")["verdict"], "ROLL_BACK");
    let judged = place.run(&format!("compare days.ndjson --same-hours {split}")).json();
    assert_eq!(judged["verdict"], "PROCEED", "{:#}", judged["reasons"]);
    assert_eq!(judged["notes"][0]["code"], "same-hours");
    assert_eq!(
        judged["notes"][0]["message"],
        "the baseline is the same hours (03:00 to 04:00 UTC) of 3 earlier days: 2026-03-01, 2026-03-02, 2026-03-03"
    );
    assert_eq!(judged["sides"]["baseline"]["minutes"], 180);
    assert_eq!(judged["pairing"], "before-after");
    // What is worse than every night is harm.
    let worse = place.run(&format!("compare worse.ndjson --same-hours {split}"));
    assert_eq!(worse.judges("ROLL_BACK", "server-errors-up")["verdict"], "ROLL_BACK");
}

#[test]
fn two_inputs_are_compared_alike_and_every_rendering_says_so() {
    let of_days = |range: std::ops::Range<u32>| range.map(|d| day(d, 2..5, OLD, 1)).collect::<String>();
    let place = Place::new()
        .file("one.ndjson", of_days(1..2))
        .file("more.ndjson", of_days(2..4))
        .file("cut.ndjson", day(1, 2..3, OLD, 1) + &of_days(2..4))
        .file("after.ndjson", day(4, 3..4, NEW, 1));
    let compare = "compare one.ndjson --baseline more.ndjson --candidate after.ndjson --same-hours";
    let counted = |report: &Value| report["sides"]["baseline"]["requests"].clone();
    let report = place.run(&format!("{compare} --format json")).json();
    assert_eq!(
        (&report["verdict"], codes(&report["notes"])),
        (&"PROCEED".into(), vec!["same-hours".into()])
    );
    let told = "same hours (03:00 to 04:00 UTC) of 3 earlier days";
    for format in ["terminal", "markdown"] {
        let run = place.run(&format!("{compare} --format {format}")).exits(0);
        assert!(
            run.out.split_whitespace().collect::<Vec<_>>().join(" ").contains(told),
            "{}",
            run.out
        );
    }
    let cut = place
        .run("compare cut.ndjson after.ndjson --same-hours --format json")
        .json();
    assert_eq!(cut["sides"]["baseline"]["minutes"], 120);
    assert_ne!(counted(&cut), counted(&report));
}

#[test]
fn hours_that_cannot_be_had_are_named() {
    let mut untimed = entries(NEW, 11, 60);
    for entry in &mut untimed {
        entry.as_object_mut().expect("an object").remove("timestamp");
    }
    let place = Place::with_logs()
        .file("untimed.ndjson", lines(&untimed))
        .file("long.ndjson", day(2, 0..1, NEW, 1) + &day(3, 0..1, NEW, 1));
    place.run("compare before.ndjson after.ndjson --same-hours").fails_with(
        3,
        "the baseline's entries are from 2026-03-03T10:00:00Z to 2026-03-03T10:30:00Z: the candidate's hours (11:00 to \
         11:30 UTC) of an earlier day are not wholly among them; those of the day before are from 2026-03-02T11:00:00Z to \
         2026-03-02T11:30:00Z",
        "give logs that reach back to that day or further, more files with --baseline, or compare without --same-hours",
    );
    place.run("compare before.ndjson long.ndjson --same-hours").fails_with(
        3,
        "the candidate's entries are from 2026-03-02T00:00:00Z to 2026-03-03T01:00:00Z: more than 24 hours, of which an earlier \
         day cannot hold the same",
        "end the candidate with --until, at most 24 hours after its first entry, or compare without --same-hours",
    );
    place
        .run("compare before.ndjson untimed.ndjson --same-hours")
        .fails_with(
            3,
            "no entry of the candidate has a time: its hours are not known",
            "check --deployed-at, --candidate-revision and --since; without times, compare without --same-hours",
        );
    place.run("compare --project p --service s --same-hours").fails_with(
        2,
        "--same-hours compares files: earlier days are not read from Google Cloud for it",
        "logverdict fetch --freshness 4d -o days.ndjson.zst, then compare days.ndjson.zst --deployed-at TIME --same-hours",
    );
}
