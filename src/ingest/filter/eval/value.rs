//! One value of a field, in the type that it is compared in.

use std::borrow::Cow;

use super::super::program::duration;
use super::super::schema::Type;
use crate::ingest::scan::decode;
use crate::model::{Severity, Timestamp};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Text(Cow<'a, str>),
    Number(f64),
    Int(i64),
    Bool(bool),
    Null,
    /// Number of a `LogSeverity`.
    Severity(i64),
    Time(Timestamp),
    /// Nanoseconds.
    Duration(i64),
    /// An object or array: it is there, and has no value of its own.
    Container,
}

/// A value as it stands in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raw<'a> {
    /// The inside of a JSON string.
    String(&'a [u8]),
    /// A number as written, or `true`, `false`, `null`.
    Scalar(&'a [u8]),
    /// A duration that was an object.
    Nanos(i64),
    Container,
}

impl<'a> Raw<'a> {
    /// The value of a field of this type; `None` if it has none of that type, as if it were not set.
    pub fn typed(self, ty: Type, scratch: &'a mut String) -> Option<Value<'a>> {
        if self == Raw::Container {
            return (!ty.is_scalar()).then_some(Value::Container);
        }
        if let Raw::Nanos(ns) = self {
            return Some(Value::Duration(ns));
        }
        let is_string = matches!(self, Raw::String(_));
        let text = match self {
            Raw::String(raw) => decode(raw, scratch).0,
            Raw::Scalar(raw) => std::str::from_utf8(raw).ok()?,
            Raw::Nanos(_) | Raw::Container => return None,
        };
        match ty {
            Type::Struct | Type::Any if is_string => Some(Value::Text(text.into())),
            Type::Struct | Type::Any => scalar(text),
            _ if !is_string && text == "null" => None,
            Type::Severity => Severity::parse(text).map(|s| Value::Severity(s as i64 * 100)),
            Type::Time => Timestamp::parse(text).map(Value::Time),
            Type::Duration if is_string => duration(text).map(Value::Duration),
            Type::Duration => duration(&format!("{text}s")).map(Value::Duration),
            Type::Int => text.parse().ok().map(Value::Int),
            Type::Bool => text.parse().ok().map(Value::Bool),
            // A string is nothing else: the scanner takes no number for one either.
            _ => is_string.then(|| Value::Text(text.into())),
        }
    }
}

/// A JSON number, `true`, `false` or `null`.
fn scalar(text: &str) -> Option<Value<'_>> {
    match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        "null" => Some(Value::Null),
        number => number.parse().ok().map(Value::Number),
    }
}

/// What a field of LogEntry is when it is not set. A time has no such value.
pub fn default_of(ty: Type) -> Option<Value<'static>> {
    match ty {
        Type::Text => Some(Value::Text("".into())),
        Type::Severity => Some(Value::Severity(0)),
        Type::Duration => Some(Value::Duration(0)),
        Type::Int => Some(Value::Int(0)),
        Type::Bool => Some(Value::Bool(false)),
        _ => None,
    }
}
