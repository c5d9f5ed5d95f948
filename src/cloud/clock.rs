//! Time as the rest of the program sees it: injected, so that waiting can be tested without waiting.
//!
//! [`SystemClock`] is the only place that asks the machine for the time.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::model::Timestamp;

/// Tells the time and waits.
pub trait Clock: Send + Sync {
    /// What the wall clock says, UTC. It may be wrong and may jump.
    fn now(&self) -> Timestamp;
    /// Time since a fixed start; never goes back.
    fn elapsed(&self) -> Duration;
    /// Returns when that much time has gone by.
    fn sleep(&self, time: Duration);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

static START: OnceLock<Instant> = OnceLock::new();

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(nanos(since_epoch))
    }

    fn elapsed(&self) -> Duration {
        START.get_or_init(Instant::now).elapsed()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// Virtual time for tests: [`Clock::sleep`] moves it on at once and is recorded. Share it in an `Arc`.
///
/// ```
/// use std::time::Duration;
/// use logverdict::cloud::{Clock, TestClock};
/// use logverdict::model::Timestamp;
///
/// let clock = TestClock::at(Timestamp::parse("2026-03-01T10:00:00Z").unwrap());
/// clock.sleep(Duration::from_secs(90));
/// assert_eq!(clock.now(), Timestamp::parse("2026-03-01T10:01:30Z").unwrap());
/// assert_eq!(clock.sleeps(), [Duration::from_secs(90)]);
/// ```
#[derive(Debug)]
pub struct TestClock {
    start: Timestamp,
    state: Mutex<TestState>,
}

#[derive(Debug, Default)]
struct TestState {
    elapsed: Duration,
    sleeps: Vec<Duration>,
}

impl TestClock {
    /// A clock whose wall time starts there.
    pub fn at(start: Timestamp) -> TestClock {
        let state = Mutex::default();
        TestClock { start, state }
    }

    /// Moves time on without a sleep on record.
    pub fn advance(&self, time: Duration) {
        self.state().elapsed += time;
    }

    /// Every sleep so far, in the order in which they began.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.state().sleeps.clone()
    }

    fn state(&self) -> MutexGuard<'_, TestState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.start.0.saturating_add(nanos(self.elapsed())))
    }

    fn elapsed(&self) -> Duration {
        self.state().elapsed
    }

    fn sleep(&self, time: Duration) {
        let mut state = self.state();
        state.elapsed += time;
        state.sleeps.push(time);
    }
}

/// Nanoseconds in the range of [`Timestamp`].
fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_in_this_century_and_moves_on() {
        let clock = SystemClock;
        assert!(clock.now() > Timestamp::parse("2025-01-01").unwrap());
        let before = clock.elapsed();
        clock.sleep(Duration::from_millis(2));
        assert!(clock.elapsed() >= before + Duration::from_millis(2));
    }

    #[test]
    fn a_test_clock_moves_only_when_told() {
        let clock = TestClock::at(Timestamp(0));
        assert_eq!((clock.now(), clock.elapsed()), (Timestamp(0), Duration::ZERO));
        clock.advance(Duration::from_secs(1));
        clock.sleep(Duration::from_secs(2));
        assert_eq!(clock.now(), Timestamp(3_000_000_000));
        assert_eq!(clock.sleeps(), [Duration::from_secs(2)]);
    }
}
