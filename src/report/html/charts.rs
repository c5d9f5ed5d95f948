//! Which charts a report gets: events over time of what changed, and the latency of both sides.
//!
//! Each chart has a table of its numbers behind it.

use super::Writer;
use super::parts::{Column, Table, folded, sorted, words as cell};
use super::svg::{self, Half, OverTime, Pair};
use crate::model::thousands;
use crate::report::escape::{cut, html};
use crate::report::value::{Finding, Pairing, Report, Side, Sides, Timeline};
use crate::report::words;

/// Most charts of each kind.
const MOST_OVER_TIME: usize = 12;
const MOST_LATENCY: usize = 6;

const OVER_TIME: &[Column] = &[
    Column::Row("side"),
    Column::Number("from minute"),
    Column::Number("to minute"),
    Column::Number("events"),
    Column::Number("a minute"),
];

const LATENCY: &[Column] = &[
    Column::Row("quantile"),
    Column::Number("baseline"),
    Column::Number("candidate"),
    Column::Number("shift (95 %)"),
];

impl Writer<'_> {
    pub(super) fn charts(&mut self) {
        let report = self.report;
        let changed = report.grouped().changed;
        let timed: Vec<(&Finding, &Sides<Timeline>)> = changed
            .into_iter()
            .filter_map(|f| Some((f, f.timeline.as_ref()?)))
            .collect();
        let latency = latency(report);
        if timed.is_empty() && latency.is_empty() {
            return;
        }
        self.section("charts", "Charts", |page| {
            for (i, (finding, sides)) in timed.iter().take(MOST_OVER_TIME).enumerate() {
                page.push(&over_time(report, finding, sides, i));
            }
            page.left_out(timed.len(), MOST_OVER_TIME, "signals over time");
            for (i, (route, findings)) in latency.iter().take(MOST_LATENCY).enumerate() {
                page.push(&quantiles(route, findings, MOST_OVER_TIME + i));
            }
            page.left_out(latency.len(), MOST_LATENCY, "routes");
        });
    }

    fn left_out(&mut self, all: usize, shown: usize, what: &str) {
        if all > shown {
            let more = thousands((all - shown) as u64);
            self.paragraph(&format!("{more} more {what}: in the JSON report."));
        }
    }
}

/// A chart with its title and the numbers behind it.
fn figure(title: &str, svg: &str, table: &str) -> String {
    let title = html(&cut(title, 200));
    let data = folded("Numbers", table);
    format!("<figure>\n<figcaption>{title}</figcaption>\n{svg}{data}</figure>\n")
}

fn over_time(report: &Report, finding: &Finding, sides: &Sides<Timeline>, number: usize) -> String {
    let Sides { baseline, candidate } = &report.sides;
    let title = format!("{}: {}, events a minute", words::change(finding), finding.signal.title);
    let chart = OverTime {
        title: title.clone(),
        description: format!(
            "{} events on the baseline in {}, {} on the candidate in {}.",
            thousands(finding.baseline.count),
            words::minutes(baseline.minutes),
            thousands(finding.candidate.count),
            words::minutes(candidate.minutes),
        ),
        halves: [
            half("baseline", baseline, &sides.baseline),
            half("candidate", candidate, &sides.candidate),
        ],
        divider: divider(report),
    };
    let mut table = Table::new("Events over time", "plain", OVER_TIME);
    for (name, side, line) in [
        ("baseline", baseline, &sides.baseline),
        ("candidate", candidate, &sides.candidate),
    ] {
        for bin in bins(side, line) {
            table.row([
                cell(name),
                cell(&thousands(bin.from)),
                cell(&thousands(bin.to)),
                cell(&thousands(bin.events)),
                cell(&words::number(bin.rate())),
            ]);
        }
    }
    figure(&title, &svg::over_time(&chart, number), &table.finish())
}

