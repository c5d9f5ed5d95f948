//! `logverdict report`: a saved report again, in any format.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use super::args::{Common, ReportArgs};
use super::failure::Failure;
use super::output;
use crate::report::{ReadError, Redaction, Report, escape};

/// Most bytes of a saved report. One with ten thousand signals, three samples each, has about a fifth.
const MOST_BYTES: u64 = 256 << 20;

/// Most characters of what is said to be wrong: names in it come from the file.
const MOST_CAUSE: usize = 500;

/// Reads, checks and prints a saved report. The exit code is that of its verdict.
///
/// # Errors
/// A file that cannot be read, or is no report that this version can show.
pub fn run(args: &ReportArgs, common: &Common, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    output::check_compact(args.compact, args.output.format)?;
    output::check_writable(args.output.output.as_deref())?;
    let report = saved(&args.saved)?.redacted(Redaction {
        ip_addresses: args.redact_ips,
        ..Redaction::default()
    });
    let text = output::render(&report, args.output.format, args.compact, common);
    output::write(&text, args.output.output.as_deref(), out)?;
    if args.output.output.is_some() && !common.quiet {
        writeln!(err, "{}", report.verdict.label()).ok();
    }
    Ok(report.verdict.exit_code())
}

/// Reads a saved report, and refuses one that contradicts itself: nobody is to be shown what was edited by half.
pub fn saved(path: &Path) -> Result<Report, Failure> {
    let (name, text) = read(path)?;
    // A mark of the byte order, as editors and shells of Windows write it.
    Report::from_saved(text.trim_start_matches('\u{feff}')).map_err(|e| refused(&name, &e))
}

fn refused(name: &str, error: &ReadError) -> Failure {
    let cause = escape::cut(&error.to_string(), MOST_CAUSE);
    Failure::input(format!("{name}: {cause}"), error.hint())
}

/// The name and the text of the file, or of standard input.
fn read(path: &Path) -> Result<(String, String), Failure> {
    let (name, file): (String, Box<dyn Read>) = match path.to_str() {
        Some("-") => ("standard input".to_owned(), Box::new(std::io::stdin())),
        _ => {
            let file = File::open(path).map_err(|e| Failure::file(path, &e))?;
            (path.display().to_string(), Box::new(file))
        }
    };
    let mut bytes = Vec::new();
    let failed = |e: std::io::Error| Failure::file(Path::new(&name), &e);
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        let cause = format!("{name} has more than {} MiB: no report is as large", MOST_BYTES >> 20);
        return Err(Failure::input(cause, "check the path"));
    }
    let text = String::from_utf8(bytes).map_err(|_| failed(ErrorKind::InvalidData.into()))?;
    Ok((name, text))
}
