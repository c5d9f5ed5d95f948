//! Bad tables: every number that comes out is a number, nothing panics, and nothing that is not known becomes a PROCEED.

use proptest::prelude::*;

use super::table::{Arm, Family, Pairing, Row, Table};
use super::{Outcome, Settings, Watch, assess, decide};

/// Counts that are zero, small, or beyond all reason.
fn count() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => Just(0_u64),
        4 => 0_u64..6,
        2 => 0_u64..100_000,
        1 => Just(1_u64 << 60),
        1 => Just(u64::MAX),
    ]
}

fn arm(minutes: usize) -> impl Strategy<Value = Arm> {
    let exposure = proptest::collection::vec(count(), minutes);
    let block = proptest::collection::vec(
        prop_oneof![3 => Just(0_u64), 1 => 0_u64..50, 1 => Just(1_u64 << 50)],
        0..40,
    );
    let latency = proptest::collection::vec(block, minutes.div_ceil(5));
    let segments = proptest::collection::vec(0_usize..200, 0..4);
    // Minutes that come twice, out of order, or with gaps.
    let clock = proptest::collection::vec(-3000_i64..3000, minutes);
    (exposure, latency, segments, clock).prop_map(|(exposure, latency, segments, clock)| Arm {
        exposure,
        latency,
        segments,
        clock,
    })
}

fn table() -> impl Strategy<Value = Table> {
    let lengths = (any::<bool>(), 0_usize..140, 0_usize..140);
    lengths.prop_flat_map(|(concurrent, a, b)| {
        let b = if concurrent { a } else { b };
        let family = prop_oneof![
            Just(Family::ServerErrors),
            Just(Family::Messages),
            Just(Family::Reported)
        ];
        let counts = |n| proptest::collection::vec(count(), n);
        let row = (family, counts(a), counts(b)).prop_map(|(family, baseline, candidate)| Row {
            family,
            baseline,
            candidate,
        });
        (arm(a), arm(b), proptest::collection::vec(row, 0..4)).prop_map(move |(baseline, candidate, rows)| Table {
            pairing: if concurrent {
                Pairing::Concurrent
            } else {
                Pairing::BeforeAfter
            },
            candidate: Arm {
                segments: if concurrent {
                    baseline.segments.clone()
                } else {
                    candidate.segments.clone()
                },
                ..candidate
            },
            baseline,
            rows,
        })
    })
}

/// The debug text of a value shows every number in it.
fn has_no_nonsense(value: &impl std::fmt::Debug) -> bool {
    let text = format!("{value:?}").replace("non_inferior", "");
    !text.contains("NaN") && !text.contains("inf")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_number_is_a_number(table in table()) {
        for settings in [Settings::default(), Settings::plain()] {
            let assessment = assess(&table, &settings);
            prop_assert!(has_no_nonsense(&assessment), "{assessment:?}");
            let decision = decide(&assessment, &settings);
            let exposed = assessment.baseline_exposure > 0 && assessment.candidate_exposure > 0;
            prop_assert!(exposed || decision.outcome == Outcome::Hold);
            prop_assert!(decision.outcome == Outcome::Proceed || !decision.reasons.is_empty());
        }
    }

    #[test]
    fn a_watch_of_nonsense_is_sound(table in table()) {
        let settings = Settings::default();
        let keys: Vec<String> = (0..table.rows.len()).map(|i| i.to_string()).collect();
        let mut watch = Watch::default();
        watch.look(&table, &keys, &settings);
        prop_assert!(has_no_nonsense(&watch), "{watch:?}");
        let exposed = |arm: &Arm| arm.exposure.iter().any(|n| *n > 0);
        let by_rate = watch
            .alarms(&table, &keys, &settings)
            .iter()
            .any(|a| matches!(a.subject, super::AlarmSubject::Row(_)));
        prop_assert!(!by_rate || (exposed(&table.baseline) && exposed(&table.candidate)));
    }
}

#[test]
fn the_named_bad_cases_hold() {
    let arm = |exposure: Vec<u64>| Arm {
        segments: vec![exposure.len()],
        exposure,
        latency: Vec::new(),
        clock: Vec::new(),
    };
    let verdict = |baseline: Vec<u64>, candidate: Vec<u64>, counts: [u64; 2]| {
        let row = Row {
            family: Family::ServerErrors,
            baseline: vec![counts[0]; baseline.len()],
            candidate: vec![counts[1]; candidate.len()],
        };
        let table = Table {
            pairing: Pairing::BeforeAfter,
            baseline: arm(baseline),
            candidate: arm(candidate),
            rows: vec![row],
        };
        decide(&assess(&table, &Settings::default()), &Settings::default()).outcome
    };
    assert_eq!(verdict(vec![], vec![], [0, 0]), Outcome::Hold, "nothing at all");
    assert_eq!(
        verdict(vec![100; 60], vec![0; 60], [0, 0]),
        Outcome::Hold,
        "exposure on one side"
    );
    assert_eq!(
        verdict(vec![0; 60], vec![100; 60], [0, 1]),
        Outcome::Hold,
        "exposure on the other side"
    );
    assert_eq!(
        verdict(vec![100_000], vec![100_000], [0, 0]),
        Outcome::Hold,
        "one bucket"
    );
    assert_eq!(verdict(vec![0; 60], vec![0; 60], [0, 0]), Outcome::Hold, "all zeros");
    assert_ne!(
        verdict(vec![10; 60], vec![10; 60], [0, 500]),
        Outcome::Proceed,
        "counts above exposure"
    );
    assert_ne!(
        verdict(vec![u64::MAX; 60], vec![u64::MAX; 60], [1, u64::MAX]),
        Outcome::Proceed,
        "astronomically large"
    );
}
