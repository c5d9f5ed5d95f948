//! Plain types that every other module speaks in. No input or output, no clock.

mod concern;
mod entry;
mod severity;
mod signal;
mod source;
mod text;
mod time;

pub use concern::Concern;
pub use entry::{Entry, LogKind, Origin, Request};
pub use severity::Severity;
pub use signal::{Level, Signal, SignalKind};
pub use source::RequestSource;
pub use text::{is_plain_name, quoted, shorten, start_of, thousands};
pub use time::{Minute, Timestamp, Window};
