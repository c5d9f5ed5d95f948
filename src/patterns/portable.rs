//! The portable subset of regexes: what RE2, the `regex` crate and Vectorscan read alike.
//!
//! Input: a regex as a pack writes it. Output: the same regex in the words of the `regex` crate, or why it is not
//! portable. The subset is defined by what it lets through (`docs/patterns.md`); it compiles and matches nothing here.
//!
//! Where the engines differ by default, the text is translated, so that classes, `\b` and `(?i)` mean ASCII everywhere.

use std::fmt;

use regex_syntax::ast::{self, Ast};

/// Longest regex, in bytes.
pub const MAX_REGEX_BYTES: usize = 2_000;
/// Largest bound of a counted repetition, and largest product of nested ones: RE2's limit.
pub const MAX_REPEAT: u32 = 1_000;

/// A portable regex, translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portable {
    /// For the `regex` crate: case folding and classes spelt out in ASCII.
    pub translated: String,
    /// The same without case folding, to read the literals from.
    pub unfolded: String,
    /// Whether letters match in both cases.
    pub caseless: bool,
}

/// Why a regex is not portable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unportable {
    /// No regex engine would take it; holds the parser's words.
    Syntax(String),
    /// Longer than [`MAX_REGEX_BYTES`].
    TooLong,
    /// Matches the empty text, or is empty.
    MatchesEmpty,
    /// A counted repetition beyond [`MAX_REPEAT`].
    RepeatsTooMuch,
    /// The compiled regex is too large.
    TooLarge,
    /// A construct outside the subset.
    Construct {
        /// The construct as written.
        written: String,
        /// What it is.
        what: &'static str,
        /// What to write instead.
        instead: &'static str,
    },
}

impl fmt::Display for Unportable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unportable::Syntax(words) => write!(f, "not a regex: {words}"),
            Unportable::TooLong => write!(f, "longer than {MAX_REGEX_BYTES} bytes"),
            Unportable::MatchesEmpty => write!(f, "matches the empty text"),
            Unportable::RepeatsTooMuch => {
                write!(f, "repeats more than {MAX_REPEAT} times, nested repetitions multiplied")
            }
            Unportable::TooLarge => write!(f, "too large once compiled; use smaller repetitions"),
            Unportable::Construct { written, what, instead } => {
                write!(f, "`{written}` ({what}) is outside the portable subset; {instead}")
            }
        }
    }
}

/// Translates a regex of the portable subset.
///
/// # Errors
/// The first thing in it that is outside the subset.
pub fn portable(regex: &str) -> Result<Portable, Unportable> {
    if regex.len() > MAX_REGEX_BYTES {
        return Err(Unportable::TooLong);
    }
    let ast = ast::parse::Parser::new().parse(regex).map_err(|error| syntax(&error))?;
    let walk = Walk {
        regex,
        caseless: false,
        edits: Vec::new(),
        folds: Vec::new(),
        repeats: Vec::new(),
    };
    let found = ast::visit(&ast, walk)?;
    let unfolded = apply(regex, found.edits.clone());
    if minimum_length(&unfolded)? == 0 {
        return Err(Unportable::MatchesEmpty);
    }
    let caseless = found.caseless;
    let edits = if caseless {
        [found.edits, found.folds].concat()
    } else {
        found.edits
    };
    Ok(Portable {
        translated: apply(regex, edits),
        unfolded,
        caseless,
    })
}

fn minimum_length(regex: &str) -> Result<usize, Unportable> {
    let hir = regex_syntax::parse(regex).map_err(|error| match error {
        regex_syntax::Error::Parse(error) => syntax(&error),
        other => Unportable::Syntax(other.to_string()),
    })?;
    Ok(hir.properties().minimum_len().unwrap_or(0))
}

fn syntax(error: &ast::Error) -> Unportable {
    use ast::ErrorKind::{UnsupportedBackreference, UnsupportedLookAround};
    let span = error.span();
    let written = error
        .pattern()
        .get(span.start.offset..span.end.offset)
        .unwrap_or_default()
        .to_owned();
    let construct = |what, instead| Unportable::Construct {
        written: written.clone(),
        what,
        instead,
    };
    match error.kind() {
        UnsupportedLookAround => construct("look-around", "match the text itself, or use two patterns"),
        UnsupportedBackreference => construct("backreference", "spell out the alternatives"),
        kind => Unportable::Syntax(format!("{kind} at `{written}`")),
    }
}

/// A replacement of the bytes from `start` to `end`.
#[derive(Clone)]
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

fn apply(regex: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.start);
    let mut out = String::with_capacity(regex.len() + 16);
    let mut done = 0;
    for edit in edits {
        out.push_str(&regex[done..edit.start]);
        out.push_str(&edit.text);
        done = edit.end;
    }
    out.push_str(&regex[done..]);
    out
}

