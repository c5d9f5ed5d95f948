//! Shapes of services, as a table: what is chosen, and what is told of it.

use std::collections::BTreeMap;

use super::*;
use crate::cloud::run::{Condition, Container, REVISIONS_MAX, Traffic, TrafficEvent};
use crate::model::Minute;

fn now() -> Timestamp {
    Timestamp::parse("2026-03-01T12:00:00Z").unwrap()
}

fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp(now().0 - minutes * 60_000_000_000)
}

fn condition(kind: &str, state: &str, reason: &str, message: &str) -> Condition {
    Condition {
        kind: kind.into(),
        state: format!("CONDITION_{state}"),
        message: message.into(),
        reason: String::new(),
        revision_reason: reason.into(),
    }
}

/// A ready revision, so many minutes old.
fn revision(name: &str, minutes: i64) -> Revision {
    Revision {
        name: name.into(),
        create_time: Some(minutes_ago(minutes)),
        conditions: vec![condition("Ready", "SUCCEEDED", "", "")],
        timeout: "300s".into(),
        containers: vec![Container {
            image: format!("europe-docker.pkg.dev/acme-shop/run/chat@sha256:{name}"),
        }],
        reconciling: false,
    }
}

fn failed(name: &str, minutes: i64) -> Revision {
    let message = "The user-provided container failed to start and listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout.";
    Revision {
        conditions: vec![
            condition("Active", "FAILED", "RETIRED", "Revision retired."),
            condition("Ready", "FAILED", "HEALTH_CHECK_CONTAINER_ERROR", message),
            condition("ContainerHealthy", "FAILED", "HEALTH_CHECK_CONTAINER_ERROR", ""),
        ],
        ..revision(name, minutes)
    }
}

fn starting(name: &str, minutes: i64) -> Revision {
    Revision {
        conditions: vec![condition("Ready", "RECONCILING", "", "")],
        reconciling: true,
        ..revision(name, minutes)
    }
}

/// `r42=10`: pinned; `latest=90`: follows the last ready one; `r42#green`: by a tag alone.
fn service(latest_ready: &str, traffic: &[&str]) -> Service {
    let target = |text: &&str| {
        let (revision, percent, tag) = match (text.split_once('='), text.split_once('#')) {
            (Some((revision, percent)), _) => (revision, percent.parse().unwrap(), ""),
            (None, Some((revision, tag))) => (revision, 0, tag),
            (None, None) => (*text, 0, ""),
        };
        let is_latest = revision == "latest";
        Traffic {
            kind: format!(
                "TRAFFIC_TARGET_ALLOCATION_TYPE_{}",
                if is_latest { "LATEST" } else { "REVISION" }
            ),
            revision: if is_latest { String::new() } else { revision.into() },
            percent,
            tag: tag.into(),
        }
    };
    let targets: Vec<Traffic> = traffic.iter().map(target).collect();
    Service {
        name: "projects/acme-shop/locations/europe-west1/services/chat-api".into(),
        latest_created_revision: latest_ready.into(),
        latest_ready_revision: latest_ready.into(),
        traffic: targets.clone(),
        traffic_statuses: targets,
        terminal_condition: condition("Ready", "SUCCEEDED", "", ""),
        ..Service::default()
    }
}

fn globs(names: &[&str]) -> Vec<Pattern> {
    names.iter().map(|n| Pattern::new(n).unwrap()).collect()
}

fn codes(told: &[crate::model::Concern]) -> String {
    told.iter().map(|c| c.code.as_str()).collect::<Vec<_>>().join(" ")
}

/// Chooses, in every order of the revisions the same.
fn chosen(service: &Service, revisions: &[Revision], asked: &Asked) -> Result<Deploy, ChooseError> {
    let one = choose(service, revisions, asked, now());
    let mut turned = revisions.to_vec();
    for _ in 0..revisions.len() {
        turned.rotate_left(1);
        assert_eq!(choose(service, &turned, asked, now()), one);
    }
    turned.reverse();
    assert_eq!(choose(service, &turned, asked, now()), one);
    one
}

