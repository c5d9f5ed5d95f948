//! The fields of a LogEntry with their types ("REST Resource: LogEntry", docs.cloud.google.com), and what a path names.

use super::error::Fault;
use super::syntax::{Path, Segment};

/// Type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Text,
    Severity,
    Time,
    Duration,
    Int,
    /// A double: the result of a cast; no field of LogEntry is one.
    Number,
    Bool,
    /// A map of strings.
    Labels,
    /// Any JSON; its names keep their case.
    Struct,
    /// `protoPayload`: any JSON; the case of its names does not matter.
    Any,
    Message(&'static [Field]),
    /// A list of messages.
    List(&'static [Field]),
}

impl Type {
    /// Whether its values are no objects and no lists.
    pub fn is_scalar(self) -> bool {
        !matches!(
            self,
            Type::Labels | Type::Struct | Type::Any | Type::Message(_) | Type::List(_)
        )
    }
}

/// A field of a message.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// As the API writes it: camelCase.
    pub name: &'static str,
    pub ty: Type,
}

const fn field(name: &'static str, ty: Type) -> Field {
    Field { name, ty }
}

/// A LogEntry.
pub const LOG_ENTRY: &[Field] = &[
    field("logName", Type::Text),
    field("resource", Type::Message(RESOURCE)),
    field("timestamp", Type::Time),
    field("receiveTimestamp", Type::Time),
    field("severity", Type::Severity),
    field("insertId", Type::Text),
    field("httpRequest", Type::Message(HTTP_REQUEST)),
    field("labels", Type::Labels),
    field("textPayload", Type::Text),
    field("jsonPayload", Type::Struct),
    field("protoPayload", Type::Any),
    field("trace", Type::Text),
    field("spanId", Type::Text),
    field("traceSampled", Type::Bool),
    field("operation", Type::Message(OPERATION)),
    field("sourceLocation", Type::Message(SOURCE_LOCATION)),
    field("split", Type::Message(SPLIT)),
    field("errorGroups", Type::List(ERROR_GROUP)),
    field("metadata", Type::Message(METADATA)),
    field("apphub", Type::Struct),
    field("apphubDestination", Type::Struct),
    field("apphubSource", Type::Struct),
    field("otel", Type::Struct),
];

const RESOURCE: &[Field] = &[field("type", Type::Text), field("labels", Type::Labels)];

const HTTP_REQUEST: &[Field] = &[
    field("requestMethod", Type::Text),
    field("requestUrl", Type::Text),
    field("requestSize", Type::Int),
    field("status", Type::Int),
    field("responseSize", Type::Int),
    field("userAgent", Type::Text),
    field("remoteIp", Type::Text),
    field("serverIp", Type::Text),
    field("referer", Type::Text),
    field("latency", Type::Duration),
    field("cacheLookup", Type::Bool),
    field("cacheHit", Type::Bool),
    field("cacheValidatedWithOriginServer", Type::Bool),
    field("cacheFillBytes", Type::Int),
    field("protocol", Type::Text),
];

const OPERATION: &[Field] = &[
    field("id", Type::Text),
    field("producer", Type::Text),
    field("first", Type::Bool),
    field("last", Type::Bool),
];

const SOURCE_LOCATION: &[Field] = &[
    field("file", Type::Text),
    field("line", Type::Int),
    field("function", Type::Text),
];

const SPLIT: &[Field] = &[
    field("uid", Type::Text),
    field("index", Type::Int),
    field("totalSplits", Type::Int),
];

const ERROR_GROUP: &[Field] = &[field("id", Type::Text)];

const METADATA: &[Field] = &[field("systemLabels", Type::Struct), field("userLabels", Type::Labels)];

/// One step of a path, as names of records are compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A field of a message: in camelCase or snake_case.
    Field(&'static str, String),
    /// A key as it is.
    Exact(String),
    /// A key below `protoPayload`, in [`loose`] form.
    Loose(String),
}

impl Key {
    /// The key of a field.
    fn of_field(name: &'static str) -> Key {
        Key::Field(name, snake(name))
    }

    /// Whether a record's name is this key.
    #[inline]
    pub fn is(&self, name: &str) -> bool {
        match self {
            Key::Field(camel, snake) => name == *camel || name == snake,
            Key::Exact(exact) => name == exact,
            Key::Loose(key) => is_loosely(name, key),
        }
    }
}

