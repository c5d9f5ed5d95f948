use logverdict::ingest::*;
use logverdict::model::Entry;
use std::time::Instant;
struct N(u64, u64);
impl Sink for N {
    fn entry(&mut self, e: &Entry<'_>) {
        self.0 += 1;
        self.1 += e.message.map_or(0, |m| m.len() as u64);
    }
}
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let s = expand(&a).unwrap();
    for t in [1, 2, 2] {
        let i = Instant::now();
        let (n, c) = read(
            &s,
            &Options {
                selection: Selection::default(),
                threads: t,
                dedupe_bytes: DEDUPE_BYTES,
                progress: &|_| (),
            },
            || N(0, 0),
        )
        .unwrap();
        println!(
            "{t} {:?} {} {} {:?}",
            i.elapsed(),
            n.iter().map(|n| n.0).sum::<u64>(),
            n.iter().map(|n| n.1).sum::<u64>(),
            (c.records, c.entries_read, c.rejected, c.concerns)
        );
    }
}
