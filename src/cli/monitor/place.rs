//! Where a watch is kept: nowhere, in a file, or in an object of Cloud Storage that is worked on as a file.

use std::path::PathBuf;

use crate::cli::args::LiveArgs;
use crate::cli::failure::Failure;
use crate::cloud::{self, Endpoints, Env};
use crate::monitor::state::{Identity, RemoteState, Saved, StateError, Store, Version, is_object};

/// Stands for the candidate in the name of a state.
pub const REVISION: &str = "{revision}";
/// Where a watch of a service is kept unless told otherwise.
pub const DEFAULT: &str = ".logverdict/{revision}.state";

impl From<StateError> for Failure {
    fn from(error: StateError) -> Failure {
        Failure::input(&error, error.hint())
    }
}

/// The file that a watch is kept in.
pub struct Place {
    file: PathBuf,
    remote: Option<(RemoteState, Option<Version>)>,
}

impl Place {
    /// The place that was named. What is in Cloud Storage is brought here.
    pub fn find(named: &str, live: &LiveArgs) -> Result<Place, Failure> {
        if !is_object(named) {
            let file = PathBuf::from(named);
            if let Some(folder) = file
                .parent()
                .filter(|_| named == DEFAULT || named.starts_with(".logverdict/"))
            {
                std::fs::create_dir_all(folder).map_err(|e| Failure::file(folder, &e))?;
            }
            return Ok(Place { file, remote: None });
        }
        let env: Env<'_> = &|name| std::env::var_os(name);
        let tokens = cloud::sign_in_to_storage(live.access_token_file.as_deref(), env)?;
        let endpoints = Endpoints::parse(&live.endpoint)?;
        let remote = RemoteState::open(named, tokens, endpoints.storage())?;
        let name = format!(
            "logverdict-{}-{:016x}.state",
            std::process::id(),
            xxhash_rust::xxh3::xxh3_64(named.as_bytes())
        );
        let file = std::env::temp_dir().join(name);
        let version = remote.fetch(&file)?;
        Ok(Place {
            file,
            remote: Some((remote, version)),
        })
    }

    /// Of what watch it is; nothing where no watch has begun.
    pub fn identity(&self) -> Result<Option<Identity>, Failure> {
        Ok(Store::identity(&self.file)?)
    }

    /// Opens it.
    pub fn open(&self, identity: &Identity) -> Result<(Store, Saved), Failure> {
        Ok(Store::open(&self.file, identity)?)
    }

    /// Writes what was kept to where it is shared, if that is another place.
    pub fn share(&mut self, store: &mut Store) -> Result<(), StateError> {
        if let Some((remote, version)) = &mut self.remote {
            *version = Some(remote.put(&store.bytes()?, version.as_ref())?);
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.remote.is_some() {
            // A copy: what counts is in Cloud Storage.
            std::fs::remove_file(&self.file).ok();
        }
    }
}
