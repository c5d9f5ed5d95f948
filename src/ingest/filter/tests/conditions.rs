//! Operators, conversions, missing fields, lists, precedence: what each takes of one entry.

use super::{table, takes};

const ENTRY: &str = r#"{
    "insertId": "66f1a9", "timestamp": "2026-03-01T10:00:00.123456789Z", "receiveTimestamp": "2026-03-01T10:00:01Z",
    "severity": "ERROR", "logName": "projects/acme-shop/logs/run.googleapis.com%2Fstderr", "trace": "projects/acme-shop/traces/0af7",
    "spanId": "00f067aa0ba902b7", "traceSampled": true,
    "resource": {"type": "cloud_run_revision", "labels": {"project_id": "acme-shop", "location": "europe-west1",
        "service_name": "chat-api", "revision_name": "chat-api-00041-kop"}},
    "labels": {"instanceId": "00a1", "run.googleapis.com/execution_name": "nightly-7", "empty": ""},
    "httpRequest": {"requestMethod": "GET", "requestUrl": "https://chat-api.example/rooms?id=7", "status": 503, "requestSize": "1024",
        "latency": "1.500000001s", "remoteIp": "203.0.113.7", "cacheHit": true},
    "sourceLocation": {"file": "app.py", "line": "42"}, "errorGroups": [{"id": "CAbc"}, {"id": "CDef"}],
    "jsonPayload": {"message": "Upstream FAILED: café", "code": 7, "ratio": -0.25, "big": 1e3, "size": "250", "ok": false, "nothing": null,
        "tags": ["red", "Green", 3], "deep": {"List": [{"a": "x"}, {"a": "y", "b": {"c": "needle"}}]}, "a.b": "dotted", "list": [],
        "OR": "word", "when": "2026-03-01T09:00:00Z", "took": "2s"}
}"#;

#[test]
fn strings_are_compared_without_case() {
    let count = table(
        ENTRY,
        &[
            ("insertId=66F1A9", true),
            ("insertId=\"66f1a9\"", true),
            ("insertId=66f1", false),
            ("insertId!=66f1a9", false),
            ("insertId!=other", true),
            ("insertId:F1A", true),
            ("insertId:\"\"", true),
            ("insertId<\"66f1b\"", true),
            ("insertId<66f1a9", false),
            ("insertId<=66F1A9", true),
            ("insertId>66F", true),
            ("insertId>=66f1a9", true),
            ("jsonPayload.message=\"upstream failed: CAFÉ\"", true),
            ("jsonPayload.message:\"cafe\u{301}\"", true),
            ("jsonPayload.message:cafe", false),
            ("jsonPayload.message:\"failed: c\"", true),
            ("resource.type=cloud_run_revision", true),
            ("resource.labels.service_name=Chat-API", true),
            ("resource.labels.service_name=chat", false),
            (
                "resource.labels.location>=europe AND resource.labels.location<europf",
                true,
            ),
            ("httpRequest.requestUrl:\"rooms?id=7\"", true),
            ("logName=\"projects/acme-shop/logs/run.googleapis.com%2Fstderr\"", true),
            ("logName:stderr", true),
            ("trace=projects/acme-shop/traces/0af7", true),
        ],
    );
    assert_eq!(count, 24);
}

#[test]
fn severities_are_ordered() {
    let count = table(
        ENTRY,
        &[
            ("severity=ERROR", true),
            ("severity=error", true),
            ("severity=\"Error\"", true),
            ("severity:ERROR", true),
            ("severity>=WARNING", true),
            ("severity>ERROR", false),
            ("severity<CRITICAL", true),
            ("severity<=500", true),
            ("severity!=INFO", true),
            ("severity=(INFO OR ERROR)", true),
            ("severity=(INFO AND ERROR)", false),
            ("severity>DEFAULT", true),
        ],
    );
    assert_eq!(count, 12);
}

