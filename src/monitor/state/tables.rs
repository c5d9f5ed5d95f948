//! The rows of the file: texts in named places and in numbered ones, and a seal on all of them.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::blob::{self, Blob};
use super::flaw::Flaw;
use super::{Commit, Identity, Saved};

/// Names in the table `one`.
const IDENTITY: &str = "identity";
const PROGRESS: &str = "progress";
const WATCH: &str = "watch";
const IDENTITIES: &str = "identities";
/// Tables with a row for each text.
const PART: &str = "part";
const NOTICE: &str = "notice";
/// Seals the rest: its sum is that of all other sums.
const SEAL: &str = "seal";

/// Of what watch the state is; `None` in a new one.
pub(super) fn saved_identity(connection: &Connection) -> Result<Option<Identity>, Flaw> {
    let Some(blob) = get(connection, IDENTITY)? else {
        return Ok(None);
    };
    let broken = |e: serde_json::Error| Flaw::Damaged(format!("the {IDENTITY} cannot be read: {e}"));
    serde_json::from_slice(&blob.unpack(&IDENTITY)?)
        .map(Some)
        .map_err(broken)
}

pub(super) fn set_identity(transaction: &Transaction<'_>, identity: &Identity) -> Result<(), Flaw> {
    let text = serde_json::to_vec(identity).map_err(|e| Flaw::BadCommit(e.to_string()))?;
    set(transaction, IDENTITY, &text)
}

/// Everything there is.
pub(super) fn read(connection: &Connection) -> Result<Saved, Flaw> {
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
        outbox: rows(connection, NOTICE)?,
        identities: pairs.ok_or_else(|| Flaw::Damaged(format!("{IDENTITIES} end within one")))?,
    })
}

/// Does what a commit says; gives the ids of its notices.
pub(super) fn apply(transaction: &Transaction<'_>, commit: &Commit<'_>) -> Result<Vec<i64>, Flaw> {
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
    for id in commit.sent {
        transaction.execute("DELETE FROM notice WHERE number = ?1", [id])?;
    }
    commit.outbox.iter().map(|text| add_notice(transaction, text)).collect()
}

/// Sum of all names, numbers and sums: shows that a row was lost, which no sum of a row does.
fn sum_of_sums(connection: &Connection) -> Result<i64, Flaw> {
    let sql = "SELECT 'one ' || name, sum FROM one WHERE name <> ?1
               UNION ALL SELECT 'part ' || number, sum FROM part
               UNION ALL SELECT 'notice ' || number, sum FROM notice";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([SEAL])?;
    let mut all = 0_u64;
    while let Some(row) = rows.next()? {
        let (row, sum) = (row.get::<_, String>(0)?, row.get::<_, i64>(1)?);
        // Added up, so that the order of rows does not matter.
        all = all.wrapping_add(xxh3_64_with_seed(row.as_bytes(), sum.cast_unsigned()));
    }
    Ok(all.cast_signed())
}

/// Notes what rows there are. The last thing before every commit.
pub(super) fn seal(transaction: &Transaction<'_>) -> Result<(), Flaw> {
    let sum = sum_of_sums(transaction)?;
    put(transaction, SEAL, &Blob { sum, body: vec![] })
}

/// Whether the rows are those that were noted.
pub(super) fn check_seal(connection: &Connection) -> Result<(), Flaw> {
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
    put(transaction, name, &Blob::pack(&name, content)?)
}

/// Writes a named row in its place: replaced, it would move behind the others, and a state that was only opened would differ.
fn put(transaction: &Transaction<'_>, name: &str, blob: &Blob) -> Result<(), Flaw> {
    let sql = "INSERT INTO one (name, body, sum) VALUES (?1, ?2, ?3)
               ON CONFLICT (name) DO UPDATE SET body = excluded.body, sum = excluded.sum";
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
    let blob = Blob::pack(&format!("{PART} {number}"), text.as_bytes())?;
    let sql = "INSERT INTO part (number, body, sum) VALUES (?1, ?2, ?3)";
    transaction.execute(sql, params![number, blob.body, blob.sum])?;
    Ok(())
}

/// Adds a notice with the next number, which it gives.
fn add_notice(transaction: &Transaction<'_>, text: &str) -> Result<i64, Flaw> {
    // The row first, since the checksum knows the number.
    transaction.execute("INSERT INTO notice (body, sum) VALUES (x'', 0)", [])?;
    let number = transaction.last_insert_rowid();
    let blob = Blob::pack(&format!("{NOTICE} {number}"), text.as_bytes())?;
    let sql = "UPDATE notice SET body = ?1, sum = ?2 WHERE number = ?3";
    transaction.execute(sql, params![blob.body, blob.sum, number])?;
    Ok(number)
}
