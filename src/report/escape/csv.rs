//! Text for a cell of CSV, which spreadsheets open: a cell must not become a formula.
//!
//! Input: any text. Output: a quoted cell on one line. It must not shorten.

use super::terminal;

/// A cell of CSV (RFC 4180), always quoted. Where a spreadsheet would take the text for a formula, an apostrophe stands
/// before it: at the start, and behind what other spreadsheets separate cells by.
pub fn csv(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    if text.starts_with(['\t', '\r', '\n']) {
        out.push('\'');
    }
    let mut at_start = true;
    for c in terminal(text).chars() {
        if at_start && begins_formula(c) {
            out.push('\'');
        }
        // Blanks and quotes may be taken away by a reader, and what follows them is then the start.
        at_start = c == ';' || (at_start && (c.is_whitespace() || c == '"'));
        if c == '"' {
            out.push('"');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Also the wide forms, which some spreadsheets read as the narrow ones.
fn begins_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

#[cfg(test)]
mod tests {
    use super::csv;

    #[test]
    fn cells_are_quoted_lines() {
        assert_eq!(csv("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(csv("a\r\nVERDICT: PROCEED"), "\"a\\r\\nVERDICT: PROCEED\"");
        assert_eq!(csv(""), "\"\"");
    }

    #[test]
    fn formulas_are_text() {
        for start in ["=", "+", "-", "@", "\t=", "\r", "\n", " =", "\" =", "＝", "＠"] {
            let cell = csv(&format!("{start}1"));
            let first = cell[1..].trim_start_matches([' ', '"']);
            assert!(first.starts_with('\''), "{start:?}: {cell}");
        }
        assert_eq!(csv("a;=1;b"), "\"a;'=1;b\"");
        assert_eq!(csv("rate-limit = 3 @ 5"), "\"rate-limit = 3 @ 5\"");
    }
}
