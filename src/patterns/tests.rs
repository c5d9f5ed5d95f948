//! Tests of the packs that ship with the program, and of the matcher against a plain loop over every pattern.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::model::{Entry, Level, LogKind, Request, Severity};

/// The shipped packs and their matcher, compiled once for all tests.
fn builtin() -> &'static (PackSet, Matcher) {
    static BUILTIN: LazyLock<(PackSet, Matcher)> = LazyLock::new(|| {
        let set = PackSet::builtin().unwrap();
        let matcher = Matcher::new(&set).unwrap();
        (set, matcher)
    });
    &BUILTIN
}

fn set_of(patterns: &str) -> PackSet {
    let text = format!("schema = \"{SCHEMA}\"\nname = \"own\"\nversion = \"1\"\ndescription = \"Own.\"\n{patterns}");
    let mut set = PackSet::default();
    set.add(read_pack(&text, "own.toml").unwrap()).unwrap();
    set
}

/// A pattern table with everything but its condition.
fn pattern(name: &str, condition: &str) -> String {
    format!(
        "[[pattern]]\nname = \"{name}\"\ntitle = \"T\"\ncategory = \"http\"\nlevel = \"error\"\n{condition}\n\
         meaning = \"M.\"\nlink = \"https://example.com/\"\nexamples = []\ncounter-examples = []\n"
    )
}

fn entry(message: Option<&str>) -> Entry<'_> {
    static BLANK: Example = Example {
        text: None,
        log: None,
        severity: None,
        status: None,
    };
    Entry {
        message,
        ..BLANK.entry(&Condition::default())
    }
}

fn matched(matcher: &Matcher, entry: &Entry<'_>) -> Vec<u32> {
    let mut out = Vec::new();
    matcher.matches(entry, &mut Scratch::default(), &mut out);
    out
}

fn ids(set: &PackSet, matcher: &Matcher, entry: &Entry<'_>) -> Vec<String> {
    matched(matcher, entry)
        .iter()
        .map(|&index| set.patterns()[index as usize].id.clone())
        .collect()
}

/// What every pattern says when asked by itself: the rule that the matcher must agree with.
struct Plain(Vec<(Condition, Option<Regex>)>);

impl Plain {
    fn new(set: &PackSet) -> Plain {
        let compile = |regex: &String| Regex::new(&portable(regex).unwrap().translated).unwrap();
        Plain(
            set.patterns()
                .iter()
                .map(|p| (p.condition.clone(), p.condition.regex.as_ref().map(compile)))
                .collect(),
        )
    }

    fn matched(&self, entry: &Entry<'_>) -> Vec<u32> {
        let holds = |(condition, regex): &(Condition, Option<Regex>)| {
            let text = regex
                .as_ref()
                .is_none_or(|regex| entry.message.is_some_and(|text| regex.is_match(text)));
            entry.has_content && condition.fields_hold(entry) && text
        };
        (0_u32..)
            .zip(&self.0)
            .filter(|(_, pattern)| holds(pattern))
            .map(|(index, _)| index)
            .collect()
    }
}

#[test]
fn every_shipped_pack_passes_the_checker() {
    let set = PackSet::builtin().unwrap();
    let faults: Vec<String> = set
        .packs()
        .iter()
        .flat_map(check)
        .map(|fault| format!("{} ({}): {}", fault.id, fault.line, fault.rule))
        .collect();
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(set.packs().len(), 13);
    assert!(set.patterns().len() >= 180, "{}", set.patterns().len());
    assert!(
        set.packs()
            .iter()
            .all(|pack| pack.file == format!("builtin:{}", pack.name) && pack.sha256.len() == 64)
    );
    assert!(set.patterns().is_sorted_by(|a, b| a.id < b.id));
}

#[test]
fn every_example_is_matched_as_a_plain_loop_would_and_explained_alike() {
    let (set, matcher) = builtin();
    let plain = Plain::new(set);
    let (mut scratch, mut checked) = (Scratch::default(), 0);
    for pattern in set.patterns() {
        for example in pattern.examples.iter().chain(&pattern.counter_examples) {
            let mut entry = example.entry(&pattern.condition);
            for log in LogKind::ALL.into_iter().chain([entry.log]) {
                entry.log = log;
                let expected = plain.matched(&entry);
                let mut found = Vec::new();
                matcher.matches(&entry, &mut scratch, &mut found);
                assert_eq!(found, expected, "{} {log:?} {example:?}", pattern.id);
                let explained: Vec<u32> = matcher.explain(&entry).iter().map(|e| e.pattern as u32).collect();
                assert_eq!(explained, expected, "{} {log:?} {example:?}", pattern.id);
                checked += 1;
            }
        }
    }
    assert!(checked > 4_000, "{checked}");
}

