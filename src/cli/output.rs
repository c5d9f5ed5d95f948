//! Where reports go: standard output or a file, in the style of the terminal.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;

use super::args::{Common, Format, OutputArgs, RedactArgs, When};
use super::failure::Failure;
use crate::ingest::Coverage;
use crate::patterns::PackSet;
use crate::report::{Pack, Redaction, Report, Style, Tool, escape};

/// Columns when there is no terminal to ask.
const WIDTH: usize = 100;

/// The style of standard output.
pub fn style(common: &Common) -> Style {
    let terminal = std::io::stdout().is_terminal();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let color = match common.color {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && !no_color && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
    };
    Style {
        width: columns(terminal),
        color,
    }
}

fn columns(terminal: bool) -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let seen = || terminal.then(|| indicatif::TermLike::width(&indicatif_term()).into());
    asked.or_else(seen).filter(|w| *w >= 40).unwrap_or(WIDTH)
}

fn indicatif_term() -> impl indicatif::TermLike {
    console::Term::stdout()
}

/// A report in the format that was asked for.
pub fn render(report: &Report, format: Format, is_compact: bool, common: &Common) -> String {
    match format {
        Format::Json => report.to_json(),
        Format::Markdown if is_compact => report.to_compact(),
        Format::Markdown => report.to_markdown(),
        Format::Html => report.to_html(),
        Format::Csv => report.to_csv(),
        Format::Terminal => report.to_terminal(style(common)),
    }
}

/// Only Markdown has a short form.
///
/// # Errors
/// `--compact` beside another format.
pub fn check_compact(is_compact: bool, format: Format) -> Result<(), Failure> {
    match is_compact && format != Format::Markdown {
        true => Err(Failure::usage(
            "--compact shortens Markdown only",
            "add --format markdown, or leave --compact away",
        )),
        false => Ok(()),
    }
}

/// What to take out of texts. Unredacted text is for the eyes before this machine: what is made to be kept or passed on
/// never holds it.
///
/// # Errors
/// `--no-redact` beside a file or a format that is made to be passed on.
pub fn redaction(
    asked: &RedactArgs,
    to: &OutputArgs,
    common: &Common,
    err: &mut dyn Write,
) -> Result<Redaction, Failure> {
    if !asked.no_redact {
        return Ok(Redaction {
            ip_addresses: asked.redact_ips,
            ..Redaction::default()
        });
    }
    if to.output.is_some() || to.format != Format::Terminal {
        return Err(Failure::usage(
            "--no-redact is only for reading here: secrets in log text would go into what is kept or passed on",
            "leave --no-redact away, or print with --format terminal and without -o",
        ));
    }
    if !common.quiet {
        writeln!(err, "warning: nothing is redacted: secrets in log text are shown").ok();
    }
    Ok(Redaction::NONE)
}

/// Checks that a file can be written before the work begins: a bad path must not waste a long run.
pub fn check_writable(path: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if path.is_dir() {
        return Err(Failure::file(path, &ErrorKind::IsADirectory.into()));
    }
    if !folder.is_dir() {
        let cause = format!(
            "cannot write {}: there is no folder {}",
            path.display(),
            folder.display()
        );
        return Err(Failure::input(cause, "make the folder first, or name another"));
    }
    Ok(())
}

/// Writes a text to the file, whole or not at all (a plain one, that is), or to standard output. A reader that hung up is no failure.
pub fn write(text: &str, path: Option<&Path>, out: &mut dyn Write) -> Result<(), Failure> {
    let Some(path) = path else {
        return match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Failure::file(Path::new("standard output"), &e)),
            _ => Ok(()),
        };
    };
    let failed = |e: std::io::Error| Failure::file(path, &e);
    // A device, a pipe or a link is written through: a rename would put a plain file in its place.
    if std::fs::symlink_metadata(path).is_ok_and(|m| !m.is_file()) {
        return std::fs::write(path, text).map_err(failed);
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    std::fs::write(&partial, text).map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)
}

/// Tells what was read, where that was asked for.
pub fn tell(coverage: &Coverage, common: &Common, err: &mut dyn Write) {
    if common.quiet || !common.verbose {
        return;
    }
    for source in &coverage.sources {
        let name = escape::terminal(&source.name);
        let (format, bytes, entries) = (&source.format, source.bytes, source.entries);
        writeln!(err, "read {name}: {format}, {bytes} bytes, {entries} entries").ok();
    }
}

/// What made the report.
pub fn tool(packs: &PackSet) -> Tool {
    let mut listed: Vec<Pack> = packs
        .packs()
        .iter()
        .map(|p| Pack {
            name: p.name.clone(),
            version: p.version.clone(),
            patterns: p.patterns.len() as u64,
        })
        .collect();
    listed.sort();
    Tool {
        version: env!("CARGO_PKG_VERSION").into(),
        packs: listed,
    }
}