struct Shape {
    name: &'static str,
    service: Service,
    revisions: Vec<Revision>,
    candidate: &'static str,
    baseline: &'static str,
    concerns: &'static str,
    notes: &'static str,
}

#[rustfmt::skip] // a table
fn shapes() -> Vec<Shape> {
    let three = || vec![revision("r40", 9000), revision("r41", 4000), revision("r42", 60)];
    let shape = |name, service, revisions, candidate, baseline, concerns, notes|
        Shape { name, service, revisions, candidate, baseline, concerns, notes };
    let with = |mut service: Service, change: fn(&mut Service)| { change(&mut service); service };
    let same_image = |image: &str| {
        let mut revisions = three();
        revisions.iter_mut().for_each(|r| r.containers[0].image = image.into());
        revisions
    };
    vec![
        shape("all traffic on the newest", service("r42", &["latest=100"]), three(), "r42", "r41", "", ""),
        shape("canary of 10 %", service("r42", &["r41=90", "r42=10"]), three(), "r42", "r41", "", ""),
        shape("canary that follows the latest", service("r42", &["r41=90", "latest=10"]), three(), "r42", "r41", "", ""),
        shape("canary of 1 % against an older one", service("r42", &["r40=99", "r42=1"]), three(), "r42", "r40", "", ""),
        shape("three at once", service("r42", &["r40=30", "r41=60", "r42=10"]), three(), "r42", "r41", "", "several-revisions"),
        shape("equal shares: the newer baseline", service("r42", &["r40=45", "r41=45", "r42=10"]), three(), "r42", "r41", "", "several-revisions"),
        shape("pinned to the one before", service("r42", &["r41=100"]), three(), "r42", "r41", "traffic-pinned", ""),
        shape("pinned to two", service("r42", &["r41=50", "r40=50"]), three(), "r42", "r41", "traffic-pinned", "several-revisions"),
        shape("rolled back already, with the tag of the rollout", service("r42", &["r41=100", "r42#canary"]), three(), "r42", "r41", "", "only-by-tag"),
        shape("only a tag", service("r42", &["latest=0", "r41=100", "r42#green"]), three(), "r42", "r41", "", "only-by-tag"),
        shape("a tag on an old one", service("r42", &["latest=100", "r40#old"]), three(), "r42", "r41", "", ""),
        shape("failed to start", with(service("r41", &["latest=100"]), |s| {
            s.latest_created_revision = "r42".into();
            s.terminal_condition = condition("Ready", "FAILED", "", "Revision 'r42' is not ready and cannot serve traffic.");
        }), vec![revision("r40", 9000), revision("r41", 4000), failed("r42", 60)], "r42", "r41", "not-ready", ""),
        shape("failed and pinned", service("r41", &["r41=100"]), vec![revision("r41", 4000), failed("r42", 60)], "r42", "r41", "not-ready", ""),
        shape("starting", with(service("r41", &["latest=100"]), |s| s.reconciling = true),
            vec![revision("r41", 4000), starting("r42", 1)], "r42", "r41", "reconciling not-ready", "just-deployed"),
        shape("traffic being moved", with(service("r42", &["r41=50", "r42=50"]), |s| s.reconciling = true), three(), "r42", "r41", "reconciling", ""),
        shape("the revision alone reconciles", service("r42", &["latest=100"]),
            vec![revision("r41", 4000), Revision { reconciling: true, ..revision("r42", 60) }], "r42", "r41", "reconciling", ""),
        shape("ready, but the change of the service failed", with(service("r42", &["latest=100"]), |s|
            s.terminal_condition = condition("RoutesReady", "FAILED", "", "no permission")), three(), "r42", "r41", "not-ready", ""),
        shape("the first revision", service("r42", &["latest=100"]), vec![revision("r42", 60)], "r42", "", "no-baseline", ""),
        shape("all older ones failed", service("r42", &["latest=100"]), vec![failed("r40", 9000), failed("r41", 4000), revision("r42", 60)], "r42", "", "no-baseline", ""),
        shape("the one before failed", service("r42", &["latest=100"]), vec![revision("r40", 9000), failed("r41", 4000), revision("r42", 60)], "r42", "r40", "", ""),
        shape("the one before was deleted", service("r42", &["latest=100"]), vec![revision("r40", 9000), revision("r42", 60)], "r42", "r40", "", ""),
        shape("the baseline is not in the list", service("r42", &["r41=90", "r42=10"]), vec![revision("r40", 9000), revision("r42", 60)], "r42", "r41", "revision-missing", ""),
        shape("the latest is not in the list yet", with(service("r42", &["latest=100"]), |s| s.latest_created_revision = "r43".into()), three(), "r42", "r41", "revision-missing", ""),
        shape("the same image", service("r42", &["latest=100"]), same_image("eu/chat@sha256:1"), "r42", "r41", "", "same-image"),
        shape("the same tag of an image", service("r42", &["r41=90", "r42=10"]), same_image("eu/chat:prod"), "r42", "r41", "", "same-image"),
        shape("deployed a moment ago", service("r42", &["latest=100"]), vec![revision("r41", 4000), revision("r42", 3)], "r42", "r41", "", "just-deployed"),
        shape("deployed in the future", service("r42", &["latest=100"]), vec![revision("r41", 4000), revision("r42", -5)], "r42", "r41", "", "clock"),
        shape("no traffic anywhere", service("r42", &[]), three(), "r42", "r41", "no-traffic", ""),
        shape("no traffic, the newest failed", with(service("r41", &[]), |_| ()), vec![revision("r40", 9000), revision("r41", 4000), failed("r42", 60)], "r41", "r40", "no-traffic", "not-the-newest"),
        shape("served by what is wanted alone", with(service("r42", &["r41=90", "r42=10"]), |s| s.traffic_statuses.clear()), three(), "r42", "r41", "", ""),
        shape("conditions that say nothing", service("r42", &["latest=100"]),
            vec![revision("r41", 4000), Revision { conditions: vec![], ..revision("r42", 60) }], "r42", "r41", "", ""),
        shape("created in the same second", service("r42", &["latest=100"]), vec![revision("r41", 60), revision("r42", 60)], "r42", "r41", "", ""),
    ]
}

