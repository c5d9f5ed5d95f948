//! Kills a process that writes, for real.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::store_tests::{fill, open, place, saved};
use super::{Commit, StateError};

/// Tells a test that it is the process to be killed, and where the state is.
const STATE: &str = "LOGVERDICT_TEST_STATE";

/// Starts this program again to run one test alone.
fn start(test: &str, path: &Path) -> (Child, BufReader<ChildStdout>) {
    let name = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--ignored", "--nocapture"])
        .env(STATE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

fn say(words: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "\n{words}").and_then(|()| out.flush()).unwrap();
}

/// Waits until the child says something that begins with this.
fn hear(out: &mut BufReader<ChildStdout>, words: &str) -> String {
    out.lines()
        .map(Result::unwrap)
        .find(|line| line.starts_with(words))
        .unwrap()
}

#[test]
#[ignore = "run by another test, which kills it"]
fn stops_in_the_middle() {
    let Some(path) = std::env::var_os(STATE) else { return };
    let (store, _) = open(Path::new(&path)).unwrap();
    // A cache of one page, so that half of the transaction is in the file already.
    let half = "PRAGMA cache_size = 1; BEGIN IMMEDIATE; DELETE FROM part; DELETE FROM one; DELETE FROM notice;
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
                INSERT INTO part SELECT i, 0, randomblob(3000) FROM n;";
    store.connection().execute_batch(half).unwrap();
    say("in the middle");
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_kill_in_the_middle_of_a_write_leaves_the_look_before() {
    let (folder, path) = place();
    let before = fill(&path);
    let bytes = fs::read(&path).unwrap();
    let (mut child, mut out) = start("stops_in_the_middle", &path);
    hear(&mut out, "in the middle");
    assert!(matches!(open(&path), Err(StateError::Locked(_))));
    let copy = folder.path().join("copy");
    fs::copy(&path, &copy).unwrap();
    fs::copy(path.with_extension("state-journal"), folder.path().join("copy-journal")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_ne!(fs::read(&path).unwrap(), bytes, "nothing was half written");
    assert_eq!(saved(&path), before);
    assert_eq!(saved(&copy), before);
}

#[test]
#[ignore = "run by another test, which kills it"]
fn looks_without_end() {
    let Some(path) = std::env::var_os(STATE) else { return };
    let (mut store, saved) = open(Path::new(&path)).unwrap();
    let first = saved.progress.map_or(1, |p| p.parse::<u64>().unwrap() + 1);
    for look in first.. {
        let progress = look.to_string();
        let texts = [progress.clone()];
        let pairs: Vec<(i64, u64)> = (0..2000_i64).map(|i| (i, look * 7919 + i.cast_unsigned())).collect();
        store
            .commit(&Commit {
                progress: &progress,
                part: Some((look, &progress)),
                watch: Some(&progress),
                outbox: &texts,
                identities: Some(&pairs),
                ..Commit::default()
            })
            .unwrap();
        say(&format!("look {look}"));
    }
}

#[test]
fn kills_at_any_moment_lose_no_look_that_was_committed_and_keep_no_half_of_one() {
    let (_folder, path) = place();
    let mut last = 0;
    for round in 0..8 {
        let (mut child, mut out) = start("looks_without_end", &path);
        hear(&mut out, "look ");
        std::thread::sleep(Duration::from_micros(7_300 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let said = out
            .lines()
            .map_while(Result::ok)
            .filter_map(|l| l.strip_prefix("look ")?.parse().ok())
            .last();
        let saved = saved(&path);
        let looks: u64 = saved.progress.as_deref().unwrap().parse().unwrap();
        assert!(
            looks > last && looks >= said.unwrap_or(0),
            "{looks} after {last}, {said:?}"
        );
        last = looks;
        let texts: Vec<String> = (1..=looks).map(|l| l.to_string()).collect();
        assert_eq!(saved.watch, saved.progress);
        assert!(saved.parts.iter().map(|(_, text)| text).eq(&texts));
        assert!(saved.outbox.iter().map(|(_, text)| text).eq(&texts));
        assert_eq!(saved.identities.first(), Some(&(0, looks * 7919)));
    }
}
