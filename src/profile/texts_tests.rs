//! Laws of texts, templates and traces: the same ones in any split, exact counts beyond the limits, one id for both sides.

use super::*;
use crate::model::SignalKind;

/// A message entry, one line; the trace is left out when empty.
fn message(number: usize, severity: &str, trace: &str, text: &str) -> String {
    let mut e = json!({"logName": "projects/acme-shop/logs/run.googleapis.com%2Fstderr", "severity": severity,
        "insertId": format!("m{number:07}"), "timestamp": format!("2026-03-01T10:{:02}:00Z", number % 60),
        "textPayload": text, "resource": {"type": "cloud_run_revision", "labels": {"project_id": "acme-shop",
        "location": "europe-west1", "service_name": "chat-api", "revision_name": "chat-api-00041-kop"}}});
    if !trace.is_empty() {
        e["trace"] = json!(format!("projects/acme-shop/traces/{trace}"));
    }
    e.to_string()
}

fn counted(lines: &[String], threads: usize) -> Data {
    let folder = tempfile::tempdir().unwrap();
    let source = write_source(&folder.path().join("a.ndjson"), lines.join("\n").as_bytes());
    count(&[source], threads).0
}

/// A word of letters that no mask takes for data.
fn word(number: usize) -> String {
    let letter = |i: u32| char::from(b'a' + (xxh3_64(&number.to_le_bytes()) >> (5 * i)) as u8 % 16);
    (0..9).map(letter).collect()
}

fn text_total(data: &Data) -> u64 {
    let signals = data.revisions.values().flat_map(|r| &r.signals);
    signals
        .filter(|(key, _)| key.starts_with("text:"))
        .map(|(_, counts)| counts.total())
        .sum()
}

#[test]
fn beyond_the_limit_the_same_texts_are_kept_in_any_split() {
    let distinct = TEXTS_MAX * 5 / 2;
    let lines: Vec<String> = (0..distinct * 2)
        .map(|i| message(i, "ERROR", "", &format!("gate {} is shut", word(i % distinct))))
        .collect();
    let whole = counted(&lines, 1);
    let kept = whole.signals.keys().filter(|k| k.starts_with("text:error/")).count();
    assert_eq!(kept, TEXTS_MAX + 1, "the kept ones and the other row");
    assert_eq!(text_total(&whole), lines.len() as u64);
    let revision = &whole.revisions["chat-api/chat-api-00041-kop"];
    let of_kept = |(key, counts): (&String, &SignalCounts)| {
        !key.starts_with("text:") || key.ends_with("/other") || counts.total() == 2
    };
    assert!(revision.signals.iter().all(of_kept), "a kept text has its full count");
    let mut parts = Data::default();
    for part in lines.chunks(distinct / 3).rev() {
        parts.add(&counted(part, 1));
    }
    assert_eq!(bytes(&parts), bytes(&whole));
    assert_eq!(bytes(&counted(&lines, 4)), bytes(&whole));
}

#[test]
fn what_another_counter_learnt_changes_no_count() {
    let texts = |range: std::ops::Range<usize>| -> Vec<String> {
        range
            .map(|i| message(i, "ERROR", "", &format!("gate {} is shut", word(i))))
            .collect()
    };
    let (packs, matcher) = &*PACKS;
    // Together they are beyond what one counter tells apart, each alone is not; then the second is itself.
    for (earlier, lines) in [(TEXTS_MAX, TEXTS_MAX * 3 / 2), (TEXTS_MAX, TEXTS_MAX * 3)] {
        let learnt = std::cell::RefCell::new(None);
        let mut sum = Data::default();
        for part in [texts(0..earlier), texts(earlier..earlier + lines)] {
            let folder = tempfile::tempdir().unwrap();
            let source = write_source(&folder.path().join("a.ndjson"), part.join("\n").as_bytes());
            let new = || match learnt.take() {
                Some(texts) => Counter::with(packs, matcher, texts),
                None => Counter::new(packs, matcher, &Default::default()),
            };
            for counter in counters(&[source], 1, new).0.into_iter().rev() {
                let (data, texts) = counter.finish_with_texts();
                sum = data;
                *learnt.borrow_mut() = texts;
            }
            assert_eq!(bytes(&sum), bytes(&counted(&part, 1)));
        }
        assert_eq!(learnt.take().is_some(), lines < 2 * TEXTS_MAX);
    }
}

