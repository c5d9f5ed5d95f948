//! Tests of latency shifts: known numbers, missing measurements. Known numbers: see `test_tables`.

use super::*;
use crate::compare::test_tables::{assert_close, latency};

fn compared(baseline: &[Histogram], candidate: &[Histogram], p: f64, pairing: Pairing, prior_df: f64) -> Option<Shift> {
    Shift::new(
        &Blocks::new(baseline).sums_from(0),
        &Blocks::new(candidate).sums_from(0),
        p,
        pairing,
        prior_df,
    )
}

fn shift(p: f64, pairing: Pairing) -> Shift {
    compared(&latency(0, 0), &latency(7, 6), p, pairing, 4.0).unwrap()
}

/// `quantile_shift(lb, lc, q, alpha, paired)` with alpha .01 and .05.
#[test]
fn shifts_one_after_the_other() {
    let median = shift(0.5, Pairing::BeforeAfter);
    assert_close(median.baseline, 52.701_873_573_216_965);
    assert_close(median.estimate(), 6.648_995_869_742_528);
    assert_close(median.lower(0.01).unwrap(), 6.468_344_357_404_206);
    assert_close(median.upper(0.01).unwrap(), 6.829_665_272_902_538);
    assert_close(median.upper(0.05).unwrap(), 6.768_367_461_369_272);
    let p99 = shift(0.99, Pairing::BeforeAfter);
    assert_close(p99.estimate(), 42.091_502_337_713_96);
    assert_close(p99.lower(0.01).unwrap(), 40.499_450_597_134_306);
    assert_close(p99.upper(0.05).unwrap(), 43.144_062_667_640_426);
}

#[test]
fn correlated_blocks_make_the_shift_more_certain() {
    let median = shift(0.5, Pairing::Concurrent);
    assert_close(median.lower(0.01).unwrap(), 6.585_347_866_174_356);
    assert_close(median.upper(0.05).unwrap(), 6.691_082_813_364_304_5);
}

#[test]
fn p_values_are_the_levels_at_which_a_bound_reaches_zero() {
    let close = compared(&latency(0, 0), &latency(0, 1), 0.5, Pairing::BeforeAfter, 4.0).unwrap();
    assert!(close.lower(close.p_slower()).unwrap().abs() < 1e-9);
    assert!(close.p_faster() > 0.9);
}

/// `slow_blocks(lc, limit, .5)`.
#[test]
fn blocks_slower_than_a_limit() {
    let slow = |blocks: &[Histogram], limit_ms| slow_blocks(&Blocks::new(blocks).sums_from(0), limit_ms, 0.5);
    assert_eq!(slow(&latency(7, 6), 60.0), [false; 8]);
    assert_eq!(slow(&latency(7, 6), 50.0), [true; 8]);
    assert_eq!(slow(&[vec![], vec![0, 0]], 50.0), [false; 2]);
}

#[test]
fn without_measurements_there_is_no_shift() {
    let some = latency(0, 0);
    for none in [vec![], vec![vec![], vec![]], vec![vec![0, 0]]] {
        assert_eq!(compared(&none, &some, 0.5, Pairing::BeforeAfter, 4.0), None);
        assert_eq!(compared(&some, &none, 0.5, Pairing::Concurrent, 4.0), None);
    }
}

#[test]
fn few_requests_leave_bounds_open() {
    let one = vec![vec![0, 0, 1]];
    let shift = compared(&one, &one, 0.99, Pairing::Concurrent, 4.0).unwrap();
    assert_eq!(
        (shift.estimate(), shift.lower(0.05), shift.upper(0.05)),
        (0.0, None, None)
    );
    assert_eq!((shift.p_slower(), shift.p_faster()), (1.0, 1.0));
}

#[test]
fn empty_blocks_say_nothing() {
    let mut gaps = latency(0, 0);
    gaps.extend([vec![], vec![]]);
    let whole = compared(&latency(0, 0), &latency(7, 6), 0.5, Pairing::BeforeAfter, 4.0).unwrap();
    let gappy = compared(&gaps, &latency(7, 6), 0.5, Pairing::BeforeAfter, 4.0).unwrap();
    assert_eq!(gappy.estimate(), whole.estimate());
    assert_eq!(gappy.scales[0], whole.scales[0]);
}

#[test]
fn unequal_numbers_of_blocks_are_no_pairs() {
    let (b, mut c) = (latency(0, 0), latency(7, 6));
    c.pop();
    let paired = compared(&b, &c, 0.5, Pairing::Concurrent, 4.0);
    assert_eq!(paired, compared(&b, &c, 0.5, Pairing::BeforeAfter, 4.0));
}
