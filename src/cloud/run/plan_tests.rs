//! Windows of deploys, as a table.

use super::*;
use crate::cloud::run::MovedBy;

fn now() -> Timestamp {
    Timestamp::parse("2026-03-01T12:00:30Z").unwrap()
}

fn deploy(created_minutes_ago: i64, candidate: u32, baseline: u32) -> Deploy {
    Deploy {
        candidate: "r42".into(),
        baseline: Some("r41".into()),
        created_at: back(now(), created_minutes_ago),
        moved_at: None,
        moved_by: None,
        why: vec![],
        concerns: vec![],
        notes: vec![],
        request_timeout: Duration::from_secs(300),
        candidate_percent: candidate,
        candidate_has_tag: false,
        baseline_percent: baseline,
        older: vec![],
        baseline_was_asked: false,
    }
}

/// Minutes before `now`, of both ends of both windows, rounded up.
fn ends(plan: &Plan) -> [i64; 4] {
    let ago = |t: Option<Timestamp>| (now().0 - t.unwrap().0 + NANOS_PER_MINUTE - 1) / NANOS_PER_MINUTE;
    let (c, b) = (&plan.candidate_window, &plan.baseline_window);
    [ago(b.start), ago(b.end), ago(c.start), ago(c.end)]
}

#[test]
fn windows_follow_the_deploy() {
    for (created, shares, expected) in [
        (35, (100, 0), [96, 36, 36, 0]),
        (180, (100, 0), [361, 181, 181, 0]),
        (3000, (100, 0), [4441, 3001, 3001, 1561]),
        (35, (10, 90), [36, 0, 36, 0]),
        (3000, (10, 90), [1441, 0, 1441, 0]),
        (35, (0, 100), [96, 0, 36, 0]),
        (0, (100, 0), [61, 1, 1, 0]),
    ] {
        let plan = plan(&deploy(created, shares.0, shares.1), &AskedWindow::default(), now()).unwrap();
        assert_eq!(ends(&plan), expected, "{created} {shares:?}: {:?}", plan.why);
        assert_eq!(plan.why.len(), if created > 1440 { 3 } else { 2 }, "{:?}", plan.why);
        assert_eq!(plan.window.start, plan.baseline_window.start);
        assert_eq!(plan.window.end, plan.candidate_window.end);
    }
}

#[test]
fn the_start_of_instances_belongs_to_the_candidate() {
    for (moved, start) in [(40, 56), (55, 61), (60, 61)] {
        let deploy = Deploy {
            moved_at: Some(back(now(), moved)),
            moved_by: Some(MovedBy::Audit),
            ..deploy(60, 100, 0)
        };
        let plan = plan(&deploy, &AskedWindow::default(), now()).unwrap();
        assert_eq!(ends(&plan), [moved + 61, moved + 1, start, 0]);
        assert!(plan.why[0].contains("by the audit log"), "{:?}", plan.why);
    }
}

#[test]
fn what_was_asked_for_goes_first() {
    let ask = |deploy: &Deploy, since: Option<i64>, until: Option<i64>, freshness: Option<u64>| {
        let asked = AskedWindow {
            since: since.map(|m| back(now(), m)),
            until: until.map(|m| back(now(), m)),
            freshness: freshness.map(|m| Duration::from_secs(m * 60)),
        };
        plan(deploy, &asked, now()).map(|p| ends(&p))
    };
    let (replaced, canary) = (deploy(100, 100, 0), deploy(100, 10, 90));
    assert_eq!(ask(&replaced, Some(400), None, None), Ok([401, 101, 101, 0]));
    assert_eq!(ask(&replaced, Some(30), None, None), Ok([161, 101, 31, 0]));
    assert_eq!(ask(&replaced, None, Some(40), None), Ok([161, 101, 101, 40]));
    assert_eq!(ask(&replaced, None, None, Some(30)), Ok([161, 101, 31, 0]));
    assert_eq!(ask(&replaced, Some(400), None, Some(30)), Ok([401, 101, 101, 0]));
    assert_eq!(ask(&canary, Some(30), Some(10), None), Ok([31, 10, 31, 10]));
    assert_eq!(ask(&canary, Some(400), None, None), Ok([101, 0, 101, 0]));
    assert_eq!(
        ask(&canary, None, Some(-500), None),
        Ok([101, 0, 101, 0]),
        "not beyond now"
    );
    let late = ask(&replaced, None, Some(120), None).unwrap_err();
    assert!(late.to_string().contains("before the candidate's begins") && !late.hint().is_empty());
}

#[test]
fn a_plan_says_why() {
    let told = |deploy: &Deploy| plan(deploy, &AskedWindow::default(), now()).unwrap().why;
    assert_eq!(
        told(&deploy(35, 100, 0)),
        [
            "Candidate: 2026-03-01T11:25:00Z to 2026-03-01T12:00:30Z (35 minutes), from its creation.",
            "Baseline: 2026-03-01T10:25:00Z to 2026-03-01T11:25:00Z (60 minutes), the hour before it was replaced; less does not show bursts."
        ]
    );
    assert!(told(&deploy(35, 10, 90))[1].ends_with("both serve at the same time."));
    assert!(told(&deploy(9000, 100, 0))[2].contains("every hour of the day once"));
    assert!(told(&deploy(60 * 24 * 40, 100, 0))[3].starts_with("Cloud Logging keeps entries for 30 days"));
    let alone = Deploy {
        baseline: None,
        ..deploy(35, 100, 0)
    };
    let plan = plan(&alone, &AskedWindow::default(), now()).unwrap();
    assert_eq!((plan.why.len(), plan.window), (1, plan.candidate_window));
}

#[test]
fn times_at_the_ends_of_time_do_no_harm() {
    let old = Deploy {
        created_at: Timestamp(i64::MIN),
        ..deploy(0, 100, 0)
    };
    assert!(plan(&old, &AskedWindow::default(), now()).is_ok());
    let new = Deploy {
        created_at: Timestamp(i64::MAX),
        ..deploy(0, 100, 0)
    };
    assert!(plan(&new, &AskedWindow::default(), now()).is_ok());
}
