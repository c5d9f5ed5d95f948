//! When a watch looks: a grid of times that depends on the deploy and the settings alone, never on when anybody ran.
//!
//! Look `n` is made for the time `n` times the interval since 1970, so looks fall on round times. It counts what Cloud Logging
//! had received until one minute after its time: an entry written in the last second has had time to arrive.

use std::time::Duration;

use crate::model::Timestamp;

const MINUTE_NS: i64 = 60_000_000_000;
/// So long after a look's time entries may be received to count in it.
const ARRIVE_NS: i64 = MINUTE_NS;
/// So long after that an entry that was received may stay invisible to a query.
const VISIBLE_NS: i64 = MINUTE_NS;
/// Most minutes between two looks, and a divisor of every day.
pub const EVERY_MINUTES_MAX: u32 = 60;

/// The times of a watch. Looks are numbered: see [`Schedule::time_of`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    started: Timestamp,
    ends: Timestamp,
    every: i64,
    /// Name and time since the deploy, ascending.
    checkpoints: Vec<(String, Duration)>,
}

impl Schedule {
    /// A watch that begins with the deploy at `started` and lasts for `length`, with a look every `every_minutes` (1 to
    /// [`EVERY_MINUTES_MAX`]). Checkpoints behind its end are left out; its end is always one.
    pub fn new(started: Timestamp, length: Duration, every_minutes: u32, checkpoints: &[Duration]) -> Schedule {
        let every = i64::from(every_minutes.clamp(1, EVERY_MINUTES_MAX)) * MINUTE_NS;
        let mut times: Vec<Duration> = checkpoints.iter().copied().filter(|c| *c < length).collect();
        times.push(length);
        times.sort_unstable();
        times.dedup();
        Schedule {
            started,
            ends: after(started, length),
            every,
            checkpoints: times.into_iter().map(|time| (name_of(time), time)).collect(),
        }
    }

    /// The deploy.
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// When the watch is over by its plan.
    pub fn ends(&self) -> Timestamp {
        self.ends
    }

    /// Minutes between looks.
    pub fn every_minutes(&self) -> u64 {
        self.every.unsigned_abs() / MINUTE_NS.unsigned_abs()
    }

    /// Number of the first look: the first one behind the deploy.
    pub fn first(&self) -> i64 {
        self.started.0.div_euclid(self.every) + 1
    }

    /// Number of the last look: the first one at the end or behind it.
    pub fn last(&self) -> i64 {
        self.at_or_after(self.ends).max(self.first())
    }

    /// The time that a look is made for: it judges the minutes before.
    pub fn time_of(&self, look: i64) -> Timestamp {
        Timestamp(look.saturating_mul(self.every))
    }

    /// The end of what a look counts, by the time at which entries were received.
    pub fn received_until(&self, look: i64) -> Timestamp {
        Timestamp(self.time_of(look).0.saturating_add(ARRIVE_NS))
    }

    /// When a look can be made at the earliest.
    pub fn ready_at(&self, look: i64) -> Timestamp {
        Timestamp(self.received_until(look).0.saturating_add(VISIBLE_NS))
    }

    /// The newest look that can be made by now.
    pub fn newest_ready(&self, now: Timestamp) -> i64 {
        let since = now.0.saturating_sub(ARRIVE_NS).saturating_sub(VISIBLE_NS);
        since.div_euclid(self.every).min(self.last())
    }

    /// The look that counts what was received then: all that came before the first look's share belongs to the one before
    /// it, the baseline's.
    pub fn look_of(&self, received: Timestamp) -> i64 {
        let look = received.0.saturating_sub(ARRIVE_NS).div_euclid(self.every) + 1;
        look.max(self.first() - 1)
    }

    /// Names of the checkpoints that a look is.
    pub fn checkpoints_at(&self, look: i64) -> impl Iterator<Item = &str> {
        let due = move |time: &Duration| {
            self.at_or_after(after(self.started, *time))
                .clamp(self.first(), self.last())
        };
        let here = self.checkpoints.iter().filter(move |(_, time)| due(time) == look);
        here.map(|(name, _)| name.as_str())
    }

