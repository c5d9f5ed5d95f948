//! Which revision is the candidate and which the baseline.
//!
//! Input: what the Admin API says, what the user asked for, the time. Output: a [`Deploy`] that says why. Pure; the order of
//! the revisions does not matter.

use std::cmp::Reverse;
use std::time::Duration;

use glob::Pattern;

use super::deploy::{ChooseError, Deploy};
use super::found;
use super::moved::MovedBy;
use super::service::{Revision, Service, short_name};
use super::traffic::{Share, shares};
use super::words::{ago, listed};
use crate::model::Timestamp;

/// A deploy may be said to have happened a little before its revision was created: gcloud is started first.
const CREATED_LATER_S: i64 = 300;
/// Older revisions that a [`Deploy`] lists.
const OLDER_MAX: usize = 10;
/// Revisions that an error message lists.
const LISTED_MAX: usize = 8;
/// Longest time of a request where nothing says so.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

/// What the user asked for; empty: the newest deploy.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Revisions of the baseline; of several that match, one is chosen.
    pub baseline: Vec<Pattern>,
    /// Revisions of the candidate, likewise.
    pub candidate: Vec<Pattern>,
    /// When the candidate was deployed: chooses it where it is not named, and tells when traffic moved.
    pub deployed_at: Option<Timestamp>,
}

/// Everything that a choice looks at.
pub(super) struct Scene<'a> {
    pub service: &'a Service,
    /// Newest first.
    pub revisions: Vec<&'a Revision>,
    pub shares: Vec<Share>,
    pub asked: &'a Asked,
    pub now: Timestamp,
}

/// Chooses candidate and baseline.
///
/// The candidate is the newest revision with traffic or a tag; a newer one that gets neither, because it did not become
/// ready or traffic is pinned, comes first: it is what was deployed, and its state is told as a concern. The baseline is the
/// one with the largest share of the traffic among the older ones; where none of them has any, the next older one that was
/// ready.
///
/// # Errors
/// No revision, none like those asked for, the same one for both sides, none as old as `deployed_at`.
pub fn choose(service: &Service, revisions: &[Revision], asked: &Asked, now: Timestamp) -> Result<Deploy, ChooseError> {
    let scene = Scene::new(service, revisions, asked, now);
    let (candidate, because) = scene.candidate()?;
    let created_at = candidate
        .create_time
        .ok_or_else(|| ChooseError::NoCreationTime(candidate.name.clone()))?;
    let mut why = vec![format!(
        "Candidate: {}, created {} at {created_at}: {because}.",
        candidate.name,
        ago(now, created_at)
    )];
    let baseline = scene.baseline(candidate)?;
    if let Some((baseline, because)) = &baseline {
        why.push(format!("Baseline: {baseline}: {because}."));
    }
    let baseline = baseline.map(|(name, _)| name);
    let moved_at = asked.deployed_at.map(|t| t.max(created_at));
    let mut deploy = Deploy {
        candidate: candidate.name.clone(),
        created_at,
        moved_at,
        moved_by: moved_at.map(|_| MovedBy::Asked),
        why,
        concerns: vec![],
        notes: vec![],
        request_timeout: scene.timeout(candidate, baseline.as_deref()),
        candidate_percent: scene.percent(&candidate.name),
        candidate_has_tag: scene.share(&candidate.name).is_some_and(|s| !s.tags.is_empty()),
        baseline_percent: baseline.as_deref().map_or(0, |b| scene.percent(b)),
        older: scene.older(candidate),
        baseline_was_asked: !asked.baseline.is_empty(),
        baseline,
    };
    deploy.concerns = found::concerns(&scene, candidate, &deploy);
    deploy.notes = found::notes(&scene, candidate, &deploy);
    Ok(deploy)
}

impl<'a> Scene<'a> {
    fn new(service: &'a Service, revisions: &'a [Revision], asked: &'a Asked, now: Timestamp) -> Scene<'a> {
        let mut newest: Vec<&Revision> = revisions.iter().filter(|r| !r.name.is_empty()).collect();
        newest.sort_by_key(|r| Reverse((r.create_time, r.name.as_str())));
        newest.dedup_by_key(|r| r.name.as_str());
        Scene {
            service,
            revisions: newest,
            shares: shares(service),
            asked,
            now,
        }
    }

    pub fn share(&self, revision: &str) -> Option<&Share> {
        self.shares.iter().find(|s| s.revision == revision)
    }

    pub fn percent(&self, revision: &str) -> u32 {
        self.share(revision).map_or(0, |s| s.percent)
    }

    pub fn revision(&self, name: &str) -> Option<&'a Revision> {
        self.revisions.iter().find(|r| r.name == name).copied()
    }

    /// The candidate, and why.
    fn candidate(&self) -> Result<(&'a Revision, String), ChooseError> {
        let newest = *self
            .revisions
            .first()
            .ok_or_else(|| ChooseError::NoRevisions(short_name(&self.service.name).to_owned()))?;
        if !self.asked.candidate.is_empty() {
            return self.asked_candidate();
        }
        if let Some(time) = self.asked.deployed_at {
            return self.deployed_at(time);
        }
        let serving = self.revisions.iter().find(|r| self.share(&r.name).is_some()).copied();
        match serving {
            Some(serving) if serving.name == newest.name => Ok((newest, self.as_newest(newest))),
            Some(serving) => Ok((
                newest,
                format!(
                    "the newest revision, though it gets no traffic; the newest one that does is {}",
                    serving.name
                ),
            )),
            None => {
                let ready = self.revision(&self.service.latest_ready_revision);
                let because = "no revision gets traffic, and it is the latest one that became ready";
                Ok(
                    ready.map_or((newest, "the newest revision; none gets traffic".into()), |r| {
                        (r, because.into())
                    }),
                )
            }
        }
    }

