//! The watch on a terminal: a line under the verdict; the named looks as a table, changes of the verdict, gaps.

use comfy_table::ColumnConstraint;

use super::page::Page;
use crate::model::thousands;
use crate::report::value::Report;
use crate::report::watch::{Checkpoint, LEGEND, Watched};
use crate::report::{escape, words};

/// Most checkpoints, changes and gaps; the latest ones tell most.
const MOST_CHECKPOINTS: usize = 12;
const MOST_CHANGES: usize = 4;
const MOST_GAPS: usize = 3;

/// From this width on, the table has room for when a look was and what it counted.
const WIDE: usize = 110;

/// How far the watch got, in a line.
pub(super) fn line(page: &mut Page, report: &Report) {
    if let Some(watch) = &report.watch {
        page.text("  watch: ", "    ", &watch.line());
    }
}

/// What the named looks said, how the verdict changed, and what the looks did not see.
pub(super) fn history(page: &mut Page, report: &Report) {
    let Some(watch) = &report.watch else { return };
    page.heading("Checkpoints");
    if watch.checkpoints.is_empty() {
        page.line("  none yet");
    } else {
        let table = table(page, latest(&watch.checkpoints, MOST_CHECKPOINTS));
        page.block(" ", &table);
        page.left_out(watch.checkpoints.len(), MOST_CHECKPOINTS, "earlier checkpoints");
        page.text("  ", "  ", LEGEND);
    }
    if !watch.to_come.is_empty() {
        let verb = if watch.ended.is_some() {
            "not reached"
        } else {
            "to come"
        };
        page.text(&format!("  {verb}: "), "    ", &words::list(&watch.to_come, "", 12));
    }
    changes(page, watch);
    for gap in latest(&watch.gaps, MOST_GAPS) {
        let range = words::range(Some(gap.start), Some(gap.end)).unwrap_or_default();
        page.text("  ! ", "    ", &format!("not read, {range}: {}", gap.reason));
    }
    page.left_out(watch.gaps.len(), MOST_GAPS, "earlier gaps");
    if let Some(late) = watch.late() {
        page.text("  note: ", "    ", &late);
    }
}

fn changes(page: &mut Page, watch: &Watched) {
    if watch.changes.is_empty() {
        return;
    }
    page.heading("Changes of the verdict");
    for change in latest(&watch.changes, MOST_CHANGES) {
        let text = format!("{}: {} [{}]", change.verdicts(), change.message, change.code);
        page.text(&format!("  {} ", watch.since_start(change.at)), "     ", &text);
    }
    page.left_out(watch.changes.len(), MOST_CHANGES, "earlier changes");
}

fn latest<T>(all: &[T], most: usize) -> &[T] {
    &all[all.len().saturating_sub(most)..]
}

fn table(page: &Page, points: &[Checkpoint]) -> String {
    let is_wide = page.width() >= WIDE;
    let mut table = page.table();
    let mut header = vec!["at", "verdict", "requests", "5xx rates", "new, gone", "load"];
    if is_wide {
        header.extend(["5xx", "time", "first reason"]);
    }
    table.set_header(header);
    for point in points {
        let mut cells = vec![
            escape::terminal(&point.name),
            point.short_verdict(),
            thousands(point.requests),
            point.rates(),
            format!("{}, {}", point.new_signals, point.vanished_signals),
            point.load(),
        ];
        if is_wide {
            let code = point.codes.first().map_or("", String::as_str);
            cells.extend([
                thousands(point.server_errors),
                words::time(point.at),
                escape::terminal(code),
            ]);
        }
        table.add_row(cells);
    }
    for (i, column) in table.column_iter_mut().enumerate() {
        if !matches!(i, 0 | 1 | 8) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.trim_fmt()
}
