//! The findings in Markdown: what changed, what was there before, and samples as evidence.

use super::Writer;
use crate::report::escape::{cell_code, fenced, markdown};
use crate::report::group::Group;
use crate::report::value::{Finding, Sample};
use crate::report::words;

impl Writer<'_> {
    pub(super) fn changed(&mut self) {
        let grouped = self.report.grouped();
        self.heading("What changed");
        if grouped.changed.is_empty() {
            self.push("Nothing that could be told from chance.\n");
        } else {
            self.push(&format!("{}.\n\n", words::change_counts(&grouped.changed)));
            self.table(&grouped.changed, self.room.changed);
            self.left_out(grouped.changed.len(), self.room.changed, "changes");
            self.paragraph(&markdown(words::LEGEND, usize::MAX));
            self.vanished();
        }
        for finding in grouped.steady_latency.iter().take(self.room.changed) {
            let [baseline, candidate, _] = words::comparison(finding, true);
            let title = self.code(&finding.signal.title);
            self.paragraph(&format!("{title} unchanged: {baseline}, then {candidate}."));
        }
        if grouped.unchanged > 0 {
            let others = u64::try_from(grouped.unchanged).unwrap_or(u64::MAX);
            self.paragraph(&format!(
                "{} unchanged.",
                words::counted(others, "other signal", "other signals")
            ));
        }
    }

    /// How much may remain of what is gone.
    fn vanished(&mut self) {
        let all = self.report.vanished();
        if !all.is_empty() {
            self.push("\n");
        }
        for (finding, remaining) in all.iter().take(self.room.changed) {
            let (id, message) = (self.code(&finding.signal.id), self.sentence(&remaining.message));
            self.item(&format!("vanished {id}: {message}"));
        }
        self.left_out(all.len(), self.room.changed, "vanished signals");
    }

    pub(super) fn pre_existing(&mut self) {
        let all = self.report.grouped().pre_existing;
        if all.is_empty() {
            return;
        }
        self.heading("Already in the baseline: not blamed");
        if self.room.pre_existing > 0 {
            self.table(&all, self.room.pre_existing);
        }
        self.left_out(all.len(), self.room.pre_existing, "signals");
    }

    /// As many as of what both sides have: neither is judged.
    pub(super) fn informational(&mut self) {
        let all = self.report.grouped().informational;
        if all.is_empty() {
            return;
        }
        self.heading("Information messages that changed: not judged");
        if self.room.pre_existing > 0 {
            self.table(&all, self.room.pre_existing);
        }
        self.left_out(all.len(), self.room.pre_existing, "messages");
    }

    fn table(&mut self, findings: &[&Finding], most: usize) {
        self.push("| change | level | signal | baseline | candidate | ratio or shift (95 %) |\n");
        self.push("|---|---|---|---:|---:|---:|\n");
        for finding in findings.iter().take(most) {
            let [baseline, candidate, difference] = words::comparison(finding, true);
            let change = words::change(finding).replace('*', "\\*");
            let level = words::level(finding.signal.level);
            let id = cell_code(&finding.signal.id, self.room.text.min(200));
            let title = cell_code(&finding.signal.title, self.room.text.min(200));
            let name = if finding.signal.id == finding.signal.title {
                id
            } else {
                format!("{title} {id}")
            };
            self.push(&format!(
                "| {change} | {level} | {name} | {baseline} | {candidate} | {difference} |\n"
            ));
        }
    }

    /// Samples of what changed, then of what was there before, folded away.
    pub(super) fn evidence(&mut self) {
        let is_shown = |f: &&Finding| f.group() != Group::Unchanged && !f.samples.is_empty();
        let all: Vec<&Finding> = self.report.findings.iter().filter(is_shown).collect();
        if all.is_empty() {
            return;
        }
        if self.room.evidence == 0 {
            self.paragraph(&format!(
                "Samples of {} left out here.",
                words::counted(all.len() as u64, "signal", "signals")
            ));
            return;
        }
        self.push("\n<details>\n<summary>Evidence: samples, redacted</summary>\n\n");
        for finding in all.iter().take(self.room.evidence) {
            let (id, title) = (self.code(&finding.signal.id), self.code(&finding.signal.title));
            self.push(&format!(
                "{} {id} {title}\n\n",
                words::change(finding).replace('*', "\\*")
            ));
            for sample in &finding.samples {
                self.sample(sample);
            }
        }
        self.left_out(all.len(), self.room.evidence, "signals with samples");
        self.push("\n</details>\n");
    }

    fn sample(&mut self, sample: &Sample) {
        let time = sample.timestamp.map_or_else(|| "no time".to_owned(), words::time);
        let mut head = format!("{time} {}", sample.severity.name());
        for (name, value) in [("revision", &sample.revision), ("insertId", &sample.insert_id)] {
            if !value.is_empty() {
                head = format!("{head}, {name} {}", self.code(value));
            }
        }
        let block = fenced(&sample.text, "text", self.room.text);
        self.push(&format!("{head}\n\n{block}\n"));
    }
}
