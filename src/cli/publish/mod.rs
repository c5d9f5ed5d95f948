//! `logverdict publish`: shows a saved report in GitHub.

mod github;

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::args::Common;
use super::failure::Failure;
use super::output;
use crate::publish::{GithubApi, GithubComment, GithubIssue, PostedHow, SendOptions};
use crate::report::{CommentKey, Report, escape, for_log};

pub use github::{api, remarks, token, usage};

/// Longest report that is read, bytes.
const LONGEST_REPORT: u64 = 256 * 1024 * 1024;
/// What a runner takes as the summary of a step, bytes.
const LONGEST_SUMMARY: u64 = 1024 * 1024;
/// Names the file of the summary, in GitHub Actions.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

#[derive(Debug, Args)]
pub struct PublishArgs {
    /// A report that compare or monitor saved as JSON; - for standard input
    #[arg(value_name = "REPORT.json")]
    pub report: PathBuf,
    /// Issue or pull request whose comment is created or updated: owner/repo#1061
    #[arg(long, value_name = "ISSUE")]
    pub github: Option<String>,
    /// Send it; without this, only show what would be sent
    #[arg(long, requires = "github")]
    pub yes: bool,
    /// Tells the comment from others [default: service and candidate of the report]
    #[arg(long, value_name = "TEXT", requires = "github")]
    pub key: Option<String>,
    /// Login that the token writes as [default: GitHub is asked; in Actions github-actions[bot]]
    #[arg(long, value_name = "LOGIN", requires = "github")]
    pub author: Option<String>,
    /// File with the token [default: GITHUB_TOKEN, GH_TOKEN]
    #[arg(long, value_name = "FILE", requires = "github")]
    pub token_file: Option<PathBuf>,
    /// Add the report to the summary of this step of GitHub Actions
    #[arg(long)]
    pub step_summary: bool,
    /// Print the reasons as annotations of GitHub Actions
    #[arg(long)]
    pub annotations: bool,
}

pub fn run(args: &PublishArgs, common: &Common, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    if args.github.is_none() && !args.step_summary && !args.annotations {
        return Err(Failure::usage(
            "nowhere to publish to was named",
            "add --github owner/repo#1061, --step-summary or --annotations",
        ));
    }
    let comment = args.github.as_deref().map(|issue| place(args, issue)).transpose()?;
    let summary = args.step_summary.then(summary_file).transpose()?;
    let report = read(&args.report)?;
    if let Some(path) = &summary {
        append(path, &report.to_markdown())?;
    }
    if args.annotations {
        output::write(&report.to_annotations(), None, out)?;
    }
    if let Some((issue, api)) = comment {
        let comment = GithubComment {
            api,
            issue,
            key: args
                .key
                .as_deref()
                .map_or_else(|| CommentKey::of(&report), CommentKey::named),
            author: args.author.clone(),
        };
        match args.yes {
            true => send(&comment, &report, args, common, (out, err))?,
            false => show(&comment, &report, common, (out, err))?,
        }
    }
    Ok(0)
}

fn place(args: &PublishArgs, issue: &str) -> Result<(GithubIssue, GithubApi), Failure> {
    let issue = issue.parse().map_err(usage)?;
    if args.yes {
        // A token that is missing is told before anything is shown anywhere.
        token(args.token_file.as_deref())?;
    }
    Ok((issue, api()?))
}

/// Shows what would be sent, so that nothing in it acts on a terminal or on a runner.
fn show(
    comment: &GithubComment,
    report: &Report,
    common: &Common,
    (out, err): (&mut dyn Write, &mut dyn Write),
) -> Result<(), Failure> {
    let draft = comment.draft(report);
    let text = format!(
        "{} {}\nor, if its comment is there: PATCH {}\n\n{}",
        draft.method,
        draft.url,
        draft.update_url,
        for_log(&draft.body)
    );
    output::write(&text, None, out)?;
    if !common.quiet {
        writeln!(err, "nothing was sent: add --yes to send it").ok();
    }
    Ok(())
}

fn send(
    comment: &GithubComment,
    report: &Report,
    args: &PublishArgs,
    common: &Common,
    (out, err): (&mut dyn Write, &mut dyn Write),
) -> Result<(), Failure> {
    let token = token(args.token_file.as_deref())?;
    let posted = comment
        .publish(report, &token, &SendOptions::for_github())
        .map_err(|e| Failure::input(&e.cause, &e.hint))?;
    let how = match posted.how {
        PostedHow::Created => "created",
        PostedHow::Updated => "updated",
        PostedHow::Unchanged => "unchanged",
        PostedHow::Recreated => "created again (it was deleted meanwhile)",
    };
    let url = posted.url.as_deref().unwrap_or_default();
    let line = format!("comment {how}: {} {url}", comment.issue);
    output::write(&format!("{}\n", escape::terminal(line.trim_end())), None, out)?;
    for remark in remarks(&posted).iter().filter(|_| !common.quiet) {
        writeln!(err, "warning: {}", escape::terminal(remark)).ok();
    }
    Ok(())
}

/// Reads a saved report.
fn read(path: &Path) -> Result<Report, Failure> {
    let failed = |e: std::io::Error| Failure::file(path, &e);
    let is_stdin = path == Path::new("-");
    let input: Box<dyn Read> = match is_stdin {
        true => Box::new(std::io::stdin()),
        false if path.is_dir() => return Err(failed(std::io::ErrorKind::IsADirectory.into())),
        false => Box::new(File::open(path).map_err(failed)?),
    };
    let mut text = String::new();
    input
        .take(LONGEST_REPORT + 1)
        .read_to_string(&mut text)
        .map_err(failed)?;
    let name = if is_stdin {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let hint = "save it with compare or monitor: --format json -o report.json";
    if text.len() as u64 > LONGEST_REPORT {
        return Err(Failure::input(format!("{name} is longer than any report"), hint));
    }
    // A mark of the byte order, as editors and shells of Windows write it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Report::from_json(text).map_err(|e| Failure::input(format!("{name}: {e}"), hint))
}

fn summary_file() -> Result<PathBuf, Failure> {
    let path = std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty());
    path.map(PathBuf::from).ok_or_else(|| {
        Failure::usage(
            format!("{STEP_SUMMARY} is not set: this is no step of GitHub Actions"),
            "leave out --step-summary, or name a file in that variable",
        )
    })
}

/// Adds a text to the summary, or nothing where there is no room: a runner shows no summary that is too long.
fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::file(path, &e);
    let before = fs::metadata(path).map_or(0, |m| m.len());
    let text = if before > 0 {
        format!("\n{text}")
    } else {
        text.to_owned()
    };
    if before + text.len() as u64 > LONGEST_SUMMARY {
        return Err(Failure::input(
            format!(
                "{} has {before} bytes already: the report would make it longer than 1 MiB",
                path.display()
            ),
            "publish the summary in a step of its own",
        ));
    }
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
