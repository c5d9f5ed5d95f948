//! Tests on traces: known answers, storms, degenerate input.

use super::*;
use crate::compare::dispersion::scales;
use crate::compare::table::Arm;

fn side(hits: &[u64], traces: &[u64]) -> TracedSide {
    TracedSide {
        hits: hits.to_vec(),
        traces: traces.to_vec(),
    }
}

fn scales_of(minutes: usize) -> Vec<Scale> {
    let arm = Arm {
        segments: vec![minutes],
        exposure: vec![1; minutes],
        latency: vec![],
        clock: Vec::new(),
    };
    scales(&arm, &Settings::default())
}

fn test(baseline: TracedSide, candidate: TracedSide) -> Option<TraceTest> {
    let (b, c) = (scales_of(baseline.traces.len()), scales_of(candidate.traces.len()));
    let traced = Traced {
        row: 0,
        baseline,
        candidate,
    };
    more_hits(&traced, [&b, &c], &Settings::default())
}

fn close(got: f64, want: f64) {
    assert!((got / want - 1.0).abs() < 1e-9, "{got} is not {want}");
}

/// All of 7 against none of 9: one of the C(16, 7) = 11,440 ways. All of 13 against none of 24: one of C(37, 13) =
/// 3,562,467,300.
#[test]
fn a_fault_in_every_trace_is_exact() {
    let seven = test(side(&[0, 0, 0], &[3, 3, 3]), side(&[3, 2, 2], &[3, 2, 2])).unwrap();
    close(seven.p, 1.0 / 11_440.0);
    close(seven.smallest, 1.0 / 11_440.0);
    let thirteen = test(side(&[0, 0], &[12, 12]), side(&[6, 7], &[6, 7])).unwrap();
    close(thirteen.p, 1.0 / 3_562_467_300.0);
}

/// 3 of 10 against 1 of 10: `(C(10,3) C(10,1) + C(10,4)) / C(20,4)` = 1410 / 4845.
#[test]
fn a_share_is_fishers() {
    close(hypergeometric_tail(3, 10, 4, 20), 1_410.0 / 4_845.0);
    close(hypergeometric_tail(4, 10, 4, 20), 210.0 / 4_845.0);
    close(hypergeometric_tail(0, 10, 4, 20), 1.0);
    let p = test(side(&[1, 1], &[10, 10]), side(&[3, 3], &[10, 10])).unwrap();
    close(p.p, hypergeometric_tail(6, 20, 8, 40));
}

#[test]
fn a_storm_of_one_minute_is_no_lasting_fault() {
    let steady = test(side(&[0; 4], &[20; 4]), side(&[2; 4], &[10; 4])).unwrap();
    let storm = test(side(&[0; 4], &[20; 4]), side(&[8, 0, 0, 0], &[10; 4])).unwrap();
    close(steady.smallest, storm.smallest);
    assert!(steady.p < 1e-3, "{steady:?}");
    assert!(storm.p > 50.0 * steady.p, "{storm:?} {steady:?}");
}

#[test]
fn fewer_is_not_more() {
    let p = test(side(&[3, 2], &[5, 5]), side(&[0, 0], &[5, 5])).unwrap();
    assert_eq!(p.p, 1.0);
}

#[test]
fn too_little_is_no_test() {
    assert_eq!(test(side(&[0, 0], &[2, 2]), side(&[2, 2], &[2, 2])), None);
    assert_eq!(test(side(&[0], &[50]), side(&[50], &[50])), None);
    assert_eq!(test(side(&[0, 0], &[9, 9]), side(&[0, 0], &[9, 9])), None);
    assert_eq!(test(side(&[], &[]), side(&[], &[])), None);
}

fn times(minutes: &[usize], ms: &[u64]) -> Vec<(usize, u64)> {
    minutes
        .iter()
        .copied()
        .zip(ms.iter().map(|ms| ms * 1_000_000))
        .collect()
}

fn shift(baseline: &[u64], candidate: &[u64]) -> Option<RouteShift> {
    let spread = |n: usize| (0..n).map(|i| i % 3).collect::<Vec<_>>();
    let times = RouteTimes {
        route: "POST /login".into(),
        baseline: times(&spread(baseline.len()), baseline),
        candidate: times(&spread(candidate.len()), candidate),
    };
    let scales = scales_of(3);
    route_shift(&times, [&scales, &scales], &Settings::default())
}

/// Rank sum of ten all above nine: U = 90, mean 45, standard deviation sqrt(150); z = 44.5 / 12.247... = 3.6334.
#[test]
fn a_slower_route_is_the_rank_sum_test() {
    let baseline: Vec<u64> = (190..199).collect();
    let candidate: Vec<u64> = (2_000..2_010).collect();
    let slower = shift(&baseline, &candidate).unwrap();
    close(slower.test.p, 2.0 * normal_cdf(-44.5 / 150_f64.sqrt()));
    assert_eq!((slower.baseline_ms, slower.candidate_ms), (194.0, 2_005.0));
    let faster = shift(&candidate, &baseline).unwrap();
    close(faster.test.p, slower.test.p);
    assert!(faster.candidate_ms < faster.baseline_ms);
}

#[test]
fn equal_times_are_no_shift() {
    let same = shift(&[100; 12], &[100; 9]).unwrap();
    assert_eq!(same.test.p, 1.0);
    assert_eq!(shift(&[100; 4], &[900; 50]), None);
}
