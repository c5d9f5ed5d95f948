//! What is refused, where, and with which hint; and what is only warned of.

use super::super::{CHARS_MAX, DEPTH_MAX, Filter};
use super::filter;

/// Filter, column, start of the message, a part of the hint.
const FAULTS: [(&str, usize, &str, &str); 86] = [
    // Fields
    ("thud=1", 1, "a LogEntry has no field thud", "jsonPayload.NAME"),
    (
        "textPayload.thud=1",
        13,
        "textPayload is a string: it has no fields",
        "compare the field itself",
    ),
    (
        "severty=ERROR",
        1,
        "a LogEntry has no field severty",
        "did you mean severity?",
    ),
    (
        "logname=x",
        1,
        "a LogEntry has no field logname",
        "did you mean logName?",
    ),
    (
        "httpRequest.state=1",
        13,
        "httpRequest has no field state",
        "did you mean status?",
    ),
    (
        "httpRequest.xyz=1",
        13,
        "httpRequest has no field xyz",
        "there are requestMethod",
    ),
    (
        "resource.label.x=1",
        10,
        "resource has no field label",
        "did you mean labels?",
    ),
    (
        "labels.a.b=1",
        10,
        "a label is a string: it has no fields",
        "double quotes",
    ),
    (
        "jsonPayload.list[0]=1",
        13,
        "an index stands in a field's name",
        "any element",
    ),
    (
        "severity.x=1",
        10,
        "severity is a severity: it has no fields",
        "compare",
    ),
    (
        "SEARCH(thud, \"x\")",
        8,
        "a LogEntry has no field thud",
        "jsonPayload.NAME",
    ),
    // Types
    (
        "severity=FATAL",
        10,
        "severity is a severity, and \"FATAL\" is none",
        "did you mean CRITICAL?",
    ),
    (
        "severity>=WARNNG",
        11,
        "severity is a severity, and \"WARNNG\" is none",
        "did you mean WARNING?",
    ),
    (
        "severity=(ERROR OR xyz)",
        20,
        "severity is a severity, and \"xyz\" is none",
        "there are DEFAULT, DEBUG",
    ),
    (
        "severity=\"\"",
        10,
        "severity is a severity, and \"\" is none",
        "there are",
    ),
    (
        "timestamp>=yesterday",
        12,
        "timestamp is a time, and \"yesterday\" is none",
        "RFC 3339",
    ),
    (
        "timestamp>=\"2026-03-01T10:00:00\"",
        12,
        "timestamp is a time",
        "with a zone",
    ),
    ("timestamp:\"2026-03\"", 11, "timestamp is a time", "RFC 3339"),
    (
        "timestamp>=2026-03-01T10:00:00Z",
        25,
        "an operator stands behind a value",
        "double quotes",
    ),
    (
        "httpRequest.latency>1.5",
        21,
        "httpRequest.latency is a duration, and \"1.5\" is none",
        "1.5s",
    ),
    (
        "httpRequest.latency>\"1 day\"",
        21,
        "httpRequest.latency is a duration",
        "unit",
    ),
    (
        "httpRequest.status=5xx",
        20,
        "httpRequest.status is a whole number, and \"5xx\" is none",
        "STRING",
    ),
    (
        "httpRequest.status>499.5",
        20,
        "httpRequest.status is a whole number",
        "digits",
    ),
    (
        "traceSampled=yes",
        14,
        "traceSampled is true or false, and \"yes\" is none",
        "true or false",
    ),
    (
        "cast(jsonPayload.x, INT64)=abc",
        28,
        "jsonPayload.x is a whole number, and \"abc\" is none",
        "digits",
    ),
    (
        "cast(jsonPayload.x, FLOAT64)=abc",
        30,
        "jsonPayload.x is a number",
        "digits",
    ),
    (
        "severity=~\"ERR\"",
        9,
        "severity is a severity, and regexes read strings only",
        "severity=(ERROR OR CRITICAL)",
    ),
    (
        "httpRequest.status=~\"^5\"",
        19,
        "httpRequest.status is a whole number, and regexes",
        "cast(httpRequest.status, STRING)=~",
    ),
    (
        "cast(labels.x, INT64)=~\"1\"",
        22,
        "the result is a whole number, and regexes",
        "compare it",
    ),
    (
        "resource=x",
        9,
        "resource is a group of fields: = compares one value",
        "resource:\"text\"",
    ),
    (
        "jsonPayload=x",
        12,
        "jsonPayload is a payload: = compares one value",
        "jsonPayload:\"text\"",
    ),
    (
        "labels=~\"x\"",
        7,
        "labels is a map of labels: =~ compares one value",
        "labels:\"text\"",
    ),
    ("errorGroups>x", 12, "errorGroups is a list", "name a field"),
    // Regexes
    (
        "textPayload=~abc",
        14,
        "a regex stands in double quotes",
        "write \"abc\"",
    ),
    ("textPayload=~\"(a\"", 14, "this is no regex: unclosed group", "RE2"),
    ("textPayload!~\"a(?=b)\"", 14, "this is no regex: look-around", "RE2"),
    (
        "textPayload=~\"(?x)a\"",
        14,
        "this is no regex: RE2 has no flag x",
        "RE2",
    ),
    (
        "textPayload=~(\"a\" OR \"[\")",
        22,
        "this is no regex: unclosed character class",
        "RE2",
    ),
    ("textPayload=~*", 14, "a * stands here", "no wildcards"),
    // Values
    (
        "insertId = abc:def",
        15,
        "an operator stands behind a value",
        "double quotes",
    ),
    (
        "insertId=",
        10,
        "the filter ends where a value is expected",
        "write one",
    ),
    ("insertId= AND x", 11, "a value is expected before AND", "double quotes"),
    ("insertId=)", 10, "a value is expected before )", "write one"),
    ("insertId='a'", 10, "single quotes do not quote", "double quotes"),
    ("insertId=\"a", 10, "a quoted text has no end", "close it"),
    ("insertId=“a”", 10, "this is not a plain quote", "write \""),
    ("insertId=a*", 11, "a * stands here", "no wildcards"),
    ("insertId=*", 10, "a * stands here", "FIELD:*"),
    ("insertId=-x", 10, "a value is expected before -", "starts with -"),
    ("insertId=\"a\".b", 10, "this value is half quoted", "one pair"),
    ("insertId=.5", 10, "a value is expected before .", "double quotes"),
    (
        "insertId=a.",
        12,
        "the filter ends where a name behind the dot is expected",
        "double quotes",
    ),
    (
        "insertId=f(x)",
        10,
        "a function cannot stand right of an operator",
        "left",
    ),
    ("insertId=()", 11, "a value is expected before )", "write one"),
    ("insertId=(a OR)", 15, "a value is expected before )", "write one"),
    ("insertId==x", 9, "there is no operator ==", "write ="),
    ("insertId<>x", 9, "there is no operator <>", "write !="),
    ("insertId~x", 9, "there is no operator ~", "=~"),
    // Structure
    ("(a", 1, "this parenthesis is not closed", "missing"),
    ("a)", 2, "this parenthesis was not opened", "take it out"),
    ("()", 2, "a condition is expected before )", "FIELD=VALUE"),
    (
        "a AND",
        6,
        "the filter ends where a condition is expected",
        "FIELD=VALUE",
    ),
    ("AND a", 1, "a condition is expected before AND", "FIELD=VALUE"),
    ("a OR OR b", 6, "a condition is expected before OR", "FIELD=VALUE"),
    ("NOT", 4, "the filter ends where a condition is expected", "FIELD=VALUE"),
    ("=x", 1, "a condition is expected before =", "FIELD=VALUE"),
    ("a, b", 2, "a comma stands outside of a function", "AND or OR"),
    ("a && b", 3, "there is no operator &&", "write AND"),
    ("!a", 1, "there is no operator !", "write NOT"),
    ("foo*", 4, "a * stands here", "no wildcards"),
    (
        "jsonPayload.\"a b\"",
        1,
        "this field is not compared with anything",
        "operator",
    ),
    ("a .b", 3, "a dot stands here", "double quotes"),
    // Functions
    ("logid(\"x\")", 1, "there is no function logid", "did you mean log_id"),
    (
        "frobnicate(x)",
        1,
        "there is no function frobnicate",
        "there are cast, ip_in_net",
    ),
    (
        "log_id(\"a\", \"b\")",
        11,
        "log_id has other arguments",
        "write log_id(",
    ),
    ("log_id()", 8, "log_id has other arguments", "write log_id("),
    (
        "log_id(\"a\")=true",
        12,
        "this function is true or false by itself",
        "NOT",
    ),
    (
        "cast(labels.x, INT64)",
        1,
        "the result of this function is not compared",
        "compare",
    ),
    ("cast(labels.x, NUMBER)>1", 16, "there is no type NUMBER", "INT64"),
    (
        "cast(timestamp, STRING, TIMEZONE(\"Europe/Berlin\"))=x",
        34,
        "\"Europe/Berlin\" is no offset",
        "+01:00",
    ),
    (
        "ip_in_net(httpRequest.remoteIp, \"10.0.0.0/33\")",
        33,
        "\"10.0.0.0/33\" is no network",
        "10.0.0.0/8",
    ),
    ("sample(insertId, 0)", 18, "0 is no fraction", "above 0"),
    ("sample(timestamp, 0.5)", 8, "timestamp is a time: a sample", "insertId"),
    ("SEARCH(\"..\")", 8, "SEARCH has no word", "at least one"),
    (
        "regexp_extract(textPayload, \"(a)(b)\")=x",
        29,
        "this regex has 2 groups",
        "(?: )",
    ),
    (
        "source(acme-shop)",
        8,
        "\"acme-shop\" is no source of logs",
        "source(projects/ID)",
    ),
];

