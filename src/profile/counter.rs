//! Counts entries as they come: the sink that one worker thread fills. Its shape is made for speed; [`Counter::finish`]
//! turns it into the integers of a profile.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

use super::counts::{
    Data, MinuteCounts, RevisionCounts, RouteCounts, SAMPLES_MAX, SignalCounts, SignalInfo, keep_sample,
};
use super::histogram::{BINS, bin_of};
use super::minutes::Minutes;
use super::panel::{Mark, Panel, Row as TraceRow, TracedRequest};
use super::route::{path_of, route};
use super::texts::{self, TextKey, Texts};
use super::{Sample, UNMATCHED_KEY, pattern_key};
use crate::ingest::{NumberHasher, Sink, decode_to_string};
use crate::model::{Entry, Level, Minute, Origin, Request, Severity, Timestamp, shorten};
use crate::patterns::stack::InApp;
use crate::patterns::{Matcher, PackSet, Scratch};

type ByNumber<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

/// A minute that no entry has: stands for "without a time".
const UNTIMED: i64 = i64::MIN;
/// Minutes of a latency block.
pub const LATENCY_BLOCK_MINUTES: i64 = 5;
/// Bytes of a sample's text.
pub const SAMPLE_BYTES_MAX: usize = 2_000;
/// A request that took this long was cut by the timeout (default 300 s) or is a stream: its latency says nothing of speed.
pub const LATENCY_NS_MAX: u64 = 294_000_000_000;

/// Counts by revision, minute and signal.
pub struct Counter<'p> {
    packs: &'p PackSet,
    matcher: &'p Matcher,
    scratch: Scratch,
    found: Vec<u32>,
    route: String,
    /// By pattern number: what else is to be done where it matches.
    kinds: Vec<PatternKind>,
    texts: Texts,
    /// By origin number.
    revisions: Vec<Revision>,
    /// By `service/revision`: the largest hash that a trace may have to be followed.
    traces_up_to: BTreeMap<String, u64>,
}

#[derive(Clone, Copy)]
struct PatternKind {
    /// It says what happened; see [`Pattern::broad`](crate::patterns::Pattern::broad).
    explains: bool,
    /// It tells of harm, so traces remember it.
    is_harm: bool,
}

struct Revision {
    origin: Origin,
    minutes: Rows<i64, MinuteRow>,
    latency: Rows<i64, LatencyRow>,
    /// By pattern number; the last is for unmatched errors.
    signals: Vec<Option<Box<Signal>>>,
    texts: ByNumber<TextKey, Signal>,
    routes: HashMap<String, RouteCounts>,
    traces: Panel,
}

#[derive(Default)]
struct MinuteRow {
    entries: u64,
    error_messages: u64,
    requests: u64,
    by_status: Vec<(u16, u32)>,
}

/// One block's bins: small numbers, because there may be thousands of blocks, and what no longer fits into them.
struct LatencyRow {
    bins: Box<[u16; BINS]>,
    carried: BTreeMap<u16, u64>,
}

impl Default for LatencyRow {
    fn default() -> LatencyRow {
        LatencyRow {
            bins: Box::new([0; BINS]),
            carried: BTreeMap::new(),
        }
    }
}

impl LatencyRow {
    #[inline]
    fn add(&mut self, bin: u16) {
        let count = &mut self.bins[usize::from(bin)];
        if *count == u16::MAX {
            *self.carried.entry(bin).or_default() += u64::from(std::mem::take(count));
        }
        *count += 1;
    }

    fn finish(self) -> BTreeMap<u16, u64> {
        let mut bins = self.carried;
        for (bin, count) in self.bins.iter().enumerate().filter(|(_, n)| **n > 0) {
            *bins.entry(bin as u16).or_default() += u64::from(*count);
        }
        bins
    }
}

#[derive(Default)]
struct Signal {
    minutes: Minutes,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    samples: Vec<Sample>,
}

/// Rows by a number that seldom changes from one entry to the next.
struct Rows<K, V> {
    index: ByNumber<K, usize>,
    rows: Vec<(K, V)>,
    last: usize,
}

impl<V> Rows<i64, V> {
    fn new() -> Self {
        Rows {
            index: HashMap::default(),
            rows: vec![],
            last: 0,
        }
    }

