//! Whether the baseline is a steady measure: storms, bursts and drift, each told where it explains what is not proved.
//!
//! Input: the view and the findings that are open. Output: reasons for HOLD with numbers, or a line of what was not verified.
//! None of these is asked for by itself: a baseline that bursts or drifts, and still lets harm be excluded, may PROCEED.

mod blocks;

use super::code::Code;
use super::counts::{dispersion, unit};
use super::view::{Area, View, area_of};
use super::wait::{Wait, for_rate};
use super::{Reason, words};
use crate::compare::{Finding, Pairing};
use blocks::{Blocks, Drift};

/// A baseline's errors are a storm when so much of them lies in one block of five minutes, ...
const STORM_SHARE: f64 = 0.5;
/// ... there are at least so many, ...
const STORM_EVENTS: u64 = 10;
/// ... and its window is at least so long, minutes.
const STORM_MINUTES: u64 = 30;
/// From this dispersion on, bursts are worth a reason: half of the exposure goes into them.
const BURSTY: f64 = 2.0;
/// P-value below which a rate drifts, over all signals that are looked at ...
const DRIFT_P: f64 = 0.01;
/// ... if it changes by at least this factor.
const DRIFT_RATIO: f64 = 1.5;

/// Reasons why open findings are open, at most one of each kind.
pub(super) fn reasons(view: &View<'_>, open: &[&Finding]) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    let stormy = storm(view, open);
    let is_told = |f: &Finding| stormy.is_some_and(|(_, _, told)| std::ptr::eq(told, f));
    let rest: Vec<&Finding> = open.iter().copied().filter(|f| !is_told(f)).collect();
    reasons.extend(stormy.map(|(busiest, total, finding)| storm_reason(view, busiest, total, finding)));
    if stormy.is_none() {
        reasons.extend(bursty(view, &rest));
    }
    reasons.extend(drifting(view, &rest).map(|(finding, drift)| drift_reason(view, finding, &drift)));
    reasons
}

/// How long the open finding itself takes, which ends the explanation with it.
fn wait(view: &View<'_>, finding: &Finding) -> Wait {
    for_rate(view, finding, margin(view, finding))
}

fn margin(view: &View<'_>, finding: &Finding) -> f64 {
    match area_of(finding) {
        Area::ServerErrors => view.policy.statistics.ni_5xx,
        _ => view.policy.statistics.ni_tmpl,
    }
}

/// An open rate whose baseline came in a storm: the storm is why it is open.
fn storm<'a>(view: &View<'_>, open: &[&'a Finding]) -> Option<(u64, u64, &'a Finding)> {
    let facts = &view.case.baseline;
    if facts.minutes < STORM_MINUTES {
        return None;
    }
    let storms = open.iter().filter_map(|f| {
        let minutes = facts.signal_minutes.get(&f.signal.id)?;
        let total = facts.events(&f.signal.id);
        let busiest = blocks::busiest(minutes);
        let stormy = total >= STORM_EVENTS && busiest as f64 >= STORM_SHARE * total as f64;
        stormy.then_some((busiest, total, *f))
    });
    storms.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.2.signal.cmp(&a.2.signal)))
}

fn storm_reason(view: &View<'_>, busiest: u64, total: u64, finding: &Finding) -> Reason {
    let message = format!(
        "The baseline itself is unstable: {} of its {} events of {} fell into five minutes.",
        words::count(busiest),
        words::count(total),
        words::name(&finding.signal)
    );
    let ends = if view.case.same_hours {
        "the baseline is a calm or a longer time: the same hours of more or of other days"
    } else {
        "the baseline is a calm or a longer time, best the same hours of earlier days"
    };
    Reason::new(Code::BaselineUnstable, message)
        .about(view.case, finding)
        .number("baseline_busiest_block", busiest as f64)
        .number("baseline_events", total as f64)
        .ends(wait(view, finding).said(ends.to_owned()))
}

