//! The smallest harm that is excluded so far, next to what PROCEED asks.

use super::super::bounds::poisson_upper;
use super::super::counts::unit;
use super::super::view::{Area, View, rose};
use super::super::{unproved, words};
use super::{Excluded, finite};
use crate::compare::{Finding, LatencyFinding};

/// Server errors, messages, then each quantile of latency; what was not compared is left out.
pub(super) fn smallest(view: &View<'_>) -> Vec<Excluded> {
    let mut all: Vec<Excluded> = server_errors(view).into_iter().collect();
    all.extend(messages(view));
    all.extend(latency(view));
    all
}

fn server_errors(view: &View<'_>) -> Option<Excluded> {
    let margin = view.policy.statistics.ni_5xx;
    let five = view
        .findings(Area::ServerErrors)
        .find(|f| f.signal.id == "5xx" && exposed(f));
    if let Some(finding) = five {
        return Some(rate(view, "server-errors", finding, margin, is_met(finding)));
    }
    // No row at all: none were seen, and that alone excludes something.
    let (before, now) = (view.case.baseline.with_status(), view.case.candidate.with_status());
    let known = view.case.findings.iter().any(|f| f.signal.id == "5xx");
    if known || before == 0 || now == 0 {
        return None;
    }
    let failed = view.case.candidate.with_status_in(500, 599);
    let bound = finite(poisson_upper(failed as f64) / now as f64);
    Some(Excluded {
        what: "server-errors".to_owned(),
        quantile: None,
        signal: None,
        bound,
        margin: finite(margin),
        unit: "requests".to_owned(),
        met: bound.is_some_and(|b| b <= margin),
        message: told("server errors", bound, "of the requests", margin),
    })
}

/// The message with the widest bound: among those that rose, which PROCEED asks about, else among all.
fn messages(view: &View<'_>) -> Option<Excluded> {
    let margin = view.policy.statistics.ni_tmpl;
    let all: Vec<&Finding> = view.findings(Area::Messages).filter(|f| exposed(f)).collect();
    let risen: Vec<&Finding> = all.iter().copied().filter(|f| rose(f)).collect();
    let met = risen.iter().all(|f| is_met(f));
    let among = if risen.is_empty() { all } else { risen };
    let widest = among.into_iter().max_by(|a, b| {
        unproved::upper(a)
            .total_cmp(&unproved::upper(b))
            .then_with(|| b.signal.cmp(&a.signal))
    })?;
    Some(rate(view, "messages", widest, margin, met))
}

fn rate(view: &View<'_>, what: &str, finding: &Finding, margin: f64, met: bool) -> Excluded {
    let bound = finite(unproved::upper(finding));
    let unit = unit(view.case, finding);
    let subject = match what {
        "messages" => "any one error message",
        _ => "server errors",
    };
    Excluded {
        what: what.to_owned(),
        quantile: None,
        signal: Some(finding.signal.clone()),
        bound,
        margin: finite(margin),
        unit: unit.to_owned(),
        met,
        message: told(subject, bound, &format!("of the {unit}"), margin),
    }
}

/// `server errors up by more than 0.31 % of the requests (0.5 % asked)`
fn told(subject: &str, bound: Option<f64>, of: &str, margin: f64) -> String {
    let asked = words::percent(margin);
    match bound {
        // A bound below zero says that there is less than before for certain.
        Some(bound) if bound <= 0.0 => format!("any rise of {subject} ({asked} asked)"),
        Some(bound) => format!(
            "{subject} up by more than {} {of} ({asked} asked)",
            words::percent(bound)
        ),
        None => format!("{subject}: nothing yet ({asked} {of} asked)"),
    }
}

fn latency(view: &View<'_>) -> Vec<Excluded> {
    let mut all: Vec<(&Finding, &LatencyFinding)> = view
        .findings(Area::Latency)
        .filter_map(|f| f.latency.as_ref().map(|l| (f, l)))
        // Quantiles of single routes are reported, and asked of nothing.
        .filter(|(f, l)| !f.signal.id.contains(' ') && l.baseline_ms.is_some() && l.candidate_ms.is_some())
        .collect();
    all.sort_by(|a, b| a.0.signal.cmp(&b.0.signal));
    all.into_iter().map(|(finding, l)| quantile(finding, l)).collect()
}

fn quantile(finding: &Finding, latency: &LatencyFinding) -> Excluded {
    let (bound, margin) = (latency.shift_upper_ms.and_then(finite), finite(latency.tolerance_ms));
    let name = words::name(&finding.signal);
    let asked = margin.map_or_else(|| "an unknown shift".to_owned(), words::ms);
    Excluded {
        what: "latency".to_owned(),
        quantile: finite(latency.quantile),
        signal: Some(finding.signal.clone()),
        bound,
        margin,
        unit: "ms".to_owned(),
        met: latency.non_inferior,
        message: match bound {
            Some(ms) if ms <= 0.0 => format!("any rise of {name} ({asked} asked)"),
            Some(ms) => format!("{name} up by more than {} ({asked} asked)", words::ms(ms)),
            None => format!("{name}: nothing yet ({asked} asked)"),
        },
    }
}

fn exposed(finding: &Finding) -> bool {
    finding.baseline.exposure > 0 && finding.candidate.exposure > 0
}

fn is_met(finding: &Finding) -> bool {
    let rates = finding.rates.as_ref();
    rates.map_or(finding.candidate.count == 0, |r| {
        r.non_inferior && !r.excess_upper.is_nan()
    })
}
