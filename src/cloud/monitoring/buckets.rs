//! The histogram of a Distribution: its buckets as ranges of nanoseconds.
//!
//! Input: JSON of `google.api.Distribution`, values in milliseconds. Output: (from, to) and count. Ends by repeated
//! multiplication: the same bits on every machine.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::series::count;

/// Buckets of more than this are not believed: Google's largest layouts have 200.
const BUCKETS_MAX: usize = 10_000;
/// Requests of a bucket that are believed: so, no sum of buckets can overflow.
const COUNT_MAX: u64 = 1 << 32;
const NANOS_PER_MILLI: f64 = 1e6;

/// Requests by (from, to) in nanoseconds: `from` belongs to the bucket, `to` does not. The last may reach to `u64::MAX`.
pub type Buckets = BTreeMap<(u64, u64), u64>;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Distribution {
    #[serde(deserialize_with = "count")]
    pub count: u64,
    pub bucket_options: Options,
    pub bucket_counts: Vec<Count>,
}

/// A count in a list; an int64 comes as a string.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Count(#[serde(deserialize_with = "count")] u64);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Options {
    linear_buckets: Option<Linear>,
    exponential_buckets: Option<Exponential>,
    explicit_buckets: Option<Explicit>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Linear {
    num_finite_buckets: usize,
    width: f64,
    offset: f64,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Exponential {
    num_finite_buckets: usize,
    growth_factor: f64,
    scale: f64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Explicit {
    bounds: Vec<f64>,
}

impl Distribution {
    /// Adds the buckets; what has no histogram, or one that makes no sense, adds nothing.
    pub fn add_to(&self, buckets: &mut Buckets) {
        let ends: Vec<u64> = self.bucket_options.bounds().into_iter().map(nanos).collect();
        if ends.is_empty() || self.bucket_counts.len() > ends.len() + 1 || !ends.is_sorted() {
            return;
        }
        for (i, Count(requests)) in self.bucket_counts.iter().enumerate().filter(|(_, n)| n.0 > 0) {
            let from = if i == 0 { 0 } else { ends[i - 1] };
            let to = ends.get(i).copied().unwrap_or(u64::MAX);
            let sum = buckets.entry((from, to)).or_default();
            *sum = sum.saturating_add((*requests).min(COUNT_MAX)).min(COUNT_MAX);
        }
    }
}

impl Options {
    /// The bounds between buckets, in milliseconds, ascending: the first bucket lies below the first of them.
    fn bounds(&self) -> Vec<f64> {
        match (&self.exponential_buckets, &self.linear_buckets, &self.explicit_buckets) {
            (Some(e), _, _) => {
                let first = Some(e.scale);
                let next = |end: &f64| Some(end * e.growth_factor);
                let ends = std::iter::successors(first, next);
                ends.take(bounds_of(e.num_finite_buckets)).collect()
            }
            (None, Some(l), _) => {
                let end = |i: usize| l.offset + l.width * i as f64;
                (0..bounds_of(l.num_finite_buckets)).map(end).collect()
            }
            (None, None, Some(e)) => e.bounds.iter().copied().take(BUCKETS_MAX).collect(),
            (None, None, None) => vec![],
        }
    }
}

fn bounds_of(finite: usize) -> usize {
    finite.min(BUCKETS_MAX) + 1
}

/// Not a number becomes 0, what is too large the largest.
fn nanos(millis: f64) -> u64 {
    (millis * NANOS_PER_MILLI) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(json: &str) -> Vec<((u64, u64), u64)> {
        let distribution: Distribution = serde_json::from_str(json).unwrap();
        let mut buckets = Buckets::new();
        distribution.add_to(&mut buckets);
        buckets.into_iter().collect()
    }

    #[test]
    fn every_layout_is_read() {
        assert_eq!(
            buckets(
                r#"{"count": "6", "mean": 3.5, "bucketOptions": {"exponentialBuckets": {"numFiniteBuckets": 2,
                "growthFactor": 2, "scale": 1}}, "bucketCounts": ["1", "2", "0", "3"]}"#
            ),
            [
                ((0, 1_000_000), 1),
                ((1_000_000, 2_000_000), 2),
                ((4_000_000, u64::MAX), 3)
            ]
        );
        assert_eq!(
            buckets(
                r#"{"bucketOptions": {"linearBuckets": {"numFiniteBuckets": 2, "width": 10, "offset": 0}},
                "bucketCounts": ["0", 5, "1"]}"#
            ),
            [((0, 10_000_000), 5), ((10_000_000, 20_000_000), 1)]
        );
        assert_eq!(
            buckets(
                r#"{"bucketOptions": {"explicitBuckets": {"bounds": [0.5, 100]}}, "bucketCounts": ["1", "1", "1"]}"#
            ),
            [
                ((0, 500_000), 1),
                ((500_000, 100_000_000), 1),
                ((100_000_000, u64::MAX), 1)
            ]
        );
    }

    #[test]
    fn what_makes_no_sense_adds_nothing() {
        for json in [
            r#"{"count": "5", "mean": 2}"#,
            r#"{"bucketCounts": ["1"]}"#,
            r#"{"bucketOptions": {"explicitBuckets": {"bounds": [1]}}, "bucketCounts": ["0", "0", "1"]}"#,
            r#"{"bucketOptions": {"explicitBuckets": {"bounds": [3, 1]}}, "bucketCounts": ["1"]}"#,
            r#"{"bucketOptions": {"exponentialBuckets": {"numFiniteBuckets": 99999999, "growthFactor": 0.5, "scale": 9}},
               "bucketCounts": ["1"]}"#,
        ] {
            assert_eq!(buckets(json), [], "{json}");
        }
    }
}
