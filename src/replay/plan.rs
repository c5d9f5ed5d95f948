//! Which minutes become a pseudo deploy: adjacent windows as they happened, and blocks dealt at random.

use super::cut::{Piece, cut};
use super::dice::Dice;
use super::error::ReplayError;
use super::judge::PseudoDeploy;
use super::logs::Logs;
use crate::profile::LATENCY_BLOCK_MINUTES;

/// Pairs of adjacent windows that are judged at most; of more, an even choice over the time.
pub const WINDOWS_MAX: usize = 48;
/// Different deals that are counted; of more it does not matter how many there are.
const DEALS_MAX: u64 = 1_000_000;

/// Lengths in minutes, each a multiple of five and more than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lengths {
    /// Of the baseline's window.
    pub baseline: i64,
    /// Of the candidate's window.
    pub candidate: i64,
    /// Of the blocks that are dealt: divides both.
    pub block: i64,
}

impl Lengths {
    /// Both windows, and the longest block up to `block` that divides them, so that sides are of whole blocks.
    ///
    /// Minutes are rounded down to multiples of five, the resolution of latency, and five at least.
    pub fn new(baseline: u32, candidate: u32, block: u32) -> Lengths {
        let whole = |minutes: u32| (i64::from(minutes) / LATENCY_BLOCK_MINUTES).max(1) * LATENCY_BLOCK_MINUTES;
        let (baseline, candidate, most) = (whole(baseline), whole(candidate), whole(block));
        let divides = |block: &i64| baseline % block == 0 && candidate % block == 0;
        let blocks = (1..=most / LATENCY_BLOCK_MINUTES)
            .rev()
            .map(|n| n * LATENCY_BLOCK_MINUTES);
        let block = blocks.into_iter().find(divides).unwrap_or(LATENCY_BLOCK_MINUTES);
        Lengths {
            baseline,
            candidate,
            block,
        }
    }

    fn needed(&self) -> i64 {
        self.baseline + self.candidate
    }
}

/// Pairs of adjacent windows: their first minutes, and how many were left out because a side had no requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    /// First minutes, ascending.
    pub starts: Vec<i64>,
    /// Left out.
    pub left_out: u64,
}

/// Every pair that fits, one each half candidate window.
///
/// # Errors
/// No stretch is long enough, or no pair has requests on both sides.
pub fn windows(logs: &Logs, lengths: &Lengths) -> Result<Windows, ReplayError> {
    let step = (lengths.candidate / 2 / LATENCY_BLOCK_MINUTES).max(1) * LATENCY_BLOCK_MINUTES;
    let fitting = |s: &std::ops::Range<i64>| {
        let last = s.end - lengths.needed();
        (s.start..=last).step_by(step.try_into().unwrap_or(usize::MAX))
    };
    let all: Vec<i64> = logs.stretches.iter().flat_map(fitting).collect();
    if all.is_empty() {
        let minutes = logs.stretches.iter().map(|s| s.end.abs_diff(s.start));
        return Err(ReplayError::TooShort {
            longest: minutes.max().unwrap_or(0),
            stretches: logs.stretches.len() as u64,
            baseline: lengths.baseline.unsigned_abs(),
            candidate: lengths.candidate.unsigned_abs(),
        });
    }
    let kept = all.len().min(WINDOWS_MAX);
    let chosen: Vec<i64> = (0..kept).map(|i| all[i * all.len() / kept]).collect();
    let has_requests = |start: &&i64| {
        let deploy = **start + lengths.baseline;
        logs.requests(**start..deploy) > 0 && logs.requests(deploy..deploy + lengths.candidate) > 0
    };
    let starts: Vec<i64> = chosen.iter().filter(has_requests).copied().collect();
    if starts.is_empty() {
        return Err(ReplayError::NoExposure(kept as u64));
    }
    let left_out = (kept - starts.len()) as u64;
    Ok(Windows { starts, left_out })
}

