//! Cuts pieces of time out of the logs and lays them end to end: one side of a pseudo deploy.

use std::collections::BTreeMap;
use std::ops::Range;

use super::logs::Logs;
use crate::model::Minute;
use crate::profile::{LATENCY_BLOCK_MINUTES, RevisionCounts, RouteCounts, SignalCounts};

/// A piece of time and where it goes. All three are multiples of a latency block (five minutes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// First minute.
    pub from: i64,
    /// Length in minutes.
    pub minutes: i64,
    /// The minute that the first one becomes.
    pub to: i64,
}

impl Piece {
    fn range(&self) -> Range<Minute> {
        Minute(self.from)..Minute(self.from + self.minutes)
    }

    fn moved(&self, minute: Minute) -> Minute {
        Minute(minute.0 - self.from + self.to)
    }

    /// Adds the counts of the piece's minutes under their new minutes.
    fn add(&self, counts: &BTreeMap<Minute, u64>, to: &mut BTreeMap<Minute, u64>) {
        to.extend(counts.range(self.range()).map(|(minute, n)| (self.moved(*minute), *n)));
    }
}

/// One side: the given pieces of every revision that has entries in them. Evidence (samples, exact times) is left behind.
pub fn cut(logs: &Logs, pieces: &[Piece]) -> Vec<RevisionCounts> {
    let parts = logs.revisions.values().map(|revision| part(revision, pieces));
    parts.filter(|part| !part.minutes.is_empty()).collect()
}

fn part(whole: &RevisionCounts, pieces: &[Piece]) -> RevisionCounts {
    let mut part = RevisionCounts {
        project: whole.project.clone(),
        location: whole.location.clone(),
        service: whole.service.clone(),
        revision: whole.revision.clone(),
        requests_from: whole.requests_from,
        ..RevisionCounts::default()
    };
    let block = LATENCY_BLOCK_MINUTES;
    for piece in pieces {
        let minutes = whole.minutes.range(piece.range());
        part.minutes
            .extend(minutes.map(|(minute, counts)| (piece.moved(*minute), counts.clone())));
        let blocks = piece.from.div_euclid(block)..(piece.from + piece.minutes).div_euclid(block);
        let shift = (piece.to - piece.from).div_euclid(block);
        let latency = whole.latency.range(blocks);
        part.latency
            .extend(latency.map(|(at, bins)| (at + shift, bins.clone())));
    }
    for (key, counts) in &whole.signals {
        let mut minutes = BTreeMap::new();
        pieces.iter().for_each(|piece| piece.add(&counts.minutes, &mut minutes));
        if !minutes.is_empty() {
            let counts = SignalCounts {
                minutes,
                ..SignalCounts::default()
            };
            part.signals.insert(key.clone(), counts);
        }
    }
    let routes = whole.routes.iter().map(|(name, counts)| (name, route(counts, pieces)));
    let routes = routes.filter(|(_, counts)| counts.websockets > 0 || !counts.server_errors.is_empty());
    part.routes = routes.map(|(name, counts)| (name.clone(), counts)).collect();
    for (hash, trace) in &whole.traces {
        let Some(piece) = pieces.iter().find(|p| p.range().contains(&trace.minute)) else {
            continue;
        };
        let mut trace = trace.clone();
        trace.minute = piece.moved(trace.minute);
        part.traces.insert(*hash, trace);
    }
    part
}

/// Of a route, only server errors are known by minute. What a comparison takes for attempts to open a WebSocket in a window
/// that cuts the revision are these, beside the accepted ones: so the sums here say just that.
fn route(whole: &RouteCounts, pieces: &[Piece]) -> RouteCounts {
    let mut server_errors = BTreeMap::new();
    pieces
        .iter()
        .for_each(|piece| piece.add(&whole.server_errors, &mut server_errors));
    let failed = server_errors.values().fold(0_u64, |sum, n| sum.saturating_add(*n));
    RouteCounts {
        requests: whole.websockets.saturating_add(failed),
        websockets: whole.websockets,
        server_errors,
        ..RouteCounts::default()
    }
}
