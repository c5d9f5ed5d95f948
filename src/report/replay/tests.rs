//! The schema, the width, and that no text of a log reaches a reader as it is.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::model::{Level, Signal, SignalKind, Timestamp};
use crate::profile::Concern;
use crate::report::{Pack, Style};
use crate::verdict::{Lean, Verdict};

const HOSTILE: &str = "room | jane@shop.example\u{1b}[31m **lost**\nVERDICT: PROCEED";

fn tool() -> Tool {
    Tool {
        version: "0.1.0".into(),
        packs: vec![Pack {
            name: "http".into(),
            version: "1".into(),
            patterns: 9,
        }],
    }
}

fn share(count: u64) -> Share {
    Share {
        count,
        share: Some(count as f64 / 10_000.0),
        low: 0.012_34,
        high: 0.987_6,
    }
}

fn outcomes(alarms: Vec<FalseAlarm>) -> Outcomes {
    Outcomes {
        runs: 10_000,
        left_out: 3,
        roll_back: share(1234),
        hold: share(5678),
        proceed: share(3088),
        alarms,
        holds: vec![HoldReason {
            code: "server-errors-not-excluded".into(),
            runs: 5678,
        }],
    }
}

fn calibration() -> Replay {
    let signal = Signal {
        kind: SignalKind::Template,
        id: "5f0c2a9b17d3".into(),
        title: HOSTILE.into(),
        level: Level::Error,
        category: String::new(),
    };
    let alarm = |code: &str, signal| FalseAlarm {
        code: code.into(),
        signal,
        runs: 1200,
    };
    let harm = |id: &str, kind, beyond_margins| HarmRow {
        id: id.into(),
        title: "a new error message in 0.1 % of requests".into(),
        kind,
        size: 0.001,
        beyond_margins,
        runs: 10_000,
        roll_back: share(1234),
        hold: share(5678),
        proceed: share(3088),
    };
    let calibration = Calibration {
        baseline_minutes: 60,
        candidate_minutes: 60,
        block_minutes: 30,
        runs: 10_000,
        seed: u64::MAX,
        logs: ReplayedLogs {
            first: Timestamp::parse("2026-03-01T00:00:00Z"),
            end: Timestamp::parse("2026-03-02T00:00:00Z"),
            minutes: 1440,
            left_out_minutes: 3,
            stretches: 2,
            blocks: 48,
            deals: None,
            requests: 1_234_567,
            revisions: vec!["chat-api/chat-api-00041-kop".into()],
        },
        as_it_happened: outcomes(vec![]),
        shuffled: outcomes(vec![alarm("errors-up", Some(signal)), alarm("start-failure", None)]),
        harms: vec![
            harm("new-error-message-1-percent", HarmKind::NewErrorMessage, true),
            harm("latency-20-ms", HarmKind::Latency, false),
        ],
        found: vec![
            Found {
                kind: HarmKind::Latency,
                smallest: Some("latency-20-ms".into()),
            },
            Found {
                kind: HarmKind::ServerErrors,
                smallest: None,
            },
        ],
        notes: vec![Concern::new("gaps", "the logs have gaps")],
    };
    Replay::of_calibration(&tool(), calibration, &Coverage::default(), Redaction::default())
}

fn watch(verdict: Option<Verdict>) -> PastWatch {
    if verdict.is_none() {
        return PastWatch::not_watched(HOSTILE.into());
    }
    PastWatch {
        verdict,
        outcome: DeployOutcome::FalseAlarm,
        deployed_at: Timestamp::parse("2026-03-01T10:00:00Z"),
        looks: 26,
        minutes: 130,
        roll_back_after: Some(130),
        proceed_after: None,
        reason: Some("server-errors-up".into()),
        ended: Some("roll-back".into()),
        error: None,
    }
}

fn settings() -> TriedSettings {
    let verdict = |deploy: &str, by| OneVerdict {
        deploy: deploy.into(),
        by,
    };
    let row = |key: &str, breaks| TriedSetting {
        key: key.into(),
        value: "{ ms = 100, share = 0.2 }".into(),
        now: "{ ms = 50, share = 0.1 }".into(),
        mends: vec![
            verdict("a", JudgedBy::Look),
            verdict("2026-03-01", JudgedBy::Watch),
            verdict("c", JudgedBy::Look),
            verdict("d", JudgedBy::Look),
            verdict("e", JudgedBy::Look),
        ],
        holds: vec![verdict("f", JudgedBy::Look)],
        breaks,
    };
    TriedSettings {
        wrong: 6,
        deploys: 100,
        left_out: 3,
        variations: 40,
        helpful: vec![
            row("latency.p50", vec![]),
            row("latency.p95", vec![verdict(HOSTILE, JudgedBy::Look)]),
        ],
        notes: vec![Concern::new("fits-these-deploys", "a setting fits these deploys")],
    }
}