    /// Names of the checkpoints behind a look.
    pub fn to_come(&self, look: i64) -> Vec<String> {
        (look + 1..=self.last())
            .flat_map(|n| self.checkpoints_at(n).map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    fn at_or_after(&self, time: Timestamp) -> i64 {
        time.0.div_euclid(self.every) + i64::from(time.0.rem_euclid(self.every) != 0)
    }
}

fn after(time: Timestamp, by: Duration) -> Timestamp {
    Timestamp(time.0.saturating_add(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX)))
}

/// `T+20m`, `T+1h`, `T+1h30m`.
fn name_of(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("T+{m}m"),
        (h, 0) => format!("T+{h}h"),
        (h, m) => format!("T+{h}h{m}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(n: u64) -> Duration {
        Duration::from_secs(n * 60)
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(&format!("2026-03-01T{text}Z")).unwrap()
    }

    fn day() -> Schedule {
        let named = [20, 60, 120, 240, 480, 720, 1440, 2880].map(minutes);
        Schedule::new(at("10:02:30"), minutes(1440), 5, &named)
    }

    #[test]
    fn looks_fall_on_round_times_from_the_deploy_to_the_end() {
        let schedule = day();
        assert_eq!(schedule.time_of(schedule.first()), at("10:05:00"));
        assert_eq!(schedule.time_of(schedule.last()).0, at("10:05:00").0 + 1440 * MINUTE_NS);
        assert_eq!(schedule.last() - schedule.first() + 1, 289);
        let round = Schedule::new(at("10:05:00"), minutes(60), 5, &[]);
        assert_eq!(round.time_of(round.first()), at("10:10:00"));
        assert_eq!(round.last() - round.first() + 1, 12);
        assert_eq!(round.checkpoints_at(round.last()).collect::<Vec<_>>(), ["T+1h"]);
    }

    #[test]
    fn an_entry_counts_in_one_look_by_when_it_was_received() {
        let schedule = day();
        let first = schedule.first();
        for (received, look) in [
            ("03:00:00", first - 1),
            ("10:00:59", first - 1),
            ("10:01:00", first),
            ("10:05:59", first),
            ("10:06:00", first + 1),
        ] {
            assert_eq!(schedule.look_of(at(received)), look, "{received}");
        }
        for look in first..first + 300 {
            let until = schedule.received_until(look);
            assert_eq!(schedule.look_of(Timestamp(until.0 - 1)), look);
            assert_eq!(schedule.look_of(until), look + 1);
        }
    }

    #[test]
    fn a_look_is_ready_when_its_entries_can_be_seen() {
        let schedule = day();
        let first = schedule.first();
        assert_eq!(schedule.ready_at(first), at("10:07:00"));
        assert_eq!(schedule.newest_ready(at("10:06:59")), first - 1);
        assert_eq!(schedule.newest_ready(at("10:07:00")), first);
        assert_eq!(schedule.newest_ready(Timestamp(i64::MAX)), schedule.last());
        assert!(schedule.newest_ready(Timestamp(0)) < first);
    }

    #[test]
    fn every_checkpoint_is_one_look() {
        let schedule = day();
        let all = schedule.to_come(schedule.first() - 1);
        assert_eq!(all, ["T+20m", "T+1h", "T+2h", "T+4h", "T+8h", "T+12h", "T+24h"]);
        // The first look at or behind 10:22:30.
        let look = schedule.first() + 4;
        assert_eq!(schedule.time_of(look), at("10:25:00"));
        assert_eq!(schedule.checkpoints_at(look).collect::<Vec<_>>(), ["T+20m"]);
        assert_eq!(schedule.to_come(look).len(), 6);
        assert_eq!(name_of(minutes(90)), "T+1h30m");
    }
}
