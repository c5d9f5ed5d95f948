#![allow(clippy::print_stdout, missing_docs)]
use logverdict::ingest::*;
use logverdict::model::Entry;
struct P;
impl Sink for P {
    fn entry(&mut self, e: &Entry<'_>) {
        if e.entries > 1 {
            println!(
                "--- {} entries {:?} {:?}\n{}",
                e.entries,
                e.severity,
                e.timestamp.map(|t| t.to_string()),
                e.message.unwrap_or("")
            );
        }
    }
}
fn main() {
    let s = expand(&std::env::args().skip(1).collect::<Vec<_>>()).unwrap();
    let (_, c) = read(
        &s,
        &Options {
            selection: Selection::default(),
            threads: 1,
            dedupe_bytes: DEDUPE_BYTES,
            progress: &|_| {},
        },
        || P,
    )
    .unwrap();
    println!("=== counted {} joined {:?} {:?}", c.counted, c.joined, c.concerns);
}
