//! A folder with logs, the program run in it, and sentences about what came out.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

pub const OLD: &str = "chat-api-00041-kop";
pub const NEW: &str = "chat-api-00042-wil";

/// What the program asks the environment for.
const ENVIRONMENT: [&str; 7] = [
    "NO_COLOR",
    "COLUMNS",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GITHUB_API_URL",
    "GITHUB_STEP_SUMMARY",
    "LOGVERDICT_WEBHOOK",
];

/// A folder in which the program runs, so that messages name files as they were typed.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Place {
        Place(tempfile::tempdir().expect("a folder can be made"))
    }

    /// A folder with `before.ndjson` and `after.ndjson`: half an hour each, as good as each other: PROCEED.
    pub fn with_logs() -> Place {
        Place::new()
            .file("before.ndjson", lines(&entries(OLD, 10, 1800)))
            .file("after.ndjson", lines(&entries(NEW, 11, 1800)))
    }

    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Place {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders can be made");
        fs::write(path, content).expect("a file can be written");
        self
    }

    pub fn folder(self, name: &str) -> Place {
        fs::create_dir_all(self.path(name)).expect("folders can be made");
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Runs the program with arguments that hold no blanks.
    #[must_use = "a run proves nothing until its outcome is checked"]
    pub fn run(&self, args: &str) -> Run {
        self.run_with(&args.split_whitespace().collect::<Vec<_>>(), b"")
    }

    /// Runs the program with these arguments and this standard input.
    #[must_use = "a run proves nothing until its outcome is checked"]
    pub fn run_with(&self, args: &[&str], stdin: &[u8]) -> Run {
        self.run_in(&[], args, stdin)
    }

    /// The same, with these variables in its environment.
    #[must_use = "a run proves nothing until its outcome is checked"]
    pub fn run_in(&self, env: &[(&str, &str)], args: &[&str], stdin: &[u8]) -> Run {
        self.run_program(env!("CARGO_BIN_EXE_logverdict"), env, args, stdin)
    }

    /// Runs another program in the folder.
    #[must_use = "a run proves nothing until its outcome is checked"]
    pub fn run_program(&self, program: &str, env: &[(&str, &str)], args: &[&str], stdin: &[u8]) -> Run {
        let mut command = Command::new(program);
        for name in ENVIRONMENT {
            command.env_remove(name);
        }
        let mut child = command
            .args(args)
            .envs(env.iter().copied())
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut pipe = child.stdin.take().expect("standard input");
        let stdin = stdin.to_vec();
        // The program may end without reading: a closed pipe is no fault here.
        let writer = std::thread::spawn(move || pipe.write_all(&stdin).ok());
        let output = child.wait_with_output().expect("the program ends");
        writer.join().expect("the writer ends");
        Run::new(args.join(" "), output)
    }
}

/// What came out of one run.
pub struct Run {
    args: String,
    code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    fn new(args: String, output: Output) -> Run {
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        let run = Run {
            args,
            code: output.status.code().expect("no signal ended the program"),
            out: text(output.stdout),
            err: text(output.stderr),
        };
        assert!(!run.err.contains("panicked"), "{}", run.all());
        assert_ne!(run.code, 101, "{}", run.all());
        run
    }

    fn all(&self) -> String {
        let Run { args, code, out, err } = self;
        format!("logverdict {args}\nexit {code}\n--- standard output\n{out}\n--- standard error\n{err}")
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Run {
        assert_eq!(self.code, code, "{}", self.all());
        self
    }

    #[track_caller]
    pub fn prints(self, part: &str) -> Run {
        assert!(self.out.contains(part), "not printed: {part}\n{}", self.all());
        self
    }

    #[track_caller]
    pub fn does_not_print(self, part: &str) -> Run {
        assert!(!self.out.contains(part), "printed: {part}\n{}", self.all());
        self
    }

    #[track_caller]
    pub fn prints_nothing(self) -> Run {
        assert_eq!(self.out, "", "{}", self.all());
        self
    }

    #[track_caller]
    pub fn says(self, part: &str) -> Run {
        assert!(self.err.contains(part), "not said: {part}\n{}", self.all());
        self
    }

    #[track_caller]
    pub fn says_nothing(self) -> Run {
        assert_eq!(self.err, "", "{}", self.all());
        self
    }

    /// The whole of standard error: cause and hint.
    #[track_caller]
    pub fn fails_with(self, code: i32, cause: &str, hint: &str) -> Run {
        let run = self.exits(code).prints_nothing();
        assert_eq!(run.err, format!("error: {cause}\nhint: {hint}\n"), "{}", run.all());
        run
    }

    /// The report: the only thing on standard output, after its schema, and in agreement with the exit code.
    #[track_caller]
    pub fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}\n{}", self.all()));
        let schema = match value["schema"].as_str() {
            Some("logverdict.report/1") => include_str!("../../docs/schema/report.schema.json"),
            Some("logverdict.scan/1") => include_str!("../../docs/schema/scan.schema.json"),
            Some("logverdict.replay/1") => include_str!("../../docs/schema/replay.schema.json"),
            other => panic!("schema {other:?}\n{}", self.all()),
        };
        let schema = serde_json::from_str(schema).expect("the schema is JSON");
        let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
        let faults: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{faults:#?}\n{}", self.all());
        let code = match value["verdict"].as_str() {
            None | Some("PROCEED") => 0,
            Some("HOLD") => 10,
            Some("ROLL_BACK") => 20,
            Some(other) => panic!("verdict {other}"),
        };
        assert_eq!(self.code, code, "{}", self.all());
        assert_conserved(&value);
        value
    }

