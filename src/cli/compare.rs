//! `logverdict compare`: the main job.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use super::args::{Common, CompareArgs};
use super::failure::Failure;
use super::input::{self, Knowledge};
use super::live;
use super::output;
use crate::compare::{Choice, SideError, Sides, compare, one_input, two_inputs};
use crate::ingest::{Concern, Coverage, Exclusion, Source, SourceError};
use crate::profile::{Profile, group};
use crate::report::{Deploy, Parts, Report};
use crate::verdict::{Case, Judgement, Policy, judge};

/// A judged comparison, with all that its report is made of.
pub struct Judged {
    read: Read,
    choice: Choice,
    told: Told,
    filter: bool,
    case: Case,
    /// What the decision said.
    pub judgement: Judgement,
}

/// What was read: one input that holds both sides, or one for each.
struct Read {
    baseline: Profile,
    candidate: Option<Profile>,
}

impl Read {
    /// Both sides together, so that equal messages get equal ids.
    fn grouped(mut self) -> Read {
        let mut parts = vec![&mut self.baseline.data];
        parts.extend(self.candidate.as_mut().map(|c| &mut c.data));
        group(&mut parts);
        self
    }
}

/// What the platform says of the deploy, where it was asked.
#[derive(Default)]
struct Told {
    deploy: Option<Deploy>,
    concerns: Vec<Concern>,
    notes: Vec<Concern>,
}

pub fn run(args: &CompareArgs, common: &Common, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    output::check_compact(args.compact, args.output.format)?;
    let redaction = output::redaction(&args.redact, &args.output, common, err)?;
    output::check_writable(args.output.output.as_deref())?;
    let policy = policy(args.policy.as_deref())?;
    let knowledge = Knowledge::load(common)?;
    let Judged {
        read,
        told,
        case,
        judgement,
        ..
    } = judged(args, &policy, &knowledge, common, err)?;
    let tool = output::tool(&knowledge.packs);
    let parts = Parts {
        tool: &tool,
        case: &case,
        judgement: &judgement,
        baseline: &read.baseline.manifest.coverage,
        candidate: &read.candidate.as_ref().unwrap_or(&read.baseline).manifest.coverage,
        deploy: told.deploy.as_ref(),
        watch: None,
        redaction,
    };
    let report = Report::new(&parts);
    let text = output::render(&report, args.output.format, args.compact, common);
    output::write(&text, args.output.output.as_deref(), out)?;
    if args.output.output.is_some() && !common.quiet {
        writeln!(err, "{}", judgement.verdict.label()).ok();
    }
    Ok(judgement.verdict.exit_code())
}

/// Reads both sides and judges the deploy between them.
///
/// # Errors
/// Arguments or input that cannot be used, and a service that cannot be asked.
pub fn judged(
    args: &CompareArgs,
    policy: &Policy,
    knowledge: &Knowledge,
    common: &Common,
    err: &mut dyn Write,
) -> Result<Judged, Failure> {
    let (read, choice, told) = material(args, knowledge, common, err)?;
    let baseline = &read.baseline;
    let candidate = read.candidate.as_ref().unwrap_or(baseline);
    let (of_baseline, of_candidate) = (&baseline.manifest.coverage, &candidate.manifest.coverage);
    output::tell(of_baseline, common, err);
    if read.candidate.is_some() {
        output::tell(of_candidate, common, err);
    }
    // Where Cloud Run was asked, a silent service is an answer.
    if of_baseline.counted == 0 && of_candidate.counted == 0 && told.deploy.is_none() {
        return Err(nothing_counted(of_baseline, of_candidate));
    }
    let filter = args.select.filter.is_some();
    let case = case(&read, &choice, &told, filter, policy).map_err(|e| Failure::input(&e, e.hint()))?;
    let judgement = judge(&case, policy);
    Ok(Judged {
        read,
        choice,
        told,
        filter,
        case,
        judgement,
    })
}

impl Judged {
    /// Judges the same counts by another policy.
    ///
    /// # Errors
    /// None that the first judgement did not have.
    pub fn again(&self, policy: &Policy) -> Result<Judgement, SideError> {
        let case = case(&self.read, &self.choice, &self.told, self.filter, policy)?;
        Ok(judge(&case, policy))
    }

    /// Who was compared.
    ///
    /// # Errors
    /// None that the judgement did not have.
    pub fn sides(&self) -> Result<Sides<'_>, SideError> {
        sides(&self.read, &self.choice)
    }
}

