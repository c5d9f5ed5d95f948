//! Keeps to a number of requests in any minute, as the *server* counts them.
//!
//! There are as many slots as requests a minute. A slot is taken before a request is sent and is free again a minute after its
//! answer came. The server got the request before it answered, and gets the next one of this slot after it was sent, so two
//! arrivals of one slot are always more than a minute apart, however slow the network is. All threads share the slots.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Clock;

/// The minute over which Cloud Logging counts read requests, and a little more: clocks do not all run at the same speed.
const PERIOD: Duration = Duration::from_millis(60_500);
/// How often a thread that waits for others looks at the clock.
const LOOK: Duration = Duration::from_millis(50);

/// The limiter.
#[derive(Debug)]
pub(super) struct Quota {
    slots: Mutex<Vec<Slot>>,
    freed: Condvar,
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    /// May be used from this moment of [`Clock::elapsed`].
    Free(Duration),
    Taken,
}

/// A slot in use. Gives itself back as used now when dropped, also when the thread panics.
pub(super) struct Permit<'a> {
    quota: &'a Quota,
    clock: &'a dyn Clock,
    slot: usize,
    unused_since: Option<Duration>,
    /// How long it was waited for.
    pub waited: Duration,
}

impl Quota {
    /// A limit of so many requests a minute, at least 1.
    pub(super) fn new(requests_per_minute: u32) -> Quota {
        let slots = usize::try_from(requests_per_minute.max(1)).unwrap_or(usize::MAX);
        Quota {
            slots: Mutex::new(vec![Slot::Free(Duration::ZERO); slots]),
            freed: Condvar::new(),
        }
    }

    /// Waits for a slot. `None` when none can be free by `deadline`; then it returns at once, since waiting gains nothing.
    pub(super) fn take<'a>(&'a self, clock: &'a dyn Clock, deadline: Option<Duration>) -> Option<Permit<'a>> {
        let asked = clock.elapsed();
        let (slot, free) = self.reserve(clock, deadline)?;
        let mut permit = Permit {
            quota: self,
            clock,
            slot,
            unused_since: Some(free),
            waited: Duration::ZERO,
        };
        let now = clock.elapsed();
        if free > now {
            clock.sleep(free - now);
        }
        permit.waited = clock.elapsed().saturating_sub(asked);
        permit.unused_since = None;
        Some(permit)
    }

    /// Lets nobody through before a moment of [`Clock::elapsed`]: the server says that the quota is used up, by others too.
    pub(super) fn pause(&self, until: Duration) {
        for slot in self.lock().iter_mut() {
            if let Slot::Free(from) = slot {
                *from = (*from).max(until);
            }
        }
    }

    /// The slot that is free first, taken for this thread, and from when on it may be used.
    fn reserve(&self, clock: &dyn Clock, deadline: Option<Duration>) -> Option<(usize, Duration)> {
        let mut slots = self.lock();
        loop {
            if let Some((slot, free)) = soonest(&slots) {
                if deadline.is_some_and(|d| free >= d && free > clock.elapsed()) {
                    return None;
                }
                slots[slot] = Slot::Taken;
                return Some((slot, free));
            }
            if deadline.is_some_and(|d| clock.elapsed() >= d) {
                return None;
            }
            slots = self
                .freed
                .wait_timeout(slots, LOOK)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn soonest(slots: &[Slot]) -> Option<(usize, Duration)> {
    let free = slots.iter().enumerate().filter_map(|(i, slot)| match slot {
        Slot::Free(from) => Some((i, *from)),
        Slot::Taken => None,
    });
    free.min_by_key(|(i, from)| (*from, *i))
}

impl Permit<'_> {
    /// Gives the slot back as if it had never been taken: nothing was sent.
    pub(super) fn unused(mut self) {
        self.unused_since = Some(self.clock.elapsed());
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let from = self.unused_since.unwrap_or_else(|| self.clock.elapsed() + PERIOD);
        self.quota.lock()[self.slot] = Slot::Free(from);
        self.quota.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::TestClock;
    use crate::model::Timestamp;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_slot_is_free_a_minute_after_the_answer() {
        let clock = TestClock::at(Timestamp(0));
        let quota = Quota::new(2);
        let first = quota.take(&clock, None).unwrap();
        clock.advance(s(5));
        drop(first);
        drop(quota.take(&clock, None).unwrap());
        assert!(clock.sleeps().is_empty());
        clock.advance(s(20));
        let third = quota.take(&clock, None).unwrap();
        assert_eq!(clock.elapsed(), s(5) + PERIOD);
        assert_eq!(third.waited, PERIOD - s(20));
    }

    #[test]
    fn a_slot_that_was_not_used_is_free_at_once() {
        let clock = TestClock::at(Timestamp(0));
        let quota = Quota::new(1);
        quota.take(&clock, None).unwrap().unused();
        quota.take(&clock, None).unwrap();
        assert!(clock.sleeps().is_empty());
    }

    #[test]
    fn a_pause_holds_everybody_and_shortens_no_wait() {
        let clock = TestClock::at(Timestamp(0));
        let quota = Quota::new(2);
        drop(quota.take(&clock, None).unwrap());
        quota.pause(s(8));
        drop(quota.take(&clock, None).unwrap());
        assert_eq!(clock.elapsed(), s(8));
        drop(quota.take(&clock, None).unwrap());
        assert_eq!(clock.elapsed(), PERIOD);
    }

    #[test]
    fn nobody_waits_past_the_deadline() {
        let clock = TestClock::at(Timestamp(0));
        let quota = Quota::new(1);
        drop(quota.take(&clock, Some(s(30))).unwrap());
        assert!(quota.take(&clock, Some(s(30))).is_none());
        assert!(clock.sleeps().is_empty());
        assert!(quota.take(&clock, Some(s(61))).is_some());
    }

    #[test]
    fn zero_requests_a_minute_are_one() {
        let clock = TestClock::at(Timestamp(0));
        assert!(Quota::new(0).take(&clock, None).is_some());
    }
}