    #[inline]
    fn row(&mut self, key: i64, new: impl FnOnce() -> V) -> &mut V {
        if self.rows.get(self.last).is_none_or(|(k, _)| *k != key) {
            self.last = *self.index.entry(key).or_insert_with(|| {
                self.rows.push((key, new()));
                self.rows.len() - 1
            });
        }
        &mut self.rows[self.last].1
    }
}

impl<'p> Counter<'p> {
    /// An empty counter for the patterns of `packs`, which `matcher` was made from; `in_app` tells the application's own
    /// stack frames from those of libraries.
    pub fn new(packs: &'p PackSet, matcher: &'p Matcher, in_app: &InApp) -> Counter<'p> {
        Counter::with(packs, matcher, Texts::new(in_app.clone()))
    }

    /// The same, with what another counter has learnt of texts: it saves time and changes no count.
    pub fn with(packs: &'p PackSet, matcher: &'p Matcher, texts: Texts) -> Counter<'p> {
        let kind = |p: &crate::patterns::Pattern| PatternKind {
            explains: !p.broad,
            is_harm: p.level <= Level::Warning,
        };
        Counter {
            packs,
            matcher,
            scratch: Scratch::default(),
            found: vec![],
            route: String::new(),
            kinds: packs.patterns().iter().map(kind).collect(),
            texts,
            revisions: vec![],
            traces_up_to: BTreeMap::new(),
        }
    }

    /// Follows only traces whose hash is not larger, by `service/revision`: others are outdone by those already known.
    pub fn follow_up_to(&mut self, limits: BTreeMap<String, u64>) {
        self.traces_up_to = limits;
    }

    /// The counts.
    pub fn finish(self) -> Data {
        self.finish_with_texts().0
    }

    /// The counts, and what was learnt of texts, if it is of use to another counter.
    pub fn finish_with_texts(self) -> (Data, Option<Texts>) {
        let mut data = Data::default();
        for revision in self.revisions.into_iter().filter(|r| !r.minutes.rows.is_empty()) {
            let key = format!("{}/{}", revision.origin.service, revision.origin.revision);
            let mut signals = BTreeMap::new();
            let counts = revision.finish(self.packs, &self.texts, &mut signals);
            let part = Data {
                revisions: BTreeMap::from([(key, counts)]),
                signals,
            };
            data.add(&part);
        }
        (data, self.texts.for_another())
    }

    /// Counts a message that no pattern explains, and returns its text's key.
    fn text(&mut self, entry: &Entry<'_>, message: &str, minute: i64) -> TextKey {
        let (mut key, is_full) = self.texts.key(entry, message);
        if is_full {
            let is_used = |k: TextKey| k == key || self.revisions.iter().any(|r| r.texts.contains_key(&k));
            let renamed = self.texts.trim(&is_used);
            self.revisions.iter_mut().for_each(|r| r.rename_texts(&renamed));
            key = renamed(key).unwrap_or(key);
        }
        let signal = self.revisions[entry.origin_index].texts.entry(key).or_default();
        signal.count(entry, minute);
        key
    }
}

impl Counter<'_> {
    /// Adds what an entry shows to its trace, if that belongs to the panel.
    #[inline]
    fn follow(&mut self, entry: &Entry<'_>, minute: i64, request: Option<&Request<'_>>, text: Option<TextKey>) {
        let Some(trace) = self.revisions[entry.origin_index].traces.row(entry.trace, minute) else {
            return;
        };
        let harm = self.found.iter().filter(|p| self.kinds[**p as usize].is_harm);
        trace.signals.extend(harm.map(|p| Mark::Pattern(*p)));
        let text = text.filter(|key| texts::is_harm(*key));
        trace.signals.extend(text.map(Mark::Text));
        if let Some(request) = request {
            offer_request(trace, entry, request, &self.route);
        }
    }
}

