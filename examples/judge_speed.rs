//! How long a judgement takes: 1,000 signals over 24 hours of minutes on both sides.
//!
//! ```text
//! cargo run --release --example judge_speed -- [SIGNALS] [MINUTES]
//! ```
//!
//! Prints the median and the fastest of several runs, in milliseconds, of one look (`assess` and `decide`), of a watch over
//! the whole window (every five minutes), and of one more look of that watch.

use std::io::{Write, stdout};
use std::time::Instant;

use logverdict::compare::{Arm, Family, Pairing, Row, Settings, Table, Watch, assess, decide};

const RUNS: usize = 11;

/// SplitMix64 (Steele, Lea and Flood 2014): numbers that are the same on every machine.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

fn arm(minutes: usize, start: i64, draws: &mut Draws) -> Arm {
    let block = |draws: &mut Draws| {
        let mut bins = vec![0; 500];
        for _ in 0..2500 {
            // The sum of four uniform numbers is a bell, on the logarithm of the latency.
            let bin = 150 + (0..4).map(|_| draws.below(60)).sum::<u64>() as usize;
            bins[bin] += 1;
        }
        bins
    };
    Arm {
        segments: vec![minutes],
        exposure: (0..minutes).map(|_| 450 + draws.below(100)).collect(),
        latency: (0..minutes / 5).map(|_| block(draws)).collect(),
        clock: (start..).take(minutes).collect(),
    }
}

fn table(pairing: Pairing, signals: usize, minutes: usize) -> Table {
    let mut draws = Draws(7);
    // The first signals are frequent, the last ones rare, as templates are.
    let row = |i: usize, draws: &mut Draws| {
        let counts = |draws: &mut Draws| {
            (0..minutes)
                .map(|_| {
                    if draws.below(2 + i as u64 / 4) == 0 {
                        1 + draws.below(3)
                    } else {
                        0
                    }
                })
                .collect()
        };
        Row {
            family: if i == 0 { Family::ServerErrors } else { Family::Messages },
            baseline: counts(draws),
            candidate: counts(draws),
        }
    };
    let start = if pairing == Pairing::Concurrent {
        0
    } else {
        minutes as i64
    };
    Table {
        pairing,
        baseline: arm(minutes, 0, &mut draws),
        candidate: arm(minutes, start, &mut draws),
        rows: (0..signals).map(|i| row(i, &mut draws)).collect(),
    }
}

/// The table without the last five minutes of the candidate.
fn before(table: &Table) -> Table {
    let at_once = table.pairing == Pairing::Concurrent;
    let cut = |arm: &Arm| {
        let minutes = arm.exposure.len() - 5;
        Arm {
            segments: vec![minutes],
            exposure: arm.exposure[..minutes].to_vec(),
            latency: arm.latency[..minutes / 5].to_vec(),
            clock: arm.clock[..minutes].to_vec(),
        }
    };
    let rows = table.rows.iter().map(|row| Row {
        family: row.family,
        baseline: row.baseline[..row.baseline.len() - if at_once { 5 } else { 0 }].to_vec(),
        candidate: row.candidate[..row.candidate.len() - 5].to_vec(),
    });
    Table {
        pairing: table.pairing,
        baseline: if at_once {
            cut(&table.baseline)
        } else {
            table.baseline.clone()
        },
        candidate: cut(&table.candidate),
        rows: rows.collect(),
    }
}

fn timed(what: &str, mut run: impl FnMut() -> f64) -> std::io::Result<()> {
    let mut times: Vec<f64> = (0..RUNS).map(|_| run()).collect();
    times.sort_by(f64::total_cmp);
    let (median, fastest) = (times[RUNS / 2], times[0]);
    writeln!(stdout(), "  {what}: median {median:.2} ms, fastest {fastest:.2} ms")
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn main() -> std::io::Result<()> {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse().ok());
    let signals = numbers.next().unwrap_or(1000);
    let minutes = numbers.next().unwrap_or(1440);
    let settings = Settings::default();
    for pairing in [Pairing::Concurrent, Pairing::BeforeAfter] {
        writeln!(stdout(), "{pairing:?}, {signals} signals, {minutes} minutes")?;
        let table = table(pairing, signals, minutes);
        let keys: Vec<String> = (0..signals).map(|i| format!("signal-{i}")).collect();
        timed("one look", || {
            let start = Instant::now();
            let decision = decide(&assess(&table, &settings), &settings);
            std::hint::black_box(decision);
            milliseconds(start)
        })?;
        let earlier = before(&table);
        let mut watch = Watch::default();
        let start = Instant::now();
        watch.look(&earlier, &keys, &settings);
        writeln!(
            stdout(),
            "  the whole watch but its last look: {:.0} ms",
            milliseconds(start)
        )?;
        timed("one more look of the watch", || {
            let mut watch = watch.clone();
            let start = Instant::now();
            watch.look(&table, &keys, &settings);
            std::hint::black_box(watch.alarms(&table, &keys, &settings));
            milliseconds(start)
        })?;
        let stored = serde_json::to_string(&watch).map_or(0, |text| text.len());
        writeln!(stdout(), "  the state as JSON: {:.2} MB", stored as f64 / 1e6)?;
    }
    Ok(())
}
