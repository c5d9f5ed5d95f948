//! What to do next: sentences, and command lines that start with `$ `.
//!
//! Names come from logs. One that is not a plain Google Cloud name is never put into a command: a placeholder stands for it.

use super::code::Code;
use super::{Case, Reason, Verdict};
use crate::model::is_plain_name;

/// The steps, in the order of doing them.
pub(super) fn next(case: &Case, verdict: Verdict, reasons: &[Reason]) -> Vec<String> {
    let mut steps = Vec::new();
    match verdict {
        Verdict::RollBack => {
            steps.push("Send all traffic back to the baseline:".to_owned());
            steps.extend(roll_back_commands(case));
            steps.push(
                "The service then stays pinned to that revision: later deploys get no traffic until it is released with:"
                    .to_owned(),
            );
            steps.extend(services(case).iter().map(|s| traffic(case, s, "--to-latest")));
        }
        Verdict::Hold => {
            steps.extend(waits(reasons));
            let is_pinned = case.deploy_concerns.iter().any(|c| c.code == "traffic-pinned");
            if is_pinned || reasons.iter().any(|r| r.code == Code::NoRequests.name()) {
                steps.push("See where the traffic goes:".to_owned());
                steps.extend(services(case).iter().map(|s| describe(case, s)));
                steps.push("If it is pinned to another revision, release it:".to_owned());
                steps.extend(services(case).iter().map(|s| traffic(case, s, "--to-latest")));
            }
        }
        Verdict::Proceed => {
            steps.push("Go on. Compare again after the next peak of traffic.".to_owned());
        }
    }
    if let Some(filter) = reasons
        .iter()
        .find_map(|r| r.filter.as_ref())
        .filter(|_| verdict != Verdict::Proceed)
    {
        steps.push("Read the evidence of the first reason:".to_owned());
        steps.push(read(case, filter));
    }
    steps
}

/// What to wait for, each once, worst reason first.
fn waits(reasons: &[Reason]) -> Vec<String> {
    const SHOWN: usize = 5;
    let mut waits: Vec<String> = Vec::new();
    for reason in reasons.iter().filter(|r| r.asks_for == Verdict::Hold) {
        let Some(ends) = &reason.ends_when else { continue };
        let name = reason
            .criterion
            .as_deref()
            .map_or_else(|| reason.code.clone(), |id| format!("{} {id}", reason.code));
        let line = format!("{name} ends when: {ends}.");
        if !waits.contains(&line) {
            waits.push(line);
        }
    }
    waits.truncate(SHOWN);
    waits
}

fn roll_back_commands(case: &Case) -> Vec<String> {
    let mut commands = Vec::new();
    for service in services(case) {
        match target(case, &service) {
            Some(revision) => commands.push(traffic(case, &service, &format!("--to-revisions={revision}=100"))),
            None => {
                commands.push("Find the last revision that was well, and put its name for REVISION:".to_owned());
                commands.push(format!(
                    "$ gcloud run revisions list --service={service} {}",
                    place(case)
                ));
                commands.push(traffic(case, &service, "--to-revisions=REVISION=100"));
            }
        }
    }
    commands
}

/// The revision to go back to: the newest of the baseline that is not the candidate's own.
fn target(case: &Case, service: &str) -> Option<String> {
    let own = case
        .baseline
        .revisions
        .iter()
        .filter(|r| !case.candidate.revisions.contains(r) && is_plain_name(r));
    let many = services(case).len() > 1;
    // With several services a revision tells by its name whose it is; revision numbers sort by age.
    own.filter(|r| !many || r.starts_with(&format!("{service}-")))
        .max()
        .cloned()
}

/// Names of the services, or a placeholder.
fn services(case: &Case) -> Vec<String> {
    let named = if case.candidate.services.is_empty() {
        &case.baseline.services
    } else {
        &case.candidate.services
    };
    let mut plain: Vec<String> = named.iter().filter(|s| is_plain_name(s)).cloned().collect();
    plain.sort();
    plain.dedup();
    if plain.is_empty() {
        vec!["SERVICE".to_owned()]
    } else {
        plain
    }
}

fn traffic(case: &Case, service: &str, to: &str) -> String {
    format!("$ gcloud run services update-traffic {service} {to} {}", place(case))
}

fn describe(case: &Case, service: &str) -> String {
    format!(
        "$ gcloud run services describe {service} {} --format='yaml(status.traffic)'",
        place(case)
    )
}

fn read(case: &Case, filter: &str) -> String {
    let one_line = filter.split('\n').collect::<Vec<_>>().join(" AND ");
    // Inside single quotes a shell reads everything as it is, but the single quote.
    let quoted = one_line.replace('\'', r"'\''");
    format!(
        "$ gcloud logging read '{quoted}' --project={} --limit=20",
        project(case)
    )
}

fn place(case: &Case) -> String {
    let region = first_plain([&case.candidate.location, &case.baseline.location]).unwrap_or("REGION");
    format!("--region={region} --project={}", project(case))
}

fn project(case: &Case) -> &str {
    first_plain([&case.candidate.project, &case.baseline.project]).unwrap_or("PROJECT")
}

fn first_plain(names: [&String; 2]) -> Option<&str> {
    names.into_iter().map(String::as_str).find(|name| is_plain_name(name))
}
