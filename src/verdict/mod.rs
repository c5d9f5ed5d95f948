//! Findings and a policy in, a verdict with reasons out. Pure: no clock, file, environment or network.
//!
//! Input: a [`Case`] (findings, plain facts of both sides, concerns) and a [`Policy`]. Output: a [`Judgement`].
//! [`judge`] never panics, whatever the numbers are; a number that is broken proves nothing. Sentences hold no log text.

mod bounds;
mod case;
mod code;
mod confidence;
mod counts;
mod criteria;
mod decide;
mod doubts;
mod expected;
mod facts;
mod harm;
mod holds;
mod outcome;
mod outlook;
mod platform;
pub mod policy;
mod query;
mod reason;
mod stability;
mod steps;
#[cfg(test)]
mod tests;
mod unproved;
mod view;
mod wait;
mod words;

pub use case::{Case, SideFacts, WatchFacts};
pub use code::Code;
pub use decide::judge;
pub use outcome::{CriterionLevel, CriterionResult, Judgement, Lean, Reason, Verdict};
pub use outlook::{Excluded, LoadRange, Outlook, Remaining, Until};
pub use policy::{Policy, PolicyError};
