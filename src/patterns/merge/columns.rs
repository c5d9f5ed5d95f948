//! Columns: texts that agree in all but one place.
//!
//! Input: the distinct lines of a class. Output: for each line the places that are data. A place is one token, or all
//! that stands between a pair of brackets or quotes (lists and quoted phrases differ in length). Time is that of sorting
//! all places of all lines.

use std::collections::BTreeMap;

use super::symbols::{MERGED, Symbols, TYPED, Traits};
use super::tokens::{Line, Token};

/// For each line that changes, the ordered spans of tokens that are data.
pub type Spans = BTreeMap<usize, Vec<(usize, usize)>>;

/// Different words that make a place data, by the number of literal words all texts agree on (0, 1, 2, 3, 4 and more).
///
/// The less two texts have in common, the more of them it takes: `X started` says little, `failed to open X for user Y`
/// much. Never two or three: those may be two or three events. From 4 to 6 for four words and from 8 to 14 for one, the
/// groups of labelled logs are the same (`docs/grouping.md`).
const DISTINCT_MIN: [usize; 5] = [usize::MAX, 10, 6, 5, 4];
/// Different kept numbers (statuses, codes) that are data after all: no program has so many codes for one message.
const KEPT_MIN: usize = 32;
/// So many fewer are enough when all of the words look like values, or stand behind the `=` of a field.
const FEWER_FOR_VALUES: usize = 1;
/// So many times as many are needed when half of the words tell of states (`STOPPED`, `stopped`, `stopping`).
const STATES_CAUTION: usize = 2;
/// Literal words in common that let a text join others whose place is a merged wildcard already.
const CONSTANTS_TO_JOIN: usize = 2;
/// The same where the others hold a masked value: a word in the place of a number is weaker evidence.
const CONSTANTS_TO_JOIN_MASKED: usize = 3;

/// What the texts of a column hold in the one place in which they differ, and what they have in common.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Different contents.
    pub distinct: usize,
    /// Those of them that tell of a state.
    pub states: usize,
    /// One of them is a wildcard that merging made.
    pub merged: bool,
    /// One of them is a masked value alone.
    pub typed: bool,
    /// All of them hold something masked.
    pub all_masked: bool,
    /// All of them look like values.
    pub all_valuelike: bool,
    /// All share their leading or trailing letters around what is masked.
    pub stem: bool,
    /// One is a quantifier.
    pub quantifier: bool,
    /// One is longer than a token.
    pub phrase: bool,
    /// All of them are numbers that stage one kept.
    pub all_kept: bool,
    /// It is the value of a field `name=`, whose name does not tell what happened.
    pub field: bool,
    /// Literal words that all texts have in common.
    pub constants: usize,
}

impl Column {
    /// Whether what differs is data.
    pub fn is_data(&self) -> bool {
        if self.distinct < 2 || self.constants == 0 {
            return false;
        }
        // Two values with masked parts and one stem (`node-<*>.example.org`) are two names of one kind.
        let one_kind = self.all_masked && !self.phrase && (self.stem || self.typed || self.merged);
        let word = !self.quantifier && !self.phrase;
        one_kind
            || self.distinct >= self.distinct_min()
            || (word && self.joins())
            || (word && self.typed && self.constants >= CONSTANTS_TO_JOIN_MASKED)
    }

    /// Whether its contents join others of a place that is a merged wildcard already.
    pub fn joins(&self) -> bool {
        self.merged && !self.quantifier && self.constants >= CONSTANTS_TO_JOIN
    }

    /// Different contents that make it data.
    pub fn distinct_min(&self) -> usize {
        let words = DISTINCT_MIN[self.constants.min(DISTINCT_MIN.len() - 1)];
        if self.all_kept {
            KEPT_MIN
        } else if self.all_valuelike || self.field {
            words.saturating_sub(FEWER_FOR_VALUES)
        } else if self.states * 2 >= self.distinct {
            words.saturating_mul(STATES_CAUTION)
        } else {
            words
        }
    }

    /// A column of no content yet.
    pub fn new(constants: usize, field: bool) -> Self {
        Self {
            distinct: 0,
            states: 0,
            merged: false,
            typed: false,
            all_masked: true,
            all_valuelike: true,
            stem: false,
            all_kept: true,
            quantifier: false,
            phrase: false,
            field,
            constants,
        }
    }

    /// Adds a content that was not in it yet.
    pub fn add(&mut self, content: &[Token], symbols: &Symbols) {
        let traits = content.iter().map(|token| symbols.traits(token.symbol));
        self.distinct += 1;
        self.states += usize::from(traits.clone().all(|t| t.state));
        self.merged |= content.iter().any(|token| token.symbol == MERGED);
        self.typed |= content.iter().any(|token| token.symbol == TYPED);
        self.phrase |= content.len() > 1;
        self.all_kept &= traits.clone().all(|t| t.kept);
        self.all_masked &= traits.clone().all(|t| t.masked);
        self.all_valuelike &= traits.clone().all(|t| t.valuelike || !t.word);
        self.quantifier |= traits.clone().any(|t| t.quantifier);
    }
}

/// One place of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Hash of all that stands around it.
    around: u64,
    /// Hash of what stands in it.
    content: u64,
    line: u32,
    start: u16,
    end: u16,
}

