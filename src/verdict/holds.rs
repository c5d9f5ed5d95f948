//! Reasons that ask for HOLD because of what the candidate showed, or because the input does not allow a judgement.
//! What is merely not proved yet is in `unproved`.

use super::code::Code;
use super::criteria::Checked;
use super::harm::{inability, risen};
use super::view::{Area, View, is_empty};
use super::words;
use super::{CriterionLevel, Reason};
use crate::compare::{Change, Finding, Rates};
use crate::model::{Concern, SignalKind};

/// A baseline that fails so many of its requests proves nothing about what it would do in health.
const FAILING_SHARE: f64 = 0.5;
/// Below so many requests that share may be chance.
const FAILING_REQUESTS: u64 = 20;
/// A rise with less than this share of its strength outside of its worst stretch is one storm.
const ONE_STORM: f64 = 0.4;
/// When error messages make up so much of logs without requests, the logs were filtered before.
const FILTERED_SHARE: f64 = 0.5;

/// Sides that hold nothing that could be compared.
pub(super) fn emptiness(view: &View<'_>) -> Option<Reason> {
    let (b, c) = (&view.case.baseline, &view.case.candidate);
    let nothing = |message: &str, ends: &str| Some(Reason::new(Code::NothingToCompare, message.to_owned()).ends(ends));
    match (is_empty(b), is_empty(c)) {
        (true, true) => {
            return nothing(
                "Both sides are empty: there is nothing to compare.",
                "both sides hold entries",
            );
        }
        (true, false) => {
            let message = format!(
                "The baseline is empty; the candidate has {}.",
                words::plural(c.entries, "log line")
            );
            return Some(
                Reason::new(Code::BaselineEmpty, message).ends("the baseline's revision and time window hold entries"),
            );
        }
        (false, true) => {
            let message = format!(
                "The candidate is empty; the baseline has {}.",
                words::plural(b.entries, "log line")
            );
            return Some(
                Reason::new(Code::CandidateEmpty, message)
                    .ends("the candidate's revision logs something in the window"),
            );
        }
        (false, false) => {}
    }
    if b.requests > 0 && c.requests == 0 {
        return Some(no_requests(view));
    }
    if b.requests == 0 && c.requests > 0 && !view.baseline.could_not_serve() {
        let message = format!(
            "The baseline has no requests; the candidate has {} in {}.",
            words::count(c.requests),
            words::exact_duration(c.minutes)
        );
        return Some(Reason::new(Code::BaselineEmpty, message).ends("the baseline covers a time with requests"));
    }
    if view.case.findings.is_empty() {
        return nothing(
            "No signal could be compared.",
            "the input holds requests or messages on both sides",
        );
    }
    let exposed = view
        .case
        .findings
        .iter()
        .any(|f| f.baseline.exposure > 0 && f.candidate.exposure > 0);
    if !exposed && !view.baseline.could_not_serve() {
        return nothing(
            "One side has no exposure: no rate can be compared.",
            "both sides hold traffic",
        );
    }
    None
}

fn no_requests(view: &View<'_>) -> Reason {
    let (b, c) = (&view.case.baseline, &view.case.candidate);
    let per_minute = b.requests as f64 / b.minutes.max(1) as f64;
    let expected = per_minute * c.minutes as f64;
    let message = format!(
        "The candidate got no requests in {}; at the baseline's rate it would have been {}.",
        words::exact_duration(c.minutes),
        words::amount(expected),
    );
    Reason::new(Code::NoRequests, message)
        .number("expected_requests", expected)
        .number("baseline_requests", b.requests as f64)
        .ends("traffic reaches the candidate: it may be pinned to another revision")
}

/// What the platform says of the service that forbids a judgement, one reason each.
pub(super) fn unsettled(view: &View<'_>) -> Vec<Reason> {
    let reason = |c: &Concern| Reason::new(Code::DeployUnsettled, c.message.clone()).ends(settled_when(&c.code));
    view.case.deploy_concerns.iter().map(reason).collect()
}

fn settled_when(code: &str) -> &'static str {
    match code {
        "traffic-pinned" => "traffic reaches the candidate",
        "not-ready" => "Cloud Run reports the candidate ready",
        "reconciling" => "Cloud Run has finished the deploy",
        "no-baseline" => "there is another revision to compare with, or saved logs of the time before",
        _ => "the service is in a state in which the deploy can be judged",
    }
}

