//! The composite action: its script as a runner calls it, and that inputs are no shell text.

use std::fs;

use super::publish::serve;
use super::support::{Place, Run};

fn source(name: &str) -> String {
    let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Runs the script with these inputs.
fn act(place: &Place, inputs: &[(&str, &str)]) -> Run {
    let script = format!("{}/action.sh", env!("CARGO_MANIFEST_DIR"));
    let temp = place.path(".").display().to_string();
    let mut env = vec![
        ("LOGVERDICT", env!("CARGO_BIN_EXE_logverdict")),
        ("RUNNER_TEMP", &*temp),
        ("GITHUB_OUTPUT", "output"),
        ("GITHUB_STEP_SUMMARY", "summary.md"),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("INPUT_COMMAND", "compare"),
        ("INPUT_ARGS", "before.ndjson\nafter.ndjson\n"),
        ("INPUT_REPORT", ""),
        ("INPUT_ISSUE", ""),
        ("INPUT_TOKEN", "ghp_SECRET0000"),
        ("INPUT_FAIL_ON", "roll-back"),
    ];
    // Of two variables of a name, the later one is set.
    env.extend(inputs);
    place.run_program("bash", &env, &[&script], b"")
}

#[test]
fn inputs_are_never_shell_text() {
    let action = source("action.yml");
    let steps = action.split_once("\nruns:").expect("steps").1;
    let expressions: Vec<&str> = steps.lines().filter(|l| l.contains("${{")).collect();
    assert_eq!(expressions.len(), 6);
    assert!(
        expressions.iter().all(|l| l.trim().starts_with("INPUT_")),
        "{expressions:?}"
    );
    assert!(!source("action.sh").contains("eval"));
}

#[test]
fn a_verdict_is_an_output_a_summary_and_an_exit_code() {
    let place = Place::with_logs().file("none.json", "[]");
    let _ = act(&place, &[]).exits(0).prints("::stop-commands::");
    assert_eq!(place.read("output"), "verdict=PROCEED\nexit-code=0\n");
    assert!(place.read("summary.md").starts_with("## PROCEED"));
    assert!(place.read("logverdict-report.json").contains("\"PROCEED\""));
    let hold = ("INPUT_ARGS", "before.ndjson\r\n\nnone.json");
    let _ = act(&place, &[hold])
        .exits(0)
        .prints("::warning title=logverdict says HOLD");
    let _ = act(
        &place,
        &[hold, ("INPUT_FAIL_ON", "hold"), ("INPUT_REPORT", "mine.json")],
    )
    .exits(10);
    assert!(place.read("mine.json").contains("\"HOLD\""));
    assert!(place.read("output").ends_with("verdict=HOLD\nexit-code=10\n"));
}

#[test]
fn what_is_wrong_fails_and_leaves_no_verdict() {
    let place = Place::with_logs();
    let _ = act(&place, &[("INPUT_COMMAND", "fetch")]).exits(2);
    let _ = act(&place, &[("INPUT_FAIL_ON", "never")]).exits(2);
    let _ = act(&place, &[("INPUT_ARGS", "$(touch pwned) `touch pwned` ; touch pwned")]).exits(3);
    assert!(!place.path("pwned").exists());
    assert_eq!(place.read("output"), "verdict=\nexit-code=3\n");
}

#[test]
fn the_issue_is_told_and_a_failure_to_tell_is_one() {
    let answers = [(403, "{}"), (200, "[]"), (201, "{}")].map(|(status, body)| (status, body.to_owned()));
    let (address, requests) = serve(answers.to_vec());
    let place = Place::with_logs();
    let inputs = [("GITHUB_API_URL", &*address), ("INPUT_ISSUE", "12")];
    let run = act(&place, &inputs).exits(0).prints("comment created: acme/shop#12");
    assert!(!format!("{}{}", run.out, run.err).contains("SECRET"));
    let asked: Vec<String> = requests.iter().collect();
    assert!(
        asked[2].starts_with("POST /repos/acme/shop/issues/12/comments "),
        "{}",
        asked[2]
    );
    let (address, _requests) = serve(vec![(401, "{}".to_owned())]);
    let _ = act(&place, &[("GITHUB_API_URL", &*address), ("INPUT_ISSUE", "acme/web#3")]).exits(3);
}
