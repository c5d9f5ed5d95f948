//! Turns the text of a policy into a checked [`Policy`].

use std::collections::BTreeSet;

use toml::de::DeTable;

use super::read::{Section, line_at};
use super::statistics::{self, MAX_MINUTES};
use super::{
    Allowance, Criterion, CriterionKind, Expect, Policy, PolicyError, PolicyFault, Population, Quantile, SCHEMA,
    Yardstick,
};
use crate::verdict::CriterionLevel;

pub(super) fn policy(text: &str) -> Result<Policy, PolicyError> {
    let parsed = DeTable::parse(text).map_err(|error| PolicyError {
        line: error.span().map(|span| line_at(text, span.start)),
        fault: PolicyFault::NotToml(error.message().to_owned()),
    })?;
    let root = Section::root(text, parsed.get_ref());
    // The schema first: a file of another kind deserves that answer, not a complaint about its keys.
    root.choice("schema", &[(SCHEMA, ())])?
        .ok_or_else(|| root.missing("schema"))?;
    root.only(&["schema", "statistics", "expect", "criterion"])?;
    let statistics = root
        .table("statistics")?
        .map_or_else(|| Ok(Default::default()), |s| statistics::read(&s))?;
    let expect = root.tables("expect")?.iter().map(expect).collect::<Result<_, _>>()?;
    let sections = root.tables("criterion")?;
    let mut ids = BTreeSet::new();
    let mut criteria = Vec::with_capacity(sections.len());
    for section in &sections {
        let read = criterion(section)?;
        if !ids.insert(read.id.clone()) {
            return Err(section.error(PolicyFault::DuplicateId(read.id)));
        }
        criteria.push(read);
    }
    Ok(Policy {
        statistics,
        expect,
        criteria,
    })
}

fn expect(section: &Section<'_>) -> Result<Expect, PolicyError> {
    section.only(&["signal", "may", "may-rise-to", "because"])?;
    let may = section.choice(
        "may",
        &[
            ("appear", Allowance::Appear),
            ("rise", Allowance::Rise),
            ("vanish", Allowance::Vanish),
        ],
    )?;
    let to = section
        .optional_number("may-rise-to", 0.0..=1.0)?
        .map(Allowance::RiseTo);
    let allowance = match (may, to) {
        (Some(allowance), None) | (None, Some(allowance)) => allowance,
        _ => {
            let place = section.place();
            return Err(section.error(PolicyFault::EitherOr {
                one: "may",
                other: "may-rise-to",
                place,
            }));
        }
    };
    Ok(Expect {
        signal: section.glob("signal")?,
        allowance,
        because: section.optional_text("because")?.unwrap_or_default().to_owned(),
    })
}

const KINDS: [(&str, &[&str]); 9] = [
    ("must-vanish", &["signal", "max-share", "for-minutes"]),
    ("must-appear", &["signal", "for-minutes"]),
    ("may-rise", &["signal", "to"]),
    (
        "success-rate",
        &["of", "at-least", "aim", "failure-signals", "ignore-statuses"],
    ),
    ("added-latency", &["quantile", "at-most-ms"]),
    ("no-new-critical", &["within-minutes"]),
    ("no-new-errors", &[]),
    ("never-worse-than-baseline", &["of", "failure-signals"]),
    ("must-start", &[]),
];

