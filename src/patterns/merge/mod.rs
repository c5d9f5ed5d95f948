//! Merge: which canonical texts are one message with different words filled in.
//!
//! Input: the distinct canonical texts of everything that is compared, of both sides together. Output: for each its final
//! text, in which what varies reads `<*>`. The result depends on the *set* of texts alone: not on their order, nor on how
//! often one occurs. It reads no message and counts nothing.
//!
//! The rule, in short (`docs/grouping.md` has it in full): a place in a text is data when enough texts agree on all of
//! the rest and hold different words there. Few different words are words, and tell events apart; many are data. Names
//! of errors and kept numbers are never data.

mod columns;
mod fields;
mod rare;
mod symbols;
mod tokens;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use self::symbols::Symbols;
use self::tokens::Line;

/// Version of the merge's rule; part of every id.
pub const VERSION: u32 = 1;

/// A canonical text and its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<'a> {
    /// Only texts of one class merge.
    pub class: &'a str,
    /// The canonical text.
    pub text: &'a str,
}

/// Rounds after which a class that still changes is left as it is; logs need two to four.
const ROUNDS_MAX: usize = 8;

/// The final text of each input, in the order of the inputs.
///
/// Depends on the set of inputs only: order and repetition change nothing. Takes time and memory in proportion to the
/// number of tokens, of which at most 384 a text are compared.
#[must_use]
pub fn merge(texts: &[Text<'_>]) -> Vec<String> {
    let mut classes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for text in texts {
        classes.entry(text.class).or_default().insert(text.text);
    }
    let finals: BTreeMap<&str, BTreeMap<&str, String>> = classes
        .into_iter()
        .map(|(class, texts)| (class, merge_class(&texts)))
        .collect();
    let found = |text: &Text<'_>| finals.get(text.class).and_then(|class| class.get(text.text));
    texts
        .iter()
        .map(|text| found(text).cloned().unwrap_or_default())
        .collect()
}

/// Id of a template or stack: 12 hex digits of SHA-256 over the versions, the class and the final text.
#[must_use]
pub fn id(class: &str, final_text: &str) -> String {
    let versions = format!("{}.{VERSION}", super::canonical::VERSION);
    let mut hash = Sha256::new();
    for part in [&versions, class, final_text] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digits = hash.finalize();
    digits.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn merge_class<'a>(texts: &BTreeSet<&'a str>) -> BTreeMap<&'a str, String> {
    let mut symbols = Symbols::default();
    let read = texts.iter().map(|text| tokens::read(text, &mut symbols));
    let (mut lines, mut line_of) = distinct(read.collect());
    for _ in 0..ROUNDS_MAX {
        let mut changed = false;
        for rule in [columns::variable, rare::variable, rare::variable_phrases] {
            let spans = rule(&lines, &symbols);
            if spans.is_empty() {
                continue;
            }
            changed = true;
            let next = lines.iter().enumerate().map(|(i, line)| match spans.get(&i) {
                Some(spans) => tokens::with_wildcards(line, spans, &symbols),
                None => line.clone(),
            });
            let (fewer, place) = distinct(next.collect());
            lines = fewer;
            line_of = line_of.into_iter().map(|i| place[i]).collect();
        }
        if !changed {
            break;
        }
    }
    let finals: Vec<String> = lines.iter().map(|line| tokens::render(line, &symbols)).collect();
    texts
        .iter()
        .zip(line_of)
        .map(|(text, i)| (*text, finals[i].clone()))
        .collect()
}

/// The distinct lines, and the place of each line among them.
fn distinct(lines: Vec<Line>) -> (Vec<Line>, Vec<usize>) {
    let mut places: std::collections::HashMap<Line, usize> = std::collections::HashMap::with_capacity(lines.len());
    let mut distinct: Vec<Line> = Vec::new();
    let place = lines.into_iter().map(|line| {
        *places.entry(line).or_insert_with_key(|line| {
            distinct.push(line.clone());
            distinct.len() - 1
        })
    });
    let place = place.collect();
    (distinct, place)
}