#[test]
fn patterns_overlap_only_where_this_table_says() {
    let (set, matcher) = builtin();
    let mut pairs = BTreeSet::new();
    for pattern in set.patterns() {
        for example in &pattern.examples {
            for other in ids(set, matcher, &example.entry(&pattern.condition)) {
                let apart = other.split('/').next() != pattern.id.split('/').next();
                if apart
                    && !other.starts_with("http/")
                    && !other.starts_with("python/")
                    && !other.starts_with("network/")
                {
                    pairs.insert((pattern.id.clone(), other));
                }
            }
        }
    }
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(pairs, EXPECTED_OVERLAPS);
}

/// Example of the first pattern, matched by the second as well. The general packs http, python and network are left out.
const EXPECTED_OVERLAPS: [(&str, &str); 1] = [("network/grpc-unavailable", "go/context-deadline")];

#[test]
fn harmless_messages_match_nothing_harmful() {
    let (set, matcher) = builtin();
    let texts = [
        r#"INFO:     203.0.113.9:51234 - "GET /orders/1011 HTTP/1.1" 200 OK"#,
        r#"169.254.169.126:56500 - "GET /health HTTP/1.1" 503"#,
        "payload validated: error.severity: \"ERROR\", error.message: \"Missing field\"",
        "Trace: c2615310-1011-475c-9d3e-5b7f0a1c2d3e",
        "0 errors, 0 exceptions, 0 timeouts, no panic",
        "WebSocket connection established, accept sent first",
        "Starting import of 500 rows",
        "handled GET in 17.3 ms",
        "payment token rejected: after 2045 ms",
        "",
        "\u{1F600} caf\u{e9} \u{2028}",
    ];
    for text in texts {
        for log in LogKind::ALL {
            let mut entry = entry(Some(text));
            (entry.log, entry.severity) = (log, Severity::Info);
            assert_eq!(ids(set, matcher, &entry), Vec::<String>::new(), "{text}");
        }
    }
}

#[test]
fn a_traceback_in_one_piece_and_line_by_line_gives_the_same_patterns() {
    let (set, matcher) = builtin();
    let text = "Traceback (most recent call last):\n  File \"/app/chat/routes.py\", line 88, in loop\n    text = await \
                websocket.receive_text()\nRuntimeError: WebSocket is not connected. Need to call \"accept\" first.";
    let whole = ids(set, matcher, &entry(Some(text)));
    assert_eq!(
        whole,
        ["python/runtime-error", "python/traceback", "starlette/accept-first"]
    );
    let lines: BTreeSet<String> = text
        .lines()
        .flat_map(|line| ids(set, matcher, &entry(Some(line))))
        .collect();
    assert_eq!(lines.into_iter().collect::<Vec<_>>(), whole);
}

#[test]
fn an_entry_without_content_never_matches() {
    let (_, matcher) = builtin();
    let mut entry = entry(Some("Traceback (most recent call last):"));
    (entry.log, entry.request) = (
        LogKind::Requests,
        Some(Request {
            status: Some(503),
            ..Request::default()
        }),
    );
    assert_eq!(matched(matcher, &entry).len(), 2);
    entry.has_content = false;
    assert!(matched(matcher, &entry).is_empty());
    assert_eq!(matcher.explain(&entry), []);
}

#[test]
fn statuses_are_looked_up_and_odd_ones_do_no_harm() {
    let (set, matcher) = builtin();
    for (status, expected) in [
        (503, vec!["http/unavailable"]),
        (200, vec![]),
        (0, vec![]),
        (65_535, vec![]),
        (99, vec![]),
    ] {
        let mut entry = entry(None);
        (entry.log, entry.request) = (
            LogKind::Requests,
            Some(Request {
                status: Some(status),
                ..Request::default()
            }),
        );
        assert_eq!(ids(set, matcher, &entry), expected, "{status}");
    }
}

#[test]
fn matches_are_appended_behind_what_is_there() {
    let (_, matcher) = builtin();
    let mut out = vec![7_000, 3];
    let text = "RuntimeError: Event loop is closed";
    matcher.matches(&entry(Some(text)), &mut Scratch::default(), &mut out);
    assert_eq!(out[..2], [7_000, 3]);
    assert!(out.len() == 4 && out[2] < out[3], "{out:?}");
}

