//! What was decided, in HTML: which revisions were chosen, the reasons, what is missing, the criteria.

use super::Writer;
use super::parts::{block, code, folded};
use crate::model::thousands;
use crate::report::escape::html;
use crate::report::value::Reason;
use crate::report::words;

impl Writer<'_> {
    /// Which revisions were chosen, and why.
    pub(super) fn deploy(&mut self) {
        let Some(deploy) = &self.report.deploy else { return };
        let items: Vec<String> = deploy.chosen.iter().map(|text| html(text)).collect();
        self.section("deploy", "Deploy", |page| page.list(&items, "points"));
    }

    pub(super) fn reasons(&mut self) {
        let all = &self.report.reasons;
        if all.is_empty() {
            return;
        }
        let items: Vec<String> = all.iter().map(reason).collect();
        let (open, rest) = items.split_at(items.len().min(super::MOST_OPEN));
        self.section("why", "Why", |page| {
            page.push(&format!("<ol>\n{}</ol>\n", open.concat()));
            if !rest.is_empty() {
                let summary = format!("{} more reasons", thousands(rest.len() as u64));
                let list = format!("<ol start=\"{}\">\n{}</ol>\n", open.len() + 1, rest.concat());
                page.push(&folded(&summary, &list));
            }
        });
    }

    /// What is missing until PROCEED, and the harm that is excluded so far.
    pub(super) fn outlook(&mut self) {
        let missing = self.report.missing().into_iter().map(html);
        let items: Vec<String> = missing.chain(self.report.excluded().map(|e| html(&e))).collect();
        if !items.is_empty() {
            self.section("missing", "What is missing and what is excluded", |page| {
                page.list(&items, "points");
            });
        }
    }

    pub(super) fn criteria(&mut self) {
        let all = &self.report.criteria;
        if all.is_empty() {
            return;
        }
        let item = |criterion: &crate::report::Criterion| {
            let (class, word) = match criterion.met {
                Some(true) => ("met", "met"),
                Some(false) => ("broken", "not met"),
                None => ("open", "not shown"),
            };
            let (title, message) = (html(&criterion.title), html(&criterion.message));
            let level = words::criterion_level(criterion.level);
            format!("<strong class=\"state {class}\">{word}</strong> {title} ({level}): {message}")
        };
        let items: Vec<String> = all.iter().map(item).collect();
        self.section("criteria", "Criteria", |page| {
            page.push("<div class=\"checks\">\n");
            page.list(&items, "criteria");
            page.push("</div>\n");
        });
    }
}

/// One reason as a list item, with all that stands behind it.
fn reason(reason: &Reason) -> String {
    let (label, message) = (reason.asks_for.label(), html(&reason.message));
    let mut out = format!(
        "<li><p><strong>{label}</strong>: {message} ({})</p>\n",
        code(&reason.code)
    );
    let mut facts: Vec<(&str, String)> = Vec::new();
    if let Some(signal) = &reason.signal {
        facts.push(("signal", format!("{} {}", code(&signal.id), code(&signal.title))));
    }
    if let Some(range) = words::range(reason.first_seen, reason.last_seen) {
        facts.push(("seen", html(&range)));
    }
    if let Some(end) = &reason.ends_when {
        facts.push(("ends when", html(end)));
    }
    if !facts.is_empty() {
        let facts: String = facts
            .iter()
            .map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n"))
            .collect();
        out.push_str(&format!("<dl>\n{facts}</dl>\n"));
    }
    if let Some(filter) = &reason.filter {
        out.push_str(&folded("Logs Explorer query", &block(filter)));
    }
    out.push_str("</li>\n");
    out
}
