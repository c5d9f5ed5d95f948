//! What holds for every case, however broken its numbers are.

use proptest::prelude::*;

use super::build::*;
use crate::compare::{Finding, Interval, Pairing};
use crate::model::{Level, SignalKind};
use crate::profile::Coverage;
use crate::report::{Parts, Redaction, Report, Style, Tool};
use crate::verdict::{Case, Code, Judgement, Policy, SideFacts, Verdict, judge};

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -0.01..0.01_f64,
        2 => 0.0..1000.0_f64,
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
    ]
}

fn small() -> impl Strategy<Value = u64> {
    prop_oneof![4 => Just(0_u64), 4 => 0..20_u64, 2 => 0..100_000_u64, 1 => Just(u64::MAX)]
}

prop_compose! {
    fn any_finding()(
        which in 0..12_usize,
        counts in (small(), small()),
        exposures in (small(), small()),
        flags in proptest::collection::vec(proptest::bool::weighted(0.1), 4),
        proved in proptest::bool::weighted(0.9),
        numbers in proptest::collection::vec(number(), 8),
        known in any::<bool>(),
    ) -> Finding {
        let kinds = [
            (SignalKind::StatusClass, "5xx", Level::Error, ""),
            (SignalKind::StatusClass, "4xx", Level::Warning, ""),
            (SignalKind::Pattern, "starlette/accept-first", Level::Error, "websocket"),
            (SignalKind::Pattern, "cloud-run/exit-failure", Level::Warning, "crash"),
            (SignalKind::Pattern, "cloud-run/startup-tcp-probe-failed", Level::Critical, "start-failure"),
            (SignalKind::Pattern, "cloud-run/startup-probe-succeeded", Level::Marker, "lifecycle"),
            (SignalKind::Route, "GET /carts/{id", Level::Error, ""),
            (SignalKind::Template, "t1", Level::Error, ""),
            (SignalKind::Unmatched, "unmatched-errors", Level::Error, ""),
            (SignalKind::Latency, "p50", Level::Error, ""),
            (SignalKind::Latency, "p95", Level::Error, ""),
            (SignalKind::Pattern, "http/status-503", Level::Info, ""),
        ];
        let (kind, id, level, category) = kinds[which];
        let mut f = if kind == SignalKind::Latency { latency(id) } else { finding(signal(kind, id, level, category), 0, 0) };
        (f.baseline.count, f.candidate.count) = counts;
        (f.baseline.exposure, f.candidate.exposure) = exposures;
        (f.baseline.rate, f.candidate.rate) = (numbers[0], numbers[1]);
        f.ratio = Interval { estimate: known.then_some(numbers[2]), low: Some(numbers[3]), high: None };
        f.significant = flags[2];
        f.harm = flags[3];
        if let Some(r) = f.rates.as_mut() {
            (r.rolls_back, r.suspicious, r.non_inferior) = (flags[0], flags[1], proved);
            (r.excess, r.excess_upper, r.p_more, r.p_tolerated) = (numbers[4], numbers[5], numbers[6], numbers[7]);
            r.p_limit = numbers[2];
            r.effective_count = numbers[0];
            r.ratio_upper = known.then_some(numbers[1]);
            r.dispersion = vec![crate::compare::Dispersion { minutes: 1, phi: numbers[3], df: numbers[4] }];
        }
        if let Some(l) = f.latency.as_mut() {
            (l.rolls_back, l.non_inferior) = (flags[0], proved);
            (l.baseline_ms, l.shift_upper_ms, l.shift_ms.low) = (known.then_some(numbers[4]), Some(numbers[5]), Some(numbers[6]));
            l.tolerance_ms = numbers[7];
        }
        f
    }
}

prop_compose! {
    fn any_side(revision: &'static str)(
        kind in 0..8_usize,
        minutes in small(),
        requests in small(),
        statuses in proptest::collection::btree_map(0..1000_u16, small(), 0..4),
        events in proptest::collection::vec((prop_oneof![9 => 0..100_u64, 1 => Just(u64::MAX)], small()), 0..6),
        traffic in proptest::option::of(proptest::collection::vec(small(), 0..90)),
        sockets in (small(), small()),
    ) -> SideFacts {
        let mut s = match kind {
            0 => return SideFacts::default(),
            _ => side(revision),
        };
        if kind > 4 {
            (s.minutes, s.requests, s.by_status) = (minutes, requests, statuses);
        }
        (s.websocket_attempts, s.websockets_accepted) = sockets;
        // Minutes in any order, twice, far away, and with counts that cannot be added.
        for id in ["cloud-run/exit-failure", "5xx", "starlette/accept-first", "t1"] {
            s.signal_minutes.insert(id.into(), events.clone());
        }
        if let Some(traffic) = traffic {
            s.request_minutes = traffic;
        }
        s
    }
}

