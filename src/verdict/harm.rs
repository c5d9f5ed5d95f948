//! Reasons that ask for ROLL BACK: harm that is certain, by statistics or by what the platform says.

use super::code::Code;
use super::counts::unit;
use super::criteria::Checked;
use super::platform::{is_crash_loop, is_start_failure};
use super::view::{Area, View};
use super::words;
use super::{CriterionLevel, Reason, Verdict};
use crate::compare::{Finding, Pairing};
use crate::model::{SignalKind, Timestamp};

/// Findings of one code that are told one by one; the others are counted.
const SHOWN: usize = 3;

/// All harm that is certain. When the baseline could not serve, going back is no cure and the reasons ask for HOLD.
pub(super) fn reasons(view: &View<'_>, criteria: &[Checked]) -> Vec<Reason> {
    let mut reasons = platform(view);
    reasons.extend(broken(view, criteria));
    reasons.extend(rates(view, Area::ServerErrors, Code::ServerErrorsUp));
    reasons.extend(rates(view, Area::Messages, Code::ErrorsUp));
    reasons.extend(slower(view));
    if view.rollback_is_pointless() {
        reasons = reasons.into_iter().map(|reason| soften(view, reason)).collect();
    }
    reasons
}

/// The harm that an earlier look of the watch was certain of, where this one is no longer: a ROLL BACK is final.
pub(super) fn earlier(view: &View<'_>, now: &[Reason]) -> Option<Reason> {
    let (at, reason) = view.case.watch.as_ref()?.rolled_back.as_ref()?;
    let is_told = now.iter().any(|r| r.asks_for == Verdict::RollBack);
    (!is_told).then(|| Reason {
        message: format!("Certain at the look of {}: {}", second(*at), reason.message),
        ..reason.clone()
    })
}

fn platform(view: &View<'_>) -> Vec<Reason> {
    let (c, b, rho) = (&view.candidate, &view.baseline, view.policy.statistics.rho);
    let mut reasons = Vec::new();
    if is_start_failure(c, b, rho) {
        let message = format!(
            "The candidate does not start: {} and not one request answered in {}; on the baseline {}.",
            words::plural(c.start_failures, "failed start"),
            words::exact_duration(c.minutes),
            words::plural(b.start_failures, "failed start"),
        );
        reasons.push(
            Reason::new(Code::StartFailure, message)
                .number("candidate_start_failures", c.start_failures as f64)
                .number("baseline_start_failures", b.start_failures as f64)
                .number("candidate_served", c.served as f64)
                .about_signal(view.case, c.start_failure_signal.as_ref()),
        );
    }
    if is_crash_loop(c, b, rho) {
        let message = format!(
            "The candidate crashes again and again: {} in {} (baseline: {} in {}), {} answered.",
            words::plural(c.crashes, "time"),
            words::exact_duration(c.minutes),
            words::count(b.crashes),
            words::exact_duration(b.minutes),
            words::plural(c.served, "request"),
        );
        reasons.push(
            Reason::new(Code::CrashLoop, message)
                .number("candidate_crashes", c.crashes as f64)
                .number("baseline_crashes", b.crashes as f64)
                .number("candidate_minutes", c.minutes as f64)
                .number("baseline_minutes", b.minutes as f64)
                .number("candidate_served", c.served as f64)
                .about_signal(view.case, c.crash_signal.as_ref()),
        );
    }
    reasons
}

fn broken(view: &View<'_>, criteria: &[Checked]) -> Vec<Reason> {
    let certain = criteria
        .iter()
        .filter(|c| c.result.level == CriterionLevel::Critical && c.broken_for_certain());
    certain
        .map(|checked| {
            let message = format!(
                "The critical criterion {:?} is broken. {}",
                checked.result.id, checked.result.message
            );
            checked.reason(view.case, Code::CriticalCriterionBroken, message)
        })
        .collect()
}

/// Several signals may count the same events: the one that says most comes first.
fn generality(finding: &Finding) -> u8 {
    match finding.signal.kind {
        SignalKind::Stack => 0,
        SignalKind::Template => 1,
        SignalKind::Pattern => 2,
        SignalKind::Route => 3,
        SignalKind::StatusClass | SignalKind::Latency => 4,
        SignalKind::Unmatched => 5,
    }
}

fn rates(view: &View<'_>, area: Area, code: Code) -> Vec<Reason> {
    let hits = view
        .findings(area)
        .filter(|f| f.rates.as_ref().is_some_and(|r| r.rolls_back) && !view.unsure(f));
    let mut hits: Vec<&Finding> = hits.collect();
    hits.sort_by(|a, b| {
        // The sum of all unknown messages is worth a reason where none of them is.
        let is_sum = |f: &Finding| f.signal.kind == SignalKind::Unmatched;
        is_sum(a)
            .cmp(&is_sum(b))
            .then_with(|| strength(b).total_cmp(&strength(a)))
            .then_with(|| generality(a).cmp(&generality(b)))
            .then_with(|| a.signal.cmp(&b.signal))
    });
    let mut reasons: Vec<Reason> = hits
        .iter()
        .take(SHOWN)
        .map(|f| Reason::new(code, risen(view, f)).about(view.case, f))
        .collect();
    if let (Some(last), true) = (reasons.last_mut(), hits.len() > SHOWN) {
        let more = (hits.len() - SHOWN) as u64;
        last.message.push_str(&format!(
            " {} rose for certain as well.",
            words::plural(more, "other signal")
        ));
        last.numbers.insert("more_signals".to_owned(), more as f64);
    }
    reasons
}

