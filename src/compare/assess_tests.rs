//! Tests of the comparison as a whole: known numbers, symmetry, degenerate tables. Known numbers: see `test_tables`.

use super::*;
use crate::compare::Pairing;
use crate::compare::table::Arm;
use crate::compare::test_tables::{assert_close, forty_minutes, latency, minutes, swapped};

const BOTH: [Pairing; 2] = [Pairing::BeforeAfter, Pairing::Concurrent];

/// `fixed(case)` and `ni_bounds(case, disp, cfg)` of the table.
#[test]
fn known_numbers() {
    let before_after = assess(&forty_minutes(Pairing::BeforeAfter), &Settings::plain());
    let [server_errors, message] = &before_after.rows[..] else {
        panic!("two rows")
    };
    assert_close(server_errors.rates.p_tolerated, 0.001_539_809_455_258_174_7);
    assert_close(server_errors.rates.ratio_upper.unwrap(), 10.039_715_660_046_628);
    assert_close(server_errors.rates.excess_upper, 0.010_319_165_912_619_433);
    assert_close(server_errors.rates.p_limit, 0.05 * 0.4 * (40.0 / 60.0_f64).powi(2));
    assert!(server_errors.rates.rolls_back && server_errors.rates.suspicious && !server_errors.rates.non_inferior);
    assert!(!message.rates.rolls_back && !message.rates.suspicious);
    assert_eq!(message.rates.ratio_upper, None);
    assert_close(message.rates.excess_upper, 0.008_406_894_322_000_97);
    let concurrent = assess(&forty_minutes(Pairing::Concurrent), &Settings::plain());
    assert_close(concurrent.rows[1].rates.ratio_upper.unwrap(), 5.732_658_788_612_911);
    assert_close(concurrent.rows[1].rates.excess_upper, 0.007_315_105_954_179_904);
    let p95 = &concurrent.latency[1].finding;
    assert_close(p95.shift_ms.low.unwrap(), 6.712_137_491_401_640_5);
    assert_close(p95.shift_upper_ms.unwrap(), 6.770_114_904_216_783);
    assert!(p95.non_inferior && !p95.rolls_back);
}

#[test]
fn changes_and_their_significance() {
    let assessment = assess(&forty_minutes(Pairing::BeforeAfter), &Settings::default());
    assert_eq!(
        (assessment.rows[0].change, assessment.rows[0].significant),
        (Change::More, true)
    );
    assert_eq!(
        (assessment.rows[1].change, assessment.rows[1].significant),
        (Change::Unchanged, false)
    );
    assert_eq!(assessment.latency[0].change, Change::Slower);
    let mut table = forty_minutes(Pairing::BeforeAfter);
    table.rows[1].baseline.fill(0);
    table.rows[0].candidate.fill(0);
    let assessment = assess(&table, &Settings::default());
    assert_eq!(assessment.rows[0].change, Change::Vanished);
    assert_eq!(assessment.rows[1].change, Change::New);
    assert!(assessment.rows[1].harm && !assessment.rows[0].harm);
}

#[test]
fn swapping_the_sides_mirrors_everything() {
    for pairing in BOTH {
        let table = forty_minutes(pairing);
        let (there, back) = (
            assess(&table, &Settings::default()),
            assess(&swapped(&table), &Settings::default()),
        );
        for (a, b) in there.rows.iter().zip(&back.rows) {
            assert_close(a.ratio.low.unwrap(), 1.0 / b.ratio.high.unwrap());
            assert_close(a.ratio.high.unwrap(), 1.0 / b.ratio.low.unwrap());
            assert_close(a.rates.p_more, b.rates.p_fewer);
            assert_close(a.rates.p_fewer, b.rates.p_more);
            assert_close(a.p_different, b.p_different);
            assert_eq!((a.significant, a.harm), (b.significant, !b.harm));
        }
        for (a, b) in there.latency.iter().zip(&back.latency) {
            assert_close(a.finding.shift_ms.low.unwrap(), -b.finding.shift_ms.high.unwrap());
            assert_close(a.p_different, b.p_different);
            assert_eq!((a.significant, a.harm), (b.significant, !b.harm));
        }
    }
}

#[test]
fn identical_sides_are_never_significant() {
    for pairing in BOTH {
        for scale in [0, 1, 50, 100_000] {
            let mut table = forty_minutes(pairing);
            table.candidate = table.baseline.clone();
            for row in &mut table.rows {
                row.baseline.iter_mut().for_each(|count| *count *= scale);
                row.candidate = row.baseline.clone();
            }
            let assessment = assess(&table, &Settings::default());
            assert!(
                assessment
                    .rows
                    .iter()
                    .all(|r| !r.significant && !r.harm && r.change == Change::Unchanged)
            );
            assert!(
                assessment
                    .rows
                    .iter()
                    .all(|r| !r.rates.rolls_back && !r.rates.suspicious)
            );
            assert!(
                assessment
                    .latency
                    .iter()
                    .all(|l| !l.significant && !l.harm && !l.finding.rolls_back)
            );
        }
    }
}

#[test]
fn reported_rows_never_roll_back() {
    let mut table = forty_minutes(Pairing::Concurrent);
    table.rows[0].family = Family::Reported;
    let assessment = assess(&table, &Settings::default());
    assert!(!assessment.rows[0].rates.rolls_back && assessment.rows[0].rates.suspicious);
    assert!(assessment.rows[0].significant);
}

