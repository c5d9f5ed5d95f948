use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::{Commit, Identity, Saved, StateError, Store, schema};

pub(super) fn identity() -> Identity {
    Identity {
        project: "acme-shop".to_owned(),
        region: "europe-west1".to_owned(),
        service: "chat-api".to_owned(),
        candidate: "chat-api-00042-fox".to_owned(),
        baseline: "chat-api-00041-owl".to_owned(),
        deployed_at: "2026-03-01T09:30:00Z".to_owned(),
        settings: "5f0c".to_owned(),
    }
}

pub(super) fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watch.state");
    (folder, path)
}

pub(super) fn open(path: &Path) -> Result<(Store, Saved), StateError> {
    Store::open(path, &identity())
}

pub(super) fn saved(path: &Path) -> Saved {
    open(path).unwrap().1
}

/// A state with something everywhere.
pub(super) fn fill(path: &Path) -> Saved {
    let (mut store, _) = open(path).unwrap();
    let texts = |words: &[&str]| words.iter().map(|w| format!("{{\"{w}\":1}}")).collect::<Vec<_>>();
    let ids = store.commit(&Commit {
        progress: "{\"looks\":1}",
        part: Some((1, "{\"entries\":10}")),
        watch: Some("{\"evidence\":0.5}"),
        outbox: &texts(&["hold", "still"]),
        identities: Some(&[(5, 50), (-6, u64::MAX)]),
        ..Commit::default()
    });
    assert_eq!(ids, Ok(vec![1, 2]));
    drop(store);
    saved(path)
}

#[test]
fn a_new_state_is_empty_and_everything_comes_back() {
    let (_folder, path) = place();
    assert_eq!(Store::identity(&path), Ok(None));
    assert_eq!(saved(&path), Saved::default());
    let full = fill(&path);
    assert_eq!(full.progress.as_deref(), Some("{\"looks\":1}"));
    assert_eq!(full.parts, [(1, "{\"entries\":10}".to_owned())]);
    assert_eq!(full.watch.as_deref(), Some("{\"evidence\":0.5}"));
    assert_eq!(
        full.outbox,
        [(1, "{\"hold\":1}".to_owned()), (2, "{\"still\":1}".to_owned())]
    );
    assert_eq!(full.identities, [(5, 50), (-6, u64::MAX)]);
    assert_eq!(Store::identity(&path), Ok(Some(identity())));
}

#[test]
fn a_state_that_is_only_opened_stays_as_it_was() {
    let (_folder, path) = place();
    fill(&path);
    let rows = |path: &Path| -> Vec<(i64, String, Vec<u8>)> {
        let connection = Connection::open(path).unwrap();
        let mut rows = connection
            .prepare("SELECT rowid, name, body FROM one ORDER BY rowid")
            .unwrap();
        let row = |r: &rusqlite::Row<'_>| Ok((r.get(0)?, r.get(1)?, r.get(2)?));
        rows.query_map([], row).unwrap().map(Result::unwrap).collect()
    };
    let before = rows(&path);
    assert_eq!(before.len(), 5);
    saved(&path);
    assert_eq!(rows(&path), before);
}

#[test]
fn what_a_look_does_not_change_stays() {
    let (_folder, path) = place();
    let before = fill(&path);
    let (mut store, _) = open(&path).unwrap();
    let look = Commit {
        progress: "{\"looks\":2}",
        ..Commit::default()
    };
    assert_eq!(store.commit(&look), Ok(vec![]));
    drop(store);
    let expected = Saved {
        progress: Some("{\"looks\":2}".to_owned()),
        ..before
    };
    assert_eq!(saved(&path), expected);
}

#[test]
fn parts_are_added_and_merged() {
    let (_folder, path) = place();
    let (mut store, _) = open(&path).unwrap();
    for look in [1, 2, 3] {
        store
            .commit(&Commit {
                part: Some((look, "{}")),
                ..Commit::default()
            })
            .unwrap();
    }
    let merged = Commit {
        merged: Some((3, "{\"all\":3}")),
        part: Some((4, "{\"new\":1}")),
        ..Commit::default()
    };
    store.commit(&merged).unwrap();
    drop(store);
    let expected = [(3, "{\"all\":3}".to_owned()), (4, "{\"new\":1}".to_owned())];
    assert_eq!(saved(&path).parts, expected);
}

