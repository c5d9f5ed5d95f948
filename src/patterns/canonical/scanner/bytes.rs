//! What a byte is, as two tables of bits, and the small questions that every mask asks.
//!
//! Bytes, not characters: every class of the masks is ASCII, or the negation of one, and a byte of 0x80 and above stands
//! for a character that is no digit, no letter and no word character.

use super::clean::odd;

/// Sets of the masks, one bit each; [`is`] asks.
pub const DIGIT: u16 = 1;
pub const LETTER: u16 = 1 << 1;
/// `[0-9a-fA-F]`.
pub const HEX: u16 = 1 << 2;
/// `[0-9a-f]`.
pub const LOWER_HEX: u16 = 1 << 3;
/// `[0-9A-Za-z_]`.
pub const WORD: u16 = 1 << 4;
/// `[A-Za-z0-9+.-]`, of `url`.
pub const SCHEME: u16 = 1 << 5;
/// What ends a `url`.
pub const URL_END: u16 = 1 << 6;
/// `[A-Za-z0-9._%+-]`, of `email`.
pub const MAILBOX: u16 = 1 << 7;
/// `[A-Za-z0-9-]`, of `email`.
pub const LABEL: u16 = 1 << 8;
/// `[A-Za-z0-9_.~%+@$*#?&=:-]`, of `path`.
pub const SEGMENT: u16 = 1 << 9;
/// What may stand before a `path`, the blank apart.
pub const BEFORE_PATH: u16 = 1 << 10;
pub const PLUS: u16 = 1 << 11;
/// What may stand before a `sign`, the blank apart.
pub const BEFORE_SIGN: u16 = 1 << 12;
/// `[ :=(\[]`, between a keyword and its number.
pub const GLUE: u16 = 1 << 13;
pub const SLASH: u16 = 1 << 14;
/// `[A-Za-z0-9+/]`, of `token`.
pub const BASE64: u16 = ALNUM | PLUS | SLASH;
/// `[0-9A-Za-z]`.
pub const ALNUM: u16 = DIGIT | LETTER;

static SETS: [u16; 256] = sets();

const fn sets() -> [u16; 256] {
    let mut sets = [0; 256];
    let mut b = 0_u8;
    while b < 128 {
        sets[b as usize] = set(b);
        b += 1;
    }
    sets
}

const fn set(b: u8) -> u16 {
    let mut set = 0;
    if b.is_ascii_digit() {
        set |= DIGIT;
    }
    if b.is_ascii_alphabetic() {
        set |= LETTER;
    }
    if b.is_ascii_hexdigit() {
        set |= HEX;
    }
    if b.is_ascii_digit() || matches!(b, b'a'..=b'f') {
        set |= LOWER_HEX;
    }
    if b.is_ascii_alphanumeric() {
        set |= WORD | SCHEME | MAILBOX | LABEL | SEGMENT;
    }
    set | marks(b)
}

/// The sets of what is neither digit nor letter.
const fn marks(b: u8) -> u16 {
    let mut set = 0;
    if b == b'_' {
        set |= WORD;
    }
    if matches!(b, b'+' | b'.' | b'-') {
        set |= SCHEME;
    }
    if matches!(
        b,
        b' ' | b'"' | b'\'' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b';'
    ) {
        set |= URL_END;
    }
    if matches!(b, b'.' | b'_' | b'%' | b'+' | b'-') {
        set |= MAILBOX;
    }
    if b == b'-' {
        set |= LABEL;
    }
    if matches!(
        b,
        b'_' | b'.' | b'~' | b'%' | b'+' | b'@' | b'$' | b'*' | b'#' | b'?' | b'&' | b'=' | b':' | b'-'
    ) {
        set |= SEGMENT;
    }
    if matches!(b, b'=' | b':' | b'(' | b'[' | b'"' | b'\'' | b',' | b'|') {
        set |= BEFORE_PATH;
    }
    if b == b'+' {
        set |= PLUS;
    }
    if b == b'/' {
        set |= SLASH;
    }
    if matches!(
        b,
        b'=' | b':' | b'(' | b'[' | b'{' | b',' | b'"' | b'\'' | b'_' | b'/' | b'|'
    ) {
        set |= BEFORE_SIGN;
    }
    if matches!(b, b' ' | b':' | b'=' | b'(' | b'[') {
        set |= GLUE;
    }
    set
}

