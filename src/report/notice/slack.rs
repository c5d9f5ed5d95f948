//! The notice as the body of a message to an incoming webhook of Slack.
//!
//! Foreign text stands in `plain_text`, where no markup is read, and is escaped all the same: nothing in it links or pings.

use serde_json::{Value, json};

use super::{NOT_SHOWN, Notice, shown_command};
use crate::report::{escape, words};

/// Slack takes 150 characters in a header, 3,000 in a section, 50 blocks. It counts escaped text.
const MOST_HEADER: usize = 150;
const MOST_SECTION: usize = 2900;

impl Notice {
    /// Renders the notice as JSON for an incoming webhook of Slack: `text` for notifications, `blocks` for the channel.
    pub fn to_slack(&self) -> String {
        let headline = fit(&self.headline(), MOST_HEADER);
        let mut blocks = vec![json!({ "type": "header", "text": plain(&headline) })];
        blocks.extend(
            [self.subject(), self.confidence.clone(), self.counted()]
                .iter()
                .filter_map(|t| section(t)),
        );
        for (i, reason) in self.reasons.iter().enumerate() {
            blocks.extend(section(&format!("{}. {} ({})", i + 1, reason.message, reason.code)));
        }
        blocks.extend(self.next_steps.iter().filter_map(|step| next_step(step)));
        if let Some(link) = self.link() {
            let text = format!("<{}|Read the report>", link.replace('&', "&amp;"));
            let text = json!({ "type": "mrkdwn", "text": text, "verbatim": true });
            blocks.push(json!({ "type": "section", "text": text }));
        }
        let foot = fit(
            &format!("logverdict, {}, {}", words::time(self.at), self.id),
            MOST_HEADER,
        );
        blocks.push(json!({ "type": "context", "elements": [plain(&foot)] }));
        // `mrkdwn` is about `text` alone, `unfurl_*` about links, of which there is none but ours.
        let body = json!({
            "text": headline, "mrkdwn": false, "unfurl_links": false, "unfurl_media": false, "blocks": blocks,
        });
        body.to_string()
    }
}

fn plain(escaped: &str) -> Value {
    json!({ "type": "plain_text", "text": escaped, "emoji": false })
}

/// A section with a foreign text; none for an empty one, which Slack refuses.
fn section(text: &str) -> Option<Value> {
    let escaped = fit(text, MOST_SECTION);
    (!escaped.is_empty()).then(|| json!({ "type": "section", "text": plain(&escaped) }))
}

fn next_step(step: &str) -> Option<Value> {
    if !step.starts_with("$ ") {
        return section(&format!("Next: {step}"));
    }
    // Whole or not at all; its dots are harmless, and copied it must be the same.
    match shown_command(step, read).map(entities) {
        Some(command) if command.len() < MOST_SECTION => {
            let text = plain(&format!("$ {command}"));
            Some(json!({ "type": "section", "text": text }))
        }
        _ => section(NOT_SHOWN),
    }
}

/// A text without a zero-width space in it, escaped.
fn entities(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// An escaped text as Slack's readers see it, but for what was split.
fn read(text: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    let escaped = escape::slack(text, usize::MAX);
    entities
        .iter()
        .fold(escaped, |text, (entity, c)| text.replace(entity, c))
}

/// Escapes as much of a text as takes at most `most` units of UTF-16.
fn fit(text: &str, most: usize) -> String {
    let mut max = most;
    loop {
        let escaped = escape::slack(text, max);
        if escaped.encode_utf16().count() <= most {
            return escaped;
        }
        max = max * 3 / 4;
    }
}
