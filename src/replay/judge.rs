//! One pseudo deploy in, one judgement out: by the same statistics and policy as a real one.

use std::ops::Range;

use crate::compare::{Pairing, Side, Sides, compare};
use crate::profile::{Data, RevisionCounts};
use crate::verdict::{Case, Judgement, Policy, judge};

/// Two sides between which nothing was deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PseudoDeploy {
    /// The baseline's counts, by revision.
    pub baseline: Vec<RevisionCounts>,
    /// The candidate's counts, by revision.
    pub candidate: Vec<RevisionCounts>,
    /// First minute of the baseline.
    pub start: i64,
    /// First minute of the candidate.
    pub deployed: i64,
    /// The minute after the candidate.
    pub end: i64,
}

/// Judges one pseudo deploy as `compare` judges a real one. The one step that a replay repeats: a replay of a watch repeats
/// another one of the same shape.
///
/// `kinds` says what the signals are. The input's doubts are the logs', not the deploy's: they are told beside the counts.
pub fn judged(deploy: &PseudoDeploy, kinds: &Data, policy: &Policy) -> Judgement {
    let sides = Sides {
        pairing: Pairing::BeforeAfter,
        baseline: side(&deploy.baseline, deploy.start..deploy.deployed),
        candidate: side(&deploy.candidate, deploy.deployed..deploy.end),
        same_hours: false,
        concerns: vec![],
        notes: vec![],
    };
    let findings = compare(&sides, [kinds, kinds], &(&policy.statistics).into());
    judge(&Case::new(&sides, findings, vec![]), policy)
}

fn side(revisions: &[RevisionCounts], window: Range<i64>) -> Side<'_> {
    Side {
        revisions: revisions.iter().collect(),
        windows: vec![window],
    }
}