/// Collects edits while it refuses everything that is not portable.
struct Walk<'a> {
    regex: &'a str,
    caseless: bool,
    /// Edits that give flags, classes and `\b` their ASCII meaning.
    edits: Vec<Edit>,
    /// Edits that spell out case folding.
    folds: Vec<Edit>,
    /// Bounds of the repetitions around the present place.
    repeats: Vec<u32>,
}

impl Walk<'_> {
    fn refuse(&self, span: &ast::Span, what: &'static str, instead: &'static str) -> Unportable {
        let written = self
            .regex
            .get(span.start.offset..span.end.offset)
            .unwrap_or_default()
            .to_owned();
        Unportable::Construct { written, what, instead }
    }

    fn edit(&mut self, span: &ast::Span, text: &str) {
        let edit = Edit {
            start: span.start.offset,
            end: span.end.offset,
            text: text.to_owned(),
        };
        self.edits.push(edit);
    }

    /// Flags are taken at the very start alone; `(?i)` is dropped from the text and remembered.
    fn flags(&mut self, set: &ast::SetFlags) -> Result<(), Unportable> {
        let mut kept = String::new();
        for item in &set.flags.items {
            match item.kind {
                ast::FlagsItemKind::Flag(ast::Flag::CaseInsensitive) => self.caseless = true,
                ast::FlagsItemKind::Flag(ast::Flag::DotMatchesNewLine) => kept.push('s'),
                ast::FlagsItemKind::Flag(ast::Flag::MultiLine) => kept.push('m'),
                _ => return Err(self.refuse(&set.span, "flags", "only (?i), (?s) and (?m) may be used")),
            }
        }
        if set.span.start.offset != 0 {
            return Err(self.refuse(
                &set.span,
                "flags in the middle",
                "put them at the very start of the regex",
            ));
        }
        self.edit(&set.span, &if kept.is_empty() { kept } else { format!("(?{kept})") });
        Ok(())
    }

    fn multi_line(&self) -> bool {
        self.edits
            .first()
            .is_some_and(|edit| edit.start == 0 && edit.text.starts_with("(?") && edit.text.contains('m'))
    }

    fn literal(&mut self, literal: &ast::Literal, in_class: bool) -> Result<(), Unportable> {
        use ast::{HexLiteralKind, LiteralKind, SpecialLiteralKind as Special};
        match &literal.kind {
            LiteralKind::Verbatim | LiteralKind::Meta | LiteralKind::Superfluous => {}
            LiteralKind::HexFixed(HexLiteralKind::X) if literal.c.is_ascii() => {}
            LiteralKind::Special(Special::Tab | Special::LineFeed | Special::CarriageReturn | Special::FormFeed) => {}
            _ => {
                return Err(self.refuse(
                    &literal.span,
                    "escape",
                    "write the character itself, or \\xNN up to \\x7F",
                ));
            }
        }
        if !literal.c.is_ascii() && (in_class || self.caseless) {
            let instead = "non-ASCII characters may stand only outside classes, in regexes without (?i)";
            return Err(self.refuse(&literal.span, "non-ASCII character", instead));
        }
        if literal.c.is_ascii_alphabetic() {
            let both = format!("{}{}", literal.c.to_ascii_uppercase(), literal.c.to_ascii_lowercase());
            let text = if in_class { both } else { format!("[{both}]") };
            self.folds.push(Edit {
                start: literal.span.start.offset,
                end: literal.span.end.offset,
                text,
            });
        }
        Ok(())
    }

    /// A range of a class; under `(?i)` it gains the letters of the other case.
    fn range(&mut self, range: &ast::ClassSetRange) -> Result<(), Unportable> {
        let folds = self.folds.len();
        self.literal(&range.start, true)?;
        self.literal(&range.end, true)?;
        self.folds.truncate(folds);
        let mut text = self.regex[range.span.start.offset..range.span.end.offset].to_owned();
        for (lower, upper) in ('a'..='z').zip('A'..='Z') {
            let within = |c: char| (range.start.c..=range.end.c).contains(&c);
            match (within(lower), within(upper)) {
                (true, false) => text.push(upper),
                (false, true) => text.push(lower),
                _ => {}
            }
        }
        self.folds.push(Edit {
            start: range.span.start.offset,
            end: range.span.end.offset,
            text,
        });
        Ok(())
    }

    fn perl_class(&mut self, class: &ast::ClassPerl) -> Result<(), Unportable> {
        let text = match (&class.kind, class.negated) {
            (ast::ClassPerlKind::Digit, false) => "[0-9]",
            (ast::ClassPerlKind::Digit, true) => "[^0-9]",
            (ast::ClassPerlKind::Word, false) => "[0-9A-Za-z_]",
            (ast::ClassPerlKind::Word, true) => "[^0-9A-Za-z_]",
            (ast::ClassPerlKind::Space, _) => {
                let instead = "engines differ on the vertical tab: write [ \\t\\r\\n] or [^ \\t\\r\\n]";
                return Err(self.refuse(&class.span, "white space class", instead));
            }
        };
        self.edit(&class.span, text);
        Ok(())
    }

    fn assertion(&mut self, assertion: &ast::Assertion) -> Result<(), Unportable> {
        use ast::AssertionKind as Kind;
        match assertion.kind {
            Kind::StartLine | Kind::StartText | Kind::EndText => Ok(()),
            Kind::EndLine if self.multi_line() => Ok(()),
            Kind::EndLine => {
                let instead = "engines differ on a final line end: write \\z, or (?m) at the start";
                Err(self.refuse(&assertion.span, "end of text", instead))
            }
            Kind::WordBoundary => {
                self.edit(&assertion.span, "(?-u:\\b)");
                Ok(())
            }
            _ => Err(self.refuse(
                &assertion.span,
                "assertion",
                "only ^, (?m)$, \\A, \\z and \\b may be used",
            )),
        }
    }

    /// Enters a repetition: plain, of something that can be repeated, within the bounds.
    fn repetition(&mut self, repetition: &ast::Repetition) -> Result<(), Unportable> {
        if matches!(
            *repetition.ast,
            Ast::Repetition(_) | Ast::Assertion(_) | Ast::Empty(_) | Ast::Flags(_)
        ) {
            let instead = "repeat a character, a class or a group";
            return Err(self.refuse(&repetition.span, "repetition of a repetition or an assertion", instead));
        }
        let bound = match &repetition.op.kind {
            ast::RepetitionKind::Range(range) => {
                let operator = &self.regex[repetition.op.span.start.offset..repetition.op.span.end.offset];
                if !operator.bytes().all(|b| b.is_ascii_digit() || b"{},?".contains(&b)) || operator.starts_with("{,") {
                    return Err(self.refuse(&repetition.op.span, "counted repetition", "write {m}, {m,} or {m,n}"));
                }
                match *range {
                    ast::RepetitionRange::Exactly(n) | ast::RepetitionRange::AtLeast(n) => n,
                    ast::RepetitionRange::Bounded(_, n) => n,
                }
            }
            _ => 1,
        };
        self.repeats.push(bound.max(1));
        let product = self
            .repeats
            .iter()
            .try_fold(1_u32, |product, n| product.checked_mul(*n));
        match product.is_some_and(|product| product <= MAX_REPEAT) {
            true => Ok(()),
            false => Err(Unportable::RepeatsTooMuch),
        }
    }

    fn group(&mut self, group: &ast::Group) -> Result<(), Unportable> {
        match &group.kind {
            ast::GroupKind::CaptureIndex(_) => Ok(()),
            ast::GroupKind::NonCapturing(flags) if flags.items.is_empty() => Ok(()),
            ast::GroupKind::NonCapturing(flags) => Err(self.refuse(
                &flags.span,
                "flags of a group",
                "put flags at the very start of the regex",
            )),
            ast::GroupKind::CaptureName { name, .. } => Err(self.refuse(&name.span, "named group", "write (?:...)")),
        }
    }
}

