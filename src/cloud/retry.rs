//! When to try again, and how long to wait before: capped exponential backoff with jitter.

use std::time::Duration;

/// How often and how patiently a call is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, at least 1.
    pub attempts: u32,
    /// Longest wait before the second attempt; doubles with each further one.
    pub first_wait: Duration,
    /// Cap of the doubling.
    pub max_wait: Duration,
    /// A server that asks for a longer wait than this is not waited for.
    pub max_retry_after: Duration,
    /// Time for one attempt, from connecting to the last byte.
    pub attempt_timeout: Duration,
}

impl Default for RetryPolicy {
    /// Waits of up to 1, 2, 4, … 60 s over ten attempts: two to four minutes, more than the minute after which a quota is whole again.
    fn default() -> RetryPolicy {
        RetryPolicy {
            attempts: 10,
            first_wait: Duration::from_secs(1),
            max_wait: Duration::from_secs(60),
            max_retry_after: Duration::from_secs(300),
            attempt_timeout: Duration::from_secs(90),
        }
    }
}

impl RetryPolicy {
    /// The wait after the `failed`-th failed attempt (from 1). `jitter` is 0 to 1: half of the wait is fixed, half is chance,
    /// so that threads that failed together do not come back together.
    pub fn wait(&self, failed: u32, jitter: f64) -> Duration {
        let doublings = failed.saturating_sub(1).min(31);
        let full = self.first_wait.saturating_mul(1 << doublings).min(self.max_wait);
        full.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_keep_half() {
        let policy = RetryPolicy::default();
        let seconds: Vec<f64> = (1..=8).map(|n| policy.wait(n, 1.0).as_secs_f64()).collect();
        assert_eq!(seconds, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
        assert_eq!(policy.wait(3, 0.0), Duration::from_secs(2));
        assert_eq!(policy.wait(u32::MAX, 7.0), Duration::from_secs(60));
        assert_eq!(policy.wait(0, -1.0), Duration::from_millis(500));
    }
}
