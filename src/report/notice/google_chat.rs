//! The notice as the body of a message to an incoming webhook of Google Chat, in Chat's simple formatting.

use serde_json::json;

use super::{NOT_SHOWN, Notice, shown_command};
use crate::report::escape::google_chat as escaped;

/// Chat takes 32,000 bytes in a message, and took 4,096 in earlier times; longer ones are refused or broken up.
const MOST_BYTES: usize = 4000;
/// Most characters of the headline, of at most seven bytes each: beside it, the longest link has room.
const MOST_HEADLINE: usize = 200;
/// Most characters of each line.
const MOST_LINE: usize = 400;

impl Notice {
    /// Renders the notice as JSON for an incoming webhook of Google Chat: `{"text": ...}`, at most 4,000 bytes of text.
    pub fn to_google_chat(&self) -> String {
        let mut text = format!("*{}*", escaped(&self.headline(), MOST_HEADLINE));
        let link = self.link().map(|link| format!("\n<{link}|Read the report>"));
        let room = MOST_BYTES - link.as_ref().map_or(0, String::len);
        for line in self.chat_lines() {
            // A line is shown whole or not at all.
            if text.len() + 1 + line.len() <= room {
                text.push('\n');
                text.push_str(&line);
            }
        }
        text.push_str(link.as_deref().unwrap_or_default());
        json!({ "text": text }).to_string()
    }

    /// The lines below the headline, most important first.
    fn chat_lines(&self) -> Vec<String> {
        let sentence = |text: &str| escaped(text, MOST_LINE);
        let mut lines = vec![sentence(&self.confidence)];
        for (i, reason) in self.reasons.iter().enumerate() {
            lines.push(format!(
                "{}. {}",
                i + 1,
                sentence(&format!("{} ({})", reason.message, reason.code))
            ));
        }
        for step in &self.next_steps {
            lines.push(match step.starts_with("$ ") {
                true => shown_command(step, read).map_or(NOT_SHOWN.to_owned(), |command| format!("`{command}`")),
                false => format!("Next: {}", sentence(step)),
            });
        }
        lines.extend([sentence(&self.counted()), sentence(&self.subject())]);
        lines.retain(|line| !line.is_empty());
        lines
    }
}

/// An escaped text as it is read inside of code, where these marks mean nothing. A backquote would end the code.
fn read(text: &str) -> String {
    let look_alikes = [('＿', "_"), ('∗', "*"), ('∼', "~")];
    let text = escaped(text, usize::MAX);
    look_alikes
        .iter()
        .fold(text, |text, (odd, mark)| text.replace(*odd, mark))
}
