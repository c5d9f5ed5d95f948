//! The sequential form: look as often as you like at evidence that holds at all times together.
//!
//! Input: the table so far, look after look. Output: the first minute at which harm is certain, if there is one. The answer
//! at any minute depends on the data up to it alone, never on when somebody looked: a look takes all five-minute steps since
//! the last one, one after the other. The state holds sums, not minutes; it can be saved and read back without losing a bit.
//!
//! Counts: mixtures of likelihood ratios (Robbins 1970), deflated by the dispersion measured so far, averaged with bets on the
//! candidate's share (Waudby-Smith and Ramdas 2024). `docs/statistics.md` says what is rigorous in it and what is simulated.

mod clumps;
mod early;
mod evidence;
mod latency;
mod row;
mod steps;

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::blocks::PERSISTENCE_MINUTES;
use super::latency::Blocks;
use super::settings::Settings;
use super::spread::excess_outside;
use super::table::{Family, Pairing, Row, Table};
pub use early::{EARLY_MINUTES, is_certain_early};
use latency::{LatencyLook, LatencyState, fingerprints};
use row::RowState;
use steps::Sides;

/// What the state is stored as. A state of another version is not read.
pub const WATCH_SCHEMA: &str = "logverdict.watch/1";

/// Harm that became certain.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// Minutes of the candidate at the look that found it.
    pub minute: usize,
    /// What rose: the key of a row, or a quantile.
    pub subject: AlarmSubject,
}

/// What an alarm is about.
#[derive(Debug, Clone, PartialEq)]
pub enum AlarmSubject {
    /// The row with this key.
    Row(String),
    /// The latency quantile with this value.
    Quantile(f64),
}

/// A watch of one candidate. Serialisable; the settings are not in it, and have to stay the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    schema: String,
    /// Minutes of the candidate that were looked at.
    minutes: usize,
    /// Of the exposures behind the rows' sums.
    exposure: u64,
    /// By key.
    rows: BTreeMap<String, RowState>,
    latency: LatencyState,
    /// Of each five-minute block of latency that was looked at, and of the baseline's where it lies before.
    latency_blocks: Vec<u64>,
    baseline_latency: u64,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            schema: WATCH_SCHEMA.to_owned(),
            minutes: 0,
            exposure: 0,
            rows: BTreeMap::new(),
            latency: LatencyState::default(),
            latency_blocks: Vec::new(),
            baseline_latency: 0,
        }
    }
}

impl Watch {
    /// Whether the state is of this version.
    pub fn is_readable(&self) -> bool {
        self.schema == WATCH_SCHEMA
    }

    /// Minutes of the candidate that were looked at.
    pub fn minutes(&self) -> usize {
        self.minutes
    }

    /// Takes the table as it is now, and all looks that are due: the end of each five minutes since the last one. `keys` name the
    /// rows, each once, from look to look. Minutes that are not over yet must not be in the table. What lies before
    /// may have changed (late entries, a row that is new): what depends on it is taken again.
    pub fn look(&mut self, table: &Table, keys: &[String], settings: &Settings) {
        let minutes = table.candidate.exposure.len() / PERSISTENCE_MINUTES * PERSISTENCE_MINUTES;
        let sides = Sides::new(table, minutes, settings);
        let exposure = self.shared_fingerprint(table, self.minutes.min(minutes));
        if exposure != self.exposure || self.minutes > minutes {
            self.rows.clear();
        }
        let mut rows = std::mem::take(&mut self.rows);
        let watched = table
            .rows
            .iter()
            .zip(keys)
            .filter(|(row, _)| row.family != Family::Reported);
        let watched: Vec<_> = watched.map(|(row, key)| (row, key.clone(), rows.remove(key))).collect();
        let known = self.minutes.min(minutes);
        let take = |(row, key, state)| (key, take(row, state, &sides, known, minutes));
        self.rows = watched.into_par_iter().map(take).collect();
        self.exposure = self.shared_fingerprint(table, minutes);
        self.look_at_latency(table, minutes, settings);
        self.minutes = minutes;
    }

