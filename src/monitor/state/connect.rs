//! Opens the file so that nobody else can, and looks it over before anything of it is believed.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::flaw::Flaw;
use super::schema;

/// Opens the file for reading and writing.
///
/// SQLite creates a file only with its first write. No URI flag: a path is a path, whatever it looks like.
pub(super) fn open(path: &Path, may_create: bool) -> Result<Connection, Flaw> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, may_create);
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::ZERO)?;
    // Only reads, so that a database of somebody else is refused untouched.
    schema::version(&connection)?;
    if connection.is_readonly("main")? {
        return Err(Flaw::ReadOnly);
    }
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// Makes every commit reach the disk before it returns, and keeps the lock between transactions once one was begun.
pub(super) fn configure(connection: &Connection) -> Result<(), Flaw> {
    let set = |name: &str, value: &str| connection.pragma_update_and_check(None, name, value, |_| Ok(()));
    set("locking_mode", "EXCLUSIVE")?;
    // One file that can be copied when no run is going on, unlike with a write-ahead log.
    set("journal_mode", "DELETE")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(())
}

/// Whether SQLite finds the structure of the file sound, indexes too: `quick_check` would not see that a damaged one hides
/// rows. What the texts hold is checked where they are read.
pub(super) fn check(connection: &Connection) -> Result<(), Flaw> {
    let found: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    match found.as_str() {
        "ok" => Ok(()),
        _ => Err(Flaw::Damaged(found.lines().next().unwrap_or_default().to_owned())),
    }
}
