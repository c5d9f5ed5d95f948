//! The integers of a profile. Every part adds to another of its kind, in any order, to the same sum.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Sample;
use super::panel::{self, Trace};
use super::texts::{self, TEXTS_MAX};
use crate::model::{Level, Minute, RequestSource, Timestamp};

/// Samples kept for each signal and revision.
pub const SAMPLES_MAX: usize = 3;
/// Routes told apart for each revision; the requests of any further ones are counted in an "other" row.
pub const ROUTES_MAX: usize = 1_000;
/// Name of that row.
pub const OTHER_ROUTES: &str = "(other routes)";

/// Everything counted, without regard to which file or thread it came from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Data {
    /// By `service/revision`.
    pub revisions: BTreeMap<String, RevisionCounts>,
    /// What the signals are, by their key.
    pub signals: BTreeMap<String, SignalInfo>,
}

/// What a signal is. Its key is `pattern:PACK/NAME`, `unmatched:errors` or, for messages that no pattern explains,
/// `text:LEVEL/HASH` as long as they are counted and `template:ID` or `stack:ID` once they are [grouped](super::group).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignalInfo {
    /// A line for people.
    pub title: String,
    /// How bad it is by itself.
    pub level: Level,
    /// Category of a pattern; empty for others.
    pub category: String,
    /// Of a stack, a line for people and the lines of its [class](crate::patterns::stack::Stack::class); empty for others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub class: String,
}

/// One revision's counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RevisionCounts {
    /// Google Cloud project, empty when unknown.
    pub project: String,
    /// Region, empty when unknown.
    pub location: String,
    /// Service, empty when unknown.
    pub service: String,
    /// Revision, empty for entries about the service as a whole.
    pub revision: String,
    /// By minute.
    pub minutes: BTreeMap<Minute, MinuteCounts>,
    /// Latency by clock-aligned block of five minutes (minutes since 1970 divided by five) and bin.
    pub latency: BTreeMap<i64, BTreeMap<u16, u64>>,
    /// By signal key.
    pub signals: BTreeMap<String, SignalCounts>,
    /// By route.
    pub routes: BTreeMap<String, RouteCounts>,
    /// Routes beyond the limit, together.
    pub other_routes: RouteCounts,
    /// Traces by their hash: those with the smallest, up to [`TRACES_MAX`](super::TRACES_MAX).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub traces: BTreeMap<u64, Trace>,
    /// What requests and latency were counted by.
    #[serde(default, skip_serializing_if = "RequestSource::is_log")]
    pub requests_from: RequestSource,
}

/// One minute of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MinuteCounts {
    /// Entries.
    pub entries: u64,
    /// Of these, messages of severity ERROR and above.
    pub error_messages: u64,
    /// Request entries.
    pub requests: u64,
    /// Requests by status; those without one are only in `requests`.
    pub by_status: BTreeMap<u16, u64>,
}

/// One signal of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignalCounts {
    /// Events by minute.
    pub minutes: BTreeMap<Minute, u64>,
    /// Events without a time.
    pub untimed: u64,
    /// First event.
    pub first: Option<Timestamp>,
    /// Last event.
    pub last: Option<Timestamp>,
    /// The events with the smallest keys.
    pub samples: Vec<Sample>,
}

/// One route of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RouteCounts {
    /// Requests.
    pub requests: u64,
    /// Of these, accepted WebSocket connections (status 101).
    pub websockets: u64,
    /// Requests with status 400 to 499.
    pub client_errors: u64,
    /// Requests with status 500 to 599, by minute.
    pub server_errors: BTreeMap<Minute, u64>,
    /// Server errors with the smallest keys.
    pub samples: Vec<Sample>,
}

/// Adds the counts of one map to another.
pub(super) fn add_to<K: Ord + Clone>(mine: &mut BTreeMap<K, u64>, theirs: &BTreeMap<K, u64>) {
    for (key, count) in theirs {
        *mine.entry(key.clone()).or_default() += count;
    }
}

/// Takes a sample in if it belongs to the kept ones.
pub(super) fn keep_sample(samples: &mut Vec<Sample>, sample: &Sample) {
    if let Err(at) = samples.binary_search(sample)
        && at < SAMPLES_MAX
    {
        samples.insert(at, sample.clone());
        samples.truncate(SAMPLES_MAX);
    }
}

