//! Laws of the profile: the same entries give the same bytes however they are split, ordered, packed and read; parts merge
//! to the whole; what was tampered with is refused; what is stored follows the published schema.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::*;
use crate::ingest::{DEDUPE_BYTES, Options, Selection, Source, read};
use crate::model::Level;
use crate::patterns::{Matcher, PackSet};

#[path = "texts_tests.rs"]
mod texts;

static PACKS: LazyLock<(PackSet, Matcher)> = LazyLock::new(|| {
    let packs = PackSet::builtin().unwrap();
    let matcher = Matcher::new(&packs).unwrap();
    (packs, matcher)
});

/// Bits of a number's hash: what an invented entry looks like depends on its number alone.
struct Traits(u64);

impl Traits {
    fn of(number: u32) -> Traits {
        Traits(xxh3_64(&number.to_le_bytes()))
    }

    fn pick(&self, shift: u32, among: u64) -> u64 {
        (self.0 >> shift) % among
    }

    fn is_identified(&self) -> bool {
        self.pick(20, 5) > 0 && self.pick(24, 7) > 1
    }

    fn is_excluded(&self) -> bool {
        self.pick(0, 8) == 4
    }
}

/// A LogEntry, one line.
fn entry(number: u32) -> String {
    let t = Traits::of(number);
    let service = ["chat-api", "chat-worker"][t.pick(8, 2) as usize];
    let revision = format!("{service}-0004{}-kop", t.pick(10, 3));
    let kind = if t.is_excluded() {
        "cloud_run_job"
    } else {
        "cloud_run_revision"
    };
    let mut e = json!({"logName": "projects/acme-shop/logs/run.googleapis.com%2Fstderr", "resource": {"type": kind,
        "labels": {"project_id": "acme-shop", "location": "europe-west1", "service_name": service, "revision_name": revision}}});
    if t.pick(20, 5) > 0 {
        e["insertId"] = json!(format!("id{number:06}"));
    }
    match t.pick(24, 7) {
        0 => {}
        1 => e["timestamp"] = json!("yesterday"),
        _ => {
            e["timestamp"] = json!(format!(
                "2026-03-01T1{}:{:02}:07.{number:06}Z",
                t.pick(30, 2),
                t.pick(32, 60)
            ))
        }
    }
    match t.pick(0, 8) {
        0 | 1 => request(&mut e, &t, number),
        2 => text(
            &mut e,
            "ERROR",
            &format!("ConnectionResetError: [Errno 104] Connection reset by peer ({number})"),
        ),
        3 => text(&mut e, "ERROR", &format!("gate {number} is shut")),
        4 => text(&mut e, "ERROR", "a job's own error"),
        5 => e["jsonPayload"] = json!({"message": format!("quote \" and line\nbreak {number}"), "level": "warn"}),
        6 => text(
            &mut e,
            "CRITICAL",
            "RuntimeError: WebSocket is not connected. Need to call \"accept\" first.",
        ),
        // Neither payload nor request.
        _ => {}
    }
    e.to_string()
}

fn text(entry: &mut Value, severity: &str, text: &str) {
    entry["severity"] = json!(severity);
    entry["textPayload"] = json!(text);
}

fn request(entry: &mut Value, t: &Traits, number: u32) {
    let status = [200, 200, 404, 500, 503, 504, 101][t.pick(40, 7) as usize];
    let path = ["/health", "/ws/rooms/17", "/threads/9/messages?token=x"][t.pick(44, 3) as usize];
    entry["logName"] = json!("projects/acme-shop/logs/run.googleapis.com%2Frequests");
    entry["httpRequest"] = json!({"requestMethod": "GET", "requestUrl": format!("https://chat.example{path}"),
        "status": status, "latency": format!("0.{:03}s", number % 1000)});
}

/// How one file holds its lines.
const PACKINGS: u8 = 4;

fn packed(lines: &[String], packing: u8) -> Vec<u8> {
    let ndjson: String = lines.iter().fold(String::new(), |all, line| all + line + "\n");
    match packing {
        0 => ndjson.into_bytes(),
        1 => {
            let mut gzip = GzEncoder::new(vec![], flate2::Compression::fast());
            gzip.write_all(ndjson.as_bytes()).unwrap();
            gzip.finish().unwrap()
        }
        2 => format!("[{}]", lines.join(",\n")).into_bytes(),
        _ => ndjson.replace('\n', "\r\n").into_bytes(),
    }
}

