//! One answer of entries.list: checked as a whole, so that a cut one is asked for again, and taken apart into records.

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_64;

use super::super::scan::{Marks, Scanner};
use crate::model::Timestamp;

/// The entries of an answer, and where it goes on.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The body.
    pub bytes: Vec<u8>,
    /// The entries, in the order of the service.
    pub records: Vec<Record>,
    /// Token of the next page; without one, there is none.
    pub next: Option<String>,
}

/// One entry of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it is in the body.
    pub range: Range<usize>,
    /// Its time, if it has one that can be read.
    pub time: Option<Timestamp>,
    /// XXH3 of its text.
    pub hash: u64,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    entries: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default, rename = "nextPageToken")]
    next: Option<Cow<'a, str>>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

/// Takes a body apart.
///
/// # Errors
/// What is wrong with it: it is no whole JSON object, or not one of entries.list.
pub fn parse(bytes: Vec<u8>) -> Result<Answer, String> {
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err("it is no JSON object".into());
    }
    let body: Body<'_> = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
    if body.error.is_some() {
        return Err("it is an error that pretends to be a success".into());
    }
    let base = bytes.as_ptr().addr();
    let ranges = body.entries.unwrap_or_default().into_iter().map(|raw| {
        let start = raw.get().as_ptr().addr() - base;
        start..start + raw.get().len()
    });
    let ranges: Vec<Range<usize>> = ranges.collect();
    let next = body.next.filter(|t| !t.is_empty()).map(Cow::into_owned);
    Ok(Answer {
        records: records(&bytes, ranges),
        next,
        bytes,
    })
}

fn records(bytes: &[u8], ranges: Vec<Range<usize>>) -> Vec<Record> {
    let (mut marks, mut scanner, mut next_quote) = (Marks::default(), Scanner::default(), 0);
    marks.mark(bytes);
    let mut time = |r: &Range<usize>| {
        let found = scanner.record(bytes, (r.start, r.end), marks.quotes(), &mut next_quote);
        found.ok().and_then(|entry| entry.timestamp)
    };
    let record = |range: Range<usize>| Record {
        time: time(&range),
        hash: xxh3_64(&bytes[range.clone()]),
        range,
    };
    ranges.into_iter().map(record).collect()
}

/// When the service received an entry.
pub fn received(record: &[u8]) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Received<'a> {
        #[serde(borrow, rename = "receiveTimestamp")]
        time: Option<Cow<'a, str>>,
    }
    let received: Received<'_> = serde_json::from_slice(record).ok()?;
    Timestamp::parse(&received.time?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(answer: &Answer) -> Vec<&str> {
        let text = |r: &Record| std::str::from_utf8(&answer.bytes[r.range.clone()]).unwrap();
        answer.records.iter().map(text).collect()
    }

    #[test]
    fn records_are_as_they_came() {
        let body = "{\"kind\": 7,\n \"entries\": [ {\"timestamp\": \"2026-03-01T10:00:00Z\", \"jsonPayload\": {\"timestamp\": \"x\", \"n\": 1.50}} ,\n 5, {\"a\":\"\\u00e4\"}],\"nextPageToken\":\"a\\/b\"}";
        let answer = parse(body.into()).unwrap();
        assert_eq!(texts(&answer)[1..], ["5", "{\"a\":\"\\u00e4\"}"]);
        assert!(texts(&answer)[0].ends_with("1.50}}"));
        let times: Vec<_> = answer.records.iter().map(|r| r.time.is_some()).collect();
        assert_eq!((times, answer.next.as_deref()), (vec![true, false, false], Some("a/b")));
    }

    #[test]
    fn nothing_is_nothing() {
        for body in [
            "{}",
            " {\"entries\":[]}",
            "{\"nextPageToken\":\"\"}",
            "{\"entries\":null}",
        ] {
            let answer = parse(body.into()).unwrap();
            assert!(answer.records.is_empty() && answer.next.is_none(), "{body}");
        }
    }

    #[test]
    fn what_is_cut_or_something_else_is_refused() {
        let whole = "{\"entries\":[{\"textPayload\":\"ä\"},{\"textPayload\":\"b\"}],\"nextPageToken\":\"t\"}";
        assert_eq!(parse(whole.into()).unwrap().records.len(), 2);
        for cut in 0..whole.len() {
            assert!(parse(whole.as_bytes()[..cut].to_vec()).is_err(), "{cut}");
        }
        for other in [
            "[]",
            "null",
            "<html>",
            "{\"entries\":{}}",
            "{\"error\":{\"code\":500}}",
            "{} {}",
            "\u{feff}",
        ] {
            assert!(parse(other.into()).is_err(), "{other}");
        }
        assert!(parse(b"{\"entries\":[{\"a\":\"\xff\"}]}".to_vec()).is_err());
    }

    #[test]
    fn the_time_of_receipt_is_found() {
        let time = Timestamp::parse("2026-03-01T10:00:00.5Z");
        assert_eq!(
            received(b"{\"a\":[1],\"receiveTimestamp\":\"2026-03-01T10:00:00.5Z\"}"),
            time
        );
        for none in ["{}", "5", "{\"receiveTimestamp\":\"soon\"}", "{\"receiveTimestamp\":1}"] {
            assert_eq!(received(none.as_bytes()), None);
        }
    }
}
