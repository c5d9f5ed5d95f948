//! Pairs do not overlap, counts are conserved, harm is what it says, and the same seed gives the same counts.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::cut::cut;
use super::inject::{MESSAGE_KEY, STATUS_KEY, injected};
use super::plan::{as_it_happened, deck, shuffled, windows};
use super::*;
use crate::compare::{Pairing, Side, Sides};
use crate::model::{Level, Minute};
use crate::profile::{
    Data, MinuteCounts, RevisionCounts, SignalCounts, SignalInfo, Trace, TracedRequest, UNMATCHED_KEY, bin_of,
};
use crate::report::HarmKind;
use crate::verdict::Policy;

const START: i64 = 29_500_000;
const ERROR: &str = "template:abc";

/// A service of `per_minute` requests, 1 in 500 a server error, an error message now and then, 60 ms each.
fn service(minutes: i64, per_minute: u64) -> Data {
    let mut revision = RevisionCounts {
        service: "chat-api".into(),
        revision: "chat-api-00041-kop".into(),
        ..RevisionCounts::default()
    };
    let mut dice = Dice::new(99, &[]);
    let mut errors = SignalCounts::default();
    for minute in START..START + minutes {
        let failed = dice.binomial(per_minute, 0.002);
        let counts = MinuteCounts {
            entries: per_minute + 1,
            requests: per_minute,
            error_messages: 1,
            by_status: BTreeMap::from([(200, per_minute - failed), (503, failed)]),
        };
        revision.minutes.insert(Minute(minute), counts);
        errors.minutes.insert(Minute(minute), 1);
        let bins = revision.latency.entry(minute.div_euclid(5)).or_default();
        for ms in [40, 50, 60, 70, 90] {
            *bins.entry(bin_of(ms * 1_000_000)).or_default() += per_minute / 5;
        }
        let trace = Trace {
            minute: Minute(minute),
            signals: BTreeSet::new(),
            request: Some(TracedRequest {
                key: 1,
                route: "GET /rooms".into(),
                latency_ns: 60_000_000,
            }),
        };
        revision.traces.insert(minute.unsigned_abs(), trace);
    }
    revision.signals.insert(ERROR.into(), errors);
    let info = SignalInfo {
        title: "lost the room".into(),
        level: Level::Error,
        category: String::new(),
        class: String::new(),
    };
    Data {
        revisions: BTreeMap::from([("chat-api/chat-api-00041-kop".into(), revision)]),
        signals: BTreeMap::from([(ERROR.into(), info)]),
    }
}

fn logs(minutes: i64, per_minute: u64) -> Logs {
    Logs::new(service(minutes, per_minute), &[]).unwrap()
}

fn plan(runs: u32, threads: usize) -> Plan {
    Plan {
        lengths: Lengths::new(60, 60, 30),
        runs,
        seed: 1,
        threads,
    }
}

fn requests(side: &[RevisionCounts]) -> u64 {
    side.iter().flat_map(|r| r.minutes.values()).map(|m| m.requests).sum()
}

#[test]
fn lengths_are_whole_blocks() {
    let block = |b, c, most| Lengths::new(b, c, most).block;
    assert_eq!(
        [
            block(60, 60, 30),
            block(45, 60, 30),
            block(20, 20, 30),
            block(50, 25, 30)
        ],
        [30, 15, 20, 25]
    );
    assert_eq!(Lengths::new(0, 7, 0).block, 5);
    assert_eq!(block(60, 60, 20), 20);
}