fn count(sources: &[Source], threads: usize) -> (Data, Coverage) {
    let (packs, matcher) = &*PACKS;
    let (counters, coverage) = counters(sources, threads, || Counter::new(packs, matcher, &Default::default()));
    let mut data = Data::default();
    counters.into_iter().for_each(|c| data.add(&c.finish()));
    (data, coverage)
}

fn counters<'p>(sources: &[Source], threads: usize, new: impl Fn() -> Counter<'p>) -> (Vec<Counter<'p>>, Coverage) {
    let options = Options {
        selection: Selection::default(),
        threads,
        dedupe_bytes: DEDUPE_BYTES,
        overlap: None,
        received: false,
        progress: &|_| {},
    };
    read(sources, &[], &options, new).unwrap()
}

/// Counts entries that are spread over files: (packing, numbers) each.
fn count_files(files: &[(u8, Vec<u32>)], threads: usize) -> (Data, Coverage) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(i, (packing, numbers)): (usize, &(u8, Vec<u32>))| {
        let lines: Vec<String> = numbers.iter().map(|n| entry(*n)).collect();
        write_source(&folder.path().join(format!("{i}.log")), &packed(&lines, *packing))
    };
    let sources: Vec<Source> = files.iter().enumerate().map(write).collect();
    count(&sources, threads)
}

fn write_source(path: &Path, content: &[u8]) -> Source {
    std::fs::write(path, content).unwrap();
    Source::File(path.into())
}

fn profile(numbers: &[u32]) -> Profile {
    let (data, coverage) = count_files(&[(0, numbers.to_vec())], 1);
    Profile::new(data, coverage, &PACKS.0, &Default::default())
}

fn bytes(data: &Data) -> String {
    serde_json::to_string(data).unwrap()
}

/// What must not depend on the split.
fn totals(c: &Coverage) -> Coverage {
    let (mut c, none) = (c.clone(), Coverage::default());
    (c.sources, c.concerns) = (none.sources, none.concerns);
    c
}

fn assert_conserved(data: &Data, c: &Coverage) {
    let sum = |counts: &dyn Fn() -> Vec<u64>| counts().into_iter().sum::<u64>();
    assert_eq!(
        c.records,
        c.entries_read + c.duplicates + sum(&|| c.rejected.values().copied().collect())
    );
    assert_eq!(
        c.entries_read,
        c.counted + sum(&|| c.excluded.values().copied().collect())
    );
    let minutes = || {
        data.revisions
            .values()
            .flat_map(|r| r.minutes.values())
            .map(|m| m.entries)
            .collect()
    };
    assert_eq!(sum(&minutes), c.counted);
}

/// Numbers, small so that some repeat: an entry with an identity that repeats is a duplicate.
fn numbers() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0_u32..150, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn splits_orders_and_threads_change_nothing(
        numbers in numbers(),
        places in prop::collection::vec((0_usize..6, any::<u32>()), 120),
        packings in prop::collection::vec(0..PACKINGS, 6),
        threads in 1_usize..5,
    ) {
        let (data, coverage) = count_files(&[(0, numbers.clone())], 1);
        assert_conserved(&data, &coverage);
        let once: BTreeSet<u32> = numbers.iter().copied().filter(|n| Traits::of(*n).is_identified()).collect();
        let every = numbers.iter().filter(|n| !Traits::of(**n).is_identified()).count();
        prop_assert_eq!(coverage.entries_read, (once.len() + every) as u64);
        prop_assert_eq!(coverage.records, numbers.len() as u64);

        let mut moved: Vec<(u32, u32)> = numbers.iter().zip(&places).map(|(n, p)| (p.1, *n)).collect();
        moved.sort_unstable();
        let mut files: Vec<(u8, Vec<u32>)> = packings.into_iter().map(|p| (p, vec![])).collect();
        for ((_, number), (file, _)) in moved.iter().zip(&places) {
            files[*file].1.push(*number);
        }
        let (other, other_coverage) = count_files(&files, threads);
        assert_conserved(&other, &other_coverage);
        prop_assert_eq!(bytes(&data), bytes(&other));
        prop_assert_eq!(totals(&coverage), totals(&other_coverage));
    }

    #[test]
    fn parts_merge_to_the_whole(numbers in numbers()) {
        let part = |i: u32| profile(&numbers.iter().copied().filter(|n| n % 3 == i).collect::<Vec<_>>());
        let merged = |order: [u32; 3]| {
            let mut sum = part(order[0]);
            sum.merge(&part(order[1])).unwrap();
            sum.merge(&part(order[2])).unwrap();
            sum
        };
        let whole = profile(&numbers);
        let left = merged([0, 1, 2]);
        let mut right = part(1);
        right.merge(&part(2)).unwrap();
        let mut associated = part(0);
        associated.merge(&right).unwrap();
        prop_assert_eq!(left.to_json().len(), associated.to_json().len());
        prop_assert_eq!(&left.data, &associated.data);
        for sum in [&left, &associated, &merged([2, 1, 0]), &merged([1, 0, 2])] {
            prop_assert_eq!(bytes(&sum.data), bytes(&whole.data));
            prop_assert_eq!(totals(&sum.manifest.coverage), totals(&whole.manifest.coverage));
            assert_conserved(&sum.data, &sum.manifest.coverage);
        }
    }

    #[test]
    fn what_is_stored_is_read_back(numbers in numbers()) {
        let profile = profile(&numbers);
        prop_assert_eq!(Profile::from_json(&profile.to_json()), Ok(profile));
    }
}