/// Doubts about the input, one reason each; many are merged.
pub(super) fn incomplete(view: &View<'_>) -> Vec<Reason> {
    const SHOWN: usize = 3;
    const ENDS: &str = "the input is read again, complete";
    let concerns = &view.case.concerns;
    let mut reasons: Vec<Reason> = concerns
        .iter()
        .take(SHOWN)
        .map(|c| {
            Reason::new(
                Code::InputIncomplete,
                format!("The input is doubtful ({}): {}", c.code, c.message),
            )
            .ends(ENDS)
        })
        .collect();
    if let (Some(last), true) = (reasons.last_mut(), concerns.len() > SHOWN) {
        let more = (concerns.len() - SHOWN) as u64;
        last.message
            .push_str(&format!(" And {}.", words::plural(more, "other doubt")));
        last.numbers.insert("more_concerns".to_owned(), more as f64);
    }
    reasons.extend(filtered(view));
    reasons
}

/// Logs without requests that are mostly errors: the rest was filtered away, and with it all that errors are counted against.
fn filtered(view: &View<'_>) -> Option<Reason> {
    let case = view.case;
    if case.baseline.requests > 0 || case.candidate.requests > 0 {
        return None;
    }
    // One entry may carry several signals; the most frequent one counts it once.
    let most = |pick: &dyn Fn(&Finding) -> u64| view.findings(Area::Messages).map(pick).max().unwrap_or(0);
    let share = |errors: u64, entries: u64| {
        if entries == 0 {
            0.0
        } else {
            errors as f64 / entries as f64
        }
    };
    let shares = [
        share(most(&|f| f.baseline.count), case.baseline.entries),
        share(most(&|f| f.candidate.count), case.candidate.entries),
    ];
    let worst = shares[0].max(shares[1]);
    (worst >= FILTERED_SHARE).then(|| {
        let message = format!(
            "The logs hold no requests, and {} of the entries are one error: they look filtered by severity, so there is nothing to count errors against.",
            words::percent(worst)
        );
        Reason::new(Code::InputIncomplete, message)
            .number("error_share", worst)
            .ends("the logs are exported without a filter on severity")
    })
}

/// Critical signals that are new on the candidate, merged into one reason.
pub(super) fn new_critical(view: &View<'_>, told: &[Reason]) -> Option<Reason> {
    let is_told = |f: &Finding| told.iter().any(|r| r.signal.as_ref() == Some(&f.signal));
    let mut new: Vec<&Finding> = view.new_critical().filter(|f| !is_told(f)).collect();
    new.sort_by(|a, b| {
        b.candidate
            .count
            .cmp(&a.candidate.count)
            .then_with(|| a.signal.cmp(&b.signal))
    });
    let worst = new.first()?;
    let message = format!(
        "{}{}",
        merged(new.len(), "critical signals are new. The most frequent: "),
        risen(view, worst)
    );
    Some(
        Reason::new(Code::NewCritical, message)
            .about(view.case, worst)
            .number("signals", new.len() as f64)
            .ends("its cause is known: mended, or written into the policy as expected"),
    )
}

/// Criteria that are not met or cannot be told; secondary ones are only reported.
pub(super) fn criteria(view: &View<'_>, checked: &[Checked]) -> Vec<Reason> {
    let weighing = checked.iter().filter(|c| c.result.level != CriterionLevel::Secondary);
    weighing
        .filter_map(|c| {
            let (code, what) = match c.result.met {
                Some(true) => return None,
                Some(false) if c.result.level == CriterionLevel::Critical && c.broken_for_certain() => return None,
                Some(false) => (Code::CriterionNotMet, "is not met"),
                None => (Code::CriterionNotShown, "cannot be told yet"),
            };
            let reason = c.reason(
                view.case,
                code,
                format!("Criterion {:?} {what}. {}", c.result.id, c.result.message),
            );
            let ends = c.ends_when.clone().unwrap_or_else(|| "the criterion is met".to_owned());
            Some(reason.ends(ends))
        })
        .collect()
}

