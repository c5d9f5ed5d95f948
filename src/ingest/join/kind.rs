//! What a message may be in a stack trace, told by its first bytes.
//!
//! Input: a message text. Output: its [`Kind`], or `None` for the ordinary message, which costs a look into a table and the
//! reading of its first word. It looks at one message alone: whether a trace is there at all, [`super::assemble`] decides.

use super::phrases::{self, TRACEBACK};

/// Whose frames they are. Java, Kotlin, Node and .NET write theirs alike: `at NAME (PLACE)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Python,
    At,
    Go,
    Rust,
    Ruby,
    Php,
}

/// The place that a line may have in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Certainly begins a trace: `Traceback (most recent call last):`, `panic: `.
    Start(Language),
    /// An exception's name and text: ends a trace of Python, begins those of `at` frames.
    Head,
    /// The same, though the name could be any word: `Timeout: 3 s`.
    MaybeHead,
    /// A call, or a line that only stands between calls.
    Frame(Language),
    /// The function of a Go frame, which could be any text: the line below tells.
    Call,
    /// The text of a panic where Rust writes it, below the line that tells of the panic.
    Reason,
    /// Indented, blank or carets: source code, notes, the rest of a text.
    Detail,
    /// Another exception inside of the same trace: `Caused by: `.
    Cause,
    /// Between two traces of one chain: `During handling of the above exception, ...`.
    Link,
    /// Announces a trace: `Exception in ASGI application`.
    Lead,
    /// Follows a trace: `exit status 2`.
    Trailer(Language),
    /// A trace in one entry.
    Whole(Language),
    /// A link with the whole trace that it leads to, in one entry.
    LinkedWhole,
}

/// Bytes of a message that may be a part. Cloud Logging cuts entries at 256 KiB; such a trace stays as it is.
pub const PART_BYTES_MAX: usize = 64 << 10;
/// Bytes of an indented line that may be a part: source code and notes are short.
const DETAIL_BYTES_MAX: usize = 1_024;
/// Lines of a message in which the first frame of a whole trace is looked for.
const FRAME_LINES_MAX: usize = 8;

/// What a first byte can begin.
#[derive(Clone, Copy)]
enum First {
    Nothing,
    Letter,
    Blank,
    Sign,
}

const FIRST: [First; 256] = {
    let mut table = [First::Nothing; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = match b as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => First::Letter,
            b' ' | b'\t' | b'\n' | b'\r' => First::Blank,
            b'#' | b'[' | b'^' | b'}' | b']' | b'.' | b'/' | b'-' | b'(' | b'<' | b'0'..=b'9' => First::Sign,
            _ => First::Nothing,
        };
        b += 1;
    }
    table
};

/// The kind of a message; `None` for one that is no part of a trace.
#[inline]
pub fn kind_of(text: &str) -> Option<Kind> {
    let Some(first) = text.bytes().next() else {
        return Some(Kind::Detail);
    };
    match FIRST[usize::from(first)] {
        First::Nothing => None,
        First::Letter => of_letter(text),
        First::Blank => of_blank(text),
        First::Sign => of_sign(text, first),
    }
    .and_then(|kind| in_one_entry(text, kind))
}

/// The kind of an entry whose first line has the given kind.
#[cold]
fn in_one_entry(text: &str, kind: Kind) -> Option<Kind> {
    if text.len() > PART_BYTES_MAX {
        return None;
    }
    let text = text.trim_end_matches(['\n', '\r']).trim_start_matches(['\n', '\r']);
    let Some(end) = memchr::memchr(b'\n', text.as_bytes()) else {
        return Some(kind);
    };
    let rest = &text[end + 1..];
    let first_frame = || {
        let kinds = rest.lines().take(FRAME_LINES_MAX).filter_map(kind_of_line);
        kinds.into_iter().find_map(|kind| match kind {
            Kind::Frame(language) | Kind::Start(language) => Some(language),
            _ => None,
        })
    };
    match kind {
        Kind::Start(language) => Some(Kind::Whole(language)),
        Kind::Link => first_frame().map(|_| Kind::LinkedWhole),
        Kind::Head | Kind::MaybeHead | Kind::Lead => first_frame().map(Kind::Whole),
        Kind::Frame(_) | Kind::Cause => Some(kind),
        _ => None,
    }
}

