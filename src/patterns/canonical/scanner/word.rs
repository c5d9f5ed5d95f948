//! One word of letters and digits, and what the masks of numbers make of it.
//!
//! Input: a word in its text. Output: whether it is kept, and by what it is replaced up to where. It writes nothing.

use super::bytes::{ALNUM, DIGIT, GLUE, LETTER, WORD, at, is, run};
use super::{ids, keep, numbers};

/// Bytes that `token` wants behind the first digit of the second run.
const TOKEN_TAIL: usize = 16;

/// What the masks make of a word.
pub enum Verdict {
    /// Its place up to here is replaced by this.
    Replace(usize, &'static str),
    /// Its digits are a number.
    Number,
}

/// A run of letters and digits that holds a digit.
pub struct Word {
    pub start: usize,
    /// The first run of digits.
    pub digits: usize,
    digits_end: usize,
    /// The second run of digits, or the end.
    again: usize,
    pub end: usize,
}

impl Word {
    /// The word at `start`, or where the letters there end.
    #[inline(always)]
    pub fn at(text: &[u8], start: usize) -> Result<Word, usize> {
        let digits = run(text, start, LETTER);
        let digits_end = run(text, digits, DIGIT);
        if digits_end == digits {
            return Err(digits);
        }
        let again = run(text, digits_end, LETTER);
        let end = run(text, again, ALNUM);
        Ok(Word {
            start,
            digits,
            digits_end,
            again,
            end,
        })
    }

    pub fn starts_with_digit(&self) -> bool {
        self.start == self.digits
    }

    fn plain(&self) -> bool {
        self.starts_with_digit() && self.digits_end == self.end
    }

    /// Digits, letters, digits.
    fn mixed(&self) -> bool {
        self.again < self.end
    }

    #[inline(always)]
    fn hex(&self, text: &[u8]) -> bool {
        !self.plain() && ids::is_hex(&text[self.start..self.end]) && text.get(self.end) != Some(&b'_')
    }

    /// Whether a keeping mask keeps the digits of the word, and with them the word. `chunk` is where its chunk starts.
    #[inline(always)]
    pub fn kept(&self, text: &[u8], chunk: usize) -> bool {
        let (number, end) = (self.digits, self.digits_end);
        if !self.starts_with_digit() {
            let letter = self.digits == self.start + 1 && text[self.start] == b'E';
            return letter && keep::code(text, number, end).is_some();
        }
        let before = if self.start == chunk {
            b' '
        } else {
            text[self.start - 1]
        };
        let glued = is(before, GLUE) || matches!(before, b'"' | b'\'' | b'-');
        let status = || self.plain() && (keep::status(text, number, end) || keep::reason(text, number, end));
        glued && (status() || matches!(before, b'-' | b'[') && keep::code(text, number, end).is_some())
    }

    /// The masks `duration` to `id`, for a word that is not kept, behind the byte `before`. `token` tells whether a word
    /// alone may be a token.
    #[inline(always)]
    pub fn judge(&self, text: &[u8], before: u8, token: bool) -> Verdict {
        let free = !is(before, WORD);
        if self.starts_with_digit()
            && free
            && before != b'.'
            && let Some((end, by)) = self.quantity(text)
        {
            return Verdict::Replace(end, by);
        }
        if self.mixed() && token && free && self.end - self.again > TOKEN_TAIL {
            let padding = text[self.end..].iter().take(2).take_while(|b| **b == b'=').count();
            return Verdict::Replace(self.end + padding, "<token>");
        }
        if self.hex(text) {
            return Verdict::Replace(self.end, "<hex>");
        }
        if self.mixed() {
            return Verdict::Replace(self.end, "<id>");
        }
        Verdict::Number
    }

    /// The end of the duration or the size that starts with the word, and what stands for it.
    #[inline(always)]
    fn quantity(&self, text: &[u8]) -> Option<(usize, &'static str)> {
        // Plain digits are a quantity only with a fraction, or before the sign of a millionth.
        if self.plain() && !matches!(text.get(self.end), Some(b'.' | 0xC2)) {
            return None;
        }
        let duration = numbers::duration_end(text, self.start).map(|end| (end, "<duration>"));
        duration.or_else(|| numbers::size_end(text, self.start).map(|end| (end, "<size>")))
    }

    /// The end of the `num` that starts with the digits of the word; nothing where an exponent follows, whose digits
    /// another mask may claim.
    #[inline(always)]
    pub fn number_end(&self, text: &[u8]) -> Option<usize> {
        let mut end = self.digits_end;
        while matches!(text.get(end), Some(b'.' | b',')) && at(text, end + 1, DIGIT) {
            let Ok(next) = Word::at(text, end + 1) else {
                break;
            };
            let quantity = text[end] == b',' && next.quantity(text).is_some();
            if quantity || next.mixed() || next.hex(text) {
                break;
            }
            end = next.digits_end;
        }
        let exponent = matches!(text.get(end), Some(b'e' | b'E')) && matches!(text.get(end + 1), Some(b'+' | b'-'));
        (!exponent).then_some(end)
    }
}
