//! Reads a window of an API and says how fast: `cargo run --release --example read_api -- URL START END THREADS [FILE]`.
//!
//! With a file, fetches into it; without one, counts into a profile.

#![allow(clippy::print_stdout, reason = "an example speaks to the terminal")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use logverdict::cloud::{AuthHeaders, Client, ClientOptions, CloudError, Endpoints, SystemClock, TokenSource};
use logverdict::ingest::cloud_logging::{FetchOptions, Fields, Listing, ListingOptions, Query, fetch};
use logverdict::ingest::{DEDUPE_BYTES, Options, Selection, read};
use logverdict::model::{Timestamp, Window};
use logverdict::patterns::{Matcher, PackSet};
use logverdict::profile::Counter;

struct NoToken;

impl TokenSource for NoToken {
    fn headers(&self) -> Result<AuthHeaders, CloudError> {
        Ok(AuthHeaders::bearer("test"))
    }

    fn rebuild(&self) -> Result<(), CloudError> {
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "no token"
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut given = std::env::args().skip(1);
    let mut next = || given.next().ok_or("URL START END THREADS [FILE]");
    let (url, start, end, threads) = (next()?, next()?, next()?, next()?.parse()?);
    let file = given.next().map(PathBuf::from);
    let options = ClientOptions {
        endpoints: Endpoints::all_at(&url)?,
        requests_per_minute: 1_000_000,
        ..ClientOptions::default()
    };
    let client = Client::new(Box::new(NoToken), Arc::new(SystemClock), options)?;
    let query = Query {
        resource_names: vec!["projects/acme-shop".into()],
        filter: "resource.type=\"cloud_run_revision\"".into(),
        window: Window {
            start: Timestamp::parse(&start),
            end: Timestamp::parse(&end),
        },
        fields: if std::env::var_os("ALL_FIELDS").is_some() {
            Fields::All
        } else {
            Fields::Needed
        },
    };
    let listing = ListingOptions {
        threads,
        ..ListingOptions::default()
    };
    let begun = Instant::now();
    let entries = match file {
        Some(file) => {
            let options = FetchOptions {
                listing,
                overwrite: true,
                ..FetchOptions::default()
            };
            fetch(&client, &query, &file, &options)?.manifest.entries
        }
        None => count(&client, query, listing)?,
    };
    let seconds = begun.elapsed().as_secs_f64();
    let stats = client.stats();
    println!(
        "{entries} entries in {seconds:.2} s: {:.0} entries/s, {} requests, {:.1} MB of answers",
        entries as f64 / seconds,
        stats.requests,
        stats.bytes as f64 / 1e6
    );
    Ok(())
}

fn count(client: &Client, query: Query, listing: ListingOptions<'_>) -> Result<u64, Box<dyn std::error::Error>> {
    let packs = PackSet::builtin()?;
    let matcher = Matcher::new(&packs)?;
    let options = Options {
        selection: Selection::default(),
        threads: std::thread::available_parallelism()?.get(),
        dedupe_bytes: DEDUPE_BYTES,
        progress: &|_| (),
    };
    let listing = Listing::new(client, query, listing);
    let (_, coverage) = read(&[], &[&listing], &options, || {
        Counter::new(&packs, &matcher, &Default::default())
    })?;
    for concern in &coverage.concerns {
        println!("{}: {}", concern.code, concern.message);
    }
    Ok(coverage.entries_read)
}
