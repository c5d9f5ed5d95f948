//! What all rows of a comparison share: both arms cut into blocks; and the tests and bounds of one row on them.
//!
//! Input: two arms. Output: numbers for each row and quantile. Must not adjust or decide.

use super::bets::PairedBlocks;
use super::blocks::{PERSISTENCE_MINUTES, running, total};
use super::cycle::allowances;
use super::dispersion::{Alone, Scale, alone, of_paired, of_unpaired, scales, trimming_scale};
use super::finding::Dispersion;
use super::latency::{BlockSums, Blocks, Shift};
use super::noninferiority::{self, SideBlocks, UpperBounds};
use super::rates::{Totals, p_greater};
use super::settings::{LatencyTolerance, Settings};
use super::table::{Arm, Family, Pairing, Row, Table};

/// One row's numbers before they are adjusted for multiplicity.
pub(super) struct Measured {
    pub(super) family: Family,
    pub(super) baseline: f64,
    pub(super) candidate: f64,
    /// Absent where a side has no exposure.
    pub(super) tests: Option<Tests>,
}

/// The tests of one row.
pub(super) struct Tests {
    pub(super) totals: Totals,
    pub(super) dispersion: Vec<Dispersion>,
    pub(super) p_tolerated: f64,
    pub(super) p_more: f64,
    pub(super) p_fewer: f64,
    /// On the settled part of the candidate.
    pub(super) bounds: UpperBounds,
    /// Of the bets; absent where the window is short or nothing pairs.
    pub(super) log_wealth: Option<f64>,
}

/// What all rows share of one side.
pub(super) struct Side {
    pub(super) exposure: f64,
    pub(super) scales: Vec<Scale>,
    trimming: Scale,
    /// Minutes left out at the start.
    skipped: usize,
}

impl Side {
    fn new(arm: &Arm, skipped: usize, settings: &Settings) -> Self {
        Self {
            exposure: total(&arm.exposure),
            scales: scales(arm, settings),
            trimming: trimming_scale(arm),
            skipped,
        }
    }

    /// Running sums without the minutes that are left out.
    fn counts<'a>(&self, counts: &'a [f64]) -> &'a [f64] {
        counts.get(self.skipped..).unwrap_or(&[])
    }

    fn total(&self, counts: &[f64]) -> f64 {
        let counts = self.counts(counts);
        counts
            .first()
            .zip(counts.last())
            .map_or(0.0, |(first, last)| last - first)
    }

    fn blocks<'a>(&'a self, counts: &'a [f64], alone: &'a [Alone]) -> SideBlocks<'a> {
        SideBlocks {
            counts: self.counts(counts),
            alone,
            trimming: &self.trimming,
        }
    }
}

/// One row's counts on both sides, as running sums.
struct Running {
    baseline: Vec<f64>,
    candidate: Vec<f64>,
}

/// How one row's counts vary.
struct Variation {
    dispersion: Vec<Dispersion>,
    /// Each side by itself, where they follow each other.
    alone: [Vec<Alone>; 2],
}

/// Both arms, whole or without their first minutes.
pub(super) struct Frame {
    pairing: Pairing,
    pub(super) baseline: Side,
    pub(super) candidate: Side,
}

impl Frame {
    pub(super) fn new(table: &Table, settings: &Settings) -> Self {
        Self {
            pairing: table.pairing,
            baseline: Side::new(&table.baseline, 0, settings),
            candidate: Side::new(&table.candidate, 0, settings),
        }
    }

    fn totals(&self, row: &Running) -> Totals {
        Totals {
            baseline: self.baseline.total(&row.baseline),
            candidate: self.candidate.total(&row.candidate),
            baseline_exposure: self.baseline.exposure,
            candidate_exposure: self.candidate.exposure,
        }
    }

    /// How a row varies; its baseline `alone` may be known.
    fn variation(&self, row: &Running, known: Option<&[Alone]>, settings: &Settings) -> Variation {
        let (b, c) = (&self.baseline, &self.candidate);
        let counts = (b.counts(&row.baseline), c.counts(&row.candidate));
        if self.pairing == Pairing::Concurrent {
            return Variation {
                dispersion: of_paired((counts.0, &b.scales), (counts.1, &c.scales), settings),
                alone: [vec![], vec![]],
            };
        }
        let baseline = known.map_or_else(|| alone(counts.0, &b.scales), <[Alone]>::to_vec);
        let candidate = alone(counts.1, &c.scales);
        Variation {
            dispersion: of_unpaired(&baseline, &candidate, settings),
            alone: [baseline, candidate],
        }
    }

    fn is_exposed(&self) -> bool {
        self.baseline.exposure > 0.0 && self.candidate.exposure > 0.0
    }

    fn bounds(&self, row: &Running, variation: &Variation, settings: &Settings) -> UpperBounds {
        if !self.is_exposed() {
            return UpperBounds::NONE;
        }
        let (totals, dispersion) = (self.totals(row), &variation.dispersion);
        let (b, c) = (
            self.baseline.blocks(&row.baseline, &variation.alone[0]),
            self.candidate.blocks(&row.candidate, &variation.alone[1]),
        );
        match self.pairing {
            Pairing::Concurrent => noninferiority::concurrent(&totals, dispersion, b, c, settings),
            Pairing::BeforeAfter => noninferiority::before_after(&totals, dispersion, b, c, settings),
        }
    }
}

