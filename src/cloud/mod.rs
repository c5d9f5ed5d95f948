//! Speaks to Google's APIs: signs in, keeps to the quota, tries again, and words what went wrong.
//!
//! Input: calls of [`Client`]. Output: parsed answers or a [`CloudError`] with cause and hint. Knows nothing of entries,
//! patterns or verdicts. A token or key is never in an error, a log or a debug text.

pub mod monitoring;
pub mod run;
