//! The literals that a regex cannot match without.
//!
//! Input: a parsed regex. Output: a small set of byte strings of which every match holds at least one. A text that holds
//! none of them cannot match, which is what lets one scan decide about every pattern at once.

use regex_syntax::hir::literal::{ExtractKind, Extractor, Seq};
use regex_syntax::hir::{Hir, HirKind};

/// Shorter literals are too common to be worth looking for.
pub const MIN_LITERAL: usize = 3;
/// More literals than this would crowd the scan.
const MAX_LITERALS: usize = 16;

/// A set of literals of which every match holds at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    /// The literals, each at least [`MIN_LITERAL`] bytes.
    pub literals: Vec<Vec<u8>>,
    /// Whether a text that holds one of them matches, so that the regex need not be run.
    pub exact: bool,
}

/// The best set of required literals; `None` when the regex has none that is worth looking for.
pub fn required(hir: &Hir) -> Option<Required> {
    let whole = leading(std::slice::from_ref(hir));
    if let Some((set, true)) = &whole
        && hir.properties().look_set().is_empty()
    {
        return Some(Required {
            literals: set.clone(),
            exact: true,
        });
    }
    let literals = best(hir)?;
    Some(Required { literals, exact: false })
}

/// The best set found anywhere in `hir`.
fn best(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let own = leading(std::slice::from_ref(hir)).map(|(set, _)| set);
    let inner = match hir.kind() {
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Alternation(branches) => all_of(branches),
        HirKind::Concat(parts) => best_of_concat(parts),
        _ => None,
    };
    better(own, inner)
}

/// Every branch must contribute, since any of them may be the one that matches.
fn all_of(branches: &[Hir]) -> Option<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for branch in branches {
        all.extend(best(branch)?);
    }
    tidy(all)
}

/// Any part will do: the literals that some tail of the sequence begins with, or the best inside one part.
fn best_of_concat(parts: &[Hir]) -> Option<Vec<Vec<u8>>> {
    let tails = (0..parts.len()).map(|start| leading(&parts[start..]).map(|(set, _)| set));
    let inner = parts.iter().map(|part| match part.kind() {
        HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => None,
        _ => best(part),
    });
    tails.chain(inner).fold(None, better)
}

/// The literals that every match of the sequence `parts` begins with, and whether they are all there is to it.
fn leading(parts: &[Hir]) -> Option<(Vec<Vec<u8>>, bool)> {
    let mut extractor = Extractor::new();
    // Small limits: `["']` is worth crossing, `[0-9]` is not.
    extractor
        .kind(ExtractKind::Prefix)
        .limit_class(3)
        .limit_repeat(3)
        .limit_total(MAX_LITERALS);
    let mut seq = Seq::singleton(regex_syntax::hir::literal::Literal::exact(Vec::new()));
    for part in parts {
        if !seq.is_finite() || seq.literals()?.iter().all(|literal| !literal.is_exact()) {
            break;
        }
        let mut next = extractor.extract(part);
        if !next.is_finite() || seq.max_cross_len(&next).is_none_or(|n| n > MAX_LITERALS) {
            seq.make_inexact();
            break;
        }
        seq.cross_forward(&mut next);
    }
    let exact = seq.is_exact();
    let literals = seq
        .literals()?
        .iter()
        .map(|literal| literal.as_bytes().to_vec())
        .collect();
    Some((tidy(literals)?, exact))
}

/// Sorted and distinct; `None` when a literal is too short or there are too many.
fn tidy(mut literals: Vec<Vec<u8>>) -> Option<Vec<Vec<u8>>> {
    literals.sort();
    literals.dedup();
    let usable = !literals.is_empty() && literals.len() <= MAX_LITERALS;
    (usable && literals.iter().all(|literal| literal.len() >= MIN_LITERAL)).then_some(literals)
}

fn better(a: Option<Vec<Vec<u8>>>, b: Option<Vec<Vec<u8>>>) -> Option<Vec<Vec<u8>>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if worth(&b) > worth(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// How much a set is worth: the rarity of its commonest member, less something for each further member.
fn worth(set: &[Vec<u8>]) -> i64 {
    let weakest = set.iter().map(|literal| rarity(window(literal, 16))).min().unwrap_or(0);
    i64::from(weakest) - 2 * set.len() as i64
}

/// The rarest `size` bytes of a literal; all of it when it is not longer.
pub fn window(literal: &[u8], size: usize) -> &[u8] {
    let rarest = literal.windows(size.max(1)).max_by_key(|bytes| rarity(bytes));
    rarest.unwrap_or(literal)
}

/// Roughly minus the logarithm of how often these bytes stand together in logs.
pub fn rarity(bytes: &[u8]) -> u32 {
    bytes.iter().map(|&byte| byte_rarity(byte)).sum()
}

/// Rarity of one byte in log texts, from common (1) to rare (8).
fn byte_rarity(byte: u8) -> u32 {
    match byte {
        b' ' | b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' => 2,
        b'0'..=b'9' | b'd' | b'l' | b'c' | b'u' | b'm' | b'p' | b'h' | b'.' | b'/' | b'-' | b':' => 3,
        b'a'..=b'z' | b'"' | b'=' | b',' | b'_' => 4,
        b'A'..=b'Z' | b'\'' | b'(' | b')' | b'[' | b']' => 5,
        _ => 7,
    }
}
