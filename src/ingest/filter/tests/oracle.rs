//! The same conditions evaluated by a second, naive implementation over a parsed entry.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Filter, Record};

#[derive(Debug, Clone)]
enum Mini {
    /// A field of the payload, an operator, a value.
    Compare(&'static str, &'static str, &'static str),
    And(Vec<Mini>),
    Or(Vec<Mini>),
    Not(Box<Mini>),
}

impl Mini {
    /// Without any parentheses that the precedence makes needless.
    fn text(&self) -> String {
        let wrapped = |part: &Mini, is_wrapped: bool| match is_wrapped {
            true => format!("({})", part.text()),
            false => part.text(),
        };
        let join = |parts: &[Mini], word: &str, wraps: fn(&Mini) -> bool| {
            let parts: Vec<String> = parts.iter().map(|p| wrapped(p, wraps(p))).collect();
            parts.join(word)
        };
        match self {
            Mini::Compare(field, op, value) => format!("jsonPayload.{field}{op}{}", super::super::quote(value)),
            Mini::And(parts) => join(parts, " ", |p| matches!(p, Mini::And(_))),
            Mini::Or(parts) => join(parts, " OR ", |p| matches!(p, Mini::And(_) | Mini::Or(_))),
            Mini::Not(inner) => format!("-{}", wrapped(inner, !matches!(**inner, Mini::Compare(..)))),
        }
    }

    fn takes(&self, payload: &Value) -> bool {
        match self {
            Mini::Compare(field, op, value) => {
                let mut values = vec![];
                collect(payload, &field.split('.').collect::<Vec<_>>(), &mut values);
                values.into_iter().any(|v| meets(v, op, value))
            }
            Mini::And(parts) => parts.iter().all(|p| p.takes(payload)),
            Mini::Or(parts) => parts.iter().any(|p| p.takes(payload)),
            Mini::Not(inner) => !inner.takes(payload),
        }
    }
}

/// The values at a path, those in lists one by one.
fn collect<'v>(value: &'v Value, path: &[&str], out: &mut Vec<&'v Value>) {
    match (value, path) {
        (Value::Array(items), _) => items.iter().for_each(|item| collect(item, path, out)),
        (Value::Object(fields), [first, rest @ ..]) => {
            fields.get(*first).into_iter().for_each(|v| collect(v, rest, out))
        }
        (other, []) => out.push(other),
        _ => {}
    }
}

/// Operators `=`, `!=`, `<` and `>=`: no `:`, which also looks below objects.
fn meets(value: &Value, op: &str, wanted: &str) -> bool {
    let ordering = match value {
        Value::String(text) => Some(text.to_lowercase().cmp(&wanted.to_lowercase())),
        Value::Number(n) => n
            .as_f64()
            .zip(wanted.parse().ok())
            .and_then(|(a, b): (f64, f64)| a.partial_cmp(&b)),
        Value::Bool(b) => wanted.parse().ok().map(|wanted: bool| b.cmp(&wanted)),
        _ => None,
    };
    ordering.is_some_and(|ordering| match op {
        "=" => ordering.is_eq(),
        "!=" => ordering.is_ne(),
        "<" => ordering.is_lt(),
        _ => ordering.is_ge(),
    })
}

fn mini() -> impl Strategy<Value = Mini> {
    let field = prop::sample::select(vec!["a", "b", "c", "c.a", "c.d"]);
    let op = prop::sample::select(vec!["=", "!=", "<", ">="]);
    let value = prop::sample::select(vec!["x", "X y", "5", "-1.5", "true", "", "é"]);
    let leaf = (field, op, value).prop_map(|(field, op, value)| Mini::Compare(field, op, value));
    leaf.prop_recursive(4, 30, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Mini::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Mini::Or),
            inner.prop_map(|inner| Mini::Not(Box::new(inner))),
        ]
    })
}

fn payload() -> impl Strategy<Value = Value> {
    let leaf = || {
        prop_oneof![
            prop::sample::select(vec![
                json!("x"),
                json!("X"),
                json!("x Y"),
                json!(5),
                json!(-1.5),
                json!(true),
                json!(null),
                json!("É")
            ]),
            prop::sample::select(vec![
                json!(["x", 5]),
                json!([]),
                json!([[false], "5"]),
                json!({"a": 5}),
                json!([{"d": "x"}, {"a": "5"}])
            ]),
        ]
    };
    prop::collection::vec((prop::sample::select(vec!["a", "b", "c"]), leaf()), 0..4)
        .prop_map(|fields| fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn both_say_the_same(mini in mini(), payload in payload()) {
        let text = mini.text();
        let filter = Filter::parse(&text);
        prop_assert!(filter.is_ok(), "{}: {:?}", text, filter.err());
        let json = json!({"insertId": "1", "jsonPayload": payload}).to_string();
        let taken = filter.unwrap().matches(&Record::json(json.as_bytes()));
        prop_assert_eq!(taken, mini.takes(&payload), "{} on {}", text, json);
    }
}
