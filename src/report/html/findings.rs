//! The findings in HTML: what changed, what was there before, evidence, and every signal in one table.

use super::parts::{Column, Table, block, code, folded, short_code, sorted, words as cell};
use super::{MOST_OPEN, Writer};
use crate::model::thousands;
use crate::report::escape::{cut, html};
use crate::report::group::Group;
use crate::report::value::{Finding, Sample};
use crate::report::words;

/// Most characters of an id beside its title.
const MOST_ID: usize = 200;

/// Most signals whose samples are shown.
const MOST_EVIDENCE: usize = 100;

const COLUMNS: &[Column] = &[
    Column::Text("change"),
    Column::Text("level"),
    Column::Row("signal"),
    Column::Number("baseline"),
    Column::Number("candidate"),
    Column::Number("ratio or shift (95 %)"),
];

const ALL_COLUMNS: &[Column] = &[
    Column::Number("rank"),
    Column::Text("group"),
    Column::Text("change"),
    Column::Text("level"),
    Column::Row("signal"),
    Column::Number("baseline"),
    Column::Number("candidate"),
    Column::Number("ratio or shift (95 %)"),
    Column::Number("last seen"),
];

impl Writer<'_> {
    pub(super) fn changed(&mut self) {
        let grouped = self.report.grouped();
        self.section("changed", "What changed", |page| {
            if grouped.changed.is_empty() {
                page.paragraph("Nothing that could be told from chance.");
            } else {
                page.table("Signals that changed, worst first", &grouped.changed);
                page.paragraph(words::LEGEND);
                page.vanished();
            }
            for finding in &grouped.steady_latency {
                let [baseline, candidate, _] = words::comparison(finding, true);
                let title = short_code(&finding.signal.title);
                let values = html(&format!("{baseline}, then {candidate}"));
                page.push(&format!("<p>{title} unchanged: {values}.</p>\n"));
            }
            if grouped.unchanged > 0 {
                let others = u64::try_from(grouped.unchanged).unwrap_or(u64::MAX);
                let others = words::counted(others, "other signal", "other signals");
                page.paragraph(&format!("{others} unchanged."));
            }
        });
    }

    /// How much may remain of what is gone.
    fn vanished(&mut self) {
        let item = |(finding, remaining): &(&Finding, &crate::report::Remaining)| {
            format!(
                "vanished {}: {}",
                short_code(&finding.signal.id),
                html(&remaining.message)
            )
        };
        let items: Vec<String> = self.report.vanished().iter().map(item).collect();
        self.list(&items, "vanished signals");
    }

    pub(super) fn pre_existing(&mut self) {
        let all = self.report.grouped().pre_existing;
        if !all.is_empty() {
            self.section("pre-existing", "Already in the baseline: not blamed", |page| {
                page.table("Errors that both sides have", &all);
            });
        }
    }

    pub(super) fn informational(&mut self) {
        let all = self.report.grouped().informational;
        if !all.is_empty() {
            let title = "Information messages that changed: not judged";
            self.section("informational", title, |page| {
                page.table("Information messages that changed", &all);
            });
        }
    }

    /// The first rows; the others stand in the table of all signals.
    fn table(&mut self, caption: &str, findings: &[&Finding]) {
        let mut table = Table::new(caption, "signals", COLUMNS);
        for finding in findings.iter().take(MOST_OPEN) {
            let [baseline, candidate, difference] = words::comparison(finding, true);
            table.row([
                cell(&words::change(finding)),
                cell(words::level(finding.signal.level)),
                (name(finding), None),
                cell(&baseline),
                cell(&candidate),
                cell(&difference),
            ]);
        }
        self.push(&table.finish());
        if findings.len() > MOST_OPEN {
            let more = thousands((findings.len() - MOST_OPEN) as u64);
            self.push(&format!(
                "<p>{more} more of them in the <a href=\"#signals\">table of all signals</a>.</p>\n"
            ));
        }
    }

    /// Every signal, folded away where there are many.
    pub(super) fn all_signals(&mut self) {
        let all = &self.report.findings;
        if all.is_empty() {
            return;
        }
        let mut table = Table::new("All signals, most important first", "signals sortable", ALL_COLUMNS);
        for (rank, finding) in all.iter().enumerate() {
            table.row(full_row(rank + 1, finding));
        }
        let open = if all.len() <= MOST_OPEN { " open" } else { "" };
        let summary = words::counted(all.len() as u64, "signal", "signals");
        let table = table.finish();
        self.section("signals", "All signals", |page| {
            page.push(&format!(
                "<details{open}>\n<summary>{summary}</summary>\n{table}</details>\n"
            ));
        });
    }

    /// Samples of what changed, then of what was there before, folded away.
    pub(super) fn evidence(&mut self) {
        let is_shown = |f: &&Finding| f.group() != Group::Unchanged && !f.samples.is_empty();
        let all: Vec<&Finding> = self.report.findings.iter().filter(is_shown).collect();
        if all.is_empty() {
            return;
        }
        self.section("evidence", "Evidence: samples, redacted", |page| {
            for finding in all.iter().take(MOST_EVIDENCE) {
                let title = cut(&finding.signal.title, 120);
                let summary = format!("{}: {title}", words::change(finding));
                let samples: String = finding.samples.iter().map(sample).collect();
                page.push(&folded(&summary, &samples));
            }
            if all.len() > MOST_EVIDENCE {
                let more = thousands((all.len() - MOST_EVIDENCE) as u64);
                page.paragraph(&format!("Samples of {more} more signals: in the JSON report."));
            }
        });
    }
}

