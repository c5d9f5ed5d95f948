//! A state as an object in Cloud Storage, which is never written over unseen.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::Duration;

use object_store::gcp::GoogleCloudStorage;
use object_store::{
    Attribute, Attributes, Error, GetOptions, GetResult, ObjectStore, PutMode, PutOptions, PutPayload, UpdateVersion,
};
use tokio::runtime::Runtime;

use super::StateError;
use super::address::Address;
pub use super::address::is_object;
use super::transport::Transport;
use super::{local, refusal};
use crate::cloud::{CloudError, ErrorKind, RetryPolicy, TokenSource};

/// Metadata of the object that tells who wrote what.
const MARK: &str = "logverdict-write";
/// Largest object that is read, in bytes. A watch of a day takes some megabytes.
const LARGEST: u64 = 1 << 30;
/// Writes of one call, each after an earlier one of ours turned out to have arrived.
const WRITES: usize = 3;

/// Which write of an object this is: what the next write must find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(String);

/// A state at `gs://BUCKET/PATH`. One run uses it for all its looks: writes whose answer was lost are known again by it.
pub struct RemoteState {
    url: String,
    address: Address,
    transport: Transport,
    tokens: Box<dyn TokenSource>,
    /// Taken out when dropped; never `None` before.
    runtime: Option<Runtime>,
    /// What our marks begin with; no other run has it.
    writer: String,
}

impl fmt::Debug for RemoteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RemoteState").field(&self.url).finish()
    }
}

impl RemoteState {
    /// Prepares to read and write an object. Nothing is sent yet. `endpoint` is the URL of Cloud Storage where it is not
    /// Google's.
    ///
    /// # Errors
    /// When the URL names no object, or the endpoint cannot be used.
    pub fn open(url: &str, tokens: Box<dyn TokenSource>, endpoint: Option<&str>) -> Result<RemoteState, StateError> {
        let address = Address::parse(url)?;
        let transport = Transport::new(endpoint, default_retries())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("storage")
            .enable_all()
            .build()
            .map_err(|e| {
                let cause = format!("no thread can be started for Cloud Storage: {}", e.kind());
                StateError::Cloud(CloudError::new(
                    ErrorKind::Unavailable,
                    cause,
                    "raise the limit of threads",
                ))
            })?;
        Ok(RemoteState {
            url: url.to_owned(),
            address,
            transport,
            tokens,
            runtime: Some(runtime),
            writer: format!("{:016x}{:016x}", random(), random()),
        })
    }

    /// The same, tried as often and as patiently as this says.
    ///
    /// # Errors
    /// When TLS cannot be set up on this machine.
    pub fn with_retries(mut self, retries: RetryPolicy) -> Result<RemoteState, StateError> {
        self.transport = self.transport.clone().with_retries(retries)?;
        Ok(self)
    }

    /// Brings the object to a file, in place of what is there; `None` when there is no object yet, and then no file either.
    /// The file must not be open. What a killed run left beside it is removed.
    ///
    /// # Errors
    /// When the object cannot be read, or the file cannot be written.
    pub fn fetch(&self, to: &Path) -> Result<Option<Version>, StateError> {
        let object = &self.address.object;
        let got = self.ask(|store| async move {
            let got = store.get_opts(object, GetOptions::default()).await?;
            let version = version(&got);
            let bytes = match got.meta.size {
                0..=LARGEST => Some(got.bytes().await?),
                _ => None,
            };
            Ok((version, bytes))
        })?;
        match got {
            Ok((version, Some(bytes))) => {
                let version = version.ok_or_else(|| self.not_storage("the answer names no generation"))?;
                local::place(to, Some(&bytes))?;
                Ok(Some(version))
            }
            Ok((_, None)) => Err(self.not_storage("the object is larger than any state")),
            Err(error) if refusal::is_absent(&error) => {
                local::place(to, None)?;
                Ok(None)
            }
            Err(error) => Err(refusal::refusal(&self.url, &error)),
        }
    }

