//! A watch of a service: the deploy found, or the watch of it that was kept.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::live::{GoogleClock, Live, baseline_since, of_deploy};
use super::place::{DEFAULT, Place, REVISION};
use super::{Given, Resumed, drive, google, setup};
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::cli::live::deploy::{self, Wanted};
use crate::cli::live::session::Session;
use crate::cloud::run::{self, Service, ServiceName};
use crate::model::{Timestamp, is_plain_name};
use crate::monitor::state::Identity;
use crate::monitor::{History, Subject, Told, Until};
use crate::report;

/// Longest time of a request of any service.
const LONGEST_REQUEST: Duration = Duration::from_secs(3600);
/// Stands for the revision of a baseline that there is none of.
const NO_BASELINE: &str = "(no baseline)";

/// What a watch begins with.
struct Beginning {
    identity: Identity,
    since: Timestamp,
    deploy: Option<report::Deploy>,
    told: Option<Told>,
}

pub fn watch(given: &Given<'_>, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    let (args, common) = (given.args, given.common);
    let session = Session::open(&args.live, common, err)?;
    let name = deploy::service_name(&session, &args.select)?;
    let named = args.state.as_deref().unwrap_or(DEFAULT);
    // The answer brings Google's time as well, by which looks are due.
    let service = run::service(&session.client, &name);
    let mut place = find_place(named, given, service.as_ref().ok())?;
    let kept = place.as_ref().map(Place::identity).transpose()?.flatten();
    let (beginning, service) = match (kept, service) {
        // A service that is gone ends the watch that is kept.
        (Some(identity), service) => (resumed(given, &name, identity)?, service.ok()),
        (None, Err(error)) => return Err(error.into()),
        (None, Ok(service)) => (begin(given, &session)?, Some(service)),
    };
    if place.is_none() {
        place = Some(Place::find(
            &with_revision(named, &beginning.identity.candidate),
            &args.live,
        )?);
    }
    let started = input::time(&beginning.identity.deployed_at)?;
    let schedule = given.plan.schedule(started);
    let setup = setup::setup(args, schedule.clone(), given.knowledge)?;
    let identity = Identity {
        settings: setup::fingerprint(args, &setup, given.knowledge),
        ..beginning.identity
    };
    let opened = place.map(|place| place.open(&identity).map(|(store, saved)| ((store, place), saved)));
    let (state, saved) = opened
        .transpose()?
        .map_or_else(Default::default, |(state, saved)| (Some(state), saved));
    let resumed = Resumed::of(saved, || {
        let key = |revision: &str| [format!("{}/{revision}", name.service)].into();
        let subject = Subject {
            candidate: key(&identity.candidate),
            baseline: key(&identity.baseline),
        };
        let mut history = History::new(started, schedule.first() - 1, Some(subject), beginning.deploy);
        history.told = beginning.told;
        history.since = Some(beginning.since);
        history
    })?;
    let session = Arc::new(Mutex::new(session));
    let clock = GoogleClock(Arc::clone(&session));
    let since = resumed.history.since.unwrap_or(started);
    let mut warnings = std::io::sink();
    let mut log = Live {
        args,
        common,
        knowledge: given.knowledge,
        schedule,
        name,
        candidate: identity.candidate.clone(),
        since,
        request_timeout: LONGEST_REQUEST,
        session,
        service,
        told_requests: 0,
        untold: 0,
        is_fresh: true,
        warnings: &mut warnings,
    };
    let until = if args.once { Until::Due } else { Until::End };
    drive(given, &setup, resumed, state, (&mut log, &clock, until), (out, err))
}

/// The place of the watch, where it can be told before the deploy is looked for: by its own name, or because the watch of the
/// newest revision is kept there.
fn find_place(named: &str, given: &Given<'_>, service: Option<&Service>) -> Result<Option<Place>, Failure> {
    let live = &given.args.live;
    if !named.contains(REVISION) {
        return Place::find(named, live).map(Some);
    }
    let newest = match (given.args.candidate_revision.as_slice(), service) {
        ([one], _) if is_plain_name(one) => one,
        ([], Some(service)) => &service.latest_created_revision,
        _ => return Ok(None),
    };
    let place = Place::find(&with_revision(named, newest), live)?;
    let is_kept = place.identity()?.is_some();
    Ok(is_kept.then_some(place))
}

fn with_revision(named: &str, revision: &str) -> String {
    let plain = if is_plain_name(revision) { revision } else { "candidate" };
    named.replace(REVISION, plain)
}

/// Goes on with the watch that is kept, if it is of this service.
fn resumed(given: &Given<'_>, name: &ServiceName, kept: Identity) -> Result<Beginning, Failure> {
    let args = given.args;
    let globs = input::globs(&args.candidate_revision)?;
    if !globs.is_empty() && !globs.iter().any(|glob| glob.matches(&kept.candidate)) {
        return Err(Failure::input(
            format!(
                "the state is of a watch of {}, not of {}",
                kept.candidate,
                args.candidate_revision.join(", ")
            ),
            "name another --state for another deploy, or leave out --candidate-revision",
        ));
    }
    let deployed_at = match &args.deployed_at {
        Some(text) => input::time(text)?.to_string(),
        None => kept.deployed_at.clone(),
    };
    Ok(Beginning {
        identity: Identity {
            project: name.project.clone(),
            region: name.region.clone(),
            service: name.service.clone(),
            deployed_at,
            ..kept
        },
        since: Timestamp(0),
        deploy: None,
        told: None,
    })
}

/// Finds the deploy that is to be watched.
fn begin(given: &Given<'_>, session: &Session) -> Result<Beginning, Failure> {
    let args = given.args;
    let wanted = Wanted {
        select: &args.select,
        live: &args.live,
        baseline: &args.baseline_revision,
        candidate: &args.candidate_revision,
        deployed_at: args.deployed_at.as_deref(),
    };
    let mut found = deploy::find(session, &wanted)?;
    let started = found.deploy.moved_at.unwrap_or(found.deploy.created_at);
    let started = Timestamp(started.0 - started.0.rem_euclid(1_000_000_000));
    // What `compare` would read is not what the watch does.
    found.plan.why.clear();
    let per_minute = args.live.requests_per_minute;
    let since = baseline_since(session, &mut found, started, given.plan.baseline, per_minute);
    Ok(Beginning {
        identity: Identity {
            project: found.name.project.clone(),
            region: found.name.region.clone(),
            service: found.name.service.clone(),
            candidate: found.deploy.candidate.clone(),
            baseline: found.deploy.baseline.clone().unwrap_or_else(|| NO_BASELINE.to_owned()),
            deployed_at: started.to_string(),
            settings: String::new(),
        },
        since,
        told: Some(of_deploy(found.deploy.clone())),
        deploy: Some(google::told(&found)),
    })
}
