//! Every folder of `fixtures/scenarios` is a deploy with its right verdict. One test walks them all: as they are, each
//! side against itself, and with the sides swapped.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

/// Fewer folders than this were found: the walk is broken, not the tool right.
const SCENARIOS_MIN: usize = 26;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Expect {
    inputs: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    policy: Option<String>,
    verdict: Option<String>,
    verdict_not: Option<String>,
    exit_code: Option<i32>,
    #[serde(default)]
    reasons: Vec<String>,
    #[serde(default)]
    not_reasons: Vec<String>,
    #[serde(default)]
    finding: Vec<ExpectedFinding>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedFinding {
    /// Id, or for what has no id beforehand: part of the title.
    signal: Option<String>,
    title: Option<String>,
    change: Option<String>,
    harm: Option<bool>,
    significant: Option<bool>,
}

struct Scenario {
    name: String,
    folder: PathBuf,
    expect: Expect,
}

fn scenarios() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    folders.sort();
    let read = |folder: PathBuf| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(folder.join("expect.toml")).unwrap_or_else(|e| panic!("{name}: {e}"));
        let expect = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(folder.join("why.md").exists(), "{name} does not say why");
        Scenario { name, folder, expect }
    };
    folders.into_iter().map(read).collect()
}

/// Runs `compare` in the scenario's folder; the report and the exit code.
fn compare(scenario: &Scenario, inputs: &[&str], args: &[String], policy: bool) -> (Value, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logverdict"));
    command
        .current_dir(&scenario.folder)
        .arg("compare")
        .args(inputs)
        .args(args)
        .args(["--format", "json", "-q"]);
    if let Some(file) = scenario.expect.policy.as_ref().filter(|_| policy) {
        command.args(["--policy", file]);
    }
    let output = command.output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!("{}: {e}\n{}", scenario.name, String::from_utf8_lossy(&output.stderr));
    });
    (report, output.status.code().unwrap())
}

fn names<'a>(list: &'a Value, of: impl Fn(&'a Value) -> &'a Value) -> Vec<&'a str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|v| of(v).as_str().unwrap())
        .collect()
}

#[test]
fn every_scenario_gets_its_verdict() {
    let (scenarios, mut failures) = (scenarios(), vec![]);
    for scenario in &scenarios {
        let inputs: Vec<&str> = scenario.expect.inputs.iter().map(String::as_str).collect();
        let (report, code) = compare(scenario, &inputs, &scenario.expect.args, true);
        let mut fail = |what: String| failures.push(format!("{}: {what}", scenario.name));
        let verdict = report["verdict"].as_str().unwrap();
        let reasons = names(&report["reasons"], |r| &r["code"]);
        let expect = &scenario.expect;
        assert!(
            expect.verdict.is_some() || expect.verdict_not.is_some(),
            "{} expects nothing",
            scenario.name
        );
        if expect.verdict.as_deref().is_some_and(|v| v != verdict) || expect.verdict_not.as_deref() == Some(verdict) {
            fail(format!(
                "{verdict} because of {reasons:?}, expected {:?}",
                expect.verdict
            ));
        }
        if expect.exit_code.is_some_and(|c| c != code) {
            fail(format!("exit code {code}, expected {:?}", expect.exit_code));
        }
        for missing in expect.reasons.iter().filter(|r| !reasons.contains(&r.as_str())) {
            fail(format!("no reason {missing} in {reasons:?}"));
        }
        for wrong in expect.not_reasons.iter().filter(|r| reasons.contains(&r.as_str())) {
            fail(format!("reason {wrong} in {reasons:?}"));
        }
        for wanted in &expect.finding {
            let is_wanted = |f: &&Value| {
                let title = f["signal"]["title"].as_str().unwrap();
                wanted
                    .signal
                    .as_ref()
                    .is_some_and(|id| f["signal"]["id"] == id.as_str())
                    || wanted.title.as_ref().is_some_and(|part| title.contains(part))
            };
            let found: Vec<&Value> = report["findings"]
                .as_array()
                .unwrap()
                .iter()
                .filter(is_wanted)
                .collect();
            let [found] = found[..] else {
                fail(format!("{} findings are like {wanted:?}", found.len()));
                continue;
            };
            let right = wanted.change.as_ref().is_none_or(|c| found["change"] == c.as_str())
                && wanted.harm.is_none_or(|h| found["harm"] == h)
                && wanted.significant.is_none_or(|s| found["significant"] == s);
            if !right {
                let seen = [&found["change"], &found["harm"], &found["significant"]];
                fail(format!("change, harm, significant are {seen:?}, expected {wanted:?}"));
            }
        }
    }
    assert!(scenarios.len() >= SCENARIOS_MIN, "only {} scenarios", scenarios.len());
    assert!(
        failures.is_empty(),
        "{} of {} scenarios:\n{}",
        failures.len(),
        scenarios.len(),
        failures.join("\n")
    );
}

/// The two files of a scenario that has two.
fn two_inputs(scenario: &Scenario) -> Option<(&str, &str)> {
    match &scenario.expect.inputs[..] {
        [baseline, candidate] => Some((baseline, candidate)),
        _ => None,
    }
}

#[test]
fn a_side_against_itself_is_never_rolled_back() {
    let (scenarios, mut runs) = (scenarios(), 0);
    for scenario in &scenarios {
        for input in &scenario.expect.inputs {
            // A copy under another name: the same path twice is refused before anything is read.
            let folder = tempfile::tempdir().unwrap();
            let copy = folder.path().join("copy");
            std::fs::copy(scenario.folder.join(input), &copy).unwrap();
            let (report, code) = compare(scenario, &[input.as_str(), copy.to_str().unwrap()], &[], false);
            assert_eq!(
                (report["verdict"].as_str(), code),
                (Some("HOLD"), 10),
                "{} {input}",
                scenario.name
            );
            runs += 1;
        }
    }
    assert!(runs >= SCENARIOS_MIN, "only {runs} runs");
}

#[test]
fn swapped_sides_mirror_the_findings() {
    let (scenarios, mut mirrored) = (scenarios(), 0);
    for scenario in &scenarios {
        let Some((baseline, candidate)) = two_inputs(scenario) else {
            continue;
        };
        let report = compare(scenario, &[baseline, candidate], &[], false).0;
        let swapped = compare(scenario, &[candidate, baseline], &[], false).0;
        let drained = |r: &Value| r["notes"].to_string().contains("drain");
        for finding in report["findings"].as_array().unwrap() {
            let same = |f: &&Value| {
                f["signal"]["kind"] == finding["signal"]["kind"] && f["signal"]["id"] == finding["signal"]["id"]
            };
            let Some(mirror) = swapped["findings"].as_array().unwrap().iter().find(same) else {
                continue;
            };
            // Drain is cut off the baseline, so swapped sides may hold a few entries more or fewer.
            if drained(&report) || drained(&swapped) {
                continue;
            }
            assert_eq!(
                finding["baseline"]["count"], mirror["candidate"]["count"],
                "{} {}",
                scenario.name, finding["signal"]["id"]
            );
            let mirror_of = |change: &str| match change {
                "new" => "vanished",
                "vanished" => "new",
                "more" => "fewer",
                "fewer" => "more",
                "slower" => "faster",
                "faster" => "slower",
                _ => "unchanged",
            };
            assert_eq!(
                mirror["change"],
                mirror_of(finding["change"].as_str().unwrap()),
                "{} {}",
                scenario.name,
                finding["signal"]["id"]
            );
            mirrored += 1;
        }
    }
    assert!(mirrored >= 100, "only {mirrored} findings were mirrored");
}