    fn look_at_latency(&mut self, table: &Table, minutes: usize, settings: &Settings) {
        let blocks = fingerprints(table, minutes / PERSISTENCE_MINUTES);
        let baseline = match table.pairing {
            Pairing::Concurrent => 0,
            Pairing::BeforeAfter => whole_latency(table),
        };
        let same = self
            .latency_blocks
            .iter()
            .zip(&blocks)
            .take_while(|(a, b)| a == b)
            .count();
        let unchanged = if baseline == self.baseline_latency {
            same * PERSISTENCE_MINUTES
        } else {
            0
        };
        for at in &mut self.latency.slower_at {
            *at = at.filter(|minute| *minute <= unchanged);
        }
        let latency = Blocks::of(table);
        let look = LatencyLook::new(table, &latency, settings);
        let first = settings.first_look_minutes as usize;
        for minute in steps_between(unchanged, minutes).filter(|minute| *minute >= first) {
            look.look(minute, &mut self.latency);
        }
        self.latency_blocks = blocks;
        self.baseline_latency = baseline;
    }

    /// All harm that is certain by now, by the minute it became so; each subject once.
    pub fn alarms(&self, table: &Table, keys: &[String], settings: &Settings) -> Vec<Alarm> {
        let of_messages = table
            .rows
            .iter()
            .zip(keys)
            .filter(|(row, _)| row.family == Family::Messages);
        let mut counted: Vec<usize> = of_messages
            .filter_map(|(_, key)| self.rows.get(key)?.counted_at)
            .collect();
        counted.sort_unstable();
        let server_errors = table
            .rows
            .iter()
            .filter(|row| row.family == Family::ServerErrors)
            .count();
        let tested = |family, minute: usize| match family {
            Family::ServerErrors => server_errors,
            Family::Messages | Family::Reported => counted
                .partition_point(|at| *at <= minute)
                .max(settings.min_bet_messages),
        };
        let mut alarms: Vec<Alarm> = Vec::new();
        for (row, key) in table.rows.iter().zip(keys) {
            let Some(state) = self.rows.get(key) else { continue };
            let certain = state.crossings.iter().find(|(minute, log_e)| {
                *log_e >= threshold(row.family, *minute, tested(row.family, *minute), settings)
                    && lasts(row, table, *minute, settings)
            });
            alarms.extend(certain.map(|(minute, _)| Alarm {
                minute: *minute,
                subject: AlarmSubject::Row(key.clone()),
            }));
        }
        let slower = self.latency.slower_at.iter().zip(&settings.latency);
        alarms.extend(slower.filter_map(|(at, q)| {
            at.map(|minute| Alarm {
                minute,
                subject: AlarmSubject::Quantile(q.quantile),
            })
        }));
        alarms.sort_by_key(|alarm| alarm.minute);
        alarms
    }

    /// Of all exposures that the rows' sums were made of.
    fn shared_fingerprint(&self, table: &Table, minutes: usize) -> u64 {
        let baseline = match table.pairing {
            Pairing::Concurrent => &table.baseline.exposure[..minutes.min(table.baseline.exposure.len())],
            Pairing::BeforeAfter => &table.baseline.exposure[..],
        };
        let candidate = &table.candidate.exposure[..minutes.min(table.candidate.exposure.len())];
        weighted(candidate, 0, 0).wrapping_add(weighted(baseline, 1, 0))
    }
}

/// Brings a row's state, if it has one that still fits, to so many minutes.
fn take(row: &Row, state: Option<RowState>, sides: &Sides<'_>, known: usize, minutes: usize) -> RowState {
    let pairing = sides.table.pairing;
    let before = baseline_fingerprint(row, pairing);
    let seen = before.wrapping_add(fingerprint(row, pairing, 0..known));
    let (mut state, from) = match state.filter(|state| state.seen == seen) {
        Some(state) => (state, known),
        None => (RowState::new(row, sides), 0),
    };
    follow(&mut state, row, sides, from, minutes);
    let since = if from == 0 { before } else { seen };
    state.seen = since.wrapping_add(fingerprint(row, pairing, from..minutes));
    state
}

