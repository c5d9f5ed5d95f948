//! How long the renderings of a large report take.
//!
//! ```text
//! cargo run --release --example report_speed -- [SIGNALS] [REPORT.json]
//! ```
//!
//! Prints milliseconds and bytes of every format, and of reading the report back and redacting it again. Without a report
//! of your own it takes one of the tests, and repeats its first signals up to 10,000 times.

use std::io::{Write, stdout};
use std::time::Instant;

use logverdict::report::{Redaction, Report, Style};

const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let signals: usize = args.next().map_or(Ok(10_000), |n| n.parse())?;
    let text = match args.next() {
        Some(path) => std::fs::read_to_string(path)?,
        None => include_str!("../tests/golden/full.json").to_owned(),
    };
    let mut report = Report::from_json(&text)?;
    let own = report.findings.clone();
    for i in 0..signals.saturating_sub(own.len()) {
        let Some(mut finding) = own.get(i % own.len().max(1)).cloned() else {
            break;
        };
        finding.signal.id = format!("t{i}");
        finding.signal.title = format!("{} {i}", finding.signal.title);
        report.findings.push(finding);
    }
    let json = report.to_json();
    let style = |width, color| Style { width, color };
    let mut out = stdout().lock();
    writeln!(out, "{} signals, fastest of {RUNS}", report.findings.len())?;
    type Render<'a> = Box<dyn Fn() -> String + 'a>;
    let all: [(&str, Render<'_>); 9] = [
        ("terminal 80", Box::new(|| report.to_terminal(style(80, false)))),
        ("terminal 140", Box::new(|| report.to_terminal(style(140, true)))),
        ("markdown", Box::new(|| report.to_markdown())),
        ("compact", Box::new(|| report.to_compact())),
        ("json", Box::new(|| report.to_json())),
        ("html", Box::new(|| report.to_html())),
        ("csv", Box::new(|| report.to_csv())),
        (
            "read and check",
            Box::new(|| Report::from_saved(&json).map_or_else(|e| e.to_string(), |r| r.confidence)),
        ),
        (
            "redact again",
            Box::new(|| report.redacted(Redaction::default()).confidence),
        ),
    ];
    for (name, render) in &all {
        let (mut fastest, mut bytes) = (f64::INFINITY, 0);
        for _ in 0..RUNS {
            let start = Instant::now();
            bytes = render().len();
            fastest = fastest.min(start.elapsed().as_secs_f64() * 1000.0);
        }
        writeln!(out, "{name:>15} {fastest:>10.1} ms {bytes:>12} bytes")?;
    }
    Ok(())
}
