//! The calibration: pseudo deploys without harm, then the same ones with known harm in them.

use std::cmp::Reverse;

use super::dice::Dice;
use super::error::ReplayError;
use super::harm::{HARMS, Harm};
use super::inject::injected;
use super::judge::judged;
use super::logs::{Logs, Usual};
use super::plan::{Deck, Lengths, Windows, as_it_happened, deck, shuffled, windows};
use super::tally::{Tally, share};
use crate::compare::Settings;
use crate::model::Minute;
use crate::profile::Concern;
use crate::report::{Calibration, Found, HarmKind, HarmRow, ReplayedLogs};
use crate::verdict::{Policy, Verdict};

/// What is asked of a calibration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Lengths of the windows and blocks.
    pub lengths: Lengths,
    /// Shuffled pseudo deploys, more than zero.
    pub runs: u32,
    /// Where the random numbers start.
    pub seed: u64,
    /// Threads that share the runs; the result does not depend on it.
    pub threads: usize,
}

/// Judges pseudo deploys of the logs by the policy, and counts.
///
/// # Errors
/// The logs do not hold one pair of windows with requests.
pub fn calibrate(logs: &Logs, plan: &Plan, policy: &Policy) -> Result<Calibration, ReplayError> {
    let windows = windows(logs, &plan.lengths)?;
    let deck = deck(logs, &plan.lengths)?;
    let usual = logs.usual();
    let harms: Vec<&Harm> = HARMS.iter().filter(|harm| harm.is_possible(&usual)).collect();
    let happened = in_parallel(windows.starts.len(), plan.threads, 1, |run, tallies| {
        let deploy = as_it_happened(logs, &plan.lengths, windows.starts[run]);
        tallies[0].take(&judged(&deploy, &logs.kinds, policy));
    });
    let dealt = in_parallel(plan.runs as usize, plan.threads, 1 + harms.len(), |run, tallies| {
        let mut deploy = shuffled(logs, &plan.lengths, &deck, &mut Dice::new(plan.seed, &[run as u64]));
        tallies[0].take(&judged(&deploy, &logs.kinds, policy));
        let candidate = std::mem::take(&mut deploy.candidate);
        for (harm, tally) in harms.iter().zip(&mut tallies[1..]) {
            let mut dice = Dice::new(plan.seed, &[run as u64, stream(harm)]);
            deploy.candidate = injected(&candidate, harm, &usual, &mut dice);
            tally.take(&judged(&deploy, &logs.kinds, policy));
        }
    });
    let settings: Settings = (&policy.statistics).into();
    let different = deck.deals.unwrap_or(u64::MAX);
    let of_harm = |(harm, tally): (&&Harm, &Tally)| HarmRow {
        beyond_margins: harm.is_beyond_margins(&usual, &settings),
        ..row(harm, tally, different)
    };
    let harms: Vec<HarmRow> = harms.iter().zip(&dealt[1..]).map(of_harm).collect();
    Ok(Calibration {
        baseline_minutes: plan.lengths.baseline.unsigned_abs(),
        candidate_minutes: plan.lengths.candidate.unsigned_abs(),
        block_minutes: plan.lengths.block.unsigned_abs(),
        runs: plan.runs.into(),
        seed: plan.seed,
        logs: replayed(logs, &deck),
        as_it_happened: happened[0].outcomes(windows.left_out, u64::MAX),
        shuffled: dealt[0].outcomes(0, different),
        found: found(&harms),
        harms: worst_first(harms),
        notes: notes(logs, (&windows, &deck), plan, (&usual, &settings)),
    })
}

/// Each harm has random numbers of its own: what else is replayed does not change them.
fn stream(harm: &Harm) -> u64 {
    let place = HARMS.iter().position(|h| h.id == harm.id);
    1 + place.unwrap_or(HARMS.len()) as u64
}

