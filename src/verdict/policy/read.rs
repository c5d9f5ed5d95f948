//! Reads checked values out of a TOML table and says where a wrong one stands.

use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{PolicyError, PolicyFault, SignalGlob};

/// How alike two names must be (Jaro-Winkler, 0 to 1) to suggest one for the other.
const ALIKE: f64 = 0.75;

/// One table of the policy.
#[derive(Clone)]
pub(super) struct Section<'a> {
    source: &'a str,
    entries: &'a DeTable<'a>,
    place: String,
    offset: usize,
}

impl<'a> Section<'a> {
    pub(super) fn root(source: &'a str, table: &'a DeTable<'a>) -> Section<'a> {
        let place = "the policy".to_owned();
        Section {
            source,
            entries: table,
            place,
            offset: 0,
        }
    }

    /// The same table under a name that says more, for its error messages.
    pub(super) fn named(mut self, place: String) -> Section<'a> {
        self.place = place;
        self
    }

    /// Refuses keys that are not among the known.
    pub(super) fn only(&self, known: &[&'static str]) -> Result<(), PolicyError> {
        // The first in the file, whatever order the parser keeps.
        let unknown = self
            .entries
            .iter()
            .filter(|(key, _)| !known.contains(&key.get_ref().as_ref()));
        let Some((key, _)) = unknown.min_by_key(|(key, _)| key.span().start) else {
            return Ok(());
        };
        let fault = PolicyFault::UnknownKey {
            key: key.get_ref().to_string(),
            place: self.place.clone(),
            suggestion: most_alike(key.get_ref(), known),
            known: known.to_vec(),
        };
        Err(PolicyError::at(self.line(key.span().start), fault))
    }

    /// A table inside this one.
    pub(super) fn table(&self, key: &str) -> Result<Option<Section<'a>>, PolicyError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let place = format!("[{key}]");
        self.section(key, value, place).map(Some)
    }