prop_compose! {
    fn any_case()(
        findings in proptest::collection::vec(any_finding(), 0..5),
        baseline in any_side("chat-api-00041-kop"),
        candidate in any_side("chat-api-00042-lim"),
        doubtful in proptest::bool::weighted(0.1),
        concurrent in any::<bool>(),
    ) -> Case {
        Case {
            pairing: if concurrent { Pairing::Concurrent } else { Pairing::BeforeAfter },
            same_hours: false,
            findings,
            baseline,
            candidate,
            deploy_concerns: Vec::new(),
            watch: None,
            concerns: if doubtful { vec![concern("looks-cut")] } else { Vec::new() },
            notes: Vec::new(),
        }
    }
}

fn policies() -> Vec<Policy> {
    let shipped = [
        include_str!("../../../docs/policies/websocket-race.toml"),
        include_str!("../../../docs/policies/import-error.toml"),
    ];
    let mut policies: Vec<Policy> = shipped.iter().map(|text| Policy::parse(text).unwrap()).collect();
    policies.push(Policy::default());
    policies
}

fn harmful(f: &Finding) -> bool {
    let judged = f.signal.level <= Level::Warning && f.signal.kind != SignalKind::Latency;
    let rates = f.rates.as_ref().is_some_and(|r| r.rolls_back || r.suspicious);
    judged && rates || f.latency.as_ref().is_some_and(|l| l.rolls_back)
}

/// Every number of the judgement, whatever its field, and of the report made of it. Debug text is scanned, because JSON would
/// write `null` for a number that is none.
fn all_numbers_are_finite(case: &Case, judgement: &Judgement) -> Result<(), TestCaseError> {
    let text = format!("{judgement:?}");
    let broken = |word: &str| matches!(word, "NaN" | "inf");
    prop_assert!(!text.split(|c: char| !c.is_alphanumeric()).any(broken), "{text}");
    let json = serde_json::to_value(judgement).unwrap();
    prop_assert_eq!(&serde_json::from_value::<Judgement>(json).unwrap(), judgement);
    let report = Report::new(&Parts {
        tool: &Tool::default(),
        case,
        judgement,
        baseline: &Coverage::default(),
        candidate: &Coverage::default(),
        deploy: None,
        watch: None,
        redaction: Redaction::NONE,
    });
    let text = report.to_json();
    prop_assert_eq!(&Report::from_json(&text).unwrap().to_json(), &text);
    // The made-up findings contradict themselves; the verdict must not.
    let mut contradictions = report.contradictions();
    contradictions.retain(|c| c.contains("verdict is"));
    prop_assert_eq!(contradictions, Vec::<String>::new());
    let schema = SCHEMA
        .validate(&serde_json::from_str(&text).unwrap())
        .map_err(|e| e.to_string());
    prop_assert_eq!(schema, Ok(()));
    prop_assert!(
        report.to_markdown().starts_with("## ") && report.to_terminal(Style::default()).starts_with("VERDICT")
    );
    Ok(())
}