/// Compares the sides by the policy.
fn case(read: &Read, choice: &Choice, told: &Told, filter: bool, policy: &Policy) -> Result<Case, SideError> {
    let (baseline, candidate) = (&read.baseline, read.candidate.as_ref().unwrap_or(&read.baseline));
    let mut sides = sides(read, choice)?;
    sides.notes.extend(unused_time(read, choice));
    sides.notes.extend(told.notes.iter().cloned());
    sides.notes.extend(remarks(read));
    sides.notes.extend(filter.then(filtered));
    let settings = (&policy.statistics).into();
    let findings = compare(&sides, [&baseline.data, &candidate.data], &settings);
    let mut case = Case::new(&sides, findings, concerns(read));
    case.deploy_concerns.clone_from(&told.concerns);
    Ok(case)
}

/// What is compared: files, or a deploy with its logs.
fn material(
    args: &CompareArgs,
    knowledge: &Knowledge,
    common: &Common,
    err: &mut dyn Write,
) -> Result<(Read, Choice, Told), Failure> {
    let inputs = [&args.baseline_input, &args.candidate_input]
        .into_iter()
        .flatten()
        .count();
    let inputs = inputs + args.baseline.len() + args.candidate.len();
    if live::is_wanted(inputs, &args.select, &args.live)? {
        if args.same_hours {
            return Err(Failure::usage(
                "--same-hours compares files: earlier days are not read from Google Cloud for it",
                "logverdict fetch --freshness 4d -o days.ndjson.zst, then compare days.ndjson.zst --deployed-at TIME --same-hours",
            ));
        }
        let judged = live::judged(args, knowledge, common, err)?;
        let read = Read {
            baseline: judged.profile,
            candidate: None,
        };
        let told = Told {
            deploy: Some(judged.deploy),
            concerns: judged.concerns,
            notes: judged.notes,
        };
        return Ok((read.grouped(), judged.choice, told));
    }
    let choice = Choice {
        baseline_revisions: input::globs(&args.baseline_revision)?,
        candidate_revisions: input::globs(&args.candidate_revision)?,
        deployed_at: args.deployed_at.as_deref().map(input::time).transpose()?,
        until: None,
        same_hours: args.same_hours,
    };
    let read = read(args, &choice, knowledge, common)?.grouped();
    Ok((read, choice, Told::default()))
}

/// The policy of a file, or the default one.
///
/// # Errors
/// A file that cannot be read or is no policy.
pub fn policy(path: Option<&Path>) -> Result<Policy, Failure> {
    let Some(path) = path else { return Ok(Policy::default()) };
    let text = std::fs::read_to_string(path).map_err(|e| Failure::file(path, &e))?;
    Policy::parse(&text).map_err(|e| {
        let line = e.line.map_or(String::new(), |line| format!("{line}:"));
        let cause = format!("{}:{line} {}", path.display(), e.cause());
        Failure::input(cause, e.hint().unwrap_or_else(|| "see docs/policy.md".into()))
    })
}

fn read(args: &CompareArgs, choice: &Choice, knowledge: &Knowledge, common: &Common) -> Result<Read, Failure> {
    let given = |input: &Option<String>, more: &[String]| input.iter().chain(more).cloned().collect::<Vec<String>>();
    let baseline = given(&args.baseline_input, &args.baseline);
    let candidate = given(&args.candidate_input, &args.candidate);
    if baseline.is_empty() && candidate.is_empty() {
        return Err(Failure::usage(
            "no input was given",
            "name two inputs (compare before.json after.json), one with --deployed-at or --candidate-revision, or a service of Google Cloud (--project P --region R --service S)",
        ));
    }
    let (old, new) = (input::sources(&baseline)?, input::sources(&candidate)?);
    let told_apart = !choice.baseline_revisions.is_empty() || !choice.candidate_revisions.is_empty();
    if old.is_empty() || new.is_empty() || same_files(&old, &new) {
        if !told_apart && choice.deployed_at.is_none() {
            return Err(if old == [Source::Stdin] && new == old {
                stdin_twice()
            } else {
                one_input_is_not_enough(&old, &new)
            });
        }
        let both = if old.is_empty() { &new } else { &old };
        let baseline = input::profile(both, input::selection(&args.select, &[])?, knowledge, common)?;
        return Ok(Read {
            baseline,
            candidate: None,
        });
    }
    if old.contains(&Source::Stdin) && new.contains(&Source::Stdin) {
        return Err(stdin_twice());
    }
    if let Some(shared) = old.iter().find(|s| !told_apart && new.iter().any(|n| is_same(s, n))) {
        return Err(Failure::input(
            format!("{shared} is on both sides: its entries would be compared with themselves"),
            "give each side its own files, or tell the sides apart with --baseline-revision and --candidate-revision",
        ));
    }
    let profile = |sources: &[Source]| input::profile(sources, input::selection(&args.select, &[])?, knowledge, common);
    Ok(Read {
        baseline: profile(&old)?,
        candidate: Some(profile(&new)?),
    })
}

