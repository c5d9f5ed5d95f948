//! Finds the deploy: asks Cloud Run which revisions there are, then the audit log and Cloud Monitoring when traffic moved.

use std::collections::BTreeMap;

use serde_json::Value;

use super::session::Session;
use super::target;
use super::window::Asked as AskedTime;
use crate::cli::args::CompareArgs;
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::cloud::run::{self, Asked, AskedWindow, Deploy, Plan, ServiceName, TrafficEvent};
use crate::cloud::{Api, Call, CloudError};
use crate::model::Timestamp;

/// A deploy, and what to read to judge it.
pub struct Found {
    pub name: ServiceName,
    pub deploy: Deploy,
    pub plan: Plan,
    pub now: Timestamp,
}

/// Asks for the deploy that the arguments mean.
pub fn find(session: &Session, args: &CompareArgs) -> Result<Found, Failure> {
    let name = ServiceName {
        project: session.target.project.clone(),
        region: session.target.region()?.to_owned(),
        service: target::service(&args.select)?.to_owned(),
    };
    let time = AskedTime::new(&args.select, &args.live)?;
    let asked = Asked {
        baseline: input::globs(&args.baseline_revision)?,
        candidate: input::globs(&args.candidate_revision)?,
        deployed_at: args.deployed_at.as_deref().map(input::time).transpose()?,
    };
    let client = &session.client;
    let service = run::service(client, &name)?;
    let revisions = run::revisions(client, &name)?;
    let now = client.now();
    let mut deploy = run::choose(&service, &revisions, &asked, now).map_err(|e| Failure::input(&e, e.hint()))?;
    let events = traffic_events(session, &name, deploy.created_at)?;
    deploy.moved(&events, &BTreeMap::new());
    let asked_window = AskedWindow {
        since: time.since,
        until: time.until,
        freshness: time.freshness,
    };
    let plan = run::plan(&deploy, &asked_window, now).map_err(|e| Failure::input(&e, e.hint()))?;
    Ok(Found {
        name,
        deploy,
        plan,
        now,
    })
}

/// Entries on a page of the audit log; a deploy writes a handful.
const AUDIT_PAGE: u32 = 1_000;
/// Pages of it: beyond, traffic moves all the time, and the first requests tell as well.
const AUDIT_PAGES_MAX: usize = 3;

/// What the audit log says of the traffic since the candidate was created.
fn traffic_events(session: &Session, name: &ServiceName, since: Timestamp) -> Result<Vec<TrafficEvent>, CloudError> {
    let (mut events, mut token) = (vec![], String::new());
    for _ in 0..AUDIT_PAGES_MAX {
        let body = serde_json::json!({
            "resourceNames": [format!("projects/{}", name.project)],
            "filter": name.audit_filter(since),
            "orderBy": "timestamp asc",
            "pageSize": AUDIT_PAGE,
            "pageToken": token,
        });
        let mut call = Call::post(Api::Logging, "/v2/entries:list", body.to_string());
        call.is_read_request = true;
        let page: Value = session
            .client
            .send(&call, |body| serde_json::from_slice(&body).map_err(|e| e.to_string()))?;
        let entries = page["entries"].as_array().map_or(&[][..], Vec::as_slice);
        events.extend(entries.iter().filter_map(TrafficEvent::of_entry));
        match page["nextPageToken"].as_str() {
            Some(next) if !next.is_empty() && next != token => token = next.to_owned(),
            _ => break,
        }
    }
    Ok(events)
}
