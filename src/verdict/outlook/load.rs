//! The traffic that the candidate has seen against the baseline's: "no peak yet".

use super::super::{Case, SideFacts};
use super::LoadRange;

/// A candidate whose busy minutes never got this share of the baseline's has not seen the peak.
const PEAK_SHARE: f64 = 0.8;
/// Below so many requests in the baseline's busy minutes there is no peak to speak of.
const PEAK_REQUESTS: u64 = 10;

/// `None` when a side has no requests by minute.
pub(in crate::verdict) fn range(case: &Case) -> Option<LoadRange> {
    let ((b95, b_max), (c95, c_max)) = (busy(&case.baseline)?, busy(&case.candidate)?);
    let share = c95 as f64 / b95.max(1) as f64;
    Some(LoadRange {
        baseline_p95: b95,
        baseline_max: b_max,
        candidate_p95: c95,
        candidate_max: c_max,
        share,
        peak_seen: b95 < PEAK_REQUESTS || share >= PEAK_SHARE,
    })
}

/// The 95th percentile (nearest rank) and the largest of a side's minutes.
fn busy(facts: &SideFacts) -> Option<(u64, u64)> {
    let mut minutes = facts.request_minutes.clone();
    minutes.sort_unstable();
    let rank = (minutes.len() * 95).div_ceil(100);
    Some((*minutes.get(rank.checked_sub(1)?)?, *minutes.last()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(minutes: &[u64]) -> SideFacts {
        SideFacts {
            request_minutes: minutes.to_vec(),
            ..SideFacts::default()
        }
    }

    #[test]
    fn one_spike_is_no_peak() {
        let mut minutes = vec![100; 60];
        minutes[7] = 5000;
        assert_eq!(busy(&side(&minutes)), Some((100, 5000)));
        assert_eq!(busy(&side(&[7])), Some((7, 7)));
        assert_eq!(busy(&side(&[])), None);
        assert_eq!(busy(&side(&[0; 9])), Some((0, 0)));
        let twenty: Vec<u64> = (1..=20).collect();
        assert_eq!(busy(&side(&twenty)), Some((19, 20)));
    }
}
