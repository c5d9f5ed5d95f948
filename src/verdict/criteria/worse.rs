//! `never-worse-than-baseline`: failures must not be more frequent than before.

use super::super::bounds::{ERROR, ratio_upper};
use super::super::counts::Counts;
use super::super::policy::{SignalGlob, Yardstick};
use super::super::view::View;
use super::super::wait::{self, WAIT, Wait};
use super::super::words;
use super::success::{Attempts, population};
use super::{Answer, CERTAIN_BLOCKS, CERTAIN_P};

pub(super) fn never_worse(view: &View<'_>, of: &Yardstick, failure_signals: &[SignalGlob]) -> Answer {
    match of {
        Yardstick::ServerErrors => server_errors(view),
        Yardstick::Signal(glob) => signal(view, &Counts::of_signals(view.case, glob)),
        Yardstick::Failures(of) => failures(view, &population(view, *of, failure_signals, &[])),
    }
}

fn server_errors(view: &View<'_>) -> Answer {
    if !view.has_statuses() {
        return Answer::open(
            "The logs hold no status of requests on both sides.".to_owned(),
            "request entries with a status are read",
        );
    }
    let (b, c) = (&view.case.baseline, &view.case.candidate);
    let five = view.case.findings.iter().find(|f| f.signal.id == "5xx");
    let counts = Counts {
        x0: b.with_status_in(500, 599),
        e0: b.with_status(),
        x1: c.with_status_in(500, 599),
        e1: c.with_status(),
        phi: five.map_or(1.0, super::super::counts::dispersion),
        blocks: five
            .and_then(|f| f.rates.as_ref())
            .map_or(0, |r| r.active_blocks as usize),
        unit: "requests",
        signal: five.map(|f| f.signal.clone()),
    };
    // The finding's own bounds know of storms, which these counts do not.
    let shown = five
        .and_then(|f| f.rates.as_ref())
        .is_some_and(|r| r.non_inferior && !r.suspicious);
    let answer = signal(view, &counts);
    if shown && answer.met.is_none() {
        return Answer {
            met: Some(true),
            ends_when: None,
            numbers: answer.numbers.into_iter().filter(|(name, _)| name != WAIT).collect(),
            ..answer
        };
    }
    answer
}

fn signal(view: &View<'_>, counts: &Counts) -> Answer {
    let told = format!(
        "{} in {} {} ({}), before {} in {} ({})",
        words::count(counts.x1),
        words::count(counts.e1),
        counts.unit,
        words::percent(counts.rate1()),
        words::count(counts.x0),
        words::count(counts.e0),
        words::percent(counts.rate0())
    );
    let answer = if counts.e0 == 0 || counts.e1 == 0 {
        Answer::open(
            "One side holds nothing to compare.".to_owned(),
            "both sides hold traffic",
        )
    } else {
        let small = counts.excess_upper() <= view.policy.statistics.ni_tmpl;
        let bound = if small { 0.0 } else { counts.ratio_upper() };
        let certain = counts.p_above(view.policy.statistics.rho) <= CERTAIN_P && counts.blocks >= CERTAIN_BLOCKS;
        let ratio = counts.rate1() / counts.rate0();
        let wait = wait::for_ratio_of(view, (counts.x0, counts.x1), ratio, bound);
        judged(view, told, counts.p_above(1.0), bound, certain, &wait)
    };
    answer.of(counts.signal.as_ref()).with(&[
        ("candidate_count", counts.x1 as f64),
        ("candidate_exposure", counts.e1 as f64),
        ("baseline_count", counts.x0 as f64),
        ("baseline_exposure", counts.e0 as f64),
        ("ratio_upper", counts.ratio_upper()),
        ("p_worse", counts.p_above(1.0)),
    ])
}

fn failures(view: &View<'_>, attempts: &Attempts) -> Answer {
    if let Some(answer) = attempts.missing() {
        return answer;
    }
    if attempts.baseline.1 == 0 {
        return Answer::open(
            "The baseline has no attempts to compare with.".to_owned(),
            "the baseline holds traffic",
        );
    }
    let told = format!(
        "{}, before {}",
        attempts.told(attempts.candidate),
        attempts.told(attempts.baseline)
    );
    let ((x0, n0), (x1, n1)) = (attempts.baseline, attempts.candidate);
    let excess = attempts.failure_bounds().1 - Attempts::share(attempts.baseline);
    let small = excess <= view.policy.statistics.ni_5xx;
    let phi = attempts.phi;
    let ratio = ratio_upper(x1 as f64 / phi, n1 as f64, x0 as f64 / phi, n0 as f64);
    let certain = attempts.p_worse(view.policy.statistics.rho) <= CERTAIN_P && attempts.persist();
    let bound = if small { 0.0 } else { ratio };
    let observed = Attempts::share(attempts.candidate) / Attempts::share(attempts.baseline);
    let wait = wait::for_ratio_of(view, (x0, x1), observed, ratio);
    judged(view, told, attempts.p_worse(1.0), bound, certain, &wait)
        .of(attempts.signal())
        .with(&attempts.numbers())
        .with(&[("ratio_upper", ratio), ("p_worse", attempts.p_worse(1.0))])
}

/// `bound`: upper bound of the ratio, 0 when the excess is within the margin anyway.
fn judged(view: &View<'_>, told: String, p: f64, bound: f64, certain: bool, wait: &Wait) -> Answer {
    match () {
        () if p <= ERROR => Answer::broken(format!("{told}: worse, p = {}.", words::probability(p)), certain),
        () if bound <= view.policy.statistics.ni_ratio => Answer::met(format!("{told}: not worse beyond the margin.")),
        () => Answer::open(
            format!(
                "{told}: no worse so far, but up to {} the baseline's cannot be excluded.",
                words::times(bound)
            ),
            wait.said(format!("the bound narrows: {}", wait.words())),
        ),
    }
}
