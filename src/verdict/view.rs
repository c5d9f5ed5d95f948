//! One case together with its policy and what every step of the decision needs to know of them.

use super::expected::{Excuse, excuses};
use super::platform::Health;
use super::policy::Policy;
use super::{Case, SideFacts};
use crate::compare::Finding;
use crate::model::{Level, SignalKind};

/// A case as the decision sees it.
pub(super) struct View<'a> {
    pub case: &'a Case,
    pub policy: &'a Policy,
    excuses: Vec<Excuse>,
    /// Health of the baseline's containers.
    pub baseline: Health,
    /// Health of the candidate's containers.
    pub candidate: Health,
}

/// What a finding counts: decides which reasons it can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    /// Responses with status 5xx, in all or on one route.
    ServerErrors,
    /// Error messages.
    Messages,
    /// Can forbid PROCEED, but never cause a ROLL BACK.
    Warnings,
    /// A quantile of latency.
    Latency,
    /// Counted, never judged.
    Reported,
}

impl<'a> View<'a> {
    pub fn new(case: &'a Case, policy: &'a Policy) -> View<'a> {
        let excuses = excuses(case, policy);
        let expected = |finding: &Finding| {
            let index = case.findings.iter().position(|f| std::ptr::eq(f, finding));
            index.is_some_and(|i| excuses[i] == Excuse::Expected)
        };
        let baseline = Health::of(case, true, |_| false);
        let candidate = Health::of(case, false, expected);
        View {
            case,
            policy,
            excuses,
            baseline,
            candidate,
        }
    }

    /// Findings of an area that the policy does not expect.
    pub fn findings(&self, area: Area) -> impl Iterator<Item = &'a Finding> {
        let with_excuse = self.case.findings.iter().zip(&self.excuses);
        with_excuse
            .filter(move |(f, e)| area_of(f) == area && **e != Excuse::Expected)
            .map(|(f, _)| f)
    }

    /// Whether a finding is above what the policy expects, perhaps by chance.
    pub fn unsure(&self, finding: &Finding) -> bool {
        let index = self.case.findings.iter().position(|f| std::ptr::eq(f, finding));
        index.is_some_and(|i| self.excuses[i] == Excuse::Unsure)
    }

    /// Critical signals that the baseline did not have, not expected.
    pub fn new_critical(&self) -> impl Iterator<Item = &'a Finding> {
        let with_excuse = self.case.findings.iter().zip(&self.excuses);
        with_excuse
            .filter(|(f, e)| {
                f.signal.level == Level::Critical
                    && f.latency.is_none()
                    && f.baseline.count == 0
                    && f.candidate.count > 0
                    && **e == Excuse::None
            })
            .map(|(f, _)| f)
    }

    /// Going back would bring back a revision that could not serve, while this one serves or is no worse.
    pub fn rollback_is_pointless(&self) -> bool {
        self.baseline.could_not_serve()
    }

    /// Server errors among requests are known on both sides.
    pub fn has_statuses(&self) -> bool {
        self.case.baseline.with_status() > 0 && self.case.candidate.with_status() > 0
    }

    /// Either side's entries hold requests.
    pub fn has_requests(&self) -> bool {
        self.case.baseline.requests > 0 && self.case.candidate.requests > 0
    }
}

/// The area of a finding: by kind, then by level.
pub(super) fn area_of(finding: &Finding) -> Area {
    match (finding.signal.kind, finding.signal.level) {
        (SignalKind::Latency, _) => Area::Latency,
        (SignalKind::StatusClass, _) if finding.signal.id == "5xx" => Area::ServerErrors,
        (SignalKind::Route, Level::Critical | Level::Error) => Area::ServerErrors,
        (_, Level::Critical | Level::Error) => Area::Messages,
        (_, Level::Warning) => Area::Warnings,
        _ => Area::Reported,
    }
}

/// Whether the candidate's rate is above the baseline's, by counts: rates may be broken numbers.
pub(super) fn rose(finding: &Finding) -> bool {
    let (b, c) = (finding.baseline, finding.candidate);
    u128::from(c.count) * u128::from(b.exposure) > u128::from(b.count) * u128::from(c.exposure)
}

/// Whether the side holds anything.
pub(super) fn is_empty(facts: &SideFacts) -> bool {
    facts.entries == 0 && facts.requests == 0
}
