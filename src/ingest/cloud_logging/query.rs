//! What is asked of Cloud Logging: the query, and the requests that it is made into.

use serde_json::json;

use crate::cloud::{Api, Call};
use crate::model::{Timestamp, Window};

/// Entries of a page: the most that the service gives.
pub const PAGE_ENTRIES: u64 = 1_000;

/// What the scanner reads of an entry, as a partial-response selector. Names below maps and structs (labels,
/// jsonPayload) cannot be selected, so these are whole.
const NEEDED: &str = "nextPageToken,entries(insertId,timestamp,receiveTimestamp,severity,logName,resource,labels,textPayload,\
                      jsonPayload,protoPayload,httpRequest(requestMethod,requestUrl,status,latency),trace)";

/// Which entries are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// `projects/acme-shop`, or a view of a bucket; 1 to 100.
    pub resource_names: Vec<String>,
    /// In the Logging query language, without bounds of time; may be empty.
    pub filter: String,
    /// By `timestamp`. An open start is 1970, an open end a day after now: there can be no entries beyond.
    pub window: Window,
    /// How much of each entry.
    pub fields: Fields,
}

/// How much of each entry is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fields {
    /// What is counted.
    Needed,
    /// Everything.
    All,
}

/// A half-open piece of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First instant inside.
    pub start: Timestamp,
    /// First instant after.
    pub end: Timestamp,
}

impl Span {
    /// Whether no instant is inside.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Nanoseconds.
    pub fn length(self) -> u64 {
        if self.is_empty() {
            0
        } else {
            self.end.0.abs_diff(self.start.0)
        }
    }

    /// The instant in the middle.
    pub fn middle(self) -> Timestamp {
        Timestamp(self.start.0 + (self.length() / 2).cast_signed())
    }

    /// Whether the instant is inside.
    pub fn contains(self, time: Timestamp) -> bool {
        self.start <= time && time < self.end
    }
}

impl Query {
    /// The time asked for, both ends known.
    pub(super) fn span(&self, now: Timestamp) -> Span {
        const DAY_NS: i64 = 86_400_000_000_000;
        Span {
            start: self.window.start.unwrap_or(Timestamp(0)),
            end: self.window.end.unwrap_or(Timestamp(now.0.saturating_add(DAY_NS))),
        }
    }

    /// The same, but only what the service received since.
    pub(super) fn received_since(&self, time: Timestamp) -> Query {
        Query {
            filter: and(&self.filter, &format!("receiveTimestamp>=\"{time}\"")),
            ..self.clone()
        }
    }

    /// The filter for a piece of time. All pages of a listing must have the same.
    pub(super) fn filter_for(&self, span: Span) -> String {
        let bounds = format!("timestamp>=\"{}\"\nAND timestamp<\"{}\"", span.start, span.end);
        and(&self.filter, &bounds)
    }

    /// The request for a page: the first, or the one behind a token.
    pub(super) fn call(&self, filter: &str, token: Option<&str>) -> Call {
        let mut body = json!({
            "resourceNames": self.resource_names,
            "filter": filter,
            "orderBy": "timestamp asc",
            "pageSize": PAGE_ENTRIES,
        });
        if let Some(token) = token {
            body["pageToken"] = token.into();
        }
        let call = Call::post(Api::Logging, "/v2/entries:list", body.to_string()).query("prettyPrint", "false");
        match self.fields {
            Fields::Needed => call.query("fields", NEEDED),
            Fields::All => call,
        }
    }
}

/// Both conditions. The first is put in brackets on lines of its own: OR binds tighter than AND, and a comment ends with
/// its line.
fn and(filter: &str, condition: &str) -> String {
    match filter.trim() {
        "" => condition.to_owned(),
        filter => format!("(\n{filter}\n)\nAND {condition}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(filter: &str) -> Query {
        Query {
            resource_names: vec!["projects/acme-shop".into()],
            filter: filter.into(),
            window: Window::ALL,
            fields: Fields::All,
        }
    }

    const SPAN: Span = Span {
        start: Timestamp(1_772_359_200_000_000_001),
        end: Timestamp(1_772_359_260_000_000_000),
    };

    #[test]
    fn filters_are_bracketed_and_bounds_are_exact() {
        assert_eq!(
            query("a OR b -- both").filter_for(SPAN),
            "(\na OR b -- both\n)\nAND timestamp>=\"2026-03-01T10:00:00.000000001Z\"\nAND timestamp<\"2026-03-01T10:01:00Z\""
        );
        assert!(query(" ").filter_for(SPAN).starts_with("timestamp>="));
        let since = query("a").received_since(Timestamp(0));
        assert_eq!(since.filter, "(\na\n)\nAND receiveTimestamp>=\"1970-01-01T00:00:00Z\"");
    }

    #[test]
    fn a_call_has_what_the_service_asks_for() {
        let call = query("x=\"1\"").call("x=\"1\"", Some("t/1"));
        let body: serde_json::Value = serde_json::from_str(call.body.as_deref().unwrap()).unwrap();
        let expected = json!({"resourceNames": ["projects/acme-shop"], "filter": "x=\"1\"", "orderBy": "timestamp asc", "pageSize": 1000, "pageToken": "t/1"});
        assert_eq!((body, call.is_read_request), (expected, true));
        assert!(!call.query.iter().any(|(name, _)| name == "fields"));
    }

    #[test]
    fn only_what_is_needed_has_every_name_that_is_read() {
        let needed = Query {
            fields: Fields::Needed,
            ..query("")
        };
        let call = needed.call("", None);
        let (_, fields) = call.query.iter().find(|(name, _)| name == "fields").unwrap();
        assert!(!fields.contains(char::is_whitespace), "{fields}");
        for name in ["insertId", "labels", "trace", "jsonPayload", "latency", "nextPageToken"] {
            assert!(fields.contains(name), "{name}");
        }
    }

    #[test]
    fn spans_are_half_open() {
        let span = |start, end| Span {
            start: Timestamp(start),
            end: Timestamp(end),
        };
        assert_eq!((span(2, 5).length(), span(2, 5).middle()), (3, Timestamp(3)));
        assert!(span(5, 5).is_empty() && span(6, 5).length() == 0);
        assert!(span(2, 5).contains(Timestamp(2)) && !span(2, 5).contains(Timestamp(5)));
        assert_eq!(span(i64::MIN, i64::MAX).length(), u64::MAX);
    }
}