impl ast::Visitor for Walk<'_> {
    type Output = Self;
    type Err = Unportable;

    fn finish(self) -> Result<Self, Unportable> {
        Ok(self)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Unportable> {
        match ast {
            Ast::Empty(_) | Ast::Dot(_) | Ast::ClassBracketed(_) | Ast::Alternation(_) | Ast::Concat(_) => Ok(()),
            Ast::Flags(set) => self.flags(set),
            Ast::Literal(literal) => self.literal(literal, false),
            Ast::Assertion(assertion) => self.assertion(assertion),
            Ast::ClassUnicode(class) => Err(self.refuse(&class.span, "Unicode class", "write the ASCII ranges")),
            Ast::ClassPerl(class) => self.perl_class(class),
            Ast::Repetition(repetition) => self.repetition(repetition),
            Ast::Group(group) => self.group(group),
        }
    }

    fn visit_post(&mut self, ast: &Ast) -> Result<(), Unportable> {
        if matches!(ast, Ast::Repetition(_)) {
            self.repeats.pop();
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Unportable> {
        use ast::ClassSetItem as Item;
        match item {
            Item::Empty(_) | Item::Union(_) => Ok(()),
            Item::Literal(literal) => self.literal(literal, true),
            Item::Range(range) => self.range(range),
            Item::Perl(class) => self.perl_class(class),
            Item::Ascii(class) => Err(self.refuse(&class.span, "named class", "write the ASCII ranges")),
            Item::Unicode(class) => Err(self.refuse(&class.span, "Unicode class", "write the ASCII ranges")),
            Item::Bracketed(class) => {
                Err(self.refuse(&class.span, "nested class", "write one class, or escape the bracket"))
            }
        }
    }

    fn visit_class_set_binary_op_pre(&mut self, op: &ast::ClassSetBinaryOp) -> Result<(), Unportable> {
        Err(self.refuse(&op.span, "set operation on classes", "write the ranges that remain"))
    }
}
