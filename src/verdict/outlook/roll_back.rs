//! How long until ROLL BACK would be reached, if what rose goes on at its present rate.
//!
//! Input: the view. Output: the wait of the signal that gets there first, by every condition that ROLL BACK asks.

use super::super::bounds::p_above;
use super::super::counts::dispersion;
use super::super::view::{Area, View, rose};
use super::super::wait::{self, Wait};
use super::super::words;
use super::Until;
use super::until::{never, span, timed};
use crate::compare::{Finding, LatencyFinding, Pairing, Rates};

/// Signals that are followed to ROLL BACK, strongest first: each takes some fifty tests.
const FOLLOWED: usize = 8;
/// Minutes of a block that shows persistence.
const BLOCK_MINUTES: f64 = 5.0;
/// Growth of the exposure beyond which it is said never to become certain.
const MOST_GROWTH: f64 = 1e6;

/// The signal that would be the first to ask for ROLL BACK; `None` when nothing rose.
pub(super) fn until(view: &View<'_>) -> Option<Until> {
    let areas = [Area::ServerErrors, Area::Messages].into_iter();
    let mut risen: Vec<(&Finding, &Rates)> = areas
        .flat_map(|area| view.findings(area))
        .filter(|f| rose(f) && f.harm && !view.unsure(f))
        .filter_map(|f| f.rates.as_ref().map(|r| (f, r)))
        .collect();
    risen.sort_by(|a, b| {
        (b.1.suspicious.cmp(&a.1.suspicious))
            .then_with(|| a.1.p_tolerated.total_cmp(&b.1.p_tolerated))
            .then_with(|| a.0.signal.cmp(&b.0.signal))
    });
    let rates = risen
        .into_iter()
        .take(FOLLOWED)
        .map(|(f, r)| (f, for_rates(view, f, r)));
    let slower = view
        .findings(Area::Latency)
        .filter_map(|f| {
            f.latency
                .as_ref()
                .filter(|l| l.shift_ms.estimate > Some(0.0))
                .map(|l| (f, l))
        })
        .map(|(f, l)| (f, for_shift(view, l)));
    let all: Vec<(&Finding, Wait)> = rates.chain(slower.filter(|(f, _)| f.harm && f.significant)).collect();
    let soonest = all.iter().filter_map(|(f, w)| Some((*f, w.minutes()?)));
    let soonest = soonest.min_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.signal.cmp(&b.0.signal)));
    // Going back to what could not serve is never asked for.
    let pointless = view.rollback_is_pointless();
    if let Some((finding, minutes)) = soonest.filter(|_| !pointless) {
        let until = timed(view, minutes);
        let name = words::name(&finding.signal);
        let message = format!("ROLL BACK: in {}, if {name} goes on at its present rate", span(&until));
        let signal = Some(finding.signal.clone());
        return Some(Until {
            message,
            signal,
            ..until
        });
    }
    let (finding, wait) = all.into_iter().next()?;
    let why = match wait {
        _ if pointless => "the baseline could not serve, so going back would not help".to_owned(),
        Wait::Never(why) => why,
        _ => "at the present rate that takes more than two weeks".to_owned(),
    };
    Some(Until {
        message: format!("ROLL BACK: not in sight; {}: {why}", words::name(&finding.signal)),
        signal: Some(finding.signal.clone()),
        why: Some(why),
        ..never(view)
    })
}

/// Until every condition of ROLL BACK holds for a rate that goes on as it is: significance, independent events, blocks.
fn for_rates(view: &View<'_>, finding: &Finding, rates: &Rates) -> Wait {
    let s = &view.policy.statistics;
    let ratio = finding.ratio.estimate.unwrap_or(f64::INFINITY);
    if ratio <= s.rho {
        return Wait::Never(format!(
            "{} the baseline's rate is within the tolerated {}",
            words::times(ratio),
            s.rho
        ));
    }
    if rates.excess < s.min_excess {
        return Wait::Never("the excess is too small to matter".to_owned());
    }
    let minutes = view.candidate.minutes;
    let conditions = [
        until_certain(view, finding, rates),
        reached(minutes, rates.effective_count, s.min_eff),
        until_persistent(minutes, rates.active_blocks, s.persist),
    ];
    longest(conditions)
}

