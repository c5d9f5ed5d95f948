//! The state of a watch: everything that a look needs to know of the looks before it, in one file.
//!
//! Input: what one look changed, as JSON texts. Output: what was saved, when the file is opened again. Knows nothing of what
//! the texts mean.
//!
//! # What is kept
//!
//! The file is an SQLite database with an application id of its own. One look is one transaction, so that a kill, a crash or
//! a full disk at any moment leaves either all of a look or nothing of it. While a watch has the file open, nobody else gets
//! at it. Texts are compressed, and each has a checksum, so that damage is found rather than judged by.
//!
//! A state belongs to one watch ([`Identity`]): that of another is refused by the name of what differs.
//!
//! # In Cloud Storage
//!
//! [`RemoteState`] brings the file from `gs://BUCKET/PATH` and back. A write happens only if the object is still the one that
//! was read, so that of two runs at once one is [overtaken](StateError::Overtaken) and keeps nothing.
//!
//! ```text
//! fetch ──▶ Store::open ──▶ commit ──▶ Store::bytes ──▶ put
//! ```

mod address;
mod blob;
mod connect;
mod content;
mod error;
mod flaw;
#[cfg(test)]
mod kill_tests;
mod local;
mod refusal;
mod remote;
mod schema;
mod store;
#[cfg(test)]
mod store_tests;
mod tables;
mod transport;

pub use content::{Commit, Identity, Saved};
pub use error::StateError;
pub use remote::{RemoteState, Version, is_object};
pub use store::Store;
