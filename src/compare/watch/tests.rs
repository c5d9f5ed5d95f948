//! Tests of the watch: the answer depends on the data alone, whatever the schedule of looks, restarts or late entries.

use proptest::prelude::*;

use super::*;
use crate::compare::table::{Arm, Histogram};

fn arm(exposure: Vec<u64>, latency: Vec<Histogram>, from: i64) -> Arm {
    Arm {
        segments: vec![exposure.len()],
        clock: (from..).take(exposure.len()).collect(),
        exposure,
        latency,
    }
}

/// A table by rules for minute and side (0 baseline, 1 candidate): server errors and messages.
fn made(pairing: Pairing, minutes: [usize; 2], rows: &[&dyn Fn(usize, usize) -> u64], slow_bin: usize) -> Table {
    let counts = |side: usize, rule: &dyn Fn(usize, usize) -> u64| (0..minutes[side]).map(|m| rule(side, m)).collect();
    let latency = |side: usize| {
        let bin = if side == 1 { slow_bin } else { 200 };
        let block = |b: usize| {
            let mut bins = vec![0; 420];
            bins[bin + b % 3] = 90;
            bins[bin + 60] = 10;
            bins
        };
        (0..minutes[side].div_ceil(5)).map(block).collect()
    };
    let side = |side: usize, from| arm(vec![100; minutes[side]], latency(side), from);
    let start = if pairing == Pairing::Concurrent {
        0
    } else {
        minutes[0] as i64
    };
    let family = |i| if i == 0 { Family::ServerErrors } else { Family::Messages };
    Table {
        pairing,
        baseline: side(0, 0),
        candidate: side(1, start),
        rows: rows
            .iter()
            .enumerate()
            .map(|(i, rule)| Row {
                family: family(i),
                baseline: counts(0, *rule),
                candidate: counts(1, *rule),
            })
            .collect(),
    }
}

fn keys(table: &Table) -> Vec<String> {
    (0..table.rows.len()).map(|i| format!("row-{i}")).collect()
}

/// The table as it was after so many minutes of the candidate.
fn until(table: &Table, minutes: usize) -> Table {
    let cut = |arm: &Arm| Arm {
        segments: vec![minutes.min(arm.exposure.len())],
        exposure: arm.exposure.iter().copied().take(minutes).collect(),
        latency: arm.latency.iter().take(minutes.div_ceil(5)).cloned().collect(),
        clock: arm.clock.iter().copied().take(minutes).collect(),
    };
    let at_once = table.pairing == Pairing::Concurrent;
    let first = |counts: &[u64]| counts.iter().copied().take(minutes).collect::<Vec<_>>();
    Table {
        pairing: table.pairing,
        baseline: if at_once {
            cut(&table.baseline)
        } else {
            table.baseline.clone()
        },
        candidate: cut(&table.candidate),
        rows: table
            .rows
            .iter()
            .map(|row| Row {
                family: row.family,
                baseline: if at_once {
                    first(&row.baseline)
                } else {
                    row.baseline.clone()
                },
                candidate: first(&row.candidate),
            })
            .collect(),
    }
}

fn one_look(table: &Table) -> Watch {
    let mut watch = Watch::default();
    watch.look(table, &keys(table), &Settings::default());
    watch
}

fn alarms(table: &Table) -> Vec<Alarm> {
    one_look(table).alarms(table, &keys(table), &Settings::default())
}

const BOTH: [Pairing; 2] = [Pairing::BeforeAfter, Pairing::Concurrent];

#[test]
fn steady_harm_is_found_and_named() {
    for pairing in BOTH {
        let table = made(
            pairing,
            [240, 240],
            &[&|_, m| u64::from(m % 30 == 0), &|side, _| side as u64 * 2],
            200,
        );
        let found = alarms(&table);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].subject, AlarmSubject::Row("row-1".into()));
        assert!((20..=60).contains(&found[0].minute), "{found:?}");
    }
}

#[test]
fn slower_is_found_and_named() {
    for pairing in BOTH {
        // 1.02^200 is 52 ms, 1.02^250 is 141 ms.
        let found = alarms(&made(pairing, [120, 120], &[], 250));
        assert_eq!(found[0].subject, AlarmSubject::Quantile(0.5), "{found:?}");
        assert!(found[0].minute <= 30, "{found:?}");
    }
}

