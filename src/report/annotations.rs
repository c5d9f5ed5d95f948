//! The report as workflow commands of GitHub Actions, which become annotations of the run.
//!
//! Input: a report. Output: one line for each reason, at most [`MOST_ANNOTATIONS`]. A runner acts upon lines that it reads: a text
//! from a log stays inside its own command, and makes none.

use super::escape;
use super::value::Report;
use super::words;
use crate::verdict::Verdict;

/// GitHub shows no more of one level in one step.
pub const MOST_ANNOTATIONS: usize = 10;
/// Most characters of a message.
const MOST_MESSAGE: usize = 1000;
/// Most characters of a title.
const MOST_TITLE: usize = 200;

impl Report {
    /// Renders the report as workflow commands: `::error` for what asks for ROLL BACK, `::warning` for HOLD, `::notice` for
    /// PROCEED. Without a reason there is one command with the verdict.
    pub fn to_annotations(&self) -> String {
        let subject = words::subject(self);
        if self.reasons.is_empty() {
            return command(
                self.verdict,
                &self.title(""),
                &format!("{} ({subject})", self.confidence),
            );
        }
        let reasons = self.reasons.iter().take(MOST_ANNOTATIONS);
        let lines = reasons.map(|reason| {
            let message = format!("{} ({subject})", reason.message);
            command(reason.asks_for, &self.title(&reason.code), &message)
        });
        lines.collect()
    }

    fn title(&self, code: &str) -> String {
        let verdict = self.verdict.label();
        match code {
            "" => format!("logverdict says {verdict}"),
            code => format!("logverdict says {verdict}: {code}"),
        }
    }
}

fn command(verdict: Verdict, title: &str, message: &str) -> String {
    let level = match verdict {
        Verdict::RollBack => "error",
        Verdict::Hold => "warning",
        Verdict::Proceed => "notice",
    };
    let title = property(&escape::cut(title, MOST_TITLE));
    let message = data(&escape::cut(message, MOST_MESSAGE));
    format!("::{level} title={title}::{message}\n")
}

/// A text as the data of a workflow command: one line, read by the runner as it was.
fn data(text: &str) -> String {
    // What cannot be seen is shown first: neither a line break nor a change of direction comes through.
    let text = escape::terminal(text).replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as the value of a property, which a colon or a comma would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A text for the log of a runner, line by line behind a bar: what is in it makes no workflow command.
pub fn for_log(text: &str) -> String {
    // A runner knows two forms: `::name` at the start of a line, and `##[name]` anywhere in it.
    let shown = text
        .lines()
        .map(|line| format!("| {}\n", escape::terminal(line).replace("##[", "##\\u{5b}")));
    shown.collect()
}

#[cfg(test)]
#[path = "annotations_tests.rs"]
mod tests;
