//! A replay on a terminal: false alarms and misses first, then what they come from.

use std::ops::Range;

use comfy_table::{CellAlignment, ColumnConstraint, Table};

use super::past_value::{TriedSettings, WatchCounts};
use super::value::{Calibration, PastDeploys, Replay};
use super::{past_words, words};
use crate::model::thousands;
use crate::report::terminal::{Page, Paint, Style, concerns, problems};
use crate::report::{escape, words as shared};

impl Replay {
    /// Renders the replay for a terminal.
    pub fn to_terminal(&self, style: Style) -> String {
        let mut page = Page::new(style);
        if let Some(found) = &self.calibration {
            calibration(&mut page, found);
        }
        if let Some(coverage) = &self.coverage {
            page.heading("Coverage");
            page.text("  ", "  ", &shared::coverage(coverage));
            problems(&mut page, "input", coverage);
            concerns(&mut page, &coverage.concerns);
        }
        if let Some(past) = &self.deploys {
            deploys(&mut page, past);
        }
        if let Some(redactions) = shared::redactions(&self.redactions) {
            page.text("  redacted: ", "    ", &redactions);
        }
        page.finish()
    }
}

fn calibration(page: &mut Page, found: &Calibration) {
    page.text("", "  ", &words::headline(found));
    page.text("  ", "  ", &words::setting(found));
    page.text("  ", "  ", &words::logs(&found.logs));
    for note in &found.notes {
        page.text("  note: ", "    ", &note.message);
    }
    page.heading("Nothing was deployed: every ROLL BACK is a false alarm (95 % interval)");
    let mut table = page.table();
    table.set_header(["pairs", "runs", "ROLL BACK", "HOLD", "PROCEED"]);
    for (name, outcomes) in words::without_harm(found) {
        // In two lines, because large counts with their intervals do not fit beside each other.
        let cell = |share| format!("{}\n{}", words::short(share), words::interval(share));
        let [roll_back, hold, proceed] = [&outcomes.roll_back, &outcomes.hold, &outcomes.proceed].map(cell);
        table.add_row([name.to_owned(), thousands(outcomes.runs), roll_back, hold, proceed]);
    }
    finish(page, table, 2);
    reasons(page, found);
    page.heading("Known harm in the shuffled candidates (beyond the margins unless tolerated)");
    let mut table = page.table();
    table.set_header(["harm", "", "ROLL BACK", "HOLD", "PROCEED"]);
    for row in &found.harms {
        let [roll_back, hold, proceed] = [&row.roll_back, &row.hold, &row.proceed].map(words::short);
        table.add_row([row.title.clone(), words::remark(row).into(), roll_back, hold, proceed]);
    }
    finish(page, table, 2);
    page.heading("Smallest harm that is rolled back in at least half of the runs");
    for smallest in &found.found {
        page.text("  - ", "    ", &words::smallest(found, smallest));
    }
}

fn reasons(page: &mut Page, found: &Calibration) {
    for (name, outcomes) in words::without_harm(found) {
        if outcomes.alarms.is_empty() {
            continue;
        }
        page.heading(&format!("What caused the false alarms, {name}"));
        for alarm in outcomes.alarms.iter().take(words::SHOWN) {
            let first = format!("  {:>6}  ", thousands(alarm.runs));
            page.text(&first, "          ", &words::alarm(alarm));
        }
        page.left_out(outcomes.alarms.len(), words::SHOWN, "causes");
    }
    for (name, outcomes) in words::without_harm(found) {
        if outcomes.holds.is_empty() {
            continue;
        }
        page.heading(&format!("Why HOLD, {name}"));
        for hold in outcomes.holds.iter().take(words::SHOWN) {
            page.line(&format!("  {:>6}  {}", thousands(hold.runs), hold.code));
        }
        page.left_out(outcomes.holds.len(), words::SHOWN, "reasons");
    }
}

/// Numbers from the `first` column on stand at the right, and take no more room than they need.
fn finish(page: &mut Page, mut table: Table, first: usize) {
    for (i, column) in table.column_iter_mut().enumerate() {
        if i >= first {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if i > 0 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    page.block(" ", &table.trim_fmt());
}

fn deploys(page: &mut Page, past: &PastDeploys) {
    let paint = paint(past.misses, past.false_alarms + past.not_judged);
    page.painted(paint, &past_words::headline(past));
    page.blank();
    let mut table = page.table();
    table.set_header(["deploy", "truth", "verdict", "", "because"]);
    for deploy in &past.deploys {
        let verdict = deploy.verdict.map_or("-", |v| v.label());
        let because = deploy.error.clone().unwrap_or_else(|| deploy.reasons.join(", "));
        let mut row = comfy_table::Row::from([
            escape::terminal(&deploy.name),
            words::truth(deploy.truth).to_owned(),
            verdict.to_owned(),
            words::outcome(deploy.outcome).to_owned(),
            escape::terminal(&because),
        ]);
        row.max_height(3);
        table.add_row(row);
    }
    narrow(page, table, 1..4);
    if let Some(counts) = &past.watched {
        watches(page, past, counts);
    }
    if let Some(found) = &past.settings {
        settings(page, found);
    }
}

fn paint(misses: u64, others: u64) -> Paint {
    match (misses, others) {
        (0, 0) => Paint::Good,
        (0, _) => Paint::Doubtful,
        _ => Paint::Bad,
    }
}

/// These columns take no more room than they need.
fn narrow(page: &mut Page, mut table: Table, columns: Range<usize>) {
    for (i, column) in table.column_iter_mut().enumerate() {
        if columns.contains(&i) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    page.block(" ", &table.trim_fmt());
}

fn watches(page: &mut Page, past: &PastDeploys, counts: &WatchCounts) {
    page.heading("The watch over the same logs");
    page.painted(paint(counts.misses, counts.false_alarms), &past_words::watched(counts));
    if let Some(text) = past_words::not_watched(counts) {
        page.text("", "  ", &text);
    }
    page.blank();
    let mut table = page.table();
    table.set_header([
        "deploy",
        "at its end",
        "",
        "ROLL BACK\nafter",
        "PROCEED\nafter",
        "because",
    ]);
    for deploy in &past.deploys {
        let Some(watch) = &deploy.watch else { continue };
        let mut row = comfy_table::Row::from([
            escape::terminal(&deploy.name),
            watch.verdict.map_or("-", |v| v.label()).to_owned(),
            words::outcome(watch.outcome).to_owned(),
            past_words::after(watch.roll_back_after),
            past_words::after(watch.proceed_after),
            escape::terminal(&past_words::because(watch)),
        ]);
        row.max_height(3);
        table.add_row(row);
    }
    narrow(page, table, 1..5);
}

fn settings(page: &mut Page, found: &TriedSettings) {
    page.heading("Which setting would have helped");
    page.text("  ", "  ", &past_words::tried(found));
    for row in found.helpful.iter().take(words::SHOWN) {
        let text = format!("{}: {}", past_words::setting(row), past_words::would(row));
        page.text("  - ", "    ", &text);
    }
    page.left_out(found.helpful.len(), words::SHOWN, "settings");
    for note in &found.notes {
        page.text("  note: ", "    ", &note.message);
    }
}