/// The places that are data because enough lines differ in them alone.
pub fn variable(lines: &[Line], symbols: &Symbols) -> Spans {
    let mut places: Vec<Place> = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        add_places(number as u32, line, symbols, &mut places);
    }
    places.sort_unstable();
    let mut spans = Spans::new();
    for column in places.chunk_by(|a, b| a.around == b.around) {
        if column.first().map(|place| place.content) != column.last().map(|place| place.content)
            && is_data(column, lines, symbols)
        {
            for place in column {
                let span = (usize::from(place.start), usize::from(place.end));
                spans.entry(place.line as usize).or_default().push(span);
            }
        }
    }
    for of_line in spans.values_mut() {
        of_line.sort_unstable();
    }
    spans
}

fn add_places(number: u32, line: &Line, symbols: &Symbols, places: &mut Vec<Place>) {
    let before = hashes(line.iter());
    let mut after = hashes(line.iter().rev());
    after.reverse();
    for (start, end) in contents(line, symbols) {
        let content = &line[start..end];
        let of = |token: &Token| symbols.traits(token.symbol);
        let kept = content.iter().all(|token| of(token).kept);
        if content.iter().any(|token| of(token).fixed) && !kept {
            continue; // its words are never data, whatever stands in the place in other lines
        }
        // Kept numbers make columns of their own.
        let outside = [before[start], after[end], u64::from(line[start].blank), u64::from(kept)];
        places.push(Place {
            around: outside.into_iter().fold(0, mix),
            content: content.iter().fold(0, |hash, token| mix(hash, u64::from(token.symbol))),
            line: number,
            start: start as u16, // lines have at most TOKENS_MAX + 1 tokens
            end: end as u16,
        });
    }
}

/// The hash of what was passed before each token, and of all.
fn hashes<'a>(tokens: impl Iterator<Item = &'a Token>) -> Vec<u64> {
    let mut hash = 0;
    let mut out = vec![hash];
    for token in tokens {
        hash = mix(hash, u64::from(token.symbol) << 1 | u64::from(token.blank));
        out.push(hash);
    }
    out
}

/// One step of a 64-bit hash (the finaliser of SplitMix64).
pub fn mix(hash: u64, value: u64) -> u64 {
    let mut z = (hash ^ value).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Each word, and each phrase.
fn contents(line: &[Token], symbols: &Symbols) -> Vec<(usize, usize)> {
    let word = |at: &usize| symbols.traits(line[*at].symbol).word;
    let mut found: Vec<(usize, usize)> = (0..line.len()).filter(word).map(|at| (at, at + 1)).collect();
    found.append(&mut phrases(line, symbols));
    found
}

/// What stands between each pair of brackets or quotes, when that is more than a token.
pub fn phrases(line: &[Token], symbols: &Symbols) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<(u8, usize)> = Vec::new();
    for (at, token) in line.iter().enumerate() {
        let byte = match symbols.text(token.symbol).as_bytes() {
            [byte] => *byte,
            _ => continue,
        };
        let closing = match byte {
            b'(' => b')',
            b'[' => b']',
            b'{' => b'}',
            b'"' => b'"',
            _ => 0,
        };
        if let Some((_, start)) = open.pop_if(|(closing, _)| *closing == byte) {
            if at > start + 1 {
                found.push((start, at));
            }
        } else if closing != 0 {
            open.push((closing, at + 1));
        }
    }
    found
}

/// Literal words among the tokens.
pub fn literals(tokens: &[Token], symbols: &Symbols) -> usize {
    tokens
        .iter()
        .filter(|token| symbols.traits(token.symbol).literal)
        .count()
}

/// The lines of a column have all around it in common, so that the first can speak for all.
fn is_data(places: &[Place], lines: &[Line], symbols: &Symbols) -> bool {
    let Some(first) = places.first() else { return false };
    let inside = |place: &Place| -> &[Token] {
        let line = &lines[place.line as usize];
        &line[usize::from(place.start)..usize::from(place.end)]
    };
    let line = &lines[first.line as usize];
    let (start, end) = (usize::from(first.start), usize::from(first.end));
    let constants = literals(&line[..start], symbols) + literals(&line[end..], symbols);
    let mut column = Column::new(constants, is_field(line, start, symbols));
    let mut stems = Vec::new();
    for content in places
        .chunk_by(|a, b| a.content == b.content)
        .filter_map(<[Place]>::first)
    {
        column.add(inside(content), symbols);
        stems.push(symbols.traits(inside(content)[0].symbol));
    }
    column.stem = share_stem(&stems);
    column.is_data()
}

fn share_stem(values: &[Traits]) -> bool {
    let same = |part: fn(&Traits) -> u64| {
        let first = values.first().map_or(0, part);
        first != 0 && values.iter().all(|value| part(value) == first)
    };
    same(|value| value.head) || same(|value| value.tail)
}

/// Whether the token at `at` is the value of a field `name=` that does not tell what happened.
pub fn is_field(line: &[Token], at: usize, symbols: &Symbols) -> bool {
    let Some([name, equals]) = at.checked_sub(2).and_then(|from| line.get(from..at)) else {
        return false;
    };
    let name = symbols.traits(name.symbol);
    symbols.text(equals.symbol) == "=" && name.word && !name.tells
}
