//! Finds the deploy: asks Cloud Run which revisions there are, then the audit log and Cloud Monitoring when traffic moved.

use std::collections::BTreeMap;
use std::time::Duration;

use super::session::Session;
use super::target;
use super::window::Asked as AskedTime;
use crate::cli::args::{LiveArgs, SelectArgs};
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::cloud::monitoring;
use crate::cloud::run::{self, Asked, AskedWindow, Deploy, Plan, ServiceName, TrafficEvent};
use crate::model::{Concern, Timestamp, Window};

/// A deploy, and what to read to judge it.
pub struct Found {
    pub name: ServiceName,
    pub deploy: Deploy,
    pub plan: Plan,
}

/// What the arguments say of a deploy.
pub struct Wanted<'a> {
    pub select: &'a SelectArgs,
    pub live: &'a LiveArgs,
    pub baseline: &'a [String],
    pub candidate: &'a [String],
    pub deployed_at: Option<&'a str>,
}

/// The service that the arguments mean.
pub fn service_name(session: &Session, select: &SelectArgs) -> Result<ServiceName, Failure> {
    Ok(ServiceName {
        project: session.target.project.clone(),
        region: session.target.region()?.to_owned(),
        service: target::service(select)?.to_owned(),
    })
}

/// Asks for the deploy that the arguments mean.
pub fn find(session: &Session, args: &Wanted<'_>) -> Result<Found, Failure> {
    let name = service_name(session, args.select)?;
    let time = AskedTime::new(args.select, args.live)?;
    let asked = Asked {
        baseline: input::globs(args.baseline)?,
        candidate: input::globs(args.candidate)?,
        deployed_at: args.deployed_at.map(input::time).transpose()?,
    };
    let client = &session.client;
    let service = run::service(client, &name)?;
    let revisions = run::revisions(client, &name)?;
    let now = session.now();
    let mut deploy = run::choose(&service, &revisions, &asked, now).map_err(|e| Failure::input(&e, e.hint()))?;
    let events = run::traffic_events(client, &name, deploy.created_at)?;
    learn_from_requests(session, &name, &mut deploy, &events);
    let asked_window = AskedWindow {
        since: time.since,
        until: time.until,
        freshness: time.freshness,
    };
    let plan = run::plan(&deploy, &asked_window, now).map_err(|e| Failure::input(e, e.hint()))?;
    Ok(Found { name, deploy, plan })
}

/// How long before the deploy a revision may have served to be a baseline.
const SERVED_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// Takes from the counts of requests who served before, and when traffic moved if the audit log does not tell. Without
/// Cloud Monitoring the next older revision that was ready is taken to have served.
fn learn_from_requests(session: &Session, name: &ServiceName, deploy: &mut Deploy, events: &[TrafficEvent]) {
    let mut revisions = deploy.older.clone();
    revisions.extend([deploy.candidate.clone()]);
    revisions.extend(deploy.baseline.clone());
    revisions.sort();
    revisions.dedup();
    let before = i64::try_from(SERVED_WITHIN.as_nanos()).unwrap_or(i64::MAX);
    let window = Window {
        start: Some(Timestamp(deploy.created_at.0.saturating_sub(before))),
        end: None,
    };
    match monitoring::request_counts(&session.client, name, &revisions, &window) {
        Ok(counts) => {
            deploy.moved(events, &counts.by_minute(&deploy.candidate));
            let until = deploy.moved_at.unwrap_or(deploy.created_at).minute();
            deploy.settle_baseline(|revision| counts.by_minute(revision).range(..until).map(|(_, n)| n).sum());
        }
        Err(error) => {
            deploy.moved(events, &BTreeMap::new());
            deploy.notes.push(Concern::new(
                "requests-unknown",
                format!(
                    "Cloud Monitoring was not asked who served before the deploy: {}. {}",
                    error.cause, error.hint
                ),
            ));
        }
    }
}