#[test]
fn every_shape_of_a_service_is_read() {
    let shapes = shapes();
    assert_eq!(shapes.len(), 32);
    for shape in shapes {
        let deploy = chosen(&shape.service, &shape.revisions, &Asked::default()).unwrap();
        assert_eq!(
            (
                deploy.candidate.as_str(),
                deploy.baseline.as_deref().unwrap_or(""),
                codes(&deploy.concerns).as_str(),
                codes(&deploy.notes).as_str()
            ),
            (shape.candidate, shape.baseline, shape.concerns, shape.notes),
            "{}: {deploy:#?}",
            shape.name
        );
        assert_eq!(
            deploy.why.len(),
            1 + usize::from(deploy.baseline.is_some()),
            "{}",
            shape.name
        );
        assert!(
            deploy.why[0].starts_with("Candidate: ") && deploy.why[0].ends_with('.'),
            "{}",
            shape.name
        );
    }
}

fn of(name: &str) -> Deploy {
    let shape = shapes().into_iter().find(|s| s.name == name).unwrap();
    choose(&shape.service, &shape.revisions, &Asked::default(), now()).unwrap()
}

#[test]
fn it_says_which_were_chosen_and_why() {
    assert_eq!(
        of("canary of 10 %").why,
        [
            "Candidate: r42, created 60 minutes ago at 2026-03-01T11:00:00Z: the newest revision, with 10 % of the traffic.",
            "Baseline: r41: it gets the largest share of the rest, 90 %."
        ]
    );
    assert_eq!(
        of("all traffic on the newest").why[1],
        "Baseline: r41: r42 gets 100 % of the traffic, and this is the next older revision that was ready."
    );
    assert_eq!(
        of("pinned to the one before").concerns[0].message,
        "r42 gets no traffic because traffic is pinned to r41 (100 %); unless it was rolled back on purpose, release it with: \
         gcloud run services update-traffic chat-api --to-latest --region=europe-west1 --project=acme-shop"
    );
    assert_eq!(
        of("failed to start").concerns[0].message,
        "r42 is not ready: ContainerHealthy failed (HEALTH_CHECK_CONTAINER_ERROR): The user-provided container failed to \
         start and listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout."
    );
    let note = &of("deployed a moment ago").notes[0].message;
    assert!(note.starts_with("r42 was deployed 3 minutes ago: "), "{note}");
    let image = &of("the same tag of an image").notes[0].message;
    assert!(image.contains("(eu/chat:prod); it is named by a tag"), "{image}");
    let several = &of("three at once").notes[0].message;
    assert!(several.contains("r41 (60 %), r40 (30 %) and r42 (10 %)"), "{several}");
}

