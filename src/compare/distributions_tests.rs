//! Known answers: 50-digit arithmetic (mpmath 1.4: `betainc`, `gammainc`, `erfc`, `findroot`), rounded to 17 digits;
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
        (0.4, -0.253_347_103_135_799_7),
        (0.025, -1.959_963_984_540_054_2),
        (1e-3, -3.090_232_306_167_813_5),
        (1e-12, -7.034_483_825_301_132),
        (1e-50, -14.933_337_534_788_489),
        (1e-100, -21.273_453_560_965_324),
        (1e-300, -37.047_096_299_361_2),
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
        (63.0, -8.0, 1.783_964_327_394_14e-11),
        (11.5, -37.0, 1.277_854_985_167_991_9e-13),
        (292.0, -37.04, 1.170_599_171_105_227_4e-112),
        (1444.0, -37.0, 1.213_626_614_335_811_3e-211),
        (4.0, -1e6, 2.999_999_999_98e-24),
        (5.0, 1.3, 0.874_849_682_914_661_4),
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
        (0.5, 0.5, 0.2, 0.295_167_235_300_866_6),
        (30.5, 1.0, 0.5, 6.585_445_079_827_193e-10),
        (120.0, 4.3, 0.3, 4.874_892_227_625_551e-58),
        (1e4, 1e4 + 1.0, 0.49, 0.002_388_684_819_714_316_5),
        (0.003, 1.7, 0.3, 0.998_099_462_398_066_5),
        (1e-12, 5.0, 0.5, 0.999_999_999_999_989_1),
    ] {
        assert_close(beta(a, b, x, 1.0 - x).lower, want, 1e-11);
        assert_close(beta(b, a, 1.0 - x, x).upper, want, 1e-11);
    }
    assert_eq!(beta(900.0, 80.0, 0.1, 0.9).lower, 0.0);
    assert_eq!(beta(2.0, 3.0, 0.0, 1.0), Tails { lower: 0.0, upper: 1.0 });
    assert_eq!(beta(2.0, 3.0, 1.0, 0.0), Tails { lower: 1.0, upper: 0.0 });
}

/// scipy: `x / (1 - x)` of `betaincinv(a, b, p)`.
#[test]
fn beta_quantiles() {
    for (a, b, p, want) in [
        (3.5, 2.0, 0.05, 0.424_725_146_055_308_87),
        (0.2, 7.0, 0.025, 9.646_535_889_773_868e-10),
        (1200.0, 900.0, 0.99, 1.477_930_998_768_144_8),
        (0.01, 3.0, 0.04, 3.607_909_031_629_838_3e-141),
    ] {
        assert_close(beta_quantile_odds(a, b, p), want, 1e-10);
        assert_close(1.0 / beta_quantile_odds(b, a, 1.0 - p), want, 1e-10);
    }
    assert_eq!(beta_quantile_odds(1e-4, 1.0, 0.01), 0.0);
    assert_eq!(beta_quantile_odds(1.0, 1e-4, 0.99), f64::INFINITY);
    assert_eq!(beta_quantile_odds(2.0, 3.0, 0.0), 0.0);
    assert_eq!(beta_quantile_odds(2.0, 3.0, 1.0), f64::INFINITY);
}

/// scipy: `gammaincinv`, `gammainc`, `gammaincc`.
#[test]
fn gamma_in_both_directions() {
    for (a, p, want) in [
        (1.0, 0.95, 2.995_732_273_553_989_5),
        (3.7, 0.03, 1.000_520_594_629_617),
        (0.05, 0.1, 5.844_632_057_286_505e-21),
        (25_000.0, 0.975, 25_310.843_578_794_91),
    ] {
        assert_close(gamma_quantile(a, p), want, 1e-11);
    }
    assert_close(gamma(2.5, 0.1).lower, 0.000_886_138_788_812_443_8, 1e-12);
    assert_close(gamma(1e5, 99_000.0).lower, 0.000_757_419_921_174_768_4, 1e-9);
    assert_close(gamma(30.0, 80.0).upper, 4.903_229_555_810_77e-11, 1e-12);
    assert_close(gamma(1e5, 101_500.0).upper, 1.173_684_513_722_169e-6, 1e-9);
    assert_eq!(gamma_quantile(1e-5, 0.01), 0.0);
    assert_eq!(
        (gamma_quantile(2.0, 0.0), gamma_quantile(2.0, 1.0)),
        (0.0, f64::INFINITY)
    );
}

/// scipy: `stdtrit`.
#[test]
fn student_quantiles() {
    for (df, p, want) in [
        (4.0, 0.05, -2.131_846_786_326_651),
        (7.0, 0.003_333_33, -3.805_521_867_625_73),
        (63.0, 0.95, 1.669_402_221_706_812_7),
        (11.5, 1e-6, -8.756_501_237_105_224),
    ] {
        assert_close(student_quantile(p, df), want, 1e-11);
    }
}

#[test]
fn extreme_parameters_end_and_stay_in_range() {
    for a in [1e-300, 1e-12, 0.3, 7.0, 1e5, 1e9] {
        for b in [1e-12, 0.5, 40.0, 1e6, 1e9] {
            for p in [1e-300, 0.01, 0.5, 0.999] {
                let odds = beta_quantile_odds(a, b, p);
                assert!(odds >= 0.0, "beta {a} {b} {p}: {odds}");
            }
            let tails = beta(a, b, 1e-9, 1.0 - 1e-9);
            assert!(
                (tails.lower + tails.upper - 1.0).abs() < 1e-6,
                "beta {a} {b}: {tails:?}"
            );
        }
        assert!(gamma_quantile(a, 0.05) <= gamma_quantile(a, 0.95), "gamma {a}");
    }
}
