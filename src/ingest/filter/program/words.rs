//! `SEARCH`: whole words in any order and case, and phrases in backticks.

use super::super::fold::fold;

/// What is searched for, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    words: Vec<String>,
    phrases: Vec<String>,
}

/// Words and phrases that were found so far, one bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found(Vec<bool>);

impl Words {
    /// Reads a query; `None` if there is no word in it.
    pub fn parse(query: &str) -> Option<Words> {
        let query = fold(query);
        let (mut words, mut phrases) = (vec![], vec![]);
        // Every second part stands between backticks; one without an end is a word like any other.
        let parts: Vec<&str> = query.split('`').collect();
        for (i, part) in parts.iter().enumerate() {
            let is_phrase = i % 2 == 1 && i + 1 < parts.len();
            match is_phrase && !part.is_empty() {
                true => phrases.push((*part).to_owned()),
                false => words.extend(tokens(part).map(str::to_owned)),
            }
        }
        words.sort();
        words.dedup();
        (!words.is_empty() || !phrases.is_empty()).then_some(Words { words, phrases })
    }

    /// Nothing found yet.
    pub fn none(&self) -> Found {
        Found(vec![false; self.words.len() + self.phrases.len()])
    }

    /// Looks into one more text; returns whether everything has been found by now.
    pub fn look(&self, text: &str, found: &mut Found) -> bool {
        let text = fold(text);
        for token in tokens(&text) {
            if let Ok(i) = self.words.binary_search_by(|word| word.as_str().cmp(token)) {
                found.0[i] = true;
            }
        }
        for (phrase, found) in self.phrases.iter().zip(&mut found.0[self.words.len()..]) {
            *found = *found || holds(&text, phrase);
        }
        found.0.iter().all(|f| *f)
    }
}

/// Whether the phrase stands in the text and cuts no word.
fn holds(text: &str, phrase: &str) -> bool {
    let is_border =
        |inner: Option<char>, outer: Option<char>| inner.is_none_or(is_delimiter) || outer.is_none_or(is_delimiter);
    text.match_indices(phrase).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + phrase.len()..].chars().next());
        is_border(phrase.chars().next(), before) && is_border(phrase.chars().next_back(), after)
    })
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_delimiter).filter(|t| !t.is_empty())
}

/// What separates words: white space and the marks that BigQuery's log analyzer names ("Text analysis",
/// docs.cloud.google.com/bigquery).
fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || "[]<>(){}|!;,'\"*&?+/:=@.-$%\\_`#^~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(query: &str, texts: &[&str]) -> bool {
        let words = Words::parse(query).unwrap();
        let mut found = words.none();
        texts.iter().any(|text| words.look(text, &mut found))
    }

    #[test]
    fn whole_words_in_any_order() {
        assert!(finds("World hello", &["Hello, world!"]));
        assert!(finds("db-1 timeout", &["timeout of db-1.internal"]));
        assert!(!finds("hello", &["helloworld"]) && !finds("hello world", &["hello"]));
        assert!(finds("hello world", &["hello", "world"]));
    }

    #[test]
    fn phrases_stand_as_they_are() {
        assert!(finds("`hello world`", &["say Hello World, now"]));
        assert!(!finds("`hello world`", &["hello, world"]) && !finds("`hello world`", &["hello", "world"]));
        assert!(!finds("`lo wor`", &["hello world"]));
        assert!(finds("`-1` x", &["x db-1"]));
        assert!(finds("`a", &["a"]));
    }

    #[test]
    fn a_query_has_a_word() {
        for query in ["", " ", "..", "``", "`"] {
            assert_eq!(Words::parse(query), None, "{query}");
        }
    }
}
