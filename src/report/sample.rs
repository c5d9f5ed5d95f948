//! Invented reports for the tests of the renderings: one with everything in it, one with next to nothing.

pub(super) mod watch;

use std::collections::BTreeMap;

use super::{Pack, Parts, Redaction, Report, Scan, ScanRow, Tool, Watched};
use crate::compare::{self, Change, Finding, Interval, LatencyFinding, Pairing, SideCount};
use crate::ingest::{Problem, Reason as ProblemReason};
use crate::model::{Level, Severity, Signal, SignalKind, Timestamp};
use crate::profile::{Concern, Coverage, Sample, SourceCoverage};
use crate::verdict::{
    Case, CriterionLevel, CriterionResult, Excluded, Judgement, Lean, LoadRange, Outlook, Reason, Remaining, SideFacts,
    Until, Verdict,
};

pub(super) const OLD: &str = "chat-api-00041-kop";
pub(super) const NEW: &str = "chat-api-00042-wex";

/// What a report is made of, owned.
#[derive(Debug, Clone)]
pub(super) struct Material {
    pub tool: Tool,
    pub case: Case,
    pub judgement: Judgement,
    pub baseline: Coverage,
    pub candidate: Coverage,
    pub watch: Option<Watched>,
}

impl Material {
    pub fn report(&self) -> Report {
        self.redacted(Redaction::default())
    }

    pub fn redacted(&self, redaction: Redaction) -> Report {
        Report::new(&Parts {
            tool: &self.tool,
            case: &self.case,
            judgement: &self.judgement,
            baseline: &self.baseline,
            candidate: &self.candidate,
            deploy: None,
            watch: self.watch.as_ref(),
            redaction,
        })
    }
}

pub(super) fn at(text: &str) -> Option<Timestamp> {
    Timestamp::parse(&format!("2026-03-01T{text}Z"))
}

pub(super) fn signal(kind: SignalKind, id: &str, title: &str, level: Level) -> Signal {
    Signal {
        kind,
        id: id.to_owned(),
        title: title.to_owned(),
        level,
        category: String::new(),
    }
}

pub(super) fn interval(estimate: f64, low: f64, high: f64) -> Interval {
    Interval {
        estimate: Some(estimate),
        low: Some(low),
        high: Some(high),
    }
}

const NO_INTERVAL: Interval = Interval {
    estimate: None,
    low: None,
    high: None,
};

fn numbers(pairs: &[(&str, f64)]) -> BTreeMap<String, f64> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect()
}

fn side_count(count: u64, exposure: u64) -> SideCount {
    let rate = if exposure == 0 {
        0.0
    } else {
        count as f64 / exposure as f64
    };
    SideCount { count, exposure, rate }
}

fn rates(is_worse: bool) -> compare::Rates {
    compare::Rates {
        p_tolerated: if is_worse { 0.0004 } else { 0.62 },
        p_more: if is_worse { 0.00001 } else { 0.41 },
        p_fewer: 0.9,
        p_traces: None,
        p_limit: 0.01,
        dispersion: vec![compare::Dispersion {
            minutes: 5,
            phi: 1.5,
            df: 42.0,
        }],
        effective_count: 23.5,
        active_blocks: 9,
        excess: 0.0021,
        ratio_upper: None,
        excess_upper: f64::INFINITY,
        calm_excess: 0.0,
        outside_share: Some(1.0),
        rolls_back: is_worse,
        suspicious: is_worse,
        non_inferior: false,
    }
}

pub(super) fn sample(text: &str) -> Sample {
    Sample {
        key: 7,
        timestamp: at("11:05:09.25"),
        severity: Severity::Error,
        revision: NEW.to_owned(),
        instance: "00aa11bb".to_owned(),
        insert_id: "65e1b2c3000a".to_owned(),
        text: text.to_owned(),
    }
}

