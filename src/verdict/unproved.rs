//! Reasons that ask for HOLD because harm beyond the policy's margins is not excluded yet.

use super::code::Code;
use super::counts::unit;
use super::holds::merged;
use super::outlook::load_range;
use super::view::{Area, View, rose};
use super::wait::{Ends, Wait};
use super::{Reason, stability, wait, words};
use crate::compare::{Finding, LatencyFinding, Pairing};
use crate::verdict::bounds::poisson_upper;

/// The longest of waits; the first that cannot be told, where there is one.
fn longest(waits: impl Iterator<Item = Wait>) -> Wait {
    let rank = |wait: &Wait| wait.minutes().unwrap_or(f64::INFINITY);
    waits
        .reduce(|a, b| if rank(&b) > rank(&a) { b } else { a })
        .unwrap_or(Wait::Sometime)
}

/// All that is not proved.
pub(super) fn reasons(view: &View<'_>) -> Vec<Reason> {
    let s = &view.policy.statistics;
    let server = open_rates(view, Area::ServerErrors, s.ni_5xx);
    let messages = open_rates(view, Area::Messages, s.ni_tmpl);
    let mut reasons: Vec<Reason> = too_short(view).into_iter().collect();
    let open: Vec<&Finding> = server.iter().chain(&messages).copied().collect();
    reasons.extend(stability::reasons(view, &open));
    reasons.extend(no_server_error_row(view));
    reasons.extend(not_excluded(
        view,
        &server,
        Code::ServerErrorsNotExcluded,
        "More server errors are",
        s.ni_5xx,
    ));
    reasons.extend(not_excluded(
        view,
        &messages,
        Code::ErrorsNotExcluded,
        "More error messages are",
        s.ni_tmpl,
    ));
    reasons.extend(latency(view));
    reasons
}

/// The busy hours are still to come, and the watch will see them.
pub(super) fn no_peak(view: &View<'_>) -> Option<Reason> {
    let goes_on = view.case.watch.as_ref().is_some_and(|watch| watch.goes_on);
    // Revisions that serve at once share the load: the candidate's part says nothing of peaks.
    if !goes_on || view.case.pairing == Pairing::Concurrent {
        return None;
    }
    let load = load_range(view.case).filter(|load| !load.peak_seen)?;
    let message = format!(
        "No peak traffic yet: the candidate's busy minutes had {}, {} of the baseline's {}.",
        words::plural(load.candidate_p95, "request"),
        words::percent(load.share),
        words::count(load.baseline_p95),
    );
    let reason = Reason::new(Code::NoPeakYet, message)
        .number("candidate_p95_requests", load.candidate_p95 as f64)
        .number("baseline_p95_requests", load.baseline_p95 as f64)
        .number("load_share", load.share);
    Some(reason.ends("the candidate has seen 80 % of the baseline's busy minutes, or the watch ends"))
}

fn too_short(view: &View<'_>) -> Option<Reason> {
    let (b, c, min) = (
        view.case.baseline.minutes,
        view.case.candidate.minutes,
        view.policy.statistics.min_minutes,
    );
    // A baseline that could not serve is not measured, so its length does not matter.
    let baseline_short = b < min && !view.baseline.could_not_serve();
    if c >= min && !baseline_short {
        return None;
    }
    // Where both sides serve at once, the baseline's window grows with the candidate's.
    let shortest = if view.case.pairing == Pairing::Concurrent && baseline_short {
        b.min(c)
    } else {
        c
    };
    let waits = shortest < min && (!baseline_short || view.case.pairing == Pairing::Concurrent);
    let mut ends = Vec::new();
    if c < min {
        ends.push(format!(
            "the candidate is observed for {} more",
            words::exact_duration(min - c)
        ));
    }
    if baseline_short {
        ends.push(format!(
            "the baseline's window is at least {}",
            words::exact_duration(min)
        ));
    }
    let message = format!(
        "Too short: the baseline covers {}, the candidate {}; PROCEED needs {} of each.",
        words::exact_duration(b),
        words::exact_duration(c),
        words::exact_duration(min)
    );
    let reason = Reason::new(Code::TooShort, message);
    let reason = reason
        .number("baseline_minutes", b as f64)
        .number("candidate_minutes", c as f64);
    Some(reason.number("min_minutes", min as f64).ends(Ends {
        when: ends.join(", and "),
        minutes: waits.then(|| (min - shortest) as f64),
    }))
}

