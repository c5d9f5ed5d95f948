//! The report as Markdown for a GitHub issue: verdict, criteria, reasons, changes, what is not blamed, evidence.
//!
//! Input: a report. Output: Markdown of at most [`MOST_BYTES`], reached by leaving out the least important parts first
//! and saying so. Text from logs and packs stands in code spans and fences only, see [`super::escape`].

mod compact;
mod findings;
mod watch;

pub use compact::MOST_CHARS as COMPACT_MOST_CHARS;

use super::escape::{code, fenced, markdown, terminal};
use super::value::{Report, Sides};
use super::words;
use crate::profile::Coverage;

/// GitHub takes bodies of 65,536 characters; bytes are never fewer than characters.
pub const MOST_BYTES: usize = 60_000;

/// Most characters of a command line that is shown.
const MOST_COMMAND: usize = 1000;

/// How much of each part is shown: numbers of items, and characters of a text.
#[derive(Debug, Clone, Copy)]
struct Room {
    evidence: usize,
    pre_existing: usize,
    changed: usize,
    problems: usize,
    remarks: usize,
    criteria: usize,
    reasons: usize,
    checkpoints: usize,
    text: usize,
}

/// From everything down to little: what tells least goes first. The last one always fits.
#[rustfmt::skip]
const ROOMS: [Room; 8] = [
    Room { evidence: 100, pre_existing: 200, changed: 300, problems: 20, remarks: 50, criteria: 200, reasons: 100, checkpoints: 300, text: 2000 },
    Room { evidence: 20, pre_existing: 200, changed: 300, problems: 20, remarks: 50, criteria: 200, reasons: 100, checkpoints: 300, text: 1000 },
    Room { evidence: 5, pre_existing: 100, changed: 300, problems: 20, remarks: 50, criteria: 200, reasons: 100, checkpoints: 300, text: 600 },
    Room { evidence: 0, pre_existing: 20, changed: 200, problems: 10, remarks: 50, criteria: 200, reasons: 100, checkpoints: 200, text: 600 },
    Room { evidence: 0, pre_existing: 5, changed: 60, problems: 5, remarks: 20, criteria: 100, reasons: 50, checkpoints: 200, text: 400 },
    Room { evidence: 0, pre_existing: 0, changed: 20, problems: 0, remarks: 10, criteria: 50, reasons: 20, checkpoints: 100, text: 300 },
    Room { evidence: 0, pre_existing: 0, changed: 5, problems: 0, remarks: 5, criteria: 20, reasons: 10, checkpoints: 50, text: 200 },
    Room { evidence: 0, pre_existing: 0, changed: 3, problems: 0, remarks: 3, criteria: 5, reasons: 3, checkpoints: 20, text: 100 },
];

impl Report {
    /// Renders the report as GitHub-flavoured Markdown of at most [`MOST_BYTES`].
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        for (i, room) in ROOMS.iter().enumerate() {
            text = Writer {
                out: String::new(),
                report: self,
                room: *room,
            }
            .write(i > 0);
            if text.len() <= MOST_BYTES {
                break;
            }
        }
        text
    }
}

struct Writer<'a> {
    out: String,
    report: &'a Report,
    room: Room,
}

