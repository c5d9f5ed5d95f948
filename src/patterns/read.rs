//! Reads one pack from its TOML text.
//!
//! Input: a text and the name of its file. Output: a [`Pack`], or the first thing that is wrong with it, with its line.
//! It checks form alone (keys, types, closed lists); whether regexes and examples are any good is the checker's business.

use std::ops::Range;

use sha2::{Digest, Sha256};
use toml::de::{DeTable, DeValue};

use super::error::{PackCause, PackError};
use super::pack::{Category, Condition, Example, LEVELS, LOGS, Pack, Pattern, SCHEMA, StatusRange};
use crate::model::{LogKind, Severity};

const PACK_KEYS: [&str; 6] = ["schema", "name", "version", "description", "override", "pattern"];
const PATTERN_KEYS: [&str; 14] = [
    "name",
    "title",
    "category",
    "level",
    "regex",
    "log",
    "min-severity",
    "status",
    "meaning",
    "link",
    "rollout-noise",
    "broad",
    "examples",
    "counter-examples",
];
const EXAMPLE_KEYS: [&str; 4] = ["text", "log", "severity", "status"];
/// Names of the severities in packs: those of Cloud Logging.
const SEVERITIES: [&str; 9] = [
    "DEFAULT",
    "DEBUG",
    "INFO",
    "NOTICE",
    "WARNING",
    "ERROR",
    "CRITICAL",
    "ALERT",
    "EMERGENCY",
];

