//! Says which patterns an entry matches: all of them, in one pass over its text.
//!
//! Input: a [`PackSet`] and entries. Output: the indexes of the matching patterns. It counts nothing and keeps nothing
//! between entries but buffers.
//!
//! A text is scanned once for the literals that the regexes of its log cannot match without ([`Prefilter`]); only
//! patterns whose literal turned up, and whose conditions on severity and status hold, run their own regex. Patterns
//! without a regex are looked up by log and status.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::error::{PackCause, PackError};
use super::literals::{Required, required};
use super::load::PackSet;
use super::pack::{Condition, Pattern};
use super::portable::{Portable, Unportable, portable};
use super::prefilter::{Needle, Prefilter};
use crate::model::{Entry, LogKind, Severity};

/// Largest compiled regex, in bytes.
pub const MAX_COMPILED_BYTES: usize = 1 << 20;

/// Every pattern of a set, compiled. Shared between threads; each thread brings its own [`Scratch`].
#[derive(Debug)]
pub struct Matcher {
    patterns: Vec<Compiled>,
    /// For each log, in the order of [`LogKind::ALL`].
    logs: Vec<LogPlan>,
}

/// One pattern, compiled.
#[derive(Debug)]
struct Compiled {
    condition: Condition,
    regex: Option<Regex>,
}

/// What to do with an entry of one log.
#[derive(Debug, Default)]
struct LogPlan {
    prefilter: Prefilter,
    /// Patterns with a regex that has no required literal: they are always tried.
    unfiltered: Vec<u32>,
    /// Patterns without a regex that name no status.
    fields_only: Vec<u32>,
    /// Patterns without a regex, by status from 100 to 999; empty when there are none.
    by_status: Vec<Vec<u32>>,
}

/// Buffers that one thread reuses from entry to entry.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Number of the present entry; a pattern whose mark equals it was tried already.
    turn: u64,
    marks: Vec<u64>,
    /// This thread's copies of the regexes, made when first needed: a shared one would make threads wait for its buffers.
    regexes: Vec<Option<Regex>>,
}

/// Which conditions of one matching pattern an entry met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Index of the pattern.
    pub pattern: usize,
    /// Bytes of the message that the regex matched, when the pattern has one: the leftmost match.
    pub span: Option<Range<usize>>,
    /// The entry's log, when the pattern asks for one.
    pub log: Option<LogKind>,
    /// The entry's severity, when the pattern asks for one.
    pub severity: Option<Severity>,
    /// The status of its request, when the pattern asks for one.
    pub status: Option<u16>,
}

impl Matcher {
    /// Compiles every pattern of `set`.
    ///
    /// # Errors
    /// The first pattern whose regex is outside the portable subset or too large.
    pub fn new(set: &PackSet) -> Result<Matcher, PackError> {
        let mut patterns = Vec::new();
        let mut logs: Vec<LogPlan> = Vec::new();
        let mut needles: Vec<Vec<Needle>> = vec![Vec::new(); LogKind::ALL.len()];
        logs.resize_with(LogKind::ALL.len(), LogPlan::default);
        for (index, pattern) in set.patterns().iter().enumerate() {
            let parts = compile(pattern).map_err(|reason| bad_regex(set, index, pattern, &reason))?;
            for (slot, log) in LogKind::ALL.into_iter().enumerate() {
                if pattern.condition.logs.is_empty() || pattern.condition.logs.contains(&log) {
                    logs[slot].take(index as u32, &pattern.condition, parts.as_ref(), &mut needles[slot]);
                }
            }
            let regex = parts.map(|parts| parts.regex);
            patterns.push(Compiled {
                condition: pattern.condition.clone(),
                regex,
            });
        }
        for (plan, needles) in logs.iter_mut().zip(needles) {
            plan.prefilter = Prefilter::new(needles);
        }
        Ok(Matcher { patterns, logs })
    }

    /// Appends to `out` the index of every pattern that `entry` matches, ascending, each once.
    pub fn matches(&self, entry: &Entry<'_>, scratch: &mut Scratch, out: &mut Vec<u32>) {
        if !entry.has_content {
            return;
        }
        let first = out.len();
        let plan = &self.logs[slot(entry.log)];
        self.match_fields(plan, entry, out);
        if let Some(text) = entry.message {
            self.match_text(plan, entry, text, scratch, out);
        }
        out[first..].sort_unstable();
    }

    fn match_fields(&self, plan: &LogPlan, entry: &Entry<'_>, out: &mut Vec<u32>) {
        let status = entry.request.and_then(|request| request.status);
        let by_status = status.and_then(|status| plan.by_status.get(usize::from(status).checked_sub(100)?));
        for &index in plan.fields_only.iter().chain(by_status.into_iter().flatten()) {
            if self.patterns[index as usize].condition.fields_hold(entry) {
                out.push(index);
            }
        }
    }

