//! What is missing and what is excluded, in the report: the value, and the lines that all renderings for people share.
//!
//! Input: the verdict's outlook. Output: redacted values and short lines, not escaped. Must not decide what is missing.

use serde::{Deserialize, Serialize};

use super::build::Cleaner;
use super::value::{Finding, Report};
use crate::compare::Change;
use crate::model::Level;
use crate::verdict::{self, Excluded, Lean, LoadRange, Until, Verdict};

/// What is missing until another verdict, and what has been shown so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Outlook {
    /// How long until PROCEED can be reached; only for HOLD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_proceed: Option<Until>,
    /// How long until ROLL BACK would be reached; only for HOLD, and only where something rose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_roll_back: Option<Until>,
    /// The smallest harm that is excluded with 95 % confidence.
    pub smallest_harm_excluded: Vec<Excluded>,
    /// The traffic that both sides have seen; absent without requests by minute on both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_range: Option<LoadRange>,
}

/// How much may remain of a signal that only the baseline showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remaining {
    /// Events that the candidate would have had at the baseline's rate.
    pub expected: f64,
    /// Upper 95 % bound of the remaining rate per unit of exposure.
    pub rate_upper: Option<f64>,
    /// Upper 95 % bound of the remaining rate over the baseline's; `null` is unbounded.
    pub ratio_upper: Option<f64>,
    /// Events that come in one bunch, at least 1; counted in both bounds.
    pub dispersion: f64,
    /// What the exposure counts: `requests`, `log entries` or `minutes`.
    pub unit: String,
    /// All of it in a sentence.
    pub message: String,
}

impl Cleaner {
    pub(super) fn outlook(&mut self, outlook: &verdict::Outlook) -> Outlook {
        Outlook {
            until_proceed: outlook.until_proceed.as_ref().map(|u| self.until(u)),
            until_roll_back: outlook.until_roll_back.as_ref().map(|u| self.until(u)),
            smallest_harm_excluded: outlook
                .smallest_harm_excluded
                .iter()
                .map(|e| self.excluded(e))
                .collect(),
            load_range: outlook.load_range.clone(),
        }
    }

    /// The same for one that is in a report already.
    pub(super) fn outlook_again(&mut self, outlook: &Outlook) -> Outlook {
        let all = outlook.smallest_harm_excluded.iter();
        Outlook {
            until_proceed: outlook.until_proceed.as_ref().map(|u| self.until(u)),
            until_roll_back: outlook.until_roll_back.as_ref().map(|u| self.until(u)),
            smallest_harm_excluded: all.map(|e| self.excluded(e)).collect(),
            load_range: outlook.load_range.clone(),
        }
    }

    fn until(&mut self, until: &Until) -> Until {
        Until {
            signal: until.signal.as_ref().map(|s| self.signal(s)),
            why: until.why.as_deref().map(|t| self.text(t)),
            message: self.text(&until.message),
            ..until.clone()
        }
    }

    fn excluded(&mut self, excluded: &Excluded) -> Excluded {
        Excluded {
            signal: excluded.signal.as_ref().map(|s| self.signal(s)),
            message: self.text(&excluded.message),
            ..excluded.clone()
        }
    }

    pub(super) fn remaining(&mut self, remaining: &verdict::Remaining) -> Remaining {
        Remaining {
            expected: remaining.expected,
            rate_upper: remaining.rate_upper,
            ratio_upper: remaining.ratio_upper,
            dispersion: remaining.dispersion,
            unit: remaining.unit.clone(),
            message: self.text(&remaining.message),
        }
    }
}

impl Report {
    /// What is missing: until PROCEED, and where there are signs of harm until ROLL BACK. Empty for other verdicts.
    pub(super) fn missing(&self) -> Vec<&str> {
        let Some(outlook) = self.outlook.as_ref().filter(|_| self.verdict == Verdict::Hold) else {
            return Vec::new();
        };
        // Without a sign of harm, the time until a chance rise would be certain only alarms.
        let roll_back = outlook
            .until_roll_back
            .as_ref()
            .filter(|_| self.lean == Some(Lean::SignsOfHarm));
        let waits = outlook.until_proceed.iter().chain(roll_back);
        waits.map(|until| until.message.as_str()).collect()
    }

    /// What is excluded so far, beside a HOLD or PROCEED: beside certain harm it would only distract.
    pub(super) fn excluded(&self) -> Option<String> {
        let outlook = self.outlook.as_ref().filter(|_| self.verdict != Verdict::RollBack)?;
        let all = outlook.smallest_harm_excluded.iter();
        let all: Vec<&str> = all.map(|excluded| excluded.message.as_str()).collect();
        (!all.is_empty()).then(|| format!("excluded (95 %): {}", all.join("; ")))
    }

    /// Errors and warnings that only the baseline showed, with what may remain of them, in the report's order. Where less
    /// than one event was to be expected, silence tells a reader nothing.
    pub(super) fn vanished(&self) -> Vec<(&Finding, &Remaining)> {
        let judged = self.findings.iter().filter(|f| {
            f.change == Change::Vanished && matches!(f.signal.level, Level::Critical | Level::Error | Level::Warning)
        });
        let told = judged.filter_map(|f| Some((f, f.remaining.as_ref()?)));
        told.filter(|(_, remaining)| remaining.expected >= 1.0).collect()
    }
}
