//! The decision by statistics alone: ROLL BACK for shown harm, PROCEED for excluded harm, else HOLD.
//!
//! Input: an [`Assessment`] and the [`Settings`]. Output: an outcome with reasons. Must not know policies or criteria; the
//! verdict of a report is built elsewhere, on the same booleans.

use super::assessment::Assessment;
use super::settings::Settings;
use super::table::Family;

/// What the statistics ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Harm beyond the margins is excluded, nothing is suspicious.
    Proceed,
    /// It cannot be told yet.
    Hold,
    /// Harm is shown.
    RollBack,
}

/// What a reason is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Subject {
    /// The comparison as a whole.
    Whole,
    /// The row with this index in the table.
    Row(usize),
    /// The latency quantile with this value.
    Quantile(f64),
}

/// One reason.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecisionReason {
    /// Stable code, kebab-case.
    pub code: &'static str,
    /// What it is about.
    pub subject: Subject,
}

/// The outcome with its reasons; none for PROCEED.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The outcome.
    pub outcome: Outcome,
    /// Why.
    pub reasons: Vec<DecisionReason>,
}

/// Applies the decision rule.
pub fn decide(assessment: &Assessment, settings: &Settings) -> Decision {
    let decision = |outcome, reasons| Decision { outcome, reasons };
    let empty = empty_sides(assessment);
    if !empty.is_empty() {
        return decision(Outcome::Hold, empty);
    }
    let harm = shown_harm(assessment);
    if !harm.is_empty() {
        return decision(Outcome::RollBack, harm);
    }
    let open = open_questions(assessment, settings);
    let outcome = if open.is_empty() {
        Outcome::Proceed
    } else {
        Outcome::Hold
    };
    decision(outcome, open)
}

fn about_whole(code: &'static str) -> DecisionReason {
    DecisionReason {
        code,
        subject: Subject::Whole,
    }
}

fn empty_sides(assessment: &Assessment) -> Vec<DecisionReason> {
    match (assessment.baseline_exposure, assessment.candidate_exposure) {
        (0, 0) => vec![about_whole("nothing-to-compare")],
        (0, _) => vec![about_whole("baseline-empty")],
        (_, 0) => vec![about_whole("candidate-empty")],
        _ => Vec::new(),
    }
}

fn shown_harm(assessment: &Assessment) -> Vec<DecisionReason> {
    let rows = assessment
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.rates.rolls_back)
        .map(|(i, row)| {
            let code = if row.family == Family::ServerErrors {
                "server-errors-up"
            } else {
                "errors-up"
            };
            DecisionReason {
                code,
                subject: Subject::Row(i),
            }
        });
    let slower = assessment.latency.iter().filter(|l| l.finding.rolls_back);
    let slower = slower.map(|l| DecisionReason {
        code: "slower",
        subject: Subject::Quantile(l.finding.quantile),
    });
    rows.chain(slower).collect()
}

fn open_questions(assessment: &Assessment, settings: &Settings) -> Vec<DecisionReason> {
    let mut reasons = Vec::new();
    if assessment.baseline_minutes.min(assessment.candidate_minutes) < settings.min_minutes as usize {
        reasons.push(about_whole("too-short"));
    }
    let judged = || {
        assessment
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.family != Family::Reported)
    };
    for (i, row) in judged().filter(|(_, row)| !row.rates.non_inferior) {
        let code = match row.family {
            Family::ServerErrors => "server-errors-not-excluded",
            Family::Messages | Family::Reported => "errors-not-excluded",
        };
        reasons.push(DecisionReason {
            code,
            subject: Subject::Row(i),
        });
    }
    for latency in assessment.latency.iter().filter(|l| !l.finding.non_inferior) {
        let subject = Subject::Quantile(latency.finding.quantile);
        reasons.push(DecisionReason {
            code: "latency-not-excluded",
            subject,
        });
    }
    for (i, _) in judged().filter(|(_, row)| row.rates.suspicious) {
        reasons.push(DecisionReason {
            code: "suspicious-increase",
            subject: Subject::Row(i),
        });
    }
    reasons
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