/// The pair of windows that begins at a minute.
pub fn as_it_happened(logs: &Logs, lengths: &Lengths, start: i64) -> PseudoDeploy {
    let piece = |from, minutes| Piece {
        from,
        minutes,
        to: from,
    };
    let deployed = start + lengths.baseline;
    PseudoDeploy {
        baseline: cut(logs, &[piece(start, lengths.baseline)]),
        candidate: cut(logs, &[piece(deployed, lengths.candidate)]),
        start,
        deployed,
        end: deployed + lengths.candidate,
    }
}

/// The blocks that are dealt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deck {
    /// First minutes of the blocks with requests, ascending.
    pub blocks: Vec<i64>,
    /// Blocks without requests, left out.
    pub left_out: u64,
    /// How many different pairs of sides there are, order within a side apart; `None`: more than a million.
    pub deals: Option<u64>,
}

/// Cuts all stretches into blocks.
///
/// # Errors
/// Too few blocks hold requests.
pub fn deck(logs: &Logs, lengths: &Lengths) -> Result<Deck, ReplayError> {
    let of_stretch = |s: &std::ops::Range<i64>| {
        let (start, blocks) = (s.start, (s.end - s.start) / lengths.block);
        (0..blocks).map(move |n| start + n * lengths.block)
    };
    let all: Vec<i64> = logs.stretches.iter().flat_map(of_stretch).collect();
    let has_requests = |start: &&i64| logs.requests(**start..**start + lengths.block) > 0;
    let blocks: Vec<i64> = all.iter().filter(has_requests).copied().collect();
    let (of_baseline, of_candidate) = (lengths.baseline / lengths.block, lengths.candidate / lengths.block);
    let needed = (of_baseline + of_candidate).unsigned_abs();
    if (blocks.len() as u64) < needed {
        return Err(ReplayError::TooFewBlocks {
            with_requests: blocks.len() as u64,
            blocks: all.len() as u64,
            needed,
            block: lengths.block.unsigned_abs(),
        });
    }
    let (n, b, c) = (
        blocks.len() as u64,
        of_baseline.unsigned_abs(),
        of_candidate.unsigned_abs(),
    );
    let deals = ways(n, b).and_then(|first| first.checked_mul(ways(n - b, c)?));
    Ok(Deck {
        left_out: (all.len() - blocks.len()) as u64,
        deals: deals.filter(|deals| *deals <= DEALS_MAX),
        blocks,
    })
}

/// Binomial coefficient; `None` above what is counted.
fn ways(n: u64, k: u64) -> Option<u64> {
    let k = k.min(n.saturating_sub(k));
    let mut ways: u64 = 1;
    for i in 0..k {
        ways = ways.checked_mul(n - i)? / (i + 1);
        if ways > DEALS_MAX {
            return None;
        }
    }
    Some(ways)
}

/// Deals blocks to both sides, each block at most once, and lays them end to end from the first block's minute on.
pub fn shuffled(logs: &Logs, lengths: &Lengths, deck: &Deck, dice: &mut Dice) -> PseudoDeploy {
    let mut blocks = deck.blocks.clone();
    let start = blocks.first().copied().unwrap_or(0);
    let mut deal = |minutes: i64, to: i64| -> Vec<Piece> {
        let mut pieces = vec![];
        for n in 0..minutes / lengths.block {
            let at = dice.below(blocks.len());
            // The deck holds enough blocks: see `deck`.
            let Some(last) = blocks.len().checked_sub(1) else { break };
            blocks.swap(at, last);
            pieces.extend(blocks.pop().map(|from| Piece {
                from,
                minutes: lengths.block,
                to: to + n * lengths.block,
            }));
        }
        pieces
    };
    let deployed = start + lengths.baseline;
    let (old, new) = (deal(lengths.baseline, start), deal(lengths.candidate, deployed));
    PseudoDeploy {
        baseline: cut(logs, &old),
        candidate: cut(logs, &new),
        start,
        deployed,
        end: deployed + lengths.candidate,
    }
}
