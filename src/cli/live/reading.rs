//! Parts of the log, read into one profile.

use std::time::Duration;

use super::progress::Display;
use super::session::Session;
use crate::cli::args::{Common, LiveArgs};
use crate::cli::failure::Failure;
use crate::cli::input::{self, Knowledge};
use crate::ingest::Feed;
use crate::ingest::cloud_logging::{Fields, Listing, ListingOptions, Progress, Query};
use crate::model::Window;
use crate::profile::Profile;

/// What one listing asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The revision that it is about; empty for several.
    pub revision: String,
    /// Without bounds of time.
    pub filter: String,
    pub window: Window,
    /// Entries a minute to expect, if known.
    pub density: Option<f64>,
}

/// Where to read: the views that were named, else the project.
pub fn resource_names(session: &Session, args: &LiveArgs) -> Vec<String> {
    if args.view.is_empty() {
        vec![format!("projects/{}", session.target.project)]
    } else {
        args.view.clone()
    }
}

/// Reads all parts at once. `overlap`: how long after its time an entry may still arrive.
pub fn read(
    session: &Session,
    args: &LiveArgs,
    parts: &[Part],
    overlap: Duration,
    knowledge: &Knowledge,
    common: &Common,
) -> Result<Profile, Failure> {
    let display = Display::new(parts.len(), common);
    let step = |number| {
        let display = &display;
        Box::new(move |progress| display.show(number, progress)) as Box<dyn Fn(Progress) + Sync>
    };
    let steps: Vec<_> = (0..parts.len()).map(step).collect();
    let listing = |part: &Part, step| {
        let query = Query {
            resource_names: resource_names(session, args),
            filter: part.filter.clone(),
            window: part.window,
            fields: Fields::Needed,
        };
        let options = ListingOptions {
            density: part.density,
            overlap,
            progress: step,
            ..ListingOptions::default()
        };
        Listing::new(&session.client, query, options)
    };
    let listings: Vec<Listing<'_>> = parts.iter().zip(&steps).map(|(p, s)| listing(p, s.as_ref())).collect();
    let feeds: Vec<&dyn Feed> = listings.iter().map(|l| l as &dyn Feed).collect();
    let profile = input::read_feeds(&feeds, knowledge, common);
    display.finish();
    profile
}
