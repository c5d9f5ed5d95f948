//! Shows how far a reading is: a line that is renewed on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::args::Common;
use crate::cli::duration::words;
use crate::ingest::cloud_logging::Progress;

/// Time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// Shows the progress of readings that go on at the same time.
pub struct Display {
    bar: Option<ProgressBar>,
    state: Mutex<State>,
    prints_lines: bool,
}

struct State {
    parts: Vec<Option<Progress>>,
    last_line: Instant,
}

impl Display {
    /// For so many readings. Nothing with `-q`; what fits standard error otherwise.
    pub fn new(parts: usize, common: &Common) -> Display {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = (!common.quiet && is_terminal).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            ProgressStyle::with_template("{spinner} {msg}")
                .map(|style| bar.set_style(style))
                .ok();
            bar
        });
        let state = State {
            parts: vec![None; parts],
            last_line: Instant::now(),
        };
        Display {
            bar,
            state: Mutex::new(state),
            prints_lines: !common.quiet && !is_terminal,
        }
    }

    /// Takes a step of one of the readings.
    pub fn show(&self, part: usize, progress: Progress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = state.parts.get_mut(part) {
            *slot = Some(progress);
        }
        if let Some(bar) = &self.bar {
            bar.set_message(sentence(&state.parts));
            bar.tick();
        } else if self.prints_lines && state.last_line.elapsed() >= LINE_EVERY {
            state.last_line = Instant::now();
            console::Term::stderr().write_line(&sentence(&state.parts)).ok();
        }
    }

    /// Takes the line away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn sentence(parts: &[Option<Progress>]) -> String {
    let known = || parts.iter().flatten();
    let (entries, requests): (u64, u64) = (known().map(|p| p.entries).sum(), known().map(|p| p.requests).sum());
    let share = known().map(|p| p.share).sum::<f64>() / parts.len().max(1) as f64;
    let waited = known().map(|p| p.waited_for_quota).max().unwrap_or_default();
    let tail = match waited.as_secs() {
        0 => String::new(),
        _ => format!(", {} waited for the quota", words(waited)),
    };
    format!(
        "reading: {entries} entries in {requests} requests, {:.0} % of the time{tail}",
        100.0 * share
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_added_up() {
        let part = |entries, share, waited| {
            Some(Progress {
                entries,
                requests: 2,
                share,
                waited_for_quota: Duration::from_secs(waited),
            })
        };
        assert_eq!(
            sentence(&[part(10, 0.5, 0), None]),
            "reading: 10 entries in 2 requests, 25 % of the time"
        );
        assert_eq!(
            sentence(&[part(10, 0.5, 70), part(5, 1.0, 60)]),
            "reading: 15 entries in 4 requests, 75 % of the time, 1 min 10 s waited for the quota"
        );
    }
}
