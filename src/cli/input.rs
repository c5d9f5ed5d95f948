//! From paths to profiles: reads logs with all threads and progress, or loads a saved profile.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use glob::Pattern;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::{Common, SelectArgs};
use super::failure::Failure;
use crate::ingest::{Coverage, DEDUPE_BYTES, Feed, Options, Overlap, Selection, Source, expand, read};
use crate::model::{Timestamp, Window};
use crate::monitor::{Knows, Slicer, Slices, Span};
use crate::patterns::stack::InApp;
use crate::patterns::{Matcher, PackError, PackSet};
use crate::profile::{Counter, Data, Profile};

/// The packs in use and their matcher.
pub struct Knowledge {
    pub packs: PackSet,
    pub matcher: Matcher,
    /// Which stack frames are the application's own.
    pub in_app: InApp,
}

impl Knowledge {
    /// The shipped packs and those of `--patterns`; the frame rules.
    pub fn load(common: &Common) -> Result<Knowledge, Failure> {
        let packs = packs(&common.patterns)?;
        let matcher = Matcher::new(&packs).map_err(|e| Failure::input(&e, e.hint()))?;
        let in_app = InApp::new(&common.in_app, &common.library).map_err(|e| Failure::usage(&e, e.hint()))?;
        Ok(Knowledge { packs, matcher, in_app })
    }
}

/// The shipped packs and those of `--patterns`.
pub fn packs(more: &[PathBuf]) -> Result<PackSet, Failure> {
    let failure = |e: PackError| Failure::input(&e, e.hint());
    let mut packs = PackSet::builtin().map_err(failure)?;
    for path in more {
        packs = packs.with_dir_or_file(path).map_err(failure)?;
    }
    Ok(packs)
}

/// The selection that the arguments ask for.
pub fn selection(select: &SelectArgs, revisions: &[String]) -> Result<Selection, Failure> {
    let time = |text: &Option<String>| text.as_deref().map(time).transpose();
    let (start, end) = (time(&select.since)?, time(&select.until)?);
    if let (Some(start), Some(end)) = (start, end)
        && start >= end
    {
        return Err(Failure::usage(
            format!("--since {start} is not before --until {end}"),
            "swap them",
        ));
    }
    let window = (start.is_some() || end.is_some()).then_some(Window { start, end });
    Ok(Selection {
        services: globs(&select.service)?,
        revisions: globs(revisions)?,
        window,
        filter: select.filter.clone(),
    })
}

/// Reads a time of the command line.
pub fn time(text: &str) -> Result<Timestamp, Failure> {
    Timestamp::parse(text).ok_or_else(|| {
        Failure::usage(
            format!("{text:?} is no time"),
            "write RFC 3339, such as 2026-03-01T10:00:00Z",
        )
    })
}

/// Reads the wildcards of the command line.
pub fn globs(texts: &[String]) -> Result<Vec<Pattern>, Failure> {
    let glob = |text: &String| {
        Pattern::new(text)
            .map_err(|e| Failure::usage(format!("{text:?}: {}", e.msg), "use * for any characters, ? for one"))
    };
    texts.iter().map(glob).collect()
}

/// The files and streams behind the given names.
pub fn sources(given: &[String]) -> Result<Vec<Source>, Failure> {
    expand(given).map_err(|e| Failure::input(&e, e.hint()))
}

/// Reads sources into a profile; those that are saved profiles are loaded and merged into it.
pub fn profile(
    sources: &[Source],
    selection: Selection,
    knowledge: &Knowledge,
    common: &Common,
) -> Result<Profile, Failure> {
    let (saved, logs): (Vec<&Source>, Vec<&Source>) = sources.iter().partition(|s| is_profile(s));
    let logs: Vec<Source> = logs.into_iter().cloned().collect();
    if let (Some(first), true) = (saved.first(), !selection.takes_all()) {
        return Err(Failure::usage(
            format!("{first} is a saved profile: its entries can no longer be selected"),
            "leave out --service, --revision, --since, --until and --filter, or give the logs themselves",
        ));
    }
    let mut profiles = vec![];
    for source in saved {
        if let Source::File(path) = source {
            profiles.push((path.display().to_string(), load(path)?));
        }
    }
    if !logs.is_empty() || profiles.is_empty() {
        profiles.push(("the logs".into(), read_logs(&logs, selection, knowledge, common)?));
    }
    merge(profiles)
}

/// Why there is nothing to count in what was read: with the first place, where records were lost.
pub fn no_entry(read: &[&Coverage]) -> Failure {
    let rejected: u64 = read.iter().flat_map(|c| c.rejected.values()).sum();
    let sources = read.iter().flat_map(|c| &c.sources);
    let lost = sources.flat_map(|s| s.problems.iter().map(move |p| (s, p)));
    let first = lost
        .filter(|(_, p)| p.reason.loses_record())
        .min_by_key(|(s, p)| (&s.name, p.line));
    let tail = first.map_or(String::new(), |(source, problem)| {
        let (name, line, reason) = (&source.name, problem.line, problem.reason.name());
        let records = if rejected == 1 { "record" } else { "records" };
        format!(" ({rejected} {records} could not be read; the first: {name}:{line}: {reason})")
    });
    Failure::input(
        format!("there is no log entry in the input{tail}"),
        "make a log file with: gcloud logging read 'resource.type=\"cloud_run_revision\"' --format=json > FILE",
    )
}

