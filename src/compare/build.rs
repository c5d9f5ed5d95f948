//! From the counts of two sides to the count table that the statistics see, and from their answer to findings.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::follow::follow;
use super::sides::{Side, Sides};
use super::table::{Arm, Family, Histogram, Pairing, Row, Table};
use super::{
    Alarm, AlarmSubject, Assessment, Change, Finding, Interval, LatencyFinding, RouteAssessment, RowAssessment,
    Settings, SideCount, Watch, assess_with_traces, is_certain_early,
};
use crate::model::{Level, Minute, Signal, SignalKind, Timestamp};
use crate::profile::{
    BINS, Data, LATENCY_BLOCK_MINUTES, RevisionCounts, SAMPLES_MAX, STATUS_CLASSES, Sample, SignalCounts, signal_id,
    signal_kind,
};

/// A pause this long ends a contiguous run of minutes: the service was not logging, or the export has a hole.
const PAUSE_MINUTES: i64 = 30;
/// Routes with server errors that become findings of their own: those with the most.
const ROUTES_MAX: usize = 50;
/// Server errors of both sides that a route must have for that.
const ROUTE_ERRORS_MIN: u64 = 5;
/// Minutes that the busiest stretch of a signal is sought in.
const PEAK_MINUTES: i64 = 5;

/// A signal on one side, over all its revisions.
#[derive(Debug, Default)]
struct Counted {
    /// Events by minute: once [settled](Counted::settle) each minute once, ascending.
    minutes: Vec<(i64, u64)>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    samples: Vec<Sample>,
}

/// Compares both sides: one finding for each signal that either has, and one for each latency quantile.
///
/// `infos` says what the signals are: the profiles' own lists.
pub fn compare(sides: &Sides<'_>, infos: [&Data; 2], settings: &Settings) -> Vec<Finding> {
    compared(sides, infos, settings, None)
}

/// The same at one of many looks: what is certain enough for a ROLL BACK is for the watch to say, which is brought up to
/// these counts. What one look alone would have rolled back for is suspicious.
pub fn compare_watched(sides: &Sides<'_>, infos: [&Data; 2], settings: &Settings, watch: &mut Watch) -> Vec<Finding> {
    compared(sides, infos, settings, Some(watch))
}

fn compared(sides: &Sides<'_>, infos: [&Data; 2], settings: &Settings, watch: Option<&mut Watch>) -> Vec<Finding> {
    let ((baseline, candidate), signals) = rayon::join(|| arms(sides), || signals(sides, infos));
    let rows = signals.iter().map(|(signal, old, new)| Row {
        family: family(signal),
        baseline: spread(&old.minutes, &baseline.minutes),
        candidate: spread(&new.minutes, &candidate.minutes),
    });
    let rows = rows.collect();
    let (baseline_minutes, candidate_minutes) = (baseline.minutes, candidate.minutes);
    let table = Table {
        pairing: sides.pairing,
        baseline: baseline.arm,
        candidate: candidate.arm,
        rows,
    };
    let in_order: Vec<&Signal> = signals.iter().map(|(signal, _, _)| signal).collect();
    let traces = follow(sides, [&baseline_minutes, &candidate_minutes], &in_order);
    let assess = || assess_with_traces(&table, &traces, settings);
    let assessment = match watch {
        None => assess(),
        Some(watch) => {
            let keys: Vec<String> = in_order.iter().map(|signal| key_of(signal)).collect();
            let look = || {
                watch.look(&table, &keys, settings);
                watch.alarms(&table, &keys, settings)
            };
            let (alarms, mut assessment) = rayon::join(look, assess);
            alarmed(&mut assessment, &keys, &alarms);
            assessment
        }
    };
    let findings = signals
        .into_iter()
        .zip(&assessment.rows)
        .map(|(signal, row)| finding(signal, row));
    let mut findings: Vec<Finding> = findings
        .filter(|f| f.baseline.count + f.candidate.count > 0 || always_told(&f.signal))
        .collect();
    findings.extend(latency_findings(&assessment, &table));
    let routes = assessment.routes.iter().filter(|r| r.significant);
    findings.extend(routes.map(|r| route_latency(r, settings)));
    findings
}