fn kind_of_line(line: &str) -> Option<Kind> {
    match FIRST[usize::from(line.bytes().next()?)] {
        First::Nothing => None,
        First::Letter => of_letter(line),
        First::Blank => of_blank(line),
        First::Sign => of_sign(line, line.as_bytes()[0]),
    }
}

#[inline]
fn of_letter(text: &str) -> Option<Kind> {
    let phrase = phrases::of(text.as_bytes()[0])
        .iter()
        .find(|(start, _)| text.starts_with(start));
    if let Some((start, kind)) = phrase
        && fits(text, start.len(), *kind)
    {
        return Some(*kind);
    }
    of_word(text)
}

/// Whether what comes after the beginning bears it out, where the beginning alone could be prose.
fn fits(text: &str, length: usize, kind: Kind) -> bool {
    let rest = &text[length..];
    match (&text[..length], kind) {
        ("at ", _) => is_place(rest),
        ("File \"", _) => is_python_file(rest),
        ("goroutine ", _) => rest.contains(" [") && first_line(text).ends_with("]:"),
        ("thread '", _) => first_line(rest).contains(" panicked at "),
        ("note: ", _) => rest.starts_with("run with `RUST_BACKTRACE") || rest.starts_with("Some details are omitted"),
        ("created by ", _) => {
            let name = first_line(rest);
            name.contains('.') && (!name.contains(' ') || name.contains(" in goroutine "))
        }
        ("Next " | "Uncaught ", _) => matches!(of_word(rest), Some(Kind::Head)),
        ("PHP   ", _) => rest.trim_start().starts_with(|c: char| c.is_ascii_digit()),
        ("file:///" | "node:internal/", _) => ends_with_line_number(text),
        ("Stack trace:" | "stack backtrace:" | "runtime stack:", _) => {
            rest.trim_end().is_empty() || rest.starts_with('\n')
        }
        _ => true,
    }
}

fn first_line(text: &str) -> &str {
    let end = memchr::memchr(b'\n', text.as_bytes()).unwrap_or(text.len());
    text[..end].trim_end()
}

/// Bytes of names of types and functions: with their modules, but for `::`.
const IS_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        table[b] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'\\');
        b += 1;
    }
    table
};

/// Begins with an identifier: an exception's name, a Go function, a path of Ruby.
#[inline]
fn of_word(text: &str) -> Option<Kind> {
    let bytes = text.as_bytes();
    let length_from = |start: usize| bytes[start..].iter().position(|b| !IS_NAME[usize::from(*b)]);
    let mut end = length_from(0).unwrap_or(bytes.len());
    while bytes[end..].starts_with(b"::") {
        end = length_from(end + 2).map_or(bytes.len(), |length| end + 2 + length);
    }
    match bytes.get(end..end + 2) {
        None if end == bytes.len() => of_name(&text[..end]),
        None => (bytes[end] == b':').then(|| of_name(&text[..end]))?,
        Some([b':', b' ' | b'\n' | b'\r']) => of_name(&text[..end]),
        Some([b' ', b'[']) if text[end..].contains("]: ") => of_name(&text[..end]).filter(|k| *k == Kind::Head),
        Some([b' ', b'(']) if text.ends_with("):") => of_name(&text[..end]).filter(|k| *k == Kind::Head),
        Some([b'(' | b'[', _]) => go_call(text),
        Some([b'/' | b'-' | b':', _]) => go_call(text).or_else(|| ruby_line(text)),
        _ => None,
    }
}

/// Ends of names that exceptions have.
const ENDINGS: [&str; 9] = [
    "Error",
    "Exception",
    "Warning",
    "Exit",
    "Interrupt",
    "Iteration",
    "Group",
    "Fault",
    "Throwable",
];

/// An exception's name is written in capitals and small letters; it ends in a word that exceptions end in, or stands in a
/// module or package.
fn of_name(name: &str) -> Option<Kind> {
    let start = name.rfind(['.', '$', '\\', ':']).map_or(0, |at| at + 1);
    let last = &name[start..];
    if !last.starts_with(|c: char| c.is_ascii_uppercase()) || !last.bytes().any(|b| b.is_ascii_lowercase()) {
        // Python has some from older days: `zlib.error`, `socket.timeout`.
        let is_old = start > 0 && (last.ends_with("error") || last == "timeout");
        return is_old.then_some(Kind::MaybeHead);
    }
    let ends_so = |end: &&str| last.ends_with(*end) && last.len() > end.len();
    let is_known = start > 0 || matches!(last, "Error" | "Exception") || ENDINGS.iter().any(ends_so);
    Some(if is_known { Kind::Head } else { Kind::MaybeHead })
}

