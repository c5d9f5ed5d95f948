//! Makes a [`Report`] from what the decision saw and said: orders, redacts, and drops numbers that are not finite.
//!
//! Input: case, judgement, coverage. Output: the report value. It decides nothing and renders nothing.

use std::collections::BTreeMap;

use super::redact::{Redaction, RedactionCounts};
use super::value::{
    Count, Criterion, Deploy, Dispersion, Finding, Interval, Latency, Pairing, REPORT_SCHEMA, Rates, Reason, Report,
    Sample, Side, Sides, Timeline, Tool,
};
use super::watch::Watched;
use crate::compare;
use crate::model::{Signal, SignalKind, is_plain_name};
use crate::profile::{self, Concern, Coverage};
use crate::verdict::{self, Case, Judgement, SideFacts};

/// Most bins of a [`Timeline`].
const TIMELINE_BINS: u64 = 16;

/// Most characters of a sample's text. Long enough for a stack trace's interesting end.
const SAMPLE_CHARS: usize = 4000;

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// What makes it.
    pub tool: &'a Tool,
    /// What the decision looked at.
    pub case: &'a Case,
    /// What it said.
    pub judgement: &'a Judgement,
    /// Coverage of the baseline.
    pub baseline: &'a Coverage,
    /// Coverage of the candidate.
    pub candidate: &'a Coverage,
    /// The deploy, where Cloud Run was asked.
    pub deploy: Option<&'a Deploy>,
    /// The watch that this look belongs to, if any.
    pub watch: Option<&'a Watched>,
    /// What to take out of texts.
    pub redaction: Redaction,
}

impl Report {
    /// The report of one judged comparison. Findings are ordered by importance, then by kind and id.
    pub fn new(parts: &Parts<'_>) -> Report {
        let (case, judgement) = (parts.case, parts.judgement);
        let mut clean = Cleaner::new(parts.redaction);
        let mut findings: Vec<Finding> = case.findings.iter().map(|f| clean.finding(f, parts)).collect();
        findings.sort_by(|a, b| {
            let key = |f: &Finding| (f.group(), f.signal.level, std::cmp::Reverse(f.candidate.count));
            key(a).cmp(&key(b)).then_with(|| a.signal.cmp(&b.signal))
        });
        Report {
            schema: REPORT_SCHEMA.to_owned(),
            tool: parts.tool.clone(),
            verdict: judgement.verdict,
            lean: judgement.lean,
            confidence: clean.text(&judgement.confidence),
            deploy: parts.deploy.map(|d| clean.deploy(d)),
            pairing: match case.pairing {
                compare::Pairing::BeforeAfter => Pairing::BeforeAfter,
                compare::Pairing::Concurrent => Pairing::Concurrent,
            },
            sides: Sides {
                baseline: clean.side(side(&case.baseline)),
                candidate: clean.side(side(&case.candidate)),
            },
            reasons: judgement.reasons.iter().map(|r| clean.reason(r)).collect(),
            criteria: judgement.criteria.iter().map(|c| clean.criterion(c)).collect(),
            findings,
            concerns: clean.concerns(&case.concerns),
            notes: clean.concerns(&case.notes),
            outlook: Some(clean.outlook(&judgement.outlook)),
            watch: parts.watch.map(|w| clean.watch(w)),
            not_verified: clean.texts(&judgement.not_verified),
            next_steps: clean.texts(&judgement.next_steps),
            coverage: Sides {
                baseline: clean.coverage(parts.baseline),
                candidate: clean.coverage(parts.candidate),
            },
            redactions: clean.counts,
        }
    }
}

/// Redacts whatever text passes and counts what it took out.
pub(super) struct Cleaner {
    redaction: Redaction,
    pub(super) counts: RedactionCounts,
}

impl Cleaner {
    pub(super) fn new(redaction: Redaction) -> Cleaner {
        Cleaner {
            redaction,
            counts: RedactionCounts::new(),
        }
    }

    pub(super) fn text(&mut self, text: &str) -> String {
        self.redaction.apply(text, &mut self.counts)
    }

    pub(super) fn texts(&mut self, texts: &[String]) -> Vec<String> {
        texts.iter().map(|t| self.text(t)).collect()
    }

    /// A name that things are found again by: a revision, a file, an `insertId`. One that the platform would accept may
    /// end with the hash of a commit, which stays.
    pub(super) fn name(&mut self, name: &str) -> String {
        let redaction = Redaction {
            opaque: self.redaction.opaque && !is_plain_name(name),
            ..self.redaction
        };
        redaction.apply(name, &mut self.counts)
    }

    pub(super) fn names(&mut self, names: &[String]) -> Vec<String> {
        names.iter().map(|n| self.name(n)).collect()
    }

