//! Text without its case: NFKC, full case folding, NFKC again, as AIP-160 compares strings ("Filtering", google.aip.dev).

use std::borrow::Cow;
use std::cmp::Ordering;

use regex::bytes::{Regex, RegexBuilder};
use unicode_normalization::UnicodeNormalization;

/// A text that others are compared with.
#[derive(Debug, Clone)]
pub struct Folded {
    text: String,
    /// Finds it in ASCII text; absent when it is not ASCII itself, and so never in such.
    in_ascii: Option<Regex>,
}

impl Folded {
    pub fn new(text: &str) -> Folded {
        let text = fold(text).into_owned();
        let in_ascii = text.is_ascii().then(|| finder(&text)).flatten();
        Folded { text, in_ascii }
    }

    /// Whether the texts are the same.
    pub fn is(&self, text: &str) -> bool {
        if text.is_ascii() {
            return text.eq_ignore_ascii_case(&self.text);
        }
        fold(text) == self.text
    }

    /// How the text is ordered to this one.
    pub fn order_of(&self, text: &str) -> Ordering {
        fold(text).as_ref().cmp(&self.text)
    }

    /// Whether this is a part of the text.
    pub fn is_in(&self, text: &str) -> bool {
        if text.is_ascii() {
            return self
                .in_ascii
                .as_ref()
                .is_some_and(|finder| finder.is_match(text.as_bytes()));
        }
        fold(text).contains(&self.text)
    }

    /// Whether bytes of JSON may hold the text somewhere: `false` only where no string can.
    pub fn may_be_in_json(&self, json: &[u8]) -> bool {
        let is_written_plainly = |b: u8| !b.is_ascii_control() && !matches!(b, b'"' | b'\\' | b'/');
        match &self.in_ascii {
            Some(finder) if self.text.bytes().all(is_written_plainly) => {
                finder.is_match(json) || !json.is_ascii() || memchr::memmem::find(json, b"\\u").is_some()
            }
            _ => true,
        }
    }
}

fn finder(text: &str) -> Option<Regex> {
    let pattern = regex::escape(text);
    RegexBuilder::new(&pattern)
        .case_insensitive(true)
        .unicode(false)
        .build()
        .ok()
}

/// The folded form of a text.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if !text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Cow::Borrowed(text);
        }
        return Cow::Owned(text.to_ascii_lowercase());
    }
    let normal: String = text.nfkc().collect();
    Cow::Owned(caseless::default_case_fold_str(&normal).nfkc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_and_compatible_forms_do_not_matter() {
        for (a, b) in [
            ("ERROR", "error"),
            ("Straße", "STRASSE"),
            ("ﬁle", "FILE"),
            ("Ｅｒｒｏｒ", "error"),
            ("e\u{301}", "É"),
            ("\u{212a}", "k"),
            ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ] {
            assert!(Folded::new(a).is(b) && Folded::new(b).is(a), "{a} {b}");
            assert!(Folded::new(a).is_in(&format!("x{b}y")), "{a} {b}");
            assert_eq!(Folded::new(a).order_of(b), Ordering::Equal);
        }
        assert!(!Folded::new("e").is("é"));
        assert!(!Folded::new("cafe").is_in("cafe\u{301}"));
    }

    #[test]
    fn parts_are_found_in_any_case() {
        assert!(Folded::new("").is_in("") && Folded::new("").is_in("é"));
        assert!(Folded::new("a.b").is_in("xA.Bx") && !Folded::new("a.b").is_in("aXb"));
        assert!(Folded::new("é").is_in("CAFÉ") && !Folded::new("é").is_in("cafe"));
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text).into_owned();
            prop_assert_eq!(fold(&once).into_owned(), once);
        }

        #[test]
        fn ascii_texts_take_the_short_way(text in "[ -~]{0,12}", part in "[ -~]{0,3}") {
            let folded = Folded::new(&part);
            prop_assert_eq!(folded.is_in(&text), text.to_lowercase().contains(&part.to_lowercase()));
            prop_assert_eq!(folded.is(&text), text.to_lowercase() == part.to_lowercase());
        }

        #[test]
        fn what_may_not_be_in_json_is_not(text in "[ -~é\n]{0,12}", part in "[a-z\" /é]{1,2}") {
            let json = serde_json::to_string(&text).unwrap();
            let folded = Folded::new(&part);
            if folded.is_in(&text) {
                prop_assert!(folded.may_be_in_json(json.as_bytes()));
            }
        }
    }
}
