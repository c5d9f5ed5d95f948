//! Whether a report that was read back agrees with itself: who edited one in one place is found out in another.
//!
//! Input: a report. Output: sentences about what cannot be. It finds accidents and edits, not a forger who keeps the sums.

use super::json::ReadError;
use super::value::{Count, Finding, Interval, Latency, Report};
use crate::compare::Change;
use crate::model::Timestamp;
use crate::profile::Coverage;
use crate::verdict::{CriterionLevel, Verdict};

/// How far a rate may be from its counts: the last digits of a number are lost on its way through other programs.
const ROUNDING: f64 = 1e-6;

impl Report {
    /// Reads a saved report like [`Report::from_json`], and refuses one that contradicts itself.
    ///
    /// # Errors
    /// When it is no such report, or numbers or words in it do not agree.
    pub fn from_saved(text: &str) -> Result<Report, ReadError> {
        let report = Report::from_json(text)?;
        match report.contradictions() {
            found if found.is_empty() => Ok(report),
            found => Err(ReadError::Contradictions(found)),
        }
    }

    /// What in the report cannot be; empty for what [`Report::new`] made of a judged comparison.
    pub fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        verdict(self, &mut found);
        for (i, finding) in self.findings.iter().enumerate() {
            let mut tell = |what: &str| found.push(format!("findings[{i}] ({}): {what}", finding.signal.id));
            self::finding(finding, &mut tell);
        }
        for (name, side) in [
            ("baseline", &self.coverage.baseline),
            ("candidate", &self.coverage.candidate),
        ] {
            if !is_conserved(side) {
                found.push(format!(
                    "coverage.{name}: records are not entries_read, duplicates and rejected together"
                ));
            }
        }
        for (name, side) in [("baseline", &self.sides.baseline), ("candidate", &self.sides.candidate)] {
            if is_turned(side.first, side.last) {
                found.push(format!("sides.{name}: it ends before it begins"));
            }
        }
        if let Some(watch) = self.watch.as_ref().filter(|w| w.started > w.ends) {
            found.push(format!(
                "watch: it ends at {}, before it begins at {}",
                watch.ends, watch.started
            ));
        }
        found
    }
}

/// The verdict is that of the worst reason, and PROCEED takes what PROCEED asks.
fn verdict(report: &Report, found: &mut Vec<String>) {
    let said = report.verdict;
    let worst = report.reasons.iter().map(|r| r.asks_for).max();
    let asked = worst.unwrap_or(Verdict::Hold);
    if asked != said {
        let (said, asked) = (said.label(), asked.label());
        found.push(match worst {
            Some(_) => format!("the verdict is {said}, its reasons ask for {asked}"),
            None => format!("the verdict is {said}, without a reason"),
        });
    }
    if report.lean.is_some() && said != Verdict::Hold {
        found.push(format!("only a HOLD leans, and the verdict is {}", said.label()));
    }
    if said != Verdict::Proceed {
        return;
    }
    if let Some(concern) = report.concerns.first() {
        found.push(format!("the verdict is PROCEED beside the concern {}", concern.code));
    }
    let weighs = |level| level != CriterionLevel::Secondary;
    let open = report.criteria.iter().find(|c| weighs(c.level) && c.met != Some(true));
    if let Some(criterion) = open {
        found.push(format!(
            "the verdict is PROCEED while criterion {} is not met",
            criterion.id
        ));
    }
}

fn finding(finding: &Finding, tell: &mut dyn FnMut(&str)) {
    for (name, count) in [("baseline", &finding.baseline), ("candidate", &finding.candidate)] {
        if !is_rate(count) {
            tell(&format!("the rate of the {name} is not its count over its exposure"));
        }
    }
    let (before, after) = (finding.baseline.count, finding.candidate.count);
    match finding.change {
        Change::New if before > 0 => tell("it is new, and the baseline has it"),
        Change::Vanished if after > 0 => tell("it vanished, and the candidate has it"),
        _ => {}
    }
    if !is_ordered(&finding.ratio) {
        tell("its ratio is outside of its interval");
    }
    if finding.latency.as_ref().is_some_and(|l| !is_latency(l)) {
        tell("its latency contradicts itself");
    }
    if is_turned(finding.first_seen, finding.last_seen) {
        tell("it was last seen before it was first seen");
    }
    if !finding.peak_share.is_none_or(is_share) {
        tell("peak_share is no share");
    }
}

/// Whether a stretch ends before it begins. Where a time is known by its minute only, its end may be that minute's start.
fn is_turned(first: Option<Timestamp>, last: Option<Timestamp>) -> bool {
    const MINUTE: i64 = 60_000_000_000;
    first
        .zip(last)
        .is_some_and(|(first, last)| first.0.saturating_sub(last.0) >= MINUTE)
}

fn is_rate(count: &Count) -> bool {
    let Some(rate) = count.rate else { return true };
    let wanted = match count.exposure {
        0 => 0.0,
        exposure => count.count as f64 / exposure as f64,
    };
    (rate - wanted).abs() <= ROUNDING * wanted.abs().max(ROUNDING)
}

fn is_ordered(interval: &Interval) -> bool {
    let numbers: Vec<f64> = [interval.low, interval.estimate, interval.high]
        .into_iter()
        .flatten()
        .collect();
    // Ends and estimate come from different sums: the last digits may differ.
    numbers.is_sorted_by(|a, b| a <= b || (a - b).abs() <= ROUNDING * a.abs().max(b.abs()))
}

fn is_latency(latency: &Latency) -> bool {
    latency.quantile.is_none_or(is_share)
        && is_ordered(&latency.shift_ms)
        && [latency.baseline_ms, latency.candidate_ms]
            .into_iter()
            .flatten()
            .all(|ms| ms >= 0.0)
}

fn is_share(number: f64) -> bool {
    (0.0..=1.0).contains(&number)
}

/// Sums in more bits than the numbers have: an edited one must not overflow.
fn is_conserved(side: &Coverage) -> bool {
    let rejected: u128 = side.rejected.values().copied().map(u128::from).sum();
    u128::from(side.records) == u128::from(side.entries_read) + u128::from(side.duplicates) + rejected
}