/// Reads a pack. `file` is named in errors and kept in the pack.
pub fn read_pack(text: &str, file: &str) -> Result<Pack, PackError> {
    let source = Source { text, file };
    let root = DeTable::parse(text).map_err(|error| PackError {
        file: file.into(),
        line: error.span().map(|span| source.line(span.start)),
        cause: PackCause::NotToml(error.message().to_owned()),
    })?;
    let table = Table {
        source: &source,
        table: root.get_ref(),
        span: root.span(),
    };
    table.only(&PACK_KEYS)?;
    table.choice("schema", table.required("schema")?, &[SCHEMA])?;
    let name = table.name("name")?;
    let patterns = table.tables("pattern")?;
    Ok(Pack {
        version: table.text("version")?.to_owned(),
        description: table.text("description")?.to_owned(),
        overrides: table.flag("override")?,
        file: file.to_owned(),
        sha256: hex(&Sha256::digest(text.as_bytes())),
        patterns: patterns.iter().map(|p| pattern(p, name)).collect::<Result<_, _>>()?,
        name: name.to_owned(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pattern(table: &Table<'_>, pack: &str) -> Result<Pattern, PackError> {
    table.only(&PATTERN_KEYS)?;
    let id = format!("{pack}/{}", table.name("name")?);
    let categories = Category::ALL.map(Category::name);
    let category = table.choice("category", table.required("category")?, &categories)?;
    let level = table.choice("level", table.required("level")?, &LEVELS.map(|(name, _)| name))?;
    let condition = condition(table)?;
    if condition == Condition::default() {
        return Err(table.error(PackCause::NoCondition(id)));
    }
    Ok(Pattern {
        id,
        title: table.text("title")?.to_owned(),
        category: Category::ALL[category],
        level: LEVELS[level].1,
        condition,
        meaning: table.text("meaning")?.to_owned(),
        link: table.text("link")?.to_owned(),
        rollout_noise: table.flag("rollout-noise")?,
        broad: table.flag("broad")?,
        examples: examples(table, "examples")?,
        counter_examples: examples(table, "counter-examples")?,
        line: table.source.line(table.span.start),
    })
}

fn condition(table: &Table<'_>) -> Result<Condition, PackError> {
    let mut condition = Condition {
        regex: table.optional_text("regex")?.map(str::to_owned),
        ..Condition::default()
    };
    for value in table.items("log")? {
        condition.logs.push(table.log("log", value)?);
    }
    if let Some(value) = table.get("min-severity") {
        condition.min_severity = Some(table.severity("min-severity", value)?);
    }
    for value in table.items("status")? {
        let text = table.string(
            "status",
            value,
            "a list of texts such as \"500\", \"5xx\" or \"502-504\"",
        )?;
        let range = StatusRange::parse(text).ok_or_else(|| {
            table.error_at(
                value,
                PackCause::UnknownValue {
                    key: "status".to_owned(),
                    value: text.to_owned(),
                    known: "\"500\", \"5xx\", \"502-504\"".to_owned(),
                    nearest: None,
                },
            )
        })?;
        condition.statuses.push(range);
    }
    Ok(condition)
}

fn examples(table: &Table<'_>, key: &'static str) -> Result<Vec<Example>, PackError> {
    table.required(key)?;
    table
        .items(key)?
        .iter()
        .map(|value| example(table, key, value))
        .collect()
}

fn example(outer: &Table<'_>, key: &str, value: &Value<'_>) -> Result<Example, PackError> {
    let fields = match value.get_ref() {
        DeValue::String(text) => {
            return Ok(Example {
                text: Some(text.to_string()),
                ..Example::default()
            });
        }
        DeValue::Table(fields) => fields,
        _ => {
            let wanted = "a list of texts, or of tables {text, log, severity, status}";
            return Err(outer.error_at(
                value,
                PackCause::WrongType {
                    key: key.to_owned(),
                    wanted,
                },
            ));
        }
    };
    let table = Table {
        source: outer.source,
        table: fields,
        span: value.span(),
    };
    table.only(&EXAMPLE_KEYS)?;
    let status = match table.get("status") {
        None => None,
        Some(value) => Some(table.status(value)?),
    };
    Ok(Example {
        text: table.optional_text("text")?.map(str::to_owned),
        log: table.get("log").map(|value| table.log("log", value)).transpose()?,
        severity: table
            .get("severity")
            .map(|value| table.severity("severity", value))
            .transpose()?,
        status,
    })
}

type Value<'a> = toml::Spanned<DeValue<'a>>;

/// A text with the name of its file, to turn offsets into lines.
struct Source<'a> {
    text: &'a str,
    file: &'a str,
}

impl Source<'_> {
    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        before.iter().filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// A TOML table with typed access to its keys, each failure carrying its line.
struct Table<'a> {
    source: &'a Source<'a>,
    table: &'a DeTable<'a>,
    span: Range<usize>,
}

impl<'a> Table<'a> {
    fn error(&self, cause: PackCause) -> PackError {
        self.error_in(&self.span, cause)
    }

    fn error_at(&self, value: &Value<'_>, cause: PackCause) -> PackError {
        self.error_in(&value.span(), cause)
    }

    fn error_in(&self, span: &Range<usize>, cause: PackCause) -> PackError {
        let line = Some(self.source.line(span.start));
        PackError {
            file: self.source.file.into(),
            line,
            cause,
        }
    }

    /// Fails on the first key, in the order of the file, that is not among `known`.
    fn only(&self, known: &[&'static str]) -> Result<(), PackError> {
        let unknown = self.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        match unknown.min_by_key(|key| key.span().start) {
            None => Ok(()),
            Some(key) => {
                let cause = PackCause::UnknownKey {
                    key: key.get_ref().to_string(),
                    nearest: nearest(key.get_ref(), known),
                };
                Err(self.error_in(&key.span(), cause))
            }
        }
    }

    fn get(&self, key: &str) -> Option<&'a Value<'a>> {
        self.table
            .iter()
            .find(|(name, _)| name.get_ref() == key)
            .map(|(_, value)| value)
    }

    fn required(&self, key: &'static str) -> Result<&'a Value<'a>, PackError> {
        self.get(key).ok_or_else(|| self.error(PackCause::MissingKey(key)))
    }

    fn string(&self, key: &str, value: &'a Value<'a>, wanted: &'static str) -> Result<&'a str, PackError> {
        let wrong = || {
            self.error_at(
                value,
                PackCause::WrongType {
                    key: key.to_owned(),
                    wanted,
                },
            )
        };
        value.get_ref().as_str().ok_or_else(wrong)
    }

    fn optional_text(&self, key: &str) -> Result<Option<&'a str>, PackError> {
        self.get(key).map(|value| self.string(key, value, "a text")).transpose()
    }

    fn text(&self, key: &'static str) -> Result<&'a str, PackError> {
        self.string(key, self.required(key)?, "a text")
    }

    fn flag(&self, key: &str) -> Result<bool, PackError> {
        let Some(value) = self.get(key) else { return Ok(false) };
        let wrong = || {
            self.error_at(
                value,
                PackCause::WrongType {
                    key: key.to_owned(),
                    wanted: "true or false",
                },
            )
        };
        value.get_ref().as_bool().ok_or_else(wrong)
    }

    /// The items of an array; empty without the key.
    fn items(&self, key: &str) -> Result<&'a [Value<'a>], PackError> {
        let Some(value) = self.get(key) else { return Ok(&[]) };
        let wrong = || {
            self.error_at(
                value,
                PackCause::WrongType {
                    key: key.to_owned(),
                    wanted: "a list",
                },
            )
        };
        value.get_ref().as_array().map(|items| &items[..]).ok_or_else(wrong)
    }

    fn tables(&self, key: &'static str) -> Result<Vec<Table<'a>>, PackError> {
        self.required(key)?;
        let table = |value: &'a Value<'a>| match value.get_ref() {
            DeValue::Table(table) => Ok(Table {
                source: self.source,
                table,
                span: value.span(),
            }),
            _ => Err(self.error_at(
                value,
                PackCause::WrongType {
                    key: key.to_owned(),
                    wanted: "tables, [[pattern]]",
                },
            )),
        };
        self.items(key)?.iter().map(table).collect()
    }

    fn name(&self, key: &'static str) -> Result<&'a str, PackError> {
        let value = self.required(key)?;
        let name = self.string(key, value, "a text")?;
        match is_kebab_case(name) {
            true => Ok(name),
            false => Err(self.error_at(value, PackCause::BadName(name.to_owned()))),
        }
    }

    /// Position of a text in a closed list.
    fn choice(&self, key: &str, value: &'a Value<'a>, known: &[&'static str]) -> Result<usize, PackError> {
        let text = self.string(key, value, "a text")?;
        let unknown = || PackCause::UnknownValue {
            key: key.to_owned(),
            value: text.to_owned(),
            known: known.join(", "),
            nearest: nearest(text, known),
        };
        known
            .iter()
            .position(|name| *name == text)
            .ok_or_else(|| self.error_at(value, unknown()))
    }

    fn log(&self, key: &str, value: &'a Value<'a>) -> Result<LogKind, PackError> {
        Ok(LOGS[self.choice(key, value, &LOGS.map(|(name, _)| name))?].1)
    }

    fn severity(&self, key: &str, value: &'a Value<'a>) -> Result<Severity, PackError> {
        Ok(Severity::ALL[self.choice(key, value, &SEVERITIES)?])
    }

    fn status(&self, value: &'a Value<'a>) -> Result<u16, PackError> {
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|n| u16::from_str_radix(n.as_str(), n.radix()).ok());
        let wrong = PackCause::WrongType {
            key: "status".to_owned(),
            wanted: "a number from 100 to 999",
        };
        number
            .filter(|n| (100..=999).contains(n))
            .ok_or_else(|| self.error_at(value, wrong))
    }
}

/// The known word nearest to `word`, if it is near enough to be a slip.
fn nearest(word: &str, known: &[&'static str]) -> Option<&'static str> {
    let close = |name: &&'static str| (strsim::jaro_winkler(word, name), *name);
    let best = known.iter().map(close).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= 0.8).then_some(best.1)
}

/// Whether `name` is lower-case words and numbers joined by single hyphens.
fn is_kebab_case(name: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.split('-').all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "schema = \"logverdict.pack/1\"\nname = \"own\"\nversion = \"1\"\ndescription = \"Own.\"\n";
    const PATTERN: &str = "[[pattern]]\nname = \"a\"\ntitle = \"T\"\ncategory = \"http\"\nlevel = \"error\"\nregex = 'abc'\n\
                           meaning = \"M.\"\nlink = \"https://example.com/\"\nexamples = ['abc']\ncounter-examples = ['x']\n";

    fn error(text: &str) -> (Option<usize>, PackCause, String) {
        let error = read_pack(text, "own.toml").unwrap_err();
        assert_eq!(&*error.file, "own.toml");
        let hint = error.hint();
        assert!(!hint.is_empty() && !error.to_string().is_empty());
        (error.line, error.cause, hint)
    }

    fn replaced(from: &str, to: &str) -> (Option<usize>, PackCause, String) {
        let text = format!("{HEAD}{PATTERN}");
        assert!(text.contains(from), "{from}");
        error(&text.replacen(from, to, 1))
    }

    #[test]
    fn a_whole_pack_is_read() {
        let fields = "log = [\"system\"]\nmin-severity = \"WARNING\"\nstatus = [\"5xx\"]\nrollout-noise = true\n";
        let table = "{ text = 'abc', log = 'stdout', severity = 'INFO', status = 503 }";
        let pattern = PATTERN.replace("['x']", &format!("['x', {table}]"));
        let pack = read_pack(&format!("{HEAD}override = true\n{pattern}{fields}"), "own.toml").unwrap();
        assert_eq!(
            (pack.name.as_str(), pack.version.as_str(), pack.overrides),
            ("own", "1", true)
        );
        let pattern = &pack.patterns[0];
        assert_eq!(
            (pattern.id.as_str(), pattern.line, pattern.rollout_noise),
            ("own/a", 6, true)
        );
        let expected = Condition {
            regex: Some("abc".to_owned()),
            logs: vec![LogKind::System],
            min_severity: Some(Severity::Warning),
            statuses: vec![StatusRange { first: 500, last: 599 }],
        };
        assert_eq!(pattern.condition, expected);
        let full = Example {
            text: Some("abc".to_owned()),
            log: Some(LogKind::Stdout),
            severity: Some(Severity::Info),
            status: Some(503),
        };
        assert_eq!(pattern.counter_examples[1], full);
    }

    #[test]
    fn the_hash_is_that_of_the_text() {
        let pack = read_pack(&format!("{HEAD}pattern = []\n"), "own.toml").unwrap();
        assert_eq!(pack.sha256.len(), 64);
        assert_ne!(
            pack.sha256,
            read_pack(&format!("{HEAD}pattern = []\n\n"), "own.toml")
                .unwrap()
                .sha256
        );
        assert_eq!(hex(&[0, 171, 255]), "00abff");
    }

    #[test]
    fn unknown_keys_are_errors_with_a_suggestion() {
        let (line, cause, hint) = replaced("level =", "levle =");
        assert_eq!(line, Some(9));
        assert_eq!(
            cause,
            PackCause::UnknownKey {
                key: "levle".to_owned(),
                nearest: Some("level")
            }
        );
        assert_eq!(hint, "did you mean `level`?");
        let (line, cause, _) = replaced("version =", "verison =");
        assert_eq!(
            (line, cause),
            (
                Some(3),
                PackCause::UnknownKey {
                    key: "verison".to_owned(),
                    nearest: Some("version")
                }
            )
        );
        let (_, cause, hint) = replaced("regex =", "zzz =");
        assert_eq!(
            cause,
            PackCause::UnknownKey {
                key: "zzz".to_owned(),
                nearest: None
            }
        );
        assert!(hint.contains("docs/patterns.md"));
        let (line, cause, _) = replaced("['x']", "[{ test = 'x' }]");
        assert_eq!(
            (line, cause),
            (
                Some(14),
                PackCause::UnknownKey {
                    key: "test".to_owned(),
                    nearest: Some("text")
                }
            )
        );
    }

    #[test]
    fn missing_keys_are_named() {
        for key in ["schema", "name", "version", "description"] {
            let line = HEAD.lines().find(|line| line.starts_with(key)).unwrap();
            let (_, cause, _) = replaced(&format!("{line}\n"), "");
            assert!(
                matches!(cause, PackCause::MissingKey(missing) if missing == key),
                "{key}: {cause:?}"
            );
        }
        for key in [
            "title",
            "category",
            "level",
            "meaning",
            "link",
            "examples",
            "counter-examples",
        ] {
            let line = PATTERN.lines().find(|line| line.starts_with(key)).unwrap();
            assert_eq!(replaced(&format!("{line}\n"), "").1, PackCause::MissingKey(key));
        }
        assert_eq!(error(HEAD).1, PackCause::MissingKey("pattern"));
    }

    #[test]
    fn values_outside_the_closed_lists_are_refused() {
        let cases = [
            ("\"error\"", "\"eror\"", Some("error")),
            ("\"http\"", "\"htpp\"", Some("http")),
            ("pack/1", "pack/2", Some(SCHEMA)),
            ("regex = 'abc'", "log = [\"stdotu\"]", Some("stdout")),
            ("regex = 'abc'", "min-severity = \"warning\"", None),
            ("regex = 'abc'", "status = [\"600x\"]", None),
        ];
        for (from, to, expected) in cases {
            match replaced(from, to).1 {
                PackCause::UnknownValue { nearest, .. } => assert_eq!(nearest, expected, "{to}"),
                other => panic!("{to}: {other:?}"),
            }
        }
    }

    #[test]
    fn wrong_types_are_refused() {
        let cases = [
            ("title = \"T\"", "title = 3"),
            ("regex = 'abc'", "regex = ['abc']"),
            ("regex = 'abc'", "log = \"system\""),
            ("regex = 'abc'", "status = [500]"),
            ("regex = 'abc'", "regex = 'abc'\nrollout-noise = \"yes\""),
            ("['x']", "'x'"),
            ("['x']", "[3]"),
            ("['x']", "[{ status = 99 }]"),
            ("['x']", "[{ status = '500' }]"),
            ("[[pattern]]", "[pattern]"),
        ];
        for (from, to) in cases {
            let cause = replaced(from, to).1;
            assert!(matches!(cause, PackCause::WrongType { .. }), "{to}: {cause:?}");
        }
    }

    #[test]
    fn names_are_kebab_case_and_a_condition_is_needed() {
        for bad in ["", "A", "a_b", "a--b", "-a", "a-", "a/b", "a b"] {
            let (_, cause, _) = replaced("name = \"a\"", &format!("name = \"{bad}\""));
            assert_eq!(cause, PackCause::BadName(bad.to_owned()));
        }
        assert_eq!(
            replaced("regex = 'abc'\n", "").1,
            PackCause::NoCondition("own/a".to_owned())
        );
    }

    #[test]
    fn what_is_not_toml_is_an_error_with_its_line() {
        let (line, cause, _) = replaced("level = ", "level ");
        assert_eq!(line, Some(9));
        assert!(matches!(cause, PackCause::NotToml(_)));
    }
}
