//! Writes looks to the state while the next one is made: the disk is slower than most looks.
//!
//! Commits reach the file one after the other, in their order. Who needs to know that a look is kept waits for it.

use std::thread::JoinHandle;

use super::place::Place;
use crate::monitor::state::{Commit, StateError, Store};

/// Notices that were kept to be sent: ids and texts.
pub type Notices = Vec<(i64, String)>;

/// An open state.
pub struct Writer {
    place: Place,
    /// Not here while a commit is on its way.
    store: Option<Store>,
    running: Option<JoinHandle<(Store, Result<Notices, StateError>)>>,
}

/// What a look changes, to be written by another thread: see [`Commit`].
#[derive(Debug, Default)]
pub struct Change {
    pub progress: String,
    pub part: Option<(u64, String)>,
    pub merged: Option<(u64, String)>,
    pub watch: Option<String>,
    pub outbox: Vec<String>,
    pub identities: Option<Vec<(i64, u64)>>,
}

impl Change {
    fn write(self, store: &mut Store) -> Result<Notices, StateError> {
        let ids = store.commit(&Commit {
            progress: &self.progress,
            part: self.part.as_ref().map(|(look, part)| (*look, part.as_str())),
            merged: self.merged.as_ref().map(|(look, counts)| (*look, counts.as_str())),
            watch: self.watch.as_deref(),
            outbox: &self.outbox,
            sent: &[],
            identities: self.identities.as_deref(),
        })?;
        Ok(ids.into_iter().zip(self.outbox).collect())
    }
}

impl Writer {
    pub fn new((store, place): (Store, Place)) -> Writer {
        Writer {
            place,
            store: Some(store),
            running: None,
        }
    }

    /// Begins to write a look. Gives the notices of the one before.
    ///
    /// # Errors
    /// The one before could not be written: then nothing of this one is, either.
    pub fn begin(&mut self, change: Change) -> Result<Notices, StateError> {
        let before = self.wait()?;
        if let Some(mut store) = self.store.take() {
            self.running = Some(std::thread::spawn(move || {
                let notices = change.write(&mut store);
                (store, notices)
            }));
        }
        Ok(before)
    }

    /// Waits until everything is on the disk, and gives the notices of the look that was being written.
    ///
    /// # Errors
    /// A state that could not be written. It is as it was before that look.
    pub fn wait(&mut self) -> Result<Notices, StateError> {
        let Some(running) = self.running.take() else {
            return Ok(vec![]);
        };
        let (store, notices) = running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        self.store = Some(store);
        notices
    }

    /// Writes something at once, behind what is on its way, and shares it; gives the notices of what was.
    ///
    /// # Errors
    /// A state that could not be written, or that somebody else has written meanwhile.
    pub fn write(&mut self, commit: &Commit<'_>) -> Result<Notices, StateError> {
        let before = self.wait()?;
        if let Some(store) = &mut self.store {
            store.commit(commit)?;
        }
        self.share()?;
        Ok(before)
    }

    /// Puts what was written to where it is shared, if that is another place.
    ///
    /// # Errors
    /// As [`Writer::write`].
    pub fn share(&mut self) -> Result<(), StateError> {
        match &mut self.store {
            Some(store) => self.place.share(store),
            None => Ok(()),
        }
    }
}

impl Drop for Writer {
    /// A run that ends early leaves no look half handed over, and the lock with nobody.
    fn drop(&mut self) {
        self.wait().ok();
    }
}
