//! What was read, and where every record went.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::feed::FeedOutcome;
use super::fetched;
use super::scan::ORIGINS_MAX;
use super::select::Exclusion;
use super::tally::{SourceTally, Tally};
use super::{Problem, Reason};
use crate::model::{Concern, RequestSource, Timestamp, Window};

/// Where every record of the input went. The names are part of the JSON contract.
///
/// Conservation: `records = entries_read + duplicates + rejected` and `entries_read = counted + excluded`; `unknown`
/// entries are among the counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// Records met: lines, objects, rows.
    pub records: u64,
    /// Distinct valid entries.
    pub entries_read: u64,
    /// Entries met before: same log name, timestamp and insertId.
    pub duplicates: u64,
    /// Records that are lost, by reason.
    pub rejected: BTreeMap<Reason, u64>,
    /// Problems that lost no record, by reason (stray text in lines, repaired escapes in entries, ...).
    pub notes: BTreeMap<Reason, u64>,
    /// Entries left out, by reason: `other-resource-type`, `other-service`, `other-revision`, `outside-window`,
    /// `filtered-out`.
    pub excluded: BTreeMap<String, u64>,
    /// Entries counted.
    pub counted: u64,
    /// Counted entries without payload and request: nothing can be said of them.
    pub unknown: u64,
    /// Counted entries without a readable time: they belong to no minute.
    pub untimed: u64,
    /// Time of the first counted entry.
    pub first: Option<Timestamp>,
    /// Time of the last counted entry.
    pub last: Option<Timestamp>,
    /// Counted entries that were parts of stack traces, and the events that were made of them.
    pub joined: Joined,
    /// Counted entries by `service/revision`.
    pub revisions: BTreeMap<String, u64>,
    /// Where the entries came from, ordered by content hash.
    pub sources: Vec<SourceCoverage>,
    /// Doubts about completeness (a limit hit, a file that looks cut), each a stable code and a sentence.
    pub concerns: Vec<Concern>,
    /// The time that was asked for, where that is known of every source: from the API, or from the manifest beside a
    /// fetched file. Of several, from the first start to the last end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Window>,
    /// Parts of the time asked for that could not be read, in order. Any makes the concern `unread`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
    /// Things worth telling that forbid nothing, such as entries that may still arrive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Concern>,
    /// What requests and latency were counted by.
    #[serde(default, skip_serializing_if = "RequestSource::is_log")]
    pub requests_from: RequestSource,
}

/// A piece of time that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unread {
    /// First instant that is missing.
    pub start: Timestamp,
    /// First instant that is not.
    pub end: Timestamp,
    /// Why. Words of a server are in it: escape before showing.
    pub reason: String,
}

/// Stack traces that came in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Joined {
    /// Events that were joined from two or more entries.
    pub events: u64,
    /// The entries that they were joined from.
    pub entries: u64,
}

/// One file or stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceCoverage {
    /// XXH3-128 of the decoded content, hexadecimal: of the hashes of its chunks of 256 KiB; of a feed, of the sum of the
    /// hashes of its records, so that their order does not matter.
    pub content_hash: String,
    /// Path as given, `-` for standard input, or the name of a feed such as `entries.list projects/acme-shop`.
    pub name: String,
    /// Size as stored, bytes; of a feed, of its records.
    pub bytes: u64,
    /// What it holds, such as `ndjson`, `json`, `yaml`, `csv`, `text`, `entries.list`, with its compression: `ndjson+gzip`.
    pub format: String,
    /// Valid entries read from it, duplicates included; a feed delivers no duplicates.
    pub entries: u64,
    /// The first places of each problem, at most five a reason, in order of reason and line.
    pub problems: Vec<Problem>,
}

/// Share of records that may be lost before the rest is no longer taken for the whole.
const LOST_SHARE_MAX: f64 = 0.001;
/// Share of the entries that may hold bytes that are no text before the source is taken for something else.
const GARBLED_SHARE_MAX: f64 = 0.1;
/// Entries below which a round number of them means nothing.
const CUT_ENTRIES_MIN: u64 = 10;

impl Coverage {
    /// Whether every record is accounted for.
    pub fn is_conserved(&self) -> bool {
        let rejected: u64 = self.rejected.values().sum();
        let excluded: u64 = self.excluded.values().sum();
        self.records == self.entries_read + self.duplicates + rejected && self.entries_read == self.counted + excluded
    }

    /// Adds what another reading covered. Sources and concerns are listed once.
    pub fn add(&mut self, other: &Coverage) {
        self.records += other.records;
        self.entries_read += other.entries_read;
        self.duplicates += other.duplicates;
        self.counted += other.counted;
        self.unknown += other.unknown;
        self.untimed += other.untimed;
        self.joined.events += other.joined.events;
        self.joined.entries += other.joined.entries;
        add_counts(&mut self.rejected, &other.rejected);
        add_counts(&mut self.notes, &other.notes);
        add_counts(&mut self.excluded, &other.excluded);
        add_counts(&mut self.revisions, &other.revisions);
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = [self.last, other.last].into_iter().flatten().max();
        self.sources.extend(other.sources.iter().cloned());
        self.sources.sort();
        self.asked = hull(self.asked, other.asked);
        add_to_list(&mut self.concerns, &other.concerns);
        add_to_list(&mut self.unread, &other.unread);
        add_to_list(&mut self.remarks, &other.remarks);
        self.requests_from = self.requests_from.max(other.requests_from);
    }
}

