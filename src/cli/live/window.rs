//! The window of a reading, from what was asked for and what time it is.

use std::time::Duration;

use crate::cli::args::{LiveArgs, SelectArgs};
use crate::cli::duration::duration;
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::model::{Timestamp, Window};

/// What the arguments say of the time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub freshness: Option<Duration>,
}

impl Asked {
    /// Reads the arguments.
    pub fn new(select: &SelectArgs, live: &LiveArgs) -> Result<Asked, Failure> {
        let time = |text: &Option<String>| text.as_deref().map(input::time).transpose();
        Ok(Asked {
            since: time(&select.since)?,
            until: time(&select.until)?,
            freshness: live.freshness.as_deref().map(duration).transpose()?,
        })
    }

    /// Both ends of the window; `of_filter` is what the filter itself says of the time.
    pub fn window(&self, of_filter: Window, now: Timestamp) -> Result<Window, Failure> {
        let end = self.until.or(of_filter.end).unwrap_or(now);
        let back = |time: Duration| {
            let nanos = i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
            Timestamp(end.0.saturating_sub(nanos))
        };
        let start = self.since.or_else(|| self.freshness.map(back)).or(of_filter.start);
        let Some(start) = start else {
            return Err(Failure::usage(
                "the reading has no bound in time: it would go through all that the project keeps",
                "add --freshness 1h, or --since TIME with --until TIME",
            ));
        };
        if start >= end {
            return Err(Failure::usage(
                format!("the window is empty: {start} is not before {end}"),
                "check --since, --until and the times in --filter",
            ));
        }
        Ok(Window {
            start: Some(start),
            end: Some(end),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000_000;

    fn window(asked: Asked, filter: (Option<i64>, Option<i64>)) -> Result<(i64, i64), String> {
        let at = |m: Option<i64>| m.map(|m| Timestamp(m * MINUTE));
        let of_filter = Window {
            start: at(filter.0),
            end: at(filter.1),
        };
        let window = asked.window(of_filter, Timestamp(1000 * MINUTE)).map_err(|f| f.cause)?;
        let minute = |t: Option<Timestamp>| t.unwrap().0 / MINUTE;
        Ok((minute(window.start), minute(window.end)))
    }

    #[test]
    fn the_arguments_come_before_the_filter_and_the_clock() {
        let hour = Some(Duration::from_secs(3600));
        let since = Some(Timestamp(900 * MINUTE));
        let asked = |since, until, freshness| Asked {
            since,
            until,
            freshness,
        };
        assert_eq!(window(asked(None, None, hour), (None, None)), Ok((940, 1000)));
        assert_eq!(window(asked(since, None, None), (Some(1), Some(950))), Ok((900, 950)));
        assert_eq!(
            window(asked(None, Some(Timestamp(800 * MINUTE)), hour), (None, None)),
            Ok((740, 800))
        );
        assert_eq!(window(asked(None, None, None), (Some(7), None)), Ok((7, 1000)));
    }

    #[test]
    fn an_open_or_empty_window_is_refused() {
        assert!(
            window(Asked::default(), (None, Some(5)))
                .unwrap_err()
                .contains("no bound")
        );
        assert!(
            window(Asked::default(), (Some(1001), None))
                .unwrap_err()
                .contains("empty")
        );
    }
}
