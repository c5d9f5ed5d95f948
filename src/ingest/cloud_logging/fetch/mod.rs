//! A query written to a file: NDJSON, oldest first, each value as the service sent it.
//!
//! Input: a [`Query`] and a path. Output: the file, `.zst` if its name ends so, and `FILE.manifest.json` beside it, which
//! says what was asked for and whether the file holds all of it. What is read lies in `FILE.partial/` until the file is
//! complete; a fetch that was stopped, however, goes on there. The file appears in one step.

mod compact;
mod disk;
mod error;
mod finish;
mod folder;
mod output;
mod parts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub use disk::{Disk, Output, RealDisk};
pub use error::FetchError;
use folder::{Folder, State};
use parts::Parts;

use super::super::coverage::Unread;
use super::super::fetched::{MANIFEST_SCHEMA, Manifest, manifest_beside, manifest_path};
use super::chain::lock;
use super::late::{arrived, late_tail, late_unread, may_still_arrive, since};
use super::listing::{ListingOptions, Outcome, Reader, pieces};
use super::plan::merged;
use super::query::{Fields, Query, Span};
use crate::cloud::Client;
use crate::model::{Concern, Timestamp, Window};

/// How a query is fetched.
#[derive(Clone, Copy)]
pub struct FetchOptions<'a> {
    /// How it is read.
    pub listing: ListingOptions<'a>,
    /// A file that is there is replaced at the end.
    pub overwrite: bool,
    /// The file is written even if parts of the window could not be read; the manifest names them. Otherwise they stay to
    /// be fetched.
    pub keep_incomplete: bool,
    /// Where it is written.
    pub disk: &'a dyn Disk,
}

impl Default for FetchOptions<'_> {
    fn default() -> Self {
        FetchOptions {
            listing: ListingOptions::default(),
            overwrite: false,
            keep_incomplete: false,
            disk: &RealDisk,
        }
    }
}

/// A fetch that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// What is beside the file.
    pub manifest: Manifest,
    /// It went on where another was stopped.
    pub is_resumed: bool,
}

/// What an unfinished fetch of a file asks for, so that it can be gone on with: a window that was given relative to now
/// has another start by then.
///
/// # Errors
/// A folder beside the file that is not of a fetch.
pub fn unfinished(file: &Path) -> Result<Option<Query>, FetchError> {
    Ok(folder::state_of(file)?.map(|state| Query {
        resource_names: state.resource_names,
        filter: state.filter,
        window: state.window,
        fields: Fields::All,
    }))
}

/// Fetches a query into a file.
///
/// # Errors
/// Whatever keeps the file from being complete. Fetching again goes on from there.
pub fn fetch(client: &Client, query: &Query, file: &Path, options: &FetchOptions<'_>) -> Result<Fetched, FetchError> {
    let span = query.span(client.now());
    let query = Query {
        window: Window {
            start: Some(span.start),
            end: Some(span.end),
        },
        fields: Fields::All,
        ..query.clone()
    };
    let state = State::new(&query, client.clock().now());
    if let Some(manifest) = complete_already(file, &state)? {
        clear(options.disk, &folder::path_of(file))?;
        return Ok(Fetched {
            manifest,
            is_resumed: true,
        });
    }
    if file.exists() && !options.overwrite {
        return Err(FetchError::Exists(file.into()));
    }
    let folder = folder::open(options.disk, file, state)?;
    let is_resumed = folder.is_resumed;
    let job = Job {
        client,
        query: &query,
        file,
        options,
        is_compressed: file.extension().is_some_and(|e| e == "zst"),
        folder,
    };
    let manifest = job.run(span)?;
    Ok(Fetched { manifest, is_resumed })
}

/// The manifest of a file that the same fetch completed, but was stopped before it cleared up.
fn complete_already(file: &Path, state: &State) -> Result<Option<Manifest>, FetchError> {
    // Without its state, the folder must be empty: the state goes last.
    let begun = match folder::state_of(file)? {
        Some(found) => Some(found.begun),
        None if disk::list(&folder::path_of(file)).is_ok_and(|files| files.is_empty()) => None,
        None => return Ok(None),
    };
    let Some(Ok(manifest)) = manifest_beside(file) else {
        return Ok(None);
    };
    let is_same = manifest.resource_names == state.resource_names
        && manifest.filter == state.filter
        && manifest.window == state.window
        && begun.is_none_or(|begun| manifest.fetched_at == begun);
    let is_there = is_same && finish::hash_of_file(file).is_ok_and(|hash| hash == manifest.content_hash);
    Ok(is_there.then_some(manifest))
}

/// Removes the folder; its state after all else, so that it is recognised until the end.
fn clear(disk: &dyn Disk, path: &Path) -> Result<(), FetchError> {
    let mut files = disk::list(path).map_err(FetchError::disk("list", path))?;
    files.sort_by_key(|f| f.ends_with(super::super::fetched::STATE_FILE));
    for file in files {
        disk.remove(&file).map_err(FetchError::disk("remove", &file))?;
    }
    disk.remove_folder(path).map_err(FetchError::disk("remove", path))
}