    pub(super) fn deploy(&mut self, deploy: &Deploy) -> Deploy {
        Deploy {
            chosen: self.texts(&deploy.chosen),
            ..deploy.clone()
        }
    }

    pub(super) fn side(&mut self, side: Side) -> Side {
        Side {
            project: self.name(&side.project),
            location: self.name(&side.location),
            services: self.names(&side.services),
            revisions: self.names(&side.revisions),
            ..side
        }
    }

    pub(super) fn concerns(&mut self, concerns: &[Concern]) -> Vec<Concern> {
        let mut clean = |c: &Concern| Concern {
            code: c.code.clone(),
            message: self.text(&c.message),
        };
        concerns.iter().map(&mut clean).collect()
    }

    /// Ids are hashes and pack names, which stay; only a route's id, also that of its latency, is text from the logs.
    pub(super) fn signal(&mut self, signal: &Signal) -> Signal {
        let id = match signal.kind {
            SignalKind::Route | SignalKind::Latency => self.text(&signal.id),
            _ => signal.id.clone(),
        };
        Signal {
            id,
            title: self.text(&signal.title),
            ..signal.clone()
        }
    }

    fn reason(&mut self, reason: &verdict::Reason) -> Reason {
        Reason {
            code: reason.code.clone(),
            asks_for: reason.asks_for,
            message: self.text(&reason.message),
            ends_when: reason.ends_when.as_deref().map(|t| self.text(t)),
            signal: reason.signal.as_ref().map(|s| self.signal(s)),
            criterion: reason.criterion.clone(),
            numbers: numbers(&reason.numbers),
            ratio: reason.ratio.map(interval),
            first_seen: reason.first_seen,
            last_seen: reason.last_seen,
            filter: reason.filter.as_deref().map(|t| self.text(t)),
        }
    }

    fn criterion(&mut self, criterion: &verdict::CriterionResult) -> Criterion {
        Criterion {
            id: criterion.id.clone(),
            title: self.text(&criterion.title),
            level: criterion.level,
            met: criterion.met,
            message: self.text(&criterion.message),
            numbers: numbers(&criterion.numbers),
        }
    }

    fn finding(&mut self, finding: &compare::Finding, parts: &Parts<'_>) -> Finding {
        let mut remaining = parts.judgement.outlook.vanished.iter();
        let remaining = remaining.find(|r| r.signal == finding.signal);
        Finding {
            signal: self.signal(&finding.signal),
            change: finding.change,
            harm: finding.harm,
            significant: finding.significant,
            baseline: count(finding.baseline),
            candidate: count(finding.candidate),
            ratio: interval(finding.ratio),
            rates: finding.rates.as_ref().map(rates),
            latency: finding.latency.as_ref().map(latency),
            remaining: remaining.map(|r| self.remaining(r)),
            first_seen: finding.first_seen,
            last_seen: finding.last_seen,
            peak_share: finite(finding.peak_share),
            timeline: timelines(&finding.signal.id, parts.case),
            samples: finding.samples.iter().map(|s| self.sample(s)).collect(),
        }
    }

    /// Redaction first: a cut in the middle of a secret must not hide it from the finder.
    fn sample(&mut self, sample: &profile::Sample) -> Sample {
        let text = self.text(&sample.text);
        Sample {
            timestamp: sample.timestamp,
            severity: sample.severity,
            revision: self.name(&sample.revision),
            text: super::escape::cut(&text, SAMPLE_CHARS),
            insert_id: self.name(&sample.insert_id),
        }
    }

    /// Counts by name; names that become the same are counted together.
    pub(super) fn keys(&mut self, counts: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let mut clean = BTreeMap::new();
        for (name, n) in counts {
            let sum: &mut u64 = clean.entry(self.name(name)).or_default();
            *sum = sum.saturating_add(*n);
        }
        clean
    }

    pub(super) fn coverage(&mut self, coverage: &Coverage) -> Coverage {
        let mut coverage = coverage.clone();
        for source in &mut coverage.sources {
            source.name = self.name(&source.name);
            for problem in &mut source.problems {
                problem.detail = self.text(&problem.detail);
            }
        }
        coverage.revisions = self.keys(&coverage.revisions);
        coverage.excluded = self.keys(&coverage.excluded);
        coverage.concerns = self.concerns(&coverage.concerns);
        coverage.remarks = self.concerns(&coverage.remarks);
        for unread in &mut coverage.unread {
            unread.reason = self.text(&unread.reason);
        }
        coverage
    }
}

fn side(facts: &SideFacts) -> Side {
    Side {
        project: facts.project.clone(),
        location: facts.location.clone(),
        services: facts.services.clone(),
        revisions: facts.revisions.clone(),
        first: facts.first,
        last: facts.last,
        minutes: facts.minutes,
        entries: facts.entries,
        requests: facts.requests,
        by_status: facts.by_status.clone(),
        websockets_accepted: facts.websockets_accepted,
        websocket_attempts: facts.websocket_attempts,
    }
}

