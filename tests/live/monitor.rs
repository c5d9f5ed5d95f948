//! `monitor --once` against the fake, run after run, as a scheduler would call it.

use logverdict::model::Timestamp;
use serde_json::Value;

use super::cli::{Cloud, NEW, OLD};
use super::fake::logging::{Habits, LIST, Logging, Stored, Traffic};
use super::fake::monitoring::MonitoringApi;
use super::fake::run::{FakeService, RunApi};
use super::fake::storage::Object;
use super::fake::{Fault, When};

const MONITOR: &str = "monitor --project acme-shop --region europe-west1 --service chat-api --deployed-at \
                       2026-03-01T11:00:00Z --for 1h --checkpoints 20m,40m --once --format json -q";

fn traffic(revision: &'static str, start: &str, minutes: u64, failures_permille: u64) -> Vec<Stored> {
    let entries = Traffic {
        revision,
        start,
        seconds: 60 * minutes,
        entries: usize::try_from(minutes).unwrap_or(0) * 100,
        failures_permille,
        seed: 7,
    };
    entries.entries()
}

/// The old revision served until 11:00, the new one since: it fails this often.
fn deploy(cloud: &Cloud, failures_permille: u64) -> (Vec<Stored>, RunApi) {
    let mut entries = traffic(OLD, "2026-03-01T10:00:00Z", 60, 10);
    entries.extend(traffic(NEW, "2026-03-01T11:00:00Z", 62, failures_permille));
    let api = RunApi::install(&cloud.fake);
    api.put("chat-api", service(&[], NEW));
    MonitoringApi::install(&cloud.fake, 100);
    (entries, api)
}

fn service(more: &[(&str, &str)], serves: &str) -> FakeService {
    let mut revisions = vec![(OLD, "2026-02-20T09:00:00Z"), (NEW, "2026-03-01T10:59:40Z")];
    revisions.extend(more);
    FakeService::new("chat-api", &revisions, &[(serves, 100, "")])
}