/// A signal's name from look to look.
fn key_of(signal: &Signal) -> String {
    format!("{:?}:{}", signal.kind, signal.id)
}

/// Puts what a watch is certain of in the place of what one look would be.
fn alarmed(assessment: &mut Assessment, keys: &[String], alarms: &[Alarm]) {
    let minutes = assessment.candidate_minutes;
    let certain = |subject: &AlarmSubject| alarms.iter().any(|alarm| alarm.subject == *subject);
    for (row, key) in assessment.rows.iter_mut().zip(keys) {
        let by_watch = certain(&AlarmSubject::Row(key.clone())) || is_certain_early(row.family, &row.rates, minutes);
        row.rates.suspicious |= row.rates.rolls_back && !by_watch;
        row.rates.rolls_back = by_watch;
    }
    for quantile in &mut assessment.latency {
        let by_watch = certain(&AlarmSubject::Quantile(quantile.finding.quantile));
        quantile.finding.rolls_back = by_watch;
    }
}

/// Server errors are told even when there are none: that is what PROCEED rests on.
fn always_told(signal: &Signal) -> bool {
    signal.kind == SignalKind::StatusClass && signal.id == "5xx"
}

fn family(signal: &Signal) -> Family {
    match signal.kind {
        SignalKind::StatusClass if signal.id == "5xx" => Family::ServerErrors,
        SignalKind::Pattern | SignalKind::Unmatched | SignalKind::Template | SignalKind::Stack
            if signal.level <= Level::Error =>
        {
            Family::Messages
        }
        _ => Family::Reported,
    }
}

/// An arm with the clock minutes of its exposures.
struct Timed {
    arm: Arm,
    minutes: Vec<i64>,
}

fn arms(sides: &Sides<'_>) -> (Timed, Timed) {
    let (old, new) = (sides.baseline.minutes(), sides.candidate.minutes());
    let requests = |m: &BTreeMap<i64, (u64, u64)>| m.values().any(|(_, requests)| *requests > 0);
    // One unit for both sides. Without any requests, entries; a side that alone has none has had no exposure.
    let by_requests = requests(&old) || requests(&new);
    let exposure = |(entries, requests): &(u64, u64)| if by_requests { *requests } else { *entries };
    let is_comparable = sides.same_request_source();
    let blocks = [&sides.baseline, &sides.candidate].map(|side| match is_comparable {
        true => latency_blocks(side, sides.pairing),
        false => BTreeMap::new(),
    });
    let (old_minutes, new_minutes) = match sides.pairing {
        Pairing::BeforeAfter => (
            clock(&sides.baseline, &old, sides.same_hours),
            clock(&sides.candidate, &new, sides.same_hours),
        ),
        Pairing::Concurrent => {
            let both: BTreeSet<i64> = old.keys().chain(new.keys()).copied().collect();
            (runs(both.iter().copied()), runs(both.iter().copied()))
        }
    };
    let arm = |minutes: &BTreeMap<i64, (u64, u64)>, (clock, segments): (Vec<i64>, Vec<usize>), latency| Timed {
        arm: Arm {
            segments,
            exposure: clock.iter().map(|m| minutes.get(m).map_or(0, exposure)).collect(),
            latency,
            clock: clock.clone(),
        },
        minutes: clock,
    };
    let [old_blocks, new_blocks] = blocks;
    let (old_latency, new_latency) = match sides.pairing {
        Pairing::BeforeAfter => (
            along(&old_minutes.0, old_blocks, &sides.baseline),
            along(&new_minutes.0, new_blocks, &sides.candidate),
        ),
        Pairing::Concurrent => paired(&old_blocks, &new_blocks),
    };
    (arm(&old, old_minutes, old_latency), arm(&new, new_minutes, new_latency))
}