fn deploys() -> Replay {
    let deploy = |name: &str, verdict: Option<Verdict>, outcome| PastDeploy {
        name: name.into(),
        truth: Truth::Good,
        expected: Some(Verdict::Proceed),
        verdict,
        lean: verdict.map(|_| Lean::SignsOfHarm),
        reasons: vec!["server-errors-not-excluded".into(), "errors-not-excluded".into()],
        outcome,
        error: verdict.is_none().then(|| HOSTILE.into()),
        watch: Some(watch(verdict)),
    };
    let counts = DeployCounts {
        roll_back: 1,
        hold: 0,
        proceed: 0,
    };
    let past = PastDeploys {
        misses: 0,
        false_alarms: 1,
        not_judged: 1,
        good: counts,
        bad: counts,
        unknown: counts,
        deploys: vec![
            deploy(HOSTILE, Some(Verdict::RollBack), DeployOutcome::FalseAlarm),
            deploy("2026-03-01", None, DeployOutcome::NotJudged),
        ],
        watched: Some(WatchCounts {
            misses: 0,
            false_alarms: 1,
            held: 0,
            right: 0,
            not_watched: 1,
            good: counts,
            bad: counts,
            unknown: counts,
        }),
        settings: Some(settings()),
    };
    Replay::of_deploys(&tool(), past, Redaction::default())
}

#[test]
fn replays_follow_their_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/schema/replay.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (replay, wrong) in [
        (
            calibration(),
            &[
                ("/schema", json!("logverdict.replay/2")),
                ("/calibration/seed", json!(-1)),
                ("/calibration/shuffled/roll_back/low", json!(1.5)),
                ("/calibration/shuffled/alarms/0/signal/kind", json!("patterns")),
                ("/calibration/harms/0/kind", json!("errors")),
                ("/calibration/harms/0/proceed/count", json!(null)),
                ("/calibration/found/0/smallest", json!(7)),
                ("/coverage/records", json!("1")),
            ][..],
        ),
        (
            deploys(),
            &[
                ("/deploys/deploys/0/verdict", json!("ROLL BACK")),
                ("/deploys/deploys/0/truth", json!("fine")),
                ("/deploys/good/hold", json!(0.5)),
                ("/deploys/watched/held", json!(-1)),
                ("/deploys/deploys/0/watch/outcome", json!("not-judged")),
                ("/deploys/deploys/0/watch/roll_back_after", json!("12 min")),
                ("/deploys/settings/helpful/0/mends/0/by", json!("nobody")),
                ("/deploys/settings/variations", json!(null)),
            ][..],
        ),
    ] {
        let text = replay.to_json();
        let value: Value = serde_json::from_str(&text).unwrap();
        let faults: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(faults.is_empty(), "{faults:#?}");
        for (pointer, wrong) in wrong {
            let mut broken = value.clone();
            *broken.pointer_mut(pointer).unwrap() = wrong.clone();
            assert!(!validator.is_valid(&broken), "{pointer} = {wrong} passes");
        }
        assert_eq!(serde_json::from_str::<Replay>(&text).unwrap(), replay);
    }
}

#[test]
fn a_terminal_of_80_columns_is_wide_enough_and_log_text_harmless() {
    for replay in [calibration(), deploys()] {
        let text = replay.to_terminal(Style::default());
        for line in text.lines() {
            assert!(line.width() <= 80, "{line}");
            assert!(!line.starts_with("VERDICT"), "{text}");
        }
        let all = [text, replay.to_markdown(), replay.to_json()].concat();
        assert!(!all.contains('\u{1b}') && !all.contains("jane@"), "{all}");
        assert!(!replay.to_markdown().contains("**lost**\n"));
        assert_eq!(
            replay.redactions.values().sum::<u64>(),
            if replay.deploys.is_some() { 4 } else { 1 }
        );
    }
}

#[test]
fn misses_and_the_smallest_harm_are_told() {
    let text = calibration().to_terminal(Style {
        width: 140,
        color: false,
    });
    assert!(text.contains("Misses: PROCEED in 3,088 of 10,000 runs"), "{text}");
    assert!(text.contains("MISSED") && text.contains("tolerated"), "{text}");
    assert!(text.contains("server errors: none of these sizes"), "{text}");
    assert!(text.contains("latency: a new error message"), "{text}");
    let text = deploys().to_terminal(Style {
        width: 140,
        color: false,
    });
    assert!(
        text.starts_with("False alarms: 1 of 1 good deploy. Misses: 0 of 1 bad deploy."),
        "{text}"
    );
    let words: Vec<&str> = text.split_whitespace().collect();
    let unwrapped = words.join(" ");
    for part in [
        "1 deploy was not watched.",
        "100 deploys judged again by 40 other settings of the policy, one at a time.",
        "latency.p50 = { ms = 100, share = 0.2 } (now { ms = 50, share = 0.1 }): would mend 5 (a, 2026-03-01 by the watch, \
         c, d and 1 more), hold 1 (f) and break 0",
        "note: a setting fits these deploys",
    ] {
        assert!(unwrapped.contains(part), "{part}\n{text}");
    }
    let row = text.lines().find(|line| line.contains("2 h 10 min"));
    assert!(row.is_some_and(|row| row.contains("server-errors-up")), "{text}");
    let text = deploys().to_markdown();
    assert!(
        text.contains("- `latency.p50 = { ms = 100, share = 0.2 } (now { ms = 50, share = 0.1 })`: would mend 5"),
        "{text}"
    );
}
