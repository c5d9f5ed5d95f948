//! Which setting would have helped: deploys that were judged wrongly are judged again by variations of the policy.
//!
//! Input: what the verdicts were worth, and a way to judge a deploy again. Output: the settings that help, best first. Pure.

use std::cmp::Reverse;

use super::vary::{VARIATIONS, Variation};
use crate::profile::Concern;
use crate::report::{DeployOutcome, JudgedBy, OneVerdict, TriedSetting, TriedSettings};
use crate::verdict::Policy;

/// Most deploys that are judged again: beyond it, right ones are left out first.
pub const DEPLOYS_TRIED_MAX: usize = 100;

/// What the verdicts on one deploy are worth; `None` where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Worth {
    /// Of one look at all of it.
    pub look: Option<DeployOutcome>,
    /// Of the watch.
    pub watch: Option<DeployOutcome>,
}

impl Worth {
    /// A false alarm or a miss is among them.
    pub fn is_wrong(&self) -> bool {
        [self.look, self.watch].into_iter().flatten().any(is_wrong)
    }

    fn each(&self) -> [(JudgedBy, Option<DeployOutcome>); 2] {
        [(JudgedBy::Look, self.look), (JudgedBy::Watch, self.watch)]
    }
}

/// A deploy that can be judged again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Its name.
    pub name: String,
    /// What its verdicts are worth by the policy as it is.
    pub before: Worth,
}

