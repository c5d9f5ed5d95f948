//! Fetching into a file: the same bytes whatever the way and however often it was stopped, and a manifest that tells.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use logverdict::ingest::cloud_logging::{
    Disk, FetchError, FetchOptions, Fetched, ListingOptions, Output, Query, RealDisk, fetch, unfinished,
};
use logverdict::ingest::{Manifest, Source, expand, manifest_path};
use logverdict::profile::Profile;

use super::fake::logging::{Habits, LIST, Stored};
use super::fake::{Fault, When};
use super::reading::{Place, hour, profile, query, threads, time, whole_hour, window};

fn options(number: usize) -> FetchOptions<'static> {
    FetchOptions {
        listing: threads(number),
        ..FetchOptions::default()
    }
}

fn get(place: &Place, query: &Query, file: &Path, options: &FetchOptions<'_>) -> Result<Fetched, FetchError> {
    fetch(&place.client(), query, file, options)
}

fn of_file(file: &Path) -> Profile {
    profile(&[Source::File(file.into())], &[]).unwrap()
}

fn codes(profile: &Profile) -> Vec<&str> {
    profile
        .manifest
        .coverage
        .concerns
        .iter()
        .map(|c| c.code.as_str())
        .collect()
}

fn manifest(file: &Path) -> Manifest {
    serde_json::from_str(&fs::read_to_string(manifest_path(file)).unwrap()).unwrap()
}

fn content(file: &Path) -> Vec<u8> {
    let bytes = fs::read(file).unwrap();
    match file.extension().is_some_and(|e| e == "zst") {
        true => zstd::decode_all(bytes.as_slice()).unwrap(),
        false => bytes,
    }
}

#[test]
fn the_same_entries_give_the_same_bytes() {
    for name in ["a.ndjson", "a.ndjson.zst"] {
        let mut first = None;
        for (number, page_cap, pretty) in [(1, 1000, false), (4, 1000, false), (3, 70, false), (2, 300, true)] {
            let habits = Habits {
                page_cap,
                pretty,
                ..Habits::default()
            };
            let place = Place::new(hour(12_000), habits);
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(name);
            let fetched = get(&place, &whole_hour(), &file, &options(number)).unwrap();
            assert!(
                content(&file) == place.logging.lines().into_bytes(),
                "{name}, {number} threads"
            );
            assert!(*first.get_or_insert(fs::read(&file).unwrap()) == fs::read(&file).unwrap());
            assert_eq!((manifest(&file), fetched.is_resumed), (fetched.manifest.clone(), false));
            assert_eq!((fetched.manifest.entries, fetched.manifest.unread.len()), (12_000, 0));
            assert_eq!(
                fs::read_dir(folder.path()).unwrap().count(),
                2,
                "the file and its manifest"
            );
            let read = of_file(&file);
            assert_eq!(codes(&read), Vec::<&str>::new());
            assert_eq!(read.manifest.coverage.asked, Some(whole_hour().window));
            assert_eq!(
                read.manifest.coverage.sources[0].content_hash,
                fetched.manifest.content_hash
            );
        }
    }
}

#[test]
fn the_file_counts_as_the_listing() {
    let place = Place::new(hour(2_500), Habits::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ndjson");
    get(&place, &whole_hour(), &file, &options(2)).unwrap();
    let listing = place.read(whole_hour(), threads(2)).unwrap();
    assert!(listing.data == of_file(&file).data);
    // Values stay as they came.
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\"responseSize\":\"15360\"") && text.contains("\"attempt\":1.5"));
}

