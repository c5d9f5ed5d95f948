//! The Logging query language: parsed with positions in errors, evaluated over entries as Cloud Logging would.

mod error;
mod fold;
mod re2;
mod schema;
mod syntax;

pub use error::{FilterError, Warning};
pub use syntax::quote;
