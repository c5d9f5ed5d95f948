//! The program itself, from arguments to exit code, against the fake.

use std::process::Command;
use std::sync::Arc;

use logverdict::cloud::TestClock;
use logverdict::model::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use super::fake::logging::{Habits, Logging, Traffic};
use super::fake::monitoring::MonitoringApi;
use super::fake::run::{FakeService, RunApi};
use super::fake::{Fake, Fault};

pub const OLD: &str = "chat-api-00041-kop";
pub const NEW: &str = "chat-api-00042-wil";

/// The fake, a folder with a token to sign in with, and nothing of this machine's own settings.
pub struct Cloud {
    pub fake: Fake,
    clock: Arc<TestClock>,
    folder: TempDir,
}

impl Cloud {
    /// Google's clock stands at `now`.
    pub fn at(now: &str) -> Cloud {
        let clock = Arc::new(TestClock::at(Timestamp::parse(now).expect("a time")));
        let fake = Fake::with_clock(clock.clone());
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("token"), fake.auth().new_token()).expect("a token");
        Cloud { fake, clock, folder }
    }

    /// Google's clock goes on.
    pub fn wait(&self, minutes: u64) {
        self.clock.advance(std::time::Duration::from_secs(60 * minutes));
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the program in the folder, signed in at the fake. Arguments hold no blanks.
    pub fn run(&self, args: &str) -> Run {
        self.run_with(&args.split_whitespace().collect::<Vec<_>>())
    }

    pub fn run_with(&self, args: &[&str]) -> Run {
        let endpoint = ["--endpoint", &self.fake.url(), "--access-token-file", "token"];
        self.command(&[args, &endpoint].concat())
    }

    /// Runs the program with these arguments alone.
    pub fn command(&self, args: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_logverdict"))
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .output()
            .expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Run {
            code: output.status.code().expect("no signal ended the program"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

/// What came out of one run.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    #[track_caller]
    pub fn exits(self, code: i32) -> Run {
        assert_eq!(self.code, code, "--- out\n{}\n--- err\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn tells(self, part: &str) -> Run {
        assert!(self.err.contains(part), "not told: {part}\n--- err\n{}", self.err);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}\n{}\n{}", self.out, self.err))
    }
}

/// An hour of entries.
fn hour(revision: &'static str, start: &'static str, entries: usize, failures_permille: u64) -> Traffic<'static> {
    Traffic {
        revision,
        start,
        seconds: 3600,
        entries,
        failures_permille,
        seed: 7,
    }
}

#[test]
fn a_scan_reads_the_log() {
    let cloud = Cloud::at("2026-03-01T12:00:00Z");
    let entries = hour(NEW, "2026-03-01T10:30:00Z", 4000, 20).entries();
    Logging::serve(&cloud.fake, entries, Habits::default());
    let run = cloud
        .run("scan --project acme-shop --service chat-api --freshness 1h --format json -v")
        .exits(0);
    let scan = run.json();
    // From 11:00 on: half of them.
    let read = scan["coverage"]["entries_read"].as_u64().unwrap();
    assert!((1990..=2010).contains(&read), "{read}");
    let start = scan["coverage"]["asked"]["start"].as_str().unwrap();
    assert!(start.starts_with("2026-03-01T11:00:0"), "{start}");
    let run = run.tells("signing in with: access token").tells("clock is");
    assert!(!run.err.contains("ya29"), "{}", run.err);
}

/// Two revisions: the old one served the hour until 11:00, the new one the hour since.
fn deployed(cloud: &Cloud, failures_permille: u64) -> MonitoringApi {
    let mut entries = hour(OLD, "2026-03-01T10:00:00Z", 12_000, 10).entries();
    entries.extend(hour(NEW, "2026-03-01T11:00:00Z", 12_000, failures_permille).entries());
    Logging::serve(&cloud.fake, entries, Habits::default());
    let revisions = [(OLD, "2026-02-20T09:00:00Z"), (NEW, "2026-03-01T10:59:40Z")];
    RunApi::install(&cloud.fake).put("chat-api", FakeService::new("chat-api", &revisions, &[(NEW, 100, "")]));
    let counts = MonitoringApi::install(&cloud.fake, 100);
    for minute in 0..60 {
        counts.requests(OLD, &format!("2026-03-01T10:{minute:02}:00Z"), 200, 100, 40.0);
        counts.requests(NEW, &format!("2026-03-01T11:{minute:02}:00Z"), 200, 100, 40.0);
    }
    counts
}

const COMPARE: &str = "compare --project acme-shop --region europe-west1 --service chat-api";

#[test]
fn the_newest_deploy_is_found_read_and_judged() {
    let cloud = Cloud::at("2026-03-01T12:00:00Z");
    deployed(&cloud, 10);
    // Long enough ago that nothing can still arrive.
    let until = format!("{COMPARE} --until 2026-03-01T11:54:00Z --format json");
    let report = cloud.run(&until).exits(0).json();
    assert_eq!(report["verdict"], "PROCEED");
    assert_eq!(report["deploy"]["candidate"], NEW);
    assert_eq!(report["deploy"]["baseline"], OLD);
    assert_eq!(report["sides"]["candidate"]["revisions"][0], NEW);
    assert_eq!(report["sides"]["baseline"]["requests"], 6000);
    // The same again is the same: nothing of the reading shows.
    let again = cloud.run(&until).json();
    let lines = |report: &Value| serde_json::to_string_pretty(report).unwrap_or_default();
    for (first, second) in lines(&report).lines().zip(lines(&again).lines()) {
        assert_eq!(first, second);
    }
    let text = cloud.run(COMPARE).exits(0).out;
    assert!(text.contains(&format!("Candidate: {NEW}")), "{text}");
}

#[test]
fn harm_is_rolled_back_with_the_real_names() {
    let cloud = Cloud::at("2026-03-01T12:00:00Z");
    deployed(&cloud, 150);
    let run = cloud.run(COMPARE).exits(20);
    let command = format!(
        "gcloud run services update-traffic chat-api --to-revisions={OLD}=100 --region=europe-west1 --project=acme-shop"
    );
    assert!(run.out.contains(&command), "{}", run.out);
    assert!(run.out.contains("--to-latest"), "{}", run.out);
}

#[test]
fn requests_are_counted_by_monitoring_when_that_was_asked_for() {
    let cloud = Cloud::at("2026-03-01T12:10:00Z");
    deployed(&cloud, 10);
    let report = cloud
        .run(&format!(
            "{COMPARE} --until 2026-03-01T12:00:00Z --requests-from monitoring --format json"
        ))
        .json();
    assert_eq!(report["coverage"]["candidate"]["requests_from"], "monitoring");
    let filters: Vec<String> = cloud
        .fake
        .requests_to("/v2/entries:list")
        .iter()
        .map(|r| r.json()["filter"].to_string())
        .collect();
    assert!(
        filters.iter().any(|f| f.contains("httpRequest.status>=400")),
        "{filters:?}"
    );
    let told = report["not_verified"].to_string();
    assert!(told.contains("Cloud Monitoring"), "{told}");
}

#[test]
fn a_candidate_that_gets_no_traffic_is_held() {
    let cloud = Cloud::at("2026-03-01T12:00:00Z");
    Logging::serve(
        &cloud.fake,
        hour(OLD, "2026-03-01T11:00:00Z", 4000, 10).entries(),
        Habits::default(),
    );
    let revisions = [(OLD, "2026-02-20T09:00:00Z"), (NEW, "2026-03-01T11:30:00Z")];
    RunApi::install(&cloud.fake).put("chat-api", FakeService::new("chat-api", &revisions, &[(OLD, 100, "")]));
    MonitoringApi::install(&cloud.fake, 100);
    let run = cloud.run(&format!("{COMPARE} --format json")).exits(10);
    let report = run.json();
    assert_eq!(
        report["reasons"][0]["code"], "deploy-unsettled",
        "{}",
        report["reasons"]
    );
    assert!(
        report["next_steps"].to_string().contains("--to-latest"),
        "{}",
        report["next_steps"]
    );
}

#[test]
fn what_cannot_be_asked_is_named_with_what_mends_it() {
    let cloud = Cloud::at("2026-03-01T12:00:00Z");
    deployed(&cloud, 10);
    let other = COMPARE.replace("chat-api", "chat-apo");
    cloud
        .run(&other)
        .exits(3)
        .tells("there is no service chat-apo")
        .tells("chat-api");
    cloud
        .run("compare --project acme-shop --service chat-api")
        .exits(2)
        .tells("no region");
    cloud
        .run("compare --region europe-west1 --service chat-api")
        .exits(2)
        .tells("gcloud config set project");
    cloud
        .run("compare --project acme-shop --region europe-west1")
        .exits(2)
        .tells("no service");
    cloud
        .run("scan --project acme-shop --service chat-api")
        .exits(2)
        .tells("no bound in time");
    cloud
        .run("scan x.json --project acme-shop")
        .exits(2)
        .tells("logverdict fetch");
    cloud
        .run(&format!("{COMPARE} --filter severity=LOUD"))
        .exits(2)
        .tells("LOUD");
    cloud
        .run("scan --project acme-shop --freshness 1x")
        .exits(2)
        .tells("no length of time");
    cloud
        .command(&["scan", "--project", "a b", "--freshness", "1h"])
        .exits(2)
        .tells("no name of a project");
    cloud
        .command(&[
            "scan",
            "--project",
            "acme-shop",
            "--freshness",
            "1h",
            "--endpoint",
            "http://example.com",
        ])
        .exits(3)
        .tells("http");
    std::fs::write(cloud.path("token"), "stale").expect("a file");
    let run = cloud.run(COMPARE).exits(3);
    assert!(!run.err.contains("stale"), "{}", run.err);
}

#[test]
fn what_was_fetched_is_compared_like_what_was_read() {
    let cloud = Cloud::at("2026-03-01T12:00:00Z");
    deployed(&cloud, 10);
    let window = "--since 2026-03-01T10:00:00Z --until 2026-03-01T12:00:00Z";
    let of_service = "--project acme-shop --region europe-west1 --service chat-api";
    let run = cloud
        .run(&format!("fetch {of_service} {window} -o day.ndjson.zst"))
        .exits(0);
    run.tells("saved 24000 entries to day.ndjson.zst");
    let judge = format!("--baseline-revision {OLD} --candidate-revision {NEW} --format json");
    let report = cloud
        .command(&format!("compare day.ndjson.zst {judge}").split(' ').collect::<Vec<_>>())
        .exits(0)
        .json();
    assert_eq!(report["coverage"]["candidate"]["asked"]["end"], "2026-03-01T12:00:00Z");
    assert_eq!(report["sides"]["candidate"]["requests"], 6000);
    // Again: the file is there, and is not touched.
    cloud
        .run(&format!("fetch {of_service} {window} -o day.ndjson.zst"))
        .exits(3)
        .tells("day.ndjson.zst");
    cloud
        .run(&format!("fetch {of_service} {window} -o day.ndjson.zst --overwrite"))
        .exits(0);
    // Cut, it is no longer what the manifest says.
    let bytes = std::fs::read(cloud.path("day.ndjson.zst")).expect("a file");
    std::fs::write(cloud.path("day.ndjson.zst"), &bytes[..bytes.len() / 2]).expect("a file");
    let report = cloud
        .command(&format!("compare day.ndjson.zst {judge}").split(' ').collect::<Vec<_>>())
        .exits(10)
        .json();
    assert!(
        report["concerns"].to_string().contains("manifest-mismatch"),
        "{}",
        report["concerns"]
    );
}

#[test]
fn a_filter_goes_to_the_api_as_it_is_written() {
    let cloud = Cloud::at("2026-03-01T12:00:00Z");
    deployed(&cloud, 10);
    let filter = "severity>=WARNING AND NOT labels.env=\"load test\" -- nobody's fault";
    let run = cloud.run_with(&[
        "scan",
        "--project",
        "acme-shop",
        "--freshness",
        "1h",
        "--filter",
        filter,
        "--format",
        "json",
    ]);
    run.exits(0);
    let asked = cloud.fake.requests_to("/v2/entries:list")[0].json()["filter"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(asked.contains(&format!("(\n{filter}\n)")), "{asked}");
    assert!(asked.contains("resource.type=\"cloud_run_revision\""), "{asked}");
}

#[test]
fn what_could_not_be_read_holds() {
    let cloud = Cloud::at("2026-03-01T12:00:00Z");
    deployed(&cloud, 10);
    cloud.fake.fail("/v2/entries:list", 12..=99_999, Fault::unavailable());
    let report = cloud
        .run(&format!("{COMPARE} --deadline 4s --format json"))
        .exits(10)
        .json();
    assert!(
        report["concerns"].to_string().contains("unread"),
        "{}",
        report["concerns"]
    );
    let reasons = report["reasons"].to_string();
    assert!(reasons.contains("input-incomplete"), "{reasons}");
    let run = cloud
        .run("fetch --project acme-shop --freshness 1h --deadline 2s -o cut.ndjson")
        .exits(3);
    assert!(!cloud.path("cut.ndjson").exists(), "{}", run.err);
}

#[test]
fn an_endpoint_that_is_not_googles_is_named() {
    let cloud = Cloud::at("2026-03-01T12:00:00Z");
    cloud.fake.fail("/v2/*", 1..=99_999, Fault::html_200());
    let run = cloud
        .run("scan --project acme-shop --freshness 1h --deadline 3s")
        .exits(3);
    assert!(!run.err.contains("<html"), "{}", run.err);
}

#[test]
fn nothing_that_was_asked_for_is_said_so() {
    let cloud = Cloud::at("2026-03-01T12:00:00Z");
    Logging::serve(&cloud.fake, vec![], Habits::default());
    let run = cloud.run("scan --project acme-shop --freshness 1h --filter severity>=EMERGENCY");
    run.exits(3)
        .tells("Cloud Logging has no entry between 2026-03-01T11:00:0")
        .tells("--filter");
    let revisions = [(OLD, "2026-02-20T09:00:00Z"), (NEW, "2026-03-01T10:59:40Z")];
    RunApi::install(&cloud.fake).put("chat-api", FakeService::new("chat-api", &revisions, &[(NEW, 100, "")]));
    MonitoringApi::install(&cloud.fake, 100);
    // A silent service is an answer, a filter that takes nothing is not.
    let report = cloud.run(&format!("{COMPARE} --format json")).exits(10).json();
    assert_eq!(
        report["reasons"][0]["code"], "nothing-to-compare",
        "{}",
        report["reasons"]
    );
    cloud
        .run(&format!("{COMPARE} --filter severity>=EMERGENCY"))
        .exits(3)
        .tells("no entry");
}

#[test]
fn a_long_listing_is_estimated_and_counted_by_monitoring() {
    let cloud = Cloud::at("2026-03-01T12:10:00Z");
    let counts = deployed(&cloud, 10);
    for (revision, hour) in [(OLD, 10), (NEW, 11)] {
        for minute in 0..60 {
            let minute = format!("2026-03-01T{hour}:{minute:02}:00Z");
            counts.entries(revision, &minute, "run.googleapis.com/requests", "INFO", 4_000);
            counts.entries(revision, &minute, "run.googleapis.com/stderr", "DEFAULT", 100);
        }
    }
    let run = cloud.run(&format!("{COMPARE} --until 2026-03-01T12:00:00Z --format json"));
    let run = run.tells("About 492,000 entries to read").tells("the filter for it");
    let report = run.json();
    assert_eq!(report["coverage"]["candidate"]["requests_from"], "monitoring");
    assert!(
        report["deploy"]["chosen"].to_string().contains("too many to list"),
        "{}",
        report["deploy"]
    );
    let run = cloud.run(&format!(
        "{COMPARE} --until 2026-03-01T12:00:00Z --requests-from log --format json -q"
    ));
    assert_eq!(run.json()["coverage"]["candidate"]["requests_from"], Value::Null);
    assert_eq!(run.err, "");
}
