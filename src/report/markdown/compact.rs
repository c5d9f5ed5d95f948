//! The report as a message in a chat: verdict, three reasons, how many criteria are met, what to do next.
//!
//! Input: a report. Output: Markdown of fewer than [`MOST_CHARS`] characters, reached by cutting sentences; a command is
//! shown whole or not at all. Escaped like the long form.

use std::fmt::Write;

use crate::report::escape::{code, fenced, markdown, terminal};
use crate::report::value::Report;
use crate::report::words;

/// The message has fewer characters than this.
pub const MOST_CHARS: usize = 1_500;

/// Reasons shown.
const REASONS: usize = 3;

/// Most characters of a sentence and of a command, from plenty to little: escaped, a character may become twelve.
const ROOMS: [(usize, usize); 5] = [(240, 400), (160, 400), (100, 300), (40, 200), (10, 0)];

impl Report {
    /// Renders the report as a short Markdown message.
    pub fn to_compact(&self) -> String {
        let mut out = String::new();
        for (text, command) in ROOMS {
            out = message(self, text, command);
            if out.chars().count() < MOST_CHARS {
                break;
            }
        }
        out
    }
}

fn message(report: &Report, text: usize, command: usize) -> String {
    let mut out = format!("**{}**", words::verdict(report.verdict, report.lean));
    // Writing to a String cannot fail, here and below.
    if !report.confidence.is_empty() {
        let _ = write!(out, ": {}", markdown(&report.confidence, text));
    }
    out.push('\n');
    let (old, new) = (&report.sides.baseline, &report.sides.candidate);
    let (old, new) = (words::revisions(old), words::revisions(new));
    let name = text.min(80);
    let _ = write!(out, "\n{} against {}\n\n", code(&new, name), code(&old, name));
    for (i, reason) in report.reasons.iter().take(REASONS).enumerate() {
        let (asks_for, sentence) = (reason.asks_for.label(), markdown(&reason.message, text));
        let _ = writeln!(out, "{}. **{asks_for}**: {sentence}", i + 1);
    }
    if let Some(more) = report.reasons.len().checked_sub(REASONS).filter(|n| *n > 0) {
        let _ = writeln!(out, "\n{}", words::counted(more as u64, "more reason", "more reasons"));
    }
    if let Some(criteria) = criteria(report) {
        let _ = writeln!(out, "\nCriteria: {criteria}");
    }
    next_step(&mut out, report, text, command);
    if let Some(redacted) = words::redactions(&report.redactions) {
        let _ = writeln!(out, "\nRedacted: {}", markdown(&redacted, text));
    }
    out
}

/// `2 of 3 met, 1 not shown`; `None` without criteria.
fn criteria(report: &Report) -> Option<String> {
    let all = &report.criteria;
    let count = |met| all.iter().filter(|c| c.met == met).count();
    let (broken, open) = (count(Some(false)), count(None));
    let mut text = format!("{} of {} met", count(Some(true)), all.len());
    for (n, what) in [(broken, "not met"), (open, "not shown")] {
        if n > 0 {
            let _ = write!(text, ", {n} {what}");
        }
    }
    (!all.is_empty()).then_some(text)
}

/// The first sentence, and the command that follows it.
fn next_step(out: &mut String, report: &Report, text: usize, most: usize) {
    let mut steps = report.next_steps.iter().peekable();
    if let Some(sentence) = steps.next_if(|s| !s.starts_with("$ ")) {
        let _ = writeln!(out, "\nNext: {}", markdown(sentence, text));
    }
    let Some(command) = steps.next().and_then(|s| s.strip_prefix("$ ")) else {
        return;
    };
    if terminal(command).chars().count() > most {
        out.push_str("\n(The command is too long to show here: it stands in the report.)\n");
    } else {
        let _ = write!(out, "\n{}", fenced(command, "sh", usize::MAX));
    }
}
