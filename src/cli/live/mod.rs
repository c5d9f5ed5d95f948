//! Reading from Google Cloud: from arguments to a profile like any other, and to the deploy that is to be judged.

pub mod deploy;
mod fetch;
mod gcloud;
mod judged;
mod progress;
pub mod reading;
pub mod session;
mod source;
pub mod target;
mod window;

use std::io::Write;

pub use fetch::run as fetch;
pub use judged::{judged, told};

use super::args::{Common, LiveArgs, SelectArgs};
use super::failure::Failure;
use super::input::Knowledge;
use crate::ingest::Coverage;
use crate::ingest::cloud_logging::OVERLAP;
use crate::model::{Timestamp, Window};
use crate::profile::Profile;
use reading::Part;
use session::Session;
use window::Asked;

/// Whether Google Cloud is to be read: no file is named, but something to read there.
///
/// # Errors
/// Files and Google Cloud together.
pub fn is_wanted(inputs: usize, select: &SelectArgs, live: &LiveArgs) -> Result<bool, Failure> {
    let named = live.project.is_some() || live.region.is_some() || live.freshness.is_some() || !live.view.is_empty();
    match (inputs, named) {
        (0, _) => Ok(named || !select.service.is_empty()),
        (_, true) => Err(Failure::usage(
            "files were named together with --project, --region, --freshness or --view",
            "give files alone, or none of them to read from Cloud Logging; logverdict fetch saves entries to a file",
        )),
        (_, false) => Ok(false),
    }
}

/// Reads what the arguments select into one profile.
pub fn profile(
    (select, revisions): (&SelectArgs, &[String]),
    live: &LiveArgs,
    knowledge: &Knowledge,
    common: &Common,
    err: &mut dyn Write,
) -> Result<Profile, Failure> {
    let session = Session::open(live, common, err)?;
    let window = bounded(&session, select, live)?;
    let part = Part {
        revision: String::new(),
        filter: session.target.filter(select, revisions),
        density: source::tell_size(&session, select, &window, live.requests_per_minute, (common, &mut *err)),
        window,
    };
    let profile = reading::read(&session, live, &[part], OVERLAP, knowledge, common);
    session.tell(common, err);
    profile
}

/// Why nothing was counted of what Cloud Logging was asked for.
pub fn nothing_read(coverage: &Coverage) -> Failure {
    let time = |t: Option<Timestamp>| t.map_or(String::new(), |t| t.to_string());
    let asked = coverage.asked.map_or(String::new(), |w| {
        format!(" between {} and {}", time(w.start), time(w.end))
    });
    match coverage.unread.first() {
        Some(unread) => Failure::input(
            format!("nothing could be read{asked}: {}", unread.reason),
            "check the network, the proxy and --endpoint, or try again with a longer --deadline",
        ),
        None => Failure::input(
            format!("Cloud Logging has no entry{asked} that was asked for"),
            "check --service, --region, --revision, --filter and the time; without --filter all of the service's entries are read",
        ),
    }
}

/// The window, both ends known.
fn bounded(session: &Session, select: &SelectArgs, live: &LiveArgs) -> Result<Window, Failure> {
    if select.until.is_none() {
        session.client.ask_time();
    }
    let open = Window { start: None, end: None };
    let of_filter = select.filter.as_ref().map_or(open, |f| f.time_bounds());
    Asked::new(select, live)?.window(of_filter, session.now())
}
