//! From a trace as written to a [`Stack`]: stable names, in-app rules, the exception whose frames decide.

use std::collections::VecDeque;

use super::trace::{Raised, Site, Trace};
use super::{CHAIN_MAX, FRAMES_MAX, Frame, InApp, Language, MESSAGE_BYTES_MAX, NAME_BYTES_MAX, Stack, Thrown};
use super::{line, names, place};

/// Builds the stack; none when the trace has neither exception nor frame.
pub(super) fn stack(language: Language, trace: Trace<'_>, rules: &InApp) -> Option<Stack> {
    if trace.raised.is_empty() {
        return None;
    }
    let frames = frames(language, &trace, rules);
    let has_site = |raised: &Raised<'_>| !raised.sites.is_empty();
    let has_no_site = !trace.raised.iter().any(has_site);
    let (kept, named) = within_limit(&trace);
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
        type_name: line::bounded(&raised.type_name, NAME_BYTES_MAX).to_owned(),
        message: line::bounded(raised.message, MESSAGE_BYTES_MAX).to_owned(),
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

/// Frames of the exception that names the group; when none of them is of the application, those of the nearest
/// exception around it that has one; else its own; else those of any that has some.
fn frames(language: Language, trace: &Trace<'_>, rules: &InApp) -> Vec<Frame> {
    let outward = trace.raised.iter().skip(trace.named).take(CHAIN_MAX);
    let mut fallback: Option<Vec<Frame>> = None;
    for raised in outward {
        let frames = frames_of(language, &raised.sites, rules);
        if frames.iter().any(|frame| frame.in_app) {
            return frames;
        }
        if fallback.as_ref().is_none_or(Vec::is_empty) {
            fallback = Some(frames);
        }
    }
    match fallback {
        Some(frames) if !frames.is_empty() => frames,
        _ => first_frames(language, &trace.raised, rules),
    }
}

fn first_frames(language: Language, raised: &VecDeque<Raised<'_>>, rules: &InApp) -> Vec<Frame> {
    let any = raised.iter().find(|raised| !raised.sites.is_empty());
    any.map_or_else(Vec::new, |raised| frames_of(language, &raised.sites, rules))
}

/// The distinct frames, nearest to the throw first, at most [`FRAMES_MAX`].
fn frames_of(language: Language, sites: &[Site<'_>], rules: &InApp) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::with_capacity(sites.len().min(FRAMES_MAX));
    // Recursion mostly repeats the last frames: those need no second look.
    let mut recent: [Option<&Site<'_>>; 4] = [None; 4];
    for (at, site) in sites.iter().enumerate() {
        if recent.contains(&Some(site)) {
            continue;
        }
        recent[at % recent.len()] = Some(site);
        let Some(frame) = frame(language, site, rules) else {
            continue;
        };
        if !frames.contains(&frame) {
            frames.push(frame);
        }
        if frames.len() == FRAMES_MAX {
            break;
        }
    }
    frames
}

fn frame(language: Language, site: &Site<'_>, rules: &InApp) -> Option<Frame> {
    let function = line::bounded(site.function, 2 * NAME_BYTES_MAX);
    let path = line::bounded(site.path, 2 * NAME_BYTES_MAX);
    let (place, function) = match language {
        Language::Python => (place::stable(path), python_function(function)?),
        Language::Node => (place::stable(path), names::node(function)),
        Language::Java if is_generated(function, path) => return None,
        Language::Java => names::java(function),
        Language::Go => go(function, path),
        Language::DotNet => names::dotnet(function),
        Language::Ruby => (place::stable(path), names::ruby(function)),
        Language::Php => (place::stable(path), names::php(function)),
        Language::Rust => rust(function, path),
    };
    let (place, function) = (names::limited(place), names::limited(function));
    let in_app = rules.is_in_app(language, path, &place, &function);
    Some(Frame {
        function,
        place,
        in_app,
    })
}

/// Frames that come and go with proxies and the settings of the JVM.
fn is_generated(function: &str, path: &str) -> bool {
    path == "<generated>" || function.contains("$$Lambda")
}

/// Comprehensions have frames of their own up to Python 3.11 only: none.
fn python_function(name: &str) -> Option<String> {
    let is_inlined = matches!(name, "<listcomp>" | "<dictcomp>" | "<setcomp>");
    (!is_inlined).then(|| name.to_owned())
}

/// The package and the file's own name: the folder on the machine that built it says nothing more.
fn go(function: &str, path: &str) -> (String, String) {
    let (package, function) = names::go(function);
    let file = path.rsplit('/').next().unwrap_or(path);
    match package.as_str() {
        "" => (place::stable(path), function),
        _ => (format!("{package}/{file}"), function),
    }
}

/// The file, or the module where the backtrace gives none.
fn rust(function: &str, path: &str) -> (String, String) {
    let function = names::rust(function);
    match path {
        "" => (
            function.rsplit_once("::").map_or("", |(module, _)| module).to_owned(),
            function,
        ),
        path => (place::stable(path), function),
    }
}
