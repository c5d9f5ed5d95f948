//! The criteria of a policy as plain data. What they mean is told beside their evaluation, in `verdict::criteria`.

use super::SignalGlob;
use crate::verdict::CriterionLevel;

/// One thing that a deploy must show.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Unique name in the policy.
    pub id: String,
    /// For people; the id when not given.
    pub title: String,
    /// Its weight; primary when not given.
    pub level: CriterionLevel,
    /// What must be shown.
    pub kind: CriterionKind,
}

/// What a criterion asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum CriterionKind {
    /// The signal must be gone, or at most `max_share` of the exposure.
    MustVanish {
        /// Which signals, counted together.
        signal: SignalGlob,
        /// Tolerated remaining rate per unit of exposure, 0 to 1.
        max_share: Option<f64>,
        /// The candidate must have been observed at least so long, minutes.
        for_minutes: Option<u64>,
    },
    /// The signal must occur on the candidate.
    MustAppear {
        /// Which signals, counted together.
        signal: SignalGlob,
        /// After so many minutes without it, the criterion is broken; never when not given.
        for_minutes: Option<u64>,
    },
    /// The signal may rise, up to a rate.
    MayRise {
        /// Which signals, counted together.
        signal: SignalGlob,
        /// Highest rate per unit of exposure, 0 to 1.
        to: f64,
    },
    /// Enough must succeed.
    SuccessRate {
        /// Of what.
        of: Population,
        /// Share that must succeed, 0 to 1.
        at_least: f64,
        /// Share that is hoped for; only reported.
        aim: Option<f64>,
        /// Events of these signals count as failures too.
        failure_signals: Vec<SignalGlob>,
        /// HTTP statuses that are left out, such as the 503 of a health check that failed before the deploy already.
        ignore_statuses: Vec<u16>,
    },
    /// Latency may grow by this much.
    AddedLatency {
        /// Which quantile.
        quantile: Quantile,
        /// Largest tolerated shift, milliseconds.
        at_most_ms: f64,
    },
    /// No critical signal that the baseline did not have, in the candidate's first minutes.
    NoNewCritical {
        /// How many minutes.
        within_minutes: u64,
    },
    /// No error signal that the baseline did not have.
    NoNewErrors,
    /// Failures must not be more frequent than on the baseline.
    NeverWorse {
        /// Of what.
        of: Yardstick,
        /// Events of these signals count as failures too; not for signals.
        failure_signals: Vec<SignalGlob>,
    },
    /// The candidate must start and answer.
    MustStart,
}

/// What a success rate is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Population {
    /// Requests with a status, WebSocket connections left out.
    Requests,
    /// Attempts to open a WebSocket.
    Websocket,
}

/// What must not get worse.
#[derive(Debug, Clone, PartialEq)]
pub enum Yardstick {
    /// Responses with status 5xx.
    ServerErrors,
    /// Failures as a success rate counts them.
    Failures(Population),
    /// The rate of signals, counted together.
    Signal(SignalGlob),
}

/// A quantile of the request latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantile {
    /// The median.
    P50,
    /// 95 of 100 requests are faster.
    P95,
    /// 99 of 100 requests are faster.
    P99,
}

impl Quantile {
    /// The signal id: `p50`, `p95`, `p99`.
    pub fn id(self) -> &'static str {
        match self {
            Quantile::P50 => "p50",
            Quantile::P95 => "p95",
            Quantile::P99 => "p99",
        }
    }
}
