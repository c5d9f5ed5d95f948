//! How often something happened in each minute, in few bytes: there are hundreds of signals, each with a day of minutes.

use std::collections::BTreeMap;

use crate::model::Minute;

/// Minutes that are kept unsorted before they are put in order.
const RECENT_MIN: usize = 16;

/// Counts by minute, made for minutes that mostly come in order.
///
/// The open minute is counted in place; others wait in `recent`, repeats and all, until these outgrow a quarter of the
/// sorted ones: so any order costs `n log n` in all.
#[derive(Debug, Default)]
pub(super) struct Minutes {
    open: Option<(i32, u32)>,
    recent: Vec<(i32, u32)>,
    /// By minute, each once.
    sorted: Vec<(i32, u32)>,
    /// What does not fit into 32 bits.
    carried: BTreeMap<i32, u64>,
    /// Events without a time.
    pub untimed: u64,
}

impl Minutes {
    /// One more event; a minute beyond 32 bits is no time of a log.
    #[inline]
    pub fn add(&mut self, minute: i64) {
        match &mut self.open {
            Some((open, n)) if i64::from(*open) == minute && *n < u32::MAX => *n += 1,
            _ => self.change(minute),
        }
    }

    fn change(&mut self, minute: i64) {
        let Ok(minute) = i32::try_from(minute) else {
            self.untimed += 1;
            return;
        };
        self.recent.extend(self.open.replace((minute, 1)));
        if self.recent.len() > RECENT_MIN.max(self.sorted.len() / 4) {
            self.sort();
        }
    }

    fn sort(&mut self) {
        self.sorted.append(&mut self.recent);
        self.sorted.sort_unstable_by_key(|(minute, _)| *minute);
        let carried = &mut self.carried;
        self.sorted.dedup_by(|(minute, n), (kept, sum)| {
            if minute != kept {
                return false;
            }
            *sum = sum.checked_add(*n).unwrap_or_else(|| {
                *carried.entry(*kept).or_default() += u64::from(*n);
                *sum
            });
            true
        });
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: Minutes) {
        self.untimed += other.untimed;
        self.recent.extend(other.open);
        self.recent.extend(other.recent);
        self.recent.extend(other.sorted);
        for (minute, n) in other.carried {
            *self.carried.entry(minute).or_default() += n;
        }
        self.sort();
    }

    /// The counts by minute.
    pub fn finish(mut self) -> BTreeMap<Minute, u64> {
        self.recent.extend(self.open.take());
        self.sort();
        let counts = self.sorted.into_iter().map(|(minute, n)| (minute, u64::from(n)));
        let mut sums: BTreeMap<Minute, u64> = counts.map(|(minute, n)| (Minute(minute.into()), n)).collect();
        for (minute, n) in self.carried {
            *sums.entry(Minute(minute.into())).or_default() += n;
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_order_gives_the_counts(minutes in prop::collection::vec(-40_i64..40, 0..400), cut in 0_usize..400) {
            let mut expected: BTreeMap<Minute, u64> = BTreeMap::new();
            minutes.iter().for_each(|m| *expected.entry(Minute(*m)).or_default() += 1);
            let counted = |part: &[i64]| {
                let mut counts = Minutes::default();
                part.iter().for_each(|m| counts.add(*m));
                counts
            };
            prop_assert_eq!(counted(&minutes).finish(), expected.clone());
            let (one, other) = minutes.split_at(cut.min(minutes.len()));
            let mut sum = counted(one);
            sum.merge(counted(other));
            prop_assert_eq!(sum.finish(), expected);
        }
    }

    #[test]
    fn large_counts_are_carried_and_no_times_are_counted_apart() {
        let mut counts = Minutes {
            open: Some((7, u32::MAX)),
            ..Minutes::default()
        };
        counts.add(7);
        counts.add(7);
        counts.add(i64::MIN);
        assert_eq!(counts.untimed, 1);
        assert_eq!(counts.finish(), BTreeMap::from([(Minute(7), u64::from(u32::MAX) + 2)]));
    }
}