#[test]
fn what_is_the_same_or_gone_or_one_storm_is_no_alarm() {
    for pairing in BOTH {
        let steady = made(
            pairing,
            [600, 600],
            &[&|_, m| u64::from(m % 5 == 0), &|_, m| u64::from(m % 9 == 0)],
            200,
        );
        assert_eq!(alarms(&steady), []);
        let gone = made(pairing, [600, 600], &[&|side, _| 3 * (1 - side as u64)], 200);
        assert_eq!(alarms(&gone), []);
        let storm = |side: usize, m: usize| if side == 1 && (100..130).contains(&m) { 30 } else { 0 };
        assert_eq!(alarms(&made(pairing, [600, 600], &[&storm, &storm], 200)), []);
    }
}

#[test]
fn late_entries_and_new_rows_are_as_if_they_had_always_been_there() {
    for pairing in BOTH {
        let now = made(
            pairing,
            [300, 300],
            &[&|_, m| u64::from(m % 7 == 0), &|side, m| (side * (m % 3)) as u64],
            200,
        );
        let mut before = until(&now, 140);
        before.rows[0].candidate[60] += 5;
        before.candidate.latency[3][210] += 40;
        before.rows.pop();
        let mut watch = one_look(&before);
        watch.look(&now, &keys(&now), &Settings::default());
        assert_eq!(watch, one_look(&now));
        let mut elsewhere = now.clone();
        elsewhere.candidate.exposure[20] += 1;
        watch.look(&elsewhere, &keys(&elsewhere), &Settings::default());
        assert_eq!(watch, one_look(&elsewhere));
    }
}

#[test]
fn nothing_is_known_of_nothing() {
    for pairing in BOTH {
        for minutes in [[0, 0], [0, 60], [60, 0], [4, 4]] {
            let table = made(pairing, minutes, &[&|_, _| 1, &|side, _| side as u64], 200);
            if pairing == Pairing::Concurrent && minutes[0] != minutes[1] {
                continue;
            }
            assert!(
                alarms(&table).iter().all(|a| matches!(a.subject, AlarmSubject::Row(_))),
                "{minutes:?}"
            );
            let mut silent = table.clone();
            silent.candidate.exposure.fill(0);
            silent.baseline.exposure.fill(0);
            assert_eq!(
                alarms(&Table {
                    rows: silent.rows.clone(),
                    ..silent
                })
                .len(),
                0
            );
        }
    }
}

#[test]
fn rows_that_are_only_reported_are_not_watched() {
    let mut table = made(
        Pairing::BeforeAfter,
        [120, 120],
        &[&|_, _| 0, &|side, _| side as u64 * 5],
        200,
    );
    table.rows[1].family = Family::Reported;
    assert_eq!(alarms(&table), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However often somebody looks, and whenever the state goes through a file: the same state, to the bit.
    #[test]
    fn the_schedule_of_looks_does_not_matter(
        seed in 0_u64..1000,
        concurrent in any::<bool>(),
        mut looks in proptest::collection::vec(1_usize..200, 0..6),
    ) {
        let pairing = BOTH[usize::from(concurrent)];
        let noise = move |salt: u64| move |side: usize, m: usize| {
            let draw = mix(seed ^ mix(salt * 2 + side as u64) ^ mix(m as u64));
            let rise = if side == 1 && salt == 1 && m > 60 { 3 } else { 1 };
            if draw.is_multiple_of(4) { draw / 8 % 3 * rise } else { 0 }
        };
        let table = made(pairing, [200, 200], &[&noise(0), &noise(1), &noise(2)], 200 + (seed % 60) as usize);
        looks.sort_unstable();
        looks.push(200);
        let mut watch = Watch::default();
        for minutes in looks {
            let now = until(&table, minutes);
            watch.look(&now, &keys(&now), &Settings::default());
            let stored = serde_json::to_string(&watch).unwrap();
            watch = serde_json::from_str(&stored).unwrap();
            prop_assert!(watch.is_readable());
        }
        let once = one_look(&table);
        prop_assert_eq!(serde_json::to_string(&watch).unwrap(), serde_json::to_string(&once).unwrap());
        prop_assert_eq!(&watch, &once);
        let settings = Settings::default();
        prop_assert_eq!(watch.alarms(&table, &keys(&table), &settings), once.alarms(&table, &keys(&table), &settings));
    }

    /// What was said at a minute stays said: the first alarm of a longer table is that of the shorter one.
    #[test]
    fn later_minutes_do_not_change_earlier_answers(seed in 0_u64..500, concurrent in any::<bool>()) {
        let rule = move |side: usize, m: usize| u64::from(mix(seed ^ ((m as u64) << 1)).is_multiple_of(4 - 2 * side as u64)) * 2;
        let table = made(BOTH[usize::from(concurrent)], [180, 180], &[&|_, _| 0, &rule], 200);
        let all = alarms(&table);
        if let Some(first) = all.first() {
            let then = until(&table, first.minute);
            let said = alarms(&then);
            prop_assert_eq!(said.first(), Some(first));
        }
    }
}
