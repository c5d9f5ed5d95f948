//! `cast` and `regexp_extract`: a value in, a value or nothing out.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone};

use super::super::program::{Step, duration};
use super::super::syntax::CastType;
use super::value::Value;
use crate::model::{Severity, Timestamp};

/// What comes out of all steps; `None` where one fails, and with it the comparison.
pub fn apply<'a>(value: &'a Value<'a>, steps: &[Step]) -> Option<Cow<'a, Value<'a>>> {
    let mut result = Cow::Borrowed(value);
    for step in steps {
        let next = match step {
            Step::Extract(regex) => {
                let Value::Text(text) = &*result else { return None };
                let group = regex.captures(text.as_bytes())?.get(1)?.as_bytes();
                Value::Text(String::from_utf8_lossy(group).into_owned().into())
            }
            Step::Cast(ty, offset) => cast(&result, *ty, FixedOffset::east_opt(*offset)?)?,
        };
        result = Cow::Owned(next);
    }
    Some(result)
}

fn cast(value: &Value<'_>, ty: CastType, zone: FixedOffset) -> Option<Value<'static>> {
    match ty {
        CastType::String => string(value, zone).map(|s| Value::Text(s.into())),
        CastType::Int64 => int(value).map(Value::Int),
        CastType::Float64 => float(value).map(Value::Number),
        CastType::Bool => match value {
            Value::Bool(b) => Some(Value::Bool(*b)),
            Value::Text(text) => super::super::program::bool_of(text).map(Value::Bool),
            other => Some(Value::Bool(int(other)? != 0)),
        },
        CastType::Timestamp => match value {
            Value::Time(time) => Some(Value::Time(*time)),
            Value::Text(text) => time(text, zone).map(Value::Time),
            _ => None,
        },
        CastType::Duration => match value {
            Value::Duration(ns) => Some(Value::Duration(*ns)),
            Value::Text(text) => duration(text).map(Value::Duration),
            _ => None,
        },
    }
}

fn string(value: &Value<'_>, zone: FixedOffset) -> Option<String> {
    Some(match value {
        Value::Text(text) => text.clone().into_owned(),
        Value::Number(n) => n.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Severity(n) => Severity::parse(&n.to_string())?.name().to_owned(),
        Value::Time(time) => {
            let time = DateTime::from_timestamp_nanos(time.0).with_timezone(&zone);
            time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
        }
        Value::Duration(ns) => seconds(*ns),
        Value::Null | Value::Container => return None,
    })
}

/// A duration as the API writes it.
fn seconds(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let (whole, part) = (ns.unsigned_abs() / 1_000_000_000, ns.unsigned_abs() % 1_000_000_000);
    let fraction = format!(".{part:09}");
    format!("{sign}{whole}{}s", fraction.trim_end_matches('0').trim_end_matches('.'))
}

/// A whole number; a double only if it is one.
fn int(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(n) | Value::Severity(n) => Some(*n),
        Value::Bool(b) => Some(i64::from(*b)),
        Value::Text(text) => text.trim().parse().ok(),
        // Beyond 2^53 a double no longer tells neighbours apart.
        Value::Number(n) if n.fract() == 0.0 && n.abs() <= 9_007_199_254_740_992.0 => Some(*n as i64),
        _ => None,
    }
}

fn float(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Number(n) => Some(*n),
        Value::Text(text) => super::super::program::number(text.trim()),
        other => int(other).map(|n| n as f64),
    }
}

/// A time with its own zone, else one of the zone that is asked for.
fn time(text: &str, zone: FixedOffset) -> Option<Timestamp> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return local(date.and_hms_opt(0, 0, 0)?, zone);
    }
    Timestamp::parse(text).or_else(|| {
        let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f");
        let naive = naive.or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f"));
        local(naive.ok()?, zone)
    })
}

fn local(time: NaiveDateTime, zone: FixedOffset) -> Option<Timestamp> {
    zone.from_local_datetime(&time)
        .single()?
        .timestamp_nanos_opt()
        .map(Timestamp)
}
