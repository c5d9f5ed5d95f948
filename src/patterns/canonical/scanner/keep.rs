//! The masks that keep a number because it carries meaning: `keep-status`, `keep-reason`, `keep-code`.
//!
//! Each asks, of the run of digits at `number` in the text, whether the mask writes its mark before it. Words before the
//! digits are read backwards: digits are rarer than the words.

use super::bytes::{ALNUM, DIGIT, GLUE, LETTER, WORD, at, boundary, is, run, run_back};

/// `keep-status`: whether the digits `number..end` are a status, an exit code, a signal or an error number.
pub fn status(text: &[u8], number: usize, end: usize) -> bool {
    if end - number > 4 || at(text, end, WORD) {
        return false;
    }
    let before = &text[..number];
    let before = before.strip_suffix(b"-").unwrap_or(before);
    let before = strip_quote(before);
    let glued = run_back(before, 0, before.len(), GLUE);
    if !(1..=3).contains(&(before.len() - glued)) {
        return false;
    }
    let before = &before[..glued];
    keyword(strip_escaped_quote(before)) || linked(before).is_some_and(|before| keyword(strip_escaped_quote(before)))
}

fn strip_quote(text: &[u8]) -> &[u8] {
    match text {
        [rest @ .., b'"' | b'\''] => rest,
        _ => text,
    }
}

/// Without the `\\?["']?` at its end.
fn strip_escaped_quote(text: &[u8]) -> &[u8] {
    let text = strip_quote(text);
    text.strip_suffix(b"\\").unwrap_or(text)
}

/// Without the ` is`, ` was`, ` with` or ` of` at its end, if there is one.
fn linked(text: &[u8]) -> Option<&[u8]> {
    let words: [&[u8]; 4] = [b" is", b" was", b" with", b" of"];
    words.iter().find_map(|word| strip_caseless(text, word))
}

fn strip_caseless<'a>(text: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let (rest, end) = text.split_at_checked(text.len().checked_sub(word.len())?)?;
    end.eq_ignore_ascii_case(word).then_some(rest)
}

/// Whether the text ends in a word that a status, a code or a signal follows.
fn keyword(text: &[u8]) -> bool {
    let Some(last) = text.last() else {
        return false;
    };
    match last | 0x20 {
        b'e' => coded(text, b"code"),
        b's' => coded(text, b"status"),
        b'o' => whole(text, b"errno"),
        b'l' => whole(text, b"signal"),
        b't' => whole(text, b"exit"),
        b'd' => whole(text, b"exited"),
        b'p' => whole(text, b"http"),
        _ => versioned(text),
    }
}

fn whole(text: &[u8], word: &[u8]) -> bool {
    strip_caseless(text, word).is_some_and(|rest| boundary(text, rest.len()))
}

/// `code` and `status`, alone or behind a word such as `exit_`.
fn coded(text: &[u8], word: &[u8]) -> bool {
    let Some(rest) = strip_caseless(text, word) else {
        return false;
    };
    let joined = match rest {
        [rest @ .., b'_' | b'-'] => rest,
        _ => rest,
    };
    let words: [&[u8]; 10] = [
        b"error",
        b"exit",
        b"return",
        b"result",
        b"response",
        b"status",
        b"http",
        b"close",
        b"err",
        b"ret",
    ];
    boundary(text, rest.len()) || words.iter().any(|word| whole(joined, word))
}

/// `http/1.1`, masked already or not.
fn versioned(text: &[u8]) -> bool {
    let start = text.iter().rposition(|b| !(is(*b, DIGIT) || *b == b'.'));
    let end = match start {
        Some(start) if text[start] == b'/' && start + 1 < text.len() => start,
        _ => match strip_caseless(text, b"/<num>") {
            Some(rest) => rest.len(),
            None => return false,
        },
    };
    whole(&text[..end], b"http")
}

/// `keep-reason`: whether the digits `number..end` are a status before its reason phrase.
pub fn reason(text: &[u8], number: usize, end: usize) -> bool {
    let free = number == 0 || is(text[number - 1], GLUE);
    if end - number != 3 || !matches!(text[number], b'4' | b'5') || !free {
        return false;
    }
    let rest = text[end..].strip_prefix(b":").unwrap_or(&text[end..]);
    let Some(phrase) = rest.strip_prefix(b" ") else {
        return false;
    };
    matches!(
        &phrase[..run(phrase, 0, WORD)],
        b"Bad"
            | b"Unauthorized"
            | b"Payment"
            | b"Forbidden"
            | b"Not"
            | b"Method"
            | b"Request"
            | b"Conflict"
            | b"Gone"
            | b"Unprocessable"
            | b"Too"
            | b"Internal"
            | b"Service"
            | b"Gateway"
    )
}

/// `keep-code`: where the second part of the error code starts whose digits are `number..end`: a mark stands before each.
pub fn code(text: &[u8], number: usize, end: usize) -> Option<usize> {
    let names: [&[u8]; 5] = [b"E", b"ORA-", b"TNS-", b"PLS-", b"SQLSTATE["];
    let named = |name: &&[u8]| text[..number].ends_with(name) && boundary(text, number - name.len());
    if !names.iter().any(named) {
        return None;
    }
    let digits = end - number;
    let (second, close) = if at(text, end, LETTER) && text[end].is_ascii_uppercase() && digits <= 5 {
        (end + 1, run(text, end + 1, DIGIT))
    } else {
        (end.min(number + 5), end)
    };
    let fits = digits >= 2 && close - second <= 3 && !at(text, close, ALNUM | WORD);
    fits.then_some(second)
}