#[test]
fn windows_are_adjacent_and_slide_by_half_a_candidate() {
    let logs = logs(240, 100);
    let lengths = Lengths::new(60, 60, 30);
    let starts = windows(&logs, &lengths).unwrap().starts;
    assert_eq!(starts, [0, 30, 60, 90, 120].map(|m| START + m));
    for start in starts {
        let deploy = as_it_happened(&logs, &lengths, start);
        let minutes =
            |side: &[RevisionCounts]| -> Vec<i64> { side.iter().flat_map(|r| r.minutes.keys()).map(|m| m.0).collect() };
        assert_eq!(minutes(&deploy.baseline), (start..start + 60).collect::<Vec<_>>());
        assert_eq!(
            minutes(&deploy.candidate),
            (start + 60..start + 120).collect::<Vec<_>>()
        );
    }
    let week = self::logs(7 * 1440, 3);
    assert_eq!(windows(&week, &lengths).unwrap().starts.len(), WINDOWS_MAX);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn deals_use_each_block_once_and_keep_every_count(
        minutes in 120_i64..400, baseline in 1_u32..13, candidate in 1_u32..13, seed in any::<u64>(),
    ) {
        let logs = logs(minutes, 100);
        let lengths = Lengths::new(baseline * 5, candidate * 5, 30);
        let deck = deck(&logs, &lengths).unwrap();
        let deploy = shuffled(&logs, &lengths, &deck, &mut Dice::new(seed, &[]));
        let traces = |side: &[RevisionCounts]| -> BTreeSet<u64> { side.iter().flat_map(|r| r.traces.keys().copied()).collect() };
        // A trace's key is its minute here: no minute stands on both sides, or twice on one.
        let (old, new) = (traces(&deploy.baseline), traces(&deploy.candidate));
        prop_assert!(old.is_disjoint(&new));
        prop_assert_eq!(old.len() as i64, lengths.baseline);
        prop_assert_eq!(new.len() as i64, lengths.candidate);
        for (side, minutes, window) in [
            (&deploy.baseline, lengths.baseline, deploy.start..deploy.deployed),
            (&deploy.candidate, lengths.candidate, deploy.deployed..deploy.end),
        ] {
            prop_assert_eq!(requests(side), 100 * minutes.unsigned_abs());
            let revision = &side[0];
            prop_assert_eq!(revision.minutes.keys().map(|m| m.0).collect::<Vec<_>>(), window.collect::<Vec<_>>());
            prop_assert_eq!(revision.signals[ERROR].total(), minutes.unsigned_abs());
            prop_assert_eq!(revision.latency.values().flat_map(|b| b.values()).sum::<u64>(), 100 * minutes.unsigned_abs());
        }
    }
}

/// A window that is cut out says the same as the window that `compare` cuts.
#[test]
fn cutting_changes_nothing_that_is_compared() {
    let data = service(120, 100);
    let logs = Logs::new(data.clone(), &[]).unwrap();
    let lengths = Lengths::new(60, 60, 30);
    let deploy = as_it_happened(&logs, &lengths, START);
    let whole = |window| Side {
        revisions: data.revisions.values().collect(),
        windows: vec![window],
    };
    let sides = Sides {
        pairing: Pairing::BeforeAfter,
        baseline: whole(START..START + 60),
        candidate: whole(START + 60..START + 120),
        same_hours: false,
        concerns: vec![],
        notes: vec![],
    };
    let policy = Policy::default();
    let findings = crate::compare::compare(&sides, [&data, &data], &(&policy.statistics).into());
    let direct = crate::verdict::judge(&crate::verdict::Case::new(&sides, findings, vec![]), &policy);
    let replayed = judged(&deploy, &logs.kinds, &policy);
    assert_eq!((replayed.verdict, replayed.lean), (direct.verdict, direct.lean));
    let numbers = |j: &crate::verdict::Judgement| {
        j.reasons
            .iter()
            .map(|r| (r.code.clone(), r.numbers.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&replayed), numbers(&direct));
    assert_eq!(crate::verdict::Case::new(&sides, vec![], vec![]).candidate.minutes, 60);
}

fn harm(id: &str) -> &'static Harm {
    HARMS.iter().find(|h| h.id == id).unwrap()
}

fn harmed(id: &str) -> (Vec<RevisionCounts>, Vec<RevisionCounts>) {
    let logs = logs(120, 1000);
    let before = as_it_happened(&logs, &Lengths::new(60, 60, 30), START).candidate;
    let after = injected(&before, harm(id), &logs.usual(), &mut Dice::new(3, &[]));
    (before, after)
}

