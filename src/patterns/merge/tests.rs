//! What merges and what does not, and the laws of merging.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::symbols::WILDCARD;
use super::{Text, id, merge};

fn finals<S: AsRef<str>>(texts: &[S]) -> Vec<String> {
    let texts: Vec<Text> = texts
        .iter()
        .map(|text| Text {
            class: "",
            text: text.as_ref(),
        })
        .collect();
    merge(&texts)
}

fn filled(template: &str, words: &[&str]) -> Vec<String> {
    words.iter().map(|word| template.replace("{}", word)).collect()
}

const NAMES: [&str; 12] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mike", "niaj",
];

/// All texts of the template become one.
fn one(template: &str, words: &[&str], expected: &str) {
    let found: BTreeSet<String> = finals(&filled(template, words)).into_iter().collect();
    assert_eq!(
        found,
        BTreeSet::from([expected.to_owned()]),
        "{template} with {words:?}"
    );
}

/// Texts stay as they are.
fn apart<S: AsRef<str>>(texts: &[S]) {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    assert_eq!(finals(&texts), texts);
}

#[test]
fn many_different_words_are_data() {
    one("no such user {} on this host", &NAMES, "no such user <*> on this host");
    one(
        "login of {} from <ip> port <num>",
        &NAMES,
        "login of <*> from <*> port <*>",
    );
    one(
        "level=info user={} route=<path>",
        &NAMES[..5],
        "level=info user=<*> route=<*>",
    );
    one(
        "cannot reach {} on port <num> again",
        &["db.local", "mq.local", "kv.local"],
        "cannot reach <*> on port <*> again",
    );
}

#[test]
fn few_different_words_are_words() {
    apart(&filled(
        "[VM x] machine {} (lifecycle event)",
        &["started", "stopped", "paused", "resumed"],
    ));
    apart(&[
        "task moved from NEW to ASSIGNED",
        "task moved from NEW to FAILED",
        "task moved from ASSIGNED to FAILED",
    ]);
    apart(&filled(
        "No module named '{}'",
        &["app.services.billing", "app.services.mail", "auth_service"],
    ));
    apart(&filled(
        "breaker of the payment service is now {}",
        &["open", "closed", "half-open"],
    ));
    apart(&NAMES); // nothing in common
}