#[test]
fn a_commit_that_fails_leaves_the_old_state_and_can_be_tried_again() {
    let (_folder, path) = place();
    let before = fill(&path);
    let (mut store, _) = open(&path).unwrap();
    let bad = Commit {
        progress: "{\"looks\":2}",
        sent: &[1],
        merged: Some((7, "{}")),
        part: Some((7, "{}")),
        ..Commit::default()
    };
    assert!(matches!(store.commit(&bad), Err(StateError::BadCommit(what)) if what.contains("look 7")));
    let far = Commit {
        part: Some((u64::MAX, "{}")),
        ..Commit::default()
    };
    assert!(matches!(store.commit(&far), Err(StateError::BadCommit(_))));
    drop(store);
    assert_eq!(saved(&path), before);
    let (mut store, _) = open(&path).unwrap();
    store
        .commit(&Commit {
            part: Some((8, "{}")),
            ..bad
        })
        .unwrap();
    drop(store);
    assert_eq!(saved(&path).parts.len(), 2);
}

#[test]
fn sent_notices_go_and_their_ids_are_never_given_again() {
    let (_folder, path) = place();
    fill(&path);
    let (mut store, _) = open(&path).unwrap();
    store
        .commit(&Commit {
            sent: &[1, 2, 99],
            ..Commit::default()
        })
        .unwrap();
    drop(store);
    let (mut store, held) = open(&path).unwrap();
    assert_eq!(held.outbox, []);
    let outbox = ["{}".to_owned()];
    assert_eq!(
        store.commit(&Commit {
            outbox: &outbox,
            ..Commit::default()
        }),
        Ok(vec![3])
    );
}

#[test]
fn the_bytes_are_a_state_and_reading_them_keeps_the_lock() {
    let (folder, path) = place();
    let before = fill(&path);
    let (mut store, _) = open(&path).unwrap();
    let copy = folder.path().join("copy");
    fs::write(&copy, store.bytes().unwrap()).unwrap();
    assert_eq!(saved(&copy), before);
    assert!(matches!(open(&path), Err(StateError::Locked(_))));
}

#[test]
fn a_second_run_is_refused_at_once() {
    let (_folder, path) = place();
    let (mut store, _) = open(&path).unwrap();
    let error = open(&path).unwrap_err();
    assert_eq!(error, StateError::Locked(path.clone()));
    assert!(error.to_string().ends_with("is in use by another process"));
    assert!(error.hint().contains("other run"));
    assert!(matches!(Store::identity(&path), Err(StateError::Locked(_))));
    store
        .commit(&Commit {
            progress: "{}",
            ..Commit::default()
        })
        .unwrap();
    assert!(matches!(open(&path), Err(StateError::Locked(_))));
    drop(store);
    assert_eq!(saved(&path).progress.as_deref(), Some("{}"));
}

type Field = fn(&mut Identity) -> &mut String;

#[test]
fn a_state_of_another_watch_is_refused_by_what_differs() {
    let (_folder, path) = place();
    let before = fill(&path);
    let change: [(&str, Field); 7] = [
        ("project", |i| &mut i.project),
        ("region", |i| &mut i.region),
        ("service", |i| &mut i.service),
        ("candidate", |i| &mut i.candidate),
        ("baseline", |i| &mut i.baseline),
        ("time of the deploy", |i| &mut i.deployed_at),
        ("settings", |i| &mut i.settings),
    ];
    for (name, field) in change {
        let mut other = identity();
        let old = std::mem::replace(field(&mut other), "other".to_owned());
        let error = Store::open(&path, &other).unwrap_err();
        let expected = format!("its {name} is {old:?}, not \"other\"");
        assert!(error.to_string().ends_with(&expected), "{error}");
        assert!(!error.hint().is_empty());
    }
    assert_eq!(saved(&path), before);
}

#[test]
fn files_of_others_are_refused_untouched() {
    let (folder, path) = place();
    fs::write(
        &path,
        "notes about the deploy, longer than a header of SQLite would be, and then some more\n",
    )
    .unwrap();
    let sqlite = folder.path().join("other.db");
    let other = Connection::open(&sqlite).unwrap();
    other
        .pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))
        .unwrap();
    other
        .execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1);")
        .unwrap();
    drop(other);
    for path in [&path, &sqlite] {
        let before = fs::read(path).unwrap();
        assert_eq!(open(path).unwrap_err(), StateError::NotAState(path.clone()));
        assert_eq!(Store::identity(path).unwrap_err(), StateError::NotAState(path.clone()));
        assert_eq!(fs::read(path).unwrap(), before);
    }
    assert!(matches!(open(folder.path()), Err(StateError::File { cause, .. }) if cause == "it is a folder"));
    let nowhere = folder.path().join("no/such/folder");
    assert!(matches!(open(&nowhere), Err(StateError::File { .. })));
    assert_eq!(Store::identity(&nowhere), Ok(None));
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    assert_eq!(Store::identity(&empty), Ok(None));
    assert_eq!(saved(&empty), Saved::default());
}

