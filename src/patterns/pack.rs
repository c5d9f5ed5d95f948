//! What a pack holds: plain types and the closed lists of names that its file may use.
//!
//! Input: none. Output: types that the reader fills and the matcher compiles. Nothing here reads files or runs a regex.

use crate::model::{Entry, Level, LogKind, Origin, Severity};

/// The `schema` that a pack file must name.
pub const SCHEMA: &str = "logverdict.pack/1";

/// What kind of trouble a pattern tells of. The names are part of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// WebSocket handshakes, messages and closing.
    Websocket,
    /// A process or container died.
    Crash,
    /// A container or application did not start.
    StartFailure,
    /// Memory ran out or nearly did.
    Memory,
    /// Something took longer than it was allowed to.
    Timeout,
    /// No instance, connection or slot was free.
    Capacity,
    /// Authentication and authorization.
    Auth,
    /// Code or a module could not be loaded.
    Import,
    /// An exception of the language's runtime.
    Exception,
    /// Databases and caches.
    Database,
    /// Status of a request.
    Http,
    /// Connections, names and certificates.
    Network,
    /// A deploy, and what the platform said to it.
    Deploy,
    /// Instances starting and stopping as planned.
    Lifecycle,
    /// Settings that are missing or wrong.
    Configuration,
}

impl Category {
    /// All categories, in the order of their declaration.
    pub const ALL: [Category; 15] = [
        Category::Websocket,
        Category::Crash,
        Category::StartFailure,
        Category::Memory,
        Category::Timeout,
        Category::Capacity,
        Category::Auth,
        Category::Import,
        Category::Exception,
        Category::Database,
        Category::Http,
        Category::Network,
        Category::Deploy,
        Category::Lifecycle,
        Category::Configuration,
    ];

    /// The name in packs and reports, such as `start-failure`.
    pub fn name(self) -> &'static str {
        match self {
            Category::Websocket => "websocket",
            Category::Crash => "crash",
            Category::StartFailure => "start-failure",
            Category::Memory => "memory",
            Category::Timeout => "timeout",
            Category::Capacity => "capacity",
            Category::Auth => "auth",
            Category::Import => "import",
            Category::Exception => "exception",
            Category::Database => "database",
            Category::Http => "http",
            Category::Network => "network",
            Category::Deploy => "deploy",
            Category::Lifecycle => "lifecycle",
            Category::Configuration => "configuration",
        }
    }
}

/// Names of the levels in packs.
pub(super) const LEVELS: [(&str, Level); 6] = [
    ("critical", Level::Critical),
    ("error", Level::Error),
    ("warning", Level::Warning),
    ("info", Level::Info),
    ("marker", Level::Marker),
    ("noise", Level::Noise),
];

/// Names of the logs in packs.
pub(super) const LOGS: [(&str, LogKind); 7] = [
    ("requests", LogKind::Requests),
    ("stdout", LogKind::Stdout),
    ("stderr", LogKind::Stderr),
    ("system", LogKind::System),
    ("activity", LogKind::Activity),
    ("system-event", LogKind::SystemEvent),
    ("other", LogKind::Other),
];

/// The statuses `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRange {
    /// Lowest status, at least 100.
    pub first: u16,
    /// Highest status, at most 999.
    pub last: u16,
}

impl StatusRange {
    /// Reads `500`, `5xx` or `502-504`.
    pub fn parse(text: &str) -> Option<StatusRange> {
        let one = |digits: &str| -> Option<u16> {
            let well_formed = digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit());
            let status: u16 = well_formed.then(|| digits.parse().ok()).flatten()?;
            (status >= 100).then_some(status)
        };
        if let Some(class) = text.strip_suffix("xx") {
            let first = one(&format!("{class}00"))?;
            return Some(StatusRange {
                first,
                last: first + 99,
            });
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let range = StatusRange {
            first: one(first)?,
            last: one(last)?,
        };
        (range.first <= range.last).then_some(range)
    }

    /// Whether `status` lies within.
    pub fn contains(self, status: u16) -> bool {
        (self.first..=self.last).contains(&status)
    }
}

/// When a pattern matches: every part that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    /// A regex of the portable subset, on the decoded message text.
    pub regex: Option<String>,
    /// Logs of which the entry must be in one; empty means any.
    pub logs: Vec<LogKind>,
    /// Lowest severity.
    pub min_severity: Option<Severity>,
    /// Statuses of which the request must have one; empty means any, and no request is needed.
    pub statuses: Vec<StatusRange>,
}

impl Condition {
    /// Whether the conditions on log, severity and status hold; the text is not looked at.
    pub fn fields_hold(&self, entry: &Entry<'_>) -> bool {
        let log = self.logs.is_empty() || self.logs.contains(&entry.log);
        let severity = self.min_severity.is_none_or(|min| entry.severity >= min);
        log && severity && (self.statuses.is_empty() || self.status_of(entry).is_some())
    }

