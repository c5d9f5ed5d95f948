//! The watch in HTML: the named looks as a table, changes of the verdict, gaps.

use super::parts::{Column, Table, code, folded, sorted, words as cell};
use super::{MOST_OPEN, Writer};
use crate::model::thousands;
use crate::report::escape::html;
use crate::report::watch::{Checkpoint, LEGEND, Watched};
use crate::report::words;

const COLUMNS: &[Column] = &[
    Column::Row("at"),
    Column::Text("time"),
    Column::Text("verdict"),
    Column::Number("requests"),
    Column::Number("5xx"),
    Column::Number("5xx rates"),
    Column::Number("new, gone"),
    Column::Number("load"),
    Column::Text("first reason"),
];

impl Writer<'_> {
    pub(super) fn watch(&mut self) {
        let Some(watch) = &self.report.watch else { return };
        self.section("checkpoints", "Checkpoints", |page| {
            page.checkpoints(watch);
            page.changes(watch);
            page.gaps(watch);
        });
    }

    /// The latest ones; those before are folded away.
    fn checkpoints(&mut self, watch: &Watched) {
        let all = &watch.checkpoints;
        let (earlier, latest) = all.split_at(all.len().saturating_sub(MOST_OPEN));
        if latest.is_empty() {
            self.paragraph("None yet.");
        } else {
            self.push(&table("Named looks at the deploy", latest));
            self.paragraph(LEGEND);
        }
        if !earlier.is_empty() {
            let summary = format!("{} earlier checkpoints", thousands(earlier.len() as u64));
            self.push(&folded(&summary, &table("Earlier looks at the deploy", earlier)));
        }
        if !watch.to_come.is_empty() {
            let verb = if watch.ended.is_some() {
                "Not reached"
            } else {
                "To come"
            };
            self.paragraph(&format!("{verb}: {}", words::list(&watch.to_come, "", 50)));
        }
    }

    fn changes(&mut self, watch: &Watched) {
        if watch.changes.is_empty() {
            return;
        }
        let item = |change: &crate::report::Changed| {
            let (since, time) = (watch.since_start(change.at), words::time(change.at));
            let (verdicts, message, name) = (change.verdicts(), html(&change.message), code(&change.code));
            format!("{since} ({time}) <strong>{verdicts}</strong>: {message} ({name})")
        };
        let items: Vec<String> = watch.changes.iter().map(item).collect();
        self.push("<h3>Changes of the verdict</h3>\n");
        self.list(&items, "changes");
    }

    fn gaps(&mut self, watch: &Watched) {
        let gap = |gap: &crate::report::Gap| {
            let range = words::range(Some(gap.start), Some(gap.end)).unwrap_or_default();
            format!("<strong>Not read</strong>, {range}: {}", html(&gap.reason))
        };
        let late = watch.late().map(|late| html(&late));
        let items: Vec<String> = watch.gaps.iter().map(gap).chain(late).collect();
        if !items.is_empty() {
            self.push("<h3>What the looks did not see in time</h3>\n");
            self.list(&items, "gaps");
        }
    }
}

fn table(caption: &str, points: &[Checkpoint]) -> String {
    let mut table = Table::new(caption, "looks", COLUMNS);
    for point in points {
        let codes = match point.codes.is_empty() {
            true => String::new(),
            false => code(&words::list(&point.codes, "", 5)),
        };
        table.row([
            cell(&point.name),
            cell(&words::time(point.at)),
            cell(&words::verdict(point.verdict, point.lean)),
            sorted(&thousands(point.requests), point.requests as f64),
            sorted(&thousands(point.server_errors), point.server_errors as f64),
            cell(&point.rates()),
            cell(&format!("{}, {}", point.new_signals, point.vanished_signals)),
            cell(&point.load()),
            (format!("{} {codes}", html(&point.message)), None),
        ]);
    }
    table.finish()
}
