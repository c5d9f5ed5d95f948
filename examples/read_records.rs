//! Reads files and prints what each holds: `cargo run --release --example read_records -- FILE...`.

#![allow(clippy::print_stdout, reason = "an example speaks to the terminal")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _};
use std::time::Instant;

use logverdict::ingest::Reason;
use logverdict::ingest::formats::{Records, decode, read, sniff};

#[derive(Default)]
struct Counts {
    records: u64,
    bytes: usize,
    problems: BTreeMap<Reason, u64>,
}

impl Records for Counts {
    fn object(&mut self, json: &[u8], _line: u64) {
        self.records += 1;
        self.bytes += json.len();
    }

    fn text(&mut self, text: &[u8], _line: u64) {
        self.records += 1;
        self.bytes += text.len();
    }

    fn problem(&mut self, reason: Reason, _line: u64, _detail: &str) {
        *self.problems.entry(reason).or_default() += 1;
    }
}

fn main() -> io::Result<()> {
    for path in std::env::args().skip(1) {
        let start = Instant::now();
        let mut decoded = decode(File::open(&path)?)?;
        let format = sniff(decoded.reader.fill_buf()?);
        let mut counts = Counts::default();
        read(format, &mut decoded.reader, &mut counts)?;
        let seconds = start.elapsed().as_secs_f64();
        let rate = counts.bytes as f64 / seconds / 1e6;
        let compression = decoded.compression.unwrap_or("-");
        let Counts { records, problems, .. } = counts;
        println!(
            "{path}: {} {compression} {}: {records} records, {problems:?}, {rate:.0} MB/s",
            format.name(),
            decoded.encoding.name()
        );
    }
    Ok(())
}