#[test]
fn levels_do_not_crowd_each_other_out() {
    let mut lines: Vec<String> = (0..TEXTS_MAX * 3)
        .map(|i| message(i, "INFO", "", &format!("cache {} is warm", word(i))))
        .collect();
    lines.push(message(lines.len(), "ERROR", "", "the one gate is shut"));
    let mut data = counted(&lines, 2);
    group(&mut [&mut data]);
    assert!(
        data.signals
            .values()
            .any(|s| s.title == "the one gate is shut" && s.level == Level::Error)
    );
    let other = &data.revisions["chat-api/chat-api-00041-kop"].signals["template:other-info"];
    assert_eq!(other.total(), (TEXTS_MAX * 2) as u64);
}

#[test]
fn the_panel_of_traces_is_the_same_in_any_split() {
    let lines: Vec<String> = (0..TRACES_MAX * 5)
        .map(|i| {
            let trace = format!("{:032x}", xxh3_64(&(i % (TRACES_MAX * 2)).to_le_bytes()));
            message(
                i,
                "ERROR",
                &trace,
                &format!("{} gate is shut", ["north", "south", "west"][i % 3]),
            )
        })
        .collect();
    let whole = counted(&lines, 1);
    let panel = &whole.revisions["chat-api/chat-api-00041-kop"].traces;
    assert_eq!(panel.len(), TRACES_MAX);
    assert!(
        panel.values().any(|t| t.signals.len() > 1),
        "entries of one trace are united"
    );
    let mut parts = Data::default();
    lines.chunks(700).rev().for_each(|part| parts.add(&counted(part, 1)));
    assert_eq!(bytes(&parts), bytes(&whole));
    assert_eq!(bytes(&counted(&lines, 3)), bytes(&whole));
}

#[test]
fn a_trace_keeps_the_same_signals_in_any_split() {
    let trace = "0".repeat(31) + "7";
    let lines: Vec<String> = (0..TRACE_SIGNALS_MAX + 10)
        .map(|i| message(i, "ERROR", &trace, &format!("gate {} is shut", word(i))))
        .collect();
    let whole = counted(&lines, 1);
    let signals = |data: &Data| -> Vec<usize> {
        let traces = data.revisions["chat-api/chat-api-00041-kop"].traces.values();
        traces.map(|t| t.signals.len()).collect()
    };
    assert_eq!(signals(&whole), [TRACE_SIGNALS_MAX]);
    let mut parts = Data::default();
    lines.chunks(5).for_each(|part| parts.add(&counted(part, 1)));
    assert_eq!(bytes(&parts), bytes(&whole));
}

#[test]
fn numbers_make_no_new_template_and_both_sides_share_ids() {
    let side = |from: usize| -> Data {
        let lines: Vec<String> = (from..from + 40)
            .map(|i| {
                message(
                    i,
                    "ERROR",
                    "",
                    &format!("user {} lost shard {} after {i} ms", word(i), i % 3),
                )
            })
            .collect();
        counted(&lines, 1)
    };
    let (mut old, mut new) = (side(0), side(1_000));
    group(&mut [&mut old, &mut new]);
    let ids = |data: &Data| -> Vec<String> {
        let mined = data
            .signals
            .keys()
            .filter(|k| signal_kind(k) == Some(SignalKind::Template));
        mined.cloned().collect()
    };
    assert_eq!(ids(&old).len(), 1, "{:?}", old.signals);
    assert_eq!(ids(&old), ids(&new));
    let again = old.clone();
    group(&mut [&mut old]);
    assert_eq!(old, again, "grouped counts stay as they are");
}

#[test]
fn stacks_are_told_by_type_and_place() {
    let trace = |line: u32, file: &str, thrown: &str| {
        format!("Traceback (most recent call last):\n  File \"/app/{file}\", line {line}, in pay\n    go()\n{thrown}")
    };
    let texts = [
        trace(10, "shop/cart.py", "ValueError: no stock of 17"),
        trace(12, "shop/cart.py", "ValueError: no stock of 99"),
        trace(10, "shop/cart.py", "KeyError: no stock of 17"),
        trace(10, "shop/till.py", "ValueError: no stock of 17"),
    ];
    let lines: Vec<String> = texts
        .iter()
        .enumerate()
        .map(|(i, t)| message(i, "DEFAULT", "", t))
        .collect();
    let mut data = counted(&lines, 1);
    group(&mut [&mut data]);
    let stacks: Vec<&SignalInfo> = data
        .signals
        .iter()
        .filter(|(key, _)| signal_kind(key) == Some(SignalKind::Stack))
        .map(|(_, info)| info)
        .collect();
    assert_eq!(stacks.len(), 3, "{stacks:?}");
    assert!(
        stacks.iter().all(|s| s.level == Level::Error),
        "unhandled: an error without a severity"
    );
    assert!(
        stacks
            .iter()
            .any(|s| s.title == "ValueError in pay (shop/till.py): no stock of <*>"),
        "{stacks:?}"
    );
}
