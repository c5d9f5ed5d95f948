//! Reading from Google Cloud: from arguments to a profile like any other.

mod gcloud;
mod session;
mod target;
mod window;

pub use session::Session;