#[test]
fn states_need_twice_as_many() {
    let states = ["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "LOST"];
    apart(&filled("the state of the job changed to {}", &states));
}

#[test]
fn names_of_errors_and_kept_numbers_are_never_data() {
    let errors: Vec<String> = NAMES.iter().map(|name| format!("{name}Error")).collect();
    let errors: Vec<&str> = errors.iter().map(String::as_str).collect();
    apart(&filled("job of the night run failed with {} again", &errors));
    let statuses: Vec<String> = (400..420)
        .map(|status| format!("request to the store failed with status {status}"))
        .collect();
    apart(&statuses);
    let errno = [
        "ECONNRESET",
        "ECONNREFUSED",
        "EPIPE",
        "ETIMEDOUT",
        "EHOSTUNREACH",
        "ENOTFOUND",
        "EAI_AGAIN",
        "EACCES",
    ];
    apart(&filled("request to the store failed: {} at connect", &errno));
}

#[test]
fn an_error_among_names_stays_and_the_names_merge() {
    let mut texts = filled("worker {} of this pool has gone away", &NAMES);
    texts.push("worker TimeoutError of this pool has gone away".into());
    let found = finals(&texts);
    assert_eq!(found[0], "worker <*> of this pool has gone away");
    assert_eq!(found[12], texts[12]);
}

#[test]
fn values_that_vary_together_are_found() {
    let texts: Vec<String> = NAMES
        .iter()
        .zip(NAMES.iter().rev())
        .map(|(a, b)| format!("copied file {a} to folder {b} in <duration>"))
        .collect();
    let found: BTreeSet<String> = finals(&texts).into_iter().collect();
    assert_eq!(
        found,
        BTreeSet::from(["copied file <*> to folder <*> in <*>".to_owned()])
    );
}

#[test]
fn phrases_and_lists_of_different_length_merge() {
    let phrases = [
        "hello",
        "good morning all",
        "who is there",
        "a b",
        "well then, no",
        "see you",
        "bye bye now",
    ];
    one(
        "message of the room: \"{}\" was sent",
        &phrases,
        "message of the room: \"<*>\" was sent",
    );
    let lists = ["<num>", "<num>, <hex>", "a-<num>, a-<num>, a-<num>"];
    one("moved parts [{}] to <ip>", &lists[..2], "moved parts [<*>] to <*>");
    one(
        "order (id=<num>, city={}) of <email>",
        &["Oslo", "Lima"],
        "order (id=<*>, city=<*>) of <*>",
    );
    one(
        "seen {<num>: {}}",
        &[
            "Seat(row=<num>, class=x)",
            "Seat(row=<num>, class=y), Seat(row=<num>, class=z)",
        ],
        "seen {<*>: Seat(row=<*>, class=<*>)}",
    );
}

#[test]
fn fields_that_tell_what_happened_are_kept() {
    apart(&["order (id=<*>, status=paid)", "order (id=<*>, status=lost)"]);
    apart(&[
        r#"{"id": <*>, "error": "refused"}"#,
        r#"{"id": <*>, "error": "broken"}"#,
    ]);
    one(
        r#"{"id": <num>, "city": "{}"}"#,
        &["Oslo", "Lima"],
        r#"{"id": <*>, "city": "<*>"}"#,
    );
}

#[test]
fn placeholders_of_all_types_are_one() {
    one(
        "read {} of the file",
        &["<num>", "<hex>", "<size>", "x<num>"],
        "read <*> of the file",
    );
    one(
        "node {} left the cluster",
        &["node-<num>.local", "node-<hex>.local"],
        "node <*> left the cluster",
    );
    assert_eq!(finals(&["at_<num>_m_<num>_<num> b"]), ["at_<*> b"]);
    one(
        "task {} given up",
        &["at_<num>_m_<num>", "at_<num>_r_<num>", "at_<num>"],
        "task at_<*> given up",
    );
    apart(&["worker-<*> died", "node-<*> died"]);
}

#[test]
fn a_number_and_a_quantifier_are_two_messages() {
    assert_eq!(
        finals(&["found <num> lost rooms here", "found no lost rooms here"])[1],
        "found no lost rooms here"
    );
    let joined = finals(&["room <num> is lost for ever", "room blue is lost for ever"]);
    assert_eq!(joined[0], joined[1]);
}

#[test]
fn classes_never_merge() {
    let texts: Vec<Text> = NAMES
        .iter()
        .map(|class| Text {
            class,
            text: "no such user on this host",
        })
        .collect();
    assert_eq!(merge(&texts), ["no such user on this host"; 12]);
    let halves: Vec<String> = filled("no such user {} on this host", &NAMES[..6]);
    let texts: Vec<Text> = halves
        .iter()
        .enumerate()
        .map(|(i, text)| Text {
            class: ["a", "b"][i % 2],
            text,
        })
        .collect();
    assert_eq!(merge(&texts), halves, "three of each class are too few");
}

#[test]
fn ids_are_of_content() {
    assert_eq!(id("error", "a <*> b"), id("error", "a <*> b"));
    assert_eq!(id("error", "a").len(), 12);
    let ids = BTreeSet::from([
        id("error", "a"),
        id("info", "a"),
        id("", "errora"),
        id("error", ""),
        id("error", "b"),
    ]);
    assert_eq!(ids.len(), 5);
    assert!(ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_hexdigit())));
}

#[test]
fn degenerate_texts_are_survived() {
    assert_eq!(merge(&[]), Vec::<String>::new());
    assert_eq!(
        finals(&[
            "",
            " ",
            "<num>",
            "<num> <hex>",
            "<",
            ">",
            "<>",
            "<*>",
            "((((",
            "))))",
            "\"",
            "=,=",
            "<num"
        ])
        .len(),
        13
    );
    assert_eq!(finals(&["<num> <num> <ip>"]), [WILDCARD]);
    let long = "word ".repeat(1_000_000);
    let found = finals(&[
        long.as_str(),
        &"<num> x ".repeat(1_000_000),
        &"(".repeat(1_000_000),
        &"a=<num>, ".repeat(500_000),
    ]);
    assert!(
        found.iter().all(|text| text.len() < 4_096),
        "what follows the compared tokens is one wildcard"
    );
    assert!(found[0].ends_with("word <*>"));
}