/// A finding of a rate with the given counts of 9,000 and 4,500 requests.
pub(super) fn finding(signal: Signal, change: Change, harm: bool, counts: (u64, u64)) -> Finding {
    let is_changed = change != Change::Unchanged;
    Finding {
        signal,
        change,
        harm,
        significant: is_changed && counts.0 + counts.1 > 10,
        baseline: side_count(counts.0, 9000),
        candidate: side_count(counts.1, 4500),
        ratio: match counts {
            (0, _) | (_, 0) => Interval {
                estimate: None,
                low: Some(1.5),
                high: None,
            },
            (b, c) => {
                let ratio = 2.0 * c as f64 / b as f64;
                interval(ratio, ratio * 0.6, ratio * 1.7)
            }
        },
        rates: Some(rates(harm && is_changed)),
        latency: None,
        first_seen: at("11:02:00"),
        last_seen: at("11:28:00"),
        peak_share: 0.25,
        samples: Vec::new(),
    }
}

fn latency(id: &str, quantile: f64, change: Change, values: (f64, f64)) -> Finding {
    let shift = values.1 - values.0;
    let mut finding = finding(
        signal(SignalKind::Latency, id, &format!("latency {id}"), Level::Warning),
        change,
        true,
        (0, 0),
    );
    finding.rates = None;
    finding.significant = change == Change::Slower;
    finding.ratio = interval(values.1 / values.0, 0.9, 1.6);
    finding.latency = Some(LatencyFinding {
        quantile,
        baseline_ms: Some(values.0),
        candidate_ms: Some(values.1),
        shift_ms: interval(shift, shift - 12.0, shift + 15.0),
        shift_upper_ms: None,
        calm_shift_ms: None,
        tolerance_ms: 50.0,
        slow_blocks: 2,
        rolls_back: false,
        non_inferior: false,
    });
    finding
}

fn findings() -> Vec<Finding> {
    use SignalKind as Kind;
    let mut new_error = finding(
        signal(
            Kind::Pattern,
            "starlette/send-after-close",
            "Send after the WebSocket was closed",
            Level::Error,
        ),
        Change::New,
        true,
        (0, 31),
    );
    new_error.samples = vec![
        sample("RuntimeError: Cannot call \"send\" once a close message has been sent. user=jane@shop.example"),
        sample(
            "Traceback (most recent call last):\n  File \"app/ws.py\", line 88, in push\n```\npassword=hunter2 | @octocat",
        ),
    ];
    let mut findings = vec![
        finding(
            signal(Kind::StatusClass, "5xx", "Server errors (5xx)", Level::Error),
            Change::More,
            true,
            (12, 48),
        ),
        new_error,
        finding(
            signal(
                Kind::Pattern,
                "starlette/accept-first",
                "WebSocket is not connected. Need to call \"accept\" first",
                Level::Error,
            ),
            Change::Vanished,
            false,
            (118, 0),
        ),
        finding(
            signal(
                Kind::Pattern,
                "acme/state-change",
                "State change detected before receive",
                Level::Warning,
            ),
            Change::New,
            false,
            (0, 44),
        ),
        finding(
            signal(Kind::Route, "GET /threads/{id}", "GET /threads/{id}", Level::Error),
            Change::New,
            true,
            (0, 2),
        ),
        finding(
            signal(
                Kind::Pattern,
                "python/module-missing",
                "Module not found",
                Level::Critical,
            ),
            Change::Unchanged,
            false,
            (41, 20),
        ),
        finding(
            signal(
                Kind::Template,
                "t1:5f0c2a9b",
                "Sentry <*> not available | install <*>",
                Level::Warning,
            ),
            Change::Unchanged,
            false,
            (9, 5),
        ),
        latency("p50", 0.5, Change::Unchanged, (41.0, 42.5)),
        latency("p95", 0.95, Change::Slower, (210.0, 305.0)),
    ];
    for i in 0..27 {
        let id = format!("cloud-run/marker-{i:02}");
        findings.push(finding(
            signal(Kind::Pattern, &id, "Instance started", Level::Marker),
            Change::Unchanged,
            false,
            (i, 3),
        ));
    }
    findings
}

