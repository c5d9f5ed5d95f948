//! What the decision looks at: the findings, and the plain facts of both sides.

use std::collections::BTreeMap;

use super::Reason;
use crate::compare::{Finding, Pairing};
use crate::model::{RequestSource, Timestamp};
use crate::profile::Concern;

/// One comparison, ready to be judged.
#[derive(Debug, Clone)]
pub struct Case {
    /// How the sides stand in time.
    pub pairing: Pairing,
    /// Whether the baseline is the candidate's hours of earlier days.
    pub same_hours: bool,
    /// Every signal compared, latency included.
    pub findings: Vec<Finding>,
    /// Facts of the baseline.
    pub baseline: SideFacts,
    /// Facts of the candidate.
    pub candidate: SideFacts,
    /// Doubts about the input (cut, unreadable, limits hit, same entries on both sides). Each forbids PROCEED.
    pub concerns: Vec<Concern>,
    /// What the platform says of the service and forbids PROCEED (traffic pinned, revision not ready).
    pub deploy_concerns: Vec<Concern>,
    /// Things worth telling that do not touch the verdict (drain left out, several services counted together).
    pub notes: Vec<Concern>,
    /// Where this is one of many looks at the same deploy.
    pub watch: Option<WatchFacts>,
}

/// What is known of a watch at one of its looks.
#[derive(Debug, Clone, Default)]
pub struct WatchFacts {
    /// There will be more looks: what needs time can still be waited for.
    pub goes_on: bool,
    /// When an earlier look said ROLL BACK, and why: that is final.
    pub rolled_back: Option<(Timestamp, Reason)>,
}

/// What is known of one side beyond its findings.
#[derive(Debug, Clone, Default)]
pub struct SideFacts {
    /// Google Cloud project, empty when unknown.
    pub project: String,
    /// Region, empty when unknown.
    pub location: String,
    /// Services, usually one.
    pub services: Vec<String>,
    /// Revisions counted on this side, empty names left out.
    pub revisions: Vec<String>,
    /// Time of the first and last counted entry.
    pub first: Option<Timestamp>,
    /// See `first`.
    pub last: Option<Timestamp>,
    /// Length of the window in minutes: from the first counted minute to the last, both included, without long pauses. Of the
    /// same hours of several days: all of their minutes.
    pub minutes: u64,
    /// Entries counted.
    pub entries: u64,
    /// Request entries, WebSocket connections included.
    pub requests: u64,
    /// Requests by HTTP status; requests without a status are not in it.
    pub by_status: BTreeMap<u16, u64>,
    /// WebSocket connections that were accepted (status 101).
    pub websockets_accepted: u64,
    /// Requests on routes that accept WebSockets on either side, whatever their status: the attempts to connect.
    pub websocket_attempts: u64,
    /// Events of each signal (key: `Signal::id`) for each minute since the side's first minute, zeros left out. Of
    /// several days' hours, the first minute of the one follows the last of the other.
    pub signal_minutes: BTreeMap<String, Vec<(u64, u64)>>,
    /// For each warning or error signal that the side's followed traces show: how many of them show it together with each
    /// signal, itself included (keys: `Signal::id`).
    pub together: BTreeMap<String, BTreeMap<String, u64>>,
    /// Requests for each minute since the side's first minute, as in `signal_minutes`.
    pub request_minutes: Vec<u64>,
    /// What requests and latency were counted by.
    pub requests_from: RequestSource,
}

impl SideFacts {
    /// Events of a signal that fell into a known minute.
    pub fn events(&self, id: &str) -> u64 {
        let minutes = self.signal_minutes.get(id).map_or(&[][..], Vec::as_slice);
        minutes.iter().fold(0, |sum, (_, n)| sum.saturating_add(*n))
    }

    /// Minutes since the side's first one in which a signal occurred, ascending.
    pub fn minutes_of(&self, id: &str) -> Vec<u64> {
        let minutes = self.signal_minutes.get(id).map_or(&[][..], Vec::as_slice);
        let mut seen: Vec<u64> = minutes
            .iter()
            .filter(|(_, n)| *n > 0)
            .map(|(minute, _)| *minute)
            .collect();
        seen.sort_unstable();
        seen.dedup();
        seen
    }

    /// Requests that have a status.
    pub fn with_status(&self) -> u64 {
        self.by_status.values().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Requests whose status lies in the range, both ends included.
    pub fn with_status_in(&self, low: u16, high: u16) -> u64 {
        if low > high {
            return 0;
        }
        self.by_status
            .range(low..=high)
            .fold(0, |sum, (_, n)| sum.saturating_add(*n))
    }
}
