//! The file: opened, read whole, written look by look.

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::flaw::Flaw;
use super::{Commit, Identity, Saved, StateError, connect, schema, tables};

/// An open state. Nobody else can open it until this is dropped.
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.path).finish()
    }
}

impl Store {
    /// Opens a state and reads what it holds; makes it when it is not there.
    ///
    /// # Errors
    /// Every kind of [`StateError`] that is about files. The file is then as it was.
    pub fn open(path: &Path, identity: &Identity) -> Result<(Store, Saved), StateError> {
        Store::open_with(path, identity, &schema::STEPS)
    }

    pub(super) fn open_with(
        path: &Path,
        identity: &Identity,
        steps: schema::Steps<'_>,
    ) -> Result<(Store, Saved), StateError> {
        let path = full(path)?;
        let open = || -> Result<(Connection, Saved), Flaw> {
            let mut connection = connect::open(&path, true)?;
            connect::configure(&connection)?;
            let saved = begin(&mut connection, identity, steps)?;
            Ok((connection, saved))
        };
        let (connection, saved) = open().map_err(|flaw| flaw.of(&path))?;
        Ok((Store { connection, path }, saved))
    }

    /// Writes what a look changed, all of it or nothing. On return it is on the disk. Gives the ids of the notices added, in
    /// their order.
    ///
    /// # Errors
    /// When the disk is full or fails, or the commit contradicts what is there. The state is then as it was, and the commit
    /// can be tried again.
    pub fn commit(&mut self, commit: &Commit<'_>) -> Result<Vec<i64>, StateError> {
        if !self.path.exists() {
            // SQLite would go on writing to a file that has no name any more.
            return Err(Flaw::File("it was moved or deleted while in use".to_owned()).of(&self.path));
        }
        self.write(commit).map_err(|flaw| flaw.of(&self.path))
    }

    fn write(&mut self, commit: &Commit<'_>) -> Result<Vec<i64>, Flaw> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let ids = tables::apply(&transaction, commit)?;
        tables::seal(&transaction)?;
        transaction.commit()?;
        Ok(ids)
    }

    /// The whole file as of the last commit, to be put elsewhere.
    ///
    /// Read through the open database: on Unix, closing the file after reading it by other means would drop the lock.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn bytes(&mut self) -> Result<Vec<u8>, StateError> {
        let bytes = self.connection.serialize("main").map(|data| data.to_vec());
        bytes.map_err(|error| Flaw::from(error).of(&self.path))
    }

    /// Of what watch a file is; `None` when there is no file, or an empty one.
    ///
    /// # Errors
    /// When it is no state, of a later version, damaged, or in use.
    pub fn identity(path: &Path) -> Result<Option<Identity>, StateError> {
        let path = full(path)?;
        if !path.exists() {
            return Ok(None);
        }
        let read = || -> Result<Option<Identity>, Flaw> {
            let connection = connect::open(&path, false)?;
            match schema::version(&connection)? {
                None => Ok(None),
                Some(version) if version > schema::VERSION => Err(Flaw::Newer(version)),
                Some(_) => match tables::saved_identity(&connection)? {
                    None => Err(Flaw::Damaged("it does not say of what watch it is".to_owned())),
                    identity => Ok(identity),
                },
            }
        };
        read().map_err(|flaw| flaw.of(&path))
    }

    /// The database itself, for tests that meddle with it.
    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// An absolute path: SQLite takes some relative ones for something else than files.
fn full(path: &Path) -> Result<PathBuf, StateError> {
    let absolute = std::path::absolute(path).map_err(|e| Flaw::File(e.to_string()).of(path))?;
    match absolute.is_dir() {
        true => Err(Flaw::File("it is a folder".to_owned()).of(path)),
        false => Ok(absolute),
    }
}

/// Takes the lock, checks, migrates and reads, all in one transaction.
fn begin(connection: &mut Connection, identity: &Identity, steps: schema::Steps<'_>) -> Result<Saved, Flaw> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    connect::check(&transaction)?;
    if schema::version(&transaction)?.is_some() {
        tables::check_seal(&transaction)?;
    }
    schema::migrate(&transaction, steps)?;
    if let Some(saved) = tables::saved_identity(&transaction)?
        && let Some((field, wanted, saved)) = identity.difference(&saved)
    {
        return Err(Flaw::OtherWatch(field, saved.to_owned(), wanted.to_owned()));
    }
    let saved = tables::read(&transaction)?;
    // Written although it is the same: shows now, not after the first look, whether the disk takes writes.
    tables::set_identity(&transaction, identity)?;
    tables::seal(&transaction)?;
    transaction.commit()?;
    Ok(saved)
}
