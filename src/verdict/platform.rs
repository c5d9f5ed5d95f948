//! What the platform says of one side's containers: crashes, failed starts, starts. Judged without statistics of requests,
//! because a service that crashes in a loop may log no request at all.
//!
//! The thresholds are constants here, explained in `docs/policy.md`.

use super::bounds::p_above;
use super::{Case, SideFacts};
use crate::compare::Finding;
use crate::model::{Level, Signal};

/// Crashes below this are bad luck, not a loop.
const MIN_CRASHES: u64 = 3;
/// They must lie in at least so many different minutes: one shutdown may log several exits at once.
const MIN_CRASH_MINUTES: usize = 2;
/// Failed starts below this may be one unlucky instance.
const MIN_START_FAILURES: u64 = 2;
/// P-value at which crashes per minute are clearly more than the tolerated ratio times the baseline's.
const CLEARLY: f64 = 0.01;
/// A side that serves less than this share of the other's successful requests per minute serves hardly any.
const HARDLY_ANY: f64 = 0.05;
/// Categories of patterns that mean a container was lost. Running out of memory in a loop is a crash loop too.
const CRASH_CATEGORIES: [&str; 2] = ["crash", "memory"];

/// Patterns of those categories that do not count containers: the first is written for each request that was lost, the
/// second also for a normal shutdown.
const NOT_A_LOST_CONTAINER: [&str; 2] = ["cloud-run/malformed-response", "cloud-run/uncaught-signal"];

/// What is known of one side's containers.
#[derive(Debug, Clone, Default)]
pub(super) struct Health {
    /// Length of the window, minutes.
    pub minutes: u64,
    /// Crashes: the count of the most frequent crash signal, because one crash may log several.
    pub crashes: u64,
    /// The signal that they were counted by.
    pub crash_signal: Option<Signal>,
    /// Minutes since the side's first one in which it crashed, ascending.
    pub crash_minutes: Vec<u64>,
    /// Failed starts: the count of the most frequent signal of that kind.
    pub start_failures: u64,
    /// The signal that they were counted by.
    pub start_failure_signal: Option<Signal>,
    /// Successful starts that the platform or the framework reported.
    pub starts: u64,
    /// Requests that the service itself answered without failing.
    pub served: u64,
}

impl Health {
    /// The health of one side. Signals for which `skip` holds are expected and count nothing.
    pub fn of(case: &Case, baseline: bool, skip: impl Fn(&Finding) -> bool) -> Health {
        let facts = if baseline { &case.baseline } else { &case.candidate };
        let mut health = Health {
            minutes: facts.minutes,
            served: served(facts),
            ..Health::default()
        };
        for finding in case.findings.iter().filter(|f| !skip(f)) {
            let counted = if baseline {
                finding.baseline.count
            } else {
                finding.candidate.count
            };
            health.take(&finding.signal, counted.max(facts.events(&finding.signal.id)), facts);
        }
        health
    }

    fn take(&mut self, signal: &Signal, count: u64, facts: &SideFacts) {
        if is_crash(signal) && count > self.crashes {
            self.crashes = count;
            self.crash_signal = Some(signal.clone());
            self.crash_minutes = facts.minutes_of(&signal.id);
        }
        if tells_of_failed_start(signal) && count > self.start_failures {
            self.start_failures = count;
            self.start_failure_signal = Some(signal.clone());
        }
        if is_start_marker(signal) {
            self.starts = self.starts.saturating_add(count);
        }
    }

    /// The side served nothing, and the platform says why: nothing can be better or worse than that.
    pub fn could_not_serve(&self) -> bool {
        self.served == 0 && (self.crashes >= MIN_CRASHES || self.start_failures >= MIN_START_FAILURES)
    }

    /// Successful requests per minute.
    pub fn served_per_minute(&self) -> f64 {
        if self.minutes == 0 {
            0.0
        } else {
            self.served as f64 / self.minutes as f64
        }
    }
}

