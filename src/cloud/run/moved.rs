//! When the traffic moved to the candidate. The Admin API does not tell: audit entries do, else the requests themselves.
//!
//! Input: entries of the audit logs as JSON, or requests by minute. Output: an instant and how it is known. Pure.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::deploy::Deploy;
use super::service::{ServiceName, short_name};
use crate::model::{Minute, Timestamp, quoted};

/// How the time of the traffic move is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovedBy {
    /// The user said so.
    Asked,
    /// An audit entry shows the candidate's first share of the traffic.
    Audit,
    /// The candidate's first minute with requests worth the name.
    FirstRequest,
}

impl fmt::Display for MovedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MovedBy::Asked => "as asked for",
            MovedBy::Audit => "by the audit log",
            MovedBy::FirstRequest => "by its first requests",
        })
    }
}

/// The traffic of a service at one instant, as an audit entry shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrafficEvent {
    /// When it was written.
    pub at: Timestamp,
    /// Percent by revision; zeros are left out.
    pub percent: BTreeMap<String, u64>,
}

impl TrafficEvent {
    /// Reads a LogEntry of `cloudaudit.googleapis.com/system_event` or `/activity`; `None` when it shows no traffic.
    ///
    /// Both shapes are known: the Knative object of version 1 (`status.traffic`, `revisionName`) and the service of version
    /// 2 (`trafficStatuses`, `revision`).
    pub fn of_entry(entry: &Value) -> Option<TrafficEvent> {
        let at = Timestamp::parse(entry.get("timestamp")?.as_str()?)?;
        let response = entry.pointer("/protoPayload/response")?;
        let targets = response
            .pointer("/status/traffic")
            .or_else(|| response.get("trafficStatuses"))?;
        let mut percent = BTreeMap::new();
        for target in targets.as_array()? {
            let named = target.get("revisionName").or_else(|| target.get("revision"));
            let revision = short_name(named.and_then(Value::as_str).unwrap_or_default());
            let share = target.get("percent").and_then(Value::as_u64).unwrap_or(0);
            if !revision.is_empty() && share > 0 {
                let sum: &mut u64 = percent.entry(revision.to_owned()).or_default();
                *sum = sum.saturating_add(share);
            }
        }
        (!percent.is_empty()).then_some(TrafficEvent { at, percent })
    }
}

impl ServiceName {
    /// Logging query for the audit entries that show who got the traffic from `since` on.
    pub fn audit_filter(&self, since: Timestamp) -> String {
        format!(
            "resource.type=\"cloud_run_revision\" AND resource.labels.service_name={} AND resource.labels.location={} AND \
             (log_id(\"cloudaudit.googleapis.com/system_event\") OR log_id(\"cloudaudit.googleapis.com/activity\")) AND \
             timestamp>=\"{since}\"",
            quoted(&self.service),
            quoted(&self.region)
        )
    }
}

/// Requests of a minute below this share of a busy one are a start-up check or a tag's: no traffic.
const SERVING_SHARE: f64 = 0.02;

/// The first minute in which a revision got requests worth the name: at least 2 % of those of a busy minute (which the
/// busiest twentieth of its minutes stands for).
pub fn first_serving_minute(requests: &BTreeMap<Minute, u64>) -> Option<Minute> {
    let mut sorted: Vec<u64> = requests.values().copied().filter(|n| *n > 0).collect();
    sorted.sort_unstable();
    let busy = *sorted.get(sorted.len() * 19 / 20)?;
    let serves = |n: u64| n > 0 && n as f64 >= SERVING_SHARE * busy as f64;
    requests.iter().find(|(_, n)| serves(**n)).map(|(minute, _)| *minute)
}

impl Deploy {
    /// Learns when the candidate first got traffic: from audit entries, else from its requests by minute. What the user said
    /// stays. Says in `why` which was used.
    ///
    /// Nothing before the candidate's creation counts: clocks differ, and names do not come back.
    pub fn moved(&mut self, events: &[TrafficEvent], requests: &BTreeMap<Minute, u64>) {
        if self.moved_by == Some(MovedBy::Asked) {
            return;
        }
        let floor = self.created_at.minute();
        let shows = |e: &&TrafficEvent| e.at >= self.created_at && e.percent.contains_key(&self.candidate);
        let audit = events.iter().filter(shows).map(|e| e.at).min();
        let later = || requests.range(floor..).map(|(m, n)| (*m, *n)).collect();
        let first = || first_serving_minute(&later()).map(|m| m.start().max(self.created_at));
        let found = match audit {
            Some(at) => Some((at, MovedBy::Audit)),
            None => first().map(|at| (at, MovedBy::FirstRequest)),
        };
        self.why.push(match found {
            Some((at, by)) => format!("Traffic reached {} at {at}, {by}.", self.candidate),
            None => format!(
                "When traffic reached {} is not known: its creation at {} is taken.",
                self.candidate, self.created_at
            ),
        });
        (self.moved_at, self.moved_by) = found.map_or((None, None), |(at, by)| (Some(at), Some(by)));
    }
}