#[test]
fn nothing_is_a_profile_too() {
    let empty = profile(&[]);
    assert_eq!(empty.data, Data::default());
    let mut sum = empty.clone();
    sum.merge(&empty).unwrap();
    sum.merge(&profile(&[1, 2, 3])).unwrap();
    assert_eq!(sum.data, profile(&[1, 2, 3]).data);
}

#[test]
fn the_same_source_and_other_packs_are_not_merged() {
    let (mut a, b) = (
        profile(&(0..40).collect::<Vec<_>>()),
        profile(&(40..80).collect::<Vec<_>>()),
    );
    let before = a.clone();
    assert!(matches!(a.merge(&before), Err(ProfileError::SameSource(_))));
    let mut other = b.clone();
    other.manifest.packs[2].sha256 = "0".repeat(64);
    let name = other.manifest.packs[2].name.clone();
    assert_eq!(a.merge(&other), Err(ProfileError::OtherPacks(name.clone())));
    let mut fewer = b.clone();
    fewer.manifest.packs.remove(2);
    assert_eq!(a.merge(&fewer), Err(ProfileError::OtherPacks(name)));
    assert_eq!(a, before, "a refused merge changes nothing");
    a.merge(&b).unwrap();
    assert!(matches!(a.merge(&b), Err(ProfileError::SameSource(_))));
}

fn request_line(route: usize, repeat: usize) -> String {
    let mut e: Value = serde_json::from_str(&entry(0)).unwrap();
    e["resource"]["type"] = json!("cloud_run_revision");
    e["resource"]["labels"]["revision_name"] = json!("chat-api-00041-kop");
    e["resource"]["labels"]["service_name"] = json!("chat-api");
    e["timestamp"] = json!(format!("2026-03-01T10:{repeat:02}:00Z"));
    e["insertId"] = json!(format!("{route}-{repeat}"));
    request(&mut e, &Traits(0), 1);
    let words: String = route.to_string().bytes().map(|b| char::from(b'a' + b - b'0')).collect();
    e["httpRequest"]["requestUrl"] = json!(format!("https://chat.example/{words}"));
    e["httpRequest"]["status"] = json!(if repeat == 0 { 500 } else { 200 });
    e.to_string()
}

#[test]
fn routes_beyond_the_limit_are_the_same_ones_in_any_split() {
    let routes = ROUTES_MAX + 300;
    let mut lines: Vec<String> = (0..routes).map(|route| request_line(route, 0)).collect();
    lines.extend((0..routes).step_by(2).map(|route| request_line(route, 1)));
    let counted = |parts: usize, threads, reverse: bool| {
        let folder = tempfile::tempdir().unwrap();
        let mut parts: Vec<Vec<String>> = (0..parts)
            .map(|i| lines.iter().skip(i).step_by(parts).cloned().collect())
            .collect();
        if reverse {
            parts.iter_mut().for_each(|p| p.reverse());
        }
        let write = |(i, part): (usize, &Vec<String>)| {
            write_source(&folder.path().join(format!("{i}.json")), &packed(part, i as u8 % 2))
        };
        let sources: Vec<Source> = parts.iter().enumerate().map(write).collect();
        count(&sources, threads).0
    };
    let whole = counted(1, 1, false);
    let counts = &whole.revisions["chat-api/chat-api-00041-kop"];
    assert_eq!(counts.routes.len(), ROUTES_MAX);
    let all: u64 = counts
        .routes
        .values()
        .chain([&counts.other_routes])
        .map(|r| r.requests)
        .sum();
    assert_eq!(all, lines.len() as u64);
    for (route, row) in &counts.routes {
        let number: String = route[5..].bytes().map(|b| char::from(b'0' + b - b'a')).collect();
        let number: usize = number.parse().unwrap();
        assert_eq!(row.requests, 1 + u64::from(number.is_multiple_of(2)), "{route}");
    }
    assert_eq!(counts.other_routes.server_errors.values().sum::<u64>(), 300);
    assert_eq!(counts.other_routes.samples.len(), SAMPLES_MAX);
    for (parts, threads, reverse) in [(1, 4, true), (3, 2, false), (5, 4, true)] {
        assert_eq!(bytes(&whole), bytes(&counted(parts, threads, reverse)), "{parts} parts");
    }
}

