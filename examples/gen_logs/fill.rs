//! Fills the places of a message: `{n}` number, `{d}` digit, `{u}` UUID, `{h}` hexadecimal, `{w}` word.

use std::fmt::Write as _;

use crate::rng::Rng;
use crate::texts;

/// Fills places from many values, or from few when files must compress well.
#[derive(Debug, Clone, Copy)]
pub struct Filler {
    few: bool,
}

impl Filler {
    /// `few` distinct values of each place, or many.
    pub fn new(few: bool) -> Filler {
        Filler { few }
    }

    /// The text with every place filled; other braces stay.
    pub fn fill(&self, rng: &mut Rng, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 32);
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            let place = rest[at..].get(..3).unwrap_or("");
            if self.place(rng, place, &mut out) {
                rest = &rest[at + 3..];
            } else {
                out.push('{');
                rest = &rest[at + 1..];
            }
        }
        out.push_str(rest);
        out
    }

    fn place(&self, rng: &mut Rng, place: &str, out: &mut String) -> bool {
        let kinds = if self.few { 12 } else { u64::MAX };
        let mut value = || rng.between(0, kinds);
        let written = match place {
            "{n}" if self.few => write!(out, "{}", 1000 + 37 * value()),
            "{n}" => write!(out, "{}", rng.between(1, 10_000_000)),
            "{d}" => write!(out, "{}", rng.between(1, 8)),
            "{h}" => write!(out, "{:08x}", scramble(value()) as u32),
            "{u}" => {
                let a = scramble(value());
                let b = scramble(a);
                write!(
                    out,
                    "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                    a >> 32,
                    a & 0xffff,
                    b & 0xfff,
                    b >> 52,
                    (a ^ b) & 0xffff_ffff_ffff
                )
            }
            "{w}" => write!(out, "{}", rng.pick(texts::WORDS)),
            _ => return false,
        };
        written.is_ok()
    }
}

fn scramble(value: u64) -> u64 {
    Rng::new(value).bits()
}
