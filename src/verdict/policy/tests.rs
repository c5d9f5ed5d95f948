use super::*;
use crate::verdict::CriterionLevel;

const HEAD: &str = "schema = \"logverdict.policy/1\"\n";

fn fails(body: &str) -> PolicyError {
    Policy::parse(&format!("{HEAD}{body}")).expect_err(body)
}

#[test]
fn the_documented_default_is_the_default() {
    let doc = include_str!("../../../docs/policy.md");
    let block = doc
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    assert_eq!(Policy::parse(block), Ok(Policy::default()));
    assert_eq!(Policy::parse(HEAD), Ok(Policy::default()));
    // Every key that is read stands in the document, so that none can be forgotten there.
    for key in super::statistics::KEYS {
        assert!(
            block.contains(&format!("{key} = ")) || block.contains(&format!("[statistics.{key}]")),
            "{key}"
        );
    }
}

#[test]
fn the_examples_of_the_document_are_policies() {
    let doc = include_str!("../../../docs/policy.md");
    let example = doc
        .split("```toml\n")
        .nth(2)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let policy = Policy::parse(&format!("{HEAD}{example}")).unwrap();
    assert_eq!(policy.expect.len(), 2);
    assert_eq!(policy.expect[0].allowance, Allowance::RiseTo(0.02));
}

#[test]
fn the_shipped_policies_are_read() {
    let websocket = Policy::parse(include_str!("../../../docs/policies/websocket-race.toml")).unwrap();
    assert_eq!((websocket.criteria.len(), websocket.expect.len()), (7, 1));
    let import = Policy::parse(include_str!("../../../docs/policies/import-error.toml")).unwrap();
    assert_eq!((import.criteria.len(), import.expect.len()), (7, 2));
}

