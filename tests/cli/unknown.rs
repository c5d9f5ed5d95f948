//! Messages that no pattern explains, from the files to the report.

use serde_json::{Value, json};

use super::support::*;

/// A message of an instance at a time of 2026-03-03; no severity where it is empty.
fn message(id: usize, instance: &str, revision: &str, nanos: usize, severity: &str, text: &str) -> Value {
    let mut e = json!({
        "insertId": format!("{revision}-{id:06}"),
        "timestamp": format!("2026-03-03T10:{:02}:{:02}.{:09}Z", id / 60 % 60, id % 60, nanos),
        "logName": "projects/acme-shop/logs/run.googleapis.com%2Fstderr",
        "labels": {"instanceId": instance},
        "textPayload": text,
        "resource": {"type": "cloud_run_revision", "labels": {"project_id": "acme-shop", "location": "europe-west1",
            "service_name": "chat-api", "revision_name": revision}},
    });
    if !severity.is_empty() {
        e["severity"] = json!(severity);
    }
    e
}

fn templates(scan: &Value) -> Vec<(String, String, u64)> {
    let rows = scan["templates"].as_array().unwrap();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| (text(row, "kind"), text(row, "title"), row["count"].as_u64().unwrap()))
        .collect()
}

/// The traceback of one exception type; everything but the type is the same for all.
fn traces(language: &str) -> Vec<String> {
    let types = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"];
    let one = |name: &str| match language {
        "python" => format!(
            "Traceback (most recent call last):\n  File \"/app/shop/cart.py\", line 12, in total\n    return pay(order)\n  \
             File \"/app/shop/pay.py\", line 40, in pay\n    raise {name}Error(order)\n{name}Error: order 4711 failed"
        ),
        "node" => format!(
            "{name}Error: order 4711 failed\n    at pay (/app/src/pay.js:40:11)\n    at async total (/app/src/cart.js:12:5)\n    \
             at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"
        ),
        "java" => format!(
            "com.acme.shop.{name}Exception: order 4711 failed\n\tat com.acme.shop.Pay.pay(Pay.java:40)\n\t\
             at com.acme.shop.Cart.total(Cart.java:12)\n\tat java.base/java.lang.Thread.run(Thread.java:840)"
        ),
        _ => format!(
            "panic: shop.{name}Error: order 4711 failed\n\ngoroutine 17 [running]:\nacme.example/shop/pay.Pay(0xc000012345)\n\t\
             /app/pay/pay.go:40 +0x1b\nacme.example/shop/cart.Total(...)\n\t/app/cart/cart.go:12\nexit status 2"
        ),
    };
    types.iter().map(|name| one(name)).collect()
}

#[test]
fn five_exception_types_are_five_groups_in_four_languages() {
    let mut runs = 0;
    for language in ["python", "node", "java", "go"] {
        for split in [false, true] {
            let mut log = vec![];
            for (at, trace) in traces(language).iter().cycle().take(20).enumerate() {
                let instance = format!("{:032x}", at % 3);
                if !split {
                    log.push(message(at * 5, &instance, "chat-api-00041-kop", 0, "ERROR", trace));
                    continue;
                }
                for (line, text) in trace.lines().enumerate().filter(|(_, text)| !text.is_empty()) {
                    let mut e = message(at * 5, &instance, "chat-api-00041-kop", line * 1_000, "", text);
                    e["insertId"] = json!(format!("{at:03}-{line:03}"));
                    log.push(e);
                }
            }
            log.reverse();
            let place = Place::new().file("a.ndjson", lines(&log));
            let scan = place.run("scan a.ndjson --format json").exits(0).json();
            let found = templates(&scan);
            let stacks: Vec<_> = found.iter().filter(|(kind, ..)| kind == "stack").collect();
            assert_eq!(stacks.len(), 5, "{language}, split {split}: {found:#?}");
            assert!(
                stacks.iter().all(|(.., n)| *n == 4),
                "{language}, split {split}: {found:#?}"
            );
            assert_eq!(found.len(), 5, "{language}, split {split}: {found:#?}");
            runs += 1;
        }
    }
    assert_eq!(runs, 8);
}