/// What a watch says of itself, and what it found.
fn told(report: &Value) -> Value {
    let fields = ["watch", "findings", "verdict", "lean", "reasons", "confidence", "sides"];
    fields
        .iter()
        .map(|name| ((*name).to_owned(), report[*name].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn recorded(cloud: &Cloud, entries: &[Stored]) -> Value {
    let lines: Vec<&str> = entries.iter().map(|e| e.text.as_str()).collect();
    std::fs::write(cloud.path("log.ndjson"), lines.join("\n")).expect("a file");
    let args = "monitor --from-files log.ndjson --deployed-at 2026-03-01T11:00:00Z --for 1h --checkpoints 20m,40m --format json -q";
    cloud.command(&args.split_whitespace().collect::<Vec<_>>()).json()
}

#[test]
fn run_after_run_says_what_the_recorded_log_says() {
    let cloud = Cloud::at("2026-03-01T11:08:30Z");
    let (entries, _) = deploy(&cloud, 10);
    Logging::serve(&cloud.fake, entries.clone(), Habits::default());
    let first = cloud.run(MONITOR).exits(10).json();
    assert_eq!(first["watch"]["looks"], 1, "{}", first["watch"]);
    assert_eq!(first["deploy"]["candidate"], NEW);
    // Late, twice in a row, after an hour's sleep: the looks in between are made in their order.
    for minutes in [5, 1, 9, 30, 12] {
        cloud.wait(minutes);
        cloud.run(MONITOR);
    }
    let last = cloud.run(MONITOR).json();
    assert_eq!(last["watch"]["looks"], 12);
    assert_eq!(last["watch"]["ended"]["code"], "time-over");
    let of_files = recorded(&cloud, &entries);
    assert_eq!(told(&last), told(&of_files));
    let names: Vec<&str> = last["watch"]["checkpoints"]
        .as_array()
        .expect("checkpoints")
        .iter()
        .filter_map(|c| c["name"].as_str())
        .collect();
    assert_eq!(names, ["T+20m", "T+40m", "T+1h"]);
    // Over is over: one more run asks for nothing of the log.
    let lists = cloud.fake.requests_to(LIST).len();
    assert_eq!(told(&cloud.run(MONITOR).json()), told(&last));
    assert_eq!(cloud.fake.requests_to(LIST).len(), lists);
}

#[test]
fn an_idle_look_takes_two_requests() {
    let cloud = Cloud::at("2026-03-01T11:08:30Z");
    let (mut entries, _) = deploy(&cloud, 10);
    let quiet = Timestamp::parse("2026-03-01T11:05:00Z").expect("a time").0;
    entries.retain(|e| e.time < quiet);
    Logging::serve(&cloud.fake, entries, Habits::default());
    cloud.run(MONITOR);
    cloud.wait(5);
    cloud.run(MONITOR);
    for _ in 0..3 {
        cloud.wait(5);
        let before = cloud.fake.requests().len();
        let looks = cloud.run(MONITOR).json()["watch"]["looks"].clone();
        let asked: Vec<String> = cloud.fake.requests()[before..].iter().map(|r| r.path.clone()).collect();
        assert!(looks.as_u64() > Some(2) && asked.len() <= 2, "{looks}: {asked:?}");
    }
}

#[test]
fn entries_that_are_seen_late_count_once() {
    let cloud = Cloud::at("2026-03-01T11:08:30Z");
    let (entries, _) = deploy(&cloud, 10);
    // Received in the first look's time, and seen only by the second.
    let at = |text: &str| Timestamp::parse(text).expect("a time").0;
    let time = at("2026-03-01T11:02:00Z")..at("2026-03-01T11:04:00Z");
    let is_late = |e: &Stored| time.contains(&e.received) && e.insert_id.ends_with('7');
    let seen: Vec<Stored> = entries.iter().filter(|e| !is_late(e)).cloned().collect();
    assert!(seen.len() < entries.len());
    Logging::serve(&cloud.fake, seen, Habits::default());
    cloud.run(MONITOR);
    Logging::serve(&cloud.fake, entries.clone(), Habits::default());
    cloud.wait(5);
    let second = cloud.run(MONITOR).json();
    assert!(
        second["watch"]["late_entries"].as_u64() > Some(0),
        "{}",
        second["watch"]
    );
    cloud.wait(60);
    let last = cloud.run(MONITOR).json();
    let (live, of_files) = (told(&last), recorded(&cloud, &entries));
    assert_eq!(live["sides"], of_files["sides"]);
    assert_eq!(live["findings"], of_files["findings"]);
}

#[test]
fn runs_without_a_disk_share_a_state_in_cloud_storage() {
    let cloud = Cloud::at("2026-03-01T11:08:30Z");
    let (entries, _) = deploy(&cloud, 10);
    Logging::serve(&cloud.fake, entries.clone(), Habits::default());
    let object = Object::serve(&cloud.fake, "/acme%2Dwatch/w%2Estate");
    let once = || cloud.run(&format!("{MONITOR} --state gs://acme-watch/w.state"));
    assert_eq!(once().json()["watch"]["looks"], 1);
    cloud.wait(5);
    assert_eq!(once().json()["watch"]["looks"], 2);
    assert_eq!(object.lock().unwrap().generation, 2);
    // Somebody else wrote between the reading and the writing: nothing of this run is kept.
    let before = object.lock().unwrap().content.clone();
    cloud.wait(5);
    let overtaken = Fault::google(412, "FAILED_PRECONDITION", "conditionNotMet", "");
    let is_put = When::matching(|request, _| request.method == "PUT");
    cloud.fake.fail("/acme%2Dwatch/*", is_put, overtaken);
    let run = once().exits(3);
    assert!(!run.err.is_empty() && run.out.is_empty());
    assert_eq!(object.lock().unwrap().content, before);
}

#[test]
fn harm_ends_the_watch_with_roll_back() {
    let cloud = Cloud::at("2026-03-01T11:55:00Z");
    let (entries, _) = deploy(&cloud, 150);
    Logging::serve(&cloud.fake, entries, Habits::default());
    let report = cloud.run(MONITOR).exits(20).json();
    assert_eq!(report["watch"]["ended"]["code"], "roll-back");
    assert!(report["watch"]["looks"].as_u64() < Some(8), "{}", report["watch"]);
    cloud.wait(60);
    cloud.run(MONITOR).exits(20);
}

#[test]
fn a_second_deploy_and_a_service_that_is_gone_end_the_watch() {
    let cloud = Cloud::at("2026-03-01T11:23:00Z");
    let (entries, api) = deploy(&cloud, 10);
    Logging::serve(&cloud.fake, entries, Habits::default());
    let once = |state: &str| cloud.run(&format!("{MONITOR} --state {state}"));
    once("a.state").exits(10);
    once("b.state").exits(10);
    cloud.wait(5);
    const NEXT: &str = "chat-api-00043-next";
    let mut next = service(&[(NEXT, "2026-03-01T11:26:00Z")], NEXT);
    next.service["updateTime"] = "2026-03-01T11:26:10Z".into();
    api.put("chat-api", next);
    let report = once("a.state").json();
    assert_eq!(report["watch"]["ended"]["code"], "second-deploy", "{}", report["watch"]);
    assert!(report["watch"]["ended"]["message"].to_string().contains(NEXT));
    api.remove("chat-api");
    let report = once("b.state").json();
    assert_eq!(report["watch"]["ended"]["code"], "service-gone", "{}", report["watch"]);
}

#[test]
fn the_first_revision_of_a_service_is_watched_without_a_baseline() {
    let cloud = Cloud::at("2026-03-01T11:08:30Z");
    let (entries, api) = deploy(&cloud, 10);
    let alone = entries.into_iter().filter(|e| e.text.contains(NEW)).collect();
    api.put(
        "chat-api",
        FakeService::new("chat-api", &[(NEW, "2026-03-01T10:59:40Z")], &[(NEW, 100, "")]),
    );
    Logging::serve(&cloud.fake, alone, Habits::default());
    cloud.run(MONITOR).exits(10);
    cloud.wait(60);
    let report = cloud.run(MONITOR).exits(10).json();
    let reasons = &report["reasons"];
    assert_eq!(reasons[0]["code"], "deploy-unsettled", "{reasons}");
    assert_eq!(reasons[1]["code"], "baseline-empty", "{reasons}");
    assert_eq!(report["watch"]["ended"]["code"], "time-over", "{}", report["watch"]);
    assert!(
        report["sides"]["candidate"]["requests"].as_u64() > Some(0),
        "{}",
        report["sides"]
    );
}

#[test]
fn what_could_not_be_read_is_read_at_the_next_look() {
    let cloud = Cloud::at("2026-03-01T11:08:30Z");
    let (entries, _) = deploy(&cloud, 10);
    Logging::serve(&cloud.fake, entries.clone(), Habits::default());
    cloud.run(MONITOR);
    cloud.wait(5);
    let denied = Fault::google(403, "PERMISSION_DENIED", "Permission denied for all log views", "");
    cloud.fake.fail(LIST, 1..=1, denied);
    cloud.run(MONITOR).exits(3).tells("Permission denied");
    cloud.wait(60);
    let last = cloud.run(MONITOR).json();
    assert_eq!(told(&last), told(&recorded(&cloud, &entries)));
}

#[test]
fn a_budget_is_an_end() {
    let cloud = Cloud::at("2026-03-01T11:23:00Z");
    let (entries, _) = deploy(&cloud, 10);
    Logging::serve(&cloud.fake, entries, Habits::default());
    let report = cloud.run(&format!("{MONITOR} --max-requests 3")).exits(10).json();
    assert_eq!(report["watch"]["ended"]["code"], "budget-spent", "{}", report["watch"]);
}

#[test]
fn the_state_of_another_watch_is_refused_by_what_differs() {
    let cloud = Cloud::at("2026-03-01T11:08:30Z");
    let (entries, api) = deploy(&cloud, 10);
    api.put(
        "billing",
        FakeService::new(
            "billing",
            &[("billing-00001-a", "2026-03-01T10:00:00Z")],
            &[("latest", 100, "")],
        ),
    );
    Logging::serve(&cloud.fake, entries, Habits::default());
    cloud.run(&format!("{MONITOR} --state w.state")).exits(10);
    let other = MONITOR.replace("chat-api", "billing");
    cloud
        .run(&format!("{other} --state w.state"))
        .exits(3)
        .tells("chat-api")
        .tells("billing");
    let longer = MONITOR.replace("--for 1h", "--for 2h");
    cloud
        .run(&format!("{longer} --state w.state"))
        .exits(3)
        .tells("settings");
}