/// Which of several harms to tell first: the larger excess, in events.
fn strength(finding: &Finding) -> f64 {
    let excess = finding.rates.as_ref().map_or(0.0, |r| r.excess) * finding.candidate.exposure as f64;
    if excess.is_nan() { f64::NEG_INFINITY } else { excess }
}

/// "X rose from a in n (..%) to b in m (..%): r times the rate (95 % interval l to h), in k five-minute blocks, first seen T."
pub(super) fn risen(view: &View<'_>, finding: &Finding) -> String {
    let unit = unit(view.case, finding);
    let (b, c) = (finding.baseline, finding.candidate);
    let name = words::sentence_start(&words::name(&finding.signal));
    let mut text = if b.count == 0 {
        format!(
            "{name}: new, {} in {} {unit} ({}); none in {} before.",
            words::count(c.count),
            words::count(c.exposure),
            words::percent(c.rate),
            words::count(b.exposure),
        )
    } else {
        format!(
            "{name} rose from {} in {} {unit} ({}) to {} in {} ({}){}.",
            words::count(b.count),
            words::count(b.exposure),
            words::percent(b.rate),
            words::count(c.count),
            words::count(c.exposure),
            words::percent(c.rate),
            multiple(finding),
        )
    };
    if let Some(rates) = &finding.rates {
        text.push_str(&format!(
            " Seen in {}",
            words::plural(u64::from(rates.active_blocks), "five-minute block")
        ));
        text.push_str(
            &finding
                .first_seen
                .map_or_else(|| ".".to_owned(), |t| format!(", first at {}.", second(t))),
        );
    }
    text
}

fn multiple(finding: &Finding) -> String {
    let ratio = &finding.ratio;
    let Some(estimate) = ratio.estimate else {
        return String::new();
    };
    match (ratio.low, ratio.high) {
        (Some(low), Some(high)) => format!(
            ", {} the rate (95 % interval {} to {})",
            words::times(estimate),
            words::digits(low),
            words::digits(high)
        ),
        (Some(low), None) => format!(
            ", {} the rate (at least {})",
            words::times(estimate),
            words::digits(low)
        ),
        _ => format!(", {} the rate", words::times(estimate)),
    }
}

/// A time without its fraction of a second.
fn second(time: Timestamp) -> String {
    let text = time.to_string();
    match text.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => text,
    }
}

fn slower(view: &View<'_>) -> Option<Reason> {
    let hits = view
        .findings(Area::Latency)
        .filter_map(|f| f.latency.as_ref().map(|l| (f, l)));
    let mut hits: Vec<_> = hits.filter(|(_, l)| l.rolls_back).collect();
    // The lower bound above the tolerance, in tolerances: how far beyond doubt it is.
    let beyond = |l: &crate::compare::LatencyFinding| l.shift_ms.low.unwrap_or(0.0) / l.tolerance_ms.max(1.0);
    hits.sort_by(|a, b| {
        beyond(b.1)
            .total_cmp(&beyond(a.1))
            .then_with(|| a.0.signal.cmp(&b.0.signal))
    });
    let (finding, latency) = hits.first()?;
    let mut others: Vec<String> = hits[1..].iter().map(|(f, _)| words::quantile(&f.signal)).collect();
    others.dedup();
    let also = if others.is_empty() {
        String::new()
    } else {
        format!(" Slower as well: {}.", others.join(", "))
    };
    let value = |v: Option<f64>| v.map_or_else(|| "an unknown time".to_owned(), words::ms);
    let message = format!(
        "Requests are slower: {} rose from {} to {}, by at least {} where {} is tolerated, in {}.{also}",
        words::name(&finding.signal),
        value(latency.baseline_ms),
        value(latency.candidate_ms),
        value(latency.shift_ms.low),
        words::ms(latency.tolerance_ms),
        words::plural(u64::from(latency.slow_blocks), "five-minute block"),
    );
    Some(Reason::new(Code::Slower, message).about(view.case, finding))
}

/// The same harm as a reason for HOLD.
fn soften(view: &View<'_>, reason: Reason) -> Reason {
    let code = match Code::of_name(&reason.code) {
        Some(Code::StartFailure | Code::CrashLoop) => Code::NewCritical,
        Some(Code::CriticalCriterionBroken) => Code::CriterionNotMet,
        _ => Code::SuspiciousIncrease,
    };
    let why = format!(
        " No ROLL BACK: the baseline could not serve at all ({}), so going back to it would not help.",
        inability(view),
    );
    Reason {
        code: code.name().to_owned(),
        asks_for: code.asks_for(),
        message: reason.message + &why,
        ends_when: Some("the cause is mended, or the comparison is made with the last revision that served".to_owned()),
        ..reason
    }
}

/// Why the baseline could not serve, with numbers.
pub(super) fn inability(view: &View<'_>) -> String {
    let b = &view.baseline;
    let failures = if b.crashes >= b.start_failures {
        words::plural(b.crashes, "crash").replace("crashs", "crashes")
    } else {
        words::plural(b.start_failures, "failed start")
    };
    format!(
        "{failures} and no request answered in {}",
        words::exact_duration(b.minutes)
    )
}

/// What before-and-after comparisons cannot know.
pub(super) fn storm_caveat(pairing: Pairing) -> Option<&'static str> {
    (pairing == Pairing::BeforeAfter).then_some(
        "The sides were observed one after the other: a storm that has nothing to do with the deploy looks the same as harm.",
    )
}
