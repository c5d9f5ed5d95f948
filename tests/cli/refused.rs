//! Arguments and files that cannot be worked with: exit code, cause and hint, and nothing on standard output.

use super::support::{OLD, Place, entries, lines, of_scheduler};

const MAKE: &str = "check the path; make a log file with: gcloud logging read FILTER --format=json > FILE";
const NO_TIME: &str = "write RFC 3339, such as 2026-03-01T10:00:00Z";
const ONE_INPUT: &str =
    "give two inputs, or one with --deployed-at TIME, or with --baseline-revision and --candidate-revision";

#[test]
fn what_is_not_there_is_named() {
    let place = Place::with_logs().folder("empty").folder("folder");
    // Root reads every file, so the unreadable ones are a path below a file and a folder in place of a file.
    for (args, cause, hint) in [
        ("compare gone.json after.ndjson", "no such file: gone.json", MAKE),
        ("compare before.ndjson gone.json", "no such file: gone.json", MAKE),
        ("scan gone.json", "no such file: gone.json", MAKE),
        ("profile make gone.json", "no such file: gone.json", MAKE),
        (
            "compare before.ndjson/x after.ndjson",
            "no such file: before.ndjson/x",
            MAKE,
        ),
        ("profile show gone", "no such file: gone", "check the path"),
        (
            "profile show folder",
            "folder is a folder, not a file",
            "name a file in it",
        ),
        ("profile merge gone", "no such file: gone", "check the path"),
        (
            "compare before.ndjson after.ndjson --policy gone",
            "no such file: gone",
            "check the path",
        ),
        (
            "compare before.ndjson after.ndjson --policy folder",
            "folder is a folder, not a file",
            "name a file in it",
        ),
        (
            "compare before.ndjson *.none",
            "no file matches *.none",
            "check the path and the wildcard; quote it, so that the shell leaves it alone",
        ),
        (
            "scan a[",
            "cannot read the wildcard a[: invalid range pattern",
            "use * for any characters, ** for any folders, ? for one character",
        ),
    ] {
        place.run(args).fails_with(3, cause, hint);
    }
    for args in ["compare empty after.ndjson", "scan empty", "profile make empty"] {
        let hint = "name a folder with log files in it (hidden files are left out)";
        place.run(args).fails_with(3, "no files in the folder empty", hint);
    }
}

#[test]
fn the_place_of_the_report_is_checked_before_anything_is_read() {
    let place = Place::with_logs().folder("folder");
    for command in [
        "compare gone gone2",
        "scan gone",
        "profile make gone",
        "profile merge gone",
    ] {
        let cause = "cannot write no/where/report: there is no folder no/where";
        let hint = "make the folder first, or name another";
        place
            .run(&format!("{command} -o no/where/report"))
            .fails_with(3, cause, hint);
        let cause = "folder is a folder, not a file";
        place
            .run(&format!("{command} -o folder"))
            .fails_with(3, cause, "name a file in it");
    }
}

