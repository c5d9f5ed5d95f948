//! Tests of the bets: known wealth, pairing. Known numbers: see `test_tables`.

use super::*;
use crate::compare::Settings;
use crate::compare::table::{Arm, Family};
use crate::compare::test_tables::{assert_close, minutes};

fn table(pairing: Pairing, segments: Vec<usize>, candidate: usize) -> Table {
    let n = segments.iter().sum();
    let row = Row {
        family: Family::ServerErrors,
        baseline: minutes(n, |i| u64::from(i % 30 == 0)),
        candidate: minutes(candidate, |i| u64::from(i % 7 == 0)),
    };
    let arm = |segments, n, exposure| Arm {
        segments,
        exposure: vec![exposure; n],
        latency: Vec::new(),
        clock: Vec::new(),
    };
    Table {
        pairing,
        baseline: arm(segments, n, 50),
        candidate: arm(vec![candidate], candidate, 60),
        rows: vec![row],
    }
}

fn log_wealth(table: &Table) -> Option<f64> {
    let settings = Settings::default();
    PairedBlocks::new(table, &settings).map(|bets| bets.log_wealth(&table.rows[0], &settings.bets))
}

/// `share_loge(case, [480], cfg)`: 480 minutes at once; two whole days before.
#[test]
fn known_wealth() {
    let at_once = log_wealth(&table(Pairing::Concurrent, vec![480], 480)).unwrap();
    assert_close(at_once, 13.321_373_375_720_379);
    let days = log_wealth(&table(Pairing::BeforeAfter, vec![2880], 480)).unwrap();
    assert_close(days, 23.495_326_798_841_507);
}

#[test]
fn nothing_pairs() {
    assert_eq!(log_wealth(&table(Pairing::BeforeAfter, vec![1500], 480)), None);
    assert_eq!(log_wealth(&table(Pairing::BeforeAfter, vec![480, 479], 480)), None);
    assert_eq!(log_wealth(&table(Pairing::Concurrent, vec![479], 479)), None);
    assert_eq!(log_wealth(&table(Pairing::BeforeAfter, vec![], 480)), None);
    assert!(log_wealth(&table(Pairing::BeforeAfter, vec![480, 480, 480], 480)).is_some());
}

#[test]
fn a_null_side_wins_nothing() {
    let mut quiet = table(Pairing::Concurrent, vec![480], 480);
    quiet.rows[0].candidate.fill(0);
    assert!(log_wealth(&quiet).unwrap() < 0.0);
    quiet.rows[0].baseline.fill(0);
    assert!(log_wealth(&quiet).unwrap().abs() < 1e-12);
    let no_stakes = PairedBlocks::new(&quiet, &Settings::default()).unwrap();
    assert_eq!(no_stakes.log_wealth(&quiet.rows[0], &[]), f64::NEG_INFINITY);
}
