//! The view as metrics in Prometheus' text format 0.0.4.

use std::fmt::Write;

use super::StatusView;
use crate::verdict::Verdict;

/// The content type of the format.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

const VERDICTS: [(Verdict, &str); 3] = [
    (Verdict::Proceed, "PROCEED"),
    (Verdict::Hold, "HOLD"),
    (Verdict::RollBack, "ROLL_BACK"),
];

/// Every metric of a view.
pub(super) fn render(view: &StatusView) -> String {
    let mut page = Page {
        out: String::with_capacity(4096),
        labels: format!(
            "service=\"{}\",candidate=\"{}\"",
            label(&view.service),
            label(&view.candidate)
        ),
    };
    page.head(
        "verdict",
        "gauge",
        "1 for the verdict that the watch has reached, 0 for the others.",
    );
    for (verdict, name) in VERDICTS {
        let value = u64::from(view.verdict == Some(verdict));
        page.sample("verdict", &format!(",verdict=\"{name}\""), value);
    }
    page.counter("looks_total", "Looks at the logs, failed ones included.", view.looks);
    page.counter(
        "look_failures_total",
        "Looks at the logs that failed.",
        view.look_failures,
    );
    page.head(
        "last_look_timestamp_seconds",
        "gauge",
        "When the watch last looked, in seconds since 1970.",
    );
    if let Some(at) = view.last_look {
        page.sample("last_look_timestamp_seconds", "", at.0.div_euclid(1_000_000_000));
    }
    page.counter("entries_read_total", "Log entries read.", view.entries_read);
    page.counter(
        "api_requests_total",
        "Requests sent to Google's APIs.",
        view.api_requests,
    );
    let counts = &view.counts;
    page.counter(
        "candidate_requests_total",
        "Requests that the candidate has answered.",
        counts.candidate_requests,
    );
    page.counter(
        "candidate_server_errors_total",
        "Requests that the candidate has answered with 500 to 599.",
        counts.candidate_server_errors,
    );
    page.counter("checkpoints_total", "Checkpoints that have come.", view.checkpoints);
    page.head("watch_ended", "gauge", "1 when the watch is over.");
    page.sample("watch_ended", "", u64::from(view.ended));
    page.out
}

struct Page {
    out: String,
    labels: String,
}

impl Page {
    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "counter", help);
        self.sample(name, "", value);
    }

    /// Writing to a String cannot fail.
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(
            self.out,
            "# HELP logverdict_{name} {help}\n# TYPE logverdict_{name} {kind}"
        );
    }

    fn sample(&mut self, name: &str, more_labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.out, "logverdict_{name}{{{}{more_labels}}} {value}", self.labels);
    }
}

/// The value of a label. The format knows three escapes and takes every other character as it is.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