/// The wait until the p-value falls to its limit, with the present rates: evidence grows with the candidate's exposure,
/// with both where both serve at once, and the limit with a window that is short.
fn until_certain(view: &View<'_>, finding: &Finding, rates: &Rates) -> Wait {
    let (b, c, s) = (finding.baseline, finding.candidate, &view.policy.statistics);
    let (phi, minutes) = (dispersion(finding), view.candidate.minutes);
    let both = view.case.pairing == Pairing::Concurrent;
    let p = |growth: f64| {
        let before = if both { growth } else { 1.0 };
        let (x0, x1) = (b.count as f64 * before / phi, c.count as f64 * growth / phi);
        p_above(x1, c.exposure as f64 * growth, x0, b.exposure as f64 * before, s.rho)
    };
    // What the comparison adds to the plain p-value: the price of many signals and of an estimated dispersion.
    let price = (rates.p_tolerated / p(1.0)).max(1.0);
    let price = if price.is_finite() { price } else { 1.0 };
    let window = |growth: f64| (minutes as f64 * growth / s.full_minutes.max(1) as f64).min(1.0);
    let limit = |growth: f64| rates.p_limit * (window(growth) / window(1.0)).powi(2);
    let certain = |growth: f64| p(growth) * price <= limit(growth);
    if certain(1.0) {
        return Wait::Minutes(0.0);
    }
    let mut high = 2.0;
    while !certain(high) {
        high *= 2.0;
        if high > MOST_GROWTH {
            return Wait::Never("the baseline is too short to make it certain".to_owned());
        }
    }
    let mut low = high / 2.0;
    for _ in 0..20 {
        let middle = 0.5 * (low + high);
        if certain(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    wait::until(minutes, 1.0, high)
}

/// Blocks come in proportion to time, and each takes five minutes.
fn until_persistent(minutes: u64, active: u32, needed: u32) -> Wait {
    let missing = f64::from(needed.saturating_sub(active)) * BLOCK_MINUTES;
    match reached(minutes, f64::from(active), f64::from(needed)) {
        Wait::Minutes(more) => Wait::Minutes(more.max(missing)),
        other => other,
    }
}

/// The wait until what grows with time is enough; none when it is.
fn reached(minutes: u64, have: f64, need: f64) -> Wait {
    if have >= need {
        return Wait::Minutes(0.0);
    }
    wait::until(minutes, have, need)
}

/// Until the lower bound of a shift rises to the tolerance.
fn for_shift(view: &View<'_>, latency: &LatencyFinding) -> Wait {
    let (Some(shift), Some(low)) = (latency.shift_ms.estimate, latency.shift_ms.low) else {
        return Wait::Sometime;
    };
    if shift <= latency.tolerance_ms {
        return Wait::Never(format!(
            "{} more is within the tolerated {}",
            words::ms(shift),
            words::ms(latency.tolerance_ms)
        ));
    }
    let minutes = view.candidate.minutes;
    let certain = if low > latency.tolerance_ms {
        Wait::Minutes(0.0)
    } else {
        wait::for_width(view, shift - low, shift - latency.tolerance_ms)
    };
    let persistent = until_persistent(minutes, latency.slow_blocks, view.policy.statistics.persist);
    longest([certain, persistent])
}

/// The longest of waits that must all end; what never ends decides.
fn longest<const N: usize>(waits: [Wait; N]) -> Wait {
    let unknown = waits.iter().find(|w| w.minutes().is_none());
    let most = waits.iter().filter_map(Wait::minutes).fold(0.0, f64::max);
    unknown.cloned().unwrap_or(Wait::Minutes(most))
}
