//! The watch in Markdown: how far it got, the named looks as a table, changes of the verdict, gaps.

use super::Writer;
use crate::model::thousands;
use crate::report::escape::{cell_code, markdown};
use crate::report::value::Report;
use crate::report::watch::{Checkpoint, LEGEND, Watched};
use crate::report::words;

/// Most characters of a reason within the table; the list of changes has more room.
const MOST_REASON: usize = 200;

impl Writer<'_> {
    /// How far the watch got, in a line under the verdict.
    pub(super) fn watch_line(&mut self) {
        let report: &Report = self.report;
        if let Some(watch) = &report.watch {
            let line = self.sentence(&watch.line());
            self.paragraph(&format!("Watch: {line}"));
        }
    }

    /// What the named looks said, how the verdict changed, and what the looks did not see.
    pub(super) fn watch(&mut self) {
        let report: &Report = self.report;
        let Some(watch) = &report.watch else { return };
        self.heading("Checkpoints");
        self.checkpoints(watch);
        if !watch.to_come.is_empty() {
            let verb = if watch.ended.is_some() {
                "Not reached"
            } else {
                "To come"
            };
            let names = self.sentence(&words::list(&watch.to_come, "", 20));
            self.paragraph(&format!("{verb}: {names}"));
        }
        self.changes(watch);
        self.gaps(watch);
    }

    fn checkpoints(&mut self, watch: &Watched) {
        if watch.checkpoints.is_empty() {
            self.push("None yet.\n");
            return;
        }
        self.push("| at | time | verdict | requests | 5xx | 5xx rates | new, gone | load | first reason |\n");
        self.push("|---|---|---|---:|---:|---:|---:|---:|---|\n");
        for point in self.latest(&watch.checkpoints) {
            self.checkpoint(point);
        }
        self.left_out(watch.checkpoints.len(), self.room.checkpoints, "earlier checkpoints");
        self.paragraph(&markdown(LEGEND, usize::MAX));
    }

    fn checkpoint(&mut self, point: &Checkpoint) {
        let most = self.room.text.min(MOST_REASON);
        let codes = match point.codes.is_empty() {
            true => String::new(),
            false => cell_code(&words::list(&point.codes, "", 3), most),
        };
        let cells = [
            markdown(&point.name, most),
            words::time(point.at),
            words::verdict(point.verdict, point.lean),
            thousands(point.requests),
            thousands(point.server_errors),
            point.rates(),
            format!("{}, {}", point.new_signals, point.vanished_signals),
            point.load(),
            format!("{} {codes}", markdown(&point.message, most)),
        ];
        self.push(&format!("| {} |\n", cells.join(" | ")));
    }

    fn changes(&mut self, watch: &Watched) {
        if watch.changes.is_empty() {
            return;
        }
        self.heading("Changes of the verdict");
        for change in self.latest(&watch.changes) {
            let (message, name) = (self.sentence(&change.message), self.code(&change.code));
            let (since, time) = (watch.since_start(change.at), words::time(change.at));
            self.item(&format!(
                "{since} ({time}) **{}**: {message} ({name})",
                change.verdicts()
            ));
        }
        self.left_out(watch.changes.len(), self.room.checkpoints, "earlier changes");
    }

    fn gaps(&mut self, watch: &Watched) {
        let late = watch.late();
        if watch.gaps.is_empty() && late.is_none() {
            return;
        }
        self.heading("What the looks did not see in time");
        for gap in watch.gaps.iter().rev().take(self.room.remarks).rev() {
            let range = words::range(Some(gap.start), Some(gap.end)).unwrap_or_default();
            let reason = self.sentence(&gap.reason);
            self.item(&format!("**Not read**, {range}: {reason}"));
        }
        if let Some(late) = late {
            self.item(&markdown(&late, usize::MAX));
        }
        self.left_out(watch.gaps.len(), self.room.remarks, "earlier gaps");
    }

    /// The last ones: they tell where things stand.
    fn latest<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        &all[all.len().saturating_sub(self.room.checkpoints)..]
    }
}
