//! Shapes of entries: snake_case exports, audit entries, lines of text, odd and broken records.

use super::super::{Filter, Record};
use super::{filter, table, takes_scanned};
use crate::model::Timestamp;

#[test]
fn snake_case_records_answer_to_the_same_names() {
    let count = table(
        r#"{"insert_id":"1","log_name":"projects/p/logs/run.googleapis.com%2Frequests","timestamp":"2026-03-01T10:00:00Z",
            "receive_timestamp":"2026-03-01T10:00:01Z","severity":"WARNING","text_payload":"late","trace_sampled":true,"span_id":"ab",
            "http_request":{"request_method":"GET","status":"404","latency":{"seconds":"2","nanos":500000000},"remote_ip":"10.0.0.1"},
            "source_location":{"line":"7"},"split":{"total_splits":3},
            "proto_payload":{"type":"type.googleapis.com/google.cloud.audit.AuditLog",
                "audit_log":{"method_name":"Services.ReplaceService","authentication_info":{"principal_email":"ci@acme.example"}}}}"#,
        &[
            ("insertId=1", true),
            ("log_id(\"run.googleapis.com/requests\")", true),
            ("receiveTimestamp>=2026-03-01", true),
            ("textPayload:LATE", true),
            ("traceSampled=true", true),
            ("spanId=ab", true),
            ("httpRequest.requestMethod=get", true),
            ("httpRequest.status=404", true),
            ("httpRequest.latency=2.5s", true),
            ("http_request.remote_ip=10.0.0.1", true),
            ("sourceLocation.line=7", true),
            ("split.totalSplits=3", true),
            ("protoPayload.methodName=\"Services.ReplaceService\"", true),
            ("protoPayload.authenticationInfo.principalEmail:acme", true),
            ("protoPayload.\"@type\":AuditLog", true),
            ("GET late", true),
        ],
    );
    assert_eq!(count, 16);
}

#[test]
fn names_below_proto_payload_have_no_case() {
    let count = table(
        r#"{"insertId":"1","protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","methodName":"v1.Create",
            "status":{"code":7,"message":"DENIED"},"request":{"Spec":{"Traffic":[{"percent":100}]}}}}"#,
        &[
            ("protoPayload.methodName=v1.create", true),
            ("protoPayload.METHODNAME=v1.create", true),
            ("protoPayload.method_name=v1.create", true),
            ("protoPayload.Status.Code=7", true),
            ("protoPayload.status.code!=0", true),
            ("protoPayload.request.spec.traffic.percent=100", true),
            (
                "protoPayload.\"@type\"=\"type.googleapis.com/google.cloud.audit.AuditLog\"",
                true,
            ),
            ("protoPayload:denied", true),
            ("protoPayload.methodNames=x", false),
        ],
    );
    assert_eq!(count, 9);
}

#[test]
fn a_line_of_text_is_a_text_payload() {
    let time = Timestamp::parse("2026-03-01T10:00:00Z");
    let line = "2026-03-01T10:00:00Z ERROR: Timeout of db-1";
    let mut seen = 0;
    for (text, taken) in [
        ("textPayload:timeout", true),
        ("textPayload=~\"^2026.*db-1$\"", true),
        ("textPayload:*", true),
        ("timeout", true),
        ("absent", false),
        ("SEARCH(\"db timeout\")", true),
        ("SEARCH(textPayload, \"db timeout\")", true),
        ("SEARCH(jsonPayload, \"db\")", false),
        ("timestamp>=2026-03-01 AND timestamp<2026-03-02", true),
        ("timestamp<2026-03-01", false),
        ("\"2026-03-01T10:00:00Z\"", true),
        ("severity=DEFAULT", true),
        ("severity>=ERROR", false),
        ("httpRequest.status<400", true),
        ("resource.labels.service_name=x", false),
        ("NOT resource.labels.service_name=x", true),
        ("jsonPayload:*", false),
        ("jsonPayload.a!=b", false),
        ("insertId=\"\"", true),
        ("log_id(\"x\")", false),
        ("sample(insertId, 1)", false),
        ("regexp_extract(textPayload, \"of (\\S+)\")=db-1", true),
    ] {
        assert_eq!(
            filter(text).matches(&Record::text(line.as_bytes(), time)),
            taken,
            "{text}"
        );
        seen += 1;
    }
    assert_eq!(seen, 22);
    assert!(!filter("timestamp>2026-01-01").matches(&Record::text(b"no time", None)));
    assert!(filter("textPayload:b").matches(&Record::text(b"a\xffb", None)));
}

