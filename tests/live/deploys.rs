//! Finding the deploy through the Admin API: pages, order, wrong names, refusals.

use std::sync::Arc;

use logverdict::cloud::run::{self, Asked, AskedWindow, Deploy, ServiceName};
use logverdict::cloud::{Client, ClientOptions, ErrorKind, TestClock};
use logverdict::model::Timestamp;
use serde_json::json;

use super::fake::run::{FakeService, PROJECT, REGION, RunApi, region_path};
use super::fake::{Fake, Fault, Response};

struct World {
    fake: Fake,
    api: RunApi,
    client: Client,
}

impl World {
    fn new() -> World {
        let clock = Arc::new(TestClock::at(Timestamp::parse("2026-03-01T12:00:00Z").unwrap()));
        let fake = Fake::with_clock(clock.clone());
        let api = RunApi::install(&fake);
        let client = fake.client(clock, ClientOptions::default());
        World { fake, api, client }
    }

    /// `chat-api` with eleven revisions, 10 minutes apart, the newest 20 minutes old.
    fn with_service(traffic: &[(&str, u32, &str)]) -> World {
        let world = World::new();
        let revisions: Vec<(String, String)> = (32..43)
            .map(|i| {
                (
                    format!("chat-api-000{i}-kop"),
                    Timestamp(NEWEST.0 - (42 - i) * 600_000_000_000).to_string(),
                )
            })
            .collect();
        let revisions: Vec<(&str, &str)> = revisions.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        world
            .api
            .put("chat-api", FakeService::new("chat-api", &revisions, traffic));
        world
    }

    fn deploy(&self) -> Deploy {
        let name = name("chat-api");
        let service = run::service(&self.client, &name).unwrap();
        let revisions = run::revisions(&self.client, &name).unwrap();
        run::choose(&service, &revisions, &Asked::default(), self.client.now()).unwrap()
    }
}

/// 2026-03-01T11:40:00Z
const NEWEST: Timestamp = Timestamp(1_772_365_200_000_000_000);

fn name(service: &str) -> ServiceName {
    ServiceName {
        project: PROJECT.into(),
        region: REGION.into(),
        service: service.into(),
    }
}

#[test]
fn the_newest_deploy_is_found_through_pages_in_no_order() {
    let world = World::with_service(&[("latest", 100, "")]);
    let deploy = world.deploy();
    assert_eq!(deploy.candidate, "chat-api-00042-kop");
    assert_eq!(deploy.baseline.as_deref(), Some("chat-api-00041-kop"));
    assert_eq!(deploy.created_at, NEWEST);
    assert!(deploy.concerns.is_empty() && deploy.notes.is_empty(), "{deploy:?}");
    let pages = world
        .fake
        .requests_to(&format!("{}/services/chat-api/revisions", region_path()));
    assert_eq!(pages.len(), 4, "eleven revisions, three on a page");
    assert!(pages.iter().all(|r| r.parameter("pageSize") == Some("100")));
    let tokens: Vec<_> = pages.iter().map(|r| r.parameter("pageToken")).collect();
    assert_eq!(tokens, [None, Some("at-3"), Some("at-6"), Some("at-9")]);
    let plan = run::plan(&deploy, &AskedWindow::default(), world.client.now()).unwrap();
    assert_eq!(plan.candidate_window.start, Some(NEWEST));
}

#[test]
fn a_canary_and_a_tag_are_read_as_google_writes_them() {
    let canary = World::with_service(&[("chat-api-00041-kop", 90, ""), ("chat-api-00042-kop", 10, "")]).deploy();
    assert_eq!((canary.candidate_percent, canary.baseline_percent), (10, 90));
    let tag = World::with_service(&[("chat-api-00040-kop", 100, ""), ("chat-api-00042-kop", 0, "green")]).deploy();
    assert_eq!(
        (tag.candidate.as_str(), tag.baseline.as_deref()),
        ("chat-api-00042-kop", Some("chat-api-00040-kop"))
    );
    assert_eq!(tag.notes[0].code, "only-by-tag");
    let pinned = World::with_service(&[("chat-api-00040-kop", 100, "")]).deploy();
    assert_eq!(pinned.concerns[0].code, "traffic-pinned");
    assert!(
        pinned.concerns[0]
            .message
            .contains("pinned to chat-api-00040-kop (100 %)")
    );
}

