//! Tests on traces: requests followed through what they logged, each counted once.
//!
//! Input: for a signal, in how many traces of a service it occurred; for a route, the latency of each trace. Output:
//! p-values. Must not decide.
//!
//! Rates per request are blunt where few requests touch a service: seven failures in all of its seven requests are seven
//! events among a hundred requests elsewhere. Traces say so exactly. Requests of one storm are not independent, so both
//! tests are deflated by the dispersion over blocks of minutes, as the tests of rates are.

use super::blocks::sums;
use super::dispersion::{Scale, pearson, shrink};
use super::distributions::{Tails, normal_cdf, normal_quantile};
use super::rates::as_student;
use super::settings::Settings;

/// Traces that each side of a test needs: fewer say nothing of a service or route.
const MIN_TRACES: u64 = 5;
/// Minutes with traces that each side needs: a storm of one minute looks like a lasting fault.
const MIN_MINUTES: usize = 2;

/// A signal in the traces of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct Traced {
    /// Which row of the table it is.
    pub row: usize,
    /// The baseline's traces.
    pub baseline: TracedSide,
    /// The candidate's traces.
    pub candidate: TracedSide,
}

/// Traces on one side, for each minute of its arm.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TracedSide {
    /// Traces that show the signal.
    pub hits: Vec<u64>,
    /// All traces of the service.
    pub traces: Vec<u64>,
}

/// One route's latencies on both sides: of each trace its minute (index into the arm) and the nanoseconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RouteTimes {
    /// Method and path template.
    pub route: String,
    /// The baseline's requests.
    pub baseline: Vec<(usize, u64)>,
    /// The candidate's requests.
    pub candidate: Vec<(usize, u64)>,
}

/// What is followed by trace; empty where entries have none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traces {
    /// Signals, at most one entry for a row and service.
    pub signals: Vec<Traced>,
    /// Routes.
    pub routes: Vec<RouteTimes>,
}

/// A one-sided p-value with the smallest that these totals could reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceTest {
    /// P-value of "no more on the candidate".
    pub p: f64,
    /// The smallest it could be.
    pub smallest: f64,
}

impl TracedSide {
    fn totals(&self) -> (u64, u64) {
        (self.hits.iter().sum(), self.traces.iter().sum())
    }

    fn minutes(&self) -> usize {
        self.traces.iter().filter(|n| **n > 0).count()
    }
}

/// Tests whether the signal occurs in a larger share of the candidate's traces: Fisher's exact test (1934), deflated by
/// the dispersion of the share. `None` where either side has too few traces or minutes.
pub fn more_hits(traced: &Traced, scales: [&[Scale]; 2], settings: &Settings) -> Option<TraceTest> {
    let ((x0, n0), (x1, n1)) = (traced.baseline.totals(), traced.candidate.totals());
    let minutes = traced.baseline.minutes().min(traced.candidate.minutes());
    if n0.min(n1) < MIN_TRACES || minutes < MIN_MINUTES || x0 + x1 == 0 {
        return None;
    }
    let p = hypergeometric_tail(x1, n1, x0 + x1, n0 + n1);
    let smallest = hypergeometric_tail(n1.min(x0 + x1), n1, x0 + x1, n0 + n1);
    Some(TraceTest {
        p: deflated(p, [&traced.baseline, &traced.candidate], scales, settings),
        smallest,
    })
}

/// One route's answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RouteShift {
    /// Two-sided.
    pub test: TraceTest,
    /// Median on the baseline, milliseconds.
    pub baseline_ms: f64,
    /// Median on the candidate, milliseconds.
    pub candidate_ms: f64,
    /// Requests of the baseline.
    pub baseline_requests: u64,
    /// Requests of the candidate.
    pub candidate_requests: u64,
}

/// Tests whether a route's requests take another time: the rank-sum test (Mann and Whitney 1947) with its normal
/// approximation, which in the far tail of small samples is above the exact p-value; deflated by the dispersion of the share
/// above the geometric middle of both medians. `None` where either side has too few requests or minutes.
pub fn route_shift(times: &RouteTimes, scales: [&[Scale]; 2], settings: &Settings) -> Option<RouteShift> {
    let (n0, n1) = (times.baseline.len() as u64, times.candidate.len() as u64);
    if n0.min(n1) < MIN_TRACES {
        return None;
    }
    let medians = [&times.baseline, &times.candidate].map(|side| median(side.iter()));
    let middle = (medians[0] as f64 * medians[1] as f64).sqrt() as u64;
    let [b, c] = [&times.baseline, &times.candidate].map(|side| above(side, middle));
    if b.minutes().min(c.minutes()) < MIN_MINUTES {
        return None;
    }
    let z = rank_sum(&times.baseline, &times.candidate);
    let one_sided = deflated(normal_cdf(-z.abs()), [&b, &c], scales, settings);
    let ms = medians.map(|ns| ns as f64 / 1e6);
    Some(RouteShift {
        test: TraceTest {
            p: (2.0 * one_sided).min(1.0),
            smallest: 0.0,
        },
        baseline_ms: ms[0],
        candidate_ms: ms[1],
        baseline_requests: n0,
        candidate_requests: n1,
    })
}