#[test]
fn the_manifest_follows_its_schema() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../docs/schema/fetch.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let place = Place::at("2026-03-01T11:00:30Z", hour(300), Habits::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ndjson");
    get(&place, &whole_hour(), &file, &options(1)).unwrap();
    let found: serde_json::Value = serde_json::from_str(&fs::read_to_string(manifest_path(&file)).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&found).map(|e| e.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(found["remarks"][0]["code"], "may-still-arrive");
    assert!(validator.iter_errors(&serde_json::json!({})).count() > 0);
}

/// Lets a number of steps happen and none after; the last write is torn.
struct Stopping(Arc<AtomicUsize>);

struct StoppingOutput(Box<dyn Output>, Arc<AtomicUsize>);

fn step(left: &AtomicUsize) -> io::Result<()> {
    let before = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
    before.map(|_| ()).map_err(|_| io::Error::other("killed"))
}

impl Disk for Stopping {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        step(&self.0)?;
        RealDisk.create_folder(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>> {
        step(&self.0)?;
        Ok(Box::new(StoppingOutput(RealDisk.create(path)?, self.0.clone())))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        step(&self.0)?;
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        step(&self.0)?;
        RealDisk.remove(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        step(&self.0)?;
        RealDisk.remove_folder(path)
    }

    fn settle(&self, folder: &Path) -> io::Result<()> {
        RealDisk.settle(folder)
    }
}

impl Write for StoppingOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(killed) = step(&self.1) {
            // The kill may hit in the middle of a write.
            let _ = self.0.write(&bytes[..bytes.len() / 2]);
            return Err(killed);
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Output for StoppingOutput {
    fn settle(&mut self) -> io::Result<()> {
        self.0.settle()
    }
}

/// What must hold whenever the process is gone: a file that is there is whole, and its manifest does not lie.
fn nothing_lies(file: &Path, whole: &[u8]) {
    if file.exists() {
        assert!(content(file) == whole);
        assert_eq!(codes(&of_file(file)), Vec::<&str>::new());
    }
    assert!(expand(&[file.parent().unwrap().display().to_string()]).map_or(0, |s| s.len()) <= 1);
}

#[test]
fn a_kill_at_any_step_loses_nothing() {
    // Late entries too: there are parts of both kinds, and several of each.
    let place = Place::at("2026-03-01T11:00:30Z", hour(600), Habits::default());
    let whole = place.logging.lines().into_bytes();
    for (name, number) in [("a.ndjson", 1), ("a.ndjson.zst", 3)] {
        let mut stopped = 0;
        for steps in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(name);
            let left = Arc::new(AtomicUsize::new(steps));
            let disk = Stopping(left.clone());
            let mut stopping = FetchOptions {
                disk: &disk,
                ..options(number)
            };
            stopping.listing.density = Some(1000.0);
            let first = get(&place, &whole_hour(), &file, &stopping);
            nothing_lies(&file, &whole);
            if first.is_ok() {
                break;
            }
            stopped += 1;
            if steps % 7 < 3 {
                // Killed a second time.
                left.store(steps % 5 + 1, Ordering::SeqCst);
                let second = get(&place, &whole_hour(), &file, &stopping);
                nothing_lies(&file, &whole);
                if second.is_ok() {
                    continue;
                }
            }
            let fetched = get(&place, &whole_hour(), &file, &options(number)).unwrap();
            assert!(content(&file) == whole, "{name} after {steps} steps");
            assert_eq!(manifest(&file), fetched.manifest);
            assert_eq!(
                fs::read_dir(folder.path()).unwrap().count(),
                2,
                "{name} after {steps} steps"
            );
        }
        assert!(stopped > 20, "{stopped}");
    }
}

#[test]
fn only_what_is_missing_is_asked_for_again() {
    let place = Place::new(hour(30_000), Habits::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ndjson");
    place.fake.fail(
        LIST,
        When::matching(|_, n| (21..=40).contains(&n)),
        Fault::unavailable(),
    );
    let error = get(&place, &whole_hour(), &file, &options(1)).unwrap_err();
    let FetchError::Incomplete(_, unread) = &error else {
        panic!("{error}")
    };
    assert_eq!(unread.len(), 1);
    assert!(error.hint().contains("only what is missing"));
    assert!(!file.exists() && !manifest_path(&file).exists());
    let asked = unfinished(&file).unwrap().unwrap();
    assert_eq!(
        (asked.window, &asked.filter),
        (whole_hour().window, &whole_hour().filter)
    );
    let before = place.fake.requests_to(LIST).len();
    let fetched = get(&place, &asked, &file, &options(1)).unwrap();
    assert!(fetched.is_resumed && content(&file) == place.logging.lines().into_bytes());
    let again = place.fake.requests_to(LIST).len() - before;
    assert!(again <= 11, "{again} requests for 10 pages");
    assert_eq!(unfinished(&file).unwrap(), None);
}

#[test]
fn what_cannot_be_read_can_be_left_out_and_is_told() {
    let place = Place::new(hour(3_000), Habits::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ndjson");
    place.fake.fail(LIST, 2..=usize::MAX, Fault::unavailable());
    let keeping = FetchOptions {
        keep_incomplete: true,
        ..options(1)
    };
    let fetched = get(&place, &whole_hour(), &file, &keeping).unwrap();
    assert_eq!(fetched.manifest.unread.len(), 1);
    let read = of_file(&file);
    assert_eq!(codes(&read), ["unread"]);
    assert_eq!(read.manifest.coverage.unread, fetched.manifest.unread);
    let first_missing = fetched.manifest.unread[0].start;
    let is_before = |e: &&Stored| e.time < first_missing.0;
    assert_eq!(
        fetched.manifest.entries,
        hour(3_000).iter().filter(is_before).count() as u64
    );
}

#[test]
fn a_manifest_that_does_not_fit_is_told() {
    let place = Place::new(hour(20), Habits::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ndjson");
    get(&place, &whole_hour(), &file, &options(1)).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let half: Vec<&str> = text.lines().take(10).collect();
    fs::write(&file, half.join("\n") + "\n").unwrap();
    let read = of_file(&file);
    assert_eq!(
        (codes(&read), read.manifest.coverage.asked),
        (vec!["manifest-mismatch"], None)
    );
    fs::write(&file, &text).unwrap();
    assert!(codes(&of_file(&file)).is_empty());
    fs::write(manifest_path(&file), "{\"schema\":\"logverdict.fetch/9\"}").unwrap();
    assert_eq!(codes(&of_file(&file)), ["manifest-mismatch"]);
}

#[test]
fn a_complete_file_is_not_doubted_for_its_round_number() {
    // Newest first and exactly 100 entries: as --limit leaves them.
    let place = Place::new(hour(100), Habits::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ndjson");
    let fetched = get(&place, &whole_hour(), &file, &options(1)).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let newest_first: String = text.lines().rev().map(|l| format!("{l}\n")).collect();
    let other = folder.path().join("b.ndjson");
    fs::write(&other, &newest_first).unwrap();
    assert_eq!(codes(&of_file(&other)), ["looks-cut"]);
    let hash = of_file(&other).manifest.coverage.sources[0].content_hash.clone();
    let fitting = Manifest {
        content_hash: hash,
        ..fetched.manifest
    };
    fs::write(manifest_path(&other), serde_json::to_string(&fitting).unwrap()).unwrap();
    assert!(codes(&of_file(&other)).is_empty());
}

#[test]
fn late_entries_come_into_the_file_in_their_place() {
    let mut entries = hour(2_500);
    let late: Vec<Stored> = entries
        .iter()
        .step_by(100)
        .map(|e| e.arrives("2026-03-01T11:00:31Z", 4))
        .collect();
    entries = entries
        .into_iter()
        .enumerate()
        .filter(|(i, _)| i % 100 != 0)
        .map(|(_, e)| e)
        .collect();
    let count = late.len() as u64;
    entries.extend(late);
    let place = Place::at("2026-03-01T11:00:30Z", entries, Habits::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ndjson");
    let fetched = get(&place, &whole_hour(), &file, &options(1)).unwrap();
    assert!(content(&file) == place.logging.lines().into_bytes());
    let arrived = fetched
        .manifest
        .remarks
        .iter()
        .find(|r| r.code == "arrived-late")
        .unwrap();
    assert!(
        arrived.message.starts_with(&format!("{count} entries arrived")),
        "{}",
        arrived.message
    );
    let listing = place.read(whole_hour(), threads(2)).unwrap();
    assert!(listing.data == of_file(&file).data);
}

#[test]
fn foreign_and_damaged_folders_are_refused_with_what_mends_them() {
    let place = Place::new(hour(25_000), Habits::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ndjson");
    let partial = folder.path().join("a.ndjson.partial");
    place.fake.fail(
        LIST,
        When::matching(|_, n| (23..=42).contains(&n)),
        Fault::unavailable(),
    );
    get(&place, &whole_hour(), &file, &options(1)).unwrap_err();
    // Another query.
    let other = query(window("2026-03-01T09:00:00Z", "2026-03-01T11:00:00Z"));
    let error = get(&place, &other, &file, &options(1)).unwrap_err();
    assert!(
        matches!(error, FetchError::Foreign(..)) && error.to_string().contains("its window is 2026-03-01T10:00:00Z")
    );
    assert!(error.hint().contains("a.ndjson.partial"));
    // A part that was cut.
    let part = fs::read_dir(&partial)
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.extension().is_some_and(|e| e == "part"));
    let part = part.unwrap();
    let bytes = fs::read(&part).unwrap();
    fs::write(&part, &bytes[..bytes.len() - 1]).unwrap();
    let error = get(&place, &whole_hour(), &file, &options(1)).unwrap_err();
    assert!(matches!(error, FetchError::Damaged(..)), "{error}");
    assert!(error.hint().contains(&part.display().to_string()));
    // The hint is right.
    fs::remove_file(&part).unwrap();
    // Something else in the folder.
    fs::write(partial.join("notes.txt"), "mine").unwrap();
    let error = get(&place, &whole_hour(), &file, &options(1)).unwrap_err();
    assert!(error.to_string().contains("it holds notes.txt"), "{error}");
    fs::remove_file(partial.join("notes.txt")).unwrap();
    // Another process.
    let state = fs::File::open(partial.join("query.json")).unwrap();
    state.lock().unwrap();
    let error = get(&place, &whole_hour(), &file, &options(1)).unwrap_err();
    assert!(matches!(error, FetchError::Busy(..)));
    drop(state);
    get(&place, &whole_hour(), &file, &options(1)).unwrap();
    assert!(content(&file) == place.logging.lines().into_bytes());
    // A folder of somebody else.
    let file = folder.path().join("b.ndjson");
    fs::create_dir(folder.path().join("b.ndjson.partial")).unwrap();
    fs::write(folder.path().join("b.ndjson.partial/photo.jpg"), "mine").unwrap();
    let error = get(&place, &whole_hour(), &file, &options(1)).unwrap_err();
    assert!(matches!(error, FetchError::Foreign(..)), "{error}");
    assert!(folder.path().join("b.ndjson.partial/photo.jpg").exists());
}

/// Refuses to write, as a full disk does.
struct Full(io::ErrorKind);

impl Disk for Full {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_folder(path)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>> {
        if path.ends_with("query.tmp") {
            RealDisk.create(path)
        } else {
            Err(self.0.into())
        }
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }
    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_folder(path)
    }
    fn settle(&self, folder: &Path) -> io::Result<()> {
        RealDisk.settle(folder)
    }
}

#[test]
fn what_the_disk_refuses_is_told() {
    let place = Place::new(hour(100), Habits::default());
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("a.ndjson");
    for (kind, hint) in [
        (io::ErrorKind::StorageFull, "make room"),
        (io::ErrorKind::ReadOnlyFilesystem, "can be written to"),
    ] {
        let disk = Full(kind);
        let refused = FetchOptions {
            disk: &disk,
            ..options(1)
        };
        let error = get(&place, &whole_hour(), &file, &refused).unwrap_err();
        assert!(
            matches!(error, FetchError::Disk(..)) && error.hint().contains(hint),
            "{error}: {}",
            error.hint()
        );
    }
    let nowhere = folder.path().join("no/such/a.ndjson");
    let error = get(&place, &whole_hour(), &nowhere, &options(1)).unwrap_err();
    assert!(
        error.hint().contains("make the folder first"),
        "{error}: {}",
        error.hint()
    );
    fs::write(&file, "mine").unwrap();
    let requests = place.fake.requests_to(LIST).len();
    let error = get(&place, &whole_hour(), &file, &options(1)).unwrap_err();
    assert!(matches!(error, FetchError::Exists(_)));
    assert_eq!(
        (
            fs::read_to_string(&file).unwrap().as_str(),
            place.fake.requests_to(LIST).len()
        ),
        ("mine", requests)
    );
    let replacing = FetchOptions {
        overwrite: true,
        ..options(1)
    };
    get(&place, &whole_hour(), &file, &replacing).unwrap();
    assert!(content(&file) == place.logging.lines().into_bytes());
}

#[test]
fn nothing_is_a_file_too() {
    let place = Place::new(vec![], Habits::default());
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.ndjson", "a.ndjson.zst"] {
        let file = folder.path().join(name);
        let fetched = get(&place, &whole_hour(), &file, &options(4)).unwrap();
        assert_eq!((content(&file).len(), fetched.manifest.entries), (0, 0));
        let read = of_file(&file);
        assert_eq!(
            (codes(&read), read.manifest.coverage.asked),
            (vec![], Some(whole_hour().window))
        );
    }
    // A window in the future is empty, too.
    let file = folder.path().join("b.ndjson");
    let later = query(window("2026-03-01T13:00:00Z", "2026-03-01T13:00:00Z"));
    assert_eq!(
        get(&place, &later, &file, &options(1)).unwrap().manifest.fetched_at,
        time("2026-03-01T12:00:00Z")
    );
    let _ = ListingOptions::default();
}