/// `main.(*Server).run(0xc00001, 0x2)`
fn go_call(text: &str) -> Option<Kind> {
    if !text.ends_with(')') || text.contains('\n') {
        return None;
    }
    let open = text.find('(')?;
    let is_method = text[open..].starts_with("(*");
    let args = if is_method { text.rfind('(')? } else { open };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"_./-*~@%()[]".contains(&b);
    (text[..args].contains('.') && text[..args].bytes().all(is_name)).then_some(Kind::Call)
}

/// `app/x.rb:10:in 'call'`, the first of them with the exception behind it.
fn ruby_line(text: &str) -> Option<Kind> {
    let line = first_line(text);
    let path = match line.strip_prefix("<internal:") {
        Some(rest) => line.len() - rest.len() + memchr::memchr(b'>', rest.as_bytes())? + 1,
        None => memchr::memchr(b':', line.as_bytes())?,
    };
    let is_path = line[..path].ends_with(".rb") || line[..path].ends_with(".ru") || line.starts_with("<internal:");
    let number = line[path..].strip_prefix(':')?;
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    if !is_path || line[..path].contains(' ') || digits == 0 || !number[digits..].starts_with(":in ") {
        return None;
    }
    Some(match line.ends_with(')') && line.contains("': ") {
        true => Kind::Start(Language::Ruby),
        false => Kind::Frame(Language::Ruby),
    })
}

fn of_blank(text: &str) -> Option<Kind> {
    let text = text.trim_matches(['\n', '\r']);
    // What is drawn around the parts of an exception group.
    let bare = text.trim_start_matches([' ', '\t']);
    let (rest, is_in_group) = match bare.strip_prefix('|') {
        Some(rest) => (rest.trim_start(), true),
        None => (bare, false),
    };
    let indent = text.len() - bare.len();
    if rest.is_empty() || indent == 0 {
        return if rest.is_empty() {
            Some(Kind::Detail)
        } else {
            kind_of_line(text)
        };
    }
    if let Some(kind) = of_indented(rest) {
        return Some(kind);
    }
    if rest.starts_with(TRACEBACK) {
        return Some(if is_in_group {
            Kind::Frame(Language::Python)
        } else {
            Kind::Start(Language::Python)
        });
    }
    if rest.starts_with("+ Exception Group Traceback (most recent") {
        return Some(Kind::Start(Language::Python));
    }
    let is_deep = indent > 1 || text.starts_with('\t');
    // Objects that are printed line by line are long, and no source code.
    let is_property = rest.starts_with('"') && rest.contains("\":");
    let is_detail = is_deep && !is_property && rest.len() <= DETAIL_BYTES_MAX && !rest.contains('\n');
    is_detail.then_some(Kind::Detail)
}

/// An indented line, without its indentation.
fn of_indented(rest: &str) -> Option<Kind> {
    let kind = match rest.as_bytes()[0] {
        b'F' => {
            let path = rest.strip_prefix("File \"")?;
            is_python_file(path).then_some(Kind::Frame(Language::Python))
        }
        b'a' => at_frame(rest),
        b'C' | b'S' | b'[' | b'-' | b'.' => of_inner(rest),
        b'f' => rest.strip_prefix("from ").and_then(ruby_line),
        _ => None,
    };
    let is_frame = |k: &Kind| matches!(k, Kind::Frame(_));
    kind.or_else(|| go_file(rest))
        .or_else(|| ruby_line(rest).filter(is_frame))
}

fn at_frame(rest: &str) -> Option<Kind> {
    let place = rest.strip_prefix("at ")?;
    let language = if place.contains(".rs:") {
        Language::Rust
    } else {
        Language::At
    };
    is_place(place).then_some(Kind::Frame(language))
}

/// Lines between the frames of one trace.
fn of_inner(rest: &str) -> Option<Kind> {
    const CAUSES: [&str; 4] = ["Caused by: ", "Suppressed: ", "[cause]: ", "---> "];
    if CAUSES.iter().any(|start| rest.starts_with(start)) {
        return Some(Kind::Cause);
    }
    let is_frame = rest.starts_with("--- End of ") || is_omitted(rest);
    is_frame.then_some(Kind::Frame(Language::At))
}

/// `... 12 more`, `... 3 frames omitted`
fn is_omitted(text: &str) -> bool {
    text.strip_prefix("... ")
        .is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
}

