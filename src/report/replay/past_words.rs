//! Sentences and cells about past deploys that both renderings for people share. Plain text, not escaped.

use super::past_value::{JudgedBy, OneVerdict, PastWatch, TriedSetting, TriedSettings, WatchCounts};
use super::value::{DeployCounts, PastDeploys};
use crate::model::thousands;
use crate::report::words::{counted, minutes};

/// Names that people are shown of what a setting mends or breaks.
const NAMES_SHOWN: usize = 4;

/// False alarms and misses, of how many.
fn sums((false_alarms, good): (u64, &DeployCounts), (misses, bad): (u64, &DeployCounts)) -> String {
    format!(
        "False alarms: {} of {}. Misses: {} of {}.",
        thousands(false_alarms),
        counted(all(good), "good deploy", "good deploys"),
        thousands(misses),
        counted(all(bad), "bad deploy", "bad deploys"),
    )
}

fn all(counts: &DeployCounts) -> u64 {
    counts.roll_back + counts.hold + counts.proceed
}

/// The sums over past deploys.
pub(super) fn headline(past: &PastDeploys) -> String {
    let mut text = sums((past.false_alarms, &past.good), (past.misses, &past.bad));
    let unknown = all(&past.unknown);
    if unknown > 0 {
        text.push_str(&format!(" Truth unknown: {}.", thousands(unknown)));
    }
    if past.not_judged > 0 {
        text.push_str(&format!(" Not judged: {}.", thousands(past.not_judged)));
    }
    text
}

/// The sums over the watches.
pub(super) fn watched(counts: &WatchCounts) -> String {
    sums((counts.false_alarms, &counts.good), (counts.misses, &counts.bad))
}

/// How many were not watched.
pub(super) fn not_watched(counts: &WatchCounts) -> Option<String> {
    let deploys = counted(counts.not_watched, "deploy was", "deploys were");
    (counts.not_watched > 0).then(|| format!("{deploys} not watched."))
}

/// `12 min`, `-` where it never came.
pub(super) fn after(time: Option<u64>) -> String {
    time.map_or_else(|| "-".into(), minutes)
}

/// Why the watch said what it said last, or was not made.
pub(super) fn because(watch: &PastWatch) -> String {
    watch.error.clone().or_else(|| watch.reason.clone()).unwrap_or_default()
}

/// What was tried.
pub(super) fn tried(settings: &TriedSettings) -> String {
    let mut text = format!(
        "{} judged again by {} of the policy, one at a time.",
        counted(settings.deploys, "deploy", "deploys"),
        counted(settings.variations, "other setting", "other settings"),
    );
    if settings.helpful.is_empty() {
        text.push_str(" None of them helps.");
    }
    text
}

/// `rho = 2 (now 1.25)`
pub(super) fn setting(row: &TriedSetting) -> String {
    format!("{} = {} (now {})", row.key, row.value, row.now)
}

/// `would mend 2 (a, b by the watch) and break 0`
pub(super) fn would(row: &TriedSetting) -> String {
    let list = |verdicts: &[OneVerdict]| {
        let shown = verdicts.iter().take(NAMES_SHOWN).map(name);
        let mut names = shown.collect::<Vec<_>>().join(", ");
        if verdicts.len() > NAMES_SHOWN {
            names.push_str(&format!(" and {} more", verdicts.len() - NAMES_SHOWN));
        }
        match verdicts.len() {
            0 => "0".to_owned(),
            n => format!("{n} ({names})"),
        }
    };
    let held = if row.holds.is_empty() {
        String::new()
    } else {
        format!(", hold {}", list(&row.holds))
    };
    format!("would mend {}{held} and break {}", list(&row.mends), list(&row.breaks))
}

fn name(verdict: &OneVerdict) -> String {
    match verdict.by {
        JudgedBy::Look => verdict.deploy.clone(),
        JudgedBy::Watch => format!("{} by the watch", verdict.deploy),
    }
}