/// Findings of an area whose harm is not excluded. For 5xx that is asked of any rate, for messages of those that rose, in all or
/// where both sides are calm.
fn open_rates<'a>(view: &View<'a>, area: Area, margin: f64) -> Vec<&'a Finding> {
    let open = |f: &&Finding| match &f.rates {
        Some(r) => (!r.non_inferior || r.excess_upper.is_nan()) && !r.rolls_back,
        None => f.candidate.count > 0,
    };
    // Without exposure of a baseline that could not serve no rate can be compared: the policy's criteria decide then.
    let measured = |f: &&Finding| f.baseline.exposure > 0 || !view.baseline.could_not_serve();
    let asked = |f: &&Finding| f.signal.id == "5xx" || rose(f) || calm_excess(f) > margin;
    let mut found: Vec<&Finding> = view
        .findings(area)
        .filter(measured)
        .filter(asked)
        .filter(open)
        .collect();
    let most = |f: &Finding| upper(f).max(calm_excess(f));
    found.sort_by(|a, b| most(b).total_cmp(&most(a)).then_with(|| a.signal.cmp(&b.signal)));
    found
}

/// The excess of a finding where both sides are calm; 0 where it is not known.
fn calm_excess(finding: &Finding) -> f64 {
    let excess = finding.rates.as_ref().map_or(0.0, |r| r.calm_excess);
    if excess.is_nan() { 0.0 } else { excess }
}

/// Whether a bound is met, and only the calm half of both sides speaks against it.
fn only_calm_is_open(finding: &Finding, margin: f64) -> bool {
    upper(finding) <= margin && calm_excess(finding) > margin
}

/// The upper bound of a finding's excess; infinite where it is not known.
pub(super) fn upper(finding: &Finding) -> f64 {
    let upper = finding.rates.as_ref().map_or(f64::INFINITY, |r| r.excess_upper);
    if upper.is_nan() { f64::INFINITY } else { upper }
}

fn not_excluded(view: &View<'_>, open: &[&Finding], code: Code, what: &str, margin: f64) -> Option<Reason> {
    let worst = open.first()?;
    let unit = unit(view.case, worst);
    let (b, c) = (worst.baseline, worst.candidate);
    let possible = possible(worst, margin, unit_of_one(unit));
    let message = format!(
        "{what} not excluded{}: {} {} in {} {unit} before, {} in {} now; {possible}, {} is tolerated.",
        if open.len() > 1 {
            format!(
                " ({})",
                merged(open.len(), "signals; the widest bound:").trim_end_matches(':')
            )
        } else {
            String::new()
        },
        words::name(&worst.signal),
        words::count(b.count),
        words::count(b.exposure),
        words::count(c.count),
        words::count(c.exposure),
        words::percent(margin),
    );
    Some(
        Reason::new(code, message)
            .about(view.case, worst)
            .number("signals", open.len() as f64)
            .number("margin", margin)
            .number("calm_excess", calm_excess(worst))
            .ends(longest(open.iter().map(|f| wait_for(view, f, margin)))),
    )
}

/// "up to 0.9 % more per request are possible (95 %)", or what speaks against a bound that is met.
fn possible(finding: &Finding, margin: f64, unit: &str) -> String {
    let bound = upper(finding);
    if only_calm_is_open(finding, margin) {
        return format!(
            "outside of both sides' storms it is {} more per {unit}",
            words::percent(calm_excess(finding))
        );
    }
    let up_to = if bound.is_finite() {
        format!("up to {}", words::percent(bound))
    } else {
        "any number".to_owned()
    };
    format!("{up_to} more per {unit} are possible (95 %)")
}

fn wait_for(view: &View<'_>, finding: &Finding, margin: f64) -> Wait {
    if only_calm_is_open(finding, margin) {
        return Wait::Never("the baseline is a time without storms: its own hide what is more now".to_owned());
    }
    wait::for_rate(view, finding, margin)
}

