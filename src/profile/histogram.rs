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

    #[test]
    fn ends_belong_to_the_bin_below() {
        assert_eq!(bin_of(0), 0);
        assert_eq!(bin_of(1_020_000), 0);
        assert_eq!(bin_of(1_020_001), 1);
        assert_eq!(bin_of(u64::MAX), (BINS - 1) as u16);
        assert!(ENDS_NS[BINS - 1] > 5_400_000_000_000);
    }
}