    /// Writes the object if it is still the one that is known, or is not there when none is.
    ///
    /// When it was unclear whether a write arrived, the object is looked at: what this run wrote is taken for its own, even
    /// by a later call with the same `known`.
    ///
    /// # Errors
    /// [`StateError::Overtaken`] when somebody else wrote or removed it. After other errors the same can be tried again.
    pub fn put(&self, state: &[u8], known: Option<&Version>) -> Result<Version, StateError> {
        let mark = format!("{}-{:032x}", self.writer, xxhash_rust::xxh3::xxh3_128(state));
        let mut known = known.cloned();
        for _ in 0..WRITES {
            let error = match self.write(state, known.as_ref(), &mark)? {
                Ok(Some(version)) => return Ok(version),
                Ok(None) => return Err(self.not_storage("the answer names no generation")),
                Err(error) => error,
            };
            let refused = refusal::refusal(&self.url, &error);
            if !refusal::is_unclear(&error) {
                return Err(refused);
            }
            let Ok(found) = self.look() else {
                return Err(refused);
            };
            match found {
                Some((version, found)) if found == mark => return Ok(version),
                // Nobody wrote: ours did not arrive either.
                found if found.as_ref().map(|(version, _)| version) == known.as_ref() => return Err(refused),
                // An earlier state of this run, whose answer was lost: what it holds is in this one too.
                Some((version, found)) if found.starts_with(&self.writer) => known = Some(version),
                _ => return Err(StateError::Overtaken(self.url.clone())),
            }
        }
        Err(StateError::Overtaken(self.url.clone()))
    }

    /// One conditional write, tried again by `object_store` where that may help.
    fn write(
        &self,
        state: &[u8],
        known: Option<&Version>,
        mark: &str,
    ) -> Result<object_store::Result<Option<Version>>, StateError> {
        let payload = PutPayload::from(state.to_vec());
        let (object, payload) = (&self.address.object, &payload);
        self.ask(|store| async move {
            let written = store.put_opts(object, payload.clone(), options(known, mark)).await?;
            Ok(written.version.map(Version))
        })
    }

    /// The object's version and mark, without its content.
    fn look(&self) -> Result<Option<(Version, String)>, StateError> {
        let object = &self.address.object;
        let head = || GetOptions {
            head: true,
            ..GetOptions::default()
        };
        let got = self.ask(|store| async move { store.get_opts(object, head()).await })?;
        match got {
            Ok(got) => {
                let mark = got.attributes.get(&Attribute::Metadata(MARK.into()));
                let mark = mark.map_or(String::new(), |value| value.to_string());
                let version = version(&got).ok_or_else(|| self.not_storage("the answer names no generation"))?;
                Ok(Some((version, mark)))
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(refusal::refusal(&self.url, &error)),
        }
    }

    /// Runs requests on the runtime; signs in anew once after a 401. The token is fetched out here, since it blocks.
    fn ask<T, F>(&self, call: impl Fn(GoogleCloudStorage) -> F) -> Result<object_store::Result<T>, StateError>
    where
        F: Future<Output = object_store::Result<T>>,
    {
        let once = || -> Result<object_store::Result<T>, StateError> {
            let headers = self.tokens.headers().map_err(StateError::Cloud)?;
            let store = self.transport.store(&self.address, &headers);
            let store = store.map_err(|error| refusal::refusal(&self.url, &error))?;
            match &self.runtime {
                Some(runtime) => Ok(runtime.block_on(call(store))),
                None => Err(self.not_storage("it was closed")),
            }
        };
        match once()? {
            Err(Error::Unauthenticated { .. }) => {
                self.tokens.rebuild().map_err(StateError::Cloud)?;
                once()
            }
            done => Ok(done),
        }
    }

    fn not_storage(&self, cause: &str) -> StateError {
        StateError::Unreachable {
            url: self.url.clone(),
            cause: cause.to_owned(),
            may_pass: false,
        }
    }
}

impl Drop for RemoteState {
    /// Waits for nothing: a name that is being looked up would hold the program up.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Six attempts within about half a minute of waiting: a look later there is the next chance.
fn default_retries() -> RetryPolicy {
    RetryPolicy {
        attempts: 6,
        max_wait: Duration::from_secs(15),
        ..RetryPolicy::default()
    }
}

fn options(known: Option<&Version>, mark: &str) -> PutOptions {
    let mode = match known {
        None => PutMode::Create,
        Some(Version(generation)) => PutMode::Update(UpdateVersion {
            e_tag: None,
            version: Some(generation.clone()),
        }),
    };
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::Metadata(MARK.into()), mark.to_owned().into());
    // Objects that everybody may read would be cached for an hour.
    attributes.insert(Attribute::CacheControl, "no-store".into());
    PutOptions {
        mode,
        attributes,
        ..PutOptions::default()
    }
}

fn version(got: &GetResult) -> Option<Version> {
    got.meta.version.clone().map(Version)
}

/// A number that another run does not have: the standard library seeds its hashers from the system's randomness.
fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}