/// Increases beyond what chance makes comfortable, merged into one reason.
pub(super) fn suspicious(view: &View<'_>) -> Option<Reason> {
    let areas = [Area::ServerErrors, Area::Messages, Area::Warnings];
    let all = areas.into_iter().flat_map(|area| view.findings(area));
    let mut hits: Vec<&Finding> = all.filter(|f| is_suspicious(view, f)).collect();
    hits.sort_by(|a, b| {
        a.signal
            .level
            .cmp(&b.signal.level)
            .then(p_more(a).total_cmp(&p_more(b)))
            .then_with(|| a.signal.cmp(&b.signal))
    });
    let worst = hits.first()?;
    let mut message = format!(
        "{}{}",
        merged(hits.len(), "signals rose suspiciously. The worst: "),
        risen(view, worst)
    );
    if view.unsure(worst) {
        message.push_str(" The policy expects a rise, but not as much.");
    } else if let Some(rates) = &worst.rates {
        message.push_str(&format!(
            " Chance alone does that with p = {}.",
            words::probability(rates.p_more)
        ));
        message.push_str(one_storm(view, rates));
    }
    let wait = words::duration(view.candidate.minutes.max(10) as f64);
    Some(
        Reason::new(Code::SuspiciousIncrease, message)
            .about(view.case, worst)
            .number("signals", hits.len() as f64)
            .ends(format!("it fades or becomes certain: look again after about {wait} more, or write it into the policy if it is expected")),
    )
}

/// What keeps a rise from being certain: it came in one stretch.
fn one_storm(view: &View<'_>, rates: &Rates) -> &'static str {
    let certain = rates.p_tolerated <= rates.p_limit && view.policy.statistics.storm_minutes > 0;
    if certain && rates.outside_share.is_some_and(|share| share < ONE_STORM) {
        " Nearly all of it came in one stretch: a storm that is over, or harm that comes and goes."
    } else {
        ""
    }
}

fn is_suspicious(view: &View<'_>, finding: &Finding) -> bool {
    let rates = finding.rates.as_ref();
    let rolls_back = rates.is_some_and(|r| r.rolls_back);
    let judged = !matches!(super::view::area_of(finding), Area::Warnings);
    let suspicious = rates.is_some_and(|r| r.suspicious || r.rolls_back) || (finding.harm && finding.significant);
    // What is certain has its own reason already.
    suspicious && !(rolls_back && judged && !view.unsure(finding))
}

fn p_more(finding: &Finding) -> f64 {
    finding
        .rates
        .as_ref()
        .map_or(1.0, |r| if r.p_more.is_nan() { 1.0 } else { r.p_more })
}

/// A baseline that cannot serve as a measure: it could not serve, or failed most of its requests.
pub(super) fn failing_baseline(view: &View<'_>, criteria: &[Checked]) -> Option<Reason> {
    if view.baseline.could_not_serve() {
        return dead_baseline(view, criteria);
    }
    let b = &view.case.baseline;
    let (failed, all) = (b.with_status_in(500, 599), b.with_status());
    let share = if all == 0 { 0.0 } else { failed as f64 / all as f64 };
    let five = view
        .case
        .findings
        .iter()
        .find(|f| f.signal.kind == SignalKind::StatusClass && f.signal.id == "5xx");
    let better = five.is_some_and(|f| f.change == Change::Fewer);
    if share < FAILING_SHARE || all < FAILING_REQUESTS || better {
        return None;
    }
    let message = format!(
        "The baseline itself failed {} of its {} requests, and the candidate is not clearly better: nothing can be excluded.",
        words::percent(share),
        words::count(all)
    );
    let reason = Reason::new(Code::BaselineUnstable, message).number("baseline_failing_share", share);
    let reason = reason.ends("the comparison is made with a time in which the baseline was well");
    Some(match five {
        Some(finding) => reason.about(view.case, finding),
        None => reason,
    })
}

/// Against a baseline that could not serve, PROCEED needs the policy's own proof: a start, and success.
fn dead_baseline(view: &View<'_>, criteria: &[Checked]) -> Option<Reason> {
    let proved = criteria.iter().any(Checked::shows_start) && criteria.iter().any(Checked::shows_success);
    if proved && view.candidate.served > 0 {
        return None;
    }
    let b = &view.baseline;
    let message = format!(
        "The baseline could not serve ({}): there is nothing to measure the candidate by. It answered {}.",
        inability(view),
        words::plural(view.candidate.served, "request")
    );
    Some(
        Reason::new(Code::BaselineUnstable, message)
            .number("baseline_crashes", b.crashes as f64)
            .number("baseline_start_failures", b.start_failures as f64)
            .number("candidate_served", view.candidate.served as f64)
            .ends(
                "the policy's criteria must-start and success-rate are met, or the baseline is a revision that served",
            ),
    )
}

/// `"3 critical signals are new. The most frequent: "`, or nothing for a single one.
pub(super) fn merged(n: usize, what: &str) -> String {
    if n > 1 { format!("{n} {what}") } else { String::new() }
}
