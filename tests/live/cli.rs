//! The program itself, from arguments to exit code, against the fake.

use std::process::Command;
use std::sync::Arc;

use logverdict::cloud::TestClock;
use logverdict::model::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use super::fake::Fake;
use super::fake::logging::{Habits, Logging, Traffic};

pub const OLD: &str = "chat-api-00041-kop";
pub const NEW: &str = "chat-api-00042-wil";

/// The fake, a folder with a token to sign in with, and nothing of this machine's own settings.
pub struct Cloud {
    pub fake: Fake,
    folder: TempDir,
}

impl Cloud {
    /// Google's clock stands at `now`.
    pub fn at(now: &str) -> Cloud {
        let clock = TestClock::at(Timestamp::parse(now).expect("a time"));
        let fake = Fake::with_clock(Arc::new(clock));
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("token"), fake.auth().new_token()).expect("a token");
        Cloud { fake, folder }
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
fn hour(revision: &'static str, start: &'static str, entries: usize, failures_permille: u64) -> Traffic {
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
    assert_eq!(scan["coverage"]["asked"]["start"], "2026-03-01T11:00:00Z");
    let run = run.tells("signing in with: access token").tells("clock is");
    assert!(!run.err.contains("ya29"), "{}", run.err);
}