static SCHEMA: std::sync::LazyLock<jsonschema::Validator> = std::sync::LazyLock::new(|| {
    let schema = include_str!("../../../docs/schema/report.schema.json");
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
});

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn judging_never_panics_and_is_consistent(case in any_case()) {
        for policy in policies() {
            let judgement = judge(&case, &policy);
            prop_assert_eq!(Some(judgement.verdict), judgement.reasons.iter().map(|r| r.asks_for).max());
            prop_assert_eq!(judgement.lean.is_some(), judgement.verdict == Verdict::Hold);
            let codes: Vec<Code> = judgement.reasons.iter().map(|r| Code::of_name(&r.code).unwrap()).collect();
            prop_assert!(codes.is_sorted());
            for reason in &judgement.reasons {
                prop_assert!(reason.numbers.values().all(|n| n.is_finite()));
                prop_assert_eq!(reason.ends_when.is_some(), reason.asks_for == Verdict::Hold, "{:?}", reason);
            }
            prop_assert!(judgement.criteria.iter().all(|c| c.numbers.values().all(|n| n.is_finite())));
            all_numbers_are_finite(&case, &judgement)?;
            // Broken numbers may differ from themselves, so equality is asked of the words.
            prop_assert_eq!(format!("{judgement:?}"), format!("{:?}", judge(&case, &policy)));
        }
    }

    #[test]
    fn proceed_needs_all_that_it_promises(case in any_case()) {
        let judgement = judge(&case, &Policy::default());
        if judgement.verdict == Verdict::Proceed {
            let (b, c) = (&case.baseline, &case.candidate);
            prop_assert!(!case.findings.is_empty() && case.concerns.is_empty());
            prop_assert!(b.entries > 0 && c.entries > 0 && b.minutes >= 10 && c.minutes >= 10);
            prop_assert!(case.findings.iter().any(|f| f.baseline.exposure > 0 && f.candidate.exposure > 0));
            prop_assert_eq!(b.requests > 0, c.requests > 0);
            prop_assert!(!case.findings.iter().any(harmful));
        }
    }

    #[test]
    fn a_concern_an_empty_side_or_no_finding_is_never_proceed(case in any_case(), what in 0..4_u8) {
        let mut case = case;
        match what {
            0 => case.concerns.push(concern("looks-cut")),
            1 => case.baseline = SideFacts::default(),
            2 => case.candidate = SideFacts::default(),
            _ => case.findings.clear(),
        }
        for policy in policies() {
            let verdict = judge(&case, &policy).verdict;
            // Against a baseline that could not serve, criteria may stand in for findings; not for the other three.
            prop_assert!(verdict != Verdict::Proceed, "{:?}", case);
        }
    }

    #[test]
    fn the_order_of_findings_does_not_matter(case in any_case()) {
        let mut case = case;
        case.findings.sort_by(|a, b| a.signal.cmp(&b.signal));
        case.findings.dedup_by(|a, b| a.signal.id == b.signal.id);
        let mut reversed = case.clone();
        reversed.findings.reverse();
        for policy in policies() {
            prop_assert_eq!(format!("{:?}", judge(&case, &policy)), format!("{:?}", judge(&reversed, &policy)));
        }
    }
}

#[test]
fn bad_sides_have_defined_answers() {
    type Spoil = fn(&mut Case);
    let cases: [(&str, Spoil); 8] = [
        ("no exposure", |case| {
            for f in &mut case.findings {
                (f.baseline.exposure, f.candidate.exposure) = (0, 0);
            }
        }),
        ("one side only", |case| {
            case.findings.iter_mut().for_each(|f| f.baseline.exposure = 0)
        }),
        ("counts above exposure", |case| {
            let mut f = status_class("5xx", Level::Error, 90_000, 90_000);
            (f.baseline.exposure, f.candidate.exposure) = (10, 10);
            case.findings = vec![f];
        }),
        ("one bucket", |case| {
            for side in [&mut case.baseline, &mut case.candidate] {
                (side.minutes, side.request_minutes) = (1, vec![60_000]);
            }
        }),
        ("all zeros", |case| {
            case.findings = vec![status_class("5xx", Level::Error, 0, 0)];
            for side in [&mut case.baseline, &mut case.candidate] {
                side.request_minutes = vec![0; 60];
            }
        }),
        ("astronomical", |case| {
            let mut f = status_class("5xx", Level::Error, u64::MAX, u64::MAX);
            (f.baseline.exposure, f.candidate.exposure) = (u64::MAX, u64::MAX);
            case.findings = vec![f];
            case.baseline
                .signal_minutes
                .insert("5xx".into(), vec![(0, u64::MAX), (1, u64::MAX)]);
            case.baseline.request_minutes = vec![u64::MAX; 60];
        }),
        ("gaps", |case| {
            case.findings = vec![status_class("5xx", Level::Error, 30, 30)];
            case.baseline.request_minutes = (0..600)
                .map(|m| if (20..580).contains(&m) { 0 } else { 1000 })
                .collect();
            at(&mut case.baseline, "5xx", (0..15).chain(585..600));
        }),
        ("duplicated minutes", |case| {
            case.findings = vec![status_class("5xx", Level::Error, 40, 40)];
            case.baseline
                .signal_minutes
                .insert("5xx".into(), vec![(7, 10), (7, 10), (3, 10), (7, 10)]);
        }),
    ];
    for (name, spoil) in cases {
        for pairing in [Pairing::Concurrent, Pairing::BeforeAfter] {
            let mut case = calm();
            case.pairing = pairing;
            spoil(&mut case);
            let judgement = judge(&case, &Policy::default());
            assert_eq!(judgement.verdict, Verdict::Hold, "{name}: {judgement:#?}");
            assert!(judgement.outlook.until_proceed.is_some(), "{name}");
            if let Err(error) = all_numbers_are_finite(&case, &judgement) {
                panic!("{name}: {error}");
            }
        }
    }
}
