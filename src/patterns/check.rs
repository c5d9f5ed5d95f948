//! Polices a pack: examples, names, links, and regexes that every engine reads alike.
//!
//! Input: a pack that could be read. Output: its faults, in the order of the file. It reports and repairs nothing.

use std::collections::BTreeSet;
use std::fmt;

use super::literals::MIN_LITERAL;
use super::matcher::compile;
use super::pack::{Example, Pack, Pattern};
use super::portable::Unportable;

/// One thing that is wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Id of the pattern; the pack's name where it concerns the pack.
    pub id: String,
    /// Line of the pattern's table, from 1; 1 for the pack.
    pub line: usize,
    /// What is wrong.
    pub rule: Rule,
}

/// The rules that a pack may break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// An example does not match; holds its number, from 1.
    ExampleMisses(usize),
    /// A counter-example matches; holds its number, from 1.
    CounterExampleMatches(usize),
    /// There is no example.
    NoExample,
    /// There is no counter-example.
    NoCounterExample,
    /// A text that must say something is empty, too long, or has white space around it; holds its key.
    BadText(&'static str),
    /// The link is not an `https://` address.
    BadLink,
    /// The name occurs twice in the pack.
    DuplicateName,
    /// The regex is outside the portable subset.
    Unportable(Unportable),
    /// The regex holds no literal of three bytes that every match needs, so it runs on every message. A warning.
    Slow,
}

impl Rule {
    /// Whether it is only a warning: the pack works.
    pub fn is_warning(&self) -> bool {
        matches!(self, Rule::Slow)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::ExampleMisses(number) => write!(f, "example {number} does not match"),
            Rule::CounterExampleMatches(number) => write!(f, "counter-example {number} matches"),
            Rule::NoExample => write!(f, "has no example"),
            Rule::NoCounterExample => write!(f, "has no counter-example"),
            Rule::BadText(key) => write!(f, "`{key}` is empty, too long, or begins or ends with white space"),
            Rule::BadLink => write!(f, "`link` is not an https:// address"),
            Rule::DuplicateName => write!(f, "the name is taken"),
            Rule::Unportable(reason) => write!(f, "regex: {reason}"),
            Rule::Slow => {
                write!(
                    f,
                    "regex: no literal of {MIN_LITERAL} bytes that every match needs, so it runs on every message"
                )
            }
        }
    }
}

/// Longest title, in bytes: it is one line of a table.
const MAX_TITLE: usize = 80;
/// Longest meaning and description, in bytes.
const MAX_MEANING: usize = 400;

/// Everything that is wrong with `pack`; empty when it is good.
pub fn check(pack: &Pack) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (key, text, most) in [
        ("version", &pack.version, 40),
        ("description", &pack.description, MAX_MEANING),
    ] {
        if !says_something(text, most) {
            faults.push(Fault {
                id: pack.name.clone(),
                line: 1,
                rule: Rule::BadText(key),
            });
        }
    }
    let mut ids = BTreeSet::new();
    for pattern in &pack.patterns {
        let mut rules = check_pattern(pattern);
        if !ids.insert(&pattern.id) {
            rules.push(Rule::DuplicateName);
        }
        let fault = |rule| Fault {
            id: pattern.id.clone(),
            line: pattern.line,
            rule,
        };
        faults.extend(rules.into_iter().map(fault));
    }
    faults
}

fn check_pattern(pattern: &Pattern) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (key, text, most) in [
        ("title", &pattern.title, MAX_TITLE),
        ("meaning", &pattern.meaning, MAX_MEANING),
    ] {
        if !says_something(text, most) {
            rules.push(Rule::BadText(key));
        }
    }
    if !is_link(&pattern.link) {
        rules.push(Rule::BadLink);
    }
    if pattern.examples.is_empty() {
        rules.push(Rule::NoExample);
    }
    if pattern.counter_examples.is_empty() {
        rules.push(Rule::NoCounterExample);
    }
    rules.extend(check_condition(pattern));
    rules
}

/// The rules about the regex, and the examples if it compiles.
fn check_condition(pattern: &Pattern) -> Vec<Rule> {
    let parts = match compile(pattern) {
        Ok(parts) => parts,
        Err(reason) => return vec![Rule::Unportable(reason)],
    };
    let matches = |example: &Example| {
        let entry = example.entry(&pattern.condition);
        let text = parts
            .as_ref()
            .is_none_or(|parts| entry.message.is_some_and(|text| parts.regex.is_match(text)));
        text && pattern.condition.fields_hold(&entry)
    };
    let mut rules = Vec::new();
    if parts.as_ref().is_some_and(|parts| parts.required.is_none()) {
        rules.push(Rule::Slow);
    }
    let numbered = |examples: &[Example], wanted: bool| -> Vec<usize> {
        examples
            .iter()
            .enumerate()
            .filter(|(_, e)| matches(e) != wanted)
            .map(|(n, _)| n + 1)
            .collect()
    };
    rules.extend(numbered(&pattern.examples, true).into_iter().map(Rule::ExampleMisses));
    rules.extend(
        numbered(&pattern.counter_examples, false)
            .into_iter()
            .map(Rule::CounterExampleMatches),
    );
    rules
}

fn says_something(text: &str, most: usize) -> bool {
    !text.is_empty() && text.len() <= most && text.trim() == text && !text.contains('\n')
}

fn is_link(link: &str) -> bool {
    let address = link
        .strip_prefix("https://")
        .and_then(|rest| rest.split(['/', '?', '#']).next());
    let host = address.unwrap_or_default();
    let printable = link.bytes().all(|b| b.is_ascii_graphic());
    printable && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
}
