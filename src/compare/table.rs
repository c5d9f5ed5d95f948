//! The count table: all that the statistics see of two sides.

/// How the two sides stand in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// One after the other: unpaired. A shared storm does not cancel.
    BeforeAfter,
    /// Both served at once: minute `i` of the one is minute `i` of the other (equal lengths, equal segments).
    Concurrent,
}

/// Which share of the error budget a row is tested with (`stats.md` section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Server errors of requests: a share of its own, no adjustment for multiplicity.
    ServerErrors,
    /// Error messages of any kind (patterns, unmatched errors, templates, stacks, routes): one shared budget.
    Messages,
    /// Reported, never a cause for ROLL BACK: warnings, information, markers, noise, expected rises.
    Reported,
}

/// Counts by latency bin: bin `i` covers (1.02^i, 1.02^(i+1)] milliseconds, bin 0 all up to 1.02.
pub type Histogram = Vec<u64>;

/// One side: what does not depend on the signal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arm {
    /// Lengths in minutes of the contiguous runs of minutes that follow each other in `exposure`; they add up to its length.
    pub segments: Vec<usize>,
    /// Exposure for each minute: requests, or entries or 1 where the side has no requests.
    pub exposure: Vec<u64>,
    /// Latency histogram for each block of five minutes; empty where nothing was measured. For [`Pairing::Concurrent`]
    /// both arms have the same blocks.
    pub latency: Vec<Histogram>,
    /// The minute of the clock (since any origin, the same for both arms) of each exposure, ascending; empty where it is not
    /// known.
    pub clock: Vec<i64>,
}

impl Arm {
    /// The arm without its first minutes, and without its latency.
    pub fn without_first(&self, minutes: usize) -> Arm {
        let mut left = minutes.min(self.exposure.len());
        let mut segments = Vec::with_capacity(self.segments.len());
        for &segment in &self.segments {
            let cut = segment.min(left);
            left -= cut;
            if segment > cut {
                segments.push(segment - cut);
            }
        }
        let after = |n: usize| n..;
        Arm {
            segments,
            exposure: self.exposure.get(after(minutes)).unwrap_or(&[]).to_vec(),
            latency: vec![],
            clock: self.clock.get(after(minutes)).unwrap_or(&[]).to_vec(),
        }
    }
}

/// One signal's counts for each minute of both arms (same lengths as the arms' `exposure`).
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which budget it is tested with.
    pub family: Family,
    /// Events in each minute of the baseline.
    pub baseline: Vec<u64>,
    /// Events in each minute of the candidate.
    pub candidate: Vec<u64>,
}

/// Both sides and every signal counted on them.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// How the sides stand in time.
    pub pairing: Pairing,
    /// The baseline.
    pub baseline: Arm,
    /// The candidate.
    pub candidate: Arm,
    /// The signals, in the caller's order.
    pub rows: Vec<Row>,
}