impl Sink for Counter<'_> {
    #[inline]
    fn entry(&mut self, entry: &Entry<'_>) {
        while self.revisions.len() <= entry.origin_index {
            // Numbers come in order, but those of left-out origins are never seen here.
            self.revisions
                .push(Revision::new(Origin::default(), self.packs.patterns().len() + 1));
        }
        let revision = &mut self.revisions[entry.origin_index];
        if revision.minutes.rows.is_empty() {
            revision.origin.clone_from(entry.origin);
            if !self.traces_up_to.is_empty() {
                let key = format!("{}/{}", entry.origin.service, entry.origin.revision);
                let limit = self.traces_up_to.get(&key);
                revision.traces = limit.map_or_else(Panel::default, |last| Panel::up_to(*last));
            }
        }
        let minute = entry.timestamp.map_or(UNTIMED, |t| t.minute().0);
        let row = revision.minutes.row(minute, MinuteRow::default);
        row.entries += u64::from(entry.entries);
        if !entry.has_content {
            return;
        }
        let request = entry.request.filter(|_| entry.is_request());
        if let Some(request) = request {
            row.requests += 1;
            if let Some(status) = request.status {
                bump(&mut row.by_status, status);
            }
        }
        let is_error = request.is_none() && entry.severity >= Severity::Error;
        row.error_messages += u64::from(is_error);
        if let Some(request) = request {
            revision.request(entry, &request, minute, &mut self.route);
        }
        self.found.clear();
        self.matcher.matches(entry, &mut self.scratch, &mut self.found);
        for pattern in &self.found {
            revision.signal(*pattern as usize, entry, minute);
        }
        if is_error && self.found.is_empty() {
            revision.signal(self.packs.patterns().len(), entry, minute);
        }
        let is_explained = self.found.iter().any(|p| self.kinds[*p as usize].explains);
        let text = match entry.message {
            Some(message) if request.is_none() && !is_explained => Some(self.text(entry, message, minute)),
            _ => None,
        };
        if minute != UNTIMED {
            self.follow(entry, minute, request.as_ref(), text);
        }
    }
}

fn bump(counts: &mut Vec<(u16, u32)>, key: u16) {
    match counts.iter_mut().find(|(k, _)| *k == key) {
        Some((_, count)) => *count += 1,
        None => counts.push((key, 1)),
    }
}

impl Revision {
    fn new(origin: Origin, signals: usize) -> Revision {
        let signals = std::iter::repeat_with(|| None).take(signals).collect();
        Revision {
            origin,
            minutes: Rows::new(),
            latency: Rows::new(),
            signals,
            texts: HashMap::default(),
            routes: HashMap::new(),
            traces: Panel::default(),
        }
    }

    fn rename_texts(&mut self, renamed: &dyn Fn(TextKey) -> Option<TextKey>) {
        let old: Vec<(TextKey, TextKey)> = self
            .texts
            .keys()
            .filter_map(|key| renamed(*key).map(|new| (*key, new)))
            .collect();
        for (key, new) in old {
            if let Some(signal) = self.texts.remove(&key) {
                self.texts.entry(new).or_default().add(signal);
            }
        }
        self.traces.rename(renamed);
    }

    #[inline]
    fn request(&mut self, entry: &Entry<'_>, request: &Request<'_>, minute: i64, scratch: &mut String) {
        if let Some(latency_ns) = request
            .latency_ns
            .filter(|_| minute != UNTIMED && measures_speed(request))
        {
            let block = minute.div_euclid(LATENCY_BLOCK_MINUTES);
            self.latency.row(block, LatencyRow::default).add(bin_of(latency_ns));
        }
        route(request.method, request.url, scratch);
        let row = match self.routes.get_mut(scratch.as_str()) {
            Some(row) => row,
            None => self.routes.entry(scratch.clone()).or_default(),
        };
        row.requests += 1;
        match request.status {
            Some(101) => row.websockets += 1,
            Some(400..=499) => row.client_errors += 1,
            Some(500..=599) => {
                *row.server_errors.entry(Minute(minute)).or_default() += 1;
                offer_sample(&mut row.samples, entry);
            }
            _ => {}
        }
    }

    fn signal(&mut self, number: usize, entry: &Entry<'_>, minute: i64) {
        self.signals[number].get_or_insert_default().count(entry, minute);
    }

    fn finish(self, packs: &PackSet, texts: &Texts, infos: &mut BTreeMap<String, SignalInfo>) -> RevisionCounts {
        let mut counts = RevisionCounts {
            project: self.origin.project,
            location: self.origin.location,
            service: self.origin.service,
            revision: self.origin.revision,
            ..RevisionCounts::default()
        };
        for (minute, row) in self.minutes.rows {
            let (by_status, entries) = (
                row.by_status
                    .into_iter()
                    .map(|(status, n)| (status, u64::from(n)))
                    .collect(),
                row.entries,
            );
            let row = MinuteCounts {
                entries,
                error_messages: row.error_messages,
                requests: row.requests,
                by_status,
            };
            counts.minutes.insert(Minute(minute), row);
        }
        for (block, bins) in self.latency.rows {
            counts.latency.insert(block, bins.finish());
        }
        for (number, signal) in self.signals.into_iter().enumerate() {
            let Some(signal) = signal else { continue };
            let (key, info) = describe(packs, number);
            infos.entry(key.clone()).or_insert(info);
            counts.signals.insert(key, signal.finish());
        }
        for (key, signal) in self.texts {
            let (key, info) = texts.describe(key);
            infos.insert(key.clone(), info);
            counts.signals.entry(key).or_default().add(&signal.finish());
        }
        counts.traces = self.traces.finish(|mark| match mark {
            Mark::Pattern(number) => describe(packs, number as usize).0,
            Mark::Text(key) => texts.describe(key).0,
        });
        counts.routes = self.routes.into_iter().collect();
        counts.trim_routes();
        counts
    }
}

