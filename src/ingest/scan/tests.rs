use super::*;
use crate::model::Severity;

/// Scans one record and hands what is worth knowing to the test.
fn scan<T>(json: &str, look: impl FnOnce(&RawEntry<'_>, &[Origin]) -> T) -> Result<T, Reason> {
    let mut marks = Marks::default();
    marks.mark(json.as_bytes());
    let mut scanner = Scanner::default();
    let raw = scanner.record(json.as_bytes(), (0, json.len()), marks.quotes(), &mut 0)?;
    Ok(look(&raw, scanner.origins()))
}

fn message(json: &str) -> Option<String> {
    scan(json, |e, _| e.message.map(decode_to_string)).unwrap()
}

#[test]
fn a_request_entry_is_read_whole() {
    let json = r#"{"insertId":"i1","httpRequest":{"requestMethod":"GET","requestUrl":"https://x.test/a?b=1","status":503,"latency":"1.5s"},
      "resource":{"type":"cloud_run_revision","labels":{"service_name":"chat-api","revision_name":"chat-api-00041-kop","location":"europe-west1","project_id":"acme-shop"}},
      "timestamp":"2026-03-01T10:00:00.25Z","severity":"ERROR","labels":{"instanceId":"00ab"},"logName":"projects/acme-shop/logs/run.googleapis.com%2Frequests"}"#;
    scan(json, |e, origins| {
        let request = e.request.unwrap();
        assert_eq!(
            (request.method, request.status, request.latency_ns),
            (&b"GET"[..], Some(503), Some(1_500_000_000))
        );
        assert_eq!(
            (e.log, e.severity, e.message),
            (LogKind::Requests, Some(Severity::Error), None)
        );
        assert_eq!(
            (origins[e.origin].service.as_str(), origins[e.origin].revision.as_str()),
            ("chat-api", "chat-api-00041-kop")
        );
        assert_eq!(
            (e.insert_id, e.instance, e.identified, e.has_content),
            (&b"i1"[..], &b"00ab"[..], true, true)
        );
        assert_eq!(e.timestamp, Timestamp::parse("2026-03-01T10:00:00.25Z"));
    })
    .unwrap();
}

#[test]
fn snake_case_and_camel_case_are_one_entry() {
    let camel = r#"{"insertId":"i","timestamp":"2026-03-01T10:00:00Z","logName":"projects/p/logs/run.googleapis.com%2Fstderr","textPayload":"x"}"#;
    let snake = r#"{"insert_id":"i","timestamp":"2026-03-01T10:00:00+00:00","log_name":"projects/p/logs/run.googleapis.com/stderr","text_payload":"x"}"#;
    let key = |json| scan(json, |e, _| (e.key, e.log, e.message.map(<[u8]>::to_vec))).unwrap();
    assert_eq!(key(camel), key(snake));
}