/// `P(X >= x)` of a hypergeometric count: `drawn` of `all` traces are the candidate's, `hits` of `all` show the signal.
fn hypergeometric_tail(x: u64, drawn: u64, hits: u64, all: u64) -> f64 {
    let mut ln_factorial = Vec::with_capacity(all as usize + 1);
    let mut sum = 0.0;
    ln_factorial.push(0.0);
    for k in 1..=all {
        sum += (k as f64).ln();
        ln_factorial.push(sum);
    }
    let ln_choose =
        |n: u64, k: u64| ln_factorial[n as usize] - ln_factorial[k as usize] - ln_factorial[(n - k) as usize];
    let possible = |k: &u64| hits - k <= all - drawn;
    let term = |k: u64| (ln_choose(drawn, k) + ln_choose(all - drawn, hits - k) - ln_choose(all, hits)).exp();
    (x..=drawn.min(hits)).filter(possible).map(term).sum::<f64>().min(1.0)
}

/// The p-value with the evidence divided by the square root of the dispersion, at the least favourable scale. Where nothing
/// is dispersed, the test is exact and stays as it is.
fn deflated(p: f64, sides: [&TracedSide; 2], scales: [&[Scale]; 2], settings: &Settings) -> f64 {
    let raw = scales[0].iter().zip(scales[1]).map(|(b, c)| {
        let [(b_phi, b_df), (c_phi, c_df)] = [binomial_dispersion(sides[0], b), binomial_dispersion(sides[1], c)];
        (b.minutes, f64::max(b_phi, c_phi), f64::min(b_df, c_df))
    });
    let z = normal_quantile(p.clamp(1e-300, 1.0 - f64::EPSILON / 2.0));
    let at = |d: super::Dispersion| {
        if d.phi <= 1.0 || z >= 0.0 {
            return p;
        }
        let lower = normal_cdf(z / d.phi.sqrt());
        let upper = 1.0 - lower;
        as_student(Tails { lower, upper }, d.df)
    };
    shrink(raw, settings.prior_df).into_iter().map(at).fold(p, f64::max)
}

/// Pearson's statistic of hits among traces over its degrees of freedom, with these.
fn binomial_dispersion(side: &TracedSide, scale: &Scale) -> (f64, f64) {
    let (hits, traces) = (sums(&side.hits, &scale.blocks), sums(&side.traces, &scale.blocks));
    let (statistic, df) = pearson(&hits, &traces);
    let (x, n) = side.totals();
    let rest = 1.0 - x as f64 / (n as f64).max(1.0);
    if rest <= 0.0 || df <= 0.0 {
        return (0.0, df);
    }
    (statistic / rest / df, df)
}

/// Requests that took longer than a time, by minute.
fn above(side: &[(usize, u64)], ns_limit: u64) -> TracedSide {
    let minutes = side.iter().map(|(minute, _)| minute + 1).max().unwrap_or(0);
    let mut out = TracedSide {
        hits: vec![0; minutes],
        traces: vec![0; minutes],
    };
    for (minute, ns) in side {
        out.traces[*minute] += 1;
        out.hits[*minute] += u64::from(*ns > ns_limit);
    }
    out
}

fn median<'a>(side: impl Iterator<Item = &'a (usize, u64)>) -> u64 {
    let mut times: Vec<u64> = side.map(|(_, ns)| *ns).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or(0)
}

/// Standardised rank sum of the candidate, corrected for continuity and ties; above zero when it is slower.
fn rank_sum(baseline: &[(usize, u64)], candidate: &[(usize, u64)]) -> f64 {
    let mut all: Vec<(u64, bool)> = baseline.iter().map(|(_, ns)| (*ns, false)).collect();
    all.extend(candidate.iter().map(|(_, ns)| (*ns, true)));
    all.sort_unstable();
    let (mut ranks, mut ties, mut start) = (0.0, 0.0, 0);
    while start < all.len() {
        let same = all[start..].iter().take_while(|(ns, _)| *ns == all[start].0).count();
        let rank = start as f64 + (same as f64 + 1.0) / 2.0;
        ranks += rank * all[start..start + same].iter().filter(|(_, is)| *is).count() as f64;
        ties += (same as f64).powi(3) - same as f64;
        start += same;
    }
    let (n0, n1) = (baseline.len() as f64, candidate.len() as f64);
    let n = n0 + n1;
    let variance = n0 * n1 / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    let away = ranks - n1 * (n1 + 1.0) / 2.0 - n0 * n1 / 2.0;
    if variance <= 0.0 {
        return 0.0;
    }
    (away.abs() - 0.5).max(0.0).copysign(away) / variance.sqrt()
}

#[cfg(test)]
#[path = "traces_tests.rs"]
mod tests;