#[test]
fn samples_are_those_with_the_smallest_keys() {
    let same =
        |n: &u32| Traits::of(*n).pick(0, 8) == 2 && Traits::of(*n).pick(10, 3) == 1 && Traits::of(*n).pick(8, 2) == 0;
    let numbers: Vec<u32> = (0..900).filter(same).collect();
    assert!(numbers.len() > 2 * SAMPLES_MAX, "{}", numbers.len());
    let samples = |numbers: &[u32]| {
        let data = profile(numbers).data;
        data.revisions["chat-api/chat-api-00041-kop"].signals["pattern:network/connection-reset"]
            .samples
            .clone()
    };
    let mut each: Vec<Sample> = numbers.iter().flat_map(|n| samples(&[*n])).collect();
    each.sort();
    each.truncate(SAMPLES_MAX);
    let backwards: Vec<u32> = numbers.iter().rev().copied().collect();
    assert_eq!(samples(&numbers), each);
    assert_eq!(samples(&backwards), each);
    assert!(each[0].text.starts_with("ConnectionResetError") && each[0].revision == "chat-api-00041-kop");
}

#[test]
fn the_kinds_of_error_are_counted_apart() {
    let whole = profile(&(0..400).collect::<Vec<_>>());
    let keys: Vec<&str> = whole.data.signals.keys().map(String::as_str).collect();
    for key in [
        "pattern:network/connection-reset",
        "pattern:starlette/accept-first",
        UNMATCHED_KEY,
    ] {
        assert!(keys.contains(&key), "{key} is not in {keys:?}");
    }
    let c = &whole.manifest.coverage;
    assert!(c.unknown > 0 && c.untimed > 0 && c.excluded["other-resource-type"] > 0);
    assert!(c.notes[&crate::ingest::Reason::InvalidTimestamp] > 0);
    let websockets = |r: &RevisionCounts| r.routes.values().map(|r| r.websockets).sum::<u64>();
    assert!(whole.data.revisions.values().map(websockets).sum::<u64>() > 0);
    assert_eq!(whole.data.revisions.len(), 6);
}

// --- The stored form ---

fn stored() -> Value {
    serde_json::from_str(&profile(&(0..400).collect::<Vec<_>>()).to_json()).unwrap()
}

fn pointer(parts: &[&str]) -> String {
    parts.iter().fold(String::new(), |mut all, part| {
        let _ = write!(all, "/{}", part.replace('~', "~0").replace('/', "~1"));
        all
    })
}

const REVISION: &str = "chat-api/chat-api-00041-kop";

/// The first key of an object.
fn first<'a>(value: &'a Value, at: &str) -> &'a str {
    value.pointer(at).unwrap().as_object().unwrap().keys().next().unwrap()
}

#[test]
fn tampered_counts_are_refused() {
    let good = stored();
    assert!(Profile::from_json(&good.to_string()).is_ok());
    let revision = pointer(&["data", "revisions", REVISION]);
    let minute = first(&good, &format!("{revision}/minutes"));
    let minute_at = format!("{revision}/minutes/{minute}");
    let signal = format!("{revision}/signals/{UNMATCHED_KEY}");
    let signal_minute = first(&good, &format!("{signal}/minutes"));
    let route = pointer(&[first(&good, &format!("{revision}/routes"))]);
    let block = first(&good, &format!("{revision}/latency"));
    let bin = first(&good, &format!("{revision}/latency/{block}"));
    let huge = u64::MAX;
    let changes = [
        ("/manifest/coverage/records".into(), json!(huge)),
        ("/manifest/coverage/counted".into(), json!(3)),
        ("/manifest/coverage/duplicates".into(), json!(huge)),
        ("/manifest/coverage/unknown".into(), json!(huge)),
        ("/manifest/coverage/revisions".into(), json!({})),
        (format!("{minute_at}/entries"), json!(huge)),
        (format!("{minute_at}/requests"), json!(huge)),
        (format!("{minute_at}/by_status"), json!({"500": huge, "503": huge})),
        (format!("{signal}/minutes/{signal_minute}"), json!(huge)),
        (format!("{signal}/untimed"), json!(huge)),
        (format!("{revision}/routes{route}/requests"), json!(huge)),
        (format!("{revision}/routes{route}/websockets"), json!(huge)),
        (format!("{revision}/other_routes/requests"), json!(1)),
        (format!("{revision}/latency/{block}/{bin}"), json!(huge)),
        (format!("{revision}/latency/{block}"), json!({"790": 1})),
        (format!("{revision}/latency"), json!({"9223372036854775807": {"1": 1}})),
        (format!("{revision}/revision"), json!("chat-api-00099-zzz")),
        ("/data/signals".into(), json!({})),
        ("/data/revisions".into(), json!({})),
    ];
    for (at, value) in changes {
        let mut bad = good.clone();
        *bad.pointer_mut(&at).unwrap_or_else(|| panic!("no {at}")) = value.clone();
        let answer = Profile::from_json(&bad.to_string());
        assert!(
            matches!(answer, Err(ProfileError::NotAProfile(_))),
            "{at} = {value}: {answer:?}"
        );
    }
    let mut moved = good.clone();
    let minutes = moved
        .pointer_mut(&format!("{revision}/minutes"))
        .unwrap()
        .as_object_mut()
        .unwrap();
    let counts = minutes.remove(minute).unwrap();
    minutes.insert(i64::MAX.to_string(), counts);
    assert!(
        Profile::from_json(&moved.to_string()).is_err(),
        "a minute that is no time"
    );
}

