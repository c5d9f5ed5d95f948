//! Saved profiles: parts add up to the whole, stand for their logs, and are refused where they would mislead.

use serde_json::{Value, json};

use super::support::{NEW, OLD, Place, entries, gzip, lines};

const SAME: &str = "merge profiles of different sources, or make one profile of all sources at once";

fn counts(place: &Place, profile: &str) -> Value {
    let mut scan = place.run(&format!("profile show {profile} --format json")).json();
    scan["coverage"]["sources"] = Value::Null;
    scan
}

#[test]
fn parts_add_up_to_the_whole() {
    let all = entries(OLD, 10, 1800);
    let place = Place::new()
        .file("1.ndjson", lines(&all[..500]))
        .file("2.ndjson", lines(&all[500..1300]))
        .file("3.ndjson", lines(&all[1300..]));
    for n in 1..=3 {
        place
            .run(&format!("profile make {n}.ndjson -o {n}.profile"))
            .exits(0)
            .prints_nothing()
            .says_nothing();
    }
    place
        .run("profile make 1.ndjson 2.ndjson 3.ndjson -o all.profile")
        .exits(0);
    place
        .run("profile merge 1.profile 2.profile 3.profile -o merged.profile")
        .exits(0)
        .prints_nothing();
    place
        .run("profile merge 3.profile 1.profile 2.profile -o other.profile")
        .exits(0);
    assert_eq!(place.read("merged.profile"), place.read("all.profile"));
    assert_eq!(place.read("other.profile"), place.read("all.profile"));
    assert_eq!(counts(&place, "merged.profile")["coverage"]["entries_read"], 1800);
    // A folder of profiles is merged as it is read; profiles and logs mix.
    let scan = |input: &str| {
        let mut scan = place.run(&format!("scan {input} --format json")).json();
        scan["coverage"]["sources"] = Value::Null;
        scan
    };
    assert_eq!(scan("1.profile 2.profile 3.profile"), counts(&place, "all.profile"));
    assert_eq!(scan("1.profile 2.ndjson 3.ndjson"), counts(&place, "all.profile"));
}

#[test]
fn a_source_is_not_counted_twice() {
    let place = Place::with_logs();
    let packed = gzip(place.read("before.ndjson").as_bytes());
    let place = place.file("packed.gz", packed);
    for (log, profile) in [("before.ndjson", "a.profile"), ("packed.gz", "packed.profile")] {
        place.run(&format!("profile make {log} -o {profile}")).exits(0);
    }
    let copy = place.read("a.profile");
    let place = place.file("copy.profile", copy);
    let cause = "a.profile: the source before.ndjson is in both profiles: its entries would count twice";
    place
        .run("profile merge a.profile a.profile")
        .fails_with(3, cause, SAME);
    let cause = cause.replace("a.profile", "copy.profile");
    place
        .run("profile merge a.profile copy.profile")
        .fails_with(3, &cause, SAME);
    let cause = "packed.profile: the source packed.gz is in both profiles: its entries would count twice";
    place
        .run("profile merge a.profile packed.profile")
        .fails_with(3, cause, SAME);
    place
        .run("compare a.profile --baseline packed.profile after.ndjson")
        .fails_with(3, cause, SAME);
}

#[test]
fn profiles_stand_for_their_logs() {
    let place = Place::with_logs();
    for side in ["before", "after"] {
        place
            .run(&format!("profile make {side}.ndjson -o {side}.profile"))
            .exits(0);
    }
    let logs = place
        .run("compare before.ndjson after.ndjson --format json")
        .exits(0)
        .out;
    for args in [
        "before.profile after.profile",
        "before.ndjson after.profile",
        "before.profile after.ndjson",
    ] {
        assert_eq!(
            place.run(&format!("compare {args} --format json")).exits(0).out,
            logs,
            "{args}"
        );
    }
    place
        .run("profile make before.ndjson after.ndjson -o both.profile")
        .exits(0);
    let revisions = format!("--baseline-revision {OLD} --candidate-revision {NEW}");
    let split = place
        .run(&format!("compare both.profile {revisions} --format json"))
        .json();
    let plain: Value = serde_json::from_str(&logs).expect("JSON");
    assert_eq!(
        (&split["findings"], &split["verdict"]),
        (&plain["findings"], &plain["verdict"])
    );
    let cause = "before.profile is a saved profile: its entries can no longer be selected";
    let hint = "leave out --service, --revision, --since, --until and --filter, or give the logs themselves";
    let late = "2026-03-03T10:20:00Z";
    place
        .run(&format!("compare before.profile after.profile --since {late}"))
        .fails_with(2, cause, hint);
    place.run("scan before.profile --revision x").fails_with(2, cause, hint);
}

