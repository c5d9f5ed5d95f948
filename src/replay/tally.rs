//! Counts verdicts and their reasons. Tallies add up in any order, so that runs may be shared among threads.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::distributions::beta_quantile_odds;
use crate::model::Signal;
use crate::report::{FalseAlarm, HoldReason, Outcomes, Share};
use crate::verdict::{Judgement, Verdict};

/// Confidence of the intervals, two-sided.
const CONFIDENCE: f64 = 0.95;

/// What became of some runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    verdicts: BTreeMap<Verdict, u64>,
    /// Runs that were rolled back, by reason and signal.
    alarms: BTreeMap<(String, Option<Signal>), u64>,
    /// Runs that were held, by reason.
    holds: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts one judged run; a reason that is given several times counts once.
    pub fn take(&mut self, judgement: &Judgement) {
        *self.verdicts.entry(judgement.verdict).or_default() += 1;
        let decisive = judgement.reasons.iter().filter(|r| r.asks_for == judgement.verdict);
        match judgement.verdict {
            Verdict::RollBack => {
                let alarms: BTreeSet<_> = decisive.map(|r| (r.code.clone(), r.signal.clone())).collect();
                alarms
                    .into_iter()
                    .for_each(|key| *self.alarms.entry(key).or_default() += 1);
            }
            Verdict::Hold => {
                let codes: BTreeSet<_> = decisive.map(|r| r.code.clone()).collect();
                codes
                    .into_iter()
                    .for_each(|code| *self.holds.entry(code).or_default() += 1);
            }
            Verdict::Proceed => {}
        }
    }

    /// Adds what others counted.
    pub fn add(&mut self, other: Tally) {
        for (verdict, n) in other.verdicts {
            *self.verdicts.entry(verdict).or_default() += n;
        }
        for (key, n) in other.alarms {
            *self.alarms.entry(key).or_default() += n;
        }
        for (code, n) in other.holds {
            *self.holds.entry(code).or_default() += n;
        }
    }

    /// All runs.
    pub fn runs(&self) -> u64 {
        self.verdicts.values().sum()
    }

    /// Runs with this verdict.
    pub fn of(&self, verdict: Verdict) -> u64 {
        self.verdicts.get(&verdict).copied().unwrap_or(0)
    }

    /// The counts as a report shows them, most frequent first; see [`share`] for `different`.
    pub fn outcomes(&self, left_out: u64, different: u64) -> Outcomes {
        let share = |verdict| share(self.of(verdict), self.runs(), different);
        let mut alarms: Vec<FalseAlarm> = self
            .alarms
            .iter()
            .map(|((code, signal), runs)| FalseAlarm {
                code: code.clone(),
                signal: signal.clone(),
                runs: *runs,
            })
            .collect();
        // Stable: equal counts stay in the order of code and signal.
        alarms.sort_by_key(|alarm| std::cmp::Reverse(alarm.runs));
        let mut holds: Vec<HoldReason> = self
            .holds
            .iter()
            .map(|(code, runs)| HoldReason {
                code: code.clone(),
                runs: *runs,
            })
            .collect();
        holds.sort_by_key(|hold| std::cmp::Reverse(hold.runs));
        Outcomes {
            runs: self.runs(),
            left_out,
            roll_back: share(Verdict::RollBack),
            hold: share(Verdict::Hold),
            proceed: share(Verdict::Proceed),
            alarms,
            holds,
        }
    }
}

/// A share with its interval after Clopper and Pearson (1934); without runs it may be anything. Runs that repeat each other
/// prove no more than one: the interval is that of `different` runs, where these are fewer.
pub fn share(count: u64, runs: u64, different: u64) -> Share {
    let n = runs.min(different) as f64;
    let k = count as f64 * n / runs.max(1) as f64;
    let quantile = |a: f64, b: f64, p: f64| match beta_quantile_odds(a, b, p) {
        odds if odds.is_finite() => odds / (1.0 + odds),
        _ => 1.0,
    };
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Share {
        count,
        share: (runs > 0).then(|| count as f64 / runs as f64),
        low: if count == 0 {
            0.0
        } else {
            quantile(k, n - k + 1.0, tail)
        },
        high: if count >= runs {
            1.0
        } else {
            quantile(k + 1.0, n - k, 1.0 - tail)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_tables() {
        // 0 of n: 1 - 0.025^(1/n); 5 of 100: Clopper and Pearson's own interval, as every package prints it.
        let none = share(0, 200, u64::MAX);
        assert!((none.high - (1.0 - 0.025_f64.powf(1.0 / 200.0))).abs() < 1e-9 && none.low == 0.0);
        let five = share(5, 100, 1000);
        assert!(
            (five.low - 0.016_431_9).abs() < 1e-6 && (five.high - 0.112_834_9).abs() < 1e-6,
            "{five:?}"
        );
        let all = share(7, 7, 8);
        assert!((all.low - 0.025_f64.powf(1.0 / 7.0)).abs() < 1e-9 && all.high == 1.0);
        let nothing = share(0, 0, 9);
        assert_eq!((nothing.share, nothing.low, nothing.high), (None, 0.0, 1.0));
        let (repeated, once) = (share(100, 200, 6), share(3, 6, 6));
        assert_eq!(
            (repeated.share, repeated.low, repeated.high),
            (once.share, once.low, once.high)
        );
    }
}
