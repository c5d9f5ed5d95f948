//! Numbers, times and names as people read them; shared by the renderings for people.
//!
//! Input: values of the report. Output: short plain text, not escaped. It must not depend on the rendering.

use std::fmt::Write;

use super::group::Group;
use super::redact::RedactionCounts;
use super::value::{Count, Finding, Interval, Report, Side, Sides, Timeline};
use crate::compare::Change;
use crate::model::{Level, Signal, SignalKind, Timestamp, thousands};
use crate::profile::{Concern, Coverage};
use crate::verdict::{CriterionLevel, Lean, Verdict};

/// `1 entry`, `2 entries`
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// Two or three significant digits: `0.012`, `0.12`, `1.2`, `12`, `123`.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        s if s >= 9.95 => format!("{value:.0}"),
        s if s >= 0.995 => format!("{value:.1}"),
        s if s >= 0.0995 => format!("{value:.2}"),
        s if s >= 0.001 => format!("{value:.3}"),
        s if s > 0.0 => format!("{value:.1e}"),
        _ => "0".to_owned(),
    }
}

/// `3.1 (1.2 to 8.0)`, `at least 1.2`, `-`
pub(super) fn interval(interval: &Interval) -> String {
    let range = match (interval.low, interval.high) {
        (Some(low), Some(high)) => format!("{} to {}", number(low), number(high)),
        (Some(low), None) => format!("at least {}", number(low)),
        (None, Some(high)) => format!("at most {}", number(high)),
        (None, None) => String::new(),
    };
    match interval.estimate {
        None if range.is_empty() => "-".to_owned(),
        None => range,
        Some(estimate) if range.is_empty() => number(estimate),
        Some(estimate) => format!("{} ({range})", number(estimate)),
    }
}

/// `12 / 3,456`, or `12` alone where room is short.
fn count(count: &Count, with_exposure: bool) -> String {
    match with_exposure {
        true => format!("{} / {}", thousands(count.count), thousands(count.exposure)),
        false => thousands(count.count),
    }
}

fn milliseconds(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |ms| format!("{} ms", number(ms)))
}

/// What a row of the table of findings says: baseline, candidate, and how they differ.
pub(super) fn comparison(finding: &Finding, with_exposure: bool) -> [String; 3] {
    match &finding.latency {
        Some(latency) => [
            milliseconds(latency.baseline_ms),
            milliseconds(latency.candidate_ms),
            match interval(&latency.shift_ms) {
                shift if shift == "-" => shift,
                shift => format!(
                    "{}{shift} ms",
                    if latency.shift_ms.estimate > Some(0.0) { "+" } else { "" }
                ),
            },
        ],
        None => [
            count(&finding.baseline, with_exposure),
            count(&finding.candidate, with_exposure),
            interval(&finding.ratio),
        ],
    }
}

/// Explains the marks of [`change`].
pub(super) const LEGEND: &str = "* beyond chance, ? may be chance, ok: not held against the candidate";

/// The word for a change with its marks, see [`LEGEND`].
pub(super) fn change(finding: &Finding) -> String {
    let word = change_word(finding.change);
    let mark = match (finding.change, finding.significant) {
        (Change::Unchanged, _) => "",
        (_, true) => " *",
        (_, false) => " ?",
    };
    let harmless = if finding.group() == Group::Harmless { " ok" } else { "" };
    format!("{word}{mark}{harmless}")
}

pub(super) fn change_word(change: Change) -> &'static str {
    match change {
        Change::New => "new",
        Change::More => "more",
        Change::Fewer => "fewer",
        Change::Vanished => "vanished",
        Change::Slower => "slower",
        Change::Faster => "faster",
        Change::Unchanged => "unchanged",
    }
}

/// How many of each change there are: `3 new, 1 more, 1 vanished`.
pub(super) fn change_counts(findings: &[&Finding]) -> String {
    use Change as Of;
    let order = [
        Of::New,
        Of::More,
        Of::Slower,
        Of::Fewer,
        Of::Vanished,
        Of::Faster,
        Of::Unchanged,
    ];
    let count = |change| findings.iter().filter(|f| f.change == change).count();
    let counts = order.map(|change| (count(change), change_word(change)));
    let told = counts.iter().filter(|(n, _)| *n > 0);
    let told: Vec<String> = told
        .map(|(n, word)| format!("{} {word}", thousands(*n as u64)))
        .collect();
    told.join(", ")
}

/// The name of a kind, as in the JSON report.
pub(super) fn kind(kind: SignalKind) -> &'static str {
    match kind {
        SignalKind::Pattern => "pattern",
        SignalKind::StatusClass => "status-class",
        SignalKind::Route => "route",
        SignalKind::Unmatched => "unmatched",
        SignalKind::Template => "template",
        SignalKind::Stack => "stack",
        SignalKind::Latency => "latency",
    }
}

pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Critical => "critical",
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "info",
        Level::Marker => "marker",
        Level::Noise => "noise",
    }
}