impl Signal {
    #[inline]
    fn count(&mut self, entry: &Entry<'_>, minute: i64) {
        self.minutes.add(minute);
        if let Some(time) = entry.timestamp {
            self.first = Some(self.first.map_or(time, |t| t.min(time)));
            self.last = Some(self.last.map_or(time, |t| t.max(time)));
        }
        offer_sample(&mut self.samples, entry);
    }

    fn add(&mut self, other: Signal) {
        self.minutes.merge(other.minutes);
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = [self.last, other.last].into_iter().flatten().max();
        other.samples.iter().for_each(|s| keep_sample(&mut self.samples, s));
    }

    fn finish(self) -> SignalCounts {
        let untimed = self.minutes.untimed;
        SignalCounts {
            minutes: self.minutes.finish(),
            untimed,
            first: self.first,
            last: self.last,
            samples: self.samples,
        }
    }
}

fn describe(packs: &PackSet, number: usize) -> (String, SignalInfo) {
    match packs.patterns().get(number) {
        Some(p) => (
            pattern_key(&p.id),
            SignalInfo {
                title: p.title.clone(),
                level: p.level,
                category: p.category.name().into(),
                class: String::new(),
            },
        ),
        None => {
            let title = "errors that no pattern knows".into();
            (
                UNMATCHED_KEY.into(),
                SignalInfo {
                    title,
                    level: Level::Error,
                    category: String::new(),
                    class: String::new(),
                },
            )
        }
    }
}

/// A WebSocket's latency is its lifetime; a rejected request's is `0s`; one that was cut has the timeout's.
fn measures_speed(request: &Request<'_>) -> bool {
    let latency_ns = request.latency_ns.unwrap_or(0);
    !matches!(request.status, Some(101 | 504)) && latency_ns > 0 && latency_ns < LATENCY_NS_MAX
}

#[inline]
fn offer_sample(samples: &mut Vec<Sample>, entry: &Entry<'_>) {
    if samples.len() == SAMPLES_MAX && samples[SAMPLES_MAX - 1].key <= entry.key {
        return;
    }
    keep_sample(samples, &sample(entry));
}

/// A request whose latency measures speed is followed; of several in one trace, the one with the smallest key.
fn offer_request(trace: &mut TraceRow, entry: &Entry<'_>, request: &Request<'_>, route: &str) {
    let Some(latency_ns) = request.latency_ns.filter(|_| measures_speed(request)) else {
        return;
    };
    if trace.request.as_ref().is_none_or(|r| entry.key < r.key) {
        trace.request = Some(TracedRequest {
            key: entry.key,
            route: route.to_owned(),
            latency_ns,
        });
    }
}

fn sample(entry: &Entry<'_>) -> Sample {
    let mut text = match (entry.message, &entry.request) {
        (Some(message), _) => message.to_owned(),
        (None, Some(r)) => format!(
            "{} {} {}",
            r.method,
            path_of(r.url),
            r.status.map_or(String::new(), |s| s.to_string())
        ),
        (None, None) => String::new(),
    };
    shorten(&mut text, SAMPLE_BYTES_MAX);
    Sample {
        key: entry.key,
        timestamp: entry.timestamp,
        severity: entry.severity,
        revision: entry.origin.revision.clone(),
        instance: decode_to_string(entry.instance),
        insert_id: decode_to_string(entry.insert_id),
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_bins_are_carried() {
        let mut row = LatencyRow::default();
        (0..200_000).for_each(|_| row.add(7));
        row.add(8);
        assert_eq!(row.finish(), BTreeMap::from([(7, 200_000), (8, 1)]));
    }
}