fn full_row(rank: usize, finding: &Finding) -> [(String, Option<f64>); 9] {
    let [baseline, candidate, difference] = words::comparison(finding, true);
    let signal = &finding.signal;
    // Latency sorts by its milliseconds, everything else by events; what has no difference sorts as text, at the end.
    let (old, new, by) = match &finding.latency {
        Some(latency) => (latency.baseline_ms, latency.candidate_ms, latency.shift_ms.estimate),
        None => (
            Some(finding.baseline.count as f64),
            Some(finding.candidate.count as f64),
            finding.ratio.estimate.or(finding.ratio.low),
        ),
    };
    let number = |text: &str, by: Option<f64>| sorted(text, by.unwrap_or(f64::NAN));
    [
        sorted(&thousands(rank as u64), rank as f64),
        sorted(group(finding.group()), f64::from(finding.group() as u8)),
        cell(&words::change(finding)),
        sorted(words::level(signal.level), f64::from(signal.level as u8)),
        (name(finding), None),
        number(&baseline, old),
        number(&candidate, new),
        number(&difference, by),
        cell(&finding.last_seen.map_or_else(|| "-".to_owned(), words::time)),
    ]
}

/// Title and id, once where they are the same.
fn name(finding: &Finding) -> String {
    let (id, title) = (&finding.signal.id, &finding.signal.title);
    match id == title {
        true => short_code(id),
        false => format!(
            "{} <code class=\"id\">{}</code>",
            short_code(title),
            html(&cut(id, MOST_ID))
        ),
    }
}

/// Where a finding belongs, in a word or two.
fn group(group: Group) -> &'static str {
    match group {
        Group::Worse => "worse",
        Group::MaybeWorse => "maybe worse",
        Group::Harmless => "not held against it",
        Group::Better => "better",
        Group::PreExisting => "in both",
        Group::Unchanged => "unchanged",
    }
}

fn sample(sample: &Sample) -> String {
    let time = sample.timestamp.map_or_else(|| "no time".to_owned(), words::time);
    let mut head = html(&format!("{time} {}", sample.severity.name()));
    for (name, value) in [("revision", &sample.revision), ("insertId", &sample.insert_id)] {
        if !value.is_empty() {
            head = format!("{head}, {name} {}", code(value));
        }
    }
    format!("<p>{head}</p>\n{}", block(&sample.text))
}
