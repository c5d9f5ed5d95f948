//! What one input holds: how often each pattern and template occurs, by revision. Nothing is compared or judged.
//!
//! Input: counted rows and coverage. Output: a value with JSON and terminal renderings.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, ColumnConstraint, Row};
use serde::{Deserialize, Serialize};

use super::build::Cleaner;
use super::redact::{Redaction, RedactionCounts};
use super::terminal::{Page, Style, concerns, problems};
use super::value::Tool;
use super::{escape, words};
use crate::model::{Level, SignalKind, Timestamp, thousands};
use crate::profile::Coverage;

/// The schema that [`Scan`] follows.
pub const SCAN_SCHEMA: &str = "logverdict.scan/1";

/// Parts of the time that [`ScanRow::trend`] counts, at most.
pub const TREND_PARTS: usize = 24;

/// The counts of one input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// [`SCAN_SCHEMA`].
    pub schema: String,
    /// What made it.
    pub tool: Tool,
    /// Where every record went.
    pub coverage: Coverage,
    /// The patterns that occur, most frequent first; error entries that none explains are one row together.
    pub patterns: Vec<ScanRow>,
    /// The templates and stacks of messages that no pattern explains, most frequent first.
    pub templates: Vec<ScanRow>,
    /// How often something was taken out of the texts, by kind.
    pub redactions: RedactionCounts,
}

/// One pattern or template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanRow {
    /// What is counted.
    pub kind: SignalKind,
    /// Stable id.
    pub id: String,
    /// A line for people; of a template its text.
    pub title: String,
    /// How bad it is by itself.
    pub level: Level,
    /// Entries that show it.
    pub count: u64,
    /// The same by revision; the empty name stands for entries without one.
    pub by_revision: BTreeMap<String, u64>,
    /// First time it was seen.
    pub first: Option<Timestamp>,
    /// Last time it was seen.
    pub last: Option<Timestamp>,
    /// Events in equal parts of the time that the input covers, up to [`TREND_PARTS`].
    pub trend: Vec<u64>,
    /// One message that shows it, redacted.
    pub sample: Option<String>,
}

impl Scan {
    /// The scan of one input. Rows are ordered by count, then by id; texts are redacted.
    pub fn new(tool: &Tool, coverage: &Coverage, rows: Vec<ScanRow>, redaction: Redaction) -> Scan {
        let mut clean = Cleaner::new(redaction);
        let mut order = |mut rows: Vec<ScanRow>| {
            rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.id.cmp(&b.id)));
            for row in &mut rows {
                row.title = clean.text(&row.title);
                row.by_revision = clean.keys(&row.by_revision);
                row.sample = row.sample.as_deref().map(|sample| clean.text(sample));
            }
            rows
        };
        let is_mined = |row: &ScanRow| matches!(row.kind, SignalKind::Template | SignalKind::Stack);
        let (templates, patterns) = rows.into_iter().partition(is_mined);
        let (patterns, templates) = (order(patterns), order(templates));
        Scan {
            schema: SCAN_SCHEMA.to_owned(),
            tool: tool.clone(),
            coverage: clean.coverage(coverage),
            patterns,
            templates,
            redactions: clean.counts,
        }
    }

    /// Renders the scan for a terminal, with the `top` most frequent rows of each kind.
    pub fn to_terminal(&self, style: Style, top: usize) -> String {
        let mut page = Page::new(style);
        page.text("  ", "  ", &words::coverage(&self.coverage));
        if let Some(range) = words::range(self.coverage.first, self.coverage.last) {
            page.text("  ", "  ", &range);
        }
        problems(&mut page, "input", &self.coverage);
        concerns(&mut page, &self.coverage.concerns);
        patterns(&mut page, &self.patterns, top);
        if !self.templates.is_empty() {
            templates(&mut page, &self.templates, top);
        }
        if let Some(redactions) = words::redactions(&self.redactions) {
            page.text("  redacted: ", "    ", &redactions);
        }
        page.finish()
    }
}

fn patterns(page: &mut Page, rows: &[ScanRow], top: usize) {
    page.heading("Patterns");
    if rows.is_empty() {
        page.line("  none");
        return;
    }
    let mut table = page.table();
    table.set_header(["count", "level", "title", "id", "revisions"]);
    for row in rows.iter().take(top) {
        let cells = [
            thousands(row.count),
            words::level(row.level).to_owned(),
            escape::terminal(&row.title),
            escape::terminal(&row.id),
            thousands(row.by_revision.len() as u64),
        ];
        let mut row = Row::from(cells);
        row.max_height(2);
        table.add_row(row);
    }
    for (i, column) in table.column_iter_mut().enumerate() {
        if i != 2 && i != 3 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        if i == 0 || i == 4 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    page.block(" ", &table.trim_fmt());
    page.left_out(rows.len(), top, "patterns");
}

/// Templates are long: one line of numbers for each, then its text and a message.
fn templates(page: &mut Page, rows: &[ScanRow], top: usize) {
    page.heading("Messages that no pattern explains");
    for row in rows.iter().take(top) {
        let count = thousands(row.count);
        page.line(&format!(
            "{count:>9}  {:8} {:width$}  {}",
            words::level(row.level),
            sparkline(&row.trend),
            row.id,
            width = TREND_PARTS
        ));
        page.text("           ", "           ", &row.title);
        let sample = row
            .sample
            .as_deref()
            .and_then(|s| s.lines().find(|l| !l.trim().is_empty()));
        if let Some(sample) = sample.filter(|s| s.trim() != row.title) {
            page.line(&format!("           e.g. {}", sample.trim()));
        }
    }
    page.left_out(rows.len(), top, "templates");
}

/// The counts as bars; a blank where there was nothing.
fn sparkline(trend: &[u64]) -> String {
    let counts: Vec<f64> = trend.iter().map(|n| *n as f64).collect();
    words::bars(&counts, counts.iter().copied().fold(0.0, f64::max), ' ')
}

#[cfg(test)]
mod tests {
    use super::sparkline;

    #[test]
    fn bars_grow_with_the_counts() {
        assert_eq!(sparkline(&[0, 1, 8, 4, 64]), " ▁▁▁█");
        assert_eq!(sparkline(&[3, 3]), "██");
        assert_eq!(sparkline(&[0, 0]), "  ");
        assert_eq!(sparkline(&[u64::MAX, 1]), "█▁");
    }
}
