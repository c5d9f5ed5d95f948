//! A replay as GitHub-flavoured Markdown: for an issue about whether the verdicts are to be trusted.

use super::past_value::{TriedSettings, WatchCounts};
use super::value::{Calibration, PastDeploys, Replay};
use super::{past_words, words};
use crate::model::thousands;
use crate::report::escape::{cell_code, markdown};
use crate::report::words as shared;

/// Most characters of a foreign text.
const TEXT_CHARS: usize = 300;
/// Deploys that are listed: far below GitHub's limit for a comment.
const DEPLOYS_SHOWN: usize = 100;

impl Replay {
    /// Renders the replay as Markdown.
    pub fn to_markdown(&self) -> String {
        let mut out = String::from("## Replay\n");
        if let Some(found) = &self.calibration {
            calibration(&mut out, found);
        }
        if let Some(coverage) = &self.coverage {
            let text = markdown(&shared::coverage(coverage), TEXT_CHARS);
            out.push_str(&format!("\n### Coverage\n\n- {text}\n"));
            for concern in coverage.concerns.iter().take(words::SHOWN) {
                out.push_str(&format!("- {}\n", markdown(&concern.message, TEXT_CHARS)));
            }
            left_out(&mut out, coverage.concerns.len(), words::SHOWN, "concerns");
        }
        if let Some(past) = &self.deploys {
            deploys(&mut out, past);
        }
        out
    }
}

fn left_out(out: &mut String, all: usize, shown: usize, what: &str) {
    if all > shown {
        out.push_str(&format!("\n{} more {what} left out here.\n", all - shown));
    }
}

fn table(out: &mut String, header: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    out.push_str(&format!(
        "\n| {} |\n|{}\n",
        header.join(" | "),
        " --- |".repeat(header.len())
    ));
    for row in rows {
        out.push_str(&format!("| {} |\n", row.join(" | ")));
    }
}

fn calibration(out: &mut String, found: &Calibration) {
    out.push_str(&format!("\n{}\n\n", words::headline(found)));
    for line in [words::setting(found), words::logs(&found.logs)] {
        out.push_str(&format!("- {line}\n"));
    }
    for note in &found.notes {
        out.push_str(&format!("- {}\n", markdown(&note.message, TEXT_CHARS)));
    }
    out.push_str("\n### Nothing was deployed: every ROLL BACK is a false alarm\n\nIn brackets: 95 % intervals.\n");
    let rows = words::without_harm(found).into_iter().map(|(name, outcomes)| {
        let [roll_back, hold, proceed] = [&outcomes.roll_back, &outcomes.hold, &outcomes.proceed].map(words::share);
        vec![name.to_owned(), thousands(outcomes.runs), roll_back, hold, proceed]
    });
    table(out, &["pairs", "runs", "ROLL BACK", "HOLD", "PROCEED"], rows);
    for (name, outcomes) in words::without_harm(found) {
        let alarms = outcomes.alarms.iter().take(words::SHOWN);
        let alarms = alarms.map(|a| vec![thousands(a.runs), cell_code(&words::alarm(a), TEXT_CHARS)]);
        if !outcomes.alarms.is_empty() {
            table(out, &["runs", &format!("what caused false alarms, {name}")], alarms);
            left_out(out, outcomes.alarms.len(), words::SHOWN, "causes");
        }
        let holds = outcomes.holds.iter().take(words::SHOWN);
        let holds = holds.map(|h| vec![thousands(h.runs), cell_code(&h.code, TEXT_CHARS)]);
        if !outcomes.holds.is_empty() {
            table(out, &["runs", &format!("why HOLD, {name}")], holds);
            left_out(out, outcomes.holds.len(), words::SHOWN, "reasons");
        }
    }
    harms(out, found);
}

fn harms(out: &mut String, found: &Calibration) {
    out.push_str("\n### Known harm in the shuffled candidates\n");
    let rows = found.harms.iter().map(|row| {
        let [roll_back, hold, proceed] = [&row.roll_back, &row.hold, &row.proceed].map(words::share);
        vec![row.title.clone(), words::remark(row).into(), roll_back, hold, proceed]
    });
    table(out, &["harm", "", "ROLL BACK", "HOLD", "PROCEED"], rows);
    out.push_str("\nThe smallest harm that is rolled back in at least half of the runs:\n\n");
    for smallest in &found.found {
        out.push_str(&format!("- {}\n", words::smallest(found, smallest)));
    }
}

fn deploys(out: &mut String, past: &PastDeploys) {
    out.push_str(&format!("\n{}\n", past_words::headline(past)));
    let rows = past.deploys.iter().take(DEPLOYS_SHOWN).map(|deploy| {
        let because = deploy.error.clone().unwrap_or_else(|| deploy.reasons.join(", "));
        vec![
            cell_code(&deploy.name, TEXT_CHARS),
            words::truth(deploy.truth).into(),
            deploy.verdict.map_or("-", |v| v.label()).into(),
            words::outcome(deploy.outcome).into(),
            cell_code(&because, TEXT_CHARS),
        ]
    });
    table(out, &["deploy", "truth", "verdict", "", "because"], rows);
    left_out(out, past.deploys.len(), DEPLOYS_SHOWN, "deploys");
    if let Some(counts) = &past.watched {
        watches(out, past, counts);
    }
    if let Some(found) = &past.settings {
        settings(out, found);
    }
}

fn watches(out: &mut String, past: &PastDeploys, counts: &WatchCounts) {
    let mut headline = past_words::watched(counts);
    if let Some(text) = past_words::not_watched(counts) {
        headline.push_str(&format!(" {text}"));
    }
    out.push_str(&format!("\n### The watch over the same logs\n\n{headline}\n"));
    let rows = past.deploys.iter().take(DEPLOYS_SHOWN).filter_map(|deploy| {
        let watch = deploy.watch.as_ref()?;
        Some(vec![
            cell_code(&deploy.name, TEXT_CHARS),
            watch.verdict.map_or("-", |v| v.label()).into(),
            words::outcome(watch.outcome).into(),
            past_words::after(watch.roll_back_after),
            past_words::after(watch.proceed_after),
            cell_code(&past_words::because(watch), TEXT_CHARS),
        ])
    });
    let header = [
        "deploy",
        "at its end",
        "",
        "ROLL BACK after",
        "PROCEED after",
        "because",
    ];
    table(out, &header, rows);
    left_out(out, past.deploys.len(), DEPLOYS_SHOWN, "deploys");
}

fn settings(out: &mut String, found: &TriedSettings) {
    let tried = past_words::tried(found);
    out.push_str(&format!("\n### Which setting would have helped\n\n{tried}\n\n"));
    for row in found.helpful.iter().take(words::SHOWN) {
        let would = markdown(&past_words::would(row), TEXT_CHARS);
        out.push_str(&format!("- `{}`: {would}\n", past_words::setting(row)));
    }
    left_out(out, found.helpful.len(), words::SHOWN, "settings");
    for note in &found.notes {
        out.push_str(&format!("\n{}\n", markdown(&note.message, TEXT_CHARS)));
    }
}
