//! What a deploy must show: statistical defaults, expected changes and criteria, from a TOML file.
//!
//! Input: the text of a policy. Output: a checked [`Policy`] or a [`PolicyError`] with cause, hint and line. It reads no file.
//! Every key is known or an error: a misspelt setting must never quietly take its default.

mod criterion;
mod error;
mod glob;
mod parse;
mod read;
mod settings;
mod statistics;
#[cfg(test)]
mod tests;

pub use criterion::{Criterion, CriterionKind, Population, Quantile, Yardstick};
pub use error::{PolicyError, PolicyFault};
pub use glob::SignalGlob;
pub use statistics::{LatencyTolerance, LatencyTolerances, Shares, Statistics};

/// The schema that a policy file names in its first key.
pub const SCHEMA: &str = "logverdict.policy/1";

/// A checked policy. The default has the statistical defaults, no expected changes and no criteria.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// Settings of the statistics.
    pub statistics: Statistics,
    /// Changes that are expected, and so no harm.
    pub expect: Vec<Expect>,
    /// What must be shown, in the order of the file.
    pub criteria: Vec<Criterion>,
}

/// One expected change.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// Which signals.
    pub signal: SignalGlob,
    /// What they may do.
    pub allowance: Allowance,
    /// Why, in the policy's words; empty when not given.
    pub because: String,
}

/// What an expected signal may do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Allowance {
    /// Rise up to this rate per unit of exposure (0.02: in 2 % of the requests).
    RiseTo(f64),
    /// Appear although the baseline did not have it, in any number.
    Appear,
    /// Rise, by any amount.
    Rise,
    /// No longer occur.
    Vanish,
}

impl Policy {
    /// Reads and checks a policy.
    ///
    /// ```
    /// use logverdict::verdict::Policy;
    /// let policy = Policy::parse("schema = \"logverdict.policy/1\"\n[statistics]\nmin-minutes = 30\n")?;
    /// assert_eq!(policy.statistics.min_minutes, 30);
    /// let error = Policy::parse("schema = \"logverdict.policy/1\"\n[statistics]\nmin-minuts = 30\n").unwrap_err();
    /// assert_eq!(error.line, Some(3));
    /// assert!(error.to_string().contains("min-minutes"));
    /// # Ok::<(), logverdict::verdict::PolicyError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Policy, PolicyError> {
        parse::policy(text)
    }
}