    /// A report with this verdict and this reason among its reasons.
    #[track_caller]
    pub fn judges(&self, verdict: &str, reason: &str) -> Value {
        let report = self.json();
        assert_eq!(report["verdict"], verdict, "{}", self.all());
        assert!(
            codes(&report["reasons"]).contains(&reason.to_owned()),
            "{reason}\n{}",
            self.all()
        );
        report
    }
}

/// Every record is accounted for, on every side.
fn assert_conserved(report: &Value) {
    let coverage = &report["coverage"];
    if coverage.is_null() {
        return;
    }
    let sides = if coverage["records"].is_u64() {
        vec![coverage]
    } else {
        vec![&coverage["baseline"], &coverage["candidate"]]
    };
    for side in sides {
        let sum = |key: &str| -> u64 {
            side[key]
                .as_object()
                .expect(key)
                .values()
                .filter_map(Value::as_u64)
                .sum()
        };
        let number = |key: &str| side[key].as_u64().expect(key);
        assert_eq!(
            number("records"),
            number("entries_read") + number("duplicates") + sum("rejected"),
            "{side}"
        );
        assert_eq!(number("entries_read"), number("counted") + sum("excluded"), "{side}");
        assert_eq!(number("counted"), sum("revisions"), "{side}");
    }
}

/// The codes of a list of reasons, concerns or notes.
pub fn codes(list: &Value) -> Vec<String> {
    let list = list.as_array().expect("a list");
    list.iter()
        .filter_map(|item| item["code"].as_str())
        .map(str::to_owned)
        .collect()
}

/// `count` entries of a revision, one each second from the hour on: requests, of each 50 one error message before it.
pub fn entries(revision: &str, hour: u32, count: u32) -> Vec<Value> {
    (0..count).map(|i| entry(revision, hour * 3600 + i)).collect()
}

/// One entry at a second of 2026-03-03; what it is depends on the second alone.
pub fn entry(revision: &str, second: u32) -> Value {
    let (service, _) = revision
        .split_once("-0")
        .expect("a revision such as chat-api-00041-kop");
    let time = format!(
        "2026-03-03T{:02}:{:02}:{:02}.5Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    );
    let mut entry = json!({
        "insertId": format!("{revision}-{second}"),
        "timestamp": time,
        "resource": {"type": "cloud_run_revision", "labels": {
            "project_id": "acme-shop", "location": "europe-west1", "service_name": service, "revision_name": revision,
        }},
    });
    if second % 50 == 7 {
        entry["severity"] = json!("ERROR");
        entry["logName"] = json!("projects/acme-shop/logs/run.googleapis.com%2Fstderr");
        entry["textPayload"] = json!(r#"WebSocket is not connected. Need to call "accept" first."#);
    } else {
        entry["severity"] = json!("INFO");
        entry["logName"] = json!("projects/acme-shop/logs/run.googleapis.com%2Frequests");
        entry["httpRequest"] = json!({
            "requestMethod": "GET", "requestUrl": "https://chat-api.example/rooms/17", "status": 200,
            "latency": format!("0.0{}s", 10 + second % 80),
        });
    }
    entry
}

/// The same entries of something that is no Cloud Run revision.
pub fn of_scheduler(mut entries: Vec<Value>) -> Vec<Value> {
    for entry in &mut entries {
        entry["resource"]["type"] = json!("cloud_scheduler_job");
    }
    entries
}

/// One entry a line.
pub fn lines(entries: &[Value]) -> String {
    entries.iter().map(|e| format!("{e}\n")).collect()
}

/// One JSON array, as gcloud writes it.
pub fn array(entries: &[Value]) -> String {
    serde_json::to_string_pretty(entries).expect("JSON can be written")
}

pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    encoder
        .write_all(content)
        .and_then(|()| encoder.finish())
        .expect("gzip works in memory")
}

pub fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 1).expect("zstd works in memory")
}
