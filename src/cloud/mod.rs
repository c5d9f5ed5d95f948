//! Speaks to Google's APIs: signs in, keeps to the quota, tries again, and words what went wrong.
//!
//! Input: calls of [`Client`]. Output: parsed answers or a [`CloudError`] with cause and hint. Knows nothing of entries,
//! patterns or verdicts. A token or key is never in an error, a log or a debug text.

mod answer;
mod call;
mod client;
mod clock;
mod diagnose;
mod endpoint;
mod error;
pub mod monitoring;
mod quota;
mod retry;
pub mod run;
mod sign_in;
mod token;

pub use call::{Api, Call, Method, encode_segment};
pub use client::{Client, ClientOptions, Stats};
pub use clock::{Clock, SystemClock, TestClock};
pub use endpoint::Endpoints;
pub use error::{CloudError, ErrorKind};
pub use retry::RetryPolicy;
pub use sign_in::{AccessToken, Env, GoogleCredentials, SIGN_IN_THREAD, env_text, sign_in, sign_in_to_storage};
pub use token::{AuthHeaders, TokenSource};
