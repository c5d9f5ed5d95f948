//! From frames as written to [`Frame`]s: which exception's frames decide, which of them are kept, and their stable names.

use super::trace::{Raised, Site, Trace};
use super::{CHAIN_MAX, CLASS_FRAMES, FRAMES_MAX, Frame, InApp, Language, NAME_BYTES_MAX};
use super::{names, place};
use crate::model::start_of;

/// How many frames a stack keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Those of the class: nothing else is named, which makes up most of the work.
    Deciding,
    /// All, up to the limit.
    All,
}

/// Frames of the exception that names the group; when none of them is of the application, those of the nearest
/// exception around it that has one; else its own; else those of any that has some.
pub(super) fn chosen(language: Language, trace: &Trace<'_>, rules: &InApp, keep: Keep) -> Vec<Frame> {
    let of = |raised: &Raised<'_>| frames_of(language, &raised.sites, rules, keep);
    let has_in_app = |raised: &Raised<'_>| {
        raised
            .sites
            .iter()
            .any(|site| named(language, site) && is_in_app(language, site, rules))
    };
    let outward = || trace.raised.iter().skip(trace.named).take(CHAIN_MAX);
    let has_sites = |raised: &&Raised<'_>| !raised.sites.is_empty();
    let deciding = outward().find(|raised| has_in_app(raised));
    let deciding = deciding
        .or_else(|| outward().find(has_sites))
        .or_else(|| trace.raised.iter().find(has_sites));
    deciding.map_or_else(Vec::new, of)
}

/// The distinct frames, nearest to the throw first.
fn frames_of(language: Language, sites: &[Site<'_>], rules: &InApp, keep: Keep) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::new();
    let mut libraries: Vec<Frame> = Vec::new();
    // Recursion mostly repeats the last frames: those need no second look.
    let mut recent: [Option<&Site<'_>>; 4] = [None; 4];
    for (at, site) in sites.iter().enumerate() {
        if recent.contains(&Some(site)) || !named(language, site) {
            continue;
        }
        recent[at % recent.len()] = Some(site);
        let in_app = is_in_app(language, site, rules);
        let (list, limit) = match (keep, in_app) {
            (Keep::Deciding, true) => (&mut frames, CLASS_FRAMES),
            (Keep::Deciding, false) => (&mut libraries, CLASS_FRAMES),
            (Keep::All, _) => (&mut frames, FRAMES_MAX),
        };
        if list.len() < limit {
            let frame = frame(language, site, in_app);
            if !list.contains(&frame) {
                list.push(frame);
            }
        }
        if keep == Keep::Deciding && frames.len() == CLASS_FRAMES {
            break;
        }
    }
    if frames.is_empty() { libraries } else { frames }
}

/// Whether a frame counts at all. Frames that come and go with proxies, with the settings of the JVM and with the
/// version of Python (comprehensions have frames of their own up to 3.11) do not.
fn named(language: Language, site: &Site<'_>) -> bool {
    match language {
        Language::Java => site.path != "<generated>" && !site.function.contains("$$Lambda"),
        Language::Python => !matches!(site.function, "<listcomp>" | "<dictcomp>" | "<setcomp>"),
        _ => true,
    }
}

fn is_in_app(language: Language, site: &Site<'_>, rules: &InApp) -> bool {
    let site = limited(site);
    rules.is_in_app(language, &site, || names_of(language, &site).0)
}

fn limited<'t>(site: &Site<'t>) -> Site<'t> {
    Site {
        function: start_of(site.function, 2 * NAME_BYTES_MAX),
        path: start_of(site.path, 2 * NAME_BYTES_MAX),
    }
}

fn frame(language: Language, site: &Site<'_>, in_app: bool) -> Frame {
    let (place, function) = names_of(language, &limited(site));
    Frame {
        function: names::limited(function),
        place: names::limited(place),
        in_app,
    }
}

/// Place and function, made stable.
fn names_of(language: Language, site: &Site<'_>) -> (String, String) {
    let Site { function, path } = *site;
    match language {
        Language::Python => (place::stable(path), function.to_owned()),
        Language::Node => (place::stable(path), names::node(function)),
        Language::Java => names::java(function),
        Language::Go => go(function, path),
        Language::DotNet => names::dotnet(function),
        Language::Ruby => (place::stable(path), names::ruby(function)),
        Language::Php => (place::stable(path), names::php(function)),
        Language::Rust => rust(function, path),
    }
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
