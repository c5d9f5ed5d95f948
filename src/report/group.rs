//! Sorts findings into the groups that a reader looks for. Decides nothing: it only reads what the comparison said.

use super::value::{Finding, Report};
use crate::compare::Change;
use crate::model::{Level, SignalKind};

/// Where a finding is shown. Ordered by importance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Changed for the worse, beyond chance or far enough to matter.
    Worse,
    /// Changed in the harmful direction, but it may be chance.
    MaybeWorse,
    /// Risen or new, and not held against the candidate: expected, handled or informational.
    Harmless,
    /// Changed for the better.
    Better,
    /// An error that both sides have: not blamed.
    PreExisting,
    /// Everything else.
    Unchanged,
}

impl Finding {
    /// The group it belongs to.
    pub fn group(&self) -> Group {
        match self.change {
            Change::New | Change::More | Change::Slower if !self.harm => Group::Harmless,
            Change::New | Change::More | Change::Slower => {
                if self.significant || self.is_flagged() {
                    Group::Worse
                } else {
                    Group::MaybeWorse
                }
            }
            Change::Fewer | Change::Vanished | Change::Faster if self.harm => Group::Worse,
            Change::Fewer | Change::Vanished | Change::Faster => Group::Better,
            Change::Unchanged if self.is_flagged() => Group::MaybeWorse,
            Change::Unchanged if self.is_pre_existing() => Group::PreExisting,
            Change::Unchanged => Group::Unchanged,
        }
    }

    /// Whether the tests asked for ROLL BACK or forbade PROCEED on account of it.
    fn is_flagged(&self) -> bool {
        self.rates.as_ref().is_some_and(|r| r.rolls_back || r.suspicious)
            || self.latency.as_ref().is_some_and(|l| l.rolls_back)
    }

    fn is_informational(&self) -> bool {
        self.signal.kind == SignalKind::Template && self.signal.level >= Level::Info
    }

    fn is_pre_existing(&self) -> bool {
        let is_failure = matches!(self.signal.level, Level::Critical | Level::Error | Level::Warning);
        is_failure && self.latency.is_none() && self.baseline.count > 0 && self.candidate.count > 0
    }
}

/// The findings of a report by where they are shown, each in the report's order.
#[derive(Debug, Clone, Default)]
pub struct Grouped<'a> {
    /// What changed, worst first.
    pub changed: Vec<&'a Finding>,
    /// Information messages that changed: told apart, because they are never held against anybody. What is beyond chance
    /// comes first, then what is frequent.
    pub informational: Vec<&'a Finding>,
    /// Errors that both sides have.
    pub pre_existing: Vec<&'a Finding>,
    /// Latency without a change that could be told from chance.
    pub steady_latency: Vec<&'a Finding>,
    /// How many others there are.
    pub unchanged: usize,
}

impl Report {
    /// Its findings by group.
    pub fn grouped(&self) -> Grouped<'_> {
        let mut grouped = Grouped::default();
        for finding in &self.findings {
            match finding.group() {
                Group::PreExisting => grouped.pre_existing.push(finding),
                Group::Unchanged if finding.latency.is_some() => grouped.steady_latency.push(finding),
                Group::Unchanged => grouped.unchanged += 1,
                _ if finding.is_informational() => grouped.informational.push(finding),
                _ => grouped.changed.push(finding),
            }
        }
        let frequency = |f: &Finding| f.candidate.count.max(f.baseline.count);
        grouped
            .informational
            .sort_by_key(|f| (!f.significant, std::cmp::Reverse(frequency(f))));
        grouped
    }
}
