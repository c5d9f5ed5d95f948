//! From a trace as written to a [`Stack`]: stable names, in-app rules, the exception whose frames decide.

use super::frames::{self, Keep};

use super::trace::{Raised, Trace};
use super::{CHAIN_MAX, InApp, Language, MESSAGE_BYTES_MAX, NAME_BYTES_MAX, Stack, Thrown};
use crate::model::start_of;

/// Builds the stack; none when the trace has neither exception nor frame.
pub(super) fn stack(language: Language, trace: &Trace<'_>, rules: &InApp, keep: Keep) -> Option<Stack> {
    if trace.raised.is_empty() {
        return None;
    }
    let frames = frames::chosen(language, trace, rules, keep);
    let has_site = |raised: &Raised<'_>| !raised.sites.is_empty();
    let has_no_site = !trace.raised.iter().any(has_site);
    let (kept, named) = within_limit(trace);
    let thrown: Vec<Thrown> = kept.into_iter().map(thrown).collect();
    let is_nameless = thrown
        .iter()
        .all(|thrown| thrown.type_name.is_empty() && thrown.message.is_empty());
    if is_nameless && frames.is_empty() {
        return None;
    }
    Some(Stack {
        language,
        thrown: if is_nameless { Vec::new() } else { thrown },
        named: if is_nameless { 0 } else { named },
        frames,
        is_cut: trace.is_cut || is_nameless || has_no_site,
    })
}

fn thrown(raised: &Raised<'_>) -> Thrown {
    Thrown {
        type_name: start_of(&raised.type_name, NAME_BYTES_MAX).to_owned(),
        message: start_of(raised.message, MESSAGE_BYTES_MAX).to_owned(),
    }
}

/// At most [`CHAIN_MAX`] exceptions: half from each end of the chain, and always the one that names the group.
fn within_limit<'a, 't>(trace: &'a Trace<'t>) -> (Vec<&'a Raised<'t>>, usize) {
    let all = &trace.raised;
    if all.len() <= CHAIN_MAX {
        return (all.iter().collect(), trace.named);
    }
    let half = CHAIN_MAX / 2;
    let from_end = all.len() - half;
    let keep = |at: usize| at < half || at >= from_end;
    let mut kept: Vec<usize> = (0..half).chain(from_end..all.len()).collect();
    if !keep(trace.named) {
        kept[half - 1] = trace.named;
    }
    let named = kept.iter().position(|&at| at == trace.named).unwrap_or(0);
    (kept.into_iter().map(|at| &all[at]).collect(), named)
}