#[test]
fn rejected_records_and_concerns_survive_saving() {
    let text = lines(&entries(NEW, 11, 1800));
    let place = Place::with_logs().file("cut.ndjson", &text[..text.len() - 9]);
    place.run("profile make cut.ndjson -o cut.profile").exits(0);
    let report = place
        .run("compare before.ndjson cut.profile --format json")
        .judges("HOLD", "input-incomplete");
    assert_eq!(report["coverage"]["candidate"]["rejected"], json!({"truncated": 1}));
    place
        .run("profile show cut.profile")
        .exits(0)
        .prints("cut.ndjson:1800: truncated");
}

#[test]
fn edited_profiles_are_refused() {
    let place = Place::with_logs();
    place.run("profile make before.ndjson -o good.profile").exits(0);
    let good = place.read("good.profile");
    let hint = "make one with: logverdict profile make LOGS -o FILE";
    let edits = [
        ("\"entries\":60", "\"entries\":61"),
        ("\"200\":5", "\"500\":5"),
        ("\"ERROR\"", "\"INFO\""),
        ("pattern:starlette/accept-first", "pattern:starlette/accept-last"),
        ("\"rejected\":{}", "\"rejected\":{\"oversized\":1}"),
    ];
    let mut place = place;
    for (from, to) in edits {
        assert!(good.contains(from), "{from}");
        place = place.file("edited.profile", good.replacen(from, to, 1));
        let cause = "edited.profile: not a profile: its counts do not add up, it was edited or cut";
        for args in [
            "profile show edited.profile",
            "compare edited.profile after.ndjson",
            "profile merge edited.profile",
        ] {
            let run = place.run(args).exits(3).prints_nothing();
            assert!(run.err.starts_with(&format!("error: {cause}: ")), "{}", run.err);
            assert!(run.err.ends_with(&format!("hint: {hint}\n")), "{}", run.err);
        }
    }
}

#[test]
fn other_formats_are_refused_by_name() {
    let place = Place::with_logs();
    place.run("profile make before.ndjson -o good.profile").exits(0);
    let newer = place
        .read("good.profile")
        .replace("logverdict.profile/1", "logverdict.profile/2");
    let place = place.file("newer.profile", newer);
    let cause = "newer.profile: the profile has the format \"logverdict.profile/2\", this program reads \"logverdict.profile/1\"";
    let hint = "make it again with this program, or use the program that made it";
    for args in [
        "profile show newer.profile",
        "compare newer.profile after.ndjson",
        "scan newer.profile",
    ] {
        place.run(args).fails_with(3, cause, hint);
    }
    let run = place.run("profile show before.ndjson").exits(3).prints_nothing();
    assert!(
        run.err.starts_with("error: before.ndjson: not a profile: "),
        "{}",
        run.err
    );
}

#[test]
fn other_packs_do_not_merge() {
    let pack = "schema = \"logverdict.pack/1\"\nname = \"mine\"\nversion = \"1\"\ndescription = \"Ours.\"\n\n[[pattern]]\n\
        name = \"lost-room\"\ntitle = \"Lost room\"\ncategory = \"exception\"\nlevel = \"error\"\n\
        regex = \"room [0-9]+ was lost\"\nmeaning = \"A room went away.\"\nlink = \"https://example.com/rooms\"\n\
        examples = [\"room 17 was lost\"]\ncounter-examples = [\"room 17 was found\"]\n";
    let place = Place::with_logs().file("mine.toml", pack);
    place.run("profile make before.ndjson -o before.profile").exits(0);
    place
        .run("profile make after.ndjson -o after.profile --patterns mine.toml")
        .exits(0);
    let cause = "after.profile: the profiles were made with different versions of the pack \"mine\"";
    let hint = "make both again with the same program and the same --patterns";
    place
        .run("profile merge before.profile after.profile")
        .fails_with(3, cause, hint);
    place
        .run("compare before.profile after.profile --format json")
        .judges("HOLD", "input-incomplete");
}

#[cfg(unix)]
#[test]
fn what_is_no_plain_file_is_written_through() {
    let place = Place::new().file("a.ndjson", lines(&entries("chat-api-00041-kop", 10, 20)));
    place.run("scan a.ndjson --format json -o plain.json").exits(0);
    std::os::unix::fs::symlink("target.json", place.path("link.json")).unwrap();
    place.run("scan a.ndjson --format json -o link.json").exits(0);
    let is_link = place.path("link.json").symlink_metadata().unwrap().is_symlink();
    assert!(is_link, "the link is still one");
    assert_eq!(
        std::fs::read(place.path("target.json")).unwrap(),
        std::fs::read(place.path("plain.json")).unwrap()
    );
}
