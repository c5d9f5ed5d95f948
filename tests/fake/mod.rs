//! A fake of Google's APIs on this machine: real HTTP, faults by plan, every request on record.
//!
//! ```ignore
//! let fake = Fake::start();
//! fake.on("GET", "/v2/projects/*", |_| Response::json(json!({"name": "chat-api"})));
//! fake.fail("/v2/projects/*", 1..=2, Fault::unavailable());
//! let client = fake.client(clock, options);
//! ```

#![allow(dead_code)] // included by several targets, none of which uses all of it

mod auth;
mod fault;
mod http;
pub mod logging;
pub mod monitoring;
pub mod run;
mod server;
pub mod storage;

#[allow(unused_imports)]
pub use auth::Auth;
#[allow(unused_imports)]
pub use fault::{Fault, When};
#[allow(unused_imports)]
pub use http::{Request, Response};
#[allow(unused_imports)]
pub use server::Fake;
