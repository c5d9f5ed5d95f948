//! Tables by hand, for tests. The numbers expected of them were computed with the reference implementation of the method in
//! Python (numpy 2, scipy 1.17); each test names its function.

use super::table::{Arm, Family, Histogram, Pairing, Row, Table};

/// Counts for each minute by a rule.
pub fn minutes(count: usize, rule: impl Fn(usize) -> u64) -> Vec<u64> {
    (0..count).map(rule).collect()
}

/// Eight blocks of five minutes, all 53 requests but a few spread over some bins; `step` moves them all by that many bins.
pub fn latency(extra_bin: usize, step: usize) -> Vec<Histogram> {
    let block = |b: usize| {
        let mut bins = vec![0; 400];
        for (bin, count) in [(b % 3, 3), (180 + b, 20 - b as u64), (200, 30), (250 + extra_bin, 2)] {
            bins[bin + step] += count;
        }
        bins
    };
    (0..8).map(block).collect()
}

/// Forty minutes a side. Row 0, server errors: 10 against 40, steady. Row 1, a message in bursts: 15 against 24.
pub fn forty_minutes(pairing: Pairing) -> Table {
    let n = 40;
    let arm = |exposure, latency| Arm {
        segments: vec![n],
        exposure,
        latency,
        clock: Vec::new(),
    };
    let steady = (
        minutes(n, |i| u64::from(i % 4 == 0)),
        minutes(n, |i| if i % 2 == 0 { 2 } else { 0 }),
    );
    let bursts = (
        minutes(n, |i| if (10..13).contains(&i) { 5 } else { 0 }),
        minutes(n, |i| if [11, 12, 30].contains(&i) { 8 } else { 0 }),
    );
    let row = |family, (baseline, candidate)| Row {
        family,
        baseline,
        candidate,
    };
    Table {
        pairing,
        baseline: arm(minutes(n, |i| 100 + 10 * (i as u64 % 5)), latency(0, 0)),
        candidate: arm(minutes(n, |i| 90 + 20 * (i as u64 % 3)), latency(7, 6)),
        rows: vec![row(Family::ServerErrors, steady), row(Family::Messages, bursts)],
    }
}

/// Both sides exchanged.
pub fn swapped(table: &Table) -> Table {
    let row = |row: &Row| Row {
        family: row.family,
        baseline: row.candidate.clone(),
        candidate: row.baseline.clone(),
    };
    Table {
        pairing: table.pairing,
        baseline: table.candidate.clone(),
        candidate: table.baseline.clone(),
        rows: table.rows.iter().map(row).collect(),
    }
}

/// Fails unless `got` is `want` within a relative 1e-9.
pub fn assert_close(got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-9 * want.abs(), "{got} is not {want}");
}
