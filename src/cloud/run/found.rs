//! What the state of the service means for a verdict: concerns, which forbid PROCEED, and notes.

use super::choose::Scene;
use super::deploy::Deploy;
use super::service::{Condition, Revision, ServiceName, short_name};
use super::traffic::is_pinned;
use super::words::{ago, listed};
use super::{JUST_DEPLOYED_MINUTES, REVISIONS_MAX};
use crate::model::{Concern, is_plain_name, shorten};

/// Bytes of Google's own words in a sentence.
const MESSAGE_BYTES_MAX: usize = 400;
const NANOS_PER_MINUTE: i64 = 60_000_000_000;

/// What forbids PROCEED.
pub(super) fn concerns(scene: &Scene<'_>, candidate: &Revision, deploy: &Deploy) -> Vec<Concern> {
    let mut found = vec![];
    found.extend(reconciling(scene, candidate));
    let unready = not_ready(scene, candidate);
    let is_ready = unready.is_none();
    found.extend(unready);
    found.extend(without_traffic(scene, candidate, deploy, is_ready));
    found.extend(no_baseline(scene, deploy));
    found.extend(missing(scene));
    if scene.revisions.len() >= REVISIONS_MAX {
        let message = format!("the service has more than {REVISIONS_MAX} revisions: only so many were looked at");
        found.push(Concern::new("revisions-limit", message));
    }
    found
}

/// What is worth telling.
pub(super) fn notes(scene: &Scene<'_>, candidate: &Revision, deploy: &Deploy) -> Vec<Concern> {
    let mut found = vec![];
    found.extend(same_image(scene, candidate, deploy));
    found.extend(just_deployed(scene, deploy));
    found.extend(only_by_tag(scene, deploy));
    found.extend(several(scene, deploy));
    found.extend(not_the_newest(scene, deploy));
    found
}

fn reconciling(scene: &Scene<'_>, candidate: &Revision) -> Option<Concern> {
    let service = short_name(&scene.service.name);
    let what = match (scene.service.reconciling, candidate.reconciling) {
        (true, _) => format!("the service {service}"),
        (false, true) => candidate.name.clone(),
        (false, false) => return None,
    };
    let message =
        format!("{what} is still reconciling: traffic and revisions may change at any moment; look again later");
    Some(Concern::new("reconciling", message))
}

/// The candidate did not become ready, or the last change of the service failed.
fn not_ready(scene: &Scene<'_>, candidate: &Revision) -> Option<Concern> {
    let last = &scene.service.terminal_condition;
    if candidate.is_ready() != Some(true) {
        let is_latest = scene.service.latest_ready_revision == candidate.name;
        let cause = cause(candidate).or_else(|| last.failed().then(|| reason(last)));
        // Nothing says that it is ready, but the service took it for ready.
        if cause.is_none() && is_latest && candidate.is_ready().is_none() {
            return None;
        }
        let cause = cause.unwrap_or_else(|| "Cloud Run does not say why".into());
        return Some(Concern::new(
            "not-ready",
            format!("{} is not ready: {cause}", candidate.name),
        ));
    }
    last.failed().then(|| {
        let service = short_name(&scene.service.name);
        Concern::new(
            "not-ready",
            format!("the last change of {service} failed: {}", reason(last)),
        )
    })
}

/// The condition that says why a revision is not ready: the failed one that is nearest to the cause.
fn cause(revision: &Revision) -> Option<String> {
    let is_retired = |c: &Condition| c.kind == "Active" || ["RETIRED", "RESERVE"].contains(&c.revision_reason.as_str());
    let bad = || revision.conditions.iter().filter(|c| !c.succeeded() && !is_retired(c));
    let own = bad().find(|c| c.failed() && c.kind != "Ready");
    let ready = || bad().find(|c| c.kind == "Ready");
    let waiting = || bad().next();
    let condition = own.or_else(ready).or_else(waiting)?;
    let mut told = reason(condition);
    // The message often stands on Ready alone.
    if let (true, Some(ready)) = (condition.message.is_empty(), ready())
        && !ready.message.is_empty()
    {
        told = format!("{told}: {}", message(ready));
    }
    Some(told)
}

/// `ContainerHealthy failed (HEALTH_CHECK_CONTAINER_ERROR): The user-provided container ...`
fn reason(condition: &Condition) -> String {
    let kind = if condition.kind.is_empty() {
        "Ready"
    } else {
        &condition.kind
    };
    let state = match condition.failed() {
        true => "failed",
        false => "is not there yet",
    };
    let why = match (condition.revision_reason.as_str(), condition.reason.as_str()) {
        ("", "") => String::new(),
        ("", reason) | (reason, _) => format!(" ({reason})"),
    };
    let words = match condition.message.as_str() {
        "" => String::new(),
        _ => format!(": {}", message(condition)),
    };
    format!("{kind} {state}{why}{words}")
}

fn message(condition: &Condition) -> String {
    let mut text = condition.message.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&mut text, MESSAGE_BYTES_MAX);
    text
}

