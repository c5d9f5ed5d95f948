//! The findings as CSV (RFC 4180), one row a finding: for a spreadsheet.
//!
//! Input: a report. Output: a header and rows that end with CR LF, in the report's order. Text passes [`escape::csv`],
//! so that a row is one line and no cell is a formula; our own numbers stand bare.

use super::escape;
use super::group::Group;
use super::value::{Finding, Interval, Report};
use super::words;
use crate::model::Timestamp;

/// Most characters of a sample.
const MOST_SAMPLE: usize = 2000;

/// The columns. New ones are added at the end.
const COLUMNS: [&str; 27] = [
    "rank",
    "group",
    "change",
    "harm",
    "significant",
    "kind",
    "level",
    "id",
    "title",
    "baseline_count",
    "baseline_exposure",
    "baseline_rate",
    "candidate_count",
    "candidate_exposure",
    "candidate_rate",
    "ratio",
    "ratio_low",
    "ratio_high",
    "baseline_ms",
    "candidate_ms",
    "shift_low_ms",
    "shift_high_ms",
    "first_seen",
    "last_seen",
    "sample",
    "verdict",
    "redacted",
];

impl Report {
    /// Renders the findings as CSV: a header, then one row for each, most important first.
    pub fn to_csv(&self) -> String {
        let mut out = COLUMNS.join(",");
        out.push_str("\r\n");
        let verdict = escape::csv(&words::verdict(self.verdict, self.lean));
        let redacted = escape::csv(&words::redactions(&self.redactions).unwrap_or_default());
        for (i, finding) in self.findings.iter().enumerate() {
            let mut cells = row(i + 1, finding);
            cells.extend([verdict.clone(), redacted.clone()]);
            out.push_str(&cells.join(","));
            out.push_str("\r\n");
        }
        out
    }
}

fn row(rank: usize, finding: &Finding) -> Vec<String> {
    let (baseline, candidate) = (&finding.baseline, &finding.candidate);
    let latency = finding.latency.as_ref();
    let shift = latency.map(|l| l.shift_ms).unwrap_or_default();
    let sample = finding.samples.first().map_or("", |s| s.text.as_str());
    let Interval { estimate, low, high } = finding.ratio;
    vec![
        rank.to_string(),
        escape::csv(group(finding.group())),
        escape::csv(words::change_word(finding.change)),
        finding.harm.to_string(),
        finding.significant.to_string(),
        escape::csv(words::kind(finding.signal.kind)),
        escape::csv(words::level(finding.signal.level)),
        escape::csv(&finding.signal.id),
        escape::csv(&finding.signal.title),
        baseline.count.to_string(),
        baseline.exposure.to_string(),
        number(baseline.rate),
        candidate.count.to_string(),
        candidate.exposure.to_string(),
        number(candidate.rate),
        number(estimate),
        number(low),
        number(high),
        number(latency.and_then(|l| l.baseline_ms)),
        number(latency.and_then(|l| l.candidate_ms)),
        number(shift.low),
        number(shift.high),
        time(finding.first_seen),
        time(finding.last_seen),
        escape::csv(&escape::cut(sample, MOST_SAMPLE)),
    ]
}

/// Empty where it is unbounded or unknown.
fn number(value: Option<f64>) -> String {
    value
        .filter(|v| v.is_finite())
        .map_or_else(String::new, |v| v.to_string())
}

fn time(time: Option<Timestamp>) -> String {
    time.map_or_else(String::new, |t| t.to_string())
}

fn group(group: Group) -> &'static str {
    match group {
        Group::Worse => "worse",
        Group::MaybeWorse => "maybe-worse",
        Group::Harmless => "harmless",
        Group::Better => "better",
        Group::PreExisting => "pre-existing",
        Group::Unchanged => "unchanged",
    }
}
