//! Rare words: texts that differ in several places at once.
//!
//! Input: the distinct lines of a class. Output: for each line the places that are data. Where two values vary together
//! (`copied X to Y`), no two texts agree in all but one place. But the words of the message are in all of its texts, and
//! the values in few: for each text its rarest words are set aside, then more and more of them, until enough texts agree
//! on the rest. A word is rare among the lines of the same punctuation, in the same place. Time is that of counting all
//! tokens, times the number of levels (at most eight).

use std::collections::HashMap;

use super::columns::{Column, Spans, is_field, literals, mix, phrases};
use super::symbols::{MERGED, Symbols};
use super::tokens::{Line, Token};

/// Words that occur at most so often are set aside, level by level.
const LEVELS: [u32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// The places of a line: from which token up to which.
type Units = Vec<(u16, u16)>;

/// The units of a line that are rare, and the hash of the rest.
#[derive(Debug, Clone, Default)]
struct Rare {
    units: Units,
    rest: u64,
}

/// The places that are data because enough lines agree once their rare words are set aside.
pub fn variable(lines: &[Line], symbols: &Symbols) -> Spans {
    variable_units(lines, words, symbols)
}

/// The same, with all that stands between two brackets or quotes as one unit: lists and phrases differ in length.
pub fn variable_phrases(lines: &[Line], symbols: &Symbols) -> Spans {
    variable_units(lines, |line| phrases_as_units(line, symbols), symbols)
}

fn words(line: &Line) -> Units {
    (0..line.len() as u16).map(|at| (at, at + 1)).collect() // lines have at most TOKENS_MAX + 1 tokens
}

fn phrases_as_units(line: &Line, symbols: &Symbols) -> Units {
    let mut phrases = phrases(line, symbols);
    phrases.sort_unstable_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
    let mut phrases = phrases.into_iter().peekable();
    let mut units = Units::new();
    let mut at = 0;
    while at < line.len() {
        while phrases.next_if(|(start, _)| *start < at).is_some() {} // inside of another
        let end = phrases
            .next_if(|(start, _)| *start == at)
            .map_or(at + 1, |(_, end)| end);
        units.push((at as u16, end as u16));
        at = end;
    }
    units
}

fn variable_units(lines: &[Line], units: impl Fn(&Line) -> Units, symbols: &Symbols) -> Spans {
    let units: Vec<Units> = lines.iter().map(units).collect();
    let counts = counts(lines, &units, symbols);
    let mut spans = Spans::new();
    let mut found: Vec<Rare> = vec![Rare::default(); lines.len()];
    for level in LEVELS {
        let mut groups: HashMap<u64, Vec<usize>> = HashMap::new();
        for (number, line) in lines.iter().enumerate() {
            if spans.contains_key(&number) {
                continue;
            }
            let rare = rare(line, &units[number], &counts[number], level, symbols);
            if rare != found[number].units {
                let rest = rest(line, &rare);
                found[number] = Rare { units: rare, rest };
            }
            if found[number].units.len() >= 2 {
                groups.entry(found[number].rest).or_default().push(number);
            }
        }
        for group in groups.values().filter(|group| group.len() > 1) {
            if is_data(group, &found, lines, symbols) {
                let of_line = |number: &usize| {
                    found[*number]
                        .units
                        .iter()
                        .map(|(a, z)| ((*a).into(), (*z).into()))
                        .collect()
                };
                spans.extend(group.iter().map(|number| (*number, of_line(number))));
            }
        }
    }
    spans
}

fn part(line: &[Token], (start, end): (u16, u16)) -> &[Token] {
    &line[usize::from(start)..usize::from(end)]
}

fn is_word(unit: &[Token], symbols: &Symbols) -> bool {
    unit.len() > 1 || unit.iter().all(|token| symbols.traits(token.symbol).word)
}

/// For each unit of each line, the lines of the same punctuation that hold it in the same place.
fn counts(lines: &[Line], units: &[Units], symbols: &Symbols) -> Vec<Vec<u32>> {
    let mut counted: HashMap<u64, u32> = HashMap::new();
    let keys = lines.iter().zip(units).map(|(line, units)| {
        let shape = units.iter().fold(0, |hash, unit| {
            let unit = part(line, *unit);
            let symbol = if is_word(unit, symbols) {
                ANY
            } else {
                u64::from(unit[0].symbol)
            };
            mix(hash, symbol << 1 | u64::from(unit[0].blank))
        });
        let content = |unit: &(u16, u16)| part(line, *unit).iter().fold(0, |hash, t| mix(hash, t.symbol.into()));
        let key = |(at, unit): (usize, &(u16, u16))| mix(mix(shape, at as u64), content(unit));
        units.iter().enumerate().map(key).collect::<Vec<u64>>()
    });
    let keys: Vec<Vec<u64>> = keys.collect();
    for key in keys.iter().flatten() {
        *counted.entry(*key).or_default() += 1;
    }
    let count = |key: &u64| counted.get(key).copied().unwrap_or(0);
    keys.iter().map(|line| line.iter().map(count).collect()).collect()
}

/// Stands for whatever was set aside; no symbol has this number.
const ANY: u64 = u64::MAX >> 1;

/// The units that are rare or a merged wildcard already.
fn rare(line: &[Token], units: &[(u16, u16)], counts: &[u32], level: u32, symbols: &Symbols) -> Units {
    let is_rare = |(unit, count): (&(u16, u16), &u32)| {
        let tokens = part(line, *unit);
        let merged = tokens.iter().all(|token| token.symbol == MERGED);
        let fixed = tokens.iter().any(|token| symbols.traits(token.symbol).fixed);
        ((*count <= level || merged) && is_word(tokens, symbols) && !fixed).then_some(*unit)
    };
    units.iter().zip(counts).filter_map(is_rare).collect()
}

/// Hash of a line without these units.
fn rest(line: &[Token], units: &[(u16, u16)]) -> u64 {
    let mut units = units.iter().peekable();
    let mut until = 0;
    line.iter().enumerate().fold(0, |hash, (at, token)| {
        if let Some((_, end)) = units.next_if(|(start, _)| usize::from(*start) == at) {
            until = usize::from(*end);
            mix(hash, ANY << 1 | u64::from(token.blank))
        } else if at < until {
            hash
        } else {
            mix(hash, u64::from(token.symbol) << 1 | u64::from(token.blank))
        }
    })
}

/// Whether every place has enough different contents, and the rest is at least as many literal words as places.
///
/// The lines of a group have the same rest, so that the first speaks for all.
fn is_data(group: &[usize], found: &[Rare], lines: &[Line], symbols: &Symbols) -> bool {
    let (line, units) = (&lines[group[0]], &found[group[0]].units);
    let inside: usize = units.iter().map(|unit| literals(part(line, *unit), symbols)).sum();
    let constants = literals(line, symbols) - inside;
    constants >= units.len()
        && units.iter().enumerate().all(|(place, unit)| {
            let content = |number: &usize| part(&lines[*number], found[*number].units[place]);
            let mut contents: Vec<&[Token]> = group.iter().map(content).collect();
            contents.sort_unstable();
            contents.dedup();
            let mut column = Column::new(constants, is_field(line, usize::from(unit.0), symbols));
            contents.iter().for_each(|content| column.add(content, symbols));
            column.distinct >= column.distinct_min() || column.joins()
        })
}