#[test]
fn a_scratch_may_go_from_one_matcher_to_another() {
    let (_, shipped) = builtin();
    let own = Matcher::new(&set_of(&pattern("a", "regex = 'Event loop is closed'"))).unwrap();
    let mut scratch = Scratch::default();
    for _ in 0..3 {
        for (matcher, expected) in [(shipped, 2), (&own, 1)] {
            let mut out = Vec::new();
            matcher.matches(
                &entry(Some("RuntimeError: Event loop is closed")),
                &mut scratch,
                &mut out,
            );
            assert_eq!(out.len(), expected);
        }
    }
}

#[test]
fn regexes_without_a_literal_and_conditions_without_a_regex_are_tried_too() {
    let patterns = [
        pattern("digits", "regex = '^[0-9]+\\z'"),
        pattern("short", "regex = 'ab'"),
        pattern("severe", "min-severity = \"CRITICAL\""),
        pattern("system", "log = [\"system\"]"),
        pattern("status", "status = [\"5xx\", \"500\"]\nmin-severity = \"ERROR\""),
    ];
    let set = set_of(&patterns.concat());
    let matcher = Matcher::new(&set).unwrap();
    let plain = Plain::new(&set);
    for text in [None, Some("123"), Some("1a2"), Some("xaby")] {
        for log in LogKind::ALL {
            for severity in Severity::ALL {
                for status in [None, Some(500), Some(499)] {
                    let mut entry = entry(text);
                    (entry.log, entry.severity) = (log, severity);
                    entry.request = status.map(|status| Request {
                        status: Some(status),
                        ..Request::default()
                    });
                    assert_eq!(matched(&matcher, &entry), plain.matched(&entry), "{entry:?}");
                }
            }
        }
    }
}

#[test]
fn an_explanation_names_the_bytes_and_the_fields() {
    let (set, matcher) = builtin();
    let mut entry = entry(Some("worker: Container called exit(3)."));
    (entry.log, entry.severity) = (LogKind::System, Severity::Warning);
    let index = set.index_of("cloud-run/exit-failure").unwrap();
    let expected = Explanation {
        pattern: index,
        span: Some(8..32),
        log: Some(LogKind::System),
        severity: None,
        status: None,
    };
    assert_eq!(matcher.explain(&entry), [expected]);
}

#[test]
fn levels_of_shipped_patterns_are_justified() {
    let set = PackSet::builtin().unwrap();
    let grave = [
        Category::Crash,
        Category::StartFailure,
        Category::Memory,
        Category::Import,
    ];
    for pattern in set.patterns().iter().filter(|p| p.level == Level::Critical) {
        assert!(grave.contains(&pattern.category), "{}", pattern.id);
    }
    for pattern in set.patterns().iter().filter(|p| p.rollout_noise) {
        assert_ne!(pattern.level, Level::Critical, "{}", pattern.id);
    }
}