#[test]
fn wrong_arguments_are_usage_errors() {
    let place = Place::with_logs();
    for flag in ["--since", "--until", "--deployed-at"] {
        let args = format!("compare before.ndjson after.ndjson {flag} yesterday");
        place.run(&args).fails_with(2, "\"yesterday\" is no time", NO_TIME);
    }
    for flag in ["--since", "--until"] {
        let args = format!("scan before.ndjson {flag} 10:00");
        place.run(&args).fails_with(2, "\"10:00\" is no time", NO_TIME);
    }
    let (early, late) = ("2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z");
    let cause = format!("--since {late} is not before --until {early}");
    place
        .run(&format!("scan before.ndjson --since {late} --until {early}"))
        .fails_with(2, &cause, "swap them");
    let wildcard = "use * for any characters, ? for one";
    for flag in ["--service", "--baseline-revision", "--candidate-revision"] {
        let args = format!("compare before.ndjson after.ndjson {flag} [x");
        place
            .run(&args)
            .fails_with(2, "\"[x\": invalid range pattern", wildcard);
    }
    place
        .run("scan before.ndjson --revision [x")
        .fails_with(2, "\"[x\": invalid range pattern", wildcard);
    let markdown = "use --format terminal or --format json";
    place
        .run("scan before.ndjson --format markdown")
        .fails_with(2, "a scan has no Markdown form", markdown);
    for (command, cause, hint) in [
        ("scan missing.ndjson", "a scan has no HTML form", markdown),
        (
            "replay --calibrate missing.ndjson",
            "a replay has no HTML form",
            "use --format terminal, --format json or --format markdown",
        ),
    ] {
        let run = place.run(&format!("{command} --format html"));
        run.fails_with(2, cause, hint);
        let run = place.run(&format!("{command} --format csv"));
        run.fails_with(2, &cause.replace("HTML", "CSV"), hint);
    }
    for args in [
        "frobnicate",
        "compare --frobnicate",
        "scan",
        "compare a b --threads 0",
        "scan a --format xml",
        "",
    ] {
        let run = place.run(args).exits(2).prints_nothing();
        assert!(
            run.err.contains("Usage:") || run.err.contains("error: "),
            "{args}: {}",
            run.err
        );
    }
}

#[test]
fn one_input_needs_something_that_tells_the_sides_apart() {
    let place = Place::with_logs();
    let cause = "only one input was given, and nothing tells baseline and candidate apart in it";
    place.run("compare before.ndjson").fails_with(2, cause, ONE_INPUT);
    place
        .run("compare --candidate before.ndjson")
        .fails_with(2, cause, ONE_INPUT);
    place.run("compare").exits(2).prints_nothing();
    let cause = "the same input is given as baseline and as candidate";
    place
        .run("compare before.ndjson before.ndjson")
        .fails_with(3, cause, ONE_INPUT);
    place
        .run("compare before.ndjson ./before.ndjson")
        .fails_with(3, cause, ONE_INPUT);
    let cause = "before.ndjson is on both sides: its entries would be compared with themselves";
    let hint =
        "give each side its own files, or tell the sides apart with --baseline-revision and --candidate-revision";
    place
        .run("compare before.ndjson after.ndjson --candidate before.ndjson")
        .fails_with(3, cause, hint);
    let cause = "standard input (-) was given more than once";
    let hint = "standard input can be read once; put the other side into a file";
    place.run("compare - -").fails_with(3, cause, hint);
    place
        .run("compare - before.ndjson --candidate -")
        .fails_with(3, cause, hint);
    place.run("scan - -").fails_with(3, cause, hint);
}

#[test]
fn inputs_without_an_entry_are_refused() {
    let place = Place::with_logs()
        .file("none.json", "[]")
        .file("zero", "")
        .file("blank", "\n \n");
    let hint = "make a log file with: gcloud logging read 'resource.type=\"cloud_run_revision\"' --format=json > FILE";
    for args in ["none.json zero", "zero none.json", "blank zero"] {
        place
            .run(&format!("compare {args}"))
            .fails_with(3, "there is no log entry in the input", hint);
    }
    for command in ["scan", "profile make"] {
        for name in ["none.json", "zero", "blank"] {
            let run = place.run(&format!("{command} {name}"));
            run.fails_with(3, "there is no log entry in the input", hint);
        }
    }
    let broken = Place::new()
        .file("a", "{\"a\": 1}\n")
        .file("b", "{\"b\": 2}\n{\"c\": \n");
    let run = broken.run("compare a b").exits(3).prints_nothing();
    assert!(
        run.err.starts_with(
            "error: there is no log entry in the input (3 records could not be read; the first: a:1: not-a-log-entry)\n"
        ),
        "{}",
        run.err
    );
}

