//! How a message becomes its canonical text, mask by mask: for people, so by the specification.

use std::borrow::Cow;

use super::spec::{COMPILED, cut};
use super::{MASKS, Mask};

/// One mask that changed the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The mask.
    pub mask: &'static Mask,
    /// The whole text after it.
    pub text: String,
}

/// Every mask that changes the text, in order. The text of the last step is the canonical text; where there is none, the
/// message is canonical as it is (cut at [`super::INPUT_BYTES_MAX`]).
#[must_use]
pub fn explain(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (mask, (regex, replacement)) in MASKS.iter().zip(COMPILED.iter()) {
        let now = steps.last().map_or(cut(text), |step| step.text.as_str());
        if let Cow::Owned(text) = regex.replace_all(now, *replacement)
            && text != now
        {
            steps.push(Step { mask, text });
        }
    }
    steps
}
