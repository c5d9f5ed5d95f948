//! Filters over entries, from text to answer: tables by subject, and properties that hold for all filters.

mod conditions;
mod faults;
mod functions;
mod oracle;
mod printing;
mod properties;
mod records;

use super::{Filter, Record};
use crate::ingest::scan::{Marks, Scanner};

/// A filter that must be readable.
#[track_caller]
fn filter(text: &str) -> Filter {
    Filter::parse(text).unwrap_or_else(|e| panic!("{text}: {e} ({})", e.hint))
}

/// Whether a filter takes an entry: by its bytes alone, and with what the scanner knows of it.
#[track_caller]
fn takes(text: &str, json: &str) -> bool {
    let filter = filter(text);
    let plain = filter.matches(&Record::json(json.as_bytes()));
    if let Some(scanned) = takes_scanned(&filter, json) {
        assert_eq!(plain, scanned, "{text} on {json}");
    }
    plain
}

/// The same through the scanner; `None` if it takes the record for no entry.
fn takes_scanned(filter: &Filter, json: &str) -> Option<bool> {
    let (mut scanner, mut marks) = (Scanner::default(), Marks::default());
    marks.mark(json.as_bytes());
    let entry = scanner
        .record(json.as_bytes(), (0, json.len()), marks.quotes(), &mut 0)
        .ok()?;
    let origin = &scanner.origins()[entry.origin];
    Some(filter.matches(&Record::scanned(json.as_bytes(), &entry, origin)))
}

/// Checks (filter, taken) pairs on one entry; returns how many there were.
#[track_caller]
fn table(json: &str, cases: &[(&str, bool)]) -> usize {
    for (text, taken) in cases {
        assert_eq!(takes(text, json), *taken, "{text}\non {json}");
    }
    cases.len()
}
