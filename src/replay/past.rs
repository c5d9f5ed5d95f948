//! Past deploys whose truth is known: how the verdicts of today's settings stand to it.

use crate::report::{DeployCounts, DeployOutcome, PastDeploy, PastDeploys, Truth, WatchCounts};
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

/// Counts the deploys; the worst come first: misses, false alarms, those not judged, then the rest in the given order. A deploy
/// stands where the worse of its two verdicts belongs, that of one look and that of the watch.
pub fn counted(mut deploys: Vec<PastDeploy>) -> PastDeploys {
    let of = |outcome| deploys.iter().filter(|d| d.outcome == outcome).count() as u64;
    let (misses, false_alarms) = (of(DeployOutcome::Miss), of(DeployOutcome::FalseAlarm));
    let not_judged = of(DeployOutcome::NotJudged);
    let [good, bad, unknown] = by_verdict(&deploys, |deploy| deploy.verdict);
    let watched = deploys.iter().any(|d| d.watch.is_some()).then(|| watched(&deploys));
    deploys.sort_by_key(|deploy| {
        let of_watch = deploy.watch.as_ref().map_or(PLACES, |watch| place(watch.outcome));
        place(deploy.outcome).min(of_watch)
    });
    PastDeploys {
        misses,
        false_alarms,
        not_judged,
        good,
        bad,
        unknown,
        deploys,
        watched,
        settings: None,
    }
}

/// The sums over the watches.
fn watched(deploys: &[PastDeploy]) -> WatchCounts {
    let watches = || deploys.iter().filter_map(|d| d.watch.as_ref());
    let of = |outcome| watches().filter(|w| w.outcome == outcome).count() as u64;
    let [good, bad, unknown] = by_verdict(deploys, |deploy| deploy.watch.as_ref()?.verdict);
    WatchCounts {
        misses: of(DeployOutcome::Miss),
        false_alarms: of(DeployOutcome::FalseAlarm),
        held: of(DeployOutcome::Held),
        right: of(DeployOutcome::Right),
        not_watched: of(DeployOutcome::NotWatched),
        good,
        bad,
        unknown,
    }
}

/// Good, bad and unknown deploys by verdict.
fn by_verdict(deploys: &[PastDeploy], verdict: impl Fn(&PastDeploy) -> Option<Verdict>) -> [DeployCounts; 3] {
    [Truth::Good, Truth::Bad, Truth::Unknown].map(|truth| {
        let of = |wanted| {
            let those = deploys
                .iter()
                .filter(|d| d.truth == truth && verdict(d) == Some(wanted));
            those.count() as u64
        };
        DeployCounts {
            roll_back: of(Verdict::RollBack),
            hold: of(Verdict::Hold),
            proceed: of(Verdict::Proceed),
        }
    })
}

/// Behind every place of an outcome.
const PLACES: u8 = 4;

fn place(outcome: DeployOutcome) -> u8 {
    match outcome {
        DeployOutcome::Miss => 0,
        DeployOutcome::FalseAlarm => 1,
        DeployOutcome::NotJudged => 2,
        DeployOutcome::Held | DeployOutcome::Right | DeployOutcome::TruthUnknown | DeployOutcome::NotWatched => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::PastWatch;

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
            watch: None,
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
        assert_eq!(all.watched, None);
    }

    #[test]
    fn the_watch_is_counted_apart() {
        let deploy = |name: &str, truth, look: Verdict, watch: Option<Verdict>| PastDeploy {
            name: name.into(),
            truth,
            expected: None,
            verdict: Some(look),
            lean: None,
            reasons: vec![],
            outcome: outcome(truth, look),
            error: None,
            watch: Some(PastWatch {
                verdict: watch,
                outcome: watch.map_or(DeployOutcome::NotWatched, |v| outcome(truth, v)),
                ..PastWatch::not_watched(String::new())
            }),
        };
        let all = counted(vec![
            deploy("a", Truth::Good, Verdict::Proceed, Some(Verdict::Proceed)),
            deploy("b", Truth::Good, Verdict::Proceed, Some(Verdict::RollBack)),
            deploy("c", Truth::Bad, Verdict::Proceed, Some(Verdict::Hold)),
            deploy("d", Truth::Bad, Verdict::RollBack, None),
        ]);
        let names: Vec<&str> = all.deploys.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["c", "b", "a", "d"]);
        assert_eq!((all.misses, all.false_alarms), (1, 0));
        let watched = all.watched.unwrap();
        assert_eq!((watched.misses, watched.false_alarms, watched.held), (0, 1, 1));
        assert_eq!((watched.right, watched.not_watched), (1, 1));
        assert_eq!((watched.good.roll_back, watched.bad.hold), (1, 1));
    }
}
