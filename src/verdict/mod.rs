//! Findings and a policy in, a verdict with reasons out. Pure: no clock, file, environment or network.

mod case;
mod outcome;

pub use case::{Case, SideFacts};
pub use outcome::{CriterionLevel, CriterionResult, Judgement, Lean, Reason, Verdict};