struct Job<'a> {
    client: &'a Client,
    query: &'a Query,
    file: &'a Path,
    options: &'a FetchOptions<'a>,
    is_compressed: bool,
    folder: Folder,
}

impl Job<'_> {
    fn run(mut self, span: Span) -> Result<Manifest, FetchError> {
        let gaps = folder::gaps(&self.folder.parts, span);
        let mut doubts = vec![];
        let mut unread = vec![];
        if !gaps.is_empty() {
            let outcome = self.read(self.query, gaps, false)?;
            doubts.extend(outcome.concerns());
            unread = outcome.unread;
        }
        let begun = self.begun();
        let tail = late_tail(span, begun, self.options.listing.overlap());
        let gaps = folder::gaps(&self.folder.late, span);
        if let (Some(tail), true, false) = (tail, unread.is_empty(), gaps.is_empty()) {
            let outcome = self.read(&self.query.received_since(since(begun)), gaps, true)?;
            doubts.extend(outcome.concerns());
            unread.extend(late_unread(&outcome, tail));
        }
        if !unread.is_empty() && !self.options.keep_incomplete {
            return Err(FetchError::Incomplete(self.folder.path.clone(), merged(unread)));
        }
        let mut remarks: Vec<Concern> = vec![];
        remarks.extend(tail.map(|_| may_still_arrive(span, begun, self.options.listing.overlap())));
        self.folder.take_stock(self.options.disk)?;
        self.finish(merged(unread), doubts, remarks)
    }

    /// When it began, by the service's clock, which is known once it has answered.
    fn begun(&self) -> Timestamp {
        let ahead = self.client.clock().now().0 - self.client.now().0;
        Timestamp(self.folder.state.begun.0.saturating_sub(ahead))
    }

    /// Reads pieces of time into parts.
    fn read(&self, query: &Query, gaps: Vec<Span>, is_late: bool) -> Result<Outcome, FetchError> {
        let listing = &self.options.listing;
        let parts = Parts {
            disk: self.options.disk,
            folder: &self.folder.path,
            is_compressed: self.is_compressed,
            is_late,
            pieces: Mutex::new(BTreeMap::new()),
            refused: Mutex::new(None),
        };
        let density = if is_late { None } else { listing.density };
        let gaps = gaps
            .into_iter()
            .flat_map(|gap| pieces(gap, density, listing.threads))
            .collect();
        let outcome = Reader {
            service: self.client,
            query,
            options: listing,
            client: self.client,
            before: Default::default(),
        }
        .pieces(gaps, &parts);
        if let Some((path, error)) = lock(&parts.refused).take() {
            return Err(FetchError::Disk("write into", path, error));
        }
        match outcome.failure {
            Some(error) => Err(FetchError::Cloud(error)),
            None => Ok(outcome),
        }
    }

    /// Writes the file, then its manifest, and puts both in place: the manifest first, since a file without one is taken
    /// for complete, and a manifest without its file says nothing.
    fn finish(
        &self,
        unread: Vec<Unread>,
        mut doubts: Vec<Concern>,
        mut remarks: Vec<Concern>,
    ) -> Result<Manifest, FetchError> {
        let (disk, folder) = (self.options.disk, &self.folder);
        let data: PathBuf = folder.path.join("data.tmp");
        let paths = |parts: &[folder::Part]| parts.iter().map(|p| p.path.clone()).collect();
        let parts = [paths(&folder.parts), paths(&folder.late)];
        let written = finish::write(disk, &data, self.is_compressed, parts, self.begun())
            .map_err(FetchError::disk("write", &data))?;
        if written.unsorted > 0 && !doubts.iter().any(|c| c.code == "answers-unsorted") {
            doubts.push(super::listing::unsorted(written.unsorted));
        }
        remarks.extend(arrived(written.arrived));
        doubts.sort();
        remarks.sort();
        let manifest = Manifest {
            schema: MANIFEST_SCHEMA.to_owned(),
            tool: concat!("logverdict ", env!("CARGO_PKG_VERSION")).to_owned(),
            fetched_at: folder.state.begun,
            resource_names: self.query.resource_names.clone(),
            filter: self.query.filter.clone(),
            window: self.query.window,
            entries: written.entries,
            bytes: written.bytes,
            content_hash: written.content_hash,
            unread,
            concerns: doubts,
            remarks,
        };
        let mut text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
        text.push(b'\n');
        folder::write_whole(
            disk,
            &folder.path.join("manifest.tmp"),
            &manifest_path(self.file),
            &text,
        )?;
        disk.rename(&data, self.file)
            .map_err(FetchError::disk("write", self.file))?;
        let parent = self
            .file
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        disk.settle(parent).map_err(FetchError::disk("write", parent))?;
        clear(disk, &folder.path)?;
        Ok(manifest)
    }
}
