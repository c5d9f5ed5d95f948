//! The upper bound behind every "vanished": how much of the old rate may remain.

use super::super::bounds::{poisson_upper, ratio_upper};
use super::super::counts::{dispersion, unit};
use super::super::view::View;
use super::super::words;
use super::{Remaining, finite};
use crate::compare::Finding;

/// From this dispersion on, bunches are told.
const BUNCHES: f64 = 1.5;

/// Every signal that only the baseline showed, in the order of signals.
pub(super) fn all(view: &View<'_>) -> Vec<Remaining> {
    let gone = |f: &&Finding| f.latency.is_none() && f.baseline.count > 0 && f.candidate.count == 0;
    let mut all: Vec<Remaining> = view.case.findings.iter().filter(gone).map(|f| of(view, f)).collect();
    all.sort_by(|a, b| a.signal.cmp(&b.signal));
    all
}

fn of(view: &View<'_>, finding: &Finding) -> Remaining {
    let (x0, e0) = (finding.baseline.count as f64, finding.baseline.exposure as f64);
    let e1 = finding.candidate.exposure as f64;
    let phi = dispersion(finding);
    let expected = finite(x0 / e0 * e1).unwrap_or(0.0);
    let ratio = finite(ratio_upper(0.0, e1, x0 / phi, e0));
    Remaining {
        signal: finding.signal.clone(),
        expected,
        rate_upper: finite(poisson_upper(0.0) * phi / e1),
        ratio_upper: ratio,
        dispersion: phi,
        unit: unit(view.case, finding).to_owned(),
        message: sentence(expected, phi, ratio),
    }
}

/// `0 seen, 59 expected at the baseline rate; at most 5.2 % of the old rate remains (95 %)`
fn sentence(expected: f64, phi: f64, ratio: Option<f64>) -> String {
    let bunches = if phi >= BUNCHES {
        format!(" (in bunches of about {})", words::amount(phi))
    } else {
        String::new()
    };
    let told = format!(
        "0 seen, {} expected at the baseline rate{bunches}",
        words::amount(expected)
    );
    match ratio {
        Some(share) if share < 1.0 => format!(
            "{told}; at most {} of the old rate remains (95 %)",
            words::percent(share)
        ),
        _ => format!("{told}: too few to tell that it is gone"),
    }
}
