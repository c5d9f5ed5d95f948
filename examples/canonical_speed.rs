//! How fast messages become canonical: `cargo run --release --example canonical_speed -- FILE...`.
//!
//! A file holds one message a line, or log entries as NDJSON, whose `textPayload` or `jsonPayload.message` is taken.

#![allow(clippy::print_stdout, reason = "an example speaks to the terminal")]

use std::hint::black_box;
use std::time::Instant;
use std::{fs, io};

use logverdict::patterns::canonical::{canonical, specified};
use serde_json::Value;

/// Bytes that each way is measured over, the specification apart.
const BYTES: usize = 500_000_000;
/// Messages that the specification is measured, and compared, over.
const SPECIFIED: usize = 20_000;

fn main() -> io::Result<()> {
    for path in std::env::args().skip(1) {
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        let messages: Vec<String> = text.lines().filter_map(message).collect();
        let bytes: usize = messages.iter().map(String::len).sum();
        let mut out = String::new();
        let scanned = rate(&messages, rounds(bytes), |text| {
            out.clear();
            canonical(text, &mut out);
            out.len()
        });
        let counted = rate(&messages, rounds(bytes), |text| {
            memchr::memchr_iter(b'\n', text.as_bytes()).count()
        });
        let few = &messages[..messages.len().min(SPECIFIED)];
        let defined = rate(few, 1, |text| specified(text).len());
        println!("{path}: {} messages, {bytes} bytes", messages.len());
        println!("  canonical {scanned:.0} MB/s, specified {defined:.1} MB/s, newlines {counted:.0} MB/s");
        let other = few.iter().find(|text| {
            out.clear();
            canonical(text, &mut out);
            out != specified(text)
        });
        println!("  differs from the specification: {other:?}");
    }
    Ok(())
}

fn rounds(bytes: usize) -> usize {
    (BYTES / bytes.max(1)).clamp(3, 1_000)
}

/// The message of a line: of a log entry, or the line itself.
fn message(line: &str) -> Option<String> {
    let Ok(Value::Object(entry)) = serde_json::from_str(line) else {
        return Some(line.to_owned());
    };
    let payload = entry
        .get("textPayload")
        .or_else(|| entry.get("jsonPayload")?.get("message"));
    payload.and_then(Value::as_str).map(str::to_owned)
}

/// Megabytes a second of the fastest round.
fn rate(messages: &[String], rounds: usize, mut work: impl FnMut(&str) -> usize) -> f64 {
    let bytes: usize = messages.iter().map(String::len).sum();
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let start = Instant::now();
        black_box(messages.iter().map(|text| work(text)).sum::<usize>());
        best = best.min(start.elapsed().as_secs_f64());
    }
    bytes as f64 / best / 1e6
}