/// `/app/main.go:12 +0x1d`
fn go_file(rest: &str) -> Option<Kind> {
    let colon = memchr::memchr(b':', rest.as_bytes())?;
    let is_line = rest.as_bytes().get(colon + 1).is_some_and(u8::is_ascii_digit);
    let is_file = rest[..colon].ends_with(".go") && !rest[..colon].contains(' ');
    (is_line && is_file).then_some(Kind::Frame(Language::Go))
}

/// What stands behind `File "`: a path, and a line.
fn is_python_file(rest: &str) -> bool {
    rest.contains("\", line ")
}

/// What stands behind `at `: a name with its place in brackets, or a path with a line.
fn is_place(rest: &str) -> bool {
    let line = first_line(rest);
    // Node opens the properties of an error behind its last frame.
    let line = line.strip_suffix(" {").unwrap_or(line);
    // Java and .NET write the bracket to the name, with more behind it: ` in /src/App.cs:line 12`, ` ~[app.jar:1.0]`.
    let is_tight = line
        .find('(')
        .is_some_and(|open| !line[..open].contains(' ') && line[open..].contains(')'));
    is_tight || line.ends_with(')') || ends_with_line_number(line) || matches!(line, "<anonymous>" | "native")
}

/// `...:12`
fn ends_with_line_number(text: &str) -> bool {
    let line = first_line(text);
    let digits = line.bytes().rev().take_while(u8::is_ascii_digit).count();
    digits > 0 && line[..line.len() - digits].ends_with(':') && !line.contains(' ')
}

fn of_sign(text: &str, first: u8) -> Option<Kind> {
    match first {
        b'#' => numbered_frame(&text[1..]),
        b'[' => of_bracket(text),
        b'^' => first_line(text)
            .bytes()
            .all(|b| matches!(b, b'^' | b'~'))
            .then_some(Kind::Detail),
        b'}' | b']' => matches!(text.trim_end(), "}" | "]" | "}," | "],").then_some(Kind::Trailer(Language::At)),
        b'.' => (is_omitted(text)).then_some(Kind::Frame(Language::At)),
        b'-' => text.starts_with("--- End of ").then_some(Kind::Frame(Language::At)),
        b'/' | b'<' => ruby_line(text).or_else(|| (first == b'/' && ends_with_line_number(text)).then_some(Kind::Lead)),
        b'(' => {
            if text.starts_with("(Use `node --trace") {
                return Some(Kind::Trailer(Language::At));
            }
            (text.starts_with("(node:") && text.contains(") Unhandled")).then_some(Kind::Lead)
        }
        // The logger of Go puts a time in front.
        _ => (text.as_bytes().get(4) == Some(&b'/') && text.get(20..)?.starts_with("http: panic serving "))
            .then_some(Kind::Start(Language::Go)),
    }
}

/// `#0 /app/x.php(12): f()`, `#1 {main}`
fn numbered_frame(rest: &str) -> Option<Kind> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let place = rest[digits..].strip_prefix(' ')?;
    let is_frame =
        digits > 0 && (place.starts_with("{main}") || place.contains("): ") || place.starts_with("[internal"));
    is_frame.then_some(Kind::Frame(Language::Php))
}

/// `[signal SIGSEGV: ...]`, and the leads of gunicorn and Flask, which stand behind a time, a process and a level.
fn of_bracket(text: &str) -> Option<Kind> {
    const GROUPS_MAX: usize = 3;
    if text.starts_with("[signal SIG") {
        return Some(Kind::Trailer(Language::Go));
    }
    if text.trim_end() == "[stacktrace]" {
        return Some(Kind::Frame(Language::Php));
    }
    if text.starts_with("[cause]: ") {
        return Some(Kind::Cause);
    }
    let mut rest = text;
    for _ in 0..GROUPS_MAX {
        if !rest.starts_with('[') {
            break;
        }
        let close = memchr::memchr(b']', &rest.as_bytes()[..rest.len().min(64)])?;
        rest = rest[close + 1..].trim_start_matches(' ');
    }
    let rest = rest.strip_prefix("ERROR in app: ").unwrap_or(rest);
    const LEADS: [&str; 3] = ["Exception in ", "Exception on ", "Error handling request"];
    LEADS.iter().any(|lead| rest.starts_with(lead)).then_some(Kind::Lead)
}

#[cfg(test)]
#[path = "kind_tests.rs"]
mod tests;
