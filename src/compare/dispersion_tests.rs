//! Tests of dispersion: known numbers, degenerate input. Known numbers: see `test_tables`.

use super::*;
use crate::compare::blocks::running;
use crate::compare::table::Pairing;
use crate::compare::test_tables::{assert_close, forty_minutes};

fn of_both(
    pairing: Pairing,
    baseline: (&[f64], &[Scale]),
    candidate: (&[f64], &[Scale]),
    settings: &Settings,
) -> Vec<Dispersion> {
    match pairing {
        Pairing::BeforeAfter => {
            let [b, c] = [baseline, candidate].map(|(counts, scales)| alone(counts, scales));
            of_unpaired(&b, &c, settings)
        }
        Pairing::Concurrent => of_paired(baseline, candidate, settings),
    }
}

fn compared(pairing: Pairing, row: usize) -> Vec<(f64, f64)> {
    let (table, settings) = (forty_minutes(pairing), Settings::default());
    let (b, c) = (scales(&table.baseline, &settings), scales(&table.candidate, &settings));
    let row = &table.rows[row];
    let all = of_both(
        pairing,
        (&running(&row.baseline), &b),
        (&running(&row.candidate), &c),
        &settings,
    );
    assert_eq!(all.iter().map(|d| d.minutes).collect::<Vec<_>>(), [1, 5]);
    all.iter().map(|d| (d.phi, d.df)).collect()
}

fn assert_all_close(got: &[(f64, f64)], want: [(f64, f64); 2]) {
    assert_eq!(got.len(), 2);
    for (g, w) in got.iter().zip(want) {
        assert_close(g.0, w.0);
        assert_eq!(g.1, w.1);
    }
}

/// `dispersion(..., paired=False)` of both rows.
#[test]
fn unpaired_counts_the_larger_side() {
    assert_all_close(
        &compared(Pairing::BeforeAfter, 0),
        [(1.059_120_724_237_003_3, 43.0), (1.0, 11.0)],
    );
    let bursts = [(7.660_504_869_807_197, 43.0), (12.331_092_679_929_89, 11.0)];
    assert_all_close(&compared(Pairing::BeforeAfter, 1), bursts);
}

/// `dispersion(..., paired=True)` of both rows.
#[test]
fn paired_lets_shared_bursts_cancel() {
    assert_all_close(&compared(Pairing::Concurrent, 0), [(1.0, 43.0), (1.0, 11.0)]);
    let bursts = [(3.059_741_372_790_337, 43.0), (2.273_308_690_323_289, 11.0)];
    assert_all_close(&compared(Pairing::Concurrent, 1), bursts);
}

/// `side_dispersion` and `trimmed` of the candidate's second row.
#[test]
fn one_side_alone_and_without_its_worst_block() {
    let (table, settings) = (forty_minutes(Pairing::BeforeAfter), Settings::default());
    let counts = &table.rows[1].candidate;
    let side = of_side(
        &alone(&running(counts), &scales(&table.candidate, &settings)),
        &settings,
    );
    let side: Vec<_> = side.iter().map(|d| (d.phi, d.df)).collect();
    assert_all_close(&side, [(7.660_504_869_807_197, 43.0), (10.058_606_146_271_56, 11.0)]);
    let trimmed = trimmed(&running(counts), &trimming_scale(&table.candidate), 1, &settings);
    assert_eq!(
        (trimmed.count, trimmed.exposure, trimmed.dispersion.df),
        (8.0, 3810.0, 10.0)
    );
    assert_close(trimmed.dispersion.phi, 5.350_943_396_226_415);
}

#[test]
fn scales_stop_where_a_window_is_too_short() {
    let settings = Settings::default();
    let lengths = |n: usize| {
        let arm = Arm {
            segments: vec![n],
            exposure: vec![1; n],
            latency: Vec::new(),
            clock: Vec::new(),
        };
        scales(&arm, &settings).iter().map(|s| s.minutes).collect::<Vec<_>>()
    };
    assert_eq!(lengths(0), [1]);
    assert_eq!(lengths(1), [1]);
    assert_eq!(lengths(20), [1, 5]);
    assert_eq!(lengths(240), [1, 5, 15, 60]);
    let none = Settings {
        scales_minutes: Vec::new(),
        ..Settings::default()
    };
    let arm = Arm {
        segments: vec![3],
        exposure: vec![1; 3],
        latency: Vec::new(),
        clock: Vec::new(),
    };
    assert_eq!(scales(&arm, &none).len(), 1);
}

#[test]
fn nothing_to_measure_is_poisson() {
    let settings = Settings::default();
    for exposure in [vec![], vec![0, 0], vec![7]] {
        let counts = vec![3; exposure.len()];
        let arm = Arm {
            segments: vec![exposure.len()],
            exposure,
            latency: Vec::new(),
            clock: Vec::new(),
        };
        let cut = scales(&arm, &settings);
        for pairing in [Pairing::BeforeAfter, Pairing::Concurrent] {
            let d = of_both(pairing, (&running(&counts), &cut), (&running(&counts), &cut), &settings);
            assert_eq!((d[0].phi, d[0].df), (1.0, 4.0));
        }
        let trimmed = trimmed(&running(&counts), &trimming_scale(&arm), 1, &settings);
        assert_eq!((trimmed.rate(), trimmed.dispersion.phi), (0.0, 1.0));
    }
}

proptest::proptest! {
    #[test]
    fn rare_events_are_trimmed_like_any(
        minutes in proptest::collection::vec((0_u64..4, 0_u64..2, 0_u64..3), 1..120),
        dropped in 0_usize..30,
    ) {
        let settings = Settings::default();
        let (arm, counts) = (
            Arm { segments: vec![minutes.len()], exposure: minutes.iter().map(|m| m.0 * m.1).collect(), ..Arm::default() },
            minutes.iter().map(|m| m.2 / 2).collect::<Vec<u64>>(),
        );
        let scale = trimming_scale(&arm);
        let blocks = differences(&running(&counts), &scale.blocks);
        let (kept, exposure) = without_worst(&blocks, &scale, dropped);
        let found = trimmed(&running(&counts), &scale, dropped, &settings);
        let exposed = || kept.iter().zip(&exposure).filter(|(_, e)| **e > 0.0);
        proptest::prop_assert_eq!(found.count, exposed().map(|(x, _)| x).sum::<f64>());
        proptest::prop_assert_eq!(found.exposure, exposed().map(|(_, e)| e).sum::<f64>());
        let (statistic, df) = pearson(&kept, &exposure);
        let phi = if df > 0.0 { statistic / df } else { 0.0 };
        proptest::prop_assert_eq!(found.dispersion, shrink(std::iter::once((5, phi, df)), settings.prior_df).swap_remove(0));
        for scale in scales(&arm, &settings) {
            let (statistic, df) = pearson(&differences(&running(&counts), &scale.blocks), &scale.exposure);
            let found = alone(&running(&counts), std::slice::from_ref(&scale))[0];
            proptest::prop_assert_eq!((found.statistic, found.df), (statistic, df));
        }
    }
}