#[test]
fn times_and_durations_are_exact() {
    let count = table(
        ENTRY,
        &[
            ("timestamp=\"2026-03-01T10:00:00.123456789Z\"", true),
            ("timestamp:\"2026-03-01T10:00:00.123456789Z\"", true),
            ("timestamp<\"2026-03-01T10:00:00.12345679Z\"", true),
            ("timestamp>\"2026-03-01T10:00:00.123456788Z\"", true),
            ("timestamp>=\"2026-03-01T11:00:00+01:00\"", true),
            ("timestamp>=\"2026-03-01\"", true),
            ("timestamp>=2026-03-01", true),
            ("timestamp<2026-03-01", false),
            ("timestamp!=2026-03-01", true),
            ("receiveTimestamp=\"2026-03-01T10:00:01Z\"", true),
            ("httpRequest.latency>\"1.5s\"", true),
            ("httpRequest.latency>1500ms", true),
            ("httpRequest.latency>=\"1500000001ns\"", true),
            ("httpRequest.latency<\"0.1m\"", true),
            ("httpRequest.latency=\"1.500000001s\"", true),
            ("httpRequest.latency<=\"-1s\"", false),
        ],
    );
    assert_eq!(count, 16);
}

#[test]
fn numbers_and_booleans_are_converted() {
    let count = table(
        ENTRY,
        &[
            ("httpRequest.status=503", true),
            ("httpRequest.status=\"503\"", true),
            ("httpRequest.status>=500", true),
            ("httpRequest.status:50", false),
            ("httpRequest.requestSize>1000", true),
            ("httpRequest.requestSize<999", false),
            ("httpRequest.cacheHit=true", true),
            ("httpRequest.cacheHit=TRUE", true),
            ("httpRequest.cacheHit!=false", true),
            ("httpRequest.cacheHit>false", true),
            ("traceSampled=true", true),
            ("sourceLocation.line=42", true),
            ("jsonPayload.code=7", true),
            ("jsonPayload.code=\"7.0\"", true),
            ("jsonPayload.code>6.5", true),
            ("jsonPayload.code:7", true),
            ("jsonPayload.code=seven", false),
            ("jsonPayload.code!=seven", false),
            ("jsonPayload.code!=8", true),
            ("jsonPayload.ratio=-0.25", true),
            ("jsonPayload.ratio>\"-1\"", true),
            ("jsonPayload.big=1000", true),
            ("jsonPayload.size=250", true),
            ("jsonPayload.size>1000", true),
            ("jsonPayload.ok=false", true),
            ("jsonPayload.ok=FALSE", true),
            ("jsonPayload.ok<true", true),
            ("jsonPayload.ok=0", false),
            ("jsonPayload.when>=\"2026-03-01\"", true),
            ("jsonPayload.took=\"2000ms\"", false),
        ],
    );
    assert_eq!(count, 30);
}

#[test]
fn missing_fields_fail_and_unset_ones_are_their_default() {
    let count = table(
        ENTRY,
        &[
            ("jsonPayload.none=x", false),
            ("jsonPayload.none!=x", false),
            ("NOT jsonPayload.none=x", true),
            ("-jsonPayload.none!=x", true),
            ("jsonPayload.none=\"\"", false),
            ("jsonPayload.none<1", false),
            ("jsonPayload.none!~\"x\"", false),
            ("labels.none=x", false),
            ("labels.none!=x", false),
            ("resource.labels.none!=x", false),
            ("protoPayload.status.code!=0", false),
            ("textPayload=x", false),
            ("textPayload!=x", true),
            ("textPayload=\"\"", true),
            ("textPayload!~\"x\"", true),
            ("operation.id=\"\"", true),
            ("operation.first=false", true),
            ("operation.first=true", false),
            ("httpRequest.responseSize=0", true),
            ("httpRequest.responseSize<1", true),
            ("httpRequest.referer!=x", true),
            ("split.index=0", true),
        ],
    );
    assert_eq!(count, 22);
    let bare = r#"{"insertId":"1"}"#;
    let count = table(
        bare,
        &[
            ("severity=DEFAULT", true),
            ("severity<INFO", true),
            ("severity>=DEFAULT", true),
            ("httpRequest.status=0", true),
            ("httpRequest.status<400", true),
            ("httpRequest.status!=200", true),
            ("httpRequest.latency<1s", true),
            ("httpRequest.latency=0s", true),
            ("timestamp>=1970-01-01", false),
            ("timestamp<2100-01-01", false),
            ("NOT timestamp<2100-01-01", true),
            ("resource.type=\"\"", true),
            ("resource.labels.service_name=\"\"", false),
        ],
    );
    assert_eq!(count, 13);
}

