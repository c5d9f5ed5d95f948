//! Variations of a policy: one setting of the statistics changed, all others as they are.

use crate::verdict::Policy;
use crate::verdict::policy::{LatencyTolerance, Statistics};

/// One setting with another value.
#[derive(Debug, Clone, Copy)]
pub struct Variation {
    /// The key, as in `[statistics]` of a policy; of a table within it, behind a point.
    pub key: &'static str,
    slot: Slot,
}

/// Where a setting is kept, and its other value.
#[derive(Debug, Clone, Copy)]
enum Slot {
    Number(fn(&mut Statistics) -> &mut f64, f64),
    Whole(fn(&mut Statistics) -> &mut u64, u64),
    Small(fn(&mut Statistics) -> &mut u32, u32),
    /// Milliseconds and share.
    Latency(fn(&mut Statistics) -> &mut LatencyTolerance, f64, f64),
}

impl Variation {
    /// The value, as it is written in a policy.
    pub fn value(&self) -> String {
        match self.slot {
            Slot::Number(_, value) => value.to_string(),
            Slot::Whole(_, value) => value.to_string(),
            Slot::Small(_, value) => value.to_string(),
            Slot::Latency(_, ms, share) => tolerance(ms, share),
        }
    }

    /// The value that a policy has, as it is written there.
    pub fn now(&self, policy: &Policy) -> String {
        let mut s = policy.statistics.clone();
        match self.slot {
            Slot::Number(slot, _) => slot(&mut s).to_string(),
            Slot::Whole(slot, _) => slot(&mut s).to_string(),
            Slot::Small(slot, _) => slot(&mut s).to_string(),
            Slot::Latency(slot, ..) => {
                let now = slot(&mut s);
                tolerance(now.ms, now.share)
            }
        }
    }

    /// The policy with this one setting changed.
    pub fn of(&self, policy: &Policy) -> Policy {
        let mut varied = policy.clone();
        let s = &mut varied.statistics;
        match self.slot {
            Slot::Number(slot, value) => *slot(s) = value,
            Slot::Whole(slot, value) => *slot(s) = value,
            Slot::Small(slot, value) => *slot(s) = value,
            Slot::Latency(slot, ms, share) => *slot(s) = LatencyTolerance { ms, share },
        }
        varied
    }
}

fn tolerance(ms: f64, share: f64) -> String {
    format!("{{ ms = {ms}, share = {share} }}")
}

const fn number(key: &'static str, slot: fn(&mut Statistics) -> &mut f64, value: f64) -> Variation {
    let slot = Slot::Number(slot, value);
    Variation { key, slot }
}

const fn whole(key: &'static str, slot: fn(&mut Statistics) -> &mut u64, value: u64) -> Variation {
    let slot = Slot::Whole(slot, value);
    Variation { key, slot }
}

const fn small(key: &'static str, slot: fn(&mut Statistics) -> &mut u32, value: u32) -> Variation {
    let slot = Slot::Small(slot, value);
    Variation { key, slot }
}

const fn latency(
    key: &'static str,
    slot: fn(&mut Statistics) -> &mut LatencyTolerance,
    ms: f64,
    share: f64,
) -> Variation {
    let slot = Slot::Latency(slot, ms, share);
    Variation { key, slot }
}

/// What is tried where a verdict was wrong: below and above the defaults. `docs/replay.md` lists them.
pub const VARIATIONS: [Variation; 40] = [
    number("alpha", |s| &mut s.alpha, 0.01),
    number("alpha", |s| &mut s.alpha, 0.1),
    number("rho", |s| &mut s.rho, 1.1),
    number("rho", |s| &mut s.rho, 1.5),
    number("rho", |s| &mut s.rho, 2.0),
    number("min-eff", |s| &mut s.min_eff, 8.0),
    small("persist", |s| &mut s.persist, 2),
    small("persist", |s| &mut s.persist, 6),
    number("min-excess", |s| &mut s.min_excess, 0.001),
    number("min-excess", |s| &mut s.min_excess, 0.005),
    number("ni-conf", |s| &mut s.ni_conf, 0.9),
    number("ni-conf", |s| &mut s.ni_conf, 0.99),
    number("ni-ratio", |s| &mut s.ni_ratio, 1.25),
    number("ni-ratio", |s| &mut s.ni_ratio, 2.0),
    number("ni-5xx", |s| &mut s.ni_5xx, 0.001),
    number("ni-5xx", |s| &mut s.ni_5xx, 0.01),
    number("ni-tmpl", |s| &mut s.ni_tmpl, 0.001),
    number("ni-tmpl", |s| &mut s.ni_tmpl, 0.01),
    number("suspect", |s| &mut s.suspect, 0.05),
    number("suspect", |s| &mut s.suspect, 0.2),
    whole("min-minutes", |s| &mut s.min_minutes, 30),
    whole("min-minutes", |s| &mut s.min_minutes, 60),
    whole("full-minutes", |s| &mut s.full_minutes, 30),
    whole("full-minutes", |s| &mut s.full_minutes, 120),
    whole("settle-minutes", |s| &mut s.settle_minutes, 0),
    whole("settle-minutes", |s| &mut s.settle_minutes, 10),
    whole("settle-minutes", |s| &mut s.settle_minutes, 20),
    whole("storm-minutes", |s| &mut s.storm_minutes, 0),
    whole("storm-minutes", |s| &mut s.storm_minutes, 20),
    whole("storm-minutes", |s| &mut s.storm_minutes, 60),
    number("daily-cycle", |s| &mut s.daily_cycle, 1.0),
    number("daily-cycle", |s| &mut s.daily_cycle, 4.0),
    number("burst-ratio", |s| &mut s.burst_ratio, 1.0),
    number("burst-ratio", |s| &mut s.burst_ratio, 3.0),
    latency("latency.p50", |s| &mut s.latency.p50, 25.0, 0.05),
    latency("latency.p50", |s| &mut s.latency.p50, 100.0, 0.2),
    latency("latency.p95", |s| &mut s.latency.p95, 25.0, 0.075),
    latency("latency.p95", |s| &mut s.latency.p95, 100.0, 0.3),
    latency("latency.p99", |s| &mut s.latency.p99, 50.0, 0.125),
    latency("latency.p99", |s| &mut s.latency.p99, 200.0, 0.5),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variation_is_what_a_policy_with_that_line_says() {
        for variation in &VARIATIONS {
            let (key, value) = (variation.key, variation.value());
            let text = format!("schema = \"logverdict.policy/1\"\n[statistics]\n{key} = {value}\n");
            let read = Policy::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
            let varied = variation.of(&Policy::default());
            assert_eq!(read, varied, "{text}");
            assert_ne!(varied, Policy::default(), "{text}");
            assert_eq!(variation.now(&varied), value);
        }
    }

    #[test]
    fn the_documentation_lists_every_variation() {
        let docs = include_str!("../../docs/replay.md");
        for variation in &VARIATIONS {
            let row = docs
                .lines()
                .find(|line| line.starts_with(&format!("| `{}` |", variation.key)));
            let row = row.unwrap_or_else(|| panic!("{} is not listed", variation.key));
            assert!(row.contains(&format!("`{}`", variation.value())), "{row}");
        }
    }
}
