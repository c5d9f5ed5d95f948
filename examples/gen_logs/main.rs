//! Generates logs of an invented Cloud Run service, in the shapes in which Cloud Logging hands them out, from a seed.
//!
//! The same options give the same bytes. Texts of the platform and of libraries are real, all others invented.
//!
//! ```text
//! cargo run --release --example gen_logs -- --minutes 60 --requests-per-minute 300 > baseline.ndjson
//! cargo run --release --example gen_logs -- --size-mb 1024 --requests-per-minute 5000 --truth truth.json > big.ndjson
//! cargo run --release --example gen_logs -- scenario fixtures/scenarios/crash-loop/recipe.toml --out fixtures/scenarios/crash-loop
//! ```

mod events;
mod fill;
mod options;
mod revision;
mod rng;
mod sink;
mod spec;
mod texts;
mod truth;
mod wire;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use options::{Command, Options};
use revision::Revision;
use rng::Rng;
use sink::Writer;
use spec::{FileSpec, Recipe};
use truth::Truth;
use wire::{MINUTE, Micros, Wire};

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.command {
        Some(Command::Scenario { recipe, out }) => scenario(recipe, out.as_deref()),
        None => stream(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the files of a recipe, into the recipe's own folder unless told otherwise.
fn scenario(path: &Path, out: Option<&Path>) -> Result<(), String> {
    let recipe = spec::read(path)?;
    let folder = out.or(path.parent()).unwrap_or(Path::new("."));
    for (number, file) in recipe.file.iter().enumerate() {
        let mut revisions = revisions(&recipe, file, number)?;
        let mut wire = Wire::new(&recipe.project, file.plain_ids);
        let (from, to) = span(&revisions);
        for minute in (from..to).step_by(MINUTE as usize) {
            for revision in &mut revisions {
                revision.minute(minute, &mut wire);
            }
        }
        let mut rng = Rng::new(recipe.seed ^ 0xD0_D0);
        let mut lines = Vec::new();
        for (_, line) in wire.sorted() {
            lines.push(line);
            if rng.happens(file.duplicates) {
                lines.push(line);
            }
        }
        sink::write_file(&folder.join(&file.name), file, lines)?;
    }
    Ok(())
}

/// Writes one file minute by minute, holding one minute at a time unless the newest entry is to come first.
fn stream(options: &Options) -> Result<(), String> {
    let recipe = options.recipe()?;
    let file = &recipe.file[0];
    let mut revisions = revisions(&recipe, file, 0)?;
    let mut wire = Wire::new(&recipe.project, file.plain_ids);
    let (from, to) = span(&revisions);
    let limit = options.size_mb.map(|mb| (mb * 1e6) as u64);
    let to = if limit.is_some() { Micros::MAX } else { to };
    let fail = |e: std::io::Error| e.to_string();
    let out = sink::open(options.out.as_deref()).map_err(fail)?;
    let mut writer = Writer::new(out, options.form()).map_err(fail)?;
    let mut rng = Rng::new(recipe.seed ^ 0xD0_D0);
    let (mut minute, mut doubled, mut held) = (from, 0, 0);
    while minute < to && limit.is_none_or(|limit| writer.written + held < limit) {
        for revision in &mut revisions {
            revision.minute(minute, &mut wire);
        }
        minute += MINUTE;
        held = wire.bytes.len() as u64;
        if !file.newest_first {
            doubled += copy(wire.sorted(), file.duplicates, &mut rng, &mut writer).map_err(fail)?;
            wire.clear();
            held = 0;
        }
    }
    if file.newest_first {
        doubled += copy(wire.sorted().rev(), file.duplicates, &mut rng, &mut writer).map_err(fail)?;
    }
    writer.finish().map_err(fail)?;
    options
        .truth
        .as_deref()
        .map_or(Ok(()), |path| write_truth(path, &revisions, doubled))
}

/// Copies entries, some of them twice; gives the number of second copies.
fn copy<'a, W: Write>(
    lines: impl Iterator<Item = (Micros, &'a [u8])>,
    duplicates: f64,
    rng: &mut Rng,
    writer: &mut Writer<W>,
) -> std::io::Result<u64> {
    let mut doubled = 0;
    for (_, line) in lines {
        writer.entry(line)?;
        if rng.happens(duplicates) {
            writer.entry(line)?;
            doubled += 1;
        }
    }
    Ok(doubled)
}

fn revisions<'a>(recipe: &'a Recipe, file: &'a FileSpec, number: usize) -> Result<Vec<Revision<'a>>, String> {
    let seed = |place: usize| recipe.seed.wrapping_mul(1_000_003) + (number * 100 + place) as u64;
    let one = |(place, spec)| Revision::new(recipe, spec, file.plain_ids, seed(place));
    file.revision.iter().enumerate().map(one).collect()
}

/// From the first minute of the first revision to the end of the last; events may reach further.
fn span(revisions: &[Revision]) -> (Micros, Micros) {
    let last_event = |r: &Revision| {
        let end = |e: &spec::EventSpec| e.at_second + e.every_seconds * f64::from(e.times);
        r.spec.event.iter().map(end).fold(0.0, f64::max)
    };
    let end = |r: &Revision| r.start + (r.spec.minutes * MINUTE).max((last_event(r) * 1e6) as Micros + 1);
    let from = revisions.iter().map(|r| r.start).min().unwrap_or(0);
    (from, revisions.iter().map(end).max().unwrap_or(0))
}

fn write_truth(path: &Path, revisions: &[Revision], duplicates: u64) -> Result<(), String> {
    let by_revision: BTreeMap<&str, &Truth> = revisions.iter().map(|r| (r.spec.name.as_str(), &r.truth)).collect();
    let value = serde_json::json!({"duplicates": duplicates, "revisions": by_revision});
    std::fs::write(path, format!("{value:#}\n")).map_err(|e| format!("{}: {e}", path.display()))
}
