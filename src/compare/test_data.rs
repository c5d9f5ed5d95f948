//! Profiles by hand, for tests: revisions with requests, entries and events in given minutes.

use std::ops::Range;

use crate::model::{Level, Minute, Severity, Timestamp};
use crate::profile::{Data, RevisionCounts, Sample, SignalInfo};

/// 2026-03-01T10:00:00Z, the first minute of most tests; a block of five minutes begins with it.
pub const TEN: i64 = 29_539_320;

/// An instant, in minutes and seconds after [`TEN`].
pub fn at(minute: i64, second: i64) -> Timestamp {
    Timestamp(Minute(TEN + minute).start().0 + second * 1_000_000_000)
}

/// A revision that is being made up. Minutes count from [`TEN`].
#[derive(Clone)]
pub struct Made(pub RevisionCounts);

/// A revision of `chat-api`, or of the service before a slash.
pub fn revision(name: &str) -> Made {
    let (service, revision) = name.split_once('/').unwrap_or(("chat-api", name));
    Made(RevisionCounts {
        project: "acme-shop".into(),
        location: "europe-west1".into(),
        service: service.into(),
        revision: revision.into(),
        ..RevisionCounts::default()
    })
}

impl Made {
    /// Requests of a status in each minute.
    pub fn status(mut self, minutes: Range<i64>, status: u16, requests: u64) -> Made {
        for minute in minutes {
            let row = self.0.minutes.entry(Minute(TEN + minute)).or_default();
            row.entries += requests;
            row.requests += requests;
            *row.by_status.entry(status).or_default() += requests;
        }
        self
    }

    /// Good requests in each minute.
    pub fn serving(self, minutes: Range<i64>, requests: u64) -> Made {
        self.status(minutes, 200, requests)
    }

    /// Entries that are no requests, in each minute.
    pub fn entries(mut self, minutes: Range<i64>, entries: u64) -> Made {
        for minute in minutes {
            self.0.minutes.entry(Minute(TEN + minute)).or_default().entries += entries;
        }
        self
    }

    /// Events of a signal, each an entry, in each minute; with a sample in the first of them.
    pub fn events(mut self, key: &str, minutes: Range<i64>, events: u64) -> Made {
        self = self.entries(minutes.clone(), events);
        let (first, last) = (at(minutes.start, 7), at(minutes.end - 1, 7));
        let sample = Sample {
            key: minutes.start.cast_unsigned(),
            timestamp: Some(first),
            severity: Severity::Error,
            revision: self.0.revision.clone(),
            instance: String::new(),
            insert_id: String::new(),
            text: format!("{key} at {first}"),
        };
        let signal = self.0.signals.entry(key.into()).or_default();
        for minute in minutes {
            *signal.minutes.entry(Minute(TEN + minute)).or_default() += events;
        }
        signal.first = Some(signal.first.map_or(first, |t| t.min(first)));
        signal.last = Some(signal.last.map_or(last, |t| t.max(last)));
        signal.samples.push(sample);
        self
    }

    /// Server errors of a route, one request each, in each minute. Does not touch the minutes' own counts.
    pub fn route_errors(mut self, route: &str, minutes: Range<i64>, errors: u64) -> Made {
        let row = self.0.routes.entry(route.into()).or_default();
        for minute in minutes {
            row.requests += errors;
            *row.server_errors.entry(Minute(TEN + minute)).or_default() += errors;
        }
        self
    }

    /// Measured latencies of one bin in the blocks that begin in the given minutes.
    pub fn latency(mut self, minutes: Range<i64>, bin: u16, requests: u64) -> Made {
        for minute in minutes.step_by(5) {
            let block = self.0.latency.entry((TEN + minute).div_euclid(5)).or_default();
            *block.entry(bin).or_default() += requests;
        }
        self
    }
}

/// A profile of revisions. Levels of its signals are by name: `pattern:test/info-...` is information, and so on.
pub fn data<const N: usize>(revisions: [Made; N]) -> Data {
    let mut data = Data::default();
    for Made(revision) in revisions {
        for key in revision.signals.keys() {
            let level = match key.split_once('/').map_or("", |(_, name)| name) {
                name if name.starts_with("info") => Level::Info,
                name if name.starts_with("warning") => Level::Warning,
                name if name.starts_with("critical") => Level::Critical,
                _ => Level::Error,
            };
            let info = SignalInfo {
                title: format!("title of {key}"),
                level,
                category: "test".into(),
                class: String::new(),
            };
            data.signals.insert(key.clone(), info);
        }
        data.revisions
            .insert(format!("{}/{}", revision.service, revision.revision), revision);
    }
    data
}