/// The open finding of which bursts, on the baseline as well, are the whole cause: without them it would be proved.
fn bursty(view: &View<'_>, open: &[&Finding]) -> Option<Reason> {
    let costly = open.iter().filter_map(|f| {
        let (phi, rates) = (dispersion(f), f.rates.as_ref()?);
        let minutes = Blocks::minutes_of_baseline(view, f)?.dispersion();
        let own = Blocks::of_baseline(view, f)?.dispersion().max(minutes);
        let without = rates.excess + (rates.excess_upper - rates.excess) / phi.sqrt();
        // The candidate's own bursts say nothing of the baseline.
        let both = phi >= BURSTY && own >= BURSTY.max(phi / 2.0);
        (both && without <= margin(view, f)).then_some((phi, own, without, *f))
    });
    let (phi, own, without, finding) =
        costly.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.3.signal.cmp(&a.3.signal)))?;
    let message = format!(
        "The baseline itself is bursty: counts of {} vary {} as much as those of single events would (dispersion {}), so that \
         proof takes {} the exposure. Without bursts at most {} more would be possible, where {} is tolerated.",
        words::name(&finding.signal),
        words::times(phi),
        words::digits(phi),
        words::times(phi),
        words::percent(without.max(0.0)),
        words::percent(margin(view, finding)),
    );
    let wait = wait(view, finding);
    let ends = match wait {
        Wait::Minutes(_) => format!("the bursts average out: {}", wait.words()),
        _ => wait.words(),
    };
    Some(
        Reason::new(Code::BaselineBursty, message)
            .about(view.case, finding)
            .number("dispersion", phi)
            .number("baseline_dispersion", own)
            .number("exposure_factor", phi)
            .number("excess_upper_without_bursts", without)
            .ends(wait.said(ends)),
    )
}

/// The finding whose rate drifts most surely over the baseline's window. Where both sides served at once, what drifts on
/// one drifts on the other, and nothing is fooled.
fn drifting<'a>(view: &View<'_>, among: &[&'a Finding]) -> Option<(&'a Finding, Drift)> {
    if view.case.pairing == Pairing::Concurrent {
        return None;
    }
    let limit = DRIFT_P / among.len().max(1) as f64;
    let drifts = among.iter().filter_map(|f| {
        let drift = Blocks::of_baseline(view, f)?.drift()?;
        (drift.p <= limit && drift.factor() >= DRIFT_RATIO).then_some((*f, drift))
    });
    drifts.min_by(|a, b| a.1.p.total_cmp(&b.1.p).then_with(|| a.0.signal.cmp(&b.0.signal)))
}

fn told_drift(view: &View<'_>, finding: &Finding, drift: &Drift) -> String {
    format!(
        "The baseline itself drifts: {} {} from {} to {} of the {} between the first and the last third of its window (p = {})",
        words::name(&finding.signal),
        if drift.last > drift.first { "rose" } else { "fell" },
        words::percent(drift.first),
        words::percent(drift.last),
        unit(view.case, finding),
        words::probability(drift.p),
    )
}

fn drift_reason(view: &View<'_>, finding: &Finding, drift: &Drift) -> Reason {
    let ends = if view.case.same_hours {
        "the baseline is a steady time: the same hours of other days"
    } else {
        "the baseline is a steady time, best the same hours of earlier days"
    };
    Reason::new(Code::BaselineDrifting, format!("{}.", told_drift(view, finding, drift)))
        .about(view.case, finding)
        .number("baseline_first_third_rate", drift.first)
        .number("baseline_last_third_rate", drift.last)
        .number("drift_p", drift.p)
        .number("drift_dispersion", drift.dispersion)
        .ends(wait(view, finding).said(ends.to_owned()))
}

/// A drift that does not stand in the way, and may fool a comparison one after the other all the same.
pub(super) fn not_verified(view: &View<'_>, told: &[Reason]) -> Option<String> {
    let judged = [Area::ServerErrors, Area::Messages].into_iter();
    let judged: Vec<&Finding> = judged.flat_map(|area| view.findings(area)).collect();
    let (finding, drift) = drifting(view, &judged)?;
    let is_reason = told.iter().any(|r| r.code == Code::BaselineDrifting.name());
    (!is_reason).then(|| {
        format!(
            "{}: what it would do now is not known.",
            told_drift(view, finding, &drift)
        )
    })
}

/// The baseline's rate of a finding without the worst tenth of its blocks, where the sides follow each other: what the bounds
/// of PROCEED are measured from. `None` where it is not below the whole, or not known.
pub(super) fn calm_rate(view: &View<'_>, finding: &Finding) -> Option<f64> {
    if view.case.pairing == Pairing::Concurrent {
        return None;
    }
    let calm = Blocks::of_baseline(view, finding)?.calm_rate()?;
    (calm < finding.baseline.rate).then_some(calm)
}