/// Adds what is not there yet.
fn add_to_list<T: Ord + Clone>(mine: &mut Vec<T>, theirs: &[T]) {
    mine.extend(theirs.iter().cloned());
    mine.sort();
    mine.dedup();
}

/// The smallest window around both; `None` where one of them is not known.
pub(super) fn hull(a: Option<Window>, b: Option<Window>) -> Option<Window> {
    let (a, b) = (a?, b?);
    Some(Window {
        start: a.start.and_then(|s| Some(s.min(b.start?))),
        end: a.end.and_then(|e| Some(e.max(b.end?))),
    })
}

fn add_counts<K: Ord + Clone>(mine: &mut BTreeMap<K, u64>, theirs: &BTreeMap<K, u64>) {
    for (key, count) in theirs {
        *mine.entry(key.clone()).or_default() += count;
    }
}

/// A source as it was found, with what is known of it beyond its records.
#[derive(Debug, Default)]
pub(super) struct Described {
    pub name: String,
    /// As stored; a feed's are counted while it is read.
    pub bytes: u64,
    pub format: String,
    /// Of a feed.
    pub outcome: Option<FeedOutcome>,
    /// Of a fetched file.
    pub manifest: Option<Result<fetched::Manifest, String>>,
}

/// Places of unread time that are told one by one.
const UNREAD_TOLD_MAX: usize = 5;

/// The coverage of a finished reading; sources in the order of their numbers.
pub(super) fn of(mut tally: Tally, sources: impl Iterator<Item = Described>, forgotten: u64) -> Coverage {
    let (rejected, notes) = tally.problems.iter().partition(|(reason, _)| reason.loses_record());
    let mut coverage = Coverage {
        records: tally.records,
        entries_read: tally.valid - tally.duplicates,
        duplicates: tally.duplicates,
        rejected,
        notes,
        excluded: Exclusion::ALL
            .iter()
            .map(|e| (e.name().to_owned(), tally.excluded[*e as usize]))
            .filter(|(_, n)| *n > 0)
            .collect(),
        counted: tally.counted,
        unknown: tally.unknown,
        untimed: tally.untimed,
        joined: tally.joined,
        first: tally.first,
        last: tally.last,
        revisions: tally.revisions,
        ..Coverage::default()
    };
    let mut asked = vec![];
    for (number, described) in sources.enumerate() {
        let tally = tally.sources.remove(&number).unwrap_or_default();
        asked.push(cover_source(&mut coverage, described, tally));
    }
    coverage.asked = asked.into_iter().reduce(hull).flatten();
    coverage.sources.sort();
    coverage
        .concerns
        .extend(doubts(&coverage, forgotten, tally.origins_full));
    coverage.concerns.extend(unjoined(tally.unjoined));
    let lists = (&mut coverage.concerns, &mut coverage.remarks, &mut coverage.unread);
    lists.0.sort();
    lists.1.sort();
    lists.2.sort();
    coverage
}

/// Adds one source; returns the time that was asked of it, where that is known.
fn cover_source(coverage: &mut Coverage, described: Described, mut tally: SourceTally) -> Option<Window> {
    let source = SourceCoverage {
        content_hash: tally.content_hash(),
        bytes: tally.feed.as_ref().map_or(described.bytes, |f| f.bytes),
        name: described.name,
        format: described.format,
        entries: tally.entries,
        problems: tally.problems(),
    };
    let (outcome, cut) = match (described.outcome, described.manifest) {
        (Some(outcome), _) => (outcome, None),
        (None, Some(manifest)) => match manifest.and_then(|m| m.fits(&source).map(|()| m)) {
            Ok(manifest) => (manifest.outcome(), None),
            Err(why) => (mismatch(&source.name, &why), looks_cut(&source.name, &tally)),
        },
        (None, None) => (FeedOutcome::default(), looks_cut(&source.name, &tally)),
    };
    coverage.concerns.extend(cut);
    coverage.concerns.extend(unread(&source.name, &outcome.unread));
    coverage.concerns.extend(outcome.concerns);
    coverage.remarks.extend(outcome.remarks);
    coverage.unread.extend(outcome.unread);
    coverage.sources.push(source);
    outcome.asked
}

fn mismatch(name: &str, why: &str) -> FeedOutcome {
    let concern = Concern {
        code: "manifest-mismatch".into(),
        message: format!("{name} does not fit the manifest beside it: {why}: fetch it again, or remove the manifest"),
    };
    FeedOutcome {
        concerns: vec![concern],
        ..FeedOutcome::default()
    }
}

