//! The definition of the canonical text: the masks, run one after the other.
//!
//! Slow by design; `canonical` must give the same for every text.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::{INPUT_BYTES_MAX, MASKS};
use crate::model::start_of;
use crate::patterns::portable;

/// The masks' regexes, in order. A mask that is not a regex is left out; a test sees that there is none.
pub(super) static COMPILED: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let regex = |regex: &str| {
        let ascii = portable(regex).map_or_else(|_| regex.to_owned(), |portable| portable.translated);
        Regex::new(&ascii)
    };
    MASKS
        .iter()
        .filter_map(|mask| Some((regex(mask.regex).ok()?, mask.replacement)))
        .collect()
});

/// The canonical text of `text`, by definition.
#[must_use]
pub fn specified(text: &str) -> String {
    let mut now = cut(text).to_owned();
    for (regex, replacement) in COMPILED.iter() {
        if let Cow::Owned(next) = regex.replace_all(&now, *replacement) {
            now = next;
        }
    }
    now
}

/// The part of a message that is looked at.
#[must_use]
pub fn cut(text: &str) -> &str {
    start_of(text, INPUT_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mask_compiles_and_is_portable() {
        assert_eq!(COMPILED.len(), MASKS.len());
        for mask in MASKS {
            let unicode = mask.name == "decoration"; // ranges of characters: RE2 and ours read them alike, Vectorscan does not
            assert_eq!(portable(mask.regex).is_err(), unicode, "{}", mask.name);
        }
    }
}