#[test]
fn the_patterns_that_others_rely_on_are_there() {
    let set = PackSet::builtin().unwrap();
    let relied_on = [
        ("starlette/accept-first", Level::Error),
        ("starlette/send-after-close", Level::Error),
        ("starlette/asgi-after-close", Level::Error),
        ("starlette/close-race-handled", Level::Warning),
        ("starlette/state-change-before-receive", Level::Warning),
        ("cloud-run/exit-failure", Level::Critical),
        ("cloud-run/instance-retired", Level::Noise),
        ("cloud-run/revision-ready", Level::Marker),
    ];
    for (id, level) in relied_on {
        let index = set.index_of(id).unwrap_or_else(|| panic!("{id}"));
        assert_eq!(set.patterns()[index].level, level, "{id}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn the_matcher_agrees_with_a_plain_loop(
        picks in proptest::collection::vec((any::<prop::sample::Index>(), "[ -~\\n\u{e9}]{0,30}", any::<bool>()), 0..6),
        cut in any::<prop::sample::Index>(),
        log in prop::sample::select(LogKind::ALL.to_vec()),
        severity in prop::sample::select(Severity::ALL.to_vec()),
        status in proptest::option::of(100_u16..600),
    ) {
        static PLAIN: LazyLock<(Plain, Vec<String>)> = LazyLock::new(|| {
            let (set, _) = builtin();
            let examples = set.patterns().iter().flat_map(|p| p.examples.iter().chain(&p.counter_examples));
            (Plain::new(set), examples.filter_map(|example| example.text.clone()).collect())
        });
        let (_, matcher) = builtin();
        let (plain, texts) = &*PLAIN;
        let mut text = String::new();
        for (pick, noise, upper) in picks {
            let known = pick.get(texts);
            text.push_str(&noise);
            text.push_str(&if upper { known.to_uppercase() } else { known.clone() });
        }
        let end = text.char_indices().map(|(at, _)| at).nth(cut.index(text.len() + 1)).unwrap_or(text.len());
        for text in [&text[..], &text[end..]] {
            let mut entry = entry(Some(text));
            (entry.log, entry.severity) = (log, severity);
            entry.request = status.map(|status| Request { status: Some(status), ..Request::default() });
            prop_assert_eq!(matched(matcher, &entry), plain.matched(&entry));
        }
    }
}

#[test]
fn a_matcher_is_shared_between_threads() {
    fn shared<T: Sync + Send>(_: &T) {}
    shared(&builtin().1);
    let entry = entry(Some("RuntimeError: Event loop is closed"));
    let alone = matched(&builtin().1, &entry);
    let threads: Vec<Vec<u32>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..4).map(|_| scope.spawn(|| matched(&builtin().1, &entry))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert_eq!(threads, vec![alone; 4]);
}

#[test]
fn a_regex_outside_the_subset_stops_the_matcher_with_its_place() {
    let set = set_of(&pattern("bad", r"regex = '\s+a'"));
    let error = Matcher::new(&set).unwrap_err();
    assert_eq!((&*error.file, error.line), ("own.toml", Some(5)));
    assert!(
        error.to_string().starts_with("own.toml:5: regex of `own/bad`: `\\s`"),
        "{error}"
    );
    let large = set_of(&pattern(
        "large",
        "regex = '(?:[^a]{10}b[^c]{20}){33}[^a]{900}x[^b]{900}x[^d]{900}x[^e]{900}x[^f]{900}'",
    ));
    let error = Matcher::new(&large).unwrap_err();
    assert!(error.to_string().contains("too large once compiled"), "{error}");
}

#[test]
fn the_checker_names_each_broken_rule() {
    let good =
        "title = \"T\"\ncategory = \"http\"\nlevel = \"error\"\nmeaning = \"M.\"\nlink = \"https://example.com/\"\n";
    let one = |fields: &str| {
        let text = format!(
            "schema = \"{SCHEMA}\"\nname = \"own\"\nversion = \"1\"\ndescription = \"Own.\"\n[[pattern]]\nname = \"a\"\n{fields}"
        );
        check(&read_pack(&text, "own.toml").unwrap())
            .into_iter()
            .map(|fault| fault.rule)
            .collect::<Vec<_>>()
    };
    let with = |fields: &str| one(&format!("{good}{fields}"));
    assert_eq!(
        with("regex = 'abc'\nexamples = ['xabc']\ncounter-examples = ['ab']"),
        []
    );
    assert_eq!(
        with("regex = 'abc'\nexamples = ['abc', 'ab']\ncounter-examples = ['ab']"),
        [Rule::ExampleMisses(2)]
    );
    assert_eq!(
        with("regex = 'abc'\nexamples = ['abc']\ncounter-examples = ['abc']"),
        [Rule::CounterExampleMatches(1)]
    );
    assert_eq!(
        with("regex = 'abc'\nexamples = []\ncounter-examples = []"),
        [Rule::NoExample, Rule::NoCounterExample]
    );
    assert_eq!(
        with("regex = '[0-9]+'\nexamples = ['1']\ncounter-examples = ['a']"),
        [Rule::Slow]
    );
    assert!(Rule::Slow.is_warning() && !Rule::NoExample.is_warning());
    let unportable = with("regex = 'a(?=b)'\nexamples = ['ab']\ncounter-examples = ['a']");
    assert!(
        matches!(unportable[..], [Rule::Unportable(Unportable::Construct { .. })]),
        "{unportable:?}"
    );
    let fields = "status = ['5xx']\nexamples = [{ status = 502 }]\ncounter-examples = [{ status = 499 }]";
    assert_eq!(with(fields), []);
    let faulty = "title = \" T\"\ncategory = \"http\"\nlevel = \"error\"\nmeaning = \"\"\nlink = \"http://example.com/\"\n\
                  regex = 'abc'\nexamples = ['abc']\ncounter-examples = ['ab']";
    assert_eq!(
        one(faulty),
        [Rule::BadText("title"), Rule::BadText("meaning"), Rule::BadLink]
    );
}