/// The blocks of latency that a side's minutes lie in, one after the other. A silent one keeps its place: the statistics find
/// a block by its number.
fn along(clock: &[i64], mut measured: BTreeMap<i64, Histogram>, side: &Side<'_>) -> Vec<Histogram> {
    if measured.is_empty() {
        return vec![];
    }
    let whole: Vec<Range<i64>> = side
        .windows
        .iter()
        .map(|w| blocks_of(w, Pairing::BeforeAfter))
        .collect();
    let mut blocks: Vec<i64> = clock.iter().map(|m| m.div_euclid(LATENCY_BLOCK_MINUTES)).collect();
    blocks.dedup();
    blocks.retain(|block| whole.iter().any(|range| range.contains(block)));
    blocks
        .into_iter()
        .map(|block| measured.remove(&block).unwrap_or_default())
        .collect()
}

fn paired(old: &BTreeMap<i64, Histogram>, new: &BTreeMap<i64, Histogram>) -> (Vec<Histogram>, Vec<Histogram>) {
    let blocks: BTreeSet<i64> = old.keys().chain(new.keys()).copied().collect();
    let of = |side: &BTreeMap<i64, Histogram>| {
        blocks
            .iter()
            .map(|b| side.get(b).cloned().unwrap_or_default())
            .collect()
    };
    (of(old), of(new))
}

/// The minutes that a side was observed in, with the lengths of its contiguous runs: from the first of the `active` ones, which
/// have entries, to the last, but for long pauses (a stray time far away does not make a window long). With the same hours
/// of several days each window is a run, silent minutes included: only runs of equal length can be laid side by side.
pub fn clock<T>(side: &Side<'_>, active: &BTreeMap<i64, T>, same_hours: bool) -> (Vec<i64>, Vec<usize>) {
    if !same_hours {
        return runs(active.keys().copied());
    }
    let windows = || side.windows.iter().cloned();
    (windows().flatten().collect(), windows().map(Iterator::count).collect())
}

/// All minutes from the first to the last, but for long pauses; with the lengths of the runs between these.
fn runs(active: impl Iterator<Item = i64>) -> (Vec<i64>, Vec<usize>) {
    let (mut minutes, mut segments): (Vec<i64>, Vec<usize>) = (vec![], vec![]);
    for minute in active {
        match minutes.last() {
            Some(&last) if minute - last <= PAUSE_MINUTES => {
                if let Some(run) = segments.last_mut() {
                    *run += (last..minute).count();
                }
                minutes.extend(last + 1..minute + 1);
            }
            _ => {
                minutes.push(minute);
                segments.push(1);
            }
        }
    }
    (minutes, segments)
}

fn spread(counts: &[(i64, u64)], minutes: &[i64]) -> Vec<u64> {
    let mut spread = vec![0; minutes.len()];
    let mut at = 0;
    for (minute, n) in counts {
        while minutes.get(at).is_some_and(|m| m < minute) {
            at += 1;
        }
        if minutes.get(at) == Some(minute) {
            spread[at] = *n;
        }
    }
    spread
}

/// The side's latency by block. Before and after, a block that the window cuts belongs to neither side: with one revision,
/// it holds measurements of both. When both served at once it is kept: the minutes outside are few, and of the same revision.
fn latency_blocks(side: &Side<'_>, pairing: Pairing) -> BTreeMap<i64, Histogram> {
    let mut blocks: BTreeMap<i64, Histogram> = BTreeMap::new();
    let ranges: Vec<Range<i64>> = side.windows.iter().map(|w| blocks_of(w, pairing)).collect();
    for revision in &side.revisions {
        for (block, bins) in ranges.iter().flat_map(|range| revision.latency.range(range.clone())) {
            // As long as the slowest request needs: the same is done with all of them at every look of a watch.
            let length = bins.keys().next_back().map_or(0, |bin| usize::from(*bin) + 1).min(BINS);
            let sum = blocks.entry(*block).or_default();
            sum.resize(sum.len().max(length), 0);
            for (bin, count) in bins {
                if let Some(slot) = sum.get_mut(usize::from(*bin)) {
                    *slot += count;
                }
            }
        }
    }
    blocks
}

