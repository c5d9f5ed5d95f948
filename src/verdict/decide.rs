//! The decision: gathers the reasons, takes the worst, and says the rest around it.

use super::code::Code;
use super::criteria::{self, Checked};
use super::policy::Policy;
use super::view::{Area, View};
use super::{Case, Judgement, Lean, Reason, Verdict};
use super::{confidence, doubts, expected, harm, holds, outlook, steps, unproved, words};

/// Judges one comparison by a policy.
///
/// The worst reason wins. PROCEED is what remains when no reason asks for anything else: every way of not knowing is a
/// reason for HOLD, so that missing data can never pass.
pub fn judge(case: &Case, policy: &Policy) -> Judgement {
    let view = View::new(case, policy);
    let checked = criteria::check(&view);
    let mut reasons = reasons(&view, &checked);
    if reasons.is_empty() {
        reasons.push(non_inferior(&view, &checked));
    }
    reasons.sort_by_key(|reason| Code::of_name(&reason.code));
    let verdict = reasons.iter().map(|r| r.asks_for).max().unwrap_or(Verdict::Hold);
    if verdict == Verdict::RollBack {
        // Beside certain harm, what is merely unproved only distracts.
        reasons.retain(|r| Code::of_name(&r.code) < Some(Code::BaselineUnstable));
    }
    let lean = (verdict == Verdict::Hold).then(|| lean(&view, &checked, &reasons));
    Judgement {
        verdict,
        lean,
        confidence: confidence::words_for(&view, verdict, lean, &reasons),
        outlook: outlook::of(&view, verdict, &reasons),
        not_verified: doubts::not_verified(&view, &checked, &reasons),
        next_steps: steps::next(case, verdict, &reasons),
        criteria: checked
            .into_iter()
            .map(|c| c.result)
            .chain(expected::checklist(case, policy))
            .collect(),
        reasons,
    }
}

fn reasons(view: &View<'_>, checked: &[Checked]) -> Vec<Reason> {
    let mut reasons = harm::reasons(view, checked);
    let earlier = harm::earlier(view, &reasons);
    reasons.extend(earlier);
    let emptiness = holds::emptiness(view);
    let comparable = emptiness.is_none();
    reasons.extend(emptiness);
    reasons.extend(holds::unsettled(view));
    reasons.extend(holds::incomplete(view));
    reasons.extend(holds::new_critical(view, &reasons));
    let told: Vec<String> = reasons.iter().filter_map(|r| r.criterion.clone()).collect();
    let criteria = holds::criteria(view, checked).into_iter();
    reasons.extend(criteria.filter(|r| r.criterion.as_ref().is_none_or(|id| !told.contains(id))));
    reasons.extend(holds::suspicious(view));
    reasons.extend(holds::failing_baseline(view, checked));
    if comparable {
        reasons.extend(unproved::reasons(view));
        reasons.extend(unproved::no_peak(view));
    }
    reasons
}

/// Where a side has fewer requests (log entries, where there are none), nothing was compared that could carry a lean: among
/// twenty, a fault in every seventh request would still be missed once in twenty times.
const LEAST_COMPARED: u64 = 20;

/// Signs of harm outweigh gaps in the input: they are what a person can act on. A baseline that bursts or drifts makes proof
/// slow, and a short window makes it impossible; neither hides harm of the kind that a person would be called for.
fn lean(view: &View<'_>, checked: &[Checked], reasons: &[Reason]) -> Lean {
    let codes: Vec<Code> = reasons.iter().filter_map(|r| Code::of_name(&r.code)).collect();
    let any = |of: &[Code]| codes.iter().any(|code| of.contains(code));
    let no_measure = holds::failing_baseline(view, checked).is_some();
    match () {
        () if any(&[Code::SuspiciousIncrease, Code::NewCritical, Code::CriterionNotMet]) => Lean::SignsOfHarm,
        () if any(&[
            Code::DeployUnsettled,
            Code::NothingToCompare,
            Code::BaselineEmpty,
            Code::CandidateEmpty,
            Code::NoRequests,
            Code::InputIncomplete,
        ]) =>
        {
            Lean::CannotJudge
        }
        () if no_measure || compared(view) < LEAST_COMPARED => Lean::CannotJudge,
        () => Lean::NoSignOfHarm,
    }
}

/// Requests of the side that has fewer; log entries, where neither has any. A baseline that could not serve is no measure.
fn compared(view: &View<'_>) -> u64 {
    let (b, c) = (&view.case.baseline, &view.case.candidate);
    match (b.requests, c.requests) {
        (0, 0) => b.entries.min(c.entries),
        (_, now) if view.baseline.could_not_serve() => now,
        (before, now) => before.min(now),
    }
}

/// The only reason for PROCEED, with the numbers that carry it.
fn non_inferior(view: &View<'_>, checked: &[Checked]) -> Reason {
    let case = view.case;
    let five = view.findings(Area::ServerErrors).find(|f| f.signal.id == "5xx");
    let server = five.map_or_else(String::new, |f| {
        format!(
            " Server errors: {} in {} before, {} in {} now.",
            words::count(f.baseline.count),
            words::count(f.baseline.exposure),
            words::count(f.candidate.count),
            words::count(f.candidate.exposure)
        )
    });
    let met = checked.iter().filter(|c| c.result.met == Some(true)).count() as u64;
    let criteria = match checked.len() {
        0 => String::new(),
        all => format!(" Criteria met: {met} of {all}."),
    };
    let message = if view.baseline.could_not_serve() {
        format!(
            "The baseline could not serve ({}); the candidate starts and answered {}.{criteria}",
            harm::inability(view),
            words::plural(view.candidate.served, "request")
        )
    } else {
        format!(
            "No worse than the baseline beyond the policy's margins, in {} signals over {}.{server}{criteria}",
            case.findings.len(),
            words::exact_duration(case.candidate.minutes)
        )
    };
    let reason = Reason::new(Code::NonInferior, message);
    let reason = match five {
        Some(finding) => reason.about(case, finding),
        None => reason,
    };
    reason
        .number("signals", case.findings.len() as f64)
        .number("criteria_met", met as f64)
        .number("criteria", checked.len() as f64)
        .number("baseline_minutes", case.baseline.minutes as f64)
        .number("candidate_minutes", case.candidate.minutes as f64)
}
