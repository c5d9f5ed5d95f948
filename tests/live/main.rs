//! Reads from a fake of Google's APIs: real HTTP over loopback, with paging, quota, faults and sign-in.

#[path = "../fake/mod.rs"]
mod fake;

mod cli;
mod deploys;
mod faults;
mod fetching;
mod monitor;
mod monitoring;
mod reading;
mod sign_in;
mod transport;