/// Takes a row from one minute to another, look by look.
fn follow(state: &mut RowState, row: &Row, sides: &Sides<'_>, from: usize, to: usize) {
    let settings = sides.settings;
    let first = settings.first_look_minutes as usize;
    for minute in steps_between(from, to) {
        state.advance(row, sides, minute);
        if minute < first {
            continue;
        }
        let lowest = threshold(row.family, minute, 1, settings);
        if let Some(log_e) = state.evidence(sides).filter(|log_e| *log_e >= lowest) {
            state.crossings.push((minute, log_e));
        }
    }
}

/// The ends of five minutes after one minute and up to another.
fn steps_between(from: usize, to: usize) -> impl Iterator<Item = usize> {
    (from / PERSISTENCE_MINUTES + 1..=to / PERSISTENCE_MINUTES).map(|block| block * PERSISTENCE_MINUTES)
}

/// Logarithm of the e-value that makes harm certain: the inverse of the row's part of the budget.
fn threshold(family: Family, minute: usize, tested: usize, settings: &Settings) -> f64 {
    let share = match family {
        Family::ServerErrors => settings.share_server_errors,
        Family::Messages | Family::Reported => settings.share_messages,
    };
    let alpha = if settings.early_budget {
        settings.alpha_for(minute)
    } else {
        settings.alpha
    };
    (tested.max(1) as f64 / (alpha * share)).ln()
}

/// Whether the excess is not one storm.
fn lasts(row: &Row, table: &Table, minute: usize, settings: &Settings) -> bool {
    if settings.storm_minutes == 0 {
        return true;
    }
    let until = |values: &[u64]| super::blocks::total(&values[..minute.min(values.len())]);
    let (x0, e0) = match table.pairing {
        Pairing::Concurrent => (until(&row.baseline), until(&table.baseline.exposure)),
        Pairing::BeforeAfter => (
            super::blocks::total(&row.baseline),
            super::blocks::total(&table.baseline.exposure),
        ),
    };
    let end = minute.min(row.candidate.len());
    let (counts, exposure) = (&row.candidate[..end], &table.candidate.exposure[..end]);
    excess_outside(counts, exposure, x0 / e0.max(1.0), settings).is_some_and(|share| share >= settings.outside_share)
}

/// A number that changes when any of the row's counts behind its sums changes: those of the candidate, and of the baseline
/// both at once, in these minutes.
fn fingerprint(row: &Row, pairing: Pairing, minutes: Range<usize>) -> u64 {
    let part = |counts: &[u64], salt| {
        let end = minutes.end.min(counts.len());
        let start = minutes.start.min(end);
        weighted(&counts[start..end], salt, start)
    };
    match pairing {
        Pairing::Concurrent => part(&row.candidate, 0).wrapping_add(part(&row.baseline, 1)),
        Pairing::BeforeAfter => part(&row.candidate, 0),
    }
}

/// The same of a baseline that lies before.
fn baseline_fingerprint(row: &Row, pairing: Pairing) -> u64 {
    match pairing {
        Pairing::Concurrent => 0,
        Pairing::BeforeAfter => weighted(&row.baseline, 1, 0),
    }
}

fn whole_latency(table: &Table) -> u64 {
    let blocks = table.baseline.latency.iter().enumerate();
    blocks.fold(0, |sum, (i, block)| sum.wrapping_add(weighted(block, 2 + i as u64, 0)))
}

/// Sum of the values, each with a weight by its place, counted from `first`: the sums of two parts add up to that of the whole.
fn weighted(values: &[u64], salt: u64, first: usize) -> u64 {
    let start = mix(salt) | 1;
    // Odd weights that differ by place: no single count can change unseen.
    values.iter().zip(first as u64..).fold(0, |sum, (&n, i)| {
        sum.wrapping_add(n.wrapping_mul(start.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15 << 1))))
    })
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
