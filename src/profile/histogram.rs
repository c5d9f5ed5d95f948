//! Latency in bins that grow by 2 %: exact counts, about 1 % error of a quantile, and sums that merge.

use std::sync::LazyLock;

/// Ratio of a bin's ends.
pub const GAMMA: f64 = 1.02;
/// Bins; the last one holds everything above about an hour and a half.
pub const BINS: usize = 790;

/// Upper ends in nanoseconds, by repeated multiplication: the same bits on every machine, unlike a logarithm.
static ENDS_NS: LazyLock<[u64; BINS]> = LazyLock::new(|| {
    let mut end_ms = 1.0;
    std::array::from_fn(|_| {
        end_ms *= GAMMA;
        (end_ms * 1e6) as u64
    })
});

/// The bin of a latency: bin `i` covers (1.02^i, 1.02^(i+1)] milliseconds, bin 0 all up to 1.02.
#[inline]
pub fn bin_of(latency_ns: u64) -> u16 {
    let ends = &*ENDS_NS;
    // The logarithm is a guess, off by one at most; the table decides.
    let guess = ((latency_ns.max(1) as f32 / 1e6).ln() * (1.0 / 0.019_802_627)) as usize;
    let mut bin = guess.saturating_sub(1).min(BINS - 1);
    while bin > 0 && latency_ns <= ends[bin - 1] {
        bin -= 1;
    }
    while bin < BINS - 1 && latency_ns > ends[bin] {
        bin += 1;
    }
    bin as u16
}

/// Spreads requests whose latency is only known to lie between two ends over the bins between them: evenly over each
/// bin's part, whole numbers, the same ones on every machine. What lies above the last end known (`to` is `u64::MAX`) goes to
/// the bin of `from`.
pub(super) fn spread(from: u64, to: u64, requests: u64, mut add: impl FnMut(u16, u64)) {
    let first = bin_of(from.saturating_add(1));
    if to == u64::MAX || to <= from.saturating_add(1) {
        add(first, requests);
        return;
    }
    let last = bin_of(to);
    let parts: Vec<(u16, u128)> = (first..=last).map(|bin| (bin, part_inside(bin, from, to))).collect();
    let whole = parts.iter().map(|(_, part)| part).sum::<u128>().max(1);
    let (mut before, mut given) = (0, 0);
    for (bin, part) in parts {
        before += part;
        // Rounded at each end of a bin, not for each bin: the sum stays exact, and a single request lies in the middle.
        let until = (2 * u128::from(requests) * before + whole) / (2 * whole);
        let here = u64::try_from(until - given).unwrap_or(u64::MAX);
        given = until;
        if here > 0 {
            add(bin, here);
        }
    }
}

/// How much of a bin lies between two ends, in millionths.
fn part_inside(bin: u16, from: u64, to: u64) -> u128 {
    let ends = &*ENDS_NS;
    let low = if bin == 0 { 0 } else { ends[usize::from(bin) - 1] };
    let high = ends[usize::from(bin)].max(low + 1);
    let inside = to.min(high).saturating_sub(from.max(low));
    u128::from(inside) * 1_000_000 / u128::from(high - low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_table_decides(latency_ns in 0_u64..10_000_000_000_000) {
            let slow = ENDS_NS.iter().position(|end| latency_ns <= *end).unwrap_or(BINS - 1);
            prop_assert_eq!(usize::from(bin_of(latency_ns)), slow);
        }
    }

    fn spread_out(from: u64, to: u64, requests: u64) -> Vec<(u16, u64)> {
        let mut bins = vec![];
        spread(from, to, requests, |bin, n| bins.push((bin, n)));
        bins
    }

    proptest! {
        #[test]
        fn spreading_keeps_every_request_between_the_ends(
            from in 0_u64..400_000_000_000, width in 0_u64..400_000_000_000, requests in 0_u64..1_000_000_000_000,
        ) {
            let bins = spread_out(from, from + width, requests);
            prop_assert_eq!(bins.iter().map(|b| b.1).sum::<u64>(), requests);
            let (first, last) = (bin_of(from + 1), bin_of((from + width).max(from + 1)));
            prop_assert!(bins.iter().all(|(bin, n)| (first..=last).contains(bin) && *n <= requests));
            prop_assert!(bins.is_sorted_by(|a, b| a.0 < b.0));
        }
    }

    #[test]
    fn few_requests_lie_in_the_middle_and_many_everywhere() {
        let (from, to) = (100_000_000, 140_000_000);
        let (first, last) = (bin_of(from + 1), bin_of(to));
        let one = spread_out(from, to, 1);
        assert!(
            one.len() == 1 && one[0].0.abs_diff((first + last) / 2) <= 1,
            "{one:?} in {first}..={last}"
        );
        let many = spread_out(from, to, 1_000_000);
        assert_eq!(many.len(), usize::from(last - first) + 1);
        let whole = &many[1..many.len() - 1];
        assert!(whole.iter().all(|(_, n)| n.abs_diff(whole[0].1) <= 1), "{many:?}");
        assert_eq!(spread_out(7_000_000_000, u64::MAX, 5), [(bin_of(7_000_000_001), 5)]);
        assert_eq!(spread_out(0, 1_000_000, 5), [(0, 5)]);
        assert_eq!(spread_out(0, 0, 5), [(0, 5)]);
        assert_eq!(spread_out(u64::MAX, u64::MAX, 5), [((BINS - 1) as u16, 5)]);
    }

    #[test]
    fn ends_belong_to_the_bin_below() {
        assert_eq!(bin_of(0), 0);
        assert_eq!(bin_of(1_020_000), 0);
        assert_eq!(bin_of(1_020_001), 1);
        assert_eq!(bin_of(u64::MAX), (BINS - 1) as u16);
        assert!(ENDS_NS[BINS - 1] > 5_400_000_000_000);
    }
}