#[test]
fn odd_values_are_none() {
    let count = table(
        r#"{"insertId":"1","severity":"CARIBOU","timestamp":"soon","httpRequest":{"status":"many","latency":true,"requestMethod":null},
            "labels":{"n":5,"list":["a","b"]},"resource":[{"type":"x"}],"traceSampled":"yes"}"#,
        &[
            ("severity=DEFAULT", true),
            ("timestamp:*", false),
            ("timestamp>2020-01-01", false),
            ("httpRequest.latency=0s", true),
            ("httpRequest.requestMethod=\"\"", true),
            ("labels.n=5", false),
            ("labels.list=b", false),
            ("traceSampled=false", true),
        ],
    );
    assert_eq!(count, 8);
}

#[test]
fn numbers_of_enums_and_float_latencies_are_read() {
    let count = table(
        r#"{"insertId":"1","severity":500,"httpRequest":{"latency":0.25,"status":200}}"#,
        &[
            ("severity=ERROR", true),
            ("httpRequest.latency=250ms", true),
            ("httpRequest.latency<0.3s", true),
        ],
    );
    assert_eq!(count, 3);
}

#[test]
fn escaped_json_is_decoded() {
    let count = table(
        r#"{"insertId":"1","jsonPayload":{"m\u0065ssage":"a \"quote\"\nand \u00e9 \/ \*","path":"C:\\temp"}}"#,
        &[
            ("jsonPayload.message:\"\\\"QUOTE\\\"\\nand é / *\"", true),
            ("jsonPayload.message=~\"\\nand é\"", true),
            ("jsonPayload.path=\"C:\\\\temp\"", true),
            ("jsonPayload.path=~\"C:\\\\\\\\temp\"", true),
            ("\"quote\\\"\\nand\"", true),
            ("\"C:\\\\TEMP\"", true),
            ("É", true),
        ],
    );
    assert_eq!(count, 7);
}

#[test]
fn what_is_no_object_is_never_taken() {
    for record in ["", "[]", "null", "{", "{\"a\":}", "\"{\"", "{\"insertId\":\"1\""] {
        for text in ["insertId:*", "NOT insertId:*", "x", "NOT x", "-jsonPayload.a=b"] {
            assert!(
                !filter(text).matches(&Record::json(record.as_bytes())),
                "{text} on {record}"
            );
        }
    }
    let marked = "\u{feff} {\"insertId\":\"1\"},";
    assert!(filter("insertId=1").matches(&Record::json(marked.as_bytes())));
}

#[test]
fn the_scanner_knows_more_of_incomplete_entries() {
    let received = r#"{"insertId":"1","receiveTimestamp":"2026-03-01T10:00:00Z"}"#;
    assert_eq!(takes_scanned(&filter("timestamp>=2026-03-01"), received), Some(true));
    let bare_id = r#"{"insertId":"1","log_id":"run.googleapis.com/stderr"}"#;
    let takes = |text: &str| takes_scanned(&filter(text), bare_id);
    assert_eq!(takes("log_id(\"run.googleapis.com/stderr\")"), Some(true));
    assert_eq!(takes("logName=\"run.googleapis.com/stderr\""), Some(false));
    let own_level = r#"{"insertId":"1","jsonPayload":{"level":"error"}}"#;
    assert_eq!(takes_scanned(&filter("severity=ERROR"), own_level), Some(false));
}

#[test]
fn a_filter_is_shared_between_threads() {
    fn is_shared<T: Send + Sync + Clone + std::fmt::Debug>() {}
    is_shared::<Filter>();
}