    /// The entry's status, when the condition lists it.
    pub fn status_of(&self, entry: &Entry<'_>) -> Option<u16> {
        let status = entry.request.and_then(|request| request.status)?;
        self.statuses
            .iter()
            .any(|range| range.contains(status))
            .then_some(status)
    }
}

/// An entry that a pattern must match, or must not. A field that is left out is one that fulfils the pattern's condition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Example {
    /// Message text.
    pub text: Option<String>,
    /// The log it stands in.
    pub log: Option<LogKind>,
    /// Its severity.
    pub severity: Option<Severity>,
    /// Status of its request.
    pub status: Option<u16>,
}

/// The resource of an example: none.
static NO_ORIGIN: Origin = Origin {
    resource_type: String::new(),
    project: String::new(),
    location: String::new(),
    service: String::new(),
    revision: String::new(),
};

impl Example {
    /// The entry it stands for, with what it leaves out filled in from `condition`.
    pub fn entry<'a>(&'a self, condition: &Condition) -> Entry<'a> {
        let status = self.status.or(condition.statuses.first().map(|range| range.first));
        let usual_log = if status.is_some() {
            LogKind::Requests
        } else {
            LogKind::Stderr
        };
        Entry {
            timestamp: None,
            received: None,
            severity: self.severity.or(condition.min_severity).unwrap_or_default(),
            log: self.log.or(condition.logs.first().copied()).unwrap_or(usual_log),
            origin: &NO_ORIGIN,
            origin_index: 0,
            instance: b"",
            insert_id: b"",
            message: self.text.as_deref(),
            has_content: true,
            request: status.map(|status| crate::model::Request {
                status: Some(status),
                ..Default::default()
            }),
            exception: None,
            trace: b"",
            entries: 1,
            key: 0,
        }
    }
}

/// One known message or condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// `pack/name`, unique in a set.
    pub id: String,
    /// A line for people.
    pub title: String,
    /// What kind of trouble it tells of.
    pub category: Category,
    /// How bad it is by itself.
    pub level: Level,
    /// When it matches.
    pub condition: Condition,
    /// What it means, in one or two sentences.
    pub meaning: String,
    /// Address of its documentation.
    pub link: String,
    /// Whether it is normal while revisions change over.
    pub rollout_noise: bool,
    /// Whether it names a kind of failure and not which one it was: then the message is also counted by its stack or text.
    pub broad: bool,
    /// Entries that must match, at least one.
    pub examples: Vec<Example>,
    /// Entries that must not match, at least one.
    pub counter_examples: Vec<Example>,
    /// Line of its table in the pack's file, from 1.
    pub line: usize,
}

/// One pack file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// First half of its patterns' ids.
    pub name: String,
    /// Version that its author gave it.
    pub version: String,
    /// What it covers.
    pub description: String,
    /// Whether its patterns replace those of the same id that were loaded before.
    pub overrides: bool,
    /// Path of its file; `builtin:NAME` for a pack that ships with the program.
    pub file: String,
    /// SHA-256 of its text, in lower-case hexadecimal.
    pub sha256: String,
    /// Its patterns, in the order of the file.
    pub patterns: Vec<Pattern>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_read_one_by_one_by_class_and_by_range() {
        let range = |first, last| Some(StatusRange { first, last });
        assert_eq!(StatusRange::parse("500"), range(500, 500));
        assert_eq!(StatusRange::parse("5xx"), range(500, 599));
        assert_eq!(StatusRange::parse("502-504"), range(502, 504));
        for bad in [
            "", "5", "xx", "0xx", "099", "504-502", "5x", "+50", "500-", "-500", "1000", "5xx-6xx",
        ] {
            assert_eq!(StatusRange::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn names_of_categories_levels_and_logs_are_distinct() {
        let mut names: Vec<&str> = Category::ALL.iter().map(|c| c.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Category::ALL.len());
        assert_eq!(LOGS.map(|(_, log)| log), LogKind::ALL);
        assert!(LEVELS.is_sorted_by_key(|(_, level)| *level));
    }

    #[test]
    fn an_example_fulfils_what_it_does_not_name() {
        let condition = Condition {
            logs: vec![LogKind::System],
            min_severity: Some(Severity::Warning),
            statuses: vec![StatusRange { first: 500, last: 599 }],
            ..Condition::default()
        };
        assert!(condition.fields_hold(&Example::default().entry(&condition)));
        let other = Example {
            status: Some(499),
            ..Example::default()
        };
        assert!(!condition.fields_hold(&other.entry(&condition)));
        let calm = Example {
            severity: Some(Severity::Notice),
            ..Example::default()
        };
        assert!(!condition.fields_hold(&calm.entry(&condition)));
        let elsewhere = Example {
            log: Some(LogKind::Stdout),
            ..Example::default()
        };
        assert!(!condition.fields_hold(&elsewhere.entry(&condition)));
    }
}
