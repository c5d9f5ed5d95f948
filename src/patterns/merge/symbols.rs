//! The words of a class, each stored once, with what its letters alone say about it.
//!
//! Input: the text of one token. Output: its number. Knows nothing of lines.

use std::collections::HashMap;

/// The wildcard of the final texts.
pub const WILDCARD: &str = "<*>";
/// Number of the wildcard that merging made.
pub const MERGED: u32 = 0;
/// Number of the wildcard that stands for a placeholder of the canonical text.
pub const TYPED: u32 = 1;

/// What the letters of a token say about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traits {
    /// Not punctuation.
    pub word: bool,
    /// A word of letters, nothing masked in it: its presence in two texts is a sign that they are one message.
    pub literal: bool,
    /// Holds a placeholder.
    pub masked: bool,
    /// Looks more like a value than like a word of the language: masked, or a name with inner punctuation.
    pub valuelike: bool,
    /// Never data: the name of an error, or a number that stage one kept.
    pub fixed: bool,
    /// A number that stage one kept.
    pub kept: bool,
    /// Tells of a state or of what was done: `NEW`, `stopped`, `stopping`.
    pub state: bool,
    /// A quantifier: "no" in the place of a number is not a number.
    pub quantifier: bool,
    /// As the name of a field: the field tells what happened.
    pub tells: bool,
    /// Hash of the leading letters of a masked token, 0 when there are fewer than three.
    pub head: u64,
    /// Hash of what follows the placeholder of a masked token, 0 when that is shorter than four bytes.
    pub tail: u64,
}

/// All words of a class.
#[derive(Debug)]
pub struct Symbols {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
    traits: Vec<Traits>,
}

impl Default for Symbols {
    fn default() -> Self {
        let mut symbols = Self {
            numbers: HashMap::new(),
            texts: Vec::new(),
            traits: Vec::new(),
        };
        let wildcard = Traits {
            word: true,
            masked: true,
            valuelike: true,
            ..Traits::default()
        };
        for name in ["\u{1}", "\u{2}"] {
            symbols.numbers.insert(name.to_owned(), symbols.texts.len() as u32);
            symbols.texts.push(WILDCARD.to_owned());
            symbols.traits.push(wildcard);
        }
        symbols
    }
}

impl Symbols {
    /// Number of a token that is no wildcard alone.
    pub fn intern(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX); // each takes a byte of input: 4 GB of texts first
        self.numbers.insert(text.to_owned(), number);
        self.texts.push(text.to_owned());
        self.traits.push(traits(text));
        number
    }

    pub fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", String::as_str)
    }

    pub fn traits(&self, number: u32) -> Traits {
        self.traits.get(number as usize).copied().unwrap_or_default()
    }
}

fn traits(text: &str) -> Traits {
    let masked = text.contains(WILDCARD);
    let word = !is_punctuation(text);
    Traits {
        word,
        literal: word && !masked && has_letters(text),
        masked,
        valuelike: masked || (has_inner_punctuation(text) && !is_constant_name(text)),
        fixed: is_fixed(text),
        kept: !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()),
        state: is_constant_name(text) || is_participle(text),
        quantifier: QUANTIFIERS.iter().any(|word| text.eq_ignore_ascii_case(word)),
        tells: tells(text),
        head: if masked { head(text) } else { 0 },
        tail: if masked { tail(text) } else { 0 },
    }
}

/// Punctuation that splits tokens; see `tokens.rs`.
pub fn is_punctuation(text: &str) -> bool {
    text.len() == 1 && text.bytes().all(|b| super::tokens::SPLITS.contains(&b))
}

/// Two letters side by side. Single letters are units and list markers.
fn has_letters(text: &str) -> bool {
    let letters: Vec<bool> = text.chars().map(char::is_alphabetic).collect();
    letters.windows(2).any(|pair| pair == [true, true])
}

/// `a.b`, `a/b`, `a_b`, `a@b`, `a-b`, `a$b` and `/a`: names that programs and people make, rarely words of a sentence.
fn has_inner_punctuation(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first() == Some(&b'/') && bytes.len() > 1
        || bytes
            .windows(3)
            .any(|w| w[0].is_ascii_alphanumeric() && b"._/@$\\-".contains(&w[1]) && w[2].is_ascii_alphanumeric())
}

/// `LIKE_THIS`: states and codes of programs, few and with a meaning each.
fn is_constant_name(text: &str) -> bool {
    text.len() > 1 && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b == b'-')
}

/// English participles; five letters or more, so that `red` and `king` are none.
fn is_participle(text: &str) -> bool {
    let letters = text.len() >= 5 && text.bytes().all(|b| b.is_ascii_alphabetic());
    letters && (text.ends_with("ed") || text.ends_with("ing"))
}

const ERROR_ENDINGS: &[&str] = &["Error", "Exception", "Warning", "Fault", "Failure", "Panic"];

/// Names of errors, `ERR_X`, errno names, and digits: stage one leaves only those that carry meaning.
fn is_fixed(text: &str) -> bool {
    let singular = text.strip_suffix('s').unwrap_or(text);
    let errno = text.len() > 3 && text.starts_with('E') && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    errno || ERROR_ENDINGS.iter().any(|end| singular.ends_with(end)) || text.bytes().any(|b| b.is_ascii_digit())
}

const QUANTIFIERS: &[&str] = &[
    "no", "not", "any", "all", "some", "every", "a", "an", "the", "only", "this", "that", "another",
];

const TELLING: &[&str] = &[
    "err",
    "msg",
    "message",
    "reason",
    "status",
    "state",
    "code",
    "level",
    "severity",
    "event",
    "exception",
    "cause",
];

/// A field whose value says what happened, as against to whom.
fn tells(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    TELLING.iter().any(|part| lower.contains(part))
}

fn hash(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes()) | 1
}

fn head(text: &str) -> u64 {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters >= 3 { hash(&text[..letters]) } else { 0 }
}

fn tail(text: &str) -> u64 {
    let tail = text.rsplit_once(WILDCARD).map_or("", |(_, tail)| tail);
    if tail.len() >= 4 { hash(tail) } else { 0 }
}
