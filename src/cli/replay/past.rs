//! Past deploys: a folder each, with the logs and what is known of the deploy.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde::Deserialize;

use super::super::args::{Cli, Command, Common, CompareArgs, ReplayArgs, SelectArgs};
use super::super::compare;
use super::super::failure::{EXIT_INPUT, Failure};
use super::super::filter;
use super::super::input::Knowledge;
use super::super::output;
use crate::replay::{counted, outcome, truth};
use crate::report::{DeployOutcome, PastDeploy, Redaction, Replay, Truth};
use crate::verdict::{Judgement, Policy, Verdict};

/// The file that tells the truth of a deploy.
const EXPECT: &str = "expect.toml";

/// `expect.toml`, as in `fixtures/scenarios`. What a test asks of the report beside its verdict is not looked at here.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Expect {
    /// Files of the folder: baseline and candidate, or one that holds both.
    #[serde(default)]
    inputs: Vec<String>,
    /// How one input is told apart, see [`Told`].
    #[serde(default)]
    args: Vec<String>,
    /// A policy file of the folder.
    policy: Option<String>,
    truth: Option<Truth>,
    verdict: Option<Verdict>,
    verdict_not: Option<Verdict>,
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

/// Judges each deploy and prints the table. A deploy that cannot be judged does not stop the others: the exit code tells.
pub fn run(args: &ReplayArgs, common: &Common, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    let policy = compare::policy(args.policy.as_deref())?;
    let knowledge = Knowledge::load(common)?;
    let folders = folders(&args.input)?;
    let mut deploys = vec![];
    for folder in &folders {
        deploys.push(deploy(folder, args, &policy, &knowledge, common, err));
    }
    let past = counted(deploys);
    let not_judged = past.not_judged;
    let tool = output::tool(&knowledge.packs);
    super::print(
        &Replay::of_deploys(&tool, past, Redaction::default()),
        &args.output,
        common,
        out,
    )?;
    if not_judged > 0 && !common.quiet {
        writeln!(err, "{not_judged} of {} deploys could not be judged", folders.len()).ok();
    }
    Ok(if not_judged > 0 { EXIT_INPUT } else { 0 })
}

/// The folders of deploys: those given that are one, and the sub-folders of the others, by name.
fn folders(given: &[String]) -> Result<Vec<PathBuf>, Failure> {
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

fn deploy(
    folder: &Path,
    args: &ReplayArgs,
    policy: &Policy,
    knowledge: &Knowledge,
    common: &Common,
    err: &mut dyn Write,
) -> PastDeploy {
    let name = folder.file_name().unwrap_or(folder.as_os_str());
    let mut deploy = PastDeploy {
        name: name.to_string_lossy().into_owned(),
        truth: Truth::Unknown,
        expected: None,
        verdict: None,
        lean: None,
        reasons: vec![],
        outcome: DeployOutcome::NotJudged,
        error: None,
    };
    let judged = expect(folder).and_then(|expect| {
        deploy.expected = expect.verdict;
        deploy.truth = expect
            .truth
            .unwrap_or_else(|| truth(expect.verdict, expect.verdict_not));
        judge(folder, &expect, args, policy, knowledge, common, err)
    });
    match judged {
        Err(failure) => deploy.error = Some(failure.cause),
        Ok(judgement) => {
            deploy.outcome = outcome(deploy.truth, judgement.verdict);
            deploy.verdict = Some(judgement.verdict);
            deploy.lean = judgement.lean;
            deploy.reasons = judgement.reasons.into_iter().map(|r| r.code).collect();
            deploy.reasons.dedup();
        }
    }
    deploy
}

fn expect(folder: &Path) -> Result<Expect, Failure> {
    let path = folder.join(EXPECT);
    if !path.exists() {
        return Ok(Expect::default());
    }
    let text = std::fs::read_to_string(&path).map_err(|e| Failure::file(&path, &e))?;
    toml::from_str(&text).map_err(|e| Failure::input(format!("{EXPECT}: {}", e.message()), "see docs/replay.md"))
}

fn judge(
    folder: &Path,
    expect: &Expect,
    args: &ReplayArgs,
    policy: &Policy,
    knowledge: &Knowledge,
    common: &Common,
    err: &mut dyn Write,
) -> Result<Judgement, Failure> {
    let own = expect
        .policy
        .as_ref()
        .map(|file| compare::policy(Some(&folder.join(file))));
    let own = own.transpose()?;
    let compared = compared(folder, expect, &args.select)?;
    compare::judged(&compared, own.as_ref().unwrap_or(policy), knowledge, common, err).map(|judged| judged.judgement)
}

/// The arguments of `compare` for one folder.
fn compared(folder: &Path, expect: &Expect, select: &SelectArgs) -> Result<CompareArgs, Failure> {
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