fn with_status(side: &[RevisionCounts], status: u16) -> u64 {
    let minutes = side.iter().flat_map(|r| r.minutes.values());
    minutes.filter_map(|m| m.by_status.get(&status)).sum()
}

#[test]
fn failed_requests_stay_requests() {
    let (before, after) = harmed("server-errors-1-percent");
    let failed = with_status(&after, 500);
    assert!((520..680).contains(&failed), "{failed} of 60,000");
    assert_eq!(requests(&before), requests(&after));
    assert_eq!(with_status(&before, 200), with_status(&after, 200) + failed);
    assert_eq!(with_status(&before, 503), with_status(&after, 503));
    assert_eq!(after[0].signals[STATUS_KEY].total(), failed);
    let own = with_status(&before, 503);
    let (_, twice) = harmed("server-errors-x2");
    let added = with_status(&twice, 500);
    assert!(added.abs_diff(own) < own / 2, "{added} beside {own}");
}

#[test]
fn new_messages_are_entries_and_unmatched_errors() {
    let (before, after) = harmed("new-error-message-5-percent");
    let said = after[0].signals[MESSAGE_KEY].total();
    assert!((2800..3200).contains(&said), "{said} of 60,000");
    let sum = |side: &[RevisionCounts], of: fn(&MinuteCounts) -> u64| side[0].minutes.values().map(of).sum::<u64>();
    assert_eq!(sum(&after, |m| m.entries), sum(&before, |m| m.entries) + said);
    assert_eq!(
        sum(&after, |m| m.error_messages),
        sum(&before, |m| m.error_messages) + said
    );
    assert_eq!(after[0].signals[UNMATCHED_KEY].total(), said);
    assert_eq!(after[0].signals[ERROR], before[0].signals[ERROR]);
    assert_eq!(requests(&before), requests(&after));
}

#[test]
fn slower_requests_are_as_many() {
    let (before, after) = harmed("latency-100-ms");
    let bins = |side: &[RevisionCounts]| {
        let mut sum: BTreeMap<u16, u64> = BTreeMap::new();
        for (bin, n) in side.iter().flat_map(|r| r.latency.values()).flatten() {
            *sum.entry(*bin).or_default() += n;
        }
        sum
    };
    let (old, new) = (bins(&before), bins(&after));
    assert_eq!(old.values().sum::<u64>(), new.values().sum::<u64>());
    let expected = [140, 150, 160, 170, 190].map(|ms| bin_of(ms * 1_000_000));
    for (found, wanted) in new.keys().zip(expected) {
        assert!(found.abs_diff(wanted) <= 1, "{new:?}");
    }
    assert_eq!(
        after[0]
            .traces
            .values()
            .next()
            .unwrap()
            .request
            .as_ref()
            .unwrap()
            .latency_ns,
        160_000_000
    );
}

#[test]
fn a_steady_service_raises_no_alarm_and_large_harm_is_found() {
    let calibration = calibrate(&logs(360, 1000), &plan(12, 2), &Policy::default()).unwrap();
    assert_eq!((calibration.as_it_happened.runs, calibration.shuffled.runs), (9, 12));
    assert_eq!(calibration.shuffled.roll_back.count, 0);
    assert_eq!(calibration.logs.deals, Some(66 * 45));
    let row = |id: &str| calibration.harms.iter().find(|h| h.id == id).unwrap();
    assert_eq!(row("server-errors-5-percent").roll_back.count, 12);
    assert_eq!(row("new-error-message-5-percent").roll_back.count, 12);
    assert_eq!(row("latency-500-ms").roll_back.count, 12);
    assert_eq!(row("latency-20-ms").roll_back.count, 0);
    assert!(calibration.harms.iter().all(|h| h.missed() == 0 && h.runs == 12));
    let found = |kind| {
        calibration
            .found
            .iter()
            .find(|f| f.kind == kind)
            .unwrap()
            .smallest
            .clone()
    };
    assert!(found(HarmKind::Latency).is_some() && found(HarmKind::ServerErrors).is_some());
}

