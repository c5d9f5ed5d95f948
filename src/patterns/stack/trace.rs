//! What a parser hands on: exceptions and frames as they were written, borrowed from the message.

use std::borrow::Cow;
use std::collections::VecDeque;

/// A frame as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Site<'t> {
    /// The function, with the class or package where the language writes both together.
    pub function: &'t str,
    /// The file without line and column; empty when the trace gives none.
    pub path: &'t str,
}

/// An exception as written.
#[derive(Debug, Clone, Default)]
pub(super) struct Raised<'t> {
    /// Its type; empty when the trace does not say.
    pub type_name: Cow<'t, str>,
    /// First line of its message.
    pub message: &'t str,
    /// Its frames, the one nearest to the throw first.
    pub sites: Vec<Site<'t>>,
}

/// A trace as written.
#[derive(Debug, Default)]
pub(super) struct Trace<'t> {
    /// The exceptions, from the root cause to the outermost.
    pub raised: VecDeque<Raised<'t>>,
    /// Index in `raised` of the one that names the group.
    pub named: usize,
    /// Whether an end is missing.
    pub is_cut: bool,
}
