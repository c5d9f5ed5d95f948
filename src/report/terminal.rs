//! The report on a terminal: the verdict first and last, then what a person needs at three in the morning, in order.
//!
//! Input: a report and a [`Style`]. Output: lines of text. It asks neither the terminal nor the environment, and no
//! text from logs reaches it but through [`super::escape`]. Meaning is never carried by colour alone.

mod findings;
mod page;
mod watch;

pub use page::Style;

pub(super) use page::{Page, Paint};

use super::value::{Report, Sides};
use super::words;
use crate::profile::{Concern, Coverage};
use crate::verdict::Verdict;

/// Most lines of each list; what is left out is counted, and stands in the JSON report.
const MOST_REASONS: usize = 8;
const MOST_CRITERIA: usize = 20;
const MOST_FILTERS: usize = 3;
const MOST_CONCERNS: usize = 6;
const MOST_PROBLEMS: usize = 4;

impl Report {
    /// Renders the report for a terminal.
    pub fn to_terminal(&self, style: Style) -> String {
        let mut page = Page::new(style);
        headline(&mut page, self);
        deploy(&mut page, self);
        reasons(&mut page, self);
        outlook(&mut page, self);
        watch::history(&mut page, self);
        criteria(&mut page, self);
        findings::changed(&mut page, self);
        findings::pre_existing(&mut page, self);
        findings::informational(&mut page, self);
        findings::samples(&mut page, self);
        coverage(&mut page, &self.coverage);
        remarks(&mut page, self);
        next_steps(&mut page, self);
        verdict_line(&mut page, self);
        page.finish()
    }
}

fn verdict_paint(verdict: Verdict) -> Paint {
    match verdict {
        Verdict::Proceed => Paint::Good,
        Verdict::Hold => Paint::Doubtful,
        Verdict::RollBack => Paint::Bad,
    }
}

fn verdict_line(page: &mut Page, report: &Report) {
    let text = format!("VERDICT: {}", words::verdict(report.verdict, report.lean));
    page.painted(verdict_paint(report.verdict), &text);
}

fn headline(page: &mut Page, report: &Report) {
    verdict_line(page, report);
    watch::line(page, report);
    for text in [&report.confidence, &words::subject(report)] {
        if !text.is_empty() {
            page.text("  ", "  ", text);
        }
    }
    for (name, side) in [
        ("  baseline:  ", &report.sides.baseline),
        ("  candidate: ", &report.sides.candidate),
    ] {
        page.text(
            name,
            "             ",
            &format!("{}, {}", words::revisions(side), words::traffic(side)),
        );
    }
}

/// Which revisions were chosen, and why.
fn deploy(page: &mut Page, report: &Report) {
    let Some(deploy) = &report.deploy else { return };
    page.heading("Deploy");
    for sentence in deploy.chosen.iter().take(MOST_REASONS) {
        page.text("  - ", "    ", sentence);
    }
    page.left_out(deploy.chosen.len(), MOST_REASONS, "points");
}

fn reasons(page: &mut Page, report: &Report) {
    if report.reasons.is_empty() {
        return;
    }
    page.heading("Why");
    for (i, reason) in report.reasons.iter().take(MOST_REASONS).enumerate() {
        let seen = words::range(reason.first_seen, reason.last_seen).map_or(String::new(), |r| format!(" Seen {r}."));
        let text = format!(
            "{}: {}{seen} [{}]",
            reason.asks_for.label(),
            reason.message,
            reason.code
        );
        page.text(&format!("  {}. ", i + 1), "     ", &text);
        if let Some(subject) = reason.signal.as_ref().and_then(words::named_by) {
            page.text("     ", "     ", &subject);
        }
        if let Some(end) = &reason.ends_when {
            page.text("     ends when: ", "     ", end);
        }
    }
    page.left_out(report.reasons.len(), MOST_REASONS, "reasons");
}

/// What is missing until PROCEED, and the harm that is excluded so far.
fn outlook(page: &mut Page, report: &Report) {
    let missing = report.missing();
    if !missing.is_empty() {
        page.heading("What is missing");
    }
    for text in missing {
        page.text("  ", "    ", text);
    }
    if let Some(excluded) = report.excluded() {
        page.text("  ", "    ", &excluded);
    }
}