#[test]
fn threads_do_not_matter_and_seeds_do() {
    let logs = logs(240, 60);
    let run = |seed, threads| {
        let plan = Plan {
            seed,
            ..plan(6, threads)
        };
        calibrate(&logs, &plan, &Policy::default()).unwrap()
    };
    assert_eq!(run(1, 1), run(1, 5));
    let deal = |seed| {
        let lengths = Lengths::new(60, 60, 30);
        let deck = deck(&logs, &lengths).unwrap();
        shuffled(&logs, &lengths, &deck, &mut Dice::new(seed, &[0]))
    };
    assert_ne!(deal(1), deal(2));
}

#[test]
fn what_cannot_be_replayed_says_why() {
    let lengths = Lengths::new(60, 60, 30);
    let short = logs(95, 10);
    let error = calibrate(&short, &plan(1, 1), &Policy::default()).unwrap_err();
    let told = "the logs hold 95 minutes, one pair of windows takes 120 (60 and 60)";
    assert_eq!(error.to_string(), told);
    let mut quiet = service(120, 10);
    let silence = |data: &mut Data, from: i64| {
        let revision = data.revisions.values_mut().next().unwrap();
        revision
            .minutes
            .range_mut(Minute(START + from)..)
            .for_each(|(_, m)| m.requests = 0);
    };
    silence(&mut quiet, 60);
    let logs = Logs::new(quiet.clone(), &[]).unwrap();
    assert_eq!(windows(&logs, &lengths), Err(ReplayError::NoExposure(1)));
    assert!(matches!(
        deck(&logs, &lengths),
        Err(ReplayError::TooFewBlocks {
            with_requests: 2,
            blocks: 4,
            needed: 4,
            ..
        })
    ));
    silence(&mut quiet, 0);
    assert_eq!(Logs::new(quiet, &[]).unwrap_err(), ReplayError::NoRequests);
    assert_eq!(Logs::new(Data::default(), &[]).unwrap_err(), ReplayError::NoRequests);
    let glob = glob::Pattern::new("other-*").unwrap();
    assert!(matches!(
        Logs::new(service(10, 1), &[glob]),
        Err(ReplayError::NoSuchRevision(..))
    ));
    let mut gaps = service(300, 10);
    let revision = gaps.revisions.values_mut().next().unwrap();
    revision.minutes.retain(|m, _| (m.0 - START) % 100 < 60);
    let logs = Logs::new(gaps, &[]).unwrap();
    let told = "the longest of 3 stretches without a gap holds 60 minutes, one pair of windows takes 120 (60 and 60)";
    assert_eq!(windows(&logs, &lengths).unwrap_err().to_string(), told);
    assert!(cut(&logs, &[]).is_empty());
}

#[test]
fn absurd_counts_are_judged_without_a_panic() {
    let mut data = service(120, 10);
    let revision = data.revisions.values_mut().next().unwrap();
    for counts in revision.minutes.values_mut() {
        counts.requests = 1 << 50;
        counts.by_status = BTreeMap::from([(200, 1 << 50)]);
    }
    revision.minutes.insert(Minute(i64::MIN), MinuteCounts::default());
    revision.minutes.insert(Minute(i64::MAX), MinuteCounts::default());
    let logs = Logs::new(data, &[]).unwrap();
    let calibration = calibrate(&logs, &plan(1, 1), &Policy::default()).unwrap();
    assert_eq!(calibration.shuffled.runs, 1);
    assert_eq!(calibration.logs.left_out_minutes, 2);
    let verdicts = calibration
        .harms
        .iter()
        .map(|h| h.roll_back.count + h.hold.count + h.proceed.count);
    assert!(verdicts.into_iter().all(|n| n == 1));
}
