//! Lines that begin with `at `: frames of the JVM, of .NET and of JavaScript, told apart by what stands in parentheses.

use super::Language;
use super::detect::Strength;
use super::line::{is_name_byte, is_number, without_number};
use super::trace::Site;

/// A frame and who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'t> {
    pub language: Language,
    pub strength: Strength,
    pub site: Site<'t>,
}

/// Reads one frame; the text begins with `at `.
pub(super) fn frame(trimmed: &str) -> Option<Found<'_>> {
    let rest = trimmed.strip_prefix("at ")?.trim();
    java(rest).or_else(|| dotnet(rest)).or_else(|| node(rest))
}

/// Ends of the file names that the JVM writes into frames.
const JVM_FILES: [&str; 6] = [".java", ".kt", ".kts", ".scala", ".groovy", ".clj"];
/// What the JVM writes in place of a file name.
const JVM_PLACES: [&str; 5] = [
    "Native Method",
    "Unknown Source",
    "<generated>",
    "SourceFile",
    "<unknown>",
];

/// `com.acme.Cart.total(Cart.java:12) ~[shop.jar:1.0]`.
fn java(rest: &str) -> Option<Found<'_>> {
    let (name, inner) = rest.split_once('(')?;
    if name.contains(' ') || !name.contains('.') || name.ends_with('.') {
        return None;
    }
    let (inner, _) = inner.split_once(')')?;
    let file = without_number(inner).unwrap_or(inner);
    if !JVM_PLACES.contains(&file) && !JVM_FILES.iter().any(|end| file.ends_with(end)) {
        return None;
    }
    let site = Site {
        function: name,
        path: file,
    };
    Some(Found {
        language: Language::Java,
        strength: Strength::Strong,
        site,
    })
}

/// `Acme.Shop.Cart.Total(String id) in /src/Cart.cs:line 12`; weak without the file.
fn dotnet(rest: &str) -> Option<Found<'_>> {
    let (name, inner) = rest.split_once('(')?;
    if name.is_empty() || name.ends_with(['.', ' ']) || !name.contains('.') || !is_dotnet_name(name) {
        return None;
    }
    let close = inner
        .find(") in ")
        .or_else(|| inner.ends_with(')').then(|| inner.len() - 1))?;
    if !is_dotnet_arguments(&inner[..close]) {
        return None;
    }
    let after = &inner[close + 1..];
    let path = after.strip_prefix(" in ").and_then(|place| place.rsplit_once(":line "));
    let path = path.filter(|(_, number)| is_number(number)).map(|(path, _)| path);
    if path.is_none() && !after.is_empty() {
        return None;
    }
    let strength = if path.is_some() {
        Strength::Strong
    } else {
        Strength::Weak
    };
    let site = Site {
        function: name,
        path: path.unwrap_or_default(),
    };
    Some(Found {
        language: Language::DotNet,
        strength,
        site,
    })
}

/// Blanks stand only between the brackets of generic arguments.
fn is_dotnet_name(name: &str) -> bool {
    let outside = name.split_once('[').map_or(name, |(before, _)| before);
    let is_part = |b: u8| is_name_byte(b) || matches!(b, b'.' | b'+' | b'`' | b'<' | b'>' | b'|' | b'$' | b'-' | b'=');
    outside.bytes().all(is_part)
}

/// No argument, or a type and a name each.
fn is_dotnet_arguments(arguments: &str) -> bool {
    arguments.is_empty() || arguments.contains(' ') && !arguments.contains(':')
}

/// `total (/app/cart.js:1:2)`, `async /app/cart.js:1:2`, `Array.map (<anonymous>)`.
fn node(rest: &str) -> Option<Found<'_>> {
    let rest = rest.trim_end_matches(['{', ',', ' ']);
    let rest = rest.strip_prefix("async ").unwrap_or(rest);
    let (function, strength, path) = match rest.split_once(" (") {
        Some((function, inner)) if rest.ends_with(')') => {
            let (strength, path) = node_place(&inner[..inner.len() - 1])?;
            (function, strength, path)
        }
        _ => (
            "",
            Strength::Strong,
            node_path(rest).filter(|path| !path.contains(' '))?,
        ),
    };
    if function.contains([':', ';', '"', '!', '?', ',']) {
        return None;
    }
    Some(Found {
        language: Language::Node,
        strength,
        site: Site { function, path },
    })
}

/// What stands in the parentheses of a JavaScript frame.
fn node_place(inner: &str) -> Option<(Strength, &str)> {
    if let Some(path) = node_path(inner.strip_prefix("address at ").unwrap_or(inner)) {
        return Some((Strength::Strong, path));
    }
    let is_builtin = matches!(inner, "<anonymous>" | "native" | "unknown");
    if is_builtin || inner.strip_prefix("index ").is_some_and(is_number) {
        return Some((Strength::Weak, "<anonymous>"));
    }
    inner.starts_with("eval at ").then_some((Strength::Weak, "<eval>"))
}

/// The path of `path:line:column`.
fn node_path(place: &str) -> Option<&str> {
    if place.starts_with("eval at ") {
        return None;
    }
    let path = without_number(without_number(place)?)?;
    let is_path = path.contains(['/', '\\']) || path.starts_with("node:") || is_script(path);
    (is_path && !path.starts_with(|c: char| c.is_ascii_digit())).then_some(path)
}

/// Whether a file name ends like one of JavaScript or TypeScript.
pub(super) fn is_script(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(
        extension,
        "js" | "ts" | "mjs" | "cjs" | "mts" | "cts" | "jsx" | "tsx" | "vue" | "svelte" | "bundle" | "<anonymous>"
    )
}

/// `total@https://shop.example/cart.js:1:2`, as Firefox and Safari write a frame.
pub(super) fn browser_frame(line: &str) -> Option<Site<'_>> {
    let line = line.trim_end();
    if !line.as_bytes().last()?.is_ascii_digit() {
        return None;
    }
    let (function, place) = line.split_once('@')?;
    let path = without_number(without_number(place)?)?;
    let is_url = ["https://", "http://", "file://", "webpack"]
        .iter()
        .any(|start| path.starts_with(start));
    (is_url && !function.contains(' ') && !path.contains(' ')).then_some(Site { function, path })
}