#[test]
fn shares_and_timeouts_are_told() {
    let canary = of("canary of 10 %");
    assert_eq!((canary.candidate_percent, canary.baseline_percent), (10, 90));
    assert!(canary.is_concurrent() && !of("all traffic on the newest").is_concurrent());
    assert!(of("only a tag").is_concurrent() && !of("pinned to the one before").candidate_serves());
    let timeout = |texts: [&str; 3]| {
        let mut service = service("r42", &["latest=100"]);
        service.template.timeout = texts[0].into();
        let timed = |name, minutes, text: &str| Revision {
            timeout: text.into(),
            ..revision(name, minutes)
        };
        let revisions = [timed("r41", 4000, texts[1]), timed("r42", 60, texts[2])];
        chosen(&service, &revisions, &Asked::default())
            .unwrap()
            .request_timeout
            .as_secs_f64()
    };
    assert_eq!(timeout(["", "", ""]), 300.0);
    assert_eq!(timeout(["60s", "", ""]), 60.0);
    assert_eq!(timeout(["60s", "3600s", "1.5s"]), 3600.0);
    assert_eq!(timeout(["NaNs", "-5s", "1e99s"]), 300.0);
}

#[test]
fn revisions_are_named_by_wildcards() {
    let shape = shapes().into_iter().find(|s| s.name == "canary of 10 %").unwrap();
    let ask = |baseline: &[&str], candidate: &[&str]| {
        let asked = Asked {
            baseline: globs(baseline),
            candidate: globs(candidate),
            deployed_at: None,
        };
        chosen(&shape.service, &shape.revisions, &asked).map(|d| {
            (
                d.candidate.clone(),
                d.baseline.clone().unwrap_or_default(),
                codes(&d.notes),
            )
        })
    };
    let told = |c: &str, b: &str, notes: &str| Ok((c.to_owned(), b.to_owned(), notes.to_owned()));
    assert_eq!(ask(&["r40"], &[]), told("r42", "r40", "several-revisions"));
    assert_eq!(
        ask(&[], &["r41"]),
        told("r41", "r40", "several-revisions not-the-newest")
    );
    assert_eq!(ask(&[], &["r4?"]), told("r42", "r41", ""));
    assert_eq!(ask(&["r4*"], &["chat-api/r42"]), told("r42", "r41", ""));
    assert_eq!(
        ask(&["r42"], &["r40"]),
        told("r40", "r42", "several-revisions not-the-newest")
    );
    assert_eq!(ask(&["r42"], &["r42"]), Err(ChooseError::SameRevision("r42".into())));
    assert_eq!(ask(&["r42"], &[]), Err(ChooseError::SameRevision("r42".into())));
    let missing = ask(&[], &["x*", "y"]).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "no revision of the service is like \"x* and y\", as asked for the candidate; the newest are: r42, r41, r40"
    );
    assert!(!missing.hint().is_empty());
}