fn unit_of_one(unit: &str) -> &str {
    match unit {
        "requests" => "request",
        "minutes" => "minute",
        _ => "log entry",
    }
}

/// Requests with a status, but no row for 5xx: there were none, or the row was lost. Either way the bound decides.
fn no_server_error_row(view: &View<'_>) -> Option<Reason> {
    let (b, c) = (&view.case.baseline, &view.case.candidate);
    let known = view.case.findings.iter().any(|f| f.signal.id == "5xx");
    if known || !view.has_requests() {
        return None;
    }
    let (n0, n1) = (b.with_status(), c.with_status());
    if n0 == 0 && n1 == 0 {
        // Never logged on either side: told as not verified.
        return None;
    }
    let margin = view.policy.statistics.ni_5xx;
    let failed = c.with_status_in(500, 599);
    let bound = if n0 == 0 || n1 == 0 {
        f64::INFINITY
    } else {
        poisson_upper(failed as f64) / n1 as f64
    };
    if bound <= margin {
        return None;
    }
    let message = format!(
        "More server errors are not excluded: {} in {} requests with a status on the candidate ({} on the baseline); {} is tolerated.",
        words::count(failed),
        words::count(n1),
        words::count(n0),
        words::percent(margin)
    );
    let ends = if bound.is_finite() {
        Ends::from(wait::until(c.minutes, margin, bound))
    } else {
        Ends::from("request entries of both sides hold a status")
    };
    Some(
        Reason::new(Code::ServerErrorsNotExcluded, message)
            .number("margin", margin)
            .number("excess_upper", bound)
            .ends(ends),
    )
}

fn latency(view: &View<'_>) -> Option<Reason> {
    let known = view
        .findings(Area::Latency)
        .filter_map(|f| f.latency.as_ref().map(|l| (f, l)));
    let mut open: Vec<_> = known.filter(|(_, l)| is_open(view, l)).collect();
    let beyond = |l: &LatencyFinding| l.shift_upper_ms.unwrap_or(f64::INFINITY) / l.tolerance_ms.max(1.0);
    open.sort_by(|a, b| {
        beyond(b.1)
            .total_cmp(&beyond(a.1))
            .then_with(|| a.0.signal.cmp(&b.0.signal))
    });
    let (finding, l) = open.first()?;
    let value = |v: Option<f64>| v.map_or_else(|| "unknown".to_owned(), words::ms);
    let calm = l.calm_shift_ms.filter(|calm| *calm >= l.tolerance_ms);
    let bound = match (l.shift_upper_ms, calm) {
        (Some(upper), Some(calm)) if upper < l.tolerance_ms => {
            format!(
                "outside of both sides' storms {} more, and up to {} are",
                words::ms(calm),
                words::ms(upper)
            )
        }
        (Some(upper), _) => format!("up to {} more are", words::ms(upper)),
        (None, _) => "any shift is".to_owned(),
    };
    let mut others: Vec<String> = open[1..].iter().map(|(f, _)| words::quantile(&f.signal)).collect();
    others.dedup();
    let also = if others.is_empty() {
        String::new()
    } else {
        format!(" Open as well: {}.", others.join(", "))
    };
    let message = format!(
        "Added latency is not excluded: {} was {}, is {}; {bound} possible (95 %), {} is tolerated.{also}",
        words::quantile(&finding.signal),
        value(l.baseline_ms),
        value(l.candidate_ms),
        words::ms(l.tolerance_ms)
    );
    Some(
        Reason::new(Code::LatencyNotExcluded, message)
            .about(view.case, finding)
            .number("signals", open.len() as f64)
            .ends(longest(
                open.iter().map(|(_, l)| wait::for_latency(view, l, l.tolerance_ms)),
            )),
    )
}

/// Latency that was measured on neither side is not verified, not open; so is it against a baseline that served nothing.
fn is_open(view: &View<'_>, latency: &LatencyFinding) -> bool {
    let unmeasured = latency.baseline_ms.is_none() && latency.candidate_ms.is_none();
    let no_measure = latency.baseline_ms.is_none() && view.baseline.could_not_serve();
    let shown = latency.non_inferior && latency.shift_upper_ms.is_none_or(|v| !v.is_nan());
    !(shown || latency.rolls_back || unmeasured || no_measure)
}
