//! A small builder for cases: a calm hour on both sides, to which a test adds what it is about.

use crate::compare::{Change, Finding, Interval, LatencyFinding, Pairing, Rates, SideCount};
use crate::model::{Level, Signal, SignalKind, Timestamp};
use crate::profile::Concern;
use crate::verdict::{Case, Judgement, Policy, Reason, SideFacts, Verdict, judge};

pub(super) const REQUESTS: u64 = 60_000;

/// A side with an hour of requests that all succeed.
pub(super) fn side(revision: &str) -> SideFacts {
    SideFacts {
        project: "acme-shop".into(),
        location: "europe-west1".into(),
        services: vec!["chat-api".into()],
        revisions: vec![revision.into()],
        first: Timestamp::parse("2026-03-01T10:00:00Z"),
        last: Timestamp::parse("2026-03-01T10:59:59Z"),
        minutes: 60,
        entries: REQUESTS,
        requests: REQUESTS,
        by_status: [(200, REQUESTS)].into(),
        request_minutes: vec![1000; 60],
        ..SideFacts::default()
    }
}

/// Two calm hours: 5xx and latency proved harmless.
pub(super) fn calm() -> Case {
    Case {
        pairing: Pairing::Concurrent,
        same_hours: false,
        findings: vec![
            status_class("5xx", Level::Error, 0, 0).proved(),
            latency("p50"),
            latency("p95"),
            latency("p99"),
        ],
        baseline: side("chat-api-00041-kop"),
        candidate: side("chat-api-00042-lim"),
        concerns: Vec::new(),
        deploy_concerns: Vec::new(),
        watch: None,
        notes: Vec::new(),
    }
}

/// Two sides whose logs hold no requests.
pub(super) fn silent(mut case: Case) -> Case {
    case.findings.clear();
    for side in [&mut case.baseline, &mut case.candidate] {
        side.requests = 0;
        side.entries = 1000;
        side.by_status.clear();
        side.request_minutes.clear();
    }
    case
}

pub(super) fn signal(kind: SignalKind, id: &str, level: Level, category: &str) -> Signal {
    let title = format!("Title of {id}");
    Signal {
        kind,
        id: id.into(),
        title,
        level,
        category: category.into(),
    }
}

pub(super) fn pattern(id: &str, level: Level, x0: u64, x1: u64) -> Finding {
    finding(signal(SignalKind::Pattern, id, level, ""), x0, x1)
}

pub(super) fn platform(id: &str, category: &str, level: Level, x0: u64, x1: u64) -> Finding {
    finding(
        signal(SignalKind::Pattern, &format!("cloud-run/{id}"), level, category),
        x0,
        x1,
    )
}

pub(super) fn status_class(id: &str, level: Level, x0: u64, x1: u64) -> Finding {
    finding(signal(SignalKind::StatusClass, id, level, ""), x0, x1)
}

/// A finding of which nothing is proved: neither harm nor its absence.
pub(super) fn finding(signal: Signal, x0: u64, x1: u64) -> Finding {
    let side = |count: u64| SideCount {
        count,
        exposure: REQUESTS,
        rate: count as f64 / REQUESTS as f64,
    };
    let excess = (x1 as f64 - x0 as f64) / REQUESTS as f64;
    Finding {
        signal,
        change: match (x0, x1) {
            (0, 1..) => Change::New,
            (1.., 0) => Change::Vanished,
            _ => Change::Unchanged,
        },
        harm: x1 > x0,
        significant: false,
        baseline: side(x0),
        candidate: side(x1),
        ratio: Interval {
            estimate: (x0 > 0).then(|| x1 as f64 / x0 as f64),
            low: Some(0.5),
            high: Some(9.0),
        },
        rates: Some(Rates {
            p_tolerated: 0.5,
            p_more: 0.3,
            p_fewer: 0.7,
            p_traces: None,
            p_limit: 0.02,
            dispersion: Vec::new(),
            effective_count: x1 as f64,
            active_blocks: 0,
            excess,
            ratio_upper: Some(9.0),
            excess_upper: excess + 0.006,
            calm_excess: 0.0,
            outside_share: Some(1.0),
            rolls_back: false,
            suspicious: false,
            non_inferior: false,
        }),
        latency: None,
        first_seen: Timestamp::parse("2026-03-01T10:05:00.25Z"),
        last_seen: Timestamp::parse("2026-03-01T10:55:00Z"),
        peak_share: 0.1,
        samples: Vec::new(),
    }
}