fn side(revision: &str, hour: u64, requests: u64) -> SideFacts {
    SideFacts {
        project: "acme-shop".to_owned(),
        location: "us-central1".to_owned(),
        services: vec!["chat-api".to_owned()],
        revisions: vec![revision.to_owned()],
        first: at(&format!("{hour:02}:00:00.5")),
        last: at(&format!("{hour:02}:29:59")),
        minutes: 30,
        entries: requests * 3,
        requests,
        by_status: BTreeMap::from([(101, 250), (200, requests - 300), (500, 50)]),
        websockets_accepted: 250,
        websocket_attempts: 262,
        signal_minutes: BTreeMap::from([
            ("5xx".to_owned(), vec![(2, 3), (11, hour), (29, 5)]),
            (
                "starlette/accept-first".to_owned(),
                if hour == 10 {
                    vec![(0, 60), (20, 58)]
                } else {
                    Vec::new()
                },
            ),
        ]),
        together: BTreeMap::new(),
        request_minutes: vec![requests / 30; 30],
        requests_from: Default::default(),
    }
}

fn coverage(name: &str, revision: &str, entries: u64) -> Coverage {
    Coverage {
        records: entries + 16,
        entries_read: entries,
        duplicates: 12,
        rejected: BTreeMap::from([(ProblemReason::InvalidJson, 3), (ProblemReason::Truncated, 1)]),
        notes: BTreeMap::from([(ProblemReason::StrayText, 2)]),
        excluded: BTreeMap::from([("other-revision".to_owned(), 40)]),
        counted: entries - 40,
        unknown: 5,
        untimed: 1,
        joined: crate::ingest::Joined { events: 4, entries: 37 },
        first: at("10:00:00"),
        last: at("11:29:59"),
        revisions: BTreeMap::from([(format!("chat-api/{revision}"), entries - 40)]),
        sources: vec![SourceCoverage {
            content_hash: "ab".repeat(16),
            name: name.to_owned(),
            bytes: 1_234_567,
            format: "ndjson+gzip".to_owned(),
            entries,
            problems: vec![Problem {
                reason: ProblemReason::InvalidJson,
                line: 17,
                detail: "{\"token\": \"abc123def\", \u{1b}[2J".to_owned(),
            }],
        }],
        concerns: vec![Concern {
            code: "looks-cut".to_owned(),
            message: format!("{name} ends in the middle of a record"),
        }],
        ..Coverage::default()
    }
}

fn reasons() -> Vec<Reason> {
    let reason = |code: &str, asks_for, message: &str| Reason {
        code: code.to_owned(),
        asks_for,
        message: message.to_owned(),
        ends_when: None,
        signal: None,
        criterion: None,
        numbers: BTreeMap::new(),
        ratio: None,
        first_seen: None,
        last_seen: None,
        filter: None,
    };
    vec![
        Reason {
            signal: Some(signal(
                SignalKind::StatusClass,
                "5xx",
                "Server errors (5xx)",
                Level::Error,
            )),
            numbers: numbers(&[
                ("baseline_count", 12.0),
                ("candidate_count", 48.0),
                ("excess_upper", f64::INFINITY),
            ]),
            ratio: Some(interval(8.0, 4.2, 15.4)),
            first_seen: at("11:02:00"),
            last_seen: at("11:28:00"),
            filter: Some(format!(
                "resource.type=\"cloud_run_revision\"\nresource.labels.revision_name=\"{NEW}\"\nhttpRequest.status>=500"
            )),
            ..reason(
                "server-errors-up",
                Verdict::RollBack,
                "server errors rose from 0.13 % to 1.07 % of requests (48 of 4,500; ratio 8.0, at least 4.2; tolerated 1.25)",
            )
        },
        Reason {
            ends_when: Some("about 2 h 10 min more at the present traffic".to_owned()),
            criterion: Some("added-latency".to_owned()),
            ..reason(
                "criterion-not-shown",
                Verdict::Hold,
                "the added latency at p95 may be 110 ms; at most 50 ms is allowed",
            )
        },
    ]
}

fn criterion(id: &str, title: &str, level: CriterionLevel, met: Option<bool>, message: &str) -> CriterionResult {
    CriterionResult {
        id: id.to_owned(),
        title: title.to_owned(),
        level,
        met,
        message: message.to_owned(),
        numbers: numbers(&[("observed", 0.0), ("bound_ratio", f64::NAN)]),
    }
}

fn until(minutes: Option<u64>, why: Option<&str>, message: &str) -> Until {
    Until {
        minutes,
        exposure: minutes.map(|m| m * 150),
        unit: "requests".to_owned(),
        reason: None,
        signal: None,
        why: why.map(str::to_owned),
        message: message.to_owned(),
    }
}