#[test]
fn odd_names_are_names_of_files() {
    let (folder, _) = place();
    for name in [":memory:", "file:x?mode=memory", "Zust\u{e4}nde 1%20.state"] {
        let path = folder.path().join(name);
        let before = fill(&path);
        assert!(path.is_file(), "{name}");
        assert_eq!(saved(&path), before);
    }
    assert!(matches!(open(Path::new("")), Err(StateError::File { .. })));
}

#[test]
fn a_later_format_is_refused() {
    let (_folder, path) = place();
    fill(&path);
    let later = Connection::open(&path).unwrap();
    later.pragma_update(None, "user_version", schema::VERSION + 1).unwrap();
    drop(later);
    let found = schema::VERSION + 1;
    for error in [open(&path).unwrap_err(), Store::identity(&path).unwrap_err()] {
        assert_eq!(
            error,
            StateError::Newer {
                path: path.clone(),
                found
            }
        );
        assert!(error.to_string().contains("has format 2, this program knows up to 1"));
    }
}

#[test]
fn states_of_every_earlier_version_are_brought_up() {
    let two = [
        schema::STEPS[0],
        "ALTER TABLE part ADD COLUMN kind TEXT NOT NULL DEFAULT 'plain';
         CREATE TABLE extra (number INTEGER PRIMARY KEY);",
    ];
    let columns = |store: &Store| {
        let sql = "SELECT count(*) FROM pragma_table_info('part') WHERE name = 'kind'";
        store
            .connection()
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let (folder, path) = place();
    let before = fill(&path);
    let new = folder.path().join("new");
    for (path, expected) in [(&path, &before), (&new, &Saved::default())] {
        let (store, saved) = Store::open_with(path, &identity(), &two).unwrap();
        assert_eq!((columns(&store), &saved), (1, expected));
        drop(store);
        let (_, saved) = Store::open_with(path, &identity(), &two).unwrap();
        assert_eq!(&saved, expected);
        assert!(matches!(open(path), Err(StateError::Newer { found: 2, .. })));
    }
}

#[test]
fn a_migration_that_fails_or_is_of_another_watch_changes_nothing() {
    let (_folder, path) = place();
    let before = fill(&path);
    let broken = [schema::STEPS[0], "DROP TABLE notice; CREATE TABLE part (x);"];
    assert!(Store::open_with(&path, &identity(), &broken).is_err());
    let good = [schema::STEPS[0], "CREATE TABLE extra (x);"];
    let other = Identity {
        service: "billing".to_owned(),
        ..identity()
    };
    assert!(matches!(
        Store::open_with(&path, &other, &good),
        Err(StateError::OtherWatch { .. })
    ));
    assert_eq!(saved(&path), before);
}

#[test]
fn a_full_disk_loses_nothing_and_the_look_can_be_tried_again() {
    let (_folder, path) = place();
    let before = fill(&path);
    let (mut store, _) = open(&path).unwrap();
    let limit = |store: &Store, pages: i64| {
        let set = store
            .connection()
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()));
        set.unwrap();
    };
    let pairs: Vec<(i64, u64)> = (0..50_000_i64)
        .map(|i| (i, xxhash_rust::xxh3::xxh3_64(&i.to_le_bytes())))
        .collect();
    let look = Commit {
        progress: "{\"looks\":2}",
        sent: &[1],
        identities: Some(&pairs),
        ..Commit::default()
    };
    limit(&store, 10);
    for _ in 0..2 {
        let error = store.commit(&look).unwrap_err();
        assert_eq!(error, StateError::Full(path.clone()));
        assert!(error.may_pass() && error.hint().contains("tried again"));
    }
    let copy = path.with_extension("copy");
    fs::write(&copy, store.bytes().unwrap()).unwrap();
    assert_eq!(saved(&copy), before);
    limit(&store, 100_000);
    store.commit(&look).unwrap();
    drop(store);
    assert_eq!(saved(&path).identities, pairs);
}

