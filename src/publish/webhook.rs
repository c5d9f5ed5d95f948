//! Where notices go: kind and address of a webhook, as people write them.
//!
//! Input: `slack=URL`, `chat=URL`, `json=URL`, or a URL whose host tells the kind. The URL is a secret: who has it can post.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use super::{PublishError, PublishErrorKind, SendOptions, deliver};
use crate::cloud;
use crate::report::Notice;

/// What a webhook understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WebhookKind {
    /// An incoming webhook of Slack.
    Slack,
    /// An incoming webhook of Google Chat.
    GoogleChat,
    /// Anything that takes the JSON of `docs/schema/notice.schema.json`.
    Json,
}

/// A place to send notices to.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    kind: WebhookKind,
    url: Url,
}

impl Webhook {
    /// Reads `slack=URL`, `chat=URL`, `json=URL` or a URL alone, whose kind is that of `hooks.slack.com` or
    /// `chat.googleapis.com`, else [`WebhookKind::Json`].
    ///
    /// # Errors
    /// When it is no URL, names an unknown kind, has a user, password or fragment, or is `http://` and not of this machine.
    pub fn parse(text: &str) -> Result<Webhook, PublishError> {
        let text = text.trim();
        let (name, address) = match text.split_once('=') {
            // A URL alone may have a `=` in its query.
            Some((name, address)) if !name.contains([':', '/', '?']) => (Some(name), address),
            _ => (None, text),
        };
        let kind = name.map(kind_named).transpose()?;
        let url = check(address)?;
        let kind = kind.unwrap_or_else(|| kind_of_host(&url));
        Ok(Webhook { kind, url })
    }

    /// What it understands.
    pub fn kind(&self) -> WebhookKind {
        self.kind
    }

    /// Scheme and host, such as `https://hooks.slack.com`: what may be shown of the address.
    pub fn place(&self) -> String {
        format!("{}://{}", self.url.scheme(), self.url.host_str().unwrap_or_default())
    }

    /// Sends a notice and waits until the webhook has taken it. Tries again what can get better; a notice may then arrive
    /// twice, with the same `Idempotency-Key`: its id. Blocks for no longer than `options` allow; not for use in async code.
    ///
    /// # Errors
    /// When the webhook refuses, or was not reached in all attempts or in the time for all of them.
    pub fn send(&self, notice: &Notice, options: &SendOptions) -> Result<(), PublishError> {
        let body = match self.kind {
            WebhookKind::Slack => notice.to_slack(),
            WebhookKind::GoogleChat => notice.to_google_chat(),
            WebhookKind::Json => notice.to_json(),
        };
        deliver::deliver(self, &notice.id, body, options)
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn is_local(&self) -> bool {
        cloud::is_loopback(&self.url)
    }
}

impl FromStr for Webhook {
    type Err = PublishError;

    fn from_str(text: &str) -> Result<Webhook, PublishError> {
        Webhook::parse(text)
    }
}

impl fmt::Debug for Webhook {
    /// Without path and query, which are the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({:?}, {}/...)", self.kind, self.place())
    }
}

fn kind_named(name: &str) -> Result<WebhookKind, PublishError> {
    match name {
        "slack" => Ok(WebhookKind::Slack),
        "chat" => Ok(WebhookKind::GoogleChat),
        "json" => Ok(WebhookKind::Json),
        // The name is not repeated: a secret may have been pasted here.
        _ => Err(bad(
            "what stands before the `=` is no kind of webhook",
            "use slack=URL, chat=URL or json=URL",
        )),
    }
}

fn kind_of_host(url: &Url) -> WebhookKind {
    match url.host_str() {
        Some("hooks.slack.com" | "hooks.slack-gov.com") => WebhookKind::Slack,
        Some("chat.googleapis.com") => WebhookKind::GoogleChat,
        _ => WebhookKind::Json,
    }
}

fn check(address: &str) -> Result<Url, PublishError> {
    let example = "write it as in slack=https://hooks.slack.com/services/...";
    let url = Url::parse(address).map_err(|e| bad(format!("the webhook is no URL: {e}"), example))?;
    if url.host_str().is_none_or(str::is_empty) || !matches!(url.scheme(), "http" | "https") {
        return Err(bad("the webhook is no https URL with a host", example));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(bad("the webhook's URL has a user, a password or a fragment", example));
    }
    if url.scheme() == "http" && !cloud::is_loopback(&url) {
        let host = url.host_str().unwrap_or_default();
        return Err(bad(
            format!("http://{host} would send the notices and the secret address in the clear"),
            "use https://; http:// is for 127.0.0.1, [::1] and localhost alone",
        ));
    }
    Ok(url)
}

fn bad(cause: impl Into<String>, hint: &str) -> PublishError {
    PublishError::new(PublishErrorKind::BadWebhook, cause, hint)
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