#[test]
fn the_message_is_the_first_of_a_fixed_list() {
    assert_eq!(
        message(r#"{"jsonPayload":{"msg":"b","exception":"c","message":"a"}}"#).as_deref(),
        Some("a")
    );
    assert_eq!(
        message(r#"{"jsonPayload":{"exception":"c","msg":"b"}}"#).as_deref(),
        Some("b")
    );
    assert_eq!(
        message(r#"{"jsonPayload":{"error":{"severity":"ERROR","message":"m"}}}"#).as_deref(),
        Some("m")
    );
    assert_eq!(
        message(r#"{"textPayload":"t","jsonPayload":{"message":"a"}}"#).as_deref(),
        Some("t")
    );
    assert_eq!(
        message(r#"{"jsonPayload":{"message":"","msg":"b"}}"#).as_deref(),
        Some("b")
    );
    assert_eq!(
        message(r#"{"protoPayload":{"methodName":"m","status":{"code":10,"message":"s"}}}"#).as_deref(),
        Some("s")
    );
    assert_eq!(message(r#"{"jsonPayload":{"other":1}}"#), None);
}

#[test]
fn a_severity_deeper_down_is_not_the_entry_s() {
    let severity = |json| scan(json, |e, _| e.severity).unwrap();
    assert_eq!(
        severity(
            r#"{"severity":"INFO","jsonPayload":{"message":"ok","error":{"severity":"ERROR","message":"Missing field"}}}"#
        ),
        Some(Severity::Info)
    );
    assert_eq!(
        severity(r#"{"jsonPayload":{"message":"ok","error":{"severity":"ERROR"}}}"#),
        None
    );
    assert_eq!(severity(r#"{"severity":500,"textPayload":"x"}"#), Some(Severity::Error));
    assert_eq!(severity(r#"{"severity":"CARIBOU","textPayload":"x"}"#), None);
    assert_eq!(
        severity(r#"{"jsonPayload":{"level":"error","msg":"x"}}"#),
        Some(Severity::Error)
    );
    assert_eq!(
        severity(r#"{"severity":"INFO","jsonPayload":{"level":"error","msg":"x"}}"#),
        Some(Severity::Info)
    );
}

#[test]
fn an_entry_without_content_is_known_as_such() {
    let shell = r#"{"insertId":"i","timestamp":"2026-03-01T10:00:00Z","logName":"l","severity":"ERROR"}"#;
    let full =
        r#"{"insertId":"i","timestamp":"2026-03-01T10:00:00Z","logName":"l","severity":"ERROR","textPayload":"x"}"#;
    assert!(!scan(shell, |e, _| e.has_content).unwrap());
    assert_ne!(scan(shell, |e, _| e.key), scan(full, |e, _| e.key));
    assert!(
        !scan(r#"{"insertId":"i","text_payload":null,"json_payload":null}"#, |e, _| e
            .has_content)
        .unwrap()
    );
}

#[test]
fn what_is_no_entry_is_rejected_by_name() {
    for (json, reason) in [
        (r#"{"a":1}"#, Reason::NotALogEntry),
        (r#"[1,2]"#, Reason::NotAnObject),
        (r#""text""#, Reason::NotAnObject),
        (r#"{"textPayload":"x""#, Reason::InvalidJson),
        (r#"{"textPayload":"x"} x"#, Reason::InvalidJson),
        (r#"{"textPayload":"x}"#, Reason::InvalidJson),
        ("", Reason::InvalidJson),
    ] {
        assert_eq!(scan(json, |_, _| ()), Err(reason), "{json}");
    }
}

#[test]
fn a_time_that_cannot_be_read_is_told() {
    assert!(
        scan(r#"{"timestamp":"yesterday","textPayload":"x"}"#, |e, _| e.bad_time
            && e.timestamp.is_none())
        .unwrap()
    );
    assert!(scan(r#"{"textPayload":"x"}"#, |e, _| !e.bad_time).unwrap());
    let received = scan(
        r#"{"receiveTimestamp":"2026-03-01T10:00:00Z","textPayload":"x"}"#,
        |e, _| e.timestamp,
    )
    .unwrap();
    assert_eq!(received, Timestamp::parse("2026-03-01T10:00:00Z"));
}

#[test]
fn latency_is_read_in_every_shape() {
    let latency = |json: &str| {
        scan(&format!(r#"{{"httpRequest":{{"latency":{json}}}}}"#), |e, _| {
            e.request.unwrap().latency_ns
        })
        .unwrap()
    };
    assert_eq!(latency(r#""0.25s""#), Some(250_000_000));
    assert_eq!(latency("0.25"), Some(250_000_000));
    assert_eq!(latency(r#"{"seconds":"1","nanos":5}"#), Some(1_000_000_005));
    assert_eq!(latency("null"), None);
    assert_eq!(latency("[]"), None);
}

#[test]
fn a_broken_record_does_not_disturb_the_next() {
    let block = "{\"textPayload\":\"a\n{\"textPayload\":\"b\"}\n";
    let mut marks = Marks::default();
    marks.mark(block.as_bytes());
    let (mut scanner, mut next) = (Scanner::default(), 0);
    let first = marks.line_feeds()[0] as usize;
    assert!(
        scanner
            .record(block.as_bytes(), (0, first), marks.quotes(), &mut next)
            .is_err()
    );
    let second = scanner
        .record(
            block.as_bytes(),
            (first + 1, block.len() - 1),
            marks.quotes(),
            &mut next,
        )
        .unwrap();
    assert_eq!(second.message, Some(&b"b"[..]));
}

#[test]
fn remembered_resources_keep_the_walk_in_step() {
    let record = |revision: &str| {
        format!(
            r#"{{"resource":{{"type":"cloud_run_revision","labels":{{"revision_name":"{revision}"}}}},"textPayload":"{revision}"}}"#
        )
    };
    let block: String = ["a", "b", "a", "ab", "b"].map(record).join("\n");
    let mut marks = Marks::default();
    marks.mark(block.as_bytes());
    let (mut scanner, mut next, mut start) = (Scanner::default(), 0, 0);
    for line in block.split('\n') {
        let origin = scanner
            .record(block.as_bytes(), (start, start + line.len()), marks.quotes(), &mut next)
            .unwrap();
        let revision = &scanner.origins()[origin.origin].revision;
        assert_eq!(origin.message, Some(revision.as_bytes()));
        start += line.len() + 1;
    }
    assert_eq!(scanner.origins().len(), 3);
}

#[test]
fn text_lines_carry_their_time() {
    let mut scanner = Scanner::default();
    let mut time = |line: &str| scanner.text_line(line.as_bytes()).timestamp.map(|t| t.to_string());
    assert_eq!(
        time("2026-03-01 10:00:00 GET 200 https://x.test/").as_deref(),
        Some("2026-03-01T10:00:00Z")
    );
    assert_eq!(
        time("ERROR 2026-03-01T10:00:00.007717Z boom").as_deref(),
        Some("2026-03-01T10:00:00.007717Z")
    );
    assert_eq!(
        time("[2026-03-01 10:00:00 +0000] [1] [INFO] x").as_deref(),
        Some("2026-03-01T10:00:00Z")
    );
    assert_eq!(time("no time here"), None);
    assert_eq!(time(""), None);
}

#[test]
fn the_trace_is_read_as_written() {
    let trace = |json: &str| scan(json, |e, _| String::from_utf8(e.trace.to_vec()).unwrap()).unwrap();
    assert_eq!(
        trace(r#"{"trace":"projects/acme-shop/traces/0af7651916cd43dd","textPayload":"x"}"#),
        "projects/acme-shop/traces/0af7651916cd43dd"
    );
    assert_eq!(
        trace(r#"{"text_payload":"x","trace":"0af7651916cd43dd"}"#),
        "0af7651916cd43dd"
    );
    assert_eq!(
        trace(r#"{"message":"x","logging.googleapis.com/trace":"projects/p/traces/1"}"#),
        "projects/p/traces/1"
    );
    for none in [
        r#"{"textPayload":"x"}"#,
        r#"{"textPayload":"x","trace":null}"#,
        r#"{"textPayload":"x","trace":[1]}"#,
    ] {
        assert_eq!(trace(none), "", "{none}");
    }
}

#[test]
fn an_exception_beside_the_message_is_kept() {
    let exception = |json: &str| scan(json, |e, _| e.exception.map(decode_to_string)).unwrap();
    let payload = |fields: &str| exception(&format!(r#"{{"jsonPayload":{{{fields}}}}}"#));
    for field in [
        r#""exception":"Boom: x""#,
        r#""stack_trace":"Boom: x""#,
        r#""stack":"Boom: x""#,
        r#""traceback":"Boom: x""#,
        r#""exc_info":"Boom: x""#,
        r#""error":{"type":"Boom","stack":"Boom: x"}"#,
        r#""error":{"type":"Boom","traceback":"Boom: x","value":"x"}"#,
        r#""error":{"message":"x","stack_trace":"Boom: x"}"#,
        r#""err":{"stack":"Boom: x"}"#,
        r#""exception":{"message":"x","stacktrace":"Boom: x"}"#,
        r#""context":{"name":"app","exc_info":"Boom: x"}"#,
        r#""exception":"Boom","stack_trace":"Boom: x""#,
        r#""stack_trace":"Boom: x","exception":"Boom""#,
        r#""exc_info":true,"exception":"Boom: x""#,
    ] {
        assert_eq!(
            payload(&format!(r#""message":"failed",{field}"#)).as_deref(),
            Some("Boom: x"),
            "{field}"
        );
        assert_eq!(
            payload(&format!(r#"{field},"message":"failed""#)).as_deref(),
            Some("Boom: x"),
            "{field}"
        );
    }
    for none in [
        r#""message":"m""#,
        r#""message":"m","exception":null,"exc_info":true,"stack":[1]"#,
        r#""message":"m","exception":"""#,
        r#""message":"m","traceback":"NoneType: None""#,
        r#""message":"m","error":{"message":"Missing field","severity":"ERROR","traceback":""}"#,
        r#""message":"Boom: x","exception":"Boom: x""#,
        r#""exception":"Boom: x""#,
        r#""stack":"Boom: x""#,
        r#""message":"m","context":{"message":"other"}"#,
    ] {
        assert_eq!(payload(none), None, "{none}");
    }
    assert_eq!(message(r#"{"jsonPayload":{"context":{"message":"m"}}}"#), None);
    assert_eq!(
        exception(r#"{"json_payload":{"message":"m","error":{"stack":"a\n  b"}}}"#).as_deref(),
        Some("a\n  b")
    );
}