#[test]
fn faults_are_pointed_at() {
    for (text, column, message, hint) in FAULTS {
        let error = match Filter::parse(text) {
            Ok(filter) => panic!("{text} is read as {filter}"),
            Err(error) => error,
        };
        assert_eq!((error.line, error.column), (1, column), "{text}: {error}");
        assert!(error.message.starts_with(message), "{text}: {error}");
        assert!(error.hint.contains(hint), "{text}: {}", error.hint);
        assert_eq!(error.picture()[0], text);
        assert_eq!(error.picture()[1].find('^'), Some(column - 1), "{text}");
    }
}

#[test]
fn more_functions_are_refused_with_other_arguments() {
    for text in [
        "cast(labels.x)>1",
        "cast(labels.x, INT64, \"UTC\")>1",
        "cast(labels.x, STRING, TIMEZONE)>1",
        "cast(labels.x, INT64, TIMEZONE(\"UTC\"))>1",
        "cast(resource, STRING)=x",
        "cast(log_id(\"x\"), STRING)=x",
        "cast(labels.x, INT64):*",
        "regexp_extract(httpRequest.status, \"(x)\")=x",
        "regexp_extract(labels, \"(x)\")=x",
        "ip_in_net(httpRequest.status, \"10.0.0.0/8\")",
        "ip_in_net(httpRequest.remoteIp)",
        "ip_in_net(\"10.0.0.0/8\")",
        "SEARCH(httpRequest.status, \"x\")",
        "SEARCH(word)",
        "SEARCH()",
        "sample(insertId, x)",
        "sample(insertId, 1.5)",
        "sample(resource, 0.5)",
        "source(projects/a/b)",
        "source(projects/)",
        "SEARCH(\"a\" \"b\")",
    ] {
        let error = Filter::parse(text).map(|f| f.to_string()).unwrap_err();
        assert!(!error.hint.is_empty(), "{text}: {error}");
    }
}