#[test]
fn inputs_without_an_entry_to_count_are_refused() {
    let place = Place::with_logs()
        .file("jobs.ndjson", lines(&of_scheduler(entries(OLD, 8, 30))))
        .file("more-jobs.ndjson", lines(&of_scheduler(entries(OLD, 9, 12))));
    let hint = "check --service, --since and --until; only entries of resource.type=\"cloud_run_revision\" are counted";
    let cause = "none of the 42 log entries is one to count: 42 other-resource-type";
    place
        .run("compare jobs.ndjson more-jobs.ndjson")
        .fails_with(3, cause, hint);
    let cause = "none of the 3600 log entries is one to count: 3600 other-service";
    place
        .run("compare before.ndjson after.ndjson --service other")
        .fails_with(3, cause, hint);
    let cause = "none of the 1800 log entries is one to count: 1800 outside-window";
    let args = "compare before.ndjson --deployed-at 2026-03-03T10:10:00Z --since 2026-03-04T00:00:00Z";
    place.run(args).fails_with(3, cause, hint);
}

#[test]
fn a_revision_that_does_not_occur_brings_those_that_do() {
    let hint = "check the name; * and ? are allowed: --baseline-revision 'chat-api-00041-*'";
    let place = Place::with_logs();
    let cause =
        "no entry of the baseline has a revision like \"chat-api-00040-*\"; there are: chat-api/chat-api-00041-kop";
    place
        .run("compare before.ndjson after.ndjson --baseline-revision chat-api-00040-*")
        .fails_with(3, cause, hint);
    let cause = "no entry of the candidate has a revision like \"x\"; there are: chat-api/chat-api-00042-wil";
    place
        .run("compare before.ndjson after.ndjson --candidate-revision x")
        .fails_with(3, cause, hint);
    let run = place.run(
        "compare before.ndjson --baseline after.ndjson --candidate-revision *-0004* --baseline-revision *-00041-*",
    );
    let cause = "the revision chat-api/chat-api-00041-kop was asked for on both sides";
    let hint = "name different revisions, or compare by time: --deployed-at 2026-03-01T10:00:00Z";
    run.fails_with(3, cause, hint);
}

#[test]
fn a_typo_in_a_policy_is_pointed_at() {
    let policy = "schema = \"logverdict.policy/1\"\n[statistics]\nmin-minuts = 20\n";
    let place = Place::with_logs()
        .file("policy.toml", policy)
        .file("broken.toml", "a = = 1\n")
        .file("none.toml", "");
    let run = place
        .run("compare gone.json after.ndjson --policy policy.toml")
        .exits(3)
        .prints_nothing();
    assert!(
        run.err.starts_with("error: policy.toml:3: "),
        "the policy is read before the logs: {}",
        run.err
    );
    assert!(
        run.err.contains("`min-minuts`") && run.err.contains("\nhint: did you mean `min-minutes`?"),
        "{}",
        run.err
    );
    let run = place
        .run("compare before.ndjson after.ndjson --policy broken.toml")
        .exits(3)
        .prints_nothing();
    assert!(
        run.err
            .starts_with("error: broken.toml:1: the policy is not valid TOML"),
        "{}",
        run.err
    );
    let hint = "start the file with `schema = \"logverdict.policy/1\"`";
    let cause = "none.toml:1: the policy has no `schema`";
    place
        .run("compare before.ndjson after.ndjson --policy none.toml")
        .fails_with(3, cause, hint);
}

#[test]
fn quiet_means_no_hints() {
    let place = Place::new();
    for args in ["-q scan gone.json", "scan gone.json --quiet"] {
        let run = place.run(args).exits(3).prints_nothing();
        assert_eq!(run.err, "error: no such file: gone.json\n");
    }
}

#[test]
fn help_and_version_are_no_errors() {
    let place = Place::new();
    place
        .run("--help")
        .exits(0)
        .says_nothing()
        .prints("Exit codes: 0 PROCEED (or done), 10 HOLD, 20 ROLL BACK");
    place
        .run("compare --help")
        .exits(0)
        .says_nothing()
        .prints("--baseline-revision")
        .prints("Examples:");
    place.run("--version").exits(0).says_nothing().prints("logverdict ");
}