#[test]
fn every_kind_is_read_with_its_keys() {
    let text = format!(
        "{HEAD}
[[criterion]]
id = \"a\"
kind = \"must-vanish\"
signal = \"x/*\"
max-share = 0.01
for-minutes = 60
[[criterion]]
id = \"b\"
title = \"B\"
level = \"critical\"
kind = \"never-worse-than-baseline\"
of = \"websocket\"
failure-signals = [\"x/y\"]
[[criterion]]
id = \"c\"
kind = \"never-worse-than-baseline\"
of = \"x/y\"
[[criterion]]
id = \"d\"
kind = \"no-new-critical\"
"
    );
    let policy = Policy::parse(&text).unwrap();
    let a = &policy.criteria[0];
    assert_eq!((a.title.as_str(), a.level), ("a", CriterionLevel::Primary));
    assert!(
        matches!(&a.kind, CriterionKind::MustVanish { max_share: Some(s), for_minutes: Some(60), .. } if *s == 0.01)
    );
    assert_eq!(policy.criteria[1].level, CriterionLevel::Critical);
    assert!(matches!(
        &policy.criteria[2].kind,
        CriterionKind::NeverWorse {
            of: Yardstick::Signal(_),
            ..
        }
    ));
    assert_eq!(
        policy.criteria[3].kind,
        CriterionKind::NoNewCritical { within_minutes: 60 }
    );
}

#[test]
fn misspelt_keys_get_a_suggestion_and_a_line() {
    let error = fails("[statistics]\nmin-minuts = 5\n");
    assert_eq!(error.line, Some(3));
    assert_eq!(
        error.to_string(),
        "line 3: [statistics] knows no key `min-minuts` (did you mean `min-minutes`?)"
    );
    let error = fails("[[criterion]]\nid = \"a\"\nkind = \"must-vanish\"\nsignl = \"x\"\n");
    assert_eq!(
        (error.line, error.hint().unwrap().as_str()),
        (Some(5), "did you mean `signal`?")
    );
    assert!(error.cause().contains("a criterion of kind must-vanish"));
    let error = fails("[[criterion]]\nid = \"a\"\nkind = \"must-vansh\"\nsignal = \"x\"\n");
    assert_eq!(
        error.to_string(),
        "line 4: `kind` cannot be \"must-vansh\" (did you mean `must-vanish`?)"
    );
    assert_eq!(fails("criterium = 1\n").hint().unwrap(), "did you mean `criterion`?");
    assert!(
        fails("[[expect]]\nsignal = \"x\"\nmay = \"zzz\"\n")
            .hint()
            .unwrap()
            .contains("`appear`, `rise`, `vanish`")
    );
    let error = fails("[[criterion]]\nid = \"a\"\nkind = \"never-worse-than-baseline\"\nof = \"websockets\"\n");
    assert_eq!(error.hint().unwrap(), "did you mean `websocket`?");
}

#[test]
fn a_key_of_another_kind_is_unknown() {
    let error = fails("[[criterion]]\nid = \"a\"\nkind = \"must-start\"\nsignal = \"x\"\n");
    assert!(matches!(error.fault, PolicyFault::UnknownKey { .. }));
}

#[test]
fn values_are_checked() {
    let cases = [
        ("[statistics]\nalpha = nan\n", "from"),
        ("[statistics]\nalpha = 0\n", "from"),
        ("[statistics]\nrho = 0.5\n", "from 1 to 100"),
        ("[statistics]\nmin-minutes = -1\n", "from 1"),
        ("[statistics]\nmin-minutes = 1.5\n", "a whole number, not float"),
        ("[statistics]\nmin-minutes = 99999999999999999999999999\n", ""),
        ("[statistics]\nscales = [5, 15]\n", "start with 1"),
        ("[statistics]\nscales = [1, 1]\n", "ascending"),
        ("[statistics]\nscales = []\n", "ascending"),
        ("[statistics.shares]\nlatency = 0.9\n", "add up"),
        ("[statistics.latency.p95]\nms = \"fast\"\n", "a number, not string"),
        ("statistics = 3\n", "a table"),
        ("[criterion]\nid = \"a\"\n", "a list of tables"),
        ("[[expect]]\nsignal = \"x\"\n", "exactly one"),
        (
            "[[expect]]\nsignal = \"x\"\nmay = \"rise\"\nmay-rise-to = 0.1\n",
            "exactly one",
        ),
        ("[[expect]]\nsignal = \"x\"\nmay-rise-to = 2\n", "from 0 to 1"),
        ("[[expect]]\nsignal = \"a[\"\nmay = \"rise\"\n", "cannot be read"),
        ("[[expect]]\nmay = \"rise\"\n", "no `signal`"),
        ("[[criterion]]\nkind = \"must-start\"\n", "no `id`"),
        ("[[criterion]]\nid = \" \"\nkind = \"must-start\"\n", "not empty"),
        ("[[criterion]]\nid = \"a\"\n", "no `kind`"),
        (
            "[[criterion]]\nid = \"a\"\nkind = \"success-rate\"\nof = \"requests\"\nat-least = 0.9\naim = 0.8\n",
            "no less",
        ),
        (
            "[[criterion]]\nid = \"a\"\nkind = \"success-rate\"\nof = \"requests\"\n",
            "no `at-least`",
        ),
        (
            "[[criterion]]\nid = \"a\"\nkind = \"added-latency\"\nat-most-ms = 5\n",
            "no `quantile`",
        ),
        (
            "[[criterion]]\nid = \"a\"\nkind = \"never-worse-than-baseline\"\nof = \"server-errors\"\nfailure-signals = [\"x\"]\n",
            "given only",
        ),
    ];
    for (body, expected) in cases {
        let error = fails(body);
        assert!(error.to_string().contains(expected), "{body}: {error}");
        assert!(error.line.is_some_and(|line| line > 1), "{body}: {error}");
    }
}

#[test]
fn ids_are_unique() {
    let error = fails(
        "[[criterion]]\nid = \"a\"\nkind = \"must-start\"\n[[criterion]]\nid = \"a\"\nkind = \"no-new-errors\"\n",
    );
    assert_eq!(
        (error.fault.clone(), error.line),
        (PolicyFault::DuplicateId("a".to_owned()), Some(5))
    );
}

#[test]
fn other_files_are_refused_by_their_schema() {
    assert!(
        Policy::parse("")
            .unwrap_err()
            .hint()
            .unwrap()
            .contains("logverdict.policy/1")
    );
    let error = Policy::parse("schema = \"logverdict.report/1\"\nverdict = 1\n").unwrap_err();
    assert_eq!(error.line, Some(1));
    let error = Policy::parse("schema = \n").unwrap_err();
    assert!(matches!(error.fault, PolicyFault::NotToml(_)));
    assert_eq!(error.line, Some(1));
    assert!(Policy::parse("schema = \"logverdict.policy/1\"\nschema = \"logverdict.policy/1\"\n").is_err());
}