#[test]
fn lines_are_counted() {
    let error = Filter::parse("severity=ERROR -- fine\n  AND  thud=1\nAND x").unwrap_err();
    assert_eq!((error.line, error.column), (2, 8));
    assert_eq!(error.picture()[0], "  AND  thud=1");
}

#[test]
fn length_and_depth_have_limits() {
    let long = |n: usize| format!("textPayload:\"{}\"", "é".repeat(n - 14));
    assert!(Filter::parse(&long(CHARS_MAX)).is_ok());
    let error = Filter::parse(&long(CHARS_MAX + 1)).unwrap_err();
    assert!(error.message.contains("more than 20000 characters"), "{error}");
    let deep = |n: usize, open: &str, close: &str| format!("{}a{}", open.repeat(n), close.repeat(n));
    for (open, close) in [("(", ")"), ("NOT ", ""), ("- ", ""), ("NOT (", ")")] {
        let levels = if open.len() == 5 { 2 } else { 1 };
        assert!(Filter::parse(&deep(DEPTH_MAX / levels, open, close)).is_ok());
        let error = Filter::parse(&deep(DEPTH_MAX / levels + 1, open, close)).unwrap_err();
        assert!(error.message.contains("deeper than 100 levels"), "{error}");
        Filter::parse(&deep(3_000, open, close)).unwrap_err();
    }
    Filter::parse(&format!("insertId={}", deep(5_000, "(", ")"))).unwrap_err();
    Filter::parse(&deep(1_000, "cast(", ", INT64)")).unwrap_err();
    let wide = vec!["a"; 9_000].join(" ");
    assert!(Filter::parse(&wide).is_ok());
}

#[test]
fn what_may_be_meant_otherwise_is_warned_of() {
    for (text, column, part) in [
        ("a OR b AND c", 1, "this is read as: (a OR b) AND c"),
        ("a b OR c", 1, "a AND (b OR c)"),
        ("severity=INFO\nseverity=INFO OR insertId=1", 1, "AND and OR are mixed"),
        ("x AND (a OR b c)", 8, "(a OR b) AND c"),
        ("textPayload:(a OR b AND c)", 14, "(a OR b) AND c"),
        ("a and b", 3, "the operator is AND"),
        ("a Or b", 3, "the operator is OR"),
        ("not a", 1, "the operator is NOT"),
        ("textPayload=\"foo*\"", 13, "no wildcards"),
        ("textPayload:\"*foo\"", 13, "no wildcards"),
        ("textPayload:\"\\d\"", 13, "no escape"),
        ("log_id (\"x\")", 1, "no blank before its parenthesis"),
        ("log_id(\"run.googleapis.com%2Fstderr\")", 8, "unescaped"),
    ] {
        let filter = filter(text);
        let warning = filter.warnings().first().unwrap_or_else(|| panic!("{text}"));
        assert_eq!(warning.column, column, "{text}: {warning}");
        assert!(warning.message.contains(part), "{text}: {warning}");
    }
    for text in [
        "(a OR b) AND c",
        "a OR b OR c",
        "a AND b c",
        "NOT a OR b",
        "severity=(ERROR OR CRITICAL) AND x",
        "\"and\" \"or\"",
        "textPayload=~\"a*\"",
        "textPayload:*",
        "log_id(\"x\") (a)",
        "",
    ] {
        assert_eq!(filter(text).warnings(), [], "{text}");
    }
}
