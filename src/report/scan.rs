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
use crate::model::{Level, Timestamp};
use crate::profile::Coverage;

/// The schema that [`Scan`] follows.
pub const SCAN_SCHEMA: &str = "logverdict.scan/1";

/// Most rows of each table on a terminal.
const MOST_ROWS: usize = 40;

/// The counts of one input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// [`SCAN_SCHEMA`].
    pub schema: String,
    /// What made it.
    pub tool: Tool,
    /// Where every record went.
    pub coverage: Coverage,
    /// The patterns that occur, most frequent first.
    pub patterns: Vec<ScanRow>,
    /// The templates that occur, most frequent first.
    pub templates: Vec<ScanRow>,
    /// How often something was taken out of the texts, by kind.
    pub redactions: RedactionCounts,
}

/// One pattern or template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanRow {
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
}

impl Scan {
    /// The scan of one input. Rows are ordered by count, then by id; texts are redacted.
    pub fn new(
        tool: &Tool,
        coverage: &Coverage,
        patterns: Vec<ScanRow>,
        templates: Vec<ScanRow>,
        redaction: Redaction,
    ) -> Scan {
        let mut clean = Cleaner::new(redaction);
        let mut order = |mut rows: Vec<ScanRow>| {
            rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.id.cmp(&b.id)));
            rows.iter_mut().for_each(|row| row.title = clean.text(&row.title));
            rows
        };
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

    /// Renders the scan for a terminal.
    pub fn to_terminal(&self, style: Style) -> String {
        let mut page = Page::new(style);
        page.text("  ", "  ", &words::coverage(&self.coverage));
        if let Some(range) = words::range(self.coverage.first, self.coverage.last) {
            page.text("  ", "  ", &range);
        }
        problems(&mut page, "input", &self.coverage);
        concerns(&mut page, &self.coverage.concerns);
        rows(&mut page, "Patterns", "patterns", &self.patterns);
        if !self.templates.is_empty() {
            rows(&mut page, "Templates", "templates", &self.templates);
        }
        if let Some(redactions) = words::redactions(&self.redactions) {
            page.text("  redacted: ", "    ", &redactions);
        }
        page.finish()
    }
}

fn rows(page: &mut Page, heading: &str, what: &str, rows: &[ScanRow]) {
    page.heading(heading);
    if rows.is_empty() {
        page.line("  none");
        return;
    }
    let mut table = page.table();
    table.set_header(["count", "level", "title", "id", "revisions"]);
    for row in rows.iter().take(MOST_ROWS) {
        let cells = [
            words::thousands(row.count),
            words::level(row.level).to_owned(),
            escape::terminal(&row.title),
            escape::terminal(&row.id),
            words::thousands(row.by_revision.len() as u64),
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
    page.left_out(rows.len(), MOST_ROWS, what);
}
