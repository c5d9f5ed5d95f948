//! How much there is to read, and where its requests are counted: in the log, or by Cloud Monitoring.

use std::io::Write;

use super::deploy::Found;
use super::reading::Part;
use super::session::Session;
use super::target;
use crate::cli::args::{Common, LiveArgs, RequestsFrom, SelectArgs};
use crate::cloud::CloudError;
use crate::cloud::monitoring::{self, EntryCounts, Estimate, RequestCounts};
use crate::cloud::run::ServiceName;
use crate::model::{Concern, Window};

/// Listing may take so many minutes at the quota before requests are counted by Cloud Monitoring instead.
const LIST_MINUTES_MAX: u64 = 5;

/// Adds what is known of the size to the parts, and chooses the source of the requests: `None` is the log.
///
/// # Errors
/// Cloud Monitoring was asked for and cannot be read.
pub fn choose(
    session: &Session,
    args: &LiveArgs,
    found: &mut Found,
    parts: &mut [Part],
    (common, err): (&Common, &mut dyn Write),
) -> Result<Option<RequestCounts>, CloudError> {
    let estimate = match sizes(session, found, parts) {
        Ok(sizes) => Some(monitoring::estimate(&sizes, args.requests_per_minute)),
        Err(error) => {
            found.deploy.notes.push(Concern::new(
                "size-unknown",
                format!("how much there is to read was not known: {}", error.cause),
            ));
            None
        }
    };
    let is_long = |e: &Estimate| e.minutes > LIST_MINUTES_MAX && e.narrower.iter().any(|n| n.needs_counts);
    let by_monitoring = match args.requests_from {
        RequestsFrom::Log => false,
        RequestsFrom::Monitoring => true,
        RequestsFrom::Auto => estimate.as_ref().is_some_and(is_long),
    };
    if let Some(estimate) = &estimate {
        tell(estimate, common, err);
    }
    if !by_monitoring {
        return Ok(None);
    }
    let counts = counted(session, found, parts)?;
    let why = "Requests and their latency are counted by Cloud Monitoring; of the request entries only failures and connections are read";
    found.plan.why.push(match args.requests_from {
        RequestsFrom::Auto => format!("{why}: all of them are too many to list at this quota."),
        _ => format!("{why}, as asked for."),
    });
    Ok(Some(counts))
}

/// Says what a long reading will cost; returns the entries a minute to expect. Cloud Monitoring is asked only where service and
/// region are named; where it cannot be, the reading begins all the same.
pub fn tell_size(
    session: &Session,
    select: &SelectArgs,
    window: &Window,
    requests_per_minute: u32,
    (common, err): (&Common, &mut dyn Write),
) -> Option<f64> {
    let name = ServiceName {
        project: session.target.project.clone(),
        region: session.target.region.clone()?,
        service: target::service(select).ok()?.to_owned(),
    };
    let sizes = monitoring::entry_counts(&session.client, &name, &[], window).ok()?;
    tell(&monitoring::estimate(&sizes, requests_per_minute), common, err);
    Some(sizes.per_minute() as f64)
}

/// Prints an estimate of more than a minute.
fn tell(estimate: &Estimate, common: &Common, err: &mut dyn Write) {
    if estimate.minutes > 0 && !common.quiet {
        for sentence in estimate.sentences() {
            writeln!(err, "{sentence}").ok();
        }
    }
}

/// Counts the entries of every part.
fn sizes(session: &Session, found: &Found, parts: &mut [Part]) -> Result<EntryCounts, CloudError> {
    let mut all = EntryCounts::default();
    for part in parts {
        let counts = monitoring::entry_counts(
            &session.client,
            &found.name,
            std::slice::from_ref(&part.revision),
            &part.window,
        )?;
        part.density = Some(counts.per_minute() as f64);
        all.add(&counts);
    }
    Ok(all)
}

/// Reads the counts and cuts each part to the minutes that are counted: neither errors without requests, nor the reverse.
fn counted(session: &Session, found: &Found, parts: &mut [Part]) -> Result<RequestCounts, CloudError> {
    let revisions: Vec<String> = parts.iter().map(|p| p.revision.clone()).collect();
    let mut counts = monitoring::request_counts(&session.client, &found.name, &revisions, &found.plan.window)?;
    for part in parts {
        part.window = within(part.window, counts.window);
        part.filter = format!("{}\nAND {}", part.filter, monitoring::ERRORS_ONLY_FILTER);
        counts.keep(&part.revision, &part.window);
        // Most of what was counted is not read now.
        part.density = None;
    }
    Ok(counts)
}

/// The whole minutes of a window that lie in another.
fn within(window: Window, other: Window) -> Window {
    let start = window.start.max(other.start).map(|t| t.next_minute().start());
    let end = window
        .end
        .into_iter()
        .chain(other.end)
        .min()
        .map(|t| t.minute().start());
    Window {
        start,
        end: end.max(start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn only_whole_minutes_are_read_where_minutes_are_counted() {
        let at = |text: &str| Timestamp::parse(&format!("2026-03-01T{text}Z"));
        let window = |start, end| Window {
            start: at(start),
            end: at(end),
        };
        let cut = within(window("10:00:30", "11:59:59"), window("09:00:00", "11:55:00"));
        assert_eq!(cut, window("10:01:00", "11:55:00"));
        let none = within(window("11:56:10", "11:59:00"), window("09:00:00", "11:55:00"));
        assert_eq!(none, window("11:57:00", "11:57:00"));
    }
}
