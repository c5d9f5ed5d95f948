//! How far verdicts are to be trusted: false alarms and misses on pseudo deploys of a service's own logs, or on past deploys.
//!
//! Input: counts. Output: a value with JSON, terminal and Markdown renderings. It judges and counts nothing.

mod markdown;
mod past_value;
mod past_words;
mod terminal;
#[cfg(test)]
mod tests;
mod value;
mod words;

pub use past_value::{JudgedBy, OneVerdict, PastWatch, TriedSetting, TriedSettings, WatchCounts};
pub use value::{
    Calibration, DeployCounts, DeployOutcome, FalseAlarm, Found, HarmKind, HarmRow, HoldReason, Outcomes, PastDeploy,
    PastDeploys, REPLAY_SCHEMA, Replay, ReplayedLogs, Share, Truth,
};

use super::build::Cleaner;
use super::redact::{Redaction, RedactionCounts};
use super::value::Tool;
use crate::profile::Coverage;

impl Replay {
    /// The report of a calibration: texts are redacted.
    pub fn of_calibration(tool: &Tool, mut calibration: Calibration, read: &Coverage, redaction: Redaction) -> Replay {
        let mut clean = Cleaner::new(redaction);
        for outcomes in [&mut calibration.as_it_happened, &mut calibration.shuffled] {
            for alarm in &mut outcomes.alarms {
                alarm.signal = alarm.signal.as_ref().map(|signal| clean.signal(signal));
            }
        }
        let coverage = clean.coverage(read);
        Replay {
            calibration: Some(calibration),
            coverage: Some(coverage),
            redactions: clean.counts,
            ..Replay::empty(tool)
        }
    }

    /// The report of past deploys: names and errors are redacted.
    pub fn of_deploys(tool: &Tool, mut deploys: PastDeploys, redaction: Redaction) -> Replay {
        let mut clean = Cleaner::new(redaction);
        for deploy in &mut deploys.deploys {
            deploy.name = clean.text(&deploy.name);
            deploy.error = deploy.error.as_deref().map(|error| clean.text(error));
            if let Some(watch) = &mut deploy.watch {
                watch.error = watch.error.as_deref().map(|error| clean.text(error));
            }
        }
        for row in deploys.settings.iter_mut().flat_map(|settings| &mut settings.helpful) {
            let lists = [&mut row.mends, &mut row.holds, &mut row.breaks];
            for verdict in lists.into_iter().flatten() {
                verdict.deploy = clean.text(&verdict.deploy);
            }
        }
        Replay {
            deploys: Some(deploys),
            redactions: clean.counts,
            ..Replay::empty(tool)
        }
    }

    fn empty(tool: &Tool) -> Replay {
        Replay {
            schema: REPLAY_SCHEMA.to_owned(),
            tool: tool.clone(),
            calibration: None,
            coverage: None,
            deploys: None,
            redactions: RedactionCounts::new(),
        }
    }
}
