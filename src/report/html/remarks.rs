//! What surrounds the verdict, in HTML: what was not verified, coverage, doubts, next steps.

use super::Writer;
use super::parts::{block, code};
use crate::profile::Coverage;
use crate::report::escape::html;
use crate::report::value::Sides;
use crate::report::words;

impl Writer<'_> {
    pub(super) fn not_verified(&mut self) {
        let items: Vec<String> = self.report.not_verified.iter().map(|text| html(text)).collect();
        if !items.is_empty() {
            self.section("not-verified", "Not verified", |page| page.list(&items, "points"));
        }
    }

    pub(super) fn coverage(&mut self) {
        let report = self.report;
        let Sides { baseline, candidate } = &report.coverage;
        let doubts = words::doubts(report).into_iter().map(|c| ("In doubt", c));
        let told = doubts.chain(report.notes.iter().map(|n| ("Note", n)));
        let remark = |(kind, concern): (&str, &crate::profile::Concern)| {
            format!(
                "<strong>{kind}</strong>: {} ({})",
                html(&concern.message),
                code(&concern.code)
            )
        };
        let remarks: Vec<String> = told.map(remark).collect();
        self.section("coverage", "Coverage", |page| {
            for (name, side) in [("Baseline", baseline), ("Candidate", candidate)] {
                page.paragraph(&format!("{name}: {}", words::coverage(side)));
                page.list(&problems(side), "places");
            }
            page.list(&remarks, "remarks");
        });
    }

    /// Sentences as paragraphs; commands in blocks, so that they can be copied.
    pub(super) fn next_steps(&mut self) {
        let steps = &self.report.next_steps;
        if steps.is_empty() {
            return;
        }
        self.section("next-steps", "Next steps", |page| {
            for step in steps {
                match step.strip_prefix("$ ") {
                    Some(command) => page.push(&block(command)),
                    None => page.paragraph(step),
                }
            }
        });
    }
}

/// The places of each problem, as `file:line`.
fn problems(side: &Coverage) -> Vec<String> {
    let all = side
        .sources
        .iter()
        .flat_map(|s| s.problems.iter().map(|p| (&s.name, p)));
    let item = |(name, problem): (&String, &crate::ingest::Problem)| {
        let place = match problem.line {
            0 => name.clone(),
            line => format!("{name}:{line}"),
        };
        format!(
            "{} {}: {}",
            code(&place),
            html(problem.reason.name()),
            code(&problem.detail)
        )
    };
    all.map(item).collect()
}
