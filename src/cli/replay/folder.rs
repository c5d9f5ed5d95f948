//! The folder of a past deploy: its files, and what `expect.toml` says of it.

use std::path::{Path, PathBuf};

use clap::Parser;
use serde::Deserialize;

use super::super::args::{Cli, Command, CompareArgs, SelectArgs};
use super::super::failure::Failure;
use super::super::filter;
use crate::report::Truth;
use crate::verdict::Verdict;

/// The file that tells the truth of a deploy.
const EXPECT: &str = "expect.toml";

/// `expect.toml`, as in `fixtures/scenarios`. What a test asks of the report beside its verdict is not looked at here.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// Files of the folder: baseline and candidate, or one that holds both.
    #[serde(default)]
    inputs: Vec<String>,
    /// How one input is told apart, see [`Told`].
    #[serde(default)]
    args: Vec<String>,
    /// A policy file of the folder.
    pub policy: Option<String>,
    pub truth: Option<Truth>,
    pub verdict: Option<Verdict>,
    pub verdict_not: Option<Verdict>,
    #[serde(rename = "exit-code")]
    _exit_code: Option<i64>,
    #[serde(default, rename = "reasons")]
    _reasons: Vec<String>,
    #[serde(default, rename = "not-reasons")]
    _not_reasons: Vec<String>,
    #[serde(default, rename = "finding")]
    _finding: Vec<toml::Table>,
}

/// What `args` may hold: how the sides are told apart, and what counts. Nothing that writes or asks a service.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Told {
    #[arg(long)]
    baseline_revision: Vec<String>,
    #[arg(long)]
    candidate_revision: Vec<String>,
    #[arg(long)]
    deployed_at: Option<String>,
    #[arg(long)]
    same_hours: bool,
    #[command(flatten)]
    select: SelectArgs,
}

/// The folders of deploys: those given that are one, and the sub-folders of the others, by name.
pub fn folders(given: &[String]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = vec![];
    for name in given {
        let folder = Path::new(name);
        if folder.is_file() {
            let hint = "name the folder it lies in, or make pseudo deploys of logs with --calibrate";
            return Err(Failure::input(
                format!("{name} is a file, not a folder of past deploys"),
                hint,
            ));
        }
        let names = listed(folder)?;
        if holds_deploy(&names) {
            all.push(folder.to_owned());
            continue;
        }
        let before = all.len();
        all.extend(names.into_iter().filter(|path| path.is_dir()));
        if all.len() == before {
            return Err(Failure::input(
                format!("there is no past deploy in {name}"),
                "a past deploy is a folder with baseline.* and candidate.*, or with logs.* and expect.toml",
            ));
        }
    }
    Ok(all)
}

/// What lies in a folder, by name; hidden things are left out.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e: std::io::Error| Failure::file(folder, &e);
    let mut paths = vec![];
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn is_named(path: &Path, name: &str) -> bool {
    let file = path.file_name().map(|n| n.to_string_lossy().into_owned());
    file.is_some_and(|file| file == name || file.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

fn holds_deploy(paths: &[PathBuf]) -> bool {
    let has = |name: &str| paths.iter().any(|path| is_named(path, name));
    has(EXPECT) || has("logs") || (has("baseline") && has("candidate"))
}

/// What is known of the deploy; nothing where there is no such file.
pub fn expect(folder: &Path) -> Result<Expect, Failure> {
    let path = folder.join(EXPECT);
    if !path.exists() {
        return Ok(Expect::default());
    }
    let text = std::fs::read_to_string(&path).map_err(|e| Failure::file(&path, &e))?;
    toml::from_str(&text).map_err(|e| Failure::input(format!("{EXPECT}: {}", e.message()), "see docs/replay.md"))
}

/// The arguments of `compare` for one folder.
pub fn compared(folder: &Path, expect: &Expect, select: &SelectArgs) -> Result<CompareArgs, Failure> {
    let wrong = |e: clap::Error| {
        let text = e.to_string();
        let first = text.lines().next().unwrap_or_default();
        Failure::input(
            format!("{EXPECT}: args: {}", first.trim_start_matches("error: ")),
            "see docs/replay.md",
        )
    };
    let told = Told::try_parse_from(&expect.args).map_err(wrong)?;
    let Command::Compare(mut compared) = Cli::try_parse_from(["logverdict", "compare"]).map_err(wrong)?.command else {
        return Err(Failure::input("no comparison", ""));
    };
    let (baseline, candidate) = inputs(folder, expect)?;
    let own = told.select;
    compared.baseline = baseline;
    compared.candidate = candidate;
    compared.baseline_revision = told.baseline_revision;
    compared.candidate_revision = told.candidate_revision;
    compared.deployed_at = told.deployed_at;
    compared.same_hours = told.same_hours;
    compared.select = SelectArgs {
        service: if own.service.is_empty() {
            select.service.clone()
        } else {
            own.service
        },
        since: own.since.or_else(|| select.since.clone()),
        until: own.until.or_else(|| select.until.clone()),
        filter: filter::parse(own.filter_text.as_deref())?.or_else(|| select.filter.clone()),
        filter_text: own.filter_text.or_else(|| select.filter_text.clone()),
    };
    Ok(compared)
}

/// The files of both sides; one input that holds both stands on the baseline's side alone.
fn inputs(folder: &Path, expect: &Expect) -> Result<(Vec<String>, Vec<String>), Failure> {
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let given = |name: &String| vec![text(folder.join(name))];
    match &expect.inputs[..] {
        [] => {}
        [both] => return Ok((given(both), vec![])),
        [baseline, candidate] => return Ok((given(baseline), given(candidate))),
        more => {
            let cause = format!("{EXPECT}: inputs: {} files, at most two can be sides", more.len());
            return Err(Failure::input(cause, "see docs/replay.md"));
        }
    }
    let paths = listed(folder)?;
    let of = |name: &str| {
        paths
            .iter()
            .filter(|p| is_named(p, name))
            .cloned()
            .map(text)
            .collect::<Vec<_>>()
    };
    let (baseline, candidate, both) = (of("baseline"), of("candidate"), of("logs"));
    match (baseline.is_empty(), candidate.is_empty(), both.is_empty()) {
        (false, false, _) => Ok((baseline, candidate)),
        (true, true, false) => Ok((both, vec![])),
        _ => Err(Failure::input(
            "it holds neither baseline.* and candidate.* nor logs.*",
            "",
        )),
    }
}
