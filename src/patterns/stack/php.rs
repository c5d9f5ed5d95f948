//! PHP: `#0 file(line): function()`, the root cause first; and the form that Monolog writes, the root cause last.
//!
//! A PHP frame names the function that was *called* at its file: the throw is at the header's file, in the function of
//! frame 0. The sites handed on are paired that way.

use std::collections::VecDeque;

use super::detect::Strength;
use super::header::{self, Header};
use super::line::{after_digits, is_number, without_number};
use super::trace::{Raised, Site, Trace};

/// Reads `#0 /app/Cart.php(12): total()`, `#1 [internal function]: f()` and `#2 {main}`.
pub(super) fn frame(trimmed: &str) -> Option<(Site<'_>, Strength)> {
    let rest = after_digits(trimmed.strip_prefix('#')?)?.strip_prefix(' ')?.trim_end();
    if rest == "{main}" {
        let function = "{main}";
        return Some((Site { function, path: "" }, Strength::Weak));
    }
    if let Some(function) = rest.strip_prefix("[internal function]: ") {
        return Some((
            Site {
                function: called(function),
                path: "",
            },
            Strength::Strong,
        ));
    }
    let (place, function) = rest.split_once("): ")?;
    let (path, number) = place.rsplit_once('(')?;
    let is_frame = is_number(number) && path.contains(['/', '\\', '.']);
    is_frame.then_some((
        Site {
            function: called(function),
            path,
        },
        Strength::Strong,
    ))
}

/// A call without its arguments.
fn called(function: &str) -> &str {
    let function = function.split_once('(').map_or(function, |(name, _)| name);
    function.split_once("@anonymous").map_or(function, |(name, _)| name)
}

struct Open<'t> {
    raised: Raised<'t>,
    /// File of the throw, or of the last frame: where the next frame's function stands.
    path: &'t str,
}

#[derive(Default)]
struct Parser<'t> {
    chain: VecDeque<Open<'t>>,
    previous: &'t str,
    /// Whether the next exception is a cause of the last one.
    goes_inward: bool,
    strong: usize,
    is_cut: bool,
}

/// Reads a message that holds a PHP trace.
pub(super) fn parse(text: &str) -> Option<Trace<'_>> {
    let mut parser = Parser::default();
    for line in text.lines() {
        parser.line(line);
    }
    let has_named = parser.chain.iter().any(|open| !open.raised.type_name.is_empty());
    if parser.strong == 0 && !has_named {
        return None;
    }
    Some(Trace {
        raised: parser.chain.into_iter().map(|open| open.raised).collect(),
        named: 0,
        is_cut: parser.is_cut,
    })
}

impl<'t> Parser<'t> {
    fn line(&mut self, line: &'t str) {
        let trimmed = line.trim();
        if let Some((site, strength)) = frame(trimmed) {
            self.strong += usize::from(strength == Strength::Strong);
            self.site(site);
        } else if let Some((header, path)) = thrown(trimmed) {
            self.start(header, path, trimmed.starts_with("[previous exception]"));
        }
        if !trimmed.is_empty() {
            self.previous = trimmed;
        }
    }

    fn start(&mut self, header: Header<'t>, path: &'t str, is_cause: bool) {
        let open = Open {
            raised: Raised {
                type_name: header.type_name,
                message: header.message,
                sites: Vec::new(),
            },
            path,
        };
        self.goes_inward = is_cause;
        match is_cause {
            true => self.chain.push_front(open),
            false => self.chain.push_back(open),
        }
    }

    fn site(&mut self, site: Site<'t>) {
        if self.chain.is_empty() {
            self.is_cut = true;
            let header = header::inside(self.previous).unwrap_or(Header {
                type_name: "".into(),
                message: "",
            });
            self.start(header, "", false);
        }
        let open = match self.goes_inward {
            true => self.chain.front_mut(),
            false => self.chain.back_mut(),
        };
        if let Some(open) = open {
            let path = std::mem::replace(&mut open.path, site.path);
            let function = site.function;
            open.raised.sites.push(Site { function, path });
        }
    }
}

/// The exception and its file in `Uncaught Type: message in /app/Cart.php:12`, `Next Type: …` and
/// `[object] (Type(code: 0): message at /app/Cart.php:12)`.
fn thrown(line: &str) -> Option<(Header<'_>, &str)> {
    if let Some((_, object)) = line.split_once("[object] (") {
        return logged(object);
    }
    let start = ["Uncaught ", "Next "]
        .iter()
        .find_map(|word| line.find(word).map(|at| at + word.len()));
    let rest = match start {
        Some(start) => &line[start..],
        None => line,
    };
    let header = header::at_start(rest).or_else(|| header::inside(rest))?;
    let (message, place) = header.message.rsplit_once(" in ")?;
    let path = without_number(place)?;
    let type_name = header.type_name;
    path.contains(['/', '\\'])
        .then_some((Header { type_name, message }, path))
}

fn logged(object: &str) -> Option<(Header<'_>, &str)> {
    let (name, rest) = object.split_once("(code: ")?;
    let (_, rest) = rest.split_once("): ")?;
    let (message, place) = rest.rsplit_once(" at ")?;
    let path = without_number(place.split_once(')').map_or(place, |(place, _)| place))?;
    let type_name = name.replace(r"\\", r"\").into();
    Some((Header { type_name, message }, path))
}
