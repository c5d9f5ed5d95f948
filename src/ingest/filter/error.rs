//! Why a filter cannot be used, and what is odd about one that can: each with its place in the text.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::syntax::Span;

/// Columns of the filter that are shown around a place.
const SHOWN_CHARS: usize = 100;

/// A filter that does not parse, or that names what a LogEntry does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// Line of the filter, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// What to write instead.
    pub hint: String,
    /// The line as it is shown, and the caret below it.
    shown: [String; 2],
}

/// A filter that can be used, but may not mean what it seems to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// How it is read.
    pub message: String,
    /// Line of the filter, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
}

/// What is wrong with a part of the text; the parser's own error, until the text is at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub span: Span,
    pub message: String,
    pub hint: String,
}

impl Fault {
    pub fn new(span: Span, message: impl Into<String>, hint: impl Into<String>) -> Fault {
        Fault {
            span,
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl FilterError {
    /// The error of a fault in this text.
    pub(super) fn new(text: &str, fault: Fault) -> FilterError {
        let (line, column) = place(text, fault.span.start);
        let shown = show(text, fault.span, column);
        FilterError {
            message: fault.message,
            line,
            column,
            hint: fault.hint,
            shown,
        }
    }

    /// Two lines that show the place: the line of the filter, and a caret under the place. Foreign text: escape before showing.
    pub fn picture(&self) -> &[String; 2] {
        &self.shown
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (line {}, column {})", self.message, self.line, self.column)
    }
}

impl std::error::Error for FilterError {}

impl Warning {
    pub(super) fn new(text: &str, span: Span, message: String) -> Warning {
        let (line, column) = place(text, span.start);
        Warning { message, line, column }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (line {}, column {})", self.message, self.line, self.column)
    }
}

/// Line and column of an offset, each from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

/// The line of a span, shortened to what is around it, and carets under the part of the span that is in it.
fn show(text: &str, span: Span, column: usize) -> [String; 2] {
    let at = span.start.min(text.len());
    let start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let line = text[start..].split('\n').next().unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    let skipped = (column - 1).saturating_sub(SHOWN_CHARS / 2);
    // One column for each character that could move the caret: a tab or a control is shown as a blank.
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let shown: String = line.chars().skip(skipped).take(SHOWN_CHARS).map(plain).collect();
    let before: String = shown.chars().take(column - 1 - skipped).collect();
    let marked = span.end.min(start + line.len()).saturating_sub(at);
    let marked = line.get(at - start..at - start + marked).unwrap_or_default();
    let rest: String = shown
        .chars()
        .skip(before.chars().count())
        .take(marked.chars().count())
        .collect();
    let caret = format!("{}{}", " ".repeat(before.width()), "^".repeat(rest.width().max(1)));
    [shown, caret]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str, start: usize, end: usize) -> FilterError {
        FilterError::new(text, Fault::new(Span { start, end }, "odd", "write another"))
    }

    #[test]
    fn the_place_is_shown_in_its_line() {
        let error = error("a=1\nb = é ~x\nc", 11, 13);
        assert_eq!((error.line, error.column), (2, 7));
        assert_eq!(error.picture(), &["b = é ~x".to_owned(), "      ^^".to_owned()]);
        assert_eq!(error.to_string(), "odd (line 2, column 7)");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}\t!{}", "x".repeat(300), "y".repeat(300));
        let error = error(&text, 301, 302);
        assert_eq!(error.column, 302);
        let [line, caret] = error.picture();
        assert_eq!(line.chars().count(), SHOWN_CHARS);
        assert_eq!(line.chars().nth(caret.len() - 1), Some('!'));
    }

    #[test]
    fn the_end_of_a_text_is_a_place() {
        let error = error("ab", 2, 2);
        assert_eq!((error.column, error.picture()[1].as_str()), (3, "  ^"));
        assert_eq!(super::place("", 0), (1, 1));
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(error("日本 x", 7, 8).picture()[1], "     ^");
    }
}