/// The part of both sides that PROCEED's bounds look at: what comes after the candidate has settled.
struct Settled<'a> {
    frame: Frame,
    latency: [BlockSums<'a>; 2],
}

/// A comparison: the whole of it, and its settled part where that is not the whole.
pub(super) struct Assessor<'a> {
    pub(super) table: &'a Table,
    pub(super) settings: &'a Settings,
    pub(super) whole: Frame,
    settled: Option<Settled<'a>>,
    /// The baseline's and the candidate's.
    pub(super) latency: [BlockSums<'a>; 2],
    bets: Option<PairedBlocks>,
    /// The candidate's exposure, each minute weighted with what the cycle of the day allows it.
    allowed_exposure: f64,
    pub(super) alpha: f64,
}

impl<'a> Assessor<'a> {
    /// `latency` are the table's blocks, the baseline's and the candidate's.
    pub(super) fn new(table: &'a Table, latency: &'a [Blocks; 2], settings: &'a Settings) -> Self {
        let allowed = allowances(table, settings);
        let weighted = |(e, w): (&u64, &f64)| *e as f64 * w;
        Self {
            table,
            settings,
            whole: Frame::new(table, settings),
            settled: settled(table, latency, settings),
            latency: latency.each_ref().map(|blocks| blocks.sums_from(0)),
            bets: PairedBlocks::new(table, settings),
            allowed_exposure: table.candidate.exposure.iter().zip(&allowed).map(weighted).sum(),
            alpha: settings.alpha_for(table.candidate.exposure.len()),
        }
    }

    pub(super) fn measure(&self, row: &Row) -> Measured {
        Measured {
            family: row.family,
            baseline: total(&row.baseline),
            candidate: total(&row.candidate),
            tests: self.whole.is_exposed().then(|| self.test(row)),
        }
    }

    fn test(&self, row: &Row) -> Tests {
        let settings = self.settings;
        let counts = &Running {
            baseline: running(&row.baseline),
            candidate: running(&row.candidate),
        };
        let totals = self.whole.totals(counts);
        let variation = self.whole.variation(counts, None, settings);
        let bounds = match &self.settled {
            // One after the other, the baseline has nothing to settle from.
            Some(Settled { frame, .. }) => {
                let baseline = (frame.pairing == Pairing::BeforeAfter).then_some(&variation.alone[0][..]);
                frame.bounds(counts, &frame.variation(counts, baseline, settings), settings)
            }
            None => self.whole.bounds(counts, &variation, settings),
        };
        let dispersion = variation.dispersion;
        let allowed = Totals {
            candidate_exposure: self.allowed_exposure,
            ..totals
        };
        Tests {
            p_tolerated: p_greater(&allowed, &dispersion, settings.tolerated_ratio),
            p_more: p_greater(&totals, &dispersion, 1.0),
            p_fewer: p_greater(&totals.swapped(), &dispersion, 1.0),
            bounds,
            log_wealth: self.bets.as_ref().map(|bets| bets.log_wealth(row, &settings.bets)),
            totals,
            dispersion,
        }
    }

    /// The shift of each latency quantile of the settings: over the whole, and over what PROCEED looks at where that is another
    /// part.
    pub(super) fn shifts(&self) -> Vec<(Option<Shift>, Option<Shift>)> {
        let of = |[b, c]: &[BlockSums<'_>; 2]| -> Vec<Option<Shift>> {
            let shift = |q: &LatencyTolerance| Shift::new(b, c, q.quantile, self.table.pairing, self.settings.prior_df);
            self.settings.latency.iter().map(shift).collect()
        };
        let whole = of(&self.latency);
        let settled = match &self.settled {
            Some(settled) => of(&settled.latency),
            None => whole.clone(),
        };
        whole.into_iter().zip(settled).collect()
    }

    /// Both sides' latencies after the candidate has settled.
    pub(super) fn settled_latency(&self) -> &[BlockSums<'a>; 2] {
        self.settled.as_ref().map_or(&self.latency, |settled| &settled.latency)
    }
}

fn settled<'a>(table: &Table, latency: &'a [Blocks; 2], settings: &Settings) -> Option<Settled<'a>> {
    let skipped = settings.settling(table.candidate.exposure.len());
    if skipped == 0 {
        return None;
    }
    // When both served at once, the minutes stay pairs.
    let of_baseline = match table.pairing {
        Pairing::Concurrent => skipped,
        Pairing::BeforeAfter => 0,
    };
    let (baseline, candidate) = (
        table.baseline.without_first(of_baseline),
        table.candidate.without_first(skipped),
    );
    Some(Settled {
        frame: Frame {
            pairing: table.pairing,
            baseline: Side::new(&baseline, of_baseline, settings),
            candidate: Side::new(&candidate, skipped, settings),
        },
        latency: [
            latency[0].sums_from(of_baseline.div_ceil(PERSISTENCE_MINUTES)),
            latency[1].sums_from(skipped.div_ceil(PERSISTENCE_MINUTES)),
        ],
    })
}