#[test]
fn a_new_message_is_named_and_an_old_one_is_not_new() {
    let side = |revision: &str, first: usize, new: bool| {
        let mut log = entries(revision, 10, 1_800);
        for i in 0..60 {
            let id = first + i;
            let old = format!("price feed {id} is stale by {} ms", id * 37);
            log.push(message(i * 30, "a1", revision, 11, "ERROR", &old));
            if new {
                let text = format!("ledger sync lost {id} entries of shard {}", id % 7);
                log.push(message(i * 30, "a1", revision, 12, "ERROR", &text));
                log.last_mut().unwrap()["insertId"] = json!(format!("new-{id}"));
            }
        }
        lines(&log)
    };
    let place = Place::new()
        .file("a.ndjson", side("chat-api-00041-kop", 0, false))
        .file("b.ndjson", side("chat-api-00042-wil", 9_000, true));
    let report = place.run("compare a.ndjson b.ndjson --format json").json();
    let findings = report["findings"].as_array().unwrap();
    let of = |part: &str| -> Vec<&Value> {
        let named = |f: &&Value| f["signal"]["title"].as_str().unwrap().contains(part);
        findings.iter().filter(named).collect()
    };
    let (new, old) = (of("ledger sync lost"), of("price feed"));
    assert_eq!((new.len(), old.len()), (1, 1));
    assert_eq!(new[0]["signal"]["kind"], "template");
    assert_eq!((&new[0]["change"], &new[0]["harm"]), (&json!("new"), &json!(true)));
    assert_eq!(new[0]["candidate"]["count"], 60);
    assert_eq!(old[0]["change"], "unchanged");
    assert_eq!(old[0]["baseline"]["count"], 60);
    let swapped = place.run("compare b.ndjson a.ndjson --format json").json();
    let ids: Vec<&Value> = swapped["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["signal"]["id"])
        .collect();
    assert!(
        ids.contains(&&new[0]["signal"]["id"]),
        "the same ids whichever side is which"
    );
    place
        .run("compare a.ndjson b.ndjson")
        .prints("ledger sync lost <*> entries of shard <*>");
}

#[test]
fn profiles_made_apart_group_as_if_read_together() {
    let log: Vec<Value> = (0..240)
        .map(|i| {
            message(
                i * 7,
                "a1",
                "chat-api-00041-kop",
                i,
                "ERROR",
                &format!("room {} lost {i} users", ["red", "blue"][i % 2]),
            )
        })
        .collect();
    let mut place = Place::new().file("whole.ndjson", lines(&log));
    for (part, some) in log.chunks(30).enumerate() {
        place = place.file(&format!("part{part}.ndjson"), lines(some));
    }
    for part in 0..8 {
        place
            .run(&format!("profile make part{part}.ndjson -o part{part}.profile"))
            .exits(0);
    }
    let parts: Vec<String> = (0..8).rev().map(|part| format!("part{part}.profile")).collect();
    place
        .run(&format!("profile merge {} -o all.profile", parts.join(" ")))
        .exits(0);
    let merged = place.run("profile show all.profile --format json").exits(0).json();
    let whole = place.run("scan whole.ndjson --format json").exits(0).json();
    assert_eq!(merged["templates"], whole["templates"]);
    assert!(!templates(&whole).is_empty());
}

#[test]
fn frame_rules_decide_and_unlike_ones_are_told() {
    let trace = |at: usize, place: &str| {
        let text = format!(
            "Traceback (most recent call last):\n  File \"/app/shop/{place}.py\", line 3, in serve\n    run()\n  \
             File \"/opt/vendor/kit/core.py\", line 9, in run\n    fail()\nValueError: no"
        );
        message(at, "a1", "chat-api-00041-kop", 0, "ERROR", &text)
    };
    let log: Vec<Value> = (0..6).map(|i| trace(i, ["cart", "till", "desk"][i % 3])).collect();
    let place = Place::new().file("a.ndjson", lines(&log));
    let stacks = |args: &str| {
        templates(
            &place
                .run(&format!("scan a.ndjson --format json {args}"))
                .exits(0)
                .json(),
        )
        .len()
    };
    assert_eq!(stacks(""), 3);
    assert_eq!(stacks("--library shop/ --in-app /opt/vendor/kit"), 1);
    place.run("scan a.ndjson --in-app [").fails_with(
        2,
        "the frame rule `[` cannot be used: invalid range pattern",
        "write the start of a path or name (`app/`, `com.acme`), or a text with `*` and `?` that must fit all of it",
    );
    place.run("profile make a.ndjson -o a.profile").exits(0);
    place.run("profile make a.ndjson --library shop/ -o b.profile").exits(0);
    let report = place.run("compare a.profile b.profile --format json").json();
    let concerns: Vec<&Value> = report["concerns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["code"])
        .collect();
    assert!(concerns.contains(&&json!("other-texts")), "{concerns:?}");
}

#[test]
fn suggestions_are_sound_packs_that_explain_the_message() {
    let texts = [
        "ledger sync lost 17 entries of shard 3",
        "ledger sync lost 4 entries of shard 12",
    ];
    let log: Vec<Value> = (0..6)
        .map(|i| message(i, "a1", "chat-api-00041-kop", 0, "ERROR", texts[i % 2]))
        .collect();
    let place = Place::new().file("a.ndjson", lines(&log));
    let toml = place
        .run_with(&["patterns", "suggest", texts[0], texts[1]], b"")
        .exits(0)
        .says_nothing()
        .out;
    let place = place.file("own.toml", toml);
    place
        .run("patterns check own.toml")
        .exits(0)
        .prints("1 pack, 1 pattern, 0 errors");
    let before = place.run("scan a.ndjson --format json").exits(0).json();
    let after = place
        .run("scan a.ndjson --format json --patterns own.toml")
        .exits(0)
        .json();
    assert_eq!((templates(&before).len(), templates(&after).len()), (1, 0));
    place
        .run_with(&["patterns", "suggest", texts[0], "nobody is in the lobby"], b"")
        .fails_with(
            3,
            "the messages are not of one kind",
            "give messages of one template at a time: `logverdict patterns group FILE --text` shows which are",
        );
}

#[test]
fn hostile_messages_are_counted_and_told() {
    let million = "word ".repeat(1_000_000);
    let endless = format!(
        "Traceback (most recent call last):\n{}",
        "  File \"/app/a.py\", line 1, in f\n    f()\n".repeat(100_000)
    );
    let texts = [
        million.as_str(),
        endless.as_str(),
        "<num> <*> <hex> <ip> <time>",
        "",
        "\u{2}\u{1b}[31mVERDICT: PROCEED\u{1b}[0m \u{202e}",
        "    at nowhere in particular",
        "\tat com.acme.Cut.off(Cut.java:1)",
    ];
    let log: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(i, text)| message(i * 90, "a1", "chat-api-00041-kop", i, "ERROR", text))
        .collect();
    let place = Place::new().file("a.ndjson", lines(&log));
    let scan = place.run("scan a.ndjson --format json").exits(0).json();
    let counted: u64 = templates(&scan).iter().map(|(.., n)| n).sum();
    assert_eq!(
        counted,
        texts.len() as u64,
        "{:#?}",
        templates(&scan)
            .iter()
            .map(|(k, t, n)| (k, &t[..t.len().min(80)], n))
            .collect::<Vec<_>>()
    );
    let out = place.run("scan a.ndjson").exits(0).out;
    assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}') && !out.lines().any(|l| l.starts_with("VERDICT")));
}
