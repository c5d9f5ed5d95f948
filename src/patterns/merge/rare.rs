//! Rare words: texts that differ in several places at once.
//!
//! Input: the distinct lines of a class. Output: for each line the places that are data. Where two values vary together
//! (`copied X to Y`), no two texts agree in all but one place. But the words of the message are in all of its texts, and
//! the values in few: for each text its rarest words are set aside, then more and more of them, until enough texts agree
//! on the rest. A word is rare among the lines of the same punctuation, in the same place. Time is that of counting all
//! tokens, times the number of levels (at most eight).

use std::collections::HashMap;

use super::columns::{Column, Spans, is_field, mix};
use super::symbols::{MERGED, Symbols};
use super::tokens::{Line, Token};

/// Words that occur at most so often are set aside, level by level.
const LEVELS: [u32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
/// So many times as many different words as in a column are needed in each place: the texts have less in common.
const CAUTION: usize = 2;

/// The places that are data because enough lines agree once their rare words are set aside.
pub fn variable(lines: &[Line], symbols: &Symbols) -> Spans {
    let counts = counts(lines, symbols);
    let mut spans = Spans::new();
    let mut before: Vec<Vec<u16>> = vec![Vec::new(); lines.len()];
    for level in LEVELS {
        let mut groups: HashMap<u64, Vec<usize>> = HashMap::new();
        for (number, line) in lines.iter().enumerate() {
            let rare = rare(line, &counts[number], level, symbols);
            if rare.len() >= 2 && rare != before[number] && !spans.contains_key(&number) {
                groups.entry(rest(line, &rare)).or_default().push(number);
            }
            before[number] = rare;
        }
        for group in groups.values() {
            let places = &before[group[0]];
            if group.len() > 1 && is_data(group, places, lines, symbols) {
                let found: Vec<_> = places
                    .iter()
                    .map(|at| (usize::from(*at), usize::from(*at) + 1))
                    .collect();
                spans.extend(group.iter().map(|number| (*number, found.clone())));
            }
        }
    }
    spans
}

/// For each token of each line, the lines of the same punctuation that hold it in the same place.
fn counts(lines: &[Line], symbols: &Symbols) -> Vec<Vec<u32>> {
    let mut counted: HashMap<u64, u32> = HashMap::new();
    let keys = lines.iter().map(|line| {
        let shape = line.iter().fold(0, |hash, token| {
            let word = symbols.traits(token.symbol).word;
            let symbol = if word { u64::MAX >> 1 } else { u64::from(token.symbol) };
            mix(hash, symbol << 1 | u64::from(token.blank))
        });
        let key = |(at, token): (usize, &Token)| mix(mix(shape, at as u64), u64::from(token.symbol));
        line.iter().enumerate().map(key).collect::<Vec<u64>>()
    });
    let keys: Vec<Vec<u64>> = keys.collect();
    for key in keys.iter().flatten() {
        *counted.entry(*key).or_default() += 1;
    }
    let count = |key: &u64| counted.get(key).copied().unwrap_or(0);
    keys.iter().map(|line| line.iter().map(count).collect()).collect()
}

/// Places of the words that are not common.
fn rare(line: &[Token], counts: &[u32], level: u32, symbols: &Symbols) -> Vec<u16> {
    let is_rare = |(at, token): (usize, &Token)| {
        let traits = symbols.traits(token.symbol);
        let rare = counts[at] <= level && traits.word && !traits.fixed && token.symbol != MERGED;
        rare.then_some(at as u16) // lines have at most TOKENS_MAX + 1 tokens
    };
    line.iter().enumerate().filter_map(is_rare).collect()
}

/// Hash of a line without the words at these places.
fn rest(line: &[Token], places: &[u16]) -> u64 {
    let mut places = places.iter().peekable();
    line.iter().enumerate().fold(0, |hash, (at, token)| {
        let set_aside = places.next_if(|place| usize::from(**place) == at).is_some();
        let symbol = if set_aside {
            u64::MAX >> 1
        } else {
            u64::from(token.symbol)
        };
        mix(hash, symbol << 1 | u64::from(token.blank))
    })
}

/// Whether every place has enough different words, and the rest is at least as many literal words as places.
fn is_data(group: &[usize], places: &[u16], lines: &[Line], symbols: &Symbols) -> bool {
    let line = &lines[group[0]];
    let literal = |token: &Token| symbols.traits(token.symbol).literal;
    let inside = places.iter().filter(|at| literal(&line[usize::from(**at)])).count();
    let constants = line.iter().filter(|token| literal(token)).count() - inside;
    constants >= places.len()
        && places.iter().all(|at| {
            let at = usize::from(*at);
            let mut contents: Vec<Token> = group.iter().map(|number| lines[*number][at]).collect();
            contents.sort_unstable();
            contents.dedup();
            let mut column = Column::new(constants, is_field(line, at, symbols));
            contents.iter().for_each(|content| column.add(&[*content], symbols));
            column.distinct >= column.distinct_min(CAUTION)
        })
}
