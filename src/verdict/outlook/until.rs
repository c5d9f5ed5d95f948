//! How long until PROCEED can be reached, if things go on as they are.
//!
//! Input: the view and the reasons with their waits. Output: the longest of them, or what would end it instead.

use super::super::view::View;
use super::super::wait::WAIT;
use super::super::{Reason, Verdict, words};
use super::Until;

/// Reasons that waiting does not end, told in one sentence.
const SHOWN: usize = 3;

/// The longest wait of the open reasons; without minutes when there is one that waiting does not end.
pub(super) fn proceed(view: &View<'_>, reasons: &[Reason]) -> Until {
    let open: Vec<&Reason> = reasons.iter().filter(|r| r.asks_for == Verdict::Hold).collect();
    let stuck: Vec<&Reason> = open.iter().copied().filter(|r| !r.numbers.contains_key(WAIT)).collect();
    let longest = open
        .iter()
        .filter_map(|r| Some((*r.numbers.get(WAIT)?, r.code.as_str())))
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)));
    match longest.filter(|_| stuck.is_empty()) {
        Some((minutes, code)) => {
            let until = timed(view, minutes);
            Until {
                message: format!(
                    "PROCEED: in {} at the earliest, if things go on as they are ({code} takes longest)",
                    span(&until)
                ),
                reason: Some(code.to_owned()),
                ..until
            }
        }
        None => {
            let why = told(&stuck);
            Until {
                message: format!("PROCEED: waiting alone does not end it; what would: {why}"),
                why: Some(why),
                ..never(view)
            }
        }
    }
}

/// What would end the reasons that waiting does not end, each end once with the codes that it ends.
fn told(stuck: &[&Reason]) -> String {
    let mut ends: Vec<(&str, Vec<&str>)> = Vec::new();
    for reason in stuck {
        let when = reason.ends_when.as_deref().unwrap_or("its cause is gone");
        match ends.iter_mut().find(|(known, _)| *known == when) {
            Some((_, codes)) => codes.push(&reason.code),
            None => ends.push((when, vec![&reason.code])),
        }
    }
    let more = ends.len().saturating_sub(SHOWN);
    let mut shown: Vec<String> = ends
        .into_iter()
        .take(SHOWN)
        .map(|(when, mut codes)| {
            codes.dedup();
            format!("{when} ({})", codes.join(", "))
        })
        .collect();
    if more > 0 {
        shown.push(format!("{} more", words::count(more as u64)));
    }
    shown.join("; ")
}

pub(super) fn span(until: &Until) -> String {
    let minutes = words::duration(until.minutes.unwrap_or(0) as f64);
    match until.exposure {
        Some(exposure) => format!("about {minutes} and {} {} more", words::count(exposure), until.unit),
        None => format!("about {minutes} more"),
    }
}

/// The wait with the exposure that comes in it at the present traffic.
pub(super) fn timed(view: &View<'_>, minutes: f64) -> Until {
    let minutes = minutes.ceil().max(1.0);
    let (seen, _) = traffic(view);
    let exposure = seen as f64 / view.candidate.minutes.max(1) as f64 * minutes;
    Until {
        minutes: Some(minutes as u64),
        exposure: Some(exposure.ceil() as u64).filter(|n| *n > 0),
        ..never(view)
    }
}

pub(super) fn never(view: &View<'_>) -> Until {
    Until {
        minutes: None,
        exposure: None,
        unit: traffic(view).1.to_owned(),
        reason: None,
        signal: None,
        why: None,
        message: String::new(),
    }
}

fn traffic(view: &View<'_>) -> (u64, &'static str) {
    let (b, c) = (&view.case.baseline, &view.case.candidate);
    if b.requests > 0 || c.requests > 0 {
        (c.requests, "requests")
    } else {
        (c.entries, "log entries")
    }
}
