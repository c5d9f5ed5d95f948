//! From messages of one kind to a pack entry that knows them: a start for a person to finish, sound by the rules of
//! [`check`](super::check).
//!
//! Input: one or more messages, or a template as a report shows it. Output: TOML. The regex is tried on the messages.

use std::fmt::Write as _;

use regex::Regex;

use super::canonical::canonical;
use super::merge::{Text, merge};
use super::portable::portable;
use crate::model::shorten;

/// Bytes of text that a literal needs to carry a pattern alone.
const LITERAL_BYTES_MIN: usize = 8;
/// Longest title and name, in bytes.
const TITLE_BYTES_MAX: usize = 80;
const NAME_BYTES_MAX: usize = 40;
/// Words of a message that its name is made of.
const NAME_WORDS: usize = 4;
/// Words of a text whose runs are tried.
const RUN_WORDS_MAX: usize = 24;
/// Most examples written down.
const EXAMPLES_MAX: usize = 5;

/// Why nothing can be suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSuggestion {
    /// The messages are not of one kind: no template fits them all.
    NotOneKind,
    /// Too little of the message stays the same to know it by.
    NothingConstant,
}

/// A pack with one pattern, for messages of one kind.
///
/// # Errors
/// See [`NoSuggestion`].
pub fn suggest(messages: &[String]) -> Result<String, NoSuggestion> {
    let template = template(messages)?;
    let pieces = pieces(&template);
    // A template typed in is no message: an example is made of it.
    let is_template = pieces.iter().any(|p| matches!(p, Piece::Data(_))) && messages.contains(&template);
    let examples = match is_template {
        true => vec![pieces.iter().map(Piece::example).collect()],
        false => messages.iter().take(EXAMPLES_MAX).cloned().collect::<Vec<String>>(),
    };
    let regex = regex(&pieces, &examples).ok_or(NoSuggestion::NothingConstant)?;
    Ok(pack(&template, &pieces, &regex, &examples))
}

/// What all messages have in common.
fn template(messages: &[String]) -> Result<String, NoSuggestion> {
    let mut texts = Vec::with_capacity(messages.len());
    for message in messages {
        let mut text = String::new();
        canonical(message, &mut text);
        texts.push(text);
    }
    texts.sort();
    texts.dedup();
    if texts.len() == 1 {
        return Ok(texts.remove(0)); // with its typed placeholders
    }
    let inputs: Vec<Text<'_>> = texts.iter().map(|text| Text { class: "", text }).collect();
    let mut templates = merge(&inputs);
    templates.sort();
    templates.dedup();
    match templates.len() {
        1 => Ok(templates.remove(0)),
        _ => Err(NoSuggestion::NotOneKind),
    }
}

/// Part of a template.
enum Piece<'a> {
    Literal(&'a str),
    /// A placeholder, without its brackets.
    Data(&'a str),
}

impl Piece<'_> {
    fn regex(&self, strict: bool) -> String {
        let kind = match self {
            // Blanks stand for any white space: the template has lost the message's layout.
            Piece::Literal(text) => return regex::escape(text).replace(' ', r"[ \t\r\n]+"),
            Piece::Data(kind) => *kind,
        };
        let class = match kind {
            "num" => r"[-+]?[0-9][-+0-9.,eE]*",
            "uuid" => "[0-9a-fA-F-]{36}",
            "hex" => "[0-9a-zA-Z]+",
            "ip" => r"[0-9a-fA-F.:]+",
            "size" | "duration" => r"[-+]?[0-9][0-9a-zA-Z.]*",
            _ => ".{1,200}",
        };
        if strict { class } else { "(?s:.{1,500})" }.to_owned()
    }

    /// A value that the strict regex takes.
    fn example(&self) -> String {
        match self {
            Piece::Literal(text) => (*text).to_owned(),
            Piece::Data("uuid") => "3f2b8c1e-93aa-4a5f-9d1c-0a1b2c3d4e5f".to_owned(),
            Piece::Data("ip") => "192.0.2.1".to_owned(),
            Piece::Data("duration") => "30s".to_owned(),
            Piece::Data("size") => "512MiB".to_owned(),
            Piece::Data(_) => "17".to_owned(),
        }
    }
}

