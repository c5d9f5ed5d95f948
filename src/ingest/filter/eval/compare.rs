//! Whether one value meets one condition.

use std::cmp::Ordering;

use xxhash_rust::xxh3::xxh3_64;

use super::super::program::{Check, Needle};
use super::super::syntax::Op;
use super::value::Value;

/// Whether the value meets the condition. Where a field has several values, words are looked for in all of them together.
pub fn holds(value: &Value<'_>, check: &Check) -> bool {
    match check {
        Check::Present => true,
        Check::Compare(op, needle) => compare(value, *op, needle),
        Check::Regex(regex, negated) => match value {
            Value::Text(text) => regex.is_match(text.as_bytes()) != *negated,
            _ => false,
        },
        Check::Net(net) => matches!(value, Value::Text(text) if net.contains(text)),
        Check::Sample(limit) => sample(value, *limit),
        Check::Words(words) => matches!(value, Value::Text(text) if words.look(text, &mut words.none())),
        Check::LogId(id) => matches!(value, Value::Text(name) if id.text.is(&log_id(name))),
        Check::Source(source) => match value {
            Value::Text(name) => name
                .split_once("/logs/")
                .is_some_and(|(owner, _)| source.text.is(owner)),
            _ => false,
        },
    }
}

fn compare(value: &Value<'_>, op: Op, needle: &Needle) -> bool {
    if needle.is_null {
        let is_null = *value == Value::Null;
        return match op {
            Op::Eq | Op::Has => is_null,
            Op::Ne => !is_null && *value != Value::Container,
            _ => false,
        };
    }
    let ordering = match value {
        Value::Text(text) => return compare_text(text, op, needle),
        Value::Number(n) => needle.number.and_then(|other| n.partial_cmp(&other)),
        Value::Int(n) => needle.int.map(|other| n.cmp(&other)),
        Value::Bool(b) => needle.bool.map(|other| b.cmp(&other)),
        Value::Severity(n) => needle.severity.map(|other| n.cmp(&other)),
        Value::Time(time) => needle.time.map(|other| time.cmp(&other)),
        Value::Duration(ns) => needle.duration.map(|other| ns.cmp(&other)),
        Value::Null | Value::Container => None,
    };
    // A value that cannot be converted makes the comparison fail, != too.
    ordering.is_some_and(|ordering| is(op, ordering))
}

fn compare_text(text: &str, op: Op, needle: &Needle) -> bool {
    match op {
        Op::Has => needle.text.is_in(text),
        Op::Eq => needle.text.is(text),
        Op::Ne => !needle.text.is(text),
        _ => is(op, needle.text.order_of(text)),
    }
}

fn is(op: Op, ordering: Ordering) -> bool {
    match op {
        Op::Eq | Op::Has => ordering.is_eq(),
        Op::Ne => ordering.is_ne(),
        Op::Lt => ordering.is_lt(),
        Op::Le => ordering.is_le(),
        Op::Gt => ordering.is_gt(),
        Op::Ge => ordering.is_ge(),
        Op::Match | Op::NoMatch => false,
    }
}

/// The same value is always in, or always out. Google's hash is not known: the sample is another one.
fn sample(value: &Value<'_>, limit: u64) -> bool {
    let hash = match value {
        Value::Text(text) if !text.is_empty() => xxh3_64(text.as_bytes()),
        Value::Int(n) => xxh3_64(n.to_string().as_bytes()),
        Value::Number(n) => xxh3_64(n.to_string().as_bytes()),
        _ => return false,
    };
    limit == u64::MAX || hash < limit
}

/// The unescaped id of a log's name.
fn log_id(name: &str) -> String {
    let id = name.split_once("/logs/").map_or(name, |(_, id)| id);
    let mut out = Vec::with_capacity(id.len());
    let mut rest = id.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%').then(|| after.get(..2)).flatten();
        let byte = code.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        out.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&out).into_owned()
}
