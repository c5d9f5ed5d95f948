//! Tests of rates: known numbers, symmetry, extremes. Known numbers: see `test_tables`.

use super::*;
use crate::compare::test_tables::assert_close;

fn totals(baseline: f64, candidate: f64) -> Totals {
    Totals {
        baseline,
        candidate,
        baseline_exposure: 4800.0,
        candidate_exposure: 4380.0,
    }
}

fn dispersion(scales: [(f64, f64); 2]) -> Vec<Dispersion> {
    scales.map(|(phi, df)| Dispersion { minutes: 1, phi, df }).to_vec()
}

fn steady() -> Vec<Dispersion> {
    dispersion([(1.059_120_724_237_003_3, 43.0), (1.0, 11.0)])
}

fn bursts() -> Vec<Dispersion> {
    dispersion([(7.660_504_869_807_197, 43.0), (12.331_092_679_929_89, 11.0)])
}

/// `p_greater(X1, X0, 4380, 4800, disp, rho)`.
#[test]
fn p_values() {
    assert_close(
        p_greater(&totals(10.0, 40.0), &steady(), 1.25),
        0.001_539_809_455_258_174_7,
    );
    assert_close(
        p_greater(&totals(10.0, 40.0), &steady(), 1.0),
        0.000_420_988_138_172_777_8,
    );
    assert_close(p_greater(&totals(15.0, 24.0), &bursts(), 1.25), 0.605_032_472_050_201_5);
    assert_close(p_greater(&totals(15.0, 24.0), &bursts(), 1.0), 0.522_844_843_592_344_3);
}

/// `ratio_bounds(..., conf=.95)`.
#[test]
fn ratio_intervals() {
    let (low, high) = ratio_bounds(&totals(10.0, 40.0), &steady(), 0.95);
    assert_close(low, 2.266_893_980_057_134);
    assert_close(high, 9.179_168_603_471_203);
    let (low, high) = ratio_bounds(&totals(15.0, 24.0), &bursts(), 0.95);
    assert_close(low, 0.121_597_737_853_338);
    assert_close(high, 44.726_288_184_050_63);
}

/// `excess_upper(..., disp, disp, conf=.95)`.
#[test]
fn bounds_of_the_excess() {
    let bound = |t, d: &[Dispersion]| excess_upper(&t, d, d, 0.95);
    assert_close(bound(totals(10.0, 40.0), &steady()), 0.010_232_157_323_420_542);
    assert_close(bound(totals(15.0, 24.0), &bursts()), 0.015_913_435_527_304_013);
}

#[test]
fn swapping_the_sides_mirrors_the_ratio() {
    let (t, d) = (totals(15.0, 24.0), bursts());
    let (low, high) = ratio_bounds(&t, &d, 0.95);
    let (mirrored_low, mirrored_high) = ratio_bounds(&t.swapped(), &d, 0.95);
    assert_close(mirrored_low, 1.0 / high);
    assert_close(mirrored_high, 1.0 / low);
}

#[test]
fn zero_counts_are_bounded_on_one_side_only() {
    assert_eq!(ratio_bounds(&totals(0.0, 0.0), &steady(), 0.95), (0.0, f64::INFINITY));
    let (low, high) = ratio_bounds(&totals(0.0, 9.0), &steady(), 0.95);
    assert!(low > 0.5 && high.is_infinite());
    let (low, high) = ratio_bounds(&totals(9.0, 0.0), &steady(), 0.95);
    assert!(low == 0.0 && high < 2.0);
    assert!(p_greater(&totals(0.0, 0.0), &steady(), 1.0) > 0.99);
}

/// Messages may outnumber requests: everything is about rates.
#[test]
fn counts_above_the_exposure() {
    let t = Totals {
        baseline: 3e6,
        candidate: 3.3e6,
        baseline_exposure: 10.0,
        candidate_exposure: 10.0,
    };
    let (low, high) = ratio_bounds(&t, &steady(), 0.95);
    assert!(low > 1.09 && high < 1.11, "{low} {high}");
    assert!(p_greater(&t, &steady(), 1.0) < 1e-9);
    assert!(excess_upper(&t, &steady(), &steady(), 0.95) > 30_000.0);
}

#[test]
fn a_t_pays_for_few_degrees_of_freedom() {
    // scipy: ndtr(stdtrit(7, .05))
    assert_close(tail_level(0.05, 7.0), 0.029_074_125_732_347_005);
    assert!(tail_level(0.05, 1e6) > 0.0499);
    let tails = Tails { lower: 0.0, upper: 1.0 };
    assert!(as_student(tails, 4.0) > 0.0);
    assert!(as_student(Tails { lower: 1.0, upper: 0.0 }, 4.0) < 1.0);
}