/// Shares `runs` among threads; each run counts into the tallies of its thread, which are added up.
fn in_parallel(runs: usize, threads: usize, tallies: usize, run: impl Fn(usize, &mut [Tally]) + Sync) -> Vec<Tally> {
    let threads = threads.clamp(1, runs.max(1));
    let share = |first: usize| {
        let mut counted = vec![Tally::default(); tallies];
        (first..runs).step_by(threads).for_each(|n| run(n, &mut counted));
        counted
    };
    std::thread::scope(|scope| {
        let share = &share;
        let others: Vec<_> = (1..threads).map(|first| scope.spawn(move || share(first))).collect();
        let mut sums = share(0);
        for other in others {
            match other.join() {
                Ok(counted) => sums.iter_mut().zip(counted).for_each(|(sum, tally)| sum.add(tally)),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        sums
    })
}

fn row(harm: &Harm, tally: &Tally, different: u64) -> HarmRow {
    let share = |verdict| share(tally.of(verdict), tally.runs(), different);
    HarmRow {
        id: harm.id.into(),
        title: harm.title.into(),
        kind: harm.kind,
        size: harm.size,
        beyond_margins: false,
        runs: tally.runs(),
        roll_back: share(Verdict::RollBack),
        hold: share(Verdict::Hold),
        proceed: share(Verdict::Proceed),
    }
}

/// A PROCEED on harm that the policy does not tolerate is the worst that can be said; the rest keeps its order.
fn worst_first(mut rows: Vec<HarmRow>) -> Vec<HarmRow> {
    rows.sort_by_key(|row| Reverse(row.missed()));
    rows
}

/// Of each kind, the smallest harm from which on every larger one is rolled back in at least half of the runs.
fn found(rows: &[HarmRow]) -> Vec<Found> {
    let kinds = [
        HarmKind::ServerErrors,
        HarmKind::ServerErrorsMultiple,
        HarmKind::NewErrorMessage,
        HarmKind::Latency,
    ];
    let smallest = |kind: HarmKind| {
        let of_kind = rows.iter().rev().filter(|row| row.kind == kind);
        let found = of_kind.take_while(|row| row.runs > 0 && 2 * row.roll_back.count >= row.runs);
        found.last().map(|row| row.id.clone())
    };
    let there = kinds.into_iter().filter(|kind| rows.iter().any(|r| r.kind == *kind));
    there
        .map(|kind| Found {
            kind,
            smallest: smallest(kind),
        })
        .collect()
}

fn replayed(logs: &Logs, deck: &Deck) -> ReplayedLogs {
    let first = logs.stretches.first().map(|s| Minute(s.start).start());
    ReplayedLogs {
        first,
        end: logs.stretches.last().map(|s| Minute(s.end).start()),
        minutes: logs.minutes(),
        left_out_minutes: logs.left_out,
        stretches: logs.stretches.len() as u64,
        blocks: deck.blocks.len() as u64,
        deals: deck.deals,
        requests: logs
            .stretches
            .iter()
            .fold(0, |sum, s| sum.saturating_add(logs.requests(s.clone()))),
        revisions: logs.revisions.keys().cloned().collect(),
    }
}

/// What a reader must know to weigh the counts.
fn notes(
    logs: &Logs,
    (windows, deck): (&Windows, &Deck),
    plan: &Plan,
    (usual, settings): (&Usual, &Settings),
) -> Vec<Concern> {
    let mut notes = vec![];
    let mut note = |code: &str, message: String| notes.push(Concern::new(code, &message));
    let (blocks, minutes) = (settings.min_active_blocks, plan.lengths.candidate);
    if minutes < 5 * i64::from(blocks) {
        let message = format!(
            "ROLL BACK takes harm in {blocks} blocks of five minutes: a candidate of {minutes} minutes is never rolled back by statistics"
        );
        note("short-candidate", message);
    }
    let revisions = logs.revisions.len();
    if revisions > 1 {
        let message = format!(
            "the logs hold {revisions} revisions: if one of them was deployed in this time, a ROLL BACK at that moment may be right; choose with --revision or --since"
        );
        note("several-revisions", message);
    }
    if let Some(deals) = deck.deals.filter(|deals| *deals < u64::from(plan.runs)) {
        let message = format!(
            "{} blocks of {} minutes can be dealt in {deals} ways only: the {} runs repeat themselves, and the intervals count each way once; longer logs tell more",
            deck.blocks.len(),
            plan.lengths.block,
            plan.runs
        );
        note("few-deals", message);
    }
    if logs.stretches.len() > 1 {
        let message = format!(
            "the logs have gaps of half an hour or more: {} stretches were replayed, each by itself",
            logs.stretches.len()
        );
        note("gaps", message);
    }
    if windows.left_out > 0 || deck.left_out > 0 {
        let message = format!(
            "without requests, and left out: {} pairs of windows and {} blocks",
            windows.left_out, deck.left_out
        );
        note("no-requests", message);
    }
    if usual.server_errors <= 0.0 {
        note(
            "no-server-errors",
            "the service had no server errors: they were not multiplied".into(),
        );
    }
    if usual.latency.is_empty() {
        note("no-latency", "no latency was measured: it was not shifted".into());
    }
    notes
}
