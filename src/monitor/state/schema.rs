//! The tables, and how a file of an earlier version becomes one of this version.

use rusqlite::{Connection, Transaction};

use super::flaw::Flaw;

/// Marks our files among SQLite databases: "lgvd".
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"lgvd");
/// Version of the format that this program writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// What leads from one version to the next; the first from an empty file to version 1.
pub(super) type Steps<'a> = &'a [&'a str];

/// All steps so far. Steps are never changed once released, only added. What every version must keep is where the identity
/// lies, so that [`super::Store::identity`] needs no migration. Sums stand before bodies, so that they are read without them.
pub(super) const STEPS: [&str; 1] = [
    "CREATE TABLE one (name TEXT PRIMARY KEY, sum INTEGER NOT NULL, body BLOB NOT NULL);
     CREATE TABLE part (number INTEGER PRIMARY KEY, sum INTEGER NOT NULL, body BLOB NOT NULL);
     CREATE TABLE notice (number INTEGER PRIMARY KEY AUTOINCREMENT, sum INTEGER NOT NULL, body BLOB NOT NULL);",
];

/// Whether a file is ours: `Some` version when it is, `None` when it is empty.
pub(super) fn version(connection: &Connection) -> Result<Option<i64>, Flaw> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    if application == i64::from(APPLICATION_ID) {
        return Ok(Some(version));
    }
    // Not by its length: within a transaction that may write, an empty file already has a page.
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (application, version, tables) {
        (0, 0, 0) => Ok(None),
        _ => Err(Flaw::NotAState),
    }
}

/// Takes the steps that a file has not yet taken. Nothing is kept until the transaction is committed.
pub(super) fn migrate(transaction: &Transaction<'_>, steps: Steps<'_>) -> Result<(), Flaw> {
    let found = version(transaction)?;
    let newer = || Flaw::Newer(found.unwrap_or(0));
    let taken = usize::try_from(found.unwrap_or(0)).map_err(|_| newer())?;
    let missing = steps.get(taken..).ok_or_else(newer)?;
    if missing.is_empty() {
        return Ok(());
    }
    for step in missing {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", i64::try_from(steps.len()).unwrap_or(i64::MAX))?;
    Ok(())
}