    fn match_text(&self, plan: &LogPlan, entry: &Entry<'_>, text: &str, scratch: &mut Scratch, out: &mut Vec<u32>) {
        scratch.begin(self.patterns.len());
        for &index in &plan.unfiltered {
            self.confirm(index, false, entry, text, scratch, out);
        }
        plan.prefilter.scan(text.as_bytes(), |needle| {
            self.confirm(needle.owner, needle.exact, entry, text, scratch, out);
        });
    }

    /// Tries one candidate, once for each entry. `certain`: a literal that is the whole regex was found.
    fn confirm(
        &self,
        index: u32,
        certain: bool,
        entry: &Entry<'_>,
        text: &str,
        scratch: &mut Scratch,
        out: &mut Vec<u32>,
    ) {
        let number = index as usize;
        let Compiled {
            condition,
            regex: Some(regex),
        } = &self.patterns[number]
        else {
            return;
        };
        if !scratch.first_try(number) || !condition.fields_hold(entry) {
            return;
        }
        if certain || scratch.regex(number, regex).is_match(text) {
            out.push(index);
        }
    }

    /// For each pattern that `entry` matches, which of its conditions met what. Slow: it tries every pattern by itself.
    pub fn explain(&self, entry: &Entry<'_>) -> Vec<Explanation> {
        let explain = |(pattern, compiled): (usize, &Compiled)| {
            let condition = &compiled.condition;
            let span = match &compiled.regex {
                None => None,
                Some(regex) => Some(regex.find(entry.message?)?.range()),
            };
            condition.fields_hold(entry).then(|| Explanation {
                pattern,
                span,
                log: (!condition.logs.is_empty()).then_some(entry.log),
                severity: condition.min_severity.map(|_| entry.severity),
                status: condition.status_of(entry),
            })
        };
        match entry.has_content {
            true => self.patterns.iter().enumerate().filter_map(explain).collect(),
            false => Vec::new(),
        }
    }
}

impl LogPlan {
    fn take(&mut self, index: u32, condition: &Condition, parts: Option<&Parts>, needles: &mut Vec<Needle>) {
        match parts {
            Some(Parts { required: None, .. }) => self.unfiltered.push(index),
            Some(Parts {
                required: Some(set),
                caseless,
                ..
            }) => {
                let needle = |bytes: &Vec<u8>| Needle {
                    bytes: bytes.clone(),
                    caseless: *caseless,
                    owner: index,
                    exact: set.exact,
                };
                needles.extend(set.literals.iter().map(needle));
            }
            None if condition.statuses.is_empty() => self.fields_only.push(index),
            None => {
                self.by_status.resize_with(900, Vec::new);
                for range in &condition.statuses {
                    for status in range.first..=range.last {
                        let place = &mut self.by_status[usize::from(status - 100)];
                        if place.last() != Some(&index) {
                            place.push(index);
                        }
                    }
                }
            }
        }
    }
}

impl Scratch {
    /// Starts the next entry.
    fn begin(&mut self, patterns: usize) {
        if self.marks.len() != patterns {
            self.marks = vec![0; patterns];
            self.regexes = vec![None; patterns];
            self.turn = 0;
        }
        self.turn += 1;
    }

    fn first_try(&mut self, pattern: usize) -> bool {
        std::mem::replace(&mut self.marks[pattern], self.turn) != self.turn
    }

    fn regex(&mut self, pattern: usize, shared: &Regex) -> &Regex {
        self.regexes[pattern].get_or_insert_with(|| shared.clone())
    }
}

/// A regex, compiled, with what the scan needs to know of it.
pub(super) struct Parts {
    pub(super) regex: Regex,
    pub(super) required: Option<Required>,
    caseless: bool,
}

/// Compiles a pattern's regex, if it has one.
pub(super) fn compile(pattern: &Pattern) -> Result<Option<Parts>, Unportable> {
    let Some(regex) = &pattern.condition.regex else {
        return Ok(None);
    };
    let Portable {
        translated,
        unfolded,
        caseless,
    } = portable(regex)?;
    let build = RegexBuilder::new(&translated).size_limit(MAX_COMPILED_BYTES).build();
    let regex = build.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => Unportable::TooLarge,
        other => Unportable::Syntax(other.to_string()),
    })?;
    let hir = regex_syntax::parse(&unfolded).map_err(|error| Unportable::Syntax(error.to_string()))?;
    Ok(Some(Parts {
        regex,
        required: required(&hir),
        caseless,
    }))
}

fn bad_regex(set: &PackSet, index: usize, pattern: &Pattern, reason: &Unportable) -> PackError {
    let cause = PackCause::BadRegex {
        id: pattern.id.clone(),
        reason: reason.to_string(),
    };
    PackError {
        file: set.file_of(index).unwrap_or_default().into(),
        line: Some(pattern.line),
        cause,
    }
}

/// Place of a log in [`LogKind::ALL`].
fn slot(log: LogKind) -> usize {
    log as usize
}
