//! Invented watches: one that goes on, one that ended with a ROLL BACK.

use super::{Material, at, full, hold};
use crate::model::Timestamp;
use crate::report::{Changed, Checkpoint, Ended, Gap, Watched};
use crate::verdict::{Lean, Verdict};

fn time(text: &str) -> Timestamp {
    at(text).unwrap_or(Timestamp(0))
}

fn checkpoint(name: &str, at: &str, verdict: Verdict, lean: Option<Lean>, message: &str) -> Checkpoint {
    Checkpoint {
        name: name.to_owned(),
        at: time(at),
        verdict,
        lean,
        codes: vec!["requests-too-few".to_owned()],
        message: message.to_owned(),
        requests: 150,
        server_errors: 0,
        baseline_rate: Some(0.0013),
        candidate_rate: Some(0.0),
        new_signals: 0,
        vanished_signals: 1,
        load_share: Some(0.17),
    }
}

fn change(at: &str, from: Option<Verdict>, to: Verdict, code: &str, message: &str) -> Changed {
    Changed {
        at: time(at),
        from,
        to,
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

/// Two hours and ten minutes into a day.
pub fn running() -> Watched {
    let next_day = 24 * 3600 * 1_000_000_000;
    let no_sign = Some(Lean::NoSignOfHarm);
    let few = "5 minutes are too few to tell";
    let spread = "the added latency at p95 may be 110 ms; at most 50 ms is allowed";
    Watched {
        started: time("11:00:00"),
        ends: Timestamp(time("11:00:00").0 + next_day),
        looked_until: time("13:10:00"),
        looks: 26,
        every_minutes: 5,
        to_come: ["T+4h", "T+8h", "T+24h"].map(str::to_owned).to_vec(),
        ended: None,
        changes: vec![
            change("11:05:00", None, Verdict::Hold, "requests-too-few", few),
            change(
                "11:50:00",
                Some(Verdict::Hold),
                Verdict::Proceed,
                "all-shown",
                "harm is excluded",
            ),
            change(
                "12:05:00",
                Some(Verdict::Proceed),
                Verdict::Hold,
                "criterion-not-shown",
                spread,
            ),
        ],
        checkpoints: vec![
            Checkpoint {
                baseline_rate: Some(0.0013),
                ..checkpoint("T+5m", "11:05:00", Verdict::Hold, Some(Lean::CannotJudge), few)
            },
            Checkpoint {
                codes: vec!["latency-not-excluded".to_owned(), "criterion-not-shown".to_owned()],
                requests: 3000,
                server_errors: 3,
                candidate_rate: Some(0.001),
                ..checkpoint("T+20m", "11:20:00", Verdict::Hold, no_sign, spread)
            },
            Checkpoint {
                codes: vec!["all-shown".to_owned()],
                requests: 9000,
                server_errors: 11,
                candidate_rate: Some(0.0012),
                ..checkpoint("T+1h", "12:00:00", Verdict::Proceed, None, "harm is excluded")
            },
            Checkpoint {
                codes: vec!["criterion-not-shown".to_owned()],
                requests: 1_018_000,
                server_errors: 123_456,
                candidate_rate: Some(0.1213),
                new_signals: 12,
                load_share: None,
                ..checkpoint("T+2h", "13:00:00", Verdict::Hold, Some(Lean::SignsOfHarm), spread)
            },
        ],
        gaps: vec![Gap {
            start: time("12:10:00"),
            end: time("12:15:00"),
            reason: "Cloud Logging: quota exceeded (429), project owner jane@shop.example".to_owned(),
        }],
        late_entries: 17,
    }
}

/// Ended after twenty minutes.
pub fn ended() -> Watched {
    let rise = "server errors rose from 0.13 % to 1.07 % of requests";
    Watched {
        looked_until: time("11:20:00"),
        looks: 4,
        ended: Some(Ended {
            at: time("11:20:00"),
            code: "roll-back".to_owned(),
            message: "harm is certain.".to_owned(),
        }),
        changes: vec![
            change("11:05:00", None, Verdict::Hold, "requests-too-few", "too few requests"),
            change(
                "11:20:00",
                Some(Verdict::Hold),
                Verdict::RollBack,
                "server-errors-up",
                rise,
            ),
        ],
        checkpoints: vec![Checkpoint {
            codes: vec!["server-errors-up".to_owned(), "criterion-not-shown".to_owned()],
            requests: 3000,
            server_errors: 32,
            candidate_rate: Some(0.0107),
            ..checkpoint("T+20m", "11:20:00", Verdict::RollBack, None, rise)
        }],
        gaps: Vec::new(),
        late_entries: 0,
        ..running()
    }
}

/// A watch that goes on, as a HOLD.
pub fn watching() -> Material {
    Material {
        watch: Some(running()),
        ..hold()
    }
}

/// A watch that ended with a ROLL BACK.
pub fn watched() -> Material {
    Material {
        watch: Some(ended()),
        ..full()
    }
}