pub(super) fn criterion_level(level: CriterionLevel) -> &'static str {
    match level {
        CriterionLevel::Critical => "critical",
        CriterionLevel::Primary => "primary",
        CriterionLevel::Secondary => "secondary",
    }
}

/// `HOLD, no sign of harm so far`
pub(super) fn verdict(verdict: Verdict, lean: Option<Lean>) -> String {
    let lean = match lean {
        None => "",
        Some(Lean::NoSignOfHarm) => ", no sign of harm so far",
        Some(Lean::SignsOfHarm) => ", signs of harm",
        Some(Lean::CannotJudge) => ", cannot judge",
    };
    format!("{}{lean}", verdict.label())
}

/// `2026-03-01 10:00:05Z`
pub(super) fn time(time: Timestamp) -> String {
    let text = time.to_string();
    let seconds = text.get(..19).unwrap_or(&text);
    format!("{}Z", seconds.replace('T', " "))
}

/// `2026-03-01 10:00:05Z to 11:00:00Z`, the date only once where it is the same.
pub(super) fn range(first: Option<Timestamp>, last: Option<Timestamp>) -> Option<String> {
    let (first, last) = (time(first?), time(last?));
    let same_day = first.get(..10) == last.get(..10);
    let end = if same_day {
        last.get(11..).unwrap_or(&last)
    } else {
        &last
    };
    Some(format!("{first} to {end}"))
}

/// `2 h 10 min`
pub(super) fn minutes(minutes: u64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} min"),
        (h, 0) => format!("{} h", thousands(h)),
        (h, m) => format!("{} h {m} min", thousands(h)),
    }
}

/// `2h10m`, `24h`, `20m`
pub(super) fn hours(minutes: u64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m}m"),
        (h, 0) => format!("{h}h"),
        (h, m) => format!("{h}h{m}m"),
    }
}

/// `0.13 %`; `-` when it is not known.
pub(super) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |s| format!("{} %", number(s * 100.0)))
}

/// `chat-api-00041-kop`
pub(super) fn revisions(side: &Side) -> String {
    list(&side.revisions, "no revision", 4)
}

/// `1,234 requests, 5,678 entries in 1 h (... to ...)`
pub(super) fn traffic(side: &Side) -> String {
    let mut text = format!(
        "{}, {} in {}",
        counted(side.requests, "request", "requests"),
        counted(side.entries, "entry", "entries"),
        minutes(side.minutes)
    );
    if let Some(range) = range(side.first, side.last) {
        let _ = write!(text, " ({range})");
    }
    text
}

/// Names one after the other, at most `most`, with the number of the others.
pub(super) fn list(names: &[String], none: &str, most: usize) -> String {
    match names.len() {
        0 => none.to_owned(),
        n if n <= most => names.join(", "),
        n => format!("{} and {} more", names[..most].join(", "), n - most),
    }
}

/// What was compared, as `service`, `project`, `region`: those that are known.
pub(super) fn subject(report: &Report) -> String {
    let (baseline, candidate) = (&report.sides.baseline, &report.sides.candidate);
    let side = if candidate.services.is_empty() {
        baseline
    } else {
        candidate
    };
    let mut parts = vec![list(&side.services, "", 3), side.project.clone(), side.location.clone()];
    parts.retain(|p| !p.is_empty());
    parts.join(", ")
}

/// Where the records of one side went: `1,234 entries in 2 files, 3 duplicates, 4 rejected (invalid-json 4)`
pub(super) fn coverage(coverage: &Coverage) -> String {
    let sources = u64::try_from(coverage.sources.len()).unwrap_or(u64::MAX);
    let mut parts = vec![
        format!(
            "{} read from {}",
            counted(coverage.entries_read, "entry", "entries"),
            counted(sources, "source", "sources")
        ),
        counted(coverage.duplicates, "duplicate", "duplicates"),
    ];
    let named = |what: &str, counts: &mut dyn Iterator<Item = (String, u64)>| {
        let counts: Vec<(String, u64)> = counts.filter(|(_, n)| *n > 0).collect();
        let total = counts.iter().fold(0_u64, |sum, (_, n)| sum.saturating_add(*n));
        let names: Vec<String> = counts
            .iter()
            .map(|(name, n)| format!("{name} {}", thousands(*n)))
            .collect();
        let names = if names.is_empty() {
            String::new()
        } else {
            format!(" ({})", names.join(", "))
        };
        (total, format!("{} {what}{names}", thousands(total)))
    };
    parts.push(
        named(
            "rejected",
            &mut coverage.rejected.iter().map(|(r, n)| (r.name().to_owned(), *n)),
        )
        .1,
    );
    let excluded = named("left out", &mut coverage.excluded.iter().map(|(r, n)| (r.clone(), *n)));
    let notes = named(
        "odd",
        &mut coverage.notes.iter().map(|(r, n)| (r.name().to_owned(), *n)),
    );
    parts.extend(
        [excluded, notes]
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(_, text)| text),
    );
    if coverage.joined.events > 0 {
        let (lines, traces) = (thousands(coverage.joined.entries), thousands(coverage.joined.events));
        parts.push(format!("{lines} of them lines of {traces} stack traces"));
    }
    if coverage.unknown > 0 {
        parts.push(format!("{} without content", thousands(coverage.unknown)));
    }
    if coverage.untimed > 0 {
        parts.push(format!("{} without a time", thousands(coverage.untimed)));
    }
    parts.join(", ")
}