impl Writer<'_> {
    fn write(mut self, is_shortened: bool) -> String {
        self.headline();
        self.deploy();
        if is_shortened {
            self.paragraph("This report was shortened to fit: the JSON report has everything.");
        }
        self.criteria();
        self.reasons();
        self.outlook();
        self.watch();
        self.changed();
        self.pre_existing();
        self.informational();
        self.not_verified();
        self.coverage();
        self.next_steps();
        self.evidence();
        self.footer();
        self.out
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn heading(&mut self, text: &str) {
        self.push(&format!("\n### {text}\n\n"));
    }

    fn paragraph(&mut self, text: &str) {
        self.push(&format!("\n{text}\n"));
    }

    fn item(&mut self, text: &str) {
        self.push(&format!("- {text}\n"));
    }

    /// A foreign word in a code span.
    fn code(&self, text: &str) -> String {
        code(text, self.room.text)
    }

    /// A sentence that may hold foreign words.
    fn sentence(&self, text: &str) -> String {
        markdown(text, self.room.text)
    }

    fn left_out(&mut self, all: usize, shown: usize, what: &str) {
        if all > shown {
            self.push(&format!("\n{} more {what} left out here.\n", all - shown));
        }
    }

    fn headline(&mut self) {
        let report = self.report;
        let verdict = words::verdict(report.verdict, report.lean);
        let confidence = self.sentence(&report.confidence);
        self.push(&format!("## {verdict}\n"));
        if !confidence.is_empty() {
            self.paragraph(&format!("**Confidence**: {confidence}"));
        }
        self.watch_line();
        let subject = words::subject(report);
        if !subject.is_empty() {
            let subject = self.code(&subject);
            self.paragraph(&subject);
        }
        self.push("\n");
        for (name, side) in [
            ("Baseline", &report.sides.baseline),
            ("Candidate", &report.sides.candidate),
        ] {
            let (revisions, traffic) = (self.code(&words::revisions(side)), words::traffic(side));
            self.item(&format!("{name}: {revisions}, {traffic}"));
        }
    }

    /// Which revisions were chosen, and why.
    fn deploy(&mut self) {
        let Some(deploy) = &self.report.deploy else { return };
        self.heading("Deploy");
        for text in deploy.chosen.iter().take(self.room.remarks) {
            let text = self.sentence(text);
            self.item(&text);
        }
        self.left_out(deploy.chosen.len(), self.room.remarks, "points");
    }

    fn criteria(&mut self) {
        let all = &self.report.criteria;
        if all.is_empty() {
            return;
        }
        self.heading("Criteria");
        for criterion in all.iter().take(self.room.criteria) {
            let (mark, word) = match criterion.met {
                Some(true) => ("[x]", ""),
                Some(false) => ("[ ]", ", **not met**"),
                None => ("[ ]", ", **not shown**"),
            };
            let (title, message) = (self.sentence(&criterion.title), self.sentence(&criterion.message));
            let level = words::criterion_level(criterion.level);
            self.item(&format!("{mark} {title} ({level}{word}): {message}"));
        }
        self.left_out(all.len(), self.room.criteria, "criteria");
    }

    fn reasons(&mut self) {
        let all = &self.report.reasons;
        if all.is_empty() {
            return;
        }
        self.heading("Why");
        for (i, reason) in all.iter().take(self.room.reasons).enumerate() {
            let (message, name) = (self.sentence(&reason.message), self.code(&reason.code));
            self.push(&format!(
                "{}. **{}**: {message} ({name})\n",
                i + 1,
                reason.asks_for.label()
            ));
            if let Some(signal) = &reason.signal {
                let (id, title) = (self.code(&signal.id), self.code(&signal.title));
                self.push(&format!("   - signal: {id} {title}\n"));
            }
            if let Some(range) = words::range(reason.first_seen, reason.last_seen) {
                self.push(&format!("   - seen {range}\n"));
            }
            if let Some(end) = &reason.ends_when {
                let end = self.sentence(end);
                self.push(&format!("   - ends when: {end}\n"));
            }
        }
        self.left_out(all.len(), self.room.reasons, "reasons");
    }

    /// What is missing until PROCEED, and the harm that is excluded so far.
    fn outlook(&mut self) {
        let report = self.report;
        let missing = report.missing();
        if !missing.is_empty() {
            self.heading("What is missing");
        }
        for text in missing {
            let text = self.sentence(text);
            self.item(&text);
        }
        if let Some(excluded) = report.excluded() {
            let text = self.sentence(&excluded);
            match report.missing().is_empty() {
                true => self.paragraph(&text),
                false => self.item(&text),
            }
        }
    }

    fn not_verified(&mut self) {
        let all = &self.report.not_verified;
        if all.is_empty() {
            return;
        }
        self.heading("Not verified");
        for item in all.iter().take(self.room.remarks) {
            let item = self.sentence(item);
            self.item(&item);
        }
        self.left_out(all.len(), self.room.remarks, "points");
    }

    fn coverage(&mut self) {
        self.heading("Coverage");
        let Sides { baseline, candidate } = &self.report.coverage;
        for (name, side) in [("Baseline", baseline), ("Candidate", candidate)] {
            let text = self.sentence(&words::coverage(side));
            self.item(&format!("{name}: {text}"));
            self.problems(side);
        }
        let told = words::doubts(self.report)
            .into_iter()
            .map(|c| ("**In doubt**", c))
            .chain(self.report.notes.iter().map(|n| ("Note", n)));
        let told: Vec<_> = told.collect();
        for (kind, concern) in told.iter().take(self.room.remarks) {
            let (message, name) = (self.sentence(&concern.message), self.code(&concern.code));
            self.item(&format!("{kind}: {message} ({name})"));
        }
        self.left_out(told.len(), self.room.remarks, "remarks");
    }

    fn problems(&mut self, side: &Coverage) {
        let all: Vec<_> = side
            .sources
            .iter()
            .flat_map(|s| s.problems.iter().map(move |p| (&s.name, p)))
            .collect();
        for (name, problem) in all.iter().take(self.room.problems) {
            let place = if problem.line > 0 {
                format!("{name}:{}", problem.line)
            } else {
                (*name).clone()
            };
            let (place, detail) = (self.code(&place), self.code(&problem.detail));
            self.push(&format!("  - {place} {}: {detail}\n", problem.reason.name()));
        }
        if all.len() > self.room.problems {
            self.push(&format!(
                "  - {} more places left out here\n",
                all.len() - self.room.problems
            ));
        }
    }

    /// Sentences as a list; commands and queries in fences, so that they can be copied.
    fn next_steps(&mut self) {
        let report = self.report;
        if report.next_steps.is_empty() && report.reasons.iter().all(|r| r.filter.is_none()) {
            return;
        }
        self.heading("Next steps");
        for step in report.next_steps.iter().take(self.room.remarks) {
            match step.strip_prefix("$ ") {
                Some(command) => self.copyable(command, "sh", MOST_COMMAND),
                None => {
                    let step = self.sentence(step);
                    self.item(&step);
                }
            }
        }
        let shown = report.reasons.iter().take(self.room.reasons).enumerate();
        for (number, filter) in shown.filter_map(|(i, r)| Some((i + 1, r.filter.as_deref()?))) {
            self.paragraph(&format!("Logs Explorer query for reason {number}:"));
            self.copyable(filter, "", self.room.text.max(MOST_COMMAND / 2));
        }
    }

    /// A fence to copy from: whole or not at all, for half a command may do harm.
    fn copyable(&mut self, text: &str, language: &str, most: usize) {
        if terminal(text).chars().count() > most {
            self.paragraph("(Too long to show here: it stands in the JSON report.)");
        } else {
            self.push(&format!("\n{}", fenced(text, language, usize::MAX)));
        }
    }

    fn footer(&mut self) {
        let text = self.sentence(&words::made_by(self.report));
        self.push(&format!("\n---\n\n{text}\n"));
    }
}