#[test]
fn faults_on_the_way_change_nothing() {
    let world = World::with_service(&[("latest", 100, "")]);
    let revisions = format!("{}/services/chat-api/revisions", region_path());
    world.fake.fail(&revisions, 2, Fault::unavailable());
    world.fake.fail(&revisions, 4, Fault::CutBody);
    world
        .fake
        .fail(&format!("{}/services/chat-api", region_path()), 1, Fault::html_200());
    assert_eq!(world.deploy(), World::with_service(&[("latest", 100, "")]).deploy());
}

#[test]
fn a_wrong_name_is_answered_with_those_like_it() {
    let world = World::with_service(&[("latest", 100, "")]);
    for other in ["billing", "chat-worker", "search", "shop"] {
        world.api.put(
            other,
            FakeService::new(other, &[(&format!("{other}-00001-abc"), "2026-01-01T00:00:00Z")], &[]),
        );
    }
    let error = run::service(&world.client, &name("chat-apj")).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert_eq!(error.cause, "there is no service chat-apj in europe-west1 of acme-shop");
    assert!(error.hint.starts_with("did you mean chat-api"), "{}", error.hint);
    let error = run::service(&world.client, &name("zzz")).unwrap_err();
    assert!(
        error
            .hint
            .starts_with("there are: billing, chat-api, chat-worker, search, shop; or is it in another region?")
    );
    assert_eq!(
        run::services(&world.client, &name("")).unwrap().len(),
        5,
        "over two pages"
    );
}

#[test]
fn a_wrong_region_says_so() {
    let world = World::with_service(&[("latest", 100, "")]);
    let elsewhere = ServiceName {
        region: "us-central1".into(),
        ..name("chat-api")
    };
    let error = run::service(&world.client, &elsewhere).unwrap_err();
    assert!(
        error
            .hint
            .starts_with("there is no service at all in us-central1: check --region"),
        "{}",
        error.hint
    );
}

#[test]
fn refusals_are_told_as_they_are() {
    let world = World::with_service(&[("latest", 100, "")]);
    let other = ServiceName {
        project: "other-project".into(),
        ..name("chat-api")
    };
    let error = run::service(&world.client, &other).unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.hint.contains("roles/run.viewer"), "{}", error.hint);

    let message = "Cloud Run Admin API has not been used in project acme-shop before or it is disabled.";
    let disabled = Response::error_with(
        403,
        "PERMISSION_DENIED",
        message,
        "SERVICE_DISABLED",
        json!({"service": "run.googleapis.com"}),
    );
    world
        .fake
        .fail("/v2/projects/*", 1..=usize::MAX, Fault::Answer(disabled));
    let error = run::service(&world.client, &name("chat-api")).unwrap_err();
    assert_eq!(error.kind, ErrorKind::ApiDisabled);
    assert!(error.hint.contains("run.googleapis.com"), "{}", error.hint);
}

#[test]
fn a_list_that_is_forbidden_does_not_hide_the_missing_service() {
    let world = World::new();
    world.fake.fail(
        &format!("{}/services", region_path()),
        1..=usize::MAX,
        Fault::google(
            403,
            "PERMISSION_DENIED",
            "Permission 'run.services.list' denied.",
            "IAM_PERMISSION_DENIED",
        ),
    );
    let error = run::service(&world.client, &name("chat-api")).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(
        error
            .cause
            .contains("no service chat-api in europe-west1, or no such region"),
        "{}",
        error.cause
    );
}

#[test]
fn pages_without_end_are_an_error() {
    let world = World::new();
    let endless = |_: &super::fake::Request| Response::json(json!({"revisions": [], "nextPageToken": "same"}));
    world.fake.on(
        "GET",
        &format!("{}/services/chat-api/revisions", region_path()),
        endless,
    );
    let error = run::revisions(&world.client, &name("chat-api")).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadAnswer);
}

#[test]
fn hostile_names_stay_inside_their_segment() {
    let world = World::with_service(&[("latest", 100, "")]);
    let _ = run::service(&world.client, &name("../../x?pageToken=1#"));
    let paths: Vec<String> = world.fake.requests().into_iter().map(|r| r.path).collect();
    assert!(
        paths[0].ends_with("/services/..%2F..%2Fx%3FpageToken%3D1%23"),
        "{paths:?}"
    );
}
