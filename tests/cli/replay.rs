//! `replay`: calibration on logs and profiles, past deploys in folders, and what cannot be replayed.

use std::path::Path;

use serde_json::{Value, json};

use super::support::{NEW, OLD, Place, entries, lines, of_scheduler};

const SMALL: &str = "--baseline-minutes 10 --candidate-minutes 10 --runs 8";
const LESS: &str = "give logs of a longer time, or ask for less: --baseline-minutes 20 --candidate-minutes 20";

fn scenario(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios");
    folder.join(name).display().to_string()
}

fn runs(outcomes: &Value) -> u64 {
    let counts = ["roll_back", "hold", "proceed"].map(|verdict| outcomes[verdict]["count"].as_u64().expect(verdict));
    counts.iter().sum()
}

#[test]
fn a_scenarios_baseline_raises_no_alarm() {
    let place = Place::new();
    let log = scenario("good-quiet/baseline.ndjson.gz");
    let args = |threads: &'static str| {
        let small = "replay --calibrate --baseline-minutes 20 --candidate-minutes 20 --runs 12 --format json --threads";
        let args = small.split(' ').chain([threads, log.as_str()]);
        place.run_with(&args.collect::<Vec<_>>(), b"").exits(0).says_nothing()
    };
    let one = args("1");
    let replay = one.json();
    assert_eq!(one.out, args("3").out, "threads change the bytes");
    let calibration = &replay["calibration"];
    assert_eq!(calibration["as_it_happened"]["runs"], 3);
    assert_eq!(calibration["block_minutes"], 20);
    assert_eq!(calibration["logs"]["deals"], 6);
    for which in ["as_it_happened", "shuffled"] {
        let outcomes = &calibration[which];
        assert_eq!(outcomes["roll_back"]["count"], 0, "{outcomes}");
        assert_eq!(Some(runs(outcomes)), outcomes["runs"].as_u64());
    }
    let harms = calibration["harms"].as_array().expect("harms");
    assert_eq!(harms.len(), 11);
    assert!(harms.iter().all(|harm| runs(harm) == 12));
    let slow = harms.iter().find(|h| h["id"] == "latency-500-ms").expect("latency");
    assert_eq!(
        (&slow["roll_back"]["count"], &slow["beyond_margins"]),
        (&12.into(), &true.into())
    );
}

#[test]
fn profiles_are_replayed_like_their_logs_in_every_format() {
    let place = Place::new().file("day.ndjson", lines(&entries(OLD, 10, 1800)));
    place.run("profile make day.ndjson -o day.profile").exits(0);
    let of = |input: &str| {
        let mut replay = place
            .run(&format!("replay --calibrate {input} {SMALL} --format json"))
            .json();
        replay["coverage"]["sources"] = Value::Null;
        replay
    };
    let logs = of("day.ndjson");
    assert_eq!(logs["calibration"]["notes"][0]["code"], "short-candidate");
    assert_eq!(logs, of("day.profile"));
    assert_eq!(logs, of(&format!("day.profile --revision {OLD}")));
    let seeds = ["--seed 1", "--seed 2"].map(|seed| of(&format!("day.ndjson {seed}")));
    assert_eq!(logs, seeds[0]);
    assert_ne!(seeds[0]["calibration"], seeds[1]["calibration"]);
    place
        .run(&format!("replay --calibrate day.ndjson {SMALL}"))
        .exits(0)
        .says_nothing()
        .prints("every ROLL BACK is a false alarm")
        .prints("Known harm in the shuffled candidates");
    place
        .run(&format!(
            "replay --calibrate day.ndjson {SMALL} --format markdown -o r.md"
        ))
        .exits(0)
        .prints_nothing()
        .says_nothing();
    assert!(place.read("r.md").contains("| harm |  | ROLL BACK | HOLD | PROCEED |"));
}

#[test]
fn logs_that_cannot_be_replayed_are_refused_with_numbers() {
    let silent: Vec<Value> = entries(OLD, 10, 1800)
        .into_iter()
        .filter(|e| e["httpRequest"].is_null())
        .collect();
    let place = Place::new()
        .file("short.ndjson", lines(&entries(OLD, 10, 1800)))
        .file("silent.ndjson", lines(&silent))
        .file("empty.ndjson", "")
        .file("scheduler.ndjson", lines(&of_scheduler(entries(OLD, 10, 60))));
    let told = "the logs hold 30 minutes, one pair of windows takes 120 (60 and 60)";
    place.run("replay --calibrate short.ndjson").fails_with(3, told, LESS);
    let export = "export the request log too: log_id(\"run.googleapis.com/requests\"), without a filter on severity";
    let told = "the logs hold no requests: there is nothing to count errors against";
    for input in ["silent.ndjson", "scheduler.ndjson"] {
        place
            .run(&format!("replay --calibrate {input} {SMALL}"))
            .fails_with(3, told, export);
    }
    let told = format!("no entry has a revision like \"x-*\"; there are: chat-api/{OLD}");
    let check = "check the name; * and ? are allowed: --revision 'chat-api-00041-*'";
    place
        .run("replay --calibrate short.ndjson --revision x-*")
        .fails_with(3, &told, check);
    for wrong in [
        "empty.ndjson --runs 0",
        "short.ndjson --baseline-minutes 7",
        "short.ndjson --candidate-minutes 0",
        "short.ndjson --block-minutes 20000",
        "short.ndjson --runs many",
    ] {
        let _ = place
            .run(&format!("replay --calibrate {wrong}"))
            .exits(2)
            .prints_nothing();
    }
    let _ = place.run("replay --calibrate empty.ndjson").exits(3).prints_nothing();
    let _ = place.run("replay").exits(2).prints_nothing();
    let _ = place.run("replay folder --runs 3").exits(2).prints_nothing();
}