fn one_input_is_not_enough(old: &[Source], new: &[Source]) -> Failure {
    let hint = "give two inputs, or one with --deployed-at TIME, or with --baseline-revision and --candidate-revision";
    if old.is_empty() || new.is_empty() {
        return Failure::usage(
            "only one input was given, and nothing tells baseline and candidate apart in it",
            hint,
        );
    }
    Failure::input("the same input is given as baseline and as candidate", hint)
}

fn stdin_twice() -> Failure {
    Failure::input(SourceError::StdinTwice, SourceError::StdinTwice.hint())
}

fn is_same(a: &Source, b: &Source) -> bool {
    match (a, b) {
        (Source::File(a), Source::File(b)) => {
            a == b || a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
        }
        _ => a == b,
    }
}

fn same_files(old: &[Source], new: &[Source]) -> bool {
    old.len() == new.len() && old.iter().zip(new).all(|(a, b)| is_same(a, b))
}

fn sides<'a>(read: &'a Read, choice: &Choice) -> Result<Sides<'a>, SideError> {
    match &read.candidate {
        None => one_input(&read.baseline.data, choice),
        Some(candidate) => two_inputs(&read.baseline.data, &candidate.data, choice),
    }
}

/// Two inputs are told apart already: that the time was not used must not be a secret.
fn unused_time(read: &Read, choice: &Choice) -> Option<Concern> {
    read.candidate.as_ref().and(choice.deployed_at).map(|time| Concern {
        code: "deployed-at-unused".into(),
        message: format!("--deployed-at {time} was not used: it splits one input, and two were given"),
    })
}

/// A verdict about chosen entries is none about the deploy: whoever reads the report must know.
pub fn filtered() -> Concern {
    Concern::new(
        "filtered",
        "only entries that --filter takes were compared: what it leaves out is in no rate, and the verdict says nothing of it",
    )
}

/// What is worth telling of how the input was read, each once.
fn remarks(read: &Read) -> BTreeSet<Concern> {
    let profiles = [Some(&read.baseline), read.candidate.as_ref()];
    let remarks = profiles
        .into_iter()
        .flatten()
        .flat_map(|p| &p.manifest.coverage.remarks);
    remarks.cloned().collect()
}

/// What forbids PROCEED because of the input, each side named.
fn concerns(read: &Read) -> Vec<Concern> {
    let named = |side: &str, coverage: &Coverage| -> Vec<Concern> {
        let name = |c: &Concern| Concern {
            code: c.code.clone(),
            message: format!("{side}: {}", c.message),
        };
        coverage.concerns.iter().map(name).collect()
    };
    let Some(candidate) = &read.candidate else {
        return read.baseline.manifest.coverage.concerns.clone();
    };
    let (old, new) = (&read.baseline.manifest.coverage, &candidate.manifest.coverage);
    let mut concerns = named("baseline", old);
    concerns.extend(named("candidate", new));
    if old.counted > 0 && hashes(old) == hashes(new) {
        let message = "both sides hold the same entries: nothing can differ".into();
        concerns.push(Concern {
            code: "same-input".into(),
            message,
        });
    }
    if read.baseline.manifest.texts != candidate.manifest.texts {
        let message =
            "the sides were counted with different masks or frame rules: equal messages look different".into();
        concerns.push(Concern {
            code: "other-texts".into(),
            message,
        });
    }
    if read.baseline.manifest.packs != candidate.manifest.packs {
        let message = "the sides were counted with different pattern packs".into();
        concerns.push(Concern {
            code: "other-packs".into(),
            message,
        });
    }
    concerns
}

fn hashes(coverage: &Coverage) -> BTreeSet<&str> {
    coverage
        .sources
        .iter()
        .filter(|s| s.entries > 0)
        .map(|s| s.content_hash.as_str())
        .collect()
}

fn nothing_counted(baseline: &Coverage, candidate: &Coverage) -> Failure {
    // One input that holds both sides is covered once.
    let sides = if std::ptr::eq(baseline, candidate) {
        vec![baseline]
    } else {
        vec![baseline, candidate]
    };
    let read: u64 = sides.iter().map(|c| c.entries_read).sum();
    if read == 0 {
        return input::no_entry(&sides);
    }
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for (why, n) in sides.iter().flat_map(|c| &c.excluded) {
        *reasons.entry(why).or_default() += n;
    }
    let hint = match reasons.get(Exclusion::Filter.name()) {
        Some(_) => "check --filter: = compares whole values, : looks for a part; without it, all entries are counted",
        None => {
            "check --service, --since and --until; only entries of resource.type=\"cloud_run_revision\" are counted"
        }
    };
    let reasons: Vec<String> = reasons.iter().map(|(why, n)| format!("{n} {why}")).collect();
    Failure::input(
        format!("none of the {read} log entries is one to count: {}", reasons.join(", ")),
        hint,
    )
}
