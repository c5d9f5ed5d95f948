//! Deploys that are kept in memory, to be judged again by other settings.

use super::super::compare::Judged;
use super::watched::Recording;
use crate::replay::{DEPLOYS_TRIED_MAX, Tried, Worth, outcome, tried};
use crate::report::{PastDeploy, PastDeploys, TriedSettings, Truth};
use crate::verdict::Policy;

/// A deploy with its counts.
pub struct Kept {
    tried: Tried,
    truth: Truth,
    /// Its own policy, where it has one.
    policy: Option<Policy>,
    judged: Judged,
    recording: Option<Recording>,
}

impl Kept {
    /// A deploy that was judged.
    pub fn new(deploy: &PastDeploy, policy: Option<Policy>, judged: Judged, recording: Option<Recording>) -> Kept {
        Kept {
            tried: Tried {
                name: deploy.name.clone(),
                before: Worth {
                    look: Some(deploy.outcome),
                    watch: deploy.watch.as_ref().map(|watch| watch.outcome),
                },
            },
            truth: deploy.truth,
            policy,
            judged,
            recording,
        }
    }
}

/// The deploys that are kept: those of known truth, and if they are too many, the wrong ones before the others.
#[derive(Default)]
pub struct Shelf {
    kept: Vec<Kept>,
    left_out: u64,
}

impl Shelf {
    /// Keeps a deploy if there is room, or it is wrong and another one is not.
    pub fn keep(&mut self, deploy: Kept) {
        if deploy.truth == Truth::Unknown {
            return;
        }
        if self.kept.len() >= DEPLOYS_TRIED_MAX {
            self.left_out += 1;
            let other = self.kept.iter().rposition(|kept| !kept.tried.before.is_wrong());
            let Some(other) = other.filter(|_| deploy.tried.before.is_wrong()) else {
                return;
            };
            self.kept.remove(other);
        }
        self.kept.push(deploy);
    }

    /// Tells which settings would have helped; `None` where nothing is wrong.
    pub fn settings(self, past: &PastDeploys, policy: &Policy, threads: usize) -> Option<TriedSettings> {
        let watched = past.watched.as_ref().map_or(0, |w| w.misses + w.false_alarms);
        if past.misses + past.false_alarms + watched == 0 {
            return None;
        }
        let deploys: Vec<Tried> = self.kept.iter().map(|kept| kept.tried.clone()).collect();
        Some(tried(&deploys, self.left_out, policy, threads, |n, variation| {
            let kept = &self.kept[n];
            let varied = variation.of(kept.policy.as_ref().unwrap_or(policy));
            let look = kept.judged.again(&varied).ok();
            let watch = kept.recording.as_ref().and_then(|r| r.watch(&varied).ok()?.verdict);
            Worth {
                look: look.map(|judgement| outcome(kept.truth, judgement.verdict)),
                watch: watch.map(|verdict| outcome(kept.truth, verdict)),
            }
        }))
    }
}
