//! The findings on a terminal: what changed as a table, what was there before as a list, samples of the worst.

use comfy_table::{ColumnConstraint, Row};
use unicode_width::UnicodeWidthStr;

use super::page::{Page, fit};
use crate::report::group::Group;
use crate::report::value::{Finding, Report};
use crate::report::{escape, words};

const MOST_CHANGED: usize = 15;
const MOST_PRE_EXISTING: usize = 5;
const MOST_INFORMATIONAL: usize = 5;
const MOST_VANISHED: usize = 4;
const MOST_SAMPLES: usize = 3;
const MOST_LINES: usize = 4;

/// From this width on, the table has room for the events over time.
const WIDE: usize = 110;

/// Everything that changed, and how many signals did not.
pub(super) fn changed(page: &mut Page, report: &Report) {
    let grouped = report.grouped();
    page.heading("What changed");
    if grouped.changed.is_empty() {
        page.line("  nothing that could be told from chance");
    } else {
        let table = table(&grouped.changed, page);
        page.block(" ", &table);
        page.left_out(grouped.changed.len(), MOST_CHANGED, "changes");
        page.text("  ", "  ", words::LEGEND);
        over_time(page, &grouped.changed);
        vanished(page, report);
    }
    let mut unchanged: Vec<String> = Vec::new();
    for finding in &grouped.steady_latency {
        let [baseline, candidate, _] = words::comparison(finding, true);
        if baseline == candidate && baseline == "-" {
            // Not measured on either side: "not verified" tells it.
            continue;
        }
        unchanged.push(format!("{} ({baseline}, then {candidate})", finding.signal.title));
    }
    if grouped.unchanged > 0 {
        let others = u64::try_from(grouped.unchanged).unwrap_or(u64::MAX);
        unchanged.push(words::counted(others, "other signal", "other signals"));
    }
    if !unchanged.is_empty() {
        page.text("  unchanged: ", "    ", &unchanged.join(", "));
    }
}

/// How much may remain of what is gone.
fn vanished(page: &mut Page, report: &Report) {
    let all = report.vanished();
    for (finding, remaining) in all.iter().take(MOST_VANISHED) {
        let title = fit(&escape::terminal(&finding.signal.title), page.width() / 2);
        page.text("  gone? ", "    ", &format!("{title}: {}", remaining.message));
    }
    page.left_out(all.len(), MOST_VANISHED, "vanished signals");
}

fn table(findings: &[&Finding], page: &Page) -> String {
    let is_wide = page.width() >= WIDE;
    let over_time = is_wide && findings.iter().any(|f| f.timeline.is_some());
    let mut table = page.table();
    table.set_header(
        ["change", "signal", "baseline", "candidate", "ratio or shift"]
            .into_iter()
            .chain(over_time.then_some("over time")),
    );
    for finding in findings.iter().take(MOST_CHANGED) {
        let mut row = Row::from(row(finding, is_wide, over_time));
        row.max_height(2);
        table.add_row(row);
    }
    for (i, column) in table.column_iter_mut().enumerate() {
        if i != 1 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.trim_fmt()
}

/// Where the table has no room for it: the events over time of what got worse, a line each.
fn over_time(page: &mut Page, findings: &[&Finding]) {
    if page.width() >= WIDE {
        return;
    }
    let worse = findings.iter().filter(|f| f.group() <= Group::MaybeWorse);
    let lines = worse.map(|f| (words::sparkline(f), f));
    let lines: Vec<_> = lines.filter(|(bars, _)| !bars.is_empty()).take(MOST_LINES).collect();
    if lines.is_empty() {
        return;
    }
    page.line("  over time, baseline|candidate:");
    let widest = lines.iter().map(|(bars, _)| bars.width()).max().unwrap_or_default();
    for (bars, finding) in lines {
        let gap = widest - bars.width();
        page.line(&format!("    {bars}{:gap$}  {}", "", finding.signal.title));
    }
}

fn row(finding: &Finding, is_wide: bool, over_time: bool) -> Vec<String> {
    let [baseline, candidate, difference] = words::comparison(finding, is_wide);
    let title = escape::terminal(&finding.signal.title);
    let mut cells = vec![words::change(finding), title, baseline, candidate, difference];
    if over_time {
        cells.push(words::sparkline(finding));
    }
    cells
}

/// Errors that both sides have.
pub(super) fn pre_existing(page: &mut Page, report: &Report) {
    let all = report.grouped().pre_existing;
    if all.is_empty() {
        return;
    }
    page.heading("Already in the baseline: not blamed");
    for finding in all.iter().take(MOST_PRE_EXISTING) {
        let [baseline, candidate, difference] = words::comparison(finding, page.width() >= WIDE);
        line(
            page,
            finding,
            &format!("  {baseline}, then {candidate}; ratio {difference}"),
        );
    }
    page.left_out(all.len(), MOST_PRE_EXISTING, "of them");
}

/// Information messages that changed.
pub(super) fn informational(page: &mut Page, report: &Report) {
    let all = report.grouped().informational;
    if all.is_empty() {
        return;
    }
    page.heading("Information messages that changed: not judged");
    for finding in all.iter().take(MOST_INFORMATIONAL) {
        let [baseline, candidate, _] = words::comparison(finding, false);
        let change = words::change(finding).replace(" ok", "");
        line(page, finding, &format!("  {change}: {baseline}, then {candidate}"));
    }
    page.left_out(all.len(), MOST_INFORMATIONAL, "of them");
}

/// A title, cut to what its numbers leave of the line.
fn line(page: &mut Page, finding: &Finding, numbers: &str) {
    let room = page.width().saturating_sub(numbers.width() + 2).max(12);
    let title = fit(&escape::terminal(&finding.signal.title), room);
    page.line(&format!("  {title}{numbers}"));
}

/// One sample for each of the worst findings, cut to a line.
pub(super) fn samples(page: &mut Page, report: &Report) {
    let is_bad = |f: &&Finding| matches!(f.group(), Group::Worse | Group::MaybeWorse) && !f.samples.is_empty();
    let bad: Vec<&Finding> = report.findings.iter().filter(is_bad).collect();
    if bad.is_empty() {
        return;
    }
    page.heading("Samples");
    for finding in bad.iter().take(MOST_SAMPLES) {
        if let Some(sample) = finding.samples.first() {
            let time = sample.timestamp.map_or_else(|| "no time".to_owned(), words::time);
            page.line(&format!(
                "  {}: {time} {} {}",
                finding.signal.id,
                sample.severity.name(),
                sample.revision
            ));
            page.line(&format!("    | {}", sample.text.trim()));
        }
    }
    page.left_out(bad.len(), MOST_SAMPLES, "signals with samples");
}
