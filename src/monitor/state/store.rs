//! The file: opened, read whole, written look by look.

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use xxhash_rust::xxh3::xxh3_64;

use super::blob::{self, Blob};
use super::error::Flaw;
use super::{Commit, Identity, Saved, StateError, connect, schema};

/// Names in the table `one`.
const IDENTITY: &str = "identity";
const PROGRESS: &str = "progress";
const WATCH: &str = "watch";
const IDENTITIES: &str = "identities";
/// Tables with a row for each text.
const PART: &str = "part";
const CHECKPOINT: &str = "checkpoint";
const NOTICE: &str = "notice";
/// Seals the rest: its sum is that of all other sums.
const SEAL: &str = "seal";

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
        let ids = apply(&transaction, commit)?;
        seal(&transaction)?;
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
                Some(_) => match saved_identity(&connection)? {
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
        check_seal(&transaction)?;
    }
    schema::migrate(&transaction, steps)?;
    if let Some(saved) = saved_identity(&transaction)?
        && let Some((field, wanted, saved)) = identity.difference(&saved)
    {
        return Err(Flaw::OtherWatch(field, saved.to_owned(), wanted.to_owned()));
    }
    let saved = read(&transaction)?;
    // Written although it is the same: shows now, not after the first look, whether the disk takes writes.
    let text = serde_json::to_vec(identity).map_err(|e| Flaw::BadCommit(e.to_string()))?;
    set(&transaction, IDENTITY, &text)?;
    seal(&transaction)?;
    transaction.commit()?;
    Ok(saved)
}

fn saved_identity(connection: &Connection) -> Result<Option<Identity>, Flaw> {
    let Some(blob) = get(connection, IDENTITY)? else {
        return Ok(None);
    };
    let broken = |e: serde_json::Error| Flaw::Damaged(format!("the {IDENTITY} cannot be read: {e}"));
    serde_json::from_slice(&blob.unpack(&IDENTITY)?)
        .map(Some)
        .map_err(broken)
}

fn read(connection: &Connection) -> Result<Saved, Flaw> {
    let text = |name| get(connection, name)?.map(|blob| blob.unpack_text(&name)).transpose();
    let pairs = get(connection, IDENTITIES)?
        .map(|blob| blob.unpack(&IDENTITIES))
        .transpose()?;
    let pairs = blob::pairs_from_bytes(&pairs.unwrap_or_default());
    let part = |(number, text): (i64, String)| (number.cast_unsigned(), text);
    Ok(Saved {
        progress: text(PROGRESS)?,
        parts: rows(connection, PART)?.into_iter().map(part).collect(),
        watch: text(WATCH)?,
        checkpoints: rows(connection, CHECKPOINT)?
            .into_iter()
            .map(|(_, text)| text)
            .collect(),
        outbox: rows(connection, NOTICE)?,
        identities: pairs.ok_or_else(|| Flaw::Damaged(format!("{IDENTITIES} end within one")))?,
    })
}

fn apply(transaction: &Transaction<'_>, commit: &Commit<'_>) -> Result<Vec<i64>, Flaw> {
    set(transaction, PROGRESS, commit.progress.as_bytes())?;
    if let Some(part) = commit.merged {
        transaction.execute("DELETE FROM part", [])?;
        add_part(transaction, part)?;
    }
    if let Some(part) = commit.part {
        add_part(transaction, part)?;
    }
    if let Some(watch) = commit.watch {
        set(transaction, WATCH, watch.as_bytes())?;
    }
    if let Some(pairs) = commit.identities {
        set(transaction, IDENTITIES, &blob::pairs_to_bytes(pairs))?;
    }
    for text in commit.checkpoints {
        add(transaction, CHECKPOINT, text)?;
    }
    for id in commit.sent {
        transaction.execute("DELETE FROM notice WHERE number = ?1", [id])?;
    }
    commit
        .outbox
        .iter()
        .map(|text| add(transaction, NOTICE, text))
        .collect()
}