/// The candidate gets nothing: because traffic is pinned, because it is not ready (told already), or nobody knows why.
fn without_traffic(scene: &Scene<'_>, candidate: &Revision, deploy: &Deploy, is_ready: bool) -> Option<Concern> {
    if deploy.candidate_serves() {
        return None;
    }
    let name = &candidate.name;
    let holders: Vec<String> = scene
        .shares
        .iter()
        .filter(|s| s.percent > 0)
        .map(|s| format!("{} ({} %)", s.revision, s.percent))
        .collect();
    if holders.is_empty() {
        let message = format!("{name} gets no traffic, and no other revision does");
        return Some(Concern::new("no-traffic", message));
    }
    if is_pinned(scene.service) && is_ready {
        let message = format!(
            "{name} gets no traffic because traffic is pinned to {}; unless it was rolled back on purpose, release it with: {}",
            listed(&holders),
            release(scene)
        );
        return Some(Concern::new("traffic-pinned", message));
    }
    let was_asked = !scene.asked.candidate.is_empty() || scene.asked.deployed_at.is_some();
    // An older revision that was asked for, and one that is not ready: it is plain why.
    (!was_asked && is_ready).then(|| {
        let message = format!("{name} gets no traffic; the traffic goes to {}", listed(&holders));
        Concern::new("no-traffic", message)
    })
}

/// The command that lets traffic follow the newest revision again.
fn release(scene: &Scene<'_>) -> String {
    let place = ServiceName::of_resource(&scene.service.name);
    let plain = |name: &str, placeholder: &str| {
        let name = if is_plain_name(name) { name } else { placeholder };
        name.to_owned()
    };
    format!(
        "gcloud run services update-traffic {} --to-latest --region={} --project={}",
        plain(&place.service, "SERVICE"),
        plain(&place.region, "REGION"),
        plain(&place.project, "PROJECT")
    )
}

fn no_baseline(scene: &Scene<'_>, deploy: &Deploy) -> Option<Concern> {
    if deploy.baseline.is_some() {
        return None;
    }
    let message = match scene.revisions.len() {
        1 => format!(
            "{} is the only revision: there is nothing to compare it with",
            deploy.candidate
        ),
        n => format!(
            "none of the {n} revisions is older than {} and was ready: there is nothing to compare it with",
            deploy.candidate
        ),
    };
    Some(Concern::new("no-baseline", message))
}

/// A revision that the service names and the list does not hold: deleted, or created in between.
fn missing(scene: &Scene<'_>) -> Option<Concern> {
    let mut named: Vec<&str> = scene.shares.iter().map(|s| s.revision.as_str()).collect();
    named.push(&scene.service.latest_created_revision);
    named.retain(|n| !n.is_empty() && scene.revision(n).is_none());
    named.dedup();
    (!named.is_empty()).then(|| {
        let message = format!(
            "the service names {}, which its list of revisions does not hold: it is just being created or deleted",
            listed(&named)
        );
        Concern::new("revision-missing", message)
    })
}

fn same_image(scene: &Scene<'_>, candidate: &Revision, deploy: &Deploy) -> Option<Concern> {
    let baseline = scene.revision(deploy.baseline.as_deref()?)?;
    let images = candidate.images();
    if images.is_empty() || images != baseline.images() {
        return None;
    }
    let is_exact = images.iter().all(|i| i.contains("@sha256:"));
    let mut message = format!(
        "{} runs the same image as {}: only settings can differ ({})",
        candidate.name,
        baseline.name,
        listed(&images)
    );
    if !is_exact {
        message.push_str("; it is named by a tag, which may have been moved to another image in between");
    }
    shorten(&mut message, MESSAGE_BYTES_MAX * 2);
    Some(Concern::new("same-image", message))
}

fn just_deployed(scene: &Scene<'_>, deploy: &Deploy) -> Option<Concern> {
    let since = deploy.moved_at.unwrap_or(deploy.created_at);
    let minutes = scene.now.0.saturating_sub(since.0).div_euclid(NANOS_PER_MINUTE);
    let told = ago(scene.now, since);
    let name = &deploy.candidate;
    if minutes < 0 {
        let message = format!("{name} was created {told}, by the clock of this machine: one of the clocks is wrong");
        return Some(Concern::new("clock", message));
    }
    (minutes < JUST_DEPLOYED_MINUTES).then(|| {
        let message = format!(
            "{name} was deployed {told}: a verdict needs at least {JUST_DEPLOYED_MINUTES} minutes, and entries arrive late"
        );
        Concern::new("just-deployed", message)
    })
}

fn only_by_tag(scene: &Scene<'_>, deploy: &Deploy) -> Option<Concern> {
    let share = scene.share(&deploy.candidate).filter(|s| s.percent == 0)?;
    let message = format!(
        "{} gets traffic only by the tag {}: what is tried there need not be what users do",
        deploy.candidate,
        listed(&share.tags)
    );
    Some(Concern::new("only-by-tag", message))
}

fn several(scene: &Scene<'_>, deploy: &Deploy) -> Option<Concern> {
    let serving: Vec<String> = scene
        .shares
        .iter()
        .filter(|s| s.percent > 0)
        .map(|s| format!("{} ({} %)", s.revision, s.percent))
        .collect();
    let is_compared = |name: &String| *name == deploy.candidate || Some(name) == deploy.baseline.as_ref();
    let serve = scene.shares.iter().filter(|s| s.percent > 0);
    let others = serving.len() > 1 && serve.into_iter().any(|s| !is_compared(&s.revision));
    others.then(|| {
        let message = format!(
            "several revisions get traffic: {}; those not compared are left out",
            listed(&serving)
        );
        Concern::new("several-revisions", message)
    })
}

/// There are newer revisions than the candidate, which was asked for.
fn not_the_newest(scene: &Scene<'_>, deploy: &Deploy) -> Option<Concern> {
    let newest = scene.revisions.first().filter(|r| r.name != deploy.candidate)?;
    let message = format!(
        "{} is newer than {}, and is not looked at",
        newest.name, deploy.candidate
    );
    Some(Concern::new("not-the-newest", message))
}