fn blocks_of(window: &Range<i64>, pairing: Pairing) -> Range<i64> {
    let cut = |minute: i64| i64::from(minute.rem_euclid(LATENCY_BLOCK_MINUTES) != 0);
    let (mut first, mut end) = (
        window.start.div_euclid(LATENCY_BLOCK_MINUTES),
        window.end.div_euclid(LATENCY_BLOCK_MINUTES) + cut(window.end),
    );
    if pairing == Pairing::BeforeAfter {
        first += cut(window.start);
        end -= cut(window.end);
    }
    first..end.max(first)
}

/// A side's signals with what it counted of each.
type SideSignals = BTreeMap<(SignalKind, String), (Signal, Counted)>;

/// All signals of both sides in a fixed order, each with its counts on the baseline and on the candidate.
fn signals(sides: &Sides<'_>, infos: [&Data; 2]) -> Vec<(Signal, Counted, Counted)> {
    let (old, new) = rayon::join(
        || side_signals(&sides.baseline, infos),
        || side_signals(&sides.candidate, infos),
    );
    let mut all: BTreeMap<(SignalKind, String), (Signal, Counted, Counted)> = BTreeMap::new();
    for (key, (signal, counted)) in old {
        all.insert(key, (signal, counted, Counted::default()));
    }
    for (key, (signal, counted)) in new {
        let entry = all
            .entry(key)
            .or_insert_with(|| (signal, Counted::default(), Counted::default()));
        entry.2 = counted;
    }
    let mut signals: Vec<_> = all.into_values().chain(route_signals(sides)).collect();
    for (_, old, new) in &mut signals {
        old.settle();
        new.settle();
    }
    signals
}

fn side_signals(side: &Side<'_>, infos: [&Data; 2]) -> SideSignals {
    let mut all = SideSignals::new();
    let mut slot = |signal: Signal, add: &dyn Fn(&mut Counted)| {
        let entry = all.entry((signal.kind, signal.id.clone()));
        add(&mut entry.or_insert_with(|| (signal, Counted::default())).1);
    };
    slot(status_class("5xx"), &|_| {});
    for revision in &side.revisions {
        for (key, counts) in &revision.signals {
            if let Some(signal) = describe(key, infos) {
                slot(signal, &|counted| counted.add(counts, side));
            }
        }
        for (id, low) in STATUS_CLASSES {
            slot(status_class(id), &|counted| counted.add_status(revision, low, side));
        }
    }
    all
}

/// The signal of a profile's key. A key that no list describes is of a newer program; its counts cannot be judged.
fn describe(key: &str, infos: [&Data; 2]) -> Option<Signal> {
    let kind = signal_kind(key)?;
    let info = infos.iter().find_map(|data| data.signals.get(key))?;
    Some(Signal {
        kind,
        id: signal_id(key),
        title: info.title.clone(),
        level: info.level,
        category: info.category.clone(),
    })
}

fn status_class(id: &str) -> Signal {
    let (title, level) = match id {
        "5xx" => ("requests answered with a server error", Level::Error),
        // Every client error is a pattern of its own, too: together they are told, and not held against anybody twice.
        _ => ("requests answered with a client error", Level::Info),
    };
    Signal {
        kind: SignalKind::StatusClass,
        id: id.into(),
        title: title.into(),
        level,
        category: String::new(),
    }
}

