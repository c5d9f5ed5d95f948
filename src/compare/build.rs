//! From the counts of two sides to the count table that the statistics see, and from their answer to findings.

use std::collections::BTreeMap;

use super::arms::{arms, spread};
use super::follow::follow;
use super::sides::{Side, Sides};
use super::table::{Arm, Family, Row, Table};
use super::{
    Alarm, AlarmSubject, Assessment, Change, Finding, Interval, LatencyFinding, RouteAssessment, RowAssessment,
    Settings, SideCount, Watch, assess_with_traces, is_certain_early,
};
use crate::model::{Level, Minute, Signal, SignalKind, Timestamp};
use crate::profile::{Data, RevisionCounts, SAMPLES_MAX, STATUS_CLASSES, Sample, SignalCounts, signal_id, signal_kind};

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
