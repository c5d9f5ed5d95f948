//! Reads services and revisions from the Admin API, and from the audit log who got the traffic.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::moved::TrafficEvent;
use super::near::near_names;
use super::service::{Revision, Service, ServiceName, short_name};
use super::words::listed;
use crate::cloud::{Api, Call, Client, CloudError, ErrorKind};
use crate::model::Timestamp;

/// Revisions of a service that are looked at. Cloud Run keeps 1,000 and deletes older ones by itself.
pub const REVISIONS_MAX: usize = 2_000;
/// Services of a region that are looked through for a name like the one asked for.
const SERVICES_MAX: usize = 1_000;
/// Most items that Google puts on a page of either list.
const PAGE_SIZE: &str = "100";
/// Names that an error lists.
const LISTED_MAX: usize = 8;

/// A page of a list; the names of the fields differ.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    #[serde(alias = "services", alias = "revisions", default = "Vec::new")]
    items: Vec<T>,
    #[serde(default)]
    next_page_token: String,
}

/// Reads a service.
///
/// # Errors
/// Those of the call; for a service that is not there, with the names that are like it.
pub fn service(client: &Client, name: &ServiceName) -> Result<Service, CloudError> {
    let call = Call::get(Api::Run, name.path());
    let answer = client.send(&call, |body| parse::<Service>(&body));
    answer.map_err(|error| match error.kind {
        ErrorKind::NotFound => not_found(client, name, error),
        _ => error,
    })
}

/// Reads all revisions of a service, in no order: up to [`REVISIONS_MAX`], which `choose` tells of.
///
/// # Errors
/// Those of the calls.
pub fn revisions(client: &Client, name: &ServiceName) -> Result<Vec<Revision>, CloudError> {
    list(client, &format!("{}/revisions", name.path()), REVISIONS_MAX)
}

/// Reads the names of the services of a region, sorted; `name.service` does not matter.
///
/// # Errors
/// Those of the calls.
pub fn services(client: &Client, name: &ServiceName) -> Result<Vec<String>, CloudError> {
    let services: Vec<Service> = list(client, &name.services_path(), SERVICES_MAX)?;
    let mut names: Vec<String> = services.iter().map(|s| short_name(&s.name).to_owned()).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// Entries on a page of the audit log; a deploy writes a handful.
const AUDIT_PAGE: u32 = 1_000;
/// Pages of it: beyond, traffic moves all the time, and the first requests tell as well.
const AUDIT_PAGES_MAX: usize = 3;

/// What the audit log says of the traffic since the candidate was created.
///
/// # Errors
/// Those of the calls.
pub fn traffic_events(client: &Client, name: &ServiceName, since: Timestamp) -> Result<Vec<TrafficEvent>, CloudError> {
    let (mut events, mut token) = (vec![], String::new());
    for _ in 0..AUDIT_PAGES_MAX {
        let body = serde_json::json!({
            "resourceNames": [format!("projects/{}", name.project)],
            "filter": name.audit_filter(since),
            "orderBy": "timestamp asc",
            "pageSize": AUDIT_PAGE,
            "pageToken": token,
        });
        let call = Call::post(Api::Logging, "/v2/entries:list", body.to_string());
        let page: Value = client.send(&call, |body| parse(&body))?;
        let entries = page["entries"].as_array().map_or(&[][..], Vec::as_slice);
        events.extend(entries.iter().filter_map(TrafficEvent::of_entry));
        match page["nextPageToken"].as_str() {
            Some(next) if !next.is_empty() && next != token => token = next.to_owned(),
            _ => break,
        }
    }
    Ok(events)
}

/// All pages. An empty page with a token is not the end; a token that comes again would be endless.
fn list<T: DeserializeOwned>(client: &Client, path: &str, most: usize) -> Result<Vec<T>, CloudError> {
    let (mut items, mut token) = (vec![], String::new());
    // Pages may hold less than asked for, even nothing.
    for _ in 0..most {
        let mut call = Call::get(Api::Run, path).query("pageSize", PAGE_SIZE);
        if !token.is_empty() {
            call = call.query("pageToken", &token);
        }
        let page: Page<T> = client.send(&call, |body| parse(&body))?;
        items.extend(page.items);
        if page.next_page_token.is_empty() || items.len() >= most {
            items.truncate(most);
            return Ok(items);
        }
        if page.next_page_token == token {
            break;
        }
        token = page.next_page_token;
    }
    Err(CloudError::new(
        ErrorKind::BadAnswer,
        "Cloud Run gives the same page of a list again and again",
        "try again later",
    ))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|e| e.to_string())
}

/// Says what there is instead. The list may be forbidden, or the region may not exist: then the first error says enough.
fn not_found(client: &Client, name: &ServiceName, error: CloudError) -> CloudError {
    let (service, region) = (&name.service, &name.region);
    let elsewhere = "list the services of all regions with: gcloud run services list";
    let Ok(there) = services(client, name) else {
        return CloudError {
            cause: format!("there is no service {service} in {region}, or no such region"),
            hint: format!("check --service, --region and --project; {elsewhere}"),
            ..error
        };
    };
    let near = near_names(service, &there);
    let cause = format!("there is no service {service} in {region} of {}", name.project);
    let hint = match (near.as_slice(), there.as_slice()) {
        ([_, ..], _) => format!("did you mean {}? Else {elsewhere}", listed(&near)),
        ([], []) => format!("there is no service at all in {region}: check --region; {elsewhere}"),
        ([], there) => {
            let more = there.len().saturating_sub(LISTED_MAX);
            let tail = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            let names = there[..there.len().min(LISTED_MAX)].join(", ");
            format!("there are: {names}{tail}; or is it in another region? {elsewhere}")
        }
    };
    CloudError { cause, hint, ..error }
}
