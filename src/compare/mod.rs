//! Two profiles in, findings out: pure statistics on integer counts. No clock, file, environment or network.
//!
//! [`assess`] compares a count table; [`decide`] applies the statistical part of the decision rule to what it says. The
//! modules below hold the methods, one each; `docs/statistics.md` says why they are what they are.

mod adjust;
mod arms;
mod assess;
mod assessment;
pub mod bets;
pub mod blocks;
mod build;
mod cycle;
mod decide;
#[cfg(test)]
mod degenerate_tests;
pub mod dispersion;
pub mod distributions;
mod finding;
mod follow;
mod frame;
mod hours;
pub mod latency;
pub mod multiplicity;
pub mod noninferiority;
pub mod rates;
mod settings;
mod sides;
pub mod spread;
mod table;
#[cfg(test)]
pub(crate) mod test_data;
#[cfg(test)]
mod test_tables;
pub mod traces;
pub mod watch;

pub use arms::clock;
pub use assess::{assess, assess_with_traces};
pub use assessment::{Assessment, LatencyAssessment, RouteAssessment, RowAssessment};
pub use build::{compare, compare_watched};
pub use decide::{Decision, DecisionReason, Outcome, Subject, decide};
pub use finding::{Change, Dispersion, Finding, Interval, LatencyFinding, Rates, SideCount};
pub use settings::{LatencyTolerance, Settings};
pub use sides::{Choice, Side, SideError, Sides, exactly, one_input, two_inputs};
pub use table::{Arm, Family, Histogram, Pairing, Row, Table};
pub use watch::{Alarm, AlarmSubject, EARLY_MINUTES, WATCH_SCHEMA, Watch, is_certain_early};
