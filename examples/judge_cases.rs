//! Judges count tables, one JSON object a case.
//!
//! ```text
//! cargo run --release --example judge_cases -- [--numbers] [--plain] [--look] FILE...
//! ```
//!
//! Input: files of one case a line, gzip or not (told by content). A case is an object with `id`, `mode` (`before_after` or
//! `concurrent`), `n_templates`, and two arms, `baseline` and `candidate`, each with `requests` (one count a minute),
//! `segment_len` (minutes of each contiguous run), `responses_5xx` and `templates` (`[[minute, count], ...]`, the templates by
//! number) and `latency_bins` (`[[bin, count], ...]` for each five minutes).
//!
//! Output: `{"id", "verdict": "PROCEED" | "HOLD" | "ROLLBACK", "minute", "reasons"}` for each case. A case whose candidate is
//! at least as long as `Settings::long_window_minutes` is watched: looked at every five minutes, with the minute of the
//! ROLL BACK; if there is none, the verdict is that of one look at the end. All others, and with `--look` these as well, are
//! judged by one look at their end. `--numbers` adds the numbers behind it, `--plain` judges by the plain method (see
//! `Settings::plain`), which other implementations can be compared with.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write, stdout};

use flate2::read::MultiGzDecoder;
use logverdict::compare::rates::{Totals, p_greater, ratio_bounds};
use logverdict::compare::{
    Alarm, AlarmSubject, Arm, Assessment, Decision, EARLY_MINUTES, Family, Outcome, Pairing, Row, RowAssessment,
    Settings, Subject, Table, Watch, assess, decide, is_certain_early,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// `[[index, count], ...]`: counts by index, zeros left out.
type Sparse = Vec<(usize, u64)>;

/// Largest index of a latency bin that is believed: 1.02^2000 ms is beyond any timeout.
const MAX_BIN: usize = 2000;

#[derive(Deserialize)]
struct Case {
    id: String,
    mode: String,
    n_templates: usize,
    baseline: CaseArm,
    candidate: CaseArm,
}

/// The minute of the clock of each bucket.
#[derive(Deserialize)]
#[serde(untagged)]
enum Clock {
    Run { start: i64 },
    Each(Vec<i64>),
}

impl Clock {
    fn each(&self, minutes: usize) -> Vec<i64> {
        match self {
            Clock::Run { start } => (*start..).take(minutes).collect(),
            Clock::Each(each) => each.clone(),
        }
    }
}

#[derive(Deserialize)]
struct CaseArm {
    minute: Clock,
    requests: Vec<u64>,
    segment_len: usize,
    responses_5xx: Sparse,
    templates: std::collections::BTreeMap<usize, Sparse>,
    latency_bins: Vec<Sparse>,
}

impl CaseArm {
    fn dense(&self, sparse: &Sparse) -> Vec<u64> {
        dense(sparse, self.requests.len())
    }

    fn template(&self, number: usize) -> Vec<u64> {
        self.templates
            .get(&number)
            .map_or_else(|| vec![0; self.requests.len()], |sparse| self.dense(sparse))
    }

    fn arm(&self) -> Arm {
        let minutes = self.requests.len();
        let run = self.segment_len.clamp(1, minutes.max(1));
        let segments = (0..minutes)
            .step_by(run)
            .map(|start| run.min(minutes - start))
            .collect();
        let histogram = |sparse: &Sparse| {
            let bins = sparse.iter().map(|&(bin, _)| bin + 1).max().unwrap_or(0);
            dense(sparse, bins.min(MAX_BIN))
        };
        let latency = self.latency_bins.iter().map(histogram).collect();
        Arm {
            segments,
            exposure: self.requests.clone(),
            latency,
            clock: self.minute.each(minutes),
        }
    }
}

fn dense(sparse: &Sparse, length: usize) -> Vec<u64> {
    let mut out = vec![0; length];
    for &(index, count) in sparse {
        if let Some(slot) = out.get_mut(index) {
            *slot += count;
        }
    }
    out
}

fn table(case: &Case) -> Table {
    let row = |family, baseline, candidate| Row {
        family,
        baseline,
        candidate,
    };
    let (b, c) = (&case.baseline, &case.candidate);
    let server_errors = row(
        Family::ServerErrors,
        b.dense(&b.responses_5xx),
        c.dense(&c.responses_5xx),
    );
    let templates = (0..case.n_templates).map(|k| row(Family::Messages, b.template(k), c.template(k)));
    Table {
        pairing: if case.mode == "concurrent" {
            Pairing::Concurrent
        } else {
            Pairing::BeforeAfter
        },
        baseline: b.arm(),
        candidate: c.arm(),
        rows: std::iter::once(server_errors).chain(templates).collect(),
    }
}

fn row_name(index: usize) -> String {
    if index == 0 {
        "5xx".to_owned()
    } else {
        format!("t{}", index - 1)
    }
}

fn quantile_name(quantile: f64) -> String {
    format!("p{:.0}", quantile * 100.0)
}

fn reasons(decision: &Decision) -> Vec<String> {
    let text = |code: &str, subject| match subject {
        Subject::Whole => code.to_owned(),
        Subject::Row(i) => format!("{code} {}", row_name(i)),
        Subject::Quantile(q) => format!("{code} {}", quantile_name(q)),
    };
    decision
        .reasons
        .iter()
        .map(|reason| text(reason.code, reason.subject))
        .collect()
}

fn row_numbers(index: usize, row: &RowAssessment, settings: &Settings) -> Value {
    let (b, c) = (&row.baseline, &row.candidate);
    let totals = Totals {
        baseline: b.count as f64,
        candidate: c.count as f64,
        baseline_exposure: b.exposure as f64,
        candidate_exposure: c.exposure as f64,
    };
    let (low, high) = ratio_bounds(&totals, &row.rates.dispersion, settings.confidence);
    json!({
        "name": row_name(index),
        "x": [b.count, c.count],
        "phi": row.rates.dispersion.iter().map(|d| d.phi).collect::<Vec<_>>(),
        "df": row.rates.dispersion.iter().map(|d| d.df).collect::<Vec<_>>(),
        "p": p_greater(&totals, &row.rates.dispersion, settings.tolerated_ratio),
        "p_adjusted": row.rates.p_tolerated,
        "p_more": row.rates.p_more,
        "p_limit": row.rates.p_limit,
        "p_different": row.p_different,
        "change": row.change,
        "harm": row.harm,
        "significant": row.significant,
        "ratio": row.ratio,
        "ratio_95": [low, high],
        "ni_ratio": row.rates.ratio_upper,
        "ni_excess": row.rates.excess_upper,
    })
}

fn numbers(assessment: &Assessment, settings: &Settings) -> Value {
    let rows = assessment
        .rows
        .iter()
        .enumerate()
        .map(|(i, row)| row_numbers(i, row, settings));
    let latency = assessment.latency.iter().map(|l| {
        let f = &l.finding;
        json!({
            "quantile": quantile_name(f.quantile), "change": l.change, "harm": l.harm, "significant": l.significant,
            "p_different": l.p_different, "numbers": [f.shift_ms.estimate, f.shift_ms.low, f.shift_upper_ms, f.tolerance_ms],
        })
    });
    json!({ "rows": rows.collect::<Vec<_>>(), "latency": latency.collect::<Vec<_>>() })
}

/// How cases are judged.
struct Options {
    settings: Settings,
    numbers: bool,
    one_look: bool,
}

/// The table as it was after so many minutes of the candidate.
fn until(table: &Table, minutes: usize) -> Table {
    let part = |counts: &[u64]| counts[..minutes.min(counts.len())].to_vec();
    let cut = |arm: &Arm| Arm {
        segments: vec![minutes.min(arm.exposure.len())],
        exposure: part(&arm.exposure),
        latency: arm.latency[..(minutes / 5).min(arm.latency.len())].to_vec(),
        clock: arm.clock[..minutes.min(arm.clock.len())].to_vec(),
    };
    let both = table.pairing == Pairing::Concurrent;
    let rows = table.rows.iter().map(|row| Row {
        family: row.family,
        baseline: if both {
            part(&row.baseline)
        } else {
            row.baseline.clone()
        },
        candidate: part(&row.candidate),
    });
    Table {
        pairing: table.pairing,
        baseline: if both {
            cut(&table.baseline)
        } else {
            table.baseline.clone()
        },
        candidate: cut(&table.candidate),
        rows: rows.collect(),
    }
}

/// The first of the early looks that is certain by itself, and of what.
fn early(table: &Table, settings: &Settings) -> Option<(usize, Vec<String>)> {
    let last = EARLY_MINUTES.min(table.candidate.exposure.len());
    (20..=last).step_by(5).find_map(|minutes| {
        let assessment = assess(&until(table, minutes), settings);
        let rows = assessment.rows.iter().enumerate();
        let certain = rows.filter(|(_, row)| is_certain_early(row.family, &row.rates, minutes));
        let names: Vec<String> = certain.map(|(i, _)| row_name(i)).collect();
        (!names.is_empty()).then_some((minutes, names))
    })
}

/// The first minute at which a watch says ROLL BACK, and why.
fn watched(table: &Table, settings: &Settings) -> Option<(usize, Vec<String>)> {
    // The faithful form knows no early looks.
    let early = if settings.storm_minutes == 0 {
        None
    } else {
        early(table, settings)
    };
    let own = by_evidence(table, settings);
    [early, own].into_iter().flatten().min_by_key(|(minute, _)| *minute)
}

/// The same by the evidence that holds at all times.
fn by_evidence(table: &Table, settings: &Settings) -> Option<(usize, Vec<String>)> {
    let keys: Vec<String> = (0..table.rows.len()).map(row_name).collect();
    let mut watch = Watch::default();
    watch.look(table, &keys, settings);
    let alarms = watch.alarms(table, &keys, settings);
    let first = alarms.first()?.minute;
    let name = |alarm: &Alarm| match &alarm.subject {
        AlarmSubject::Row(key) => key.clone(),
        AlarmSubject::Quantile(q) => quantile_name(*q),
    };
    let reasons = alarms.iter().take_while(|a| a.minute == first).map(name).collect();
    Some((first, reasons))
}

fn judge(line: &str, options: &Options) -> Result<Value, serde_json::Error> {
    let (case, settings): (Case, _) = (serde_json::from_str(line)?, &options.settings);
    let table = table(&case);
    let is_watch = !options.one_look && table.candidate.exposure.len() >= settings.long_window_minutes as usize;
    if let Some((minute, reasons)) = is_watch.then(|| watched(&table, settings)).flatten() {
        return Ok(json!({ "id": case.id, "verdict": "ROLLBACK", "minute": minute, "reasons": reasons }));
    }
    let assessment = assess(&table, settings);
    let decision = decide(&assessment, settings);
    let verdict = match decision.outcome {
        Outcome::Proceed => "PROCEED",
        Outcome::RollBack if !is_watch => "ROLLBACK",
        // A watch has looked at this already, more carefully.
        Outcome::Hold | Outcome::RollBack => "HOLD",
    };
    let mut out = json!({ "id": case.id, "verdict": verdict, "minute": null, "reasons": reasons(&decision) });
    if options.numbers {
        out["numbers"] = numbers(&assessment, settings);
    }
    Ok(out)
}

fn open(path: &str) -> std::io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::new(File::open(path)?);
    if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        let inner: Box<dyn Read> = Box::new(MultiGzDecoder::new(file));
        return Ok(Box::new(BufReader::new(inner)));
    }
    Ok(Box::new(file))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, files): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|a| a.starts_with("--"));
    let has = |name: &str| flags.iter().any(|flag| flag == name);
    let known = ["--numbers", "--plain", "--look"];
    if files.is_empty() || flags.iter().any(|flag| !known.contains(&flag.as_str())) {
        return Err("usage: judge_cases [--numbers] [--plain] [--look] FILE...".into());
    }
    let options = Options {
        settings: if has("--plain") {
            Settings::plain()
        } else {
            Settings::default()
        },
        numbers: has("--numbers"),
        one_look: has("--look"),
    };
    let mut out = BufWriter::new(stdout().lock());
    for path in &files {
        for (number, line) in open(path).map_err(|e| format!("{path}: {e}"))?.lines().enumerate() {
            let line = line.map_err(|e| format!("{path}:{}: {e}", number + 1))?;
            if !line.trim().is_empty() {
                let case = judge(&line, &options);
                writeln!(out, "{}", case.map_err(|e| format!("{path}:{}: {e}", number + 1))?)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
