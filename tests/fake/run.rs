//! Cloud Run's Admin API: a project's services and their revisions, in pages and in no order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::http::{Request, Response};
use super::server::{Fake, lock};

/// Items on a page, whatever the client asks for: so that tests see several pages.
const PAGE_SIZE: usize = 3;

/// The services of one project and region.
#[derive(Clone, Default)]
pub struct RunApi {
    services: Arc<Mutex<BTreeMap<String, FakeService>>>,
}

/// A service: its JSON and that of its revisions, oldest first.
#[derive(Clone, Default)]
pub struct FakeService {
    pub service: Value,
    pub revisions: Vec<Value>,
}

pub const PROJECT: &str = "acme-shop";
pub const REGION: &str = "europe-west1";

/// Path of a project's region.
pub fn region_path() -> String {
    format!("/v2/projects/{PROJECT}/locations/{REGION}")
}

/// Full name of a service.
pub fn service_name(service: &str) -> String {
    format!("projects/{PROJECT}/locations/{REGION}/services/{service}")
}

/// A ready revision.
pub fn revision(service: &str, name: &str, created: &str) -> Value {
    json!({
        "name": format!("{}/revisions/{name}", service_name(service)),
        "uid": format!("uid-{name}"),
        "generation": "1",
        "createTime": created,
        "service": service,
        "timeout": "300s",
        "containers": [{"image": format!("europe-docker.pkg.dev/{PROJECT}/run/{service}@sha256:{name}"),
            "resources": {"limits": {"cpu": "1", "memory": "512Mi"}, "cpuIdle": true}}],
        "conditions": [{"type": "Ready", "state": "CONDITION_SUCCEEDED", "lastTransitionTime": created},
            {"type": "ContainerHealthy", "state": "CONDITION_SUCCEEDED", "lastTransitionTime": created}],
        "observedGeneration": "1",
        "logUri": "https://console.cloud.google.com/logs/viewer",
        "etag": "\"abc\""
    })
}

impl FakeService {
    /// A service with ready revisions, (name, creation) oldest first, and traffic, (revision or `latest`, percent, tag).
    pub fn new(service: &str, revisions: &[(&str, &str)], traffic: &[(&str, u32, &str)]) -> FakeService {
        let full = |revision: &str| format!("{}/revisions/{revision}", service_name(service));
        let latest = revisions.last().map_or("", |r| r.0);
        let target = |(to, percent, tag): &(&str, u32, &str)| {
            // A zero is left out, and so is the revision that LATEST stands for.
            let mut target = match *to {
                "latest" => json!({"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"}),
                revision => json!({"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": full(revision)}),
            };
            if *percent > 0 {
                target["percent"] = json!(percent);
            }
            if !tag.is_empty() {
                target["tag"] = json!(tag);
            }
            target
        };
        let targets: Vec<Value> = traffic.iter().map(target).collect();
        let service = json!({
            "name": service_name(service),
            "uid": "11111111-2222-3333-4444-555555555555",
            "generation": "7",
            "createTime": "2026-01-01T08:00:00Z",
            "updateTime": "2026-03-01T10:00:00Z",
            "lastModifier": "deployer@acme-shop.iam.gserviceaccount.com",
            "template": {"timeout": "300s", "maxInstanceRequestConcurrency": 80},
            "traffic": targets,
            "trafficStatuses": targets,
            "terminalCondition": {"type": "Ready", "state": "CONDITION_SUCCEEDED"},
            "conditions": [{"type": "RoutesReady", "state": "CONDITION_SUCCEEDED"}],
            "latestReadyRevision": full(latest),
            "latestCreatedRevision": full(latest),
            "uri": "https://chat-api-abc123-ew.a.run.app"
        });
        let name = service["name"]
            .as_str()
            .and_then(|n| n.rsplit('/').next())
            .unwrap_or_default()
            .to_owned();
        let revisions = revisions
            .iter()
            .map(|(r, created)| revision(&name, r, created))
            .collect();
        FakeService { service, revisions }
    }
}

impl RunApi {
    /// Serves the API of [`PROJECT`] and [`REGION`]; other regions hold nothing, other projects are forbidden.
    pub fn install(fake: &Fake) -> RunApi {
        let api = RunApi::default();
        let mine = api.clone();
        fake.on("GET", "/v2/projects/*", move |request| mine.answer(request));
        api
    }

    /// Adds a service, or replaces it.
    pub fn put(&self, name: &str, service: FakeService) {
        lock(&self.services).insert(name.to_owned(), service);
    }

    /// Deletes a service.
    pub fn remove(&self, name: &str) {
        lock(&self.services).remove(name);
    }

    fn answer(&self, request: &Request) -> Response {
        let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        let services = lock(&self.services);
        match parts.as_slice() {
            ["v2", "projects", project, ..] if *project != PROJECT => Response::error(
                403,
                "PERMISSION_DENIED",
                &format!(
                    "Permission 'run.services.get' denied on resource '{}' (or resource may not exist).",
                    &request.path[4..]
                ),
                "IAM_PERMISSION_DENIED",
            ),
            ["v2", _, _, "locations", region, "services"] => {
                let here = services.values().filter(|_| *region == REGION);
                page("services", here.map(|s| s.service.clone()).collect(), request)
            }
            ["v2", _, _, "locations", region, "services", name] => {
                match services.get(*name).filter(|_| *region == REGION) {
                    Some(service) => Response::json(service.service.clone()),
                    None => not_found(name),
                }
            }
            ["v2", _, _, "locations", REGION, "services", name, "revisions"] => match services.get(*name) {
                Some(service) => page("revisions", shuffled(&service.revisions), request),
                None => not_found(name),
            },
            _ => Response::error(404, "NOT_FOUND", "Requested entity was not found.", ""),
        }
    }
}

fn not_found(name: &str) -> Response {
    Response::error(
        404,
        "NOT_FOUND",
        &format!("Resource '{name}' of kind 'SERVICE' in region '{REGION}' in project '{PROJECT}' does not exist."),
        "",
    )
}

/// In an order that no client may rely on.
fn shuffled(items: &[Value]) -> Vec<Value> {
    let (even, odd): (Vec<_>, Vec<_>) = items.iter().cloned().enumerate().partition(|(i, _)| i % 2 == 0);
    odd.into_iter()
        .chain(even.into_iter().rev())
        .map(|(_, item)| item)
        .collect()
}

/// One page; the token is the place of the next item. No items give no field at all.
pub fn page(field: &str, items: Vec<Value>, request: &Request) -> Response {
    let start: usize = match request.parameter("pageToken") {
        None => 0,
        Some(token) => match token.strip_prefix("at-").and_then(|t| t.parse().ok()) {
            Some(start) => start,
            None => return Response::error(400, "INVALID_ARGUMENT", "The page token is invalid.", ""),
        },
    };
    let rest: Vec<Value> = items.iter().skip(start).take(PAGE_SIZE).cloned().collect();
    let mut answer = json!({});
    if !rest.is_empty() {
        answer[field] = json!(rest);
    }
    if start + PAGE_SIZE < items.len() {
        answer["nextPageToken"] = json!(format!("at-{}", start + PAGE_SIZE));
    }
    Response::json(answer)
}
