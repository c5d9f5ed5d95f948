//! The one place that makes foreign text harmless: for terminals, Markdown (GitHub's), HTML, CSV and chat services.
//!
//! Input: any text, above all text from logs, titles of user packs, names of files. Output: text that a reader sees as
//! it was written, but that no terminal, Markdown or HTML processor acts upon. It must not shorten (but [`cut`] does)
//! and must not redact (see [`super::redact`]).
//!
//! Characters that cannot be seen are shown as `\n`, `\u{1b}` and so on. In Markdown, foreign text belongs into
//! [`code`], [`cell_code`] or [`fenced`], where nothing is interpreted; [`markdown`] is for sentences of our own that
//! may hold a foreign word.

mod chat;
mod csv;

use std::fmt::Write;

pub use chat::{google_chat, slack};
pub use csv::csv;

/// Zero-width space as an entity: splits what GitHub would turn into a mention, reference or link.
const SPLIT: &str = "&#8203;";

/// Whether a character acts without being seen: controls (C0, DEL, C1), separators of lines, marks that turn the
/// direction of text, invisible fillers and tags.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_unseen(c) => {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// Text for one line of a terminal: no control characters, no line breaks, no change of direction.
pub fn terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_visible(&mut out, c));
    out
}

/// The first `max` characters, with `…` in place of the last one when something is missing.
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().nth(max).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A Markdown code span of at most `max` characters of text: one line, nothing in it is interpreted.
pub fn code(text: &str, max: usize) -> String {
    let text = cut(&terminal(text), max);
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    // One blank on each side is stripped again by Markdown; it keeps backticks of the text apart from the fence.
    let touches_fence = text.starts_with('`') || text.ends_with('`');
    let would_be_stripped = text.starts_with(' ') && text.ends_with(' ') && !text.trim_matches(' ').is_empty();
    let pad = if touches_fence || would_be_stripped { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A code span inside a table cell, where a pipe would end the cell even within code.
pub fn cell_code(text: &str, max: usize) -> String {
    let span = code(text, max);
    let mut out = String::with_capacity(span.len());
    let mut previous = ' ';
    for c in span.chars() {
        match c {
            // `\\|` is read in two ways by Markdown processors: avoid it.
            '|' if previous == '\\' => out.push_str("\\u{7c}"),
            '|' => out.push_str("\\|"),
            c => out.push(c),
        }
        previous = c;
    }
    out
}

/// A fenced code block of at most `max` characters of text. Line breaks stay, everything else unseen is shown.
pub fn fenced(text: &str, language: &str, max: usize) -> String {
    let mut body = String::with_capacity(text.len());
    for (i, line) in text.replace("\r\n", "\n").split('\n').enumerate() {
        if i > 0 {
            body.push('\n');
        }
        body.push_str(guard(line));
        line.chars().for_each(|c| push_visible(&mut body, c));
    }
    let body = cut(&body, max);
    let fence = "`".repeat((longest_run(&body, '`') + 1).max(3));
    format!("{fence}{language}\n{body}\n{fence}\n")
}

/// A blank before a line of foreign text that begins like a verdict of ours: whoever looks for the verdict at the start of
/// a line must not find that one.
fn guard(line: &str) -> &'static str {
    const OURS: [&str; 5] = ["VERDICT", "PROCEED", "HOLD", "ROLL BACK", "ROLL_BACK"];
    let begins = |word: &str| {
        let start = line.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if OURS.iter().any(|word| begins(word)) { " " } else { "" }
}

fn longest_run(text: &str, wanted: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Text inside a Markdown paragraph, list item or table cell, of at most `max` characters: shown as it is, without
/// emphasis, links, mentions, references, HTML, code, mathematics, emoji or blocks.
pub fn markdown(text: &str, max: usize) -> String {
    let text: Vec<char> = cut(&terminal(text), max).chars().collect();
    let mut out = String::with_capacity(text.len() * 2);
    for (i, &c) in text.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| text[i]);
        let after = text.get(i + 1).copied();
        if must_encode(c, &text[..i], after) {
            // An entity is text to every Markdown processor, whatever stands around it.
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
        if must_split(c, before, after) || ends_www(&text[..=i]) || ends_advisory(&text[..=i], after) {
            out.push_str(SPLIT);
        }
    }
    split_commit_ids(&out)
}

/// Whether a character could begin markup where it stands.
fn must_encode(c: char, before: &[char], after: Option<char>) -> bool {
    match c {
        '\\' | '`' | '*' | '_' | '~' | '[' | ']' | '<' | '>' | '&' | '|' | '$' | '{' | '}' | '^' => true,
        '#' | '+' | '-' | '=' => before.is_empty(),
        // `1.` and `1)` at the start of a line begin a list.
        '.' | ')' => !before.is_empty() && before.iter().all(char::is_ascii_digit),
        '!' => after == Some('['),
        ' ' => before.is_empty() || after.is_none(),
        _ => false,
    }
}

/// Whether a zero-width space must follow: mentions, issue and commit references, URLs, e-mail addresses, emoji names.
fn must_split(c: char, before: Option<char>, after: Option<char>) -> bool {
    match c {
        '@' => true,
        '#' => after.is_some_and(|a| a.is_alphanumeric() || a == '_'),
        ':' => {
            after.is_some_and(|a| a == '/' || a == '+' || a == '-' || a == '_' || a.is_ascii_alphabetic())
                || (after.is_some_and(|a| a.is_ascii_digit()) && !before.is_some_and(|b| b.is_ascii_digit()))
        }
        // `GH-12` refers to an issue.
        'H' | 'h' => before.is_some_and(|b| b.eq_ignore_ascii_case(&'g')) && after == Some('-'),
        _ => false,
    }
}

fn ends_www(text: &[char]) -> bool {
    matches!(text, [.., a, b, c] if [a, b, c].iter().all(|c| c.eq_ignore_ascii_case(&'w')))
}

/// `GHSA-...` and `CVE-...` refer to security advisories.
fn ends_advisory(text: &[char], after: Option<char>) -> bool {
    let ends_with = |word: &str| {
        let start = text.len().checked_sub(word.len());
        start.is_some_and(|start| {
            text[start..]
                .iter()
                .zip(word.chars())
                .all(|(a, b)| a.eq_ignore_ascii_case(&b))
        })
    };
    after == Some('-') && (ends_with("cve") || ends_with("ghsa"))
}

/// GitHub links words of 7 to 40 hexadecimal digits to commits. A word of decimal digits alone is left: it is a count.
fn split_commit_ids(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..].find(|c| !is_word(c)).map_or(rest.len(), |n| start + n);
        let word = &rest[start..end];
        let is_hex = word.bytes().all(|b| b.is_ascii_hexdigit()) && word.bytes().any(|b| b.is_ascii_alphabetic());
        out.push_str(&rest[..start]);
        if is_hex && word.len() >= 7 && word.bytes().any(|b| b.is_ascii_digit()) {
            // Every piece is too short: with one split the rest could still be an id, behind a digit put before it.
            let pieces: Vec<&str> = (0..word.len())
                .step_by(6)
                .map(|i| &word[i..word.len().min(i + 6)])
                .collect();
            out.push_str(&pieces.join(SPLIT));
        } else {
            out.push_str(word);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// Text for HTML, between tags or inside a quoted attribute.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_html(&mut out, text);
    out
}

/// Text for HTML's `pre`: line breaks stay, everything else unseen is shown.
pub fn html_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, line) in text.replace("\r\n", "\n").split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out.push_str(guard(line));
        push_html(&mut out, line);
    }
    out
}

fn push_html(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            '=' => out.push_str("&#61;"),
            c => push_visible(out, c),
        }
    }
}

#[cfg(test)]
#[path = "escape_tests.rs"]
mod tests;