#[test]
fn the_scenarios_hold_no_false_alarm_and_no_miss() {
    let place = Place::new();
    let replay = place
        .run_with(&["replay", "--format", "json", &scenario("")], b"")
        .exits(0)
        .says_nothing()
        .json();
    let past = &replay["deploys"];
    assert_eq!(
        (&past["misses"], &past["false_alarms"], &past["not_judged"]),
        (&0.into(), &0.into(), &0.into())
    );
    let deploys = past["deploys"].as_array().expect("deploys");
    assert!(deploys.len() >= 26);
    for deploy in deploys.iter().filter(|d| !d["expected"].is_null()) {
        assert_eq!(deploy["verdict"], deploy["expected"], "{deploy}");
    }
    assert!(
        past["good"]["proceed"].as_u64() >= Some(10) && past["bad"]["roll_back"].as_u64() >= Some(9),
        "{past}"
    );
}

#[test]
fn one_broken_deploy_does_not_stop_the_others() {
    let place = Place::with_logs();
    let (before, after) = (place.read("before.ndjson"), place.read("after.ndjson"));
    let place = place
        .file("past/1-good/baseline.ndjson", &before)
        .file("past/1-good/candidate.ndjson", &after)
        .file("past/1-good/expect.toml", "truth = \"bad\"\n")
        .file("past/2-both/logs.ndjson", format!("{before}{after}"))
        .file(
            "past/2-both/expect.toml",
            "args = [\"--deployed-at\", \"2026-03-03T11:00:00Z\"]\n",
        )
        .file("past/3-typo/logs.ndjson", &before)
        .file("past/3-typo/expect.toml", "verdikt = \"HOLD\"\n")
        .file("past/4-writes/logs.ndjson", &before)
        .file("past/4-writes/expect.toml", "args = [\"-o\", \"stolen\"]\n")
        .folder("past/5-empty")
        .file("none/note.txt", "");
    let run = place.run("replay past --format json").exits(3);
    assert_eq!(run.err, "3 of 5 deploys could not be judged\n");
    let replay: Value = serde_json::from_str(&run.out).expect("the report is printed all the same");
    let of = |name: &str| {
        let deploys = replay["deploys"]["deploys"].as_array().expect("deploys");
        deploys.iter().find(|d| d["name"] == name).expect(name).clone()
    };
    assert_eq!(
        (&of("1-good")["verdict"], &of("1-good")["outcome"]),
        (&"PROCEED".into(), &"miss".into())
    );
    assert_eq!(
        (&of("2-both")["truth"], &of("2-both")["outcome"]),
        (&"unknown".into(), &"truth-unknown".into())
    );
    for (name, cause) in [
        ("3-typo", "expect.toml: unknown field `verdikt`"),
        ("4-writes", "expect.toml: args: unexpected argument '-o' found"),
        ("5-empty", "it holds neither baseline.* and candidate.* nor logs.*"),
    ] {
        let error = of(name)["error"].as_str().expect(name).to_owned();
        assert!(error.starts_with(cause), "{error}");
    }
    place
        .run("replay past/1-good")
        .exits(0)
        .says_nothing()
        .prints("Misses: 1 of 1 bad deploy");
    let hint = "a past deploy is a folder with baseline.* and candidate.*, or with logs.* and expect.toml";
    place
        .run("replay none")
        .fails_with(3, "there is no past deploy in none", hint);
    let hint = "name the folder it lies in, or make pseudo deploys of logs with --calibrate";
    let told = "before.ndjson is a file, not a folder of past deploys";
    place.run("replay before.ndjson").fails_with(3, told, hint);
    place
        .run("replay missing")
        .fails_with(3, "no such file: missing", "check the path");
}

/// An hour of a revision: most requests take `slower` ms more, and of the `failing` ones in 100 a part fails.
fn hour(revision: &str, hour: u32, slower: u64, failing: u64) -> String {
    let mut all = entries(revision, hour, 3600);
    for (n, entry) in (0_u64..).zip(&mut all) {
        let Some(request) = entry["httpRequest"].as_object_mut() else {
            continue;
        };
        // One in seven waits for something else: the upper quantiles stay where they are.
        let ms = if n % 7 == 0 { 900 } else { 100 + n * 31 % 80 + slower };
        request.insert("latency".into(), json!(format!("{}.{:03}s", ms / 1000, ms % 1000)));
        if n * 37 % 100 < failing {
            request.insert("status".into(), json!(500));
        }
    }
    lines(&all)
}