    fn as_newest(&self, newest: &Revision) -> String {
        let share = self.share(&newest.name);
        match share {
            Some(share) if share.percent > 0 => {
                format!("the newest revision, with {} % of the traffic", share.percent)
            }
            Some(share) => format!("the newest revision, reached by the tag {}", share.tags.join(", ")),
            None => "the newest revision".into(),
        }
    }

    fn asked_candidate(&self) -> Result<(&'a Revision, String), ChooseError> {
        let matching = self.matching(&self.asked.candidate, "candidate")?;
        let serving = matching.iter().find(|r| self.share(&r.name).is_some());
        let chosen = *serving.unwrap_or(&matching[0]);
        let because = match matching.len() {
            1 => "asked for by name".to_owned(),
            n => format!("the newest of {n} that are like the name asked for"),
        };
        Ok((chosen, because))
    }

    fn deployed_at(&self, time: Timestamp) -> Result<(&'a Revision, String), ChooseError> {
        let latest = Timestamp(time.0.saturating_add(CREATED_LATER_S * 1_000_000_000));
        let chosen = self
            .revisions
            .iter()
            .find(|r| r.create_time.is_some_and(|created| created <= latest));
        match chosen {
            Some(chosen) => Ok((*chosen, format!("the newest revision at the time asked for, {time}"))),
            None => {
                let known = self.revisions.iter().rev().find_map(|r| r.create_time.map(|t| (r, t)));
                let oldest = known.map(|(r, t)| (r.name.clone(), t));
                Err(ChooseError::NothingBefore(time, oldest))
            }
        }
    }

    /// The baseline and why; `None` when there is nothing to compare with.
    fn baseline(&self, candidate: &Revision) -> Result<Option<(String, String)>, ChooseError> {
        if !self.asked.baseline.is_empty() {
            return self.asked_baseline(candidate).map(Some);
        }
        let is_older = |name: &str| {
            self.revision(name)
                .is_none_or(|r| (r.create_time, &r.name) < (candidate.create_time, &candidate.name))
        };
        let mut rest = self
            .shares
            .iter()
            .filter(|s| s.percent > 0 && s.revision != candidate.name);
        if let Some(share) = rest.find(|s| is_older(&s.revision)) {
            let because = match share.percent {
                100 => "it gets all of the traffic".to_owned(),
                percent => format!("it gets the largest share of the rest, {percent} %"),
            };
            return Ok(Some((share.revision.clone(), because)));
        }
        let older = self.older(candidate).into_iter().next();
        Ok(older.map(|name| {
            let because = match self.percent(&candidate.name) {
                0 => "the next older revision that was ready".to_owned(),
                percent => format!(
                    "{} gets {percent} % of the traffic, and this is the next older revision that was ready",
                    candidate.name
                ),
            };
            (name, because)
        }))
    }

    fn asked_baseline(&self, candidate: &Revision) -> Result<(String, String), ChooseError> {
        let matching = self.matching(&self.asked.baseline, "baseline")?;
        let others: Vec<&Revision> = matching.into_iter().filter(|r| r.name != candidate.name).collect();
        let serving = others
            .iter()
            .copied()
            .rev()
            .filter(|r| self.percent(&r.name) > 0)
            .max_by_key(|r| self.percent(&r.name));
        let older = || others.iter().copied().find(|r| self.is_older_and_ready(r, candidate));
        let chosen = serving.or_else(older).or(others.first().copied());
        let chosen = chosen.ok_or_else(|| ChooseError::SameRevision(candidate.name.clone()))?;
        let because = match others.len() {
            1 => "asked for by name".to_owned(),
            n => format!("chosen of {n} that are like the name asked for"),
        };
        Ok((chosen.name.clone(), because))
    }

    fn matching(&self, globs: &[Pattern], side: &'static str) -> Result<Vec<&'a Revision>, ChooseError> {
        let service = short_name(&self.service.name);
        let is_like = |r: &&Revision| {
            let with_service = format!("{service}/{}", r.name);
            globs.iter().any(|g| g.matches(&r.name) || g.matches(&with_service))
        };
        let found: Vec<&Revision> = self.revisions.iter().copied().filter(|r| is_like(r)).collect();
        if found.is_empty() {
            let asked: Vec<&str> = globs.iter().map(Pattern::as_str).collect();
            let there = self.revisions.iter().take(LISTED_MAX).map(|r| r.name.clone());
            return Err(ChooseError::NoSuchRevision(side, listed(&asked), there.collect()));
        }
        Ok(found)
    }

    fn is_older_and_ready(&self, revision: &Revision, than: &Revision) -> bool {
        (revision.create_time, &revision.name) < (than.create_time, &than.name) && revision.is_ready() != Some(false)
    }

    fn older(&self, candidate: &Revision) -> Vec<String> {
        let older = self.revisions.iter().filter(|r| self.is_older_and_ready(r, candidate));
        older.take(OLDER_MAX).map(|r| r.name.clone()).collect()
    }

    fn timeout(&self, candidate: &Revision, baseline: Option<&str>) -> Duration {
        let of_baseline = baseline.and_then(|b| self.revision(b)).map(|r| r.timeout.as_str());
        let texts = [Some(candidate.timeout.as_str()), of_baseline];
        let own = texts.into_iter().flatten().filter_map(duration).max();
        own.or_else(|| duration(&self.service.template.timeout))
            .unwrap_or(DEFAULT_TIMEOUT)
    }
}

/// A duration as JSON has it: seconds with up to nine digits and an `s`. Nothing longer than a day is believed.
fn duration(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    (seconds > 0.0 && seconds <= 86_400.0).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;