pub(super) fn latency(id: &str) -> Finding {
    let quantile = match id {
        "p50" => 0.5,
        "p95" => 0.95,
        _ => 0.99,
    };
    let interval = Interval {
        estimate: Some(2.0),
        low: Some(-10.0),
        high: Some(14.0),
    };
    let mut finding = finding(signal(SignalKind::Latency, id, Level::Error, ""), 0, 0);
    finding.rates = None;
    finding.latency = Some(LatencyFinding {
        quantile,
        baseline_ms: Some(100.0),
        candidate_ms: Some(102.0),
        shift_ms: interval,
        shift_upper_ms: Some(12.0),
        calm_shift_ms: None,
        tolerance_ms: 50.0,
        slow_blocks: 0,
        rolls_back: false,
        non_inferior: true,
    });
    finding
}

/// What the statistics may say of a finding.
pub(super) trait Said {
    fn proved(self) -> Self;
    fn suspicious(self) -> Self;
    fn rolls_back(self) -> Self;
    fn dispersed(self, phi: f64) -> Self;
    fn against_minutes(self, case: &Case) -> Self;
}

impl Said for Finding {
    fn proved(mut self) -> Finding {
        let rates = self.rates.as_mut().unwrap();
        rates.non_inferior = true;
        rates.excess_upper = 0.001;
        self
    }

    fn suspicious(mut self) -> Finding {
        let rates = self.rates.as_mut().unwrap();
        (rates.suspicious, rates.p_more) = (true, 0.04);
        self
    }

    fn rolls_back(mut self) -> Finding {
        let rates = self.rates.as_mut().unwrap();
        (rates.rolls_back, rates.suspicious, rates.p_tolerated, rates.p_more) = (true, true, 0.000_01, 0.000_001);
        rates.active_blocks = 11;
        (self.significant, self.harm) = (true, true);
        self
    }

    fn dispersed(mut self, phi: f64) -> Finding {
        self.rates.as_mut().unwrap().dispersion = vec![crate::compare::Dispersion {
            minutes: 1,
            phi,
            df: 9.0,
        }];
        self
    }

    fn against_minutes(mut self, case: &Case) -> Finding {
        self.baseline.exposure = case.baseline.minutes;
        self.candidate.exposure = case.candidate.minutes;
        self.baseline.rate = self.baseline.count as f64 / case.baseline.minutes as f64;
        self.candidate.rate = self.candidate.count as f64 / case.candidate.minutes as f64;
        self
    }
}

pub(super) fn with(mut case: Case, finding: Finding) -> Case {
    case.findings.retain(|f| f.signal.id != finding.signal.id);
    case.findings.push(finding);
    case
}

/// Events of a signal, one in each of the minutes.
pub(super) fn at(side: &mut SideFacts, id: &str, minutes: impl IntoIterator<Item = u64>) {
    side.signal_minutes
        .insert(id.into(), minutes.into_iter().map(|minute| (minute, 1)).collect());
}

pub(super) fn concern(code: &str) -> Concern {
    Concern {
        code: code.into(),
        message: "the file looks cut at its start".into(),
    }
}

pub(super) fn policy(criteria: &str) -> Policy {
    Policy::parse(&format!("schema = \"logverdict.policy/1\"\n{criteria}")).unwrap()
}

pub(super) fn default_verdict(case: &Case) -> Judgement {
    judge(case, &Policy::default())
}

pub(super) fn codes(judgement: &Judgement) -> Vec<&str> {
    judgement.reasons.iter().map(|r| r.code.as_str()).collect()
}

pub(super) fn reason<'a>(judgement: &'a Judgement, code: &str) -> &'a Reason {
    let found = judgement.reasons.iter().find(|r| r.code == code);
    found.unwrap_or_else(|| panic!("no {code} in {judgement:#?}"))
}

/// The case gets this verdict for exactly these reasons.
#[track_caller]
pub(super) fn expect(case: &Case, policy: &Policy, verdict: Verdict, expected: &[&str]) -> Judgement {
    let judgement = judge(case, policy);
    assert_eq!(
        (judgement.verdict, codes(&judgement)),
        (verdict, expected.to_vec()),
        "{judgement:#?}"
    );
    judgement
}
