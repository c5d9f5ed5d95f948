//! The deploy and its logs, ready to be compared.

use std::io::Write;

use super::deploy::{self, Found, Wanted};
use super::nothing_read;
use super::reading::{self, Part};
use super::session::Session;
use super::source;
use super::target;
use crate::cli::args::{Common, CompareArgs};
use crate::cli::failure::Failure;
use crate::cli::input::Knowledge;
use crate::compare::{Choice, exactly};
use crate::model::Concern;
use crate::profile::{Listed, Profile, RevisionCounts, count_requests};
use crate::report;

/// What a comparison needs of a deploy.
pub struct Judged {
    /// Both revisions' entries.
    pub profile: Profile,
    pub choice: Choice,
    pub deploy: report::Deploy,
    /// What Cloud Run says that forbids PROCEED.
    pub concerns: Vec<Concern>,
    pub notes: Vec<Concern>,
}

/// Finds the deploy and reads both its sides.
pub fn judged(
    args: &CompareArgs,
    knowledge: &Knowledge,
    common: &Common,
    err: &mut dyn Write,
) -> Result<Judged, Failure> {
    let session = Session::open(&args.live, common, err)?;
    let wanted = Wanted {
        select: &args.select,
        live: &args.live,
        baseline: &args.baseline_revision,
        candidate: &args.candidate_revision,
        deployed_at: args.deployed_at.as_deref(),
    };
    let mut found = deploy::find(&session, &wanted)?;
    let mut parts = parts(&found, target::own_condition(&args.select));
    let counts = source::choose(&session, &args.live, &mut found, &mut parts, (common, err))?;
    let overlap = found.deploy.request_timeout;
    let read = reading::read(&session, &args.live, &parts, overlap, knowledge, common);
    session.tell(common, err);
    let mut profile = read?;
    let covered = &profile.manifest.coverage;
    if args.select.filter.is_some() && covered.counted == 0 && covered.unread.is_empty() {
        return Err(nothing_read(covered));
    }
    if let Some(counts) = counts {
        // With a filter of the user's own not every failed request is in the log.
        let listed = match args.select.filter {
            None => Listed::Failed,
            Some(_) => Listed::Nothing,
        };
        count_requests(&mut profile.data, &mut profile.manifest.coverage, &counts, listed);
    }
    let sides = [Some(&found.deploy.candidate), found.deploy.baseline.as_ref()];
    for revision in sides.into_iter().flatten() {
        name_revision(&mut profile, &found, revision);
    }
    Ok(Judged {
        profile,
        choice: Choice {
            baseline_revisions: found.deploy.baseline.iter().filter_map(|name| exactly(name)).collect(),
            candidate_revisions: exactly(&found.deploy.candidate).into_iter().collect(),
            deployed_at: None,
            until: None,
            same_hours: false,
        },
        deploy: told(&found),
        concerns: found.deploy.concerns,
        notes: found.deploy.notes,
    })
}

/// One listing for each side: their windows differ.
fn parts(found: &Found, own: Option<String>) -> Vec<Part> {
    let own = own.map_or(String::new(), |own| format!("\nAND {own}"));
    let part = |revision: &str, window| Part {
        revision: revision.to_owned(),
        density: None,
        filter: format!("{}{own}", found.name.log_filter(&[revision])),
        window,
    };
    let candidate = part(&found.deploy.candidate, found.plan.candidate_window);
    let baseline = found.deploy.baseline.as_deref();
    let baseline = baseline.map(|name| part(name, found.plan.baseline_window));
    [Some(candidate), baseline].into_iter().flatten().collect()
}

/// A revision that logged nothing is a side without entries, not an unknown name.
fn name_revision(profile: &mut Profile, found: &Found, revision: &str) {
    let key = format!("{}/{revision}", found.name.service);
    profile.data.revisions.entry(key).or_insert_with(|| RevisionCounts {
        project: found.name.project.clone(),
        location: found.name.region.clone(),
        service: found.name.service.clone(),
        revision: revision.to_owned(),
        ..RevisionCounts::default()
    });
}

pub fn told(found: &Found) -> report::Deploy {
    let (name, deploy) = (&found.name, &found.deploy);
    report::Deploy {
        project: name.project.clone(),
        region: name.region.clone(),
        service: name.service.clone(),
        candidate: deploy.candidate.clone(),
        baseline: deploy.baseline.clone(),
        created_at: Some(deploy.created_at),
        moved_at: deploy.moved_at,
        chosen: deploy.why.iter().chain(&found.plan.why).cloned().collect(),
    }
}