#[test]
fn many_and_long_texts_take_bounded_time() {
    let started = std::time::Instant::now();
    let word = |n: usize| {
        format!(
            "{}{}",
            ["ka", "lo", "mi", "nu", "pe"][n % 5],
            "abcdefghij".repeat(1 + n % 7).split_at(n % 9).0
        )
    };
    let many: Vec<String> = (0..20_000)
        .map(|n| {
            format!(
                "{} {} of {} to user{} (in {} by {})",
                word(n / 7),
                word(n % 13),
                word(n % 101),
                word(n * 31),
                word(n / 3),
                word(n)
            )
        })
        .collect();
    assert_eq!(finals(&many).len(), 20_000);
    let long: Vec<String> = (0..300)
        .map(|n| (0..2_000).map(|i| word(n * i) + " ").collect())
        .collect();
    assert_eq!(finals(&long).len(), 300);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

/// Each literal piece of the final text is in the text, in order.
fn matches(text: &str, final_text: &str) -> bool {
    let mut rest = text;
    final_text.split(WILDCARD).all(|piece| match rest.find(piece.trim()) {
        Some(at) => {
            rest = &rest[at + piece.trim().len()..];
            true
        }
        None => false,
    })
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    let word = prop_oneof![
        6 => proptest::sample::select(&["open", "file", "user", "of", "to", "at", "no", "NEW", "IoError", "a.b", "status"][..]),
        3 => proptest::sample::select(&NAMES[..]),
        3 => proptest::sample::select(&["<num>", "<hex>", "x-<num>", "<*>", "<num>.local", "5"][..]),
        2 => proptest::sample::select(&["(", ")", "[", "]", "\"", "=", ",", ":", "{", "}", "<", ">"][..]),
    ];
    let token = (word, any::<bool>()).prop_map(|(word, blank)| format!("{}{word}", if blank { " " } else { "" }));
    let text = proptest::collection::vec(token, 0..9).prop_map(|tokens| tokens.concat().trim().to_owned());
    let template = (
        text.clone(),
        text,
        proptest::collection::vec(proptest::sample::select(&NAMES[..]), 1..9),
    )
        .prop_map(|(head, tail, names)| {
            names
                .iter()
                .map(|name| format!("{head} {name} {tail}").trim().to_owned())
                .collect::<Vec<_>>()
        });
    proptest::collection::vec(template, 0..7).prop_map(|templates| templates.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn order_and_repetition_change_nothing((texts, shuffled) in texts().prop_flat_map(|t| (Just(t.clone()), Just([t.clone(), t].concat()).prop_shuffle()))) {
        let found = finals(&texts);
        let again = finals(&shuffled);
        for (text, final_text) in texts.iter().zip(&found) {
            let place = shuffled.iter().position(|other| other == text);
            prop_assert_eq!(place.map(|place| &again[place]), Some(final_text));
        }
    }

    #[test]
    fn a_text_matches_its_final_text(texts in texts()) {
        for (text, final_text) in texts.iter().zip(finals(&texts)) {
            prop_assert!(matches(text, &final_text), "{text:?} as {final_text:?}");
        }
    }

    #[test]
    fn merging_final_texts_changes_no_group(texts in texts()) {
        let once = finals(&texts);
        let twice = finals(&once);
        let groups = |finals: &[String]| finals.iter().collect::<BTreeSet<_>>().len();
        prop_assert_eq!(groups(&once), groups(&twice), "{:?} then {:?}", once, twice);
    }

    #[test]
    fn any_text_is_survived(texts in proptest::collection::vec("\\PC{0,40}|[<>*()\\[\\]{}\"',=: a-c]{0,60}", 0..30)) {
        prop_assert_eq!(finals(&texts).len(), texts.len());
    }
}