fn route_signals(sides: &Sides<'_>) -> Vec<(Signal, Counted, Counted)> {
    let mut routes: BTreeMap<&str, (Counted, Counted)> = BTreeMap::new();
    for (number, side) in [&sides.baseline, &sides.candidate].into_iter().enumerate() {
        for (route, counts) in side
            .revisions
            .iter()
            .flat_map(|r| &r.routes)
            .filter(|(_, c)| !c.server_errors.is_empty())
        {
            let pair = routes.entry(route).or_default();
            let counted = if number == 0 { &mut pair.0 } else { &mut pair.1 };
            let errors = side.within(&counts.server_errors);
            counted.minutes.extend(errors.map(|(minute, n)| (minute.0, *n)));
            counted.keep(&counts.samples, side);
        }
    }
    let mut routes: Vec<_> = routes.into_iter().collect();
    let errors = |(_, (old, new)): &(&str, (Counted, Counted))| old.total() + new.total();
    routes.retain(|r| errors(r) >= ROUTE_ERRORS_MIN);
    routes.sort_by_key(|r| (std::cmp::Reverse(errors(r)), r.0));
    routes.truncate(ROUTES_MAX);
    let signal = |route: &str| Signal {
        kind: SignalKind::Route,
        id: route.into(),
        title: "server errors of one route".into(),
        level: Level::Error,
        category: String::new(),
    };
    routes
        .into_iter()
        .map(|(route, (old, new))| (signal(route), old, new))
        .collect()
}

impl Counted {
    fn add(&mut self, counts: &SignalCounts, side: &Side<'_>) {
        let before = self.minutes.len();
        self.minutes.reserve(counts.minutes.len());
        side.within(&counts.minutes)
            .for_each(|(m, n)| self.minutes.push((m.0, *n)));
        let added = &self.minutes[before..];
        let (Some(&(start, _)), Some(&(end, _))) = (added.first(), added.last()) else {
            return;
        };
        let (start, end) = (Minute(start), Minute(end));
        // The exact times are of the whole revision: one that lies outside of the window is not this side's.
        let exact = |time: Option<Timestamp>, minute: Minute| time.filter(|t| t.minute() == minute);
        let first = exact(counts.first, start).unwrap_or(start.start());
        let last = exact(counts.last, end).unwrap_or(end.start());
        self.first = Some(self.first.map_or(first, |t| t.min(first)));
        self.last = Some(self.last.map_or(last, |t| t.max(last)));
        self.keep(&counts.samples, side);
    }

    fn add_status(&mut self, revision: &RevisionCounts, low: u16, side: &Side<'_>) {
        let requests = side.status_class(revision, low);
        self.minutes.extend(requests.map(|(minute, n)| (minute.0, n)));
    }

    /// Puts the minutes in order: several revisions may have counted the same one.
    fn settle(&mut self) {
        if self.minutes.is_sorted_by(|a, b| a.0 < b.0) {
            return;
        }
        self.minutes.sort_unstable_by_key(|(minute, _)| *minute);
        self.minutes.dedup_by(|(minute, n), (kept, sum)| {
            let same = minute == kept;
            *sum += if same { *n } else { 0 };
            same
        });
    }

    /// Keeps samples; one that is not of the window belongs to the other side, or to none.
    fn keep(&mut self, samples: &[Sample], side: &Side<'_>) {
        let inside = |s: &&Sample| s.timestamp.is_none_or(|t| side.contains(t.minute()));
        self.samples.extend(samples.iter().filter(inside).cloned());
        self.samples.sort();
        self.samples.truncate(SAMPLES_MAX);
    }

    fn total(&self) -> u64 {
        self.minutes.iter().map(|(_, n)| n).sum()
    }

    /// First and last event; by the minute where no exact time was kept.
    fn seen(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let minute = |m: Option<&(i64, u64)>| m.map(|(m, _)| Minute(*m).start());
        let first = self.first.or(minute(self.minutes.first()));
        (first, self.last.or(minute(self.minutes.last())))
    }

    /// Share of the events in the busiest five minutes.
    fn peak_share(&self) -> f64 {
        let (mut busiest, mut inside) = (0, 0);
        let events = &self.minutes;
        let mut start = 0;
        for (minute, n) in events {
            inside += n;
            while events[start].0 <= minute - PEAK_MINUTES {
                inside -= events[start].1;
                start += 1;
            }
            busiest = busiest.max(inside);
        }
        if self.total() == 0 {
            0.0
        } else {
            busiest as f64 / self.total() as f64
        }
    }
}