fn excluded(what: &str, bound: Option<f64>, margin: f64, unit: &str, message: &str) -> Excluded {
    Excluded {
        what: what.to_owned(),
        quantile: (what == "latency").then_some(0.95),
        signal: None,
        bound,
        margin: Some(margin),
        unit: unit.to_owned(),
        met: bound.is_some_and(|b| b <= margin),
        message: message.to_owned(),
    }
}

/// Something in every field.
fn outlook() -> Outlook {
    let five = signal(SignalKind::StatusClass, "5xx", "Server errors (5xx)", Level::Error);
    let race = findings().swap_remove(2).signal;
    Outlook {
        until_proceed: Some(Until {
            reason: Some("latency-not-excluded".to_owned()),
            ..until(
                Some(130),
                None,
                "PROCEED: in about 2 h 10 min and 19,500 requests more at the earliest, if things go on as they are \
                 (latency-not-excluded takes longest)",
            )
        }),
        until_roll_back: Some(Until {
            signal: Some(five.clone()),
            ..until(
                None,
                Some("1.1 times the baseline's rate is within the tolerated 1.3"),
                "ROLL BACK: not in sight; 5xx responses: 1.1 times the baseline's rate is within the tolerated 1.3",
            )
        }),
        smallest_harm_excluded: vec![
            Excluded {
                signal: Some(five),
                ..excluded(
                    "server-errors",
                    Some(0.0031),
                    0.005,
                    "requests",
                    "server errors up by more than 0.31 % of the requests (0.5 % asked)",
                )
            },
            excluded(
                "messages",
                None,
                0.005,
                "requests",
                "any one error message: nothing yet (0.5 % of the requests asked)",
            ),
            excluded(
                "latency",
                Some(110.0),
                50.0,
                "ms",
                "p95 latency up by more than 110 ms (50 ms asked)",
            ),
        ],
        vanished: vec![Remaining {
            signal: race,
            expected: 59.0,
            rate_upper: Some(0.00067),
            ratio_upper: Some(0.0514),
            dispersion: 1.0,
            unit: "requests".to_owned(),
            message: "0 seen, 59 expected at the baseline rate; at most 5.14 % of the old rate remains (95 %)"
                .to_owned(),
        }],
        load_range: Some(LoadRange {
            baseline_p95: 880,
            baseline_max: 900,
            candidate_p95: 150,
            candidate_max: 150,
            share: 0.17,
            peak_seen: false,
        }),
    }
}

fn judgement() -> Judgement {
    use CriterionLevel::{Critical, Primary, Secondary};
    Judgement {
        verdict: Verdict::RollBack,
        lean: None,
        confidence: "Harm is certain: chance alone would show this in fewer than 1 of 2,500 harmless deploys."
            .to_owned(),
        reasons: reasons(),
        criteria: vec![
            criterion(
                "accept-gone",
                "The race error is gone",
                Primary,
                Some(true),
                "0 seen, 59 expected at the baseline's rate",
            ),
            criterion(
                "no-new-critical",
                "Nothing critical is new",
                Critical,
                Some(false),
                "starlette/send-after-close is new: 31",
            ),
            criterion(
                "added-latency",
                "Added latency under 50 ms",
                Secondary,
                None,
                "95 ms at p95, between 83 and 110",
            ),
        ],
        outlook: outlook(),
        not_verified: vec![
            "peak traffic: the window saw 150 requests a minute, the busiest hour of the baseline 900".to_owned(),
            "24 hours without the race error: the window is 30 min".to_owned(),
        ],
        next_steps: vec![
            "Send the traffic back to the baseline's revision:".to_owned(),
            format!(
                "$ gcloud run services update-traffic chat-api --to-revisions={OLD}=100 --region=us-central1 --project=acme-shop"
            ),
        ],
    }
}