/// Each piece of time that could not be read, and why.
fn unread(name: &str, unread: &[Unread]) -> Vec<Concern> {
    let concern = |message| Concern {
        code: "unread".into(),
        message,
    };
    let told = |u: &Unread| {
        let Unread { start, end, reason } = u;
        concern(format!("{name}: from {start} to {end} could not be read: {reason}"))
    };
    let mut concerns: Vec<Concern> = unread.iter().take(UNREAD_TOLD_MAX).map(told).collect();
    if unread.len() > UNREAD_TOLD_MAX {
        let more = unread.len() - UNREAD_TOLD_MAX;
        concerns.push(concern(format!("{name}: {more} more pieces of time could not be read")));
    }
    concerns
}

/// Traces that stay in parts are counted as other messages than those that were joined: sides cannot be compared by them.
fn unjoined(parts: u64) -> Option<Concern> {
    (parts > 0).then(|| Concern {
        code: "joining-limit".into(),
        message: format!(
            "the memory for joining split stack traces was full: {parts} of their lines were counted one by one"
        ),
    })
}

/// `gcloud logging read --limit N` keeps the newest N entries and says nothing of the rest.
fn looks_cut(name: &str, source: &SourceTally) -> Option<Concern> {
    let entries = source.entries;
    if entries < CUT_ENTRIES_MIN || !is_round(entries) || !source.is_newest_first() {
        return None;
    }
    Some(Concern {
        code: "looks-cut".into(),
        message: format!(
            "{name} holds exactly {entries} entries, newest first, as --limit={entries} leaves them: older ones may be missing; read again without --limit"
        ),
    })
}

/// A number that a person would type: one digit and zeros, or two of which the second is 5.
fn is_round(n: u64) -> bool {
    let mut head = n;
    while head >= 100 && head.is_multiple_of(10) {
        head /= 10;
    }
    head < 100 && head.is_multiple_of(5)
}

fn doubts(coverage: &Coverage, forgotten: u64, origins_full: bool) -> Vec<Concern> {
    let mut doubts = vec![];
    let mut doubt = |code: &str, message: String| {
        doubts.push(Concern {
            code: code.into(),
            message,
        })
    };
    let lost: u64 = coverage.rejected.values().sum();
    let count = |reason| coverage.rejected.get(&reason).copied().unwrap_or(0);
    if count(Reason::Truncated) > 0 {
        doubt(
            "truncated",
            "a source ends in the middle of a record: what came after it is missing".into(),
        );
    }
    if count(Reason::Unreadable) > 0 {
        doubt("unreadable", "a source could not be read to its end".into());
    }
    if lost as f64 > LOST_SHARE_MAX * coverage.records as f64 {
        doubt(
            "records-rejected",
            format!("{lost} of {} records could not be read", coverage.records),
        );
    }
    let garbled = coverage.notes.get(&Reason::InvalidEncoding).copied().unwrap_or(0);
    if garbled as f64 > GARBLED_SHARE_MAX * coverage.counted as f64 {
        doubt(
            "garbled",
            format!(
                "{garbled} of {} entries hold bytes that are no text: is this a log?",
                coverage.counted
            ),
        );
    }
    if origins_full {
        doubt(
            "origins-limit",
            format!("more than {ORIGINS_MAX} revisions: those beyond are counted together"),
        );
    }
    if forgotten > 0 {
        doubt(
            "dedupe-limit",
            format!(
                "the memory for telling duplicates was full: {forgotten} older entries are no longer told from their duplicates"
            ),
        );
    }
    if coverage.unknown * 2 > coverage.counted {
        doubt(
            "no-payload",
            format!(
                "{} of {} entries have neither a payload nor a request: the export dropped them, and nothing can be said of these",
                coverage.unknown, coverage.counted
            ),
        );
    }
    if !coverage.is_conserved() {
        doubt(
            "not-conserved",
            "not every record is accounted for: please report this as a bug".into(),
        );
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_numbers_are_those_that_people_type() {
        for n in [10, 15, 20, 50, 100, 1000, 1500, 5000, 25_000] {
            assert!(is_round(n), "{n}");
        }
        for n in [11, 101, 1234, 1010, 999, 12_340] {
            assert!(!is_round(n), "{n}");
        }
    }

    #[test]
    fn a_round_file_is_doubted_only_when_newest_first() {
        let source = |ascending, descending| SourceTally {
            entries: 1000,
            ascending,
            descending,
            ..SourceTally::default()
        };
        assert!(looks_cut("f", &source(0, 900)).is_some());
        assert!(looks_cut("f", &source(900, 0)).is_none());
        assert!(looks_cut("f", &source(100, 900)).is_none());
    }

    #[test]
    fn conservation_is_checked() {
        let mut coverage = Coverage {
            records: 3,
            entries_read: 2,
            duplicates: 1,
            counted: 2,
            ..Coverage::default()
        };
        assert!(coverage.is_conserved());
        coverage.add(&coverage.clone());
        assert!(coverage.is_conserved() && coverage.records == 6);
        coverage.duplicates = 0;
        assert!(!coverage.is_conserved());
    }
}
