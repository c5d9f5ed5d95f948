//! Harm so plain that one look's test is certain of it, long before evidence that holds at all times is.
//!
//! A watch that looks so often must ask more of each look: its test has to hold at the limit of one look divided by the looks of
//! a day (Bonferroni). With half an hour of data the mixtures cannot tell that yet; a tenfold rate of errors can be. Server errors
//! alone: single messages come in bursts that no look can measure so early.

use super::super::finding::Rates;
use super::super::table::Family;

/// Minutes of the candidate up to which one look may decide; later the watch's own evidence is the stronger one.
pub const EARLY_MINUTES: usize = 240;
/// Looks of a day, one each five minutes.
const LOOKS: f64 = 288.0;

/// Whether a look at so many minutes of the candidate is certain of a ROLL BACK, of all looks together.
pub fn is_certain_early(family: Family, rates: &Rates, minutes: usize) -> bool {
    let may = family == Family::ServerErrors && minutes <= EARLY_MINUTES;
    may && rates.rolls_back && rates.p_tolerated * LOOKS <= rates.p_limit
}
