//! Past deploys whose truth is known: how the verdicts of today's settings stand to it.

use crate::report::{DeployCounts, DeployOutcome, PastDeploy, PastDeploys, Truth};
use crate::verdict::Verdict;

/// What a verdict is worth when the truth is known.
pub fn outcome(truth: Truth, verdict: Verdict) -> DeployOutcome {
    match (truth, verdict) {
        (Truth::Good, Verdict::RollBack) => DeployOutcome::FalseAlarm,
        (Truth::Bad, Verdict::Proceed) => DeployOutcome::Miss,
        (Truth::Good, Verdict::Proceed) | (Truth::Bad, Verdict::RollBack) => DeployOutcome::Right,
        (Truth::Good | Truth::Bad, Verdict::Hold) => DeployOutcome::Held,
        (Truth::Unknown, _) => DeployOutcome::TruthUnknown,
    }
}

/// The truth that an expected verdict tells: where ROLL BACK would be wrong the deploy was good, where PROCEED would be wrong
/// it was bad; where HOLD is expected, the logs cannot tell.
pub fn truth(verdict: Option<Verdict>, verdict_not: Option<Verdict>) -> Truth {
    match (verdict, verdict_not) {
        (Some(Verdict::Proceed), _) | (None, Some(Verdict::RollBack)) => Truth::Good,
        (Some(Verdict::RollBack), _) | (None, Some(Verdict::Proceed)) => Truth::Bad,
        _ => Truth::Unknown,
    }
}

/// Counts the deploys; the worst come first: misses, false alarms, those not judged, then the rest in the given order.
pub fn counted(mut deploys: Vec<PastDeploy>) -> PastDeploys {
    let of = |outcome| deploys.iter().filter(|d| d.outcome == outcome).count() as u64;
    let (misses, false_alarms) = (of(DeployOutcome::Miss), of(DeployOutcome::FalseAlarm));
    let not_judged = of(DeployOutcome::NotJudged);
    let by_truth = |truth| {
        let of = |verdict| {
            let those = deploys
                .iter()
                .filter(|d| d.truth == truth && d.verdict == Some(verdict));
            those.count() as u64
        };
        DeployCounts {
            roll_back: of(Verdict::RollBack),
            hold: of(Verdict::Hold),
            proceed: of(Verdict::Proceed),
        }
    };
    let (good, bad, unknown) = (by_truth(Truth::Good), by_truth(Truth::Bad), by_truth(Truth::Unknown));
    deploys.sort_by_key(|deploy| match deploy.outcome {
        DeployOutcome::Miss => 0,
        DeployOutcome::FalseAlarm => 1,
        DeployOutcome::NotJudged => 2,
        DeployOutcome::Held | DeployOutcome::Right | DeployOutcome::TruthUnknown => 3,
    });
    PastDeploys {
        misses,
        false_alarms,
        not_judged,
        good,
        bad,
        unknown,
        deploys,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expected_verdicts_tell_the_truth() {
        use Verdict::{Hold, Proceed, RollBack};
        assert_eq!(truth(Some(Proceed), None), Truth::Good);
        assert_eq!(truth(Some(RollBack), None), Truth::Bad);
        assert_eq!(truth(None, Some(RollBack)), Truth::Good);
        assert_eq!(truth(None, Some(Proceed)), Truth::Bad);
        assert_eq!(truth(Some(Hold), None), Truth::Unknown);
        assert_eq!(truth(None, None), Truth::Unknown);
        assert_eq!(outcome(Truth::Good, RollBack), DeployOutcome::FalseAlarm);
        assert_eq!(outcome(Truth::Bad, Proceed), DeployOutcome::Miss);
        assert_eq!(outcome(Truth::Bad, Hold), DeployOutcome::Held);
        assert_eq!(outcome(Truth::Unknown, RollBack), DeployOutcome::TruthUnknown);
    }

    #[test]
    fn the_worst_come_first_and_all_are_counted() {
        let deploy = |name: &str, truth, verdict: Option<Verdict>| PastDeploy {
            name: name.into(),
            truth,
            expected: None,
            verdict,
            lean: None,
            reasons: vec![],
            outcome: verdict.map_or(DeployOutcome::NotJudged, |v| outcome(truth, v)),
            error: None,
        };
        let all = counted(vec![
            deploy("a", Truth::Good, Some(Verdict::Proceed)),
            deploy("b", Truth::Good, Some(Verdict::RollBack)),
            deploy("c", Truth::Unknown, None),
            deploy("d", Truth::Bad, Some(Verdict::Proceed)),
        ]);
        let names: Vec<&str> = all.deploys.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["d", "b", "c", "a"]);
        assert_eq!((all.misses, all.false_alarms, all.not_judged), (1, 1, 1));
        assert_eq!((all.good.roll_back, all.good.proceed, all.bad.proceed), (1, 1, 1));
    }
}
