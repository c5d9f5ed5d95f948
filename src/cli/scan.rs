//! `logverdict scan` and `logverdict profile`: the counts of one input, shown or saved.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use super::args::{Common, Format, MergeArgs, ProfileCommand, ScanArgs, ShowArgs};
use super::failure::Failure;
use super::input::{self, Knowledge};
use super::live;
use super::output;
use crate::model::Minute;
use crate::patterns::PackSet;
use crate::profile::{Data, Profile, SignalCounts, group, signal_id, signal_kind};
use crate::report::{Pack, Redaction, Scan, ScanRow, TREND_PARTS, Tool};

pub fn run(args: &ScanArgs, common: &Common, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    check_format(args.output.format)?;
    let redaction = output::redaction(&args.redact, &args.output, common, err)?;
    output::check_writable(args.output.output.as_deref())?;
    let (profile, packs) = make(args, common, err)?;
    let how = (&args.output, args.top, redaction);
    show(profile, &output::tool(&packs), how, common, out)
}

fn make(args: &ScanArgs, common: &Common, err: &mut dyn Write) -> Result<(Profile, PackSet), Failure> {
    let is_live = live::is_wanted(args.input.len(), &args.select, &args.live)?;
    if args.input.is_empty() && !is_live {
        return Err(Failure::usage(
            "no input was given",
            "name files, or read from Cloud Logging with --project P --service S --freshness 1h",
        ));
    }
    let knowledge = Knowledge::load(common)?;
    let profile = if is_live {
        live::profile((&args.select, &args.revision), &args.live, &knowledge, common, err)?
    } else {
        let sources = input::sources(&args.input)?;
        let selection = input::selection(&args.select, &args.revision)?;
        input::profile(&sources, selection, &knowledge, common)?
    };
    output::tell(&profile.manifest.coverage, common, err);
    if is_live && profile.manifest.coverage.entries_read == 0 {
        return Err(live::nothing_read(&profile.manifest.coverage));
    }
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
            if args.redact.redact_ips || args.redact.no_redact {
                return Err(Failure::usage(
                    "a profile holds samples as they were logged: nothing is redacted in it",
                    "redact what is made of it: compare --redact-ips, profile show",
                ));
            }
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
    check_format(args.output.format)?;
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
    let how = (&args.output, args.top, Redaction::default());
    show(profile, &tool, how, common, out)
}

fn show(
    mut profile: Profile,
    tool: &Tool,
    (to, top, redaction): (&super::args::OutputArgs, usize, Redaction),
    common: &Common,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    group(&mut [&mut profile.data]);
    let scan = Scan::new(tool, &profile.manifest.coverage, rows(&profile.data), redaction);
    let text = match to.format {
        Format::Json => scan.to_json(),
        Format::Terminal => scan.to_terminal(output::style(common), top),
        Format::Markdown => return Err(no_form("Markdown")),
        Format::Html => return Err(no_form("HTML")),
        Format::Csv => return Err(no_form("CSV")),
    };
    output::write(&text, to.output.as_deref(), out)?;
    Ok(0)
}

/// Refuses, before the input is read, the formats that a scan does not have.
fn check_format(format: Format) -> Result<(), Failure> {
    match format {
        Format::Json | Format::Terminal => Ok(()),
        Format::Markdown => Err(no_form("Markdown")),
        Format::Html => Err(no_form("HTML")),
        Format::Csv => Err(no_form("CSV")),
    }
}

fn no_form(format: &str) -> Failure {
    Failure::usage(
        format!("a scan has no {format} form"),
        "use --format terminal or --format json",
    )
}

/// One row for each signal, over all revisions.
fn rows(data: &Data) -> Vec<ScanRow> {
    let mut rows: BTreeMap<&str, (SignalCounts, BTreeMap<String, u64>)> = BTreeMap::new();
    for revision in data.revisions.values() {
        for (key, counts) in &revision.signals {
            let row = rows.entry(key).or_default();
            row.0.add(counts);
            *row.1.entry(revision.revision.clone()).or_default() += counts.total();
        }
    }
    let minutes = || {
        data.revisions
            .values()
            .flat_map(|r| r.minutes.keys())
            .filter(|m| m.0 != i64::MIN)
    };
    let span = minutes().min().copied().zip(minutes().max().copied());
    let row = |(key, (counts, by_revision)): (&str, (SignalCounts, BTreeMap<String, u64>))| {
        let info = data.signals.get(key)?;
        Some(ScanRow {
            kind: signal_kind(key)?,
            id: signal_id(key),
            title: info.title.clone(),
            level: info.level,
            count: counts.total(),
            by_revision,
            first: counts.first,
            last: counts.last,
            trend: span.map_or_else(Vec::new, |(first, last)| trend(&counts.minutes, first, last)),
            sample: counts.samples.first().map(|s| s.text.clone()),
        })
    };
    rows.into_iter().filter_map(row).collect()
}

/// Events in equal parts of the time from the first minute to the last.
fn trend(events: &BTreeMap<Minute, u64>, first: Minute, last: Minute) -> Vec<u64> {
    let span = i128::from(last.0) - i128::from(first.0) + 1;
    let mut parts = vec![0; TREND_PARTS.min(usize::try_from(span).unwrap_or(TREND_PARTS))];
    for (minute, n) in events {
        let part = (i128::from(minute.0) - i128::from(first.0)) * parts.len() as i128 / span;
        if let Some(slot) = usize::try_from(part).ok().and_then(|i| parts.get_mut(i)) {
            *slot += n;
        }
    }
    parts
}
