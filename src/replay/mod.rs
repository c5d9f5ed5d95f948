//! Is the verdict to be trusted on *this* service? Pseudo deploys of its own logs, with and without known harm, judged as
//! real ones are, and counted; and the sums over past deploys, with the settings that would have judged them better.
//!
//! Input: the grouped counts of a time without a deploy, a [`Plan`], a policy. Output: the counts of a report. No clock, file
//! or network; random numbers come from the plan's seed alone, so that the same logs give the same counts.
//! `docs/replay.md` says what the numbers mean and what they do not.

mod calibrate;
mod cut;
mod dice;
mod error;
mod harm;
mod inject;
mod judge;
mod logs;
mod mend;
mod past;
mod plan;
mod tally;
#[cfg(test)]
mod tests;
mod vary;

pub use calibrate::{Plan, calibrate};
pub use dice::Dice;
pub use error::ReplayError;
pub use harm::{HARMS, Harm};
pub use judge::{PseudoDeploy, judged};
pub use logs::{Logs, Usual};
pub use mend::{DEPLOYS_TRIED_MAX, Tried, Worth, tried};
pub use past::{counted, outcome, truth};
pub use plan::{Deck, Lengths, WINDOWS_MAX, Windows};
pub use vary::{VARIATIONS, Variation};
