//! `must-start`: the candidate's containers start and answer.

use super::super::view::View;
use super::super::words;
use super::Answer;

/// Crashes or failed starts from which "it does not start" is certain.
const CERTAIN: u64 = 3;

pub(super) fn must_start(view: &View<'_>) -> Answer {
    let c = &view.candidate;
    let failures = c.start_failures.max(c.crashes);
    let lost = format!(
        "{} and {}",
        words::plural(c.start_failures, "failed start"),
        crashes(c.crashes)
    );
    // A start-up probe succeeds before many a crash: a start marker shows a start only where nothing crashed.
    let answer = match () {
        () if c.served == 0 && failures >= CERTAIN => {
            Answer::broken(format!("{lost}; not one request answered."), true)
        }
        () if c.served == 0 && failures > 0 => {
            Answer::open(format!("{lost}; not one request answered yet."), "it answers a request")
        }
        () if c.start_failures > 0 => Answer::open(
            format!(
                "It answered {}, but {lost} were seen.",
                words::plural(c.served, "request")
            ),
            "a window without failed starts is observed",
        ),
        () if c.served > 0 => Answer::met(format!("It answered {}.", words::plural(c.served, "request"))),
        () if c.starts > 0 => Answer::met(format!(
            "{} reported, no failed start and no crash; no request answered yet.",
            words::plural(c.starts, "successful start")
        )),
        () => Answer::open(
            "Neither a start nor a request was seen.".to_owned(),
            "it answers a request",
        ),
    };
    answer
        .of(c.start_failure_signal.as_ref().or(c.crash_signal.as_ref()))
        .with(&[
            ("served", c.served as f64),
            ("starts", c.starts as f64),
            ("start_failures", c.start_failures as f64),
            ("crashes", c.crashes as f64),
        ])
}

fn crashes(n: u64) -> String {
    format!("{} {}", words::count(n), if n == 1 { "crash" } else { "crashes" })
}
