//! Multiplicity: p-values of many signals adjusted so that the chance of any false one stays at its level.
//!
//! Input: raw p-values, and for each signal the smallest p-value that its number of events could reach. Output: adjusted
//! p-values in the same order. Must not look at anything else.
//!
//! Tarone (1990): a signal with so few events that it could never be significant needs no share of the budget. With the number
//! m(p) of signals that could reach p, rejecting where `p m(p) <= alpha` keeps the family-wise error at alpha under any
//! dependence: the signals able to reach the threshold p* number m(p*), and each is below it with probability p* at most.

/// Adjusted p-values `min(1, p m(p))`, single step. `smallest` is as long as `p`.
pub fn tarone(p: &[f64], smallest: &[f64]) -> Vec<f64> {
    let sorted = ascending(smallest);
    p.iter().map(|&p| (p * testable(&sorted, p) as f64).min(1.0)).collect()
}

/// Adjusted p-values, step-down (Hommel and Krummenauer 1998; Holm 1979 where every signal can reach every p): a signal once
/// rejected makes room for the rest. Never larger than those of [`tarone`]. `smallest` is as long as `p`.
pub fn tarone_holm(p: &[f64], smallest: &[f64]) -> Vec<f64> {
    let sorted = ascending(smallest);
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    let mut adjusted = vec![1.0; p.len()];
    let mut floor = 0.0;
    for (rejected, &i) in order.iter().enumerate() {
        // Everything rejected before has a smaller p, so it is among those that can reach this one.
        let left = testable(&sorted, p[i]).saturating_sub(rejected).max(1);
        floor = f64::max(floor, (p[i] * left as f64).min(1.0));
        adjusted[i] = floor;
    }
    adjusted
}

/// Bonferroni's adjustment for `tests` tests.
pub fn bonferroni(p: f64, tests: usize) -> f64 {
    (p * tests.max(1) as f64).min(1.0)
}

fn ascending(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// How many signals could reach `p`; at least one, the signal itself.
fn testable(ascending: &[f64], p: f64) -> usize {
    ascending.partition_point(|&smallest| smallest <= p).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference implementation: `tarone_adjust([.001, .02, .04], total=[12, 5, 3], th=.5)`. The best p-values are 2^-12, 2^-5
    /// and 2^-3: one signal can reach .001, one .02, two .04.
    #[test]
    fn signals_that_cannot_reach_p_take_no_share() {
        let smallest = [0.5_f64.powi(12), 0.5_f64.powi(5), 0.5_f64.powi(3)];
        assert_eq!(tarone(&[0.001, 0.02, 0.04], &smallest), [0.001, 0.02, 0.08]);
    }

    #[test]
    fn step_down_is_holm_when_all_can_reach_all() {
        let adjusted = tarone_holm(&[0.04, 0.01, 0.03], &[0.0; 3]);
        for (got, want) in adjusted.iter().zip([0.06, 0.03, 0.06]) {
            assert!((got - want).abs() < 1e-15, "{adjusted:?}");
        }
    }

    #[test]
    fn step_down_never_exceeds_single_step() {
        let p = [0.2, 1e-9, 0.004, 0.03, 0.004, 1.0];
        let smallest = [0.1, 0.0, 1e-3, 0.02, 0.004, 0.5];
        let (one, down) = (tarone(&p, &smallest), tarone_holm(&p, &smallest));
        assert!(down.iter().zip(&one).all(|(d, o)| d <= o), "{down:?} {one:?}");
        assert_eq!(down[1], 1e-9);
    }

    #[test]
    fn empty_and_large() {
        assert!(tarone(&[], &[]).is_empty());
        assert!(tarone_holm(&[], &[]).is_empty());
        assert_eq!(bonferroni(0.4, 3), 1.0);
        assert_eq!(bonferroni(0.4, 0), 0.4);
    }
}
