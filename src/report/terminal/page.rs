//! Lines for a terminal: wraps, indents, paints, and escapes whatever passes.

use comfy_table::{ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::escape;

/// Narrower than this, lines are wrapped as if the terminal were this wide: the rest would be unreadable.
const LEAST_WIDTH: usize = 60;

/// How to render for a terminal. The caller knows the terminal; the report does not ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to use colours (SGR sequences).
    pub color: bool,
}

impl Default for Style {
    fn default() -> Self {
        Style {
            width: 80,
            color: false,
        }
    }
}

/// What a painted line tells, besides its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Paint {
    Good,
    Doubtful,
    Bad,
    Heading,
}

impl Paint {
    /// Select Graphic Rendition (ECMA-48): bold green, yellow, red; bold.
    fn sgr(self) -> &'static str {
        match self {
            Paint::Good => "\u{1b}[1;32m",
            Paint::Doubtful => "\u{1b}[1;33m",
            Paint::Bad => "\u{1b}[1;31m",
            Paint::Heading => "\u{1b}[1m",
        }
    }
}

/// A page under construction.
pub(in crate::report) struct Page {
    out: String,
    style: Style,
}

impl Page {
    pub(in crate::report) fn new(style: Style) -> Page {
        let width = style.width.max(LEAST_WIDTH);
        Page {
            out: String::new(),
            style: Style { width, ..style },
        }
    }

    pub(in crate::report) fn width(&self) -> usize {
        self.style.width
    }

    pub(in crate::report) fn finish(self) -> String {
        self.out
    }

    pub(in crate::report) fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A line in a colour of its own, without indent.
    pub(in crate::report) fn painted(&mut self, paint: Paint, text: &str) {
        let text = fit(&escape::terminal(text), self.style.width);
        if self.style.color {
            self.out.push_str(paint.sgr());
            self.out.push_str(&text);
            self.out.push_str("\u{1b}[0m");
        } else {
            self.out.push_str(&text);
        }
        self.out.push('\n');
    }

    /// A heading after a blank line.
    pub(in crate::report) fn heading(&mut self, text: &str) {
        self.blank();
        self.painted(Paint::Heading, text);
    }

    /// One line, cut where it does not fit.
    pub(in crate::report) fn line(&mut self, text: &str) {
        self.out.push_str(&fit(&escape::terminal(text), self.style.width));
        self.out.push('\n');
    }

    /// Text wrapped to the width: `first` before its first line, `rest` before the others. At least one of the page's
    /// own blanks stands before every line but an unindented first, so that no wrapped text looks like a line of ours.
    pub(in crate::report) fn text(&mut self, first: &str, rest: &str, text: &str) {
        let first = if first.is_empty() { "  " } else { first };
        let text = escape::terminal(text);
        let room = self.style.width - rest.width();
        let mut line = first.to_owned();
        let mut used = first.width();
        let mut is_empty = true;
        for word in text.split(' ').filter(|w| !w.is_empty()).flat_map(|w| chunks(w, room)) {
            if !is_empty && used + 1 + word.width() > self.style.width {
                self.push_line(&line);
                line = rest.to_owned();
                (used, is_empty) = (rest.width(), true);
            }
            if !is_empty {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += word.width();
            is_empty = false;
        }
        self.push_line(&line);
    }

    /// Lines as they are, for copying: indented, never wrapped or cut.
    pub(in crate::report) fn verbatim(&mut self, indent: &str, text: &str) {
        for line in text.split('\n') {
            self.push_line(&format!("{indent}{}", escape::terminal(line)));
        }
    }

    /// A block that somebody else laid out from escaped text.
    pub(in crate::report) fn block(&mut self, indent: &str, text: &str) {
        for line in text.lines() {
            self.push_line(&format!("{indent}{line}"));
        }
    }

    /// An empty table as wide as the page, indented by one: no lines but the one under the header.
    pub(in crate::report) fn table(&self) -> Table {
        let style = TableStyle::new()
            .header_lines(ContentLineStyle::none())
            .header_separator(LineStyle::none().fill('─').junction('─'))
            .content_lines(ContentLineStyle::none());
        let mut table = Table::new();
        table
            .load_style(style)
            .set_content_arrangement(ContentArrangement::Dynamic);
        table
            .set_width(u16::try_from(self.style.width - 1).unwrap_or(u16::MAX))
            .set_truncation_indicator("…");
        table
    }

    /// Says how many items a list leaves out, if any.
    pub(in crate::report) fn left_out(&mut self, all: usize, shown: usize, what: &str) {
        if all > shown {
            self.push_line(&format!("  ({} more {what}: see the JSON report)", all - shown));
        }
    }

    fn push_line(&mut self, line: &str) {
        self.out.push_str(line.trim_end_matches(' '));
        self.out.push('\n');
    }
}

/// The text, cut with `…` to at most `width` columns.
pub(in crate::report) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let mut out: String = text
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= width
        })
        .collect();
    out.push('…');
    out
}

/// A word in pieces that fit `width` columns.
fn chunks(word: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (i, c) in word.char_indices() {
        let columns = c.width().unwrap_or(0);
        if used + columns > width && i > start {
            pieces.push(&word[start..i]);
            (start, used) = (i, 0);
        }
        used += columns;
    }
    pieces.push(&word[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<String> {
        let mut page = Page::new(Style { width, color: false });
        page.text("  - ", "    ", text);
        page.finish().lines().map(str::to_owned).collect()
    }

    #[test]
    fn text_wraps_at_the_width() {
        let lines = wrapped("one two three four five six seven eight nine ten eleven twelve", 60);
        assert_eq!(
            lines,
            [
                "  - one two three four five six seven eight nine ten eleven",
                "    twelve"
            ]
        );
        assert_eq!(wrapped("", 60), ["  -"]);
        assert_eq!(wrapped("a", 3), ["  - a"]);
    }

    #[test]
    fn long_words_and_wide_characters_are_broken() {
        let lines = wrapped(&"x".repeat(150), 60);
        assert_eq!(lines.len(), 3);
        let wide = wrapped(&"世".repeat(80), 60);
        assert!(wide.iter().all(|l| l.width() <= 60) && wide.len() > 2, "{wide:?}");
    }

    #[test]
    fn cut_text_fits() {
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdefg", 6), "abcde…");
        assert!(fit("世界世界", 5).width() <= 5);
        assert_eq!(fit("", 0), "");
    }
}