/// Adds up profiles, each with the name that an error gives it.
pub fn merge(profiles: Vec<(String, Profile)>) -> Result<Profile, Failure> {
    let mut profiles = profiles.into_iter();
    let Some((_, mut sum)) = profiles.next() else {
        return Err(Failure::usage("no profile was given", "name the profiles to merge"));
    };
    for (name, profile) in profiles {
        sum.merge(&profile)
            .map_err(|e| Failure::input(format!("{name}: {e}"), e.hint()))?;
    }
    Ok(sum)
}

fn read_logs(
    sources: &[Source],
    selection: Selection,
    knowledge: &Knowledge,
    common: &Common,
) -> Result<Profile, Failure> {
    let progress = progress_bar(sources, common.quiet);
    let profile = count(
        (sources, &[]),
        selection,
        &|bytes| progress.inc(bytes),
        knowledge,
        common,
    );
    progress.finish_and_clear();
    profile
}

/// Reads what is no file into a profile.
pub fn read_feeds(feeds: &[&dyn Feed], knowledge: &Knowledge, common: &Common) -> Result<Profile, Failure> {
    count((&[], feeds), Selection::default(), &|_| (), knowledge, common)
}

/// Memory for telling duplicates in a watch, bytes: seven million entries, and room for the watch beside it.
const WATCH_DEDUPE_BYTES: usize = 48 << 20;

/// Reads sources or a feed into the counts of each look of a watch.
pub fn slices(
    (sources, feeds): (&[Source], &[&dyn Feed]),
    selection: Selection,
    overlap: Option<&Overlap>,
    span: &Span,
    knowledge: &Knowledge,
    common: &Common,
) -> Result<(Slices, Coverage), Failure> {
    let progress = progress_bar(sources, common.quiet);
    let options = Options {
        selection,
        threads: common.threads.map_or_else(cores, usize::from),
        dedupe_bytes: WATCH_DEDUPE_BYTES,
        overlap,
        received: true,
        progress: &|bytes| progress.inc(bytes),
    };
    let knows = Knows {
        packs: &knowledge.packs,
        matcher: &knowledge.matcher,
        in_app: &knowledge.in_app,
    };
    let slices = Slices::default();
    let read = read(sources, feeds, &options, || Slicer::new(knows, span, &slices));
    progress.finish_and_clear();
    let (slicers, coverage) = read.map_err(|e| Failure::input(&e, e.hint()))?;
    slicers.into_iter().for_each(Slicer::finish);
    Ok((slices, coverage))
}

fn count(
    (sources, feeds): (&[Source], &[&dyn Feed]),
    selection: Selection,
    progress: &(dyn Fn(u64) + Sync),
    knowledge: &Knowledge,
    common: &Common,
) -> Result<Profile, Failure> {
    let options = Options {
        selection,
        threads: common.threads.map_or_else(cores, usize::from),
        dedupe_bytes: DEDUPE_BYTES,
        overlap: None,
        received: false,
        progress,
    };
    let (counters, coverage) = read(sources, feeds, &options, || {
        Counter::new(&knowledge.packs, &knowledge.matcher, &knowledge.in_app)
    })
    .map_err(|e| Failure::input(&e, e.hint()))?;
    let mut data = Data::default();
    for counter in counters {
        data.add(&counter.finish());
    }
    Ok(Profile::new(data, coverage, &knowledge.packs, &knowledge.in_app))
}

/// Threads that run at once.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Loads a saved profile.
pub fn load(path: &Path) -> Result<Profile, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| Failure::file(path, &e))?;
    Profile::from_json(&text).map_err(|e| Failure::input(format!("{}: {e}", path.display()), e.hint()))
}

/// A saved profile begins with its schema.
pub fn is_profile(source: &Source) -> bool {
    let Source::File(path) = source else { return false };
    const START: &[u8] = b"{\"schema\":\"logverdict.profile/";
    let mut head = vec![];
    let read = File::open(path).and_then(|f| f.take(START.len() as u64).read_to_end(&mut head));
    read.is_ok() && head == START
}

/// Bytes below which nobody waits.
const LONG_BYTES: u64 = 200 << 20;

fn progress_bar(sources: &[Source], quiet: bool) -> ProgressBar {
    let size = |source: &Source| match source {
        Source::File(path) => path.metadata().map_or(0, |m| m.len()),
        Source::Stdin => LONG_BYTES,
    };
    let total: u64 = sources.iter().map(size).sum();
    if quiet || total < LONG_BYTES || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let template = "reading {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
    ProgressStyle::with_template(template)
        .map(|style| bar.set_style(style))
        .ok();
    bar
}