/// `email 3, jwt 1`; `None` when nothing was taken out.
pub(super) fn redactions(counts: &RedactionCounts) -> Option<String> {
    let parts: Vec<String> = counts
        .iter()
        .map(|(kind, n)| format!("{} {}", kind.name(), thousands(*n)))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Doubts about the input, the report's and both sides', each once.
pub(super) fn doubts(report: &Report) -> Vec<&Concern> {
    let Sides { baseline, candidate } = &report.coverage;
    let of_sides = baseline.concerns.iter().chain(&candidate.concerns);
    let mut concerns: Vec<&Concern> = report.concerns.iter().chain(of_sides).collect();
    concerns.sort();
    concerns.dedup();
    concerns
}

/// `logverdict 0.1.0; packs: starlette; redacted: email 3`
pub(super) fn made_by(report: &Report) -> String {
    let mut text = format!("logverdict {}", report.tool.version);
    if !report.tool.packs.is_empty() {
        let names: Vec<String> = report.tool.packs.iter().map(|p| p.name.clone()).collect();
        let _ = write!(text, "; packs: {}", list(&names, "", 20));
    }
    if let Some(redactions) = redactions(&report.redactions) {
        let _ = write!(text, "; redacted: {redactions}");
    }
    text
}

/// Both sides over time as rows of bars, scaled to the larger rate of the two; empty when there is nothing to show.
pub(super) fn sparkline(finding: &Finding) -> String {
    let Some(sides) = &finding.timeline else {
        return String::new();
    };
    // Bins of the two sides differ in length: per minute they compare. Precision does not matter for eight bars.
    let rates = |line: &Timeline| -> Vec<f64> {
        let minutes = line.minutes_per_bin.max(1) as f64;
        line.counts.iter().map(|n| *n as f64 / minutes).collect()
    };
    let (baseline, candidate) = (rates(&sides.baseline), rates(&sides.candidate));
    let largest = baseline.iter().chain(&candidate).copied().fold(0.0, f64::max);
    format!("{}|{}", bars(&baseline, largest, '.'), bars(&candidate, largest, '.'))
}

/// Values as bars of eight heights, the largest as the highest; `nothing` stands for zero.
pub(super) fn bars(values: &[f64], largest: f64, nothing: char) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let bar = |value: &f64| match value / largest {
        share if share > 0.0 => BARS[((share * 8.0).ceil() as usize).clamp(1, 8) - 1],
        _ => nothing,
    };
    values.iter().map(bar).collect()
}

/// The log text that a signal is named by, where sentences cannot hold it: hostile, escape before showing.
pub(super) fn named_by(signal: &Signal) -> Option<String> {
    match signal.kind {
        SignalKind::Template => Some(format!("message: {}", signal.title)),
        SignalKind::Stack => Some(format!("exception: {}", signal.title)),
        SignalKind::Route => Some(format!("route: {}", signal.id)),
        SignalKind::Latency => signal.id.split_once(' ').map(|(_, route)| format!("route: {route}")),
        SignalKind::Pattern | SignalKind::StatusClass | SignalKind::Unmatched => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (0.1234, "0.12"),
            (1.254, "1.3"),
            (12.54, "13"),
            (1254.4, "1254"),
            (0.00012, "1.2e-4"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(number(-3.0), "-3.0");
        assert_eq!(
            (thousands(0), thousands(999), thousands(1_234_567)),
            ("0".into(), "999".into(), "1,234,567".into())
        );
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn intervals_say_what_is_known() {
        let of = |estimate, low, high| interval(&Interval { estimate, low, high });
        assert_eq!(of(Some(3.1), Some(1.2), Some(8.0)), "3.1 (1.2 to 8.0)");
        assert_eq!(of(None, Some(1.2), None), "at least 1.2");
        assert_eq!(of(Some(0.0), None, Some(0.5)), "0 (at most 0.50)");
        assert_eq!(of(None, None, None), "-");
        assert_eq!(of(Some(2.0), None, None), "2.0");
    }

    #[test]
    fn times_are_short() {
        let at = |text| Timestamp::parse(text);
        assert_eq!(
            range(at("2026-03-01T10:00:05.123Z"), at("2026-03-01T11:00:00Z")).unwrap(),
            "2026-03-01 10:00:05Z to 11:00:00Z"
        );
        assert_eq!(
            range(at("2026-03-01T23:00:00Z"), at("2026-03-02T01:00:00Z")).unwrap(),
            "2026-03-01 23:00:00Z to 2026-03-02 01:00:00Z"
        );
        assert_eq!(range(None, at("2026-03-02T01:00:00Z")), None);
        assert_eq!(
            (minutes(0), minutes(60), minutes(130)),
            ("0 min".into(), "1 h".into(), "2 h 10 min".into())
        );
    }
}
