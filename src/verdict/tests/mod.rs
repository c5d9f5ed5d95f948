//! Tests of the decision as a whole, on made-up cases.

mod build;
mod criteria;
mod holds;
mod outlook;
mod properties;
mod rollback;
mod seeds;
mod together;
mod told;
