//! Functions: what each takes.

use super::{filter, table, takes};

const ENTRY: &str = r#"{
    "insertId": "66f1a9", "timestamp": "2026-03-01T23:30:00.5Z", "severity": "WARNING",
    "logName": "projects/acme-shop/logs/run.googleapis.com%2Fvarlog%2Fsystem",
    "httpRequest": {"status": 503, "remoteIp": "10.1.2.3", "serverIp": "2001:db8::7", "latency": "1.5s", "cacheHit": true},
    "labels": {"port": "8080"},
    "jsonPayload": {"message": "job took 250ms on db-1, retry in 3s", "ips": ["192.0.2.1", "10.0.0.9"], "ok": true, "n": 3.0, "half": 2.5,
        "at": "2026-03-01T10:00:00", "on": "2026-03-01", "wait": "1.5m", "no": null}
}"#;

#[test]
fn logs_and_their_owners() {
    let count = table(
        ENTRY,
        &[
            ("log_id(\"run.googleapis.com/varlog/system\")", true),
            ("log_id(run.googleapis.com/varlog/system)", true),
            ("LOG_ID( \"Run.googleapis.com/varlog/system\" )", true),
            ("log_id(\"run.googleapis.com/stderr\")", false),
            ("log_id(\"system\")", false),
            ("NOT log_id(\"system\")", true),
            ("source(projects/acme-shop)", true),
            ("source(\"projects/acme-shop\")", true),
            ("source(projects/acme)", false),
            ("source(folders/7)", false),
        ],
    );
    assert_eq!(count, 10);
    assert!(takes(r#"log_id("python")"#, r#"{"logName":"projects/p/logs/python"}"#));
    assert!(!takes(r#"log_id("python")"#, r#"{"insertId":"1"}"#));
    let escaped = r#"{"logName":"projects\/p\/logs\/a%2fb%zz%2"}"#;
    assert!(takes(r#"log_id("a/b%zz%2")"#, escaped) && takes("source(projects/p)", escaped));
}

#[test]
fn addresses_in_networks() {
    let count = table(
        ENTRY,
        &[
            ("ip_in_net(httpRequest.remoteIp, \"10.0.0.0/8\")", true),
            ("ip_in_net(httpRequest.remoteIp, \"10.2.0.0/16\")", false),
            ("ip_in_net(httpRequest.serverIp, \"2001:db8::/32\")", true),
            ("ip_in_net(httpRequest.serverIp, \"0.0.0.0/0\")", false),
            ("ip_in_net(jsonPayload.ips, \"10.0.0.0/24\")", true),
            ("ip_in_net(jsonPayload.message, \"0.0.0.0/0\")", false),
            ("ip_in_net(jsonPayload.none, \"0.0.0.0/0\")", false),
            ("NOT ip_in_net(jsonPayload.none, \"0.0.0.0/0\")", true),
            ("ip_in_net(jsonPayload.n, \"0.0.0.0/0\")", false),
        ],
    );
    assert_eq!(count, 9);
}

#[test]
fn words_in_any_field_or_one() {
    let count = table(
        ENTRY,
        &[
            ("SEARCH(\"retry job\")", true),
            ("search(\"RETRY\")", true),
            ("SEARCH(\"retr\")", false),
            ("SEARCH(\"db-1 250ms\")", true),
            ("SEARCH(\"`took 250ms`\")", true),
            ("SEARCH(\"`250ms took`\")", false),
            ("SEARCH(\"acme 66f1a9\")", true),
            ("SEARCH(jsonPayload, \"job db\")", true),
            ("SEARCH(jsonPayload.message, \"job db\")", true),
            ("SEARCH(jsonPayload.message, \"acme\")", false),
            ("SEARCH(textPayload, \"job\")", false),
            ("SEARCH(jsonPayload.ips, \"192\")", true),
            ("SEARCH(labels, \"8080\")", true),
            ("SEARCH(insertId, \"66F1A9\")", true),
        ],
    );
    assert_eq!(count, 14);
    assert!(takes(
        r#"SEARCH(textPayload, "Hello world")"#,
        r#"{"textPayload":"World: hello"}"#
    ));
}

#[test]
fn casts_change_the_type() {
    let count = table(
        ENTRY,
        &[
            ("cast(httpRequest.status, STRING)=~\"^5\"", true),
            ("cast(httpRequest.status, STRING):0", true),
            ("cast(severity, STRING)=~\"WARN\"", true),
            ("cast(severity, INT64)=400", true),
            ("cast(labels.port, INT64)>1000", true),
            ("labels.port>1000", true),
            ("labels.port>9", false),
            ("cast(labels.port, INT64)>9", true),
            ("cast(labels.none, INT64)!=9", false),
            ("cast(jsonPayload.n, INT64)=3", true),
            ("cast(jsonPayload.half, INT64)=2", false),
            ("cast(jsonPayload.half, FLOAT64)<2.75", true),
            ("cast(labels.port, FLOAT64)=8080.0", true),
            ("cast(jsonPayload.message, INT64)!=1", false),
            ("cast(jsonPayload.ok, STRING)=TRUE", true),
            ("cast(jsonPayload.ok, INT64)=1", true),
            ("cast(jsonPayload.n, BOOL)=true", true),
            ("cast(jsonPayload.no, STRING)=null", false),
            ("cast(httpRequest.latency, STRING)=\"1.5s\"", true),
            ("cast(jsonPayload.wait, DURATION)>\"80s\"", true),
            ("cast(jsonPayload.on, TIMESTAMP)=\"2026-03-01\"", true),
            ("cast(jsonPayload.at, TIMESTAMP)=\"2026-03-01T10:00:00Z\"", true),
            (
                "cast(jsonPayload.at, TIMESTAMP, TIMEZONE(\"+02:00\"))=\"2026-03-01T08:00:00Z\"",
                true,
            ),
            ("cast(jsonPayload.wait, TIMESTAMP)>2026-03-01", false),
            ("cast(timestamp, STRING)=\"2026-03-01T23:30:00.500Z\"", true),
            ("cast(timestamp, STRING, TIMEZONE(\"UTC\"))=~\"T23:\"", true),
            (
                "cast(timestamp, STRING, TIMEZONE(\"+01:00\"))=~\"^2026-03-02T00:30\"",
                true,
            ),
            ("cast(timestamp, STRING, TIMEZONE(\"-05:30\"))=~\"T18:00\"", true),
        ],
    );
    assert_eq!(count, 28);
}

#[test]
fn what_is_extracted_is_compared() {
    let count = table(
        ENTRY,
        &[
            ("regexp_extract(jsonPayload.message, \"took (\\d+)ms\")=250", true),
            (
                "cast(regexp_extract(jsonPayload.message, \"took (\\d+)ms\"), INT64)>90",
                true,
            ),
            ("regexp_extract(jsonPayload.message, \"took (\\d+)ms\")>90", false),
            (
                "cast(regexp_extract(jsonPayload.message, \"in (\\w+)\"), DURATION)<5s",
                true,
            ),
            ("regexp_extract(jsonPayload.message, \"gave (\\d+)\")!=1", false),
            ("NOT regexp_extract(jsonPayload.message, \"gave (\\d+)\")=1", true),
            ("regexp_extract(jsonPayload.message, \"(a)?job\")=\"\"", false),
            ("regexp_extract(cast(httpRequest.status, STRING), \"^(\\d)\")=5", true),
            ("regexp_extract(jsonPayload.ips, \"^(10)\")=10", true),
            ("regexp_extract(jsonPayload.n, \"(3)\")=3", false),
            (
                "ip_in_net(regexp_extract(cast(httpRequest.remoteIp, STRING), \"(.*)\"), \"10.0.0.0/8\")",
                true,
            ),
            (
                "regexp_extract(jsonPayload.message, \"(?:job|task) (\\w+)\")=(took OR ran)",
                true,
            ),
        ],
    );
    assert_eq!(count, 12);
}

#[test]
fn samples_are_of_the_right_size_and_always_the_same() {
    let sizes = [0.01, 0.25, 0.9].map(|fraction| {
        let filter = filter(&format!("sample(insertId, {fraction})"));
        let taken = (0..20_000).filter(|i| {
            let json = format!("{{\"insertId\":\"id-{i}\"}}");
            filter.matches(&super::Record::json(json.as_bytes()))
        });
        taken.count()
    });
    for (size, expected) in sizes.into_iter().zip([200, 5_000, 18_000]) {
        assert!(size.abs_diff(expected) < 250, "{size} {expected}");
    }
    let count = table(
        ENTRY,
        &[
            ("sample(insertId, 1)", true),
            ("sample(insertId, 1.0)", true),
            ("sample(jsonPayload.none, 1)", false),
            ("sample(jsonPayload.n, 1)", true),
            ("sample(httpRequest.status, 1)", true),
            ("sample(jsonPayload.ok, 1)", false),
        ],
    );
    assert_eq!(count, 6);
}
