//! Serves generated entries as Cloud Logging would: `cargo run --release --example fake_logging -- [ENTRIES [HOURS]]`.
//!
//! The entries end at 2026-03-01T12:00:00Z. Prints the address, then a line for every thousand requests to standard error;
//! ends with its standard input. The access token is `test`, or anything else.

#![allow(clippy::print_stdout, reason = "an example speaks to the terminal")]
#![allow(missing_docs, reason = "the fake is shared with the tests")]

#[path = "../tests/fake/mod.rs"]
mod fake;

use fake::Fake;
use fake::logging::{Habits, Logging, Traffic};

fn main() {
    let mut numbers = std::env::args().skip(1).map(|a| a.parse::<usize>().unwrap_or(0));
    let entries = numbers.next().unwrap_or(100_000);
    let hours = numbers.next().unwrap_or(1).clamp(1, 12);
    let start = format!("2026-03-01T{:02}:00:00Z", 12 - hours);
    let traffic = Traffic {
        revision: "chat-api-00041-kop",
        start: &start,
        seconds: hours as u64 * 3600,
        entries,
        failures_permille: 5,
        seed: 1,
    };
    let fake = Fake::start();
    fake.stop_recording();
    fake.auth().allow_all();
    let logging = Logging::serve(&fake, traffic.entries(), Habits::default());
    println!("{}", fake.url());
    let mut line = String::new();
    while std::io::stdin().read_line(&mut line).is_ok_and(|n| n > 0) {
        // Whoever writes a line is told how often the fake was asked.
        println!("{}", logging.requests());
        line.clear();
    }
}