#[test]
fn presence_is_asked_with_a_star() {
    let count = table(
        ENTRY,
        &[
            ("severity:*", true),
            ("textPayload:*", false),
            ("NOT textPayload:*", true),
            ("jsonPayload:*", true),
            ("protoPayload:*", false),
            ("jsonPayload.code:*", true),
            ("jsonPayload.nothing:*", true),
            ("jsonPayload.list:*", true),
            ("jsonPayload.deep:*", true),
            ("jsonPayload.deep.List.b:*", true),
            ("jsonPayload.none:*", false),
            ("labels.instanceId:*", true),
            ("labels.empty:*", true),
            ("labels.none:*", false),
            ("labels:*", true),
            ("httpRequest:*", true),
            ("httpRequest.status:*", true),
            ("httpRequest.referer:*", false),
            ("errorGroups:*", true),
            ("errorGroups.id:*", true),
            ("operation:*", false),
            ("operation.first:*", false),
            ("timestamp:*", true),
            ("resource.labels.service_name:*", true),
            ("jsonPayload.code:(* AND 7)", true),
        ],
    );
    assert_eq!(count, 25);
    let defaults = r#"{"severity":"DEFAULT","textPayload":"","httpRequest":{"status":0,"latency":"0s"},"operation":{"first":false},"errorGroups":[],"jsonPayload":null}"#;
    let count = table(
        defaults,
        &[
            ("severity:*", false),
            ("textPayload:*", false),
            ("httpRequest.status:*", false),
            ("httpRequest.latency:*", true),
            ("operation.first:*", false),
            ("operation:*", true),
            ("errorGroups:*", false),
            ("jsonPayload:*", false),
        ],
    );
    assert_eq!(count, 8);
}

#[test]
fn null_is_a_value_of_payloads() {
    let count = table(
        ENTRY,
        &[
            ("jsonPayload.nothing=NULL_VALUE", true),
            ("jsonPayload.nothing:NULL_VALUE", true),
            ("jsonPayload.nothing!=NULL_VALUE", false),
            ("jsonPayload.nothing=\"NULL_VALUE\"", false),
            ("jsonPayload.nothing=null", false),
            ("jsonPayload.nothing!=x", false),
            ("jsonPayload.code=NULL_VALUE", false),
            ("jsonPayload.code!=NULL_VALUE", true),
            ("jsonPayload.none=NULL_VALUE", false),
            ("jsonPayload.none!=NULL_VALUE", false),
        ],
    );
    assert_eq!(count, 10);
}

#[test]
fn any_element_of_a_list_may_fit() {
    let count = table(
        ENTRY,
        &[
            ("jsonPayload.tags=red", true),
            ("jsonPayload.tags=green", true),
            ("jsonPayload.tags=blue", false),
            ("jsonPayload.tags!=red", true),
            ("jsonPayload.tags:ee", true),
            ("jsonPayload.tags=3", true),
            ("jsonPayload.tags>2", true),
            ("jsonPayload.tags=~\"^G\"", true),
            ("jsonPayload.tags=(red AND green)", true),
            ("jsonPayload.deep.List.a=y", true),
            ("jsonPayload.deep.List.a=z", false),
            ("jsonPayload.deep.List.b.c=needle", true),
            ("errorGroups.id=CDef", true),
            ("errorGroups.id=CGhi", false),
            ("jsonPayload.list=x", false),
        ],
    );
    assert_eq!(count, 15);
}

#[test]
fn names_are_found_as_they_are_written() {
    let count = table(
        ENTRY,
        &[
            ("jsonPayload.\"a.b\"=dotted", true),
            ("jsonPayload.a.b=dotted", false),
            ("\"jsonPayload\".\"code\"=7", true),
            ("jsonPayload.OR=word", true),
            ("jsonPayload.Code=7", false),
            ("jsonPayload.deep.list.a=x", false),
            ("labels.\"run.googleapis.com/execution_name\"=nightly-7", true),
            ("labels.instanceid=00a1", false),
            ("json_payload.code=7", true),
            ("http_request.status=503", true),
            ("http_request.request_size=1024", true),
            ("log_name:stderr", true),
            ("receive_timestamp>2026-03-01", true),
        ],
    );
    assert_eq!(count, 13);
}

#[test]
fn a_text_may_stand_anywhere() {
    let count = table(
        ENTRY,
        &[
            ("failed", true),
            ("\"Upstream failed\"", true),
            ("upstream needle", true),
            ("upstream absent", false),
            ("NOT absent", true),
            ("-needle", false),
            ("CHAT-API", true),
            ("nightly-7", true),
            ("503", true),
            ("504", false),
            ("1000", true),
            ("error", true),
            ("\"2026-03-01T10:00:00.123456789Z\"", true),
            ("true", true),
            ("2s", true),
            ("café", true),
            ("run.googleapis.com/execution_name", false),
            ("jsonPayload:needle", true),
            ("jsonPayload.deep:needle", true),
            ("jsonPayload:chat-api", false),
            ("jsonPayload.deep=needle", false),
            ("labels:nightly", true),
            ("resource:europe", true),
            ("httpRequest:503", true),
            ("errorGroups:CDef", true),
        ],
    );
    assert_eq!(count, 25);
}

