//! The pieces that the sections are made of: code, lists, tables. What they take as markup has been escaped.

use std::fmt::Write;

use crate::model::thousands;
use crate::report::escape::{cut, html, html_lines};

/// Most characters of a title, id or name within a table.
const MOST_TITLE: usize = 300;

/// A foreign word, set apart from our own and from the direction of its letters.
pub(super) fn code(text: &str) -> String {
    match text {
        "" => "(empty)".to_owned(),
        text => format!("<code>{}</code>", html(text)),
    }
}

/// The same, not longer than a table can bear.
pub(super) fn short_code(text: &str) -> String {
    code(&cut(text, MOST_TITLE))
}

/// Text to copy or to read as it was written, in lines.
pub(super) fn block(text: &str) -> String {
    format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", html_lines(text))
}

/// Folded away until somebody wants it; `inside` is markup.
pub(super) fn folded(summary: &str, inside: &str) -> String {
    format!("<details>\n<summary>{}</summary>\n{inside}</details>\n", html(summary))
}

/// A list of markup items: the first ones, and the others folded away.
pub(super) fn list(items: &[String], most: usize, what: &str) -> String {
    let (open, rest) = items.split_at(items.len().min(most));
    let mut out = bullets(open);
    if !rest.is_empty() {
        let summary = format!("{} more {what}", thousands(rest.len() as u64));
        out.push_str(&folded(&summary, &bullets(rest)));
    }
    out
}

fn bullets(items: &[String]) -> String {
    let items: String = items.iter().map(|item| format!("<li>{item}</li>\n")).collect();
    match items.is_empty() {
        true => items,
        false => format!("<ul>\n{items}</ul>\n"),
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    /// Words.
    Text(&'static str),
    /// Numbers, aligned at their end.
    Number(&'static str),
    /// What the row is about: a header for those who hear the table.
    Row(&'static str),
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Column::Text(title) | Column::Number(title) | Column::Row(title) => title,
        }
    }
}

/// A table under construction.
pub(super) struct Table {
    out: String,
    columns: &'static [Column],
}

impl Table {
    /// A table that scrolls within itself where it is too wide; `class` is for style and script.
    pub(super) fn new(caption: &str, class: &str, columns: &'static [Column]) -> Table {
        let caption = html(caption);
        let mut out = format!(
            "<div class=\"scroll\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">\n\
             <table class=\"{class}\">\n<caption>{caption}</caption>\n<thead><tr>"
        );
        for column in columns {
            let class = match column {
                Column::Number(_) => " class=\"n\"",
                Column::Text(_) | Column::Row(_) => "",
            };
            let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", html(column.title()));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        Table { out, columns }
    }

    /// A row of markup cells, each with the number to sort by where its text will not do.
    pub(super) fn row<const N: usize>(&mut self, cells: [(String, Option<f64>); N]) {
        self.out.push_str("<tr>");
        for ((cell, sort), column) in cells.iter().zip(self.columns) {
            let sort = sort.map_or_else(String::new, |number| format!(" data-v=\"{number}\""));
            let _ = match column {
                Column::Row(_) => write!(self.out, "<th scope=\"row\"{sort}>{cell}</th>"),
                Column::Text(_) => write!(self.out, "<td{sort}>{cell}</td>"),
                Column::Number(_) => write!(self.out, "<td class=\"n\"{sort}>{cell}</td>"),
            };
        }
        self.out.push_str("</tr>\n");
    }

    pub(super) fn finish(mut self) -> String {
        self.out.push_str("</tbody>\n</table>\n</div>\n");
        self.out
    }
}

/// A cell of our own words, sorted by them.
pub(super) fn words(text: &str) -> (String, Option<f64>) {
    (html(text), None)
}

/// A cell that shows one thing and sorts by another.
pub(super) fn sorted(text: &str, by: f64) -> (String, Option<f64>) {
    (html(text), by.is_finite().then_some(by))
}
