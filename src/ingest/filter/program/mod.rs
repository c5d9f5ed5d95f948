//! What a filter asks of an entry: the tree with its fields found, its values converted and its regexes compiled.

mod bounds;
mod check;
mod checks;
mod needle;
mod net;
mod plan;
mod words;

pub use bounds::time_bounds;
pub use check::{Checked, check};
pub use needle::{Needle, bool_of, duration, number};
pub use net::Net;
pub use plan::{Known, Node, Plan, Slot};
pub use words::Words;

use regex::bytes::Regex;

use super::syntax::{CastType, Op};

/// A condition over an entry.
#[derive(Debug, Clone)]
pub enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    Leaf(Box<Leaf>),
}

/// A condition over the values of one field: it holds if it holds for any of them.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Number of the field in the plan.
    pub slot: usize,
    /// What is done to a value before it is looked at, the first step first.
    pub steps: Vec<Step>,
    pub check: Check,
}

/// A function whose result is compared.
#[derive(Debug, Clone)]
pub enum Step {
    /// The offset is the zone's, in seconds east of UTC.
    Cast(CastType, i32),
    Extract(Regex),
}

/// What is asked of a value.
#[derive(Debug, Clone)]
pub enum Check {
    Present,
    Compare(Op, Needle),
    /// With `true`: does not match.
    Regex(Regex, bool),
    Net(Net),
    /// Hashes below this are in the sample.
    Sample(u64),
    /// Over all values together.
    Words(Words),
    /// The id behind `/logs/`, unescaped.
    LogId(Needle),
    /// The owner before `/logs/`.
    Source(Needle),
}
