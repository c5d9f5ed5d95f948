//! Blocks of minutes: contiguous runs cut into equal lengths, and sums over them.
//!
//! Input: segment lengths and counts for each minute. Output: ranges of minute indexes, sums. Must not cross a segment.

use std::ops::Range;

use super::table::Arm;

/// Minutes in the blocks that persistence and trimming look at.
pub const PERSISTENCE_MINUTES: usize = 5;

/// The contiguous runs of an arm as ranges of minute indexes. Minutes that the segment lengths do not cover form one
/// more run; lengths beyond the end are cut.
pub fn runs(arm: &Arm) -> Vec<Range<usize>> {
    let end = arm.exposure.len();
    let mut out = Vec::with_capacity(arm.segments.len());
    let mut start = 0_usize;
    for length in arm.segments.iter().copied().chain([end]) {
        let stop = start.saturating_add(length).min(end);
        if stop > start {
            out.push(start..stop);
        }
        start = stop;
    }
    out
}

/// Blocks of `minutes` inside each run; a short rest joins the last block, a run shorter than a block is one.
pub fn blocks(runs: &[Range<usize>], minutes: usize) -> Vec<Range<usize>> {
    let minutes = minutes.max(1);
    let mut out = Vec::new();
    for run in runs {
        let count = (run.len() / minutes).max(1);
        for i in 0..count {
            let start = run.start + i * minutes;
            let stop = if i + 1 == count { run.end } else { start + minutes };
            out.push(start..stop);
        }
    }
    out
}

/// Sum of a range; minutes beyond the end of `values` count zero.
pub fn sum(values: &[u64], range: &Range<usize>) -> f64 {
    let stop = range.end.min(values.len());
    let start = range.start.min(stop);
    total(&values[start..stop])
}

/// Sums over blocks.
pub fn sums(values: &[u64], blocks: &[Range<usize>]) -> Vec<f64> {
    blocks.iter().map(|block| sum(values, block)).collect()
}

/// Running sums, one more than there are values: what lies in a range is the difference of two. Exact below 2^53 in all; beyond,
/// no difference is negative.
pub fn running(values: &[u64]) -> Vec<f64> {
    let mut sum = 0.0;
    let mut out = Vec::with_capacity(values.len() + 1);
    out.push(0.0);
    out.extend(values.iter().map(|&value| {
        sum += value as f64;
        sum
    }));
    out
}

/// Sums over blocks from [`running`] sums; minutes beyond the end count zero.
pub fn differences(running: &[f64], blocks: &[Range<usize>]) -> Vec<f64> {
    let Some(end) = running.len().checked_sub(1) else {
        return vec![0.0; blocks.len()];
    };
    blocks
        .iter()
        .map(|block| running[block.end.min(end)] - running[block.start.min(end)])
        .collect()
}

/// Sum as a float (exact below 2^53). Saturates rather than overflows.
pub fn total(values: &[u64]) -> f64 {
    values.iter().fold(0_u64, |sum, &value| sum.saturating_add(value)) as f64
}

/// Five-minute blocks with at least one event; a rest shorter than five minutes is left out.
pub fn active_blocks(values: &[u64]) -> u32 {
    let active = values
        .chunks_exact(PERSISTENCE_MINUTES)
        .filter(|block| block.iter().any(|&count| count > 0))
        .count();
    u32::try_from(active).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(segments: &[usize], minutes: usize) -> Arm {
        Arm {
            segments: segments.to_vec(),
            exposure: vec![1; minutes],
            latency: Vec::new(),
            clock: Vec::new(),
        }
    }

    #[test]
    fn a_rest_joins_the_last_block() {
        let whole = runs(&arm(&[12], 12));
        assert_eq!(blocks(&whole, 5), [0..5, 5..12]);
        assert_eq!(blocks(&whole, 60), whole);
        assert_eq!(sums(&[1; 12], &blocks(&whole, 5)), [5.0, 7.0]);
    }

    #[test]
    fn blocks_stay_inside_their_segment() {
        let cut = runs(&arm(&[7, 3], 10));
        assert_eq!(cut, [0..7, 7..10]);
        assert_eq!(blocks(&cut, 5), [0..7, 7..10]);
        assert_eq!(blocks(&cut, 2), [0..2, 2..4, 4..7, 7..10]);
    }

    #[test]
    fn wrong_segment_lengths_lose_no_minute() {
        assert_eq!(runs(&arm(&[], 4)), runs(&arm(&[4], 4)));
        assert_eq!(runs(&arm(&[3], 4)), [0..3, 3..4]);
        assert_eq!(runs(&arm(&[3, 9], 4)), [0..3, 3..4]);
        assert_eq!(runs(&arm(&[2, 0, 2], 4)), [0..2, 2..4]);
        assert!(runs(&arm(&[3], 0)).is_empty());
        assert!(blocks(&[], 5).is_empty());
    }

    #[test]
    fn sums_survive_short_and_huge_input() {
        assert_eq!(sum(&[1, 2], &(1..9)), 2.0);
        assert_eq!(sum(&[], &(3..4)), 0.0);
        assert_eq!(total(&[u64::MAX, u64::MAX]), u64::MAX as f64);
    }

    #[test]
    fn running_sums_are_the_same_sums() {
        let values = [3, 0, 7, 1, 1, 9];
        let cut = [0..2, 2..5, 5..9, 6..7];
        assert_eq!(differences(&running(&values), &cut), sums(&values, &cut));
        assert_eq!(differences(&running(&values)[2..], &[0..2, 0..1]), [8.0, 7.0]);
        assert_eq!(differences(&[], &cut), [0.0; 4]);
        let after_much = differences(&running(&[1, u64::MAX, 1]), &[2..3, 0..3]);
        assert!(after_much[0] >= 0.0 && after_much[1] > 1e19);
    }

    #[test]
    fn only_whole_blocks_are_active() {
        assert_eq!(active_blocks(&[0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9]), 1);
        assert_eq!(active_blocks(&[1, 1]), 0);
    }
}