/// Sum of all names, numbers and sums: shows that a row was lost, which no sum of a row does.
fn sum_of_sums(connection: &Connection) -> Result<i64, Flaw> {
    let sql = "SELECT 'one', name, sum FROM one WHERE name <> ?1
               UNION ALL SELECT 'part', number, sum FROM part
               UNION ALL SELECT 'checkpoint', number, sum FROM checkpoint
               UNION ALL SELECT 'notice', number, sum FROM notice";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([SEAL])?;
    let mut all = 0_u64;
    while let Some(row) = rows.next()? {
        let row = (row.get::<_, String>(0)?, row.get::<_, Value>(1)?, row.get::<_, i64>(2)?);
        // Added up, so that the order of rows does not matter.
        all = all.wrapping_add(xxh3_64(format!("{row:?}").as_bytes()));
    }
    Ok(all.cast_signed())
}

fn seal(transaction: &Transaction<'_>) -> Result<(), Flaw> {
    let sum = sum_of_sums(transaction)?;
    let sql = "INSERT OR REPLACE INTO one (name, sum, body) VALUES (?1, ?2, x'')";
    transaction.execute(sql, params![SEAL, sum])?;
    Ok(())
}

fn check_seal(connection: &Connection) -> Result<(), Flaw> {
    let found = get(connection, SEAL)?.map(|blob| blob.sum);
    match found == Some(sum_of_sums(connection)?) {
        true => Ok(()),
        false => Err(Flaw::Damaged("something of it is missing or was changed".to_owned())),
    }
}

fn get(connection: &Connection, name: &str) -> Result<Option<Blob>, Flaw> {
    let sql = "SELECT body, sum FROM one WHERE name = ?1";
    let row = connection.query_row(sql, [name], |row| {
        Ok(Blob {
            body: row.get(0)?,
            sum: row.get(1)?,
        })
    });
    Ok(row.optional()?)
}

fn set(transaction: &Transaction<'_>, name: &str, content: &[u8]) -> Result<(), Flaw> {
    let blob = Blob::pack(&name, content)?;
    let sql = "INSERT OR REPLACE INTO one (name, body, sum) VALUES (?1, ?2, ?3)";
    transaction.execute(sql, params![name, blob.body, blob.sum])?;
    Ok(())
}

/// All texts of a table, by number.
fn rows(connection: &Connection, table: &str) -> Result<Vec<(i64, String)>, Flaw> {
    let mut statement = connection.prepare(&format!("SELECT number, body, sum FROM {table} ORDER BY number"))?;
    let mut rows = statement.query([])?;
    let mut texts = Vec::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let blob = Blob {
            body: row.get(1)?,
            sum: row.get(2)?,
        };
        texts.push((number, blob.unpack_text(&format!("{table} {number}"))?));
    }
    Ok(texts)
}

fn add_part(transaction: &Transaction<'_>, (look, text): (u64, &str)) -> Result<(), Flaw> {
    let number = i64::try_from(look).map_err(|_| Flaw::BadCommit(format!("no look has the number {look}")))?;
    let sql = "SELECT EXISTS (SELECT 1 FROM part WHERE number = ?1)";
    if transaction.query_row(sql, [number], |row| row.get(0))? {
        return Err(Flaw::BadCommit(format!("the counts of look {look} are already there")));
    }
    insert(transaction, PART, number, text)
}

/// Adds a text with the next number, which it gives.
fn add(transaction: &Transaction<'_>, table: &str, text: &str) -> Result<i64, Flaw> {
    // The row first, since the checksum knows the number.
    transaction.execute(&format!("INSERT INTO {table} (body, sum) VALUES (x'', 0)"), [])?;
    let number = transaction.last_insert_rowid();
    let blob = Blob::pack(&format!("{table} {number}"), text.as_bytes())?;
    let sql = format!("UPDATE {table} SET body = ?1, sum = ?2 WHERE number = ?3");
    transaction.execute(&sql, params![blob.body, blob.sum, number])?;
    Ok(number)
}

fn insert(transaction: &Transaction<'_>, table: &str, number: i64, text: &str) -> Result<(), Flaw> {
    let blob = Blob::pack(&format!("{table} {number}"), text.as_bytes())?;
    let sql = format!("INSERT INTO {table} (number, body, sum) VALUES (?1, ?2, ?3)");
    transaction.execute(&sql, params![number, blob.body, blob.sum])?;
    Ok(())
}
