//! The report as one HTML file: readable without network, script or colour; light and dark, on paper, by a screen reader.
//!
//! Input: a report. Output: a whole document. Every text passes [`super::escape`] on its way in. The script only adds
//! sorting and filtering; a content security policy lets nothing else run and nothing be loaded, so that a text that
//! broke out could still do nothing.

mod charts;
mod findings;
mod judgement;
mod page;
mod parts;
mod remarks;
mod svg;
#[cfg(test)]
pub(super) mod tests;
mod watch;

use super::escape::html;
use super::value::Report;

/// Most items of a list or rows of a table before the rest is folded away.
const MOST_OPEN: usize = 50;

impl Report {
    /// Renders the report as one self-contained HTML document.
    pub fn to_html(&self) -> String {
        let mut writer = Writer {
            out: String::new(),
            contents: Vec::new(),
            report: self,
        };
        writer.body();
        page::document(self, &writer)
    }
}

/// The main part of the document under construction.
struct Writer<'a> {
    out: String,
    /// Ids and titles of the sections so far, for the table of contents.
    contents: Vec<(&'static str, &'static str)>,
    report: &'a Report,
}

impl Writer<'_> {
    fn body(&mut self) {
        self.deploy();
        self.reasons();
        self.outlook();
        self.criteria();
        self.changed();
        self.watch();
        self.charts();
        self.pre_existing();
        self.informational();
        self.not_verified();
        self.coverage();
        self.next_steps();
        self.evidence();
        self.all_signals();
    }

    /// Adds markup: texts in it have been escaped.
    fn push(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    /// A section of the table of contents.
    fn section(&mut self, id: &'static str, title: &'static str, inside: impl FnOnce(&mut Self)) {
        self.contents.push((id, title));
        let heading = html(title);
        self.push(&format!(
            "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{heading}</h2>\n"
        ));
        inside(self);
        self.push("</section>\n");
    }

    /// A sentence as a paragraph.
    fn paragraph(&mut self, text: &str) {
        self.push(&format!("<p>{}</p>\n", html(text)));
    }

    /// Markup of list items; what is beyond [`MOST_OPEN`] is folded away.
    fn list(&mut self, items: &[String], what: &str) {
        self.push(&parts::list(items, MOST_OPEN, what));
    }
}
