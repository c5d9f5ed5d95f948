//! The client: quota, retries, deadline, and the words for what went wrong.

use std::sync::Arc;
use std::time::Duration;

use logverdict::cloud::{Api, Call, ClientOptions, TestClock};
use logverdict::model::Timestamp;
use serde_json::{Value, json};

use super::fake::{Fake, Fault, Response};

fn clock() -> Arc<TestClock> {
    Arc::new(TestClock::at(Timestamp::parse("2026-03-01T10:00:00Z").unwrap()))
}

fn parse(body: Vec<u8>) -> Result<Value, String> {
    serde_json::from_slice(&body).map_err(|e| e.to_string())
}

#[test]
fn passing_troubles_are_tried_again() {
    let clock = clock();
    let fake = Fake::with_clock(clock.clone());
    fake.on("POST", "/v2/entries:list", |_| {
        Response::json(json!({"entries": []})).gzip()
    });
    let faults = [
        Fault::quota(),
        Fault::internal(),
        Fault::bad_gateway(),
        Fault::unavailable(),
        Fault::too_slow(),
        Fault::Reset,
        Fault::CutBody,
        Fault::CutJson,
        Fault::html_200(),
    ];
    let count = faults.len();
    for (i, fault) in faults.into_iter().enumerate() {
        fake.fail("/v2/entries:list", i + 1, fault);
    }
    let client = fake.client(clock.clone(), ClientOptions::default());
    let answer = client.send(&Call::post(Api::Logging, "/v2/entries:list", "{}"), parse);
    assert_eq!(answer.unwrap(), json!({"entries": []}));
    assert_eq!(fake.requests().len(), count + 1);
    assert_eq!(client.stats().retries, count as u64);
    assert!(clock.sleeps().iter().all(|s| *s <= Duration::from_secs(60)));
}
