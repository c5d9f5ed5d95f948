//! Which JSON names hold what. Names of the API (camelCase), of client libraries and Log Analytics (snake_case), and of
//! exports that people make themselves.

use super::cursor::{Cursor, NotJson, Token};
use super::memo::Memo;
use super::raw::{Fields, RawRequest};
use crate::model::{Origin, Severity};

type Walk = Result<(), NotJson>;

/// Walks one record from its `{`.
#[inline]
pub(super) fn record<'a>(cursor: &mut Cursor<'a>, fields: &mut Fields<'a>, memo: &mut Memo) -> Walk {
    cursor.object(|c, key| {
        let known = match key {
            b"insertId" | b"insert_id" => string(c, |s| fields.insert_id = s)?,
            b"timestamp" => string(c, |s| fields.timestamp = Some(s))?,
            b"receiveTimestamp" | b"receive_timestamp" => string(c, |s| fields.receive_timestamp = Some(s))?,
            b"severity" => {
                fields.severity = severity(c)?;
                true
            }
            b"logName" | b"log_name" => string(c, |s| fields.log_name = s)?,
            b"log_id" => string(c, |s| fields.log_id = s)?,
            b"resource" => {
                fields.origin = resource(c, memo)?;
                true
            }
            b"labels" => labels(c, fields)?,
            b"textPayload" | b"text_payload" => string(c, |s| fields.text_payload = Some(s))?,
            b"jsonPayload" | b"json_payload" => json_payload(c, fields)?,
            b"protoPayload" | b"proto_payload" => proto_payload(c, fields)?,
            b"httpRequest" | b"http_request" => http_request(c, fields)?,
            b"message" => {
                // A structured line that never went through Cloud Logging, or an entry somebody took apart.
                let text = text_value(c)?;
                fields.has_payload |= text.is_some();
                if let Some(text) = text {
                    fields.offer(RANK_MESSAGE, text);
                }
                true
            }
            b"trace" | b"logging.googleapis.com/trace" => string(c, |s| fields.trace = s)?,
            b"spanId" | b"traceSampled" | b"operation" | b"sourceLocation" | b"errorGroups" => {
                c.skip()?;
                true
            }
            _ => {
                c.skip()?;
                false
            }
        };
        fields.is_log_entry |= known;
        Ok(())
    })
}

/// Meets a value and hands it on if it is a string; anything else is passed. Always `true`: the name was known.
#[inline(always)]
fn string<'a>(c: &mut Cursor<'a>, take: impl FnOnce(&'a [u8])) -> Result<bool, NotJson> {
    if let Some(s) = text_value(c)? {
        take(s);
    }
    Ok(true)
}

/// Meets a value and offers it as message text if it is a string.
#[inline(always)]
fn offer<'a>(c: &mut Cursor<'a>, fields: &mut Fields<'a>, rank: u8) -> Walk {
    if let Some(text) = text_value(c)? {
        fields.offer(rank, text);
    }
    Ok(())
}

#[inline(always)]
fn text_value<'a>(c: &mut Cursor<'a>) -> Result<Option<&'a [u8]>, NotJson> {
    match c.value()? {
        Token::String(s) => Ok(Some(s)),
        Token::Scalar(_) => Ok(None),
        Token::Object | Token::Array => c.skip().map(|()| None),
    }
}

/// A `LogSeverity` by name or number; an unknown word is no severity.
fn severity(c: &mut Cursor<'_>) -> Result<Option<Severity>, NotJson> {
    Ok(match c.value()? {
        Token::String(s) | Token::Scalar(s) => std::str::from_utf8(s).ok().and_then(Severity::parse),
        Token::Object | Token::Array => c.skip().map(|()| None)?,
    })
}

fn resource(c: &mut Cursor<'_>, memo: &mut Memo) -> Result<Option<usize>, NotJson> {
    if c.peek() != Some(b'{') {
        return c.skip().map(|()| None);
    }
    if let Some(origin) = memo.jump_resource(c) {
        return Ok(Some(origin));
    }
    let (start, first_quote) = (c.position(), c.quotes_passed());
    let mut origin = Origin::default();
    c.object(|c, key| match key {
        b"type" => text_value(c).map(|s| origin.resource_type = owned(s)),
        b"labels" => object_or_skip(c, |c, key| {
            let slot = match key {
                b"project_id" => &mut origin.project,
                b"location" => &mut origin.location,
                b"service_name" => &mut origin.service,
                b"revision_name" => &mut origin.revision,
                _ => return c.skip(),
            };
            text_value(c).map(|s| *slot = owned(s))
        }),
        _ => c.skip(),
    })?;
    Ok(Some(memo.learn_resource(c, start, first_quote, origin)))
}

fn owned(text: Option<&[u8]>) -> String {
    text.map(super::text::decode_to_string).unwrap_or_default()
}

