//! `logverdict publish`: shows a saved report in GitHub.

mod files;
mod github;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::args::Common;
use super::failure::Failure;
use super::output;
use super::report::saved;
use crate::publish::{GithubApi, GithubComment, GithubIssue, PostedHow, SendOptions};
use crate::report::{CommentKey, Report, escape, for_log};

pub use github::{api, remarks, token, usage};

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
    let summary = args.step_summary.then(files::summary).transpose()?;
    let report = saved(&args.report)?;
    if let Some(path) = &summary {
        files::append(path, &report.to_markdown())?;
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
