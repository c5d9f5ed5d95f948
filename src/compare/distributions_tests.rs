//! Known answers: 50-digit arithmetic (mpmath 1.3: `betainc`, `gammainc`, `erfc`, `findroot`), rounded to 17 digits;
//! those marked scipy are from scipy 1.17 (`betaincinv`, `gammaincinv`, `stdtrit`).

use super::*;

fn assert_close(got: f64, want: f64, relative: f64) {
    assert!(
        (got - want).abs() <= relative * want.abs(),
        "{got:e} is not {want:e} within {relative:e}"
    );
}

#[test]
fn normal_quantile_into_the_far_tail() {
    for (p, want) in [
        (0.4, -0.253_347_103_135_799_74),
        (0.025, -1.959_963_984_540_054_2),
        (1e-3, -3.090_232_306_167_813_5),
        (1e-12, -7.034_483_825_301_131_9),
        (1e-50, -14.933_337_534_788_489),
        (1e-100, -21.273_453_560_965_324),
        (1e-300, -37.047_096_299_361_199),
    ] {
        assert_close(normal_quantile(p), want, 1e-14);
        assert_close(normal_cdf(want), p, 1e-11);
    }
    assert_eq!(normal_quantile(0.5), 0.0);
}

#[test]
fn student_cdf_into_the_far_tail() {
    for (df, t, want) in [
        (4.0, -2.0, 0.058_058_261_758_407_797),
        (7.0, -5.5, 0.000_453_268_793_659_922_94),
        (63.0, -8.0, 1.783_964_327_394_140_1e-11),
        (11.5, -37.0, 1.277_854_985_167_991_9e-13),
        (292.0, -37.04, 1.170_599_171_105_227_4e-112),
        (1444.0, -37.0, 1.213_626_614_335_811_3e-211),
        (4.0, -1e6, 2.999_999_999_98e-24),
        (5.0, 1.3, 0.874_849_682_914_661_39),
    ] {
        assert_close(student_cdf(t, df), want, 1e-12);
    }
    assert_eq!(student_cdf(0.0, 9.0), 0.5);
    assert_eq!(student_cdf(f64::NEG_INFINITY, 9.0), 0.0);
}

#[test]
fn student_quantile_inverts() {
    for df in [4.0, 7.5, 63.0, 2884.0] {
        for p in [1e-250, 1e-12, 0.003, 0.05, 0.49, 0.51, 0.95] {
            assert_close(student_cdf(student_quantile(p, df), df), p, 1e-10);
        }
    }
    assert_eq!(student_quantile(0.5, 4.0), 0.0);
}

#[test]
fn beta_in_both_tails() {
    for (a, b, x, want) in [
        (2.0, 3.0, 0.4, 0.524_8),
        (0.5, 0.5, 0.2, 0.295_167_235_300_866_56),
        (30.5, 1.0, 0.5, 6.585_445_079_827_192_5e-10),
        (120.0, 4.3, 0.3, 4.874_892_227_625_551_1e-58),
        (1e4, 1e4 + 1.0, 0.49, 0.002_388_684_819_714_316_5),
        (0.003, 1.7, 0.3, 0.998_099_462_398_066_49),
        (1e-12, 5.0, 0.5, 0.999_999_999_999_989_14),
    ] {
        assert_close(beta(a, b, x, 1.0 - x).lower, want, 1e-11);
        assert_close(beta(b, a, 1.0 - x, x).upper, want, 1e-11);
    }
    assert_eq!(beta(900.0, 80.0, 0.1, 0.9).lower, 0.0);
    assert_eq!(beta(2.0, 3.0, 0.0, 1.0), Tails { lower: 0.0, upper: 1.0 });
    assert_eq!(beta(2.0, 3.0, 1.0, 0.0), Tails { lower: 1.0, upper: 0.0 });
}