#[test]
fn regexes_heed_case_and_need_not_fit_the_whole() {
    let count = table(
        ENTRY,
        &[
            ("jsonPayload.message=~\"FAIL\"", true),
            ("jsonPayload.message=~\"fail\"", false),
            ("jsonPayload.message=~\"(?i)fail\"", true),
            ("jsonPayload.message=~\"^Upstream .*: caf.$\"", true),
            ("jsonPayload.message!~\"FAIL\"", false),
            ("jsonPayload.message!~\"^x\"", true),
            ("resource.labels.revision_name=~\"-\\d+-\"", true),
            ("resource.labels.revision_name=~\"-\\\\d+-\"", true),
            ("jsonPayload.code=~\"7\"", false),
            ("jsonPayload.code!~\"7\"", false),
            ("labels.instanceId=~(\"^x\" OR \"a1$\")", true),
            ("labels.instanceId!~(\"^x\" AND \"y\")", true),
            ("jsonPayload.took=~\"^\\d+s$\"", true),
        ],
    );
    assert_eq!(count, 13);
}

#[test]
fn or_binds_tighter_than_and() {
    let yes = |n: u32| format!("jsonPayload.n{n}=1");
    let mut seen = 0;
    for bits in 0..16_u32 {
        let on = |n: u32| bits >> n & 1 == 1;
        let fields: Vec<String> = (0..4).filter(|n| on(*n)).map(|n| format!("\"n{n}\":1")).collect();
        let json = format!("{{\"insertId\":\"1\",\"jsonPayload\":{{{}}}}}", fields.join(","));
        let (a, b, c, d) = (on(0), on(1), on(2), on(3));
        let [fa, fb, fc, fd] = [0, 1, 2, 3].map(yes);
        for (text, taken) in [
            (format!("{fa} OR {fb} AND {fc} OR {fd}"), (a || b) && (c || d)),
            (format!("{fa} OR NOT {fb} AND NOT {fc} OR {fd}"), (a || !b) && (!c || d)),
            (format!("{fa} AND {fb} OR {fc} AND {fd}"), a && (b || c) && d),
            (format!("{fa} {fb} OR {fc} {fd}"), a && (b || c) && d),
            (format!("({fa} AND {fb}) OR ({fc} AND {fd})"), (a && b) || (c && d)),
            (format!("NOT {fa} OR {fb}"), !a || b),
            (format!("NOT ({fa} OR {fb})"), !(a || b)),
            (format!("-{fa} {fb}\n-({fc} {fd})"), !a && b && !(c && d)),
            (format!("NOT NOT {fa} OR -NOT {fb}"), a || b),
            (format!("{fa} -- {fb}\nOR {fd} -- end"), a || d),
        ] {
            assert_eq!(takes(&text, &json), taken, "{text} on {json}");
            seen += 1;
        }
    }
    assert_eq!(seen, 160);
}

#[test]
fn values_in_parentheses_have_the_same_precedence() {
    let count = table(
        r#"{"insertId":"1","textPayload":"alpha beta gamma"}"#,
        &[
            ("textPayload:(alpha AND beta)", true),
            ("textPayload:(alpha beta)", true),
            ("textPayload:(alpha AND delta)", false),
            ("textPayload:(delta OR beta)", true),
            ("textPayload:(delta OR beta AND gamma)", true),
            ("textPayload:((delta AND beta) OR gamma)", true),
            ("textPayload:(alpha AND NOT delta)", true),
            ("textPayload:(NOT alpha OR -delta)", true),
            ("textPayload:(-alpha)", false),
            ("textPayload:(\"alpha beta\")", true),
            ("textPayload=(\"alpha\" OR \"beta\")", false),
            ("textPayload!=(\"alpha\" AND \"beta\")", true),
        ],
    );
    assert_eq!(count, 12);
}

#[test]
fn an_empty_filter_takes_everything() {
    for text in ["", "  \n", "-- nothing"] {
        assert!(takes(text, ENTRY) && takes(text, r#"{"insertId":"1"}"#));
    }
}