/// The parts of a template, data at either end left out: it tells nothing.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = vec![];
    let mut rest = template;
    while !rest.is_empty() {
        let start = rest.match_indices('<').find_map(|(at, _)| {
            let name = &rest[at + 1..];
            let end = name.find(|c: char| !(c.is_ascii_lowercase() || c == '*'))?;
            (end > 0 && name[end..].starts_with('>')).then_some((at, end))
        });
        let Some((at, length)) = start else {
            pieces.push(Piece::Literal(rest));
            break;
        };
        if at > 0 {
            pieces.push(Piece::Literal(&rest[..at]));
        }
        pieces.push(Piece::Data(&rest[at + 1..at + 1 + length]));
        rest = &rest[at + length + 2..];
    }
    let constant = |p: &Piece<'_>| matches!(p, Piece::Literal(text) if !text.trim().is_empty());
    let first = pieces.iter().position(constant).unwrap_or(pieces.len());
    let last = pieces.iter().rposition(constant).map_or(first, |i| i + 1);
    pieces.truncate(last);
    pieces.drain(..first.min(last));
    pieces
}

/// The first of these regexes, from strict to loose, that is portable and matches all examples: the whole template with
/// typed data, with any data, and the longest run of its words that all examples hold.
fn regex(pieces: &[Piece<'_>], examples: &[String]) -> Option<String> {
    let fits = |regex: &String| {
        let compiled = portable(regex).ok().and_then(|p| Regex::new(&p.translated).ok());
        compiled.is_some_and(|regex| examples.iter().all(|example| regex.is_match(example)))
    };
    let literals = || {
        pieces.iter().filter_map(|p| match p {
            Piece::Literal(text) => Some(text.trim()),
            Piece::Data(_) => None,
        })
    };
    if literals().map(str::len).sum::<usize>() < LITERAL_BYTES_MIN {
        return None;
    }
    let whole = |strict: bool| pieces.iter().map(|p| p.regex(strict)).collect::<String>();
    let mut runs: Vec<String> = literals().flat_map(runs_of_words).collect();
    runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
    let loose = runs.iter().map(|run| Piece::Literal(run).regex(true));
    [whole(true), whole(false)].into_iter().chain(loose).find(fits)
}

/// Every run of words that is long enough to know a message by. A text beyond [`RUN_WORDS_MAX`] words is cut.
fn runs_of_words(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split(' ').take(RUN_WORDS_MAX).collect();
    let starts = 0..words.len();
    let runs = starts.flat_map(|start| (start..words.len()).map(move |end| (start, end)));
    let runs = runs.map(|(start, end)| words[start..=end].join(" "));
    runs.filter(|run| run.len() >= LITERAL_BYTES_MIN).collect()
}

fn pack(template: &str, pieces: &[Piece<'_>], regex: &str, examples: &[String]) -> String {
    let mut title = template.to_owned();
    shorten(&mut title, TITLE_BYTES_MAX - '…'.len_utf8());
    let mut out = String::from(
        "# A start: change the name, title, category and level, say what it means, and link what to do about it.\n\
         schema = \"logverdict.pack/1\"\nname = \"own\"\nversion = \"1\"\ndescription = \"Messages of our own services.\"\n\n[[pattern]]\n",
    );
    let lines = [
        ("name", name(pieces)),
        ("title", title),
        ("category", category(template).to_owned()),
        ("level", "error".to_owned()),
        ("regex", regex.to_owned()),
        ("meaning", "Suggested from logged messages.".to_owned()),
        ("link", "https://example.com/runbook".to_owned()),
    ];
    for (key, value) in lines {
        writeln!(out, "{key} = {}", quoted(&value)).ok();
    }
    let examples: Vec<String> = examples.iter().map(|e| quoted(e)).collect();
    writeln!(out, "examples = [{}]", examples.join(", ")).ok();
    out.push_str("counter-examples = [\"all is well\"]\n");
    out
}

/// A basic string of TOML 1.0.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                write!(out, "\\u{:04X}", u32::from(c)).ok();
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The first words, joined by hyphens.
fn name(pieces: &[Piece<'_>]) -> String {
    let literals = pieces.iter().filter_map(|p| match p {
        Piece::Literal(text) => Some(text.to_lowercase()),
        Piece::Data(_) => None,
    });
    let text: String = literals.collect::<Vec<_>>().join(" ");
    let words = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty());
    let mut name = words.take(NAME_WORDS).collect::<Vec<_>>().join("-");
    name.truncate(NAME_BYTES_MAX);
    match name.trim_matches('-') {
        "" => "message".to_owned(),
        name if name.starts_with(|c: char| c.is_ascii_digit()) => format!("m-{name}"),
        name => name.to_owned(),
    }
}

/// A guess by the words; whoever finishes the entry knows better.
fn category(template: &str) -> &'static str {
    let text = template.to_lowercase();
    let guesses: [(&[&str], &str); 9] = [
        (&["websocket"], "websocket"),
        (&["out of memory", "oom"], "memory"),
        (&["timeout", "timed out", "deadline"], "timeout"),
        (&["import", "no module"], "import"),
        (&["sql", "database", "redis", "postgres", "transaction"], "database"),
        (&["auth", "token", "permission", "forbidden", "credential"], "auth"),
        (&["connect", "dns", "tls", "certificate", "socket"], "network"),
        (&["config", "setting", "environment variable"], "configuration"),
        (&["http", "request", "status"], "http"),
    ];
    let fits = |(words, _): &&(&[&str], &str)| words.iter().any(|w| text.contains(w));
    guesses.iter().find(fits).map_or("exception", |(_, category)| category)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::{check, read_pack};

    fn sound(messages: &[&str]) -> String {
        let messages: Vec<String> = messages.iter().map(|m| (*m).to_owned()).collect();
        let toml = suggest(&messages).unwrap();
        let pack = read_pack(&toml, "own.toml").unwrap_or_else(|e| panic!("{e}\n{toml}"));
        assert_eq!(check(&pack), [], "{toml}");
        pack.patterns[0].condition.regex.clone().unwrap()
    }

    #[test]
    fn messages_become_a_sound_pattern() {
        let regex = sound(&["order 4711 was refused by 192.0.2.7 after 31 ms\n  at stage \"pay\""]);
        assert!(
            Regex::new(&regex)
                .unwrap()
                .is_match("order 12 was refused by 192.0.2.99 after 7 ms at stage \"pay\"")
        );
        assert!(
            !Regex::new(&regex)
                .unwrap()
                .is_match("order 12 was taken by 192.0.2.99 after 7 ms")
        );
    }

    #[test]
    fn a_template_from_a_report_is_enough() {
        let regex = sound(&["lease of <*> lost after <num> tries"]);
        assert!(
            Regex::new(&regex)
                .unwrap()
                .is_match("lease of shard green lost after 3 tries")
        );
    }

    #[test]
    fn hostile_texts_stay_inside_of_their_strings() {
        sound(&["it said \"\"\" and ''' \\ \u{7} and \u{1b}[31mred at C:\\temp\\x"]);
        sound(&["{\"a\": [1, 2, 3], \"error\": \"gate (x) | y is $shut^\"}"]);
    }

    #[test]
    fn what_cannot_be_suggested_is_said() {
        let of = |messages: &[&str]| suggest(&messages.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["17"]), Err(NoSuggestion::NothingConstant));
        assert_eq!(
            of(&["the gate is shut", "nobody answers here today"]),
            Err(NoSuggestion::NotOneKind)
        );
        assert_eq!(of(&[]), Err(NoSuggestion::NotOneKind));
    }
}
