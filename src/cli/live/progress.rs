//! Shows how far a reading is: a line that is renewed on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::args::Common;
use crate::ingest::cloud_logging::Progress;

/// Time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// Shows the progress of one reading.
pub struct Display {
    bar: Option<ProgressBar>,
    last_line: Option<Mutex<Instant>>,
}

impl Display {
    /// Nothing with `-q`; what fits standard error otherwise.
    pub fn new(common: &Common) -> Display {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = (!common.quiet && is_terminal).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            ProgressStyle::with_template("{spinner} {msg}").map(|style| bar.set_style(style)).ok();
            bar
        });
        let last_line = (!common.quiet && !is_terminal).then(|| Mutex::new(Instant::now()));
        Display { bar, last_line }
    }

    /// Takes a step of the reading.
    pub fn show(&self, progress: &Progress) {
        if let Some(bar) = &self.bar {
            bar.set_message(words(progress));
            bar.tick();
        }
        let Some(last) = &self.last_line else { return };
        let Ok(mut last) = last.lock() else { return };
        if last.elapsed() >= LINE_EVERY {
            *last = Instant::now();
            console::Term::stderr().write_line(&words(progress)).ok();
        }
    }

    /// Takes the line away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
