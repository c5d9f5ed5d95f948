//! What holds for any filter over any entry.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Filter, Record};
use super::takes_scanned;

/// Pieces of filters, sensible and not.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        " ",
        " ",
        " AND ",
        " OR ",
        " NOT ",
        "-",
        "(",
        ")",
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        ":",
        "=~",
        "!~",
        ":*",
        "*",
        ",",
        ".",
        "\"",
        "'",
        "severity",
        "textPayload",
        "jsonPayload",
        "jsonPayload.a",
        ".b",
        "labels.x",
        "timestamp",
        "httpRequest.status",
        "httpRequest.latency",
        "protoPayload.M",
        "ERROR",
        "a",
        "5",
        "-0.5",
        "\"x y\"",
        "\"(a)\"",
        "\"2026-03-01\"",
        "2026-03-01",
        "1s",
        "true",
        "NULL_VALUE",
        "log_id(\"a/b\")",
        "cast(",
        "regexp_extract(",
        "sample(insertId, 0.5)",
        "SEARCH(\"x\")",
        "ip_in_net(",
        ", INT64)",
        ", STRING)",
        ", \"(a)\")",
        "é",
        "\\",
        "-- x\n",
        "\n",
        "\"\\d\"",
        "source(projects/p)",
    ])
}

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..14).prop_map(|pieces| pieces.concat())
}

/// Filters that can be read: conditions joined at will.
fn sensible() -> impl Strategy<Value = String> {
    let condition = prop::sample::select(vec![
        "severity>=WARNING",
        "textPayload:X",
        "textPayload=~\"(?i)a.\"",
        "jsonPayload.a=5",
        "jsonPayload.a:x",
        "jsonPayload.a.b!=\"x y\"",
        "jsonPayload.list>1",
        "labels.x:*",
        "NOT labels.x=a",
        "httpRequest.status<500",
        "timestamp>=2026-03-01",
        "x",
        "\"x y\"",
        "-5",
        "true",
        "log_id(\"a/b\")",
        "SEARCH(\"x\")",
        "SEARCH(jsonPayload, \"x y\")",
        "cast(jsonPayload.a, STRING)=5",
        "jsonPayload.a=NULL_VALUE",
        "resource.labels.service_name=a",
        "jsonPayload.list:(x OR 2 AND NOT 3)",
        "insertId=(1 OR 2)",
        "httpRequest:200",
        "regexp_extract(jsonPayload.a, \"(x)\")=x",
        "protoPayload.M=x",
        "jsonPayload:*",
        "textPayload!~\"a\"",
        "jsonPayload.\"é.\":*",
        "sample(insertId, 0.5)",
        "ip_in_net(labels.x, \"10.0.0.0/8\")",
        "errorGroups.id:a",
        "jsonPayload.a=\"\\\\ \\\"\\n\"",
    ]);
    let leaf = condition.prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.join(" AND ")),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.join(" OR ")),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.join(" ")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("NOT ({inner})")),
            inner.prop_map(|inner| format!("- {inner}")),
        ]
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..700).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[axy5é \"\\\\\n]{0,4}".prop_map(Value::from),
        prop::sample::select(vec![
            "x y",
            "ERROR",
            "200",
            "1s",
            "2026-03-01T10:00:00Z",
            "10.1.2.3",
            "projects/p/logs/a%2Fb"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let name = prop::sample::select(vec![
            "a",
            "b",
            "x",
            "list",
            "M",
            "é.",
            "status",
            "latency",
            "labels",
            "service_name",
            "seconds",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..3)
                .prop_map(|fields| fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Value>()),
        ]
    })
}

fn entry() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "severity",
        "textPayload",
        "text_payload",
        "jsonPayload",
        "labels",
        "timestamp",
        "httpRequest",
        "http_request",
        "protoPayload",
        "logName",
        "resource",
        "errorGroups",
        "unheard",
        "proto_payload",
        "trace",
    ]);
    prop::collection::vec((name, value()), 0..6).prop_map(|fields| {
        let mut entry = json!({"insertId": "1"});
        for (name, value) in fields {
            entry[name] = value;
        }
        entry
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(text in soup(), entry in entry()) {
        if let Ok(filter) = Filter::parse(&text) {
            check(&filter, &entry)?;
        }
    }

    #[test]
    fn sensible_filters_are_read_and_print_themselves(text in sensible(), entry in entry()) {
        let filter = Filter::parse(&text);
        prop_assert!(filter.is_ok(), "{}: {:?}", text, filter.err());
        check(&filter.unwrap(), &entry)?;
    }

    #[test]
    fn any_characters_are_survived(text in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        match Filter::parse(&text) {
            Ok(filter) => { filter.matches(&Record::json(&bytes)); filter.matches(&Record::text(&bytes, None)); }
            Err(error) => { prop_assert!(error.line >= 1 && error.column >= 1); prop_assert_eq!(error.picture().len(), 2); }
        }
    }

    #[test]
    fn a_negation_takes_the_rest(text in sensible(), entry in entry()) {
        let json = entry.to_string();
        let takes = |text: &str| Filter::parse(text).unwrap().matches(&Record::json(json.as_bytes()));
        prop_assert_ne!(takes(&text), takes(&format!("NOT ({text})")));
    }
}

/// Printed and read again it is the same filter; entries that were scanned get the same answer.
fn check(filter: &Filter, entry: &Value) -> Result<(), TestCaseError> {
    let canonical = filter.to_string();
    let again = Filter::parse(&canonical);
    prop_assert!(again.is_ok(), "{}: {:?}", canonical, again.err());
    let again = again.unwrap();
    prop_assert_eq!(again.to_string(), &canonical[..]);
    prop_assert_eq!(again.time_bounds(), filter.time_bounds());
    let json = entry.to_string();
    let taken = filter.matches(&Record::json(json.as_bytes()));
    prop_assert_eq!(
        again.matches(&Record::json(json.as_bytes())),
        taken,
        "{} on {}",
        canonical,
        json
    );
    if let Some(scanned) = takes_scanned(filter, &json) {
        prop_assert_eq!(scanned, taken, "{} on {}", canonical, json);
    }
    filter.matches(&Record::text(json.as_bytes(), None));
    Ok(())
}
