//! Is the harm there all the time, or was it one storm? What is over by itself is no reason to roll back.
//!
//! Input: counts, or slow blocks, in the order of time. Output: yes or no, and the share that lies outside of the worst
//! stretch. Must not test.
//!
//! A failing upstream lasts twenty minutes, or forty; harm that comes with the deploy lasts as long as the deploy. Within one
//! storm both look the same, and no dispersion tells them apart: a window holds too few storms to measure it. So the worst
//! stretch of [`Settings::storm_minutes`] is left out, and the rest has to show the harm as well.

use super::blocks::PERSISTENCE_MINUTES;
use super::settings::Settings;

/// Fewer blocks have no rest worth looking at.
const MIN_BLOCKS: usize = 3;

/// Blocks of the worst stretch in a window of so many blocks.
fn stretch(blocks: usize, settings: &Settings) -> usize {
    (settings.storm_minutes as usize / PERSISTENCE_MINUTES).min(2 * blocks / 3)
}

fn five_minutes(values: &[u64]) -> Vec<f64> {
    values
        .chunks_exact(PERSISTENCE_MINUTES)
        .map(|block| block.iter().map(|&n| n as f64).sum())
        .collect()
}

/// The excess of the candidate's rate over `baseline_rate` outside of the worst stretch, as a share of the excess in the
/// whole window. 1 and more: the harm is there all the time; 0 and less: outside there is none. `None` for a window of fewer than
/// three five-minute blocks, and without any excess. A rest under five minutes is left out.
pub fn excess_outside(counts: &[u64], exposure: &[u64], baseline_rate: f64, settings: &Settings) -> Option<f64> {
    let (counts, exposure) = (five_minutes(counts), five_minutes(exposure));
    let blocks = counts.len().min(exposure.len());
    if blocks < MIN_BLOCKS {
        return None;
    }
    let excess: Vec<f64> = counts
        .iter()
        .zip(&exposure)
        .map(|(x, e)| x - baseline_rate * e)
        .collect();
    let (all, exposed) = (excess.iter().sum::<f64>(), exposure[..blocks].iter().sum::<f64>());
    if all <= 0.0 || exposed <= 0.0 {
        return None;
    }
    let length = stretch(blocks, settings);
    if length == 0 {
        return Some(1.0);
    }
    let (start, worst) = worst_stretch(&excess, length);
    let inside: f64 = exposure[start..start + length].iter().sum();
    let outside = exposed - inside;
    if outside <= 0.0 {
        return Some(0.0);
    }
    Some((all - worst) / outside / (all / exposed))
}

/// Where the `length` neighbours with the largest sum begin, and the sum; the first of equals.
fn worst_stretch(values: &[f64], length: usize) -> (usize, f64) {
    let mut sum: f64 = values[..length].iter().sum();
    let mut worst = (0, sum);
    for start in 1..=values.len() - length {
        sum += values[start + length - 1] - values[start - 1];
        if sum > worst.1 {
            worst = (start, sum);
        }
    }
    worst
}

/// Whether enough blocks are slow: `min_active_blocks` in all, and outside of the worst stretch the settings' share of what is there.
pub fn slow_all_the_time(slow: &[bool], settings: &Settings) -> bool {
    let all = slow.iter().filter(|s| **s).count();
    if all < settings.min_active_blocks as usize {
        return false;
    }
    let length = stretch(slow.len(), settings);
    if length == 0 {
        return true;
    }
    let worst = slow
        .windows(length)
        .map(|w| w.iter().filter(|s| **s).count())
        .max()
        .unwrap_or(0);
    let needed = (settings.outside_share * (slow.len() - length) as f64).ceil();
    (all - worst) as f64 >= needed.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(count: usize, rule: impl Fn(usize) -> u64) -> Vec<u64> {
        (0..count).map(rule).collect()
    }

    #[test]
    fn steady_harm_is_outside_as_well() {
        let exposure = minutes(60, |_| 100);
        let share = excess_outside(&minutes(60, |_| 3), &exposure, 0.01, &Settings::default());
        assert!((share.unwrap() - 1.0).abs() < 1e-12, "{share:?}");
    }

    #[test]
    fn a_storm_is_not() {
        let exposure = minutes(60, |_| 100);
        let storm = minutes(60, |m| if (15..45).contains(&m) { 20 } else { 1 });
        let share = excess_outside(&storm, &exposure, 0.01, &Settings::default()).unwrap();
        assert!(share.abs() < 1e-12, "{share}");
        // Forty-five minutes of sixty: the rest of twenty minutes holds five of them, 5/20 against 45/60.
        let long = minutes(60, |m| u64::from((5..50).contains(&m)) * 12);
        let share = excess_outside(&long, &exposure, 0.0, &Settings::default()).unwrap();
        assert!((share - (5.0 / 20.0) / (45.0 / 60.0)).abs() < 1e-12, "{share}");
    }

    #[test]
    fn short_windows_leave_out_two_thirds() {
        // Twenty minutes, harm in the first ten: the worst ten are left out.
        let counts = minutes(20, |m| if m < 10 { 5 } else { 0 });
        let share = excess_outside(&counts, &[10; 20], 0.0, &Settings::default());
        assert_eq!(share, Some(0.0));
        assert_eq!(excess_outside(&[1; 14], &[1; 14], 0.0, &Settings::default()), None);
    }

    #[test]
    fn nothing_in_excess_is_nothing_outside() {
        assert_eq!(excess_outside(&[0; 60], &[5; 60], 0.1, &Settings::default()), None);
        assert_eq!(excess_outside(&[1; 60], &[0; 60], 0.1, &Settings::default()), None);
        assert_eq!(excess_outside(&[1; 60], &[1; 60], 0.1, &Settings::plain()), Some(1.0));
    }

    #[test]
    fn slow_blocks_have_to_be_spread() {
        let settings = Settings::default();
        let slow = |from: usize, to: usize| (0..12).map(|b| (from..to).contains(&b)).collect::<Vec<_>>();
        assert!(slow_all_the_time(&slow(0, 12), &settings));
        assert!(slow_all_the_time(&slow(0, 10), &settings));
        assert!(!slow_all_the_time(&slow(2, 10), &settings));
        assert!(!slow_all_the_time(&slow(0, 3), &settings));
        assert!(slow_all_the_time(&slow(2, 6), &Settings::plain()));
    }
}
