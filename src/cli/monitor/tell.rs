//! Tells people of a watch: report files, webhooks, a comment in an issue, the status page.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::args::MonitorArgs;
use super::issue::Issue;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::monitor::{Looked, Watcher};
use crate::publish::{PublishError, SendOptions, SharedView, StatusServer, StatusView, Webhook, is_loopback};
use crate::report::{News, Notice, NoticeEvent, Report, Style, escape};
use crate::verdict::Verdict;

/// Holds webhooks, one a line or separated by blanks.
const WEBHOOKS: &str = "LOGVERDICT_WEBHOOK";
/// Columns of a report that is written to a `.txt` file.
const COLUMNS: usize = 100;

/// A notice with the webhook that it is for.
#[derive(Debug, Serialize, Deserialize)]
struct Addressed {
    /// Hash of what was given as the webhook: its address is a secret.
    to: String,
    notice: Notice,
}

/// Everybody who is to be told.
pub struct Teller {
    reports: Vec<PathBuf>,
    webhooks: Vec<(String, Webhook)>,
    issue: Option<Issue>,
    view: Option<(StatusServer, SharedView)>,
    quiet: bool,
}

impl Teller {
    /// Reads who is to be told, and starts the status page.
    pub fn new(args: &MonitorArgs, every: Duration, quiet: bool, err: &mut dyn Write) -> Result<Teller, Failure> {
        for path in &args.report {
            form_of(path)?;
            output::check_writable(Some(path))?;
        }
        let issue = args.github.as_deref().map(Issue::new).transpose()?;
        let view = args
            .listen
            .as_deref()
            .map(|text| listen(text, every, quiet, err))
            .transpose()?;
        Ok(Teller {
            reports: args.report.clone(),
            webhooks: webhooks(args)?,
            issue,
            view,
            quiet,
        })
    }

    /// What is to be sent because of a look, as it is kept until it was.
    pub fn notices(&self, watcher: &Watcher<'_>, looked: &Looked, previous: Option<Verdict>) -> Vec<String> {
        if self.webhooks.is_empty() || !looked.is_news() {
            return vec![];
        }
        let event = match (looked.ended, looked.changed) {
            (true, _) => NoticeEvent::Ended,
            (false, true) => NoticeEvent::VerdictChanged,
            (false, false) => NoticeEvent::Checkpoint,
        };
        let news = News {
            event,
            at: watcher.schedule().time_of(watcher.history().last_look),
            checkpoint: looked.checkpoints.first().cloned(),
            previous,
            report_url: None,
        };
        let notice = Notice::new(&watcher.report(looked), &news);
        let addressed = self.webhooks.iter().map(|(to, _)| Addressed {
            to: to.clone(),
            notice: notice.clone(),
        });
        addressed.filter_map(|a| serde_json::to_string(&a).ok()).collect()
    }

    /// Sends what waits, oldest first; the ids of what was taken, and of what nobody takes any more. A webhook that does not
    /// answer is not asked again this time.
    pub fn send(&self, waiting: &[(i64, String)], options: &SendOptions, err: &mut dyn Write) -> Vec<i64> {
        let (mut done, mut down): (Vec<i64>, Vec<String>) = (vec![], vec![]);
        for (id, text) in waiting {
            let Ok(Addressed { to, notice }) = serde_json::from_str(text) else {
                done.push(*id);
                continue;
            };
            let Some((_, webhook)) = self.webhooks.iter().find(|(key, _)| *key == to) else {
                self.warn(
                    err,
                    "a notice waits for a webhook that is no longer named: it is dropped",
                );
                done.push(*id);
                continue;
            };
            if down.contains(&to) {
                continue;
            }
            match webhook.send(&notice, options) {
                Ok(()) => done.push(*id),
                Err(error) => {
                    self.warn(
                        err,
                        &format!("{}; it is sent again later ({})", error.cause, error.hint),
                    );
                    down.push(to);
                }
            }
        }
        done
    }

    /// Writes the report files and the status page. A file that cannot be written is no reason to stop watching.
    pub fn show(&self, report: &Report, is_news: bool, watcher: &Watcher<'_>, err: &mut dyn Write) {
        if is_news {
            for path in &self.reports {
                if let Err(failure) = write(report, path) {
                    self.warn(err, &format!("the report was not written: {}", failure.cause));
                }
            }
        }
        let history = watcher.history();
        self.change(|view| {
            view.show(report);
            view.html = Some(report.to_html().into());
            view.ended = history.ended.is_some();
            (view.looks, view.look_failures) = (history.looks + history.spent.failures, history.spent.failures);
            view.entries_read = history.coverage.entries_read;
            view.api_requests = history.spent.requests;
            view.checkpoints = history.checkpoints.len() as u64;
            view.last_look = Some(watcher.schedule().time_of(history.last_look));
            view.last_look_failed = false;
        });
    }

