//! Tells people and machines about a watch: notices to webhooks, a comment in a GitHub issue, a status page with health and metrics.
//!
//! Input: notices and reports. Output: HTTP requests and answers, or a [`PublishError`] with cause and hint. What stands at the
//! other end is not trusted: it costs bounded time and memory. The address of a webhook is a secret and is never in an error
//! or a debug text. It must not decide when or what to tell.

mod deliver;
mod error;
#[cfg(test)]
mod fake;
mod github;
mod metrics;
mod status;
mod transport;
mod view;
mod webhook;

pub use deliver::SendOptions;
pub use error::{PublishError, PublishErrorKind};
pub use github::{Draft, GithubApi, GithubComment, GithubIssue, GithubToken, Posted, PostedHow};
pub use status::{StatusServer, is_loopback};
pub use view::{Health, SharedView, StatusView};
pub use webhook::{Webhook, WebhookKind};
