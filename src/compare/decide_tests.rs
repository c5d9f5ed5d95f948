//! Tests of the decision rule. Known numbers: see `test_tables`.

use super::*;
use crate::compare::test_tables::{forty_minutes, minutes};
use crate::compare::{Pairing, assess};

fn decided(change: impl Fn(&mut crate::compare::Table)) -> (Outcome, Vec<DecisionReason>) {
    let mut table = forty_minutes(Pairing::Concurrent);
    change(&mut table);
    let settings = Settings::default();
    let decision = decide(&assess(&table, &settings), &settings);
    (decision.outcome, decision.reasons)
}

#[test]
fn shown_harm_rolls_back() {
    let (outcome, reasons) = decided(|_| {});
    assert_eq!(outcome, Outcome::RollBack);
    assert_eq!(
        reasons,
        [DecisionReason {
            code: "server-errors-up",
            subject: Subject::Row(0)
        }]
    );
}

#[test]
fn excluded_harm_proceeds() {
    let (outcome, reasons) = decided(|table| {
        table.baseline.exposure = vec![5000; 40];
        table
            .baseline
            .latency
            .iter_mut()
            .flatten()
            .for_each(|count| *count *= 100);
        table.candidate = table.baseline.clone();
        table.rows[0].candidate = table.rows[0].baseline.clone();
    });
    assert_eq!((outcome, reasons), (Outcome::Proceed, Vec::new()));
}

#[test]
fn slower_rolls_back() {
    let (outcome, reasons) = decided(|table| {
        table.rows.clear();
        table.candidate.latency = crate::compare::test_tables::latency(7, 60);
    });
    assert_eq!(outcome, Outcome::RollBack);
    assert!(
        reasons.contains(&DecisionReason {
            code: "slower",
            subject: Subject::Quantile(0.5)
        }),
        "{reasons:?}"
    );
}

#[test]
fn what_is_open_holds() {
    let (outcome, reasons) = decided(|table| {
        for arm in [&mut table.baseline, &mut table.candidate] {
            arm.exposure = vec![30; 8];
            arm.segments = vec![8];
            arm.latency = Vec::new();
        }
        for row in &mut table.rows {
            row.baseline = minutes(8, |_| 0);
            row.candidate = minutes(8, |i| u64::from(i == 1));
        }
    });
    assert_eq!(outcome, Outcome::Hold);
    let codes: Vec<_> = reasons.iter().map(|r| r.code).collect();
    let latency = ["latency-not-excluded"; 3];
    assert_eq!(
        codes[..3],
        ["too-short", "server-errors-not-excluded", "errors-not-excluded"]
    );
    assert_eq!(codes[3..], latency);
}

#[test]
fn empty_sides_hold() {
    for (b, c, code) in [
        (0, 9, "baseline-empty"),
        (9, 0, "candidate-empty"),
        (0, 0, "nothing-to-compare"),
    ] {
        let (outcome, reasons) = decided(|table| {
            table.baseline.exposure = vec![b; 40];
            table.candidate.exposure = vec![c; 40];
        });
        assert_eq!((outcome, reasons), (Outcome::Hold, vec![about_whole(code)]));
    }
}