fn finding((signal, old, new): (Signal, Counted, Counted), row: &RowAssessment) -> Finding {
    let shown = if new.total() > 0 { &new } else { &old };
    let (first_seen, last_seen) = shown.seen();
    let harmful = signal.level <= Level::Warning;
    // Thousands of harmless messages that did not change need no evidence.
    let samples = if harmful || row.change != Change::Unchanged {
        SAMPLES_MAX
    } else {
        0
    };
    Finding {
        change: row.change,
        harm: row.harm && harmful,
        significant: row.significant,
        baseline: row.baseline,
        candidate: row.candidate,
        ratio: row.ratio,
        rates: Some(row.rates.clone()),
        latency: None,
        first_seen,
        last_seen,
        peak_share: shown.peak_share(),
        samples: new.samples.iter().chain(&old.samples).take(samples).cloned().collect(),
        signal,
    }
}

fn latency_findings(assessment: &Assessment, table: &Table) -> Vec<Finding> {
    let measured = |arm: &Arm| arm.latency.iter().flatten().sum::<u64>();
    let requests = [measured(&table.baseline), measured(&table.candidate)];
    let finding = |a: &super::LatencyAssessment| {
        let quantile = format!("p{}", (a.finding.quantile * 1000.0).round() / 10.0);
        let title = format!("request latency, {quantile}");
        let signal = latency_signal(quantile, title);
        Finding {
            significant: a.significant,
            harm: a.harm,
            ..latency_finding(signal, a.change, requests, a.finding.clone())
        }
    };
    assessment.latency.iter().map(finding).collect()
}

/// A route whose requests take another time: told where it is significant, because there are many routes. It never causes a
/// ROLL BACK; slower than the median may get by its tolerance, it forbids PROCEED.
fn route_latency(route: &RouteAssessment, settings: &Settings) -> Finding {
    let shift = &route.shift;
    let tolerance_ms = settings.latency[0].for_baseline(Some(shift.baseline_ms));
    let slower = shift.candidate_ms > shift.baseline_ms;
    let latency = LatencyFinding {
        quantile: 0.5,
        baseline_ms: Some(shift.baseline_ms),
        candidate_ms: Some(shift.candidate_ms),
        shift_ms: estimated(Some(shift.candidate_ms - shift.baseline_ms)),
        shift_upper_ms: None,
        calm_shift_ms: None,
        tolerance_ms,
        slow_blocks: 0,
        rolls_back: false,
        non_inferior: shift.candidate_ms - shift.baseline_ms <= tolerance_ms,
    };
    let signal = latency_signal(
        format!("p50 {}", route.route),
        "request latency of one route, p50".into(),
    );
    let change = if slower { Change::Slower } else { Change::Faster };
    Finding {
        significant: true,
        harm: slower,
        ..latency_finding(
            signal,
            change,
            [shift.baseline_requests, shift.candidate_requests],
            latency,
        )
    }
}

fn latency_signal(id: String, title: String) -> Signal {
    Signal {
        kind: SignalKind::Latency,
        id,
        title,
        level: Level::Error,
        category: String::new(),
    }
}

/// What all findings of latency share; `requests` were measured on the baseline and on the candidate.
fn latency_finding(signal: Signal, change: Change, requests: [u64; 2], latency: LatencyFinding) -> Finding {
    let [baseline, candidate] = requests.map(|n| SideCount {
        count: n,
        exposure: n,
        rate: if n > 0 { 1.0 } else { 0.0 },
    });
    let values = latency.baseline_ms.zip(latency.candidate_ms);
    let ratio = values.filter(|(old, _)| *old > 0.0).map(|(old, new)| new / old);
    Finding {
        signal,
        change,
        harm: false,
        significant: false,
        baseline,
        candidate,
        ratio: estimated(ratio),
        rates: None,
        latency: Some(latency),
        first_seen: None,
        last_seen: None,
        peak_share: 0.0,
        samples: vec![],
    }
}

/// An estimate of which no interval is known.
fn estimated(estimate: Option<f64>) -> Interval {
    Interval {
        estimate,
        low: None,
        high: None,
    }
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