fn past_deploys() -> Place {
    let old = hour(OLD, 10, 0, 0);
    let mut place = Place::new();
    for (name, truth, slower) in [("1-alarm", "good", 70), ("2-miss", "bad", 35), ("3-fine", "good", 35)] {
        place = place
            .file(&format!("past/{name}/baseline.ndjson"), &old)
            .file(&format!("past/{name}/candidate.ndjson"), hour(NEW, 11, slower, 0))
            .file(&format!("past/{name}/expect.toml"), format!("truth = \"{truth}\"\n"));
    }
    let told = "truth = \"bad\"\nargs = [\"--deployed-at\", \"2026-03-03T11:00:00Z\"]\n";
    let place = place
        .file("past/4-harm/logs.ndjson", format!("{old}{}", hour(NEW, 11, 0, 20)))
        .file("past/4-harm/expect.toml", told)
        .file("old.ndjson", &old)
        .file("new.ndjson", hour(NEW, 11, 0, 0))
        .folder("past/5-saved");
    for (from, to) in [("old", "baseline"), ("new", "candidate")] {
        place
            .run(&format!("profile make {from}.ndjson -o past/5-saved/{to}.profile"))
            .exits(0);
    }
    place
}

#[test]
fn the_watch_is_replayed_and_settings_that_would_have_helped_are_named() {
    let place = past_deploys();
    let replay = place.run("replay past --format json").exits(0).says_nothing().json();
    let past = &replay["deploys"];
    let of = |name: &str| {
        let deploys = past["deploys"].as_array().expect("deploys");
        deploys.iter().find(|d| d["name"] == name).expect(name).clone()
    };
    let outcomes = |name: &str| {
        let deploy = of(name);
        [&deploy["outcome"], &deploy["watch"]["outcome"]].map(|o| o.as_str().expect(name).to_owned())
    };
    assert_eq!(outcomes("1-alarm"), ["false-alarm", "false-alarm"]);
    assert_eq!(outcomes("2-miss"), ["miss", "miss"]);
    assert_eq!(outcomes("3-fine"), ["right", "right"]);
    assert_eq!(outcomes("4-harm"), ["right", "right"]);
    assert_eq!(outcomes("5-saved"), ["truth-unknown", "not-watched"]);
    let harm = &of("4-harm")["watch"];
    assert_eq!(harm["deployed_at"], "2026-03-03T11:00:00Z");
    assert!(
        (10..=40).contains(&harm["roll_back_after"].as_u64().expect("a ROLL BACK")),
        "{harm}"
    );
    let fine = &of("3-fine")["watch"];
    assert_eq!((&fine["minutes"], &fine["roll_back_after"]), (&60.into(), &Value::Null));
    let cause = of("5-saved")["watch"]["error"].clone();
    assert!(
        cause
            .as_str()
            .expect("a cause")
            .ends_with("is a saved profile: a watch takes the logs themselves")
    );
    let watched = &past["watched"];
    assert_eq!((&watched["misses"], &watched["false_alarms"]), (&1.into(), &1.into()));
    assert_eq!((&watched["right"], &watched["not_watched"]), (&2.into(), &1.into()));

    let settings = &past["settings"];
    assert_eq!((&settings["wrong"], &settings["deploys"]), (&4.into(), &4.into()));
    let rows = settings["helpful"].as_array().expect("rows");
    let row = |value: &str| {
        let is = |row: &&Value| row["key"] == "latency.p50" && row["value"] == value;
        rows.iter().find(is).unwrap_or_else(|| panic!("{value}: {settings}"))
    };
    let both = |name: &str| json!([{"deploy": name, "by": "look"}, {"deploy": name, "by": "watch"}]);
    let wide = row("{ ms = 100, share = 0.2 }");
    assert_eq!((&wide["mends"], &wide["breaks"]), (&both("1-alarm"), &json!([])));
    assert_eq!(&rows[0], wide, "what breaks nothing comes first");
    let narrow = row("{ ms = 25, share = 0.05 }");
    assert_eq!(
        (&narrow["mends"], &narrow["breaks"]),
        (&both("2-miss"), &both("3-fine"))
    );

    place
        .run("replay past --threads 1")
        .exits(0)
        .prints("The watch over the same logs")
        .prints("would mend 2 (1-alarm,")
        .prints("fits these deploys");
    // Shorter watches end sooner, and nothing is tried where nothing is wrong.
    let short = place.run("replay past/3-fine --for 30m --format json").exits(0).json();
    let deploys = &short["deploys"];
    assert_eq!(deploys["deploys"][0]["watch"]["minutes"], 30);
    assert_eq!(deploys["settings"], Value::Null);
    let _ = place.run("replay past --for 5m").exits(2).prints_nothing();
    let _ = place
        .run("replay --calibrate old.ndjson --for 1h")
        .exits(2)
        .prints_nothing();
}