#[inline(always)]
fn object_or_skip<'a>(c: &mut Cursor<'a>, field: impl FnMut(&mut Cursor<'a>, &'a [u8]) -> Walk) -> Walk {
    if c.peek() == Some(b'{') {
        c.object(field)
    } else {
        c.skip()
    }
}

#[inline(always)]
fn labels<'a>(c: &mut Cursor<'a>, fields: &mut Fields<'a>) -> Result<bool, NotJson> {
    object_or_skip(c, |c, key| match key {
        b"instanceId" | b"instance_id" => string(c, |s| fields.instance = s).map(|_| ()),
        _ => c.skip(),
    })?;
    Ok(true)
}

/// Ranks of the texts of a structured payload: the lowest that is there is the message.
const RANK_MESSAGE: u8 = 0;
const RANK_MSG: u8 = 1;
const RANK_TEXT: u8 = 2;
const RANK_ERROR: u8 = 3;
const RANK_EXCEPTION: u8 = 4;
const RANK_STACK: u8 = 5;
const RANK_OTHER: u8 = 6;

#[inline(always)]
fn json_payload<'a>(c: &mut Cursor<'a>, fields: &mut Fields<'a>) -> Result<bool, NotJson> {
    if c.peek() != Some(b'{') {
        let text = text_value(c)?;
        fields.has_payload |= text.is_some();
        if let Some(text) = text {
            fields.offer(RANK_OTHER, text);
        }
        return Ok(true);
    }
    fields.has_payload = true;
    c.object(|c, key| {
        let rank = match key {
            b"message" => RANK_MESSAGE,
            b"msg" => RANK_MSG,
            b"textPayload" | b"text" => RANK_TEXT,
            b"error" | b"err" => return error_value(c, fields),
            b"exception" => return exception_value(c, fields, RANK_EXCEPTION),
            b"exc_info" => return exception_text(c, fields, None),
            b"context" => return exception_object(c, fields, None),
            b"event" => RANK_OTHER,
            _ if is_stack(key) => return exception_text(c, fields, Some(RANK_STACK)),
            b"severity" | b"level" | b"levelname" => return own_level(c, fields),
            _ => return c.skip(),
        };
        offer(c, fields, rank)
    })?;
    Ok(true)
}

/// `error` may be the text itself or an object with a message. What else it holds, a severity say, is not the entry's.
fn error_value<'a>(c: &mut Cursor<'a>, fields: &mut Fields<'a>) -> Walk {
    if c.peek() == Some(b'{') {
        return exception_object(c, fields, Some(RANK_ERROR));
    }
    offer(c, fields, RANK_ERROR)
}

/// Names under which loggers write a whole stack trace.
#[inline(always)]
fn is_stack(key: &[u8]) -> bool {
    matches!(
        key,
        b"stack_trace" | b"stackTrace" | b"stacktrace" | b"stack" | b"traceback"
    )
}

/// `exception` may be the text itself or an object that holds it.
fn exception_value<'a>(c: &mut Cursor<'a>, fields: &mut Fields<'a>, rank: u8) -> Walk {
    if c.peek() == Some(b'{') {
        return exception_object(c, fields, Some(rank));
    }
    exception_text(c, fields, Some(rank))
}

/// An object that tells of an exception: its message, of the given rank, and its stack. Without a rank it is not asked
/// for a message: a logger's `context` holds many things.
fn exception_object<'a>(c: &mut Cursor<'a>, fields: &mut Fields<'a>, rank: Option<u8>) -> Walk {
    object_or_skip(c, |c, key| match (key, rank) {
        (b"message" | b"msg", Some(rank)) => offer(c, fields, rank),
        (b"exc_info" | b"exception", _) => exception_text(c, fields, None),
        _ if is_stack(key) => exception_text(c, fields, rank.map(|_| RANK_STACK)),
        _ => c.skip(),
    })
}

/// Meets a value and offers it as the text of an exception, and with a rank as the message too, if it is a string.
fn exception_text<'a>(c: &mut Cursor<'a>, fields: &mut Fields<'a>, rank: Option<u8>) -> Walk {
    let text = match c.value()? {
        Token::String(s) => s,
        Token::Scalar(_) => return Ok(()),
        Token::Object | Token::Array => return c.skip(),
    };
    fields.offer_exception(text);
    rank.into_iter().for_each(|rank| fields.offer(rank, text));
    Ok(())
}

fn own_level<'a>(c: &mut Cursor<'a>, fields: &mut Fields<'a>) -> Walk {
    let word = text_value(c)?.and_then(|s| std::str::from_utf8(s).ok());
    fields.own_level = fields.own_level.or_else(|| word.and_then(Severity::from_level_word));
    Ok(())
}