#[test]
fn an_older_revision_that_was_asked_for_is_not_blamed_for_having_no_traffic() {
    let shape = shapes()
        .into_iter()
        .find(|s| s.name == "all traffic on the newest")
        .unwrap();
    let asked = Asked {
        candidate: globs(&["r41"]),
        ..Asked::default()
    };
    let deploy = chosen(&shape.service, &shape.revisions, &asked).unwrap();
    assert_eq!(
        (deploy.baseline.as_deref(), codes(&deploy.concerns).as_str()),
        (Some("r40"), "")
    );
    assert_eq!(codes(&deploy.notes), "not-the-newest");
}

#[test]
fn a_deploy_is_named_by_its_time() {
    let shape = shapes()
        .into_iter()
        .find(|s| s.name == "all traffic on the newest")
        .unwrap();
    let at = |minutes| {
        let asked = Asked {
            deployed_at: Some(minutes_ago(minutes)),
            ..Asked::default()
        };
        chosen(&shape.service, &shape.revisions, &asked)
    };
    assert_eq!(at(30).unwrap().candidate, "r42");
    let early = at(63).unwrap();
    assert_eq!(
        (early.candidate.as_str(), early.moved_at),
        ("r42", Some(minutes_ago(60)))
    );
    let late = at(30).unwrap();
    assert_eq!(
        (late.moved_at, late.moved_by),
        (Some(minutes_ago(30)), Some(MovedBy::Asked))
    );
    let before = at(120).unwrap();
    assert_eq!(
        (before.candidate.as_str(), before.baseline.as_deref()),
        ("r41", Some("r40"))
    );
    let none = at(99_999).unwrap_err();
    assert!(none.to_string().contains("the oldest one kept, r40,"), "{none}");
}

#[test]
fn what_cannot_be_chosen_is_an_error() {
    let service = service("r42", &["latest=100"]);
    assert_eq!(
        chosen(&service, &[], &Asked::default()),
        Err(ChooseError::NoRevisions("chat-api".into()))
    );
    let timeless = Revision {
        create_time: None,
        ..revision("r42", 1)
    };
    assert_eq!(
        chosen(&service, &[timeless], &Asked::default()),
        Err(ChooseError::NoCreationTime("r42".into()))
    );
    for error in [
        ChooseError::NothingBefore(now(), None),
        ChooseError::NoSuchRevision("baseline", "x".into(), vec![]),
    ] {
        assert!(!error.to_string().is_empty() && !error.hint().is_empty());
    }
}

#[test]
fn hostile_names_never_reach_a_command() {
    let mut service = service("r42", &["r41=100"]);
    service.name = "projects/acme-shop/locations/europe-west1/services/$(rm -rf x)".into();
    let deploy = chosen(
        &service,
        &[revision("r41", 4000), revision("r42", 60)],
        &Asked::default(),
    )
    .unwrap();
    let message = &deploy.concerns[0].message;
    assert!(
        message.contains("update-traffic SERVICE --to-latest --region=europe-west1"),
        "{message}"
    );
    let long = "x".repeat(100_000);
    let bad = Revision {
        conditions: vec![condition("Ready", "FAILED", "", &format!("a\nb\u{1b}[31m {long}"))],
        ..revision("r42", 60)
    };
    let deploy = chosen(&service, &[revision("r41", 4000), bad], &Asked::default()).unwrap();
    let message = &deploy.concerns[0].message;
    assert!(message.len() < 1000 && !message.contains('\n'), "{message}");
}

#[test]
fn too_many_revisions_are_told() {
    let many: Vec<Revision> = (0..REVISIONS_MAX as i64)
        .map(|i| revision(&format!("r{i:05}"), 60 + i))
        .collect();
    let deploy = choose(&service("r00000", &["latest=100"]), &many, &Asked::default(), now()).unwrap();
    assert_eq!(codes(&deploy.concerns), "revisions-limit");
    assert_eq!(deploy.older.len(), OLDER_MAX);
}

