//! The severity of an entry, as Cloud Logging orders it.

use serde::{Deserialize, Serialize};

/// `LogSeverity` of Cloud Logging, in its order ("REST Resource: LogEntry", docs.cloud.google.com).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// No severity: absent in JSON, and what most plain lines of a container have.
    #[default]
    Default,
    /// 100
    Debug,
    /// 200
    Info,
    /// 300
    Notice,
    /// 400
    Warning,
    /// 500
    Error,
    /// 600
    Critical,
    /// 700
    Alert,
    /// 800
    Emergency,
}

impl Severity {
    /// All severities, lowest first.
    pub const ALL: [Severity; 9] = [
        Severity::Default,
        Severity::Debug,
        Severity::Info,
        Severity::Notice,
        Severity::Warning,
        Severity::Error,
        Severity::Critical,
        Severity::Alert,
        Severity::Emergency,
    ];

    /// Reads a `LogSeverity` name in any case, or the number that `enum-encoding=int` writes (0 to 800).
    ///
    /// `WARN`, `FATAL` and the like are not `LogSeverity`: see [`Severity::from_level_word`].
    pub fn parse(text: &str) -> Option<Severity> {
        let named = Severity::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(text));
        named.or_else(|| {
            let number: u16 = text.parse().ok()?;
            (number <= 800).then(|| Severity::ALL[usize::from(number / 100)])
        })
    }

    /// Reads a level word of an application's own log format (`ERROR`, `warn`, `FATAL`, `CRIT`).
    pub fn from_level_word(word: &str) -> Option<Severity> {
        const WORDS: [(&str, Severity); 18] = [
            ("TRACE", Severity::Debug),
            ("DEBUG", Severity::Debug),
            ("INFO", Severity::Info),
            ("INFORMATION", Severity::Info),
            ("NOTICE", Severity::Notice),
            ("WARN", Severity::Warning),
            ("WARNING", Severity::Warning),
            ("ERR", Severity::Error),
            ("ERROR", Severity::Error),
            ("SEVERE", Severity::Error),
            ("CRIT", Severity::Critical),
            ("CRITICAL", Severity::Critical),
            ("FATAL", Severity::Critical),
            ("PANIC", Severity::Critical),
            ("ALERT", Severity::Alert),
            ("EMERG", Severity::Emergency),
            ("EMERGENCY", Severity::Emergency),
            ("DEFAULT", Severity::Default),
        ];
        WORDS
            .iter()
            .find(|(w, _)| w.eq_ignore_ascii_case(word))
            .map(|(_, s)| *s)
    }

    /// The name as Cloud Logging writes it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Default => "DEFAULT",
            Severity::Debug => "DEBUG",
            Severity::Info => "INFO",
            Severity::Notice => "NOTICE",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
            Severity::Critical => "CRITICAL",
            Severity::Alert => "ALERT",
            Severity::Emergency => "EMERGENCY",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_read() {
        for severity in Severity::ALL {
            assert_eq!(Severity::parse(severity.name()), Some(severity));
        }
        assert_eq!(Severity::parse("error"), Some(Severity::Error));
        assert_eq!(Severity::parse("400"), Some(Severity::Warning));
        assert_eq!(Severity::parse("CARIBOU"), None);
        assert_eq!(Severity::parse("900"), None);
    }

    #[test]
    fn level_words_of_applications_are_read_apart() {
        assert_eq!(Severity::parse("FATAL"), None);
        assert_eq!(Severity::from_level_word("fatal"), Some(Severity::Critical));
        assert_eq!(Severity::from_level_word("errors"), None);
    }
}