    /// The tables of an array of tables (`[[key]]`).
    pub(super) fn tables(&self, key: &str) -> Result<Vec<Section<'a>>, PolicyError> {
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        let array = value
            .get_ref()
            .as_array()
            .ok_or_else(|| self.wrong_type(key, "a list of tables", value))?;
        array
            .iter()
            .map(|item| self.section(key, item, format!("[[{key}]]")))
            .collect()
    }

    /// Overrides a number when the key is there.
    pub(super) fn number(&self, key: &str, range: RangeInclusive<f64>, into: &mut f64) -> Result<(), PolicyError> {
        if let Some(value) = self.optional_number(key, range)? {
            *into = value;
        }
        Ok(())
    }

    pub(super) fn optional_number(&self, key: &str, range: RangeInclusive<f64>) -> Result<Option<f64>, PolicyError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let number = float(value.get_ref()).ok_or_else(|| self.wrong_type(key, "a number", value))?;
        // NaN is in no range.
        if !range.contains(&number) {
            return Err(self.out_of_range(key, &format!("from {} to {}", range.start(), range.end())));
        }
        Ok(Some(number))
    }

    pub(super) fn required_number(&self, key: &'static str, range: RangeInclusive<f64>) -> Result<f64, PolicyError> {
        self.optional_number(key, range)?.ok_or_else(|| self.missing(key))
    }

    /// Overrides a whole number when the key is there.
    pub(super) fn whole(&self, key: &str, range: RangeInclusive<u64>, into: &mut u64) -> Result<(), PolicyError> {
        if let Some(value) = self.optional_whole(key, range)? {
            *into = value;
        }
        Ok(())
    }

    pub(super) fn small(&self, key: &str, range: RangeInclusive<u32>, into: &mut u32) -> Result<(), PolicyError> {
        let wide = u64::from(*range.start())..=u64::from(*range.end());
        if let Some(value) = self.optional_whole(key, wide)?.and_then(|v| u32::try_from(v).ok()) {
            *into = value;
        }
        Ok(())
    }

    pub(super) fn optional_whole(&self, key: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, PolicyError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let whole = value
            .get_ref()
            .as_integer()
            .ok_or_else(|| self.wrong_type(key, "a whole number", value))?;
        let number = i128::from_str_radix(whole.as_str(), whole.radix()).ok();
        match number.and_then(|n| u64::try_from(n).ok()).filter(|n| range.contains(n)) {
            Some(n) => Ok(Some(n)),
            None => Err(self.out_of_range(key, &format!("from {} to {}", range.start(), range.end()))),
        }
    }

    /// A list of at least one number in ascending order.
    pub(super) fn ascending(&self, key: &str, range: RangeInclusive<f64>) -> Result<Option<Vec<f64>>, PolicyError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let wrong = || self.wrong_type(key, "a list of numbers", value);
        let items = value.get_ref().as_array().ok_or_else(wrong)?;
        let numbers: Option<Vec<f64>> = items.iter().map(|item| float(item.get_ref())).collect();
        let numbers = numbers.ok_or_else(wrong)?;
        let ascends = numbers.windows(2).all(|pair| pair[0] < pair[1]);
        if numbers.is_empty() || !ascends || !numbers.iter().all(|n| range.contains(n)) {
            let allowed = format!("ascending numbers from {} to {}", range.start(), range.end());
            return Err(self.out_of_range(key, &allowed));
        }
        Ok(Some(numbers))
    }

    pub(super) fn optional_text(&self, key: &str) -> Result<Option<&'a str>, PolicyError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        value
            .get_ref()
            .as_str()
            .map(Some)
            .ok_or_else(|| self.wrong_type(key, "a text in quotes", value))
    }

    /// A text that must be there and not be blank.
    pub(super) fn text(&self, key: &'static str) -> Result<&'a str, PolicyError> {
        let text = self.optional_text(key)?.ok_or_else(|| self.missing(key))?;
        if text.trim().is_empty() {
            return Err(self.out_of_range(key, "a text that is not empty"));
        }
        Ok(text)
    }

    /// One of a closed list of words.
    pub(super) fn choice<T: Clone>(
        &self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Result<Option<T>, PolicyError> {
        let Some(word) = self.optional_text(key)? else {
            return Ok(None);
        };
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == word) {
            return Ok(Some(value.clone()));
        }
        let names: Vec<&'static str> = choices.iter().map(|(name, _)| *name).collect();
        let fault = PolicyFault::UnknownValue {
            key: key.to_owned(),
            value: word.to_owned(),
            suggestion: most_alike(word, &names),
            choices: names,
        };
        Err(PolicyError::at(self.line_of(key), fault))
    }

    /// A signal name with wildcards that must be there.
    pub(super) fn glob(&self, key: &'static str) -> Result<SignalGlob, PolicyError> {
        self.read_glob(key, self.text(key)?)
    }

    /// A list of signal names; empty when the key is not there.
    pub(super) fn globs(&self, key: &'static str) -> Result<Vec<SignalGlob>, PolicyError> {
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        let wrong = || self.wrong_type(key, "a list of texts", value);
        let items = value.get_ref().as_array().ok_or_else(wrong)?;
        let globs = items
            .iter()
            .map(|item| self.read_glob(key, item.get_ref().as_str().ok_or_else(wrong)?));
        globs.collect()
    }

    fn read_glob(&self, key: &str, text: &str) -> Result<SignalGlob, PolicyError> {
        SignalGlob::new(text).map_err(|cause| {
            let fault = PolicyFault::BadGlob {
                glob: text.to_owned(),
                cause,
            };
            PolicyError::at(self.line_of(key), fault)
        })
    }

    pub(super) fn missing(&self, key: &'static str) -> PolicyError {
        let place = self.place.clone();
        PolicyError::at(self.line(self.offset), PolicyFault::MissingKey { key, place })
    }

    pub(super) fn out_of_range(&self, key: &str, allowed: &str) -> PolicyError {
        let fault = PolicyFault::OutOfRange {
            key: key.to_owned(),
            allowed: allowed.to_owned(),
        };
        PolicyError::at(self.line_of(key), fault)
    }

    /// An error of the table as a whole.
    pub(super) fn error(&self, fault: PolicyFault) -> PolicyError {
        PolicyError::at(self.line(self.offset), fault)
    }

    pub(super) fn place(&self) -> String {
        self.place.clone()
    }

    fn section(&self, key: &str, value: &'a Spanned<DeValue<'a>>, place: String) -> Result<Section<'a>, PolicyError> {
        let entries = value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.wrong_type(key, "a table", value))?;
        Ok(Section {
            source: self.source,
            entries,
            place,
            offset: value.span().start,
        })
    }

    fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.entries
            .iter()
            .find(|(k, _)| k.get_ref() == key)
            .map(|(_, value)| value)
    }

    fn wrong_type(&self, key: &str, expected: &'static str, value: &Spanned<DeValue<'_>>) -> PolicyError {
        let found = value.get_ref().type_str().to_owned();
        let fault = PolicyFault::WrongType {
            key: key.to_owned(),
            expected,
            found,
        };
        PolicyError::at(self.line(value.span().start), fault)
    }

    fn line_of(&self, key: &str) -> usize {
        self.line(self.value(key).map_or(self.offset, |value| value.span().start))
    }

    fn line(&self, offset: usize) -> usize {
        line_at(self.source, offset)
    }
}

/// The line, from 1, that a byte offset lies in.
pub(super) fn line_at(source: &str, offset: usize) -> usize {
    let before = &source.as_bytes()[..offset.min(source.len())];
    1 + before.iter().filter(|b| **b == b'\n').count()
}

fn float(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(f) => f.as_str().parse().ok(),
        // `as_str` has no underscores and no prefix; whole numbers are fine where fractions are.
        DeValue::Integer(i) => i128::from_str_radix(i.as_str(), i.radix()).ok().map(|n| n as f64),
        _ => None,
    }
}

fn most_alike(word: &str, known: &[&'static str]) -> Option<String> {
    let scored = known.iter().map(|k| (strsim::jaro_winkler(word, k), *k));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))?;
    (best.0 >= ALIKE).then(|| best.1.to_owned())
}