/// Judges the deploys again by each variation. A variation that helps no deploy is tried on the wrong ones alone.
///
/// `left_out` deploys are not among them; `judge` is given the place of a deploy. The result does not depend on `threads`.
pub fn tried(
    deploys: &[Tried],
    left_out: u64,
    policy: &Policy,
    threads: usize,
    judge: impl Fn(usize, &Variation) -> Worth + Sync,
) -> TriedSettings {
    let threads = threads.clamp(1, VARIATIONS.len());
    let share = |first: usize| {
        let mine = VARIATIONS.iter().enumerate().skip(first).step_by(threads);
        let rows = mine.filter_map(|(place, v)| Some((place, row(deploys, v, policy, &judge)?)));
        rows.collect::<Vec<_>>()
    };
    let mut rows = std::thread::scope(|scope| {
        let share = &share;
        let others: Vec<_> = (1..threads).map(|first| scope.spawn(move || share(first))).collect();
        let mut rows = share(0);
        for other in others {
            rows.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        rows
    });
    rows.sort_by_key(|(place, row)| {
        let (mends, breaks, holds) = (row.mends.len(), row.breaks.len(), row.holds.len());
        (Reverse(mends), breaks, Reverse(holds), *place)
    });
    let wrong = deploys.iter().flat_map(|d| d.before.each());
    TriedSettings {
        wrong: wrong.filter(|(_, worth)| worth.is_some_and(is_wrong)).count() as u64,
        deploys: deploys.len() as u64,
        left_out,
        variations: VARIATIONS.len() as u64,
        helpful: rows.into_iter().map(|(_, row)| row).collect(),
        notes: notes(deploys.len(), left_out),
    }
}

/// What a variation does to all deploys; `None` where it helps none, or is what the policy says already.
fn row(
    deploys: &[Tried],
    variation: &Variation,
    policy: &Policy,
    judge: impl Fn(usize, &Variation) -> Worth,
) -> Option<TriedSetting> {
    let mut row = TriedSetting {
        key: variation.key.to_owned(),
        value: variation.value(),
        now: variation.now(policy),
        mends: vec![],
        holds: vec![],
        breaks: vec![],
    };
    // The wrong ones first: what helps none of them need not be tried on the many that are right.
    for is_wrong in [true, false] {
        for (n, deploy) in deploys.iter().enumerate() {
            if deploy.before.is_wrong() == is_wrong {
                weigh(deploy, &judge(n, variation), &mut row);
            }
        }
        if row.mends.is_empty() && row.holds.is_empty() {
            return None;
        }
    }
    Some(row)
}

/// Writes down how the verdicts on one deploy change.
fn weigh(deploy: &Tried, after: &Worth, row: &mut TriedSetting) {
    for ((by, before), (_, after)) in deploy.before.each().into_iter().zip(after.each()) {
        let (Some(before), Some(after)) = (before, after) else {
            continue;
        };
        let list = match (rank(before), rank(after)) {
            (Some(0), Some(2)) => &mut row.mends,
            (Some(0), Some(1)) => &mut row.holds,
            (Some(before), Some(after)) if after < before => &mut row.breaks,
            _ => continue,
        };
        list.push(OneVerdict {
            deploy: deploy.name.clone(),
            by,
        });
    }
}

fn is_wrong(outcome: DeployOutcome) -> bool {
    rank(outcome) == Some(0)
}

/// Wrong, held, right; `None` where nothing is known.
fn rank(outcome: DeployOutcome) -> Option<u8> {
    match outcome {
        DeployOutcome::Miss | DeployOutcome::FalseAlarm => Some(0),
        DeployOutcome::Held => Some(1),
        DeployOutcome::Right => Some(2),
        DeployOutcome::TruthUnknown | DeployOutcome::NotJudged | DeployOutcome::NotWatched => None,
    }
}

fn notes(deploys: usize, left_out: u64) -> Vec<Concern> {
    let mut notes = vec![Concern::new(
        "fits-these-deploys",
        format!(
            "a setting that is chosen by {deploys} deploys fits these deploys: see what it means in docs/policy.md, and try it on deploys that it was not chosen by"
        ),
    )];
    if left_out > 0 {
        let message = format!(
            "{left_out} deploys were not judged again: at most {DEPLOYS_TRIED_MAX} are, the wrong ones first. What a setting breaks among the others is not known"
        );
        notes.push(Concern::new("deploys-left-out", message));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeployOutcome::{FalseAlarm, Held, Miss, Right};

    fn deploy(name: &str, look: DeployOutcome, watch: Option<DeployOutcome>) -> Tried {
        Tried {
            name: name.into(),
            before: Worth {
                look: Some(look),
                watch,
            },
        }
    }

    fn deploys() -> Vec<Tried> {
        vec![
            deploy("alarm", FalseAlarm, Some(Right)),
            deploy("miss", Miss, Some(Miss)),
            deploy("held", Held, None),
            deploy("right", Right, Some(Right)),
        ]
    }

    /// What three variations make of the deploys; every other one changes nothing.
    fn judged(n: usize, variation: &Variation) -> Worth {
        let mut worth = deploys()[n].before;
        match (variation.key, variation.value().as_str(), n) {
            ("rho", "2", 0) => worth.look = Some(Right),
            ("rho", "2", 3) => worth.watch = Some(Held),
            ("alpha", "0.01", 0) => worth.look = Some(Right),
            ("min-minutes", "60", 1) => {
                worth = Worth {
                    look: Some(Right),
                    watch: Some(Right),
                }
            }
            ("min-minutes", "60", 2) => worth.look = Some(Miss),
            ("suspect", "0.2", 1) => worth.watch = Some(Held),
            // Helps nobody: that it would break others is of no interest.
            ("daily-cycle", "4", 3) => worth.look = Some(Held),
            _ => {}
        }
        worth
    }

    #[test]
    fn settings_that_mend_most_and_break_least_come_first() {
        let tried = tried(&deploys(), 0, &Policy::default(), 3, judged);
        let names = |list: &[OneVerdict]| {
            let name = |v: &OneVerdict| format!("{} {:?}", v.deploy, v.by);
            list.iter().map(name).collect::<Vec<_>>().join(", ")
        };
        let told: Vec<String> = tried
            .helpful
            .iter()
            .map(|row| {
                let [mends, holds, breaks] = [&row.mends, &row.holds, &row.breaks].map(|list| names(list));
                format!("{} = {} ({}): {mends}; {holds}; {breaks}", row.key, row.value, row.now)
            })
            .collect();
        assert_eq!(
            told,
            [
                "min-minutes = 60 (10): miss Look, miss Watch; ; held Look",
                "alpha = 0.01 (0.05): alarm Look; ; ",
                "rho = 2 (1.25): alarm Look; ; right Watch",
                "suspect = 0.2 (0.1): ; miss Watch; ",
            ]
        );
        assert_eq!((tried.wrong, tried.deploys, tried.variations), (3, 4, 40));
        assert_eq!(tried.notes.len(), 1);
        let one = super::tried(&deploys(), 5, &Policy::default(), 1, judged);
        assert_eq!(one.helpful, tried.helpful);
        assert_eq!(one.notes[1].code, "deploys-left-out");
    }

    #[test]
    fn what_helps_nobody_is_tried_on_the_wrong_ones_alone() {
        let asked = std::sync::Mutex::new(vec![]);
        let judge = |n: usize, _: &Variation| {
            asked.lock().unwrap().push(n);
            deploys()[n].before
        };
        assert!(tried(&deploys(), 0, &Policy::default(), 1, judge).helpful.is_empty());
        let asked = asked.into_inner().unwrap();
        assert_eq!(asked.len(), 2 * VARIATIONS.len());
        assert!(asked.iter().all(|n| *n < 2));
    }
}