fn criteria(page: &mut Page, report: &Report) {
    if report.criteria.is_empty() {
        return;
    }
    page.heading("Criteria ([x] met, [ ] not met, [?] not shown)");
    for criterion in report.criteria.iter().take(MOST_CRITERIA) {
        let mark = match criterion.met {
            Some(true) => "[x]",
            Some(false) => "[ ]",
            None => "[?]",
        };
        let level = words::criterion_level(criterion.level);
        let text = format!("{} ({level}): {}", criterion.title, criterion.message);
        page.text(&format!("  {mark} "), "      ", &text);
    }
    page.left_out(report.criteria.len(), MOST_CRITERIA, "criteria");
}

pub(super) fn coverage(page: &mut Page, coverage: &Sides<Coverage>) {
    page.heading("Coverage");
    page.text("  baseline:  ", "             ", &words::coverage(&coverage.baseline));
    page.text("  candidate: ", "             ", &words::coverage(&coverage.candidate));
    for (name, side) in [("baseline", &coverage.baseline), ("candidate", &coverage.candidate)] {
        problems(page, name, side);
        concerns(page, &side.concerns);
    }
}

/// The first places of each problem, as `file:line`.
pub(super) fn problems(page: &mut Page, side: &str, coverage: &Coverage) {
    let all: Vec<(&str, &crate::ingest::Problem)> = coverage
        .sources
        .iter()
        .flat_map(|s| s.problems.iter().map(|p| (s.name.as_str(), p)))
        .collect();
    for (name, problem) in all.iter().take(MOST_PROBLEMS) {
        let line = if problem.line > 0 {
            format!(":{}", problem.line)
        } else {
            String::new()
        };
        page.line(&format!(
            "  {side}: {name}{line}: {}: {}",
            problem.reason.name(),
            problem.detail
        ));
    }
    page.left_out(all.len(), MOST_PROBLEMS, "places");
}

pub(super) fn concerns(page: &mut Page, concerns: &[Concern]) {
    for concern in concerns.iter().take(MOST_CONCERNS) {
        page.text("  ! ", "    ", &format!("{} ({})", concern.message, concern.code));
    }
    page.left_out(concerns.len(), MOST_CONCERNS, "concerns");
}

/// Doubts, remarks, what was taken out, and what was not verified.
fn remarks(page: &mut Page, report: &Report) {
    let told = [&report.coverage.baseline.concerns, &report.coverage.candidate.concerns];
    let is_new = |c: &&Concern| !told.iter().any(|side| side.contains(c));
    let fresh: Vec<Concern> = report.concerns.iter().filter(is_new).cloned().collect();
    concerns(page, &fresh);
    for note in report.notes.iter().take(MOST_CONCERNS) {
        page.text("  note: ", "    ", &note.message);
    }
    page.left_out(report.notes.len(), MOST_CONCERNS, "notes");
    if let Some(redactions) = words::redactions(&report.redactions) {
        page.text("  redacted: ", "    ", &redactions);
    }
    if !report.not_verified.is_empty() {
        page.heading("Not verified");
        for item in report.not_verified.iter().take(MOST_REASONS) {
            page.text("  - ", "    ", item);
        }
        page.left_out(report.not_verified.len(), MOST_REASONS, "points");
    }
}

/// Sentences wrap; commands and queries stand on lines of their own, never wrapped, so that they can be copied.
fn next_steps(page: &mut Page, report: &Report) {
    let filters: Vec<(usize, &str)> = report
        .reasons
        .iter()
        .enumerate()
        .filter_map(|(i, r)| Some((i + 1, r.filter.as_deref()?)))
        .collect();
    if report.next_steps.is_empty() && filters.is_empty() {
        page.blank();
        return;
    }
    page.heading("Next steps");
    for step in &report.next_steps {
        match step.strip_prefix("$ ") {
            Some(command) => page.verbatim("    ", command),
            None => page.text("  - ", "    ", step),
        }
    }
    for (number, filter) in filters.iter().take(MOST_FILTERS) {
        page.text("  ", "    ", &format!("Logs Explorer query for reason {number}:"));
        page.verbatim("    ", filter);
    }
    page.blank();
}