/// A name without its case, underscores and leading `@`: what the many spellings of a field of a proto have in common
/// (`methodName`, `method_name`; `@type`, `type`).
pub fn loose(name: &str) -> String {
    let name = name.strip_prefix('@').unwrap_or(name);
    name.chars()
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

fn is_loosely(name: &str, key: &str) -> bool {
    if !name.is_ascii() {
        return loose(name) == key;
    }
    let name = name.strip_prefix('@').unwrap_or(name);
    let bytes = name.bytes().filter(|b| *b != b'_').map(|b| b.to_ascii_lowercase());
    bytes.eq(key.bytes())
}

fn snake(camel: &str) -> String {
    let mut out = String::new();
    for c in camel.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The field of a message with this name in camelCase or snake_case.
pub fn find(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields
        .iter()
        .find(|f| f.name == name || (name.contains('_') && snake(f.name) == name))
}

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    pub keys: Vec<Key>,
    pub ty: Type,
    /// Unset, it compares as its type's default: a field of LogEntry, and no label or part of a payload.
    pub has_default: bool,
    /// The whole of the field is of a type that the JSON value alone tells.
    pub is_dynamic: bool,
}

/// Finds the field that a path names.
pub fn resolve(path: &Path) -> Result<Resolved, Fault> {
    let mut ty = Type::Message(LOG_ENTRY);
    let mut resolved = Resolved {
        keys: vec![],
        ty,
        has_default: true,
        is_dynamic: false,
    };
    let mut owner = "LogEntry";
    for (i, segment) in path.segments.iter().enumerate() {
        check_index(segment)?;
        ty = match ty {
            Type::Message(fields) | Type::List(fields) => {
                resolved.has_default &= !matches!(ty, Type::List(_));
                let Some(field) = find(fields, &segment.name) else {
                    return Err(unknown(path, i, owner, fields));
                };
                resolved.keys.push(Key::of_field(field.name));
                owner = field.name;
                field.ty
            }
            Type::Labels => {
                if let Some(next) = path.segments.get(i + 1) {
                    let hint = "put a label's name in double quotes if it holds dots: labels.\"a.b\"";
                    return Err(Fault::new(next.span, "a label is a string: it has no fields", hint));
                }
                resolved.has_default = false;
                resolved.keys.push(Key::Exact(segment.name.clone()));
                Type::Text
            }
            Type::Struct => {
                (resolved.has_default, resolved.is_dynamic) = (false, true);
                resolved.keys.push(Key::Exact(segment.name.clone()));
                ty
            }
            Type::Any => {
                (resolved.has_default, resolved.is_dynamic) = (false, true);
                resolved.keys.push(Key::Loose(loose(&segment.name)));
                ty
            }
            _ => {
                let message = format!("{owner} is {}: it has no fields", describe(ty));
                return Err(Fault::new(segment.span, message, "compare the field itself"));
            }
        };
    }
    resolved.ty = ty;
    Ok(resolved)
}

/// The field that names an entry's log.
pub fn log_name() -> Resolved {
    Resolved {
        keys: vec![Key::of_field("logName")],
        ty: Type::Text,
        has_default: true,
        is_dynamic: false,
    }
}

fn check_index(segment: &Segment) -> Result<(), Fault> {
    if segment.quoted || !segment.name.contains('[') {
        return Ok(());
    }
    let hint =
        "there is no index into lists: a comparison is true if any element fits; put a name with [ in double quotes";
    Err(Fault::new(segment.span, "an index stands in a field's name", hint))
}

fn unknown(path: &Path, at: usize, owner: &str, fields: &[Field]) -> Fault {
    let segment = &path.segments[at];
    let message = match at {
        0 => format!("a LogEntry has no field {}", segment.name),
        _ => format!("{owner} has no field {}", segment.name),
    };
    let scored = fields.iter().map(|f| (near(&segment.name, f.name), f.name));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = match best {
        Some((score, name)) if score > 0.84 => format!("did you mean {name}?"),
        _ if at == 0 => {
            "fields of your own stand in a payload or in labels: jsonPayload.NAME, labels.NAME; put a text that \
                         you search for in double quotes"
                .to_owned()
        }
        _ => {
            let names: Vec<&str> = fields.iter().map(|f| f.name).collect();
            format!("there are {}", names.join(", "))
        }
    };
    Fault::new(segment.span, message, hint)
}

fn near(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(&loose(a), &loose(b))
}

/// The type in a sentence.
pub fn describe(ty: Type) -> &'static str {
    match ty {
        Type::Text => "a string",
        Type::Severity => "a severity",
        Type::Time => "a time",
        Type::Duration => "a duration",
        Type::Int => "a whole number",
        Type::Number => "a number",
        Type::Bool => "true or false",
        Type::Labels => "a map of labels",
        Type::Struct | Type::Any => "a payload",
        Type::Message(_) => "a group of fields",
        Type::List(_) => "a list",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_two_spellings() {
        assert_eq!(
            snake("cacheValidatedWithOriginServer"),
            "cache_validated_with_origin_server"
        );
        for name in ["httpRequest", "http_request"] {
            assert_eq!(find(LOG_ENTRY, name).map(|f| f.name), Some("httpRequest"));
        }
        for name in ["HttpRequest", "httprequest", "http_Request", ""] {
            assert_eq!(find(LOG_ENTRY, name), None, "{name}");
        }
    }

    #[test]
    fn proto_names_are_loose() {
        let key = Key::Loose(loose("MethodName"));
        for name in ["methodName", "METHODNAME", "method_name", "@methodName"] {
            assert!(key.is(name), "{name}");
        }
        assert!(!key.is("methodNames") && !key.is("method"));
        assert!(Key::Loose(loose("É")).is("é"));
    }
}