/// Audit entries: the status message says what happened, the method name what was asked.
fn proto_payload<'a>(c: &mut Cursor<'a>, fields: &mut Fields<'a>) -> Result<bool, NotJson> {
    if c.peek() != Some(b'{') {
        c.skip()?;
        return Ok(true);
    }
    fields.has_payload = true;
    c.object(|c, key| match key {
        b"status" => object_or_skip(c, |c, key| match key {
            b"message" => offer(c, fields, RANK_MESSAGE),
            _ => c.skip(),
        }),
        b"methodName" | b"method_name" => offer(c, fields, RANK_OTHER),
        _ => c.skip(),
    })?;
    Ok(true)
}

#[inline(always)]
fn http_request<'a>(c: &mut Cursor<'a>, fields: &mut Fields<'a>) -> Result<bool, NotJson> {
    if c.peek() != Some(b'{') {
        c.skip()?;
        return Ok(true);
    }
    let mut request = RawRequest::default();
    c.object(|c, key| match key {
        b"requestMethod" | b"request_method" | b"method" => string(c, |s| request.method = s).map(|_| ()),
        b"requestUrl" | b"request_url" | b"url" => string(c, |s| request.url = s).map(|_| ()),
        b"status" => match c.value()? {
            Token::String(s) | Token::Scalar(s) => {
                request.status = status(s);
                Ok(())
            }
            Token::Object | Token::Array => c.skip(),
        },
        b"latency" => latency(c).map(|ns| request.latency_ns = ns),
        _ => c.skip(),
    })?;
    fields.request = Some(request);
    Ok(true)
}

fn status(text: &[u8]) -> Option<u16> {
    let &[a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] = text else {
        return None;
    };
    Some(u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0'))
}

/// `"1.5s"` of the API, float seconds of the BigQuery sink, `{seconds, nanos}` of Log Analytics.
fn latency(c: &mut Cursor<'_>) -> Result<Option<u64>, NotJson> {
    match c.value()? {
        Token::String(s) => Ok(seconds_to_ns(s.strip_suffix(b"s").unwrap_or(s))),
        Token::Scalar(s) => Ok(seconds_to_ns(s)),
        Token::Array => c.skip().map(|()| None),
        Token::Object => Ok(seconds_and_nanos(c)?.and_then(|ns| u64::try_from(ns).ok())),
    }
}

/// `{seconds, nanos}` of Log Analytics, in nanoseconds.
pub fn seconds_and_nanos(c: &mut Cursor<'_>) -> Result<Option<i64>, NotJson> {
    let (mut seconds, mut nanos) = (None, None);
    c.object(|c, key| {
        let number: Option<i64> = match c.value()? {
            Token::String(s) | Token::Scalar(s) => std::str::from_utf8(s).ok().and_then(|s| s.parse().ok()),
            Token::Object | Token::Array => c.skip().map(|()| None)?,
        };
        match key {
            b"seconds" => seconds = number,
            b"nanos" => nanos = number,
            _ => {}
        }
        Ok(())
    })?;
    if seconds.is_none() && nanos.is_none() {
        return Ok(None);
    }
    let whole = seconds.unwrap_or(0).checked_mul(1_000_000_000);
    Ok(whole.and_then(|ns| ns.checked_add(nanos.unwrap_or(0))))
}

/// Decimal seconds to nanoseconds, exactly; digits past the ninth are cut. `None` for anything else, exponents too.
fn seconds_to_ns(text: &[u8]) -> Option<u64> {
    let (whole, fraction) = match memchr::memchr(b'.', text) {
        Some(dot) => (&text[..dot], &text[dot + 1..]),
        None => (text, &[][..]),
    };
    if whole.is_empty() || whole.len() > 9 || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut ns = 0_u64;
    for &b in whole {
        ns = ns * 10 + u64::from(b.is_ascii_digit().then(|| b - b'0')?);
    }
    for i in 0..9 {
        ns = ns * 10 + fraction.get(i).map_or(0, |b| u64::from(b - b'0'));
    }
    Some(ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_exact() {
        assert_eq!(seconds_to_ns(b"0.004592759"), Some(4_592_759));
        assert_eq!(seconds_to_ns(b"0"), Some(0));
        assert_eq!(seconds_to_ns(b"301.001"), Some(301_001_000_000));
        assert_eq!(seconds_to_ns(b"1.0000000019"), Some(1_000_000_001));
        for bad in [&b""[..], b".5", b"-1", b"1e3", b"1.x", b"9999999999"] {
            assert_eq!(seconds_to_ns(bad), None);
        }
    }

    #[test]
    fn a_status_has_three_digits() {
        assert_eq!(status(b"503"), Some(503));
        for bad in [&b""[..], b"0", b"099", b"50", b"5xx", b"5000"] {
            assert_eq!(status(bad), None);
        }
    }
}
