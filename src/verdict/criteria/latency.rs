//! `added-latency`: a quantile may grow by so many milliseconds.

use super::super::policy::Quantile;
use super::super::view::View;
use super::super::{wait, words};
use super::Answer;
use crate::model::SignalKind;

pub(super) fn added_latency(view: &View<'_>, quantile: Quantile, at_most_ms: f64) -> Answer {
    let mut findings = view
        .case
        .findings
        .iter()
        .filter(|f| f.signal.kind == SignalKind::Latency);
    let finding = findings.find(|f| f.signal.id == quantile.id());
    let Some((finding, latency)) = finding.and_then(|f| f.latency.as_ref().map(|l| (f, l))) else {
        return Answer::open(
            "The logs hold no latency on both sides.".to_owned(),
            "request entries with a latency are read",
        );
    };
    let known = |v: Option<f64>| v.filter(|v| v.is_finite());
    let (shift, low, upper) = (
        known(latency.shift_ms.estimate),
        known(latency.shift_ms.low),
        known(latency.shift_upper_ms),
    );
    let value = |v: Option<f64>| v.map_or_else(|| "an unknown time".to_owned(), words::ms);
    let told = format!(
        "{} went from {} to {} ({} more); at most {} more is asked for",
        quantile.id(),
        value(known(latency.baseline_ms)),
        value(known(latency.candidate_ms)),
        value(shift),
        words::ms(at_most_ms)
    );
    let answer = match (low, upper) {
        (_, Some(upper)) if upper <= at_most_ms => Answer::met(format!(
            "{told}. With 95 % confidence it is {} at most.",
            words::ms(upper)
        )),
        // The lower bound is the one that ROLL BACK uses: its error is a small share of the budget, dispersion counted.
        (Some(low), _) if low > at_most_ms => {
            let certain = latency.slow_blocks >= view.policy.statistics.persist || latency.rolls_back;
            Answer::broken(format!("{told}. It is {} at least.", words::ms(low)), certain)
        }
        _ => Answer::open(
            format!("{told}. With 95 % confidence it is at most {}.", value(upper)),
            wait::for_latency(view, latency, at_most_ms),
        ),
    };
    answer.of(Some(&finding.signal)).with(&[
        ("shift_ms", shift.unwrap_or(f64::NAN)),
        ("shift_low_ms", low.unwrap_or(f64::NAN)),
        ("shift_upper_ms", upper.unwrap_or(f64::NAN)),
        ("at_most_ms", at_most_ms),
    ])
}