/// Whether `byte` is in one of `sets`.
#[inline(always)]
pub fn is(byte: u8, sets: u16) -> bool {
    SETS[usize::from(byte)] & sets != 0
}

/// Whether there is a byte at `at`, and it is in one of `sets`.
#[inline(always)]
pub fn at(text: &[u8], at: usize, sets: u16) -> bool {
    text.get(at).is_some_and(|b| is(*b, sets))
}

/// Where the run of bytes in `sets` that starts at `from` ends.
#[inline(always)]
pub fn run(text: &[u8], from: usize, sets: u16) -> usize {
    let mut end = from;
    while at(text, end, sets) {
        end += 1;
    }
    end
}

/// Where the run of bytes in `sets` that ends at `to` starts, not before `from`.
#[inline(always)]
pub fn run_back(text: &[u8], from: usize, to: usize, sets: u16) -> usize {
    let mut start = to;
    while start > from && is(text[start - 1], sets) {
        start -= 1;
    }
    start
}

/// `\b` of the portable subset at `place`.
#[inline(always)]
pub fn boundary(text: &[u8], place: usize) -> bool {
    (place > 0 && at(text, place - 1, WORD)) != at(text, place, WORD)
}

/// Where `pattern` ends if it is at `from`: `0` stands for a digit, `h` for a hexadecimal one, else for itself.
#[inline(always)]
pub fn shape(text: &[u8], from: usize, pattern: &[u8]) -> Option<usize> {
    let there = text.get(from..from + pattern.len())?;
    let fits = |(b, p): (&u8, &u8)| match p {
        b'0' => is(*b, DIGIT),
        b'h' => is(*b, HEX),
        _ => b == p,
    };
    there.iter().zip(pattern).all(fits).then_some(from + pattern.len())
}

// What a chunk holds, ored over its bytes; [`traits`] gives those of a byte.
pub const HAS_DIGIT: u16 = 1;
pub const HAS_COLON: u16 = 1 << 1;
pub const HAS_SLASH: u16 = 1 << 2;
pub const HAS_AT: u16 = 1 << 3;
pub const HAS_DASH: u16 = 1 << 4;
pub const HAS_DOT: u16 = 1 << 5;
pub const HAS_BACKSLASH: u16 = 1 << 6;
/// A capital J, of `eyJ`.
pub const HAS_J: u16 = 1 << 7;
pub const HAS_COMMA: u16 = 1 << 8;
pub const HAS_ANGLE: u16 = 1 << 9;
pub const HAS_PLUS: u16 = 1 << 10;
/// A byte that may have to be cleaned away.
pub const HAS_ODD: u16 = 1 << 11;
/// Without one of these, no mask of typed values matches.
pub const HAS_TYPED: u16 = HAS_COLON | HAS_SLASH | HAS_AT | HAS_DASH | HAS_DOT | HAS_BACKSLASH;

static TRAITS: [u16; 256] = all_traits();

const fn all_traits() -> [u16; 256] {
    let mut all = [0; 256];
    let mut b = 0;
    while b < 256 {
        all[b] = trait_of(b as u8) | if odd(b as u8) { HAS_ODD } else { 0 };
        b += 1;
    }
    all
}

const fn trait_of(b: u8) -> u16 {
    match b {
        b'0'..=b'9' => HAS_DIGIT,
        b':' => HAS_COLON,
        b'/' => HAS_SLASH,
        b'@' => HAS_AT,
        b'-' => HAS_DASH,
        b'+' => HAS_PLUS,
        b'.' => HAS_DOT,
        b'\\' => HAS_BACKSLASH,
        b'J' => HAS_J,
        b',' => HAS_COMMA,
        b'<' | b'>' => HAS_ANGLE,
        _ => 0,
    }
}

/// The traits of a byte.
#[inline(always)]
pub fn traits(byte: u8) -> u16 {
    TRAITS[usize::from(byte)]
}