pub(super) fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

fn numbers(numbers: &BTreeMap<String, f64>) -> BTreeMap<String, Option<f64>> {
    numbers.iter().map(|(k, v)| (k.clone(), finite(*v))).collect()
}

fn interval(interval: compare::Interval) -> Interval {
    Interval {
        estimate: interval.estimate.and_then(finite),
        low: interval.low.and_then(finite),
        high: interval.high.and_then(finite),
    }
}

fn count(side: compare::SideCount) -> Count {
    Count {
        count: side.count,
        exposure: side.exposure,
        rate: finite(side.rate),
    }
}

fn rates(rates: &compare::Rates) -> Rates {
    let dispersion = |d: &compare::Dispersion| Dispersion {
        minutes: d.minutes,
        phi: finite(d.phi),
        df: finite(d.df),
    };
    Rates {
        p_tolerated: finite(rates.p_tolerated),
        p_more: finite(rates.p_more),
        p_fewer: finite(rates.p_fewer),
        p_traces: rates.p_traces.and_then(finite),
        p_limit: finite(rates.p_limit),
        dispersion: rates.dispersion.iter().map(dispersion).collect(),
        effective_count: finite(rates.effective_count),
        active_blocks: rates.active_blocks,
        excess: finite(rates.excess),
        ratio_upper: rates.ratio_upper.and_then(finite),
        excess_upper: finite(rates.excess_upper),
        calm_excess: finite(rates.calm_excess),
        outside_share: rates.outside_share.and_then(finite),
        rolls_back: rates.rolls_back,
        suspicious: rates.suspicious,
        non_inferior: rates.non_inferior,
    }
}

fn latency(latency: &compare::LatencyFinding) -> Latency {
    Latency {
        quantile: finite(latency.quantile),
        baseline_ms: latency.baseline_ms.and_then(finite),
        candidate_ms: latency.candidate_ms.and_then(finite),
        shift_ms: interval(latency.shift_ms),
        shift_upper_ms: latency.shift_upper_ms.and_then(finite),
        calm_shift_ms: latency.calm_shift_ms.and_then(finite),
        tolerance_ms: finite(latency.tolerance_ms),
        slow_blocks: latency.slow_blocks,
        rolls_back: latency.rolls_back,
        non_inferior: latency.non_inferior,
    }
}

/// Both timelines of a signal; `None` when no side knows its minutes.
fn timelines(id: &str, case: &Case) -> Option<Sides<Timeline>> {
    let of = |side: &SideFacts| {
        let events = side.signal_minutes.get(id);
        (
            events.is_some(),
            timeline(events.map_or(&[], Vec::as_slice), side.minutes),
        )
    };
    let ((in_baseline, baseline), (in_candidate, candidate)) = (of(&case.baseline), of(&case.candidate));
    (in_baseline || in_candidate).then_some(Sides { baseline, candidate })
}

/// Events (minute, count) in at most [`TIMELINE_BINS`] bins over `minutes`. What lies outside is left out.
fn timeline(events: &[(u64, u64)], minutes: u64) -> Timeline {
    let minutes_per_bin = minutes.div_ceil(TIMELINE_BINS).max(1);
    let bins = usize::try_from(minutes.div_ceil(minutes_per_bin)).unwrap_or(0);
    let mut counts = vec![0_u64; bins];
    for (minute, events) in events {
        let bin = usize::try_from(minute / minutes_per_bin).ok();
        if let Some(count) = bin.and_then(|bin| counts.get_mut(bin)) {
            *count = count.saturating_add(*events);
        }
    }
    Timeline {
        minutes_per_bin,
        counts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timelines_have_few_bins_and_all_events() {
        assert_eq!(timeline(&[(0, 2), (2, 1)], 3).counts, [2, 0, 1]);
        let day = timeline(&[(0, 5), (1439, 7)], 1440);
        assert_eq!((day.minutes_per_bin, day.counts.len()), (90, 16));
        assert_eq!((day.counts[0], day.counts[15]), (5, 7));
        assert_eq!(timeline(&[(9, 1)], 0).counts, [0; 0]);
        assert_eq!(timeline(&[(u64::MAX, 1), (0, u64::MAX), (0, 1)], 1).counts, [u64::MAX]);
        assert!(timeline(&[], 17).counts.len() <= 16);
    }

    #[test]
    fn numbers_that_are_not_finite_become_null() {
        assert_eq!(finite(f64::NAN), None);
        assert_eq!(finite(f64::INFINITY), None);
        assert_eq!(finite(-0.5), Some(-0.5));
    }
}