#[test]
fn several_server_error_rows_share_their_budget() {
    let mut table = forty_minutes(Pairing::Concurrent);
    table.rows.push(table.rows[0].clone());
    let assessment = assess(&table, &Settings::default());
    assert_close(assessment.rows[0].rates.p_tolerated, 2.0 * 0.001_539_809_455_258_174_7);
}

/// Every number of an assessment.
fn all_numbers(assessment: &Assessment) -> Vec<f64> {
    let mut out = vec![assessment.alpha];
    let interval = |i: &Interval| [i.estimate, i.low, i.high];
    for row in &assessment.rows {
        let r = &row.rates;
        out.extend([
            r.p_tolerated,
            r.p_more,
            r.p_fewer,
            r.p_limit,
            r.effective_count,
            r.excess,
            r.excess_upper,
        ]);
        out.extend([row.p_different, row.baseline.rate, row.candidate.rate]);
        out.extend(interval(&row.ratio).into_iter().chain([r.ratio_upper]).flatten());
        out.extend(r.dispersion.iter().flat_map(|d| [d.phi, d.df]));
    }
    for l in &assessment.latency {
        let f = &l.finding;
        out.extend([f.quantile, f.tolerance_ms, l.p_different]);
        out.extend(
            interval(&f.shift_ms)
                .into_iter()
                .chain([f.baseline_ms, f.candidate_ms, f.shift_upper_ms])
                .flatten(),
        );
    }
    out
}

fn arm(exposure: Vec<u64>, latency: Vec<Vec<u64>>) -> Arm {
    Arm {
        segments: vec![exposure.len()],
        exposure,
        latency,
        clock: Vec::new(),
    }
}

fn table(pairing: Pairing, baseline: Arm, candidate: Arm, counts: [u64; 2]) -> Table {
    let row = |family| Row {
        family,
        baseline: minutes(baseline.exposure.len(), |_| counts[0]),
        candidate: minutes(candidate.exposure.len(), |_| counts[1]),
    };
    let rows = vec![row(Family::ServerErrors), row(Family::Messages), row(Family::Reported)];
    Table {
        pairing,
        baseline,
        candidate,
        rows,
    }
}

#[test]
fn degenerate_tables_give_finite_numbers() {
    let exposures = [
        vec![],
        vec![0],
        vec![0; 30],
        vec![1],
        vec![1000, 0],
        vec![40; 7],
        minutes(61, |i| i as u64 % 2),
    ];
    let mut seen = 0;
    for pairing in BOTH {
        for b in &exposures {
            for c in &exposures {
                for counts in [[0, 0], [0, 3], [5, 0], [2, 2], [1_000_000_000, 900_000_000]] {
                    let measured = if counts[0] == 2 { latency(0, 0) } else { vec![vec![]] };
                    let table = table(
                        pairing,
                        arm(b.clone(), measured.clone()),
                        arm(c.clone(), measured),
                        counts,
                    );
                    let assessment = assess(&table, &Settings::default());
                    assert_eq!((assessment.rows.len(), assessment.latency.len()), (3, 3));
                    assert!(all_numbers(&assessment).iter().all(|v| v.is_finite()), "{assessment:?}");
                    seen += 1;
                }
            }
        }
    }
    assert_eq!(seen, 2 * 7 * 7 * 5);
}

#[test]
fn a_side_without_exposure_shows_nothing() {
    let empty = table(
        Pairing::BeforeAfter,
        arm(vec![0; 20], vec![]),
        arm(vec![50; 20], vec![]),
        [0, 4],
    );
    let assessment = assess(&empty, &Settings::default());
    assert!(
        assessment
            .rows
            .iter()
            .all(|r| r.change == Change::New && !r.significant && !r.rates.non_inferior)
    );
    assert!(
        assessment
            .rows
            .iter()
            .all(|r| r.ratio == UNKNOWN && !r.rates.rolls_back)
    );
    let latency = &assessment.latency[0];
    assert_eq!(
        (latency.finding.baseline_ms, latency.finding.non_inferior),
        (None, false)
    );
    let nothing = Table {
        rows: Vec::new(),
        ..empty
    };
    assert!(assess(&nothing, &Settings::default()).rows.is_empty());
}

#[test]
fn rows_of_the_wrong_length_do_not_panic() {
    let mut table = forty_minutes(Pairing::Concurrent);
    table.rows[0].candidate.truncate(3);
    table.rows[1].baseline.clear();
    table.candidate.segments = vec![1000, 7];
    table.baseline.exposure.truncate(11);
    assert!(
        all_numbers(&assess(&table, &Settings::default()))
            .iter()
            .all(|v| v.is_finite())
    );
}

#[test]
fn a_long_window_is_judged_by_bets_too() {
    let burst = |i: usize| u64::from(i.is_multiple_of(7));
    let mut long = table(
        Pairing::Concurrent,
        arm(vec![50; 480], vec![]),
        arm(vec![60; 480], vec![]),
        [0, 0],
    );
    long.rows[1].candidate = minutes(480, burst);
    let assessment = assess(&long, &Settings::default());
    assert_close(assessment.rows[1].rates.p_limit, 0.05 * 0.4 * 0.5);
    assert!(assessment.rows[1].rates.rolls_back);
    assert_eq!(assessment.rows[1].change, Change::New);
}