fn criterion(section: &Section<'_>) -> Result<Criterion, PolicyError> {
    let names: Vec<(&'static str, usize)> = KINDS.iter().enumerate().map(|(i, (name, _))| (*name, i)).collect();
    let index = section.choice("kind", &names)?.ok_or_else(|| section.missing("kind"))?;
    let (name, own_keys) = KINDS[index];
    let section = section.clone().named(format!("a criterion of kind {name}"));
    let mut keys = vec!["id", "title", "level", "kind"];
    keys.extend(own_keys);
    section.only(&keys)?;
    let id = section.text("id")?.to_owned();
    let title = section
        .optional_text("title")?
        .map_or_else(|| id.clone(), str::to_owned);
    let levels = [
        ("critical", CriterionLevel::Critical),
        ("primary", CriterionLevel::Primary),
        ("secondary", CriterionLevel::Secondary),
    ];
    let level = section.choice("level", &levels)?.unwrap_or(CriterionLevel::Primary);
    Ok(Criterion {
        id,
        title,
        level,
        kind: kind(name, &section)?,
    })
}

fn kind(name: &str, section: &Section<'_>) -> Result<CriterionKind, PolicyError> {
    let for_minutes = || section.optional_whole("for-minutes", 1..=MAX_MINUTES);
    Ok(match name {
        "must-vanish" => CriterionKind::MustVanish {
            signal: section.glob("signal")?,
            max_share: section.optional_number("max-share", 0.0..=1.0)?,
            for_minutes: for_minutes()?,
        },
        "must-appear" => CriterionKind::MustAppear {
            signal: section.glob("signal")?,
            for_minutes: for_minutes()?,
        },
        "may-rise" => CriterionKind::MayRise {
            signal: section.glob("signal")?,
            to: section.required_number("to", 0.0..=1.0)?,
        },
        "success-rate" => success_rate(section)?,
        "added-latency" => CriterionKind::AddedLatency {
            quantile: section
                .choice(
                    "quantile",
                    &[("p50", Quantile::P50), ("p95", Quantile::P95), ("p99", Quantile::P99)],
                )?
                .ok_or_else(|| section.missing("quantile"))?,
            at_most_ms: section.required_number("at-most-ms", 0.0..=3_600_000.0)?,
        },
        "no-new-critical" => CriterionKind::NoNewCritical {
            within_minutes: section.optional_whole("within-minutes", 1..=MAX_MINUTES)?.unwrap_or(60),
        },
        "no-new-errors" => CriterionKind::NoNewErrors,
        "never-worse-than-baseline" => never_worse(section)?,
        _ => CriterionKind::MustStart,
    })
}

fn success_rate(section: &Section<'_>) -> Result<CriterionKind, PolicyError> {
    let populations = [("requests", Population::Requests), ("websocket", Population::Websocket)];
    let at_least = section.required_number("at-least", 0.0..=1.0)?;
    let aim = section.optional_number("aim", 0.0..=1.0)?;
    if aim.is_some_and(|aim| aim < at_least) {
        return Err(section.out_of_range("aim", "no less than `at-least`"));
    }
    let statuses = section.ascending("ignore-statuses", 100.0..=999.0)?.unwrap_or_default();
    Ok(CriterionKind::SuccessRate {
        of: section
            .choice("of", &populations)?
            .ok_or_else(|| section.missing("of"))?,
        at_least,
        aim,
        failure_signals: section.globs("failure-signals")?,
        ignore_statuses: statuses.into_iter().map(|status| status as u16).collect(),
    })
}

fn never_worse(section: &Section<'_>) -> Result<CriterionKind, PolicyError> {
    let of = match section.text("of")? {
        "server-errors" => Yardstick::ServerErrors,
        "requests" => Yardstick::Failures(Population::Requests),
        "websocket" => Yardstick::Failures(Population::Websocket),
        // Anything else names signals; a bare word cannot be one but those of `compare` itself.
        other if is_signal(other) => Yardstick::Signal(section.glob("of")?),
        _ => {
            let known = [
                ("server-errors", ()),
                ("requests", ()),
                ("websocket", ()),
                ("unmatched-errors", ()),
            ];
            section.choice("of", &known)?;
            return Err(section.missing("of"));
        }
    };
    let failure_signals = section.globs("failure-signals")?;
    if !failure_signals.is_empty() && !matches!(of, Yardstick::Failures(_)) {
        return Err(section.out_of_range(
            "failure-signals",
            "given only with `of = \"requests\"` or \"websocket\"",
        ));
    }
    Ok(CriterionKind::NeverWorse { of, failure_signals })
}

fn is_signal(name: &str) -> bool {
    name.contains(['/', '*', '?']) || ["5xx", "4xx", "unmatched-errors"].contains(&name)
}
