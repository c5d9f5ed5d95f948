//! How sure the verdict is, in words with numbers.

use super::code::Code;
use super::view::{Area, View};
use super::words;
use super::{Lean, Reason, Verdict};

/// One or two sentences.
pub(super) fn words_for(view: &View<'_>, verdict: Verdict, lean: Option<Lean>, reasons: &[Reason]) -> String {
    let basis = basis(view);
    match (verdict, lean) {
        (Verdict::RollBack, _) => roll_back(view, reasons, &basis),
        (Verdict::Proceed, _) => proceed(view, &basis),
        (Verdict::Hold, Some(Lean::NoSignOfHarm)) => {
            format!("No sign of harm so far, but no proof of its absence either: {basis}.")
        }
        (Verdict::Hold, Some(Lean::SignsOfHarm)) => {
            format!("There are signs of harm, but none that is certain: {basis}.")
        }
        (Verdict::Hold, _) => format!("The input does not allow a judgement: {basis}."),
    }
}

/// `39,000 requests in 1 h against 40,000 in 1 h before`
fn basis(view: &View<'_>) -> String {
    let (b, c) = (&view.case.baseline, &view.case.candidate);
    let (n0, n1, noun) = if b.requests > 0 || c.requests > 0 {
        (b.requests, c.requests, "request")
    } else {
        (b.entries, c.entries, "log line")
    };
    format!(
        "{} in {} on the candidate, {} in {} on the baseline",
        words::plural(n1, noun),
        words::exact_duration(c.minutes),
        words::plural(n0, noun),
        words::exact_duration(b.minutes)
    )
}

fn roll_back(view: &View<'_>, reasons: &[Reason], basis: &str) -> String {
    let certain = reasons.iter().filter(|r| r.asks_for == Verdict::RollBack);
    let codes: Vec<Code> = certain.clone().filter_map(|r| Code::of_name(&r.code)).collect();
    let doubtful = if view.case.concerns.is_empty() {
        ""
    } else {
        " The input is doubtful, though: see the reasons."
    };
    if codes
        .iter()
        .any(|code| matches!(code, Code::StartFailure | Code::CrashLoop))
    {
        return format!("Sure: judged by what the platform reports, not by statistics; {basis}.{doubtful}");
    }
    let p = certain
        .filter_map(|r| r.numbers.get("p_tolerated").zip(r.numbers.get("p_limit")))
        .min_by(|a, b| a.0.total_cmp(b.0));
    match p {
        Some((p, limit)) => format!(
            "Sure: a ratio within the tolerated {} would show this with p = {} (limit {}), bursts counted as such; {basis}.{doubtful}",
            view.policy.statistics.rho,
            words::probability(*p),
            words::probability(*limit)
        ),
        None => format!("Sure at the level that the policy asks of a ROLL BACK; {basis}.{doubtful}"),
    }
}

fn proceed(view: &View<'_>, basis: &str) -> String {
    let uppers = view
        .findings(Area::ServerErrors)
        .filter(|f| f.signal.id == "5xx")
        .filter_map(|f| f.rates.as_ref());
    let bound = uppers.map(|r| r.excess_upper).find(|v| v.is_finite());
    let excluded = bound.map_or_else(
        || "harm beyond the policy's margins is excluded with 95 % confidence".to_owned(),
        |v| {
            format!(
                "with 95 % confidence at most {} more of the requests fail",
                words::percent(v.max(0.0))
            )
        },
    );
    if view.baseline.could_not_serve() {
        return format!("The baseline could not serve, so the policy's criteria alone decide; {basis}.");
    }
    format!("Sure within the policy's margins: {excluded}; {basis}.")
}