/// Whether the candidate is in a crash loop that the baseline was not in.
///
/// At least three crashes in at least two different minutes, clearly more per minute than the baseline, and either
/// nearly nothing served or crashes that go on in every part of the window until its end.
pub(super) fn is_crash_loop(candidate: &Health, baseline: &Health, rho: f64) -> bool {
    candidate.crashes >= MIN_CRASHES
        && candidate.crash_minutes.len() >= MIN_CRASH_MINUTES
        && clearly_more(
            candidate.crashes,
            candidate.minutes,
            baseline.crashes,
            baseline.minutes,
            rho,
        )
        && (serves_hardly_any(candidate, baseline) || keeps_crashing(candidate))
}

/// Whether the candidate cannot start although the baseline could: at least two failed starts, nothing served, no
/// successful start reported; and the baseline did serve or start, or failed clearly less often.
pub(super) fn is_start_failure(candidate: &Health, baseline: &Health, rho: f64) -> bool {
    let failed = candidate.start_failures >= MIN_START_FAILURES && candidate.served == 0 && candidate.starts == 0;
    let baseline_could = baseline.start_failures == 0 && (baseline.served > 0 || baseline.starts > 0);
    let clearly = baseline.served > 0
        && clearly_more(
            candidate.start_failures,
            candidate.minutes,
            baseline.start_failures,
            baseline.minutes,
            rho,
        );
    failed && (baseline_could || clearly)
}

fn clearly_more(x1: u64, minutes1: u64, x0: u64, minutes0: u64, rho: f64) -> bool {
    p_above(x1 as f64, minutes1 as f64, x0 as f64, minutes0 as f64, rho) <= CLEARLY
}

fn serves_hardly_any(candidate: &Health, baseline: &Health) -> bool {
    candidate.served == 0 || candidate.served_per_minute() < HARDLY_ANY * baseline.served_per_minute()
}

/// Crashes in at least four five-minute blocks (all of them, where the window has fewer) and in its last fifth.
fn keeps_crashing(candidate: &Health) -> bool {
    let mut blocks: Vec<u64> = candidate.crash_minutes.iter().map(|m| m / 5).collect();
    blocks.dedup();
    let all = candidate.minutes.div_ceil(5);
    let last_part = (candidate.minutes / 5).max(2);
    let until_end = candidate
        .crash_minutes
        .last()
        .is_some_and(|m| m.saturating_add(last_part) >= candidate.minutes);
    blocks.len() as u64 >= all.min(4) && until_end
}

/// Requests that were answered by the service and did not fail: status below 500, but not 401, 403 and 429, which the
/// platform answers by itself, without a container. Requests without a status count as answered.
fn served(facts: &SideFacts) -> u64 {
    let good = facts
        .by_status
        .iter()
        .filter(|(s, _)| **s < 500 && ![401, 403, 429].contains(*s));
    let without_status = facts.requests.saturating_sub(facts.with_status());
    good.fold(without_status, |sum, (_, n)| sum.saturating_add(*n))
}

fn is_platform(signal: &Signal) -> bool {
    signal.id.starts_with("cloud-run/")
}

fn is_crash(signal: &Signal) -> bool {
    is_platform(signal)
        && CRASH_CATEGORIES.contains(&signal.category.as_str())
        && !NOT_A_LOST_CONTAINER.contains(&signal.id.as_str())
        && signal.level <= Level::Warning
}

/// Any pack may say that a start failed (`Application startup failed`), not only the platform's.
fn tells_of_failed_start(signal: &Signal) -> bool {
    signal.category == "start-failure" && signal.level <= Level::Warning
}

/// A line that says that something *has* started; "starting" is written before every crash as well.
fn is_start_marker(signal: &Signal) -> bool {
    const DONE: [&str; 4] = ["probe-succeeded", "revision-ready", "startup-complete", "listening"];
    ["lifecycle", "deploy"].contains(&signal.category.as_str())
        && signal.level > Level::Warning
        && DONE.iter().any(|word| signal.id.contains(word))
}
