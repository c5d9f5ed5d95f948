//! Sentences and cells that both renderings for people share. Plain text, not escaped.

use super::value::{
    Calibration, DeployOutcome, FalseAlarm, Found, HarmKind, HarmRow, Outcomes, ReplayedLogs, Share, Truth,
};
use crate::model::thousands;
use crate::report::words::{counted, named_by, number, time};

/// False alarms and reasons that people are shown of each list.
pub(super) const SHOWN: usize = 6;

/// `12.5 %`, `-` where there were no runs.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".into(), |share| format!("{} %", number(100.0 * share)))
}

/// `3: 1.5 % (0.31 to 4.3)`
pub(super) fn share(share: &Share) -> String {
    format!("{} {}", short(share), interval(share))
}

/// `(0.31 to 4.3)`, percent
pub(super) fn interval(share: &Share) -> String {
    format!("({} to {})", number(100.0 * share.low), number(100.0 * share.high))
}

/// `3: 1.5 %`
pub(super) fn short(share: &Share) -> String {
    format!("{}: {}", thousands(share.count), percent(share.share))
}

/// What must be known first: false alarms and misses.
pub(super) fn headline(calibration: &Calibration) -> String {
    let (happened, shuffled) = (&calibration.as_it_happened, &calibration.shuffled);
    let missed: u64 = calibration.harms.iter().map(HarmRow::missed).sum();
    let harmed: u64 = calibration
        .harms
        .iter()
        .filter(|h| h.beyond_margins)
        .map(|h| h.runs)
        .sum();
    format!(
        "False alarms: {} of {} as it happened, {} of {} shuffled. Misses: PROCEED in {} of {} runs with harm beyond the margins.",
        thousands(happened.roll_back.count),
        thousands(happened.runs),
        thousands(shuffled.roll_back.count),
        thousands(shuffled.runs),
        thousands(missed),
        thousands(harmed),
    )
}

/// Windows, blocks and seed.
pub(super) fn setting(c: &Calibration) -> String {
    format!(
        "baseline {} min, candidate {} min, blocks of {} min, {}, seed {}",
        thousands(c.baseline_minutes),
        thousands(c.candidate_minutes),
        thousands(c.block_minutes),
        counted(c.runs, "run", "runs"),
        c.seed
    )
}

/// What was replayed.
pub(super) fn logs(logs: &ReplayedLogs) -> String {
    let mut text = match (logs.first, logs.end) {
        (Some(first), Some(end)) => format!("{} to {}: ", time(first), time(end)),
        _ => String::new(),
    };
    text.push_str(&format!(
        "{} in {}, {}, {}",
        counted(logs.minutes, "minute", "minutes"),
        counted(logs.stretches, "stretch", "stretches"),
        counted(logs.blocks, "block", "blocks"),
        counted(logs.requests, "request", "requests"),
    ));
    if logs.left_out_minutes > 0 {
        let left_out = counted(logs.left_out_minutes, "minute", "minutes");
        text.push_str(&format!("; {left_out} at the ends left out"));
    }
    text
}

/// Code, and what the reason is about.
pub(super) fn alarm(alarm: &FalseAlarm) -> String {
    let about = alarm.signal.as_ref().map_or_else(String::new, |signal| {
        format!(": {}", named_by(signal).unwrap_or_else(|| signal.id.clone()))
    });
    format!("{}{about}", alarm.code)
}

/// The rows of the table of verdicts without harm.
pub(super) fn without_harm(calibration: &Calibration) -> [(&'static str, &Outcomes); 2] {
    [
        ("as it happened", &calibration.as_it_happened),
        ("shuffled", &calibration.shuffled),
    ]
}

/// `server errors: server errors in 1 % of requests`
pub(super) fn smallest(calibration: &Calibration, found: &Found) -> String {
    let row = calibration
        .harms
        .iter()
        .find(|row| Some(&row.id) == found.smallest.as_ref());
    let title = row.map_or("none of these sizes", |row| &row.title);
    format!("{}: {title}", kind(found.kind))
}

/// What a row of harm is, beside its counts.
pub(super) fn remark(row: &HarmRow) -> &'static str {
    match (row.missed() > 0, row.beyond_margins) {
        (true, _) => "MISSED",
        (false, true) => "",
        (false, false) => "tolerated",
    }
}

fn kind(kind: HarmKind) -> &'static str {
    match kind {
        HarmKind::ServerErrors => "server errors",
        HarmKind::ServerErrorsMultiple => "more of the usual server errors",
        HarmKind::NewErrorMessage => "new error message",
        HarmKind::Latency => "latency",
    }
}

pub(super) fn truth(truth: Truth) -> &'static str {
    match truth {
        Truth::Good => "good",
        Truth::Bad => "bad",
        Truth::Unknown => "unknown",
    }
}

pub(super) fn outcome(outcome: DeployOutcome) -> &'static str {
    match outcome {
        DeployOutcome::Miss => "MISS",
        DeployOutcome::FalseAlarm => "FALSE ALARM",
        DeployOutcome::Held => "held",
        DeployOutcome::Right => "right",
        DeployOutcome::TruthUnknown => "-",
        DeployOutcome::NotJudged => "not judged",
        DeployOutcome::NotWatched => "not watched",
    }
}