#[test]
fn what_is_no_profile_is_refused_by_name() {
    for text in [
        "",
        "{}",
        "[]",
        "{\"schema\":7}",
        "{\"schema\":\"logverdict.profile/1\"}",
    ] {
        assert!(
            matches!(Profile::from_json(text), Err(ProfileError::NotAProfile(_))),
            "{text}"
        );
    }
    let newer = "{\"schema\":\"logverdict.profile/2\",\"data\":[]}";
    assert_eq!(
        Profile::from_json(newer),
        Err(ProfileError::OtherSchema("logverdict.profile/2".into()))
    );
    let text = profile(&[1, 2, 3]).to_json();
    assert!(Profile::from_json(&text[..text.len() / 2]).is_err());
    assert!(text.ends_with("}\n") && text.starts_with("{\"schema\":\"logverdict.profile/1\""));
}

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(include_str!("../../docs/schema/profile.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn profiles_follow_their_schema() {
    let validator = validator();
    let good = stored();
    for value in [&good, &serde_json::from_str(&profile(&[]).to_json()).unwrap()] {
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|e| format!("{e} at {}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let revision = pointer(&["data", "revisions", REVISION]);
    let minute = first(&good, &format!("{revision}/minutes"));
    let changes = [
        ("/schema".into(), json!("logverdict.profile/2")),
        ("/manifest/packs/0/sha256".into(), json!("abc")),
        ("/manifest/coverage/counted".into(), json!(-1)),
        ("/manifest/coverage/rejected".into(), json!({"made-up": 1})),
        ("/manifest/coverage/excluded".into(), json!({"made-up": 1})),
        ("/manifest/coverage/first".into(), json!("yesterday")),
        ("/manifest/coverage/sources/0/content_hash".into(), json!("xyz")),
        (pointer(&["data", "signals", UNMATCHED_KEY, "level"]), json!("awful")),
        (format!("{revision}/minutes"), json!({"noon": {}})),
        (format!("{revision}/minutes/{minute}/entries"), json!(0.5)),
        (format!("{revision}/minutes/{minute}/by_status"), json!({"99": 1})),
        (format!("{revision}/latency"), json!({"1": {"x": 1}})),
        (format!("{revision}/signals"), json!({"nameless": {}})),
        (format!("{revision}/other_routes/samples"), json!([1, 2])),
    ];
    for (at, value) in changes {
        let mut bad = good.clone();
        *bad.pointer_mut(&at).unwrap_or_else(|| panic!("no {at}")) = value.clone();
        assert!(!validator.is_valid(&bad), "{at} = {value} passes");
    }
    for (at, fields) in [
        ("", 4),
        ("/manifest", 4),
        ("/data", 2),
        ("/manifest/coverage", 15),
        (revision.as_str(), 9),
    ] {
        let names: Vec<String> = good.pointer(at).unwrap().as_object().unwrap().keys().cloned().collect();
        assert_eq!(names.len(), fields, "{at}");
        for name in names {
            let mut bad = good.clone();
            bad.pointer_mut(at).unwrap().as_object_mut().unwrap().remove(&name);
            assert!(!validator.is_valid(&bad), "without {at}/{name} it passes");
        }
    }
}