#[test]
fn a_baseline_that_never_served_gives_way_to_one_that_did() {
    let mut deploy = of("all traffic on the newest");
    assert_eq!(deploy.older, ["r41", "r40"]);
    deploy.settle_baseline(|_| 0);
    assert_eq!(
        deploy.baseline.as_deref(),
        Some("r41"),
        "none served: nothing better is known"
    );
    deploy.settle_baseline(|r| if r == "r40" { 7 } else { 0 });
    assert_eq!(deploy.baseline.as_deref(), Some("r40"));
    assert!(deploy.why[2].contains("r40 served 7"), "{:?}", deploy.why);
    let mut canary = of("canary of 10 %");
    canary.settle_baseline(|r| if r == "r40" { 7 } else { 0 });
    assert_eq!(canary.baseline.as_deref(), Some("r41"), "it serves now");
}

// --- When traffic moved ---

fn event(minutes: i64, shares: &[(&str, u64)]) -> TrafficEvent {
    TrafficEvent {
        at: minutes_ago(minutes),
        percent: shares.iter().map(|(r, n)| ((*r).to_owned(), *n)).collect(),
    }
}

fn requests(minutes: &[(i64, u64)]) -> BTreeMap<Minute, u64> {
    minutes
        .iter()
        .map(|(ago, n)| (minutes_ago(*ago).minute(), *n))
        .collect()
}

#[test]
fn the_audit_log_tells_when_traffic_moved() {
    let mut deploy = of("all traffic on the newest");
    let events = [
        event(20, &[("r42", 100)]),
        event(50, &[("r41", 90), ("r42", 10)]),
        event(70, &[("r42", 1)]),
        event(58, &[("r41", 100)]),
    ];
    deploy.moved(&events, &requests(&[(40, 100)]));
    assert_eq!(
        (deploy.moved_at, deploy.moved_by),
        (Some(minutes_ago(50)), Some(MovedBy::Audit))
    );
    assert!(deploy.why[2].ends_with("by the audit log."), "{:?}", deploy.why);
}

#[test]
fn else_the_requests_tell_and_else_the_creation_stands() {
    let mut deploy = of("all traffic on the newest");
    deploy.moved(&[], &requests(&[(90, 500), (59, 1), (45, 90), (44, 100), (43, 100)]));
    assert_eq!(
        (deploy.moved_at, deploy.moved_by),
        (Some(minutes_ago(45)), Some(MovedBy::FirstRequest))
    );
    let mut deploy = of("all traffic on the newest");
    deploy.moved(&[], &BTreeMap::new());
    assert_eq!((deploy.moved_at, deploy.moved_by), (None, None));
    assert!(deploy.why[2].contains("its creation at"), "{:?}", deploy.why);
}

#[test]
fn audit_entries_of_both_versions_are_read() {
    let of = |response: serde_json::Value| {
        TrafficEvent::of_entry(
            &serde_json::json!({"timestamp": "2026-03-01T11:10:00Z", "protoPayload": {"response": response}}),
        )
    };
    let old = of(
        serde_json::json!({"kind": "Service", "status": {"traffic": [{"revisionName": "r42", "percent": 10},
        {"revisionName": "r42", "percent": 5}, {"revisionName": "r41", "percent": 85}, {"revisionName": "r40", "tag": "x"}]}}),
    );
    assert_eq!(old, Some(event(50, &[("r42", 15), ("r41", 85)])));
    let new = of(
        serde_json::json!({"trafficStatuses": [{"revision": "projects/p/locations/l/services/s/revisions/r42", "percent": 100}]}),
    );
    assert_eq!(new, Some(event(50, &[("r42", 100)])));
    for nothing in [
        serde_json::json!({}),
        serde_json::json!({"status": {"traffic": []}}),
        serde_json::json!({"status": 7}),
    ] {
        assert_eq!(of(nothing), None);
    }
    assert_eq!(TrafficEvent::of_entry(&serde_json::json!({"timestamp": "now"})), None);
}
