//! The notice as plain text, and the lines that all renderings for people share.

use super::{Notice, NoticeEvent, shown_command};
use crate::report::{escape, words};

/// Most characters of each line of plain text.
const MOST_LINE: usize = 400;

impl Notice {
    /// Renders the notice as one to five lines of plain text that a terminal does not act upon.
    pub fn to_text(&self) -> String {
        let mut lines = vec![self.headline(), self.confidence.clone()];
        lines.extend(
            self.reasons
                .iter()
                .take(2)
                .map(|r| format!("- {} ({})", r.message, r.code)),
        );
        lines.extend(self.next_line());
        lines.retain(|line| !line.is_empty());
        let lines = lines.iter().map(|line| escape::cut(&escape::terminal(line), MOST_LINE));
        lines.map(|line| line + "\n").collect()
    }

    /// What to do in one line: the first command that a line has room for, else the first sentence.
    fn next_line(&self) -> Option<String> {
        let commands = self
            .next_steps
            .iter()
            .filter_map(|s| shown_command(s, escape::terminal));
        let command = commands
            .map(|c| format!("$ {c}"))
            .find(|c| c.chars().count() < MOST_LINE - 10);
        let step = command.or_else(|| self.next_steps.iter().find(|s| !s.starts_with("$ ")).cloned());
        step.map(|step| format!("Next: {step}"))
    }

    /// `ROLL BACK (was HOLD) at T+20m: chat-api-00042-wex`; not escaped.
    pub(super) fn headline(&self) -> String {
        let mut text = words::verdict(self.verdict, self.lean);
        if let Some(previous) = self.previous.filter(|p| *p != self.verdict) {
            text.push_str(&format!(" (was {})", previous.label()));
        }
        if let Some(checkpoint) = &self.checkpoint {
            text.push_str(&format!(" at {checkpoint}"));
        }
        if self.event == NoticeEvent::Ended {
            text.push_str(", end of the watch");
        }
        let subject = if self.candidate.is_empty() {
            &self.service
        } else {
            &self.candidate
        };
        if !subject.is_empty() {
            text.push_str(&format!(": {subject}"));
        }
        text
    }

    /// `chat-api, acme-shop, us-central1; compared with chat-api-00041-kop`; not escaped, may be empty.
    pub(super) fn subject(&self) -> String {
        let mut parts = vec![self.service.as_str(), &self.project, &self.region];
        parts.retain(|p| !p.is_empty());
        let compared = self.baseline.as_ref().map(|b| format!("compared with {b}"));
        let parts = [Some(parts.join(", ")).filter(|p| !p.is_empty()), compared];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// `4,500 requests, 50 server errors`
    pub(super) fn counted(&self) -> String {
        let errors = words::counted(self.counts.candidate_server_errors, "server error", "server errors");
        let requests = words::counted(self.counts.candidate_requests, "request", "requests");
        format!("{requests}, {errors} on the candidate")
    }
}
