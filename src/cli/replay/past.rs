//! Past deploys: each is judged by one look and by the watch, and held against what is known of it.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::super::args::{Common, CompareArgs, ReplayArgs};
use super::super::compare::{self, Judged};
use super::super::failure::{EXIT_INPUT, Failure};
use super::super::input::{self, Knowledge};
use super::super::monitor;
use super::super::output;
use super::again::{Kept, Shelf};
use super::folder::{Expect, compared, expect, folders};
use super::watched::Recording;
use crate::replay::{counted, outcome, truth};
use crate::report::{DeployOutcome, PastDeploy, PastWatch, Redaction, Replay, Truth};
use crate::verdict::Policy;

/// What every deploy is judged with.
struct Given<'a> {
    args: &'a ReplayArgs,
    common: &'a Common,
    knowledge: &'a Knowledge,
    policy: Policy,
    /// Longest watch.
    length: Duration,
}

/// Judges each deploy and prints the tables. A deploy that cannot be judged does not stop the others: the exit code tells.
pub fn run(args: &ReplayArgs, common: &Common, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    let length = monitor::length(&args.watch_for)?;
    let policy = compare::policy(args.policy.as_deref())?;
    let knowledge = &Knowledge::load(common)?;
    let folders = folders(&args.input)?;
    let given = Given {
        args,
        common,
        knowledge,
        policy,
        length,
    };
    let mut shelf = Shelf::default();
    let deploys = folders
        .iter()
        .map(|folder| deploy(folder, &given, &mut shelf, err))
        .collect();
    let mut past = counted(deploys);
    let threads = common.threads.map_or_else(input::cores, usize::from);
    past.settings = shelf.settings(&past, &given.policy, threads);
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

/// Judges one deploy, and keeps it on the shelf.
fn deploy(folder: &Path, given: &Given<'_>, shelf: &mut Shelf, err: &mut dyn Write) -> PastDeploy {
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
        watch: None,
    };
    let judged = expect(folder).and_then(|expect| {
        deploy.expected = expect.verdict;
        deploy.truth = expect
            .truth
            .unwrap_or_else(|| truth(expect.verdict, expect.verdict_not));
        judge(folder, &expect, given, err)
    });
    match judged {
        Err(failure) => {
            deploy.watch = Some(PastWatch::not_watched(failure.cause.clone()));
            deploy.error = Some(failure.cause);
        }
        Ok((compared, own, judged)) => {
            tell(&mut deploy, &judged);
            let policy = own.as_ref().unwrap_or(&given.policy);
            let (watch, recording) = watch(&compared, &judged, policy, deploy.truth, given);
            deploy.watch = Some(watch);
            shelf.keep(Kept::new(&deploy, own, judged, recording));
        }
    }
    deploy
}

/// Writes down the verdict of one look.
fn tell(deploy: &mut PastDeploy, judged: &Judged) {
    let judgement = &judged.judgement;
    deploy.outcome = outcome(deploy.truth, judgement.verdict);
    deploy.verdict = Some(judgement.verdict);
    deploy.lean = judgement.lean;
    deploy.reasons = judgement.reasons.iter().map(|r| r.code.clone()).collect();
    deploy.reasons.dedup();
}

/// One look at a deploy: with the arguments of `compare` that it was made with, and the deploy's own policy.
fn judge(
    folder: &Path,
    expect: &Expect,
    given: &Given<'_>,
    err: &mut dyn Write,
) -> Result<(CompareArgs, Option<Policy>, Judged), Failure> {
    let own = expect
        .policy
        .as_ref()
        .map(|file| compare::policy(Some(&folder.join(file))));
    let own = own.transpose()?;
    let compared = compared(folder, expect, &given.args.select)?;
    let policy = own.as_ref().unwrap_or(&given.policy);
    let judged = compare::judged(&compared, policy, given.knowledge, given.common, err)?;
    Ok((compared, own, judged))
}

/// The watch over the same logs. One that cannot be made fails nothing: it says why.
fn watch(
    compared: &CompareArgs,
    judged: &Judged,
    policy: &Policy,
    truth: Truth,
    given: &Given<'_>,
) -> (PastWatch, Option<Recording>) {
    let read = Recording::read((compared, judged), given.length, policy, given.knowledge, given.common);
    let recording = match read {
        Ok(recording) => recording,
        Err(failure) => return (PastWatch::not_watched(failure.cause), None),
    };
    match recording.watch(policy) {
        Err(trouble) => (PastWatch::not_watched(trouble.cause), None),
        Ok(mut watch) => {
            let worth = watch.verdict.map(|verdict| outcome(truth, verdict));
            watch.outcome = worth.unwrap_or(DeployOutcome::NotWatched);
            (watch, Some(recording))
        }
    }
}
