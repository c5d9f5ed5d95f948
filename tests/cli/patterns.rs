//! The patterns that are known, looked at from outside.

use super::support::{Place, entries, lines};

const PACK: &str = r#"schema = "logverdict.pack/1"
name = "mine"
version = "1"
description = "Ours."

[[pattern]]
name = "lost-room"
title = "Lost room"
category = "exception"
level = "error"
regex = "room [0-9]+ was lost"
meaning = "A room went away."
link = "https://example.com/rooms"
examples = ["room 17 was lost"]
counter-examples = ["room 17 was found"]
"#;

#[test]
fn all_packs_are_listed_and_sound() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns");
    let packs = std::fs::read_dir(folder).expect("the folder of packs").count();
    let place = Place::new();
    let list = place.run("patterns list").exits(0).says_nothing().out;
    let ids: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(ids.is_sorted() && ids.contains(&"starlette/accept-first"));
    let summary = format!("{packs} packs, {} patterns, 0 errors\n", ids.len());
    assert!(
        place
            .run("patterns check")
            .exits(0)
            .says_nothing()
            .out
            .ends_with(&summary),
        "{summary}"
    );
}

#[test]
fn one_pattern_is_shown() {
    let place = Place::new();
    let shown = place
        .run("patterns show starlette/accept-first")
        .exits(0)
        .says_nothing();
    shown
        .prints("WebSocket used before accept")
        .prints("level error")
        .prints("regex: WebSocket is not connected");
    let cause = "there is no pattern \"starlette/accept-frist\"";
    let hint = "did you mean starlette/accept-first? `logverdict patterns list` lists all";
    place
        .run("patterns show starlette/accept-frist")
        .fails_with(2, cause, hint);
}

#[test]
fn a_text_is_explained() {
    let place = Place::new().file("mine.toml", PACK);
    let text = r#"main loop: WebSocket is not connected. Need to call "accept" first."#;
    let run = place
        .run_with(&["patterns", "explain", text], b"")
        .exits(0)
        .says_nothing();
    let expected = "starlette/accept-first: WebSocket used before accept\n  \
        matched: WebSocket is not connected. Need to call \"accept\" first\n";
    assert!(run.out.starts_with(expected), "{}", run.out);
    assert!(run.out.contains("explained by a pattern"), "{}", run.out);
    let run = place
        .run_with(&["patterns", "explain", "gate 17 shut (HTTP 502)"], b"")
        .exits(0);
    assert!(
        run.out
            .starts_with("no pattern matches\n\ntext: gate 17 shut (HTTP 502)\n  keep-status"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("  num          gate <num> shut (HTTP 502)\n"),
        "{}",
        run.out
    );
    assert!(run.out.ends_with("gate <*> shut (HTTP 502)\n"), "{}", run.out);
    let run = place.run_with(
        &["patterns", "explain", "room 4 was lost", "--patterns", "mine.toml"],
        b"",
    );
    run.exits(0).prints("mine/lost-room: Lost room");
}

#[test]
fn a_pack_of_the_user_is_counted() {
    let mut log = entries("chat-api-00041-kop", 10, 20);
    log[7]["textPayload"] = "room 4 was lost".into();
    let place = Place::new().file("packs/mine.toml", PACK).file("a.ndjson", lines(&log));
    place.run("scan a.ndjson").exits(0).does_not_print("mine/lost-room");
    for packs in ["packs", "packs/mine.toml"] {
        place
            .run(&format!("scan a.ndjson --patterns {packs}"))
            .exits(0)
            .prints("mine/lost-room");
    }
    let run = place.run("patterns check packs").exits(0).says_nothing();
    assert!(run.out.ends_with("1 pack, 1 pattern, 0 errors\n"));
}

#[test]
fn broken_packs_are_refused() {
    let place = Place::with_logs()
        .file("typo.toml", PACK.replace("title", "titel"))
        .file("regex.toml", PACK.replace("[0-9]+", "[0-9+"))
        .file(
            "example.toml",
            PACK.replace("[\"room 17 was lost\"]", "[\"room 17 left\"]"),
        )
        .file("empty.toml", "")
        .folder("folder");
    let cause = "typo.toml:8: unknown key `titel`";
    let run = "scan before.ndjson --patterns typo.toml";
    place.run(run).fails_with(3, cause, "did you mean `title`?");
    place
        .run("compare gone gone2 --patterns typo.toml")
        .exits(3)
        .prints_nothing();
    place
        .run("patterns check typo.toml")
        .fails_with(3, cause, "did you mean `title`?");
    for name in ["regex.toml", "example.toml", "empty.toml", "gone.toml", "folder"] {
        let run = place.run(&format!("patterns check {name}")).exits(3);
        let told = format!("{}{}", run.out, run.err);
        assert!(told.contains("error: "), "{name}: {told}");
    }
    for name in ["regex.toml", "empty.toml", "gone.toml", "folder"] {
        let run = place
            .run(&format!("scan before.ndjson --patterns {name}"))
            .exits(3)
            .prints_nothing();
        assert!(
            run.err.starts_with(&format!("error: {name}")) && run.err.contains("\nhint: "),
            "{name}: {}",
            run.err
        );
    }
}

#[test]
fn lines_are_grouped() {
    let text = "worker 17 started\r\nno such room: blue\nworker 4 started\n\nworker 5 started\n";
    let place = Place::new().file("app.log", text);
    let out = place.run("patterns group app.log").exits(0).says_nothing().out;
    let ids: Vec<&str> = out.lines().collect();
    assert_eq!(ids.len(), 5);
    assert!(
        ids.iter()
            .all(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_hexdigit()))
    );
    assert_eq!((ids[0], ids[0]), (ids[2], ids[4]));
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
    let piped = place
        .run_with(&["patterns", "group", "-", "--text"], text.as_bytes())
        .exits(0);
    assert_eq!(
        piped.out.lines().next(),
        Some(format!("{}  worker <*> started", ids[0]).as_str())
    );
    place
        .run("patterns group none.log")
        .fails_with(3, "no such file: none.log", "check the path");
}

#[test]
fn lines_of_any_kind_are_grouped() {
    let mut bytes = vec![b'x'; 20_000_000];
    bytes.push(b'\n');
    bytes.extend("7 word ".repeat(500_000).bytes());
    bytes.extend(b"\n\xff\xfe broken \x00\x1b[31m\n\n<num> <hex>\nlast line without an end");
    let place = Place::new().file("odd.log", bytes).file("empty.log", "");
    let out = place.run("patterns group odd.log").exits(0).says_nothing().out;
    assert_eq!(out.lines().count(), 6);
    place
        .run("patterns group empty.log")
        .exits(0)
        .says_nothing()
        .prints_nothing();
}
