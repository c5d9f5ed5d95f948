//! `logverdict scan` and `logverdict profile`: the counts of one input, shown or saved.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use super::args::{Common, Format, MergeArgs, ProfileCommand, ScanArgs, ShowArgs};
use super::failure::Failure;
use super::input::{self, Knowledge};
use super::output;
use crate::patterns::PackSet;
use crate::profile::{Profile, SignalCounts, signal_id};
use crate::report::{Pack, Redaction, Scan, ScanRow, Tool};

pub fn run(args: &ScanArgs, common: &Common, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    output::check_writable(args.output.output.as_deref())?;
    let (profile, packs) = make(args, common, err)?;
    show(&profile, &output::tool(&packs), &args.output, common, out)
}

fn make(args: &ScanArgs, common: &Common, err: &mut dyn Write) -> Result<(Profile, PackSet), Failure> {
    let sources = input::sources(&args.input)?;
    let selection = input::selection(&args.select, &args.revision)?;
    let knowledge = Knowledge::load(&common.patterns)?;
    let profile = input::profile(&sources, selection, &knowledge, common)?;
    output::tell(&profile.manifest.coverage, common, err);
    if profile.manifest.coverage.entries_read == 0 {
        return Err(input::no_entry(&[&profile.manifest.coverage]));
    }
    Ok((profile, knowledge.packs))
}

pub fn run_profile(
    command: &ProfileCommand,
    common: &Common,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<u8, Failure> {
    match command {
        ProfileCommand::Make(args) => {
            output::check_writable(args.output.output.as_deref())?;
            let (profile, _) = make(args, common, err)?;
            output::write(&profile.to_json(), args.output.output.as_deref(), out)?;
            Ok(0)
        }
        ProfileCommand::Merge(args) => merge(args, out),
        ProfileCommand::Show(args) => show_profile(args, common, out),
    }
}

fn merge(args: &MergeArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    output::check_writable(args.output.as_deref())?;
    let named = |path: &PathBuf| Ok((path.display().to_string(), input::load(path)?));
    let profiles: Vec<(String, Profile)> = args.profiles.iter().map(named).collect::<Result<_, Failure>>()?;
    let merged = input::merge(profiles)?;
    output::write(&merged.to_json(), args.output.as_deref(), out)?;
    Ok(0)
}

fn show_profile(args: &ShowArgs, common: &Common, out: &mut dyn Write) -> Result<u8, Failure> {
    let profile = input::load(&args.profile)?;
    let known = input::packs(&common.patterns)?;
    // A profile knows its packs by their hash; how many patterns they hold only who has the same.
    let patterns = |sha256: &str| {
        known
            .packs()
            .iter()
            .find(|k| k.sha256 == sha256)
            .map_or(0, |k| k.patterns.len())
    };
    let pack = |p: &crate::profile::PackStamp| Pack {
        name: p.name.clone(),
        version: p.version.clone(),
        patterns: patterns(&p.sha256) as u64,
    };
    let version = profile.manifest.tool.trim_start_matches("logverdict ").to_owned();
    let tool = Tool {
        version,
        packs: profile.manifest.packs.iter().map(pack).collect(),
    };
    show(&profile, &tool, &args.output, common, out)
}

fn show(
    profile: &Profile,
    tool: &Tool,
    to: &super::args::OutputArgs,
    common: &Common,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let scan = Scan::new(
        tool,
        &profile.manifest.coverage,
        rows(profile),
        vec![],
        Redaction::default(),
    );
    let text = match to.format {
        Format::Json => scan.to_json(),
        Format::Terminal => scan.to_terminal(output::style(common)),
        Format::Markdown => {
            return Err(Failure::usage(
                "a scan has no Markdown form",
                "use --format terminal or --format json",
            ));
        }
    };
    output::write(&text, to.output.as_deref(), out)?;
    Ok(0)
}

/// One row for each signal, over all revisions.
fn rows(profile: &Profile) -> Vec<ScanRow> {
    let mut rows: BTreeMap<&str, (SignalCounts, BTreeMap<String, u64>)> = BTreeMap::new();
    for revision in profile.data.revisions.values() {
        for (key, counts) in &revision.signals {
            let row = rows.entry(key).or_default();
            row.0.add(counts);
            *row.1.entry(revision.revision.clone()).or_default() += counts.total();
        }
    }
    let row = |(key, (counts, by_revision)): (&str, (SignalCounts, BTreeMap<String, u64>))| {
        let info = profile.data.signals.get(key)?;
        Some(ScanRow {
            id: signal_id(key),
            title: info.title.clone(),
            level: info.level,
            count: counts.total(),
            by_revision,
            first: counts.first,
            last: counts.last,
        })
    };
    rows.into_iter().filter_map(row).collect()
}