/// What stands between the sides: the deploy, with its time where that is known, or nothing but a line.
fn divider(report: &Report) -> String {
    let deployed = report.deploy.as_ref().and_then(|d| d.moved_at.or(d.created_at));
    match (report.pairing, deployed) {
        (Pairing::Concurrent, _) => "both served at once".to_owned(),
        (Pairing::BeforeAfter, Some(time)) => format!("deploy {}", words::time(time)),
        (Pairing::BeforeAfter, None) => "deploy".to_owned(),
    }
}

fn half(name: &str, side: &Side, line: &Timeline) -> Half {
    Half {
        label: format!("{name}, {}", words::minutes(side.minutes)),
        rates: bins(side, line).map(|bin| bin.rate()).collect(),
        times: [side.first, side.last].map(|time| time.map_or_else(String::new, words::time)),
    }
}

/// One bin of a timeline.
struct Bin {
    from: u64,
    to: u64,
    events: u64,
}

impl Bin {
    /// Events a minute. Precision does not matter for a bar.
    fn rate(&self) -> f64 {
        self.events as f64 / self.to.saturating_sub(self.from).max(1) as f64
    }
}

/// The bins with their limits; the last one ends with its side.
fn bins<'a>(side: &'a Side, line: &'a Timeline) -> impl Iterator<Item = Bin> + 'a {
    let length = line.minutes_per_bin.max(1);
    line.counts.iter().zip(0_u64..).map(move |(events, i)| {
        let from = i.saturating_mul(length);
        let to = from.saturating_add(length);
        Bin {
            from,
            to: if side.minutes > from { to.min(side.minutes) } else { to },
            events: *events,
        }
    })
}

/// The quantiles of each route, all requests together first; routes in the report's order.
fn latency(report: &Report) -> Vec<(String, Vec<&Finding>)> {
    let mut routes: Vec<(String, Vec<&Finding>)> = Vec::new();
    for finding in &report.findings {
        let Some(latency) = &finding.latency else { continue };
        if latency.baseline_ms.is_none() && latency.candidate_ms.is_none() {
            continue;
        }
        let route = finding.signal.id.split_once(' ').map_or("", |(_, route)| route);
        match routes.iter_mut().find(|(name, _)| name == route) {
            Some((_, findings)) => findings.push(finding),
            None => routes.push((route.to_owned(), vec![finding])),
        }
    }
    routes.sort_by_key(|(route, _)| !route.is_empty());
    let quantile = |f: &Finding| f.latency.as_ref().and_then(|l| l.quantile).unwrap_or(0.0);
    for (_, findings) in &mut routes {
        findings.sort_by(|a, b| quantile(a).total_cmp(&quantile(b)));
    }
    routes
}

fn quantiles(route: &str, findings: &[&Finding], number: usize) -> String {
    let title = match route {
        "" => "Latency of all requests".to_owned(),
        route => format!("Latency of {route}"),
    };
    let name = |f: &Finding| f.signal.id.split(' ').next().unwrap_or_default().to_owned();
    let mut table = Table::new("Latency of both sides", "plain", LATENCY);
    let (mut pairs, mut told) = (Vec::new(), Vec::new());
    for finding in findings {
        let Some(latency) = &finding.latency else { continue };
        let [baseline, candidate, shift] = words::comparison(finding, true);
        told.push(format!("{}: {baseline}, then {candidate}", name(finding)));
        let by = |value: Option<f64>| value.unwrap_or(f64::NAN);
        table.row([
            cell(&name(finding)),
            sorted(&baseline, by(latency.baseline_ms)),
            sorted(&candidate, by(latency.candidate_ms)),
            cell(&shift),
        ]);
        pairs.push(Pair {
            label: cut(&name(finding), 8),
            values: [latency.baseline_ms, latency.candidate_ms],
        });
    }
    let description = format!("{}.", told.join("; "));
    let svg = svg::pairs(&title, &description, "ms", &pairs, number);
    figure(&title, &svg, &table.finish())
}