/// A report with something in every field.
pub(super) fn full() -> Material {
    let tool = Tool {
        version: "0.1.0".to_owned(),
        packs: vec![Pack {
            name: "starlette".to_owned(),
            version: "1".to_owned(),
            patterns: 12,
        }],
    };
    Material {
        tool,
        case: Case {
            pairing: Pairing::BeforeAfter,
            same_hours: false,
            findings: findings(),
            baseline: side(OLD, 10, 9000),
            candidate: side(NEW, 11, 4500),
            concerns: vec![Concern {
                code: "looks-cut".to_owned(),
                message: "after.ndjson.gz ends in the middle of a record".to_owned(),
            }],
            deploy_concerns: Vec::new(),
            watch: None,
            notes: vec![Concern {
                code: "drain".to_owned(),
                message: format!("40 late entries of {OLD} were left out as drain"),
            }],
        },
        judgement: judgement(),
        baseline: coverage("before.ndjson.gz", OLD, 27_040),
        candidate: coverage("after.ndjson.gz", NEW, 13_540),
        watch: None,
    }
}

/// A HOLD after a good first half hour: only proof is missing.
pub(super) fn hold() -> Material {
    let mut material = full();
    let judgement = &mut material.judgement;
    (judgement.verdict, judgement.lean) = (Verdict::Hold, Some(Lean::NoSignOfHarm));
    judgement.confidence = "No sign of harm so far, but no proof of its absence either.".to_owned();
    judgement.reasons.remove(0);
    judgement.criteria.truncate(1);
    judgement.next_steps.clear();
    let harmless =
        |f: &Finding| f.signal.level == Level::Marker || matches!(f.change, Change::Unchanged | Change::Vanished);
    material.case.findings.retain(harmless);
    material.case.concerns.clear();
    material
}

/// A report of two empty sides.
pub(super) fn empty() -> Material {
    let mut too_short = reasons().remove(1);
    too_short.code = "nothing-to-compare".to_owned();
    too_short.message = "neither side has a request or an entry".to_owned();
    too_short.criterion = None;
    too_short.ends_when = None;
    let mut nothing = finding(
        signal(SignalKind::StatusClass, "5xx", "Server errors (5xx)", Level::Error),
        Change::Unchanged,
        false,
        (0, 0),
    );
    (nothing.baseline, nothing.candidate) = (side_count(0, 0), side_count(0, 0));
    (nothing.ratio, nothing.rates) = (NO_INTERVAL, None);
    (nothing.first_seen, nothing.last_seen) = (None, None);
    Material {
        tool: Tool {
            version: "0.1.0".to_owned(),
            packs: Vec::new(),
        },
        case: Case {
            pairing: Pairing::Concurrent,
            same_hours: false,
            findings: vec![nothing],
            baseline: SideFacts::default(),
            candidate: SideFacts::default(),
            concerns: Vec::new(),
            deploy_concerns: Vec::new(),
            watch: None,
            notes: Vec::new(),
        },
        judgement: Judgement {
            verdict: Verdict::Hold,
            lean: Some(Lean::CannotJudge),
            confidence: String::new(),
            reasons: vec![too_short],
            criteria: Vec::new(),
            outlook: Outlook::default(),
            not_verified: Vec::new(),
            next_steps: Vec::new(),
        },
        baseline: Coverage::default(),
        candidate: Coverage::default(),
        watch: None,
    }
}

/// A scan with patterns and one template.
pub(super) fn scan() -> Scan {
    let row = |kind, id: &str, title: &str, level, count| ScanRow {
        kind,
        id: id.to_owned(),
        title: title.to_owned(),
        level,
        count,
        by_revision: BTreeMap::from([(OLD.to_owned(), count - 1), (String::new(), 1)]),
        first: at("10:00:00"),
        last: None,
        trend: vec![0, count / 2, 0, count - count / 2],
        sample: (kind == SignalKind::Template)
            .then(|| "order of jane@shop.example failed after 31 ms\u{1b}[31m".to_owned()),
    };
    Scan::new(
        &full().tool,
        &coverage("before.ndjson.gz", OLD, 27_040),
        vec![
            row(
                SignalKind::Pattern,
                "cloud-run/start",
                "Instance started",
                Level::Marker,
                3,
            ),
            row(
                SignalKind::Pattern,
                "starlette/accept-first",
                "WebSocket is not connected. Need to call \"accept\" first",
                Level::Error,
                1118,
            ),
            row(
                SignalKind::Template,
                "5f0c2a9b17d3",
                "order of <email> failed after <num> ms",
                Level::Error,
                9,
            ),
        ],
        Redaction::default(),
    )
}