impl Data {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Data) {
        for (key, counts) in &other.revisions {
            self.revisions.entry(key.clone()).or_default().add(counts);
        }
        for (key, info) in &other.signals {
            // Packs of other versions may describe a signal otherwise: the smaller description is kept in any order.
            let mine = self.signals.entry(key.clone()).or_insert_with(|| info.clone());
            if info < mine {
                mine.clone_from(info);
            }
        }
        self.trim_texts();
    }

    /// Keeps the texts with the smallest hashes of each level, as [`RevisionCounts::trim_routes`] keeps routes.
    fn trim_texts(&mut self) {
        for (prefix, (other, info)) in texts::levels() {
            let of_level = self.signals.range(prefix.clone()..other.clone());
            let over: BTreeSet<String> = of_level
                .take_while(|(key, _)| key.starts_with(&prefix))
                .skip(TEXTS_MAX)
                .map(|(key, _)| key.clone())
                .collect();
            if over.is_empty() {
                continue;
            }
            self.signals.insert(other.clone(), info);
            self.signals.retain(|key, _| !over.contains(key));
            for revision in self.revisions.values_mut() {
                revision.rename(|key| over.contains(key).then(|| other.clone()));
            }
        }
    }
}

/// The classes of HTTP status that are signals: id and lowest status.
pub const STATUS_CLASSES: [(&str, u16); 2] = [("4xx", 400), ("5xx", 500)];

impl RevisionCounts {
    /// Requests of a class of status by minute, in the given minutes, zeros left out.
    pub fn status_class(&self, low: u16, minutes: Range<Minute>) -> impl Iterator<Item = (Minute, u64)> + '_ {
        let in_class = move |counts: &MinuteCounts| counts.by_status.range(low..low + 100).map(|(_, n)| n).sum();
        self.minutes
            .range(minutes)
            .map(move |(minute, counts)| (*minute, in_class(counts)))
            .filter(|(_, n)| *n > 0)
    }

    fn add(&mut self, other: &RevisionCounts) {
        // The same key has the same names, but one part may not know them; the greater is the known one.
        for (mine, theirs) in [
            (&mut self.project, &other.project),
            (&mut self.location, &other.location),
            (&mut self.service, &other.service),
            (&mut self.revision, &other.revision),
        ] {
            if *theirs > *mine {
                mine.clone_from(theirs);
            }
        }
        for (minute, counts) in &other.minutes {
            self.minutes.entry(*minute).or_default().add(counts);
        }
        for (block, bins) in &other.latency {
            add_to(self.latency.entry(*block).or_default(), bins);
        }
        for (key, counts) in &other.signals {
            self.signals.entry(key.clone()).or_default().add(counts);
        }
        panel::add(&mut self.traces, &other.traces);
        self.requests_from = self.requests_from.max(other.requests_from);
        self.other_routes.add(&other.other_routes);
        for (route, counts) in &other.routes {
            self.routes.entry(route.clone()).or_default().add(counts);
        }
        self.trim_routes();
    }

    /// Counts signals under other keys, those for which `new` gives one; several may become one.
    pub(super) fn rename(&mut self, new: impl Fn(&str) -> Option<String>) {
        for (key, counts) in std::mem::take(&mut self.signals) {
            let key = new(&key).unwrap_or(key);
            match self.signals.get_mut(&key) {
                Some(known) => known.add(&counts),
                None => {
                    self.signals.insert(key, counts);
                }
            }
        }
        for trace in self.traces.values_mut() {
            let keys = std::mem::take(&mut trace.signals).into_iter();
            trace.signals = keys.map(|key| new(&key).unwrap_or(key)).collect();
        }
    }

    /// Keeps the routes with the smallest hashes: the same ones whatever was merged in which order, each with its full
    /// count, because a route that is kept at the end was never dropped on the way.
    pub(super) fn trim_routes(&mut self) {
        if self.routes.len() <= ROUTES_MAX {
            return;
        }
        let mut by_hash: Vec<(u64, String)> = self
            .routes
            .keys()
            .map(|r| (xxhash_rust::xxh3::xxh3_64(r.as_bytes()), r.clone()))
            .collect();
        by_hash.sort();
        for (_, route) in by_hash.drain(ROUTES_MAX..) {
            if let Some(counts) = self.routes.remove(&route) {
                self.other_routes.add(&counts);
            }
        }
    }
}

impl MinuteCounts {
    fn add(&mut self, other: &MinuteCounts) {
        self.entries += other.entries;
        self.error_messages += other.error_messages;
        self.requests += other.requests;
        add_to(&mut self.by_status, &other.by_status);
    }
}

impl SignalCounts {
    /// Adds another part of the same signal.
    pub fn add(&mut self, other: &SignalCounts) {
        add_to(&mut self.minutes, &other.minutes);
        self.untimed += other.untimed;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = [self.last, other.last].into_iter().flatten().max();
        other.samples.iter().for_each(|s| keep_sample(&mut self.samples, s));
    }

    /// All events.
    pub fn total(&self) -> u64 {
        self.minutes.values().sum::<u64>() + self.untimed
    }
}

impl RouteCounts {
    pub(super) fn add(&mut self, other: &RouteCounts) {
        self.requests += other.requests;
        self.websockets += other.websockets;
        self.client_errors += other.client_errors;
        add_to(&mut self.server_errors, &other.server_errors);
        other.samples.iter().for_each(|s| keep_sample(&mut self.samples, s));
    }
}
