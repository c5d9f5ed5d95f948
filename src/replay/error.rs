//! Why logs cannot be replayed: each error names the numbers that are there and those that are needed.

use std::fmt;

/// Why no pseudo deploy can be made of the logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayError {
    /// A revision that was asked for does not occur; the ones that do.
    NoSuchRevision(String, Vec<String>),
    /// The logs hold entries, but no request that they could be counted against.
    NoRequests,
    /// No stretch without a gap is long enough for one pair of windows.
    TooShort {
        /// Whole five minutes of the longest stretch, in minutes.
        longest: u64,
        /// Stretches between gaps.
        stretches: u64,
        /// Minutes of the baseline that are asked for.
        baseline: u64,
        /// Minutes of the candidate that are asked for.
        candidate: u64,
    },
    /// Too few blocks hold requests for one deal.
    TooFewBlocks {
        /// Blocks with requests.
        with_requests: u64,
        /// Blocks in all.
        blocks: u64,
        /// Blocks that one pair takes.
        needed: u64,
        /// Length of a block in minutes.
        block: u64,
    },
    /// In every pair of adjacent windows one side has no requests.
    NoExposure(u64),
}

/// Revisions that an error lists.
const LISTED_MAX: usize = 8;

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayError::NoSuchRevision(asked, there) => {
                let mut listed = there[..there.len().min(LISTED_MAX)].join(", ");
                if there.len() > LISTED_MAX {
                    listed.push_str(&format!(" and {} more", there.len() - LISTED_MAX));
                }
                write!(f, "no entry has a revision like {asked:?}; there are: {listed}")
            }
            ReplayError::NoRequests => {
                f.write_str("the logs hold no requests: there is nothing to count errors against")
            }
            ReplayError::TooShort {
                longest,
                stretches,
                baseline,
                candidate,
            } => {
                let needed = baseline + candidate;
                let there = match stretches {
                    0 | 1 => format!("the logs hold {longest} minutes"),
                    n => format!("the longest of {n} stretches without a gap holds {longest} minutes"),
                };
                write!(
                    f,
                    "{there}, one pair of windows takes {needed} ({baseline} and {candidate})"
                )
            }
            ReplayError::TooFewBlocks {
                with_requests,
                blocks,
                needed,
                block,
            } => write!(
                f,
                "{with_requests} of {blocks} blocks of {block} minutes hold requests, one pair takes {needed}"
            ),
            ReplayError::NoExposure(pairs) => {
                write!(f, "in each of {pairs} pairs of windows one side has no requests")
            }
        }
    }
}

impl ReplayError {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self {
            ReplayError::NoSuchRevision(..) => "check the name; * and ? are allowed: --revision 'chat-api-00041-*'",
            ReplayError::NoRequests => {
                "export the request log too: log_id(\"run.googleapis.com/requests\"), without a filter on severity"
            }
            ReplayError::TooShort { .. } | ReplayError::TooFewBlocks { .. } | ReplayError::NoExposure(_) => {
                "give logs of a longer time, or ask for less: --baseline-minutes 20 --candidate-minutes 20"
            }
        }
    }
}

impl std::error::Error for ReplayError {}
