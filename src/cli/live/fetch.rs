//! `logverdict fetch`: entries of Cloud Logging into a file.

use std::io::Write;

use super::progress::Display;
use super::session::Session;
use super::{bounded, reading, source};
use crate::cli::args::{Common, FetchArgs};
use crate::cli::failure::Failure;
use crate::ingest::cloud_logging::{
    FetchError, FetchOptions, Fetched, Fields, ListingOptions, Query, fetch, unfinished,
};
use crate::report::escape;

pub fn run(args: &FetchArgs, common: &Common, err: &mut dyn Write) -> Result<u8, Failure> {
    let session = Session::open(&args.live, common, err)?;
    let query = query(&session, args)?;
    let density = source::tell_size(
        &session,
        &args.select,
        &query.window,
        args.live.requests_per_minute,
        (common, err),
    );
    let display = Display::new(1, common);
    let step = |progress| display.show(0, progress);
    let options = FetchOptions {
        listing: ListingOptions {
            density,
            progress: &step,
            ..ListingOptions::default()
        },
        overwrite: args.overwrite,
        keep_incomplete: args.keep_incomplete,
        ..FetchOptions::default()
    };
    let fetched = fetch(&session.client, &query, &args.output, &options);
    display.finish();
    session.tell(common, err);
    tell(&fetched?, args, common, err);
    Ok(0)
}

/// What is asked for. An unfinished fetch of the same goes on: its window was counted from another "now".
fn query(session: &Session, args: &FetchArgs) -> Result<Query, Failure> {
    let query = Query {
        resource_names: reading::resource_names(session, &args.live),
        filter: session.target.filter(&args.select, &args.revision),
        window: bounded(session, &args.select, &args.live)?,
        fields: Fields::All,
    };
    let is_relative = args.select.until.is_none() || args.live.freshness.is_some();
    let begun = unfinished(&args.output)?;
    let same =
        begun.filter(|b| is_relative && (&b.resource_names, &b.filter) == (&query.resource_names, &query.filter));
    Ok(same.unwrap_or(query))
}

fn tell(fetched: &Fetched, args: &FetchArgs, common: &Common, err: &mut dyn Write) {
    if common.quiet {
        return;
    }
    let manifest = &fetched.manifest;
    let file = args.output.display().to_string();
    let resumed = if fetched.is_resumed {
        ", going on where an earlier fetch was stopped"
    } else {
        ""
    };
    let (entries, file) = (manifest.entries, escape::terminal(&file));
    writeln!(
        err,
        "saved {entries} entries to {file}{resumed}; {file}.manifest.json says what was asked for"
    )
    .ok();
    for part in &manifest.unread {
        writeln!(
            err,
            "warning: not read: {} to {}: {}",
            part.start,
            part.end,
            escape::terminal(&part.reason)
        )
        .ok();
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Failure {
        Failure::input(&error, error.hint())
    }
}