    /// Brings the comment of the issue up to date. What fails is told, and tried again when there is more to tell.
    pub fn comment(&self, report: &Report, options: &SendOptions, err: &mut dyn Write) {
        match self.issue.as_ref().map(|issue| issue.tell(report, options)) {
            Some(Ok(remarks)) => remarks.iter().for_each(|remark| self.warn(err, remark)),
            Some(Err(error)) => {
                let PublishError { cause, hint, .. } = error;
                self.warn(err, &format!("{cause}; it is tried again at the next change ({hint})"));
            }
            None => {}
        }
    }

    /// Shows that a look failed.
    pub fn failed(&self) {
        self.change(|view| view.last_look_failed = true);
    }

    fn change(&self, change: impl FnOnce(&mut StatusView)) {
        if let Some((_, view)) = &self.view {
            change(&mut view.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        }
    }

    fn warn(&self, err: &mut dyn Write, text: &str) {
        if !self.quiet {
            writeln!(err, "warning: {}", escape::terminal(text)).ok();
        }
    }
}

/// Starts the status page.
fn listen(
    text: &str,
    every: Duration,
    quiet: bool,
    err: &mut dyn Write,
) -> Result<(StatusServer, SharedView), Failure> {
    let whole = if text.bytes().all(|b| b.is_ascii_digit()) {
        format!("127.0.0.1:{text}")
    } else {
        text.to_owned()
    };
    let address = whole.parse().map_err(|_| {
        Failure::usage(
            format!("--listen {text:?} is no address"),
            "such as 8080 or 0.0.0.0:8080",
        )
    })?;
    let view = StatusView::new(every * 3).shared();
    let server = StatusServer::start(address, view.clone()).map_err(|e| Failure::input(&e.cause, &e.hint))?;
    if !quiet {
        let whom = if is_loopback(address) {
            "this machine alone"
        } else {
            "everybody who reaches it"
        };
        writeln!(err, "status page: http://{}/ (open to {whom})", server.local_addr()).ok();
    }
    Ok((server, view))
}

/// The webhooks of the arguments, else those of the environment. An empty value names none.
fn webhooks(args: &MonitorArgs) -> Result<Vec<(String, Webhook)>, Failure> {
    let mut texts: Vec<String> = vec![];
    for given in &args.webhook {
        match given.strip_prefix('@') {
            Some(path) => {
                let path = Path::new(path);
                let text = std::fs::read_to_string(path).map_err(|e| Failure::file(path, &e))?;
                texts.extend(text.split_whitespace().map(str::to_owned));
            }
            None => texts.push(given.clone()),
        }
    }
    if texts.is_empty()
        && let Some(text) = std::env::var_os(WEBHOOKS)
    {
        texts.extend(text.to_string_lossy().split_whitespace().map(str::to_owned));
    }
    let webhook = |text: &String| {
        let webhook = Webhook::parse(text).map_err(|e| Failure::usage(&e.cause, &e.hint))?;
        Ok((format!("{:016x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes())), webhook))
    };
    texts.iter().map(webhook).collect()
}

/// How a report is written to a file.
enum Form {
    Markdown,
    Json,
    Html,
    Text,
}

fn form_of(path: &Path) -> Result<Form, Failure> {
    match path.extension().and_then(|e| e.to_str()) {
        Some("md") => Ok(Form::Markdown),
        Some("json") => Ok(Form::Json),
        Some("html") => Ok(Form::Html),
        Some("txt") => Ok(Form::Text),
        _ => Err(Failure::usage(
            format!("--report {}: its name tells no format", path.display()),
            "name it .md, .json, .html or .txt",
        )),
    }
}

fn write(report: &Report, path: &Path) -> Result<(), Failure> {
    let text = match form_of(path)? {
        Form::Markdown => report.to_markdown(),
        Form::Json => report.to_json(),
        Form::Html => report.to_html(),
        Form::Text => report.to_terminal(Style {
            width: COLUMNS,
            color: false,
        }),
    };
    output::write(&text, Some(path), &mut std::io::sink())
}