/// Bytes all over a small state in turn, leaving out the space between: what is judged from is what was written, or the file is refused.
#[test]
fn damage_is_found_wherever_it_matters() {
    let (folder, path) = place();
    let before = fill(&path);
    let bytes = fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged");
    let mut refused = 0;
    for i in (0..bytes.len()).filter(|i| bytes[*i] != 0).step_by(7) {
        let mut copy = bytes.clone();
        copy[i] ^= 0x55;
        fs::write(&damaged, &copy).unwrap();
        match open(&damaged) {
            Ok((_, saved)) => assert_eq!(saved, before, "byte {i}"),
            Err(error) => {
                // Byte 18 tells SQLite whether it may write to the file.
                let is_named = match error {
                    StateError::Damaged { .. } | StateError::NotAState(_) | StateError::Newer { .. } => true,
                    StateError::ReadOnly(_) => i == 18,
                    _ => false,
                };
                assert!(is_named, "byte {i}: {error:?}");
                refused += 1;
            }
        }
        let _ = fs::remove_file(folder.path().join("damaged-journal"));
    }
    assert!(refused > 50, "{refused}");
}

#[test]
fn a_state_that_was_cut_is_refused() {
    let (folder, path) = place();
    fill(&path);
    let bytes = fs::read(&path).unwrap();
    let cut = folder.path().join("cut");
    for length in [100, 4096, bytes.len() / 2, bytes.len() - 4096] {
        fs::write(&cut, &bytes[..length]).unwrap();
        let error = open(&cut).unwrap_err();
        let is_named = matches!(error, StateError::Damaged { .. } | StateError::NotAState(_));
        assert!(is_named, "{length}: {error:?}");
    }
}

#[test]
fn rows_that_were_lost_are_missed() {
    for lost in ["part", "notice WHERE number = 1", "one WHERE name = 'watch'"] {
        let (_folder, path) = place();
        fill(&path);
        let meddler = Connection::open(&path).unwrap();
        meddler.execute_batch(&format!("DELETE FROM {lost}")).unwrap();
        drop(meddler);
        let error = open(&path).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("is damaged: something of it is missing or was changed"),
            "{error}"
        );
    }
    let (_folder, path) = place();
    fill(&path);
    Connection::open(&path)
        .unwrap()
        .execute_batch("DELETE FROM one WHERE name = 'identity'")
        .unwrap();
    let error = Store::identity(&path).unwrap_err();
    assert!(
        error.to_string().ends_with("it does not say of what watch it is"),
        "{error}"
    );
}

#[test]
fn a_text_that_was_changed_is_named() {
    let (_folder, path) = place();
    fill(&path);
    let meddler = Connection::open(&path).unwrap();
    meddler
        .execute_batch("UPDATE notice SET body = (SELECT body FROM notice WHERE number = 1)")
        .unwrap();
    drop(meddler);
    let error = open(&path).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("is damaged: the checksum of notice 2 does not fit"),
        "{error}"
    );
    assert!(error.hint().contains("backup"));
}

#[test]
fn a_file_that_is_taken_away_is_missed() {
    let (folder, path) = place();
    fill(&path);
    let (mut store, _) = open(&path).unwrap();
    fs::rename(&path, folder.path().join("elsewhere")).unwrap();
    let error = store
        .commit(&Commit {
            progress: "{}",
            ..Commit::default()
        })
        .unwrap_err();
    assert!(
        error.to_string().ends_with("it was moved or deleted while in use"),
        "{error}"
    );
}

/// Says nothing for a user whom permissions do not bind.
#[cfg(unix)]
#[test]
fn read_only_files_and_folders_are_named() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = place();
    fill(&path);
    let set = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(&path, 0o444);
    if fs::OpenOptions::new().append(true).open(&path).is_ok() {
        return;
    }
    assert_eq!(open(&path).unwrap_err(), StateError::ReadOnly(path.clone()));
    set(&path, 0o000);
    assert_eq!(open(&path).unwrap_err(), StateError::ReadOnly(path.clone()));
    set(&path, 0o644);
    set(folder.path(), 0o555);
    assert_eq!(open(&path).unwrap_err(), StateError::ReadOnly(path.clone()));
    let new = folder.path().join("new");
    assert_eq!(open(&new).unwrap_err(), StateError::ReadOnly(new.clone()));
    set(folder.path(), 0o755);
}
